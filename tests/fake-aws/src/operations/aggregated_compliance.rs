//! The results of rules in all accounts and Regions of an aggregator.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::aggregator::{after, aggregator};
use super::config::next;
use super::expression::Query;
use super::{Call, config_limit};
use crate::items::seconds;
use crate::model::Aggregator;
use crate::wire::{Output, Refusal};
use crate::world::World;

/// Rows of `AWS::Config::ResourceCompliance`: one per resource with results, with all of its rules.
pub(super) fn rows(
    world: &World,
    aggregator: &Aggregator,
    query: &Query,
    after: Option<&str>,
    most: usize,
) -> Vec<(String, Value)> {
    let mut rows = Vec::new();
    for (account, region) in aggregator.sources(world) {
        let mut resources: BTreeMap<&(String, String), Vec<Value>> = BTreeMap::new();
        for rule in world.region(&account, &region).rules.values() {
            for (resource, stored) in &rule.evaluations {
                let result = json!({
                    "configRuleName": rule.name, "configRuleArn": rule.arn, "configRuleId": rule.id,
                    "complianceType": stored.compliance_type,
                });
                resources.entry(resource).or_default().push(result);
            }
        }
        for ((kind, id), rules) in resources {
            let key = format!("{account} {region} {kind} {id}");
            let fails = rules.iter().any(|rule| rule["complianceType"] == "NON_COMPLIANT");
            let row = json!({
                "accountId": account, "awsRegion": region, "resourceType": "AWS::Config::ResourceCompliance",
                "resourceId": format!("{kind}/{id}"),
                "configuration": {
                    "targetResourceId": id, "targetResourceType": kind, "configRuleList": rules,
                    "complianceType": if fails { "NON_COMPLIANT" } else { "COMPLIANT" },
                },
            });
            if after.is_none_or(|after| key.as_str() > after) && matches(query, &row) {
                rows.push((key, row));
            }
        }
    }
    rows.truncate(most);
    rows
}

/// Whether all conditions hold; one on a list holds if any of its members meets it.
fn matches(query: &Query, row: &Value) -> bool {
    query.conditions.iter().all(|(path, values)| {
        let meets = |value: &Value| {
            let text = value.as_str().unwrap_or_default();
            values.iter().any(|wanted| match wanted.strip_suffix('%') {
                Some(prefix) => text.starts_with(prefix),
                None => text == wanted,
            })
        };
        found(row, path).into_iter().any(meets)
    })
}

fn found<'r>(value: &'r Value, path: &[String]) -> Vec<&'r Value> {
    match (value, path) {
        (Value::Array(all), path) => all.iter().flat_map(|one| found(one, path)).collect(),
        (value, []) => vec![value],
        (value, [name, rest @ ..]) => value.get(name).map(|value| found(value, rest)).unwrap_or_default(),
    }
}

/// `DescribeAggregateComplianceByConfigRules`: rules without results are not shown.
pub(super) fn describe_compliance(call: &mut Call<'_>) -> Result<Output, Refusal> {
    let (name, aggregator) = aggregator(call)?;
    let limit = match call.input["Limit"].as_u64() {
        None | Some(0) => 1000,
        Some(limit @ 1..=1000) => usize::try_from(limit).expect("1000 at most"),
        Some(_) => return Err(Refusal::new("InvalidLimitException", "Limit must be at most 1000")),
    };
    let filter = call.input["Filters"]["ConfigRuleName"].as_str().map(str::to_owned);
    let query = format!("DescribeAggregateComplianceByConfigRules {name} {filter:?}");
    let after = after(call, &query)?;
    let mut found = Vec::new();
    for (account, region) in aggregator.sources(call.world) {
        for rule in call.world.region(&account, &region).rules.values() {
            let results: Vec<&str> =
                rule.evaluations.values().map(|stored| stored.compliance_type.as_str()).collect();
            let count = |kind: &str| results.iter().filter(|result| **result == kind).count();
            let (failed, passed) = (count("NON_COMPLIANT"), count("COMPLIANT"));
            let is_filtered = filter.as_ref().is_some_and(|name| *name != rule.name);
            if is_filtered || failed + passed == 0 {
                continue;
            }
            let (kind, contributors) =
                if failed > 0 { ("NON_COMPLIANT", failed) } else { ("COMPLIANT", passed) };
            let row = json!({
                "ConfigRuleName": rule.name, "AccountId": account, "AwsRegion": region,
                "Compliance": {"ComplianceType": kind, "ComplianceContributorCount": {
                    "CappedCount": contributors.min(25), "CapExceeded": contributors > 25,
                }},
            });
            found.push((format!("{account} {region} {}", rule.name), row));
        }
    }
    Ok(listed(call, &query, "AggregateComplianceByConfigRules", found, after.as_deref(), limit))
}

/// `GetAggregateComplianceDetailsByConfigRule`.
pub(super) fn get_details(call: &mut Call<'_>) -> Result<Output, Refusal> {
    let (name, aggregator) = aggregator(call)?;
    let of = |field: &str| call.required(field).map(str::to_owned);
    let (rule, account, region) = (of("ConfigRuleName")?, of("AccountId")?, of("AwsRegion")?);
    let wanted = call.text("ComplianceType").map(str::to_owned);
    let limit = config_limit(call, "Limit", 50)?;
    let query =
        format!("GetAggregateComplianceDetailsByConfigRule {name} {rule} {account} {region} {wanted:?}");
    let after = after(call, &query)?;
    let is_source = aggregator.sources(call.world).contains(&(account.clone(), region.clone()));
    let known = call.world.try_region(&account, &region).filter(|_| is_source);
    let mut found = Vec::new();
    for ((kind, id), stored) in
        known.and_then(|region| region.rules.get(&rule)).into_iter().flat_map(|rule| &rule.evaluations)
    {
        if wanted.as_ref().is_some_and(|wanted| *wanted != stored.compliance_type) {
            continue;
        }
        let result = json!({
            "EvaluationResultIdentifier": {"EvaluationResultQualifier": {
                "ConfigRuleName": rule, "ResourceType": kind, "ResourceId": id,
            }},
            "ComplianceType": stored.compliance_type, "ResultRecordedTime": seconds(stored.recorded),
            "Annotation": stored.annotation, "AccountId": account, "AwsRegion": region,
        });
        found.push((format!("{kind} {id}"), result));
    }
    Ok(listed(call, &query, "AggregateEvaluationResults", found, after.as_deref(), limit))
}

fn listed(
    call: &mut Call<'_>,
    query: &str,
    name: &str,
    mut all: Vec<(String, Value)>,
    after: Option<&str>,
    limit: usize,
) -> Output {
    all.retain(|(key, _)| after.is_none_or(|after| key.as_str() > after));
    let more = all.len() > limit;
    all.truncate(limit);
    let last = all.last().map(|(key, _)| key.clone()).filter(|_| more);
    let mut response = json!({ name: all.into_iter().map(|(_, value)| value).collect::<Vec<_>>() });
    if let Some(last) = last {
        response["NextToken"] = next(call, query, &last).into();
    }
    Output::Json(200, response)
}
