//! The words about a notice that its own email and the digest have in common.

use jiff::Timestamp;

use crate::mailer::notice::{Notice, Status};
use crate::notify::due::TimeLeft;
use crate::quote::brief;

/// The maximum length of a certificate's id in a sentence. The ARN of an ACM certificate has about
/// 90 characters.
const MAX_CERTIFICATE: usize = 120;

/// Returns what has happened, as a clause that starts with a noun and fits after a colon.
pub(crate) fn clause(notice: &Notice, now: Timestamp) -> String {
    let certificate = match notice.check.as_str() {
        "truststore" => format!("CA {} of a truststore", certificate(notice)),
        "domain-certificate" => format!("certificate {} of a domain", certificate(notice)),
        _ => format!("client certificate {}", certificate(notice)),
    };
    match notice.status {
        Status::Failed => problem(notice, &certificate),
        Status::Fixed => format!("{} no longer fails ({})", notice.check, words(&notice.reason)),
        Status::Reminder => {
            let timing = notice.not_after.map(|not_after| TimeLeft::new(not_after, now).text());
            format!("{certificate} {}", timing.unwrap_or_default())
        }
        Status::Unusable => {
            format!("an event from account {} was not used: {}", notice.aws_account_id, notice.reason)
        }
    }
}

/// Returns the certificate's id, or that of an ACM certificate without the rest of its ARN.
pub(crate) fn certificate(notice: &Notice) -> String {
    let id = &notice.certificate_id;
    brief(id.rsplit_once(":certificate/").map_or(id, |(_, uuid)| uuid), MAX_CERTIFICATE)
}

fn problem(notice: &Notice, certificate: &str) -> String {
    let predicate = match (notice.check.as_str(), notice.reason.as_str()) {
        ("certificate-attached", "missing") => return "no client certificate is attached".into(),
        ("owner-tag", "unowned") => return "no owner tag".into(),
        ("certificate-attached", "dangling") => "does not exist",
        ("certificate-attached", "not-issued") => "is not issued in AWS Certificate Manager",
        ("certificate-attached", "not-allowed") => "is not among the certificates that the rule allows",
        ("certificate-expiry", "expired") => "has expired",
        ("certificate-expiry", "expiring") => "expires soon",
        ("certificate-expiry", "not-yet-valid") => "is not valid yet",
        ("certificate-expiry", "no-date") => "has no expiry date that can be read",
        ("certificate-unique", "shared") => "is shared with another stage",
        // A newer version of the function has sent it.
        (check, reason) => return format!("{check} fails ({})", words(reason)),
    };
    format!("{certificate} {predicate}")
}

fn words(code: &str) -> String {
    code.replace('-', " ")
}

/// Returns the stage as `apiName/stageName`, or with the API's id if its name is not known; or the
/// API or domain.
pub(crate) fn stage(notice: &Notice) -> String {
    let Some(stage) = notice.stage() else {
        return match notice.front_door() {
            Some(api) if !notice.api_name.is_empty() => format!("{} ({api})", notice.api_name),
            resource => resource.unwrap_or_default().to_owned(),
        };
    };
    let api = if notice.api_name.is_empty() { stage.api_id() } else { &notice.api_name };
    format!("{api}/{}", stage.stage_name())
}

/// Returns what a number of resources is a number of.
pub(crate) fn resources(notice: &Notice) -> &'static str {
    if notice.front_door().is_some() { "APIs and domains" } else { "stages" }
}

/// Returns the text with an upper-case first letter.
pub(crate) fn capitalized(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().collect::<String>() + chars.as_str())
}
