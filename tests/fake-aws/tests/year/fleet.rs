//! A fleet that lives: certificates end, are rotated in time, late or never; stages come and go.

use std::cell::{RefCell, RefMut};
use std::collections::{BTreeMap, BTreeSet, HashMap};

use fake_aws::event_bus::EventBus;
use fake_aws::security_hub::SecurityHub;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use stagecert::Failure;
use stagecert::account::Account;
use stagecert::account::listing::Freshness;
use stagecert::account::listing::Listing;
use stagecert::account::listing::ReportedResult;
use stagecert::account::listing::RuleScope;
use stagecert::account::rows::Integrations;
use stagecert::checks::stage::certificate_attached::Backends;
use stagecert::deadline::Deadline;
use stagecert::evaluation::compliance::ComplianceType;
use stagecert::event::ConfigurationItem;
use stagecert::notify::Notice;
use stagecert::notify::deliver::Events;
use stagecert::parameters::Inventory;
use stagecert::resources::account_region::AccountRegion;
use stagecert::resources::api::Protocol;
use stagecert::resources::certificate::Certificate;
use stagecert::resources::certificate_id::CertificateId;
use stagecert::resources::resource::Resource;
use stagecert::resources::stage;
use stagecert::resources::stage_arn::StageArn;
use stagecert::resources::tags::Tags;
use stagecert::rule::connect::Connect;
use stagecert::rule::put::PutRequest;
use stagecert::rule::put::Results;
use stagecert::security_hub::import::Findings;
use stagecert::security_hub::import::RejectedFinding;
use stagecert::security_hub::import::FindingsFilter;
use stagecert::security_hub::{AwsSecurityFinding, ExistingFinding, generator_id};

/// Account and Region.
pub const PLACE: (&str, &str) = ("111122223333", "eu-west-1");

#[derive(Clone, Debug)]
pub struct Stage {
    pub certificate: Option<String>,
    pub owner: Option<String>,
    pub http: bool,
    pub created: Timestamp,
    /// Days before the end at which its people act; negative: after it.
    acts_at: i64,
}

#[derive(Clone, Debug)]
pub struct Issued {
    pub not_after: Timestamp,
    pub owner: Option<String>,
}

#[derive(Debug)]
pub struct State {
    pub stages: BTreeMap<String, Stage>,
    pub certificates: BTreeMap<String, Issued>,
    pub hub: SecurityHub,
    pub bus: EventBus,
    /// `GetClientCertificates` fails.
    pub unreadable: bool,
    /// `BatchImportFindings` fails.
    pub import_fails: bool,
    /// `GetResources` fails.
    pub tags_fail: bool,
    /// What Config has told of since this was last taken: each put that changed a compliance type, first ones included.
    pub changes: Vec<(String, ComplianceType, String)>,
    now: Timestamp,
    made: u64,
    results: BTreeMap<String, (ComplianceType, String)>,
}

pub struct Fleet {
    state: RefCell<State>,
    account_region: AccountRegion,
}

impl Fleet {
    pub fn new(count: usize, now: Timestamp) -> Self {
        let mut state = State {
            stages: BTreeMap::new(),
            certificates: BTreeMap::new(),
            hub: SecurityHub::default(),
            bus: EventBus::default(),
            unreadable: false,
            import_fails: false,
            tags_fail: false,
            changes: Vec::new(),
            now,
            made: 0,
            results: BTreeMap::new(),
        };
        for _ in 0..count {
            // Their ends are spread over the year, to the second.
            let age = SignedDuration::from_secs(i64::try_from(state.made * 7_919 * 61 % 31_000_000).unwrap());
            state.make_stage(now, age);
        }
        let account_region =
            AccountRegion { partition: "aws".into(), account: PLACE.0.into(), region: PLACE.1.into() };
        Self { state: RefCell::new(state), account_region }
    }

    pub fn state(&self) -> RefMut<'_, State> {
        self.state.borrow_mut()
    }

    fn failure(&self, operation: &'static str) -> Failure {
        Failure::Operation {
            operation,
            resource: "it".into(),
            account_region: self.account_region.clone(),
            code: Some("InternalException".into()),
            source: "InternalException: later".into(),
        }
    }
}

impl State {
    fn make_stage(&mut self, now: Timestamp, age: SignedDuration) {
        self.made += 1;
        let n = self.made;
        let arn = format!("arn:aws:apigateway:{}::/restapis/a{n}/stages/prod", PLACE.1);
        let certificate = (!n.is_multiple_of(6)).then(|| self.issue(now - age));
        let owner = (!n.is_multiple_of(9)).then(|| format!("team-{}", n % 4));
        let acts_at = [45, 20, 5, 0, -3, -400][usize::try_from(n % 6).unwrap()];
        self.stages
            .insert(arn, Stage { certificate, owner, http: !n.is_multiple_of(12), created: now, acts_at });
    }

    fn issue(&mut self, at: Timestamp) -> String {
        self.made += 1;
        let id = format!("c{:05}", self.made);
        let owner = (!self.made.is_multiple_of(8)).then(|| format!("team-{}", self.made % 5));
        let not_after = at + SignedDuration::from_hours(365 * 24);
        self.certificates.insert(id.clone(), Issued { not_after, owner });
        id
    }

    /// The owner that an event has to name.
    pub fn owner(&self, arn: &str, certificate: &str) -> String {
        let of_certificate = || self.certificates.get(certificate).and_then(|issued| issued.owner.clone());
        self.stages.get(arn).and_then(|stage| stage.owner.clone()).or_else(of_certificate).unwrap_or_default()
    }

    pub fn results(&self) -> BTreeMap<String, &'static str> {
        let existing = self.results.iter().filter(|(arn, _)| self.stages.contains_key(*arn));
        existing.map(|(arn, (compliance_type, _))| (arn.clone(), compliance_type.name())).collect()
    }

    /// What people do on a day. Returns the stages that are gone, and whether Config tells of it.
    pub fn live_through(&mut self, day: i64, now: Timestamp) -> Vec<(String, bool)> {
        self.now = now;
        let arns: Vec<String> = self.stages.keys().cloned().collect();
        let mut gone = Vec::new();
        for (n, arn) in arns.iter().enumerate() {
            let chance = (i64::try_from(n).unwrap() * 31 + day * 17) % 1009;
            let stage = self.stages[arn].clone();
            let ends = stage.certificate.as_ref().map(|id| self.certificates[id].not_after);
            let left = ends.map(|ends| (ends.as_second() - now.as_second()).div_euclid(86_400));
            if left.is_some_and(|left| left == stage.acts_at) {
                let next = self.issue(now);
                self.stages.get_mut(arn).unwrap().certificate = Some(next);
            }
            match chance {
                1 | 2 => {
                    self.stages.remove(arn);
                    gone.push((arn.clone(), chance == 1 || day % 3 == 0));
                    self.make_stage(now, SignedDuration::ZERO);
                }
                3 => {
                    // Shares its neighbour's certificate from now on.
                    let other = &arns[(n + 1) % arns.len()];
                    let shared = self.stages.get(other).and_then(|stage| stage.certificate.clone());
                    self.stages.get_mut(arn).unwrap().certificate = shared;
                }
                4 => self.stages.get_mut(arn).unwrap().owner = None,
                5 => self.stages.get_mut(arn).unwrap().owner = Some("team-new".into()),
                _ => {}
            }
        }
        gone
    }
}

pub struct Connection<'f>(pub &'f Fleet);

impl<'f> Connect for Connection<'f> {
    type Account = &'f Fleet;
    type Results = &'f Fleet;

    async fn connect(
        &self,
        account_region: &AccountRegion,
        _: Option<&str>,
        _: Deadline,
    ) -> Result<(Self::Account, Self::Results), Failure> {
        assert_eq!(*account_region, self.0.account_region);
        Ok((self.0, self.0))
    }
}

fn described(arn: &str, stage: &Stage) -> stage::Stage {
    stage::Stage {
        arn: StageArn::parse(arn).unwrap(),
        certificate: stage.certificate.clone().map(CertificateId::new),
        deployment: None,
        canary: None,
        created: Some(stage.created),
        captured: None,
    }
}

impl Account for &Fleet {
    fn account_region(&self) -> &AccountRegion {
        &self.account_region
    }

    async fn stages(&self, _: Inventory) -> Result<Listing, Failure> {
        let state = self.state();
        let stages = state.stages.iter().map(|(arn, stage)| described(arn, stage));
        Ok(Listing { stages: stages.collect(), ..Listing::default() })
    }

    async fn stages_with(&self, _: &CertificateId) -> Result<Vec<stage::Stage>, Failure> {
        Ok(vec![])
    }

    async fn latest(&self, stages: &[&StageArn]) -> Result<Vec<stage::Stage>, Failure> {
        let state = self.state();
        let known = stages.iter().filter_map(|arn| state.stages.get_key_value(arn.as_str()));
        Ok(known.map(|(arn, stage)| described(arn, stage)).collect())
    }

    async fn live_stage(&self, stage: &StageArn) -> Result<Option<stage::Stage>, Failure> {
        Ok(self.latest(&[stage]).await?.pop())
    }

    async fn live_stages(&self, stage: &StageArn) -> Result<Vec<stage::Stage>, Failure> {
        let state = self.state();
        let stages = state.stages.iter().map(|(arn, stage)| described(arn, stage));
        Ok(stages.filter(|known| known.arn.api_arn() == stage.api_arn()).collect())
    }

    async fn is_recording(&self) -> Result<bool, Failure> {
        Ok(true)
    }

    async fn rule_scope(&self, _: &str) -> Result<RuleScope, Failure> {
        Ok(RuleScope::default())
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
            let issued = state.certificates.get(id.as_str())?;
            let tags: Tags = issued.owner.iter().map(|owner| ("owner".into(), owner.clone())).collect();
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
        let read = |arn: &String| {
            let owner = state.stages.get(arn)?.owner.clone()?;
            Some((arn.clone(), [("owner".to_owned(), owner)].into_iter().collect()))
        };
        Ok(arns.iter().filter_map(read).collect())
    }

    async fn exported(&self, stage: &StageArn) -> Result<Option<Backends>, Failure> {
        let http = self.state().stages[stage.as_str()].http;
        Ok(Some(if http { Backends::http(None) } else { Backends::no_http(None) }))
    }

    async fn current_integrations(&self, _: &StageArn) -> Result<Backends, Failure> {
        panic!("no stage has a canary");
    }

    async fn protocols(&self, _: Option<&str>) -> Result<HashMap<String, Protocol>, Failure> {
        Ok(HashMap::new())
    }

    async fn integrations(&self) -> Result<Integrations, Failure> {
        Ok(Integrations::read(&[]))
    }

    async fn earlier_results(&self, _: &str) -> Result<Vec<ReportedResult>, Failure> {
        let state = self.state();
        let result =
            |(id, (compliance_type, annotation)): (&String, &(ComplianceType, String))| ReportedResult {
                resource: Resource { resource_type: "AWS::ApiGateway::Stage".into(), id: id.as_str().into() },
                compliance_type: Some(*compliance_type),
                annotation: Some(annotation.as_str().into()),
                recorded: None,
            };
        Ok(state.results.iter().map(result).collect())
    }

    async fn configuration_item(&self, _: &ConfigurationItem) -> Result<ConfigurationItem, Failure> {
        Err(self.failure("GetResourceConfigHistory"))
    }
}

impl Results for &Fleet {
    async fn put_evaluations(&self, request: PutRequest<'_>) -> Result<Vec<String>, Failure> {
        let mut state = self.state();
        for evaluation in request.evaluations {
            let said = (evaluation.compliance_type, evaluation.annotation.as_str().to_owned());
            let arn = evaluation.resource.id.to_string();
            if state.results.get(&arn).is_none_or(|before| before.0 != said.0) {
                state.changes.push((arn.clone(), said.0, said.1.clone()));
            }
            state.results.insert(arn, said);
        }
        Ok(vec![])
    }
}

impl Findings for &Fleet {
    async fn import_findings(
        &self,
        findings: &[AwsSecurityFinding],
    ) -> Result<Option<Vec<RejectedFinding>>, Failure> {
        let mut state = self.state();
        if state.import_fails {
            return Err(self.failure("BatchImportFindings"));
        }
        let (input, now) = (json!({ "Findings": findings }), state.now);
        let Ok(said) = state.hub.import("aws", PLACE.0, PLACE.1, input, now) else { return Ok(None) };
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let failed = said["FailedFindings"].as_array().unwrap().iter();
        Ok(Some(failed.map(|it| RejectedFinding { id: text(&it["Id"]), code: text(&it["ErrorCode"]) }).collect()))
    }

    async fn active_findings(&self, wanted: FindingsFilter<'_>) -> Result<Option<Vec<ExistingFinding>>, Failure> {
        let equals = |value: &str| json!({"Value": value, "Comparison": "EQUALS"});
        let mut filters = json!({"RecordState": [equals("ACTIVE")]});
        match wanted {
            FindingsFilter::Ids(ids) => filters["Id"] = ids.iter().map(|id| equals(id)).collect(),
            FindingsFilter::Stale { checks, since } => {
                filters["GeneratorId"] = checks.iter().map(|check| equals(&generator_id(*check))).collect();
                filters["UpdatedAt"] = json!([{"Start": "2015-01-01T00:00:00Z", "End": since.to_string()}]);
            }
        }
        let (mut known, mut token) = (Vec::new(), Value::Null);
        loop {
            let input = json!({"Filters": filters, "MaxResults": 100, "NextToken": token});
            let Ok(page) = self.state().hub.find(PLACE.0, &input) else { return Ok(None) };
            for finding in page["Findings"].as_array().unwrap() {
                let created_at = finding["CreatedAt"].as_str().unwrap().parse().ok();
                known.push(ExistingFinding { id: finding["Id"].as_str().unwrap().to_owned(), created_at });
            }
            token = page["NextToken"].clone();
            if token.is_null() {
                return Ok(Some(known));
            }
        }
    }
}

impl Events for &Fleet {
    async fn put_events(&self, notices: &[Notice]) -> Result<Vec<Option<String>>, Failure> {
        let input = json!({ "Entries": notices });
        let said = self.state().bus.put(PLACE.0, PLACE.1, &input).expect("the bus takes the call");
        let code = |entry: &Value| entry["ErrorCode"].as_str().map(ToOwned::to_owned);
        Ok(said["Entries"].as_array().unwrap().iter().map(code).collect())
    }
}
