//! An in-memory account of REST stages that stores results like Config and counts the calls to AWS.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;
use stagecert::Failure;
use stagecert::account::front_door::FrontDoor;
use stagecert::account::listing::{Freshness, Listing, ReportedResult, RuleScope};
use stagecert::account::rows::Integrations;
use stagecert::account::{Account, BATCH};
use stagecert::checks::stage::certificate_attached::Backends;
use stagecert::deadline::Deadline;
use stagecert::evaluation::compliance::ComplianceType;
use stagecert::event::ConfigurationItem;
use stagecert::notify::Message;
use stagecert::notify::deliver::Events;
use stagecert::notify::last_run::Parameter;
use stagecert::parameters::{Inventory, Parameters};
use stagecert::resources::account_region::AccountRegion;
use stagecert::resources::api::Protocol;
use stagecert::resources::certificate::{AcmDetail, Certificate};
use stagecert::resources::certificate_id::CertificateId;
use stagecert::resources::resource::Resource;
use stagecert::resources::stage::{DeploymentId, Stage};
use stagecert::resources::stage_arn::StageArn;
use stagecert::resources::tags::Tags;
use stagecert::rule::connect::Connect;
use stagecert::rule::put::{PutRequest, Results};
use stagecert::security_hub::import::{Findings, FindingsFilter, RejectedFinding};
use stagecert::security_hub::{AwsSecurityFinding, ExistingFinding};
use stagecert::telemetry::calls::Calls;

/// The current state of a stage.
#[derive(Clone)]
pub struct StageState {
    pub certificate: Option<String>,
    pub deployment: usize,
    pub has_http: bool,
    pub is_owned: bool,
}

/// The account, the results that Config holds, and the calls and evaluations since the last
/// [`Fleet::take_counts`].
pub struct Fleet {
    account_region: AccountRegion,
    pub stages: BTreeMap<String, StageState>,
    /// When each certificate expires. ACM's, whose ids are ARNs, are renewed automatically.
    pub certificates: BTreeMap<String, Timestamp>,
    pub results: RefCell<BTreeMap<Resource, (ComplianceType, String)>>,
    pub calls: RefCell<BTreeMap<&'static str, usize>>,
    /// The calls of the current invocation, for its log line.
    invocation: RefCell<BTreeMap<String, u64>>,
    pub evaluations: Cell<usize>,
}

impl Fleet {
    pub fn new() -> Self {
        let account_region = AccountRegion {
            partition: "aws".into(),
            account: "111122223333".into(),
            region: "eu-west-1".into(),
        };
        Self {
            account_region,
            stages: BTreeMap::new(),
            certificates: BTreeMap::new(),
            results: RefCell::default(),
            calls: RefCell::default(),
            invocation: RefCell::default(),
            evaluations: Cell::default(),
        }
    }

    /// Returns the calls and the evaluations so far, and resets the counters.
    pub fn take_counts(&self) -> (BTreeMap<&'static str, usize>, usize) {
        (self.calls.take(), self.evaluations.take())
    }

    fn call(&self, operation: &'static str, times: usize) {
        *self.calls.borrow_mut().entry(operation).or_default() += times;
        *self.invocation.borrow_mut().entry(operation.into()).or_default() += times as u64;
    }

    fn stage(arn: &str, state: &StageState) -> Stage {
        Stage {
            arn: StageArn::parse(arn).unwrap(),
            certificate: state.certificate.clone().map(CertificateId::new),
            deployment: DeploymentId::new(format!("d{}", state.deployment)),
            canary: None,
            created: None,
            captured: None,
        }
    }

    fn all(&self) -> impl Iterator<Item = Stage> {
        self.stages.iter().map(|(arn, state)| Self::stage(arn, state))
    }
}

/// The number of pages of 100 entries; an empty list has one page.
fn pages(entries: usize) -> usize {
    entries.div_ceil(BATCH).max(1)
}

fn owner() -> Tags {
    [("owner".to_owned(), "team".to_owned())].into_iter().collect()
}

impl FrontDoor for &Fleet {}

impl Account for &Fleet {
    fn account_region(&self) -> &AccountRegion {
        &self.account_region
    }

    async fn stages(&self, _: Inventory) -> Result<Listing, Failure> {
        self.call("SelectResourceConfig", pages(self.stages.len()));
        Ok(Listing { stages: self.all().collect(), ..Listing::default() })
    }

    async fn stages_with(&self, certificate: &CertificateId) -> Result<Vec<Stage>, Failure> {
        let found: Vec<Stage> =
            self.all().filter(|stage| stage.certificate.as_ref() == Some(certificate)).collect();
        self.call("SelectResourceConfig", pages(found.len()));
        Ok(found)
    }

    async fn latest(&self, stages: &[&StageArn]) -> Result<Vec<Stage>, Failure> {
        self.call("BatchGetResourceConfig", 1);
        let found = stages.iter().filter_map(|arn| self.stages.get_key_value(arn.as_str()));
        Ok(found.map(|(arn, state)| Fleet::stage(arn, state)).collect())
    }

    async fn live_stage(&self, stage: &StageArn) -> Result<Option<Stage>, Failure> {
        self.call("GetStage", 1);
        Ok(self.all().find(|known| known.arn == *stage))
    }

    async fn live_stages(&self, stage: &StageArn) -> Result<Vec<Stage>, Failure> {
        self.call("GetStages", 1);
        Ok(self.all().filter(|known| known.arn.api_arn() == stage.api_arn()).collect())
    }

    async fn is_recording(&self) -> Result<bool, Failure> {
        self.call("DescribeConfigurationRecorderStatus", 1);
        Ok(true)
    }

    async fn rule_scope(&self, _: &str) -> Result<RuleScope, Failure> {
        self.call("DescribeConfigRules", 1);
        Ok(RuleScope::default())
    }

    async fn client_certificates(
        &self,
        wanted: &BTreeSet<CertificateId>,
        _: Freshness,
    ) -> Result<HashMap<CertificateId, Certificate>, Failure> {
        self.call("GetClientCertificates", 1);
        let known = wanted.iter().filter_map(|id| {
            let not_after = self.certificates.get(id.as_str())?;
            Some((id.clone(), Certificate::generated(id.clone(), None, Some(*not_after), owner())))
        });
        Ok(known.collect())
    }

    async fn acm_certificate(&self, arn: &CertificateId) -> Result<Option<Certificate>, Failure> {
        self.call("DescribeCertificate", 1);
        let detail = |not_after: &Timestamp| AcmDetail {
            status: Some("ISSUED".into()),
            renewal_eligibility: Some("ELIGIBLE".into()),
            not_after: Some(*not_after),
            ..AcmDetail::default()
        };
        Ok(self.certificates.get(arn.as_str()).map(|it| Certificate::acm(arn.clone(), detail(it))))
    }

    async fn tags(&self, arns: &[String]) -> Result<HashMap<String, Tags>, Failure> {
        assert!(arns.len() <= BATCH);
        self.call("GetResources", 1);
        let is_owned = |arn: &String| self.stages.get(arn).is_none_or(|state| state.is_owned);
        Ok(arns.iter().filter(|arn| is_owned(arn)).map(|arn| (arn.clone(), owner())).collect())
    }

    async fn exported(&self, stage: &StageArn) -> Result<Option<Backends>, Failure> {
        self.call("GetExport", 1);
        Ok(Some(match self.stages.get(stage.as_str()) {
            Some(found) if !found.has_http => Backends::no_http(None),
            _ => Backends::http(None),
        }))
    }

    async fn current_integrations(&self, _: &StageArn) -> Result<Backends, Failure> {
        panic!("no stage has a canary");
    }

    async fn protocols(&self, _: Option<&str>) -> Result<HashMap<String, Protocol>, Failure> {
        panic!("there are only REST APIs");
    }

    async fn integrations(&self) -> Result<Integrations, Failure> {
        panic!("there are only REST APIs");
    }

    async fn earlier_results(&self, _: &str) -> Result<Vec<ReportedResult>, Failure> {
        let results = self.results.borrow();
        self.call("GetComplianceDetailsByConfigRule", pages(results.len()));
        let earlier = results.iter().map(|(resource, (compliance_type, annotation))| ReportedResult {
            resource: resource.clone(),
            compliance_type: Some(*compliance_type),
            annotation: Some(annotation.as_str().into()),
            recorded: None,
        });
        Ok(earlier.collect())
    }

    async fn configuration_item(&self, _: &ConfigurationItem) -> Result<ConfigurationItem, Failure> {
        panic!("no change is oversized");
    }
}

impl Results for &Fleet {
    async fn put_evaluations(&self, request: PutRequest<'_>) -> Result<Vec<String>, Failure> {
        self.call("PutEvaluations", 1);
        self.evaluations.set(self.evaluations.get() + request.evaluations.len());
        self.results.borrow_mut().extend(request.evaluations.iter().map(|evaluation| {
            let result = (evaluation.compliance_type, evaluation.annotation.to_string());
            (evaluation.resource.clone(), result)
        }));
        Ok(Vec::new())
    }
}

/// The computed cost excludes Security Hub and alerts.
impl Findings for &Fleet {
    async fn import_findings(
        &self,
        _: &[AwsSecurityFinding],
    ) -> Result<Option<Vec<RejectedFinding>>, Failure> {
        unreachable!("securityHub is off")
    }

    async fn existing_findings(
        &self,
        _: FindingsFilter<'_>,
    ) -> Result<Option<Vec<ExistingFinding>>, Failure> {
        unreachable!("securityHub is off")
    }
}

impl Events for &Fleet {
    async fn put_events(&self, _: &[Message]) -> Result<Vec<Option<String>>, Failure> {
        unreachable!("no test requests reminders")
    }
}

impl Parameter for &Fleet {
    async fn parameter(&self, _: &str) -> Result<Option<String>, Failure> {
        unreachable!("no test requests reminders")
    }

    async fn put_parameter(&self, _: &str, _: &str) -> Result<(), Failure> {
        unreachable!("no test requests reminders")
    }
}

impl<'a> Connect for &'a Fleet {
    type Account = &'a Fleet;
    type Results = &'a Fleet;

    async fn connect(
        &self,
        _: &AccountRegion,
        _: &Parameters,
        _: Deadline,
    ) -> Result<(Self::Account, Self::Results), Failure> {
        Ok((self, self))
    }

    fn take_calls(&self) -> Calls {
        Calls { by_operation: self.invocation.take(), ..Calls::default() }
    }
}
