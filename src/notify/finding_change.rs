//! The events about checks that newly fail, become more severe, or are fixed.

use data_encoding::HEXLOWER;
use jiff::Timestamp;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::checks::Check;
use crate::checks::finding::Finding;
use crate::checks::severity::Severity;
use crate::checks::verdict::Verdict;
use crate::evaluation::earlier_failures::{EarlierFailure, EarlierFailures};
use crate::evaluation::evaluated::EvaluatedStage;
use crate::evaluation::scope::NotEvaluated;
use crate::parameters::Parameters;
use crate::quote;
use crate::resources::account_region::AccountRegion;
use crate::resources::backends::Backends;
use crate::resources::stage_arn::StageArn;

/// The content of an event about one check of one stage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FindingChange {
    /// The version of this format.
    event_version: u8,
    /// The same for equal transitions: an event that is sent again has the same id. 32 hexadecimal
    /// digits.
    transition_id: String,
    /// The name of the deployment.
    deployment: String,
    aws_account_id: String,
    aws_region: String,
    #[serde(serialize_with = "quote::serialize")]
    config_rule_name: String,
    resource_type: &'static str,
    /// The stage's ARN.
    pub(crate) resource_id: String,
    /// The stage as `apiId/stageName`.
    pub(crate) stage: String,
    /// The name of the API; empty if Config doesn't record the API.
    #[serde(serialize_with = "quote::serialize")]
    pub(crate) api_name: String,
    check: Check,
    status: Status,
    /// The reason code of the new answer, or why there is none.
    reason: &'static str,
    /// The id or ARN of the stage's certificate; `None` if it has none.
    #[serde(serialize_with = "serialize_optional")]
    certificate_id: Option<String>,
    /// The severity; `None` if the check no longer fails.
    severity: Option<Severity>,
    /// The earlier severity; `None` if the check did not fail before or its severity is unknown.
    previous_severity: Option<Severity>,
    /// The value of the owner tag of the stage, or else of its certificate; empty if there is none.
    #[serde(serialize_with = "quote::serialize")]
    owner: String,
    what_to_do: &'static str,
}

/// Whether a check fails now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Status {
    Failed,
    Fixed,
}

/// The reason of a check that the rule no longer runs.
const CHECK_NOT_CHOSEN: &str = "check-not-chosen";
const NOTHING_TO_DO: &str = "Nothing: the check no longer fails.";

/// The earlier result of a stage.
#[derive(Clone, Debug, Default)]
pub(crate) struct Earlier {
    /// The checks that failed.
    pub(crate) failures: EarlierFailures,
    /// When Config recorded the result; `None` if there is none.
    pub(crate) recorded: Option<Timestamp>,
}

/// The rule that evaluates the stages.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Origin<'a> {
    /// The name of the deployment.
    pub(crate) deployment: &'a str,
    /// The account and Region of the stages.
    pub(crate) account_region: &'a AccountRegion,
    /// The rule's name.
    pub(crate) rule_name: &'a str,
    /// The rule's parameters.
    pub(crate) parameters: &'a Parameters,
    /// The instant of the evaluation.
    pub(crate) at: Timestamp,
}

impl Origin<'_> {
    /// Returns what changed between the earlier result of the stage and its new one. The name of
    /// the API is left empty.
    ///
    /// A check without an answer in the new result has not changed, unless the rule no longer runs
    /// it.
    pub(crate) fn changes(&self, stage: &EvaluatedStage, earlier: &Earlier) -> Vec<FindingChange> {
        let certificate = stage.certificate().map(|id| id.as_str().to_owned());
        let owner = stage.owner.clone().unwrap_or_default();
        let complete =
            |change| FindingChange { certificate_id: certificate.clone(), owner: owner.clone(), ..change };
        let arn = &stage.stage.arn;
        let findings = match &stage.result {
            Ok(findings) => findings,
            Err(reason) => {
                let changes = self.changes_of_unevaluated(arn, reason, earlier);
                return changes.into_iter().map(complete).collect();
            }
        };
        let of_findings = findings.iter().filter_map(|finding| self.change(stage, finding, earlier));
        let dropped = earlier.failures.failures.iter().filter(|it| !self.parameters.asks(it.check));
        let of_dropped = dropped.map(|failure| self.fixed(arn, failure, CHECK_NOT_CHOSEN));
        of_findings.chain(of_dropped).map(|change| complete(change).with_id(earlier)).collect()
    }

    /// Returns the checks that failed before, for a stage that is no longer evaluated.
    pub(crate) fn changes_of_unevaluated(
        &self,
        stage: &StageArn,
        reason: &NotEvaluated,
        earlier: &Earlier,
    ) -> Vec<FindingChange> {
        let fixed = |failure| self.fixed(stage, failure, reason.into()).with_id(earlier);
        earlier.failures.failures.iter().map(fixed).collect()
    }

    fn change(&self, stage: &EvaluatedStage, finding: &Finding, earlier: &Earlier) -> Option<FindingChange> {
        let (arn, check) = (&stage.stage.arn, finding.check());
        let before = earlier.failures.of(check);
        if finding.verdict() != Verdict::Failed {
            return before.map(|before| self.fixed(arn, before, finding.reason()));
        }
        let severity = stage.severity(finding, self.at);
        let previous_severity = before.and_then(|before| before.severity);
        if before.is_some() {
            // A severity without the backends is not comparable with one that they lowered.
            let is_comparable = !earlier.failures.knows_backends
                || stage.deployed().is_some_and(|backends| *backends != Backends::NotAsked);
            let rises = match previous_severity {
                Some(_) => previous_severity < severity,
                // The annotation was cut before the reason, so it may have been less severe.
                None => {
                    severity >= Some(Severity::High)
                        && stage.evaluation(self.at).annotation.as_str() != earlier.failures.annotation
                }
            };
            if !rises || !is_comparable {
                return None;
            }
        }
        Some(FindingChange {
            severity,
            previous_severity,
            what_to_do: stage.what_to_do(finding),
            ..self.blank(arn, check, Status::Failed, finding.reason())
        })
    }

    fn fixed(&self, stage: &StageArn, before: &EarlierFailure, reason: &'static str) -> FindingChange {
        FindingChange {
            previous_severity: before.severity,
            ..self.blank(stage, before.check, Status::Fixed, reason)
        }
    }

    fn blank(&self, stage: &StageArn, check: Check, status: Status, reason: &'static str) -> FindingChange {
        FindingChange {
            event_version: 1,
            transition_id: String::new(),
            deployment: self.deployment.to_owned(),
            aws_account_id: self.account_region.account.clone(),
            aws_region: self.account_region.region.clone(),
            config_rule_name: self.rule_name.to_owned(),
            resource_type: stage.stage_type().resource_type(),
            resource_id: stage.as_str().to_owned(),
            stage: stage.label(),
            api_name: String::new(),
            check,
            status,
            reason,
            certificate_id: None,
            severity: None,
            previous_severity: None,
            owner: String::new(),
            what_to_do: NOTHING_TO_DO,
        }
    }
}

impl FindingChange {
    /// Returns the change with its id, which depends on the transition and on the earlier result
    /// that it starts from. A check that fails again later therefore has another id.
    ///
    /// Why a check no longer fails is not part of the id: a deletion is first `deleted`, and
    /// `vanished` if only the next sweep can put the result.
    fn with_id(mut self, earlier: &Earlier) -> Self {
        let recorded = earlier.recorded.map(|recorded| recorded.to_string());
        let problem = (self.status == Status::Failed).then_some((self.reason, &self.certificate_id));
        let key = serde_json::json!([
            self.deployment,
            self.aws_account_id,
            self.aws_region,
            self.config_rule_name,
            self.resource_id,
            self.check,
            self.status,
            problem,
            self.severity,
            recorded,
        ]);
        let digest = Sha256::digest(key.to_string());
        self.transition_id = HEXLOWER.encode(digest.get(..16).unwrap_or(&digest));
        self
    }
}

#[expect(clippy::ref_option, reason = "serde passes a reference to the field")]
fn serialize_optional<S: serde::Serializer>(text: &Option<String>, serializer: S) -> Result<S::Ok, S::Error> {
    match text {
        Some(text) => quote::serialize(text, serializer),
        None => serializer.serialize_none(),
    }
}
