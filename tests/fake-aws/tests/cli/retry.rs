use fake_aws::{FakeAws, Fault, Fleet, StackInstance, World};
use serde_json::Value;

use crate::deployment::{UNIT, coverage, deployed, file, run};
use crate::program::REGIONS;

/// Failed stack instances in two accounts in both Regions and in one account in one Region, and a
/// missing one.
fn failed() -> World {
    let mut world = deployed(6, 2);
    let instances = &mut world.stack_sets.get_mut("stagecert").unwrap().instances;
    let place = |number: usize, region: usize| (Fleet::account(number), REGIONS[region].to_owned());
    for (number, region) in [(1, 0), (1, 1), (2, 0), (2, 1), (3, 1)] {
        instances.insert(place(number, region), StackInstance::failed("no recorder"));
    }
    instances.remove(&place(4, 0));
    world
}

#[test]
fn failed_and_missing_stack_instances_are_deployed_again_and_no_others() {
    let fake_aws = FakeAws::spawn(failed());
    let [one, two, three, four] = [1, 2, 3, 4].map(Fleet::account);
    let listed = format!(
        "update stack instances of stagecert in eu-west-1, us-east-1: accounts {one}, {two}\n\
         update stack instances of stagecert in us-east-1: accounts {three}\n\
         create stack instances of stagecert in eu-west-1: accounts {four}\n\
         nothing was started: --yes starts these operations\n"
    );
    for options in ["retry", "retry --dry-run"] {
        let retry = run(&fake_aws, options, &file());
        assert_eq!((retry.status, retry.out.as_str()), (1, listed.as_str()), "{}", retry.err);
    }
    let writes = ["UpdateStackInstances", "CreateStackInstances"];
    assert!(writes.iter().all(|operation| fake_aws.log().count(operation) == 0));

    let retry = run(&fake_aws, "retry --yes", &file());
    assert_eq!(retry.status, 0, "{}", retry.err);
    let lines: Vec<&str> = retry.out.lines().collect();
    assert!(
        lines.len() == 3 && lines.iter().all(|line| line.starts_with("started stagecert-")),
        "{}",
        retry.out
    );
    let operations = fake_aws.world().stack_sets["stagecert"].operations.clone();
    let text = |input: &Value, name: &str| input[name].as_str().unwrap_or_default().to_owned();
    let sent: Vec<_> = operations
        .iter()
        .map(|(operation, input)| {
            assert_eq!(text(input, "CallAs"), "DELEGATED_ADMIN");
            assert_eq!(text(input, "DeploymentTargets.OrganizationalUnitIds.member.1"), UNIT);
            assert_eq!(text(input, "DeploymentTargets.AccountFilterType"), "INTERSECTION");
            assert_eq!(text(input, "OperationPreferences.FailureTolerancePercentage"), "100");
            assert_eq!(text(input, "OperationPreferences.ConcurrencyMode"), "SOFT_FAILURE_TOLERANCE");
            let accounts = ["1", "2"].map(|n| text(input, &format!("DeploymentTargets.Accounts.member.{n}")));
            (*operation, accounts, text(input, "Regions.member.2"))
        })
        .collect();
    let none = String::new();
    assert_eq!(
        sent,
        [
            ("UpdateStackInstances", [one, two], "us-east-1".to_owned()),
            ("UpdateStackInstances", [three, none.clone()], none.clone()),
            ("CreateStackInstances", [four, none.clone()], none),
        ]
    );
    let retry = run(&fake_aws, "retry", &file());
    assert_eq!((retry.status, retry.out.as_str()), (0, "no failed or missing stack instances\n"));
    assert_eq!(coverage(&fake_aws, &file(), "--quiet").status, 0);
}

#[test]
fn an_operation_that_fails_does_not_stop_the_others() {
    let fake_aws = FakeAws::spawn(failed());
    fake_aws.faults().at("UpdateStackInstances", 1, Fault::AccessDenied);
    let retry = run(&fake_aws, "retry --yes", &file());
    assert_eq!(retry.status, 2);
    assert_eq!(retry.out.lines().count(), 2, "{}", retry.out);
    assert!(retry.err.contains("error: UpdateStackInstances of stagecert in account"), "{}", retry.err);
}

#[test]
fn nothing_is_started_from_an_incomplete_list() {
    let fake_aws = FakeAws::spawn(failed());
    fake_aws.faults().always("ListStackInstances", Fault::AccessDenied);
    let retry = run(&fake_aws, "retry --yes", &file());
    assert_eq!(retry.status, 2, "{}", retry.out);
    assert_eq!(fake_aws.log().count("CreateStackInstances"), 0);
    fake_aws.faults().clear();
    fake_aws.faults().always("ListAccountsForParent", Fault::AccessDenied);
    let retry = run(&fake_aws, "retry --yes", &file());
    assert_eq!(retry.status, 2);
    assert!(retry.out.contains("nothing was started"), "{}", retry.out);
    assert_eq!(fake_aws.log().count("UpdateStackInstances"), 0);
}
