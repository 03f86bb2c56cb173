use fake_aws::model::Recorder;
use fake_aws::{FakeAws, Fault, Fleet, World};
use serde_json::{Value, json};

use crate::deployment::{CANARY, UNIT, deployed, file, run};
use crate::program::{ProgramRun, REGIONS, ROLE};

const STACK_SETS: &str = "member.org.stacksets.cloudformation.amazonaws.com";

/// An organization before the deployment.
fn new(accounts: usize) -> World {
    let mut world = deployed(accounts, 2);
    world.stack_sets.clear();
    world.organization.as_mut().unwrap().trusted_services.insert(STACK_SETS.into());
    world
}

fn preflight(fake_aws: &FakeAws, deployment: &Value) -> ProgramRun {
    run(fake_aws, &format!("preflight --role-name {ROLE} --quiet --format json"), deployment)
}

#[test]
fn an_organization_without_problems_passes() {
    let fake_aws = FakeAws::spawn(new(4));
    let found = preflight(&fake_aws, &file());
    assert_eq!(
        (found.status, found.json()),
        (0, json!({"preflightVersion": 1, "problems": [], "notes": []})),
        "{}",
        found.err
    );
    let counts = fake_aws.log().counts();
    assert_eq!((counts["GetAccountSettings"], counts["ListRegions"]), (6, 3));
    let table = run(&fake_aws, &format!("preflight --role-name {ROLE} --quiet"), &file());
    assert_eq!(table.out, "6 accounts and Regions: 0 problems, 0 notes\n");
}

#[test]
fn every_problem_is_named_with_its_account_and_region() {
    let mut world = new(9);
    let options = |world: &mut World, number: usize, change: &dyn Fn(&mut fake_aws::model::RegionOptions)| {
        change(&mut world.region_mut(&Fleet::account(number), REGIONS[0]).options);
    };
    options(&mut world, 1, &|options| options.recorder = Recorder::Absent);
    options(&mut world, 2, &|options| options.recorder = Recorder::Stopped);
    options(&mut world, 3, &|options| {
        options.unrecorded.insert("AWS::ApiGatewayV2::Stage".into());
        options.records_daily = true;
    });
    options(&mut world, 4, &|options| options.concurrency = (10, 10));
    options(&mut world, 5, &|options| options.concurrency = (101, 101));
    options(&mut world, 6, &|options| options.concurrency = (100, 100));
    world.remove_role(&Fleet::account(7), ROLE);
    world.organization.as_mut().unwrap().trusted_services.clear();
    let fake_aws = FakeAws::spawn(world);
    let found = preflight(&fake_aws, &file());
    assert_eq!(found.status, 1, "{}", found.err);
    let item = |number: usize, check: &str, reason: &str| json!({"account": Fleet::account(number), "region": REGIONS[0], "check": check, "reason": reason});
    let concurrency = |unreserved: u32| {
        format!(
            "{unreserved} unreserved concurrent executions: a reservation of 1 would leave less than 100, which AWS refuses; \
         raise the quota, or set function.reservedConcurrency to none for the organizational unit"
        )
    };
    let expected = json!([
        {"account": null, "region": null, "check": "trusted-access", "reason": format!("{STACK_SETS} has no trusted access to the organization")},
        item(1, "recorder", "no configuration recorder"),
        item(2, "recorder", "the configuration recorder is stopped"),
        item(3, "recording", "the recorder does not record AWS::ApiGatewayV2::Stage"),
        item(4, "concurrency", &concurrency(10)),
        item(6, "concurrency", &concurrency(100)),
        {"account": Fleet::account(7), "region": null, "check": "unreadable", "reason": "AssumeRole: AccessDenied"},
    ]);
    let document = found.json();
    assert_eq!(document["problems"], expected);
    let daily = "the recorder records once a day (DAILY), so changes are evaluated up to a day late";
    assert_eq!(document["notes"], json!([item(3, "recording", daily)]));

    // An account without a reservation needs no quota.
    let mut without = file();
    without["stackSets"][0]["reservedConcurrency"] = Value::Null;
    fake_aws.log().clear();
    let found = preflight(&fake_aws, &without).json();
    assert!(
        found["problems"].as_array().unwrap().iter().all(|item| item["check"] != "concurrency"),
        "{found}"
    );
    assert_eq!(fake_aws.log().count("GetAccountSettings"), 0);
}

#[test]
fn an_account_that_has_the_function_needs_no_new_reservation() {
    let mut world = new(3);
    let accounts = [Fleet::account(0), Fleet::account(1)];
    world.add_stack_set("stagecert", &accounts[0], REGIONS[0], &accounts, &REGIONS).delegated = true;
    for region in REGIONS {
        world.region_mut(&accounts[1], region).options.concurrency = (101, 100);
    }
    let fake_aws = FakeAws::spawn(world);
    let found = preflight(&fake_aws, &file());
    assert_eq!((found.status, &found.json()["problems"]), (0, &json!([])), "{}", found.err);
}

#[test]
fn regions_that_are_not_enabled_and_units_in_two_stack_sets_are_problems() {
    let mut world = new(3);
    world.add_unit(CANARY, Some(UNIT), &[]);
    let fake_aws = FakeAws::spawn(world);
    let set = |name: &str, unit: &str| json!({"name": name, "organizationalUnits": [unit], "regions": REGIONS, "reservedConcurrency": null});
    let mut deployment = file();
    deployment["stackSets"] =
        json!([set("stagecert", UNIT), set("stagecert-canary", CANARY), set("stagecert-unreserved", UNIT)]);
    deployment["stackSets"][0]["regions"] = json!(["eu-west-1", "ap-south-2"]);
    let found = preflight(&fake_aws, &deployment);
    assert_eq!(found.status, 1, "{}", found.err);
    let problems: Vec<String> = found.json()["problems"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| format!("{} {} {}", item["region"], item["check"], item["reason"]).replace('"', ""))
        .collect();
    let region = "ap-south-2 region the Region is not enabled in the account";
    assert_eq!(
        problems,
        [
            "null organizational-units StackSets stagecert and stagecert-canary: ou-ab12-workload contains ou-ab12-canary00",
            "null organizational-units StackSets stagecert and stagecert-unreserved: ou-ab12-workload is in both",
            "null organizational-units StackSets stagecert-canary and stagecert-unreserved: ou-ab12-canary00 is in ou-ab12-workload",
            region,
            region,
        ]
    );
}

#[test]
fn trusted_access_that_can_t_be_read_is_a_note_and_unlisted_accounts_are_an_error() {
    let fake_aws = FakeAws::spawn(new(3));
    fake_aws.faults().always("ListAWSServiceAccessForOrganization", Fault::AccessDenied);
    let found = preflight(&fake_aws, &file());
    assert_eq!((found.status, &found.json()["problems"]), (0, &json!([])), "{}", found.err);
    let reason = "ListAWSServiceAccessForOrganization: AccessDeniedException";
    assert_eq!(
        found.json()["notes"],
        json!([{"account": null, "region": null, "check": "unreadable", "reason": reason}])
    );
    fake_aws.faults().always("ListOrganizationalUnitsForParent", Fault::AccessDenied);
    let found = preflight(&fake_aws, &file());
    assert_eq!(found.status, 2);
    assert!(
        found.err.starts_with("error: ListOrganizationalUnitsForParent of ou-ab12-workload"),
        "{}",
        found.err
    );
}

#[test]
fn stack_sets_that_reach_no_account_and_named_accounts_that_none_reaches_are_reported() {
    let fake_aws = FakeAws::spawn(new(4));
    let canary = json!({"name": "stagecert-canary", "organizationalUnits": [CANARY], "regions": REGIONS, "reservedConcurrency": null});
    let mut deployment = file();
    deployment["stackSets"].as_array_mut().unwrap().push(canary);
    let found = preflight(&fake_aws, &deployment);
    let note = |set: &str| json!({"account": null, "region": null, "check": "organizational-units", "reason": format!("StackSet {set}: no active target account in its units")});
    assert_eq!(
        (found.status, &found.json()["problems"], &found.json()["notes"]),
        (0, &json!([]), &json!([note("stagecert-canary")])),
        "{}",
        found.err
    );

    // The management account has its own stacks.
    let (elsewhere, management) = ("999988887777", Fleet::account(3));
    deployment["managementAccount"] = json!(management);
    deployment["includesManagementAccount"] = json!(true);
    deployment["accounts"] = json!([elsewhere, Fleet::account(1), management]);
    let problems = preflight(&fake_aws, &deployment).json()["problems"].clone();
    let problem = problems
        .as_array()
        .unwrap()
        .iter()
        .filter(|item| item["check"] == "organizational-units")
        .collect::<Vec<_>>();
    let reason = "targets.accounts lists the account, but it is in none of the units or not active";
    assert_eq!(
        json!(problem),
        json!([{"account": elsewhere, "region": null, "check": "organizational-units", "reason": reason}])
    );
    deployment["excludedAccounts"] = json!([Fleet::account(0), Fleet::account(1), Fleet::account(2)]);
    deployment["accounts"] = Value::Null;
    let notes = preflight(&fake_aws, &deployment).json()["notes"].clone();
    assert_eq!(notes, json!([note("stagecert-canary"), note("stagecert")]));
}

#[test]
fn the_central_modes_need_trusted_access_of_config_and_of_stack_sets() {
    let mut world = new(3);
    world.organization.as_mut().unwrap().trusted_services.clear();
    let fake_aws = FakeAws::spawn(world);
    for mode in ["organization-rule", "conformance-pack"] {
        let mut deployment = file();
        deployment["deploymentMode"] = json!(mode);
        let problems = preflight(&fake_aws, &deployment).json()["problems"].clone();
        let reasons: Vec<&str> = problems
            .as_array()
            .unwrap()
            .iter()
            .filter(|item| item["check"] == "trusted-access")
            .filter_map(|item| item["reason"].as_str())
            .collect();
        assert_eq!(
            reasons,
            [
                "config-multiaccountsetup.amazonaws.com has no trusted access to the organization".to_owned(),
                format!("{STACK_SETS} has no trusted access to the organization"),
            ],
            "{mode}"
        );
    }
}
