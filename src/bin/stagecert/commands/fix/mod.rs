//! `stagecert fix`: the commands that fix a stage, or the front door of an API, to review and
//! paste. It runs none of them.

mod front_door;

use std::fmt::Write as _;

use stagecert::Failure;
use stagecert::checks::finding::Finding;
use stagecert::checks::verdict::Verdict;
use stagecert::evaluation::evaluated::EvaluatedStage;
use stagecert::parameters::Parameters;
use stagecert::quote::printable;

use crate::args::FixArgs;
use crate::chosen::ChosenChecks;
use crate::commands::report::remedy::remedies;
use crate::commands::report::shell::AwsCommand;
use crate::exit_status::ExitStatus;
use crate::output::{self, Access};
use crate::reading::Reading;
use crate::scan_results::ScannedAccountRegion;
use crate::source::{self, Evaluated};

/// The width of a comment, in columns.
const WIDTH: usize = 100;
/// The number of similar names that an error lists.
const MAX_SIMILAR: usize = 3;

pub(crate) async fn run(args: &FixArgs, out: &mut String) -> Result<ExitStatus, Failure> {
    let parameters = args.parameters.parameters()?;
    if args.front_door {
        return front_door::run(args, out).await;
    }
    if let Some(check) = ChosenChecks::of(&parameters, false).front_door.first() {
        let problem = format!("{check} is not about stages; allowed: --front-door with an API or a domain");
        return Err(Failure::Malformed { field: "rule parameter checks".into(), problem });
    }
    let Evaluated { sources, mut failures, .. } =
        source::scan_and_read(&args.source, &args.parameters, None, reading(args), args.quiet).await?;
    let scanned: Vec<ScannedAccountRegion> = sources.into_iter().map(|source| source.scanned).collect();
    match find(&args.stage, &scanned).map(|(place, stage)| script(place, stage, &parameters)) {
        Ok(script) => match args.output.as_deref() {
            Some(path) => output::write_or_print(path, &script, Access::Umask, out)?,
            None => out.push_str(&script),
        },
        // What could not be read, which is listed first, may be why the stage is unknown.
        Err(unknown) => failures.push(unknown),
    }
    let of_scans = scanned.into_iter().flat_map(|it| it.scan.failures);
    match Failure::from_all(of_scans.chain(failures).collect()) {
        Some(failure) => Err(failure),
        None => Ok(ExitStatus::NothingFailed),
    }
}

/// Backends are named if that needs no further exports.
fn reading(args: &FixArgs) -> Reading {
    Reading::RESULTS.with_backends(!args.source.is_live())
}

/// The only stage with this name or ARN.
fn find<'a>(
    name: &str,
    scanned: &'a [ScannedAccountRegion],
) -> Result<(&'a ScannedAccountRegion, &'a EvaluatedStage), Failure> {
    let all = || scanned.iter().flat_map(|it| it.scan.stages.iter().map(move |stage| (it, stage)));
    let is_named =
        |stage: &EvaluatedStage| stage.stage.arn.label() == name || stage.stage.arn.as_str() == name;
    let found: Vec<_> = all().filter(|(_, stage)| is_named(stage)).collect();
    let problem = match found.as_slice() {
        [one] => return Ok(*one),
        [] => unknown(name, &all().map(|(_, stage)| stage.stage.arn.label()).collect::<Vec<_>>()),
        several => {
            let places: Vec<String> = several
                .iter()
                .map(|(it, stage)| format!("{} in account {}", stage.stage.arn, it.account_region.account))
                .collect();
            format!(
                "{} stages have this name: {}; allowed: the ARN of one, or a source with only one",
                several.len(),
                places.join(", ")
            )
        }
    };
    Err(Failure::Malformed { field: format!("stage {}", printable(name)), problem })
}

fn unknown(name: &str, labels: &[String]) -> String {
    let mut similar: Vec<(f64, &String)> = labels
        .iter()
        .map(|label| (strsim::jaro_winkler(name, label), label))
        .filter(|(similarity, _)| *similarity > 0.75)
        .collect();
    similar.sort_by(|(one, a), (other, b)| other.total_cmp(one).then(a.cmp(b)));
    similar.dedup();
    let similar: Vec<&str> = similar.into_iter().take(MAX_SIMILAR).map(|(_, label)| label.as_str()).collect();
    match (labels.len(), similar.as_slice()) {
        (0, _) => "there are no stages".into(),
        (count, []) => format!("not among the {count} stages; `stagecert scan` lists them"),
        (_, similar) => format!("there is no such stage; did you mean {}?", similar.join(" or ")),
    }
}

/// The steps as a shell script, in which everything but the commands is a comment.
fn script(scanned: &ScannedAccountRegion, stage: &EvaluatedStage, parameters: &Parameters) -> String {
    let mut script = String::new();
    comment(
        &format!("{}, {}, as of {}", stage.stage.arn.label(), scanned.account_region, scanned.at),
        &mut script,
    );
    let mut failed: Vec<&Finding> =
        stage.result.iter().flatten().filter(|finding| finding.verdict() == Verdict::Failed).collect();
    failed.sort_by_key(|finding| finding.urgency());
    for finding in &failed {
        let severity =
            stage.severity(finding, scanned.at).map(|it| format!("{} ", it.name())).unwrap_or_default();
        comment(&format!("{severity}{}: {finding}", finding.check()), &mut script);
    }
    let backends = scanned.backends.as_ref().and_then(|it| it.of_stage(&stage.stage.arn));
    let steps: Vec<_> =
        remedies(stage, backends, parameters).into_iter().flat_map(|remedy| remedy.steps).collect();
    let is_exempt = |it: &&Finding| it.exemption().is_some() && it.unexempted().verdict() == Verdict::Failed;
    let exempt: Vec<&Finding> = stage.result.iter().flatten().filter(is_exempt).collect();
    for finding in &exempt {
        comment(&format!("{}: {finding}", finding.check()), &mut script);
    }
    match (failed.is_empty(), exempt.is_empty()) {
        (true, true) => comment("No check failed.", &mut script),
        (true, false) => comment("No check failed that is not exempt.", &mut script),
        (false, _) => {}
    }
    if !steps.is_empty() {
        comment(
            "AWS CLI commands for a POSIX shell. None has been run: review each one, and run one step at a time, because \
             backends have to be configured in between. A command that deletes is a comment.",
            &mut script,
        );
    }
    for (number, step) in steps.iter().enumerate() {
        script.push('\n');
        comment(&format!("{}. {}", number + 1, step.text), &mut script);
        commands(&step.commands, &mut script);
    }
    script
}

fn commands(commands: &[AwsCommand], script: &mut String) {
    for command in commands.iter().map(AwsCommand::text) {
        // Running the whole script must not delete a certificate that is still in use.
        let inactive = if deletes(&command) { "# " } else { "" };
        for line in command.lines() {
            let _ = writeln!(script, "{inactive}{line}");
        }
    }
}

fn deletes(command: &str) -> bool {
    command.split_whitespace().take(3).any(|word| word.starts_with("delete-"))
}

/// Adds comment lines. An interactive zsh runs comments as commands unless its option
/// `interactive_comments` is set, so they contain nothing that a shell would expand or run.
fn comment(text: &str, script: &mut String) {
    let text = printable(text);
    let next = text.chars().skip(1).chain([' ']);
    let inert: String = text
        .chars()
        .zip(next)
        .map(|(c, next)| match c {
            '$' if !next.is_ascii_alphabetic() => '?',
            '\'' | '`' => '’',
            '"' => '”',
            '(' => '[',
            ')' => ']',
            ';' => ',',
            '&' => '+',
            '|' | '\\' => '/',
            '<' => '‹',
            '>' => '›',
            '!' => '.',
            c => c,
        })
        .collect();
    let options =
        textwrap::Options::new(WIDTH).initial_indent("# ").subsequent_indent("#   ").break_words(false);
    for line in textwrap::wrap(&inert, options) {
        let _ = writeln!(script, "{line}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_run_nothing_even_if_a_shell_runs_them() {
        for text in [
            "it's \"quoted\" `id`",
            "$(touch harm) ${x:-$(touch harm)} `touch harm`",
            "a; touch harm && touch harm | touch harm > harm < harm",
            "a \\\n# b\\",
            "<(touch harm) !! !touch",
        ] {
            let folder = tempfile::tempdir().unwrap();
            let mut script = String::new();
            comment(text, &mut script);
            assert!(script.lines().all(|line| line.starts_with('#')), "{script}");
            let run = script.replace("# ", ": ");
            let ran = std::process::Command::new("sh")
                .args(["-c", &run])
                .current_dir(folder.path())
                .output()
                .unwrap();
            assert!(ran.stderr.is_empty() && ran.stdout.is_empty(), "{run}: {ran:?}");
            assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "{run}");
        }
    }

    #[test]
    fn an_unknown_name_gets_the_most_similar_names() {
        let labels = ["k3v9q0m2xa/prod", "k3v9q0m2xa/test", "zzzzzzzzzz/v1"].map(str::to_owned);
        for (name, expected) in [
            ("k3v9q0m2xa/prd", "did you mean k3v9q0m2xa/prod or k3v9q0m2xa/test?"),
            ("zzzzzzzzz/v1", "did you mean zzzzzzzzzz/v1?"),
            ("prod", "not among the 3 stages; `stagecert scan` lists them"),
        ] {
            assert!(unknown(name, &labels).ends_with(expected), "{}", unknown(name, &labels));
        }
        assert_eq!(unknown("prod", &[]), "there are no stages");
    }
}
