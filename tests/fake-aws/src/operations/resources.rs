//! REST API calls that only other clients make: resources with their current integrations, which
//! can differ from what is deployed on a stage. There are no authorizers.

use serde_json::{Map, Value, json};

use super::Call;
use super::apigateway::{api, bad_request, listing, not_found, page_asked, rest_api};
use crate::model::Api;
use crate::wire::{Output, Refusal};

pub(super) fn get_rest_api(call: &mut Call<'_>) -> Result<Output, Refusal> {
    let id = call.required("restApiId")?.to_owned();
    let region = call.home();
    Ok(Output::Json(200, rest_api(region, api(region, &id)?)))
}

pub(super) fn get_authorizers(call: &mut Call<'_>) -> Result<Output, Refusal> {
    let id = call.required("restApiId")?.to_owned();
    api(call.home(), &id)?;
    Ok(Output::Json(200, json!({ "item": [] })))
}

pub(super) fn get_resources(call: &mut Call<'_>) -> Result<Output, Refusal> {
    let id = call.required("restApiId")?.to_owned();
    let with_methods = match call.text("embed") {
        None => false,
        Some("methods") => true,
        Some(other) => return Err(bad_request(format!("Invalid embed value {other}"))),
    };
    let query = format!("GetResources {id}");
    let (limit, after) = page_asked(call, &query)?;
    let all = resources(api(call.home(), &id)?, with_methods).into_iter();
    let found = all.filter(|(id, _)| after.as_ref().is_none_or(|after| id > after)).take(limit + 1).collect();
    Ok(listing(call, &query, limit, found))
}

pub(super) fn get_method(call: &mut Call<'_>) -> Result<Output, Refusal> {
    let id = call.required("restApiId")?.to_owned();
    let (resource, method) =
        (call.required("resourceId")?.to_owned(), call.required("httpMethod")?.to_owned());
    Ok(Output::Json(200, find_method(api(call.home(), &id)?, &resource, &method)?))
}

/// A method of a resource, by the resource's ID.
pub(super) fn find_method(api: &Api, resource: &str, method: &str) -> Result<Value, Refusal> {
    let (_, resource) = resources(api, true)
        .into_iter()
        .find(|(id, _)| id == resource)
        .ok_or_else(|| not_found("Invalid Resource identifier specified"))?;
    let found = resource["resourceMethods"].get(method).cloned();
    found.ok_or_else(|| not_found("Invalid Method identifier specified"))
}

/// Resources by ID: the root, and one per integration with a method, as in `GetExport`.
fn resources(api: &Api, with_methods: bool) -> Vec<(String, Value)> {
    let root = ("r00000".to_owned(), json!({"id": "r00000", "path": "/"}));
    let others = api.resources.iter().enumerate().map(|(at, kind)| {
        let id = format!("r{:05}", at + 1);
        let name = if at % 3 == 2 { "ANY" } else { "GET" };
        let method = if with_methods { method(name, kind, &api.uri("/")) } else { json!({}) };
        let methods = Map::from_iter([(name.to_owned(), method)]);
        let path = format!("/r{at}");
        let shown = json!({"id": id, "parentId": "r00000", "pathPart": &path[1..], "path": path, "resourceMethods": methods});
        (id, shown)
    });
    std::iter::once(root).chain(others).collect()
}

fn method(name: &str, kind: &str, uri: &str) -> Value {
    json!({
        "httpMethod": name,
        "authorizationType": "NONE",
        "apiKeyRequired": false,
        "methodIntegration": {
            "type": kind,
            "httpMethod": name,
            "uri": uri,
            "passthroughBehavior": "WHEN_NO_MATCH",
            "timeoutInMillis": 29000,
        },
    })
}
