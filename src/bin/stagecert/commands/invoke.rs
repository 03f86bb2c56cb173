use std::sync::Arc;

use serde_json::{Value, json};
use stagecert::deadline::Deadline;
use stagecert::parameters::exemptions::ExemptionDocument;
use stagecert::snapshot::{RecordedResults, SnapshotAccount, SnapshotConnection};
use stagecert::{Failure, rule};

use crate::args::InvokeArgs;
use crate::exit_status::ExitStatus;
use crate::formats::pretty;
use crate::input;
use crate::output::{self, Access};

/// Prints a JSON array of requests exactly as they would be sent, including the result token: first
/// each `PutEvaluations` request, then one object with all `Findings` (`BatchImportFindings`) and
/// one with all `Entries` (`PutEvents`), regardless of the number of calls. An object without
/// findings or entries is omitted. Reminders are those of the event's own interval, because the
/// parameter with the last complete run is neither read nor written.
pub(crate) async fn run(args: &InvokeArgs, out: &mut String) -> Result<ExitStatus, Failure> {
    if !args.quiet {
        args.parameters.note_origin()?;
    }
    let event = with_parameters(input::event(&args.event)?, args.parameters.rule_parameters()?);
    let exemptions = args.parameters.exemption_document()?;
    let results = RecordedResults::default();
    let snapshot = match &args.snapshot {
        Some(path) => Some(input::snapshot(path)?),
        None if args.example => Some(input::example()?),
        None => None,
    };
    let done = match snapshot {
        Some(snapshot) => {
            let account_region = snapshot.account_region();
            let account = SnapshotAccount::new(&snapshot, &account_region);
            let connection = SnapshotConnection { account, results: &results, exemptions };
            rule::run(&event, &connection, snapshot.taken_at, Deadline::none()).await
        }
        None => live(&event, args.profile.as_deref(), exemptions, &results).await,
    };
    let mut requests = results.requests();
    let something_failed = requests.iter().any(has_non_compliant);
    let (findings, messages) = (results.findings(), results.messages());
    if !findings.is_empty() {
        requests.push(json!({ "Findings": findings }));
    }
    if !messages.is_empty() {
        requests.push(json!({ "Entries": messages }));
    }
    let page = pretty(&requests)?;
    match args.output.as_deref() {
        Some(path) => output::write_or_print(path, &page, Access::Umask, out)?,
        None if args.quiet => {}
        None => out.push_str(&page),
    }
    done.map_err(|failure| input::in_file(&args.event, failure))
        .map(|_| if something_failed { ExitStatus::SomethingFailed } else { ExitStatus::NothingFailed })
}

/// The event with its `ruleParameters` replaced, if any were given. Text that isn't a JSON object
/// is returned unchanged, so that the parser reports it.
fn with_parameters(event: String, rule_parameters: Option<String>) -> String {
    let Some(rule_parameters) = rule_parameters else { return event };
    match serde_json::from_str::<Value>(&event) {
        Ok(Value::Object(mut fields)) => {
            fields.insert("ruleParameters".into(), rule_parameters.into());
            Value::Object(fields).to_string()
        }
        _ => event,
    }
}

fn has_non_compliant(request: &Value) -> bool {
    let evaluations = request.get("Evaluations").and_then(Value::as_array);
    evaluations
        .into_iter()
        .flatten()
        .any(|evaluation| evaluation.get("ComplianceType").and_then(Value::as_str) == Some("NON_COMPLIANT"))
}

#[cfg(feature = "aws")]
async fn live(
    event: &str,
    profile: Option<&str>,
    exemptions: Option<Arc<ExemptionDocument>>,
    results: &RecordedResults,
) -> Result<stagecert::telemetry::invocation_log::InvocationLog, Failure> {
    use stagecert::aws::{Aws, Connection, DryRun};
    use stagecert::event::eventbridge::Invocation;
    use stagecert::event::{Event, Request};

    let region = match Invocation::parse(event)? {
        Some(Invocation::Reminders(run)) => Some(run.account_region.region),
        None => match Event::parse(event)? {
            Request::Evaluate(event) => Some(event.account_region.region),
            Request::Ignore { .. } => None,
        },
    };
    let aws = Aws::load_profile(region.as_deref(), profile).await?;
    let now = crate::clock::now();
    let connection = Connection { aws: &aws, home: None, now };
    rule::run(event, &DryRun { connection, results, exemptions }, now, Deadline::none()).await
}

#[cfg(not(feature = "aws"))]
async fn live(
    _: &str,
    _: Option<&str>,
    _: Option<Arc<ExemptionDocument>>,
    _: &RecordedResults,
) -> Result<stagecert::telemetry::invocation_log::InvocationLog, Failure> {
    use stagecert::failure::Unsupported;
    std::future::ready(Err(Failure::NotSupported(Unsupported::LiveAccounts { feature: "aws" }))).await
}
