use aws_sdk_config::operation::describe_configuration_aggregator_sources_status::DescribeConfigurationAggregatorSourcesStatusOutput;
use aws_sdk_config::operation::select_aggregate_resource_config::SelectAggregateResourceConfigOutput;
use aws_sdk_config::types::{AggregatedSourceStatus, AggregatedSourceStatusType, AggregatedSourceType};

use crate::Failure;
use crate::account::aggregate::{self, Aggregate, Source};
use crate::aws::LiveAccount;
use crate::aws::read::account::CONFIG_PAGE_SIZE;
use crate::aws::read::select::parse_row;

impl LiveAccount {
    /// The stages that a Config aggregator of this account and Region shows, and the state of the
    /// aggregator's sources.
    ///
    /// # Errors
    /// `Operation` of `SelectAggregateResourceConfig` or
    /// `DescribeConfigurationAggregatorSourcesStatus`.
    pub async fn aggregate(&self, aggregator: &str) -> Result<Aggregate, Failure> {
        let (rows, sources) = tokio::join!(self.aggregate_rows(aggregator), self.sources(aggregator));
        Ok(Aggregate::read(aggregator, &self.account_region, rows?, sources?))
    }

    async fn aggregate_rows(&self, aggregator: &str) -> Result<Vec<serde_json::Value>, Failure> {
        let call = self.call("SelectAggregateResourceConfig", aggregator);
        let request = self.clients.config.select_aggregate_resource_config();
        let request = request.configuration_aggregator_name(aggregator).expression(aggregate::all_stages());
        let mut pages = request.limit(CONFIG_PAGE_SIZE).into_paginator().send();
        let (mut rows, mut seen) = (Vec::new(), None);
        while let Some(page) =
            call.page(pages.next(), SelectAggregateResourceConfigOutput::next_token, &mut seen).await?
        {
            for row in page.results.unwrap_or_default() {
                rows.push(parse_row(&call, &row)?);
            }
        }
        Ok(rows)
    }

    async fn sources(&self, aggregator: &str) -> Result<Vec<Source>, Failure> {
        let call = self.call(aggregate::SOURCES, aggregator);
        let request = self.clients.config.describe_configuration_aggregator_sources_status();
        let request = request.configuration_aggregator_name(aggregator).limit(CONFIG_PAGE_SIZE);
        let mut pages = request.into_paginator().send();
        let (mut sources, mut seen) = (Vec::new(), None);
        while let Some(page) = call
            .page(pages.next(), DescribeConfigurationAggregatorSourcesStatusOutput::next_token, &mut seen)
            .await?
        {
            sources.extend(page.aggregated_source_status_list.unwrap_or_default().into_iter().map(source));
        }
        Ok(sources)
    }
}

pub(crate) fn source(status: AggregatedSourceStatus) -> Source {
    let is_account = status.source_type != Some(AggregatedSourceType::Organization);
    let is_up_to_date = status.last_update_status == Some(AggregatedSourceStatusType::Succeeded);
    let details = [
        status.last_update_status.map(|status| status.as_str().to_owned()),
        status.last_error_code,
        status.last_error_message,
    ];
    Source {
        account: status.source_id.filter(|_| is_account),
        region: status.aws_region,
        problem: (!is_up_to_date).then(|| details.into_iter().flatten().collect::<Vec<_>>().join(": ")),
    }
}
