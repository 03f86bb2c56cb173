use std::collections::BTreeSet;

use clap::Args as ClapArgs;
use stagecert::Failure;
use stagecert::checks::Check;
use stagecert::checks::severity::Severity;
use stagecert::scan::backend_enforced;

use crate::chosen::ChosenChecks;
use crate::filter::{Filter, OwnerPattern};
use crate::gate::FailOn;

/// What an output shows of the results.
#[derive(ClapArgs)]
pub(crate) struct FilterArgs {
    /// Show only the findings of these checks, and list only stages, APIs and domains that fail one
    /// of them. All checks are still run, but failures of others don't affect the exit status. The
    /// summary counts all
    #[arg(long, value_name = "CODE,…", value_delimiter = ',', value_parser = super::check())]
    pub(crate) only: Vec<Check>,
    /// List only what fails a check
    #[arg(long)]
    pub(crate) failed: bool,
    /// List only what fails a check with this severity or a worse one, and only these failures:
    /// critical, high, medium or low
    #[arg(long, value_name = "LEVEL", value_parser = severity)]
    pub(crate) severity: Option<Severity>,
    /// List only the stages of this owner: a name, a glob such as 'team-*', or '' for stages
    /// without an owner; may be repeated. APIs and domains have no owner, so they are left out
    #[arg(long, value_name = "NAME", value_parser = OwnerPattern::parse)]
    pub(crate) owner: Vec<OwnerPattern>,
}

impl FilterArgs {
    /// The filter.
    ///
    /// # Errors
    /// `Disagreement` if `--only` names a check that is not run, and `Malformed` if it needs
    /// `--front-door`.
    pub(crate) fn filter(&self, checks: &ChosenChecks) -> Result<Filter, Failure> {
        ensure_front_door("--only", &self.only, checks)?;
        Ok(Filter {
            only: selected("--only", &self.only, &checks.all(), "the rule parameter checks")?,
            failed: self.failed,
            severity: self.severity,
            owners: self.owner.clone(),
        })
    }
}

/// Fails if `--fail-on` names a check that is not run, that `--only` hides or that needs the
/// results of probes: the exit status could never be 1.
pub(crate) fn ensure_can_fail(
    fail_on: &[FailOn],
    only: Option<&BTreeSet<Check>>,
    has_probes: bool,
    run: &ChosenChecks,
) -> Result<(), Failure> {
    if fail_on.contains(&FailOn::BackendEnforced) && (!has_probes || only.is_some()) {
        let problem = format!("{} needs --probes, without --only", backend_enforced::CODE);
        return Err(Failure::Malformed { field: "--fail-on".into(), problem });
    }
    let of_check = |it: &FailOn| match *it {
        FailOn::Check(check) => Some(check),
        FailOn::BackendEnforced | FailOn::Severity(_) => None,
    };
    let checks: Vec<Check> = fail_on.iter().filter_map(of_check).collect();
    ensure_front_door("--fail-on", &checks, run)?;
    selected("--fail-on", &checks, &run.all(), "the rule parameter checks")?;
    only.map_or(Ok(()), |only| selected("--fail-on", &checks, only, "--only").map(|_| ()))
}

/// Fails if an option names a check of the front door, and the front door is not evaluated.
fn ensure_front_door(option: &str, codes: &[Check], run: &ChosenChecks) -> Result<(), Failure> {
    match codes.iter().find(|check| check.is_of_front_door() && run.front_door.is_empty()) {
        Some(check) => Err(Failure::Malformed {
            field: option.into(),
            problem: format!("{check} needs --front-door, or the rule parameter checks={check}"),
        }),
        None => Ok(()),
    }
}

/// The checks that an option names; `None` if it names none. A check that is not among the
/// `available` ones could never fail, so naming one is an error, which names `by`.
fn selected(
    option: &str,
    codes: &[Check],
    available: &BTreeSet<Check>,
    by: &str,
) -> Result<Option<BTreeSet<Check>>, Failure> {
    match codes.iter().find(|check| !available.contains(check)) {
        Some(other) => Err(Failure::Disagreement {
            field: option.into(),
            found: other.to_string(),
            expected_by: by.into(),
            expected: available.iter().map(|check| check.code()).collect::<Vec<_>>().join(","),
        }),
        None => Ok((!codes.is_empty()).then(|| codes.iter().copied().collect())),
    }
}

fn severity(text: &str) -> Result<Severity, String> {
    Severity::from_name(text).ok_or_else(|| "the severities are critical, high, medium, low".into())
}
