//! A failed finding in a few words, for tables. Unlike an annotation, they may depend on the day.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use stagecert::checks::finding::Finding;
use stagecert::checks::owner_tag::{self, Unowned};
use stagecert::checks::stage::certificate_attached::{self as attached, Backends, Undetermined};
use stagecert::checks::stage::{certificate_expiry as expiry, certificate_unique as unique};

/// The maximum number of peers that are named.
const MAX_PEERS: usize = 3;

/// What failed, as of the instant `at`. Names in it are untrusted text.
pub(crate) fn what_failed(finding: &Finding, at: Timestamp) -> String {
    match finding {
        Finding::CertificateAttached(answer) => of_attached(answer).unwrap_or_else(|| finding.to_string()),
        Finding::CertificateExpiry(answer) => of_expiry(answer, at).unwrap_or_else(|| finding.to_string()),
        Finding::CertificateUnique(unique::Answer::Shared { peers, peer_count, .. }) => {
            format!("shared with {}", some_of(peers, *peer_count))
        }
        Finding::OwnerTag(owner_tag::Answer::Unowned { unowned, .. }) => no_owner(unowned),
        other => other.to_string(),
    }
}

fn of_attached(answer: &attached::Answer) -> Option<String> {
    let (fact, backends) = match answer {
        attached::Answer::Missing {
            backends: Backends::Undetermined { why: Undetermined::ApiNotRecorded, .. },
        } => return Some("API not recorded by AWS Config, so it counts as a WebSocket API".into()),
        attached::Answer::Missing { backends } => ("no client certificate".into(), backends),
        attached::Answer::Dangling { certificate, backends } => {
            (format!("certificate {certificate} does not exist"), backends)
        }
        attached::Answer::NotIssued { status, backends, .. } => {
            (format!("certificate is {status} in ACM"), backends)
        }
        attached::Answer::NotAllowed { certificate, backends } => {
            (format!("certificate {certificate} is not in certificateIds"), backends)
        }
        _ => return None,
    };
    Some(fact + behind(backends))
}

/// What is special about the backends, if anything is.
fn behind(backends: &Backends) -> &'static str {
    match backends {
        Backends::Http { private: true, .. } => ", private backends (VPC link)",
        Backends::NoHttp { .. } => ", no HTTP backend",
        Backends::Undetermined { .. } => ", backends unknown",
        _ => "",
    }
}

fn of_expiry(answer: &expiry::Answer, at: Timestamp) -> Option<String> {
    let source = |unreadable: bool| if unreadable { " (API Gateway's date)" } else { "" };
    Some(match answer {
        expiry::Answer::Expired { not_after, pem_unreadable, backends, .. } => {
            format!("expired {}{}{}", when(*not_after, at), source(*pem_unreadable), behind(backends))
        }
        expiry::Answer::Expiring { not_after, pem_unreadable, backends, .. } => {
            // Unknown backends don't change what has to be done.
            let behind =
                if matches!(backends, Backends::Undetermined { .. }) { "" } else { behind(backends) };
            format!("expires {}{}{behind}", when(*not_after, at), source(*pem_unreadable))
        }
        expiry::Answer::NotYetValid { not_before, backends, .. } => {
            format!("not yet valid: starts {}{}", when(*not_before, at), behind(backends))
        }
        expiry::Answer::NoDate { .. } => "no expiry date available".into(),
        _ => return None,
    })
}

/// The distance in days and the date: `in 28 days, 2026-12-19` or `12 days ago, 2026-11-10`.
pub(crate) fn when(instant: Timestamp, at: Timestamp) -> String {
    let distance = match days_until(instant, at) {
        0 => "today".into(),
        1 => "in 1 day".into(),
        -1 => "1 day ago".into(),
        days if days > 0 => format!("in {days} days"),
        days => format!("{} days ago", days.unsigned_abs()),
    };
    format!("{distance}, {}", day(instant))
}

/// The number of days from the day of `at` to the day of an instant, both in UTC; negative if it
/// has passed.
pub(crate) fn days_until(instant: Timestamp, at: Timestamp) -> i64 {
    day(instant).duration_since(day(at)).as_hours() / 24
}

/// The day of an instant, in UTC.
pub(crate) fn day(instant: Timestamp) -> Date {
    TimeZone::UTC.to_datetime(instant).date()
}

fn some_of(peers: &[String], count: usize) -> String {
    let named: Vec<&str> = peers.iter().take(MAX_PEERS).map(String::as_str).collect();
    match (count.saturating_sub(named.len()), named.as_slice()) {
        (0, [others @ .., last]) if !others.is_empty() => format!("{} and {last}", others.join(", ")),
        (0, named) => named.join(", "),
        (more, named) => format!("{} and {more} more", named.join(", ")),
    }
}

fn no_owner(unowned: &[Unowned]) -> String {
    let on: Vec<String> = unowned.iter().map(|it| format!("the {}", it.on)).collect();
    let has_value = unowned.iter().any(|it| !it.unmatched_keys.is_empty());
    let near: Vec<&str> =
        unowned.iter().flat_map(|it| it.near_misses.iter().map(String::as_str)).take(MAX_PEERS).collect();
    let what = if has_value { "no valid owner tag" } else { "no owner tag" };
    let near = if near.is_empty() { String::new() } else { format!(" ({} does not count)", near.join(", ")) };
    format!("{what} on {}{near}", on.join(" and "))
}

/// A duration in whole hours, or days from 48 hours on.
pub(crate) fn duration(seconds: i64) -> String {
    match seconds / 3600 {
        1 => "1 hour".into(),
        hours @ ..48 => format!("{hours} hours"),
        hours => format!("{} days", hours / 24),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_date_has_its_distance_in_days() {
        let now = at("2026-11-21T12:00:00Z");
        for (instant, expected, days) in [
            ("2026-12-19T09:15:42Z", "in 28 days, 2026-12-19", 28),
            ("2026-11-22T23:59:59Z", "in 1 day, 2026-11-22", 1),
            ("2026-11-21T23:59:59Z", "today, 2026-11-21", 0),
            ("2026-11-21T00:00:00Z", "today, 2026-11-21", 0),
            ("2026-11-20T23:59:59Z", "1 day ago, 2026-11-20", -1),
            ("2026-11-09T12:00:00Z", "12 days ago, 2026-11-09", -12),
            ("2028-02-29T12:00:00Z", "in 465 days, 2028-02-29", 465),
        ] {
            assert_eq!((when(at(instant), now).as_str(), days_until(at(instant), now)), (expected, days));
        }
    }

    #[test]
    fn a_few_peers_are_named() {
        let peers: Vec<String> = ["a/1", "b/2", "c/3", "d/4"].map(String::from).to_vec();
        for (count, expected) in [
            (1, "a/1"),
            (2, "a/1 and b/2"),
            (3, "a/1, b/2 and c/3"),
            (4, "a/1, b/2, c/3 and 1 more"),
            (12, "a/1, b/2, c/3 and 9 more"),
        ] {
            assert_eq!(some_of(&peers[..count.min(4)], count), expected);
        }
    }

    #[test]
    fn a_missing_owner_tag_names_what_lacks_it() {
        use stagecert::checks::owner_tag::OwnerTagOn;
        let lacks = |on, unmatched: &[&str], near: &[&str]| Unowned {
            on,
            unmatched_keys: unmatched.iter().map(|key| (*key).to_owned()).collect(),
            near_misses: near.iter().map(|key| (*key).to_owned()).collect(),
        };
        let (stage, certificate) = (OwnerTagOn::Stage, OwnerTagOn::Certificate);
        for (unowned, expected) in [
            (vec![lacks(stage, &[], &[])], "no owner tag on the stage"),
            (
                vec![lacks(stage, &[], &[]), lacks(certificate, &[], &[])],
                "no owner tag on the stage and the certificate",
            ),
            (vec![lacks(stage, &["owner"], &[])], "no valid owner tag on the stage"),
            (
                vec![lacks(certificate, &[], &["OWNER"])],
                "no owner tag on the certificate (OWNER does not count)",
            ),
        ] {
            assert_eq!(no_owner(&unowned), expected);
        }
    }
}
