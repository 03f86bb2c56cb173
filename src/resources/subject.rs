//! The resources that stagecert evaluates, whatever their type.

use std::borrow::Borrow;
use std::hash::{Hash, Hasher};

use crate::resources::stage_arn::{StageArn, StageType};

/// A resource that is evaluated, by Config's id of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// A stage.
    Stage(StageArn),
}

/// The type of a subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SubjectType {
    /// A stage, of either of Config's two types.
    Stage(StageType),
}

/// What a subject uses a certificate for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum CertificateRole {
    /// API Gateway presents it to the backends of a stage.
    Client,
}

impl Subject {
    /// Config's id of the resource; for a stage, its ARN.
    #[must_use]
    pub fn id(&self) -> &str {
        match self {
            Self::Stage(arn) => arn.as_str(),
        }
    }

    /// The type of the resource.
    #[must_use]
    pub fn subject_type(&self) -> SubjectType {
        match self {
            Self::Stage(arn) => SubjectType::Stage(arn.stage_type()),
        }
    }
}

impl From<&StageArn> for Subject {
    fn from(arn: &StageArn) -> Self {
        Self::Stage(arn.clone())
    }
}

/// By the id alone, which is unique among all types.
impl Hash for Subject {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.id().hash(state);
    }
}

/// Finds a subject by its id in a map.
impl Borrow<str> for Subject {
    fn borrow(&self) -> &str {
        self.id()
    }
}
