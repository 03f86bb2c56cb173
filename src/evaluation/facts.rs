//! The facts that stages are evaluated by.

use crate::checks::stage::certificate_unique::Sharers;
use std::collections::HashMap;

use crate::failure::Failure;
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
    /// What is deployed on the stage has to be read first.
    Backends,
    /// Something could not be read; the failure is among those of the [`Reads`].
    Fact,
}

/// Everything that was read. An absent key was not read, so what depends on it can't be evaluated.
#[derive(Debug, Default)]
pub struct Reads {
    /// By id; `None` for a certificate that does not exist.
    pub certificates: HashMap<CertificateId, Option<Certificate>>,
    /// By the ARN of a stage or of an ACM certificate.
    pub tags: HashMap<String, Tags>,
    /// By the ARN of a V2 API.
    pub protocols: HashMap<String, Protocol>,
    /// By certificate, all stages that use it.
    pub sharers: HashMap<CertificateId, Sharers>,
    /// By resource, what was read about it alone.
    pub subjects: HashMap<Subject, SubjectReads>,
    /// What could not be read.
    pub failures: Vec<Failure>,
}

/// What was read about one subject.
#[derive(Debug, Default)]
pub struct SubjectReads {
    /// What is deployed on the stage.
    pub backends: Option<Backends>,
    /// Whether reading what is deployed was attempted, with or without success.
    pub export_attempted: bool,
    /// Whether the certificate was attached after the current deployment.
    pub attached_after_deployment: bool,
    /// Whether API Gateway says that the stage does not exist, although it is listed.
    pub is_gone: bool,
}

impl Reads {
    /// What was read about a stage.
    #[must_use]
    pub fn stage(&self, stage: &StageArn) -> Option<&SubjectReads> {
        self.subjects.get(stage.as_str())
    }

    /// What is read about a stage, to be filled in.
    pub fn stage_mut(&mut self, stage: &StageArn) -> &mut SubjectReads {
        self.subjects.entry(Subject::from(stage)).or_default()
    }

    /// What is deployed on a stage, if it was read.
    #[must_use]
    pub fn backends(&self, stage: &StageArn) -> Option<&Backends> {
        self.stage(stage)?.backends.as_ref()
    }

    /// Whether reading what is deployed on a stage was attempted.
    #[must_use]
    pub fn export_attempted(&self, stage: &StageArn) -> bool {
        self.stage(stage).is_some_and(|read| read.export_attempted)
    }
}
