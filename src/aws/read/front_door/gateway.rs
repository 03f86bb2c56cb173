//! Requests to API Gateway: single resources and lists.

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::Failure;
use crate::aws::LiveAccount;
use crate::aws::connect::call::Call;
use crate::aws::connect::page_tokens::PageTokens;
use crate::aws::connect::service_endpoint::{API_GATEWAY, ServiceName};
use crate::aws::read::live_stages::escaped;

/// The error code for a resource that does not exist.
const NOT_FOUND: &str = "NotFoundException";

/// The form of the lists in one of API Gateway's two APIs.
#[derive(Clone, Copy, Debug)]
pub(super) struct ListForm {
    pub(super) service: ServiceName,
    /// The parameter with the size of a page, at its maximum (botocore).
    page_size: &'static str,
    /// The field with the items.
    items: &'static str,
    /// The field with the token of the next page, which is also the name of the parameter.
    token: &'static str,
}

/// The form of API Gateway's first API.
pub(super) const V1: ListForm =
    ListForm { service: API_GATEWAY, page_size: "limit=500", items: "item", token: "position" };

/// The form of API Gateway's second API.
pub(super) const V2: ListForm = ListForm {
    service: crate::aws::connect::service_endpoint::API_GATEWAY_V2,
    page_size: "maxResults=500",
    items: "items",
    token: "nextToken",
};

/// The form of `ListRoutingRules`.
pub(super) const ROUTING_RULES: ListForm =
    ListForm { page_size: "maxResults=100", items: "routingRules", ..V2 };

impl LiveAccount {
    /// A resource of API Gateway; `None` if it does not exist. The parts of `path` must already be
    /// percent-encoded.
    pub(super) async fn gateway_resource(
        &self,
        call: &Call<'_>,
        service: ServiceName,
        path: &str,
    ) -> Result<Option<Value>, Failure> {
        let service = self.clients.apigateway_v2.of(service);
        let sent = service.get_json(call.operation, path, &self.clients.apigateway_limiter);
        let content = match call.send(sent).await {
            Ok(content) => content,
            Err(failure) if failure.code() == Some(NOT_FOUND) => return Ok(None),
            Err(failure) => return Err(failure),
        };
        let value: Value = serde_json::from_slice(&content.bytes).map_err(|error| {
            // Only the position: the text of the response must not reach a log.
            let (line, column) = (error.line(), error.column());
            call.invalid_response(format!("invalid response: line {line}, column {column}"))
        })?;
        if value.is_object() { Ok(Some(value)) } else { Err(call.invalid_response(UNEXPECTED.into())) }
    }

    /// All items of a list of API Gateway; `None` if what it belongs to does not exist. `query`
    /// has further parameters, each after a `&`.
    pub(super) async fn gateway_list(
        &self,
        call: &Call<'_>,
        form: ListForm,
        path: &str,
        query: &str,
    ) -> Result<Option<Vec<Value>>, Failure> {
        let ListForm { service, page_size, items, token } = form;
        let first = format!("{path}?{page_size}{query}");
        let (mut found, mut tokens, mut page) = (Vec::new(), PageTokens::default(), first.clone());
        loop {
            let Some(mut listed) = self.gateway_resource(call, service, &page).await? else {
                return Ok(None);
            };
            match listed.get_mut(items).map(Value::take) {
                Some(Value::Array(items)) => found.extend(items),
                None | Some(Value::Null) => {}
                Some(_) => return Err(call.invalid_response(UNEXPECTED.into())),
            }
            let next = listed.get(token).and_then(Value::as_str).filter(|token| !token.is_empty());
            tokens.add(next).map_err(|problem| call.invalid_response(problem))?;
            let Some(next) = next else { return Ok(Some(found)) };
            page = format!("{first}&{token}={}", escaped(next));
        }
    }
}

const UNEXPECTED: &str = "invalid response: not the expected JSON";

/// The item as a value. Null counts as absent.
pub(super) fn parsed<T: DeserializeOwned>(call: &Call<'_>, item: Value) -> Result<T, Failure> {
    // The text of the response must not reach a log.
    serde_json::from_value(without_nulls(item)).map_err(|_| call.invalid_response(UNEXPECTED.into()))
}

fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let fields = fields.into_iter().filter(|(_, field)| !field.is_null());
            Value::Object(fields.map(|(name, field)| (name, without_nulls(field))).collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(without_nulls).collect()),
        other => other,
    }
}
