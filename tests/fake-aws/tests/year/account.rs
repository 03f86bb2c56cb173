//! The simulated account as stagecert's own traits see it.

use std::collections::{BTreeSet, HashMap};

use fake_aws::model;
use serde_json::{Value, json};
use stagecert::Failure;
use stagecert::account::Account;
use stagecert::account::front_door::FrontDoor;
use stagecert::account::listing::{Freshness, Listing, ReportedResult, RuleScope};
use stagecert::account::rows::Integrations;
use stagecert::checks::stage::certificate_attached::Backends;
use stagecert::deadline::Deadline;
use stagecert::event::ConfigurationItem;
use stagecert::notify::Message;
use stagecert::notify::deliver::Events;
use stagecert::notify::last_run::Parameter;
use stagecert::parameters::{Inventory, Parameters};
use stagecert::resources::account_region::AccountRegion;
use stagecert::resources::api::Protocol;
use stagecert::resources::certificate::Certificate;
use stagecert::resources::certificate_id::CertificateId;
use stagecert::resources::resource::Resource;
use stagecert::resources::stage::Stage;
use stagecert::resources::stage_arn::StageArn;
use stagecert::resources::tags::Tags;
use stagecert::rule::connect::Connect;
use stagecert::rule::put::{PutRequest, Results};
use stagecert::security_hub::import::{Findings, FindingsFilter, RejectedFinding};
use stagecert::security_hub::{AwsSecurityFinding, ExistingFinding, StoredFinding, product_arn};

use crate::simulation::{ACCOUNT, REGION, Simulation, State, StoredResult, has_http};

pub struct Connection<'s>(pub &'s Simulation);

impl<'s> Connect for Connection<'s> {
    type Account = &'s Simulation;
    type Results = &'s Simulation;

    async fn connect(
        &self,
        account_region: &AccountRegion,
        _: &Parameters,
        _: Deadline,
    ) -> Result<(Self::Account, Self::Results), Failure> {
        assert_eq!(*account_region, self.0.account_region);
        Ok((self.0, self.0))
    }
}

impl Simulation {
    fn failure(&self, operation: &'static str) -> Failure {
        self.failed(operation, "InternalException")
    }

    fn failed(&self, operation: &'static str, code: &str) -> Failure {
        Failure::Operation {
            operation,
            resource: "it".into(),
            location: (&self.account_region).into(),
            code: Some(code.into()),
            source: format!("{code}: it failed").into(),
        }
    }
}

fn described(state: &State, stage: &model::Stage) -> Stage {
    Stage {
        arn: StageArn::parse(&stage.arn).unwrap(),
        certificate: stage.state.certificate.clone().map(CertificateId::new),
        deployment: None,
        canary: None,
        created: Some(stage.created),
        captured: state.captured.get(&stage.arn).copied(),
    }
}

fn tags(region: &model::Region, arn: &str) -> Option<Tags> {
    Some(region.tags_of(arn)?.clone().into_iter().collect())
}

fn reported((id, stored): (&String, &StoredResult)) -> ReportedResult {
    ReportedResult {
        resource: Resource { resource_type: "AWS::ApiGateway::Stage".into(), id: id.as_str().into() },
        compliance_type: Some(stored.compliance_type),
        annotation: Some(stored.annotation.as_str().into()),
        recorded: Some(stored.recorded),
    }
}

impl FrontDoor for &Simulation {}

impl Account for &Simulation {
    fn account_region(&self) -> &AccountRegion {
        &self.account_region
    }

    async fn stages(&self, _: Inventory) -> Result<Listing, Failure> {
        let state = self.state();
        let stages = state.region().stages().map(|(_, stage)| described(&state, stage));
        Ok(Listing { stages: stages.collect(), ..Listing::default() })
    }

    async fn stages_with(&self, certificate: &CertificateId) -> Result<Vec<Stage>, Failure> {
        let state = self.state();
        let stages = state.region().stages().map(|(_, stage)| stage);
        let with = stages.filter(|stage| stage.state.certificate.as_deref() == Some(certificate.as_str()));
        Ok(with.map(|stage| described(&state, stage)).collect())
    }

    async fn latest(&self, stages: &[&StageArn]) -> Result<Vec<Stage>, Failure> {
        let state = self.state();
        let existing = stages.iter().filter_map(|arn| state.region().stage(arn.as_str()));
        Ok(existing.map(|(_, stage)| described(&state, stage)).collect())
    }

    async fn live_stage(&self, stage: &StageArn) -> Result<Option<Stage>, Failure> {
        Ok(self.latest(&[stage]).await?.pop())
    }

    async fn live_stages(&self, stage: &StageArn) -> Result<Vec<Stage>, Failure> {
        let state = self.state();
        let stages = state.region().stages().map(|(_, stage)| described(&state, stage));
        Ok(stages.filter(|known| known.arn.api_arn() == stage.api_arn()).collect())
    }

    async fn is_recording(&self) -> Result<bool, Failure> {
        Ok(true)
    }

    async fn rule_scope(&self, rule_name: &str) -> Result<RuleScope, Failure> {
        if rule_name == self.state().rule.name {
            Ok(RuleScope::default())
        } else {
            Err(self.failed("DescribeConfigRules", "NoSuchConfigRuleException"))
        }
    }

    async fn client_certificates(
        &self,
        wanted: &BTreeSet<CertificateId>,
        _: Freshness,
    ) -> Result<HashMap<CertificateId, Certificate>, Failure> {
        let state = self.state();
        if state.unreadable {
            return Err(self.failure("GetClientCertificates"));
        }
        let read = |id: &CertificateId| {
            let issued = state.region().certificates.get(id.as_str())?;
            let tags = tags(state.region(), &issued.arn).unwrap_or_default();
            let certificate = Certificate::generated(id.clone(), None, Some(issued.not_after), tags);
            Some((id.clone(), certificate))
        };
        Ok(wanted.iter().filter_map(read).collect())
    }

    async fn acm_certificate(&self, _: &CertificateId) -> Result<Option<Certificate>, Failure> {
        Ok(None)
    }

    async fn tags(&self, arns: &[String]) -> Result<HashMap<String, Tags>, Failure> {
        let state = self.state();
        if state.tags_fail {
            return Err(self.failure("GetResources"));
        }
        let read = |arn: &String| Some((arn.clone(), tags(state.region(), arn)?));
        Ok(arns.iter().filter_map(read).collect())
    }

    async fn exported(&self, stage: &StageArn) -> Result<Option<Backends>, Failure> {
        let state = self.state();
        let (api, stage) = state.region().stage(stage.as_str()).unwrap();
        Ok(Some(if has_http(api, stage) { Backends::http(None) } else { Backends::no_http(None) }))
    }

    async fn current_integrations(&self, _: &StageArn) -> Result<Backends, Failure> {
        panic!("no stage has a canary");
    }

    async fn protocols(&self, _: Option<&str>) -> Result<HashMap<String, Protocol>, Failure> {
        Ok(HashMap::new())
    }

    async fn api_names(&self, api_arns: &BTreeSet<&str>) -> Result<HashMap<String, String>, Failure> {
        let state = self.state();
        let apis = state.region().apis.values().filter(|api| api_arns.contains(api.arn.as_str()));
        Ok(apis.map(|api| (api.arn.clone(), api.name.clone())).collect())
    }

    async fn integrations(&self) -> Result<Integrations, Failure> {
        Ok(Integrations::read(&[]))
    }

    async fn earlier_results(&self, _: &str) -> Result<Vec<ReportedResult>, Failure> {
        let state = self.state();
        if state.results_unreadable {
            return Err(self.failure("GetComplianceDetailsByConfigRule"));
        }
        Ok(state.stale_results.as_ref().unwrap_or(&state.results).iter().map(reported).collect())
    }

    async fn earlier_result(&self, _: &str, stage: &StageArn) -> Result<Option<ReportedResult>, Failure> {
        let state = self.state();
        if state.results_unreadable {
            return Err(self.failure("GetComplianceDetailsByResource"));
        }
        let stored = state.stale_results.as_ref().unwrap_or(&state.results).get_key_value(stage.as_str());
        Ok(stored.map(reported))
    }

    async fn configuration_item(&self, _: &ConfigurationItem) -> Result<ConfigurationItem, Failure> {
        Err(self.failure("GetResourceConfigHistory"))
    }
}

impl Results for &Simulation {
    async fn put_evaluations(&self, request: PutRequest<'_>) -> Result<Vec<String>, Failure> {
        let mut state = self.state();
        if state.puts_fail {
            return Err(self.failure("PutEvaluations"));
        }
        for evaluation in request.evaluations {
            let arn = evaluation.resource.id.to_string();
            state.store(arn, evaluation.compliance_type, evaluation.annotation.as_str().to_owned());
        }
        Ok(vec![])
    }
}

impl Findings for &Simulation {
    async fn import_findings(
        &self,
        findings: &[AwsSecurityFinding],
    ) -> Result<Option<Vec<RejectedFinding>>, Failure> {
        let mut state = self.state();
        if state.import_fails {
            return Err(self.failure("BatchImportFindings"));
        }
        if !state.hub_limit.admits() {
            return Err(self.failed("BatchImportFindings", "TooManyRequestsException"));
        }
        let (input, now) = (json!({ "Findings": findings }), state.now);
        let Ok(response) = state.hub().import("aws", ACCOUNT, REGION, input, now) else { return Ok(None) };
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let failed = response["FailedFindings"].as_array().unwrap().iter();
        Ok(Some(
            failed.map(|it| RejectedFinding { id: text(&it["Id"]), code: text(&it["ErrorCode"]) }).collect(),
        ))
    }

    async fn existing_findings(
        &self,
        wanted: FindingsFilter<'_>,
    ) -> Result<Option<Vec<ExistingFinding>>, Failure> {
        let filter = |comparison: &str, value: &str| json!({"Value": value, "Comparison": comparison});
        let mut filters = json!({"GeneratorId": [filter("PREFIX", "stagecert/")]});
        if let FindingsFilter::Resources(ids) = wanted {
            filters["ResourceId"] = ids.iter().map(|id| filter("EQUALS", id)).collect();
        }
        let own = product_arn(&self.account_region);
        let (mut known, mut token) = (Vec::new(), Value::Null);
        loop {
            if !self.state().hub_limit.admits() {
                return Err(self.failed("GetFindings", "TooManyRequestsException"));
            }
            let input = json!({"Filters": filters, "MaxResults": 100, "NextToken": token});
            let Ok(mut page) = self.state().hub().find(ACCOUNT, &input) else { return Ok(None) };
            let stored: Vec<StoredFinding> = serde_json::from_value(page["Findings"].take()).unwrap();
            known.extend(stored.into_iter().filter_map(|stored| stored.existing(&own)));
            token = page["NextToken"].clone();
            if token.is_null() {
                return Ok(Some(known));
            }
        }
    }
}

impl Events for &Simulation {
    async fn put_events(&self, messages: &[Message]) -> Result<Vec<Option<String>>, Failure> {
        let input = json!({ "Entries": messages });
        if let Some(calls) = &mut self.state().bus_calls {
            let Some(left) = calls.checked_sub(1) else { return Err(self.failure("PutEvents")) };
            *calls = left;
        }
        let response = self.state().bus().put(ACCOUNT, REGION, &input).expect("the bus accepts the call");
        let code = |entry: &Value| entry["ErrorCode"].as_str().map(ToOwned::to_owned);
        Ok(response["Entries"].as_array().unwrap().iter().map(code).collect())
    }
}

impl Parameter for &Simulation {
    async fn parameter(&self, name: &str) -> Result<Option<String>, Failure> {
        Ok(self.state().region().parameters.get(name).cloned())
    }

    async fn put_parameter(&self, name: &str, value: &str) -> Result<(), Failure> {
        self.state().parameters().insert(name.into(), value.into());
        Ok(())
    }
}
