//! `DescribeConfigRuleEvaluationStatus`.

use serde_json::{Value, json};

use super::config::next;
use super::rules::strings;
use super::{Call, page_start};
use crate::items::seconds;
use crate::model::Rule;
use crate::wire::{Output, Refusal};

/// Rules per page without a `Limit`. UNVERIFIED.
const PAGE: usize = 50;

pub(super) fn describe_evaluation_status(call: &mut Call<'_>) -> Result<Output, Refusal> {
    let names = strings(call, "ConfigRuleNames")?;
    if names.len() > 25 {
        return Err(Refusal::new("ValidationException", "configRuleNames has more than 25 members"));
    }
    let limit = match &call.input["Limit"] {
        Value::Null => PAGE,
        value => match value.as_u64() {
            Some(limit @ 1..=50) => usize::try_from(limit).expect("50 at most"),
            _ => return Err(Refusal::new("ValidationException", "limit must be 1 to 50")),
        },
    };
    let query = format!("DescribeConfigRuleEvaluationStatus {names:?}");
    let after = page_start(call, &query)
        .map_err(|()| Refusal::new("InvalidNextTokenException", "The nextToken provided is invalid"))?;
    let region = call.home();
    if let Some(name) = names.iter().find(|name| !region.rules.contains_key(*name)) {
        let message = format!("The ConfigRule '{name}' provided in the request is invalid.");
        return Err(Refusal::new("NoSuchConfigRuleException", message));
    }
    let wanted = |rule: &&Rule| {
        (names.is_empty() || names.contains(&rule.name))
            && after.as_ref().is_none_or(|after| rule.name > *after)
    };
    let mut page: Vec<&Rule> = region.rules.values().filter(wanted).take(limit + 1).collect();
    let more = page.len() > limit;
    page.truncate(limit);
    let last = page.last().map(|rule| rule.name.clone()).filter(|_| more);
    let mut response =
        json!({"ConfigRulesEvaluationStatus": page.into_iter().map(described).collect::<Vec<_>>()});
    if let Some(last) = last {
        response["NextToken"] = next(call, &query, &last).into();
    }
    Ok(Output::Json(200, response))
}

fn described(rule: &Rule) -> Value {
    let runs = &rule.runs;
    let mut status = json!({
        "ConfigRuleName": rule.name,
        "ConfigRuleArn": rule.arn,
        "ConfigRuleId": rule.id,
        "FirstEvaluationStarted": runs.evaluated.is_some(),
    });
    for (name, time) in [
        ("FirstActivatedTime", runs.activated),
        ("LastSuccessfulInvocationTime", runs.invoked),
        ("LastSuccessfulEvaluationTime", runs.evaluated),
        ("LastFailedEvaluationTime", runs.failed),
    ] {
        if let Some(time) = time {
            status[name] = seconds(time);
        }
    }
    if let Some((code, message)) = &runs.error {
        status["LastErrorCode"] = code.as_str().into();
        status["LastErrorMessage"] = message.as_str().into();
    }
    status
}
