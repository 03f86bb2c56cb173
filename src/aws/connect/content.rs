//! Requests whose response is returned as it is: one kind of call for many operations, which adds
//! little to the function's zip.

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::body::SdkBody;

use crate::aws::connect::form::Form;
use crate::aws::connect::rate_limit::RateLimiter;
pub(crate) use crate::aws::connect::response::Content;
use crate::aws::connect::response::{json_content, xml_content};
use crate::aws::connect::service::{Operation, Service, ServiceResult, post};

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
