//! `SelectResourceConfig`.

use std::ops::Bound;

use serde_json::{Value, json};

use super::expression::{self, Query};
use super::recorded::{
    DOMAIN_NAME, REST_API, V2_API, V2_INTEGRATION, domain_names, rest_apis, v2_apis, v2_integrations,
};
use super::{Call, config_limit};
use crate::faults::Fault;
use crate::items::{Dates, text};
use crate::model::{ApiKind, Region};
use crate::wire::{Output, Refusal};
use crate::witness::{Shown, Source};

pub(super) fn select_resource_config(call: &mut Call<'_>) -> Result<Output, Refusal> {
    let expression = call.required("Expression")?.to_owned();
    if expression.chars().count() > 4096 {
        return Err(Refusal::new(
            "ValidationException",
            "Value at 'expression' failed to satisfy constraint: Member must have length less than or equal to 4096",
        ));
    }
    let limit = config_limit(call, "Limit", 25)?;
    let query = expression::parse(&expression)
        .map_err(|problem| Refusal::new("InvalidExpressionException", format!("Syntax error: {problem}.")))?;
    let invalid_token = || Refusal::new("InvalidNextTokenException", "The nextToken provided is invalid");
    if matches!(call.fault, Some(Fault::ExpiredPageToken)) {
        return Err(invalid_token());
    }
    let named = format!("SelectResourceConfig {expression}");
    let after = match call.text("NextToken").map(str::to_owned) {
        None => None,
        Some(token) => {
            Some(call.home().page(&token, &named).map(|page| page.after.clone()).ok_or_else(invalid_token)?)
        }
    };
    let rows = rows(call.home(), &query, after.as_deref(), limit + 1);
    Ok(Output::Json(200, page(call, &query, &named, rows, limit)))
}

/// A page of rows, plus one row if another page follows.
pub(super) fn page(
    call: &mut Call<'_>,
    query: &Query,
    named: &str,
    mut rows: Vec<(String, Value)>,
    limit: usize,
) -> Value {
    let fault = call.fault;
    let slipped = |key: &String, row: &Value| match fault {
        Some(Fault::MissingRows(ids)) => ids.iter().any(|id| id == key || row["resourceId"] == id.as_str()),
        Some(Fault::EmptyList) => true,
        _ => false,
    };
    let fields: Vec<Value> = query.fields.iter().map(|path| json!({"Name": path.join(".")})).collect();
    let mut response = json!({"QueryInfo": {"SelectFields": fields}});
    if rows.len() > limit {
        rows.truncate(limit);
        let last = rows.last().expect("a limit is at least 1").0.clone();
        if !matches!(fault, Some(Fault::EmptyList)) {
            response["NextToken"] = next(call, named, &last).into();
        }
    }
    rows.retain(|(key, row)| !slipped(key, row));
    show(call, &rows);
    let selected = rows.into_iter().map(|(_, row)| Value::String(select(query, &row).to_string()));
    response["Results"] = selected.collect();
    response
}

fn show(call: &mut Call<'_>, rows: &[(String, Value)]) {
    let region = call.global_home();
    let stages = rows.iter().filter_map(|(id, _)| {
        let item = region.indexed(region.histories.get(id)?)?;
        Some((id.clone(), Shown { item: Some(item.sequence), exists: true }))
    });
    let stages = stages.collect();
    call.shows(Source::Index, stages);
}

pub(super) fn next(call: &mut Call<'_>, query: &str, after: &str) -> String {
    let issued = call.world.clock.now();
    let mut rng = call.world.rng.clone();
    let token = call.global_home().page_after(&mut rng, issued, query, after);
    call.world.rng = rng;
    token
}

/// Rows by key, starting after `after`: stages first, then APIs, then the
/// integrations of V2 APIs.
pub(super) fn rows(region: &Region, query: &Query, after: Option<&str>, most: usize) -> Vec<(String, Value)> {
    let types = query.allowed("resourceType");
    let wanted = |kind: &str| {
        types.is_none_or(|types| types.iter().any(|allowed| allowed == kind))
            && !region.options.unrecorded.contains(kind)
    };
    let mut found = Vec::new();
    if [ApiKind::Rest, ApiKind::Http].iter().any(|kind| wanted(kind.stage_type())) {
        stages(region, query, after, most, &mut found);
    }
    for (kind, of) in [
        (REST_API, rest_apis as fn(&Region) -> Box<dyn Iterator<Item = (String, Value)> + '_>),
        (V2_API, v2_apis),
        (V2_INTEGRATION, v2_integrations),
        (DOMAIN_NAME, domain_names),
    ] {
        if !wanted(kind) {
            continue;
        }
        for (id, row) in of(region) {
            let key = format!("~{kind} {id}");
            if found.len() >= most {
                return found;
            }
            let listed = !region.front_door.options.unlisted.contains(&id);
            if listed && after.is_none_or(|after| key.as_str() > after) && matches(query, &row) {
                found.push((key, row));
            }
        }
    }
    found
}

fn stages(
    region: &Region,
    query: &Query,
    after: Option<&str>,
    most: usize,
    found: &mut Vec<(String, Value)>,
) {
    let from = after.map_or(Bound::Unbounded, Bound::Excluded);
    let mut look = |id: &String| {
        let history = &region.histories[id];
        let Some(item) = region.indexed(history) else { return true };
        let state = item.state.as_ref().expect("an indexed stage exists");
        let certificates = query.allowed("configuration.clientCertificateId");
        let has = |allowed: &[String]| state.certificate.as_ref().is_some_and(|own| allowed.contains(own));
        if certificates.is_some_and(|allowed| !has(allowed)) {
            return true;
        }
        let row = json!({
            "resourceId": id,
            "arn": id,
            "resourceType": history.kind.stage_type(),
            "resourceName": history.name,
            "accountId": region.account,
            "awsRegion": region.name,
            "availabilityZone": "Not Applicable",
            "configurationItemCaptureTime": text(item.captured),
            "configurationItemStatus": item.status,
            "configuration": history.configuration(item, Dates::Text),
            "supplementaryConfiguration": {},
        });
        if matches(query, &row) {
            found.push((id.clone(), row));
        }
        found.len() < most
    };
    match query.allowed("configuration.clientCertificateId") {
        Some(certificates) => {
            let once = certificates.iter().filter_map(|id| region.ever_used_by.get(id)).flatten();
            let mut candidates: Vec<&String> =
                once.filter(|id| after.is_none_or(|after| id.as_str() > after)).collect();
            candidates.sort_unstable();
            candidates.dedup();
            let _ = candidates.into_iter().all(&mut look);
        }
        None => {
            let _ = region.histories.range::<str, _>((from, Bound::Unbounded)).all(|(id, _)| look(id));
        }
    }
}

fn at<'r>(row: &'r Value, path: &[String]) -> Option<&'r Value> {
    path.iter().try_fold(row, |value, part| value.get(part))
}

fn matches(query: &Query, row: &Value) -> bool {
    query.conditions.iter().all(|(path, allowed)| {
        let value = at(row, path).and_then(Value::as_str);
        value.is_some_and(|value| allowed.iter().any(|allowed| allowed == value))
    })
}

/// The selected fields, nested as in the item; fields that a row lacks are omitted.
fn select(query: &Query, row: &Value) -> Value {
    let mut selected = json!({});
    for path in &query.fields {
        let Some(value) = at(row, path) else { continue };
        let mut into = &mut selected;
        for part in path {
            into = &mut into[part.as_str()];
        }
        *into = value.clone();
    }
    selected
}
