//! The query protocol of SNS, EC2 and others: forms as requests, XML as responses.

use aws_smithy_runtime_api::client::result::SdkError;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::aws::connect::response::xml_content;
use crate::aws::connect::service::{Operation, Service, ServiceResult, post};

/// The characters of a form that are encoded: all but the unreserved ones of RFC 3986.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A request in the query protocol.
#[derive(Clone, Debug)]
pub(crate) struct Form(pub(super) String);

impl Form {
    /// A request for an operation of an API version, without parameters.
    pub(crate) fn new(operation: &str, version: &str) -> Self {
        Self(format!("Action={operation}&Version={version}"))
    }

    /// Adds a parameter.
    #[must_use]
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.0.push('&');
        self.0.extend(utf8_percent_encode(name, RESERVED));
        self.0.push('=');
        self.0.extend(utf8_percent_encode(value, RESERVED));
        self
    }

    /// Adds a parameter, if it has a value.
    #[must_use]
    pub(crate) fn with_some(self, name: &str, value: Option<&str>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    /// The body of the request.
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.0.into_bytes()
    }
}

impl Service {
    /// Sends a form. Only whether it succeeded is taken from the response.
    pub(crate) async fn submit(&self, name: &'static str, form: Form) -> ServiceResult<()> {
        let operation = Operation { name, path: "/", target: None };
        let body = form.into_bytes();
        let request = post(operation, self.name.media_type, body).map_err(SdkError::construction_failure)?;
        self.invoke(name, request, xml_content, None).await.map(|_| ())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_encoded() {
        let form = Form::new("Publish", "2010-03-31").with("Message", "a b&c=ü/~\n");
        assert_eq!(form.0, "Action=Publish&Version=2010-03-31&Message=a%20b%26c%3D%C3%BC%2F~%0A");
    }
}
