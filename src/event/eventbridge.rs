//! Invocations that are not Config's: EventBridge's, in the forms that the CDK app gives them. All have the key `stagecert`,
//! which no event of Config's has. Untrusted until [`Invocation::parse`] has taken them apart.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use crate::Failure;
use crate::evaluation::compliance::ComplianceType;
use crate::event::{ensure_equal, eventbridge_raw, from_json};
use crate::parameters::Parameters;
use crate::quote::quoted;
use crate::resources::account_region::{AccountRegion, is_account_id, is_region};
use crate::resources::stage_arn::{StageArn, StageType};

/// A valid invocation.
#[derive(Debug)]
pub enum Invocation {
    /// It is time to look for certificates that end.
    Reminders(Reminders),
    /// Config has told of a stage's compliance.
    ComplianceChange(ComplianceChange),
}

/// `"stagecert": "reminders"`.
#[derive(Debug)]
pub struct Reminders {
    /// The account and Region to look at.
    pub account_region: AccountRegion,
    /// The rule that judges there.
    pub rule_name: String,
    /// The rule's own parameters.
    pub parameters: Parameters,
    /// The schedule's instant, whenever the invocation comes.
    pub time: Timestamp,
    /// The schedule's interval: what lies in `(time - interval, time]` is told of now.
    pub interval: SignedDuration,
    /// Days before a certificate's end at which its stages' owners are told; 0 is the end itself.
    pub days: BTreeSet<u16>,
}

/// `"stagecert": "compliance-change"`.
#[derive(Debug)]
pub struct ComplianceChange {
    /// The account and Region of the stage.
    pub account_region: AccountRegion,
    /// The rule that judged it.
    pub rule_name: String,
    /// The rule's own parameters.
    pub parameters: Parameters,
    /// The event's own instant.
    pub time: Timestamp,
    /// The stage.
    pub stage: StageArn,
    /// What it is now.
    pub compliance_type: ComplianceType,
    /// Why; empty where Config tells nothing.
    pub annotation: String,
}

/// The longest interval of a schedule: a week, and an hour for the end of summer time.
const MAX_HOURS: i64 = 7 * 24 + 1;
/// The longest validity of a certificate, and the earliest reminder.
const MAX_DAYS: u16 = 365;

impl Invocation {
    /// Reads and validates the JSON text of an invocation; `None` where it is not of these, but Config's.
    ///
    /// # Errors
    /// `Malformed` or `Disagreement`, naming the field, and `Parameter` for the rule's parameters.
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
    let rule_name = rule_name("event.ruleName", raw.rule_name)?;
    if !(1..=MAX_HOURS).contains(&raw.hours) {
        let allowed = format!("allowed: a whole number from 1 to {MAX_HOURS}");
        return Err(Failure::malformed("event.hours", allowed));
    }
    let interval = SignedDuration::from_hours(raw.hours);
    // Far enough from either end of time that no sum of these runs over it.
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
    let refused = || {
        let allowed = format!("whole numbers from 0 to {MAX_DAYS}, each once, separated by commas");
        Failure::malformed("event.days", format!("\"{}\"; allowed: {allowed}", quoted(text)))
    };
    let mut days = BTreeSet::new();
    for entry in text.split(',').map(str::trim) {
        let plain =
            entry == "0" || (!entry.starts_with('0') && entry.bytes().all(|byte| byte.is_ascii_digit()));
        let day = entry.parse().ok().filter(|day| plain && *day <= MAX_DAYS).ok_or_else(refused)?;
        if !days.insert(day) {
            return Err(refused());
        }
    }
    Ok(days)
}

fn compliance_change(raw: eventbridge_raw::RawComplianceChange) -> Result<ComplianceChange, Failure> {
    const DETAIL_TYPE: &str = "Config Rules Compliance Change";
    const RESULT: &str = "event.event.detail.newEvaluationResult";
    let event = raw.event;
    only("event.event.source", &event.source, "aws.config")?;
    only("event.event.detail-type", &event.detail_type, DETAIL_TYPE)?;
    let detail = event.detail;
    only("event.event.detail.messageType", &detail.message_type, "ComplianceChangeNotification")?;
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
    let rule_name = rule_name("event.event.detail.configRuleName", detail.config_rule_name)?;
    if let Some(arn) = &detail.config_rule_arn {
        let field = "event.event.detail.configRuleARN";
        let of_rule = AccountRegion::of_rule(arn).map_err(|problem| Failure::malformed(field, problem))?;
        ensure_equal(field, &of_rule.account, "event.event.account", &account_region.account)?;
        ensure_equal(field, &of_rule.region, "event.event.region", &account_region.region)?;
        ensure_equal(field, &of_rule.partition, "the Region's partition", &account_region.partition)?;
    }
    let stage = stage(&detail.resource_type, &detail.resource_id, &account_region)?;
    let result = detail.new_evaluation_result.ok_or_else(|| Failure::malformed(RESULT, "is missing"))?;
    let compliance_type = ComplianceType::from_name(&result.compliance_type).ok_or_else(|| {
        let allowed = ComplianceType::ALL.map(ComplianceType::name).join(", ");
        let found = quoted(&result.compliance_type);
        Failure::malformed(format!("{RESULT}.complianceType"), format!("\"{found}\"; allowed: {allowed}"))
    })?;
    let annotation = result.annotation.unwrap_or_default();
    // Ours is 256 printable ASCII characters at most; another function may judge under this rule's name.
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

fn rule_name(field: &str, name: String) -> Result<String, Failure> {
    if name.is_empty() || name.chars().count() > 128 || name.contains(char::is_control) {
        return Err(Failure::malformed(field, "allowed: 1 to 128 characters, no control characters"));
    }
    Ok(name)
}

fn only(field: &str, found: &str, allowed: &str) -> Result<(), Failure> {
    if found == allowed {
        return Ok(());
    }
    Err(Failure::malformed(field, format!("\"{}\"; allowed: {allowed}", quoted(found))))
}

#[cfg(test)]
#[path = "eventbridge_tests.rs"]
mod tests;
