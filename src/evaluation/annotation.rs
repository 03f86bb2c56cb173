//! The annotation of an evaluation, and how it is cut to the length that Config accepts.

use std::fmt::{self, Display};

use crate::checks::Check;
use crate::checks::exemption::Exemption;
use crate::checks::finding::Finding;
use crate::checks::stage::certificate_attached::Answer;
use crate::checks::verdict::{Urgency, Verdict};
use crate::evaluation::scope::NotEvaluated;
use crate::quote::ascii;
use crate::resources::backends::{Backends, without_evidence};

/// The maximum length of an annotation in `PutEvaluations` (botocore, `StringWithCharLimit256`). It
/// isn't documented whether characters or bytes count, so annotations are ASCII.
const MAX_LENGTH: usize = 256;
/// The start of most sentences about a certificate.
const CERTIFICATE: &str = "client certificate ";
/// The mark of a cut.
const ELLIPSIS: &str = " ...";
/// The separator between two sentences.
const SEPARATOR: &str = "; ";

/// The text that explains a result: 1 to 256 printable ASCII characters.
///
/// It starts with the codes of the failed checks, most urgent first, followed by the facts. It
/// contains dates, never "in 12 days", so it doesn't change while the facts stay the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Annotation(String);

impl Annotation {
    /// Returns the annotation for a stage's findings.
    #[must_use]
    pub fn from_findings(findings: &[Finding]) -> Self {
        let mut failed: Vec<(Urgency, &Finding)> =
            findings.iter().filter_map(|finding| Some((finding.urgency()?, finding))).collect();
        // The sort is stable: equally urgent findings stay in the order of the checks.
        failed.sort_by_key(|(urgency, _)| *urgency);
        let mut head = String::new();
        for (_, finding) in &failed {
            head.push_str(if head.is_empty() { "" } else { ", " });
            head.push_str(finding.leading_code());
        }
        let of = |verdict: Verdict| findings.iter().filter(move |finding| finding.verdict() == verdict);
        let mut parts = Parts::default();
        if failed.is_empty() {
            parts.add_exempt(findings);
            let is_evidence = |finding: &&Finding| matches!(finding, Finding::CertificateAttached(_));
            of(Verdict::Passed).for_each(|finding| parts.add(finding));
            of(Verdict::NotApplicable).filter(|it| !is_evidence(it)).for_each(|finding| parts.add(finding));
        } else {
            head.push_str(": ");
            for (_, finding) in &failed {
                parts.add(finding);
            }
            of(Verdict::Passed).filter(|it| attached_after(it).is_some()).for_each(|it| parts.add(it));
            parts.add_exempt(findings);
        }
        // Even if another check failed: the next sweep parses the deployed backends from the
        // annotation instead of exporting the API again.
        let deployed = of(Verdict::NotApplicable).filter(|it| it.backends().is_some());
        deployed.for_each(|finding| parts.add(finding));
        parts.annotation(&head)
    }

    /// Returns the annotation for a resource that isn't evaluated.
    #[must_use]
    pub fn from_reason(reason: &NotEvaluated) -> Self {
        Self::fit("", &without_evidence(reason.to_string()), "")
    }

    /// Returns the text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns `head`, as much of `body` as fits, and `tail`. A cut is after a word and is marked.
    fn fit(head: &str, body: &str, tail: &str) -> Self {
        let (body, tail) = (ascii(body), ascii(tail));
        let room = MAX_LENGTH.saturating_sub(head.len() + tail.len());
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

/// The sentences of an annotation, both in full and split for a cut.
#[derive(Default)]
struct Parts<'f> {
    full: Sentences,
    /// The sentences without the evidence, which must not be cut.
    cuttable: Sentences,
    /// The phrases that the next sweep parses instead of exporting the API again. Never cut.
    evidence: Vec<String>,
    mentioned: Vec<&'f Backends>,
}

impl<'f> Parts<'f> {
    /// Adds a finding's sentence. Backends that two findings have in common are mentioned once.
    fn add(&mut self, finding: &'f Finding) {
        let after = attached_after(finding);
        let fact = finding.fact().map(|fact| if after.is_some() { fact } else { without_evidence(fact) });
        // Only the first sentence needs the noun: the annotation is short.
        let bare = |sentence: String| match sentence.strip_prefix(CERTIFICATE) {
            Some(bare) if self.full.has_sentences() => bare.to_owned(),
            _ => sentence,
        };
        let (fact, after) = (fact.map(bare), after.map(bare));
        let is_new = |backends: &&Backends| {
            let implied = **backends == Backends::NotAsked && finding.check() == Check::CertificateExpiry;
            !implied && !self.mentioned.contains(backends)
        };
        let backends = finding.backends().filter(is_new);
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
        self.mentioned.extend(backends);
    }

    /// Adds one sentence per exemption, with the codes of the checks if the exemption names checks,
    /// and what the next sweep needs of the exempt answers.
    fn add_exempt(&mut self, findings: &'f [Finding]) {
        let exempt = || findings.iter().filter_map(|finding| Some((finding, finding.exemption()?)));
        for (finding, exemption) in exempt() {
            let is_same = |(_, other): &(&Finding, &Exemption)| *other == exemption;
            let codes: Vec<&str> =
                exempt().filter(is_same).map(|(finding, _)| finding.check().code()).collect();
            if codes.first() != Some(&finding.check().code()) {
                continue;
            }
            let sentence = if exemption.checks.is_none() {
                without_evidence(exemption.to_string())
            } else {
                without_evidence(format!("{} {exemption}", codes.join(", ")))
            };
            self.full.add(&sentence);
            self.cuttable.add(&sentence);
        }
        for (finding, _) in exempt() {
            match finding.unexempted() {
                failed if failed.verdict() == Verdict::Failed => self.add(failed),
                passed => self.add_evidence(passed),
            }
        }
    }

    /// Adds what the next sweep needs of a finding, without its sentence.
    fn add_evidence(&mut self, finding: &'f Finding) {
        let backends = finding.backends().filter(|it| !self.mentioned.contains(it));
        let evidence = backends.and_then(Backends::evidence).or_else(|| attached_after(finding));
        if let Some(evidence) = evidence {
            self.full.add(&evidence);
            self.evidence.push(evidence);
            self.mentioned.extend(backends);
        }
    }

    fn annotation(mut self, head: &str) -> Annotation {
        if head.len() + ascii(&self.full.text).len() <= MAX_LENGTH {
            return Annotation::fit(head, &self.full.text, "");
        }
        loop {
            let mut tail = self.evidence.join(SEPARATOR);
            if !tail.is_empty() && !self.cuttable.text.is_empty() {
                tail.insert_str(0, SEPARATOR);
            }
            // With ids of the lengths that AWS uses, all evidence fits.
            if head.len() + ELLIPSIS.len() + tail.len() <= MAX_LENGTH {
                return Annotation::fit(head, &self.cuttable.text, &tail);
            }
            self.evidence.pop();
        }
    }
}

/// Returns the sentence of a finding whose certificate was attached after the stage was deployed.
fn attached_after(finding: &Finding) -> Option<String> {
    match finding {
        Finding::CertificateAttached(answer @ Answer::Attached { after_deployment: Some(_), .. }) => {
            answer.fact()
        }
        _ => None,
    }
}

/// A list of distinct sentences, joined by [`SEPARATOR`].
#[derive(Default)]
struct Sentences {
    text: String,
    ends: Vec<usize>,
}

impl Sentences {
    fn has_sentences(&self) -> bool {
        !self.ends.is_empty()
    }

    fn add(&mut self, sentence: &str) {
        let mut start = 0;
        for end in &self.ends {
            let known = self.text.get(start..*end).unwrap_or_default();
            if known == sentence || known.strip_prefix(CERTIFICATE) == Some(sentence) {
                return;
            }
            start = end + SEPARATOR.len();
        }
        if !self.ends.is_empty() {
            self.text.push_str(SEPARATOR);
        }
        self.text.push_str(sentence);
        self.ends.push(self.text.len());
    }
}

#[cfg(test)]
#[path = "annotation_tests.rs"]
mod tests;
