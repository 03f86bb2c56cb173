//! Many accounts and Regions: `ListAccounts`, `ListRegions`, a role assumed once per account, and
//! what an aggregator does and doesn't show.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use stagecert::account::Account;
use stagecert::account::listing::ListedFrom;
use stagecert::parameters::Inventory;
use stagecert::resources::account_region::AccountRegion;

use crate::bodies::{rows, stage_arn};
use crate::replay::{KEY_ID, Response, Sent, Wire, account_region, noon};
use crate::roles::assumed;

const OTHER: &str = "444455556666";

fn page(list: &str, items: &Value, token: Option<&str>) -> Response {
    Response::ok(json!({list: items, "NextToken": token}))
}

/// Two pages, with accounts in every combination of `State` and `Status`.
fn accounts(_: &Sent, before: usize) -> Response {
    let first = json!([
        {"Id": "777788889999", "State": "ACTIVE", "Status": "ACTIVE"},
        {"Id": "000000000001", "State": "SUSPENDED"},
        {"Id": "000000000002", "State": "PENDING_CLOSURE", "Status": "ACTIVE"},
        {"Id": "000000000003", "Status": "SUSPENDED"},
    ]);
    let second = json!([
        {"Id": OTHER, "Status": "ACTIVE"},
        {"Id": "000000000004", "State": "CLOSED"},
        {"Id": "000000000005"},
        {"Id": "000000000006", "State": "NEW_STATE"},
    ]);
    match before {
        0 => page("Accounts", &first, Some("p2")),
        _ => page("Accounts", &second, None),
    }
}

#[tokio::test(start_paused = true)]
async fn all_pages_of_accounts_are_read_and_only_inactive_ones_are_excluded() {
    let wire = Wire::responding(accounts);
    let aws = wire.aws();
    let organization = aws
        .assume_account(&account_region(), "111122223333", None)
        .await
        .unwrap()
        .organization()
        .await
        .unwrap();
    assert_eq!(organization.active, ["000000000005", "000000000006", OTHER, "777788889999"]);
    assert_eq!(organization.inactive, 4);
    let sent = wire.sent();
    assert_eq!(sent[0].json(), json!({"MaxResults": 20}));
    assert_eq!(sent[1].json(), json!({"MaxResults": 20, "NextToken": "p2"}));
    for request in &sent {
        assert_eq!(request.host, "organizations.us-east-1.amazonaws.com");
        assert!(request.is_signed_by(KEY_ID, "us-east-1"), "{}", request.header("authorization"));
    }
}

#[tokio::test(start_paused = true)]
async fn enabled_regions_are_listed_with_the_account_s_own_credentials() {
    let wire = Wire::responding(|sent, before| match sent.operation.as_str() {
        "AssumeRole" => assumed(sent, "2026-11-21T13:00:00Z"),
        _ if before == 0 => page("Regions", &json!([{"RegionName": "us-east-1"}]), Some("p2")),
        _ => page("Regions", &json!([{"RegionName": "eu-west-1"}, {"RegionName": "us-east-1"}]), None),
    });
    let aws = wire.aws();
    let regions =
        aws.assume_account(&account_region(), OTHER, Some("reader")).await.unwrap().regions().await.unwrap();
    assert_eq!(regions, ["eu-west-1", "us-east-1"]);
    let sent = wire.sent();
    let statuses = json!(["ENABLED", "ENABLED_BY_DEFAULT"]);
    assert_eq!(sent[1].json(), json!({"MaxResults": 50, "RegionOptStatusContains": statuses}));
    assert_eq!(sent[2].json()["NextToken"], "p2");
    assert!(sent[2].is_signed_by(&format!("ASIA{OTHER}"), "us-east-1"));
}

#[tokio::test(start_paused = true)]
async fn an_endless_or_incomplete_list_is_a_failure() {
    let endless =
        |list: &'static str, item: Value| move |_: &Sent, _: usize| page(list, &json!([item]), Some("p"));
    let message = |failure: stagecert::Failure| failure.to_string();
    let home = account_region();

    let wire = Wire::responding(endless("Accounts", json!({"Id": OTHER})));
    let failure = wire
        .aws()
        .assume_account(&home, &home.account, None)
        .await
        .unwrap()
        .organization()
        .await
        .unwrap_err();
    let expected = "ListAccounts of the organization in account 111122223333, Region eu-west-1: the same page token twice";
    assert!(message(failure).starts_with(expected));

    let wire = Wire::responding(endless("Regions", json!({"RegionName": "eu-west-1"})));
    let failure =
        wire.aws().assume_account(&home, &home.account, None).await.unwrap().regions().await.unwrap_err();
    assert!(message(failure).contains("the same page token twice"));

    for (response, problem) in [
        (json!([]), "no Region is enabled"),
        (json!([{"RegionOptStatus": "ENABLED"}]), "a Region has no valid name"),
        (json!([{"RegionName": "evil/"}]), "a Region has no valid name"),
    ] {
        let wire = Wire::responding(move |_, _| page("Regions", &response, None));
        let failure =
            wire.aws().assume_account(&home, &home.account, None).await.unwrap().regions().await.unwrap_err();
        assert!(message(failure).ends_with(problem), "{problem}");
    }
    let wire = Wire::responding(|_, _| page("Accounts", &json!([{"State": "ACTIVE"}]), None));
    let failure = wire
        .aws()
        .assume_account(&home, &home.account, None)
        .await
        .unwrap()
        .organization()
        .await
        .unwrap_err();
    assert!(message(failure).ends_with("an account has no 12-digit id"));
}

#[tokio::test(start_paused = true)]
async fn a_role_is_assumed_once_per_account_and_again_when_its_credentials_expire() {
    // The first credentials expire within the SDK's margin, and are renewed before they are used.
    let ends = ["2026-11-21T12:00:05Z", "2026-11-21T13:00:00Z"];
    let wire = Wire::responding(move |sent, before| match sent.operation.as_str() {
        "AssumeRole" => assumed(sent, ends[before.min(1)]),
        _ => Response::ok(rows(&[], None)),
    });
    let aws = wire.aws();
    let reached = aws.assume_account(&account_region(), OTHER, Some("reader")).await.unwrap();
    assert_eq!(reached.account(), OTHER);
    let read = async |region: &str| {
        let account = reached.open(region, noon());
        assert_eq!(
            account.account_region(),
            &AccountRegion { account: OTHER.into(), region: region.into(), ..account_region() }
        );
        account.stages(Inventory::Config).await.unwrap();
        wire.counts()["AssumeRole"]
    };
    assert_eq!(wire.counts()["AssumeRole"], 1);
    assert_eq!(read("eu-west-1").await, 2);
    assert_eq!(read("us-east-1").await, 2);
    assert_eq!(read("eu-central-1").await, 2);
    let queries = wire.sent().into_iter().filter(|sent| sent.operation == "SelectResourceConfig");
    let hosts: Vec<String> = queries.map(|sent| sent.host).collect();
    let host = |region: &str| format!("config.{region}.amazonaws.com");
    assert_eq!(hosts, [host("eu-west-1"), host("us-east-1"), host("eu-central-1")]);
}

#[tokio::test(start_paused = true)]
async fn more_accounts_than_the_sdk_caches_are_assumed_once_each() {
    let wire = Wire::responding(|sent, _| match sent.operation.as_str() {
        "AssumeRole" => assumed(sent, "2026-11-21T13:00:00Z"),
        _ => Response::ok(rows(&[], None)),
    });
    let aws = wire.aws();
    let mut reached = Vec::new();
    for number in 0..130 {
        reached.push(
            aws.assume_account(&account_region(), &format!("{number:012}"), Some("reader")).await.unwrap(),
        );
    }
    for region in ["eu-west-1", "us-east-1", "eu-central-1"] {
        for account in &reached {
            account.open(region, noon()).stages(Inventory::Config).await.unwrap();
        }
    }
    assert_eq!(wire.counts()["AssumeRole"], 130);
}

#[tokio::test(start_paused = true)]
async fn no_account_is_read_with_another_account_s_credentials() {
    let wire = Wire::responding(|_, _| panic!("nothing is sent"));
    let failure = wire.aws().assume_account(&account_region(), OTHER, None).await.unwrap_err();
    assert_eq!(failure.kind(), "Disagreement");
}

fn row(account: &str, region: &str, api: &str) -> Value {
    let arn = stage_arn(api, "prod").replace("eu-west-1", region);
    json!({"resourceId": arn, "resourceType": "AWS::ApiGateway::Stage", "accountId": account, "awsRegion": region})
}

fn source(account: &str, status: &str) -> Value {
    json!({"SourceId": account, "SourceType": "ACCOUNT", "AwsRegion": "eu-west-1", "LastUpdateStatus": status})
}

fn aggregator(rows_of: Vec<Value>, sources: Value) -> Wire {
    Wire::responding(move |sent, before| match (sent.operation.as_str(), before) {
        ("SelectAggregateResourceConfig", 0) => Response::ok(rows(&rows_of[..1], Some("p2"))),
        ("SelectAggregateResourceConfig", _) => Response::ok(rows(&rows_of[1..], None)),
        (_, 0) => page("AggregatedSourceStatusList", &json!([]), Some("p2")),
        _ => page("AggregatedSourceStatusList", &sources, None),
    })
}

#[tokio::test(start_paused = true)]
async fn an_aggregator_lists_the_stages_of_each_account_and_region_and_what_is_missing() {
    let misplaced = json!({"resourceId": stage_arn("m1", "prod"), "resourceType": "AWS::ApiGateway::Stage", "accountId": OTHER, "awsRegion": "us-east-1"});
    let nowhere = json!({"resourceId": stage_arn("n1", "prod"), "resourceType": "AWS::ApiGateway::Stage"});
    let rows = vec![
        row("111122223333", "eu-west-1", "a1"),
        row(OTHER, "us-east-1", "b1"),
        row(OTHER, "us-east-1", "b2"),
        misplaced,
        nowhere,
    ];
    let sources = json!([source("111122223333", "SUCCEEDED"), source(OTHER, "OUTDATED")]);
    let wire = aggregator(rows, sources);
    let (account, _) = wire.open().await;
    let mut aggregate = account.aggregate("all").await.unwrap();
    let counted = |aggregate: &stagecert::account::aggregate::Aggregate| -> BTreeMap<String, usize> {
        let listed = |listing: &stagecert::account::listing::Listing| {
            assert_eq!(listing.from, Some(ListedFrom::Aggregator));
            listing.stages.len()
        };
        aggregate
            .listings
            .iter()
            .map(|(account_region, listing)| (account_region.to_string(), listed(listing)))
            .collect()
    };
    let expected = [
        ("account 111122223333, Region eu-west-1".to_owned(), 1),
        (format!("account {OTHER}, Region us-east-1"), 2),
    ];
    assert_eq!(counted(&aggregate), expected.into());
    let failures = |aggregate: &stagecert::account::aggregate::Aggregate| -> String {
        aggregate.failures.iter().map(|(_, failure)| failure.to_string()).collect::<Vec<_>>().join("\n")
    };
    let all = failures(&aggregate);
    assert_eq!(all.lines().count(), 3, "{all}");
    for part in [
        "m1/stages/prod: row with Region us-east-1",
        "n1/stages/prod: row with account \"\"",
        "not up to date: OUTDATED",
    ] {
        assert!(all.contains(part), "{part}: {all}");
    }

    // A row without an account and Region may have the certificate of any stage in its account, or
    // in all accounts.
    let strays: Vec<usize> = aggregate.listings.values().map(|listing| listing.unreadable.len()).collect();
    assert_eq!(strays, [1, 2]);

    aggregate.retain_accounts(&["111122223333".into(), "777788889999".into()]);
    assert_eq!(counted(&aggregate).len(), 1);
    let messages = failures(&aggregate);
    assert!(
        messages.contains(
            "all in account 777788889999, Region eu-west-1: the aggregator does not cover the account"
        ),
        "{messages}"
    );
    assert!(!messages.contains("OUTDATED"), "{messages}");

    let sent = wire.sent();
    let of = |operation: &str| {
        sent.iter().filter(|sent| sent.operation == operation).map(Sent::json).collect::<Vec<_>>()
    };
    let selects = of("SelectAggregateResourceConfig");
    assert_eq!(
        (&selects[0]["ConfigurationAggregatorName"], &selects[0]["Limit"]),
        (&json!("all"), &json!(100))
    );
    assert!(
        selects[0]["Expression"]
            .as_str()
            .unwrap()
            .starts_with("SELECT accountId, awsRegion, resourceId, resourceType, ")
    );
    assert_eq!((selects.len(), &selects[1]["NextToken"]), (2, &json!("p2")));
    assert_eq!(of("DescribeConfigurationAggregatorSourcesStatus").len(), 2);
}

#[tokio::test(start_paused = true)]
async fn an_organization_aggregator_covers_its_accounts_and_one_without_sources_none() {
    let rows = || vec![row("111122223333", "eu-west-1", "a1")];
    let organization = json!([{"SourceId": "o-1", "SourceType": "ORGANIZATION", "AwsRegion": "eu-west-1", "LastUpdateStatus": "SUCCEEDED"}]);
    for (sources, failures) in [(organization, 0), (json!([]), 2)] {
        let wire = aggregator(rows(), sources);
        let mut aggregate = wire.open().await.0.aggregate("all").await.unwrap();
        aggregate.retain_accounts(&["111122223333".into()]);
        assert_eq!(aggregate.failures.len(), failures, "{:?}", aggregate.failures);
    }
}
