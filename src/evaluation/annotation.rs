use std::fmt::{self, Display};

use crate::checks::Check;
use crate::checks::finding::Finding;
use crate::checks::stage::certificate_attached::Answer;
use crate::checks::verdict::{Urgency, Verdict};
use crate::evaluation::scope::NotEvaluated;
use crate::quote::ascii;
use crate::resources::backends::{Backends, without_evidence};

/// The longest annotation that `PutEvaluations` takes (botocore, `StringWithCharLimit256`). Whether it counts characters or
/// bytes is not documented, so annotations are ASCII.
const LONGEST: usize = 256;
/// Marks an annotation that was cut.
const ELLIPSIS: &str = " ...";
/// Between two sentences.
const PARTED: &str = "; ";

/// The line that an API owner gets: 1 to 256 printable ASCII characters.
///
/// It leads with the codes of the checks that failed, most urgent first, then says the facts. It holds dates and never "in
/// 12 days", so that it stays the same from one day to the next while the facts do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Annotation(String);

impl Annotation {
    /// The annotation for a stage's findings.
    #[must_use]
    pub fn of_findings(findings: &[Finding]) -> Self {
        let mut failed: Vec<(Urgency, &Finding)> =
            findings.iter().filter_map(|finding| Some((finding.urgency()?, finding))).collect();
        // Stable: equally urgent ones keep the order of the checks.
        failed.sort_by_key(|(urgency, _)| *urgency);
        let mut head = String::new();
        for (_, finding) in &failed {
            head.push_str(if head.is_empty() { "" } else { ", " });
            head.push_str(finding.leading_code());
        }
        let of = |verdict: Verdict| findings.iter().filter(move |finding| finding.verdict() == verdict);
        let mut parts = Parts::default();
        if failed.is_empty() {
            let is_evidence = |finding: &&Finding| matches!(finding, Finding::CertificateAttached(_));
            of(Verdict::Passed).for_each(|finding| parts.add(finding));
            of(Verdict::NotApplicable).filter(|it| !is_evidence(it)).for_each(|finding| parts.add(finding));
        } else {
            head.push_str(": ");
            for (_, finding) in &failed {
                parts.add(finding);
            }
            of(Verdict::Passed).filter(|it| attached_after(it).is_some()).for_each(|it| parts.add(it));
        }
        // Also where another check failed: the next sweep reads here what is deployed instead of exporting again.
        let deployed = of(Verdict::NotApplicable).filter(|it| it.backends().is_some());
        deployed.for_each(|finding| parts.add(finding));
        parts.annotation(&head)
    }

    /// The annotation for a resource that is not evaluated.
    #[must_use]
    pub fn of_reason(reason: &NotEvaluated) -> Self {
        Self::fit("", &without_evidence(reason.to_string()), "")
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// `head` whole, then as much of `body` as fits, cut after a word and marked, then `tail` whole.
    fn fit(head: &str, body: &str, tail: &str) -> Self {
        let (body, tail) = (ascii(body), ascii(tail));
        let room = LONGEST.saturating_sub(head.len() + tail.len());
        if body.len() <= room {
            return Self([head, &body, &tail].concat());
        }
        let room = room.saturating_sub(ELLIPSIS.len());
        let kept = body.get(..room).unwrap_or_default();
        let ends_a_word = body.as_bytes().get(room) == Some(&b' ');
        let kept = if ends_a_word { kept } else { kept.rsplit_once(' ').map_or(kept, |(words, _)| words) };
        let kept = kept.trim_end_matches([' ', ',', ';', ':']);
        Self([head, kept, ELLIPSIS, &tail].concat())
    }
}

impl Display for Annotation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What an annotation consists of: its sentences in full, and what is left of them if they have to be cut.
#[derive(Default)]
struct Parts<'f> {
    full: Sentences,
    /// Without the evidence, so that the cut can't fall into it.
    cuttable: Sentences,
    /// What the next sweep reads instead of exporting again: never cut.
    evidence: Vec<String>,
    said: Vec<&'f Backends>,
}

impl<'f> Parts<'f> {
    /// Adds a finding's sentence. The backends are said once, although two checks may have asked for them.
    fn add(&mut self, finding: &'f Finding) {
        let after = attached_after(finding);
        let fact = finding.fact().map(|fact| if after.is_some() { fact } else { without_evidence(fact) });
        let unsaid = |backends: &&Backends| {
            let implied = **backends == Backends::NotAsked && finding.check() == Check::CertificateExpiry;
            !implied && !self.said.contains(backends)
        };
        let backends = finding.backends().filter(unsaid);
        let phrase = backends.map(ToString::to_string);
        let sentence: Vec<&str> = fact.as_deref().into_iter().chain(phrase.as_deref()).collect();
        if sentence.is_empty() {
            return;
        }
        self.full.add(&sentence.join(", "));
        let evidence = backends.and_then(Backends::evidence).or(after);
        match (&evidence, &phrase, &fact) {
            (None, _, _) => self.cuttable.add(&sentence.join(", ")),
            (Some(_), Some(_), Some(fact)) => self.cuttable.add(fact),
            (Some(_), _, _) => {}
        }
        self.evidence.extend(evidence);
        self.said.extend(backends);
    }

    fn annotation(mut self, head: &str) -> Annotation {
        if head.len() + ascii(&self.full.text).len() <= LONGEST {
            return Annotation::fit(head, &self.full.text, "");
        }
        loop {
            let mut tail = self.evidence.join(PARTED);
            if !tail.is_empty() && !self.cuttable.text.is_empty() {
                tail.insert_str(0, PARTED);
            }
            // With ids as long as AWS makes them, all of it fits.
            if head.len() + ELLIPSIS.len() + tail.len() <= LONGEST {
                return Annotation::fit(head, &self.cuttable.text, &tail);
            }
            self.evidence.pop();
        }
    }
}

/// The sentence of a certificate that was attached after the stage's deployment.
fn attached_after(finding: &Finding) -> Option<String> {
    match finding {
        Finding::CertificateAttached(answer @ Answer::Attached { after_deployment: Some(_), .. }) => {
            answer.fact()
        }
        _ => None,
    }
}

/// Sentences one behind the other, each of them once.
#[derive(Default)]
struct Sentences {
    text: String,
    ends: Vec<usize>,
}

impl Sentences {
    fn add(&mut self, sentence: &str) {
        let mut start = 0;
        for end in &self.ends {
            if self.text.get(start..*end) == Some(sentence) {
                return;
            }
            start = end + PARTED.len();
        }
        if !self.ends.is_empty() {
            self.text.push_str(PARTED);
        }
        self.text.push_str(sentence);
        self.ends.push(self.text.len());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::owner_tag;
    use crate::checks::stage::certificate_attached::Undetermined;
    use crate::checks::stage::{certificate_attached, certificate_expiry, certificate_unique};
    use crate::resources::certificate_id::CertificateId;
    use crate::resources::stage::DeploymentId;

    fn id() -> CertificateId {
        CertificateId::new("abc123".into())
    }

    fn expired() -> Finding {
        let not_after = "2026-11-20T00:00:00Z".parse().unwrap();
        Finding::CertificateExpiry(certificate_expiry::Answer::Expired {
            certificate: id(),
            not_after,
            pem_unreadable: false,
            backends: Backends::NotAsked,
        })
    }

    fn shared(peers: usize, name_length: usize) -> Finding {
        let peers: Vec<String> = (0..peers).map(|n| format!("a{n}/{}", "s".repeat(name_length))).collect();
        let peer_count = peers.len();
        Finding::CertificateUnique(certificate_unique::Answer::Shared {
            certificate: id(),
            peers,
            peer_count,
        })
    }

    fn unowned(keys: &[&str]) -> Finding {
        let unowned = vec![owner_tag::Unowned {
            on: owner_tag::OwnerTagOn::Stage,
            unmatched_keys: vec![],
            near_misses: vec![],
        }];
        let keys = keys.iter().map(|key| (*key).to_owned()).collect();
        Finding::OwnerTag(owner_tag::Answer::Unowned { unowned, keys })
    }

    #[test]
    fn the_most_urgent_code_leads() {
        let annotation = Annotation::of_findings(&[
            Finding::CertificateAttached(certificate_attached::Answer::Attached {
                certificate: id(),
                after_deployment: None,
            }),
            unowned(&["owner"]),
            shared(1, 4),
            expired(),
        ]);
        assert_eq!(
            annotation.as_str(),
            "certificate-expiry, certificate-unique, owner-tag: abc123 expired 2026-11-20T00:00:00Z; \
             abc123 also on a0/ssss; stage has no tag owner"
        );
    }

    #[test]
    fn what_is_broken_now_leads_what_is_exposed_and_that_what_only_will_break() {
        let not_after = "2026-12-20T00:00:00Z".parse().unwrap();
        let (certificate, window_days, pem_unreadable) = (id(), 60, false);
        let expiring = certificate_expiry::Answer::Expiring {
            certificate,
            not_after,
            window_days,
            pem_unreadable,
            backends: Backends::NotAsked,
        };
        let backends = Backends::NotAsked;
        let not_allowed = certificate_attached::Answer::NotAllowed { certificate: id(), backends };
        let exposed = Finding::CertificateAttached(not_allowed);
        for (expiry, leads) in [
            (Finding::CertificateExpiry(expiring), "certificate-attached, certificate-expiry: "),
            (expired(), "certificate-expiry, certificate-attached: "),
        ] {
            let annotation = Annotation::of_findings(&[exposed.clone(), expiry]);
            assert!(annotation.as_str().starts_with(leads), "{annotation}");
        }
    }

    #[test]
    fn exactly_256_is_whole_and_257_is_cut_on_a_word() {
        let fixed = Annotation::fit("owner-tag: ", "", "").as_str().len();
        let words = |length: usize| format!("{}{}", "word ".repeat(10), "x".repeat(length - 50));
        let whole = Annotation::fit("owner-tag: ", &words(LONGEST - fixed), "");
        assert_eq!(whole.as_str().len(), 256);
        assert!(!whole.as_str().ends_with(ELLIPSIS));
        let cut = Annotation::fit("owner-tag: ", &words(LONGEST - fixed + 1), "");
        assert_eq!(cut.as_str(), format!("owner-tag: {}...", "word ".repeat(10)));
    }

    #[test]
    fn a_cut_that_falls_behind_a_word_keeps_it() {
        let body = format!("{} {}", "a".repeat(LONGEST - ELLIPSIS.len()), "b".repeat(20));
        let cut = Annotation::fit("", &body, "");
        assert_eq!(cut.as_str().len(), LONGEST);
        assert!(cut.as_str().ends_with("aa ..."));
    }

    #[test]
    fn ten_peers_with_the_longest_names_leave_the_codes_whole() {
        let annotation = Annotation::of_findings(&[expired(), shared(10, 128), unowned(&["owner"])]);
        let text = annotation.as_str();
        assert!(text.len() <= LONGEST, "{}", text.len());
        assert!(
            text.starts_with("certificate-expiry, certificate-unique, owner-tag: abc123 expired "),
            "{text}"
        );
        assert!(text.ends_with(ELLIPSIS), "{text}");
    }

    #[test]
    fn what_is_deployed_is_said_whole_however_much_else_there_is() {
        let deployment = DeploymentId::new("d1".into());
        let backends = Backends::no_http(deployment);
        let evidence =
            Finding::CertificateAttached(certificate_attached::Answer::NoHttpIntegration { backends });
        let annotation =
            Annotation::of_findings(&[evidence, expired(), shared(10, 128), unowned(&["owner"])]);
        let text = annotation.as_str();
        assert!(
            text.len() <= LONGEST
                && text.starts_with("certificate-expiry, certificate-unique, owner-tag: abc123")
        );
        assert!(text.ends_with(" ...; no HTTP integration in deployment d1"), "{text}");
    }

    fn expired_in_front_of(backends: Backends) -> Finding {
        let not_after = "2026-11-20T00:00:00Z".parse().unwrap();
        let answer = certificate_expiry::Answer::Expired {
            certificate: id(),
            not_after,
            pem_unreadable: false,
            backends,
        };
        Finding::CertificateExpiry(answer)
    }

    #[test]
    fn evidence_of_every_form_is_kept_whole_and_the_cut_is_elsewhere() {
        let deployment = || DeploymentId::new("d1".into());
        let attached = |backends: &Backends| {
            let (certificate, backends) = (id(), backends.clone());
            let answer = match backends {
                Backends::NoHttp { .. } => certificate_attached::Answer::NoHttpIntegration { backends },
                _ => certificate_attached::Answer::NotAllowed { certificate, backends },
            };
            Finding::CertificateAttached(answer)
        };
        for backends in [
            Backends::http(deployment()),
            Backends::Http { deployment: deployment(), private: true, current: false },
            Backends::no_http(deployment()),
            Backends::NoHttp {
                deployment: deployment(),
                canary: DeploymentId::new("d2".into()),
                current: false,
            },
            Backends::Undetermined {
                why: Undetermined::NotExportable,
                deployment: deployment(),
                refusal: Some("Unable to build exporter".into()),
            },
        ] {
            let evidence = backends.evidence().unwrap();
            let long = [shared(10, 128), unowned(&["owner"; 20])];
            for findings in [
                [vec![attached(&backends)], long.to_vec()].concat(),
                [vec![expired_in_front_of(backends.clone())], long.to_vec()].concat(),
                [vec![attached(&backends), expired_in_front_of(backends.clone())], long.to_vec()].concat(),
            ] {
                let annotation = Annotation::of_findings(&findings);
                let text = annotation.as_str();
                assert!(text.len() <= LONGEST && text.ends_with(&format!(" ...; {evidence}")), "{text}");
                assert_eq!(text.matches(&evidence).count(), 1, "{text}");
                let read = Backends::from_annotation(text, &deployment().unwrap());
                assert_eq!(read.and_then(|read| read.evidence()), Some(evidence.clone()), "{text}");
            }
        }
    }

    #[test]
    fn an_attachment_after_the_deployment_is_kept_beside_what_failed() {
        let d1 = DeploymentId::new("d1".into());
        let attached =
            certificate_attached::Answer::Attached { certificate: id(), after_deployment: d1.clone() };
        let attached = Finding::CertificateAttached(attached);
        let short = Annotation::of_findings(&[attached.clone(), unowned(&["owner"])]);
        assert_eq!(short.as_str(), "owner-tag: stage has no tag owner; abc123 attached after deployment d1");
        let expired = expired_in_front_of(Backends::http(d1.clone()));
        let long = Annotation::of_findings(&[attached, expired, shared(10, 128)]);
        let tail = " ...; HTTP backends in deployment d1; abc123 attached after deployment d1";
        assert!(long.as_str().ends_with(tail) && long.as_str().len() <= LONGEST, "{long}");
        assert!(certificate_attached::was_attached_after(long.as_str(), &id(), &d1.unwrap()));
    }

    #[test]
    fn what_is_deployed_is_said_once_although_two_checks_asked() {
        let http = || Backends::http(DeploymentId::new("d1".into()));
        let not_allowed = certificate_attached::Answer::NotAllowed { certificate: id(), backends: http() };
        let annotation = Annotation::of_findings(&[
            Finding::CertificateAttached(not_allowed),
            expired_in_front_of(http()),
        ]);
        assert_eq!(
            annotation.as_str(),
            "certificate-expiry, certificate-attached: abc123 expired 2026-11-20T00:00:00Z, HTTP backends in deployment d1; \
             abc123 is not in certificateIds"
        );
    }

    #[test]
    fn one_endless_word_is_cut_all_the_same() {
        let annotation = Annotation::of_findings(&[unowned(&[&"k".repeat(1000)])]);
        assert!(annotation.as_str().len() <= LONGEST);
        assert!(annotation.as_str().starts_with("owner-tag: stage has no tag"));
        assert_eq!(Annotation::fit("", &"k".repeat(1000), "").as_str().len(), LONGEST);
    }

    #[test]
    fn other_than_printable_ascii_becomes_a_question_mark() {
        let annotation = Annotation::of_findings(&[unowned(&["Besitzer\u{e4}\n\u{0}\u{1F980}"])]);
        assert_eq!(annotation.as_str(), "owner-tag: stage has no tag Besitzer????");
    }
}
