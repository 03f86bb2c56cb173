//! The email about one problem or one certificate.

use std::fmt::Write as _;

use jiff::Timestamp;

use crate::mailer::link::config_link;
use crate::mailer::notice::{Notice, Status};
use crate::mailer::words::{capitalized, clause, resources, stage};
use crate::quote::ascii;

/// The maximum length of a subject: "less than 100 characters long" (SNS, `Publish`).
const MAX_SUBJECT: usize = 99;

/// An email.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Email {
    /// At most 99 printable ASCII characters, the first of which is a letter.
    pub(crate) subject: String,
    /// Plain text.
    pub(crate) body: String,
}

/// Returns the email about one notice.
pub(crate) fn email(notice: &Notice, runbook: Option<&str>, now: Timestamp) -> Email {
    let clause = clause(notice, now);
    let stage = match notice.stage_count {
        0 | 1 => stage(notice),
        count => format!("{count} {}", resources(notice)),
    };
    let level = match (notice.status, notice.severity) {
        (Status::Failed | Status::Reminder, Some(level)) => level.name(),
        (Status::Fixed, _) => "Fixed",
        _ => "stagecert",
    };
    Email { subject: subject(&format!("{level}: {stage}: {clause}")), body: body(notice, &clause, runbook) }
}

fn body(notice: &Notice, clause: &str, runbook: Option<&str>) -> String {
    let mut body = capitalized(clause);
    let mut line = |text: &str| {
        body.push('\n');
        body.push_str(text);
    };
    if let Some(not_after) = notice.not_after {
        line(&format!("End: {not_after}"));
    }
    line("");
    if let Some(level) = notice.severity {
        let before = notice.previous_severity.map(|before| format!(" (before: {})", before.name()));
        line(&format!("Severity: {}{}", level.name(), before.unwrap_or_default()));
    }
    if let Some(stage) = notice.stage() {
        let (api, name) = (stage.api_id(), &notice.api_name);
        let api = if name.is_empty() { api.to_owned() } else { format!("{name} ({api})") };
        match notice.stage_count {
            0 | 1 => line(&format!("API Gateway stage: {} of API {api}", stage.stage_name())),
            count => line(&format!("API Gateway stages that present it: {count} ({})", notice.stage_list)),
        }
    }
    let is_of_front_door = notice.front_door().is_some();
    if is_of_front_door {
        match notice.stage_count {
            0 | 1 => line(&format!("API or domain: {}", stage(notice))),
            count => line(&format!("APIs and domains: {count} ({})", notice.stage_list)),
        }
    }
    line(&format!("Account: {}, Region: {}", notice.aws_account_id, notice.aws_region));
    if !is_of_front_door {
        line(&format!("Owner: {}", if notice.owner.is_empty() { "none" } else { &notice.owner }));
    }
    if !notice.certificate_id.is_empty() {
        let kind = if is_of_front_door { "Certificate" } else { "Client certificate" };
        line(&format!("{kind}: {}", notice.certificate_id));
    }
    if !notice.impact.is_empty() {
        line(&format!("Impact: {}", notice.impact));
    }
    line("");
    line(&format!("What to do: {}", notice.what_to_do));
    if let Some(runbook) = runbook {
        line(&format!("Runbook: {runbook}"));
    }
    if notice.has_link() {
        let url = config_link(&notice.aws_region, &notice.resource_type, &notice.resource_id);
        let first = match (is_of_front_door, notice.stage_count > 1) {
            (true, false) => "API",
            (true, true) => "First API",
            (false, false) => "Stage",
            (false, true) => "First stage",
        };
        line(&format!("{first} in AWS Config: {url}"));
    }
    line("");
    let check = if notice.check.is_empty() { "certificate-expiry" } else { &notice.check };
    line(&format!("This is from the check {check} of the AWS Config rule {}.", notice.config_rule_name));
    let _ = writeln!(body);
    body
}

/// Returns the text as a subject.
pub(crate) fn subject(text: &str) -> String {
    let text = ascii(text);
    if text.len() <= MAX_SUBJECT {
        return text.into_owned();
    }
    // Every character is one byte.
    format!("{}...", text.get(..MAX_SUBJECT - 3).unwrap_or_default())
}
