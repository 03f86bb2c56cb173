//! Requests to API Gateway: single resources and lists, as JSON. The SDK's crate would add 20 to
//! 40 kB to the function for each operation.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::Failure;
use crate::aws::LiveAccount;
use crate::aws::connect::call::Call;
use crate::aws::connect::page_tokens::PageTokens;
use crate::aws::connect::service_endpoint::{API_GATEWAY, ServiceName};

/// The error code for a resource that does not exist.
const NOT_FOUND: &str = "NotFoundException";

/// The form of the lists in one of API Gateway's two APIs.
#[derive(Clone, Copy, Debug)]
pub(in crate::aws) struct ListForm {
    pub(in crate::aws) service: ServiceName,
    /// The parameter with the size of a page, at its maximum (botocore).
    page_size: &'static str,
    /// The field with the items.
    items: &'static str,
    /// The field with the token of the next page, which is also the name of the parameter.
    token: &'static str,
}

/// The form of API Gateway's first API.
pub(in crate::aws) const V1: ListForm =
    ListForm { service: API_GATEWAY, page_size: "limit=500", items: "item", token: "position" };

/// The form of API Gateway's second API.
pub(in crate::aws) const V2: ListForm = ListForm {
    service: crate::aws::connect::service_endpoint::API_GATEWAY_V2,
    page_size: "maxResults=500",
    items: "items",
    token: "nextToken",
};

/// The form of `ListRoutingRules`.
pub(in crate::aws) const ROUTING_RULES: ListForm =
    ListForm { page_size: "maxResults=100", items: "routingRules", ..V2 };

impl LiveAccount {
    /// A resource of API Gateway; `None` if it does not exist. The parts of `path` must already be
    /// percent-encoded.
    pub(in crate::aws) async fn gateway_resource(
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
    pub(in crate::aws) async fn gateway_list(
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
pub(in crate::aws) fn parsed<T: DeserializeOwned>(call: &Call<'_>, item: Value) -> Result<T, Failure> {
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

/// The text percent-encoded for a path segment or a query: all but unreserved characters (RFC
/// 3986).
pub(crate) fn escaped(text: &str) -> String {
    const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
    utf8_percent_encode(text, ESCAPED).to_string()
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn only_unreserved_characters_are_not_encoded() {
        assert_eq!(escaped("v1.0_a-b~"), "v1.0_a-b~");
        assert_eq!(escaped("$default/../x?y=1&z"), "%24default%2F..%2Fx%3Fy%3D1%26z");
    }
}
