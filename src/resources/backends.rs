//! The backends that are deployed on a stage, and the phrases in annotations that carry this
//! knowledge from one sweep to the next.

use std::fmt;

use serde::Serialize;

use crate::resources::stage::DeploymentId;

/// The known facts about the backends of a stage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "backends", rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum Backends {
    /// At least one integration is `HTTP` or `HTTP_PROXY`.
    Http {
        /// The exported deployment, if known.
        deployment: Option<DeploymentId>,
        /// Whether all HTTP integrations go through a VPC link.
        #[serde(skip_serializing_if = "is_false")]
        private: bool,
        /// Whether the API's current integrations were read, because the API can't be exported.
        #[serde(skip_serializing_if = "is_false")]
        current: bool,
    },
    /// No integration is `HTTP` or `HTTP_PROXY`.
    NoHttp {
        /// The exported deployment, if known.
        deployment: Option<DeploymentId>,
        /// The canary's deployment, which can't be exported. The API's current integrations, read
        /// instead, have no HTTP either.
        #[serde(skip_serializing_if = "Option::is_none")]
        canary: Option<DeploymentId>,
        /// Whether the API's current integrations were read, because the API can't be exported.
        #[serde(skip_serializing_if = "is_false")]
        current: bool,
    },
    /// Not read, because the finding doesn't depend on the backends or they couldn't be read.
    NotAsked,
    /// Undetermined, which counts as having HTTP backends.
    Undetermined {
        /// The reason.
        why: Undetermined,
        /// The deployment that can't be exported, if known.
        #[serde(skip_serializing_if = "Option::is_none")]
        deployment: Option<DeploymentId>,
        /// API Gateway's message, if it permanently rejected the export of this deployment (400).
        #[serde(skip_serializing_if = "Option::is_none")]
        refusal: Option<String>,
    },
}

/// The reason why the backends of a stage can't be determined.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Undetermined {
    /// `GetExport` fails for this stage, or its response can't be parsed.
    NotExportable,
    /// A canary sends traffic to a deployment that `GetExport` doesn't return, and the API's
    /// current integrations include HTTP.
    Canary,
    /// Config records no integrations of the WebSocket API, or one of them can't be
    /// attributed to an API.
    NotRecorded,
    /// Config doesn't record the API, which may be an HTTP API, whose stages can't have a client
    /// certificate.
    ApiNotRecorded,
    /// The stage's deployment changed while it was read.
    Redeployed,
    /// The next sweep reads what is deployed, because changes export nothing.
    LeftToSweep,
}

impl Backends {
    /// Returns HTTP backends in a deployment, at least one of them public.
    #[must_use]
    pub fn http(deployment: Option<DeploymentId>) -> Self {
        Self::Http { deployment, private: false, current: false }
    }

    /// Returns backends without an HTTP integration in a deployment.
    #[must_use]
    pub fn no_http(deployment: Option<DeploymentId>) -> Self {
        Self::NoHttp { deployment, canary: None, current: false }
    }

    /// Returns undetermined backends with this reason.
    #[must_use]
    pub const fn undetermined(why: Undetermined) -> Self {
        Self::Undetermined { why, deployment: None, refusal: None }
    }

    /// Returns the same backends with this deployment, which the stage had while they were read.
    /// Backends that don't depend on a deployment are returned unchanged.
    #[must_use]
    pub(crate) fn in_deployment(self, id: Option<DeploymentId>) -> Self {
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

    /// Returns the phrase that an annotation must never cut, because the next sweep parses it
    /// instead of exporting the API again.
    #[must_use]
    pub fn evidence(&self) -> Option<String> {
        Some(match self {
            Self::Http { deployment: Some(_), .. } => self.to_string(),
            Self::NoHttp { deployment: Some(id), .. } => no_http_in(id),
            Self::Undetermined { deployment: Some(id), .. } => not_exportable_in(id),
            _ => return None,
        })
    }

    /// Returns what an earlier annotation says about `deployment`, which then needs no new export,
    /// or `None` if it says nothing.
    ///
    /// A deployment never changes, so its export remains valid. If the annotation contradicted
    /// itself, the phrase with HTTP backends would count.
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

/// Returns whether the annotation contains the phrase as whole words.
pub(crate) fn says(annotation: &str, phrase: &str) -> bool {
    annotation.match_indices(phrase).any(|(start, _)| {
        let before = annotation.get(..start).unwrap_or_default();
        let after = annotation.get(start + phrase.len()..).unwrap_or_default();
        (before.is_empty() || before.ends_with(' ')) && !after.starts_with(|c: char| c.is_alphanumeric())
    })
}

/// Returns the text with every phrase altered that could be parsed as evidence. Used for names and
/// statuses, which anyone may choose.
#[must_use]
pub(crate) fn without_evidence(text: String) -> String {
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
                    Undetermined::LeftToSweep => {
                        return f.write_str(
                            "what is deployed is read by the next sweep, until then counted as having HTTP backends",
                        );
                    }
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
    fn evidence_is_parsed_only_for_its_own_deployment() {
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
    fn a_phrase_without_the_deployment_is_no_evidence() {
        for annotation in [
            "",
            "no HTTP integration deployed",
            "no HTTP integration among the API's current integrations",
            "no HTTP integration in deployment d12",
            "no HTTP integration in deployment d2, nor in the API's current resources (canary d1)",
            "certificate-attached: no certificate, required on all stages",
            "certificate-attached: no certificate, deployment changed while it was read, so counted as having HTTP backends",
            "certificate-attached: no certificate, deployed API not exportable, so counted as having HTTP backends",
            "certificate-attached: no certificate, what is deployed is read by the next sweep, until then counted as having HTTP backends",
        ] {
            assert_eq!(read(annotation), None, "{annotation}");
        }
    }

    #[test]
    fn the_canary_is_named_but_is_not_part_of_the_evidence() {
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
    fn altered_text_is_never_evidence() {
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
