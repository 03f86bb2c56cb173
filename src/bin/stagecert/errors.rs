//! Failures as text for standard error.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use stagecert::Failure;
use stagecert::failure::Obstacle;
use stagecert::quote::printable;

use crate::hint::{hint, missing_permission};

/// The number of errors that are listed; the rest are only counted.
const MAX_ERRORS: usize = 2000;
/// The number of Regions that a hint about permissions lists for an account.
const MAX_LISTED: usize = 5;

/// Each failure on its own line, followed by its hint unless that hint was already given. All
/// permissions that are missing follow in one list per account.
pub(crate) fn text(failure: &Failure) -> String {
    let failures = match failure {
        Failure::Several(failures) => failures.as_slice(),
        one => std::slice::from_ref(one),
    };
    let mut text = String::new();
    let mut hints = Vec::new();
    for failure in failures.iter().take(MAX_ERRORS) {
        if let Some(Obstacle::CredentialsNotFound { searched }) = failure.obstacle() {
            let searched = printable(&searched.join(", "));
            let _ = writeln!(text, "error: no AWS credentials found\n tried: {searched}");
        } else {
            let _ = writeln!(text, "error: {}", failure.message());
        }
        if let Some(hint) = hint(failure).filter(|hint| !hints.contains(hint)) {
            let _ = writeln!(text, " hint: {}", printable(&hint));
            hints.push(hint);
        }
    }
    if let Some(more) = failures.len().checked_sub(MAX_ERRORS).filter(|more| *more > 0) {
        let _ = writeln!(text, "error: {more} more");
    }
    text + &missing_permissions(failures)
}

/// The missing permissions: accounts that lack the same ones share a line.
fn missing_permissions(failures: &[Failure]) -> String {
    let mut by_place: BTreeMap<(&str, &str), BTreeSet<String>> = BTreeMap::new();
    for failure in failures {
        if let (Failure::Operation { location, .. }, Some(permission)) =
            (failure, missing_permission(failure))
        {
            let place = (location.account.as_str(), location.region.as_str());
            by_place.entry(place).or_default().insert(permission);
        }
    }
    if by_place.is_empty() {
        return String::new();
    }
    let mut places: BTreeMap<BTreeSet<String>, Vec<String>> = BTreeMap::new();
    for ((account, region), permissions) in by_place {
        places.entry(permissions).or_default().push(format!("account {account}, Region {region}"));
    }
    let is_of_front_door = places.keys().flatten().any(|it| is_of_front_door(it));
    let mut text = String::new();
    for (permissions, mut places) in places {
        let more = places.len().saturating_sub(MAX_LISTED);
        places.truncate(MAX_LISTED);
        let mut places = places.join("; ");
        if more > 0 {
            let _ = write!(places, " and {more} more");
        }
        let permissions = permissions.into_iter().collect::<Vec<_>>().join(", ");
        let _ = writeln!(
            text,
            " hint: missing permissions in {}: {}",
            printable(&places),
            printable(&permissions)
        );
    }
    if is_of_front_door {
        text.push_str(" hint: docs/front-door-policy.json has every permission of --front-door\n");
    }
    text + " hint: docs/scan-policy.json has every permission of a scan; if a policy allows them, a service control policy or a \
            permissions boundary may not\n"
}

/// Whether only the front door needs a permission.
fn is_of_front_door(permission: &str) -> bool {
    let is_of_service = |service: &&str| permission.starts_with(*service);
    permission.contains("/domainnames") || ["ec2:", "elasticloadbalancing:", "s3:"].iter().any(is_of_service)
}

#[cfg(test)]
#[path = "errors_tests.rs"]
mod tests;
