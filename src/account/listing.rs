//! The values that reading an account returns: lists of stages with their gaps, rule scopes and the
//! results that Config holds.

use std::collections::HashMap;

use crate::evaluation::compliance::ComplianceType;
use jiff::Timestamp;
use serde::Serialize;

use crate::failure::Failure;
use crate::resources::certificate_id::CertificateId;
use crate::resources::resource::Resource;
use crate::resources::stage::Stage;
use crate::resources::stage_arn::StageArn;

/// How old the data of a read may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// Read in this invocation, because the results of a sweep are valid for a day.
    Fresh,
    /// Read after this instant, possibly from a cache of the process that is up to a minute old.
    ///
    /// A new rule gets one event per stage at once, and all of them need the same data. The instant
    /// is the capture time of the event's item, so the data is never older than the item.
    After(Timestamp),
}

/// The stages of an account and Region.
#[derive(Debug, Default)]
pub struct Listing {
    /// The stages that could be read.
    pub stages: Vec<Stage>,
    /// The stages that could not be read; they are not evaluated, but still count as existing.
    pub unreadable: Vec<Unreadable>,
    /// The stages that exist although they are not listed; they are not evaluated, but count as
    /// peers.
    pub hidden: Vec<Hidden>,
    /// The source of the list; `None` if it is not a live account.
    pub from: Option<ListedFrom>,
    /// The names of the APIs that API Gateway listed, by API ARN. They are untrusted text.
    pub api_names: HashMap<String, String>,
}

/// A stage that exists, or may exist, although it is not listed.
#[derive(Clone, Debug)]
pub struct Hidden {
    /// The ARN of the stage.
    pub arn: StageArn,
    /// The certificates that any source shows for the stage; `None` if they can't be determined.
    pub certificates: Option<Vec<CertificateId>>,
}

/// The scope of a Config rule: the resources that it evaluates, by default all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RuleScope {
    /// The resource types; empty for all types.
    pub resource_types: Vec<String>,
    /// The id of the only resource in scope, as used by Config.
    pub resource_id: Option<String>,
    /// The key of a tag that a resource must have.
    pub tag_key: Option<String>,
    /// The value that the tag `tag_key` must have.
    pub tag_value: Option<String>,
}

impl Listing {
    /// Whether the stage with this resource id may be among the unreadable ones.
    #[must_use]
    pub(crate) fn may_hide(&self, resource_id: &str) -> bool {
        let api = StageArn::parse(resource_id).ok().map(|arn| arn.api_arn().to_owned());
        let hides = |unreadable: &Unreadable| match (&unreadable.resource_id, &unreadable.api_arn) {
            (Some(id), _) => id == resource_id,
            (None, Some(of)) => api.as_ref() == Some(of),
            // A row without an id may be the row of any stage.
            (None, None) => true,
        };
        self.unreadable.iter().any(hides)
    }
}

/// The source of a list of stages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ListedFrom {
    /// Config in the same account and Region.
    Config,
    /// API Gateway, for the stages of REST APIs.
    ApiGateway,
    /// A Config aggregator in another account or Region.
    Aggregator,
}

/// A listed stage that can't be read, or all stages of an API whose stages can't be listed.
#[derive(Debug)]
pub struct Unreadable {
    /// The resource id, if it could be read.
    pub resource_id: Option<String>,
    /// The ARN of the API, if this entry represents all of its stages.
    pub api_arn: Option<String>,
    /// The certificates that the stage may have, from all of its rows; `None` if they can't be
    /// determined.
    pub certificates: Option<Vec<CertificateId>>,
    /// Why the stage can't be read.
    pub failure: Failure,
}

/// A result that Config holds for a resource.
#[derive(Clone, Debug)]
pub struct ReportedResult {
    /// The evaluated resource.
    pub resource: Resource,
    /// The compliance type; `None` for one that `PutEvaluations` does not accept.
    pub compliance_type: Option<ComplianceType>,
    /// The annotation.
    pub annotation: Option<Box<str>>,
    /// When Config recorded the result, or else when it invoked the rule.
    pub recorded: Option<Timestamp>,
}
