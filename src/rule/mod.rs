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

use crate::Failure;
use crate::account::Account;
use crate::deadline::Deadline;
use crate::event::eventbridge::Invocation as Told;
use crate::event::trigger::{Change, ChangeContext, Trigger, stage_arn};
use crate::event::{Event, Notification, Request};
use crate::parameters::Parameters;
use crate::reads::Reader;
use crate::resources::stage_arn::StageType;
use crate::rule::connect::Connect;
use crate::rule::put::EvaluationSink;
use crate::telemetry::invocation_log::InvocationLog;

/// Evaluates an event at the instant `now` and puts the results; or tells of what is due, where EventBridge asks.
///
/// # Errors
/// Whatever kept it from doing the whole; what was established by then has been put.
pub async fn run<C: Connect>(
    event: &str,
    connect: &C,
    now: Timestamp,
    deadline: Deadline,
) -> Result<InvocationLog, Failure> {
    let mut log = InvocationLog::default();
    run_recorded(event, connect, now, deadline, &mut log).await?;
    Ok(log)
}

/// The same, and notes in `log` what it knows and does, also where it fails.
///
/// # Errors
/// As [`run`].
pub async fn run_recorded<C: Connect>(
    event: &str,
    connect: &C,
    now: Timestamp,
    deadline: Deadline,
    log: &mut InvocationLog,
) -> Result<(), Failure> {
    // What an invocation that was broken off has left behind is none of this one's.
    let _ = connect.take_calls();
    let done = run_event(event, connect, now, deadline, log).await;
    log.calls = connect.take_calls();
    done
}

async fn run_event<C: Connect>(
    event: &str,
    connect: &C,
    now: Timestamp,
    deadline: Deadline,
    log: &mut InvocationLog,
) -> Result<(), Failure> {
    if let Some(told) = Told::parse(event)? {
        return eventbridge::tell(told, connect, deadline, log).await;
    }
    let event = match Event::parse(event)? {
        Request::Evaluate(event) => event,
        Request::Ignore { message_type } => {
            log.kind = message_type;
            return Ok(());
        }
    };
    log.start(&event);
    let parameters = Parameters::parse(event.rule_parameters.as_deref())?;
    log.parameters = Some(parameters.clone());
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
        Trigger::Change(change) => invocation.change(&change, log).await,
        Trigger::Sweep { at } => invocation.sweep(at, log).await,
    }
}

/// What the event asks for. An oversized change's item is fetched here, unless the summary already says that it is gone.
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
            let stage_type = StageType::from_resource_type(&summary.resource_type);
            if let Some(stage_type) = stage_type.filter(|_| summary.status.is_recorded()) {
                // Before AWS is asked for it: the event is untrusted until validated.
                stage_arn(summary, stage_type, account_region)?;
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
    now: Timestamp,
}
