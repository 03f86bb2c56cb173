//! What Config records besides stages: APIs, integrations of V2 APIs, and custom domain names.

use serde_json::{Map, Value, json};

use crate::front_door::ConfigDomainNames;
use crate::items::text;
use crate::model::{ApiKind, Region};

pub(super) const REST_API: &str = "AWS::ApiGateway::RestApi";
pub(super) const V2_API: &str = "AWS::ApiGatewayV2::Api";
pub(super) const V2_INTEGRATION: &str = "AWS::ApiGatewayV2::Integration";
pub(super) const DOMAIN_NAME: &str = "AWS::ApiGateway::DomainName";

pub(super) fn rest_apis(region: &Region) -> Box<dyn Iterator<Item = (String, Value)> + '_> {
    let apis = region.apis.values().filter(|api| api.kind == ApiKind::Rest);
    Box::new(apis.map(|api| {
        // Config's item has neither the policy nor the flag, and only the types of the endpoint.
        let configuration = json!({
            "name": api.name,
            "id": api.id,
            "createdDate": text(api.created),
            "endpointConfiguration": {"types": api.access.endpoint_types},
        });
        (api.arn.clone(), other(region, REST_API, &api.arn, &api.name, configuration))
    }))
}

pub(super) fn v2_apis(region: &Region) -> Box<dyn Iterator<Item = (String, Value)> + '_> {
    let apis = region.apis.values().filter(|api| api.kind != ApiKind::Rest);
    Box::new(apis.map(|api| {
        let protocol = if api.kind == ApiKind::Http { "HTTP" } else { "WEBSOCKET" };
        let configuration = json!({
            "name": api.name,
            "apiId": api.id,
            "protocolType": protocol,
            "disableExecuteApiEndpoint": api.access.disable_execute_api_endpoint,
            "createdDate": text(api.created),
            "tags": {"internalId": "fake_aws", "resourceArn": api.arn},
        });
        (api.arn.clone(), other(region, V2_API, &api.arn, &api.name, configuration))
    }))
}

pub(super) fn v2_integrations(region: &Region) -> Box<dyn Iterator<Item = (String, Value)> + '_> {
    let camel = region.options.integrations_in_camel_case;
    let spelled = move |name: &str| {
        if camel { format!("{}{}", name[..1].to_lowercase(), &name[1..]) } else { name.to_owned() }
    };
    let of_apis = region.apis.values().filter(|api| api.kind != ApiKind::Rest);
    Box::new(of_apis.flat_map(move |api| {
        api.integrations.iter().map(move |(integration, kind)| {
            let id = format!("{}|{integration}", api.id);
            let mut configuration = Map::new();
            configuration.insert(spelled("ApiId"), api.id.clone().into());
            configuration.insert(spelled("IntegrationId"), integration.clone().into());
            configuration.insert(spelled("IntegrationType"), kind.clone().into());
            let row = other(region, V2_INTEGRATION, &id, integration, configuration.into());
            (id, row)
        })
    }))
}

/// Domain names as CloudFormation writes them, if Config lists them.
pub(super) fn domain_names(region: &Region) -> Box<dyn Iterator<Item = (String, Value)> + '_> {
    let options = &region.front_door.options;
    let listed = options.config_domain_names != ConfigDomainNames::Unlisted;
    let domains = region.front_door.domains.values().filter(move |domain| listed && domain.id.is_none());
    let mut rows: Vec<(String, Value)> = domains
        .map(|domain| {
            let id = options.config_domain_names.id(domain);
            let mut configuration = json!({
                "DomainName": domain.name,
                "SecurityPolicy": domain.security_policy,
                "EndpointConfiguration": {"Types": [domain.endpoint_type]},
            });
            if let Some(own) = &domain.mutual_tls {
                configuration["MutualTlsAuthentication"] = json!({
                    "TruststoreUri": own.truststore_uri,
                    "TruststoreVersion": own.truststore_version,
                });
            }
            (id.to_owned(), other(region, DOMAIN_NAME, id, &domain.name, configuration))
        })
        .collect();
    rows.sort_by(|(one, _), (other, _)| one.cmp(other));
    Box::new(rows.into_iter())
}

/// The row of an API or domain name; `None` if Config has none.
pub(super) fn row(region: &Region, kind: &str, id: &str) -> Option<Value> {
    let options = &region.options;
    if options.unrecorded.contains(kind) || region.front_door.options.unlisted.contains(id) {
        return None;
    }
    let mut rows = match kind {
        REST_API => rest_apis(region),
        V2_API => v2_apis(region),
        DOMAIN_NAME => domain_names(region),
        _ => return None,
    };
    rows.find(|(of, _)| of == id).map(|(_, row)| row)
}

fn other(region: &Region, kind: &str, id: &str, name: &str, configuration: Value) -> Value {
    json!({
        "resourceId": id,
        "resourceType": kind,
        "resourceName": name,
        "accountId": region.account,
        "awsRegion": region.name,
        "configurationItemStatus": "OK",
        "configuration": configuration,
        "supplementaryConfiguration": {},
    })
}
