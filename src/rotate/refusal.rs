//! Why a step is refused because of what was found.

use jiff::Timestamp;

use crate::Failure;
use crate::quote::quoted;
use crate::resources::certificate_id::CertificateId;
use crate::resources::rotation_state::TagProblem;

/// The number of stages or certificates that a message lists; the rest are only counted.
const MAX_LISTED: usize = 20;

/// Why a step stopped.
#[derive(Debug)]
pub enum Stop {
    /// Because of what was found.
    Refused(Refusal),
    /// Because a call failed.
    Failed(Failure),
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

/// Why a step is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is no such stage.
    #[error("there is no stage {0} of a REST or WebSocket API in this account and Region")]
    NoStage(String),
    /// There is no such certificate.
    #[error("there is no generated certificate {0} in this account and Region")]
    NoCertificate(CertificateId),
    /// A stage has no certificate.
    #[error(
        "stage {0} has no certificate, so there is nothing to rotate: `stagecert fix {0}` shows how to attach one"
    )]
    NotAttached(String),
    /// A stage has an ACM certificate.
    #[error(
        "stage {0} has an ACM certificate, which is renewed or imported under the same ARN: there is nothing to \
         rotate; `stagecert rotate plan {0}` shows what to watch"
    )]
    Acm(String),
    /// A stage has a certificate that doesn't exist.
    #[error(
        "stage {0} has certificate {1}, which doesn't exist: `stagecert fix {0}` shows how to attach one"
    )]
    Dangling(String, CertificateId),
    /// The name of a stage's API is unknown.
    #[error("stage {0} can't be watched: the name of its API is unknown")]
    NoName(String),
    /// Another REST API has the same name.
    #[error(
        "stage {stage} can't be watched: API {} has the name \"{}\" too, and CloudWatch identifies the stages of \
         REST APIs by it; give the APIs different names, or switch without --watch",
        others.join(", "),
        quoted(name)
    )]
    SharedName {
        /// The stage.
        stage: String,
        /// The name.
        name: String,
        /// The ids of the other APIs.
        others: Vec<String>,
    },
    /// No stage has the certificate.
    #[error("no stage has certificate {0}, so there is nothing to rotate")]
    Unused(CertificateId),
    /// No rotation is in progress.
    #[error("no rotation is in progress for {0}: `stagecert rotate start` begins one")]
    NoRotation(String),
    /// Two rotations of the same stages.
    #[error(
        "certificates {0} and {1} are both the new certificate of a rotation of the same stages: keep one, and remove \
         the other with `stagecert rotate cancel CERTIFICATE`"
    )]
    Conflict(CertificateId, CertificateId),
    /// Another rotation of the same stages was started at the same time.
    #[error(
        "another rotation of the same stages was started at the same time, with certificate {other}: continue that \
         one; certificate {own}, which this command generated, was deleted"
    )]
    Rival {
        /// The certificate that was generated and deleted.
        own: CertificateId,
        /// The certificate of the other rotation.
        other: CertificateId,
    },
    /// A tag of a rotation has an unknown form.
    #[error("{0}: nothing is done with a rotation whose tags are not understood")]
    Tag(TagProblem),
    /// A stage's name can't be part of a tag.
    #[error("stage {0}: its name has characters that AWS doesn't allow in a tag's value")]
    Label(String),
    /// The tags of the old certificate and of the rotation are too many.
    #[error(
        "the tags of certificate {certificate} and those of the rotation are {needed}, and AWS allows 50: remove tags, \
         or split the stages between certificates"
    )]
    TooManyTags {
        /// The old certificate.
        certificate: CertificateId,
        /// The number of tags needed.
        needed: usize,
    },
    /// The quota of certificates is used up.
    #[error("the quota of client certificates is used up; {}", free(unused))]
    NoSlot {
        /// The certificates that no stage has.
        unused: Vec<CertificateId>,
    },
    /// The test is missing.
    #[error(
        "the new certificate {0} was not tested: run `stagecert rotate test` first; `--untested` switches without a \
         test, which is the only way for WebSocket stages"
    )]
    NotTested(CertificateId),
    /// The test is too old.
    #[error(
        "the test of {0} is more than one day old: run `stagecert rotate test` again, or add `--untested`"
    )]
    TestTooOld(Timestamp),
    /// An instant in a tag is in the future.
    #[error(
        "tag {tag} of certificate {certificate} is in the future ({at}): check the clock of this machine"
    )]
    InTheFuture {
        /// The certificate.
        certificate: CertificateId,
        /// The tag.
        tag: &'static str,
        /// The instant in the tag.
        at: Timestamp,
    },
    /// Stages have another certificate than those of the rotation.
    #[error(
        "{}: neither the old nor the new certificate of the rotation; attach the old certificate again, or cancel the \
         rotation and start a new one",
        changed(.0)
    )]
    Changed(Vec<(String, Option<CertificateId>)>),
    /// A stage doesn't show the certificate that was attached.
    #[error(
        "stage {stage} doesn't show certificate {certificate}, although UpdateStage attached it: check the stage"
    )]
    NotShown {
        /// The stage.
        stage: String,
        /// The certificate.
        certificate: CertificateId,
    },
    /// No stage of the rotation is left.
    #[error("no stage of the rotation is left: `stagecert rotate cancel {0}` removes the new certificate")]
    NoStageLeft(CertificateId),
    /// `TestInvokeMethod` can't call WebSocket APIs.
    #[error(
        "{} of WebSocket APIs can't be tested, because API Gateway has no TestInvokeMethod for them: probe their \
         backends with `stagecert probe`, then use `stagecert rotate switch --untested`",
        stages(.0)
    )]
    WebSocket(Vec<String>),
    /// No path was given for a stage.
    #[error("no path is given for stage {0}: add `--path PATH` or `--path {0}=PATH`")]
    NoPath(String),
    /// The path has no HTTP backend.
    #[error(
        "{request} of stage {stage} {problem}; allowed: a path of the API's current resources with an HTTP integration"
    )]
    NoBackend {
        /// The stage.
        stage: String,
        /// The method and path.
        request: String,
        /// What it has instead.
        problem: String,
    },
    /// The test failed.
    #[error("not accepted: {}; the test is not recorded", .0.join("; "))]
    TestFailed(Vec<String>),
    /// The new certificate has expired.
    #[error("the new certificate {0} has expired at {1}: cancel the rotation and start a new one")]
    NewExpired(CertificateId, Timestamp),
    /// The old certificate no longer exists.
    #[error("the old certificate {0} no longer exists, so the stages can't be rolled back")]
    OldGone(CertificateId),
    /// The old certificate has expired.
    #[error("the old certificate {0} has expired at {1}: backends that verify it would reject every request")]
    OldExpired(CertificateId, Timestamp),
    /// A certificate is still used.
    #[error("{} still {} certificate {certificate}: it is not deleted", stages(labels), have(labels))]
    StillUsed {
        /// The certificate.
        certificate: CertificateId,
        /// The stages that have it.
        labels: Vec<String>,
    },
    /// API Gateway refused to delete a certificate.
    #[error("API Gateway says that certificate {0} is still in use: it is not deleted")]
    InUse(CertificateId),
    /// Not all stages were switched.
    #[error("not all stages were switched: run `stagecert rotate switch` first")]
    NotSwitched,
    /// The stages were switched too recently.
    #[error(
        "the stages were switched less than the time to settle ago: wait until {0}, or use a shorter `--settle`"
    )]
    NotSettled(Timestamp),
}

fn listed(texts: impl ExactSizeIterator<Item = String>) -> String {
    let more = texts.len().saturating_sub(MAX_LISTED);
    let text = texts.take(MAX_LISTED).collect::<Vec<_>>().join(", ");
    if more > 0 { format!("{text} and {more} more") } else { text }
}

fn stages(labels: &[String]) -> String {
    let noun = if labels.len() == 1 { "stage" } else { "stages" };
    format!("{noun} {}", listed(labels.iter().cloned()))
}

fn have(labels: &[String]) -> &'static str {
    if labels.len() == 1 { "has" } else { "have" }
}

fn changed(stages: &[(String, Option<CertificateId>)]) -> String {
    let text = |(label, id): &(String, Option<CertificateId>)| match id {
        Some(id) => format!("stage {label} has certificate {id}"),
        None => format!("stage {label} has no certificate"),
    };
    listed(stages.iter().map(text))
}

fn free(unused: &[CertificateId]) -> String {
    if unused.is_empty() {
        return "every certificate is used by a stage: request a quota increase (L-824C9E42)".into();
    }
    format!(
        "no stage of a REST or WebSocket API has {}: delete those that are no longer needed",
        listed(unused.iter().map(ToString::to_string))
    )
}
