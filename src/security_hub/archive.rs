//! Archives findings that nothing produces any more.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::checks::Check;
use crate::resources::account_region::AccountRegion;
use crate::resources::api::ApiArn;
use crate::resources::stage_arn::StageArn;
use crate::security_hub::asff::{AwsSecurityFinding, RecordState, Resource};
use crate::security_hub::context::FindingStatus;
use crate::security_hub::existing::ExistingFinding;
use crate::security_hub::facts::stage_resource;
use crate::security_hub::front_door::api_kind;
use crate::security_hub::identity::{ACCOUNT_PREFIX, Source};
use crate::security_hub::{account_resource, text};

/// Why a finding is archived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// The reason code, such as `superseded`.
    pub code: &'static str,
    /// The reason as a sentence.
    pub text: String,
}

impl Reason {
    /// Returns a reason.
    #[must_use]
    pub fn new(code: &'static str, text: &str) -> Self {
        Self { code, text: text.to_owned() }
    }
}

/// The findings that nothing produces any more, for which no rule is left.
#[derive(Clone, Copy, Debug)]
pub struct Selection<'a> {
    /// The deployment whose rules are gone.
    pub deployment: &'a str,
    /// Whether findings of versions whose Ids have another form are included.
    pub old_ids: bool,
    /// The instant before which the findings must have been updated.
    pub updated_before: Option<Timestamp>,
}

impl Selection<'_> {
    /// Whether the finding is active and among the selected ones.
    #[must_use]
    pub fn contains(&self, existing: &ExistingFinding) -> bool {
        let is_selected = match &existing.deployment {
            Some(deployment) => deployment == self.deployment,
            None => self.old_ids,
        };
        let is_before = |limit: Timestamp| existing.updated_at.is_some_and(|updated_at| updated_at < limit);
        existing.is_active && is_selected && self.updated_before.is_none_or(is_before)
    }
}

/// The update that archives an existing finding. Its compliance status and severity stay as they
/// were: to change them from `PASSED` would reset its workflow status.
#[must_use]
pub fn archived(
    account_region: &AccountRegion,
    existing: &ExistingFinding,
    reason: &Reason,
    at: Timestamp,
) -> AwsSecurityFinding {
    let status = FindingStatus {
        compliance: existing.status,
        severity: existing.severity,
        reason: reason.code,
        text: reason.text.clone(),
    };
    let check = Check::from_code(&existing.code);
    let title = check.map_or(text::INCOMPLETE, |check| check.advice().title);
    let requirements = check.map(text::requirements).unwrap_or_default();
    let mut fields = BTreeMap::from([("stagecert/reason".to_owned(), reason.code.to_owned())]);
    fields.extend(check.map(|check| ("stagecert/check".to_owned(), check.code().to_owned())));
    let source = existing.deployment.as_deref();
    let source = source.map(|name| Source::new(name, existing.rule.as_deref().unwrap_or_default()));
    let resource = resource(account_region, &existing.resource);
    let finding = AwsSecurityFinding::new(account_region, existing.id.clone(), existing.generator_id(), at)
        .with_status(title, &status, requirements)
        .with_resources(vec![resource], fields, None)
        .created_at(existing.created_at);
    let finding = match source {
        Some(source) => finding.of_source(&source, None),
        None => finding,
    };
    AwsSecurityFinding { record_state: RecordState::Archived, ..finding }
}

fn resource(account_region: &AccountRegion, id: &str) -> Resource {
    match StageArn::parse(id) {
        Ok(stage) => Resource { details: None, ..stage_resource(account_region, &stage, None, None) },
        Err(_) if id.starts_with(ACCOUNT_PREFIX) => account_resource(account_region),
        Err(_) => {
            let kind = ApiArn::parse(id).map_or("Other", |arn| api_kind(&arn));
            Resource { kind, id: id.to_owned(), ..account_resource(account_region) }
        }
    }
}
