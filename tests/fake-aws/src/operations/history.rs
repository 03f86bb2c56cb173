//! `GetResourceConfigHistory` and `BatchGetResourceConfig`: items as they were recorded, without
//! the index's lag.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::config::next;
use super::recorded::row;
use super::{Call, config_limit};
use crate::faults::Fault;
use crate::items::seconds;
use crate::model::Item;
use crate::wire::{Output, Refusal};
use crate::witness::{Shown, Source};

/// "Each call to the API is limited to span a duration of seven days."
const SPAN: SignedDuration = SignedDuration::from_hours(7 * 24);

pub(super) fn get_resource_config_history(call: &mut Call<'_>) -> Result<Output, Refusal> {
    let (kind, id) = (call.required("resourceType")?.to_owned(), call.required("resourceId")?.to_owned());
    let limit = config_limit(call, "limit", 10)?;
    let forward = match call.text("chronologicalOrder") {
        None | Some("Reverse") => false,
        Some("Forward") => true,
        Some(other) => {
            return Err(Refusal::new(
                "ValidationException",
                format!("Value '{other}' at 'chronologicalOrder' failed to satisfy constraint"),
            ));
        }
    };
    let instant = |name: &str| {
        let value = call.input.get(name).filter(|value| !value.is_null());
        value
            .map(|value| instant(value).ok_or_else(|| Refusal::new("SerializationException", name)))
            .transpose()
    };
    let (earlier, later) = (instant("earlierTime")?, instant("laterTime")?);
    if let (Some(earlier), Some(later)) = (earlier, later)
        && earlier > later
    {
        return Err(Refusal::new("InvalidTimeRangeException", "laterTime is before earlierTime"));
    }
    let invalid_token = || Refusal::new("InvalidNextTokenException", "The nextToken provided is invalid");
    if matches!(call.fault, Some(Fault::ExpiredPageToken)) {
        return Err(invalid_token());
    }
    let query = format!("GetResourceConfigHistory {kind} {id} {earlier:?} {later:?} {forward}");
    let token = call.text("nextToken").map(str::to_owned);
    let now = call.world.clock.real() + SignedDuration::from_secs(1);
    let region = call.home();
    let bound: Option<Timestamp> = match token {
        None => None,
        Some(token) => {
            let page = region.page(&token, &query).ok_or_else(invalid_token)?;
            Some(page.after.parse().expect("tokens of the fake AWS are instants"))
        }
    };
    let unknown = || {
        let message = format!("Resource {id} of resourceType:{kind} is unknown or has not been discovered");
        Refusal::new("ResourceNotDiscoveredException", message)
    };
    let history = region.histories.get(&id).filter(|history| history.kind.stage_type() == kind);
    let history = history.ok_or_else(unknown)?;
    let mut within: Vec<&Item> = history
        .items
        .iter()
        .filter(|item| earlier.is_none_or(|from| item.captured >= from))
        .filter(|item| later.is_none_or(|to| item.captured <= to))
        .collect();
    let start = if forward {
        bound.or(earlier).or(within.first().map(|item| item.captured)).unwrap_or(now)
    } else {
        within.reverse();
        bound.or(later).unwrap_or(now)
    };
    let ahead = |item: &&&Item| if forward { item.captured >= start } else { item.captured <= start };
    let within: Vec<&Item> = within.iter().filter(ahead).copied().collect();
    let end = if forward { start + SPAN } else { start - SPAN };
    let in_page = |item: &&&Item| if forward { item.captured < end } else { item.captured > end };
    let page: Vec<&Item> = within.iter().take_while(in_page).take(limit).copied().collect();
    let shown = page.first().map(|item| {
        let shown = Shown { item: Some(item.sequence), exists: item.state.is_some() };
        (id.clone(), shown)
    });
    let mut response = json!({
        "configurationItems": page.iter().map(|item| history.api_form(region, &id, item)).collect::<Vec<_>>(),
    });
    let left = within.get(page.len()).map(|left| if page.len() == limit { left.captured } else { end });
    call.shows(Source::Latest, shown.into_iter().collect());
    if let Some(bound) = left {
        response["nextToken"] = next(call, &query, &bound.to_string()).into();
    }
    Ok(Output::Json(200, response))
}

pub(super) fn batch_get_resource_config(call: &mut Call<'_>) -> Result<Output, Refusal> {
    let keys = call.input["resourceKeys"].as_array().cloned().unwrap_or_default();
    if !(1..=100).contains(&keys.len()) {
        return Err(Refusal::new(
            "ValidationException",
            "Value at 'resourceKeys' failed to satisfy constraint: Member must have length between 1 and 100",
        ));
    }
    for key in &keys {
        if !["resourceType", "resourceId"]
            .iter()
            .all(|name| key[name].as_str().is_some_and(|text| !text.is_empty()))
        {
            return Err(Refusal::new(
                "ValidationException",
                "Value null at 'resourceKeys.member' failed to satisfy constraint: Member must not be null",
            ));
        }
    }
    let now = call.world.clock.real();
    if matches!(call.fault, Some(Fault::UnprocessedKeys)) {
        return Ok(Output::Json(200, json!({"baseConfigurationItems": [], "unprocessedResourceKeys": keys})));
    }
    let region = call.home();
    let captured = seconds(now);
    let other = |key: &Value| {
        let row = row(region, key["resourceType"].as_str()?, key["resourceId"].as_str()?)?;
        Some(base_item(row, &captured))
    };
    let item = |key: &Value| {
        let id = key["resourceId"].as_str()?;
        let history = region.histories.get(id)?;
        // A deleted stage is absent, not unprocessed.
        let item = region.latest(history)?;
        (key["resourceType"] == history.kind.stage_type()).then(|| history.base_form(region, id, &item))
    };
    let items: Vec<Value> = keys.iter().filter_map(|key| item(key).or_else(|| other(key))).collect();
    let shown = |key: &Value| {
        let id = key["resourceId"].as_str()?;
        let item = region.histories.get(id).and_then(|history| region.latest(history));
        let exists = item.as_ref().is_some_and(|item| item.state.is_some());
        Some((id.to_owned(), Shown { item: item.map(|item| item.sequence), exists }))
    };
    let shown = keys.iter().filter_map(shown).collect();
    call.shows(Source::Latest, shown);
    Ok(Output::Json(200, json!({"baseConfigurationItems": items, "unprocessedResourceKeys": []})))
}

/// The item of an API or domain name, from its row in advanced queries.
fn base_item(mut row: Value, captured: &Value) -> Value {
    row["configuration"] = row["configuration"].to_string().into();
    if row["resourceId"].as_str().is_some_and(|id| id.starts_with("arn:")) {
        row["arn"] = row["resourceId"].clone();
    }
    row["version"] = "1.3".into();
    row["configurationItemCaptureTime"] = captured.clone();
    row["configurationStateId"] = "1".into();
    row["availabilityZone"] = "Not Applicable".into();
    row
}

/// Seconds since 1970 with a fraction, or RFC 3339.
pub(super) fn instant(value: &Value) -> Option<Timestamp> {
    match value {
        Value::String(text) => text.parse().ok(),
        #[expect(clippy::cast_possible_truncation, reason = "saturates, and the range is checked")]
        value => Timestamp::from_millisecond((value.as_f64()? * 1000.0).round() as i64).ok(),
    }
}
