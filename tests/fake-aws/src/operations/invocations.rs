//! `TestInvokeMethod`: API Gateway calls the backend of a method, and returns the execution log.

use serde_json::{Value, json};

use super::Call;
use super::apigateway::{api, not_found};
use super::resources::find_method;
use crate::gateway::{Answer, BackendRequest, BackendResponse};
use crate::options::Backend;
use crate::wire::{Output, Protocol, Refusal, Reply};

/// The time at the start of each line of a log.
const TIME: &str = "Mon Nov 30 10:00:00 UTC 2026 : ";

pub(super) fn test_invoke_method(call: &mut Call<'_>) -> Result<Output, Refusal> {
    let id = call.required("restApiId")?.to_owned();
    let (resource, method) =
        (call.required("resourceId")?.to_owned(), call.required("httpMethod")?.to_owned());
    let certificate = call.text("clientCertificateId").map(ToOwned::to_owned);
    let path = call.text("pathWithQueryString").unwrap_or("/").to_owned();
    let offset = call.world.clock.offset();
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
    if is_http && api.backend.is_some() {
        let certificate = certificate.as_ref().and_then(|id| region.certificates.get(id));
        let (url, ca) = (api.uri(&path), region.options.backend_ca.clone());
        let identity = certificate.map(|own| own.identity(offset));
        let request = BackendRequest { method: method.clone(), url, ca, identity };
        return Ok(Output::Invocation(Box::new(Invocation { request, method, path })));
    }
    let backend = if is_http { &region.options.backend } else { &Backend::Open };
    let answer = backend.answer(certificate.as_deref());
    Ok(Output::Json(200, response(&answer, "https://backend.example.com/", &method, &path)))
}

/// A call of a real backend.
#[derive(Debug)]
pub(crate) struct Invocation {
    request: BackendRequest,
    method: String,
    path: String,
}

impl Invocation {
    /// Calls the backend, and returns the reply with the execution log.
    pub(crate) async fn reply(self) -> Reply {
        let url = self.request.url.clone();
        let response = response(&self.request.send().await, &url, &self.method, &self.path);
        Reply::of(Protocol::Rest, Ok(Output::Json(200, response)))
    }
}

/// The response, in which the log has the lines of a real one.
fn response(answer: &Answer, url: &str, method: &str, path: &str) -> Value {
    let mut lines =
        vec![format!("HTTP Method: {method}, Resource Path: {path}"), format!("Sending request to {url}")];
    let failed = BackendResponse { status: 500, body: "{\"message\": \"Internal server error\"}".into() };
    let BackendResponse { status, body } = answer.as_ref().unwrap_or(&failed);
    match answer {
        Ok(BackendResponse { status, body }) => lines.extend([
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
