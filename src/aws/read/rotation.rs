//! What a rotation reads: all generated certificates and all stages, from API Gateway itself.

use aws_sdk_apigateway::operation::get_rest_apis::GetRestApisOutput;
use aws_sdk_apigateway::operation::get_stages::GetStagesError;
use aws_sdk_apigateway::types::{ClientCertificate, RestApi};
use futures_util::{StreamExt, TryStreamExt, stream};
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap};

use crate::Failure;
use crate::aws::connect::page_tokens::PageTokens;
use crate::aws::connect::rotation::LiveRotation;
use crate::aws::read::account::APIGATEWAY_PAGE_SIZE;
use crate::aws::read::convert;
use crate::aws::read::gateway::escaped;
use crate::aws::{LiveAccount, LiveApi};
use crate::probe::through::resource::ResourceMethod;
use crate::resources::certificate_id::CertificateId;
use crate::resources::stage_arn::StageArn;
use crate::resources::tags::Tags;
use crate::rotate::inventory::{GeneratedCertificate, LiveStage};
use crate::rotate::operations::Reads;

/// The number of concurrent `GetStages` calls, below the rate limit of the client.
const CONCURRENCY: usize = 4;
const NOT_FOUND: &str = "NotFoundException";

impl Reads for LiveRotation {
    async fn certificates(&self) -> Result<Vec<GeneratedCertificate>, Failure> {
        let items = self.account.client_certificate_items().await?;
        Ok(items.into_iter().filter_map(generated).collect())
    }

    async fn stages(&self) -> Result<Vec<LiveStage>, Failure> {
        let account = &self.account;
        let rest = stream::iter(account.rest_apis().await?);
        let rest = rest.map(|api| account.live_rest_stages(api)).buffered(CONCURRENCY);
        let web_socket = stream::iter(account.web_socket_apis().await?);
        let web_socket = web_socket.map(|api| account.live_v2_stages(api)).buffered(CONCURRENCY);
        let mut stages: Vec<LiveStage> = rest.try_concat().await?;
        stages.extend(web_socket.try_concat().await?);
        Ok(stages)
    }

    async fn attached(&self, stage: &StageArn) -> Result<Option<Option<CertificateId>>, Failure> {
        Ok(self.account.stage_of_api(stage).await?.map(|found| found.certificate))
    }

    async fn methods(&self, stage: &StageArn) -> Result<Vec<ResourceMethod>, Failure> {
        LiveApi::of(&self.account, stage).methods().await
    }
}

/// An API as version 2's `GetApis` returns it (botocore, apigatewayv2).
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct V2Api {
    api_id: String,
    name: Option<String>,
    protocol_type: String,
    #[serde(default)]
    tags: HashMap<String, String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct V2Apis {
    #[serde(default)]
    items: Vec<V2Api>,
    next_token: Option<String>,
}

/// A stage as version 2's `GetStages` returns it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct V2Stage {
    stage_name: String,
    client_certificate_id: Option<String>,
    #[serde(default)]
    stage_variables: BTreeMap<String, String>,
    #[serde(default)]
    tags: HashMap<String, String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct V2Stages {
    #[serde(default)]
    items: Vec<V2Stage>,
    next_token: Option<String>,
}

impl LiveAccount {
    async fn rest_apis(&self) -> Result<Vec<RestApi>, Failure> {
        let call = self.call("GetRestApis", "all REST APIs");
        let request = self.clients.apigateway.get_rest_apis().limit(APIGATEWAY_PAGE_SIZE);
        let mut pages = request.into_paginator().send();
        let (mut apis, mut seen) = (Vec::new(), None);
        while let Some(page) = call.page(pages.next(), GetRestApisOutput::position, &mut seen).await? {
            apis.extend(page.items.unwrap_or_default());
        }
        Ok(apis)
    }

    /// The stages of a REST API; none if it was deleted after it was listed.
    async fn live_rest_stages(&self, api: RestApi) -> Result<Vec<LiveStage>, Failure> {
        let id = api.id.unwrap_or_default();
        let call = self.call("GetStages", &id);
        let listed = match call.send_raw(self.clients.apigateway.get_stages().rest_api_id(&id).send()).await?
        {
            Ok(listed) => listed.item.unwrap_or_default(),
            Err(error) if error.as_service_error().is_some_and(GetStagesError::is_not_found_exception) => {
                return Ok(Vec::new());
            }
            Err(error) => return Err(call.sdk_failure(error)),
        };
        let api_tags: Tags = api.tags.unwrap_or_default().into_iter().collect();
        let stage = |stage: aws_sdk_apigateway::types::Stage| {
            let name = stage.stage_name.unwrap_or_default();
            let home = &self.account_region;
            let arn = StageArn::of_rest_api(&home.partition, &home.region, &id, &name);
            Ok(LiveStage {
                arn: arn.map_err(|problem| call.invalid_response(problem))?,
                certificate: certificate(stage.client_certificate_id),
                variables: stage.variables.unwrap_or_default().into_iter().collect(),
                tags: stage.tags.unwrap_or_default().into_iter().collect(),
                api_name: api.name.clone(),
                api_tags: api_tags.clone(),
            })
        };
        listed.into_iter().map(stage).collect()
    }

    async fn web_socket_apis(&self) -> Result<Vec<V2Api>, Failure> {
        let call = self.call("GetApis", "all V2 APIs");
        let limiter = Some(&self.clients.apigateway_limiter);
        let (mut apis, mut tokens, mut path) = (Vec::new(), PageTokens::default(), String::from(V2_APIS));
        loop {
            let page = call.send(self.clients.apigateway_v2.get::<V2Apis>("GetApis", &path, limiter)).await?;
            let next = page.next_token.filter(|token| !token.is_empty());
            apis.extend(page.items.into_iter().filter(|api| api.protocol_type == "WEBSOCKET"));
            let Some(next) = next else { return Ok(apis) };
            tokens.add(Some(&next)).map_err(|problem| call.invalid_response(problem))?;
            path = format!("{V2_APIS}&nextToken={}", escaped(&next));
        }
    }

    /// The stages of a WebSocket API; none if it was deleted after it was listed.
    async fn live_v2_stages(&self, api: V2Api) -> Result<Vec<LiveStage>, Failure> {
        let home = &self.account_region;
        let api_arn = format!("arn:{}:apigateway:{}::/apis/{}", home.partition, home.region, api.api_id);
        let call = self.call("GetStages", &api_arn);
        let limiter = Some(&self.clients.apigateway_limiter);
        let first = format!("/v2/apis/{}/stages?maxResults=500", escaped(&api.api_id));
        let api_tags: Tags = api.tags.into_iter().collect();
        let (mut stages, mut tokens, mut path) = (Vec::new(), PageTokens::default(), first.clone());
        loop {
            let sent = self.clients.apigateway_v2.get::<V2Stages>("GetStages", &path, limiter);
            let page = match call.send(sent).await {
                Ok(page) => page,
                Err(failure) if failure.code() == Some(NOT_FOUND) => return Ok(Vec::new()),
                Err(failure) => return Err(failure),
            };
            for stage in page.items {
                let arn = StageArn::parse(&format!("{api_arn}/stages/{}", stage.stage_name));
                stages.push(LiveStage {
                    arn: arn.map_err(|problem| call.invalid_response(problem))?,
                    certificate: certificate(stage.client_certificate_id),
                    variables: stage.stage_variables,
                    tags: stage.tags.into_iter().collect(),
                    api_name: api.name.clone(),
                    api_tags: api_tags.clone(),
                });
            }
            let Some(next) = page.next_token.filter(|token| !token.is_empty()) else { return Ok(stages) };
            tokens.add(Some(&next)).map_err(|problem| call.invalid_response(problem))?;
            path = format!("{first}&nextToken={}", escaped(&next));
        }
    }
}

const V2_APIS: &str = "/v2/apis?maxResults=500";

/// A generated certificate; `None` for an item without an id.
pub(crate) fn generated(item: ClientCertificate) -> Option<GeneratedCertificate> {
    let created = item.created_date.as_ref().and_then(convert::instant_of);
    let (description, pem) = (item.description.clone(), item.pem_encoded_certificate.clone());
    let (_, certificate) = convert::generated(item)?;
    let description = description.filter(|text| !text.is_empty());
    Some(GeneratedCertificate { certificate, created, description, pem: pem.unwrap_or_default() })
}

fn certificate(id: Option<String>) -> Option<CertificateId> {
    id.filter(|id| !id.is_empty()).map(CertificateId::new)
}
