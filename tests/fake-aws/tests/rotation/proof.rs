//! Complete rotations with the real program under load.

use crate::backends::{Kind, kinds_that_overlap};
use crate::scene::{ApiPlan, SHORT, Scene, arn};

/// 20 stages with 12 certificates, behind all kinds of backends that accept two certificates.
fn twenty_stages() -> Vec<ApiPlan> {
    let kinds = kinds_that_overlap();
    let plan = |at: usize| ApiPlan { backend: kinds[at % kinds.len()], stages: if at < 8 { 2 } else { 1 } };
    (0..12).map(plan).collect()
}

#[test]
fn a_rotation_of_twenty_stages_loses_no_request() {
    let mut scene = Scene::new(&twenty_stages(), SHORT);
    let targets: Vec<String> = scene.apis.iter().map(|api| api.stages[0].clone()).collect();
    let targets = targets.join(" ");
    let run = scene.start(&targets);
    assert_eq!(run.status, 0, "{run:?}");
    scene.owner_adds_the_new_certificates();
    for step in [format!("test {targets} --path /r0 --yes"), format!("switch {targets} --yes")] {
        let run = scene.rotate(&step);
        assert_eq!(run.status, 0, "{step}: {run:?}");
        scene.load.round();
    }
    assert_eq!(scene.certificates().len(), 24);
    let run = scene.rotate(&format!("finish {targets} --yes"));
    assert_eq!(run.status, 1, "a day hasn't passed: {run:?}");
    assert_eq!(scene.certificates().len(), 24);
    scene.owner_removes_the_old_certificates();
    scene.load.round();
    scene.a_day_passes();
    let run = scene.rotate(&format!("finish {targets} --yes"));
    assert_eq!(run.status, 0, "{run:?}");
    scene.load.round();
    (0..scene.apis.len()).for_each(|api| scene.assert_rotated(api));
    scene.assert_nothing_lost("20 stages, 12 certificates");
}

#[test]
fn an_openssl_bundle_fails_the_test_and_the_switch_is_refused() {
    let plan = ApiPlan { backend: Kind::NodeBundle, stages: 2 };
    let mut scene = Scene::new(&[plan, plan], SHORT);
    for api in 0..2 {
        let target = scene.apis[api].stages[0].clone();
        let run = scene.start(&target);
        assert_eq!(run.status, 0, "{run:?}");
    }
    scene.owner_adds_the_new_certificates();
    for api in 0..2 {
        let (target, old) = (scene.apis[api].stages[0].clone(), scene.apis[api].certificate.clone());
        for step in [format!("test {target} --path /r0 --yes"), format!("switch {target} --yes")] {
            let run = scene.rotate(&step);
            assert_eq!(run.status, 1, "{step}: {run:?}");
            scene.load.round();
        }
        assert!(scene.attached(api).iter().all(|id| id.as_ref() == Some(&old)));
    }
    scene.assert_nothing_lost("OpenSSL bundles, refused");
    // What the refusal prevents.
    let target = scene.apis[0].stages[0].clone();
    let run = scene.rotate(&format!("switch {target} --untested --yes"));
    assert_eq!(run.status, 0, "{run:?}");
    scene.load.round();
    let run = scene.rotate(&format!("rollback {target} --yes"));
    assert_eq!(run.status, 0, "{run:?}");
    scene.load.round();
    let lost = scene.load.lost().len();
    assert!(lost > 0, "a switch without a test loses requests");
    for api in 0..2 {
        let target = scene.apis[api].stages[0].clone();
        let run = scene.rotate(&format!("cancel {target} --yes"));
        assert_eq!(run.status, 0, "{run:?}");
    }
    let left: Vec<String> = scene.apis.iter().map(|api| api.certificate.clone()).collect();
    let mut certificates = scene.certificates();
    certificates.retain(|id| !left.contains(id));
    assert_eq!(certificates, Vec::<String>::new(), "the new certificates are deleted");
    scene.load.round();
    assert_eq!(scene.load.lost().len(), lost, "nothing is lost after the rollback");
}

#[test]
fn a_backend_that_does_not_trust_the_new_certificate_fails_the_test() {
    let kinds = kinds_that_overlap();
    let plans: Vec<_> = kinds.iter().map(|&backend| ApiPlan { backend, stages: 1 }).collect();
    let scene = Scene::new(&plans, SHORT);
    for (api, kind) in scene.apis.iter().zip(&kinds) {
        let target = &api.stages[0];
        assert_eq!(scene.start(target).status, 0);
        for step in [format!("test {target} --path /r0 --yes"), format!("switch {target} --yes")] {
            let run = scene.rotate(&step);
            assert_eq!(run.status, 1, "{kind:?}: {step}: {run:?}");
            scene.load.round();
        }
    }
    scene.assert_nothing_lost("backends whose owners did nothing");
}

#[test]
fn all_backends_of_a_shared_certificate_must_trust_the_new_one() {
    let mut scene =
        Scene::new(&[Kind::Rustls, Kind::NodePinned].map(|backend| ApiPlan { backend, stages: 1 }), SHORT);
    let shared = scene.apis[0].certificate.clone();
    let pem = scene.pem(&shared);
    scene.apis[1].backend.trust(&pem);
    scene.fake_aws.world().attach_certificate(&arn(&scene.apis[1].stages[0]), &shared);
    let target = scene.apis[1].stages[0].clone();
    assert_eq!(scene.start(&target).status, 0);
    // Only the owner of the first backend adds it.
    scene.owner_adds_the_new_certificates();
    let steps = [format!("test {target} --path /r0 --yes"), format!("switch {target} --yes")];
    for (step, status) in [(&steps[0], 1), (&steps[1], 1)] {
        let run = scene.rotate(step);
        assert_eq!(run.status, status, "{step}: {run:?}");
        scene.load.round();
    }
    let [new] = &scene.new_certificates(0)[..] else { panic!("one new certificate") };
    let pem = scene.pem(new);
    scene.apis[1].backend.trust(&pem);
    for step in &steps {
        let run = scene.rotate(step);
        assert_eq!(run.status, 0, "{step}: {run:?}");
        scene.load.round();
    }
    let attached = [0, 1].map(|api| scene.attached(api));
    assert!(attached.iter().flatten().all(|id| id.as_ref() == Some(new)), "{attached:?}");
    scene.assert_nothing_lost("a certificate of two backends");
}

#[test]
fn a_gateway_that_presents_both_certificates_for_a_while_loses_no_request() {
    let mut scene = Scene::new(&[ApiPlan { backend: Kind::Rustls, stages: 2 }], SHORT);
    scene.set_stale_requests(6);
    let target = scene.apis[0].stages[0].clone();
    assert_eq!(scene.start(&target).status, 0);
    scene.owner_adds_the_new_certificates();
    for step in ["test", "switch", "rollback", "switch"] {
        let path = if step == "test" { "--path /r0" } else { "" };
        let run = scene.rotate(&format!("{step} {target} {path} --yes"));
        assert_eq!(run.status, 0, "{step}: {run:?}");
        // The next step begins while both certificates are presented.
        scene.load.round();
    }
    // Six requests after the switch, the change has taken effect.
    (0..6).for_each(|_| scene.load.round());
    scene.owner_removes_the_old_certificates();
    scene.a_day_passes();
    let run = scene.rotate(&format!("finish {target} --yes"));
    assert_eq!(run.status, 0, "{run:?}");
    scene.load.round();
    scene.assert_rotated(0);
    scene.assert_nothing_lost("both certificates for a while");
}
