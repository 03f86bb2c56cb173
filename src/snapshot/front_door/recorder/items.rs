//! The items of a snapshot from the values that were read.

use serde_json::{Value, json};

use crate::resources::api::{Api, EndpointConfiguration, RestApiItem, V2ApiItem};
use crate::resources::trust_store::Crl;
use crate::snapshot::front_door::RevocationList;

pub(super) fn rest_item(api: &Api) -> RestApiItem {
    RestApiItem {
        id: api.arn.id().to_owned(),
        name: api.name.clone(),
        disable_execute_api_endpoint: api.disables_default_endpoint,
        endpoint_configuration: EndpointConfiguration {
            types: api.endpoint_types.clone(),
            vpc_endpoint_ids: Vec::new(),
        },
        policy: api.policy.as_deref().map(escaped),
    }
}

pub(super) fn v2_item(api: &Api, protocol: &str) -> V2ApiItem {
    V2ApiItem {
        api_id: api.arn.id().to_owned(),
        name: api.name.clone(),
        protocol_type: protocol.to_owned(),
        disable_execute_api_endpoint: api.disables_default_endpoint,
    }
}

/// A policy as API Gateway returns it: the content of a JSON string.
pub(in crate::snapshot) fn escaped(policy: &str) -> String {
    let quoted = Value::from(policy).to_string();
    quoted.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(&quoted).to_owned()
}

pub(super) fn row((name, id): (&String, &String)) -> Value {
    json!({
        "resourceId": id,
        "resourceType": "AWS::ApiGateway::DomainName",
        "configuration": {"DomainName": name},
    })
}

pub(super) fn revocation_list(list: &Crl) -> RevocationList {
    RevocationList { revocation_id: list.id.clone(), content: None, next_update: list.next_update }
}

/// Adds the items that a list doesn't have yet.
pub(super) fn add<T: Clone + PartialEq>(list: &mut Option<Vec<T>>, items: &[T]) {
    let list = list.get_or_insert_default();
    for item in items {
        if !list.contains(item) {
            list.push(item.clone());
        }
    }
}
