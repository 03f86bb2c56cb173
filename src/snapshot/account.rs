use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use serde_json::Value;

use crate::Failure;
use crate::account::listing::{Freshness, Listing, ReportedResult, RuleScope};
use crate::account::rows::{self, Integrations};
use crate::account::{Account, export};
use crate::event::ConfigurationItem;
use crate::notify::Message;
use crate::notify::deliver::Events;
use crate::notify::last_run::Parameter;
use crate::parameters::Inventory;
use crate::resources::account_region::AccountRegion;
use crate::resources::api::Protocol;
use crate::resources::backends::{Backends, Undetermined};
use crate::resources::certificate::Certificate;
use crate::resources::certificate_id::CertificateId;
use crate::resources::stage::Stage;
use crate::resources::stage_arn::StageArn;
use crate::resources::tags::Tags;
use crate::rule::put::{PutRequest, Results};
use crate::security_hub::import::{Findings, FindingsFilter, RejectedFinding};
use crate::security_hub::{AwsSecurityFinding, ExistingFinding, StoredFinding};
use crate::snapshot::Snapshot;

/// A snapshot as an [`Account`].
#[derive(Clone, Copy, Debug)]
pub struct SnapshotAccount<'a> {
    pub(super) snapshot: &'a Snapshot,
    account_region: &'a AccountRegion,
}

impl<'a> SnapshotAccount<'a> {
    /// The account in `snapshot`; `account_region` must be the snapshot's own.
    #[must_use]
    pub fn new(snapshot: &'a Snapshot, account_region: &'a AccountRegion) -> Self {
        Self { snapshot, account_region }
    }
}

impl Account for SnapshotAccount<'_> {
    fn account_region(&self) -> &AccountRegion {
        self.account_region
    }

    async fn stages(&self, _: Inventory) -> Result<Listing, Failure> {
        Ok(rows::listing(&self.snapshot.stages))
    }

    async fn stages_with(&self, certificate: &CertificateId) -> Result<Vec<Stage>, Failure> {
        let listing = rows::listing(&self.snapshot.stages);
        match listing.unreadable.into_iter().next() {
            Some(unreadable) => Err(unreadable.failure),
            None => Ok(listing
                .stages
                .into_iter()
                .filter(|stage| stage.certificate.as_ref() == Some(certificate))
                .collect()),
        }
    }

    async fn latest(&self, stages: &[&StageArn]) -> Result<Vec<Stage>, Failure> {
        let listing = rows::listing(&self.snapshot.stages);
        Ok(listing.stages.into_iter().filter(|stage| stages.contains(&&stage.arn)).collect())
    }

    async fn live_stage(&self, stage: &StageArn) -> Result<Option<Stage>, Failure> {
        let is_of = |row: &&Value| row.get("resourceId").and_then(Value::as_str) == Some(stage.as_str());
        Ok(rows::listing(self.snapshot.stages.iter().filter(is_of)).stages.into_iter().next())
    }

    async fn live_stages(&self, stage: &StageArn) -> Result<Vec<Stage>, Failure> {
        let stages = rows::listing(&self.snapshot.stages).stages.into_iter();
        Ok(stages.filter(|known| known.arn.api_arn() == stage.api_arn()).collect())
    }

    async fn is_recording(&self) -> Result<bool, Failure> {
        Ok(true)
    }

    /// The default scope, because a snapshot contains no rules.
    async fn rule_scope(&self, _: &str) -> Result<RuleScope, Failure> {
        Ok(RuleScope::default())
    }

    async fn client_certificates(
        &self,
        wanted: &BTreeSet<CertificateId>,
        _: Freshness,
    ) -> Result<HashMap<CertificateId, Certificate>, Failure> {
        let all = self.snapshot.client_certificates.iter().map(super::schema::ClientCertificate::certificate);
        Ok(all.filter(|known| wanted.contains(&known.id)).map(|known| (known.id.clone(), known)).collect())
    }

    async fn all_client_certificates(&self) -> Result<Option<Vec<Certificate>>, Failure> {
        // If an id occurs twice, a scan uses the last certificate.
        let all = self.snapshot.client_certificates.iter().map(super::schema::ClientCertificate::certificate);
        let by_id: BTreeMap<CertificateId, Certificate> = all.map(|it| (it.id.clone(), it)).collect();
        Ok(Some(by_id.into_values().collect()))
    }

    async fn acm_certificate(&self, arn: &CertificateId) -> Result<Option<Certificate>, Failure> {
        let known = self.snapshot.acm_certificates.iter().find(|known| known.certificate_arn == arn.as_str());
        Ok(known.map(super::schema::AcmCertificate::certificate))
    }

    async fn tags(&self, arns: &[String]) -> Result<HashMap<String, Tags>, Failure> {
        let wanted: HashSet<&str> = arns.iter().map(String::as_str).collect();
        let mappings = self.snapshot.resource_tag_mapping_list.iter();
        let wanted = mappings.filter(|mapping| wanted.contains(mapping.resource_arn.as_str()));
        Ok(wanted
            .map(|mapping| {
                let tags = mapping.tags.iter().map(|tag| (tag.key.clone(), tag.value.clone())).collect();
                (mapping.resource_arn.clone(), tags)
            })
            .collect())
    }

    async fn exported(&self, stage: &StageArn) -> Result<Option<Backends>, Failure> {
        match self.snapshot.exports.get(stage.as_str()) {
            Some(document) => export::backends(document.to_string().as_bytes())
                .map(Some)
                .map_err(|error| Failure::malformed(format!("snapshot.exports.{stage}"), error.to_string())),
            None => Ok(Some(Backends::undetermined(Undetermined::NotExportable))),
        }
    }

    /// The backends are undetermined for an API that is not in the snapshot.
    async fn current_integrations(&self, stage: &StageArn) -> Result<Backends, Failure> {
        let types = self.snapshot.current_integrations.get(stage.api_id());
        Ok(types.map_or(Backends::undetermined(Undetermined::NotExportable), |types| {
            export::current_integrations(types.iter().map(|known| Some(known.as_str())))
        }))
    }

    async fn protocols(&self, _: Option<&str>) -> Result<HashMap<String, Protocol>, Failure> {
        Ok(rows::read_protocols(&self.snapshot.apis))
    }

    async fn api_names(&self, api_arns: &BTreeSet<&str>) -> Result<HashMap<String, String>, Failure> {
        let mut names = self.snapshot.names().of_apis();
        names.retain(|arn, _| api_arns.contains(arn.as_str()));
        Ok(names)
    }

    async fn integrations(&self) -> Result<Integrations, Failure> {
        Ok(Integrations::read(&self.snapshot.integrations))
    }

    async fn earlier_results(&self, rule_name: &str) -> Result<Vec<ReportedResult>, Failure> {
        let results = self.snapshot.evaluation_results.iter().filter(|result| result.is_of(rule_name));
        Ok(results.map(super::schema::EvaluationResult::earlier_result).collect())
    }

    async fn configuration_item(&self, summary: &ConfigurationItem) -> Result<ConfigurationItem, Failure> {
        let items =
            self.snapshot.configuration_items.iter().filter(|item| item.resource_id == summary.resource_id);
        let newest = items
            .filter(|item| item.configuration_item_capture_time <= summary.captured)
            .max_by_key(|item| item.configuration_item_capture_time);
        let newest = newest.ok_or_else(|| {
            Failure::malformed("snapshot.configurationItems", format!("no item of {}", summary.resource_id))
        })?;
        let item = ConfigurationItem::validate("snapshot.configurationItems", newest.clone())?;
        item.ensure_matches(summary)?;
        Ok(item)
    }
}

/// A recorder of the requests that would be sent to AWS, for the command line and for tests.
///
/// Every request succeeds.
#[derive(Debug, Default)]
pub struct RecordedResults {
    requests: RefCell<Vec<serde_json::Value>>,
    findings: RefCell<Vec<AwsSecurityFinding>>,
    /// The findings that Security Hub had before.
    existing: RefCell<Vec<StoredFinding>>,
    messages: RefCell<Vec<Message>>,
    parameters: RefCell<BTreeMap<String, String>>,
}

impl RecordedResults {
    /// The `PutEvaluations` requests so far, as they would be sent.
    #[must_use]
    pub fn requests(&self) -> Vec<serde_json::Value> {
        self.requests.borrow().clone()
    }

    /// The findings so far that would be imported into Security Hub.
    #[must_use]
    pub fn findings(&self) -> Vec<AwsSecurityFinding> {
        self.findings.borrow().clone()
    }

    /// Adds findings that Security Hub has already.
    pub fn add_existing(&self, findings: Vec<StoredFinding>) {
        self.existing.borrow_mut().extend(findings);
    }

    /// The parameters in SSM's Parameter Store that would be put, by name.
    #[must_use]
    pub fn parameters(&self) -> BTreeMap<String, String> {
        self.parameters.borrow().clone()
    }

    /// Sets a parameter in SSM's Parameter Store.
    pub fn set_parameter(&self, name: &str, value: &str) {
        self.parameters.borrow_mut().insert(name.into(), value.into());
    }

    /// The events so far that would be sent to EventBridge.
    #[must_use]
    pub fn messages(&self) -> Vec<Message> {
        self.messages.borrow().clone()
    }
}

impl Results for &RecordedResults {
    async fn put_evaluations(&self, request: PutRequest<'_>) -> Result<Vec<String>, Failure> {
        let wire = serde_json::to_value(request)
            .map_err(|error| Failure::malformed("PutEvaluations", error.to_string()))?;
        self.requests.borrow_mut().push(wire);
        Ok(Vec::new())
    }
}

/// Security Hub with the findings that were imported so far.
impl Findings for &RecordedResults {
    async fn import_findings(
        &self,
        findings: &[AwsSecurityFinding],
    ) -> Result<Option<Vec<RejectedFinding>>, Failure> {
        self.findings.borrow_mut().extend_from_slice(findings);
        Ok(Some(Vec::new()))
    }

    async fn existing_findings(
        &self,
        filter: FindingsFilter<'_>,
    ) -> Result<Option<Vec<ExistingFinding>>, Failure> {
        let mut by_id = BTreeMap::new();
        for stored in self.existing.borrow().iter() {
            by_id.insert(stored.id.clone(), stored.clone().existing(&stored.product_arn));
        }
        for finding in self.findings.borrow().iter() {
            let stored = serde_json::to_value(finding).and_then(serde_json::from_value::<StoredFinding>);
            let stored = stored.map_err(|error| Failure::malformed("GetFindings", error.to_string()))?;
            by_id.insert(finding.id.clone(), stored.existing(&finding.product_arn));
        }
        let is_wanted = |existing: &ExistingFinding| match filter {
            FindingsFilter::All => true,
            FindingsFilter::Resources(ids) => ids.contains(&existing.resource),
        };
        Ok(Some(by_id.into_values().flatten().filter(is_wanted).collect()))
    }
}

impl Events for &RecordedResults {
    async fn put_events(&self, messages: &[Message]) -> Result<Vec<Option<String>>, Failure> {
        self.messages.borrow_mut().extend_from_slice(messages);
        Ok(vec![None; messages.len()])
    }
}

/// SSM's Parameter Store without any parameters at first.
impl Parameter for &RecordedResults {
    async fn parameter(&self, name: &str) -> Result<Option<String>, Failure> {
        Ok(self.parameters.borrow().get(name).cloned())
    }

    async fn put_parameter(&self, name: &str, value: &str) -> Result<(), Failure> {
        self.parameters.borrow_mut().insert(name.into(), value.into());
        Ok(())
    }
}
