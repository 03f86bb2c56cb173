use std::fs;

use fake_aws::World;
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::account::{Reached, folder, label, rotate, rotation, row, rows, scene, serve};
use crate::program::REGIONS;

fn probes(server: Value) -> String {
    json!({"probeVersion": 1, "probes": [{
        "url": "https://backend.example.com/", "host": "backend.example.com", "port": 443,
        "address": null, "verdict": "enforced", "text": "refused", "problems": [],
        "asked": true, "hints": [], "hintCount": 0, "protocol": null, "server": server,
        "withoutCertificate": {"tls13": null, "tls12": null},
        "impostor": null, "stages": [], "at": "2026-11-21T12:00:00Z",
    }]})
    .to_string()
}

fn tag_stage(world: &mut World, account: &str, arn: &str, value: &str) {
    world.tag(account, REGIONS[0], arn, &[("aws:cloudformation:stack-name", value)]);
}

#[test]
fn a_plan_names_what_a_rotation_affects() {
    let (mut world, scene) = scene(20);
    tag_stage(&mut world, &scene.account, &scene.stages[0], "payments-api");
    let fake_aws = serve(world);
    let plan = rotate(&fake_aws, &format!("plan {}", scene.target()));
    assert_eq!(plan.status, 0, "{}", plan.err);
    for expected in [
        format!("certificate {}: expires at ", scene.old),
        "owner team-pay".into(),
        "2 stages have it, so they are rotated together".into(),
        format!("stage {} (payments)", label(&scene.stages[0])),
        format!("stage {} (orders)", label(&scene.stages[1])),
        "managed by the CloudFormation stack payments-api: change its template too".into(),
        "if Terraform manages it".into(),
        "backend backend.example.com:443: unknown server".into(),
        "3 exist, and the quota is 60".into(),
        "next: stagecert rotate start".into(),
    ] {
        assert!(plan.out.contains(&expected), "{expected}: {}", plan.out);
    }
    assert!(fake_aws.log().calls().iter().all(|call| call.operation.starts_with("Get")));
}

#[test]
fn the_server_header_of_a_probe_shows_whether_the_overlap_breaks_a_backend() {
    let (world, scene) = scene(21);
    let fake_aws = serve(world);
    let file = folder("plan").join("probes.json");
    for (server, overlap, text) in [
        (json!("nginx/1.24.0"), "breaks", "nginx uses OpenSSL"),
        (json!("Jetty(12)"), "works", "Java accepts both"),
        (Value::Null, "unknown", "unknown server"),
    ] {
        fs::write(&file, probes(server)).unwrap();
        let arguments = format!("plan {} --probes {}", scene.target(), file.display());
        let plan = rotate(&fake_aws, &arguments);
        assert!(plan.out.contains(text), "{}{}", plan.out, plan.err);
        let row = row(&fake_aws, &arguments);
        assert_eq!(row["plan"]["stages"][0]["backends"][0]["overlap"], overlap, "{row}");
    }
}

#[test]
fn expiring_certificates_in_use_are_planned_the_earliest_first() {
    let (world, scene) = scene(22);
    let fake_aws = serve(world);
    let planned = |options: &str| -> Vec<String> {
        let rows = rows(&fake_aws, &format!("plan --expiring {options}"));
        rows.iter().map(|row| row["oldCertificate"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(planned(""), std::slice::from_ref(&scene.old));
    assert_eq!(planned("--param expiryWindowDays=300"), [scene.old.clone(), scene.other.clone()]);
    assert_eq!(planned("--param expiryWindowDays=1"), Vec::<String>::new());
}

#[test]
fn an_acm_certificate_is_not_rotated() {
    let (mut world, scene) = scene(23);
    let valid = SignedDuration::from_hours(24 * 395);
    let arn = world.add_acm_certificate(
        &scene.account,
        REGIONS[0],
        "PRIVATE",
        -SignedDuration::from_hours(24),
        valid,
        fake_aws::Tags::new(),
    );
    world.attach_certificate(&scene.stages[1], &arn);
    let fake_aws = serve(world);
    let target = label(&scene.stages[1]);
    assert_eq!(row(&fake_aws, &format!("plan {target}"))["step"], "renewed-in-place");
    let plan = rotate(&fake_aws, &format!("plan {target}"));
    assert!(
        plan.status == 0 && plan.out.contains("there is nothing to rotate\n  watch: "),
        "{}{}",
        plan.out,
        plan.err
    );
    let start = rotate(&fake_aws, &format!("start {target} --yes"));
    assert!(start.status == 1 && start.out.contains("has an ACM certificate"), "{}{}", start.out, start.err);
}

#[test]
fn a_rotation_in_progress_is_shown_by_plan_and_status_with_its_problems() {
    let (mut world, scene, new) = rotation(24, Reached::Tested);
    world.attach_certificate(&scene.web_socket, &scene.old);
    let fake_aws = serve(world);
    let problem = format!("stage {} has the old certificate too", label(&scene.web_socket));
    for arguments in [format!("plan {}", scene.target()), "status".into()] {
        let run = rotate(&fake_aws, &arguments);
        assert_eq!(run.status, 0, "{}", run.err);
        assert!(run.out.contains(&problem), "{}", run.out);
        assert!(run.out.contains("in progress for 30 hours"), "{}", run.out);
        assert!(run.out.contains(&format!("next: stagecert rotate switch {new}")), "{}", run.out);
        assert_eq!(row(&fake_aws, &arguments)["newCertificate"], json!(new));
    }
}

#[test]
fn a_certificate_with_tags_of_an_unknown_form_is_listed_as_a_problem() {
    let (mut world, scene, new) = rotation(25, Reached::Tested);
    scene.retag(&mut world, &new, "stagecert:stages", Some("everything"));
    let fake_aws = serve(world);
    let row = row(&fake_aws, "status");
    assert_eq!((&row["step"], &row["newCertificate"]), (&json!("unknown"), &json!(new)));
    assert!(row["problems"][0].as_str().unwrap().contains("\"everything\" is not allowed"), "{row}");
}
