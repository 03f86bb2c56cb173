//! Resources as AWS Config identifies them.

use std::borrow::Cow;
use std::sync::Arc;

use crate::resources::stage_arn::{StageArn, StageType};

/// A resource as Config identifies it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Resource {
    /// Such as `AWS::ApiGateway::Stage`.
    pub resource_type: Cow<'static, str>,
    /// Config's own id of it; a stage's is its ARN.
    pub id: Arc<str>,
}

impl Resource {
    /// The resource of this type and id.
    #[must_use]
    pub fn new(resource_type: String, id: impl Into<Arc<str>>) -> Self {
        // A hundred thousand results are of one of two types.
        let known = StageType::from_resource_type(&resource_type).map(StageType::resource_type);
        Self { resource_type: known.map_or(resource_type.into(), Cow::Borrowed), id: id.into() }
    }

    /// Whether `PutEvaluations` takes it: a type of 1 to 256 characters and an id of 1 to 768 (botocore), none of them a
    /// control character.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        let fits = |text: &str, most: usize| {
            (1..=most).contains(&text.chars().count()) && !text.contains(char::is_control)
        };
        fits(&self.resource_type, 256) && fits(&self.id, 768)
    }
}

impl From<&StageArn> for Resource {
    fn from(arn: &StageArn) -> Self {
        Self { resource_type: Cow::Borrowed(arn.stage_type().resource_type()), id: arn.text() }
    }
}
