//! Runs events on an account and returns the evaluations: the entry point of all these tests.

use std::fmt::Write as _;

use serde_json::{Value, json};
use stagecert::deadline::Deadline;
use stagecert::snapshot::{RecordedResults, Snapshot, SnapshotAccount, SnapshotConnection};
use stagecert::telemetry::invocation_log::InvocationLog;
use stagecert::{Failure, rule};

/// The repository's example account.
pub(crate) fn example() -> Value {
    serde_json::from_str(include_str!("../../examples/account.json")).unwrap()
}

/// A sample event of the repository, by file name without `.json`.
pub(crate) fn sample(name: &str) -> Value {
    let path = format!("{}/events/{name}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// The event with these rule parameters.
pub(crate) fn with_parameters(mut event: Value, parameters: &Value) -> Value {
    event["ruleParameters"] = parameters.to_string().into();
    event
}

/// The parameter of a deployment with the default name.
pub(crate) const LAST_REMINDERS: &str = "/stagecert/last-reminders";

/// The outcome of an event.
pub(crate) struct Evaluated {
    pub requests: Vec<Value>,
    /// Findings as they would be imported, and events as they would be put.
    pub findings: Vec<Value>,
    pub messages: Vec<Value>,
    /// The value of the parameter with the last reminders.
    pub parameter: Option<String>,
    pub outcome: Result<InvocationLog, Failure>,
}

pub(crate) async fn evaluate(event: &Value, account: &Value) -> Evaluated {
    let snapshot = Snapshot::parse(&account.to_string()).unwrap();
    let account_region = snapshot.account_region();
    let results = RecordedResults::default();
    let connection = SnapshotConnection {
        account: SnapshotAccount::new(&snapshot, &account_region),
        results: &results,
        exemptions: None,
    };
    let outcome = rule::run(&event.to_string(), &connection, snapshot.taken_at, Deadline::none()).await;
    Evaluated::recorded(&results, outcome)
}

impl Evaluated {
    pub(crate) fn recorded(results: &RecordedResults, outcome: Result<InvocationLog, Failure>) -> Self {
        let wire = |value: Value| value.as_array().unwrap().clone();
        let findings = wire(serde_json::to_value(results.findings()).unwrap());
        let messages = wire(serde_json::to_value(results.messages()).unwrap());
        let parameter = results.parameters().remove(LAST_REMINDERS);
        Self { requests: results.requests(), findings, messages, parameter, outcome }
    }

    /// All evaluations in the order in which they were put.
    pub(crate) fn evaluations(&self) -> Vec<Value> {
        self.requests.iter().flat_map(|request| request["Evaluations"].as_array().unwrap().clone()).collect()
    }

    /// The compliance type and annotation of one stage, by `apiId/stageName`.
    pub(crate) fn of(&self, label: &str) -> Option<(String, String)> {
        let (api, name) = label.split_once('/').unwrap();
        let end = format!("/{api}/stages/{name}");
        let found = self
            .evaluations()
            .into_iter()
            .find(|it| it["ComplianceResourceId"].as_str().unwrap().ends_with(&end));
        found.map(|it| {
            let text = |field: &str| it[field].as_str().unwrap().to_owned();
            (text("ComplianceType"), text("Annotation"))
        })
    }

    /// A text form for snapshots: one line per request, one per evaluation, and the outcome.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        for request in &self.requests {
            let evaluations = request["Evaluations"].as_array().unwrap();
            let test_mode = if request["TestMode"] == json!(true) { ", TestMode" } else { "" };
            writeln!(text, "PutEvaluations of {}{test_mode}", evaluations.len()).unwrap();
            for it in evaluations {
                let line = ["ComplianceType", "ComplianceResourceType", "ComplianceResourceId", "Annotation"];
                let [compliance, kind, id, annotation] = line.map(|field| it[field].as_str().unwrap());
                writeln!(text, "  {compliance} {kind} {id} at {}\n    {annotation}", it["OrderingTimestamp"])
                    .unwrap();
            }
        }
        match &self.outcome {
            Ok(log) => {
                let line = serde_json::to_value(log).unwrap().as_object().unwrap().clone();
                let mut line: Value = line.into_iter().filter(|(field, _)| field != "version").collect();
                for field in [
                    "accountId",
                    "calls",
                    "durationMs",
                    "region",
                    "requestId",
                    "retries",
                    "ruleName",
                    "throttles",
                ] {
                    line.as_object_mut().unwrap().remove(field);
                }
                writeln!(text, "{line}").unwrap();
            }
            Err(failure) => writeln!(text, "{}: {failure}", failure.kind()).unwrap(),
        }
        text
    }
}

/// The account after Config has stored these results, as the next sweep finds it.
pub(crate) fn stored(mut account: Value, evaluated: &Evaluated) -> Value {
    let mut results = account["evaluationResults"].as_array().cloned().unwrap_or_default();
    for it in evaluated.evaluations() {
        let identifier = |result: &Value| {
            result["EvaluationResultIdentifier"]["EvaluationResultQualifier"]["ResourceId"].clone()
        };
        results.retain(|result| identifier(result) != it["ComplianceResourceId"]);
        results.push(json!({
            "EvaluationResultIdentifier": { "EvaluationResultQualifier": {
                "ConfigRuleName": "stagecert",
                "ResourceType": it["ComplianceResourceType"],
                "ResourceId": it["ComplianceResourceId"],
            }},
            "ComplianceType": it["ComplianceType"],
            "Annotation": it["Annotation"],
        }));
    }
    account["evaluationResults"] = results.into();
    account
}

/// An account with `count` stages without certificates or tags, ten per API.
pub(crate) fn account_of(count: usize) -> Value {
    let stages: Vec<Value> = (0..count)
        .map(|n| {
            let arn = format!("arn:aws:apigateway:eu-west-1::/restapis/api{:05}/stages/s{}", n / 10, n % 10);
            json!({"resourceType": "AWS::ApiGateway::Stage", "resourceId": arn, "configuration": {"deploymentId": "d1"}})
        })
        .collect();
    json!({
        "snapshotVersion": 1,
        "takenAt": "2026-11-21T12:00:00Z",
        "partition": "aws",
        "accountId": "111122223333",
        "awsRegion": "eu-west-1",
        "stages": stages,
    })
}
