use fake_aws::{Fault, Tags};

use super::account::{Reached, ago, folder, label, rotate, rotation, row, scene, serve};
use crate::program::REGIONS;

#[test]
fn an_openssl_bundle_that_accepts_only_the_old_certificate_blocks_the_switch() {
    let (mut world, scene, new) = rotation(10, Reached::Tested);
    scene.accept(&mut world, &[&scene.old]);
    let fake_aws = serve(world);
    let test = rotate(&fake_aws, &format!("test {} --path /r0 --yes", scene.target()));
    assert_eq!(test.status, 1, "{}{}", test.out, test.err);
    assert!(test.out.contains("refused: not accepted: stage "), "{}", test.out);
    // The record of the earlier test is gone.
    assert!(!scene.tags(&fake_aws.world(), &new).contains_key("stagecert:tested"));
    let switch = rotate(&fake_aws, &format!("switch {} --yes", scene.target()));
    assert_eq!(switch.status, 1, "{}", switch.err);
    assert!(switch.out.contains("was not tested"), "{}", switch.out);
    let row = row(&fake_aws, &format!("switch {} --yes", scene.target()));
    assert!(row["problems"][0].as_str().unwrap().contains("was not tested"), "{row}");
    assert_eq!(fake_aws.log().count("UpdateStage"), 0);
}

#[test]
fn refusals_name_what_was_found_and_change_nothing() {
    for (name, reached, step, expected) in [
        ("started", Reached::Started, "switch TARGET", "was not tested: run `stagecert rotate test` first"),
        ("test too old", Reached::Started, "switch TARGET", "is more than one day old"),
        ("changed", Reached::Tested, "switch TARGET", "neither the old nor the new certificate"),
        ("changed", Reached::Tested, "test TARGET --path /r0", "neither the old nor the new certificate"),
        ("old expired", Reached::Switched, "rollback TARGET", "has expired at"),
        ("still used", Reached::Switched, "finish TARGET", "still has certificate"),
        ("shared by WebSocket", Reached::Switched, "finish TARGET", "still has certificate"),
        ("not recorded", Reached::Switched, "finish TARGET", "not all stages were switched"),
        ("in use", Reached::Switched, "cancel TARGET", "still have certificate"),
        ("malformed", Reached::Tested, "switch TARGET", "tag stagecert:tested of certificate"),
        ("malformed", Reached::Tested, "start TARGET", "tag stagecert:tested of certificate"),
        ("second rotation", Reached::Tested, "switch TARGET", "are both the new certificate of a rotation"),
        ("second rotation", Reached::Tested, "start TARGET", "are both the new certificate of a rotation"),
        ("second rotation", Reached::Tested, "cancel TARGET", "are both the new certificate of a rotation"),
    ] {
        let (mut world, scene, new) = rotation(11, reached);
        let first = &scene.stages[0];
        match name {
            "test too old" => scene.retag(&mut world, &new, "stagecert:tested", Some(&ago(25))),
            "changed" => drop(world.attach_certificate(&scene.stages[1], &scene.other)),
            "old expired" => world.advance_days(20),
            "still used" => drop(world.attach_certificate(first, &scene.old)),
            "shared by WebSocket" => drop(world.attach_certificate(&scene.web_socket, &scene.old)),
            "not recorded" => scene.retag(&mut world, &new, "stagecert:switched", None),
            "malformed" => scene.retag(&mut world, &new, "stagecert:tested", Some("yes")),
            "second rotation" => {
                let tags = scene.tags(&world, &new);
                world.generate_certificate(&scene.account, REGIONS[0], tags);
            }
            _ => {}
        }
        let fake_aws = serve(world);
        let folder = folder("refused").display().to_string();
        let output = if step.starts_with("start") { format!("--output {folder}") } else { String::new() };
        let run = rotate(&fake_aws, &format!("{} --yes {output}", step.replace("TARGET", &scene.target())));
        assert_eq!(run.status, 1, "{name}, {step}: {}{}", run.out, run.err);
        assert!(run.out.contains(expected), "{name}, {step}: {}", run.out);
        let writes = fake_aws.log().calls();
        let writes: Vec<_> =
            writes.iter().map(|it| it.operation).filter(|it| !it.starts_with("Get")).collect();
        assert_eq!(writes, Vec::<&str>::new(), "{name}, {step}");
    }
}

#[test]
fn one_of_two_rotations_is_cancelled_by_its_certificate() {
    let (mut world, scene, new) = rotation(12, Reached::Started);
    let second = world.generate_certificate(&scene.account, REGIONS[0], scene.tags(&world, &new));
    let fake_aws = serve(world);
    assert_eq!(rotate(&fake_aws, &format!("cancel {second} --yes")).status, 0);
    assert_eq!(scene.new_ids(&fake_aws.world()), [new]);
}

#[test]
fn what_a_person_mistyped_is_an_error() {
    let (mut world, scene, _) = rotation(13, Reached::Started);
    let bare = world
        .home_of(&scene.stages[0])
        .map(|_| scene.stages[0].rsplit_once("/stages/").unwrap().0.to_owned());
    let api = bare.unwrap().rsplit('/').next().unwrap().to_owned();
    world.create_stage(&api, "bare");
    let fake_aws = serve(world);
    let target = scene.target();
    for (arguments, status, expected) in [
        ("start nosuch/prod --yes".to_owned(), 2, "there is no stage nosuch/prod"),
        ("start nosuch1 --yes".to_owned(), 2, "there is no generated certificate nosuch1"),
        ("start a/b/c --yes".to_owned(), 2, "expected API/STAGE"),
        (format!("start {target} --yes --output /nosuch"), 2, "--output /nosuch"),
        (format!("start {api}/bare --yes"), 1, "has no certificate"),
        (format!("start {} --yes", scene.unused), 1, "no stage has certificate"),
        (format!("test {target} --yes"), 2, "--path"),
        (format!("test {target} --path r0 --yes"), 2, "expected a path that starts with /"),
        (format!("test {target} --path /nosuch --yes"), 2, "matches no resource"),
        (format!("test {target} --path /r0 --method POST --yes"), 2, "[possible values: GET, HEAD, OPTIONS]"),
        (format!("test {target} --path {target}=/r0 --yes"), 2, "no path is given for stage"),
        (format!("finish {target} --settle 1.5h"), 2, "expected a duration"),
        (format!("switch {} --yes", label(&scene.web_socket)), 1, "no rotation is in progress"),
        (format!("switch {target} --yes --event-bus default"), 2, "event-bus/NAME"),
        ("switch --yes".to_owned(), 2, "API/STAGE"),
    ] {
        let run = rotate(&fake_aws, &arguments);
        assert_eq!(run.status, status, "{arguments}: {}{}", run.out, run.err);
        assert!(
            run.out.contains(expected) || run.err.contains(expected),
            "{arguments}: {}{}",
            run.out,
            run.err
        );
    }
}

#[test]
fn a_web_socket_stage_is_only_switched_untested() {
    let (world, scene) = scene(14);
    let fake_aws = serve(world);
    let target = label(&scene.web_socket);
    let start =
        rotate(&fake_aws, &format!("start {target} --yes --output {}", folder("websocket").display()));
    assert_eq!(start.status, 0, "{}{}", start.out, start.err);
    assert!(start.out.contains("--untested"), "{}", start.out);
    let test = rotate(&fake_aws, &format!("test {target} --path / --yes"));
    assert!(test.status == 1 && test.out.contains("`stagecert probe`"), "{}", test.out);
    let switch = rotate(&fake_aws, &format!("switch {target} --yes"));
    assert!(switch.status == 1 && switch.out.contains("`--untested`"), "{}", switch.out);
    assert_eq!(rotate(&fake_aws, &format!("switch {target} --yes --untested")).status, 0);
    assert_ne!(scene.attached(&fake_aws.world(), &scene.web_socket), Some(scene.other));
}

#[test]
fn a_full_quota_lists_the_certificates_that_no_stage_has() {
    let (mut world, scene) = scene(15);
    for _ in 0..57 {
        world.generate_certificate(&scene.account, REGIONS[0], Tags::new());
    }
    let fake_aws = serve(world);
    let plan = rotate(&fake_aws, &format!("plan {}", scene.target()));
    assert!(plan.out.contains("60 exist") && plan.out.contains("58 are used by no stage"), "{}", plan.out);
    let start =
        rotate(&fake_aws, &format!("start {} --yes --output {}", scene.target(), folder("quota").display()));
    assert_eq!(start.status, 1, "{}{}", start.out, start.err);
    assert!(
        start.out.starts_with("refused: the quota of client certificates is used up; no stage"),
        "{}",
        start.out
    );
    assert!(start.out.contains(" and 38 more: delete those"), "{}", start.out);
    assert_eq!(scene.new_ids(&fake_aws.world()), Vec::<String>::new());
}

#[test]
fn too_many_tags_are_refused_before_a_certificate_is_generated() {
    let (mut world, scene) = scene(16);
    for n in 0..46 {
        scene.retag(&mut world, &scene.old, &format!("key{n}"), Some("value"));
    }
    let fake_aws = serve(world);
    let start = format!("start {} --yes --output {}", scene.target(), folder("tags").display());
    let run = rotate(&fake_aws, &start);
    assert!(run.status == 1 && run.out.contains("are 52, and AWS allows 50"), "{}{}", run.out, run.err);
    assert_eq!(fake_aws.log().count("GenerateClientCertificate"), 0);
    for n in 0..2 {
        scene.retag(&mut fake_aws.world(), &scene.old, &format!("key{n}"), None);
    }
    assert_eq!(rotate(&fake_aws, &start).status, 0);
}

#[test]
fn a_stage_that_was_deleted_does_not_stop_the_others() {
    let (mut world, scene, new) = rotation(17, Reached::Tested);
    world.delete_stage(&scene.stages[1]);
    let fake_aws = serve(world);
    for step in ["switch", "finish"] {
        if step == "finish" {
            scene.retag(&mut fake_aws.world(), &new, "stagecert:switched", Some(&ago(24)));
        }
        let run = rotate(&fake_aws, &format!("{step} {new} --yes"));
        assert_eq!(run.status, 0, "{step}: {}{}", run.out, run.err);
    }
    assert_eq!(scene.attached(&fake_aws.world(), &scene.stages[0]), Some(new));
    assert!(!scene.exists(&fake_aws.world(), &scene.old));
}

#[test]
fn a_stage_that_changes_between_two_calls_is_not_overwritten() {
    let (world, scene, new) = rotation(18, Reached::Tested);
    let fake_aws = serve(world);
    let (second, other) = (scene.stages[1].clone(), scene.other.clone());
    // The first stage is read before and after its change.
    fake_aws.faults().at(
        "GetStage",
        3,
        Fault::before(move |world| drop(world.attach_certificate(&second, &other))),
    );
    let switch = rotate(&fake_aws, &format!("switch {new} --yes"));
    let (one, two) = (&scene.stages[0], &scene.stages[1]);
    let (first, changed) = if label(one) < label(two) { (one, two) } else { (two, one) };
    if *changed == scene.stages[1] {
        assert_eq!(switch.status, 1, "{}{}", switch.out, switch.err);
        assert_eq!(scene.attached(&fake_aws.world(), first), Some(new.clone()));
        assert!(!scene.tags(&fake_aws.world(), &new).contains_key("stagecert:switched"));
        let rollback = rotate(&fake_aws, &format!("rollback {new} --yes"));
        assert_eq!(rollback.status, 0, "{}{}", rollback.out, rollback.err);
        assert!(rollback.out.contains("left alone"), "{}", rollback.out);
        assert_eq!(scene.attached(&fake_aws.world(), first), Some(scene.old.clone()));
    }
    assert_eq!(scene.attached(&fake_aws.world(), &scene.stages[1]), Some(scene.other.clone()));
}

#[test]
fn a_certificate_is_only_deleted_if_all_stages_could_be_read() {
    for (step, reached) in [("finish", Reached::Switched), ("cancel", Reached::Tested)] {
        for operation in ["GetRestApis", "GetApis", "GetStages", "GetClientCertificates"] {
            let (world, _, new) = rotation(19, reached);
            let fake_aws = serve(world);
            // The reads before the question succeed.
            let reads = if operation == "GetStages" { 4 } else { 2 };
            fake_aws.faults().at(operation, reads, Fault::AccessDenied);
            let run = rotate(&fake_aws, &format!("{step} {new} --yes"));
            assert_eq!(run.status, 2, "{step}, {operation}: {}{}", run.out, run.err);
            assert_eq!(fake_aws.log().count("DeleteClientCertificate"), 0, "{step}, {operation}");
        }
    }
}
