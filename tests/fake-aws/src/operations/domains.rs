//! Custom domain names in API Gateway's version 1: the only version with private ones.

use serde_json::{Value, json};

use super::Call;
use super::apigateway::{bad_request, not_found, put_tags};
use super::listing::page;
use crate::front_door::NoStage;
use crate::front_door::domains::{DomainName, Mapping};
use crate::model::Region;
use crate::wire::{Output, Refusal};

pub(super) fn get_domain_names(call: &mut Call<'_>) -> Result<Output, Refusal> {
    let owner = owner(call)?;
    let region = call.home();
    let own = region.front_door.domains.values().filter(|_| owner == "SELF");
    let all = own.map(|domain| (position(domain), shown(region, domain))).collect();
    listed(call, &format!("GetDomainNames {owner}"), all)
}

pub(super) fn get_domain_name(call: &mut Call<'_>) -> Result<Output, Refusal> {
    let (name, id) = asked(call)?;
    let region = call.home();
    Ok(Output::Json(200, shown(region, domain(region, &name, &id)?)))
}

pub(super) fn get_access_associations(call: &mut Call<'_>) -> Result<Output, Refusal> {
    let owner = owner(call)?;
    let own = call.home().front_door.associations.values().filter(|_| owner == "SELF");
    let shown = own.map(|association| {
        let value = json!({
            "domainNameAccessAssociationArn": association.arn,
            "domainNameArn": association.domain_arn,
            "accessAssociationSource": association.endpoint,
            "accessAssociationSourceType": "VPCE",
        });
        (association.arn.clone(), value)
    });
    let all = shown.collect();
    listed(call, &format!("GetDomainNameAccessAssociations {owner}"), all)
}

pub(super) fn get_base_path_mappings(call: &mut Call<'_>) -> Result<Output, Refusal> {
    let (name, id) = asked(call)?;
    let region = call.home();
    let options = &region.front_door.options;
    let shows = |mapping: &&Mapping| !(options.v1_hides_multi_level && mapping.key.contains('/'));
    let mappings = domain(region, &name, &id)?.mappings.iter().filter(shows);
    let shown = mappings.map(|mapping| {
        let path = if mapping.key.is_empty() { "(none)" } else { &mapping.key };
        let mut value = json!({"basePath": path, "restApiId": mapping.api});
        put_stage(&mut value, mapping, options.no_stage);
        (mapping.id.clone(), value)
    });
    let mut all: Vec<_> = shown.collect();
    all.sort_by(|(one, _), (other, _)| one.cmp(other));
    listed(call, &format!("GetBasePathMappings {name} {id}"), all)
}

/// Writes a mapping's stage, in the form of mappings without one if it has none.
pub(super) fn put_stage(shown: &mut Value, mapping: &Mapping, no_stage: NoStage) {
    match (&mapping.stage, no_stage) {
        (Some(stage), _) => shown["stage"] = stage.as_str().into(),
        (None, NoStage::Absent) => {}
        (None, NoStage::Empty) => shown["stage"] = "".into(),
        (None, NoStage::None) => shown["stage"] = "(none)".into(),
    }
}

/// The domain name with this name and ID (empty for a public one).
pub(super) fn domain<'r>(region: &'r Region, name: &str, id: &str) -> Result<&'r DomainName, Refusal> {
    let key = (name.to_owned(), id.to_owned());
    let found = region.front_door.domains.get(&key);
    found.ok_or_else(|| not_found("Invalid domain name identifier specified"))
}

/// The inside of a JSON text, with escaped slashes: the form in which AWS returns policies.
pub(super) fn escaped_policy(policy: &str) -> String {
    let quoted = Value::from(policy).to_string();
    quoted[1..quoted.len() - 1].replace('/', "\\/")
}

fn asked(call: &Call<'_>) -> Result<(String, String), Refusal> {
    Ok((call.required("domainName")?.to_owned(), call.text("domainNameId").unwrap_or_default().to_owned()))
}

/// No domain name is shared with another account.
fn owner(call: &Call<'_>) -> Result<String, Refusal> {
    match call.text("resourceOwner").unwrap_or("SELF") {
        owner @ ("SELF" | "OTHER_ACCOUNTS") => Ok(owner.into()),
        other => Err(bad_request(format!("Invalid resource owner {other}"))),
    }
}

fn position(domain: &DomainName) -> String {
    format!("{} {}", domain.name, domain.id.as_deref().unwrap_or_default())
}

fn listed(call: &mut Call<'_>, query: &str, all: Vec<(String, Value)>) -> Result<Output, Refusal> {
    let limit = super::apigateway::limit(call)?;
    let position = call.text("position").map(str::to_owned);
    let page = page(call, query, position, limit, all, bad_request("Invalid position parameter"))?;
    let mut response = json!({ "item": page.items });
    if let Some(next) = page.next {
        response["position"] = next.into();
    }
    Ok(Output::Json(200, response))
}

fn shown(region: &Region, domain: &DomainName) -> Value {
    let policy = |policy: &Option<String>| match policy {
        Some(policy) if region.front_door.options.plain_domain_policies => Some(policy.clone()),
        policy => policy.as_deref().map(escaped_policy),
    };
    let target = format!("d-{:.10}", domain.name.replace('.', "x"));
    let mut endpoint = json!({"types": [domain.endpoint_type]});
    put(&mut endpoint, "ipAddressType", domain.ip_address_type.clone());
    let mut shown = json!({
        "domainName": domain.name,
        "domainNameArn": domain.arn,
        "domainNameStatus": domain.status,
        "endpointConfiguration": endpoint,
    });
    match domain.endpoint_type.as_str() {
        "REGIONAL" => {
            shown["regionalDomainName"] =
                format!("{target}.execute-api.{}.amazonaws.com", region.name).into();
            shown["regionalHostedZoneId"] = "Z1UJRXOUMOOFQ8".into();
            put(&mut shown, "regionalCertificateArn", domain.certificate.clone());
        }
        "EDGE" => {
            shown["distributionDomainName"] = format!("{target}.cloudfront.net").into();
            shown["distributionHostedZoneId"] = "Z2FDTNDATAQYW2".into();
            put(&mut shown, "certificateArn", domain.certificate.clone());
        }
        _ => put(&mut shown, "certificateArn", domain.certificate.clone()),
    }
    for (name, value) in [
        ("domainNameId", domain.id.clone()),
        ("domainNameStatusMessage", domain.status_message.clone()),
        ("ownershipVerificationCertificateArn", domain.ownership_certificate.clone()),
        ("securityPolicy", domain.security_policy.clone()),
        ("endpointAccessMode", domain.endpoint_access_mode.clone()),
        ("routingMode", domain.routing_mode.clone()),
        ("policy", policy(&domain.policy)),
        ("managementPolicy", policy(&domain.management_policy)),
    ] {
        put(&mut shown, name, value);
    }
    if let Some(own) = &domain.mutual_tls {
        let mut mutual_tls = json!({"truststoreUri": own.truststore_uri});
        put(&mut mutual_tls, "truststoreVersion", own.truststore_version.clone());
        if !own.truststore_warnings.is_empty() {
            mutual_tls["truststoreWarnings"] = json!(own.truststore_warnings);
        }
        shown["mutualTlsAuthentication"] = mutual_tls;
    }
    put_tags(&mut shown, region.tags.get(&domain.arn));
    shown
}

/// Sets a member, if there is a value.
pub(super) fn put(shown: &mut Value, name: &str, value: Option<String>) {
    if let Some(value) = value {
        shown[name] = value.into();
    }
}
