//! Invocations by a schedule, in the form that the CDK app defines. They have the key `stagecert`,
//! which events from Config don't have. [`Invocation::parse`] validates all of it.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use crate::Failure;
use crate::event::{eventbridge_raw, from_json, valid_rule_name};
use crate::parameters::Parameters;
use crate::quote::quoted;
use crate::resources::account_region::{AccountRegion, is_account_id, is_region};

/// A valid invocation by EventBridge.
#[derive(Debug)]
pub enum Invocation {
    /// Send reminders for expiring certificates.
    Reminders(Reminders),
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
            other => Err(Failure::malformed(
                "event.stagecert",
                format!("\"{}\"; allowed: reminders", quoted(other)),
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

#[cfg(test)]
#[path = "eventbridge_tests.rs"]
mod tests;
