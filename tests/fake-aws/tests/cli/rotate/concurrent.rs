//! Two people who start a rotation of the same stages at the same time.

use std::process::{Command, Output, Stdio};
use std::time::Duration;

use fake_aws::{FakeAws, Fault, Gate};

use super::account::{Scene, folder, scene, serve};
use crate::program::command;

const PATIENCE: Duration = Duration::from_secs(300);

fn start(fake_aws: &FakeAws, scene: &Scene) -> Command {
    let folder = folder("concurrent");
    let arguments = format!("rotate start {} --yes --output {}", scene.target(), folder.display());
    let mut command = command(fake_aws, &arguments, &[]);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn two_gates() -> [Gate; 2] {
    [Gate::default(), Gate::default()]
}

/// One certificate is left, one person has it, and the other's message names both.
fn assert_one_is_left(fake_aws: &FakeAws, scene: &Scene, outputs: &[Output; 2], context: &str) {
    let text = |output: &Output| {
        String::from_utf8_lossy(&[output.stdout.clone(), output.stderr.clone()].concat()).into_owned()
    };
    let mut statuses = outputs.each_ref().map(|output| output.status.code().unwrap());
    let shown = outputs.each_ref().map(text);
    statuses.sort_unstable();
    let left = scene.new_ids(&fake_aws.world());
    assert_eq!((left.len(), statuses), (1, [0, 1]), "{context}: {left:?} {shown:?}");
    let refused = shown.iter().find(|text| text.contains("refused: another rotation")).unwrap();
    assert!(refused.contains(&left[0]) && refused.contains("was deleted"), "{context}: {refused}");
    assert_eq!(fake_aws.log().count("GenerateClientCertificate"), 2);
}

#[test]
fn of_two_that_generate_at_the_same_moment_one_gives_way() {
    // The order of the ids differs between seeds.
    for seed in 30..33 {
        let (world, scene) = scene(seed);
        let fake_aws = serve(world);
        let (requests, responses) = (two_gates(), two_gates());
        // Neither generates before both have read what exists, and neither goes on before both have
        // generated. A held request is counted once more when it is processed.
        let faults = requests.iter().cloned().map(Fault::HoldRequest);
        let faults = faults.chain(responses.iter().cloned().map(Fault::HoldResponse));
        for (nth, fault) in faults.enumerate() {
            fake_aws.faults().at("GenerateClientCertificate", nth + 1, fault);
        }
        let both = [0, 1].map(|_| start(&fake_aws, &scene).spawn().unwrap());
        for gates in [requests, responses] {
            assert!(gates.iter().all(|gate| gate.wait_until_reached(PATIENCE)));
            gates.iter().for_each(Gate::open);
        }
        let outputs = both.map(|child| child.wait_with_output().unwrap());
        assert_one_is_left(&fake_aws, &scene, &outputs, &format!("seed {seed}"));
    }
}

#[test]
fn one_that_generates_after_the_other_has_gone_on_gives_way_whatever_the_ids() {
    for seed in 40..43 {
        let (world, scene) = scene(seed);
        let fake_aws = serve(world);
        let gate = Gate::default();
        // The first call is held, so the person whose call is second goes on first.
        fake_aws.faults().at("GenerateClientCertificate", 1, Fault::HoldRequest(gate.clone()));
        let late = start(&fake_aws, &scene).spawn().unwrap();
        assert!(gate.wait_until_reached(PATIENCE));
        let first = start(&fake_aws, &scene).output().unwrap();
        assert_eq!(first.status.code(), Some(0), "{}", String::from_utf8_lossy(&first.stderr));
        gate.open();
        let outputs = [first, late.wait_with_output().unwrap()];
        assert_eq!(outputs[1].status.code(), Some(1));
        assert_one_is_left(&fake_aws, &scene, &outputs, &format!("seed {seed}"));
    }
}
