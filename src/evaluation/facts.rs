//! The facts that stages are evaluated by.

use crate::checks::stage::certificate_unique::Sharers;
use std::collections::{HashMap, HashSet};

use crate::failure::Failure;
use crate::resources::api::Protocol;
use crate::resources::backends::Backends;
use crate::resources::certificate::Certificate;
use crate::resources::certificate_id::CertificateId;
use crate::resources::stage_arn::StageArn;
use crate::resources::tags::Tags;

/// Why a stage can't be judged yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MissingFact {
    /// What is deployed on it has to be read first.
    Backends,
    /// Something that it needs could not be read; the failure is among those of the [`Reads`].
    Fact,
}

/// Everything that was read. A key that is absent was not read: whoever needs it can't be judged.
#[derive(Debug, Default)]
pub struct Reads {
    /// By id; `None` for one that does not exist.
    pub certificates: HashMap<CertificateId, Option<Certificate>>,
    /// By ARN of a stage or an ACM certificate.
    pub tags: HashMap<String, Tags>,
    /// By ARN of a V2 API.
    pub protocols: HashMap<String, Protocol>,
    /// By certificate, all stages that have it.
    pub sharers: HashMap<CertificateId, Sharers>,
    /// By stage, what is deployed on it.
    pub backends: HashMap<StageArn, Backends>,
    /// The stages whose deployed backends were asked for already, with or without success.
    pub tried: HashSet<StageArn>,
    /// The stages whose certificate was attached after their present deployment.
    pub attached_after: HashSet<StageArn>,
    /// The stages that are listed, although API Gateway says that they don't exist.
    pub gone: HashSet<StageArn>,
    /// What could not be read.
    pub failures: Vec<Failure>,
}
