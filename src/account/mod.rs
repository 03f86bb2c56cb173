//! The seam: one account and Region, as AWS tells it. A live account and a snapshot stand behind it alike.
//!
//! Nothing in front of it names an SDK type; everything behind it speaks of AWS's operations. Reading pages to the end.

pub mod aggregate;
pub mod export;
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
use crate::resources::stage::Stage;
use crate::resources::stage_arn::StageArn;
use crate::resources::tags::Tags;

/// How many resources one call of `GetResources` and of `PutEvaluations` takes (botocore).
pub const BATCH: usize = 100;

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
