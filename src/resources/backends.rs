//! What is deployed behind a stage, and the sentences that remember it from one sweep to the next.

use std::fmt;

use serde::Serialize;

use crate::resources::stage::DeploymentId;

/// What is known about the backends of a stage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "backends", rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum Backends {
    /// There is at least one HTTP or `HTTP_PROXY` integration.
    Http {
        /// The deployment that was exported, if it is known.
        deployment: Option<DeploymentId>,
        /// All of them go through a VPC link.
        #[serde(skip_serializing_if = "is_false")]
        private: bool,
        /// Read from the API's current integrations, because there is no export.
        #[serde(skip_serializing_if = "is_false")]
        current: bool,
    },
    /// There is none.
    NoHttp {
        /// The deployment that was exported, if it is known.
        deployment: Option<DeploymentId>,
        /// The canary's deployment, which can't be exported; the API's current integrations have no HTTP either.
        #[serde(skip_serializing_if = "Option::is_none")]
        canary: Option<DeploymentId>,
        /// Read from the API's current integrations, because there is no export.
        #[serde(skip_serializing_if = "is_false")]
        current: bool,
    },
    /// Not asked: the answer doesn't depend on it, or there is no way to ask.
    NotAsked,
    /// It can't be determined, which counts as an HTTP backend.
    Undetermined {
        /// Why not, as a short phrase.
        why: Undetermined,
        /// The deployment that can't be exported, if it is known.
        #[serde(skip_serializing_if = "Option::is_none")]
        deployment: Option<DeploymentId>,
        /// API Gateway's own message, if it refused the export of this deployment for good (400).
        #[serde(skip_serializing_if = "Option::is_none")]
        refusal: Option<String>,
    },
}

/// Why the backends of a stage can't be determined.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Undetermined {
    /// `GetExport` has no answer for this stage, or one that can't be read.
    NotExportable,
    /// A canary sends traffic to a deployment that `GetExport` does not show, and the API's current integrations have HTTP.
    Canary,
    /// Config has no integration items of the WebSocket API, or one that can't be attributed to an API.
    NotRecorded,
    /// Config has no item of the API, which may be an HTTP API: its stages have no client certificate.
    ApiNotRecorded,
    /// The stage's deployment changed while it was read.
    Redeployed,
}

impl Backends {
    /// HTTP backends in a deployment, not all of them private.
    #[must_use]
    pub fn http(deployment: Option<DeploymentId>) -> Self {
        Self::Http { deployment, private: false, current: false }
    }

    /// No HTTP integration in a deployment.
    #[must_use]
    pub fn no_http(deployment: Option<DeploymentId>) -> Self {
        Self::NoHttp { deployment, canary: None, current: false }
    }

    /// Undetermined, for this reason.
    #[must_use]
    pub const fn undetermined(why: Undetermined) -> Self {
        Self::Undetermined { why, deployment: None, refusal: None }
    }

    /// The same, read while the stage had this deployment. What holds for no deployment in particular stays as it is.
    #[must_use]
    pub fn in_deployment(self, id: Option<DeploymentId>) -> Self {
        match self {
            Self::Http { private, current: false, .. } => {
                Self::Http { deployment: id, private, current: false }
            }
            Self::NoHttp { canary, current: false, .. } => {
                Self::NoHttp { deployment: id, canary, current: false }
            }
            Self::Undetermined { why, refusal: Some(refusal), .. } => {
                Self::Undetermined { why, deployment: id, refusal: Some(refusal) }
            }
            other => other,
        }
    }

    /// The phrase that an annotation must keep whole, because the next sweep reads it there instead of exporting again.
    #[must_use]
    pub fn evidence(&self) -> Option<String> {
        Some(match self {
            Self::Http { deployment: Some(_), .. } => self.to_string(),
            Self::NoHttp { deployment: Some(id), .. } => no_http_in(id),
            Self::Undetermined { deployment: Some(id), .. } => not_exportable_in(id),
            _ => return None,
        })
    }

    /// What an earlier annotation of ours already says about `deployment`, so that it need not be exported again.
    ///
    /// A deployment never changes: an export of it stays valid. `None` if the annotation does not say. If it said two things,
    /// the one with HTTP backends would count.
    #[must_use]
    pub fn from_annotation(annotation: &str, deployment: &DeploymentId) -> Option<Self> {
        let id = || Some(deployment.clone());
        let known = [
            Self::http(id()),
            Self::Http { deployment: id(), private: true, current: false },
            Self::Undetermined { why: Undetermined::NotExportable, deployment: id(), refusal: None },
            Self::no_http(id()),
        ];
        known.into_iter().find(|known| known.evidence().is_some_and(|phrase| says(annotation, &phrase)))
    }
}

/// Whether the annotation holds the phrase, and not only as part of longer words.
pub(crate) fn says(annotation: &str, phrase: &str) -> bool {
    annotation.match_indices(phrase).any(|(start, _)| {
        let before = annotation.get(..start).unwrap_or_default();
        let after = annotation.get(start + phrase.len()..).unwrap_or_default();
        (before.is_empty() || before.ends_with(' ')) && !after.starts_with(|c: char| c.is_alphanumeric())
    })
}

/// The text with every phrase broken that could be read as evidence: for names and statuses, which anyone may choose.
#[must_use]
pub fn without_evidence(text: String) -> String {
    if !text.contains("deployment") {
        return text;
    }
    text.replace("in deployment", "in-deployment").replace("after deployment", "after-deployment")
}

fn no_http_in(deployment: &DeploymentId) -> String {
    format!("no HTTP integration in deployment {deployment}")
}

fn not_exportable_in(deployment: &DeploymentId) -> String {
    format!("API not exportable in deployment {deployment}")
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_false(flag: &bool) -> bool {
    !flag
}

impl fmt::Display for Backends {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const COUNTED: &str = "so counted as having HTTP backends";
        match self {
            Self::Http { deployment, private, current } => {
                f.write_str(if *private {
                    "only private HTTP backends (VPC link)"
                } else {
                    "HTTP backends"
                })?;
                match deployment {
                    _ if *current => f.write_str(" among the API's current integrations"),
                    Some(deployment) => write!(f, " in deployment {deployment}"),
                    None => f.write_str(" deployed"),
                }
            }
            Self::NoHttp { deployment, canary, current } => {
                let found = match deployment {
                    _ if *current => "no HTTP integration among the API's current integrations".into(),
                    Some(deployment) => no_http_in(deployment),
                    None => "no HTTP integration deployed".into(),
                };
                f.write_str(&found)?;
                match canary {
                    Some(canary) => write!(f, ", nor in the API's current resources (canary {canary})"),
                    None => Ok(()),
                }
            }
            Self::NotAsked => f.write_str("required on all stages"),
            Self::Undetermined { deployment: Some(deployment), .. } => {
                write!(f, "{}, {COUNTED}", not_exportable_in(deployment))
            }
            Self::Undetermined { why, .. } => {
                let why = match why {
                    Undetermined::NotExportable => "deployed API not exportable",
                    Undetermined::Canary => "canary deployment not exportable",
                    Undetermined::NotRecorded => {
                        return f
                            .write_str("integrations not recorded by Config, so counted as HTTP backends");
                    }
                    Undetermined::ApiNotRecorded => {
                        return f.write_str(
                            "API not recorded by Config (AWS::ApiGatewayV2::Api), so counted as a WebSocket API",
                        );
                    }
                    Undetermined::Redeployed => "deployment changed while it was read",
                };
                write!(f, "{why}, {COUNTED}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deployment(id: &str) -> Option<DeploymentId> {
        DeploymentId::new(id.into())
    }

    fn read(annotation: &str) -> Option<Backends> {
        Backends::from_annotation(annotation, &deployment("d1").unwrap())
    }

    #[test]
    fn an_annotation_tells_what_its_deployment_holds_and_no_other() {
        let d1 = || deployment("d1");
        for known in [
            Backends::http(d1()),
            Backends::no_http(d1()),
            Backends::Http { deployment: d1(), private: true, current: false },
            Backends::Undetermined { why: Undetermined::NotExportable, deployment: d1(), refusal: None },
        ] {
            let sentence = known.to_string();
            for annotation in [
                sentence.clone(),
                format!("certificate-attached: no certificate, {sentence}; stage has no tag owner"),
                format!("no HTTP integration in deployment d12; {sentence}"),
            ] {
                assert_eq!(read(&annotation), Some(known.clone()), "{annotation}");
            }
            for id in ["d12", "d"] {
                let other = known.clone().in_deployment(deployment(id)).to_string();
                assert!(other == sentence || read(&other).is_none(), "{other}");
            }
        }
    }

    #[test]
    fn what_names_no_deployment_is_not_remembered() {
        for annotation in [
            "",
            "no HTTP integration deployed",
            "no HTTP integration among the API's current integrations",
            "no HTTP integration in deployment d12",
            "no HTTP integration in deployment d2, nor in the API's current resources (canary d1)",
            "certificate-attached: no certificate, required on all stages",
            "certificate-attached: no certificate, deployment changed while it was read, so counted as having HTTP backends",
            "certificate-attached: no certificate, deployed API not exportable, so counted as having HTTP backends",
        ] {
            assert_eq!(read(annotation), None, "{annotation}");
        }
    }

    #[test]
    fn a_canary_is_named_beside_the_evidence_and_is_no_part_of_it() {
        let found =
            Backends::NoHttp { deployment: deployment("d1"), canary: deployment("d2"), current: false };
        let text = found.to_string();
        assert_eq!(
            text,
            "no HTTP integration in deployment d1, nor in the API's current resources (canary d2)"
        );
        assert_eq!(read(&text), Some(Backends::no_http(deployment("d1"))));
    }

    #[test]
    fn free_text_is_never_evidence() {
        let all = [
            Backends::http(deployment("d1")),
            Backends::no_http(deployment("d1")),
            Backends::Http { deployment: deployment("d1"), private: true, current: false },
            Backends::Undetermined {
                why: Undetermined::NotExportable,
                deployment: deployment("d1"),
                refusal: None,
            },
        ];
        for known in all {
            assert_eq!(read(&without_evidence(known.to_string())), None, "{known}");
        }
        assert_eq!(without_evidence("a deployment".into()), "a deployment");
    }
}
