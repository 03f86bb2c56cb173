use std::fmt::Write as _;

use stagecert::checks::{self, Check};

use crate::Found;

pub(crate) fn run(code: Option<Check>, all: bool, out: &mut String) -> Found {
    match code {
        Some(check) => out.push_str(&check.documentation()),
        None if all => out.push_str(&checks::documentation()),
        None => list(out),
    }
    Found::NothingFailed
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
