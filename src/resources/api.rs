//! APIs: their ARNs, what decides who can call them, and the facts about them on which the
//! evaluation of their stages depends.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::quote::quoted;
use crate::resources::account_region;

/// The protocol of a V2 API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// `WEBSOCKET`, or any value other than `HTTP`.
    WebSocket,
    /// `HTTP`; stages of HTTP APIs have no client certificate.
    Http,
    /// The protocol is unknown because Config has no item of the API, which then counts as a
    /// WebSocket API; the reason says so.
    NotRecorded,
}

/// One of the two resource types that Config has for APIs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ApiType {
    /// `AWS::ApiGateway::RestApi`.
    Rest,
    /// `AWS::ApiGatewayV2::Api`: a WebSocket or an HTTP API.
    V2,
}

impl ApiType {
    /// Both types.
    pub const ALL: [Self; 2] = [Self::Rest, Self::V2];

    /// Config's name of the resource type.
    #[must_use]
    pub const fn resource_type(self) -> &'static str {
        match self {
            Self::Rest => "AWS::ApiGateway::RestApi",
            Self::V2 => "AWS::ApiGatewayV2::Api",
        }
    }

    fn collection(self) -> &'static str {
        match self {
            Self::Rest => "restapis",
            Self::V2 => "apis",
        }
    }
}

/// An API's ARN, which is also its `resourceId` in Config:
/// `arn:PARTITION:apigateway:REGION::/restapis/ID`, or `/apis/ID` for a V2 API.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ApiArn {
    text: Arc<str>,
    kind: ApiType,
}

impl ApiArn {
    /// Parses an ARN.
    ///
    /// # Errors
    /// Returns a message that quotes the text and says what is allowed.
    pub fn parse(text: &str) -> Result<Self, String> {
        let malformed = || {
            format!(
                "\"{}\" is not the ARN of an API, arn:PARTITION:apigateway:REGION::/restapis/ID or …/apis/ID",
                quoted(text)
            )
        };
        let (head, path) = text.split_once('/').ok_or_else(malformed)?;
        let head: Vec<&str> = head.split(':').collect();
        let (&["arn", partition, "apigateway", region, "", ""], Some((collection, id))) =
            (head.as_slice(), path.split_once('/'))
        else {
            return Err(malformed());
        };
        let kind =
            ApiType::ALL.into_iter().find(|kind| kind.collection() == collection).ok_or_else(malformed)?;
        let known_form =
            account_region::is_partition(partition) && account_region::is_region(region) && is_api_id(id);
        if known_form { Ok(Self { text: text.into(), kind }) } else { Err(malformed()) }
    }

    /// The ARN of an API in a partition and Region.
    ///
    /// # Errors
    /// Returns a message that quotes the ARN if any part is invalid.
    pub fn new(partition: &str, region: &str, kind: ApiType, id: &str) -> Result<Self, String> {
        Self::parse(&format!("arn:{partition}:apigateway:{region}::/{}/{id}", kind.collection()))
    }

    /// The ARN as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The ARN as shared text.
    #[must_use]
    pub fn text(&self) -> Arc<str> {
        Arc::clone(&self.text)
    }

    /// The type of the API.
    #[must_use]
    pub fn api_type(&self) -> ApiType {
        self.kind
    }

    /// The API's id.
    #[must_use]
    pub fn id(&self) -> &str {
        self.text.rsplit('/').next().unwrap_or_default()
    }

    /// The Region.
    #[must_use]
    pub fn region(&self) -> &str {
        self.text.split(':').nth(3).unwrap_or_default()
    }
}

impl fmt::Display for ApiArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Whether the text has the form of an API id: 1 to 64 letters and digits, which are safe in an
/// ARN, in a path and in a query expression.
#[must_use]
pub(crate) fn is_api_id(text: &str) -> bool {
    !text.is_empty() && text.len() <= 64 && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// An API with everything that decides who can call it, as API Gateway currently describes it.
/// What callers meet is what was deployed last, which can differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Api {
    /// Its ARN.
    pub arn: ApiArn,
    /// Its name, which is untrusted text.
    pub name: Option<String>,
    /// Its protocol.
    pub protocol: ApiProtocol,
    /// The types of its endpoint: `REGIONAL`, `EDGE` or `PRIVATE`. Empty for a V2 API.
    pub endpoint_types: Vec<String>,
    /// Whether its default endpoint (`execute-api`) is disabled.
    pub disables_default_endpoint: bool,
    /// Its resource policy, as a JSON document; `None` without one and for a V2 API.
    pub policy: Option<String>,
}

impl Api {
    /// Whether the API can be called only through VPC endpoints.
    #[must_use]
    pub fn is_private(&self) -> bool {
        !self.endpoint_types.is_empty() && self.endpoint_types.iter().all(|it| it == "PRIVATE")
    }
}

/// The protocol of an API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ApiProtocol {
    /// A REST API.
    Rest,
    /// An HTTP API.
    Http,
    /// A WebSocket API, for which no domain can require a certificate.
    WebSocket,
}

/// The settings in the export of a stage. What the export doesn't contain is `None`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeployedSettings {
    /// Whether the default endpoint is disabled.
    pub disables_default_endpoint: Option<bool>,
    /// The resource policy, as a JSON document.
    pub policy: Option<String>,
    /// Whether the stage exists.
    pub is_found: bool,
}

/// An item of API Gateway's `GetRestApis`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RestApiItem {
    /// The id.
    pub id: String,
    /// The name, which is untrusted text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Whether the default endpoint is disabled.
    #[serde(default)]
    pub disable_execute_api_endpoint: bool,
    /// The endpoint.
    #[serde(default)]
    pub endpoint_configuration: EndpointConfiguration,
    /// The resource policy, escaped like the content of a JSON string.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
}

/// The endpoint of a REST API or of a domain name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EndpointConfiguration {
    /// `REGIONAL`, `EDGE` or `PRIVATE`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub types: Vec<String>,
    /// The VPC endpoints for which there are DNS names. They do not restrict access.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub vpc_endpoint_ids: Vec<String>,
}

/// An item of `GetApis`, in the form of API Gateway's responses.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct V2ApiItem {
    /// The id.
    #[serde(alias = "ApiId")]
    pub api_id: String,
    /// The name, which is untrusted text.
    #[serde(alias = "Name", default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// `HTTP` or `WEBSOCKET`.
    #[serde(alias = "ProtocolType", default)]
    pub protocol_type: String,
    /// Whether the default endpoint is disabled.
    #[serde(alias = "DisableExecuteApiEndpoint", default)]
    pub disable_execute_api_endpoint: bool,
}

impl RestApiItem {
    /// The API, in a partition and Region.
    ///
    /// # Errors
    /// Returns what is wrong with the id.
    pub fn api(self, partition: &str, region: &str) -> Result<Api, String> {
        Ok(Api {
            arn: ApiArn::new(partition, region, ApiType::Rest, &self.id)?,
            name: self.name,
            protocol: ApiProtocol::Rest,
            endpoint_types: self.endpoint_configuration.types,
            disables_default_endpoint: self.disable_execute_api_endpoint,
            policy: self.policy.map(|policy| unescaped(&policy)),
        })
    }
}

impl V2ApiItem {
    /// The API, in a partition and Region. Any protocol but `HTTP` counts as `WEBSOCKET`.
    ///
    /// # Errors
    /// Returns what is wrong with the id.
    pub fn api(self, partition: &str, region: &str) -> Result<Api, String> {
        let protocol = if self.protocol_type == "HTTP" { ApiProtocol::Http } else { ApiProtocol::WebSocket };
        Ok(Api {
            arn: ApiArn::new(partition, region, ApiType::V2, &self.api_id)?,
            name: self.name,
            protocol,
            endpoint_types: Vec::new(),
            disables_default_endpoint: self.disable_execute_api_endpoint,
            policy: None,
        })
    }
}

/// A policy as API Gateway returns it, which is escaped once more than JSON is. Text that is not
/// escaped is returned as it is.
pub(crate) fn unescaped(policy: &str) -> String {
    let quoted = format!("\"{policy}\"");
    serde_json::from_str(&quoted).unwrap_or_else(|_| policy.to_owned())
}
