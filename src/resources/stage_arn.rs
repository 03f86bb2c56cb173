//! The ARN that names a stage.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use crate::quote::quoted;
use crate::resources::account_region::{self, AccountRegion};

/// Which of Config's two stage types a stage is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum StageType {
    /// `AWS::ApiGateway::Stage`: a stage of a REST API.
    Rest,
    /// `AWS::ApiGatewayV2::Stage`: a stage of a WebSocket or an HTTP API.
    V2,
}

impl StageType {
    /// Both types.
    pub const ALL: [Self; 2] = [Self::Rest, Self::V2];

    /// Config's name of the type.
    #[must_use]
    pub fn resource_type(self) -> &'static str {
        match self {
            Self::Rest => "AWS::ApiGateway::Stage",
            Self::V2 => "AWS::ApiGatewayV2::Stage",
        }
    }

    /// The type that Config calls `name`, or `None` where it isn't a stage's.
    #[must_use]
    pub fn from_resource_type(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.resource_type() == name)
    }

    fn collection(self) -> &'static str {
        match self {
            Self::Rest => "restapis",
            Self::V2 => "apis",
        }
    }
}

/// Between an API's id and its stage's name.
const STAGES: &str = "/stages/";

/// A stage's ARN: `arn:PARTITION:apigateway:REGION::/restapis/ID/stages/NAME`, or `/apis/ID/stages/NAME`.
///
/// The configuration item of a stage holds no API id: this is where it comes from, in every partition. A clone shares the text:
/// a sweep names each stage in many places.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct StageArn {
    text: Arc<str>,
    kind: StageType,
    /// Where the API's id begins in the text, and where it ends: asked for again and again, and found once.
    api: u16,
    api_end: u16,
}

impl StageArn {
    /// Reads an ARN.
    ///
    /// # Errors
    /// A sentence that quotes the text and says what is allowed.
    pub fn parse(text: &str) -> Result<Self, String> {
        let malformed = || {
            format!(
                "\"{}\" is not the ARN of a stage, arn:PARTITION:apigateway:REGION::/restapis/ID/stages/NAME or …/apis/ID/stages/NAME",
                quoted(text)
            )
        };
        let (head, path) = text.split_once('/').ok_or_else(malformed)?;
        let head: Vec<&str> = head.split(':').collect();
        let path: Vec<&str> = path.split('/').collect();
        let (&["arn", partition, "apigateway", region, "", ""], &[collection, api, "stages", name]) =
            (head.as_slice(), path.as_slice())
        else {
            return Err(malformed());
        };
        let kind =
            StageType::ALL.into_iter().find(|kind| kind.collection() == collection).ok_or_else(malformed)?;
        let known_form = account_region::is_partition(partition)
            && account_region::is_region(region)
            && is_api_id(api)
            && is_stage_name(name);
        if !known_form {
            return Err(malformed());
        }
        let api_end = text.len() - STAGES.len() - name.len();
        let offset = |at: usize| u16::try_from(at).map_err(|_| malformed());
        Ok(Self { text: text.into(), kind, api: offset(api_end - api.len())?, api_end: offset(api_end)? })
    }

    /// The ARN of a REST API's stage, from its parts.
    ///
    /// # Errors
    /// A sentence that says which part can't stand in an ARN.
    pub fn of_rest_api(partition: &str, region: &str, api: &str, name: &str) -> Result<Self, String> {
        Self::parse(&format!("arn:{partition}:apigateway:{region}::/restapis/{api}/stages/{name}"))
    }

    /// Whether a stage of this type in this account and Region can have the ARN.
    #[must_use]
    pub fn is_of(&self, resource_type: &str, account_region: &AccountRegion) -> bool {
        self.kind.resource_type() == resource_type
            && self.partition() == account_region.partition
            && self.region() == account_region.region
    }

    /// The whole ARN.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The whole ARN, shared.
    #[must_use]
    pub fn text(&self) -> Arc<str> {
        Arc::clone(&self.text)
    }

    /// REST, or WebSocket and HTTP.
    #[must_use]
    pub fn stage_type(&self) -> StageType {
        self.kind
    }

    /// The partition, such as `aws-cn`.
    #[must_use]
    pub fn partition(&self) -> &str {
        self.text.split(':').nth(1).unwrap_or_default()
    }

    /// The Region, such as `cn-north-1`.
    #[must_use]
    pub fn region(&self) -> &str {
        self.text.split(':').nth(3).unwrap_or_default()
    }

    /// The id of the API.
    #[must_use]
    pub fn api_id(&self) -> &str {
        self.text.get(self.api.into()..self.api_end.into()).unwrap_or_default()
    }

    /// The ARN of the API, which is Config's `resourceId` of it.
    #[must_use]
    pub fn api_arn(&self) -> &str {
        self.text.get(..self.api_end.into()).unwrap_or_default()
    }

    /// The stage's name.
    #[must_use]
    pub fn stage_name(&self) -> &str {
        self.text.get(usize::from(self.api_end) + STAGES.len()..).unwrap_or_default()
    }

    /// `apiId/stageName`: how people, globs and annotations name a stage.
    #[must_use]
    pub fn label(&self) -> String {
        [self.api_id(), "/", self.stage_name()].concat()
    }
}

/// By the text alone, which tells all the rest: a hash of less is a faster look-up.
impl Hash for StageArn {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}

impl fmt::Display for StageArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Letters and digits: an API id can stand in an ARN and in a query expression.
fn is_api_id(text: &str) -> bool {
    !text.is_empty() && text.len() <= 64 && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// 1 to 128 printable ASCII characters without quotes; API Gateway itself allows fewer (and `$default`).
fn is_stage_name(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 128
        && text.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'\'' | b'"' | b'\\'))
}
