//! The responses of services, as they are.

use std::fmt;

use aws_smithy_runtime_api::client::orchestrator::{HttpResponse, OrchestratorError};

use crate::aws::connect::service_error::ServiceError;
use crate::resources::account_region::is_region;

/// A parsed response, or the service's error.
pub(crate) type Parsed<O> = Result<O, OrchestratorError<ServiceError>>;

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

/// The response of a service that sends JSON, or the error in it.
pub(super) fn json_content(_: &'static str, response: &HttpResponse) -> Parsed<Content> {
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

/// Returns the text of the first element with this name. An XML parser would add to the function's
/// zip, for one code without markup.
pub(crate) fn element(xml: &str, name: &str) -> Option<String> {
    let (_, rest) = xml.split_once(&format!("<{name}>"))?;
    rest.split_once("</").map(|(text, _)| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::element;

    #[test]
    fn an_error_has_a_code_and_a_message_if_the_body_is_xml() {
        let body = "<ErrorResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\"><Error><Type>Sender</Type>\
            <Code>NotFound</Code><Message>Topic does not exist</Message></Error></ErrorResponse>";
        assert_eq!(element(body, "Code").as_deref(), Some("NotFound"));
        assert_eq!(element(body, "Message").as_deref(), Some("Topic does not exist"));
        for body in ["", "<html>", "{}", "<Code>", "<Code/>"] {
            assert_eq!(element(body, "Code"), None, "{body}");
        }
    }
}
