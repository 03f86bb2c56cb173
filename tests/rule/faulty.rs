//! An account in which one operation fails, with a list of the operations called.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use serde_json::Value;
use stagecert::account::Account;
use stagecert::account::front_door::{DeployedSettings, FrontDoor, StoredTruststore};
use stagecert::account::listing::{Freshness, Listing, ReportedResult, RuleScope, Unreadable};
use stagecert::account::rows::Integrations;
use stagecert::checks::stage::certificate_attached::Backends;
use stagecert::deadline::Deadline;
use stagecert::event::ConfigurationItem;
use stagecert::notify::Message;
use stagecert::notify::deliver::Events;
use stagecert::notify::last_run::Parameter;
use stagecert::parameters::exemptions::{ExemptionDocument, S3Location};
use stagecert::parameters::settings::Settings;
use stagecert::parameters::{Inventory, Parameters};
use stagecert::resources::account_region::AccountRegion;
use stagecert::resources::api::{Api, ApiArn, Protocol};
use stagecert::resources::certificate::Certificate;
use stagecert::resources::certificate_id::CertificateId;
use stagecert::resources::domain_name::{DomainKey, DomainName, Route};
use stagecert::resources::listener::{Listener, ListenerRule, LoadBalancer, TargetGroup};
use stagecert::resources::private_network::{self, NetworkInterface, SecurityGroup, VpcEndpoint};
use stagecert::resources::stage::Stage;
use stagecert::resources::stage_arn::StageArn;
use stagecert::resources::tags::Tags;
use stagecert::resources::trust_store::{Crl, TrustStoreContent};
use stagecert::rule::connect::Connect;
use stagecert::rule::put::{PutRequest, Results};
use stagecert::security_hub::import::{Findings, FindingsFilter, RejectedFinding};
use stagecert::security_hub::{AwsSecurityFinding, ExistingFinding};
use stagecert::snapshot::{RecordedResults, Snapshot, SnapshotAccount};
use stagecert::telemetry::invocation_log::InvocationLog;
use stagecert::{Failure, rule};

use crate::evaluate::{Evaluated, LAST_REMINDERS};

#[derive(Clone, Copy)]
pub(crate) struct Faulty<'a> {
    account: SnapshotAccount<'a>,
    /// What Config's index still shows.
    index: SnapshotAccount<'a>,
    /// What API Gateway has now.
    live: SnapshotAccount<'a>,
    /// What API Gateway has after the first export.
    later: SnapshotAccount<'a>,
    /// The only API whose exports fail, unless all do.
    failing_api: Option<&'static str>,
    is_recording: bool,
    scope: &'a RuleScope,
    /// The rules that don't exist.
    gone_rules: &'a [&'static str],
    fails: &'static str,
    code: &'static str,
    results: &'a RecordedResults,
    /// All operations in call order.
    calls: &'a RefCell<Vec<&'static str>>,
}

impl Faulty<'_> {
    /// What API Gateway has, which changes with the second listing of domains.
    fn newest_front_door(&self) -> SnapshotAccount<'_> {
        let listings = self.calls.borrow().iter().filter(|call| **call == "domain_names").count();
        if listings > 1 { self.later } else { self.live }
    }

    fn unless_faulty(&self, operation: &'static str) -> Result<(), Failure> {
        self.calls.borrow_mut().push(operation);
        if operation != self.fails {
            return Ok(());
        }
        Err(Failure::Operation {
            operation,
            resource: "it".into(),
            location: self.account_region().into(),
            code: Some(self.code.into()),
            source: format!("{}: no", self.code).into(),
        })
    }
}

/// What API Gateway has now, and from the second listing of APIs on, what it has later.
impl FrontDoor for Faulty<'_> {
    async fn apis(&self) -> Result<Vec<Api>, Failure> {
        let account = if self.calls.borrow().contains(&"apis") { self.later } else { self.live };
        self.unless_faulty("apis")?;
        account.apis().await
    }
    async fn api(&self, api: &ApiArn) -> Result<Option<Api>, Failure> {
        self.unless_faulty("api")?;
        self.later.api(api).await
    }
    async fn domain_names(&self) -> Result<Vec<DomainName>, Failure> {
        let account = if self.calls.borrow().contains(&"domain_names") { self.later } else { self.live };
        self.unless_faulty("domain_names")?;
        account.domain_names().await
    }
    async fn domain_name(&self, domain: &DomainKey) -> Result<Option<DomainName>, Failure> {
        self.unless_faulty("domain_name")?;
        self.later.domain_name(domain).await
    }
    async fn mappings(&self, domain: &DomainName) -> Result<Vec<Route>, Failure> {
        self.unless_faulty("mappings")?;
        self.newest_front_door().mappings(domain).await
    }
    async fn routing_rules(&self, domain: &DomainKey) -> Result<Vec<Route>, Failure> {
        self.unless_faulty("routing_rules")?;
        self.newest_front_door().routing_rules(domain).await
    }
    async fn recorded_domain_names(&self) -> Result<BTreeMap<String, String>, Failure> {
        self.unless_faulty("recorded_domain_names")?;
        self.index.recorded_domain_names().await
    }
    async fn stage_names(&self, api: &ApiArn) -> Result<Vec<String>, Failure> {
        self.unless_faulty("stage_names")?;
        self.newest_front_door().stage_names(api).await
    }
    async fn deployed_settings(&self, api: &ApiArn, stage: &str) -> Result<DeployedSettings, Failure> {
        self.unless_faulty("deployed_settings")?;
        self.newest_front_door().deployed_settings(api, stage).await
    }
    async fn truststore(
        &self,
        uri: &str,
        version: Option<&str>,
    ) -> Result<Result<StoredTruststore, private_network::Unreadable>, Failure> {
        self.unless_faulty("truststore")?;
        self.newest_front_door().truststore(uri, version).await
    }
    async fn newest_version(
        &self,
        uri: &str,
    ) -> Result<Result<Option<String>, private_network::Unreadable>, Failure> {
        self.unless_faulty("newest_version")?;
        self.newest_front_door().newest_version(uri).await
    }
    async fn server_certificate(&self, arn: &str) -> Result<Option<Certificate>, Failure> {
        self.unless_faulty("server_certificate")?;
        self.newest_front_door().server_certificate(arn).await
    }
    async fn vpc_endpoints(&self, ids: &BTreeSet<String>) -> Result<Vec<VpcEndpoint>, Failure> {
        self.unless_faulty("vpc_endpoints")?;
        self.newest_front_door().vpc_endpoints(ids).await
    }
    async fn execute_api_endpoints(&self) -> Result<Vec<VpcEndpoint>, Failure> {
        self.unless_faulty("execute_api_endpoints")?;
        self.newest_front_door().execute_api_endpoints().await
    }
    async fn network_interfaces(&self, ids: &BTreeSet<String>) -> Result<Vec<NetworkInterface>, Failure> {
        self.unless_faulty("network_interfaces")?;
        self.newest_front_door().network_interfaces(ids).await
    }
    async fn interfaces_in(&self, groups: &BTreeSet<String>) -> Result<Vec<NetworkInterface>, Failure> {
        self.unless_faulty("interfaces_in")?;
        self.newest_front_door().interfaces_in(groups).await
    }
    async fn security_groups(&self, ids: &BTreeSet<String>) -> Result<Vec<SecurityGroup>, Failure> {
        self.unless_faulty("security_groups")?;
        self.newest_front_door().security_groups(ids).await
    }
    async fn target_groups(&self) -> Result<Vec<TargetGroup>, Failure> {
        self.unless_faulty("target_groups")?;
        self.newest_front_door().target_groups().await
    }
    async fn targets(&self, target_group: &str) -> Result<BTreeSet<String>, Failure> {
        self.unless_faulty("targets")?;
        self.newest_front_door().targets(target_group).await
    }
    async fn load_balancers(&self, arns: &BTreeSet<String>) -> Result<Vec<LoadBalancer>, Failure> {
        self.unless_faulty("load_balancers")?;
        self.newest_front_door().load_balancers(arns).await
    }
    async fn listeners(&self, load_balancer: &str) -> Result<Vec<Listener>, Failure> {
        self.unless_faulty("listeners")?;
        self.newest_front_door().listeners(load_balancer).await
    }
    async fn listener_rules(&self, listener: &str) -> Result<Vec<ListenerRule>, Failure> {
        self.unless_faulty("listener_rules")?;
        self.newest_front_door().listener_rules(listener).await
    }
    async fn trust_store(
        &self,
        trust_store: &str,
    ) -> Result<Result<TrustStoreContent, private_network::Unreadable>, Failure> {
        self.unless_faulty("trust_store")?;
        self.newest_front_door().trust_store(trust_store).await
    }
    async fn revocation_lists(
        &self,
        trust_store: &str,
    ) -> Result<Result<Vec<Crl>, private_network::Unreadable>, Failure> {
        self.unless_faulty("revocation_lists")?;
        self.newest_front_door().revocation_lists(trust_store).await
    }
}

impl Account for Faulty<'_> {
    fn account_region(&self) -> &AccountRegion {
        self.account.account_region()
    }
    async fn stages(&self, inventory: Inventory) -> Result<Listing, Failure> {
        self.unless_faulty("stages")?;
        let mut listing = self.index.stages(inventory).await?;
        if self.fails == "GetStages" {
            // For one API, whose ID is given instead of an error code.
            let api_arn = format!("arn:aws:apigateway:eu-west-1::/restapis/{}", self.code);
            listing.stages.retain(|stage| stage.arn.api_arn() != api_arn);
            let failure = self.unless_faulty("GetStages").unwrap_err();
            listing.unreadable.push(Unreadable {
                resource_id: None,
                api_arn: Some(api_arn),
                certificates: None,
                failure,
            });
        }
        Ok(listing)
    }
    async fn stages_with(&self, certificate: &CertificateId) -> Result<Vec<Stage>, Failure> {
        self.unless_faulty("stages_with")?;
        self.index.stages_with(certificate).await
    }
    async fn latest(&self, stages: &[&StageArn]) -> Result<Vec<Stage>, Failure> {
        self.unless_faulty("latest")?;
        self.account.latest(stages).await
    }
    async fn live_stage(&self, stage: &StageArn) -> Result<Option<Stage>, Failure> {
        self.unless_faulty("live_stage")?;
        let is_later = self.calls.borrow().contains(&"exported");
        (if is_later { self.later } else { self.live }).live_stage(stage).await
    }

    async fn live_stages(&self, stage: &StageArn) -> Result<Vec<Stage>, Failure> {
        self.unless_faulty("live_stages")?;
        self.live.live_stages(stage).await
    }

    async fn is_recording(&self) -> Result<bool, Failure> {
        self.unless_faulty("is_recording")?;
        Ok(self.is_recording)
    }

    async fn rule_scope(&self, rule_name: &str) -> Result<RuleScope, Failure> {
        self.unless_faulty("rule_scope")?;
        if self.gone_rules.contains(&rule_name) {
            let gone = Self { fails: "rule_scope", code: "NoSuchConfigRuleException", ..*self };
            gone.unless_faulty("rule_scope")?;
        }
        Ok(self.scope.clone())
    }

    async fn client_certificates(
        &self,
        wanted: &BTreeSet<CertificateId>,
        freshness: Freshness,
    ) -> Result<HashMap<CertificateId, Certificate>, Failure> {
        self.unless_faulty("client_certificates")?;
        self.account.client_certificates(wanted, freshness).await
    }
    async fn acm_certificate(&self, arn: &CertificateId) -> Result<Option<Certificate>, Failure> {
        self.unless_faulty("acm_certificate")?;
        self.account.acm_certificate(arn).await
    }
    async fn tags(&self, arns: &[String]) -> Result<HashMap<String, Tags>, Failure> {
        self.unless_faulty("tags")?;
        self.account.tags(arns).await
    }
    async fn exported(&self, stage: &StageArn) -> Result<Option<Backends>, Failure> {
        if self.failing_api.is_none_or(|api| api == stage.api_id()) {
            self.unless_faulty("exported")?;
        } else {
            self.calls.borrow_mut().push("exported");
        }
        self.account.exported(stage).await
    }
    async fn current_integrations(&self, stage: &StageArn) -> Result<Backends, Failure> {
        self.unless_faulty("current_integrations")?;
        self.account.current_integrations(stage).await
    }
    async fn api_names(&self, api_arns: &BTreeSet<&str>) -> Result<HashMap<String, String>, Failure> {
        self.unless_faulty("api_names")?;
        self.index.api_names(api_arns).await
    }
    async fn protocols(&self, api_arn: Option<&str>) -> Result<HashMap<String, Protocol>, Failure> {
        self.unless_faulty("protocols")?;
        self.account.protocols(api_arn).await
    }
    async fn integrations(&self) -> Result<Integrations, Failure> {
        self.unless_faulty("integrations")?;
        self.account.integrations().await
    }
    async fn earlier_results(&self, rule_name: &str) -> Result<Vec<ReportedResult>, Failure> {
        self.unless_faulty("earlier_results")?;
        self.account.earlier_results(rule_name).await
    }
    async fn earlier_result(
        &self,
        rule_name: &str,
        stage: &StageArn,
    ) -> Result<Option<ReportedResult>, Failure> {
        self.unless_faulty("earlier_result")?;
        self.account.earlier_result(rule_name, stage).await
    }
    async fn configuration_item(&self, summary: &ConfigurationItem) -> Result<ConfigurationItem, Failure> {
        self.unless_faulty("configuration_item")?;
        self.account.configuration_item(summary).await
    }
}

impl Results for Faulty<'_> {
    async fn put_evaluations(&self, request: PutRequest<'_>) -> Result<Vec<String>, Failure> {
        self.unless_faulty("put_evaluations")?;
        self.results.put_evaluations(request).await
    }
}

impl Findings for Faulty<'_> {
    async fn import_findings(
        &self,
        findings: &[AwsSecurityFinding],
    ) -> Result<Option<Vec<RejectedFinding>>, Failure> {
        self.unless_faulty("import_findings")?;
        self.results.import_findings(findings).await
    }

    async fn existing_findings(
        &self,
        wanted: FindingsFilter<'_>,
    ) -> Result<Option<Vec<ExistingFinding>>, Failure> {
        self.unless_faulty("existing_findings")?;
        self.results.existing_findings(wanted).await
    }
}

impl Events for Faulty<'_> {
    async fn put_events(&self, messages: &[Message]) -> Result<Vec<Option<String>>, Failure> {
        self.unless_faulty("put_events")?;
        self.results.put_events(messages).await
    }
}

impl Parameter for Faulty<'_> {
    async fn parameter(&self, name: &str) -> Result<Option<String>, Failure> {
        self.unless_faulty("parameter")?;
        self.results.parameter(name).await
    }

    async fn put_parameter(&self, name: &str, value: &str) -> Result<(), Failure> {
        self.unless_faulty("put_parameter")?;
        self.results.put_parameter(name, value).await
    }
}

/// The account, and the text of the exemption document.
struct FaultyConnection<'a>(Faulty<'a>, &'a str);

impl<'a> Connect for FaultyConnection<'a> {
    type Account = Faulty<'a>;
    type Results = Faulty<'a>;
    async fn connect(
        &self,
        _: &AccountRegion,
        _: &Parameters,
        _: Deadline,
    ) -> Result<(Self::Account, Self::Results), Failure> {
        Ok((self.0, self.0))
    }

    async fn exemption_document(
        &self,
        _: &S3Location,
        _: &AccountRegion,
        _: Deadline,
    ) -> Result<Arc<ExemptionDocument>, Failure> {
        self.0.unless_faulty("exemption_document")?;
        ExemptionDocument::parse(self.1).map(Arc::new)
    }
}

/// The accounts behind each source that an invocation reads.
pub(crate) struct World {
    /// Config's latest items, and everything that is neither an item nor a stage.
    pub account: Value,
    /// Config's index.
    pub index: Value,
    /// API Gateway.
    pub live: Value,
    /// API Gateway after the first export.
    pub later: Value,
    /// The only API whose exports fail, unless all do.
    pub failing_api: Option<&'static str>,
    pub is_recording: bool,
    pub scope: RuleScope,
    /// The rules that don't exist.
    pub gone_rules: Vec<&'static str>,
    /// The operation that fails, and its error code.
    pub fails: (&'static str, &'static str),
    /// The settings of the function.
    pub settings: Settings,
    /// The value of the parameter with the last reminders.
    pub parameter: Option<String>,
    /// The exemption document.
    pub exemptions: String,
}

impl World {
    /// A world in which all sources agree.
    pub(crate) fn of(account: &Value) -> Self {
        Self {
            account: account.clone(),
            index: account.clone(),
            live: account.clone(),
            later: account.clone(),
            failing_api: None,
            is_recording: true,
            scope: RuleScope::default(),
            gone_rules: Vec::new(),
            fails: ("", ""),
            settings: Settings::default(),
            parameter: None,
            exemptions: String::new(),
        }
    }

    pub(crate) async fn evaluate(&self, event: &Value) -> (Evaluated, Vec<&'static str>) {
        self.evaluate_into(event, &RecordedResults::default()).await
    }

    /// Evaluates with the findings of earlier events in `results`.
    pub(crate) async fn evaluate_into(
        &self,
        event: &Value,
        results: &RecordedResults,
    ) -> (Evaluated, Vec<&'static str>) {
        let parsed = [&self.account, &self.index, &self.live, &self.later];
        let parsed = parsed.map(|it| Snapshot::parse(&it.to_string()).unwrap());
        let account_region = parsed[0].account_region();
        let [account, index, live, later] = [&parsed[0], &parsed[1], &parsed[2], &parsed[3]]
            .map(|it| SnapshotAccount::new(it, &account_region));
        let calls = RefCell::default();
        if let Some(value) = &self.parameter {
            results.set_parameter(LAST_REMINDERS, value);
        }
        let (fails, code) = self.fails;
        let faulty = Faulty {
            account,
            index,
            live,
            later,
            failing_api: self.failing_api,
            is_recording: self.is_recording,
            scope: &self.scope,
            gone_rules: &self.gone_rules,
            fails,
            code,
            results,
            calls: &calls,
        };
        let connection = FaultyConnection(faulty, &self.exemptions);
        let (event, now) = (event.to_string(), parsed[0].taken_at);
        let mut log = InvocationLog::default();
        let done =
            rule::run_recorded(&event, &connection, &self.settings, now, Deadline::none(), &mut log).await;
        let evaluated = Evaluated::recorded(results, done.map(|()| log));
        (evaluated, calls.take())
    }
}

/// The outcome of an event if an operation fails, and the operations called.
pub(crate) async fn evaluate_with(
    event: &Value,
    account: &Value,
    index: &Value,
    fails: (&'static str, &'static str),
) -> (Evaluated, Vec<&'static str>) {
    World { index: index.clone(), fails, ..World::of(account) }.evaluate(event).await
}
