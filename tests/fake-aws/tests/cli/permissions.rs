use std::collections::BTreeSet;

use fake_aws::{FakeAws, World};

use crate::deployment::{file, run, with_gaps};
use crate::iam::{assert_least_privilege, granted, needed};
use crate::program::{REGIONS, ROLE, organization, scan};

const COVERAGE_POLICY: &str = include_str!("../../../../docs/coverage-policy.json");
const POLICY: &str = include_str!("../../../../docs/scan-policy.json");

/// Adds a canary to a stage without a certificate or HTTP integrations, and deletes another such
/// stage, which Config's index doesn't show yet.
fn canary_and_deletion(world: &mut World) {
    let is_bare = |arn: &str, stage: &fake_aws::model::Stage| {
        arn.contains("/restapis/") && stage.state.certificate.is_none() && stage.state.canary.is_none()
    };
    let places: Vec<(String, &str)> = [2, 0]
        .into_iter()
        .flat_map(|n| REGIONS.map(|region| (fake_aws::Fleet::account(n), region)))
        .collect();
    let bare: Vec<(String, &str, String)> = places
        .into_iter()
        .flat_map(|(account, region)| {
            let stages = world.region(&account, region).stages();
            let arns = stages.map(|(_, stage)| (stage.arn.clone(), is_bare(&stage.arn, stage)));
            let arns: Vec<String> = arns.filter(|(_, is_bare)| *is_bare).map(|(arn, _)| arn).collect();
            arns.into_iter().map(|arn| (account.clone(), region, arn)).collect::<Vec<_>>()
        })
        .collect();
    let [(_, _, one), (account, region, other), ..] = bare.as_slice() else { panic!("{bare:?}") };
    world.redeploy(one, &["AWS_PROXY"]);
    world.set_canary(one, Some(&["AWS_PROXY"]));
    world.delete_stage(other);
    world.region_mut(account, region).options.index_behind.insert(other.clone(), 1);
}

#[test]
fn a_scan_needs_exactly_the_permissions_of_its_policy() {
    let mut world = organization(3);
    let unrecorded = &mut world.region_mut(&fake_aws::Fleet::account(1), REGIONS[0]).options.unrecorded;
    unrecorded.insert("AWS::ApiGateway::Stage".into());
    canary_and_deletion(&mut world);
    let fake_aws = FakeAws::spawn(world);
    for arguments in ["--all-regions --organization --rule stagecert", "--aggregator organization"] {
        let run = scan(&fake_aws, &format!("{arguments} --role-name {ROLE}"));
        assert_eq!(run.status, 1, "{}", run.err);
    }
    let calls = fake_aws.log().calls();
    let by = |assumed: bool| -> BTreeSet<String> {
        let calls = calls.iter().filter(|call| call.role.is_some() == assumed);
        // Needs no permission: it returns the caller's identity.
        calls.filter(|call| call.operation != "GetCallerIdentity").map(needed).collect()
    };
    assert_least_privilege(&by(true), &granted(POLICY, "Read"), "the role of each account");
    let all = &by(false) | &by(true);
    assert_least_privilege(&all, &granted(POLICY, ""), "the credentials that a scan starts with");
}

#[test]
fn the_commands_on_a_deployment_need_exactly_the_permissions_of_their_policy() {
    let mut world = with_gaps();
    let (own, home) = (fake_aws::Fleet::account(0), REGIONS[0]);
    world.region_mut(&own, home).aggregators.insert("organization".into(), fake_aws::Aggregator::default());
    crate::coverage::result(&mut world, 0, home, "stage", "NON_COMPLIANT");
    world.add_stack_set("stagecert-canary", &own, home, &[], &[]).delegated = true;
    let fake_aws = FakeAws::spawn(world);
    let mut central = file();
    central["deploymentMode"] = "organization-rule".into();
    for (command, deployment, status) in [
        (format!("coverage --role-name {ROLE}"), &file(), 1),
        (format!("coverage --role-name {ROLE}"), &central, 1),
        (format!("coverage --role-name {ROLE} --aggregator organization"), &file(), 1),
        ("coverage --summary --reasons --aggregator organization".into(), &file(), 0),
        (format!("preflight --role-name {ROLE}"), &file(), 1),
        ("orphans".into(), &file(), 1),
        ("retry --yes".into(), &file(), 0),
    ] {
        let run = run(&fake_aws, &command, deployment);
        assert_eq!(run.status, status, "{command}: {}", run.err);
    }
    let calls = fake_aws.log().calls();
    let by = |assumed: bool| -> BTreeSet<String> {
        let calls = calls.iter().filter(|call| call.role.is_some() == assumed);
        calls.filter(|call| call.operation != "GetCallerIdentity").map(needed).collect()
    };
    assert_least_privilege(&by(true), &granted(COVERAGE_POLICY, "Read"), "the role of each account");
    let all = &by(false) | &by(true);
    assert_least_privilege(&all, &granted(COVERAGE_POLICY, ""), "the credentials of the administrator");
}
