//! What a Config aggregator shows about the rules of a deployment.

use std::collections::BTreeSet;

use aws_sdk_config::operation::describe_aggregate_compliance_by_config_rules::DescribeAggregateComplianceByConfigRulesOutput;
use aws_sdk_config::operation::describe_configuration_aggregator_sources_status::DescribeConfigurationAggregatorSourcesStatusOutput;
use aws_sdk_config::operation::get_aggregate_compliance_details_by_config_rule::GetAggregateComplianceDetailsByConfigRuleOutput;
use aws_sdk_config::operation::select_aggregate_resource_config::SelectAggregateResourceConfigOutput;
use aws_sdk_config::types::{ComplianceType, ConfigRuleComplianceFilters};

use crate::Failure;
use crate::account::aggregate::Source;
use crate::aws::RegionalConfig;
use crate::aws::read::account::CONFIG_PAGE_SIZE;
use crate::aws::read::aggregator::source;
use crate::aws::read::select::parse_row;
use crate::scan::coverage::deployment::{Rule, RuleMatch};
use crate::scan::coverage::summary::{NonCompliant, RuleResult, Summary};

/// The maximum page size of `DescribeAggregateComplianceByConfigRules` (botocore).
const RULES_PAGE_SIZE: i32 = 1000;

impl RegionalConfig {
    /// The rules with results by account, Region and name, of those wanted. A rule without results
    /// is not shown, as in an account without stages.
    ///
    /// # Errors
    /// `Operation` of `DescribeAggregateComplianceByConfigRules`.
    pub async fn rules_with_results(
        &self,
        aggregator: &str,
        wanted: &[Rule],
    ) -> Result<BTreeSet<RuleResult>, Failure> {
        let mut results = BTreeSet::new();
        // A filter takes one whole name.
        if wanted.iter().all(|rule| rule.r#match == RuleMatch::Exact) {
            for rule in wanted {
                let filters = ConfigRuleComplianceFilters::builder().config_rule_name(&rule.name).build();
                self.add_rules(aggregator, Some(filters), wanted, &mut results).await?;
            }
        } else {
            self.add_rules(aggregator, None, wanted, &mut results).await?;
        }
        Ok(results)
    }

    async fn add_rules(
        &self,
        aggregator: &str,
        filters: Option<ConfigRuleComplianceFilters>,
        wanted: &[Rule],
        results: &mut BTreeSet<RuleResult>,
    ) -> Result<(), Failure> {
        let call = self.call("DescribeAggregateComplianceByConfigRules", aggregator);
        let request = self.client.describe_aggregate_compliance_by_config_rules();
        let request = request.configuration_aggregator_name(aggregator).limit(RULES_PAGE_SIZE);
        let mut pages = request.set_filters(filters).into_paginator().send();
        let mut seen = None;
        while let Some(page) = call
            .page(pages.next(), DescribeAggregateComplianceByConfigRulesOutput::next_token, &mut seen)
            .await?
        {
            for row in page.aggregate_compliance_by_config_rules.unwrap_or_default() {
                let (Some(account), Some(region), Some(rule)) =
                    (row.account_id, row.aws_region, row.config_rule_name)
                else {
                    continue;
                };
                if wanted.iter().any(|wanted| wanted.matches(&rule)) {
                    results.insert(RuleResult { account, region, rule });
                }
            }
        }
        Ok(())
    }

    /// The sources of the aggregator whose data is not up to date.
    ///
    /// # Errors
    /// `Operation` of `DescribeConfigurationAggregatorSourcesStatus`.
    pub async fn outdated_sources(&self, aggregator: &str) -> Result<Vec<Source>, Failure> {
        let call = self.call("DescribeConfigurationAggregatorSourcesStatus", aggregator);
        let request = self.client.describe_configuration_aggregator_sources_status();
        let request = request.configuration_aggregator_name(aggregator).limit(CONFIG_PAGE_SIZE);
        let (mut pages, mut seen, mut outdated) = (request.into_paginator().send(), None, Vec::new());
        while let Some(page) = call
            .page(pages.next(), DescribeConfigurationAggregatorSourcesStatusOutput::next_token, &mut seen)
            .await?
        {
            let sources = page.aggregated_source_status_list.unwrap_or_default().into_iter().map(source);
            outdated.extend(sources.filter(|source| source.problem.is_some()));
        }
        Ok(outdated)
    }

    /// The number of resources that fail each rule, by account and Region.
    ///
    /// # Errors
    /// `Operation` of `SelectAggregateResourceConfig`.
    pub async fn summary(&self, aggregator: &str, rules: &[Rule]) -> Result<Summary, Failure> {
        let call = self.call("SelectAggregateResourceConfig", aggregator);
        let mut summary = Summary::default();
        for rule in rules {
            let request = self.client.select_aggregate_resource_config();
            let request = request.configuration_aggregator_name(aggregator).limit(CONFIG_PAGE_SIZE);
            let request = request.expression(Summary::expression(rule));
            let (mut pages, mut seen) = (request.into_paginator().send(), None);
            while let Some(page) =
                call.page(pages.next(), SelectAggregateResourceConfigOutput::next_token, &mut seen).await?
            {
                for row in page.results.unwrap_or_default() {
                    let row = parse_row(&call, &row)?;
                    summary.add(&row, rule).map_err(|problem| call.invalid_response(problem))?;
                }
            }
        }
        Ok(summary)
    }

    /// The resources that fail a rule in one account and Region, with the rule's annotations.
    ///
    /// # Errors
    /// `Operation` of `GetAggregateComplianceDetailsByConfigRule`.
    pub async fn reasons(&self, aggregator: &str, result: &RuleResult) -> Result<Vec<NonCompliant>, Failure> {
        let RuleResult { account, region, rule } = result;
        let resource = format!("{rule} of account {account} in {region}");
        let call = self.call("GetAggregateComplianceDetailsByConfigRule", &resource);
        let request = self.client.get_aggregate_compliance_details_by_config_rule();
        let request = request.configuration_aggregator_name(aggregator).config_rule_name(rule);
        let request = request.account_id(account).aws_region(region).limit(CONFIG_PAGE_SIZE);
        let request = request.compliance_type(ComplianceType::NonCompliant);
        let (mut pages, mut seen, mut reasons) = (request.into_paginator().send(), None, Vec::new());
        while let Some(page) = call
            .page(pages.next(), GetAggregateComplianceDetailsByConfigRuleOutput::next_token, &mut seen)
            .await?
        {
            for result in page.aggregate_evaluation_results.unwrap_or_default() {
                let qualifier =
                    result.evaluation_result_identifier.and_then(|it| it.evaluation_result_qualifier);
                let Some(id) = qualifier.and_then(|qualifier| qualifier.resource_id) else { continue };
                reasons.push(NonCompliant::new(&id, result.annotation.as_deref()));
            }
        }
        reasons.sort();
        Ok(reasons)
    }
}
