//! Each step, killed after each of its calls and with each of its calls failing, and then repeated.

use std::collections::BTreeMap;
use std::process::Stdio;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use fake_aws::{FakeAws, Fault, Gate, World};

use super::account::{Reached, Scene, folder, rotate, rotation, serve};
use crate::program::command;

const PATIENCE: Duration = Duration::from_secs(300);
/// Most of the time, a step waits for its rate limit or for a retry.
const THREADS: usize = 24;

/// A step: where it begins, its arguments, and what holds after it.
struct Case {
    name: &'static str,
    reached: Reached,
    arguments: &'static str,
    is_done: fn(&Scene, &World) -> bool,
}

const CASES: [Case; 6] = [
    Case {
        name: "start",
        reached: Reached::Nothing,
        arguments: "start TARGET --yes --output FOLDER",
        is_done: |scene, world| scene.new_ids(world).len() == 1 && all_have(scene, world, &scene.old),
    },
    Case {
        name: "test",
        reached: Reached::Started,
        arguments: "test TARGET --path /r0 --yes",
        is_done: |scene, world| scene.tags(world, &new(scene, world)).contains_key("stagecert:tested"),
    },
    Case {
        name: "switch",
        reached: Reached::Tested,
        arguments: "switch TARGET --yes",
        is_done: |scene, world| {
            let new = new(scene, world);
            all_have(scene, world, &new) && scene.tags(world, &new).contains_key("stagecert:switched")
        },
    },
    Case {
        name: "rollback",
        reached: Reached::Switched,
        arguments: "rollback TARGET --yes",
        is_done: |scene, world| {
            let tags = scene.tags(world, &new(scene, world));
            all_have(scene, world, &scene.old) && !tags.contains_key("stagecert:switched")
        },
    },
    Case {
        name: "finish",
        reached: Reached::Switched,
        arguments: "finish TARGET --yes",
        is_done: |scene, world| {
            let new = new(scene, world);
            let tags = scene.tags(world, &new);
            let keys: Vec<&String> = tags.keys().collect();
            !scene.exists(world, &scene.old)
                && all_have(scene, world, &new)
                && keys == ["owner", "stagecert:rotated"]
        },
    },
    Case {
        name: "cancel",
        reached: Reached::Tested,
        arguments: "cancel TARGET --yes",
        is_done: |scene, world| scene.new_ids(world).is_empty() && all_have(scene, world, &scene.old),
    },
];

fn new(scene: &Scene, world: &World) -> String {
    scene.new_ids(world).into_iter().next().unwrap_or_default()
}

fn all_have(scene: &Scene, world: &World, id: &str) -> bool {
    scene.stages.iter().all(|arn| scene.attached(world, arn).as_deref() == Some(id))
}

impl Case {
    fn prepare(&self) -> (FakeAws, Scene, String) {
        let (world, scene, _) = rotation(50, self.reached);
        let arguments = self.arguments.replace("TARGET", &scene.target());
        let arguments = arguments.replace("FOLDER", &folder("interrupted").display().to_string());
        (serve(world), scene, arguments)
    }

    /// The calls of the step, each with its number among those of the same operation.
    fn calls(&self) -> Vec<(&'static str, usize)> {
        let (fake_aws, scene, arguments) = self.prepare();
        let run = rotate(&fake_aws, &arguments);
        assert_eq!(run.status, 0, "{}: {}{}", self.name, run.out, run.err);
        assert!((self.is_done)(&scene, &fake_aws.world()), "{}", self.name);
        let mut counts = BTreeMap::new();
        let numbered = |call: fake_aws::LoggedCall| {
            let count = counts.entry(call.operation).or_insert(0);
            *count += 1;
            (call.operation, *count)
        };
        fake_aws.log().calls().into_iter().map(numbered).collect()
    }

    /// Repeats the step after it was interrupted, and checks what is left.
    fn resume(&self, fake_aws: &FakeAws, scene: &Scene, arguments: &str, context: &str) {
        scene.assert_no_stage_without_certificate(&fake_aws.world(), context);
        let run = rotate(fake_aws, arguments);
        assert_eq!(run.status, 0, "{context}: {}{}", run.out, run.err);
        let world = fake_aws.world();
        assert!((self.is_done)(scene, &world), "{context}: {}", run.out);
        scene.assert_no_stage_without_certificate(&world, context);
        // The other certificates are untouched.
        assert!([&scene.other, &scene.unused].iter().all(|id| scene.exists(&world, id)), "{context}");
    }
}

/// Runs the jobs on some threads.
fn in_parallel<J: Send>(jobs: Vec<J>, run: impl Fn(J) + Sync) {
    let jobs = Mutex::new(jobs);
    let next = || jobs.lock().unwrap().pop();
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|_| {
                scope.spawn(|| {
                    while let Some(job) = next() {
                        run(job);
                    }
                })
            })
            .collect();
        for thread in threads {
            thread.join().expect("a step that was interrupted ends as it should");
        }
    });
}

#[test]
fn a_step_that_was_killed_after_any_call_is_completed_by_its_repetition() {
    let jobs = CASES
        .iter()
        .flat_map(|case| case.calls().into_iter().map(move |(operation, nth)| (case, operation, nth)));
    let jobs: Vec<_> = jobs.collect();
    let by_step = jobs.iter().fold(BTreeMap::new(), |mut counts, (case, ..)| {
        *counts.entry(case.name).or_insert(0) += 1;
        counts
    });
    let kills = AtomicUsize::new(0);
    in_parallel(jobs, |(case, operation, nth)| {
        let context = format!("{} killed after {operation} number {nth}", case.name);
        let (fake_aws, scene, arguments) = case.prepare();
        let gate = Gate::default();
        fake_aws.faults().at(operation, nth, Fault::HoldResponse(gate.clone()));
        let mut child = command(&fake_aws, &format!("rotate {arguments}"), &[])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // API calls of one kind are concurrent, so the number of the last ones can differ.
        assert!(gate.wait_until_reached(PATIENCE), "{context}: not reached");
        child.kill().unwrap();
        child.wait().unwrap();
        gate.open();
        kills.fetch_add(1, Ordering::Relaxed);
        case.resume(&fake_aws, &scene, &arguments, &context);
    });
    println!("kills by step: {by_step:?}, {} in all", kills.load(Ordering::Relaxed));
}

#[test]
fn a_call_that_fails_leaves_a_state_that_the_repetition_completes() {
    let faults = [Fault::Throttle, Fault::Http500, Fault::TruncatedBody];
    let mut jobs = Vec::new();
    for case in &CASES {
        for (at, (operation, nth)) in case.calls().into_iter().enumerate() {
            // A call that changes something has each fault. A read has one of them in turn.
            let is_read = operation.starts_with("Get");
            let faults = if is_read { &faults[at % 3..=at % 3] } else { &faults[..] };
            jobs.extend(faults.iter().map(|fault| ((case, operation, nth), fault.clone())));
        }
    }
    let count = jobs.len();
    in_parallel(jobs, |((case, operation, nth), fault)| {
        let context = format!("{} with {fault:?} at {operation} number {nth}", case.name);
        let (fake_aws, scene, arguments) = case.prepare();
        fake_aws.faults().at(operation, nth, fault);
        let run = rotate(&fake_aws, &arguments);
        assert!(matches!(run.status, 0 | 2), "{context}: {}{}", run.out, run.err);
        if run.status == 0 {
            assert!((case.is_done)(&scene, &fake_aws.world()), "{context}: {}", run.out);
        }
        case.resume(&fake_aws, &scene, &arguments, &context);
        let generated = fake_aws.log().calls();
        let generated =
            generated.iter().filter(|it| it.operation == "GenerateClientCertificate" && it.status == 201);
        assert!(generated.count() <= 1, "{context}");
    });
    println!("steps with a fault: {count}");
}
