//! What the reading seam returns: listings of stages, and how far they can be relied on.

use crate::evaluation::compliance::ComplianceType;
use jiff::Timestamp;
use serde::Serialize;

use crate::failure::Failure;
use crate::resources::certificate_id::CertificateId;
use crate::resources::resource::Resource;
use crate::resources::stage::Stage;
use crate::resources::stage_arn::StageArn;

/// How old an answer may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// Read for this invocation: a sweep's results stand for a day.
    Fresh,
    /// Read after this instant, though it may have been kept in the process for up to a minute: a rule that is created gets
    /// one event per stage at once. An event's answer is never older than its item.
    After(Timestamp),
}

/// The stages of an account and Region.
#[derive(Debug, Default)]
pub struct Listing {
    /// Those that could be read.
    pub stages: Vec<Stage>,
    /// Those that could not, so that they are neither evaluated nor taken for gone.
    pub unreadable: Vec<Unreadable>,
    /// Those that exist though AWS does not list them: nothing is evaluated about them, but they are peers.
    pub hidden: Vec<Hidden>,
    /// Where they are from; `None` where it is no live account's.
    pub from: Option<ListedFrom>,
}

/// A stage that exists, or may exist, though it is not listed.
#[derive(Clone, Debug)]
pub struct Hidden {
    /// Its ARN.
    pub arn: StageArn,
    /// The certificates that it has by any source that shows it; `None` if that can't be determined.
    pub certificates: Option<Vec<CertificateId>>,
}

/// Which resources a rule evaluates. The default is all of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RuleScope {
    /// The resource types; all if empty.
    pub resource_types: Vec<String>,
    /// The one resource, by Config's id.
    pub resource_id: Option<String>,
    /// The key of a tag that a resource must have.
    pub tag_key: Option<String>,
    /// The value that this tag must have.
    pub tag_value: Option<String>,
}

impl Listing {
    /// Whether the stage of this id may be among those that could not be read.
    #[must_use]
    pub fn may_hide(&self, resource_id: &str) -> bool {
        let api = StageArn::parse(resource_id).ok().map(|arn| arn.api_arn().to_owned());
        let hides = |unreadable: &Unreadable| match (&unreadable.resource_id, &unreadable.api_arn) {
            (Some(id), _) => id == resource_id,
            (None, Some(of)) => api.as_ref() == Some(of),
            // A row without an id may be any stage's.
            (None, None) => true,
        };
        self.unreadable.iter().any(hides)
    }
}

/// What told which stages there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ListedFrom {
    /// Config, in the account and Region itself.
    Config,
    /// API Gateway, for stages of REST APIs.
    ApiGateway,
    /// An aggregator of Config's, in another account or Region.
    Aggregator,
}

/// A stage that AWS lists and stagecert can't read; or all stages of an API, if not even their names could be read.
#[derive(Debug)]
pub struct Unreadable {
    /// Its resource id, where at least that was there.
    pub resource_id: Option<String>,
    /// The ARN of the API whose stages these are, if they are all of an API's.
    pub api_arn: Option<String>,
    /// The certificates that it may have: of each of its rows, where there are two. `None` where that can't be told.
    pub certificates: Option<Vec<CertificateId>>,
    /// What was wrong with it.
    pub failure: Failure,
}

/// A result that Config holds.
#[derive(Clone, Debug)]
pub struct ReportedResult {
    /// The resource it is about.
    pub resource: Resource,
    /// Its compliance type; absent for one that `PutEvaluations` does not take.
    pub compliance_type: Option<ComplianceType>,
    /// Its annotation.
    pub annotation: Option<Box<str>>,
    /// When Config recorded it, or else when the rule was invoked for it.
    pub recorded: Option<Timestamp>,
}
