use fake_aws::{FakeAws, Fleet, World};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::program::{REGIONS, ROLE, organization, stagecert};

const STAGE: &str = "arn:aws:apigateway:eu-west-1::/restapis/a1/stages/prod";

/// A finding of a deployment as its rule imports it; without a deployment, one of an earlier
/// version.
fn finding(account: &str, region: &str, deployment: Option<&str>, n: usize, updated: &str) -> Value {
    let (id, generator) = match deployment {
        Some(name) => {
            (format!("{STAGE}/abc/expired/owner-tag-{name}{n}"), format!("stagecert/{name}/owner-tag"))
        }
        None => (format!("{STAGE}/owner-tag{n}"), "stagecert/owner-tag".to_owned()),
    };
    json!({
        "SchemaVersion": "2018-10-08", "Id": format!("stagecert/aws/{account}/{region}/{id}"),
        "ProductArn": format!("arn:aws:securityhub:{region}:{account}:product/{account}/default"),
        "GeneratorId": generator, "AwsAccountId": account, "Types": [], "CreatedAt": "2026-01-02T03:04:05Z",
        "UpdatedAt": updated, "Severity": {"Label": "LOW"}, "Title": "t", "Description": "d",
        "FindingProviderFields": {"Severity": {"Label": "LOW"}, "Types": []},
        "ProductFields": {"stagecert/rule": "r", "stagecert/check": "owner-tag"},
        "Resources": [{"Type": "AwsApiGatewayStage", "Id": STAGE, "Partition": "aws", "Region": region}],
        "Compliance": {"Status": "FAILED"}, "RecordState": "ACTIVE",
    })
}

fn world() -> World {
    let mut world = organization(2);
    for account in [0, 1].map(Fleet::account) {
        for region in REGIONS {
            let hub = &mut world.region_mut(&account, region).security_hub;
            let all = (0..120)
                .map(|n| finding(&account, region, Some("payments"), n, "2026-02-01T00:00:00Z"))
                .chain([
                    finding(&account, region, Some("payments-2"), 0, "2026-02-01T00:00:00Z"),
                    finding(&account, region, Some("stagecert-scan"), 0, "2026-02-01T00:00:00Z"),
                    finding(&account, region, Some("stagecert-scan"), 1, "2026-03-01T00:00:00Z"),
                    finding(&account, region, None, 0, "2026-02-01T00:00:00Z"),
                ]);
            for chunk in all.collect::<Vec<_>>().chunks(100) {
                let now: Timestamp = "2026-03-02T00:00:00Z".parse().unwrap();
                let response = hub.import("aws", &account, region, json!({"Findings": chunk}), now).unwrap();
                assert_eq!(response["FailedCount"], 0, "{response}");
            }
        }
    }
    world
}

/// The Ids of the archived findings of an account and Region, by what follows the stage.
fn archived(fake_aws: &FakeAws, account: usize, region: &str) -> Vec<String> {
    let world = fake_aws.world();
    let findings = &world.region(&Fleet::account(account), region).security_hub.findings;
    let archived = findings.values().filter(|it| it["RecordState"] == "ARCHIVED");
    archived
        .map(|it| {
            assert_eq!(
                (&it["CreatedAt"], &it["Compliance"]["Status"]),
                (&json!("2026-01-02T03:04:05Z"), &json!("FAILED"))
            );
            assert_eq!(it["Resources"][0]["Id"], STAGE);
            it["Id"].as_str().unwrap().rsplit("/owner-tag").next().unwrap().to_owned()
        })
        .collect()
}

#[test]
fn findings_are_listed_and_archived_only_with_yes() {
    let fake_aws = FakeAws::spawn(world());
    for options in ["", "--dry-run"] {
        let arguments = format!("findings archive --deployment payments --region eu-west-1 {options}");
        let run = stagecert(&fake_aws, arguments.trim(), &[]);
        assert_eq!(run.status, 1, "{}", run.err);
        assert_eq!(run.out.lines().count(), 121);
        let own = Fleet::account(0);
        assert!(run.out.starts_with(&format!("{own} eu-west-1 FAILED LOW stagecert/aws/{own}/eu-west-1/")));
        assert!(run.out.ends_with("120 findings of payments; nothing was archived: --yes archives them\n"));
    }
    assert_eq!(fake_aws.log().count("BatchImportFindings"), 0);
    assert!(archived(&fake_aws, 0, "eu-west-1").is_empty());

    let run = stagecert(&fake_aws, "findings archive --deployment payments --region eu-west-1 --yes", &[]);
    assert_eq!(run.status, 0, "{}", run.err);
    assert!(run.out.ends_with("120 of 120 findings of payments archived\n"), "{}", run.out);
    let done = archived(&fake_aws, 0, "eu-west-1");
    assert_eq!(done.len(), 120);
    assert!(done.iter().all(|id| id.starts_with("-payments") && !id.starts_with("-payments-2")));
    for (account, region) in [(0, "us-east-1"), (1, "eu-west-1"), (1, "us-east-1")] {
        assert!(archived(&fake_aws, account, region).is_empty(), "{account} {region}");
    }
    let run = stagecert(&fake_aws, "findings archive --deployment payments --region eu-west-1", &[]);
    assert_eq!((run.status, run.out.as_str()), (0, "no active findings of payments\n"));
}

#[test]
fn the_accounts_of_an_organization_are_archived_in_every_region() {
    let fake_aws = FakeAws::spawn(world());
    let arguments = format!(
        "findings archive --deployment payments --all-regions --organization --role-name {ROLE} --yes"
    );
    let run = stagecert(&fake_aws, &arguments, &[]);
    assert_eq!(run.status, 0, "{}", run.err);
    assert!(run.out.ends_with("480 of 480 findings of payments archived\n"), "{}", run.out);
    for (account, region) in [(0, REGIONS[0]), (0, REGIONS[1]), (1, REGIONS[0]), (1, REGIONS[1])] {
        assert_eq!(archived(&fake_aws, account, region).len(), 120);
    }
}

#[test]
fn findings_of_scans_and_of_earlier_versions_are_selected_explicitly() {
    let fake_aws = FakeAws::spawn(world());
    let run = |options: &str| {
        stagecert(&fake_aws, &format!("findings archive --region eu-west-1 --yes {options}"), &[])
    };
    let done = run("--deployment stagecert-scan --updated-before 2026-02-15T00:00:00Z");
    assert_eq!((done.status, archived(&fake_aws, 0, "eu-west-1")), (0, vec!["-stagecert-scan0".to_owned()]));
    let done = run("--deployment stagecert-scan --old-ids");
    assert_eq!((done.status, archived(&fake_aws, 0, "eu-west-1").len()), (0, 3), "{}", done.err);
    for options in ["--deployment Payments", "--deployment payments --organization", ""] {
        assert_eq!(run(options).status, 2, "{options}");
    }
}

#[test]
fn accounts_without_security_hub_or_access_are_named() {
    let mut world = world();
    world.region_mut(&Fleet::account(0), "us-east-1").security_hub.enabled = false;
    let fake_aws = FakeAws::spawn(world);
    let other = "999988887777";
    let arguments = format!(
        "findings archive --deployment payments --all-regions --accounts {},{other} --role-name {ROLE} --yes",
        Fleet::account(0)
    );
    let run = stagecert(&fake_aws, &arguments, &[]);
    assert_eq!(run.status, 2);
    let own = Fleet::account(0);
    assert!(run.err.contains(&format!("Security Hub is not enabled in account {own}, Region us-east-1")));
    assert!(run.err.contains(&format!("account {other}")), "{}", run.err);
    assert_eq!(archived(&fake_aws, 0, "eu-west-1").len(), 120);
}
