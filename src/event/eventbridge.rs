//! Invocations by EventBridge, in the forms that the CDK app defines. All of them have the key
//! `stagecert`, which events from Config don't have. [`Invocation::parse`] validates all of it.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use crate::Failure;
use crate::evaluation::compliance::ComplianceType;
use crate::event::{ensure_equal, eventbridge_raw, from_json, valid_rule_name};
use crate::parameters::Parameters;
use crate::quote::quoted;
use crate::resources::account_region::{AccountRegion, is_account_id, is_region};
use crate::resources::stage_arn::{StageArn, StageType};

/// A valid invocation by EventBridge.
#[derive(Debug)]
pub enum Invocation {
    /// Send reminders for expiring certificates.
    Reminders(Reminders),
    /// Publish that a stage's compliance type changed.
    ComplianceChange(ComplianceChange),
}

/// The scheduled invocation `"stagecert": "reminders"`.
#[derive(Debug)]
pub struct Reminders {
    /// The account and Region whose certificates are checked.
    pub account_region: AccountRegion,
    /// The name of the rule that evaluates the account and Region.
    pub rule_name: String,
    /// The rule's parameters.
    pub parameters: Parameters,
    /// The scheduled instant, even if the invocation is late.
    pub time: Timestamp,
    /// The schedule's interval. Consecutive intervals have no gap and don't overlap.
    pub interval: SignedDuration,
    /// The number of days before not-after at which reminders are due; 0 is not-after itself.
    pub days: BTreeSet<u16>,
}

/// The invocation `"stagecert": "compliance-change"`, which contains Config's event.
#[derive(Debug)]
pub struct ComplianceChange {
    /// The stage's account and Region.
    pub account_region: AccountRegion,
    /// The name of the rule that evaluated the stage.
    pub rule_name: String,
    /// The rule's parameters.
    pub parameters: Parameters,
    /// The time of the event from Config.
    pub time: Timestamp,
    /// The stage.
    pub stage: StageArn,
    /// The stage's new compliance type.
    pub compliance_type: ComplianceType,
    /// The annotation of the new result; empty if Config's event has none.
    pub annotation: String,
}

/// The maximum interval of a schedule: one week, plus one hour for the end of daylight saving time.
const MAX_HOURS: i64 = 7 * 24 + 1;
/// The earliest reminder, in days before not-after: the validity of a generated certificate.
const MAX_DAYS: u16 = 365;

impl Invocation {
    /// Parses and validates the JSON text of an invocation. Returns `None` if the text doesn't have
    /// the key `stagecert`, as an event from Config.
    ///
    /// # Errors
    /// Returns `Malformed` or `Disagreement`, which name the field, or `Parameter` if a rule
    /// parameter is invalid.
    pub fn parse(json: &str) -> Result<Option<Self>, Failure> {
        if !eventbridge_raw::has_key(json) {
            return Ok(None);
        }
        let kind: eventbridge_raw::RawKind = from_json("event", json)?;
        match kind.stagecert.as_str() {
            "reminders" => reminders(from_json("event", json)?).map(Self::Reminders).map(Some),
            "compliance-change" => {
                compliance_change(from_json("event", json)?).map(Self::ComplianceChange).map(Some)
            }
            other => Err(Failure::malformed(
                "event.stagecert",
                format!("\"{}\"; allowed: reminders or compliance-change", quoted(other)),
            )),
        }
    }
}

fn reminders(raw: eventbridge_raw::RawReminders) -> Result<Reminders, Failure> {
    let account_region = account_region("event.accountId", &raw.account_id, "event.region", &raw.region)?;
    let rule_name = valid_rule_name("event.ruleName", raw.rule_name)?;
    if !(1..=MAX_HOURS).contains(&raw.hours) {
        let allowed = format!("allowed: a whole number from 1 to {MAX_HOURS}");
        return Err(Failure::malformed("event.hours", allowed));
    }
    let interval = SignedDuration::from_hours(raw.hours);
    // Far enough from the limits of `Timestamp` that no sum with these values overflows.
    if !(Timestamp::UNIX_EPOCH..=latest()).contains(&raw.time) {
        return Err(Failure::malformed("event.time", "allowed: an instant of the years 1970 to 9000"));
    }
    let (days, parameters) = (days(&raw.days)?, Parameters::parse(Some(&raw.rule_parameters))?);
    Ok(Reminders { account_region, rule_name, parameters, time: raw.time, interval, days })
}

fn latest() -> Timestamp {
    Timestamp::from_second(221_845_392_000).unwrap_or(Timestamp::MAX)
}

fn days(text: &str) -> Result<BTreeSet<u16>, Failure> {
    let invalid = || {
        let allowed = format!("whole numbers from 0 to {MAX_DAYS}, each once, separated by commas");
        Failure::malformed("event.days", format!("\"{}\"; allowed: {allowed}", quoted(text)))
    };
    let mut days = BTreeSet::new();
    for entry in text.split(',').map(str::trim) {
        let is_decimal =
            entry == "0" || (!entry.starts_with('0') && entry.bytes().all(|byte| byte.is_ascii_digit()));
        let day = entry.parse().ok().filter(|day| is_decimal && *day <= MAX_DAYS).ok_or_else(invalid)?;
        if !days.insert(day) {
            return Err(invalid());
        }
    }
    Ok(days)
}

fn compliance_change(raw: eventbridge_raw::RawComplianceChange) -> Result<ComplianceChange, Failure> {
    const DETAIL_TYPE: &str = "Config Rules Compliance Change";
    const RESULT: &str = "event.event.detail.newEvaluationResult";
    let event = raw.event;
    ensure_value("event.event.source", &event.source, "aws.config")?;
    ensure_value("event.event.detail-type", &event.detail_type, DETAIL_TYPE)?;
    let detail = event.detail;
    ensure_value("event.event.detail.messageType", &detail.message_type, "ComplianceChangeNotification")?;
    let account_region =
        account_region("event.event.account", &event.account, "event.event.region", &event.region)?;
    ensure_equal(
        "event.event.detail.awsAccountId",
        &detail.aws_account_id,
        "event.event.account",
        &account_region.account,
    )?;
    ensure_equal(
        "event.event.detail.awsRegion",
        &detail.aws_region,
        "event.event.region",
        &account_region.region,
    )?;
    let rule_name = valid_rule_name("event.event.detail.configRuleName", detail.config_rule_name)?;
    if let Some(arn) = &detail.config_rule_arn {
        let field = "event.event.detail.configRuleARN";
        let rule = AccountRegion::from_rule_arn(arn).map_err(|problem| Failure::malformed(field, problem))?;
        ensure_equal(field, &rule.account, "event.event.account", &account_region.account)?;
        ensure_equal(field, &rule.region, "event.event.region", &account_region.region)?;
        ensure_equal(field, &rule.partition, "the Region's partition", &account_region.partition)?;
    }
    let stage = stage(&detail.resource_type, &detail.resource_id, &account_region)?;
    let result = detail.new_evaluation_result.ok_or_else(|| Failure::malformed(RESULT, "is missing"))?;
    let compliance_type = ComplianceType::from_name(&result.compliance_type).ok_or_else(|| {
        let allowed = ComplianceType::ALL.map(ComplianceType::name).join(", ");
        let found = quoted(&result.compliance_type);
        Failure::malformed(format!("{RESULT}.complianceType"), format!("\"{found}\"; allowed: {allowed}"))
    })?;
    let annotation = result.annotation.unwrap_or_default();
    // stagecert's annotations are at most 256 printable ASCII characters, but another function may
    // put results for a rule with this name.
    if annotation.chars().count() > 256 || annotation.contains(char::is_control) {
        let allowed = "allowed: at most 256 characters, no control characters";
        return Err(Failure::malformed(format!("{RESULT}.annotation"), allowed));
    }
    let parameters = Parameters::parse(Some(&raw.rule_parameters))?;
    let time = event.time;
    Ok(ComplianceChange { account_region, rule_name, parameters, time, stage, compliance_type, annotation })
}

fn stage(
    resource_type: &str,
    resource_id: &str,
    account_region: &AccountRegion,
) -> Result<StageArn, Failure> {
    const TYPE: &str = "event.event.detail.resourceType";
    const ID: &str = "event.event.detail.resourceId";
    let stage_type = StageType::from_resource_type(resource_type).ok_or_else(|| {
        let allowed = StageType::ALL.map(StageType::resource_type).join(" or ");
        Failure::malformed(TYPE, format!("\"{}\"; allowed: {allowed}", quoted(resource_type)))
    })?;
    let arn = StageArn::parse(resource_id).map_err(|problem| Failure::malformed(ID, problem))?;
    if arn.stage_type() != stage_type {
        return Err(Failure::malformed(ID, format!("\"{arn}\" is not of the type {resource_type}")));
    }
    ensure_equal(ID, arn.region(), "event.event.region", &account_region.region)?;
    ensure_equal(ID, arn.partition(), "the Region's partition", &account_region.partition)?;
    Ok(arn)
}

fn account_region(
    account_field: &str,
    account: &str,
    region_field: &str,
    region: &str,
) -> Result<AccountRegion, Failure> {
    if !is_account_id(account) {
        return Err(Failure::malformed(account_field, "allowed: twelve digits"));
    }
    if !is_region(region) {
        return Err(Failure::malformed(region_field, "allowed: a Region's name, such as eu-west-1"));
    }
    Ok(AccountRegion::in_region(account, region))
}

fn ensure_value(field: &str, found: &str, allowed: &str) -> Result<(), Failure> {
    if found == allowed {
        return Ok(());
    }
    Err(Failure::malformed(field, format!("\"{}\"; allowed: {allowed}", quoted(found))))
}

#[cfg(test)]
#[path = "eventbridge_tests.rs"]
mod tests;
