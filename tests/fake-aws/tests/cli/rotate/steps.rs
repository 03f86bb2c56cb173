use std::collections::BTreeSet;

use fake_aws::{Backend, FakeAws};
use serde_json::{Value, json};

use super::account::{Reached, ago, folder, label, rotate, rotation, row, scene, serve};
use crate::iam::{assert_least_privilege, granted, needed};
use crate::program::REGIONS;

const POLICY: &str = include_str!("../../../../../docs/rotate-policy.json");

fn operations(fake_aws: &FakeAws, writes: bool) -> Vec<&'static str> {
    let calls = fake_aws.log().calls();
    let is_read = |operation: &str| operation.starts_with("Get");
    calls.iter().map(|call| call.operation).filter(|operation| is_read(operation) != writes).collect()
}

#[test]
fn a_complete_rotation_needs_exactly_the_permissions_of_its_policy() {
    let (world, scene) = scene(1);
    let fake_aws = serve(world);
    let (target, folder) = (scene.target(), folder("complete"));
    let output = folder.display();
    let plan = row(&fake_aws, &format!("plan {target}"));
    assert_eq!((&plan["step"], &plan["next"]), (&json!("planned"), &json!("start")));

    assert_eq!(rotate(&fake_aws, &format!("plan {}", scene.other)).status, 0);

    let start = rotate(&fake_aws, &format!("start {target} --yes --output {output}"));
    assert_eq!(start.status, 0, "{}{}", start.out, start.err);
    let new = scene.new_ids(&fake_aws.world()).concat();
    let both = scene.stages.iter().map(|arn| label(arn)).collect::<BTreeSet<_>>();
    let both: Vec<String> = both.into_iter().collect();
    let tags = scene.tags(&fake_aws.world(), &new);
    assert_eq!(tags["owner"], "team-pay");
    assert_eq!(tags["stagecert:replaces"], scene.old);
    assert_eq!(tags["stagecert:stages"], both.join(" "));
    let pem = std::fs::read_to_string(folder.join(format!("{new}.pem"))).unwrap();
    assert!(pem.starts_with("-----BEGIN CERTIFICATE-----\n") && pem.ends_with("-----END CERTIFICATE-----\n"));
    assert!(start.out.contains(&format!("next: stagecert rotate test {new} --path PATH")), "{}", start.out);

    scene.accept(&mut fake_aws.world(), &[&scene.old, &new]);
    let test = rotate(&fake_aws, &format!("test {target} --path /r0 --yes"));
    assert_eq!(test.status, 0, "{}{}", test.out, test.err);
    assert!(test.out.contains("without a certificate, the backend refused with 400"), "{}", test.out);
    assert!(!scene.tags(&fake_aws.world(), &new)["stagecert:tested"].contains("not-enforced"));
    for method in ["HEAD", "OPTIONS"] {
        let other = rotate(&fake_aws, &format!("test {target} --path /r2 --method {method} --yes"));
        assert_eq!(other.status, 2, "{}", other.out);
    }

    let bus = format!("arn:aws:events:eu-west-1:{}:event-bus/default", scene.account);
    let switch =
        rotate(&fake_aws, &format!("switch {target} --yes --event-bus {bus} --watch 1s --watch-interval 1s"));
    assert_eq!(switch.status, 0, "{}{}", switch.out, switch.err);
    assert!(switch.out.contains("AWS's pages disagree"), "{}", switch.out);
    for arn in &scene.stages {
        assert_eq!(scene.attached(&fake_aws.world(), arn).as_ref(), Some(&new));
    }
    let events = fake_aws.world().region(&scene.account, REGIONS[0]).event_bus.events.clone();
    assert_eq!(events.len(), 1);
    assert_eq!(events[0]["detail-type"], "Certificate Rotation Step");
    let detail = json!({
        "accountId": scene.account, "awsRegion": "eu-west-1", "step": "switch", "stages": both,
        "oldCertificate": scene.old, "newCertificate": new,
    });
    assert_eq!(events[0]["detail"], detail);

    let early = rotate(&fake_aws, &format!("finish {target} --yes"));
    assert_eq!(early.status, 1, "{}", early.err);
    assert!(
        early.out.starts_with("refused: the stages were switched less than the time to settle ago"),
        "{}",
        early.out
    );
    scene.retag(&mut fake_aws.world(), &new, "stagecert:switched", Some(&ago(24)));
    let finish = rotate(&fake_aws, &format!("finish {target} --yes"));
    assert_eq!(finish.status, 0, "{}{}", finish.out, finish.err);
    let world = fake_aws.world();
    assert!(!scene.exists(&world, &scene.old));
    let tags = scene.tags(&world, &new);
    assert_eq!(tags.keys().collect::<Vec<_>>(), ["owner", "stagecert:rotated"]);
    assert_eq!(tags["stagecert:rotated"].split('/').count(), 2);
    drop(world);
    let status = rotate(&fake_aws, "status");
    assert!(status.status == 0 && status.out.starts_with("no rotation is in progress"), "{}", status.out);

    // A WebSocket stage, back and forth.
    let web_socket = label(&scene.web_socket);
    for step in ["start", "switch --untested", "rollback", "cancel"] {
        let output = if step == "start" { format!("--output {output}") } else { String::new() };
        let run = rotate(&fake_aws, &format!("{step} {web_socket} --yes {output}"));
        assert_eq!(run.status, 0, "{step}: {}{}", run.out, run.err);
    }
    assert_eq!(scene.attached(&fake_aws.world(), &scene.web_socket), Some(scene.other.clone()));

    let calls = fake_aws.log().calls();
    assert!(calls.iter().all(|call| call.operation != "CreateDeployment"));
    let mut called: BTreeSet<String> =
        calls.iter().filter(|call| call.operation != "GetCallerIdentity").map(needed).collect();
    // The fake API has no such methods.
    for method in ["HEAD", "OPTIONS"] {
        called.insert(format!("apigateway:POST /restapis/x/resources/y/methods/{method}"));
    }
    assert_least_privilege(&called, &granted(POLICY, ""), "rotate");
}

#[test]
fn each_step_can_be_repeated() {
    let (world, scene) = scene(2);
    let fake_aws = serve(world);
    let (target, folder) = (scene.target(), folder("repeated"));
    let start = format!("start {target} --yes --output {}", folder.display());
    let steps = [
        start.as_str(),
        "test TARGET --path /r0 --yes",
        "switch TARGET --yes",
        "rollback TARGET --yes",
        "switch TARGET --yes",
        "finish TARGET --yes --settle 1s",
    ];
    for step in steps {
        if step.starts_with("finish") {
            let new = scene.new_ids(&fake_aws.world()).concat();
            scene.retag(&mut fake_aws.world(), &new, "stagecert:switched", Some(&ago(1)));
        }
        for time in ["first", "second"] {
            fake_aws.log().clear();
            let run = rotate(&fake_aws, &step.replace("TARGET", &target));
            assert_eq!(run.status, 0, "{step}, {time}: {}{}", run.out, run.err);
            let ids = scene.new_ids(&fake_aws.world());
            assert_eq!(ids.len(), 1, "{step}, {time}: {ids:?}");
            scene.assert_no_stage_without_certificate(&fake_aws.world(), step);
            if time == "second" && !step.starts_with("test") {
                assert_eq!(operations(&fake_aws, true), Vec::<&str>::new(), "{step}");
            }
            if step.starts_with("start") {
                scene.accept(&mut fake_aws.world(), &[&scene.old, &ids[0]]);
            }
        }
    }
    for time in ["first", "second"] {
        let run = rotate(&fake_aws, &format!("cancel {} --yes", label(&scene.web_socket)));
        assert_eq!(run.status, 0, "{time}: {}{}", run.out, run.err);
    }
}

#[test]
fn a_dry_run_prints_commands_and_a_step_without_a_yes_does_nothing() {
    for (reached, step, commands) in [
        (
            Reached::Nothing,
            "start TARGET",
            &["aws apigateway generate-client-certificate", "stagecert:replaces"][..],
        ),
        (
            Reached::Started,
            "test TARGET --path /r0",
            &["aws apigateway test-invoke-method", "stagecert:tested"],
        ),
        (Reached::Tested, "switch TARGET", &["aws apigateway update-stage", "stagecert:switched"]),
        (Reached::Switched, "rollback TARGET", &["aws apigateway update-stage", "untag-resource"]),
        (
            Reached::Switched,
            "finish TARGET",
            &["delete-client-certificate", "stagecert:rotated", "untag-resource"],
        ),
        (Reached::Tested, "cancel TARGET", &["aws apigateway delete-client-certificate"]),
    ] {
        let (world, scene, _) = rotation(3, reached);
        let fake_aws = serve(world);
        let step = step.replace("TARGET", &scene.target());
        let dry = rotate(&fake_aws, &format!("{step} --dry-run"));
        assert_eq!(dry.status, 0, "{step}: {}{}", dry.out, dry.err);
        for command in commands {
            assert!(dry.out.contains(command), "{step}: {}", dry.out);
        }
        let unconfirmed = rotate(&fake_aws, &step);
        assert_eq!(unconfirmed.status, 1, "{step}: {}{}", unconfirmed.out, unconfirmed.err);
        assert!(unconfirmed.out.contains("--yes"), "{}", unconfirmed.out);
        assert_eq!(operations(&fake_aws, true), Vec::<&str>::new(), "{step}");
    }
}

#[test]
fn the_json_of_each_step_matches_its_schema() {
    let keys = ["newCertificate", "next", "oldCertificate", "problems", "since", "stages", "step"];
    for (reached, step, expected) in [
        (Reached::Nothing, "start TARGET --yes --output FOLDER", ("started", json!("test"))),
        (Reached::Started, "test TARGET --path /r0 --yes", ("tested", json!("switch"))),
        (Reached::Tested, "switch TARGET --yes", ("switched", json!("finish"))),
        (Reached::Switched, "rollback TARGET --yes", ("tested", json!("switch"))),
        (Reached::Switched, "finish TARGET --yes", ("finished", Value::Null)),
        (Reached::Started, "cancel TARGET --yes", ("cancelled", Value::Null)),
        (Reached::Switched, "status", ("settled", json!("finish"))),
    ] {
        let (world, scene, _) = rotation(4, reached);
        let fake_aws = serve(world);
        let folder = folder("json").display().to_string();
        let row = row(&fake_aws, &step.replace("TARGET", &scene.target()).replace("FOLDER", &folder));
        assert_eq!((row["step"].as_str().unwrap(), row["next"].clone()), expected, "{step}: {row}");
        assert_eq!(row["oldCertificate"], scene.old);
        assert_eq!(row["stages"].as_array().unwrap().len(), 2);
        assert_eq!(row.as_object().unwrap().keys().collect::<Vec<_>>(), keys);
    }
}

#[test]
fn a_backend_without_enforcement_is_recorded_and_does_not_block() {
    let (mut world, scene, new) = rotation(5, Reached::Started);
    world.region_mut(&scene.account, REGIONS[0]).options.backend = Backend::Open;
    let fake_aws = serve(world);
    let test = rotate(&fake_aws, &format!("test {} --path /r0 --yes", scene.target()));
    assert_eq!(test.status, 0, "{}{}", test.out, test.err);
    assert!(test.out.contains("not enforced: "), "{}", test.out);
    assert!(scene.tags(&fake_aws.world(), &new)["stagecert:tested"].ends_with("Z not-enforced"));
    assert_eq!(rotate(&fake_aws, &format!("switch {new} --yes")).status, 0);
    let row = row(&fake_aws, "status");
    assert!(
        row["problems"][0].as_str().unwrap().contains("accepted a request without a certificate"),
        "{row}"
    );
}
