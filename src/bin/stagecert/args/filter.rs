use std::collections::BTreeSet;

use clap::Args as ClapArgs;
use stagecert::Failure;
use stagecert::checks::Check;
use stagecert::checks::severity::Severity;
use stagecert::parameters::Parameters;
use stagecert::scan::backend_enforced;

use crate::filter::{Filter, OwnerPattern};
use crate::gate::FailOn;

/// What an output shows of the results.
#[derive(ClapArgs)]
pub(crate) struct FilterArgs {
    /// Show only the findings of these checks, and list only stages that fail one of them. All
    /// checks are still run, but failures of others don't affect the exit status. The summary
    /// counts all stages
    #[arg(long, value_name = "CODE,…", value_delimiter = ',', value_parser = super::check())]
    pub(crate) only: Vec<Check>,
    /// List only stages that fail a check
    #[arg(long)]
    pub(crate) failed: bool,
    /// List only stages that fail a check with this severity or a worse one, and only these
    /// failures: critical, high, medium or low
    #[arg(long, value_name = "LEVEL", value_parser = severity)]
    pub(crate) severity: Option<Severity>,
    /// List only the stages of this owner: a name, a glob such as 'team-*', or '' for stages
    /// without an owner; may be repeated
    #[arg(long, value_name = "NAME", value_parser = OwnerPattern::parse)]
    pub(crate) owner: Vec<OwnerPattern>,
}

impl FilterArgs {
    /// The filter.
    ///
    /// # Errors
    /// `Disagreement` if `--only` names a check that the parameters don't run.
    pub(crate) fn filter(&self, parameters: &Parameters) -> Result<Filter, Failure> {
        Ok(Filter {
            only: selected("--only", &self.only, &parameters.checks, "the rule parameter checks")?,
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
    parameters: &Parameters,
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
    selected("--fail-on", &checks, &parameters.checks, "the rule parameter checks")?;
    only.map_or(Ok(()), |only| selected("--fail-on", &checks, only, "--only").map(|_| ()))
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
