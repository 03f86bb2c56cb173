//! The operations, one module per service. Each operation acts only in the account and Region of
//! its caller.

mod acm;
mod aggregated_compliance;
mod aggregator;
mod apigateway;
mod apigatewayv2;
mod config;
mod domains;
mod domains_v2;
mod evaluation_status;
mod expression;
mod history;
pub(crate) mod invocations;
mod lambda;
mod listing;
mod load_balancers;
mod metrics;
mod network;
mod notifications;
mod organization;
mod parameters;
mod recorded;
mod regions;
mod resources;
mod results;
mod rules;
pub(crate) mod s3;
mod stack_sets;
mod stages;
mod sts;
mod tagging;
mod trust_stores;
mod units;

use serde_json::Value;

use crate::faults::Fault;
use crate::model::Region;
use crate::wire::{Output, Refusal};
use crate::witness::{Shown, Source};
use crate::world::{Key, World};

/// One call by an authenticated caller.
pub(crate) struct Call<'w> {
    pub(crate) world: &'w mut World,
    pub(crate) key_id: &'w str,
    pub(crate) key: &'w Key,
    pub(crate) region: &'w str,
    /// The host and port that the caller connected to.
    pub(crate) host: &'w str,
    pub(crate) input: &'w Value,
    /// A fault that the operation must simulate itself.
    pub(crate) fault: Option<&'w Fault>,
}

impl Call<'_> {
    pub(crate) fn home(&mut self) -> &mut Region {
        self.world.region_mut(&self.key.account, self.region)
    }

    /// The Region that is called; for an account-wide service, which may be called in any Region,
    /// the account's first.
    pub(crate) fn global_home(&mut self) -> &mut Region {
        if self.world.try_region(&self.key.account, self.region).is_some() {
            return self.home();
        }
        let account = self.world.accounts.get_mut(&self.key.account).expect("the caller's account exists");
        account.regions.values_mut().next().expect("an account has a Region")
    }

    /// The access key of the calling process.
    pub(crate) fn process(&self) -> &str {
        self.key.assumed_by.as_deref().unwrap_or(self.key_id)
    }

    /// Records what the response shows about stages, unless the response won't arrive whole.
    pub(crate) fn shows(&mut self, source: Source, all: Vec<(String, Shown)>) {
        if !matches!(self.fault, Some(Fault::TruncatedBody | Fault::MalformedJson | Fault::Answer(..))) {
            let process = self.process().to_owned();
            self.world.shown(&process, source, all);
        }
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.input.get(name)?.as_str()
    }

    fn required(&self, name: &str) -> Result<&str, Refusal> {
        let missing = || {
            Refusal::new(
                "ValidationException",
                format!(
                    "1 validation error detected: Value null at '{name}' failed to satisfy constraint: Member must not be null"
                ),
            )
        };
        self.text(name).filter(|text| !text.is_empty()).ok_or_else(missing)
    }
}

pub(crate) fn call(service: &str, operation: &str, call: &mut Call<'_>) -> Result<Output, Refusal> {
    match operation {
        "GetRestApi" => resources::get_rest_api(call),
        "GetResources" if service == "apigateway" => resources::get_resources(call),
        "GetMethod" => resources::get_method(call),
        "TestInvokeMethod" => invocations::test_invoke_method(call),
        "GetAuthorizers" => resources::get_authorizers(call),
        "GetDomainNames" if call.text("version") == Some("2") => domains_v2::get_domain_names(call),
        "GetDomainNames" => domains::get_domain_names(call),
        "GetDomainName" => domains::get_domain_name(call),
        "GetDomainNameAccessAssociations" => domains::get_access_associations(call),
        "GetBasePathMappings" => domains::get_base_path_mappings(call),
        "GetApiMappings" => domains_v2::get_api_mappings(call),
        "ListRoutingRules" => domains_v2::list_routing_rules(call),
        "GetApi" => apigatewayv2::get_api(call),
        "GetObject" => s3::get_object(call),
        "HeadObject" => s3::head_object(call),
        "ListObjectVersions" => s3::list_object_versions(call),
        "GetPresignedObject" => trust_stores::get_presigned_object(call),
        "DescribeVpcEndpoints" => network::describe_vpc_endpoints(call),
        "DescribeNetworkInterfaces" => network::describe_network_interfaces(call),
        "DescribeSecurityGroups" => network::describe_security_groups(call),
        "DescribeLoadBalancers" => load_balancers::describe_load_balancers(call),
        "DescribeListeners" => load_balancers::describe_listeners(call),
        "DescribeRules" => load_balancers::describe_rules(call),
        "DescribeTargetGroups" => load_balancers::describe_target_groups(call),
        "DescribeTargetHealth" => load_balancers::describe_target_health(call),
        "DescribeTrustStores" => trust_stores::describe_trust_stores(call),
        "DescribeTrustStoreAssociations" => trust_stores::describe_associations(call),
        "DescribeTrustStoreRevocations" => trust_stores::describe_revocations(call),
        "GetTrustStoreCaCertificatesBundle" => trust_stores::get_bundle(call),
        "GetTrustStoreRevocationContent" => trust_stores::get_revocation_content(call),
        "GetRestApis" => apigateway::get_rest_apis(call),
        "GetStage" if is_v2(call) => apigatewayv2::get_stage(call),
        "GetStages" if is_v2(call) => apigatewayv2::get_stages(call),
        "GetStage" => stages::get_stage(call),
        "GetStages" => stages::get_stages(call),
        "UpdateStage" if is_v2(call) => apigatewayv2::update_stage(call),
        "UpdateStage" => stages::update_stage(call),
        "GetApis" => apigatewayv2::get_apis(call),
        "GetExport" => apigateway::get_export(call),
        "GetClientCertificate" => apigateway::get_client_certificate(call),
        "GetClientCertificates" => apigateway::get_client_certificates(call),
        "GenerateClientCertificate" => apigateway::generate_client_certificate(call),
        "DeleteClientCertificate" => apigateway::delete_client_certificate(call),
        "TagResource" => apigateway::tag_resource(call),
        "UntagResource" => apigateway::untag_resource(call),
        "SelectResourceConfig" => config::select_resource_config(call),
        "DescribeAggregateComplianceByConfigRules" => aggregated_compliance::describe_compliance(call),
        "GetAggregateComplianceDetailsByConfigRule" => aggregated_compliance::get_details(call),
        "SelectAggregateResourceConfig" => aggregator::select_aggregate_resource_config(call),
        "DescribeConfigurationAggregatorSourcesStatus" => aggregator::describe_sources_status(call),
        "BatchGetResourceConfig" => history::batch_get_resource_config(call),
        "GetResourceConfigHistory" => history::get_resource_config_history(call),
        "GetComplianceDetailsByConfigRule" => results::get_compliance_details(call),
        "GetComplianceDetailsByResource" => results::get_compliance_details_by_resource(call),
        "DescribeConfigRules" => rules::describe_config_rules(call),
        "DescribeConfigurationRecorderStatus" => rules::describe_recorder_status(call),
        "PutEvaluations" => results::put_evaluations(call),
        "GetResources" => tagging::get_resources(call),
        "DescribeCertificate" => acm::describe_certificate(call),
        "ListAccounts" => organization::list_accounts(call),
        "ListRegions" => organization::list_regions(call),
        "DescribeRegions" => Ok(regions::describe_regions(call)),
        "BatchImportFindings" => notifications::batch_import_findings(call),
        "GetFindings" => notifications::get_findings(call),
        "PutEvents" => notifications::put_events(call),
        "GetMetricData" => metrics::get_metric_data(call),
        "GetParameter" => parameters::get_parameter(call),
        "PutParameter" => parameters::put_parameter(call),
        "DescribeConfigRuleEvaluationStatus" => evaluation_status::describe_evaluation_status(call),
        "DescribeConfigurationRecorders" => Ok(rules::describe_recorders(call)),
        "GetAccountSettings" => Ok(lambda::get_account_settings(call)),
        "ListAccountsForParent" => units::list_accounts_for_parent(call),
        "ListOrganizationalUnitsForParent" => units::list_units_for_parent(call),
        "ListAWSServiceAccessForOrganization" => units::list_service_access(call),
        "DescribeStackSet" => stack_sets::describe_stack_set(call),
        "ListStackSets" => stack_sets::list_stack_sets(call),
        "ListStackInstances" => stack_sets::list_stack_instances(call),
        "UpdateStackInstances" => stack_sets::deploy_stack_instances(call, "UpdateStackInstances"),
        "CreateStackInstances" => stack_sets::deploy_stack_instances(call, "CreateStackInstances"),
        "AssumeRole" => sts::assume_role(call),
        "GetCallerIdentity" => Ok(sts::get_caller_identity(call)),
        other => unreachable!("{other} is not routed"),
    }
}

/// Whether the call is for API Gateway's version 2: both versions sign as one service and use the
/// same operation names.
fn is_v2(call: &Call<'_>) -> bool {
    call.text("ApiId").is_some()
}

/// The key after which the requested page starts; `Err` if the token is invalid.
fn page_start(call: &mut Call<'_>, query: &str) -> Result<Option<String>, ()> {
    if matches!(call.fault, Some(Fault::ExpiredPageToken)) {
        return Err(());
    }
    let Some(token) = call.text("NextToken").map(str::to_owned) else { return Ok(None) };
    call.global_home().page(&token, query).map(|page| Some(page.after.clone())).ok_or(())
}

/// The `Limit` of Config's operations: both 0 and absence mean the default.
fn config_limit(call: &Call<'_>, name: &str, default: usize) -> Result<usize, Refusal> {
    match &call.input[name] {
        Value::Null => Ok(default),
        value => match value.as_u64() {
            Some(0) => Ok(default),
            Some(limit @ 1..=100) => Ok(usize::try_from(limit).expect("100 at most")),
            _ => Err(Refusal::new(
                "ValidationException",
                format!(
                    "1 validation error detected: Value '{value}' at '{name}' failed to satisfy constraint: Member must have value less than or equal to 100"
                ),
            )),
        },
    }
}
