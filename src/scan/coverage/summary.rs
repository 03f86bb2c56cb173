//! What an aggregator shows: rules with results, and how many resources fail them.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use crate::quote::brief;
use crate::resources::account_region::{is_account_id, is_region};
use crate::scan::coverage::deployment::{Rule, RuleMatch};

/// The maximum length of an annotation (botocore).
const MAX_ANNOTATION: usize = 256;
/// The maximum length of a resource ID (botocore).
const MAX_ID: usize = 768;

/// A rule that has results in an account and Region.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct RuleResult {
    /// The account ID.
    pub account: String,
    /// The Region.
    pub region: String,
    /// The rule's name in the account.
    pub rule: String,
}

/// The number of resources that fail each rule, by account and Region.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    counts: BTreeMap<RuleResult, usize>,
}

/// A resource that fails a rule.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NonCompliant {
    resource_id: String,
    reason: Option<String>,
}

impl NonCompliant {
    /// A resource, with the rule's annotation.
    #[must_use]
    pub fn new(resource_id: &str, annotation: Option<&str>) -> Self {
        let reason = annotation.map(|annotation| brief(annotation, MAX_ANNOTATION));
        Self { resource_id: brief(resource_id, MAX_ID), reason }
    }

    /// The resource ID and the reason, on one line.
    #[must_use]
    pub fn line(&self) -> String {
        match &self.reason {
            Some(reason) => format!("{}: {reason}", self.resource_id),
            None => self.resource_id.clone(),
        }
    }
}

impl Summary {
    /// The advanced query for the resources that fail a rule. Conditions on a list hold if any of
    /// its members meets them, so the rows include resources that fail other rules only.
    #[must_use]
    pub fn expression(rule: &Rule) -> String {
        let names = match rule.r#match {
            RuleMatch::Exact => format!("= '{}'", rule.name),
            RuleMatch::Prefix => format!("LIKE '{}%'", rule.name),
        };
        format!(
            "SELECT accountId, awsRegion, configuration.configRuleList WHERE resourceType = \
             'AWS::Config::ResourceCompliance' AND configuration.complianceType = 'NON_COMPLIANT' AND \
             configuration.configRuleList.configRuleName {names}"
        )
    }

    /// Adds a row of [`Summary::expression`] for a rule.
    ///
    /// # Errors
    /// A message about the part of the row that is invalid.
    pub fn add(&mut self, row: &Value, rule: &Rule) -> Result<(), String> {
        let text = |name: &str| row.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let (account, region) = (text("accountId"), text("awsRegion"));
        if !is_account_id(&account) || !is_region(&region) {
            return Err("a row has no account and Region".into());
        }
        let rules = row.pointer("/configuration/configRuleList").and_then(Value::as_array);
        for of_rule in rules.into_iter().flatten() {
            let text = |name: &str| of_rule.get(name).and_then(Value::as_str).unwrap_or_default();
            let name = text("configRuleName");
            if rule.matches(name) && text("complianceType") == "NON_COMPLIANT" {
                let result =
                    RuleResult { account: account.clone(), region: region.clone(), rule: name.to_owned() };
                *self.counts.entry(result).or_default() += 1;
            }
        }
        Ok(())
    }

    /// The rules with failing resources, and the number of those.
    pub fn counts(&self) -> impl Iterator<Item = (&RuleResult, usize)> {
        self.counts.iter().map(|(result, count)| (result, *count))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_results_of_the_rule_count() {
        let rule =
            Rule { name: "OrgConfigRule-stagecert-".into(), r#match: RuleMatch::Prefix, frequency: None };
        let row = |rules: Value| json!({"accountId": "111122223333", "awsRegion": "eu-west-1", "configuration": {"configRuleList": rules}});
        let result = |name: &str, kind: &str| json!({"configRuleName": name, "complianceType": kind});
        let mut summary = Summary::default();
        let (own, other) = ("OrgConfigRule-stagecert-x1", "another-rule");
        for rules in [
            json!([result(own, "NON_COMPLIANT"), result(other, "NON_COMPLIANT")]),
            json!([result(own, "COMPLIANT"), result(other, "NON_COMPLIANT")]),
            json!([result(own, "NON_COMPLIANT")]),
            json!([]),
        ] {
            summary.add(&row(rules), &rule).unwrap();
        }
        let counts: Vec<(String, usize)> =
            summary.counts().map(|(of, count)| (of.rule.clone(), count)).collect();
        assert_eq!(counts, [(own.to_owned(), 2)]);
        for row in [json!({}), json!({"accountId": "1", "awsRegion": "eu-west-1"}), json!("x")] {
            assert!(summary.add(&row, &rule).is_err(), "{row}");
        }
    }
}
