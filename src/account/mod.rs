//! The seam: one account and Region, as AWS tells it. A live account and a snapshot stand behind it alike.
//!
//! Nothing in front of it names an SDK type; everything behind it speaks of AWS's operations. Reading pages to the end.

pub mod aggregate;
pub mod export;
pub mod rows;

use std::collections::{BTreeSet, HashMap};

use jiff::Timestamp;
use serde::{Serialize, Serializer, ser::SerializeStruct};

use crate::Failure;
use crate::checks::Check;
use crate::checks::stage::certificate_attached::Backends;
use crate::deadline::Deadline;
use crate::evaluation::{ComplianceType, Evaluation};
use crate::event::{ConfigurationItem, ResultToken};
use crate::notify::Notice;
use crate::parameters::Inventory;
use crate::resources::account_region::AccountRegion;
use crate::resources::api::Protocol;
use crate::resources::certificate::Certificate;
use crate::resources::certificate_id::CertificateId;
use crate::resources::resource::Resource;
use crate::resources::stage::Stage;
use crate::resources::stage_arn::StageArn;
use crate::resources::tags::Tags;
use crate::security_hub::{AwsSecurityFinding, Known};
use crate::telemetry::calls::Calls;
use rows::Integrations;

/// How many resources one call of `GetResources` and of `PutEvaluations` takes (botocore).
pub const BATCH: usize = 100;

/// Opens the place of an event for reading and for results.
#[expect(async_fn_in_trait, reason = "the runtime is current-thread: no future crosses threads")]
pub trait Connect {
    /// What is read.
    type Account: Account;
    /// Where results go, and what else is told of them.
    type Results: Results + Findings + Events;

    /// Connects to `account_region`, with the named role of that account where there is one.
    ///
    /// # Errors
    /// `Disagreement` where this is not, and can't become, the account and Region meant.
    async fn connect(
        &self,
        account_region: &AccountRegion,
        role: Option<&str>,
        deadline: Deadline,
    ) -> Result<(Self::Account, Self::Results), Failure>;

    /// What was asked of AWS since this was last called; nothing where no AWS stands behind it.
    fn take_calls(&self) -> Calls {
        Calls::default()
    }
}

/// What can be read of one account and Region. Every method fails with `Failure::Operation` or `OutOfTime`.
#[expect(async_fn_in_trait, reason = "the runtime is current-thread: no future crosses threads")]
pub trait Account {
    /// The account and Region.
    fn account_region(&self) -> &AccountRegion;

    /// All stages: of REST APIs from `inventory`, of WebSocket and HTTP APIs from Config. The listing says which it was.
    async fn stages(&self, inventory: Inventory) -> Result<Listing, Failure>;

    /// All stages, of either type, that have this certificate. The id must be of a known form.
    async fn stages_with(&self, certificate: &CertificateId) -> Result<Vec<Stage>, Failure>;

    /// These stages by Config's latest items of them: at most [`BATCH`]. One without an item, or whose
    /// item says that it isn't recorded or has no configuration, is absent.
    async fn latest(&self, stages: &[&StageArn]) -> Result<Vec<Stage>, Failure>;

    /// A stage as API Gateway has it now; `None` if it does not exist.
    async fn live_stage(&self, stage: &StageArn) -> Result<Option<Stage>, Failure>;

    /// All stages of the API that `stage` belongs to, as API Gateway has them now; none if the API
    /// does not exist.
    async fn live_stages(&self, stage: &StageArn) -> Result<Vec<Stage>, Failure>;

    /// Whether the configuration recorder is recording.
    async fn is_recording(&self) -> Result<bool, Failure>;

    /// The scope of a rule.
    async fn rule_scope(&self, rule_name: &str) -> Result<RuleScope, Failure>;

    /// Those of the `wanted` generated certificates that exist.
    async fn client_certificates(
        &self,
        wanted: &BTreeSet<CertificateId>,
        freshness: Freshness,
    ) -> Result<HashMap<CertificateId, Certificate>, Failure>;

    /// All certificates that API Gateway generated, in use or not; `None` if that can't be determined.
    async fn all_client_certificates(&self) -> Result<Option<Vec<Certificate>>, Failure> {
        Ok(None)
    }

    /// An ACM certificate, or `None` where ACM knows none of that ARN.
    async fn acm_certificate(&self, arn: &CertificateId) -> Result<Option<Certificate>, Failure>;

    /// The tags of resources by ARN: at most [`BATCH`] of them. One that is absent from the answer is untagged.
    async fn tags(&self, arns: &[String]) -> Result<HashMap<String, Tags>, Failure>;

    /// What is deployed on a REST API's stage; `None` if API Gateway does not find the stage. The deployment is not named: an
    /// export does not say which it shows.
    async fn exported(&self, stage: &StageArn) -> Result<Option<Backends>, Failure>;

    /// The backends in the resources of the REST API that `stage` belongs to, as they are now, deployed or not.
    async fn current_integrations(&self, stage: &StageArn) -> Result<Backends, Failure>;

    /// The protocols of V2 APIs by API ARN, as far as Config records them: of one API, or of all.
    async fn protocols(&self, api_arn: Option<&str>) -> Result<HashMap<String, Protocol>, Failure>;

    /// The integrations of all V2 APIs, as far as Config records them.
    async fn integrations(&self) -> Result<Integrations, Failure>;

    /// The results that Config holds for a rule.
    async fn earlier_results(&self, rule_name: &str) -> Result<Vec<ReportedResult>, Failure>;

    /// The whole item that an oversized change only summarised.
    async fn configuration_item(&self, summary: &ConfigurationItem) -> Result<ConfigurationItem, Failure>;
}

/// Where evaluations go.
#[expect(async_fn_in_trait, reason = "the runtime is current-thread: no future crosses threads")]
pub trait Results {
    /// Hands over at most [`BATCH`] evaluations and returns the resource ids that Config did not take.
    ///
    /// # Errors
    /// `Failure::Operation` with Config's error code, or `OutOfTime`.
    async fn put_evaluations(&self, request: PutRequest<'_>) -> Result<Vec<String>, Failure>;
}

/// Where findings go: Security Hub, in the account and Region that is read.
#[expect(async_fn_in_trait, reason = "the runtime is current-thread: no future crosses threads")]
pub trait Findings {
    /// Hands over at most [`BATCH`] findings, of 6 MB in all, and returns those that Security Hub did not take. `None` where it
    /// is not enabled there.
    ///
    /// # Errors
    /// `Failure::Operation` with Security Hub's error code, or `OutOfTime`.
    async fn import_findings(&self, findings: &[AwsSecurityFinding])
    -> Result<Option<Vec<Refused>>, Failure>;

    /// The active findings that Security Hub has of those that are wanted. `None` where it is not enabled there.
    ///
    /// # Errors
    /// As [`Findings::import_findings`].
    async fn active_findings(&self, wanted: Wanted<'_>) -> Result<Option<Vec<Known>>, Failure>;
}

/// How many Ids one call of `GetFindings` takes (botocore: 20 values of an attribute).
pub const WANTED_IDS: usize = 20;

/// Which findings are wanted.
#[derive(Clone, Copy, Debug)]
pub enum Wanted<'a> {
    /// Those of these Ids: at most [`WANTED_IDS`].
    Ids(&'a [String]),
    /// Those of these checks that were not updated since an instant.
    Stale {
        /// The checks.
        checks: &'a BTreeSet<Check>,
        /// The instant.
        since: Timestamp,
    },
}

/// A finding that Security Hub did not take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Its Id.
    pub id: String,
    /// Why: `InvalidInput`, ….
    pub code: String,
}

/// Where the function's own events go: EventBridge's default bus, in the account and Region that it runs in.
#[expect(async_fn_in_trait, reason = "the runtime is current-thread: no future crosses threads")]
pub trait Events {
    /// Hands over at most [`NOTICES`] and returns, for each in its place, the error code where EventBridge did not take it.
    ///
    /// # Errors
    /// `Failure::Operation` with EventBridge's error code, or `OutOfTime`.
    async fn put_events(&self, notices: &[Notice]) -> Result<Vec<Option<String>>, Failure>;
}

/// How many events one call of `PutEvents` takes (botocore).
pub const NOTICES: usize = 10;

/// How old an answer may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// Read for this invocation: a sweep's results stand for a day.
    Fresh,
    /// Read after this instant, though it may have been kept in the process for up to a minute: a rule that is created gets
    /// one event per stage at once. An event's answer is never older than its item.
    After(Timestamp),
}

/// The stages of an account and Region.
#[derive(Debug, Default)]
pub struct Listing {
    /// Those that could be read.
    pub stages: Vec<Stage>,
    /// Those that could not, so that they are neither evaluated nor taken for gone.
    pub unreadable: Vec<Unreadable>,
    /// Those that exist though AWS does not list them: nothing is evaluated about them, but they are peers.
    pub hidden: Vec<Hidden>,
    /// Where they are from; `None` where it is no live account's.
    pub from: Option<ListedFrom>,
}

/// A stage that exists, or may exist, though it is not listed.
#[derive(Clone, Debug)]
pub struct Hidden {
    /// Its ARN.
    pub arn: StageArn,
    /// The certificates that it has by any source that shows it; `None` if that can't be determined.
    pub certificates: Option<Vec<CertificateId>>,
}

/// Which resources a rule evaluates. The default is all of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RuleScope {
    /// The resource types; all if empty.
    pub resource_types: Vec<String>,
    /// The one resource, by Config's id.
    pub resource_id: Option<String>,
    /// The key of a tag that a resource must have.
    pub tag_key: Option<String>,
    /// The value that this tag must have.
    pub tag_value: Option<String>,
}

impl Listing {
    /// Whether the stage of this id may be among those that could not be read.
    #[must_use]
    pub fn may_hide(&self, resource_id: &str) -> bool {
        let api = StageArn::parse(resource_id).ok().map(|arn| arn.api_arn().to_owned());
        let hides = |unreadable: &Unreadable| match (&unreadable.resource_id, &unreadable.api_arn) {
            (Some(id), _) => id == resource_id,
            (None, Some(of)) => api.as_ref() == Some(of),
            // A row without an id may be any stage's.
            (None, None) => true,
        };
        self.unreadable.iter().any(hides)
    }
}

/// What told which stages there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ListedFrom {
    /// Config, in the account and Region itself.
    Config,
    /// API Gateway, for stages of REST APIs.
    ApiGateway,
    /// An aggregator of Config's, in another account or Region.
    Aggregator,
}

/// A stage that AWS lists and stagecert can't read; or all stages of an API, if not even their names could be read.
#[derive(Debug)]
pub struct Unreadable {
    /// Its resource id, where at least that was there.
    pub resource_id: Option<String>,
    /// The ARN of the API whose stages these are, if they are all of an API's.
    pub api_arn: Option<String>,
    /// The certificates that it may have: of each of its rows, where there are two. `None` where that can't be told.
    pub certificates: Option<Vec<CertificateId>>,
    /// What was wrong with it.
    pub failure: Failure,
}

/// A result that Config holds.
#[derive(Clone, Debug)]
pub struct ReportedResult {
    /// The resource it is about.
    pub resource: Resource,
    /// Its compliance type; absent for one that `PutEvaluations` does not take.
    pub compliance_type: Option<ComplianceType>,
    /// Its annotation.
    pub annotation: Option<Box<str>>,
    /// When Config recorded it, or else when the rule was invoked for it.
    pub recorded: Option<Timestamp>,
}

/// One `PutEvaluations`, which serializes to what goes over the wire.
#[derive(Clone, Copy, Debug)]
pub struct PutRequest<'a> {
    /// At most [`BATCH`].
    pub evaluations: &'a [Evaluation],
    /// The event's token.
    pub result_token: &'a ResultToken,
}

impl Serialize for PutRequest<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let test_mode = self.result_token.is_test_mode();
        let mut wire = serializer.serialize_struct("PutEvaluations", if test_mode { 3 } else { 2 })?;
        wire.serialize_field("Evaluations", self.evaluations)?;
        wire.serialize_field("ResultToken", self.result_token.reveal())?;
        if test_mode {
            wire.serialize_field("TestMode", &true)?;
        }
        wire.end()
    }
}
