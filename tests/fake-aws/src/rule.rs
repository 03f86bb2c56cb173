//! A rule of Config, and the results that were put for it.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::certificates::Tags;

/// A rule, and what was put for it.
#[derive(Clone, Debug)]
pub struct Rule {
    /// `ConfigRuleName`.
    pub name: String,
    /// `config-rule-…`.
    pub id: String,
    /// Its ARN.
    pub arn: String,
    /// `ruleParameters` of its events; absent where `None`.
    pub parameters: Option<String>,
    /// The resources that Config evaluates it for: all where `None`.
    pub scope: Option<Scope>,
    /// By resource type and id.
    pub evaluations: BTreeMap<(String, String), StoredEvaluation>,
    /// How many evaluations were taken in all.
    pub taken: u64,
}

/// A rule's scope: `Scope` of `DescribeConfigRules`. What is absent excludes nothing.
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
    /// Whether a stage with such tags is inside.
    pub fn includes(&self, resource_type: &str, id: &str, tags: &Tags) -> bool {
        let of_type =
            self.resource_types.is_empty() || self.resource_types.iter().any(|one| one == resource_type);
        let tagged = self.tag_key.as_ref().is_none_or(|key| {
            tags.get(key).is_some_and(|value| self.tag_value.as_ref().is_none_or(|wanted| wanted == value))
        });
        of_type && tagged && self.resource_id.as_ref().is_none_or(|own| own == id)
    }
}

/// A result that Config has taken.
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
    /// When the event that its result token came with was sent: `ConfigRuleInvokedTime`.
    pub invoked: Timestamp,
    /// The newest item of the stage that the invocation had been shown which put it, where that is known.
    pub basis: Option<u64>,
    /// The account and access key of the credentials that it was put with.
    pub put_by: (String, String),
}
