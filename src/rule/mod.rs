//! The rule from end to end: parses an event, evaluates stages and puts the results. Both Lambda
//! and the command line call [`run`].

mod change;
mod collector;
mod confirm;
pub mod connect;
mod eventbridge;
mod import_findings;
mod previous_results;
pub mod put;
mod scope;
mod sweep;

use jiff::Timestamp;
use serde::Serialize;

use crate::Failure;
use crate::account::Account;
use crate::deadline::Deadline;
use crate::event::eventbridge::Invocation as EventBridgeEvent;
use crate::event::trigger::{Change, Occasion, Trigger, stage_arn};
use crate::event::{Event, Notification, Request};
use crate::parameters::Parameters;
use crate::reads::Reader;
use crate::resources::stage_arn::StageType;
use crate::rule::connect::Connect;
use crate::rule::put::EvaluationSink;
use crate::telemetry::invocation_log::Record;

/// What an invocation did, for its log line.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// `change`, `sweep`, `reminders`, `compliance-change`, or the message type of an ignored
    /// event.
    pub kind: String,
    /// The number of evaluated resources.
    pub evaluated: usize,
    /// The number of evaluated resources that are `NON_COMPLIANT`.
    pub non_compliant: usize,
    /// The number of evaluations that Config accepted.
    pub evaluations_put: usize,
    /// The number of findings that Security Hub accepted.
    pub findings_imported: usize,
    /// Whether findings could not be imported because Security Hub is not enabled in the account
    /// and Region.
    pub security_hub_not_enabled: bool,
    /// The number of events that EventBridge accepted.
    pub events_sent: usize,
}

impl Report {
    fn of(record: &Record) -> Self {
        Self {
            kind: record.kind.clone(),
            evaluated: record.evaluated(),
            non_compliant: record.tally.non_compliant,
            evaluations_put: record.put,
            findings_imported: record.imported.unwrap_or_default(),
            security_hub_not_enabled: record.security_hub_not_enabled,
            events_sent: record.told.unwrap_or_default(),
        }
    }
}

/// Evaluates an event at the instant `now` and puts the results, or sends what an EventBridge event
/// asks for.
///
/// # Errors
/// Returns everything that went wrong. Results that were available by then have been put.
pub async fn run<C: Connect>(
    event: &str,
    connect: &C,
    now: Timestamp,
    deadline: Deadline,
) -> Result<Report, Failure> {
    run_recorded(event, connect, now, deadline, &mut Record::default()).await
}

/// Does the same as [`run`], and keeps `record` up to date, even if it fails.
///
/// # Errors
/// As [`run`].
pub async fn run_recorded<C: Connect>(
    event: &str,
    connect: &C,
    now: Timestamp,
    deadline: Deadline,
    record: &mut Record,
) -> Result<Report, Failure> {
    // Discard the counts of an earlier invocation that was cut off.
    let _ = connect.take_calls();
    let outcome = run_event(event, connect, now, deadline, record).await;
    record.calls = connect.take_calls();
    outcome
}

async fn run_event<C: Connect>(
    event: &str,
    connect: &C,
    now: Timestamp,
    deadline: Deadline,
    record: &mut Record,
) -> Result<Report, Failure> {
    if let Some(event) = EventBridgeEvent::parse(event)? {
        return eventbridge::handle(&event, connect, deadline, record).await;
    }
    let event = match Event::parse(event)? {
        Request::Evaluate(event) => event,
        Request::Ignore { message_type } => {
            record.kind.clone_from(&message_type);
            return Ok(Report { kind: message_type, ..Report::default() });
        }
    };
    record.began(&event);
    let parameters = Parameters::parse(event.rule_parameters.as_deref())?;
    record.parameters = Some(parameters.clone());
    let role = parameters.execution_role_name.as_deref();
    let (account, results) = connect.connect(&event.account_region, role, deadline).await?;
    let invocation = Invocation {
        reader: Reader { account: &account, parameters: &parameters, deadline, now, persists_results: true },
        sink: EvaluationSink {
            results: &results,
            result_token: &event.result_token,
            account_region: &event.account_region,
            deadline,
        },
        rule_name: &event.rule_name,
        now,
    };
    match trigger(&event, &account).await? {
        Trigger::Change(change) => invocation.change(&change, record).await,
        Trigger::Sweep { at } => invocation.sweep(at, record).await,
    }
}

/// Returns what the event asks for. Fetches the item of an oversized change, unless its summary
/// already says that the resource is gone.
async fn trigger<A: Account>(event: &Event, account: &A) -> Result<Trigger, Failure> {
    let account_region = &event.account_region;
    let change = match &event.notification {
        Notification::Scheduled { created } => return Ok(Trigger::Sweep { at: *created }),
        Notification::Change { item, diff, created, left_scope } => {
            let occasion = Occasion { diff: diff.as_ref(), created: *created, left_scope: *left_scope };
            Change::of(item, occasion, account_region)?
        }
        Notification::Oversized { summary, created, left_scope } => {
            let occasion = Occasion { diff: None, created: *created, left_scope: *left_scope };
            let stage_type = StageType::from_resource_type(&summary.resource_type);
            if let Some(stage_type) = stage_type.filter(|_| summary.status.is_recorded()) {
                // Validate the untrusted ARN before using it in a call to AWS.
                stage_arn(summary, stage_type, account_region)?;
                let item = account.configuration_item(summary).await?;
                item.agree_with(account_region)?;
                Change::of(&item, occasion, account_region)?
            } else {
                Change::of(summary, occasion, account_region)?
            }
        }
    };
    Ok(Trigger::Change(Box::new(change)))
}

struct Invocation<'a, A, R> {
    reader: Reader<'a, A>,
    sink: EvaluationSink<'a, R>,
    rule_name: &'a str,
    now: Timestamp,
}
