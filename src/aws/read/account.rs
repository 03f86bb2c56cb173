use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use aws_sdk_apigateway::operation::get_client_certificates::GetClientCertificatesOutput;
use aws_sdk_apigateway::types::ClientCertificate;
use aws_sdk_config::operation::get_compliance_details_by_config_rule::GetComplianceDetailsByConfigRuleOutput;
use aws_sdk_config::operation::get_compliance_details_by_resource::GetComplianceDetailsByResourceOutput;
use aws_sdk_config::operation::get_resource_config_history::GetResourceConfigHistoryOutput;
use aws_sdk_config::primitives::DateTime;
use aws_sdk_config::types::{ComplianceType as AwsComplianceType, ResourceKey, ResourceType};
use jiff::Timestamp;

use crate::Failure;
use crate::account::listing::{Freshness, Listing, ReportedResult, RuleScope};
use crate::account::rows::{self, Integrations};
use crate::account::{Account, export};
use crate::aws::Clients;
use crate::aws::connect::call::Call;
use crate::aws::read::convert;
use crate::deadline::Deadline;
use crate::evaluation::compliance::ComplianceType;
use crate::event::ConfigurationItem;
use crate::parameters::Inventory;
use crate::resources::account_region::AccountRegion;
use crate::resources::api::Protocol;
use crate::resources::backends::Backends;
use crate::resources::certificate::Certificate;
use crate::resources::certificate_id::CertificateId;
use crate::resources::resource::Resource;
use crate::resources::stage::Stage;
use crate::resources::stage_arn::StageArn;
use crate::resources::tags::Tags;

/// The maximum page size of Config (botocore).
pub(crate) const CONFIG_PAGE_SIZE: i32 = 100;
/// The maximum page size of API Gateway (botocore).
pub(crate) const APIGATEWAY_PAGE_SIZE: i32 = 500;
/// The number of `BatchGetResourceConfig` calls for keys that Config leaves unprocessed.
const MAX_ATTEMPTS: u32 = 3;

/// A live account and Region, for one invocation.
#[derive(Clone, Debug)]
pub struct LiveAccount {
    pub(crate) clients: Arc<Clients>,
    pub(crate) account_region: AccountRegion,
    pub(crate) now: Timestamp,
    pub(crate) deadline: Deadline,
}

impl Account for LiveAccount {
    fn account_region(&self) -> &AccountRegion {
        &self.account_region
    }

    async fn stages(&self, inventory: Inventory) -> Result<Listing, Failure> {
        self.listing(inventory).await
    }

    async fn stages_with(&self, certificate: &CertificateId) -> Result<Vec<Stage>, Failure> {
        let resource = format!("stages with {certificate}");
        let call = self.call("SelectResourceConfig", &resource);
        let expression = rows::stages_with(certificate)
            .ok_or_else(|| call.invalid_response("the id can't be used in a query".into()))?;
        let listing = self.select_stages(&resource, &expression).await?;
        match listing.unreadable.into_iter().next() {
            Some(unreadable) => Err(unreadable.failure),
            None => Ok(listing.stages),
        }
    }

    async fn latest(&self, stages: &[&StageArn]) -> Result<Vec<Stage>, Failure> {
        let resource = format!("{} stages", stages.len());
        let call = self.call("BatchGetResourceConfig", &resource);
        let keys = stages.iter().map(|arn| {
            let kind = ResourceType::from(arn.stage_type().resource_type());
            ResourceKey::builder().resource_type(kind).resource_id(arn.as_str()).build()
        });
        let mut keys =
            keys.collect::<Result<Vec<_>, _>>().map_err(|error| call.invalid_response(error.to_string()))?;
        let mut latest = Vec::new();
        for _ in 0..MAX_ATTEMPTS {
            let sent = self.clients.config.batch_get_resource_config().set_resource_keys(Some(keys)).send();
            let output = call.send(sent).await?;
            let items = output.base_configuration_items.unwrap_or_default();
            let stages = items.iter().filter_map(|item| convert::latest(item).transpose());
            let stages = stages.collect::<Result<Vec<_>, String>>();
            latest.extend(stages.map_err(|problem| call.invalid_response(problem))?);
            keys = output.unprocessed_resource_keys.unwrap_or_default();
            if keys.is_empty() {
                return Ok(latest);
            }
        }
        let unprocessed: Vec<String> = keys.into_iter().map(|key| key.resource_id).collect();
        Err(call.invalid_response(format!("Config did not process {}", unprocessed.join(", "))))
    }

    async fn live_stage(&self, stage: &StageArn) -> Result<Option<Stage>, Failure> {
        self.stage_of_api(stage).await
    }

    async fn live_stages(&self, stage: &StageArn) -> Result<Vec<Stage>, Failure> {
        self.stages_of_api(stage).await
    }

    async fn is_recording(&self) -> Result<bool, Failure> {
        let call = self.call("DescribeConfigurationRecorderStatus", "the configuration recorder");
        let sent = self.clients.config.describe_configuration_recorder_status().send();
        let recorders = call.send(sent).await?.configuration_recorders_status.unwrap_or_default();
        Ok(recorders.iter().any(|recorder| recorder.recording))
    }

    async fn rule_scope(&self, rule_name: &str) -> Result<RuleScope, Failure> {
        let rule = self.config_rule(rule_name).await?;
        Ok(rule.scope.map(convert::rule_scope).unwrap_or_default())
    }

    async fn client_certificates(
        &self,
        wanted: &BTreeSet<CertificateId>,
        freshness: Freshness,
    ) -> Result<HashMap<CertificateId, Certificate>, Failure> {
        let cached = match freshness {
            Freshness::Fresh => None,
            Freshness::After(captured) => self.clients.cached_certificates(wanted, captured, self.now),
        };
        if let Some(cached) = cached {
            return Ok(cached);
        }
        let items = self.client_certificate_items().await?;
        let mut all: HashMap<_, _> = items.into_iter().filter_map(convert::generated).collect();
        self.clients.cache_certificates(all.clone(), self.now);
        all.retain(|id, _| wanted.contains(id));
        Ok(all)
    }

    async fn all_client_certificates(&self) -> Result<Option<Vec<Certificate>>, Failure> {
        // This invocation may have read all certificates already.
        if let Some(cached) = self.clients.all_cached_certificates(self.now) {
            return Ok(Some(cached));
        }
        let items = self.client_certificate_items().await?;
        Ok(Some(items.into_iter().filter_map(convert::generated).map(|(_, it)| it).collect()))
    }

    async fn acm_certificate(&self, arn: &CertificateId) -> Result<Option<Certificate>, Failure> {
        let detail = self.acm_detail(arn).await?;
        Ok(detail.map(|detail| Certificate::acm(arn.clone(), detail)))
    }

    async fn tags(&self, arns: &[String]) -> Result<HashMap<String, Tags>, Failure> {
        let resource = match arns {
            [one] => one.clone(),
            many => format!("{} resources", many.len()),
        };
        let sent = self.clients.tagging.get_resources().set_resource_arn_list(Some(arns.to_vec())).send();
        let call = self.call("GetResources", &resource);
        let output = call.send(sent).await?;
        // A request by ARN has a single page. Ignoring another page would lose tagged resources.
        if output.pagination_token.is_some_and(|token| !token.is_empty()) {
            return Err(call.invalid_response("unexpected PaginationToken in a response by ARN".into()));
        }
        let mut by_arn = HashMap::new();
        for mapping in output.resource_tag_mapping_list.unwrap_or_default() {
            let Some(arn) = mapping.resource_arn else { continue };
            let tags = mapping.tags.unwrap_or_default().into_iter().map(|tag| (tag.key, tag.value)).collect();
            by_arn.insert(arn, tags);
        }
        Ok(by_arn)
    }

    async fn exported(&self, stage: &StageArn) -> Result<Option<Backends>, Failure> {
        self.exported_backends(stage).await
    }

    async fn current_integrations(&self, stage: &StageArn) -> Result<Backends, Failure> {
        let types = self.integration_types(stage).await?;
        Ok(export::current_integrations(types.iter().map(Option::as_deref)))
    }

    async fn protocols(&self, api_arn: Option<&str>) -> Result<HashMap<String, Protocol>, Failure> {
        let resource = api_arn.unwrap_or("V2 APIs");
        Ok(rows::read_protocols(&self.select(resource, &rows::protocols(api_arn)).await?))
    }

    async fn api_names(&self, api_arns: &BTreeSet<&str>) -> Result<HashMap<String, String>, Failure> {
        self.names_of_apis(api_arns).await
    }

    async fn integrations(&self) -> Result<Integrations, Failure> {
        Ok(Integrations::read(&self.select("integrations of V2 APIs", rows::INTEGRATIONS).await?))
    }

    async fn earlier_results(&self, rule_name: &str) -> Result<Vec<ReportedResult>, Failure> {
        let call = self.call("GetComplianceDetailsByConfigRule", rule_name);
        let types = ComplianceType::ALL.map(|known| AwsComplianceType::from(known.name())).to_vec();
        let request = self.clients.config.get_compliance_details_by_config_rule().config_rule_name(rule_name);
        let mut pages =
            request.set_compliance_types(Some(types)).limit(CONFIG_PAGE_SIZE).into_paginator().send();
        let mut results = Vec::new();
        let mut seen = None;
        while let Some(page) =
            call.page(pages.next(), GetComplianceDetailsByConfigRuleOutput::next_token, &mut seen).await?
        {
            results.extend(
                page.evaluation_results.unwrap_or_default().into_iter().filter_map(convert::earlier_result),
            );
        }
        Ok(results)
    }

    async fn earlier_result(
        &self,
        rule_name: &str,
        stage: &StageArn,
    ) -> Result<Option<ReportedResult>, Failure> {
        let call = self.call("GetComplianceDetailsByResource", stage.as_str());
        let types = ComplianceType::ALL.map(|known| AwsComplianceType::from(known.name())).to_vec();
        let request = self.clients.config.get_compliance_details_by_resource();
        let request = request.resource_type(stage.stage_type().resource_type()).resource_id(stage.as_str());
        let mut pages = request.set_compliance_types(Some(types)).into_paginator().send();
        let resource = Resource::from(stage);
        let mut seen = None;
        while let Some(page) =
            call.page(pages.next(), GetComplianceDetailsByResourceOutput::next_token, &mut seen).await?
        {
            // Other rules evaluate the same stage, and their annotations may contain anything.
            let results = page.evaluation_results.unwrap_or_default().into_iter();
            let mut own = results
                .filter(|result| convert::rule_of(result) == Some(rule_name))
                .filter_map(convert::earlier_result);
            if let Some(found) = own.find(|result| result.resource == resource) {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    async fn configuration_item(&self, summary: &ConfigurationItem) -> Result<ConfigurationItem, Failure> {
        let call = self.call("GetResourceConfigHistory", &summary.resource_id);
        let request = self.clients.config.get_resource_config_history();
        let request = request
            .resource_type(ResourceType::from(summary.resource_type.as_str()))
            .resource_id(&summary.resource_id)
            .later_time(DateTime::from_millis(summary.captured.as_millisecond()))
            .limit(1);
        let mut pages = request.into_paginator().send();
        // A page covers at most seven days, so the first pages can be empty.
        let mut seen = None;
        while let Some(page) =
            call.page(pages.next(), GetResourceConfigHistoryOutput::next_token, &mut seen).await?
        {
            if let Some(item) = page.configuration_items.unwrap_or_default().into_iter().next() {
                let raw = convert::raw_item(item)
                    .ok_or_else(|| call.invalid_response("an item has no capture time".into()))?;
                let item = ConfigurationItem::validate("GetResourceConfigHistory", raw)?;
                item.ensure_matches(summary)?;
                return Ok(item);
            }
        }
        Err(call.invalid_response("Config has no item for this resource".into()))
    }
}

impl LiveAccount {
    /// A call of `operation` in this account and Region, with the time limit for reads.
    pub(crate) fn call<'a>(&'a self, operation: &'static str, resource: &'a str) -> Call<'a> {
        Call { operation, resource, account_region: &self.account_region, limit: self.deadline.reads() }
    }

    /// All items of `GetClientCertificates`.
    pub(crate) async fn client_certificate_items(&self) -> Result<Vec<ClientCertificate>, Failure> {
        let call = self.call("GetClientCertificates", "all client certificates");
        let request = self.clients.apigateway.get_client_certificates().limit(APIGATEWAY_PAGE_SIZE);
        let mut pages = request.into_paginator().send();
        let mut items = Vec::new();
        let mut seen = None;
        while let Some(page) =
            call.page(pages.next(), GetClientCertificatesOutput::position, &mut seen).await?
        {
            items.extend(page.items.unwrap_or_default());
        }
        Ok(items)
    }
}
