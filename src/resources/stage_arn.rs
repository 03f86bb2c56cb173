//! Stage ARNs.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use crate::quote::quoted;
use crate::resources::account_region::{self, AccountRegion};
use crate::resources::api::is_api_id;

/// One of the two resource types that Config has for stages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum StageType {
    /// `AWS::ApiGateway::Stage`: a stage of a REST API.
    RestApi,
    /// `AWS::ApiGatewayV2::Stage`: a stage of a WebSocket or an HTTP API.
    ApiV2,
}

impl StageType {
    /// Both types.
    pub const ALL: [Self; 2] = [Self::RestApi, Self::ApiV2];

    /// Returns Config's name of the resource type.
    #[must_use]
    pub const fn resource_type(self) -> &'static str {
        match self {
            Self::RestApi => "AWS::ApiGateway::Stage",
            Self::ApiV2 => "AWS::ApiGatewayV2::Stage",
        }
    }

    /// Returns the stage type that Config calls `name`, or `None` for other resource types.
    #[must_use]
    pub(crate) fn from_resource_type(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.resource_type() == name)
    }

    fn collection(self) -> &'static str {
        match self {
            Self::RestApi => "restapis",
            Self::ApiV2 => "apis",
        }
    }
}

/// The part of a stage ARN between the API id and the stage name.
const STAGES: &str = "/stages/";

/// A stage's ARN: `arn:PARTITION:apigateway:REGION::/restapis/ID/stages/NAME`, or
/// `/apis/ID/stages/NAME` for a V2 stage.
///
/// It is the only source of the API id, which a stage's configuration item doesn't have. Clones
/// share the text, because a sweep keeps many copies of each ARN.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct StageArn {
    text: Arc<str>,
    kind: StageType,
    /// The start and the end of the API id in the text, computed once because they are used often.
    api: u16,
    api_end: u16,
}

impl StageArn {
    /// Parses an ARN.
    ///
    /// # Errors
    /// Returns a message that quotes the text and says what is allowed.
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

    /// Returns the ARN of a REST API's stage.
    ///
    /// # Errors
    /// Returns a message that quotes the ARN if any part is invalid.
    pub fn of_rest_api(partition: &str, region: &str, api: &str, name: &str) -> Result<Self, String> {
        Self::parse(&format!("arn:{partition}:apigateway:{region}::/restapis/{api}/stages/{name}"))
    }

    /// Returns whether the ARN is that of a stage with this resource type in this account and
    /// Region. A stage ARN has no account id, so the account isn't compared.
    #[must_use]
    pub fn is_of(&self, resource_type: &str, account_region: &AccountRegion) -> bool {
        self.kind.resource_type() == resource_type
            && self.partition() == account_region.partition
            && self.region() == account_region.region
    }

    /// Returns the ARN as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns the ARN as shared text.
    #[must_use]
    pub fn text(&self) -> Arc<str> {
        Arc::clone(&self.text)
    }

    /// Returns the stage type.
    #[must_use]
    pub fn stage_type(&self) -> StageType {
        self.kind
    }

    /// Returns the partition, such as `aws-cn`.
    #[must_use]
    pub fn partition(&self) -> &str {
        self.text.split(':').nth(1).unwrap_or_default()
    }

    /// Returns the Region, such as `cn-north-1`.
    #[must_use]
    pub fn region(&self) -> &str {
        self.text.split(':').nth(3).unwrap_or_default()
    }

    /// Returns the API id.
    #[must_use]
    pub fn api_id(&self) -> &str {
        self.text.get(self.api.into()..self.api_end.into()).unwrap_or_default()
    }

    /// Returns the API's ARN, which is also its `resourceId` in Config.
    #[must_use]
    pub fn api_arn(&self) -> &str {
        self.text.get(..self.api_end.into()).unwrap_or_default()
    }

    /// Returns the stage name.
    #[must_use]
    pub fn stage_name(&self) -> &str {
        self.text.get(usize::from(self.api_end) + STAGES.len()..).unwrap_or_default()
    }

    /// Returns `apiId/stageName`, the form that annotations, globs and reports use.
    #[must_use]
    pub fn label(&self) -> String {
        [self.api_id(), "/", self.stage_name()].concat()
    }
}

/// Hashes only the text, which determines the other fields, so that look-ups are faster.
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

/// Returns whether the text is 1 to 128 printable ASCII characters without quotes, backslashes and
/// spaces. API Gateway allows fewer characters (and `$default`).
fn is_stage_name(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 128
        && text.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'\'' | b'"' | b'\\'))
}
