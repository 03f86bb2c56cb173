//! API Gateway's control plane, version 2: stages of WebSocket and HTTP APIs. Its JSON uses lower
//! camel case, and its dates are RFC 3339.

use std::ops::Bound;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::Call;
use super::apigateway::{bad_request, not_found, put_tags};
use super::config::next;
use super::domains::put;
use super::listing::{is_hidden, next_page};
use super::stages::{show_all, show_one};
use crate::faults::Fault;
use crate::model::{Api, ApiKind, Region, Stage};
use crate::wire::{Output, Refusal};

pub(super) fn get_stage(call: &mut Call<'_>) -> Result<Output, Refusal> {
    let (id, name) = (call.required("ApiId")?.to_owned(), call.required("StageName")?.to_owned());
    show_one(call, &format!("/apis/{id}/stages/{name}"));
    let region = call.home();
    let stage = api(region, &id)?.stages.get(&name);
    let stage = stage.ok_or_else(|| not_found("Invalid stage identifier specified"))?;
    Ok(Output::Json(200, shown(region, stage)))
}

pub(super) fn get_stages(call: &mut Call<'_>) -> Result<Output, Refusal> {
    let id = call.required("ApiId")?.to_owned();
    let limit = max_results(call)?;
    let query = format!("GetStages {id}");
    let token = call.text("nextToken").map(str::to_owned);
    let region = call.home();
    let after = match &token {
        None => None,
        Some(token) => {
            let page = region.page(token, &query).ok_or_else(|| bad_request("Invalid nextToken"))?;
            Some(page.after.clone())
        }
    };
    let from = after.map_or(Bound::Unbounded, Bound::Excluded);
    let stages = api(region, &id)?.stages.range::<String, _>((from, Bound::Unbounded));
    let mut page: Vec<&Stage> = stages.map(|(_, stage)| stage).take(limit + 1).collect();
    let more = page.len() > limit;
    page.truncate(limit);
    let last = page.last().map(|stage| stage.name.clone()).filter(|_| more);
    let mut response = json!({ "items": page.iter().map(|stage| shown(region, stage)).collect::<Vec<_>>() });
    if let Some(last) = last {
        response["nextToken"] = next(call, &query, &last).into();
    }
    // A page shows only the stages on it, and only the last page proves that the others are gone.
    // So record it only if there is a single page.
    if token.is_none() && response.get("nextToken").is_none() {
        show_all(call, &format!("/apis/{id}/stages/"));
    }
    Ok(Output::Json(200, response))
}

/// `MaxResults` of a list call, which is a text.
pub(super) fn max_results(call: &Call<'_>) -> Result<usize, Refusal> {
    let Some(text) = call.text("maxResults") else { return Ok(25) };
    let limit = text.parse().ok().filter(|limit| (1..=500).contains(limit));
    limit.ok_or_else(|| bad_request("maxResults must be between 1 and 500"))
}

pub(super) fn get_api(call: &mut Call<'_>) -> Result<Output, Refusal> {
    let id = call.required("ApiId")?.to_owned();
    let region = call.home();
    Ok(Output::Json(200, shown_api(region, api(region, &id)?)))
}

pub(super) fn get_apis(call: &mut Call<'_>) -> Result<Output, Refusal> {
    let limit = max_results(call)?;
    let token = call.text("nextToken").map(str::to_owned);
    if matches!(call.fault, Some(Fault::ExpiredPageToken)) {
        return Err(bad_request("Invalid nextToken"));
    }
    let region = call.home();
    let limit = limit.min(region.front_door.options.page_limit.unwrap_or(limit).max(1));
    let after = match &token {
        None => None,
        Some(token) => {
            let page = region.page(token, "GetApis").ok_or_else(|| bad_request("Invalid nextToken"))?;
            Some(page.after.clone())
        }
    };
    let from = after.map_or(Bound::Unbounded, Bound::Excluded);
    let all = region.apis.range::<String, _>((from, Bound::Unbounded)).map(|(_, api)| api);
    let mut page: Vec<&Api> = all.filter(|api| api.kind != ApiKind::Rest).take(limit + 1).collect();
    let more = page.len() > limit;
    page.truncate(limit);
    let last = page.last().map(|api| api.id.clone()).filter(|_| more);
    let mut items: Vec<Value> = page.iter().map(|api| shown_api(region, api)).collect();
    items.retain(|item| !is_hidden(call, item));
    let mut response = json!({ "items": items });
    put(&mut response, "nextToken", next_page(call, "GetApis", last));
    Ok(Output::Json(200, response))
}

/// `UpdateStage` of a certificate or a deployment; an empty certificate detaches it.
pub(super) fn update_stage(call: &mut Call<'_>) -> Result<Output, Refusal> {
    let (id, name) = (call.required("ApiId")?.to_owned(), call.required("StageName")?.to_owned());
    let certificate = call.input["clientCertificateId"].as_str().map(str::to_owned);
    let deployment = call.input["deploymentId"].as_str().map(str::to_owned);
    let now = call.world.clock.certificates_now();
    let region = call.home();
    let found = api(region, &id)?;
    let stage = found.stages.get(&name).ok_or_else(|| not_found("Invalid stage identifier specified"))?;
    let (arn, mut state) = (stage.arn.clone(), (*stage.state).clone());
    if certificate.is_some() && found.kind == ApiKind::Http {
        return Err(bad_request("Client certificates are only supported for WebSocket APIs"));
    }
    match certificate.as_deref() {
        None => {}
        Some("") => state.certificate = None,
        Some(id) => {
            let issued = region.acm.get(id).is_some_and(|known| known.status_at(now) == "ISSUED");
            if !issued && !region.certificates.contains_key(id) {
                return Err(bad_request("Invalid client certificate identifier specified"));
            }
            state.certificate = Some(id.into());
        }
    }
    if let Some(id) = deployment {
        if !found.deployments.contains_key(&id) {
            return Err(bad_request("Deployment id does not exist"));
        }
        state.deployment = id;
    }
    let events = call.world.change_stage(&arn, |own| *own = state);
    call.world.pending.extend(events);
    let region = call.home();
    let stage = api(region, &id)?.stages.get(&name).expect("it was just updated");
    Ok(Output::Json(200, shown(region, stage)))
}

fn shown_api(region: &Region, api: &Api) -> Value {
    let (protocol, scheme) =
        if api.kind == ApiKind::WebSocket { ("WEBSOCKET", "wss") } else { ("HTTP", "https") };
    let suffix = if region.partition == "aws-cn" { "amazonaws.com.cn" } else { "amazonaws.com" };
    let mut shown = json!({
        "apiId": api.id,
        "name": api.name,
        "protocolType": protocol,
        "routeSelectionExpression": "$request.body.action",
        "apiKeySelectionExpression": "$request.header.x-api-key",
        "apiEndpoint": format!("{scheme}://{}.execute-api.{}.{suffix}", api.id, region.name),
        "disableExecuteApiEndpoint": api.access.disable_execute_api_endpoint,
        "createdDate": date(api.created),
    });
    put_tags(&mut shown, region.tags.get(&api.arn));
    shown
}

fn api<'r>(region: &'r Region, id: &str) -> Result<&'r Api, Refusal> {
    let unknown = || not_found(format!("Invalid API identifier specified {}:{id}", region.account));
    region.apis.get(id).filter(|api| api.kind != ApiKind::Rest).ok_or_else(unknown)
}

fn shown(region: &Region, stage: &Stage) -> Value {
    let mut shown = json!({
        "deploymentId": stage.state.deployment,
        "stageName": stage.name,
        "defaultRouteSettings": {"detailedMetricsEnabled": false},
        "routeSettings": {},
        "stageVariables": {},
        "createdDate": date(stage.created),
        "lastUpdatedDate": date(stage.updated),
    });
    if let Some(certificate) = &stage.state.certificate {
        shown["clientCertificateId"] = certificate.as_str().into();
    }
    put_tags(&mut shown, region.tags.get(&stage.arn));
    shown
}

fn date(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
