//! `DescribeConfigRules` and `DescribeConfigurationRecorderStatus`.

use std::ops::Bound;

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::Call;
use super::config::next;
use crate::items::seconds;
use crate::model::{Recorder, Rule, Scope};
use crate::wire::{Output, Refusal};

/// Rules per page. The operation has no `Limit`.
const PAGE: usize = 25;
/// The default name of a recorder in the console.
const RECORDER: &str = "default";

pub(super) fn describe_config_rules(call: &mut Call<'_>) -> Result<Output, Refusal> {
    let names = strings(call, "ConfigRuleNames")?;
    if names.len() > 25 {
        return Err(Refusal::new(
            "ValidationException",
            "1 validation error detected: Value at 'configRuleNames' failed to satisfy constraint: Member must have length less than or equal to 25",
        ));
    }
    let query = format!("DescribeConfigRules {names:?}");
    let token = call.text("NextToken").map(str::to_owned);
    let region = call.home();
    let unknown = |name: &&String| !region.rules.contains_key(*name);
    if let Some(name) = names.iter().find(unknown) {
        let message = format!("The ConfigRule '{name}' provided in the request is invalid.");
        return Err(Refusal::new("NoSuchConfigRuleException", message));
    }
    let after = match token {
        None => None,
        Some(token) => {
            let invalid = || Refusal::new("InvalidNextTokenException", "The nextToken provided is invalid");
            Some(region.page(&token, &query).ok_or_else(invalid)?.after.clone())
        }
    };
    let from = after.map_or(Bound::Unbounded, Bound::Excluded);
    let rules = region.rules.range::<String, _>((from, Bound::Unbounded)).map(|(_, rule)| rule);
    let routed = rules.filter(|rule| names.is_empty() || names.contains(&rule.name));
    let mut page: Vec<&Rule> = routed.take(PAGE + 1).collect();
    let more = page.len() > PAGE;
    page.truncate(PAGE);
    let last = page.last().map(|rule| rule.name.clone()).filter(|_| more);
    let mut response = json!({"ConfigRules": page.into_iter().map(described).collect::<Vec<_>>()});
    if let Some(last) = last {
        response["NextToken"] = next(call, &query, &last).into();
    }
    Ok(Output::Json(200, response))
}

fn described(rule: &Rule) -> Value {
    let mut message_types = vec!["ScheduledNotification"];
    if !rule.scheduled_only {
        message_types
            .extend(["ConfigurationItemChangeNotification", "OversizedConfigurationItemChangeNotification"]);
    }
    let detail = |kind: &&str| json!({"EventSource": "aws.config", "MessageType": kind});
    let details: Vec<Value> = message_types.iter().map(detail).collect();
    let mut described = json!({
        "ConfigRuleName": rule.name,
        "ConfigRuleArn": rule.arn,
        "ConfigRuleId": rule.id,
        "Source": {
            "Owner": "CUSTOM_LAMBDA",
            "SourceIdentifier": "arn:aws:lambda:eu-west-1:111122223333:function:stagecert",
            "SourceDetails": details,
        },
        "ConfigRuleState": "ACTIVE",
        "EvaluationModes": [{"Mode": "DETECTIVE"}],
    });
    if let Some(parameters) = &rule.parameters {
        described["InputParameters"] = parameters.as_str().into();
    }
    if let Some(scope) = &rule.scope {
        described["Scope"] = shown(scope);
    }
    described
}

fn shown(scope: &Scope) -> Value {
    let mut shown = json!({"ComplianceResourceTypes": scope.resource_types});
    for (name, value) in [
        ("TagKey", &scope.tag_key),
        ("TagValue", &scope.tag_value),
        ("ComplianceResourceId", &scope.resource_id),
    ] {
        if let Some(value) = value {
            shown[name] = value.as_str().into();
        }
    }
    shown
}

pub(super) fn describe_recorder_status(call: &mut Call<'_>) -> Result<Output, Refusal> {
    let names = strings(call, "ConfigurationRecorderNames")?;
    let now = call.world.clock.real();
    let (account, region) = (call.key.account.clone(), call.region.to_owned());
    let home = call.home();
    let (partition, recorder) = (home.partition.clone(), home.options.recorder);
    let unknown = |name: &&String| recorder == Recorder::Absent || name.as_str() != RECORDER;
    if let Some(name) = names.iter().find(unknown) {
        let message = format!("Cannot find configuration recorder with the specified name '{name}'.");
        return Err(Refusal::new("NoSuchConfigurationRecorderException", message));
    }
    let hours = |hours: i64| seconds(now - SignedDuration::from_hours(hours));
    let mut status = json!({
        "arn": format!("arn:{partition}:config:{region}:{account}:configuration-recorder/{RECORDER}/fake_aws"),
        "name": RECORDER,
        "lastStartTime": hours(24 * 300),
        "recording": recorder == Recorder::Recording,
        "lastStatus": "Success",
        "lastStatusChangeTime": hours(1),
    });
    if recorder == Recorder::Stopped {
        status["lastStopTime"] = hours(2);
    }
    let all = if recorder == Recorder::Absent { json!([]) } else { json!([status]) };
    Ok(Output::Json(200, json!({ "ConfigurationRecordersStatus": all })))
}

pub(super) fn describe_recorders(call: &mut Call<'_>) -> Output {
    let (account, region) = (call.key.account.clone(), call.region.to_owned());
    let home = call.home();
    let (partition, options) = (home.partition.clone(), &home.options);
    if options.recorder == Recorder::Absent {
        return Output::Json(200, json!({"ConfigurationRecorders": []}));
    }
    let excluded: Vec<&String> = options.unrecorded.iter().collect();
    let strategy =
        if excluded.is_empty() { "ALL_SUPPORTED_RESOURCE_TYPES" } else { "EXCLUSION_BY_RESOURCE_TYPES" };
    Output::Json(
        200,
        json!({"ConfigurationRecorders": [{
            "arn": format!("arn:{partition}:config:{region}:{account}:configuration-recorder/{RECORDER}/fake_aws"),
            "name": RECORDER,
            "recordingGroup": {
                "allSupported": excluded.is_empty(),
                "includeGlobalResourceTypes": false,
                "resourceTypes": [],
                "exclusionByResourceTypes": {"resourceTypes": excluded},
                "recordingStrategy": {"useOnly": strategy},
            },
            "recordingMode": {"recordingFrequency": if options.records_daily { "DAILY" } else { "CONTINUOUS" }},
            "recordingScope": "PAID",
        }]}),
    )
}

pub(super) fn strings(call: &Call<'_>, name: &str) -> Result<Vec<String>, Refusal> {
    match &call.input[name] {
        Value::Null => Ok(Vec::new()),
        value => {
            serde_json::from_value(value.clone()).map_err(|_| Refusal::new("SerializationException", name))
        }
    }
}
