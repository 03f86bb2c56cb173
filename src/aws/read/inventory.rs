//! Which stages there are: by Config, by API Gateway, or by whichever of them knows.

use std::pin::pin;

use aws_sdk_apigateway::operation::get_rest_apis::GetRestApisOutput;
use futures_util::{StreamExt, stream};

use crate::Failure;
use crate::account::listing::{ListedFrom, Listing, Unreadable};
use crate::account::rows;
use crate::aws::LiveAccount;
use crate::aws::read::account::APIGATEWAY_PAGE;
use crate::aws::read::convert;
use crate::parameters::Inventory;
use crate::resources::account_region::AccountRegion;
use crate::resources::stage::Stage;
use crate::resources::stage_arn::StageType;

/// How many `GetStages` are under way at once; the pace below them is the client's.
const CONCURRENCY: usize = 4;
/// After so many refusals, and no answer, the other APIs are not asked about.
const MAX_REFUSALS: usize = 10;

impl LiveAccount {
    pub(crate) async fn listing(&self, inventory: Inventory) -> Result<Listing, Failure> {
        match inventory {
            Inventory::Config => self.recorded().await,
            Inventory::ApiGateway => {
                let expression = rows::stages_of(StageType::ApiV2);
                let (rest, v2) =
                    tokio::join!(self.rest_stages(), self.select_stages("stages of V2 APIs", &expression));
                Ok(with_rest_stages(v2?, rest?))
            }
            Inventory::Auto => self.recorded_or_listed().await,
        }
    }

    async fn recorded(&self) -> Result<Listing, Failure> {
        let listing = self.select_stages("all stages", &rows::all_stages()).await?;
        Ok(Listing { from: Some(ListedFrom::Config), ..listing })
    }

    /// A recorder that is off, or records other types, is told by no error: an empty listing is only believed of both.
    async fn recorded_or_listed(&self) -> Result<Listing, Failure> {
        let recorded = match self.recorded().await {
            Err(failure) if failure.code().is_some_and(says_nothing_is_recorded) => Listing::default(),
            listing => listing?,
        };
        let shows_rest = recorded.stages.iter().any(|stage| stage.arn.stage_type() == StageType::RestApi);
        if shows_rest || !recorded.unreadable.is_empty() {
            return Ok(recorded);
        }
        Ok(with_rest_stages(recorded, self.rest_stages().await?))
    }

    /// The stages of REST APIs from API Gateway itself. An API that refuses costs its own stages alone.
    async fn rest_stages(&self) -> Result<Listing, Failure> {
        let call = self.call("GetRestApis", "all REST APIs");
        let mut pages =
            self.clients.apigateway.get_rest_apis().limit(APIGATEWAY_PAGE).into_paginator().send();
        let mut apis: Vec<String> = Vec::new();
        let mut last = None;
        while let Some(page) = call.page(pages.next(), GetRestApisOutput::position, &mut last).await? {
            apis.extend(page.items.unwrap_or_default().into_iter().filter_map(|api| api.id));
        }
        let read = |api: String| async move { (self.stages_of_rest_api(&api).await, api) };
        let mut listed = pin!(stream::iter(apis).map(read).buffered(CONCURRENCY));
        let (mut listing, mut answered) = (Listing::default(), false);
        while let Some((stages, api)) = listed.next().await {
            match stages {
                Ok(stages) => {
                    answered = true;
                    listing.stages.extend(stages);
                }
                // A role without the permission is refused by all of them, and others need the calls.
                Err(failure) if !answered && listing.unreadable.len() + 1 >= MAX_REFUSALS => {
                    return Err(failure);
                }
                Err(failure) => listing.unreadable.push(self.unlisted(&api, failure)),
            }
        }
        Ok(listing)
    }

    /// All stages of an API, of which nothing is known.
    fn unlisted(&self, api: &str, failure: Failure) -> Unreadable {
        let AccountRegion { partition, region, .. } = &self.account_region;
        let api_arn = format!("arn:{partition}:apigateway:{region}::/restapis/{api}");
        Unreadable { resource_id: None, api_arn: Some(api_arn), certificates: None, failure }
    }

    pub(crate) async fn stages_of_rest_api(&self, api: &str) -> Result<Vec<Stage>, Failure> {
        let call = self.call("GetStages", api);
        let listed = match call.answer(self.clients.apigateway.get_stages().rest_api_id(api).send()).await? {
            Ok(listed) => listed,
            // Deleted since it was listed.
            Err(error)
                if error.as_service_error().is_some_and(
                    aws_sdk_apigateway::operation::get_stages::GetStagesError::is_not_found_exception,
                ) =>
            {
                return Ok(Vec::new());
            }
            Err(error) => return Err(call.failed(error)),
        };
        let stage = |stage| convert::rest_stage(stage, api, &self.account_region, self.now);
        let stages = listed.item.unwrap_or_default().into_iter().map(stage);
        stages.collect::<Result<_, String>>().map_err(|problem| call.unreadable(problem))
    }
}

fn with_rest_stages(mut listing: Listing, rest: Listing) -> Listing {
    listing.stages.extend(rest.stages);
    listing.unreadable.extend(rest.unreadable);
    Listing { from: Some(ListedFrom::ApiGateway), ..listing }
}

fn says_nothing_is_recorded(code: &str) -> bool {
    [
        "NoAvailableConfigurationRecorderException",
        "NoAvailableConfigurationRecorder",
        "NoRunningConfigurationRecorderException",
        "NoSuchConfigurationRecorderException",
    ]
    .contains(&code)
}
