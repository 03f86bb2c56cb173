//! `GetClientCertificates`, and how long its response is cached.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use stagecert::Failure;
use stagecert::account::Account;
use stagecert::account::listing::Freshness;
use stagecert::aws::{Aws, LiveAccount};
use stagecert::deadline::Deadline;
use stagecert::resources::account_region::AccountRegion;
use stagecert::resources::certificate::{Certificate, DatesFrom};
use stagecert::resources::certificate_id::CertificateId;

use crate::bodies::client_certificate;
use crate::replay::{Response, Wire, account_region, noon, open};
use crate::roles::assumed;

fn page(certificates: &[Value], position: Option<&str>) -> Response {
    Response::ok(json!({"item": certificates, "position": position}))
}

async fn read(account: &LiveAccount, ids: &[&str]) -> Result<Vec<Certificate>, Failure> {
    read_after(account, noon() - SignedDuration::from_hours(24), ids).await
}

/// Reads certificates for an event whose item was captured at this instant.
async fn read_after(
    account: &LiveAccount,
    captured: Timestamp,
    ids: &[&str],
) -> Result<Vec<Certificate>, Failure> {
    let wanted: BTreeSet<CertificateId> = ids.iter().map(|id| CertificateId::new((*id).into())).collect();
    let mut found: Vec<Certificate> =
        account.client_certificates(&wanted, Freshness::After(captured)).await?.into_values().collect();
    found.sort_by(|one, other| one.id.cmp(&other.id));
    Ok(found)
}

async fn read_at(aws: &Aws, now: Timestamp, ids: &[&str]) -> usize {
    let (account, _) = open(aws, now, Deadline::none()).await;
    read(&account, ids).await.unwrap().len()
}

fn seconds_later(seconds: i64) -> Timestamp {
    noon() + SignedDuration::from_secs(seconds)
}

#[tokio::test(start_paused = true)]
async fn all_pages_are_read_and_the_requested_certificates_have_dates_and_tags() {
    let wire = Wire::responding(|_, before| match before {
        0 => page(&[client_certificate("cert01"), client_certificate("cert02")], Some("a b/+=")),
        _ => page(&[client_certificate("cert03")], None),
    });
    let (account, _) = wire.open().await;
    let found = read(&account, &["cert01", "cert03", "cert99"]).await.unwrap();

    let ids: Vec<&str> = found.iter().map(|certificate| certificate.id.as_str()).collect();
    assert_eq!(ids, ["cert01", "cert03"]);
    for certificate in &found {
        assert_eq!(certificate.not_before, Some("2027-03-01T23:59:59Z".parse().unwrap()));
        assert_eq!(certificate.not_after, Some("2028-02-29T23:59:59Z".parse().unwrap()));
        assert_eq!(certificate.dates_from, DatesFrom::X509);
        assert_eq!(certificate.tags.value("owner"), Some("team-a"));
    }
    let sent = wire.sent();
    let queries: Vec<(&str, &str)> =
        sent.iter().map(|sent| (sent.path.as_str(), sent.query.as_str())).collect();
    assert_eq!(
        queries,
        [("/clientcertificates", "limit=500"), ("/clientcertificates", "position=a%20b%2F%2B%3D&limit=500")]
    );
    assert_eq!(sent[0].host, "apigateway.eu-west-1.amazonaws.com");
}

#[tokio::test(start_paused = true)]
async fn the_earlier_date_counts_and_instants_may_have_a_fraction() {
    for (expiration, counts, from) in [
        (json!(1_800_000_000), "2027-01-15T08:00:00Z", DatesFrom::X509),
        (json!(1_800_000_000.5), "2027-01-15T08:00:00.5Z", DatesFrom::X509),
        (json!(1.8e9), "2027-01-15T08:00:00Z", DatesFrom::X509),
        (json!(1_900_000_000), "2028-02-29T23:59:59Z", DatesFrom::X509),
        (Value::Null, "2028-02-29T23:59:59Z", DatesFrom::X509),
    ] {
        let mut certificate = client_certificate("cert01");
        certificate["expirationDate"] = expiration.clone();
        let wire = Wire::responding(move |_, _| page(std::slice::from_ref(&certificate), None));
        let (account, _) = wire.open().await;
        let [found] = read(&account, &["cert01"]).await.unwrap().try_into().unwrap();
        assert_eq!(found.not_after, Some(counts.parse().unwrap()), "{expiration}");
        assert_eq!(found.dates_from, from);
    }
}

#[tokio::test(start_paused = true)]
async fn an_account_without_certificates_has_none() {
    for body in [json!({}), json!({"item": []}), json!({"item": null, "position": null})] {
        let wire = Wire::responding(move |_, _| Response::ok(&body));
        let (account, _) = wire.open().await;
        assert_eq!(read(&account, &["cert01"]).await.unwrap(), []);
        assert_eq!(wire.sent().len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn invocations_within_a_minute_share_one_response() {
    let wire =
        Wire::responding(|_, _| page(&[client_certificate("cert01"), client_certificate("cert02")], None));
    let aws = wire.aws();
    for (seconds, expected_calls) in [(0, 1), (0, 1), (59, 1), (60, 2), (119, 2), (120, 3), (119, 4)] {
        assert_eq!(read_at(&aws, seconds_later(seconds), &["cert01"]).await, 1);
        assert_eq!(wire.sent().len(), expected_calls, "at {seconds} s");
    }
    assert_eq!(read_at(&aws, seconds_later(119), &["cert01", "cert02"]).await, 2);
    assert_eq!(wire.sent().len(), 4);
}

#[tokio::test(start_paused = true)]
async fn an_id_missing_from_the_cache_is_read_immediately_every_time() {
    let wire = Wire::responding(|_, before| match before {
        0 | 1 => page(&[client_certificate("cert01")], None),
        _ => page(&[client_certificate("cert01"), client_certificate("cert02")], None),
    });
    let aws = wire.aws();
    for (ids, found, expected_calls) in [
        (&["cert01"][..], 1, 1),
        (&["cert01", "cert02"], 1, 2),
        (&["cert02"], 1, 3),
        (&["cert01", "cert02"], 2, 3),
        (&["cert99"], 0, 4),
        (&["cert99"], 0, 5),
    ] {
        assert_eq!(read_at(&aws, seconds_later(1), ids).await, found, "{ids:?}");
        assert_eq!(wire.sent().len(), expected_calls, "{ids:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_refused_page_caches_nothing() {
    let wire = Wire::responding(|_, before| match before {
        0 | 2 => page(&[client_certificate("cert01")], Some("p2")),
        1 => Response::rest_error(403, "AccessDeniedException", "no"),
        _ => page(&[client_certificate("cert02")], None),
    });
    let (account, _) = wire.open().await;
    let failure = read(&account, &["cert01"]).await.unwrap_err();
    assert_eq!(failure.code(), Some("AccessDeniedException"));
    assert_eq!(read(&account, &["cert01", "cert02"]).await.unwrap().len(), 2);
    assert_eq!(wire.sent().len(), 4);
}

#[tokio::test(start_paused = true)]
async fn certificates_of_another_account_are_never_used() {
    let wire = Wire::responding(|sent, _| match sent.operation.as_str() {
        "AssumeRole" => assumed(sent, "2026-11-21T13:00:00Z"),
        _ if sent.header("authorization").contains("444455556666") => page(&[], None),
        _ => page(&[client_certificate("cert01")], None),
    });
    let aws = wire.aws();
    for (account, found) in [("777788889999", 1), ("444455556666", 0), ("777788889999", 1)] {
        let there = AccountRegion { account: account.into(), ..account_region() };
        let (account, _) =
            aws.open(&account_region(), &there, Some("reader"), noon(), Deadline::none()).await.unwrap();
        assert_eq!(read(&account, &["cert01"]).await.unwrap().len(), found);
    }
    assert_eq!(wire.counts()["GetClientCertificates"], 2);
}

#[tokio::test(start_paused = true)]
async fn a_cached_copy_serves_only_events_with_older_items() {
    let wire = Wire::responding(|_, _| page(&[client_certificate("cert01")], None));
    let aws = wire.aws();
    // When the item was captured, and the number of calls by then: the cached copy was read at
    // noon.
    for (captured, expected_calls) in [(-3600, 1), (-1, 1), (0, 2), (5, 3), (4, 4), (-60, 4)] {
        let (account, _) = open(&aws, seconds_later(i64::from(expected_calls) - 1), Deadline::none()).await;
        read_after(&account, seconds_later(captured), &["cert01"]).await.unwrap();
        assert_eq!(wire.sent().len(), usize::try_from(expected_calls).unwrap(), "{captured}");
    }
}
