//! API Gateway's control plane, version 2: stages of WebSocket and HTTP APIs. Its JSON uses lower
//! camel case, and its dates are RFC 3339.

use std::ops::Bound;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::Call;
use super::apigateway::{bad_request, not_found, put_tags};
use super::config::next;
use super::stages::{show_all, show_one};
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
    let limit = match call.text("maxResults") {
        None => 25,
        Some(text) => text
            .parse()
            .ok()
            .filter(|limit| (1..=500).contains(limit))
            .ok_or_else(|| bad_request("maxResults must be between 1 and 500"))?,
    };
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
