//! What an invocation reports about itself, whatever became of it: its log line and, for a sweep,
//! its metrics.

use std::time::Duration;

use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};

use crate::Failure;
use crate::evaluation::evaluated::EvaluatedStage;
use crate::evaluation::front_door::FrontDoorTally;
use crate::evaluation::tally::Tally;
use crate::event::{Event, Notification};
use crate::mailer::Stats;
use crate::parameters::Parameters;
use crate::parameters::settings::Settings;
use crate::quote::printable;
use crate::resources::account_region::AccountRegion;
use crate::telemetry::calls::Calls;
use crate::telemetry::warnings::Warnings;

/// What is known about one invocation, filled in as it proceeds, so an invocation that fails still
/// reports what it did. Numbers and names only: no event and no tag value.
///
/// Serializes to the one line that an invocation logs, as JSON; docs/operations.md says what the
/// fields mean. What is not known is left out.
#[derive(Clone, Debug, Default)]
pub struct InvocationLog {
    /// `change`, `sweep`, `reminders`, `emails`, or the message type of a notification
    /// that needs no evaluation; empty until known.
    pub kind: String,
    /// The name of the function's deployment; `None` on the command line.
    pub deployment: Option<String>,
    /// The account and Region of the event.
    pub account_region: Option<AccountRegion>,
    /// The rule's name.
    pub rule_name: Option<String>,
    /// The rule's parameters, once they are known to be valid.
    pub parameters: Option<Parameters>,
    /// The stages that were evaluated.
    pub tally: Tally,
    /// The APIs and domains that were evaluated; `None` if the checks are those of stages.
    pub front_door: Option<FrontDoorTally>,
    /// Results for resources that were not evaluated: deleted ones, and those that are no stages.
    pub not_evaluated: usize,
    /// How many evaluations Config accepted.
    pub evaluations_put: usize,
    /// How many findings Security Hub accepted; `None` if none were to be imported.
    pub findings_imported: Option<usize>,
    /// Findings were to be imported, but Security Hub is not enabled in the account and Region.
    pub security_hub_not_enabled: bool,
    /// The number of findings that another rule has updated too.
    pub findings_of_other_rules: usize,
    /// The number of stages whose findings the next sweep imports, because Security Hub throttled
    /// the calls of a change.
    pub imports_left_to_sweep: usize,
    /// How many events EventBridge accepted; `None` if none were to be sent.
    pub events_sent: Option<usize>,
    /// What the mailer did; `None` for the function that evaluates stages.
    pub mailer: Option<Stats>,
    /// What somebody should look at, such as exemptions that have lapsed: without values of tags.
    pub warnings: Warnings,
    /// The requests to AWS.
    pub calls: Calls,
    /// Lambda's id of the invocation.
    pub request_id: String,
    /// How long it took.
    pub duration: Duration,
    /// Why it did not complete: the kind of failure and its message.
    pub error: Option<(&'static str, String)>,
}

impl InvocationLog {
    /// The kind of a sweep.
    pub const SWEEP: &'static str = "sweep";

    /// The version of the program.
    pub const VERSION: &'static str = env!("CARGO_PKG_VERSION");

    /// Returns the log of an invocation of a function with these settings.
    #[must_use]
    pub fn of(settings: &Settings) -> Self {
        Self { deployment: Some(settings.name.clone()), ..Self::default() }
    }

    /// Records what the event says.
    pub fn start(&mut self, event: &Event) {
        self.kind = match event.notification {
            Notification::Scheduled { .. } => Self::SWEEP.into(),
            Notification::Change { .. } | Notification::Oversized { .. } => "change".into(),
        };
        self.account_region = Some(event.account_region.clone());
        self.rule_name = Some(event.rule_name.clone());
    }

    /// Records that the invocation sends emails, and returns what it did so far.
    pub fn start_mailer(&mut self) -> &mut Stats {
        self.kind = "emails".into();
        self.mailer.insert(Stats::default())
    }

    /// Counts a stage that was evaluated.
    pub fn count_evaluated(&mut self, stage: &EvaluatedStage) {
        self.tally.count(stage);
    }

    /// Records how the invocation ended.
    pub fn finish(&mut self, request_id: String, duration: Duration, failure: Option<&Failure>) {
        self.request_id = request_id;
        self.duration = duration;
        if let Some(failure) = failure {
            self.set_error(failure);
        }
    }

    /// Records what went wrong, even if the invocation itself succeeds.
    pub fn set_error(&mut self, failure: &Failure) {
        self.error = Some((failure.kind(), failure.message()));
    }

    /// How many resources have a result.
    #[must_use]
    pub fn evaluated(&self) -> usize {
        self.tally.stages + self.front_door.as_ref().map_or(0, FrontDoorTally::resources) + self.not_evaluated
    }

    /// How long the invocation took, in whole milliseconds.
    #[must_use]
    pub fn milliseconds(&self) -> u64 {
        u64::try_from(self.duration.as_millis()).unwrap_or(u64::MAX)
    }
}

impl Serialize for InvocationLog {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut line = serializer.serialize_map(None)?;
        line.serialize_entry("message", if self.error.is_some() { "failed" } else { "done" })?;
        if !self.kind.is_empty() {
            line.serialize_entry("kind", &self.kind)?;
        }
        line.serialize_entry("version", Self::VERSION)?;
        if let Some(deployment) = &self.deployment {
            line.serialize_entry("deployment", deployment)?;
        }
        if let Some(AccountRegion { account, region, .. }) = &self.account_region {
            line.serialize_entry("accountId", account)?;
            line.serialize_entry("region", region)?;
        }
        if let Some(name) = &self.rule_name {
            line.serialize_entry("ruleName", &printable(name))?;
        }
        line.serialize_entry("evaluated", &self.evaluated())?;
        let (front_door, none) = (self.front_door.as_ref(), FrontDoorTally::default());
        let FrontDoorTally { non_compliant, not_applicable, failed, .. } = front_door.unwrap_or(&none);
        line.serialize_entry("nonCompliant", &(self.tally.non_compliant + non_compliant))?;
        let not_applicable = self.tally.not_applicable + not_applicable + self.not_evaluated;
        line.serialize_entry("notApplicable", &not_applicable)?;
        line.serialize_entry("evaluationsPut", &self.evaluations_put)?;
        if let Some(findings) = self.findings_imported {
            line.serialize_entry("findingsImported", &findings)?;
        }
        if self.security_hub_not_enabled {
            line.serialize_entry("securityHubNotEnabled", &true)?;
        }
        if self.findings_of_other_rules > 0 {
            line.serialize_entry("findingsOfOtherRules", &self.findings_of_other_rules)?;
        }
        if self.imports_left_to_sweep > 0 {
            line.serialize_entry("importsLeftToSweep", &self.imports_left_to_sweep)?;
        }
        if let Some(events) = self.events_sent {
            line.serialize_entry("eventsSent", &events)?;
        }
        if let Some(Stats { stored, dropped, sent }) = &self.mailer {
            line.serialize_entry("eventsStored", stored)?;
            line.serialize_entry("eventsDropped", dropped)?;
            line.serialize_entry("emailsSent", sent)?;
        }
        if !self.warnings.is_empty() {
            line.serialize_entry("warnings", &self.warnings)?;
        }
        line.serialize_entry("failed", if front_door.is_some() { failed } else { &self.tally.failed })?;
        if let Some(tally) = front_door {
            line.serialize_entry("frontDoor", tally)?;
        }
        line.serialize_entry("calls", &self.calls.by_operation)?;
        line.serialize_entry("retries", &self.calls.retries)?;
        line.serialize_entry("throttles", &self.calls.throttles)?;
        line.serialize_entry("durationMs", &self.milliseconds())?;
        line.serialize_entry("requestId", &self.request_id)?;
        if let Some((error_type, message)) = &self.error {
            line.serialize_entry("errorType", error_type)?;
            line.serialize_entry("errorMessage", message)?;
        }
        line.end()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::checks::Check;
    use crate::checks::finding::Finding;
    use crate::checks::stage::certificate_attached;
    use crate::resources::stage::Stage;
    use crate::resources::stage_arn::StageArn;

    fn bare(name: &str) -> EvaluatedStage {
        let missing =
            certificate_attached::Answer::Missing { backends: certificate_attached::Backends::NotAsked };
        EvaluatedStage {
            stage: Stage {
                arn: StageArn::of_rest_api("aws", "eu-west-1", "a1", name).unwrap(),
                certificate: None,
                deployment: None,
                canary: None,
                created: None,
                captured: None,
            },
            result: Ok(vec![Finding::CertificateAttached(missing)]),
            not_before: None,
            not_after: None,
            renews_automatically: None,
            owner: Some("TagValueNeverShown".into()),
            tag_exemption: None,
        }
    }

    #[test]
    fn unknown_fields_are_left_out_of_the_line() {
        let mut log = InvocationLog::default();
        let failure = Failure::NotSupported("this".into());
        log.finish("8f5c".into(), Duration::from_micros(1999), Some(&failure));
        assert_eq!(
            serde_json::to_value(&log).unwrap(),
            json!({
                "message": "failed", "version": env!("CARGO_PKG_VERSION"), "evaluated": 0, "nonCompliant": 0, "notApplicable": 0, "evaluationsPut": 0, "failed": {},
                "calls": {}, "retries": 0, "throttles": 0, "durationMs": 1, "requestId": "8f5c",
                "errorType": "NotSupported", "errorMessage": "not supported: this",
            })
        );
    }

    #[test]
    fn a_sweep_of_the_front_door_has_its_own_counts() {
        let tally = FrontDoorTally {
            apis: 5,
            domain_names: 3,
            non_compliant: 2,
            not_applicable: 1,
            failed: [(Check::Truststore, 2)].into(),
            ca_not_after: [jiff::Timestamp::UNIX_EPOCH].into(),
        };
        let log = InvocationLog { front_door: Some(tally), not_evaluated: 1, ..InvocationLog::default() };
        let line = serde_json::to_value(&log).unwrap();
        let counts = json!({
            "apis": 5, "domainNames": 3, "nonCompliant": 2, "notApplicable": 1, "failed": {"truststore": 2},
        });
        assert_eq!(line["frontDoor"], counts);
        let fields =
            ["evaluated", "nonCompliant", "notApplicable", "failed"].map(|field| line[field].clone());
        assert_eq!(fields, [json!(9), json!(2), json!(2), json!({"truststore": 2})]);
    }

    #[test]
    fn the_line_of_a_sweep_counts_and_holds_no_tag() {
        let mut log = InvocationLog {
            kind: InvocationLog::SWEEP.into(),
            account_region: Some(AccountRegion {
                partition: "aws".into(),
                account: "111122223333".into(),
                region: "eu-west-1".into(),
            }),
            rule_name: Some("line\nbreak\u{2028}".into()),
            evaluations_put: 3,
            findings_imported: Some(8),
            security_hub_not_enabled: true,
            not_evaluated: 1,
            ..InvocationLog::of(&Settings { name: "payments".into(), ..Settings::default() })
        };
        log.count_evaluated(&bare("s1"));
        log.count_evaluated(&bare("s2"));
        log.calls.by_operation.insert("PutEvaluations".into(), 1);
        log.finish("8f5c".into(), Duration::from_secs(2), None);
        let line = serde_json::to_string(&log).unwrap();
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&line).unwrap(),
            json!({
                "message": "done", "kind": "sweep", "version": env!("CARGO_PKG_VERSION"),
                "deployment": "payments", "accountId": "111122223333", "region": "eu-west-1",
                "ruleName": "line?break?", "evaluated": 3, "nonCompliant": 2, "notApplicable": 1, "evaluationsPut": 3,
                "findingsImported": 8, "securityHubNotEnabled": true, "failed": {"certificate-attached": 2}, "calls": {"PutEvaluations": 1},
                "retries": 0, "throttles": 0, "durationMs": 2000, "requestId": "8f5c",
            })
        );
        assert!(!line.contains('\n') && !line.contains("TagValueNeverShown"), "{line}");
    }
}
