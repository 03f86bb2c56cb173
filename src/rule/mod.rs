//! The rule from end to end: one event in, evaluations put. Lambda and the command line both call [`run`].

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
use crate::event::eventbridge::Invocation as Told;
use crate::event::trigger::{Change, Occasion, Trigger, stage_arn};
use crate::event::{Event, Notification, Request};
use crate::parameters::Parameters;
use crate::reads::Reader;
use crate::resources::stage_arn::StageType;
use crate::rule::connect::Connect;
use crate::rule::put::EvaluationSink;
use crate::telemetry::invocation_log::Record;

/// What an invocation did, for its one log line.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// `change`, `sweep`, `reminders`, `compliance-change`, or the message type that there was nothing to do for.
    pub kind: String,
    /// How many resources were judged.
    pub evaluated: usize,
    /// How many of those are not compliant.
    pub non_compliant: usize,
    /// How many evaluations Config took.
    pub put: usize,
    /// How many findings Security Hub took.
    pub imported: usize,
    /// Findings were to be imported, and Security Hub is not enabled in the account and Region.
    pub security_hub_not_enabled: bool,
    /// How many events EventBridge took.
    pub told: usize,
}

impl Report {
    fn of(record: &Record) -> Self {
        Self {
            kind: record.kind.clone(),
            evaluated: record.evaluated(),
            non_compliant: record.tally.non_compliant,
            put: record.put,
            imported: record.imported.unwrap_or_default(),
            security_hub_not_enabled: record.security_hub_not_enabled,
            told: record.told.unwrap_or_default(),
        }
    }
}

/// Evaluates an event at the instant `now` and puts the results; or tells of what is due, where EventBridge asks.
///
/// # Errors
/// Whatever kept it from doing the whole; what was established by then has been put.
pub async fn run<C: Connect>(
    event: &str,
    connect: &C,
    now: Timestamp,
    deadline: Deadline,
) -> Result<Report, Failure> {
    run_recorded(event, connect, now, deadline, &mut Record::default()).await
}

/// The same, and notes in `record` what it knows and does, also where it fails.
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
    // What an invocation that was broken off has left behind is none of this one's.
    let _ = connect.take_calls();
    let done = run_event(event, connect, now, deadline, record).await;
    record.calls = connect.take_calls();
    done
}

async fn run_event<C: Connect>(
    event: &str,
    connect: &C,
    now: Timestamp,
    deadline: Deadline,
    record: &mut Record,
) -> Result<Report, Failure> {
    if let Some(told) = Told::parse(event)? {
        return eventbridge::tell(told, connect, deadline, record).await;
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
        reader: Reader { account: &account, parameters: &parameters, deadline, now, remembers: true },
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

/// What the event asks for. An oversized change's item is fetched here, unless the summary already says that it is gone.
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
                // Before AWS is asked for it: the event is untrusted until validated.
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
