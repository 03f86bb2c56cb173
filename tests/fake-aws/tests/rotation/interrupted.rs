//! Every step is interrupted at every call, and repeated: no request is lost, and the rotation ends
//! with exactly one new certificate.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::thread;

use fake_aws::{Fault, World};

use crate::backends::Kind;
use crate::program::{ProgramRun, When};
use crate::scene::{ApiPlan, LONG, Scene};

/// The steps of a rotation.
const ROTATION: [&str; 4] = ["start", "test", "switch", "finish"];
/// The steps of a rotation that is undone.
const UNDONE: [&str; 5] = ["start", "test", "switch", "rollback", "cancel"];

/// Two stages with one certificate.
pub fn scene() -> Scene {
    Scene::new(&[ApiPlan { backend: Kind::Rustls, stages: 2 }], LONG)
}

/// The arguments of a step for the scene's only API.
pub fn arguments(scene: &Scene, step: &str) -> String {
    let target = &scene.apis[0].stages[0];
    let options = match step {
        "start" => format!("--output {}", scene.new_folder()),
        "test" => "--path /r0".into(),
        _ => String::new(),
    };
    format!("{step} {target} {options} --yes")
}

/// Runs a step, after which the owner does their part. A day passes before `finish`.
fn run(scene: &mut Scene, step: &str) -> ProgramRun {
    if step == "finish" {
        scene.a_day_passes();
    }
    if step != "start" {
        return scene.rotate(&arguments(scene, step));
    }
    let run = scene.start(&scene.apis[0].stages[0]);
    if run.status == 0 {
        scene.owner_adds_the_new_certificates();
    }
    run
}

/// Runs all of these steps, which must succeed.
pub fn complete(scene: &mut Scene, steps: &[&str], context: &str) {
    for step in steps {
        let run = run(scene, step);
        assert_eq!(run.status, 0, "{context}, then {step}: {run:?}");
    }
}

/// How a step was interrupted at a call, and how the program ended.
struct Interruption {
    how: String,
    end: &'static str,
}

/// What happened in the interruptions of a step.
#[derive(Default)]
struct Outcome {
    /// By step and call number: the operation, and how each interruption ended.
    rows: BTreeMap<(usize, usize), (&'static str, Vec<Interruption>)>,
    requests: u64,
}

impl Outcome {
    fn interruptions(&self) -> usize {
        self.rows.values().map(|(_, ends)| ends.len()).sum()
    }

    fn add(&mut self, other: Self) {
        self.requests += other.requests;
        for (call, (operation, ends)) in other.rows {
            self.rows.entry(call).or_insert((operation, Vec::new())).1.extend(ends);
        }
    }
}

/// Interrupts a step at its first call, its second and so on, until it has no more calls. Each
/// time, the world before the step is restored, and after the interruption, the step is repeated.
/// The state must then be that of a step that wasn't interrupted. Completes the rotation once.
///
/// `interrupt` interrupts the step at a call; `None` if it has fewer calls.
fn interrupt_at_every_call(
    steps: &[&str],
    at: usize,
    interrupt: impl Fn(&mut Scene, &str, usize) -> Option<Interruption>,
) -> Outcome {
    let (mut scene, step) = (scene(), steps[at]);
    complete(&mut scene, &steps[..at], "before");
    if step == "finish" {
        scene.a_day_passes();
    }
    let before: World = scene.fake_aws.world().clone();
    scene.fake_aws.log().clear();
    complete(&mut scene, &[step], "uninterrupted");
    let operations: Vec<&str> = scene.fake_aws.log().calls().iter().map(|call| call.operation).collect();
    let expected = scene.state(0);
    let mut outcome = Outcome::default();
    loop {
        let uninterrupted = std::mem::replace(&mut *scene.fake_aws.world(), before.clone());
        let number = outcome.rows.len() + 1;
        let Some(interruption) = interrupt(&mut scene, step, number) else {
            *scene.fake_aws.world() = uninterrupted;
            break;
        };
        let context = format!("{} at call {number} of {step}", interruption.how);
        // With whatever the interrupted step has left behind.
        scene.load.round();
        complete(&mut scene, &[step], &context);
        assert_eq!(scene.state(0), expected, "{context}");
        scene.load.round();
        scene.assert_nothing_lost_after(&context);
        let operation = operations.get(number - 1).copied().unwrap_or("(a repeated call)");
        outcome.rows.insert((at, number), (operation, vec![interruption]));
    }
    assert!(outcome.rows.len() >= operations.len(), "{step} has {} calls", operations.len());
    // After the last interruption.
    complete(&mut scene, &steps[at + 1..], step);
    scene.load.round();
    if steps == ROTATION {
        scene.assert_rotated(0);
    } else {
        assert_eq!(scene.certificates(), [scene.apis[0].certificate.clone()], "{step}");
    }
    scene.assert_nothing_lost_after(step);
    outcome.requests = scene.load.requests();
    outcome
}

/// Interrupts the steps from number `from` on in these ways, all at the same time: the program
/// mostly waits, because it calls API Gateway at a limited rate.
fn interrupt_all<W: Copy + Send + Sync>(
    ways: &[W],
    steps: &[&str],
    from: usize,
    interrupt: impl Fn(W, &mut Scene, &str, usize) -> Option<Interruption> + Sync,
) -> Outcome {
    let interrupt = &interrupt;
    let each = |way: W, at: usize| {
        move || interrupt_at_every_call(steps, at, |scene, step, nth| interrupt(way, scene, step, nth))
    };
    thread::scope(|threads| {
        let all = ways.iter().flat_map(|way| (from..steps.len()).map(move |at| (*way, at)));
        let all: Vec<_> = all.map(|(way, at)| threads.spawn(each(way, at))).collect();
        let mut outcome = Outcome::default();
        all.into_iter().for_each(|one| outcome.add(one.join().unwrap()));
        outcome
    })
}

fn kill(when: When, scene: &mut Scene, step: &str, nth: usize) -> Option<Interruption> {
    match scene.rotate_until(&arguments(scene, step), nth, when) {
        Ok(held) => held.kill(),
        Err(run) => {
            assert_eq!(run.status, 0, "{step}: {run:?}");
            return None;
        }
    }
    Some(Interruption { how: format!("killed {when:?}"), end: "completed" })
}

/// Kills the steps from number `from` on before and after every call, and prints a table.
fn kill_everywhere(steps: &[&str], from: usize) {
    let outcome = interrupt_all(&[When::Before, When::After], steps, from, kill);
    let mut table = format!("{:<9} {:>4} {:<26} killed before, after\n", "step", "call", "operation");
    for ((at, number), (operation, ends)) in &outcome.rows {
        let ends: Vec<&str> = ends.iter().map(|one| one.end).collect();
        let _ = writeln!(table, "{:<9} {number:>4} {operation:<26} {}", steps[*at], ends.join(", "));
    }
    println!(
        "{table}{} kills, {} requests served, 0 lost, 1 certificate left each time",
        outcome.interruptions(),
        outcome.requests
    );
}

#[test]
fn a_rotation_killed_at_any_call_is_completed() {
    kill_everywhere(&ROTATION, 0);
}

#[test]
fn a_rotation_killed_while_it_is_undone_is_undone() {
    kill_everywhere(&UNDONE, 3);
}

#[test]
fn a_rotation_survives_a_fault_at_any_call() {
    let faults = [&Fault::Throttle, &Fault::Http500, &Fault::ConnectionReset, &Fault::LostResponse];
    let outcome = interrupt_all(&faults, &ROTATION, 0, |fault, scene, step, nth| {
        scene.fake_aws.faults().at_call(nth, fault.clone());
        let run = run(scene, step);
        if scene.fake_aws.faults().left() > 0 {
            scene.fake_aws.faults().clear();
            assert_eq!(run.status, 0, "{step}: {run:?}");
            return None;
        }
        let is_clear = run.status == 0 || (run.status == 2 && run.err.contains("error: "));
        assert!(is_clear, "{fault:?} at call {nth} of {step}: {run:?}");
        let end = if run.status == 0 { "retried" } else { "error" };
        Some(Interruption { how: format!("{fault:?}"), end })
    });
    for ((at, _), (operation, ends)) in &outcome.rows {
        let errors = ends.iter().filter(|one| one.end == "error").map(|one| one.how.as_str());
        let errors: Vec<&str> = errors.collect();
        if !errors.is_empty() {
            println!("{}: {operation} is not retried after {}", ROTATION[*at], errors.join(", "));
        }
    }
    println!(
        "{} faults, {} requests served, 0 lost, 1 certificate left each time",
        outcome.interruptions(),
        outcome.requests
    );
}
