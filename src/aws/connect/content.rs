//! Requests whose response is returned as it is: one kind of call for many operations, which adds
//! little to the function's zip.

use std::fmt;

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, OrchestratorError};
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::body::SdkBody;

use crate::aws::connect::form::{Form, element};
use crate::aws::connect::rate_limit::RateLimiter;
use crate::aws::connect::service::{Operation, Parsed, Service, ServiceError, ServiceResult, post};
use crate::resources::account_region::is_region;

/// A successful response.
pub(crate) struct Content {
    pub(crate) bytes: Vec<u8>,
    /// The version of an object in S3; `None` if its bucket has no versions.
    pub(crate) version: Option<String>,
    /// The Region of an object's bucket, if that is not the Region of the request: there are no
    /// bytes then.
    pub(crate) other_region: Option<String>,
}

/// Shows only the size: a response can contain secrets.
impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Content").field("bytes", &self.bytes.len()).finish_non_exhaustive()
    }
}

impl Service {
    /// Sends a `GET` request whose response is JSON; the parts of `path` must already be
    /// percent-encoded. Each attempt waits for the limiter.
    pub(crate) async fn get_json(
        &self,
        name: &'static str,
        path: &str,
        limiter: &RateLimiter,
    ) -> ServiceResult<Content> {
        // API Gateway answers in another form of JSON without the header.
        let request = get(path, ("accept", "application/json")).map_err(SdkError::construction_failure)?;
        self.invoke(name, request, json_content, Some(limiter)).await
    }

    /// Sends a request in the query protocol, whose response is XML.
    pub(crate) async fn post_form(&self, name: &'static str, form: Form) -> ServiceResult<Content> {
        let operation = Operation { name, path: "/", target: None };
        let body = form.into_bytes();
        let request = post(operation, self.name.media_type, body).map_err(SdkError::construction_failure)?;
        self.invoke(name, request, xml_content, None).await
    }

    /// Reads at most `max_bytes` of an object in S3; the parts of `path` must already be
    /// percent-encoded.
    pub(crate) async fn get_object(&self, path: &str, max_bytes: usize) -> ServiceResult<Content> {
        let range = format!("bytes=0-{}", max_bytes.saturating_sub(1));
        let request = get(path, ("range", &range)).map_err(SdkError::construction_failure)?;
        self.invoke(GET_OBJECT, request, xml_content, None).await
    }
}

pub(crate) const GET_OBJECT: &str = "GetObject";

fn get(path: &str, (name, value): (&'static str, &str)) -> Result<HttpRequest, BoxError> {
    let mut request = HttpRequest::new(SdkBody::empty());
    request.set_method("GET")?;
    request.set_uri(path)?;
    request.headers_mut().insert(name, value.to_owned());
    Ok(request)
}

fn json_content(_: &'static str, response: &HttpResponse) -> Parsed<Content> {
    if response.status().is_success() {
        return Ok(content(response));
    }
    let kind = response.headers().get("x-amzn-errortype");
    let body = response.body().bytes().unwrap_or_default();
    Err(OrchestratorError::operation(ServiceError::parse(kind, body)))
}

/// The response of a service that sends XML, or the error in it. An error without a code, such as
/// that of a proxy, has the status as its code.
pub(super) fn xml_content(_: &'static str, response: &HttpResponse) -> Parsed<Content> {
    let status = response.status();
    if status.is_success() {
        return Ok(content(response));
    }
    let region = response.headers().get("x-amz-bucket-region");
    if let Some(region) =
        region.filter(|region| matches!(status.as_u16(), 301 | 307 | 400) && is_region(region))
    {
        let other_region = Some(region.to_owned());
        return Ok(Content { bytes: Vec::new(), version: None, other_region });
    }
    let body = response.body().bytes().unwrap_or_default();
    let text = std::str::from_utf8(body).unwrap_or_default();
    let code = element(text, "Code").unwrap_or_else(|| format!("status {}", status.as_u16()));
    Err(OrchestratorError::operation(ServiceError::new(Some(code), element(text, "Message"))))
}

fn content(response: &HttpResponse) -> Content {
    let bytes = response.body().bytes().unwrap_or_default().to_vec();
    let version = response.headers().get("x-amz-version-id").filter(|version| *version != "null");
    Content { bytes, version: version.map(ToOwned::to_owned), other_region: None }
}
