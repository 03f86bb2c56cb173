//! Custom domain names in API Gateway's version 2, which has no private ones: their mappings and
//! routing rules.

use serde_json::{Value, json};

use super::Call;
use super::apigateway::{bad_request, put_tags};
use super::apigatewayv2::max_results;
use super::domains::{domain, put, put_stage};
use super::listing::page;
use crate::front_door::domains::{DomainName, RoutingRule};
use crate::model::Region;
use crate::wire::{Output, Refusal};

pub(super) fn get_domain_names(call: &mut Call<'_>) -> Result<Output, Refusal> {
    let limit = max_results(call)?;
    let region = call.home();
    let public = region.front_door.domains.values().filter(|domain| domain.id.is_none());
    let all = public.map(|domain| (domain.name.clone(), shown(region, domain))).collect();
    listed(call, "GetDomainNames v2", "items", limit, all)
}

pub(super) fn get_api_mappings(call: &mut Call<'_>) -> Result<Output, Refusal> {
    let limit = max_results(call)?;
    let name = call.required("DomainName")?.to_owned();
    let region = call.home();
    let options = &region.front_door.options;
    let domain = domain(region, &name, "")?;
    if options.v2_refuses_edge && domain.endpoint_type == "EDGE" {
        return Err(bad_request("Only regional domain names can be managed through the API Gateway V2 API"));
    }
    let shown = domain.mappings.iter().map(|mapping| {
        let mut value =
            json!({"apiId": mapping.api, "apiMappingId": mapping.id, "apiMappingKey": mapping.key});
        put_stage(&mut value, mapping, options.no_stage);
        (mapping.id.clone(), value)
    });
    let mut all: Vec<_> = shown.collect();
    all.sort_by(|(one, _), (other, _)| one.cmp(other));
    listed(call, &format!("GetApiMappings {name}"), "items", limit, all)
}

pub(super) fn list_routing_rules(call: &mut Call<'_>) -> Result<Output, Refusal> {
    let limit = max_results(call)?;
    if limit > 100 {
        return Err(bad_request("maxResults must be between 1 and 100"));
    }
    let name = call.required("DomainName")?.to_owned();
    let id = call.text("domainNameId").unwrap_or_default().to_owned();
    let region = call.home();
    let domain = domain(region, &name, &id)?;
    let mut all: Vec<_> = domain
        .rules
        .iter()
        .map(|rule| (format!("{:08} {}", rule.priority, rule.id), shown_rule(domain, rule)))
        .collect();
    all.sort_by(|(one, _), (other, _)| one.cmp(other));
    listed(call, &format!("ListRoutingRules {name} {id}"), "routingRules", limit, all)
}

fn listed(
    call: &mut Call<'_>,
    query: &str,
    name: &str,
    limit: usize,
    all: Vec<(String, Value)>,
) -> Result<Output, Refusal> {
    let token = call.text("nextToken").map(str::to_owned);
    let page = page(call, query, token, limit, all, bad_request("Invalid nextToken"))?;
    let mut response = json!({ name: page.items });
    put(&mut response, "nextToken", page.next);
    Ok(Output::Json(200, response))
}

fn shown_rule(domain: &DomainName, rule: &RoutingRule) -> Value {
    let mut conditions = Vec::new();
    if !rule.base_paths.is_empty() {
        conditions.push(json!({"matchBasePaths": {"anyOf": rule.base_paths}}));
    }
    if !rule.headers.is_empty() {
        let headers = rule.headers.iter();
        let headers: Vec<Value> =
            headers.map(|(header, glob)| json!({"header": header, "valueGlob": glob})).collect();
        conditions.push(json!({"matchHeaders": {"anyOf": headers}}));
    }
    json!({
        "routingRuleId": rule.id,
        "routingRuleArn": format!("{}/routingrules/{}", domain.arn, rule.id),
        "priority": rule.priority,
        "conditions": conditions,
        "actions": [{"invokeApi": {
            "apiId": rule.api,
            "stage": rule.stage,
            "stripBasePath": rule.strip_base_path,
        }}],
    })
}

fn shown(region: &Region, domain: &DomainName) -> Value {
    let target = format!("d-{:.10}", domain.name.replace('.', "x"));
    let mut configuration = json!({
        "apiGatewayDomainName": format!("{target}.execute-api.{}.amazonaws.com", region.name),
        "domainNameStatus": domain.status,
        "endpointType": domain.endpoint_type,
        "hostedZoneId": "Z1UJRXOUMOOFQ8",
    });
    for (name, value) in [
        ("certificateArn", domain.certificate.clone()),
        ("domainNameStatusMessage", domain.status_message.clone()),
        ("ownershipVerificationCertificateArn", domain.ownership_certificate.clone()),
        ("securityPolicy", domain.security_policy.clone()),
        ("ipAddressType", domain.ip_address_type.clone()),
    ] {
        put(&mut configuration, name, value);
    }
    let mut shown = json!({
        "domainName": domain.name,
        "domainNameArn": domain.arn,
        "apiMappingSelectionExpression": "$request.basepath",
        "domainNameConfigurations": [configuration],
    });
    put(&mut shown, "routingMode", domain.routing_mode.clone());
    if let Some(own) = &domain.mutual_tls {
        shown["mutualTlsAuthentication"] = json!({
            "truststoreUri": own.truststore_uri,
            "truststoreWarnings": own.truststore_warnings,
        });
        put(&mut shown["mutualTlsAuthentication"], "truststoreVersion", own.truststore_version.clone());
    }
    put_tags(&mut shown, region.tags.get(&domain.arn));
    shown
}
