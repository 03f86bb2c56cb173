//! States in which a step would do harm if it trusted the tags, or the order of two calls.

use fake_aws::{ApiKind, Tags};
use jiff::SignedDuration;

use crate::interrupted::{arguments, complete, scene};
use crate::program::{Held, ProgramRun, When};
use crate::scene::{ACCOUNT, REGION, Scene};

/// The number of the call of an operation in a step that isn't interrupted, and the world before
/// it.
fn number_of_call(scene: &mut Scene, step: &str, operation: &str) -> usize {
    let before = scene.fake_aws.world().clone();
    scene.fake_aws.log().clear();
    let run = scene.rotate(&arguments(scene, step));
    assert_eq!(run.status, 0, "{run:?}");
    let calls = scene.fake_aws.log().calls();
    *scene.fake_aws.world() = before;
    calls.iter().position(|call| call.operation == operation).expect("the step makes this call") + 1
}

#[test]
fn a_switch_that_was_killed_before_it_was_recorded_is_not_settled() {
    let mut scene = scene();
    complete(&mut scene, &["start", "test"], "before");
    let tag = number_of_call(&mut scene, "switch", "TagResource");
    scene.rotate_until(&arguments(&scene, "switch"), tag, When::Before).unwrap().kill();
    scene.a_day_passes();
    let run = scene.rotate(&arguments(&scene, "finish"));
    assert_eq!((run.status, scene.certificates().len()), (1, 2), "{run:?}");
}

#[test]
fn a_switch_after_a_rollback_that_was_killed_must_settle_again() {
    let mut scene = scene();
    complete(&mut scene, &["start", "test", "switch"], "before");
    scene.a_day_passes();
    let untag = number_of_call(&mut scene, "rollback", "UntagResource");
    let update = number_of_call(&mut scene, "rollback", "UpdateStage");
    let world = scene.fake_aws.world().clone();
    for nth in update + 1..=untag {
        *scene.fake_aws.world() = world.clone();
        scene.rotate_until(&arguments(&scene, "rollback"), nth, When::Before).unwrap().kill();
        complete(&mut scene, &["switch"], "after a killed rollback");
        let run = scene.rotate(&arguments(&scene, "finish"));
        assert_eq!((run.status, scene.certificates().len()), (1, 2), "killed before call {nth}: {run:?}");
    }
}

#[test]
fn a_stage_that_gets_the_old_certificate_later_keeps_it() {
    let mut scene = scene();
    complete(&mut scene, &["start", "test", "switch"], "before");
    scene.a_day_passes();
    let old = scene.apis[0].certificate.clone();
    let world = scene.fake_aws.world().clone();
    for kind in [ApiKind::Rest, ApiKind::WebSocket] {
        *scene.fake_aws.world() = world.clone();
        let stage = {
            let mut world = scene.fake_aws.world();
            let api = world.create_api(ACCOUNT, REGION, kind, "late", &["HTTP_PROXY"]);
            let (stage, _) = world.create_stage(&api, "live");
            world.attach_certificate(&stage, &old);
            format!("{api}/live")
        };
        let run = scene.rotate(&arguments(&scene, "finish"));
        assert_eq!(run.status, 1, "{run:?}");
        let text = run.out.clone() + &run.err;
        assert!(text.contains(&stage) && scene.certificates().contains(&old), "{run:?}");
    }
    scene.assert_nothing_lost_after("finish");
}

#[test]
fn both_stages_of_a_certificate_start_one_rotation() {
    let scene = scene();
    let run = scene.start(&scene.apis[0].stages.join(" "));
    assert_eq!((run.status, scene.new_certificates(0).len()), (0, 1), "{run:?}");
}

#[test]
fn of_two_starts_that_see_each_other_at_most_one_goes_on() {
    // How many seconds later the second certificate was created.
    for later in [0, 5] {
        two_starts_that_see_each_other(later);
    }
}

fn two_starts_that_see_each_other(later: i64) {
    let mut scene = scene();
    let generate = number_of_call(&mut scene, "start", "GenerateClientCertificate");
    // How often each of the two has had the smaller id.
    let mut orders = [0, 0];
    while orders.contains(&0) {
        let before = {
            // The next ids are others.
            let mut world = scene.fake_aws.world();
            let spare = world.generate_certificate(ACCOUNT, REGION, Tags::new());
            world.delete_certificate(ACCOUNT, REGION, &spare);
            world.clone()
        };
        // Both have seen that there is no rotation.
        let start = || scene.rotate_until(&arguments(&scene, "start"), generate, When::Before).unwrap();
        let (first, second) = (start(), start());
        let first = first.resume_until(&scene, "GetClientCertificates").unwrap();
        let of_first = scene.new_certificates(0)[0].clone();
        let second = second.resume_until(&scene, "GetClientCertificates").unwrap();
        let both = scene.new_certificates(0);
        let of_second = both.iter().find(|id| **id != of_first).unwrap();
        created_later(&scene, &of_first, of_second, SignedDuration::from_secs(later));
        // Both see both certificates before either is deleted.
        let first = first.resume_until(&scene, "DeleteClientCertificate");
        let second = second.resume();
        let first = first.map_or_else(|run| run, Held::resume);
        let left = scene.new_certificates(0);
        let runs = format!("{later} s later, {both:?}: {first:?} {second:?}");
        // At most one goes on. The older certificate is left, unless both are from the same second:
        // then either may have gone on before, so if neither does, both are gone.
        let done = |run: &ProgramRun| run.status == 0;
        assert!(left.len() == 1 || (later == 0 && left.is_empty()), "{runs}");
        assert!([&first, &second].into_iter().filter(|run| done(run)).count() <= left.len(), "{runs}");
        // A person whose certificate is gone learns the ids of both.
        for gone in [first, second].iter().filter(|run| !done(run)) {
            assert_eq!(gone.status, 1, "{runs}");
            assert!(both.iter().all(|id| gone.out.contains(id) || gone.err.contains(id)), "{runs}");
        }
        orders[usize::from(of_first == both[0])] += 1;
        *scene.fake_aws.world() = before;
    }
}

/// The second of two certificates was created this much later than the first.
fn created_later(scene: &Scene, first: &str, second: &str, later: SignedDuration) {
    let mut world = scene.fake_aws.world();
    let certificates = &mut world.region_mut(ACCOUNT, REGION).certificates;
    let (from, until) = (certificates[first].not_before, certificates[first].not_after);
    let second = certificates.get_mut(second).unwrap();
    (second.not_before, second.not_after) = (from + later, until + later);
}
