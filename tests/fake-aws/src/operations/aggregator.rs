//! Config aggregators: `SelectAggregateResourceConfig` across accounts and Regions, and
//! `DescribeConfigurationAggregatorSourcesStatus`.

use serde_json::{Value, json};

use super::config::{next, page, rows};
use super::{Call, aggregated_compliance, config_limit, expression};
use crate::faults::Fault;
use crate::items::seconds;
use crate::model::Aggregator;
use crate::wire::{Output, Refusal};

pub(super) fn select_aggregate_resource_config(call: &mut Call<'_>) -> Result<Output, Refusal> {
    let expression = call.required("Expression")?.to_owned();
    if expression.chars().count() > 4096 {
        return Err(Refusal::new(
            "ValidationException",
            "Value at 'expression' failed to satisfy constraint: Member must have length less than or equal to 4096",
        ));
    }
    let (name, aggregator) = aggregator(call)?;
    let limit = config_limit(call, "Limit", 100)?.min(config_limit(call, "MaxResults", 100)?);
    let query = expression::parse(&expression)
        .map_err(|problem| Refusal::new("InvalidExpressionException", format!("Syntax error: {problem}.")))?;
    let named = format!("SelectAggregateResourceConfig {name} {expression}");
    let after = after(call, &named)?;
    let mut found = Vec::new();
    if query.allowed("resourceType").is_some_and(|types| types == ["AWS::Config::ResourceCompliance"]) {
        let found = aggregated_compliance::rows(call.world, &aggregator, &query, after.as_deref(), limit + 1);
        return Ok(Output::Json(200, page(call, &query, &named, found, limit)));
    }
    for (account, region) in aggregator.sources(call.world) {
        let account_region = format!("{account} {region} ");
        let within = after.as_deref().and_then(|after| after.strip_prefix(&account_region));
        if within.is_none() && after.as_deref().is_some_and(|after| after > account_region.as_str()) {
            continue;
        }
        let most = limit + 1 - found.len();
        let home = call.world.region(&account, &region);
        found.extend(
            rows(home, &query, within, most)
                .into_iter()
                .map(|(key, row)| (account_region.clone() + &key, row)),
        );
        if found.len() > limit {
            break;
        }
    }
    Ok(Output::Json(200, page(call, &query, &named, found, limit)))
}

pub(super) fn describe_sources_status(call: &mut Call<'_>) -> Result<Output, Refusal> {
    let (name, aggregator) = aggregator(call)?;
    let limit = config_limit(call, "Limit", 100)?;
    let named = format!("DescribeConfigurationAggregatorSourcesStatus {name}");
    let after = after(call, &named)?;
    let key = |(account, region): &(String, String)| format!("{account} {region}");
    let mut sources = aggregator.sources(call.world);
    sources.retain(|source| after.as_deref().is_none_or(|after| key(source).as_str() > after));
    let more = sources.len() > limit;
    sources.truncate(limit);
    let now = seconds(call.world.clock.real());
    let status = |source: &(String, String)| match aggregator.outdated.contains(source) {
        false => json!({
            "SourceId": source.0, "SourceType": "ACCOUNT", "AwsRegion": source.1,
            "LastUpdateStatus": "SUCCEEDED", "LastUpdateTime": now,
        }),
        true => json!({
            "SourceId": source.0, "SourceType": "ACCOUNT", "AwsRegion": source.1, "LastUpdateStatus": "FAILED",
            "LastUpdateTime": now, "LastErrorCode": "AccessDenied", "LastErrorMessage": "no authorization",
        }),
    };
    let list: Vec<Value> = sources.iter().map(status).collect();
    let mut response = json!({ "AggregatedSourceStatusList": list });
    if let Some(last) = sources.last().filter(|_| more) {
        response["NextToken"] = next(call, &named, &key(last)).into();
    }
    Ok(Output::Json(200, response))
}

pub(super) fn aggregator(call: &mut Call<'_>) -> Result<(String, Aggregator), Refusal> {
    let name = call.required("ConfigurationAggregatorName")?.to_owned();
    let is_name = |c: char| c.is_ascii_alphanumeric() || "_-".contains(c);
    if name.chars().count() > 256 || !name.chars().all(is_name) {
        let message = "Value at 'configurationAggregatorName' failed to satisfy constraint";
        return Err(Refusal::new("ValidationException", message));
    }
    let unknown = || {
        let message = "The configuration aggregator does not exist. Check the configuration aggregator name and try again.";
        Refusal::new("NoSuchConfigurationAggregatorException", message)
    };
    let aggregator = call.home().aggregators.get(&name).cloned().ok_or_else(unknown)?;
    Ok((name, aggregator))
}

pub(super) fn after(call: &mut Call<'_>, named: &str) -> Result<Option<String>, Refusal> {
    let invalid_token = || Refusal::new("InvalidNextTokenException", "The nextToken provided is invalid");
    if matches!(call.fault, Some(Fault::ExpiredPageToken)) {
        return Err(invalid_token());
    }
    match call.text("NextToken").map(str::to_owned) {
        None => Ok(None),
        Some(token) => {
            call.home().page(&token, named).map(|page| Some(page.after.clone())).ok_or_else(invalid_token)
        }
    }
}
