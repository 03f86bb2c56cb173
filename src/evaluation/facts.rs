//! The facts used to evaluate stages.

use std::collections::HashMap;
use std::sync::Arc;

use crate::checks::stage::certificate_unique::Sharers;
use crate::failure::Failure;
use crate::parameters::exemptions::AccountExemptions;
use crate::resources::api::Protocol;
use crate::resources::backends::Backends;
use crate::resources::certificate::Certificate;
use crate::resources::certificate_id::CertificateId;
use crate::resources::stage_arn::StageArn;
use crate::resources::subject::Subject;
use crate::resources::tags::Tags;

/// Why a stage can't be evaluated yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MissingFact {
    /// What is deployed on the stage must be read first.
    Backends,
    /// Something could not be read; [`Reads::failures`] contains the failure.
    Fact,
}

/// Everything that was read. If a key is absent, it was not read, and whatever depends on it can't
/// be evaluated.
#[derive(Debug, Default)]
pub struct Reads {
    /// Certificates by id; `None` for a certificate that does not exist.
    pub certificates: HashMap<CertificateId, Option<Certificate>>,
    /// Tags by the ARN of a stage or an ACM certificate.
    pub tags: HashMap<String, Tags>,
    /// Protocols by the ARN of a V2 API.
    pub protocols: HashMap<String, Protocol>,
    /// All stages that use a certificate, by certificate.
    pub sharers: HashMap<CertificateId, Sharers>,
    /// What was read about a single resource, by resource.
    pub subjects: HashMap<Subject, SubjectReads>,
    /// The exemptions in the document that the parameters name.
    pub exemptions: Option<Arc<AccountExemptions>>,
    /// The failures to read something.
    pub failures: Vec<Failure>,
}

/// What was read about one subject.
#[derive(Debug, Default)]
pub struct SubjectReads {
    /// What is deployed on the stage.
    pub backends: Option<Backends>,
    /// Whether an attempt was made to read what is deployed, successful or not.
    pub export_attempted: bool,
    /// Whether the certificate was attached after the current deployment.
    pub attached_after_deployment: bool,
    /// Whether API Gateway reports that the stage does not exist, although it is listed.
    pub is_gone: bool,
}

impl Reads {
    /// What was read about a stage.
    #[must_use]
    pub fn stage(&self, stage: &StageArn) -> Option<&SubjectReads> {
        self.subjects.get(stage.as_str())
    }

    /// A mutable entry for what is read about a stage.
    pub fn stage_mut(&mut self, stage: &StageArn) -> &mut SubjectReads {
        self.subjects.entry(Subject::from(stage)).or_default()
    }

    /// What is deployed on a stage, if it was read.
    #[must_use]
    pub fn backends(&self, stage: &StageArn) -> Option<&Backends> {
        self.stage(stage)?.backends.as_ref()
    }

    /// Whether an attempt was made to read what is deployed on a stage.
    #[must_use]
    pub fn export_attempted(&self, stage: &StageArn) -> bool {
        self.stage(stage).is_some_and(|read| read.export_attempted)
    }
}
