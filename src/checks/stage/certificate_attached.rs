//! # certificate-attached
//!
//! ## What it asks
//! Does the stage present an existing client certificate to the HTTP backends deployed on it?
//!
//! ## Why it matters
//! A backend that requires the certificate rejects traffic that bypasses API Gateway and, with it,
//! WAF, throttling, and authorizers. Without a certificate, the backend can't distinguish API
//! Gateway from any other client that knows its address.
//!
//! ## When it fails
//! - `missing`: the stage has no certificate, and HTTP backends are deployed on it.
//! - `dangling`: the stage references a certificate that exists neither in API Gateway nor in ACM.
//! - `not-issued`: the status of the ACM certificate is not `ISSUED`.
//! - `not-allowed`: the certificate is not listed in `certificateIds`.
//!
//! What is deployed on a stage is what `GetExport` returns for it, not the current state of the
//! API's resources. If the backends can't be determined, the stage counts as having HTTP backends:
//!
//! - The API can't be exported, or the stage was redeployed while it was being read.
//! - The stage was deployed to, and the rule's function has no reserved concurrency: then changes
//!   export nothing, and the next sweep reads what is deployed.
//! - AWS Config does not record the integrations of a WebSocket API.
//! - AWS Config does not record the API itself (`AWS::ApiGatewayV2::Api`), so its protocol is
//!   unknown. It counts as a WebSocket API with HTTP backends. The reason says that the API is not
//!   recorded, and the annotation starts with `api-not-recorded`.
//!
//! WebSocket APIs can't be exported. Their current integrations count instead, and the reason says
//! so.
//!
//! The deployment of a canary can't be exported. The canary counts as having no HTTP backend only
//! if neither the stage's own deployment nor the API's current resources have an HTTP integration.
//! Otherwise, it counts as having HTTP backends.
//!
//! Private integrations (through a VPC link) count as HTTP backends, because anything in the VPC
//! may be able to reach the backend as well. If there are no other HTTP backends, the reason says
//! "only private HTTP backends".
//!
//! ## When it does not apply
//! - `no-http-integration`: nothing deployed on the stage has an `HTTP` or `HTTP_PROXY`
//!   integration, so there is no backend to present a certificate to. Only with
//!   `appliesTo=http-integrations`, the default.
//!
//! ## What to do
//! 1. Generate a certificate:
//!
//!    ```sh
//!    aws apigateway generate-client-certificate --description "API and stage"
//!    ```
//!
//! 2. Get its PEM-encoded public key certificate and make the backend trust it:
//!
//!    ```sh
//!    aws apigateway get-client-certificate --client-certificate-id ID
//!    ```
//!
//! 3. Attach it to the stage:
//!
//!    ```sh
//!    aws apigateway update-stage --rest-api-id API --stage-name STAGE \
//!      --patch-operations op=replace,path=/clientCertificateId,value=ID
//!    ```
//!
//! 4. Check at the backend that requests arrive with the certificate, and then make the backend
//!    require it.
//!
//! If the reason says "attached after deployment", the certificate was attached after the stage's
//! current deployment was created. The AWS documentation is inconsistent about whether the API must
//! be redeployed before API Gateway presents the certificate. Check at the backend that requests
//! arrive with it. If they don't, review the API's pending changes and redeploy the API. ACM
//! certificates need no redeployment.
//!
//! If the reason says that the API is not recorded, configure AWS Config to record
//! `AWS::ApiGatewayV2::Api` first: stages of HTTP APIs don't need a client certificate.
//!
//! ## Parameters
//! - `appliesTo`: which stages need a certificate, `http-integrations` (the default) or
//!   `all-stages`.
//! - `certificateIds`: the only certificates that count as attached. By default, any certificate
//!   counts.

use std::fmt;

use serde::Serialize;
use strum::{IntoStaticStr, VariantNames};

use crate::checks::stage::Attached;
use crate::checks::verdict::{Urgency, Verdict};
use crate::resources::backends::says;
pub use crate::resources::backends::{Backends, Undetermined};
use crate::resources::certificate_id::{CertificateId, CertificateKind};
use crate::resources::stage::DeploymentId;

/// The rule parameters of this check.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// `certificateIds`: the only certificates that count as attached; any certificate if absent.
    pub certificate_ids: Option<Vec<String>>,
    /// `appliesTo`: which stages need a certificate.
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

/// The answer for one stage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, IntoStaticStr, VariantNames)]
#[serde(tag = "reason", rename_all = "kebab-case", rename_all_fields = "camelCase")]
#[strum(serialize_all = "kebab-case")]
pub enum Answer {
    /// Passed: the certificate exists and is allowed.
    Attached {
        /// The certificate's id or ARN.
        certificate: CertificateId,
        /// The stage's deployment, if it is older than the attachment of a generated certificate.
        #[serde(skip_serializing_if = "Option::is_none")]
        after_deployment: Option<DeploymentId>,
    },
    /// Failed: the stage has no certificate.
    Missing {
        /// The backends to which a certificate would be presented.
        #[serde(flatten)]
        backends: Backends,
    },
    /// Failed: the certificate does not exist.
    Dangling {
        /// The id or ARN that the stage references.
        certificate: CertificateId,
        /// The backends to which a certificate would be presented.
        #[serde(flatten)]
        backends: Backends,
    },
    /// Failed: the certificate's status in ACM is not `ISSUED`.
    NotIssued {
        /// The certificate's ARN.
        certificate: CertificateId,
        /// The status in ACM.
        status: String,
        /// The backends to which the certificate is presented.
        #[serde(flatten)]
        backends: Backends,
    },
    /// Failed: the certificate is not listed in `certificateIds`.
    NotAllowed {
        /// The certificate's id or ARN.
        certificate: CertificateId,
        /// The backends to which the certificate is presented.
        #[serde(flatten)]
        backends: Backends,
    },
    /// Not applicable: there is no HTTP backend to present a certificate to.
    NoHttpIntegration {
        /// The deployed backends, none of which is an HTTP backend.
        #[serde(flatten)]
        backends: Backends,
    },
}

impl Answer {
    /// The verdict: passed, failed, or not applicable.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        match self {
            Self::Attached { .. } => Verdict::Passed,
            Self::NoHttpIntegration { .. } => Verdict::NotApplicable,
            _ => Verdict::Failed,
        }
    }

    /// The answer with `deployment` added if the certificate is a generated one. `deployment` is
    /// the stage's current deployment if the certificate was attached after it.
    #[must_use]
    pub fn attached_after(self, deployment: Option<DeploymentId>) -> Self {
        match self {
            Self::Attached { certificate, .. } if certificate.kind() == CertificateKind::Generated => {
                Self::Attached { certificate, after_deployment: deployment }
            }
            other => other,
        }
    }

    /// The stage's backends, unless the check passed.
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

    /// The sentence without the backends; `None` if it is only about them.
    #[must_use]
    pub fn fact(&self) -> Option<String> {
        Some(match self {
            Self::Attached { certificate, after_deployment: Some(deployment) } => {
                format!("client certificate {}", attached_after(certificate, deployment))
            }
            Self::Attached { certificate, after_deployment: None } => {
                format!("client certificate {certificate} attached")
            }
            // Stages of HTTP APIs can't have a certificate, so a missing one means nothing here.
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

    /// Whether the stage references a certificate that does not exist.
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

/// Whether an earlier stagecert annotation says that this certificate was attached after this
/// deployment. Always `false` for ACM certificates, which need no redeployment.
#[must_use]
pub fn was_attached_after(annotation: &str, certificate: &CertificateId, deployment: &DeploymentId) -> bool {
    certificate.kind() == CertificateKind::Generated
        && says(annotation, &attached_after(certificate, deployment))
}

fn attached_after(certificate: &CertificateId, deployment: &DeploymentId) -> String {
    format!("{certificate} attached after deployment {deployment}")
}

/// Whether the answer depends on what is deployed. Only stages that would otherwise fail need an
/// export.
#[must_use]
pub fn depends_on_backends(attached: Attached<'_>, settings: &Settings) -> bool {
    settings.applies_to == AppliesTo::HttpIntegrations
        && check(attached, &Backends::NotAsked, settings).verdict() == Verdict::Failed
}

/// The answer for one stage. `backends` is only used if [`depends_on_backends`] returns `true`.
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
