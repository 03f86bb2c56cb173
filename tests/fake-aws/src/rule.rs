//! A Config rule and its results.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::certificates::Tags;

/// A rule and its results.
#[derive(Clone, Debug)]
pub struct Rule {
    /// `ConfigRuleName`.
    pub name: String,
    /// `config-rule-…`.
    pub id: String,
    /// Its ARN.
    pub arn: String,
    /// `ruleParameters` in its events; omitted if `None`.
    pub parameters: Option<String>,
    /// The resources that Config evaluates with it; all resources if `None`.
    pub scope: Option<Scope>,
    /// By resource type and id.
    pub evaluations: BTreeMap<(String, String), StoredEvaluation>,
    /// The total number of accepted evaluations.
    pub accepted: u64,
    /// Config runs it on a schedule only: no change of a resource makes an event.
    pub scheduled_only: bool,
    /// When it was run.
    pub runs: Runs,
}

/// When a rule was run, as `DescribeConfigRuleEvaluationStatus` returns it.
#[derive(Clone, Debug, Default)]
pub struct Runs {
    /// `FirstActivatedTime`.
    pub activated: Option<Timestamp>,
    /// `LastSuccessfulInvocationTime`.
    pub invoked: Option<Timestamp>,
    /// `LastSuccessfulEvaluationTime`; `None` also means that `FirstEvaluationStarted` is false.
    pub evaluated: Option<Timestamp>,
    /// `LastFailedEvaluationTime`.
    pub failed: Option<Timestamp>,
    /// `LastErrorCode` and `LastErrorMessage`.
    pub error: Option<(String, String)>,
}

/// A rule's scope, `Scope` in `DescribeConfigRules`. Empty fields exclude nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    /// `ComplianceResourceTypes`.
    pub resource_types: Vec<String>,
    /// `TagKey`.
    pub tag_key: Option<String>,
    /// `TagValue`.
    pub tag_value: Option<String>,
    /// `ComplianceResourceId`: one resource, of the one type.
    pub resource_id: Option<String>,
}

impl Scope {
    /// Whether a resource with these tags is in scope.
    pub fn includes(&self, resource_type: &str, id: &str, tags: &Tags) -> bool {
        let of_type =
            self.resource_types.is_empty() || self.resource_types.iter().any(|one| one == resource_type);
        let tagged = self.tag_key.as_ref().is_none_or(|key| {
            tags.get(key).is_some_and(|value| self.tag_value.as_ref().is_none_or(|wanted| wanted == value))
        });
        of_type && tagged && self.resource_id.as_ref().is_none_or(|own| own == id)
    }
}

/// A result stored by Config.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredEvaluation {
    /// `COMPLIANT`, `NON_COMPLIANT` or `NOT_APPLICABLE`.
    pub compliance_type: String,
    /// As put.
    pub annotation: Option<String>,
    /// As put, in whole milliseconds.
    pub ordering_timestamp: Timestamp,
    /// When it was put: `ResultRecordedTime`.
    pub recorded: Timestamp,
    /// When the event with its result token was sent: `ConfigRuleInvokedTime`.
    pub invoked: Timestamp,
    /// The stage's newest item that the invocation had seen when it put this result, if known.
    pub basis: Option<u64>,
    /// The account and access key of the credentials that put it.
    pub put_by: (String, String),
}
