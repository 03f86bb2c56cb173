//! # certificate-unique
//!
//! ## What it asks
//! Is this stage the only one in its account and Region that presents its client certificate?
//!
//! ## Why it matters
//! The certificate is the backend's only means of distinguishing the production stage from a test
//! stage. If two stages share one, anyone who can deploy to the other stage can reach the
//! production backend. When the certificate expires, both stages break.
//!
//! ## When it fails
//! - `shared`: another stage, of a REST or a WebSocket API, has the same certificate, and
//!   `certificateSharing` does not allow it. The reason names the peers.
//!
//! A stage that is exempt from the rule still counts as a peer, because it presents the
//! certificate like any other stage.
//!
//! ## When it does not apply
//! - `no-certificate`: the stage has no certificate. `certificate-attached` reports whether it
//!   needs one.
//!
//! ## What to do
//! 1. Generate a certificate for each stage: `aws apigateway generate-client-certificate`.
//! 2. Make each backend trust the new certificate of its stage in addition to the shared one.
//! 3. For one stage at a time, attach the new certificate (`update-stage`, path
//!    `/clientCertificateId`) and redeploy the API.
//! 4. Remove the shared certificate from the backends and delete it.
//!
//! ## Parameters
//! - `certificateSharing`: `none` (the default), or one or both of `same-api` (stages of the same
//!   API may share a certificate) and `acm` (stages may share an ACM certificate, as the AWS
//!   documentation allows).

use std::fmt;

use serde::Serialize;
use strum::{IntoStaticStr, VariantNames};

use crate::checks::Check;
use crate::checks::verdict::{Urgency, Verdict};
use crate::resources::backends::Backends;
use crate::resources::certificate_id::{CertificateId, CertificateKind};
use crate::resources::stage_arn::StageArn;

/// The maximum number of peers listed in the data of an answer; the others are only counted.
const MAX_LISTED: usize = 10;
/// The maximum number of peers named in the sentence.
const NAMED_IN_SENTENCE: usize = 3;
/// The text between the certificate and its peers.
const SHARED_WITH: &str = " is shared with stage";

/// The rule parameters of this check.
#[derive(Clone, Copy, Debug, Default)]
pub struct Settings {
    /// `certificateSharing`: which stages may share a certificate.
    pub sharing: CertificateSharing,
}

/// Which stages may share a certificate. The default is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CertificateSharing {
    /// Whether stages of the same API may share a certificate.
    pub same_api: bool,
    /// Whether stages may share an ACM certificate.
    pub acm: bool,
}

/// All stages in an account and Region that present the same certificate.
#[derive(Clone, Debug, Default)]
pub struct Sharers {
    stages: Vec<StageArn>,
    incomplete: bool,
}

impl FromIterator<StageArn> for Sharers {
    fn from_iter<I: IntoIterator<Item = StageArn>>(stages: I) -> Self {
        let mut stages: Vec<StageArn> = stages.into_iter().collect();
        stages.sort_unstable();
        stages.dedup();
        Self { stages, incomplete: false }
    }
}

impl Sharers {
    /// Whether the stage is one of the sharers.
    #[must_use]
    pub fn contains(&self, stage: &StageArn) -> bool {
        self.stages.binary_search(stage).is_ok()
    }

    /// The union of these and other sharers.
    #[must_use]
    pub fn with(self, others: Self) -> Self {
        let incomplete = self.incomplete || others.incomplete;
        Self { incomplete, ..self.stages.into_iter().chain(others.stages).collect() }
    }

    /// The same sharers, marked as incomplete: stages that could not be read may present the
    /// certificate too.
    #[must_use]
    pub fn incomplete(self) -> Self {
        Self { incomplete: true, ..self }
    }

    /// The peers of `stage`: the sharers before and after the stages that don't count as its peers,
    /// which are the stage itself or all stages of its API. The sharers are sorted, so these stages
    /// are adjacent, and even with ten thousand peers each stage only needs a binary search.
    fn peers_of(&self, stage: &StageArn, same_api_may_share: bool) -> (&[StageArn], &[StageArn]) {
        let own = |other: &StageArn| {
            if same_api_may_share { other.api_arn() == stage.api_arn() } else { other == stage }
        };
        let first = self.stages.partition_point(|other| other < stage && !own(other));
        let last = self.stages.partition_point(|other| other <= stage || own(other));
        (self.stages.get(..first).unwrap_or_default(), self.stages.get(last..).unwrap_or_default())
    }
}

/// The answer for one stage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, IntoStaticStr, VariantNames)]
#[serde(tag = "reason", rename_all = "kebab-case", rename_all_fields = "camelCase")]
#[strum(serialize_all = "kebab-case")]
pub enum Answer {
    /// Passed: no other stage has the certificate.
    Unique {
        /// The certificate's id or ARN.
        certificate: CertificateId,
    },
    /// Passed: other stages have the certificate, and `certificateSharing` allows that.
    SharingAllowed {
        /// The certificate's id or ARN.
        certificate: CertificateId,
    },
    /// Failed: other stages have the certificate.
    Shared {
        /// The certificate's id or ARN.
        certificate: CertificateId,
        /// The first ten peers as `apiId/stageName`, sorted by ARN.
        peers: Vec<String>,
        /// The total number of peers.
        peer_count: usize,
    },
    /// Not applicable: no certificate attached.
    NoCertificate,
}

#[expect(
    clippy::unnecessary_wraps,
    clippy::unused_self,
    reason = "every check's answer has the same methods, which `Finding` calls"
)]
impl Answer {
    /// The verdict: passed, failed, or not applicable.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        match self {
            Self::Unique { .. } | Self::SharingAllowed { .. } => Verdict::Passed,
            Self::Shared { .. } => Verdict::Failed,
            Self::NoCertificate => Verdict::NotApplicable,
        }
    }

    /// Always `None`: the check doesn't look at backends.
    pub(crate) fn backends(&self) -> Option<&Backends> {
        None
    }

    /// The whole sentence, which doesn't mention backends.
    pub(crate) fn fact(&self) -> Option<String> {
        Some(self.to_string())
    }

    /// Always `false`: the check doesn't depend on whether the certificate exists.
    pub(crate) fn is_dangling(&self) -> bool {
        false
    }

    pub(crate) fn urgency(&self) -> Urgency {
        Urgency::Shared
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unique { certificate } => {
                write!(f, "client certificate {certificate} is on no other stage")
            }
            Self::SharingAllowed { certificate } => {
                write!(f, "client certificate {certificate} is shared as allowed")
            }
            Self::Shared { certificate, peers, peer_count } => {
                let named = peers.iter().take(NAMED_IN_SENTENCE).map(String::as_str).collect::<Vec<_>>();
                let plural = if *peer_count == 1 { "" } else { "s" };
                write!(f, "client certificate {certificate}{SHARED_WITH}{plural} {}", named.join(", "))?;
                match peer_count.saturating_sub(named.len()) {
                    0 => Ok(()),
                    more => write!(f, " and {more} more"),
                }
            }
            Self::NoCertificate => f.write_str("no certificate attached"),
        }
    }
}

/// The peers named in an earlier annotation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NamedPeers {
    /// All peers, as `apiId/stageName`; empty if the certificate was unique.
    All(Vec<String>),
    /// The annotation doesn't name all peers, or it was truncated.
    NotAll,
}

impl NamedPeers {
    /// The peers named in an annotation that stagecert put.
    #[must_use]
    pub fn of(annotation: &str) -> Self {
        let has_failed = annotation
            .split_once(": ")
            .is_some_and(|(codes, _)| codes.split(", ").any(|code| code == Check::CertificateUnique.code()));
        if !has_failed {
            // The certificate of an exempt stage may have been shared.
            let is_exempt = annotation.contains("exempt by ");
            return if is_exempt { Self::NotAll } else { Self::All(Vec::new()) };
        }
        let Some((_, peers)) = annotation.split_once(SHARED_WITH) else { return Self::NotAll };
        let Some((_, peers)) = peers.split_once(' ') else { return Self::NotAll };
        let peers = peers.split(';').next().unwrap_or_default();
        if peers.ends_with("...") || peers.ends_with(" more") {
            return Self::NotAll;
        }
        Self::All(peers.split(", ").map(ToOwned::to_owned).collect())
    }
}

/// Whether stages can fail for sharing this certificate.
#[must_use]
pub fn may_fail(certificate: &CertificateId, settings: Settings) -> bool {
    !(settings.sharing.acm && certificate.kind() == CertificateKind::Acm)
}

/// The answer for one stage. `sharers` are all stages with its certificate and may include the
/// stage itself. `None` if the answer depends on stages that could not be read.
#[must_use]
pub fn check(
    stage: &StageArn,
    certificate: Option<&CertificateId>,
    sharers: &Sharers,
    settings: Settings,
) -> Option<Answer> {
    let acm_may_share = certificate.filter(|id| settings.sharing.acm && id.kind() == CertificateKind::Acm);
    match (answer(stage, certificate, sharers, settings), acm_may_share) {
        (Answer::Unique { .. } | Answer::SharingAllowed { .. }, None) if sharers.incomplete => None,
        // Any other stage that presents the certificate is allowed to.
        (Answer::Unique { certificate }, Some(_)) if sharers.incomplete => {
            Some(Answer::SharingAllowed { certificate })
        }
        (answer, _) => Some(answer),
    }
}

fn answer(
    stage: &StageArn,
    certificate: Option<&CertificateId>,
    sharers: &Sharers,
    settings: Settings,
) -> Answer {
    let Some(certificate) = certificate else { return Answer::NoCertificate };
    let certificate = certificate.clone();
    let (before, after) = sharers.peers_of(stage, false);
    if before.is_empty() && after.is_empty() {
        return Answer::Unique { certificate };
    }
    let sharing = settings.sharing;
    if sharing.acm && certificate.kind() == CertificateKind::Acm {
        return Answer::SharingAllowed { certificate };
    }
    let (before, after) = sharers.peers_of(stage, sharing.same_api);
    match before.len() + after.len() {
        0 => Answer::SharingAllowed { certificate },
        peer_count => {
            let peers = before.iter().chain(after).take(MAX_LISTED).map(StageArn::label).collect();
            Answer::Shared { certificate, peers, peer_count }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn named_peers_are_read_from_an_annotation() {
        let all = |peers: &[&str]| NamedPeers::All(peers.iter().map(|peer| (*peer).to_owned()).collect());
        for (annotation, expected) in [
            ("", all(&[])),
            ("abc123 attached; abc123 is on no other stage", all(&[])),
            ("owner-tag: stage has no tag certificate-unique", all(&[])),
            ("certificate-unique exempt by excludeStages a1/*; abc123 attached", NamedPeers::NotAll),
            ("certificate-unique: client certificate abc123 is shared with stage a1/x", all(&["a1/x"])),
            (
                "certificate-unique, owner-tag: client certificate abc123 is shared with stages a1/x, b2/y; stage has no tag owner",
                all(&["a1/x", "b2/y"]),
            ),
            (
                "certificate-unique: client certificate abc123 is shared with stages a1/x, b2/y, c3/z and 4 more",
                NamedPeers::NotAll,
            ),
            (
                "certificate-unique: client certificate abc123 is shared with stages a1/x, ...",
                NamedPeers::NotAll,
            ),
            (
                "certificate-expiry, certificate-unique: abc123 expired 2026-11-20T00:00:00Z; ...",
                NamedPeers::NotAll,
            ),
        ] {
            assert_eq!(NamedPeers::of(annotation), expected, "{annotation}");
        }
    }
}
