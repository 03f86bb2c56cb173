//! Config's advanced queries.

use aws_sdk_config::operation::select_resource_config::SelectResourceConfigOutput;
use serde_json::Value;

use crate::Failure;
use crate::account::listing::Listing;
use crate::account::rows::StageRows;
use crate::aws::LiveAccount;
use crate::aws::connect::call::Call;
use crate::aws::read::account::CONFIG_PAGE_SIZE;

impl LiveAccount {
    /// All rows of a Config advanced query.
    pub(crate) async fn select(&self, resource: &str, expression: &str) -> Result<Vec<Value>, Failure> {
        let mut rows = Vec::new();
        self.select_each(resource, expression, |row| rows.push(row)).await?;
        Ok(rows)
    }

    /// The stages in the rows of a Config advanced query; only one page of rows is in memory at a
    /// time.
    pub(crate) async fn select_stages(&self, resource: &str, expression: &str) -> Result<Listing, Failure> {
        let mut stages = StageRows::new("SelectResourceConfig");
        self.select_each(resource, expression, |row| stages.add(&row)).await?;
        Ok(stages.listing())
    }

    /// Calls `take` for each row of a Config advanced query, page by page.
    pub(crate) async fn select_each(
        &self,
        resource: &str,
        expression: &str,
        mut take: impl FnMut(Value),
    ) -> Result<(), Failure> {
        let call = self.call("SelectResourceConfig", resource);
        let request =
            self.clients.config.select_resource_config().expression(expression).limit(CONFIG_PAGE_SIZE);
        let mut pages = request.into_paginator().send();
        let mut seen = None;
        while let Some(page) =
            call.page(pages.next(), SelectResourceConfigOutput::next_token, &mut seen).await?
        {
            for row in page.results.unwrap_or_default() {
                take(parse_row(&call, &row)?);
            }
        }
        Ok(())
    }
}

/// A result row of an advanced query, which AWS returns as text.
pub(crate) fn parse_row(call: &Call<'_>, row: &str) -> Result<Value, Failure> {
    serde_json::from_str(row).map_err(|error| call.invalid_response(format!("a row is not JSON: {error}")))
}
