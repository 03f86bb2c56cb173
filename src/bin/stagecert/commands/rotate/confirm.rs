//! The question before a step.

use std::io::{IsTerminal, Write, stderr, stdin};

use crate::args::RotateStepArgs;

/// Whether a step may be done: with `--yes`, or after a yes at a terminal.
pub(super) fn is_confirmed(args: &RotateStepArgs, question: &str) -> bool {
    if args.yes {
        return true;
    }
    if !stdin().is_terminal() || !stderr().is_terminal() {
        return false;
    }
    // Fails only if standard error is closed: then there is no answer either.
    let _ = write!(stderr(), "{question}Continue? [y/N] ");
    let _ = stderr().flush();
    let mut answer = String::new();
    let is_read = stdin().read_line(&mut answer).is_ok();
    is_read && matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes")
}
