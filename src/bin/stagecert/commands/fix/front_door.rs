//! The commands for an API or a custom domain name.

use stagecert::Failure;
use stagecert::checks::finding::Finding;
use stagecert::checks::severity::Severity;
use stagecert::evaluation::front_door::EvaluatedResource;
use stagecert::quote::printable;

use super::{commands, comment};
use crate::args::FixArgs;
use crate::commands::report::front_door::steps::steps;
use crate::exit_status::ExitStatus;
use crate::filter::Filter;
use crate::front_door::failed;
use crate::front_door_words::problems;
use crate::output::{self, Access};
use crate::reading::Reading;
use crate::scan_results::ScannedAccountRegion;
use crate::source::{self, Evaluated};

/// The maximum number of names that an error lists.
const MAX_NAMED: usize = 10;

pub(super) async fn run(args: &FixArgs, out: &mut String) -> Result<ExitStatus, Failure> {
    let reading = Reading::FRONT_DOOR;
    let Evaluated { sources, mut failures, .. } =
        source::scan_and_read(&args.source, &args.parameters, None, reading, args.quiet).await?;
    let scanned: Vec<ScannedAccountRegion> = sources.into_iter().map(|source| source.scanned).collect();
    match find(&args.stage, &scanned).map(|(place, resource)| script(place, resource)) {
        Ok(script) => match args.output.as_deref() {
            Some(path) => output::write_or_print(path, &script, Access::Umask, out)?,
            None => out.push_str(&script),
        },
        // What could not be read, which is listed first, may be why the name is unknown.
        Err(unknown) => failures.push(unknown),
    }
    let of_scans = scanned.into_iter().flat_map(|it| it.scan.failures);
    match Failure::from_all(of_scans.chain(failures).collect()) {
        Some(failure) => Err(failure),
        None => Ok(ExitStatus::NothingFailed),
    }
}

/// The only API or domain with this name or resource id.
fn find<'a>(
    name: &str,
    scanned: &'a [ScannedAccountRegion],
) -> Result<(&'a ScannedAccountRegion, &'a EvaluatedResource), Failure> {
    let all = || scanned.iter().flat_map(|it| it.front_door().iter().map(move |resource| (it, resource)));
    let is_named =
        |resource: &EvaluatedResource| resource.subject.label() == name || *resource.resource.id == *name;
    let found: Vec<_> = all().filter(|(_, resource)| is_named(resource)).collect();
    let problem = match found.as_slice() {
        [one] => return Ok(*one),
        [] => {
            let labels: Vec<String> =
                all().take(MAX_NAMED).map(|(_, it)| printable(&it.subject.label())).collect();
            format!("there is no such API or domain among {}", labels.join(", "))
        }
        several => {
            let places: Vec<String> = several
                .iter()
                .map(|(it, resource)| format!("{} in {}", resource.resource.id, it.account_region))
                .collect();
            format!(
                "{} have this name: {}; allowed: a source with only one",
                several.len(),
                places.join(", ")
            )
        }
    };
    Err(Failure::Malformed { field: format!("API or domain {}", printable(name)), problem })
}

/// The steps as a shell script, in which everything but the commands is a comment.
fn script(scanned: &ScannedAccountRegion, resource: &EvaluatedResource) -> String {
    let mut script = String::new();
    let name = resource.name.as_deref().map(|name| format!(" ({name})")).unwrap_or_default();
    let (label, place, at) = (resource.subject.label(), &scanned.account_region, scanned.at);
    comment(&format!("{label}{name}, {place}, as of {at}"), &mut script);
    let (failed, _) = failed(&Filter::default(), resource, at);
    for (finding, severity) in &failed {
        let severity = severity.map_or("", Severity::name);
        for text in problems(resource, finding, at) {
            comment(&format!("{severity} {}: {text}", finding.check()), &mut script);
        }
    }
    if failed.is_empty() {
        comment("No check failed.", &mut script);
        return script;
    }
    comment(
        "AWS CLI commands for a POSIX shell. None has been run: review each one, and run one step at a time, because \
         callers and templates have to be changed in between.",
        &mut script,
    );
    let findings: Vec<&Finding> = failed.into_iter().map(|(finding, _)| finding).collect();
    for (number, step) in steps(resource, &findings, place).iter().enumerate() {
        script.push('\n');
        comment(&format!("{}. {}", number + 1, step.text), &mut script);
        commands(&step.commands, &mut script);
    }
    script
}
