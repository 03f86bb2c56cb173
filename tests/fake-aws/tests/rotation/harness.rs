//! The proof can fail: a rotation in the wrong order loses requests, one in the right order loses
//! none.

use fake_aws::Tags;

use crate::backends::{Kind, kinds_that_overlap};
use crate::scene::{ACCOUNT, ApiPlan, REGION, SHORT, Scene, arn};

/// A step of a rotation by hand.
#[derive(Clone, Copy, Debug)]
enum Step {
    AddNew,
    Switch,
    RemoveOld,
    DeleteOld,
}

use Step::{AddNew, DeleteOld, RemoveOld, Switch};

/// Rotates the certificate of one API with two stages in this order, and returns the number of
/// requests that were served and those that were lost. Every stage is called after each step.
fn rotate(kind: Kind, stale_requests: u32, steps: &[Step]) -> (u64, Vec<String>) {
    let mut scene = Scene::new(&[ApiPlan { backend: kind, stages: 2 }], SHORT);
    let old = scene.apis[0].certificate.clone();
    let old_pem = scene.pem(&old);
    let new = {
        let mut world = scene.fake_aws.world();
        world.region_mut(ACCOUNT, REGION).options.stale_requests = stale_requests;
        world.generate_certificate(ACCOUNT, REGION, Tags::new())
    };
    let new_pem = scene.pem(&new);
    for step in steps {
        match step {
            AddNew => scene.apis[0].backend.trust(&new_pem),
            RemoveOld => scene.apis[0].backend.distrust(&old_pem),
            Switch => {
                for stage in &scene.apis[0].stages {
                    scene.fake_aws.world().attach_certificate(&arn(stage), &new);
                    scene.load.round();
                }
            }
            DeleteOld => scene.fake_aws.world().delete_certificate(ACCOUNT, REGION, &old),
        }
        // Twice, because every other request may have the old certificate.
        scene.load.round();
        scene.load.round();
    }
    (scene.load.requests(), scene.load.lost())
}

#[test]
fn the_right_order_loses_no_request() {
    for kind in kinds_that_overlap() {
        let (requests, lost) = rotate(kind, 0, &[AddNew, Switch, RemoveOld, DeleteOld]);
        assert!(lost.is_empty(), "{kind:?}: {lost:?}");
        println!("{kind:?}: {requests} requests, 0 lost");
    }
}

#[test]
fn every_wrong_order_loses_requests() {
    let orders: [&[Step]; 4] = [
        &[Switch, AddNew, RemoveOld],
        &[AddNew, RemoveOld, Switch],
        &[RemoveOld, AddNew, Switch],
        &[AddNew, DeleteOld, Switch],
    ];
    for (at, kind) in kinds_that_overlap().into_iter().enumerate() {
        // Every order with one kind, and the first with all kinds.
        for steps in &orders[..if at == 0 { orders.len() } else { 1 }] {
            let (_, lost) = rotate(kind, 0, steps);
            assert!(!lost.is_empty(), "{kind:?}: {steps:?}");
        }
    }
}

#[test]
fn openssl_refuses_the_second_certificate_of_a_bundle() {
    let (_, lost) = rotate(Kind::NodeBundle, 0, &[AddNew]);
    assert!(lost.is_empty(), "the old certificate is the first: {lost:?}");
    let (_, lost) = rotate(Kind::NodeBundle, 0, &[AddNew, Switch]);
    assert!(!lost.is_empty(), "the new certificate is the second");
}

#[test]
fn requests_have_the_old_certificate_for_a_while_after_a_switch() {
    let (_, lost) = rotate(Kind::Rustls, 4, &[AddNew, Switch, RemoveOld]);
    assert!(lost.is_empty(), "the owner waited until the change took effect: {lost:?}");
    let (_, lost) = rotate(Kind::Rustls, 10_000, &[AddNew, Switch, RemoveOld]);
    assert!(!lost.is_empty(), "the owner didn't wait");
}
