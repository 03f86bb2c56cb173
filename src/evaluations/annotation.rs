use std::fmt::{self, Display};

use super::NotEvaluated;
use crate::checks::{Finding, Urgency, Verdict};
use crate::printable::ascii;

/// The longest annotation that `PutEvaluations` takes (botocore, `StringWithCharLimit256`). Whether it counts characters or
/// bytes is not documented, so annotations are ASCII.
const LONGEST: usize = 256;
/// Marks an annotation that was cut.
const CUT: &str = " ...";
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
        let of = |verdict: Verdict| findings.iter().filter(move |finding| finding.verdict() == verdict);
        let is_evidence = |finding: &&Finding| matches!(finding, Finding::CertificateAttached(_));
        let mut head = String::new();
        for (_, finding) in &failed {
            head.push_str(if head.is_empty() { "" } else { ", " });
            head.push_str(finding.leading_code());
        }
        let mut body = Sentences::default();
        if failed.is_empty() {
            let others = of(Verdict::NotApplicable).filter(|finding| !is_evidence(finding));
            of(Verdict::Passed).chain(others).for_each(|finding| body.add(&told(finding)));
        } else {
            head.push_str(": ");
            for (_, finding) in &failed {
                body.add(&told(finding));
            }
        }
        // Whole even where the rest is cut: the next sweep reads here what is deployed instead of exporting again.
        let mut tail = of(Verdict::NotApplicable).find(is_evidence).map(told).unwrap_or_default();
        if !body.text.is_empty() && !tail.is_empty() {
            tail.insert_str(0, PARTED);
        }
        Self::fit(&head, &body.text, &tail)
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

    /// `head` whole, then as much of `body` as fits, cut behind a word and marked, then `tail` whole.
    fn fit(head: &str, body: &str, tail: &str) -> Self {
        let (body, tail) = (ascii(body), ascii(tail));
        let room = LONGEST.saturating_sub(head.len() + tail.len());
        if body.len() <= room {
            return Self([head, &body, &tail].concat());
        }
        let room = room.saturating_sub(CUT.len());
        let kept = body.get(..room).unwrap_or_default();
        let ends_a_word = body.as_bytes().get(room) == Some(&b' ');
        let kept = if ends_a_word { kept } else { kept.rsplit_once(' ').map_or(kept, |(words, _)| words) };
        let kept = kept.trim_end_matches([' ', ',', ';', ':']);
        Self([head, kept, CUT, &tail].concat())
    }
}

impl Display for Annotation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A finding's sentence. The next sweep believes what an annotation says of a deployment, so only `certificate-attached`, whose
/// sentence holds no free text, may say it.
fn told(finding: &Finding) -> String {
    match finding {
        Finding::CertificateAttached(answer) => answer.to_string(),
        other => without_evidence(other.to_string()),
    }
}

fn without_evidence(sentence: String) -> String {
    if sentence.contains("in deployment") {
        sentence.replace("in deployment", "in-deployment")
    } else {
        sentence
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
    use crate::certificate::CertificateId;
    use crate::checks::{certificate_attached, certificate_expiry, certificate_unique, owner_tag};

    fn id() -> CertificateId {
        CertificateId::new("abc123".into())
    }

    fn expired() -> Finding {
        let not_after = "2026-11-20T00:00:00Z".parse().unwrap();
        Finding::CertificateExpiry(certificate_expiry::Answer::Expired {
            certificate: id(),
            not_after,
            pem_unreadable: false,
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
            Finding::CertificateAttached(certificate_attached::Answer::Attached { certificate: id() }),
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
        let expiring =
            certificate_expiry::Answer::Expiring { certificate, not_after, window_days, pem_unreadable };
        let backends = certificate_attached::Backends::NotAsked;
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
        assert!(!whole.as_str().ends_with(CUT));
        let cut = Annotation::fit("owner-tag: ", &words(LONGEST - fixed + 1), "");
        assert_eq!(cut.as_str(), format!("owner-tag: {}...", "word ".repeat(10)));
    }

    #[test]
    fn a_cut_that_falls_behind_a_word_keeps_it() {
        let body = format!("{} {}", "a".repeat(LONGEST - CUT.len()), "b".repeat(20));
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
        assert!(text.ends_with(CUT), "{text}");
    }

    #[test]
    fn what_is_deployed_is_said_whole_however_much_else_there_is() {
        let deployment = crate::stage::DeploymentId::new("d1".into());
        let backends = certificate_attached::Backends::NoHttp { deployment };
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
