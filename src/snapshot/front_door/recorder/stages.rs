use std::collections::{BTreeSet, HashMap};

use crate::Failure;
use crate::account::Account;
use crate::account::front_door::FrontDoor;
use crate::account::listing::{Freshness, Listing, ReportedResult, RuleScope};
use crate::account::rows::Integrations;
use crate::event::ConfigurationItem;
use crate::parameters::Inventory;
use crate::resources::account_region::AccountRegion;
use crate::resources::api::Protocol;
use crate::resources::backends::Backends;
use crate::resources::certificate::Certificate;
use crate::resources::certificate_id::CertificateId;
use crate::resources::stage::Stage;
use crate::resources::stage_arn::StageArn;
use crate::resources::tags::Tags;
use crate::snapshot::front_door::recorder::Recorder;

/// The stages of the account, which are not recorded here.
impl<A: FrontDoor> Account for Recorder<'_, A> {
    fn account_region(&self) -> &AccountRegion {
        self.account.account_region()
    }

    async fn stages(&self, inventory: Inventory) -> Result<Listing, Failure> {
        self.account.stages(inventory).await
    }

    async fn stages_with(&self, certificate: &CertificateId) -> Result<Vec<Stage>, Failure> {
        self.account.stages_with(certificate).await
    }

    async fn latest(&self, stages: &[&StageArn]) -> Result<Vec<Stage>, Failure> {
        self.account.latest(stages).await
    }

    async fn live_stage(&self, stage: &StageArn) -> Result<Option<Stage>, Failure> {
        self.account.live_stage(stage).await
    }

    async fn live_stages(&self, stage: &StageArn) -> Result<Vec<Stage>, Failure> {
        self.account.live_stages(stage).await
    }

    async fn is_recording(&self) -> Result<bool, Failure> {
        self.account.is_recording().await
    }

    async fn rule_scope(&self, rule_name: &str) -> Result<RuleScope, Failure> {
        self.account.rule_scope(rule_name).await
    }

    async fn client_certificates(
        &self,
        wanted: &BTreeSet<CertificateId>,
        freshness: Freshness,
    ) -> Result<HashMap<CertificateId, Certificate>, Failure> {
        self.account.client_certificates(wanted, freshness).await
    }

    async fn acm_certificate(&self, arn: &CertificateId) -> Result<Option<Certificate>, Failure> {
        self.account.acm_certificate(arn).await
    }

    async fn tags(&self, arns: &[String]) -> Result<HashMap<String, Tags>, Failure> {
        self.account.tags(arns).await
    }

    async fn exported(&self, stage: &StageArn) -> Result<Option<Backends>, Failure> {
        self.account.exported(stage).await
    }

    async fn current_integrations(&self, stage: &StageArn) -> Result<Backends, Failure> {
        self.account.current_integrations(stage).await
    }

    async fn protocols(&self, api_arn: Option<&str>) -> Result<HashMap<String, Protocol>, Failure> {
        self.account.protocols(api_arn).await
    }

    async fn integrations(&self) -> Result<Integrations, Failure> {
        self.account.integrations().await
    }

    async fn earlier_results(&self, rule_name: &str) -> Result<Vec<ReportedResult>, Failure> {
        self.account.earlier_results(rule_name).await
    }

    async fn configuration_item(&self, summary: &ConfigurationItem) -> Result<ConfigurationItem, Failure> {
        self.account.configuration_item(summary).await
    }
}
