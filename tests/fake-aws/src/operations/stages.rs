//! Stages of REST APIs: their current state, and `UpdateStage`.

use serde_json::{Value, json};

use super::Call;
use super::apigateway::{api, bad_request, not_found, put_tags, whole_seconds};
use crate::model::{Api, Region, Stage};
use crate::wire::{Output, Refusal};
use crate::witness::Source;

pub(super) fn get_stage(call: &mut Call<'_>) -> Result<Output, Refusal> {
    let (id, name) = (call.required("restApiId")?.to_owned(), call.required("stageName")?.to_owned());
    show_one(call, &format!("/restapis/{id}/stages/{name}"));
    let region = call.home();
    let (_, own) = stage(region, &id, &name)?;
    Ok(Output::Json(200, shown(region, own)))
}

pub(super) fn get_stages(call: &mut Call<'_>) -> Result<Output, Refusal> {
    let id = call.required("restApiId")?.to_owned();
    let deployment = call.text("deploymentId").map(str::to_owned);
    if deployment.is_none() {
        show_all(call, &format!("/restapis/{id}/stages/"));
    }
    let region = call.home();
    let stages = api(region, &id)?.stages.values();
    let wanted = stages.filter(|stage| deployment.as_ref().is_none_or(|of| stage.state.deployment == *of));
    let items: Vec<Value> = wanted.map(|stage| shown(region, stage)).collect();
    Ok(Output::Json(200, json!({ "item": items })))
}

/// Records what the response shows: whether this stage exists.
pub(super) fn show_one(call: &mut Call<'_>, path: &str) {
    let region = call.home();
    let arn = region.apigateway_arn(path);
    let shown = region.shown_by_gateway(&arn);
    call.shows(Source::Gateway, vec![(arn, shown)]);
}

/// Records what the response shows: whether each stage that the API has or had exists.
pub(super) fn show_all(call: &mut Call<'_>, path: &str) {
    let region = call.home();
    let begin = region.apigateway_arn(path);
    let histories = region.histories.range::<String, _>(&begin..);
    let arns = histories.map(|(arn, _)| arn).take_while(|arn| arn.starts_with(&begin));
    let shown = arns.map(|arn| (arn.clone(), region.shown_by_gateway(arn))).collect();
    call.shows(Source::Gateway, shown);
}

pub(super) fn stage<'r>(region: &'r Region, id: &str, name: &str) -> Result<(&'r Api, &'r Stage), Refusal> {
    let api = api(region, id)?;
    api.stages
        .get(name)
        .map(|stage| (api, stage))
        .ok_or_else(|| not_found("Invalid stage identifier specified"))
}

fn shown(region: &Region, stage: &Stage) -> Value {
    let mut shown = json!({
        "deploymentId": stage.state.deployment,
        "stageName": stage.name,
        "cacheClusterEnabled": false,
        "cacheClusterStatus": "NOT_AVAILABLE",
        "methodSettings": {},
        "tracingEnabled": false,
        "createdDate": whole_seconds(stage.created),
        "lastUpdatedDate": whole_seconds(stage.updated),
    });
    if let Some(certificate) = &stage.state.certificate {
        shown["clientCertificateId"] = certificate.as_str().into();
    }
    if let Some(canary) = &stage.state.canary {
        shown["canarySettings"] =
            json!({"percentTraffic": 10.0, "deploymentId": canary, "useStageCache": false});
    }
    put_tags(&mut shown, region.tags.get(&stage.arn));
    shown
}

pub(super) fn update_stage(call: &mut Call<'_>) -> Result<Output, Refusal> {
    let (id, name) = (call.required("restApiId")?.to_owned(), call.required("stageName")?.to_owned());
    let operations = call.input["patchOperations"].as_array().cloned().unwrap_or_default();
    let now = call.world.clock.certificates_now();
    let region = call.home();
    let (found, old) = stage(region, &id, &name)?;
    let (arn, mut state) = (old.arn.clone(), (*old.state).clone());
    for operation in &operations {
        let value = operation["value"].as_str().filter(|value| !value.is_empty());
        let value = match operation["op"].as_str() {
            Some("replace" | "add") => value,
            Some("remove") => None,
            other => return Err(bad_request(format!("Invalid patch operation specified: {other:?}"))),
        };
        let known = |id: &str| found.deployments.contains_key(id).then(|| id.to_owned());
        let no_deployment = || bad_request("Deployment id does not exist");
        match (operation["path"].as_str().unwrap_or_default(), value) {
            ("/clientCertificateId", None) => state.certificate = None,
            ("/clientCertificateId", Some(id)) => {
                let issued = region.acm.get(id).is_some_and(|known| known.status_at(now) == "ISSUED");
                if !issued && !region.certificates.contains_key(id) {
                    return Err(bad_request("Invalid client certificate identifier specified"));
                }
                state.certificate = Some(id.into());
            }
            ("/deploymentId", Some(id)) => state.deployment = known(id).ok_or_else(no_deployment)?,
            ("/canarySettings/deploymentId", Some(id)) => {
                state.canary = Some(known(id).ok_or_else(no_deployment)?);
            }
            ("/canarySettings" | "/canarySettings/deploymentId", None) => state.canary = None,
            (path, _) => return Err(bad_request(format!("Invalid patch path {path}"))),
        }
    }
    let events = call.world.change_stage(&arn, |own| *own = state);
    call.world.pending.extend(events);
    let region = call.home();
    Ok(Output::Json(200, shown(region, stage(region, &id, &name)?.1)))
}
