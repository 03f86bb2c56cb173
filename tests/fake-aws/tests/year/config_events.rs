//! The rule, and the events that Config sends to its function.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::oracle::CHECKS;
use crate::simulation::{ACCOUNT, REGION, Simulation};

/// A Config rule.
#[derive(Clone)]
pub struct Rule {
    pub name: &'static str,
    /// Whether the function sends events about findings.
    pub events: bool,
    /// A check that the rule doesn't run.
    pub removed_check: Option<&'static str>,
    /// The ids of the APIs whose stages are excluded.
    pub excluded: BTreeSet<String>,
}

impl Default for Rule {
    fn default() -> Self {
        Self { name: "stagecert", events: false, removed_check: None, excluded: BTreeSet::new() }
    }
}

impl Rule {
    pub fn runs(&self, check: &str) -> bool {
        self.removed_check != Some(check)
    }

    pub fn excludes(&self, arn: &str) -> bool {
        self.excluded.iter().any(|api| arn.contains(&format!("/restapis/{api}/")))
    }

    /// The rule's parameters as JSON.
    pub fn parameters(&self) -> String {
        let mut parameters = json!({"securityHub": "on"});
        if self.events {
            parameters["events"] = "on".into();
        }
        if self.removed_check.is_some() {
            let checks: Vec<&str> = CHECKS.into_iter().filter(|check| self.runs(check)).collect();
            parameters["checks"] = checks.join(",").into();
        }
        if !self.excluded.is_empty() {
            let globs: Vec<String> =
                self.excluded.iter().map(|api| format!("{api}/* reason=moved")).collect();
            parameters["excludeStages"] = globs.join(",").into();
        }
        parameters.to_string()
    }
}

/// A change of a stage, as Config notices it.
#[derive(Clone, Debug)]
pub struct Change {
    pub arn: String,
    pub kind: Kind,
}

#[derive(Clone, Debug)]
pub enum Kind {
    /// With this certificate.
    Created(Option<String>),
    /// The certificate before and after.
    Updated(Option<String>, Option<String>),
    Deleted,
}

pub fn sweep(simulation: &Simulation, at: Timestamp) -> Value {
    let invoking = json!({
        "awsAccountId": ACCOUNT, "notificationCreationTime": at.to_string(),
        "messageType": "ScheduledNotification", "recordVersion": "1.0",
    });
    of_config(simulation, &invoking)
}

pub fn deletion(simulation: &Simulation, arn: &str, at: Timestamp) -> Value {
    item(simulation, arn, at, &json!("ResourceDeleted"), &Value::Null, &Value::Null)
}

/// The event about a change that was captured at this instant.
pub fn change(simulation: &Simulation, change: &Change, at: Timestamp) -> Value {
    let arn = &change.arn;
    let (before, certificate, status) = match &change.kind {
        Kind::Deleted => return deletion(simulation, arn, at),
        Kind::Created(certificate) => (&None, certificate, "ResourceDiscovered"),
        Kind::Updated(before, after) => (before, after, "OK"),
    };
    let name = arn.rsplit('/').next();
    let configuration = json!({"stageName": name, "clientCertificateId": certificate});
    let mut diff = json!({"changeType": "UPDATE", "changedProperties": {}});
    if let Kind::Created(_) = change.kind {
        diff["changeType"] = "CREATE".into();
    } else if before != certificate {
        diff["changedProperties"]["Configuration.ClientCertificateId"] =
            json!({"previousValue": before, "updatedValue": certificate, "changeType": "UPDATE"});
    }
    item(simulation, arn, at, &status.into(), &configuration, &diff)
}

fn item(
    simulation: &Simulation,
    arn: &str,
    at: Timestamp,
    status: &Value,
    configuration: &Value,
    diff: &Value,
) -> Value {
    let invoking = json!({
        "configurationItemDiff": diff, "messageType": "ConfigurationItemChangeNotification",
        "notificationCreationTime": at.to_string(),
        "configurationItem": {
            "awsAccountId": ACCOUNT, "awsRegion": REGION, "resourceType": "AWS::ApiGateway::Stage",
            "resourceId": arn, "ARN": arn, "configurationItemStatus": status,
            "configurationItemCaptureTime": at.to_string(), "configurationStateId": 1,
            "configuration": configuration,
        },
    });
    of_config(simulation, &invoking)
}

fn of_config(simulation: &Simulation, invoking: &Value) -> Value {
    let rule = &simulation.state().rule;
    json!({
        "version": "1.0", "invokingEvent": invoking.to_string(), "ruleParameters": rule.parameters(),
        "resultToken": "token", "eventLeftScope": false, "accountId": ACCOUNT, "configRuleName": rule.name,
        "configRuleArn": format!("arn:aws:config:{}:{}:config-rule/config-rule-a", REGION, ACCOUNT),
    })
}
