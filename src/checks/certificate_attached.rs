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
//! determined counts as an HTTP backend: an API that cannot be exported, a canary (its deployment cannot be exported), a
//! WebSocket API whose integrations AWS Config does not record. An API whose protocol AWS Config does not record
//! (`AWS::ApiGatewayV2::Api`) counts as a WebSocket API with HTTP backends; the reason says that it is not recorded, and the annotation leads with
//! `api-not-recorded`.
//!
//! ## When it does not apply
//! - `no-http-integration`: nothing deployed on the stage has an `HTTP` or `HTTP_PROXY` integration, so there is no backend
//!   to show a certificate to (`appliesTo=http-integrations`, the default).
//!
//! ## What to do
//! 1. Generate a certificate: `aws apigateway generate-client-certificate --description "API and stage"`.
//! 2. Make the backend trust it: `aws apigateway get-client-certificate --client-certificate-id ID`.
//! 3. Attach it: `aws apigateway update-stage --rest-api-id API --stage-name STAGE --patch-operations op=replace,path=/clientCertificateId,value=ID`.
//! 4. Redeploy the API to the stage, see requests arrive with the certificate, then let the backend demand it.
//!
//! If the reason says that the API is not recorded, have AWS Config record `AWS::ApiGatewayV2::Api` first: the stages of
//! HTTP APIs need no certificate.
//!
//! ## Parameters
//! `appliesTo` (`http-integrations` or `all-stages`), `certificateIds` (only these count as attached).

use std::fmt;

use serde::Serialize;
use strum::{IntoStaticStr, VariantNames};

use super::{Attached, Urgency, Verdict};
use crate::certificate::CertificateId;
use crate::parameters::{AppliesTo, Parameters};
use crate::stage::DeploymentId;

/// What is known about the backends that are deployed on a stage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "backends", rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum Backends {
    /// At least one HTTP or `HTTP_PROXY` integration is deployed.
    Http {
        /// The deployment that was exported, where AWS names one.
        deployment: Option<DeploymentId>,
    },
    /// None is.
    NoHttp {
        /// The deployment that was exported, where AWS names one.
        deployment: Option<DeploymentId>,
    },
    /// Not asked: the parameter `appliesTo` is `all-stages`.
    NotAsked,
    /// It can't be determined, which counts as an HTTP backend.
    Undetermined {
        /// Why not, as a short phrase.
        why: Undetermined,
    },
}

/// Why the deployed backends of a stage can't be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Undetermined {
    /// `GetExport` has no answer for this stage, or one that can't be read.
    NotExportable,
    /// A canary sends traffic to a deployment that `GetExport` does not show.
    Canary,
    /// Config has no integration items of the WebSocket API, or one it can't be told from.
    NotRecorded,
    /// Config has no item of the API, which may be an HTTP API: its stages have no client certificate.
    ApiNotRecorded,
}

impl Backends {
    /// What an earlier annotation of ours already says about `deployment`, so that it need not be exported again.
    ///
    /// A deployment never changes: what was once exported of it stands. `None` where the annotation does not tell.
    #[must_use]
    pub fn from_annotation(annotation: &str, deployment: &DeploymentId) -> Option<Self> {
        let says = |backends: &Self| {
            annotation
                .split_once(&backends.to_string())
                .is_some_and(|(_, rest)| !rest.starts_with(|c: char| c.is_alphanumeric()))
        };
        let no_http = Self::NoHttp { deployment: Some(deployment.clone()) };
        let http = Self::Http { deployment: Some(deployment.clone()) };
        [no_http, http].into_iter().find(says)
    }
}

impl fmt::Display for Backends {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Http { deployment: Some(deployment) } => {
                write!(f, "HTTP backends in deployment {deployment}")
            }
            Self::Http { deployment: None } => f.write_str("HTTP backends deployed"),
            Self::NoHttp { deployment: Some(deployment) } => {
                write!(f, "no HTTP integration in deployment {deployment}")
            }
            Self::NoHttp { deployment: None } => f.write_str("no HTTP integration deployed"),
            Self::NotAsked => f.write_str("required on all stages"),
            Self::Undetermined { why: Undetermined::NotExportable } => {
                f.write_str("deployed API not exportable, so counted as having HTTP backends")
            }
            Self::Undetermined { why: Undetermined::Canary } => {
                f.write_str("canary deployment not exportable, so counted as having HTTP backends")
            }
            Self::Undetermined { why: Undetermined::NotRecorded } => {
                f.write_str("integrations not recorded by Config, so counted as HTTP backends")
            }
            Self::Undetermined { why: Undetermined::ApiNotRecorded } => f.write_str(
                "API not recorded by Config (AWS::ApiGatewayV2::Api), so counted as a WebSocket API",
            ),
        }
    }
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

    pub(super) fn urgency(&self) -> Urgency {
        match self {
            Self::Dangling { .. } | Self::NotIssued { .. } => Urgency::Broken,
            _ => Urgency::Exposed,
        }
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Attached { certificate } => write!(f, "{certificate} attached"),
            // A stage of an HTTP API can't have a certificate: that it has none says nothing.
            Self::NoHttpIntegration { backends }
            | Self::Missing {
                backends: backends @ Backends::Undetermined { why: Undetermined::ApiNotRecorded },
            } => backends.fmt(f),
            Self::Missing { backends } => write!(f, "no certificate, {backends}"),
            Self::Dangling { certificate, backends } => write!(f, "{certificate} does not exist, {backends}"),
            Self::NotIssued { certificate, status, backends } => {
                write!(f, "{certificate} is {status} in ACM, not ISSUED, {backends}")
            }
            Self::NotAllowed { certificate, backends } => {
                write!(f, "{certificate} is not in certificateIds, {backends}")
            }
        }
    }
}

/// Whether the answer depends on what is deployed: only a stage that would otherwise fail costs an export.
#[must_use]
pub fn depends_on_backends(attached: Attached<'_>, parameters: &Parameters) -> bool {
    parameters.applies_to == AppliesTo::HttpIntegrations
        && check(attached, &Backends::NotAsked, parameters).verdict() == Verdict::Failed
}

/// Answers for one stage. `backends` counts only where [`depends_on_backends`] says so.
#[must_use]
pub fn check(attached: Attached<'_>, backends: &Backends, parameters: &Parameters) -> Answer {
    let id = match attached {
        Attached::Nothing => None,
        Attached::Certificate(certificate) => Some(&certificate.id),
        Attached::Dangling(id) => Some(id),
    };
    let allowed = |id: &CertificateId| {
        parameters.certificate_ids.as_ref().is_none_or(|ids| ids.iter().any(|allowed| allowed == id.as_str()))
    };
    let failed = match (attached, id) {
        (Attached::Certificate(certificate), Some(id)) if allowed(id) => match &certificate.acm_status {
            Some(status) if status != "ISSUED" => Answer::NotIssued {
                certificate: id.clone(),
                status: status.clone(),
                backends: backends.clone(),
            },
            _ => return Answer::Attached { certificate: id.clone() },
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::certificate::{AcmDetail, Certificate};
    use crate::tags::Tags;

    fn deployment(id: &str) -> Option<DeploymentId> {
        DeploymentId::new(id.into())
    }

    fn http() -> Backends {
        Backends::Http { deployment: deployment("d1") }
    }

    fn no_http() -> Backends {
        Backends::NoHttp { deployment: deployment("d1") }
    }

    fn parameters(json: &str) -> Parameters {
        Parameters::parse(Some(json)).unwrap()
    }

    fn generated() -> Certificate {
        Certificate::generated(CertificateId::new("abc123".into()), None, None, Tags::default())
    }

    fn acm(status: &str) -> Certificate {
        let id = "arn:aws:acm:eu-west-1:111122223333:certificate/12345678-90ab";
        Certificate::acm(
            CertificateId::new(id.into()),
            AcmDetail { status: Some(status.into()), ..AcmDetail::default() },
        )
    }

    fn reason(attached: Attached<'_>, backends: &Backends, parameters: &Parameters) -> String {
        let answer = serde_json::to_value(check(attached, backends, parameters)).unwrap();
        answer["reason"].as_str().unwrap().to_owned()
    }

    #[test]
    fn each_reason_with_and_without_http_backends() {
        let defaults = parameters("{}");
        let ghost = CertificateId::new("ghost1".into());
        let (generated, issued, expired) = (generated(), acm("ISSUED"), acm("EXPIRED"));
        let undetermined = Backends::Undetermined { why: Undetermined::NotExportable };
        for (attached, with_http, without) in [
            (Attached::Nothing, "missing", "no-http-integration"),
            (Attached::Dangling(&ghost), "dangling", "no-http-integration"),
            (Attached::Certificate(&expired), "not-issued", "no-http-integration"),
            (Attached::Certificate(&issued), "attached", "attached"),
            (Attached::Certificate(&generated), "attached", "attached"),
        ] {
            assert_eq!(reason(attached, &http(), &defaults), with_http);
            assert_eq!(reason(attached, &undetermined, &defaults), with_http);
            assert_eq!(reason(attached, &Backends::NotAsked, &defaults), with_http);
            assert_eq!(reason(attached, &no_http(), &defaults), without);
        }
    }

    #[test]
    fn of_an_api_that_is_not_recorded_only_that_is_said() {
        let unknown = Backends::Undetermined { why: Undetermined::ApiNotRecorded };
        let answer = check(Attached::Nothing, &unknown, &parameters("{}"));
        assert_eq!(answer.verdict(), Verdict::Failed);
        assert_eq!(
            answer.to_string(),
            "API not recorded by Config (AWS::ApiGatewayV2::Api), so counted as a WebSocket API"
        );
        let ghost = CertificateId::new("ghost1".into());
        let dangling = check(Attached::Dangling(&ghost), &unknown, &parameters("{}")).to_string();
        assert!(dangling.starts_with("ghost1 does not exist, API not recorded by Config"), "{dangling}");
    }

    #[test]
    fn only_the_listed_certificates_count() {
        let certificate = generated();
        for (json, expected) in [
            (r#"{"certificateIds":"abc123"}"#, "attached"),
            (r#"{"certificateIds":"other1, abc123"}"#, "attached"),
            (r#"{"CertificateIDs":"other1"}"#, "not-allowed"),
        ] {
            assert_eq!(
                reason(Attached::Certificate(&certificate), &http(), &parameters(json)),
                expected,
                "{json}"
            );
        }
    }

    #[test]
    fn only_a_stage_that_would_fail_costs_an_export() {
        let (defaults, all) = (parameters("{}"), parameters(r#"{"appliesTo":"all-stages"}"#));
        let certificate = generated();
        assert!(depends_on_backends(Attached::Nothing, &defaults));
        assert!(!depends_on_backends(Attached::Certificate(&certificate), &defaults));
        assert!(!depends_on_backends(Attached::Nothing, &all));
    }

    #[test]
    fn an_annotation_tells_what_its_deployment_holds_and_no_other() {
        let (d1, d12) = (deployment("d1").unwrap(), deployment("d12").unwrap());
        let told = |annotation: &str, id| Backends::from_annotation(annotation, id);
        let failed =
            format!("certificate-attached: {}; stage has no tag owner", Answer::Missing { backends: http() });
        assert_eq!(told(&failed, &d1), Some(http()));
        assert_eq!(told(&failed, &d12), None);
        assert_eq!(told(&no_http().to_string(), &d1), Some(no_http()));
        assert_eq!(told("no HTTP integration in deployment d12", &d1), None);
        assert_eq!(told("certificate-attached: no certificate, required on all stages", &d1), None);
        assert_eq!(told("", &d1), None);
    }
}
