//! Requests and responses in the protocols of the services: JSON 1.1, RPC v2 CBOR (which boto3 uses
//! for the tagging API), REST-JSON, the query protocol of STS and others, and those of EC2 and S3.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::operations::invocations::Invocation;

/// A request with its whole body.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// `GET`, `POST`, …
    pub method: String,
    /// Decoded segments of the path.
    pub path: Vec<String>,
    /// Decoded query parameters. The values of a repeated one are separated by line feeds.
    pub query: BTreeMap<String, String>,
    /// By lower-case name.
    pub headers: BTreeMap<String, String>,
    /// The body as it came.
    pub body: Vec<u8>,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }
}

/// The protocol of a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// `x-amz-target` and JSON.
    Json,
    /// `/service/…/operation/…` and CBOR.
    Cbor,
    /// Paths and JSON.
    Rest,
    /// A form and XML.
    Query,
    /// A form and XML, with errors of another form.
    Ec2,
    /// Paths and objects, with errors in XML.
    S3,
}

/// An error response of AWS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The HTTP status.
    pub status: u16,
    /// For example `ThrottlingException`.
    pub code: String,
    /// The message for people.
    pub message: String,
    /// The `Retry-After` header of API Gateway's 429 responses.
    pub retry_after: Option<u32>,
    /// The `x-amz-bucket-region` header of S3's 301 responses.
    pub bucket_region: Option<String>,
}

impl Refusal {
    /// A refusal with status 400.
    pub fn new(code: &str, message: impl Into<String>) -> Self {
        Self::with_status(400, code, message)
    }

    /// A refusal with another status.
    pub fn with_status(status: u16, code: &str, message: impl Into<String>) -> Self {
        Self { status, code: code.into(), message: message.into(), retry_after: None, bucket_region: None }
    }
}

/// The response of an operation.
#[derive(Debug)]
pub(crate) enum Output {
    /// JSON (CBOR if that is the protocol) with a status.
    Json(u16, Value),
    /// A document that is sent unchanged.
    Document(&'static str, Vec<u8>),
    /// An object: status, headers and bytes.
    Object(u16, Vec<(&'static str, String)>, Vec<u8>),
    /// XML of the query protocol.
    Xml(String),
    /// A call to a backend, whose response the reply contains.
    Invocation(Box<Invocation>),
}

/// An HTTP response.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// Names and values.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Reply {
    /// The HTTP response for an operation's response or refusal in a protocol.
    pub(crate) fn of(protocol: Protocol, output: Result<Output, Refusal>) -> Self {
        match output {
            Ok(Output::Json(status, value)) if protocol == Protocol::Cbor => Self::cbor(status, &value),
            Ok(Output::Json(status, Value::Null)) => {
                Self { status, headers: vec![("content-type", media(protocol).into())], body: Vec::new() }
            }
            Ok(Output::Json(status, value)) => Self::text(status, media(protocol), value.to_string()),
            Ok(Output::Document(media, body)) => {
                let disposition = "attachment; filename=\"export.json\"".into();
                let headers = vec![("content-type", media.into()), ("content-disposition", disposition)];
                Self { status: 200, headers, body }
            }
            Ok(Output::Invocation(_)) => unreachable!("the server calls the backend first"),
            Ok(Output::Object(status, headers, body)) => Self { status, headers, body },
            Ok(Output::Xml(text)) => Self::text(200, "text/xml", text),
            Err(refusal) => Self::refused(protocol, &refusal),
        }
    }

    fn refused(protocol: Protocol, refusal: &Refusal) -> Self {
        let Refusal { status, code, message, retry_after, bucket_region } = refusal;
        let mut reply = match protocol {
            Protocol::Json => {
                Self::text(*status, media(protocol), json!({"__type": code, "message": message}).to_string())
            }
            Protocol::Cbor => Self::cbor(*status, &json!({"__type": code, "message": message})),
            Protocol::Rest => {
                let mut reply =
                    Self::text(*status, media(protocol), json!({ "message": message }).to_string());
                reply.headers.push(("x-amzn-errortype", code.clone()));
                reply
            }
            Protocol::Query => {
                let kind = if *status < 500 { "Sender" } else { "Receiver" };
                let (code, message) = (escaped(code), escaped(message));
                Self::text(
                    *status,
                    "text/xml",
                    format!(
                        "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>{kind}</Type>\
                         <Code>{code}</Code><Message>{message}</Message></Error><RequestId>fake_aws</RequestId></ErrorResponse>"
                    ),
                )
            }
            Protocol::Ec2 => {
                let error = format!("<Code>{}</Code><Message>{}</Message>", escaped(code), escaped(message));
                let errors = format!("<Errors><Error>{error}</Error></Errors>");
                let text = format!("<Response>{errors}<RequestID>fake_aws</RequestID></Response>");
                Self::text(*status, "text/xml", text)
            }
            Protocol::S3 => {
                let error = format!("<Code>{}</Code><Message>{}</Message>", escaped(code), escaped(message));
                let text = format!("<Error>{error}<RequestId>fake_aws</RequestId></Error>");
                Self::text(*status, "application/xml", text)
            }
        };
        if let Some(region) = bucket_region {
            reply.headers.push(("x-amz-bucket-region", region.clone()));
        }
        if let Some(after) = retry_after {
            reply.headers.push(("retry-after", after.to_string()));
        }
        reply
    }

    fn text(status: u16, media: &str, text: String) -> Self {
        Self { status, headers: vec![("content-type", media.into())], body: text.into_bytes() }
    }

    fn cbor(status: u16, value: &Value) -> Self {
        let mut body = Vec::new();
        ciborium::into_writer(value, &mut body).expect("JSON values are CBOR values");
        let headers =
            vec![("content-type", "application/cbor".into()), ("smithy-protocol", "rpc-v2-cbor".into())];
        Self { status, headers, body }
    }
}

fn media(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::Json => "application/x-amz-json-1.1",
        Protocol::Cbor => "application/cbor",
        Protocol::Rest => "application/json",
        Protocol::Query | Protocol::Ec2 => "text/xml",
        Protocol::S3 => "application/xml",
    }
}

/// Text escaped for XML.
pub(crate) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
