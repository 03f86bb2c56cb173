//! The backends of a stage, as remediation steps name them.

use std::collections::BTreeSet;
use std::fmt;

use stagecert::resources::backend::StageBackends;
use stagecert::resources::origin::Scheme;

/// The maximum number of backends that a step names.
const MAX_NAMED: usize = 5;

/// The hosts and ports of a stage's backends.
#[derive(Default)]
pub(super) struct Named {
    /// Those that are called with TLS.
    names: Vec<String>,
    /// Those that are called without TLS.
    without_tls: Vec<String>,
    /// Whether there are, or may be, backends whose host isn't known.
    is_incomplete: bool,
}

impl Named {
    /// The backends of a stage, if they are known.
    pub(super) fn of(stage: Option<&StageBackends>) -> Self {
        let Some(stage) = stage else { return Self { is_incomplete: true, ..Self::default() } };
        let origins = || stage.backends.iter().filter_map(|backend| backend.server.origin());
        let called = |scheme: Scheme| -> Vec<String> {
            let of_scheme = origins().filter(|origin| origin.scheme == scheme);
            of_scheme
                .map(stagecert::resources::origin::Origin::authority)
                .collect::<BTreeSet<_>>()
                .into_iter()
                .collect()
        };
        let is_incomplete =
            !stage.gaps.is_empty() || stage.backends.iter().any(|it| it.server.origin().is_none());
        Self { names: called(Scheme::Https), without_tls: called(Scheme::Http), is_incomplete }
    }

    /// The hosts and ports, separated by commas; `None` if none is known.
    pub(super) fn listed(&self) -> Option<String> {
        let all: Vec<&str> = self.names.iter().chain(&self.without_tls).map(String::as_str).collect();
        (!all.is_empty()).then(|| some_of(&all, ", "))
    }

    /// A sentence about the backends that can't check a certificate.
    pub(super) fn without_tls(&self) -> String {
        let names: Vec<&str> = self.without_tls.iter().map(String::as_str).collect();
        match names.as_slice() {
            [] => String::new(),
            [one] => format!(" {one} is called without TLS, so it can't check a certificate."),
            several => {
                format!(
                    " {} are called without TLS, so they can't check a certificate.",
                    some_of(several, " and ")
                )
            }
        }
    }
}

/// The backends, after "make" and before a verb.
impl fmt::Display for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut names: Vec<&str> = self.names.iter().map(String::as_str).collect();
        if names.is_empty() {
            return f.write_str("every HTTP backend of this stage");
        }
        if self.is_incomplete {
            names.truncate(MAX_NAMED);
            names.push("every other HTTP backend of this stage");
        }
        f.write_str(&some_of(&names, " and "))
    }
}

/// The first names, the last two of them separated by `last`, and the number of the rest.
fn some_of(names: &[&str], last: &str) -> String {
    let more = names.len().saturating_sub(MAX_NAMED + 1);
    let more = (more > 0).then(|| format!("{} more", more + 1));
    let shown = if more.is_some() { MAX_NAMED } else { names.len() };
    let all: Vec<&str> = names.iter().take(shown).copied().chain(more.as_deref()).collect();
    match all.split_last() {
        Some((end, [])) => (*end).to_owned(),
        Some((end, others)) => format!("{}{last}{end}", others.join(", ")),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use stagecert::resources::backend::{Backend, Gap, Server};
    use stagecert::resources::stage_arn::StageArn;

    use super::*;

    fn named(uris: &[&str], gaps: Vec<Gap>) -> Named {
        let backend = |uri: &&str| Backend {
            server: Server::of(uri),
            vpc_link: None,
            insecure_skip_verification: false,
            methods: 1,
            paths: 1,
            unresolved: BTreeSet::new(),
        };
        let stage = StageArn::of_rest_api("aws", "eu-west-1", "a1", "prod").unwrap();
        let backends = uris.iter().map(backend).collect();
        Named::of(Some(&StageBackends { stage, certificate: None, backends, gaps }))
    }

    #[test]
    fn known_hosts_are_named_and_others_are_not_forgotten() {
        const EVERY: &str = "every HTTP backend of this stage";
        const OTHER: &str = "a.example.com:443 and every other HTTP backend of this stage";
        let a = "https://a.example.com/x";
        for (uris, gaps, expected) in [
            (&[] as &[&str], vec![], EVERY),
            (&["https://${stageVariables.h}/"], vec![], EVERY),
            (&["http://b.example.com"], vec![], EVERY),
            (&[a, a], vec![], "a.example.com:443"),
            (&["https://b.example.com:8443", a], vec![], "a.example.com:443 and b.example.com:8443"),
            (&[a, "https://${stageVariables.h}/"], vec![], OTHER),
            (&[a], vec![Gap::Canary], OTHER),
        ] {
            assert_eq!(named(uris, gaps).to_string(), expected, "{uris:?}");
        }
        assert_eq!(Named::of(None).to_string(), EVERY);
        assert_eq!(Named::of(None).listed(), None);
    }

    #[test]
    fn backends_without_tls_can_not_check_a_certificate() {
        let both = named(&["http://b.example.com", "https://a.example.com"], vec![]);
        assert_eq!(both.listed().as_deref(), Some("a.example.com:443, b.example.com:80"));
        let sentence = " b.example.com:80 is called without TLS, so it can't check a certificate.";
        assert_eq!(both.without_tls(), sentence);
        let two = named(&["http://b.example.com", "http://c.example.com:81"], vec![]);
        assert_eq!(
            two.without_tls(),
            " b.example.com:80 and c.example.com:81 are called without TLS, so they can't check a certificate."
        );
        assert_eq!(named(&["https://a.example.com"], vec![]).without_tls(), "");
    }

    #[test]
    fn up_to_six_names_are_shown_and_more_are_counted() {
        let names = ["a", "b", "c", "d", "e", "f", "g", "h"];
        for (count, expected) in [
            (0, ""),
            (1, "a"),
            (2, "a and b"),
            (3, "a, b and c"),
            (6, "a, b, c, d, e and f"),
            (7, "a, b, c, d, e and 2 more"),
            (8, "a, b, c, d, e and 3 more"),
        ] {
            assert_eq!(some_of(&names[..count], " and "), expected);
        }
    }
}
