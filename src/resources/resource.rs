//! Resources as AWS Config identifies them.

use std::borrow::Cow;
use std::sync::Arc;

use crate::resources::api::ApiArn;
use crate::resources::stage_arn::{StageArn, StageType};

/// A resource as Config identifies it: by type and id.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Resource {
    /// The resource type, such as `AWS::ApiGateway::Stage`.
    pub resource_type: Cow<'static, str>,
    /// The resource id that Config uses. A stage's is its ARN.
    pub id: Arc<str>,
}

impl Resource {
    /// Returns the resource with this type and id.
    #[must_use]
    pub fn new(resource_type: String, id: impl Into<Arc<str>>) -> Self {
        // Avoids an allocation: nearly all of up to 100,000 results have one of these two types.
        let known = StageType::from_resource_type(&resource_type).map(StageType::resource_type);
        Self { resource_type: known.map_or(resource_type.into(), Cow::Borrowed), id: id.into() }
    }

    /// Returns whether `PutEvaluations` accepts the resource: a type of 1 to 256 characters and an
    /// id of 1 to 768 characters (botocore), without control characters.
    #[must_use]
    pub(crate) fn is_valid(&self) -> bool {
        let fits = |text: &str, max: usize| {
            (1..=max).contains(&text.chars().count()) && !text.contains(char::is_control)
        };
        fits(&self.resource_type, 256) && fits(&self.id, 768)
    }
}

impl From<&ApiArn> for Resource {
    fn from(arn: &ApiArn) -> Self {
        Self { resource_type: Cow::Borrowed(arn.api_type().resource_type()), id: arn.text() }
    }
}

impl From<&StageArn> for Resource {
    fn from(arn: &StageArn) -> Self {
        Self { resource_type: Cow::Borrowed(arn.stage_type().resource_type()), id: arn.text() }
    }
}
