//! `rotate switch --watch`: the metrics of the gateway decide whether a switch remains.

use fake_aws::ApiKind;

use crate::interrupted::scene;
use crate::scene::{ACCOUNT, REGION};

/// The stage of the scene, and its rotation after `start`.
fn started() -> (crate::scene::Scene, String) {
    let scene = scene();
    let stage = scene.apis[0].stages[0].clone();
    let run = scene.start(&stage);
    assert_eq!(run.status, 0, "{run:?}");
    (scene, stage)
}

#[test]
fn a_switch_that_loses_requests_is_rolled_back() {
    // The backend's owner has done nothing.
    let (scene, stage) = started();
    let old = scene.apis[0].certificate.clone();
    let run = scene.rotate(&format!("switch {stage} --untested --watch 150s --watch-interval 1s --yes"));
    assert_eq!(run.status, 1, "{run:?}");
    assert!(run.out.contains("more 5xx responses: ") && run.out.contains("rolled back: "), "{run:?}");
    assert!(scene.attached(0).iter().all(|it| it.as_ref() == Some(&old)), "{run:?}");
    // The rotation can go on after its owner has acted.
    let status = scene.rotate("status");
    assert!(status.out.contains(&stage) && status.status == 0, "{status:?}");
}

#[test]
fn without_enough_requests_a_watch_says_that_nothing_was_observed() {
    let (mut scene, stage) = started();
    scene.owner_adds_the_new_certificates();
    // The minute of the switch doesn't count.
    let run = scene.rotate(&format!("switch {stage} --untested --watch 1s --watch-interval 1s --yes"));
    assert_eq!(run.status, 0, "{run:?}");
    let text = run.out.clone() + &run.err;
    assert!(text.contains("nothing observed: ") || text.contains("not worse: "), "{run:?}");
    assert!(!text.contains("fine"), "{run:?}");
    scene.assert_nothing_lost_after("a watched switch");
}

#[test]
fn a_name_that_two_apis_have_is_refused_before_the_switch() {
    let (scene, stage) = started();
    let old = scene.apis[0].certificate.clone();
    {
        let mut world = scene.fake_aws.world();
        let id = stage.split('/').next().unwrap();
        let name = world.region(ACCOUNT, REGION).apis[id].name.clone();
        let other = world.create_api(ACCOUNT, REGION, ApiKind::Rest, &name, &["HTTP_PROXY"]);
        world.create_stage(&other, "live");
    }
    let run = scene.rotate(&format!("switch {stage} --untested --watch 1s --yes"));
    assert_eq!(run.status, 1, "{run:?}");
    assert!((run.out.clone() + &run.err).contains("can't be watched: API "), "{run:?}");
    assert!(scene.attached(0).iter().all(|it| it.as_ref() == Some(&old)), "{run:?}");
}
