//! `TestInvokeMethod`: API Gateway calls the backend of a method, and returns the execution log.

use serde_json::{Value, json};

use super::Call;
use super::apigateway::{api, not_found};
use super::resources::find_method;
use crate::options::Backend;
use crate::wire::{Output, Refusal};

/// The time at the start of each line of a log.
const TIME: &str = "Mon Nov 30 10:00:00 UTC 2026 : ";

pub(super) fn test_invoke_method(call: &mut Call<'_>) -> Result<Output, Refusal> {
    let id = call.required("restApiId")?.to_owned();
    let (resource, method) =
        (call.required("resourceId")?.to_owned(), call.required("httpMethod")?.to_owned());
    let certificate = call.text("clientCertificateId").map(ToOwned::to_owned);
    let path = call.text("pathWithQueryString").unwrap_or("/").to_owned();
    let region = call.home();
    let api = api(region, &id)?;
    // UNVERIFIED: that a method is found by its name if the resource has only ANY.
    let found = find_method(api, &resource, &method).or_else(|_| find_method(api, &resource, "ANY"));
    let integration = found?["methodIntegration"].clone();
    let known = |id: &String| region.certificates.contains_key(id);
    if certificate.as_ref().is_some_and(|id| !id.starts_with("arn:") && !known(id)) {
        return Err(not_found("Invalid Client Certificate identifier specified"));
    }
    let is_http = integration["type"].as_str().is_some_and(|kind| kind.starts_with("HTTP"));
    let backend = if is_http { &region.options.backend } else { &Backend::Open };
    Ok(Output::Json(200, response(backend, certificate.as_deref(), &method, &path)))
}

/// The response, in which the log has the lines of a real one.
fn response(backend: &Backend, certificate: Option<&str>, method: &str, path: &str) -> Value {
    let accepts =
        |accepted: &std::collections::BTreeSet<String>| certificate.is_some_and(|id| accepted.contains(id));
    let ok = Ok((200, "{\"ok\": true}"));
    let answer = match backend {
        Backend::Open => ok,
        Backend::Nginx(accepted) | Backend::Handshake(accepted) if accepts(accepted) => ok,
        Backend::Nginx(_) if certificate.is_some() => Ok((400, "The SSL certificate error")),
        Backend::Nginx(_) => Ok((400, "<title>400 No required SSL certificate was sent</title>")),
        Backend::Handshake(_) => Err("Received fatal alert: handshake_failure"),
        Backend::Status(status) => Ok((*status, "{}")),
        Backend::Down => Err("Network error communicating with endpoint"),
    };
    let mut lines = vec![
        format!("HTTP Method: {method}, Resource Path: {path}"),
        "Sending request to https://backend.example.com/".to_owned(),
    ];
    let (status, body) = answer.unwrap_or((500, "{\"message\": \"Internal server error\"}"));
    match answer {
        Ok((status, body)) => lines.extend([
            format!("Received response. Status: {status}, Integration latency: 12 ms"),
            format!("Endpoint response body before transformations: {body}"),
            "Successfully completed execution".to_owned(),
        ]),
        Err(error) => lines.push(format!("Execution failed due to configuration error: {error}")),
    }
    lines.push(format!("Method completed with status: {status}"));
    let log: String = lines.iter().map(|line| format!("{TIME}{line}\n")).collect();
    json!({
        "status": status,
        "body": body,
        "headers": {"Content-Type": "application/json"},
        "multiValueHeaders": {"Content-Type": ["application/json"]},
        "log": format!("Execution log for request test-request\n{log}"),
        "latency": 12,
    })
}
