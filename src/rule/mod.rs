//! The rule from end to end: parses an event, evaluates stages and puts the results. Both Lambda
//! and the command line call [`run`].

mod announce;
mod change;
mod collector;
mod confirm;
pub mod connect;
mod earlier_results;
mod eventbridge;
mod front_door;
mod import_findings;
mod import_front_door;
mod pending_findings;
mod previous_results;
pub mod put;
mod scope;
mod sweep;

use jiff::Timestamp;

use crate::Failure;
use crate::account::Account;
use crate::checks::subjects::SubjectTypeRow;
use crate::deadline::Deadline;
use crate::event::eventbridge::Invocation as EventBridgeEvent;
use crate::event::trigger::{Change, ChangeContext, Trigger, stage_arn};
use crate::event::{Event, Notification, Request};
use crate::parameters::Parameters;
use crate::parameters::settings::{ChangeExports, Settings};
use crate::reads::observer::Observer;
use crate::reads::{EarlierResults, Reader};
use crate::rule::connect::Connect;
use crate::rule::put::EvaluationSink;
use crate::security_hub::Source;
use crate::telemetry::invocation_log::InvocationLog;

const ONLY_SCHEDULED: &str =
    "changes with checks of the front door: give the rule only a schedule, and no scope";

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
) -> Result<InvocationLog, Failure> {
    let mut log = InvocationLog::default();
    run_recorded(event, connect, &Settings::default(), now, deadline, &mut log).await?;
    Ok(log)
}

/// Does the same as [`run`] with these settings, and keeps `log` up to date, even if it fails.
///
/// # Errors
/// As [`run`].
pub async fn run_recorded<C: Connect>(
    event: &str,
    connect: &C,
    settings: &Settings,
    now: Timestamp,
    deadline: Deadline,
    log: &mut InvocationLog,
) -> Result<(), Failure> {
    // Discard the counts of an earlier invocation that was cut off.
    let _ = connect.take_calls();
    let outcome = run_event(event, connect, settings, now, deadline, log).await;
    log.calls = connect.take_calls();
    outcome
}

async fn run_event<C: Connect>(
    event: &str,
    connect: &C,
    settings: &Settings,
    now: Timestamp,
    deadline: Deadline,
    log: &mut InvocationLog,
) -> Result<(), Failure> {
    if let Some(event) = EventBridgeEvent::parse(event)? {
        return eventbridge::handle(&event, connect, settings, now, deadline, log).await;
    }
    let event = match Event::parse(event)? {
        Request::Evaluate(event) => event,
        Request::Ignore { message_type } => {
            log.kind = message_type;
            return Ok(());
        }
    };
    log.start(&event);
    let mut parameters = Parameters::parse(event.rule_parameters.as_deref())?;
    log.parameters = Some(parameters.clone());
    let (account, results) = connect.connect(&event.account_region, &parameters, deadline).await?;
    // Stages that no exemption could change are evaluated even without the document.
    let mut failures = Vec::new();
    if let Some(location) = &parameters.exemptions {
        match connect.exemption_document(location, &event.account_region, deadline).await {
            Ok(document) => parameters.exemption_document = Some(document),
            Err(failure) => failures.push(failure),
        }
    }
    let invocation = Invocation {
        reader: Reader {
            account: &account,
            parameters: &parameters,
            deadline,
            exemptions: parameters.exemptions_of(&event.account_region),
            persists_results: true,
            observer: Observer::default(),
            earlier_results: EarlierResults::default(),
        },
        sink: EvaluationSink {
            results: &results,
            result_token: &event.result_token,
            account_region: &event.account_region,
            deadline,
        },
        rule_name: &event.rule_name,
        deployment: &settings.name,
        source: Source::new(&settings.name, &event.rule_name),
        change_exports: settings.change_exports,
        now,
    };
    let is_of_front_door = parameters.is_of_front_door();
    log.events_sent = (invocation.sends_events() && !is_of_front_door).then_some(0);
    let done = match trigger(&event, &account).await {
        Ok(Trigger::Sweep { at }) if is_of_front_door => Box::pin(invocation.front_door_sweep(at, log)).await,
        Ok(Trigger::Change(_)) if is_of_front_door => Err(Failure::NotSupported(ONLY_SCHEDULED.into())),
        Ok(Trigger::Change(change)) => invocation.change(&change, log).await,
        Ok(Trigger::Sweep { at }) => invocation.sweep(at, log).await,
        Err(failure) => Err(failure),
    };
    // The document first: it may have caused the other failures.
    failures.extend(done.err());
    Failure::from_all(failures).map_or(Ok(()), Err)
}

/// Returns what the event asks for. Fetches the item of an oversized change, unless its summary
/// already says that the resource is gone.
async fn trigger<A: Account>(event: &Event, account: &A) -> Result<Trigger, Failure> {
    let account_region = &event.account_region;
    let change = match &event.notification {
        Notification::Scheduled { created } => return Ok(Trigger::Sweep { at: *created }),
        Notification::Change { item, diff, created, left_scope } => {
            let context = ChangeContext { diff: diff.as_ref(), created: *created, left_scope: *left_scope };
            Change::from_item(item, context, account_region)?
        }
        Notification::Oversized { summary, created, left_scope } => {
            let context = ChangeContext { diff: None, created: *created, left_scope: *left_scope };
            let row = SubjectTypeRow::of_resource_type(&summary.resource_type);
            if let Some(row) = row.filter(|_| summary.status.is_recorded()) {
                // Validate the untrusted ARN before using it in a call to AWS.
                stage_arn(summary, row, account_region)?;
                let item = account.configuration_item(summary).await?;
                item.ensure_in(account_region)?;
                Change::from_item(&item, context, account_region)?
            } else {
                Change::from_item(summary, context, account_region)?
            }
        }
    };
    Ok(Trigger::Change(Box::new(change)))
}

struct Invocation<'a, A, R> {
    reader: Reader<'a, A>,
    sink: EvaluationSink<'a, R>,
    rule_name: &'a str,
    /// The name of the deployment.
    deployment: &'a str,
    /// The origin of the findings that the invocation imports.
    source: Source,
    change_exports: ChangeExports,
    now: Timestamp,
}
