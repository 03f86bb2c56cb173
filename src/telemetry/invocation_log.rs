//! What is known of one invocation, whatever became of it: for its log line and, of a sweep, its metrics.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

use crate::Failure;
use crate::checks::Check;
use crate::evaluation::evaluated::EvaluatedStage;
use crate::evaluation::tally::Tally;
use crate::event::{Event, Notification};
use crate::parameters::Parameters;
use crate::quote::printable;
use crate::resources::account_region::AccountRegion;
use crate::telemetry::calls::Calls;

/// Filled in as the invocation goes on, so that one that fails still tells what was done. Numbers and names: no event, no tag.
#[derive(Clone, Debug, Default)]
pub struct Record {
    /// `change`, `sweep`, another word for what was asked, or the message type there was nothing to do for; empty until known.
    pub kind: String,
    /// The account and Region of the event.
    pub account_region: Option<AccountRegion>,
    /// The rule's name.
    pub rule_name: Option<String>,
    /// The rule's parameters, once they are known to be valid.
    pub parameters: Option<Parameters>,
    /// The stages that were judged.
    pub tally: Tally,
    /// Resources other than judged stages that were reported: gone, or not stages.
    pub not_evaluated: usize,
    /// How many evaluations Config took.
    pub put: usize,
    /// How many findings Security Hub took; `None` where it was not asked.
    pub imported: Option<usize>,
    /// Security Hub was to be told, and is not enabled in the account and Region.
    pub security_hub_not_enabled: bool,
    /// How many events EventBridge took; `None` where it was not asked.
    pub told: Option<usize>,
    /// What was asked of AWS.
    pub calls: Calls,
}

/// How an invocation ended.
#[derive(Clone, Copy, Debug)]
pub struct End<'a> {
    /// Lambda's id of it.
    pub request_id: &'a str,
    /// How long it took.
    pub duration: Duration,
    /// What kept it from doing the whole.
    pub failure: Option<&'a Failure>,
}

impl Record {
    /// What a sweep is called.
    pub const SWEEP: &'static str = "sweep";

    /// Notes what the event says.
    pub fn began(&mut self, event: &Event) {
        self.kind = match event.notification {
            Notification::Scheduled { .. } => Self::SWEEP.into(),
            Notification::Change { .. } | Notification::Oversized { .. } => "change".into(),
        };
        self.account_region = Some(event.account_region.clone());
        self.rule_name = Some(event.rule_name.clone());
    }

    /// Counts a stage that was judged.
    pub fn count_evaluated(&mut self, stage: &EvaluatedStage) {
        self.tally.count(stage);
    }

    /// How many resources have a result.
    #[must_use]
    pub fn evaluated(&self) -> usize {
        self.tally.stages + self.not_evaluated
    }

    /// The fields of its log line. What is not known is left out.
    #[must_use]
    pub fn line<'a>(&'a self, end: &End<'a>) -> Line<'a> {
        let account_region = self.account_region.as_ref();
        Line {
            message: if end.failure.is_some() { "failed" } else { "done" },
            kind: Some(self.kind.as_str()).filter(|kind| !kind.is_empty()),
            account_id: account_region.map(|account_region| account_region.account.as_str()),
            region: account_region.map(|account_region| account_region.region.as_str()),
            rule_name: self.rule_name.as_deref().map(printable),
            evaluated: self.evaluated(),
            non_compliant: self.tally.non_compliant,
            not_applicable: self.tally.not_applicable + self.not_evaluated,
            put: self.put,
            imported: self.imported,
            security_hub_not_enabled: self.security_hub_not_enabled,
            told: self.told,
            failed: &self.tally.failed,
            calls: &self.calls.by_operation,
            retries: self.calls.retries,
            throttles: self.calls.throttles,
            duration_ms: end.milliseconds(),
            request_id: end.request_id,
            error_type: end.failure.map(Failure::kind),
            error_message: end.failure.map(Failure::message),
        }
    }
}

impl End<'_> {
    /// How long it took, in whole milliseconds.
    #[must_use]
    pub fn milliseconds(&self) -> u64 {
        u64::try_from(self.duration.as_millis()).unwrap_or(u64::MAX)
    }
}

/// The one line that an invocation logs, as JSON; `docs/operations.md` says what the fields mean.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "docs/operations.md has a table of them, and a test holds it to this")]
pub struct Line<'a> {
    pub message: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule_name: Option<String>,
    pub evaluated: usize,
    pub non_compliant: usize,
    pub not_applicable: usize,
    pub put: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub imported: Option<usize>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub security_hub_not_enabled: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub told: Option<usize>,
    pub failed: &'a BTreeMap<Check, usize>,
    pub calls: &'a BTreeMap<String, u64>,
    pub retries: u64,
    pub throttles: u64,
    pub duration_ms: u64,
    pub request_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_message: Option<String>,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
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
            not_after: None,
            owner: Some("TagValueNeverShown".into()),
        }
    }

    #[test]
    fn what_is_not_known_is_left_out_of_the_line() {
        let (record, failure) = (Record::default(), Failure::NotSupported("this".into()));
        let end = End { request_id: "8f5c", duration: Duration::from_micros(1999), failure: Some(&failure) };
        assert_eq!(
            serde_json::to_value(record.line(&end)).unwrap(),
            json!({
                "message": "failed", "evaluated": 0, "nonCompliant": 0, "notApplicable": 0, "put": 0, "failed": {},
                "calls": {}, "retries": 0, "throttles": 0, "durationMs": 1, "requestId": "8f5c",
                "errorType": "NotSupported", "errorMessage": "not supported: this",
            })
        );
    }

    #[test]
    fn the_line_of_a_sweep_counts_and_holds_no_tag() {
        let mut record = Record {
            kind: Record::SWEEP.into(),
            account_region: Some(AccountRegion {
                partition: "aws".into(),
                account: "111122223333".into(),
                region: "eu-west-1".into(),
            }),
            rule_name: Some("line\nbreak\u{2028}".into()),
            put: 3,
            imported: Some(8),
            security_hub_not_enabled: true,
            not_evaluated: 1,
            ..Record::default()
        };
        record.count_evaluated(&bare("s1"));
        record.count_evaluated(&bare("s2"));
        record.calls.by_operation.insert("PutEvaluations".into(), 1);
        let end = End { request_id: "8f5c", duration: Duration::from_secs(2), failure: None };
        let line = serde_json::to_string(&record.line(&end)).unwrap();
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&line).unwrap(),
            json!({
                "message": "done", "kind": "sweep", "accountId": "111122223333", "region": "eu-west-1",
                "ruleName": "line?break?", "evaluated": 3, "nonCompliant": 2, "notApplicable": 1, "put": 3,
                "imported": 8, "securityHubNotEnabled": true, "failed": {"certificate-attached": 2}, "calls": {"PutEvaluations": 1},
                "retries": 0, "throttles": 0, "durationMs": 2000, "requestId": "8f5c",
            })
        );
        assert!(!line.contains('\n') && !line.contains("TagValueNeverShown"), "{line}");
    }
}
