//! The seam between evaluation and AWS: the [`Account`] trait for reading one account and Region.
//!
//! Live accounts and snapshots implement it. Callers use no SDK types. Implementations read all
//! pages of a listing.

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

/// Read access to one account and Region.
///
/// Every method fails with `Failure::Operation` or `Failure::OutOfTime`.
#[expect(async_fn_in_trait, reason = "the runtime is current-thread: no future crosses threads")]
pub trait Account {
    /// The account and Region that is read.
    fn account_region(&self) -> &AccountRegion;

    /// All stages: those of REST APIs from the service that `inventory` selects, those of WebSocket
    /// and HTTP APIs from Config.
    async fn stages(&self, inventory: Inventory) -> Result<Listing, Failure>;

    /// All stages that use this certificate, whose id must have a known form, according to Config.
    async fn stages_with(&self, certificate: &CertificateId) -> Result<Vec<Stage>, Failure>;

    /// The stages in Config's latest items of up to [`BATCH`] stages.
    ///
    /// A stage is missing if it has no item, or if its item has no configuration or says that the
    /// stage is deleted or not recorded.
    async fn latest(&self, stages: &[&StageArn]) -> Result<Vec<Stage>, Failure>;

    /// The current stage, from API Gateway; `None` if it does not exist.
    async fn live_stage(&self, stage: &StageArn) -> Result<Option<Stage>, Failure>;

    /// All current stages of the API that `stage` belongs to, from API Gateway; none if the API does
    /// not exist.
    async fn live_stages(&self, stage: &StageArn) -> Result<Vec<Stage>, Failure>;

    /// Whether the configuration recorder is recording.
    async fn is_recording(&self) -> Result<bool, Failure>;

    /// The scope of a Config rule.
    async fn rule_scope(&self, rule_name: &str) -> Result<RuleScope, Failure>;

    /// The `wanted` generated certificates that exist, by id.
    async fn client_certificates(
        &self,
        wanted: &BTreeSet<CertificateId>,
        freshness: Freshness,
    ) -> Result<HashMap<CertificateId, Certificate>, Failure>;

    /// All certificates that API Gateway generated, whether in use or not; `None` if that can't be
    /// determined.
    async fn all_client_certificates(&self) -> Result<Option<Vec<Certificate>>, Failure> {
        Ok(None)
    }

    /// An ACM certificate; `None` if ACM has no certificate with that ARN.
    async fn acm_certificate(&self, arn: &CertificateId) -> Result<Option<Certificate>, Failure>;

    /// The tags of up to [`BATCH`] resources by ARN; a resource that is missing has no tags.
    async fn tags(&self, arns: &[String]) -> Result<HashMap<String, Tags>, Failure>;

    /// The backends in the deployment of a REST API's stage; `None` if the stage does not exist.
    ///
    /// They contain no deployment id, because an export does not include one.
    async fn exported(&self, stage: &StageArn) -> Result<Option<Backends>, Failure>;

    /// The backends in the current resources, deployed or not, of the REST API that `stage` belongs
    /// to.
    async fn current_integrations(&self, stage: &StageArn) -> Result<Backends, Failure>;

    /// The protocols, as recorded by Config, of one V2 API or of all, by API ARN.
    async fn protocols(&self, api_arn: Option<&str>) -> Result<HashMap<String, Protocol>, Failure>;

    /// The integrations of all V2 APIs, as recorded by Config.
    async fn integrations(&self) -> Result<Integrations, Failure>;

    /// The results that Config holds for a rule.
    async fn earlier_results(&self, rule_name: &str) -> Result<Vec<ReportedResult>, Failure>;

    /// The complete configuration item for the summary in an oversized change notification.
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

/// How old the data of a read may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// Read in this invocation, because the results of a sweep are valid for a day.
    Fresh,
    /// Read after this instant, possibly from a cache of the process that is up to a minute old.
    ///
    /// A new rule gets one event per stage at once, and all of them need the same data. The instant
    /// is the capture time of the event's item, so the data is never older than the item.
    After(Timestamp),
}

/// The stages of an account and Region.
#[derive(Debug, Default)]
pub struct Listing {
    /// The stages that could be read.
    pub stages: Vec<Stage>,
    /// The stages that could not be read; they are not evaluated, but still count as existing.
    pub unreadable: Vec<Unreadable>,
    /// The stages that exist although they are not listed; they are not evaluated, but count as
    /// peers.
    pub hidden: Vec<Hidden>,
    /// The source of the list; `None` if it is not a live account.
    pub from: Option<ListedFrom>,
}

/// A stage that exists, or may exist, although it is not listed.
#[derive(Clone, Debug)]
pub struct Hidden {
    /// The ARN of the stage.
    pub arn: StageArn,
    /// The certificates that any source shows for the stage; `None` if they can't be determined.
    pub certificates: Option<Vec<CertificateId>>,
}

/// The scope of a Config rule: the resources that it evaluates, by default all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RuleScope {
    /// The resource types; empty for all types.
    pub resource_types: Vec<String>,
    /// The id of the only resource in scope, as used by Config.
    pub resource_id: Option<String>,
    /// The key of a tag that a resource must have.
    pub tag_key: Option<String>,
    /// The value that the tag `tag_key` must have.
    pub tag_value: Option<String>,
}

impl Listing {
    /// Whether the stage with this resource id may be among the unreadable ones.
    #[must_use]
    pub fn may_hide(&self, resource_id: &str) -> bool {
        let api = StageArn::parse(resource_id).ok().map(|arn| arn.api_arn().to_owned());
        let hides = |unreadable: &Unreadable| match (&unreadable.resource_id, &unreadable.api_arn) {
            (Some(id), _) => id == resource_id,
            (None, Some(of)) => api.as_ref() == Some(of),
            // A row without an id may be the row of any stage.
            (None, None) => true,
        };
        self.unreadable.iter().any(hides)
    }
}

/// The source of a list of stages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ListedFrom {
    /// Config in the same account and Region.
    Config,
    /// API Gateway, for the stages of REST APIs.
    ApiGateway,
    /// A Config aggregator in another account or Region.
    Aggregator,
}

/// A listed stage that can't be read, or all stages of an API whose stages can't be listed.
#[derive(Debug)]
pub struct Unreadable {
    /// The resource id, if it could be read.
    pub resource_id: Option<String>,
    /// The ARN of the API, if this stands for all of its stages.
    pub api_arn: Option<String>,
    /// The certificates that the stage may have, from all of its rows; `None` if they can't be
    /// determined.
    pub certificates: Option<Vec<CertificateId>>,
    /// Why the stage can't be read.
    pub failure: Failure,
}

/// A result that Config holds for a resource.
#[derive(Clone, Debug)]
pub struct ReportedResult {
    /// The evaluated resource.
    pub resource: Resource,
    /// The compliance type; `None` for one that `PutEvaluations` does not accept.
    pub compliance_type: Option<ComplianceType>,
    /// The annotation.
    pub annotation: Option<Box<str>>,
    /// When Config recorded the result, or else when it invoked the rule.
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
