//! The query protocol with responses that are parsed.

use std::fmt::Debug;

use aws_smithy_runtime_api::client::orchestrator::{HttpResponse, OrchestratorError};
use aws_smithy_runtime_api::client::result::SdkError;
use serde::Deserialize;
use serde::de::DeserializeOwned;

pub(crate) use crate::aws::connect::form::Form;
use crate::aws::connect::service::{Operation, Parsed, Service, ServiceError, ServiceResult, post};

impl Form {
    /// Adds a list as `NAME.member.1` and so on.
    #[must_use]
    pub(crate) fn with_list<'v>(self, name: &str, values: impl IntoIterator<Item = &'v str>) -> Self {
        let numbered = values.into_iter().enumerate();
        numbered.fold(self, |form, (at, value)| form.with(&format!("{name}.member.{}", at + 1), value))
    }
}

/// A list in a response.
#[derive(Debug, Deserialize)]
pub(crate) struct Members<T> {
    #[serde(default = "Vec::new")]
    pub(crate) member: Vec<T>,
}

impl<T> Default for Members<T> {
    fn default() -> Self {
        Self { member: Vec::new() }
    }
}

impl Service {
    /// Sends a request in the query protocol.
    pub(crate) async fn query<O>(&self, name: &'static str, form: Form) -> ServiceResult<O>
    where
        O: DeserializeOwned + Debug + Send + Sync + 'static,
    {
        let operation = Operation { name, path: "/", target: None };
        let body = form.into_bytes();
        let request = post(operation, self.name.media_type, body).map_err(SdkError::construction_failure)?;
        self.invoke(name, request, parse_response, None).await
    }
}

/// The response's XML as a value, or the error in it.
fn parse_response<O: DeserializeOwned>(name: &'static str, response: &HttpResponse) -> Parsed<O> {
    let body = response.body().bytes().unwrap_or_default();
    if !response.status().is_success() {
        return Err(OrchestratorError::operation(parse_error(body)));
    }
    let text = std::str::from_utf8(body).ok();
    // The text of the response must not reach a log.
    let value = text.and_then(|text| quick_xml::de::from_str(text).ok());
    value.ok_or_else(|| OrchestratorError::other(format!("invalid response to {name}: not the expected XML")))
}

fn parse_error(body: &[u8]) -> ServiceError {
    #[derive(Default, Deserialize)]
    #[serde(rename_all = "PascalCase", default)]
    struct ErrorResponse {
        error: ErrorElement,
    }
    #[derive(Default, Deserialize)]
    #[serde(rename_all = "PascalCase", default)]
    struct ErrorElement {
        code: Option<String>,
        message: Option<String>,
    }
    let text = std::str::from_utf8(body).unwrap_or_default();
    let ErrorResponse { error } = quick_xml::de::from_str(text).unwrap_or_default();
    ServiceError::new(error.code, error.message)
}

#[cfg(test)]
mod tests {
    use aws_smithy_types::error::metadata::ProvideErrorMetadata;

    use super::*;

    #[test]
    fn a_form_is_encoded() {
        let form = Form::new("ListStackSets", "2010-05-15").with("A", "a b&c=ü/~").with_some("B", None);
        let form = form.with_list("Regions", ["eu-west-1", "us-east-1"]);
        assert_eq!(
            form.0,
            "Action=ListStackSets&Version=2010-05-15&A=a%20b%26c%3D%C3%BC%2F~&Regions.member.1=eu-west-1&Regions.member.2=us-east-1"
        );
    }

    #[test]
    fn an_error_has_a_code_and_a_message_if_the_body_is_xml() {
        let body = "<ErrorResponse xmlns=\"http://x/\"><Error><Type>Sender</Type><Code>Throttling</Code>\
            <Message>Rate &lt;exceeded&gt;</Message></Error><RequestId>1</RequestId></ErrorResponse>";
        let error = parse_error(body.as_bytes());
        assert_eq!((error.code(), error.message()), (Some("Throttling"), Some("Rate <exceeded>")));
        for body in ["", "<html>", "{}", "\u{1}", "<ErrorResponse/>"] {
            assert_eq!(parse_error(body.as_bytes()).code(), None, "{body:?}");
        }
    }
}
