use std::fmt::Write as _;

use stagecert::Failure;
use stagecert::checks::Check;

use crate::Found;

#[expect(clippy::unnecessary_wraps, reason = "the signature of every command")]
pub(crate) fn run(code: Option<Check>, out: &mut String) -> Result<Found, Failure> {
    match code {
        Some(check) => out.push_str(&check.documentation()),
        None => list(out),
    }
    Ok(Found::NothingFailed)
}

/// A line a check: its code and its question.
fn list(out: &mut String) {
    for check in Check::ALL {
        let documentation = check.documentation();
        let question = documentation.lines().skip_while(|line| *line != "## What it asks").nth(1);
        let _ = writeln!(out, "{:<22} {}", check.code(), question.unwrap_or_default());
    }
    let _ = writeln!(out, "\n`stagecert explain CODE` says why it matters and what to do.");
}
