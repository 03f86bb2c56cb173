//! The seam between evaluation and AWS: the [`Account`] trait for reading one account and Region.
//!
//! Live accounts and snapshots implement it. Callers use no SDK types. Implementations read all
//! pages of a listing.

pub mod aggregate;
#[cfg(feature = "cli")]
pub mod deployed_apis;
pub mod export;
pub mod front_door;
#[cfg(feature = "cli")]
pub mod integrations;
pub mod listing;
pub mod rows;

use std::collections::{BTreeSet, HashMap};

use rows::Integrations;

use crate::Failure;
use crate::account::listing::{Freshness, Listing, ReportedResult, RuleScope};
use crate::checks::stage::certificate_attached::Backends;
use crate::event::ConfigurationItem;
use crate::parameters::Inventory;
use crate::resources::account_region::AccountRegion;
use crate::resources::api::Protocol;
use crate::resources::certificate::Certificate;
use crate::resources::certificate_id::CertificateId;
use crate::resources::resource::Resource;
use crate::resources::stage::Stage;
use crate::resources::stage_arn::StageArn;
use crate::resources::tags::Tags;

/// The maximum number of items in one request of `GetResources` (tagging), `PutEvaluations`,
/// `BatchGetResourceConfig` or `BatchImportFindings` (botocore).
pub const BATCH: usize = 100;

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

    /// All current stages of the API that `stage` belongs to, from API Gateway; none if the API
    /// does not exist.
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

    /// The names of APIs, as recorded by Config, by API ARN. An API that isn't recorded is missing.
    async fn api_names(&self, _api_arns: &BTreeSet<&str>) -> Result<HashMap<String, String>, Failure> {
        Ok(HashMap::new())
    }

    /// The integrations of all V2 APIs, as recorded by Config.
    async fn integrations(&self) -> Result<Integrations, Failure>;

    /// The results that Config holds for a rule.
    async fn earlier_results(&self, rule_name: &str) -> Result<Vec<ReportedResult>, Failure>;

    /// The result that Config holds for a rule and a stage; `None` if there is none.
    async fn earlier_result(
        &self,
        rule_name: &str,
        stage: &StageArn,
    ) -> Result<Option<ReportedResult>, Failure> {
        let resource = Resource::from(stage);
        let results = self.earlier_results(rule_name).await?;
        Ok(results.into_iter().find(|result| result.resource == resource))
    }

    /// The complete configuration item for the summary in an oversized change notification.
    async fn configuration_item(&self, summary: &ConfigurationItem) -> Result<ConfigurationItem, Failure>;
}
