//! iCalendar (RFC 5545): one event per certificate, at the instant at which it expires, with alarms
//! before.
//!
//! Written without a library: `icalendar` reads the clock and draws random ids for each alarm, and
//! adds a second library for dates; `ics` is not maintained and writes lines that are too long.
//! `make ics` parses the output with Python's icalendar.

mod front_door;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use jiff::Timestamp;
use sha2::{Digest, Sha256};
use stagecert::Failure;
use stagecert::evaluation::evaluated::EvaluatedStage;
use stagecert::quote::brief;
use stagecert::resources::account_region::AccountRegion;
use stagecert::resources::certificate_id::CertificateId;

use crate::scan_results::{ScanResults, ScannedAccountRegion};

/// The days before the expiry on which calendars remind.
const ALARM_DAYS: [u8; 4] = [30, 14, 7, 1];
/// The number of stages that an event lists; the rest are only counted.
const MAX_STAGES: usize = 100;
/// The number of errors that the calendar lists; the rest are only counted.
const MAX_ERRORS: usize = 100;
/// The maximum length of a name or an owner, in characters. AWS allows 256 for the value of a tag.
const MAX_NAME: usize = 256;

pub(super) fn page(results: &ScanResults) -> String {
    let mut calendar = Lines::default();
    calendar.raw("BEGIN", "VCALENDAR");
    calendar.raw("VERSION", "2.0");
    calendar.raw("PRODID", concat!("-//stagecert//stagecert ", env!("CARGO_PKG_VERSION"), "//EN"));
    calendar.text("X-WR-CALNAME", "API Gateway client certificates");
    calendar.text("X-WR-CALDESC", &description(results));
    for scanned in &results.scanned {
        for (id, stages) in certificates(results, scanned) {
            if let Some(not_after) = stages.iter().find_map(|stage| stage.not_after) {
                event(scanned, id, not_after, &stages).write(scanned, &mut calendar);
            }
        }
        front_door::events(results, scanned, &mut calendar);
    }
    calendar.raw("END", "VCALENDAR");
    calendar.0
}

/// The certificates of the stages that are shown, in the order of their ids.
fn certificates<'a>(
    results: &'a ScanResults,
    scanned: &'a ScannedAccountRegion,
) -> BTreeMap<&'a CertificateId, Vec<&'a EvaluatedStage>> {
    let mut certificates: BTreeMap<&CertificateId, Vec<&EvaluatedStage>> = BTreeMap::new();
    for stage in results.stages(scanned) {
        if let Some(id) = stage.certificate() {
            certificates.entry(id).or_default().push(stage);
        }
    }
    certificates
}

fn event(
    scanned: &ScannedAccountRegion,
    id: &CertificateId,
    not_after: Timestamp,
    stages: &[&EvaluatedStage],
) -> Event {
    let labels: Vec<String> = stages.iter().map(|stage| stage.stage.arn.label()).collect();
    let summary = match labels.as_slice() {
        [] => format!("Client certificate {id} expires"),
        [only] => format!("Client certificate {id} of {only} expires"),
        [first, others @ ..] => {
            format!("Client certificate {id} of {first} and {} more expires", others.len())
        }
    };
    let details = details(scanned, id, not_after, stages);
    Event { id: id.as_str().to_owned(), not_after, summary, details }
}

/// The expiry of a certificate.
struct Event {
    /// What identifies the certificate in its account and Region.
    id: String,
    not_after: Timestamp,
    summary: String,
    details: String,
}

impl Event {
    fn write(&self, scanned: &ScannedAccountRegion, calendar: &mut Lines) {
        let summary = &self.summary;
        calendar.raw("BEGIN", "VEVENT");
        calendar.raw("UID", &uid(&scanned.account_region, &self.id));
        calendar.raw("DTSTAMP", &instant(scanned.at));
        calendar.raw("DTSTART", &instant(self.not_after));
        calendar.text("SUMMARY", summary);
        calendar.text("DESCRIPTION", &self.details);
        // An expiry doesn't make the calendar's owner busy.
        calendar.raw("TRANSP", "TRANSPARENT");
        for days in ALARM_DAYS {
            calendar.raw("BEGIN", "VALARM");
            calendar.raw("ACTION", "DISPLAY");
            calendar.raw("TRIGGER", &format!("-P{days}D"));
            let plural = if days == 1 { "" } else { "s" };
            calendar.text("DESCRIPTION", &format!("{summary} in {days} day{plural}"));
            calendar.raw("END", "VALARM");
        }
        calendar.raw("END", "VEVENT");
    }
}

/// What an event says about a certificate: its dates, its stages and their owners.
fn details(
    scanned: &ScannedAccountRegion,
    id: &CertificateId,
    not_after: Timestamp,
    stages: &[&EvaluatedStage],
) -> String {
    let mut lines = vec![
        format!("Certificate {}, not after {not_after}", brief(id.as_str(), MAX_NAME)),
        format!("{}, as of {}", scanned.account_region, scanned.at),
    ];
    if stages.iter().any(|stage| stage.renews_automatically == Some(true)) {
        lines.push("ACM renews it automatically.".into());
    }
    lines.push("Stages:".into());
    lines.extend(stages.iter().take(MAX_STAGES).map(|stage| {
        let owner = stage
            .owner
            .as_deref()
            .map_or("no owner".into(), |owner| format!("owner {}", brief(owner, MAX_NAME)));
        let name = scanned.api_name(&stage.stage.arn).map(|name| format!(" ({})", brief(name, MAX_NAME)));
        format!("- {}{}, {owner}", stage.stage.arn.label(), name.unwrap_or_default())
    }));
    lines.extend(more(stages.len(), MAX_STAGES));
    lines.join("\n")
}

/// What was scanned, and what could not be evaluated, whose certificates are missing.
fn description(results: &ScanResults) -> String {
    let mut lines = vec!["When the client certificates of API Gateway stages expire.".to_owned()];
    if results.has_front_door() {
        lines.push("When the CAs and certificates of the front door expire.".into());
    }
    for scanned in &results.scanned {
        lines.push(format!("{}, at {}: {}", scanned.account_region, scanned.at, results.summary_of(scanned)));
    }
    lines.extend(results.left_out(&results.summary()));
    let missing = results.scanned.iter().flat_map(|scanned| &scanned.scan.not_evaluated);
    let missing: Vec<String> = missing.map(|arn| format!("not evaluated: {}", arn.label())).collect();
    let of_front_door = results.scanned.iter().flat_map(ScannedAccountRegion::front_door_not_evaluated);
    let missing: Vec<String> =
        missing.into_iter().chain(of_front_door.map(|label| format!("not evaluated: {label}"))).collect();
    lines.extend(missing.iter().take(MAX_ERRORS).cloned());
    lines.extend(more(missing.len(), MAX_ERRORS));
    let of_scans = results.scanned.iter().flat_map(|scanned| &scanned.scan.failures);
    let failures: Vec<&Failure> = results.failures.iter().chain(of_scans).collect();
    lines.extend(failures.iter().take(MAX_ERRORS).map(|failure| format!("error: {}", failure.message())));
    lines.extend(more(failures.len(), MAX_ERRORS));
    lines.join("\n")
}

fn more(count: usize, listed: usize) -> Option<String> {
    let more = count.checked_sub(listed).filter(|more| *more > 0)?;
    Some(format!("and {more} more"))
}

/// An id that stays the same for as long as the certificate exists, whatever its dates and stages,
/// so that a calendar replaces the event instead of adding another.
fn uid(account_region: &AccountRegion, id: &str) -> String {
    let AccountRegion { partition, account, region } = account_region;
    let hash = Sha256::digest(format!("{partition}\n{account}\n{region}\n{id}"));
    let mut uid = String::new();
    for byte in hash.iter().take(16) {
        let _ = write!(uid, "{byte:02x}");
    }
    uid + "@stagecert"
}

/// An instant in UTC, such as `20261219T101502Z`.
fn instant(instant: Timestamp) -> String {
    instant.strftime("%Y%m%dT%H%M%SZ").to_string()
}

/// Content lines, folded and with CRLF.
#[derive(Default)]
struct Lines(String);

impl Lines {
    /// Adds a property with text, in which line breaks, commas, semicolons and backslashes are
    /// escaped, and other characters that are not printable replaced.
    fn text(&mut self, name: &str, text: &str) {
        let lines: Vec<String> = text
            .lines()
            .map(|line| {
                stagecert::quote::printable(line).replace('\\', r"\\").replace(',', r"\,").replace(';', r"\;")
            })
            .collect();
        self.raw(name, &lines.join(r"\n"));
    }

    /// Adds a property with a value that is valid as it is.
    fn raw(&mut self, name: &str, value: &str) {
        /// The maximum length of a line, in bytes, without the line break.
        const MAX_BYTES: usize = 75;
        let mut length = 0;
        for c in format!("{name}:{value}").chars() {
            if length + c.len_utf8() > MAX_BYTES {
                self.0.push_str("\r\n ");
                length = 1;
            }
            self.0.push(c);
            length += c.len_utf8();
        }
        self.0.push_str("\r\n");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_folded_between_characters_and_at_75_bytes() {
        for text in
            ["x".repeat(60), "x".repeat(63), "x".repeat(10_000), "é東\u{1F980}".repeat(300), String::new()]
        {
            let mut lines = Lines::default();
            lines.text("DESCRIPTION", &text);
            let folded = lines.0;
            assert!(folded.split("\r\n").all(|line| line.len() <= 75), "{folded}");
            assert_eq!(folded.replace("\r\n ", ""), format!("DESCRIPTION:{text}\r\n"));
        }
    }

    #[test]
    fn text_is_escaped() {
        for (text, escaped) in [
            ("a,b;c\\d", r"a\,b\;c\\d"),
            ("a\nb", r"a\nb"),
            ("a\u{1b}b\u{202e}", "a?b?"),
            ("BEGIN:VEVENT", "BEGIN:VEVENT"),
        ] {
            let mut lines = Lines::default();
            lines.text("X", text);
            assert_eq!(lines.0, format!("X:{escaped}\r\n"));
        }
    }
}
