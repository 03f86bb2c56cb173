//! A central function: one process for an organization's accounts, which keeps what it has.

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
use crate::replay::{Answer, Wire, account_region, noon};
use crate::roles::assumed;

/// Credentials of an hour, and one certificate.
fn wire() -> Wire {
    Wire::answering(|sent, _| match sent.operation.as_str() {
        "AssumeRole" => assumed(sent, "2026-11-21T13:00:00Z"),
        "GetClientCertificates" => Answer::ok(json!({"item": [client_certificate("cert01")]})),
        other => panic!("not asked for: {other}"),
    })
}

/// Opens an account for an invocation so many seconds after noon, and reads its certificate as an event does.
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
async fn beyond_a_thousand_the_account_used_longest_ago_makes_room() {
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
async fn what_has_ended_is_dropped_by_whatever_account_is_next() {
    let wire = wire();
    let aws = wire.aws();
    for number in 0..3 {
        invoked(&aws, number, 0).await;
    }
    let holds = |part: &str| format!("{aws:?}").matches(part).count();
    let certificates = holds("cert01");
    assert_eq!(certificates % 3, 0);
    // After a minute those certificates are no longer used, and those of the next account are.
    invoked(&aws, 7, 61).await;
    assert_eq!(holds("cert01"), certificates / 3);
    // The credentials of the first invocations would no longer outlast one.
    assert_eq!(holds("\"reader\""), 4);
    let now = noon() + SignedDuration::from_mins(45);
    aws.open(&account_region(), &account_region(), None, now, Deadline::none()).await.unwrap();
    assert_eq!((holds("\"reader\""), holds("cert01")), (0, 0));
}
