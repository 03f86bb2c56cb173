//! The Resource Groups Tagging API: `GetResources`, which returns only resources that have or had a
//! tag.

use std::ops::Bound;

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::Call;
use super::config::next;
use crate::certificates::Tags;
use crate::faults::Fault;
use crate::wire::{Output, Refusal};

const TOKEN_LASTS: SignedDuration = SignedDuration::from_mins(15);

pub(super) fn get_resources(call: &mut Call<'_>) -> Result<Output, Refusal> {
    let invalid = |message: &str| Refusal::new("InvalidParameterException", message);
    let given = |name: &str| call.input.get(name).filter(|value| !value.is_null());
    let strings = |name: &str| -> Result<Option<Vec<String>>, Refusal> {
        let read = given(name).map(|value| serde_json::from_value(value.clone()));
        read.transpose().map_err(|_| Refusal::new("SerializationException", name))
    };
    let token = call.text("PaginationToken").filter(|token| !token.is_empty()).map(str::to_owned);
    if let Some(arns) = strings("ResourceARNList")? {
        let others = ["TagFilters", "ResourceTypeFilters", "ResourcesPerPage", "TagsPerPage"];
        if token.is_some() || others.iter().any(|name| given(name).is_some()) {
            return Err(invalid("ResourceARNList can't be combined with filters or pagination parameters"));
        }
        if !(1..=100).contains(&arns.len()) {
            return Err(invalid("ResourceARNList must have 1 to 100 members"));
        }
        if arns.iter().any(|arn| !arn.starts_with("arn:") || arn.chars().count() > 1011) {
            return Err(invalid("ResourceARNList: an ARN of 1 to 1011 characters is wanted"));
        }
        let region = call.home();
        let known = arns.iter().filter_map(|arn| region.tags.get_key_value(arn));
        let list: Vec<Value> = known.map(|(arn, tags)| mapping(arn, tags)).collect();
        return Ok(Output::Json(200, json!({"PaginationToken": "", "ResourceTagMappingList": list})));
    }
    let size = match given("ResourcesPerPage") {
        None => 50,
        Some(value) => value
            .as_u64()
            .filter(|size| (1..=100).contains(size))
            .and_then(|size| usize::try_from(size).ok())
            .ok_or_else(|| invalid("ResourcesPerPage must be 1 to 100"))?,
    };
    let filters = tag_filters(call).map_err(|()| invalid("TagFilters: one key and one value are known"))?;
    let types = strings("ResourceTypeFilters")?.unwrap_or_default();
    let query = format!("GetResources {types:?} {filters:?}");
    let expired = || Refusal::new("PaginationTokenExpiredException", "The pagination token has expired");
    if matches!(call.fault, Some(Fault::ExpiredPageToken)) {
        return Err(expired());
    }
    let now = call.world.clock.real();
    let region = call.home();
    let after = match token {
        None => None,
        Some(token) => {
            let page =
                region.page(&token, &query).ok_or_else(|| invalid("The pagination token is invalid"))?;
            if now.duration_since(page.issued) > TOKEN_LASTS {
                return Err(expired());
            }
            Some(page.after.clone())
        }
    };
    let from = after.map_or(Bound::Unbounded, Bound::Excluded);
    let wanted = |arn: &str| {
        let (service, resource) =
            arn.splitn(3, ':').nth(2).and_then(|rest| rest.split_once(':')).unwrap_or_default();
        let is = |filter: &String| match filter.split_once(':') {
            None => filter == service,
            Some((of, kind)) => of == service && resource.contains(kind.rsplit('/').next().unwrap_or(kind)),
        };
        types.is_empty() || types.iter().any(is)
    };
    let tagged = |tags: &Tags| filters.iter().all(|(key, value)| tags.get(key) == Some(value));
    let all = region.tags.range::<String, _>((from, Bound::Unbounded));
    let all = all.filter(|(arn, tags)| wanted(arn) && tagged(tags));
    let mut page: Vec<_> = all.take(size + 1).collect();
    let more = page.len() > size;
    page.truncate(size);
    let list: Vec<Value> = page.iter().map(|(arn, tags)| mapping(arn, tags)).collect();
    let last = page.last().map(|(arn, _)| (*arn).clone());
    let token = match last.filter(|_| more) {
        Some(last) => next(call, &query, &last),
        None => String::new(),
    };
    Ok(Output::Json(200, json!({"PaginationToken": token, "ResourceTagMappingList": list})))
}

/// The keys and values of `TagFilters`.
fn tag_filters(call: &Call<'_>) -> Result<Vec<(String, String)>, ()> {
    let filters = match call.input.get("TagFilters") {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(filters) => filters.as_array().ok_or(())?,
    };
    let pair = |filter: &Value| {
        let value = match filter["Values"].as_array().map(Vec::as_slice) {
            Some([value]) => value.as_str(),
            _ => None,
        };
        filter["Key"].as_str().zip(value).map(|(key, value)| (key.to_owned(), value.to_owned())).ok_or(())
    };
    filters.iter().map(pair).collect()
}

fn mapping(arn: &str, tags: &Tags) -> Value {
    let tags: Vec<Value> = tags.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect();
    json!({"ResourceARN": arn, "Tags": tags})
}
