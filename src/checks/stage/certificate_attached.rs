//! # certificate-attached
//!
//! ## What it asks
//! Does the stage present a client certificate that exists, to the HTTP backends that are deployed on it?
//!
//! ## Why it matters
//! A backend that demands the certificate refuses everybody who walks around the gateway, and with it around WAF,
//! throttling and authorizers. Without one the backend cannot tell the gateway from anyone who found its address.
//!
//! ## When it fails
//! - `missing`: the stage has no certificate, and HTTP backends are deployed on it.
//! - `dangling`: the stage names a certificate that neither API Gateway nor ACM knows.
//! - `not-issued`: the ACM certificate's status is not `ISSUED`.
//! - `not-allowed`: the certificate is not one of `certificateIds`.
//!
//! "Deployed" is what `GetExport` says of the stage, not what the API's resources look like now. What cannot be
//! determined counts as an HTTP backend: an API that cannot be exported, a stage that was redeployed while it was read,
//! a WebSocket API whose integrations AWS Config does not record. WebSocket APIs have no export: their current
//! integrations count, and the reason says so. A canary's deployment cannot be exported: if the stage's own deployment has no
//! HTTP integration and the API's current resources have none, the canary has none either; otherwise it counts as
//! having HTTP backends. Private integrations (through a VPC link) count as HTTP backends, because anything in the VPC may
//! reach the backend too; if there are no others, the reason says "only private HTTP backends". An API whose protocol
//! AWS Config does not record (`AWS::ApiGatewayV2::Api`) counts as a WebSocket API with HTTP backends; the reason says that
//! it is not recorded, and the annotation leads with `api-not-recorded`.
//!
//! ## When it does not apply
//! - `no-http-integration`: nothing deployed on the stage has an `HTTP` or `HTTP_PROXY` integration, so there is no backend
//!   to show a certificate to (`appliesTo=http-integrations`, the default).
//!
//! ## What to do
//! 1. Generate a certificate: `aws apigateway generate-client-certificate --description "API and stage"`.
//! 2. Make the backend trust it: `aws apigateway get-client-certificate --client-certificate-id ID`.
//! 3. Attach it: `aws apigateway update-stage --rest-api-id API --stage-name STAGE --patch-operations op=replace,path=/clientCertificateId,value=ID`.
//! 4. See requests arrive with the certificate, then let the backend demand it.
//!
//! If the reason says "attached after deployment", the certificate is newer than what is deployed. AWS's pages disagree
//! on whether the API has to be redeployed before API Gateway presents it. Verify at the backend that it arrives; if it
//! does not, review the API's changes and redeploy it. An ACM certificate needs no redeployment.
//!
//! If the reason says that the API is not recorded, have AWS Config record `AWS::ApiGatewayV2::Api` first: the stages of
//! HTTP APIs need no certificate.
//!
//! ## Parameters
//! `appliesTo` (`http-integrations` or `all-stages`), `certificateIds` (only these count as attached).

use std::fmt;

use serde::Serialize;
use strum::{IntoStaticStr, VariantNames};

use crate::checks::stage::Attached;
use crate::checks::verdict::{Urgency, Verdict};
use crate::resources::backends::says;
pub use crate::resources::backends::{Backends, Undetermined};
use crate::resources::certificate_id::{CertificateId, CertificateKind};
use crate::resources::stage::DeploymentId;

/// What the rule's parameters say about this check.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// `certificateIds`: the only certificates that count as attached; any if absent.
    pub certificate_ids: Option<Vec<String>>,
    /// `appliesTo`: which stages need a certificate at all.
    pub applies_to: AppliesTo,
}

/// Which stages need a certificate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AppliesTo {
    /// Stages with an `HTTP` or `HTTP_PROXY` integration deployed.
    #[default]
    HttpIntegrations,
    /// All stages.
    AllStages,
}

/// The answer about one stage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, IntoStaticStr, VariantNames)]
#[serde(tag = "reason", rename_all = "kebab-case", rename_all_fields = "camelCase")]
#[strum(serialize_all = "kebab-case")]
pub enum Answer {
    /// Passed: the certificate exists and counts.
    Attached {
        /// Its id or ARN.
        certificate: CertificateId,
        /// The stage's deployment, if it is older than the attachment of a generated certificate.
        #[serde(skip_serializing_if = "Option::is_none")]
        after_deployment: Option<DeploymentId>,
    },
    /// Failed: no certificate.
    Missing {
        /// What it would be shown to.
        #[serde(flatten)]
        backends: Backends,
    },
    /// Failed: the certificate does not exist.
    Dangling {
        /// The id or ARN that the stage names.
        certificate: CertificateId,
        /// What it would be shown to.
        #[serde(flatten)]
        backends: Backends,
    },
    /// Failed: ACM does not call the certificate issued.
    NotIssued {
        /// Its ARN.
        certificate: CertificateId,
        /// ACM's status.
        status: String,
        /// What it is shown to.
        #[serde(flatten)]
        backends: Backends,
    },
    /// Failed: the certificate is not one of those that count.
    NotAllowed {
        /// Its id or ARN.
        certificate: CertificateId,
        /// What it is shown to.
        #[serde(flatten)]
        backends: Backends,
    },
    /// Not applicable: no HTTP backend to show it to.
    NoHttpIntegration {
        /// What was found instead.
        #[serde(flatten)]
        backends: Backends,
    },
}

impl Answer {
    /// Passed, failed or not applicable.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        match self {
            Self::Attached { .. } => Verdict::Passed,
            Self::NoHttpIntegration { .. } => Verdict::NotApplicable,
            _ => Verdict::Failed,
        }
    }

    /// The same for a stage whose certificate was attached after its present deployment, if it has one.
    #[must_use]
    pub fn attached_after(self, deployment: Option<DeploymentId>) -> Self {
        match self {
            Self::Attached { certificate, .. } if certificate.kind() == CertificateKind::Generated => {
                Self::Attached { certificate, after_deployment: deployment }
            }
            other => other,
        }
    }

    /// What was found out about the stage's backends on the way.
    #[must_use]
    pub fn backends(&self) -> Option<&Backends> {
        match self {
            Self::Attached { .. } => None,
            Self::Missing { backends }
            | Self::Dangling { backends, .. }
            | Self::NotIssued { backends, .. }
            | Self::NotAllowed { backends, .. }
            | Self::NoHttpIntegration { backends } => Some(backends),
        }
    }

    /// The sentence without the backends; `None` if it is about nothing else.
    #[must_use]
    pub fn fact(&self) -> Option<String> {
        Some(match self {
            Self::Attached { certificate, after_deployment: Some(deployment) } => {
                format!("client certificate {}", attached_after(certificate, deployment))
            }
            Self::Attached { certificate, after_deployment: None } => {
                format!("client certificate {certificate} attached")
            }
            // A stage of an HTTP API can't have a certificate: that it has none says nothing.
            Self::Missing { backends: Backends::Undetermined { why: Undetermined::ApiNotRecorded, .. } } => {
                return None;
            }
            Self::Missing { .. } => "no certificate".into(),
            Self::Dangling { certificate, .. } => format!("client certificate {certificate} does not exist"),
            Self::NotIssued { certificate, status, .. } => {
                format!("client certificate {certificate} is {status} in ACM, not ISSUED")
            }
            Self::NotAllowed { certificate, .. } => {
                format!("client certificate {certificate} is not in certificateIds")
            }
            Self::NoHttpIntegration { .. } => return None,
        })
    }

    /// Whether the certificate that the stage names does not exist.
    #[must_use]
    pub(crate) fn is_dangling(&self) -> bool {
        matches!(self, Self::Dangling { .. })
    }

    pub(crate) fn urgency(&self) -> Urgency {
        match self {
            Self::Dangling { .. } | Self::NotIssued { .. } => Urgency::Broken,
            _ => Urgency::Exposed,
        }
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let backends = self.backends();
        match (self.fact(), backends) {
            (Some(fact), Some(backends)) => write!(f, "{fact}, {backends}"),
            (Some(fact), None) => f.write_str(&fact),
            (None, Some(backends)) => backends.fmt(f),
            (None, None) => Ok(()),
        }
    }
}

/// Whether an earlier annotation of ours says that this certificate was attached after this deployment. Only said of generated
/// certificates: one that ACM keeps needs no redeployment.
#[must_use]
pub fn was_attached_after(annotation: &str, certificate: &CertificateId, deployment: &DeploymentId) -> bool {
    certificate.kind() == CertificateKind::Generated
        && says(annotation, &attached_after(certificate, deployment))
}

fn attached_after(certificate: &CertificateId, deployment: &DeploymentId) -> String {
    format!("{certificate} attached after deployment {deployment}")
}

/// Whether the answer depends on what is deployed: only a stage that would otherwise fail costs an export.
#[must_use]
pub fn depends_on_backends(attached: Attached<'_>, settings: &Settings) -> bool {
    settings.applies_to == AppliesTo::HttpIntegrations
        && check(attached, &Backends::NotAsked, settings).verdict() == Verdict::Failed
}

/// Answers for one stage. `backends` counts only where [`depends_on_backends`] says so.
#[must_use]
pub fn check(attached: Attached<'_>, backends: &Backends, settings: &Settings) -> Answer {
    let id = match attached {
        Attached::Nothing => None,
        Attached::Certificate(certificate) => Some(&certificate.id),
        Attached::Dangling(id) => Some(id),
    };
    let allowed = |id: &CertificateId| {
        settings.certificate_ids.as_ref().is_none_or(|ids| ids.iter().any(|allowed| allowed == id.as_str()))
    };
    let failed = match (attached, id) {
        (Attached::Certificate(certificate), Some(id)) if allowed(id) => match &certificate.acm_status {
            Some(status) if status != "ISSUED" => Answer::NotIssued {
                certificate: id.clone(),
                status: status.clone(),
                backends: backends.clone(),
            },
            _ => return Answer::Attached { certificate: id.clone(), after_deployment: None },
        },
        (Attached::Dangling(id), _) => {
            Answer::Dangling { certificate: id.clone(), backends: backends.clone() }
        }
        (_, Some(id)) => Answer::NotAllowed { certificate: id.clone(), backends: backends.clone() },
        (_, None) => Answer::Missing { backends: backends.clone() },
    };
    match backends {
        Backends::NoHttp { .. } => Answer::NoHttpIntegration { backends: backends.clone() },
        _ => failed,
    }
}
