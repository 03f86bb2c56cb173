use std::fmt;

use aws_smithy_types::error::ErrorMetadata;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use serde::Deserialize;

/// An error response of a service: a code and a message, either of which may be missing.
#[derive(Debug)]
pub(crate) struct ServiceError(ErrorMetadata);

impl ServiceError {
    /// The error from the header `x-amzn-errortype`, or else from the body's `__type` or `code`.
    ///
    /// A namespace before the code and a URL after it are removed.
    pub(crate) fn parse(header: Option<&str>, body: &[u8]) -> Self {
        #[derive(Default, Deserialize)]
        struct Body {
            #[serde(default, rename = "__type")]
            kind: Option<String>,
            #[serde(default)]
            code: Option<String>,
            #[serde(default, alias = "Message", alias = "errorMessage")]
            message: Option<String>,
        }
        let body: Body = serde_json::from_slice(body).unwrap_or_default();
        let code = header.map(ToOwned::to_owned).or(body.kind).or(body.code).map(|code| {
            let code = code.split(':').next().unwrap_or_default();
            code.rsplit('#').next().unwrap_or_default().to_owned()
        });
        Self::new(code, body.message)
    }

    /// The error with this code and message.
    pub(crate) fn new(code: Option<String>, message: Option<String>) -> Self {
        let mut metadata = ErrorMetadata::builder();
        if let Some(code) = code {
            metadata = metadata.code(code);
        }
        if let Some(message) = message {
            metadata = metadata.message(message);
        }
        Self(metadata.build())
    }
}

impl fmt::Display for ServiceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.code().unwrap_or("error without a code"))
    }
}

impl std::error::Error for ServiceError {}

impl ProvideErrorMetadata for ServiceError {
    fn meta(&self) -> &ErrorMetadata {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_read_from_the_header_or_the_body() {
        for (header, body, code, message) in [
            (Some("InvalidAccessException"), r#"{"Message":"no"}"#, "InvalidAccessException", "no"),
            (Some("Throttled:http://x/"), "", "Throttled", ""),
            (None, r#"{"__type":"com.amazonaws#InternalException","message":"m"}"#, "InternalException", "m"),
            (None, r#"{"code":"TooManyRequestsException"}"#, "TooManyRequestsException", ""),
            (None, "<html>", "", ""),
        ] {
            let error = ServiceError::parse(header, body.as_bytes());
            let parsed = (error.code().unwrap_or_default(), error.message().unwrap_or_default());
            assert_eq!(parsed, (code, message));
        }
    }
}
