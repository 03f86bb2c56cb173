//! A central function: one process for the accounts of an organization, and what it caches.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use serde_json::json;
use stagecert::account::Account;
use stagecert::account::listing::Freshness;
use stagecert::aws::Aws;
use stagecert::deadline::Deadline;
use stagecert::resources::account_region::AccountRegion;
use stagecert::resources::certificate_id::CertificateId;

use crate::bodies::client_certificate;
use crate::replay::{Response, Wire, account_region, noon};
use crate::roles::assumed;

/// Credentials that last an hour, and one certificate.
fn wire() -> Wire {
    Wire::responding(|sent, _| match sent.operation.as_str() {
        "AssumeRole" => assumed(sent, "2026-11-21T13:00:00Z"),
        "GetClientCertificates" => Response::ok(json!({"item": [client_certificate("cert01")]})),
        other => panic!("unexpected call: {other}"),
    })
}

/// Opens an account for an invocation this many seconds after noon, and reads its certificate as an
/// event does.
async fn invoked(aws: &Aws, number: usize, seconds: i64) {
    let there = AccountRegion { account: format!("{number:012}"), ..account_region() };
    let now = noon() + SignedDuration::from_secs(seconds);
    let opened = aws.open(&account_region(), &there, Some("reader"), now, Deadline::none()).await;
    let wanted = BTreeSet::from([CertificateId::new("cert01".into())]);
    let found = opened
        .unwrap()
        .0
        .client_certificates(&wanted, Freshness::After(noon() - SignedDuration::from_hours(24)))
        .await
        .unwrap();
    assert_eq!(found.len(), 1, "{number}");
}

async fn assumed_after_rounds(accounts: usize, rounds: i64) -> Wire {
    let (wire, mut order) = (wire(), (0..accounts).collect::<Vec<_>>());
    let aws = wire.aws();
    for round in 0..rounds {
        for number in &order {
            invoked(&aws, *number, round).await;
        }
        order.reverse();
    }
    wire
}

#[tokio::test(start_paused = true)]
async fn a_thousand_accounts_are_assumed_and_read_once() {
    for accounts in [65, 1000] {
        let counts = assumed_after_rounds(accounts, 3).await.counts();
        assert_eq!((counts["AssumeRole"], counts["GetClientCertificates"]), (accounts, accounts));
    }
}

#[tokio::test(start_paused = true)]
async fn beyond_a_thousand_the_least_recently_used_account_is_evicted() {
    let wire = wire();
    let aws = wire.aws();
    for number in 0..1000 {
        invoked(&aws, number, 0).await;
    }
    invoked(&aws, 0, 1).await;
    assert_eq!(wire.counts()["AssumeRole"], 1000);
    invoked(&aws, 1000, 2).await;
    invoked(&aws, 0, 3).await;
    assert_eq!(wire.counts()["AssumeRole"], 1001);
    invoked(&aws, 1, 4).await;
    assert_eq!(wire.counts()["AssumeRole"], 1002);
}

#[tokio::test(start_paused = true)]
async fn expired_entries_are_dropped_by_the_next_account() {
    let wire = wire();
    let aws = wire.aws();
    for number in 0..3 {
        invoked(&aws, number, 0).await;
    }
    let holds = |part: &str| format!("{aws:?}").matches(part).count();
    let certificates = holds("cert01");
    assert_eq!(certificates % 3, 0);
    // After a minute, those certificates are no longer used; those of the next account are.
    invoked(&aws, 7, 61).await;
    assert_eq!(holds("cert01"), certificates / 3);
    // The first invocations' credentials would no longer last for a whole invocation.
    assert_eq!(holds("\"reader\""), 4);
    let now = noon() + SignedDuration::from_mins(45);
    aws.open(&account_region(), &account_region(), None, now, Deadline::none()).await.unwrap();
    assert_eq!((holds("\"reader\""), holds("cert01")), (0, 0));
}
