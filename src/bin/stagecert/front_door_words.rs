//! A problem of the front door in a few words, for tables. Unlike an annotation, they may depend on
//! the day.

use jiff::Timestamp;
use stagecert::checks::finding::Finding;
use stagecert::checks::front_door::{Problem, Reason};
use stagecert::evaluation::front_door::{EvaluatedResource, FrontDoorSubject};
use stagecert::quote::{brief, printable};

use crate::words::when;

/// The maximum number of characters of what a problem is about, and of its details.
const MAX_CHARACTERS: usize = 120;

/// What failed according to a finding of an API or a domain, one text per problem. Names in it are
/// untrusted text.
pub(crate) fn problems(resource: &EvaluatedResource, finding: &Finding, at: Timestamp) -> Vec<String> {
    let problems = of(finding);
    if problems.is_empty() {
        return vec![finding.to_string()];
    }
    let name = name(resource);
    problems.iter().map(|problem| in_words(problem, &name, at)).collect()
}

/// A text about an API or a domain without its name at the start.
pub(crate) fn without_name<'a>(text: &'a str, resource: &EvaluatedResource) -> &'a str {
    about(text, &name(resource))
}

/// The id of an API or the name of a domain, `NAME+ID` if it is private, as texts about it have it.
fn name(resource: &EvaluatedResource) -> String {
    match &resource.subject {
        FrontDoorSubject::Api(arn) => arn.id().to_owned(),
        FrontDoorSubject::DomainName(key) => printable(&key.to_string()),
    }
}

/// The problems of a failed finding of the front door; none for other findings.
pub(crate) fn of(finding: &Finding) -> &[Problem] {
    match finding {
        Finding::MutualTls(answer)
        | Finding::Truststore(answer)
        | Finding::DomainCertificate(answer)
        | Finding::TlsPolicy(answer)
        | Finding::PrivateFrontDoor(answer) => answer.problems(),
        _ => &[],
    }
}

/// A problem of an API or a domain with this name.
fn in_words(problem: &Problem, name: &str, at: Timestamp) -> String {
    let date = problem.date.map(|date| format!(" {}", when(date, at))).unwrap_or_default();
    let on = brief(about(&problem.on, name), MAX_CHARACTERS);
    let (what, shows_on) = match problem.reason {
        Reason::Missing => ("no entry point requires a certificate".into(), false),
        Reason::DefaultEndpoint => ("execute-api is enabled".into(), false),
        Reason::OtherDomain | Reason::OtherRoute => (format!("no certificate required at {on}"), false),
        Reason::CaExpired => (format!("CA expired{date}"), true),
        Reason::CaExpiring => (format!("CA expires{date}"), true),
        Reason::IncompleteChain => ("issuer missing from the truststore".into(), true),
        Reason::ChainTooLong => ("chain of more than 4 certificates".into(), true),
        Reason::WeakAlgorithm => ("weak key or signature".into(), true),
        Reason::PublicCa => ("CA of the public web".into(), true),
        Reason::Warnings => ("warning from AWS".into(), true),
        Reason::NotNewest => ("S3 has a newer truststore".into(), true),
        Reason::Unpinned => ("no version of the truststore is pinned".into(), true),
        Reason::Unreadable => ("truststore can't be read".into(), true),
        Reason::Expired => (format!("certificate expired{date}"), true),
        Reason::Expiring => (format!("certificate expires{date}"), true),
        Reason::NotIssued => ("certificate not issued".into(), true),
        Reason::PendingReimport => ("certificate has to be reimported".into(), true),
        Reason::PendingOwnershipVerification => ("ownership has to be verified".into(), true),
        Reason::DomainFailed => ("the domain's status is FAILED".into(), true),
        Reason::Tls10 => ("accepts TLS 1.0".into(), true),
        Reason::PolicyOpen => ("policy admits other endpoints".into(), true),
        Reason::EndpointOpen => ("endpoint admits more than the load balancer".into(), true),
        Reason::ListenerOpen => ("listener doesn't verify".into(), true),
        Reason::IgnoresExpiry => ("listener accepts expired certificates".into(), true),
        Reason::TrustStoreRemoved => ("trust store of the listener was removed".into(), true),
        Reason::CrlExpired => (format!("revocation list was due{date}"), true),
        Reason::NoLoadBalancer => ("no load balancer found in front".into(), true),
        Reason::Undetermined => ("can't be determined".into(), true),
    };
    let on = if shows_on && !on.is_empty() { format!(": {on}") } else { String::new() };
    // What a CA of the public web is, is said already.
    let detail = problem.detail.as_deref().filter(|_| problem.reason != Reason::PublicCa);
    let detail = detail.map(|detail| format!(" ({})", brief(detail, MAX_CHARACTERS)));
    format!("{what}{on}{}", detail.unwrap_or_default())
}

/// What a problem is about, without the name of the resource that the row shows already.
fn about<'a>(on: &'a str, name: &str) -> &'a str {
    match on.strip_prefix(name) {
        Some("") => "",
        Some(rest) if rest.starts_with([':', ',', ' ']) => rest.trim_start_matches([':', ',', ' ']),
        _ => on,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_names_what_the_row_does_not() {
        let at: Timestamp = "2026-11-21T12:00:00Z".parse().unwrap();
        let date = Some("2026-12-19T09:15:42Z".parse().unwrap());
        let on = "api.example.com";
        for (reason, about, date, detail, expected) in [
            (Reason::Missing, "a1b2c3", None, None, "no entry point requires a certificate"),
            (
                Reason::DefaultEndpoint,
                "execute-api",
                None,
                Some("deployed on prod"),
                "execute-api is enabled (deployed on prod)",
            ),
            (
                Reason::OtherDomain,
                "b.example.com/v1",
                None,
                None,
                "no certificate required at b.example.com/v1",
            ),
            (
                Reason::CaExpiring,
                "api.example.com: CN=CA",
                date,
                None,
                "CA expires in 28 days, 2026-12-19: CN=CA",
            ),
            (Reason::Tls10, "api.example.com", None, None, "accepts TLS 1.0"),
            (Reason::Tls10, "api.example.com.evil", None, None, "accepts TLS 1.0: api.example.com.evil"),
        ] {
            let detail = detail.map(str::to_owned);
            let problem = Problem { reason, on: about.into(), date, detail };
            assert_eq!(in_words(&problem, on, at), expected);
        }
    }

    #[test]
    fn a_long_name_is_shortened() {
        let problem = Problem {
            reason: Reason::PublicCa,
            on: "CN=".to_owned() + &"x".repeat(5000),
            date: None,
            detail: None,
        };
        assert!(in_words(&problem, "a", Timestamp::UNIX_EPOCH).chars().count() < 200);
    }
}
