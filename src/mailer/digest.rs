//! One email about many problems and certificates.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use jiff::Timestamp;

use crate::checks::severity::Severity;
use crate::mailer::email::{Email, subject};
use crate::mailer::notice::{Notice, Status};
use crate::mailer::outbox::Queue;
use crate::mailer::words::{capitalized, clause, resources, stage};

/// The maximum number of lines about stages and certificates. SNS accepts 256 KB.
const MAX_LINES: usize = 200;

/// No line is added to a text of this many bytes. A line has less than 10 KB, and there are at most
/// 100 headings.
const MAX_BODY: usize = 128 * 1024;

/// Returns the email about these notices, the earliest first.
pub(crate) fn email(notices: &[&Notice], queue: Queue, runbook: Option<&str>, now: Timestamp) -> Email {
    let counts = counts(notices);
    let (title, intro) = match queue {
        Queue::Urgent => ("act now", "These problems need action now"),
        Queue::Digest => ("daily digest", "Since the last daily digest"),
    };
    let mut body = format!("{intro}: {counts}.\n");
    if let Some(runbook) = runbook {
        let _ = writeln!(body, "Runbook: {runbook}");
    }
    let mut lines_left = MAX_LINES;
    for ((_, _, what_to_do), group) in sections(notices) {
        let Some(first) = group.first() else { continue };
        let _ = writeln!(body, "\n{}", heading(first, group.len()));
        if !what_to_do.is_empty() {
            let _ = writeln!(body, "What to do: {what_to_do}");
        }
        let mut shown = 0;
        for notice in group.iter().take(lines_left) {
            if body.len() >= MAX_BODY {
                break;
            }
            let _ = writeln!(body, "- {}", line(notice, now));
            shown += 1;
        }
        lines_left -= shown;
        if shown < group.len() {
            let _ = writeln!(body, "- and {} more, which AWS Config lists", group.len() - shown);
        }
    }
    Email { subject: subject(&format!("stagecert: {title}: {counts}")), body }
}

/// Returns the numbers in words, such as `1 CRITICAL, 2 LOW, 1 certificate that ends, 3 fixed`.
fn counts(notices: &[&Notice]) -> String {
    let of = |status| notices.iter().filter(move |notice| notice.status == status);
    let mut parts = Vec::new();
    let mut by_severity: BTreeMap<Option<Severity>, usize> = BTreeMap::new();
    of(Status::Failed).for_each(|notice| *by_severity.entry(notice.severity).or_default() += 1);
    for (level, count) in by_severity.into_iter().rev() {
        parts.push(format!("{count} {}", level.map_or("of unknown severity", Severity::name)));
    }
    for (status, one, many) in [
        (Status::Reminder, "certificate that ends", "certificates that end"),
        (Status::Fixed, "fixed", "fixed"),
        (Status::Unusable, "unusable event", "unusable events"),
    ] {
        match of(status).count() {
            0 => {}
            1 => parts.push(format!("1 {one}")),
            count => parts.push(format!("{count} {many}")),
        }
    }
    parts.join(", ")
}

type Section<'n> = (Status, std::cmp::Reverse<Option<Severity>>, &'n str);

/// Returns the notices by status, severity (the highest first) and what to do.
fn sections<'n>(notices: &[&'n Notice]) -> BTreeMap<Section<'n>, Vec<&'n Notice>> {
    let mut sections: BTreeMap<Section<'n>, Vec<&'n Notice>> = BTreeMap::new();
    for notice in notices {
        let is_open = matches!(notice.status, Status::Failed | Status::Reminder);
        let what_to_do = if is_open { notice.what_to_do.as_str() } else { "" };
        let level = if is_open { notice.severity } else { None };
        sections.entry((notice.status, std::cmp::Reverse(level), what_to_do)).or_default().push(notice);
    }
    sections
}

fn heading(first: &Notice, count: usize) -> String {
    match (first.status, first.severity) {
        (Status::Failed, Some(level)) => format!("{} ({count})", level.name()),
        (Status::Failed, None) => format!("Of unknown severity ({count})"),
        (Status::Reminder, _) => format!("Certificates that end ({count})"),
        (Status::Fixed, _) => format!("Fixed ({count})"),
        (Status::Unusable, _) => format!("Events that could not be used ({count})"),
    }
}

fn line(notice: &Notice, now: Timestamp) -> String {
    let clause = clause(notice, now);
    if notice.status == Status::Unusable {
        return clause;
    }
    let stage = match (notice.stage_count, notice.stage()) {
        (0 | 1, Some(arn)) if !notice.api_name.is_empty() => {
            format!("{} of API {}", stage(notice), arn.api_id())
        }
        (0 | 1, _) => stage(notice),
        (count, _) => format!("{count} {} ({})", resources(notice), notice.stage_list),
    };
    let owner = match notice.owner.as_str() {
        "" if notice.front_door().is_some() => "",
        "" => ", no owner",
        owner => &format!(", owner {owner}"),
    };
    let before = notice.previous_severity.filter(|_| notice.status == Status::Failed);
    let before = before.map(|level| format!(" (before: {})", level.name())).unwrap_or_default();
    let (account, region) = (&notice.aws_account_id, &notice.aws_region);
    format!("{}{before}: {stage} (account {account}, {region}{owner})", capitalized(&clause))
}
