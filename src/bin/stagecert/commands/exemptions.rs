use std::fmt::Write as _;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use stagecert::Failure;
use stagecert::parameters::exemptions::{DocumentEntry, ExemptionDocument};
use stagecert::quote::printable;

use crate::args::{CheckExemptionsArgs, ExemptionsCommand};
use crate::exit_status::ExitStatus;
use crate::{clock, input};

/// The number of lapsed exemptions that are listed; the rest are only counted.
const MAX_LISTED: usize = 100;

pub(crate) fn run(command: &ExemptionsCommand, out: &mut String) -> Result<ExitStatus, Failure> {
    match command {
        ExemptionsCommand::Check(args) => check(args, out),
    }
}

fn check(args: &CheckExemptionsArgs, out: &mut String) -> Result<ExitStatus, Failure> {
    let document = input::exemptions(&args.file)?;
    let day = args.on.and_then(|day| day.to_zoned(TimeZone::UTC).ok());
    let at = day.map_or_else(clock::now, |day| day.timestamp());
    let lapsed = lapsed(&document, at);
    if !args.quiet {
        let file = printable(&args.file.display().to_string());
        let count = document.entries.len();
        let verb = if lapsed.len() == 1 { "has" } else { "have" };
        let noun = if count == 1 { "exemption" } else { "exemptions" };
        let _ = writeln!(out, "{file}: valid, {count} {noun}, {} {verb} lapsed", lapsed.len());
        for (index, entry) in lapsed.iter().take(MAX_LISTED) {
            let _ = writeln!(out, "exemptions[{index}]: {}", line(entry));
        }
        if let Some(more) = lapsed.len().checked_sub(MAX_LISTED).filter(|more| *more > 0) {
            let _ = writeln!(out, "and {more} more");
        }
    }
    Ok(if lapsed.is_empty() { ExitStatus::NothingFailed } else { ExitStatus::SomethingFailed })
}

fn lapsed(document: &ExemptionDocument, at: Timestamp) -> Vec<(usize, &DocumentEntry)> {
    let entries = document.entries.iter().enumerate();
    entries.filter(|(_, entry)| entry.stages.exemption.has_lapsed(at)).collect()
}

fn line(entry: &DocumentEntry) -> String {
    let all = "*".to_owned();
    let account = entry.account.as_ref().unwrap_or(&all);
    let region = entry.region.as_ref().unwrap_or(&all);
    let until = entry.stages.exemption.until.map(|until| until.to_string()).unwrap_or_default();
    printable(&format!("{} in account {account}, Region {region}: lapsed {until}", entry.stages.glob))
}
