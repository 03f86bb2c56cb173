//! API Gateway's control plane, version 1.

use std::ops::Bound;

use serde_json::{Map, Value, json};

use super::Call;
use super::domains::{escaped_policy, put};
use super::listing::{is_hidden, next_page};
use super::stages::{show_one, stage};
use crate::certificates::{ClientCertificate, Tags};
use crate::clock::Clock;
use crate::faults::Fault;
use crate::front_door::{Access, ExportedAccess, FrontDoorOptions};
use crate::model::{Api, ApiKind, Region, Stage};
use crate::wire::{Output, Refusal};

pub(super) fn bad_request(message: impl Into<String>) -> Refusal {
    Refusal::new("BadRequestException", message)
}

pub(super) fn not_found(message: impl Into<String>) -> Refusal {
    Refusal::with_status(404, "NotFoundException", message)
}

/// `limit` of a list call.
pub(super) fn limit(call: &Call<'_>) -> Result<usize, Refusal> {
    let Some(text) = call.text("limit") else { return Ok(25) };
    let limit = text.parse().ok().filter(|limit| (1..=500).contains(limit));
    limit.ok_or_else(|| bad_request("limit must be between 1 and 500"))
}

/// `limit` and `position` of a list call: the page size, and the key after which the page starts.
pub(super) fn page_asked(call: &mut Call<'_>, operation: &str) -> Result<(usize, Option<String>), Refusal> {
    let limit = limit(call)?;
    if matches!(call.fault, Some(Fault::ExpiredPageToken)) {
        return Err(bad_request("Invalid position parameter"));
    }
    let Some(position) = call.text("position").map(str::to_owned) else { return Ok((limit, None)) };
    let page = call.home().page(&position, operation).map(|page| page.after.clone());
    Ok((limit, Some(page.ok_or_else(|| bad_request("Invalid position parameter"))?)))
}

/// The response to a list call: `item`, and `position` if there are more.
pub(super) fn listing(
    call: &mut Call<'_>,
    operation: &str,
    limit: usize,
    mut found: Vec<(String, Value)>,
) -> Output {
    let more = found.len() > limit;
    found.truncate(limit);
    let last = found.last().map(|(key, _)| key.clone()).filter(|_| more);
    let items = found.into_iter().map(|(_, value)| value).filter(|value| !is_hidden(call, value));
    let items: Vec<Value> = items.collect();
    let mut response = json!({ "item": items });
    put(&mut response, "position", next_page(call, operation, last));
    Output::Json(200, response)
}

pub(super) fn get_rest_apis(call: &mut Call<'_>) -> Result<Output, Refusal> {
    let (limit, after) = page_asked(call, "GetRestApis")?;
    let region = call.home();
    let limit = limit.min(region.front_door.options.page_limit.unwrap_or(limit).max(1));
    let from = after.map_or(Bound::Unbounded, Bound::Excluded);
    let apis = region.apis.range::<String, _>((from, Bound::Unbounded)).map(|(_, api)| api);
    let shown =
        apis.filter(|api| api.kind == ApiKind::Rest).map(|api| (api.id.clone(), rest_api(region, api)));
    let found = shown.take(limit + 1).collect();
    Ok(listing(call, "GetRestApis", limit, found))
}

pub(super) fn rest_api(region: &Region, api: &Api) -> Value {
    let access = &api.access;
    let mut shown = json!({
        "id": api.id,
        "name": api.name,
        "createdDate": whole_seconds(api.created),
        "apiKeySource": "HEADER",
        "endpointConfiguration": endpoint_configuration(access),
        "disableExecuteApiEndpoint": access.disable_execute_api_endpoint,
    });
    put(&mut shown, "policy", access.policy.as_deref().map(escaped_policy));
    put_tags(&mut shown, region.tags.get(&api.arn));
    shown
}

fn endpoint_configuration(access: &Access) -> Value {
    let mut shown = json!({"types": access.endpoint_types});
    if !access.vpc_endpoint_ids.is_empty() {
        shown["vpcEndpointIds"] = json!(access.vpc_endpoint_ids);
    }
    put(&mut shown, "ipAddressType", access.ip_address_type.clone());
    shown
}

pub(super) fn api<'r>(region: &'r Region, id: &str) -> Result<&'r Api, Refusal> {
    let message = || not_found(format!("Invalid API identifier specified {}:{id}", region.account));
    region.apis.get(id).filter(|api| api.kind == ApiKind::Rest).ok_or_else(message)
}

pub(super) fn get_export(call: &mut Call<'_>) -> Result<Output, Refusal> {
    let (id, name) = (call.required("restApiId")?.to_owned(), call.required("stageName")?.to_owned());
    let oas30 = match call.required("exportType")? {
        "oas30" => true,
        "swagger" => false,
        other => return Err(bad_request(format!("Unsupported export type {other}"))),
    };
    let extensions = call.text("extensions").unwrap_or_default();
    let everything = extensions.split(',').any(|one| one == "apigateway");
    let shows = extensions.split(',').any(|one| matches!(one, "integrations" | "apigateway"));
    show_one(call, &format!("/restapis/{id}/stages/{name}"));
    let region = call.home();
    let (api, stage) = stage(region, &id, &name)?;
    if api.unexportable {
        return Err(bad_request("Unable to build exporter: model reference must be in canonical form"));
    }
    let gone = || not_found("Invalid deployment identifier specified");
    let integrations = api.deployments.get(&stage.state.deployment).ok_or_else(gone)?;
    let mut paths = Map::new();
    for (at, kind) in integrations.iter().enumerate() {
        let mut operation = json!({"responses": {"200": {"description": "200 response"}}});
        if shows {
            operation["x-amazon-apigateway-integration"] = json!({"type": kind.to_lowercase(), "uri": api.uri("/"), "passthroughBehavior": "when_no_match"});
        }
        let method = if at % 3 == 2 { "x-amazon-apigateway-any-method" } else { "get" };
        paths.insert(format!("/r{at}"), json!({ method: operation }));
    }
    let info = json!({"title": api.name, "version": "2026-01-01T00:00:00Z"});
    let mut document = if oas30 {
        json!({"openapi": "3.0.1", "info": info, "servers": [{"url": "https://example.com"}], "paths": paths, "components": {}})
    } else {
        json!({"swagger": "2.0", "info": info, "paths": paths})
    };
    if everything {
        put_access(&mut document, api, stage, &region.front_door.options);
    }
    Ok(Output::Document("application/json", document.to_string().into_bytes()))
}

/// The endpoint configuration and the policy, as the documentation of the extensions places them:
/// the configuration is in the server object of OpenAPI 3.0, and at the top of Swagger 2.0.
fn put_access(document: &mut Value, api: &Api, stage: &Stage, options: &FrontDoorOptions) {
    let access = match options.exported_access {
        ExportedAccess::Deployed => api.access_of(stage),
        ExportedAccess::Current => &api.access,
        ExportedAccess::Absent => return,
    };
    let mut configuration = json!({"disableExecuteApiEndpoint": access.disable_execute_api_endpoint});
    if !access.vpc_endpoint_ids.is_empty() {
        configuration["vpcEndpointIds"] = json!(access.vpc_endpoint_ids);
    }
    let name = "x-amazon-apigateway-endpoint-configuration";
    let is_oas30 = document.get("openapi").is_some();
    if is_oas30 {
        document["servers"][0][name] = configuration.clone();
    }
    if !is_oas30 || options.exports_endpoint_at_top {
        document[name] = configuration;
    }
    if let Some(policy) = &access.policy {
        document["x-amazon-apigateway-policy"] =
            serde_json::from_str(policy).unwrap_or_else(|_| policy.as_str().into());
    }
}

pub(super) fn get_client_certificates(call: &mut Call<'_>) -> Result<Output, Refusal> {
    let (limit, after) = page_asked(call, "GetClientCertificates")?;
    let clock = call.world.clock.clone();
    let region = call.home();
    let from = after.map_or(Bound::Unbounded, Bound::Excluded);
    let all = region.certificates.range::<String, _>((from, Bound::Unbounded)).take(limit + 1);
    let found = all.map(|(id, own)| (id.clone(), certificate(region, &clock, own))).collect();
    Ok(listing(call, "GetClientCertificates", limit, found))
}

pub(super) fn get_client_certificate(call: &mut Call<'_>) -> Result<Output, Refusal> {
    let id = call.required("clientCertificateId")?.to_owned();
    let clock = call.world.clock.clone();
    let region = call.home();
    let own = region.certificates.get(&id).ok_or_else(no_certificate)?;
    Ok(Output::Json(200, certificate(region, &clock, own)))
}

fn no_certificate() -> Refusal {
    not_found("Invalid Client Certificate identifier specified")
}

fn certificate(region: &Region, clock: &Clock, own: &ClientCertificate) -> Value {
    let mut shown = json!({
        "clientCertificateId": own.id,
        "pemEncodedCertificate": own.pem(clock.offset()),
        "createdDate": whole_seconds(clock.served(own.not_before)),
        "expirationDate": whole_seconds(clock.served(own.expiration())),
    });
    if let Some(description) = &own.description {
        shown["description"] = description.as_str().into();
    }
    put_tags(&mut shown, region.tags.get(&own.arn));
    shown
}

pub(super) fn generate_client_certificate(call: &mut Call<'_>) -> Result<Output, Refusal> {
    let tags = tags_of(&call.input["tags"])?;
    let description = call.text("description").map(str::to_owned);
    let region = call.home();
    if region.certificates.len() >= region.options.certificate_quota {
        let message = "Maximum number of client certificates for this account has been reached";
        return Err(Refusal::with_status(429, "LimitExceededException", message));
    }
    let id = call.world.generate_certificate(&call.key.account, call.region, tags);
    let clock = call.world.clock.clone();
    let region = call.home();
    region.certificates.get_mut(&id).expect("it was just generated").description = description;
    Ok(Output::Json(201, certificate(region, &clock, &region.certificates[&id])))
}

pub(super) fn delete_client_certificate(call: &mut Call<'_>) -> Result<Output, Refusal> {
    let id = call.required("clientCertificateId")?.to_owned();
    let region = call.home();
    if !region.certificates.contains_key(&id) {
        return Err(no_certificate());
    }
    // API Gateway's behavior here is undocumented; `World::delete_certificate` leaves the ID
    // dangling.
    if region.stages().any(|(_, stage)| stage.state.certificate.as_ref() == Some(&id)) {
        return Err(Refusal::with_status(
            409,
            "ConflictException",
            "The client certificate is attached to a stage",
        ));
    }
    call.world.delete_certificate(&call.key.account, call.region, &id);
    Ok(Output::Json(202, Value::Null))
}

pub(super) fn tag_resource(call: &mut Call<'_>) -> Result<Output, Refusal> {
    let arn = call.required("resourceArn")?.to_owned();
    let tags = tags_of(&call.input["tags"])?;
    let region = call.home();
    ensure_taggable(region, &arn)?;
    let merged =
        region.tags.get(&arn).map_or(0, |own| own.keys().filter(|key| !tags.contains_key(*key)).count());
    if merged + tags.len() > 50 {
        return Err(Refusal::with_status(429, "LimitExceededException", "A resource has 50 tags at most"));
    }
    let tags: Vec<(&str, &str)> = tags.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    let events = call.world.tag(&call.key.account, call.region, &arn, &tags);
    call.world.pending.extend(events);
    Ok(Output::Json(204, Value::Null))
}

pub(super) fn untag_resource(call: &mut Call<'_>) -> Result<Output, Refusal> {
    let arn = call.required("resourceArn")?.to_owned();
    let keys: Vec<String> = call.required("tagKeys")?.split('\n').map(str::to_owned).collect();
    ensure_taggable(call.home(), &arn)?;
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    let events = call.world.untag(&call.key.account, call.region, &arn, &keys);
    call.world.pending.extend(events);
    Ok(Output::Json(204, Value::Null))
}

fn ensure_taggable(region: &Region, arn: &str) -> Result<(), Refusal> {
    let exists = region.stage(arn).is_some()
        || region.apis.values().any(|api| api.arn == arn)
        || region.certificates.values().any(|own| own.arn == arn);
    if exists { Ok(()) } else { Err(not_found("Invalid resource ARN specified")) }
}

fn tags_of(value: &Value) -> Result<Tags, Refusal> {
    if value.is_null() {
        return Ok(Tags::new());
    }
    let tags: Tags = serde_json::from_value(value.clone()).map_err(|_| bad_request("Invalid tags"))?;
    let fits = |(key, value): (&String, &String)| {
        let allowed = |text: &str| {
            text.chars().all(|c| c.is_alphanumeric() || c.is_whitespace() || "_.:/=+-@".contains(c))
        };
        (1..=128).contains(&key.chars().count())
            && value.chars().count() <= 256
            && !key.starts_with("aws:")
            && allowed(key)
            && allowed(value)
    };
    if tags.len() > 50 {
        return Err(Refusal::with_status(429, "LimitExceededException", "A resource has 50 tags at most"));
    }
    if tags.iter().all(fits) { Ok(tags) } else { Err(bad_request("Invalid tags")) }
}

pub(super) fn put_tags(shown: &mut Value, tags: Option<&Tags>) {
    if let Some(tags) = tags.filter(|tags| !tags.is_empty()) {
        shown["tags"] = json!(tags);
    }
}

/// Whole seconds, as the control plane returns them.
pub(super) fn whole_seconds(at: jiff::Timestamp) -> Value {
    at.as_second().into()
}
