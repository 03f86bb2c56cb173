//! Two people run the program at the same time: between two calls of a step, another step runs, and
//! then the first program continues or is killed.

use std::thread;

use fake_aws::World;

use crate::interrupted::{arguments, complete, scene};
use crate::program::{ProgramRun, When};
use crate::scene::Scene;

/// How the program of the first person ends.
#[derive(Clone, Copy, Debug)]
enum End {
    Continues,
    Killed,
}

/// Steps that are done, and those of the first and the second person.
type Pair = (&'static [&'static str], [&'static str; 2]);

/// For each call of the first person's step: the second person runs a step before it, after which
/// the first program continues or is killed. `check` sees the results, of which the first is
/// missing if the program was killed. Returns the number of times.
fn interleave(
    (before, [first, second]): Pair,
    end: End,
    check: impl Fn(&Scene, &str, Vec<ProgramRun>),
) -> usize {
    let mut scene = scene();
    complete(&mut scene, before, "before");
    scene.a_day_passes();
    let world: World = scene.fake_aws.world().clone();
    for nth in 1.. {
        *scene.fake_aws.world() = world.clone();
        let held = match scene.rotate_until(&arguments(&scene, first), nth, When::Before) {
            Ok(held) => held,
            Err(run) => {
                assert!(nth > 1 && run.status == 0, "{first} makes {nth} calls: {run:?}");
                return nth - 1;
            }
        };
        let mut runs = vec![scene.rotate(&arguments(&scene, second))];
        scene.load.round();
        match end {
            End::Continues => runs.push(held.resume()),
            End::Killed => held.kill(),
        }
        scene.load.round();
        let context = format!("{second} before call {nth} of {first}, which {end:?}");
        check(&scene, &context, runs);
        scene.assert_nothing_lost_after(&context);
    }
    unreachable!("the loop ends when the step has no more calls")
}

#[test]
fn two_starts_end_with_one_rotation_or_a_refusal_that_names_both() {
    let count = interleave((&[], ["start", "start"]), End::Continues, |scene, context, runs| {
        let new = scene.new_certificates(0);
        let names_both = |run: &ProgramRun| {
            run.status == 1 && new.iter().all(|id| run.err.contains(id) || run.out.contains(id))
        };
        let is_one = new.len() == 1 && runs.iter().any(|run| run.status == 0);
        assert!(is_one || runs.iter().any(names_both), "{context}: {new:?} {runs:?}");
    });
    println!("{count} pairs of starts: one rotation each time");
}

#[test]
fn no_step_between_two_calls_of_another_loses_a_request() {
    const CONTINUES: [Pair; 7] = [
        (&["start"], ["test", "cancel"]),
        (&["start", "test"], ["switch", "switch"]),
        (&["start", "test"], ["switch", "cancel"]),
        (&["start", "test"], ["cancel", "switch"]),
        (&["start", "test", "switch"], ["finish", "rollback"]),
        (&["start", "test", "switch"], ["rollback", "finish"]),
        (&["start", "test", "switch"], ["finish", "finish"]),
    ];
    const KILLED: [Pair; 4] = [
        (&["start"], ["test", "cancel"]),
        (&["start", "test"], ["switch", "rollback"]),
        (&["start", "test", "switch"], ["rollback", "switch"]),
        (&["start", "test", "switch"], ["finish", "rollback"]),
    ];
    let all = CONTINUES.map(|pair| (pair, End::Continues)).into_iter();
    let all = all.chain(KILLED.map(|pair| (pair, End::Killed)));
    let count: usize = thread::scope(|threads| {
        let each = |(pair, end)| {
            move || {
                interleave(pair, end, |scene, context, runs| {
                    let certificates = scene.certificates();
                    let exists =
                        |id: &Option<String>| id.as_ref().is_some_and(|id| certificates.contains(id));
                    let attached = scene.attached(0);
                    assert!(attached.iter().all(exists), "{context}: {attached:?} {certificates:?} {runs:?}");
                    let is_clear =
                        |run: &ProgramRun| run.status == 0 || !run.err.is_empty() || !run.out.is_empty();
                    assert!(runs.iter().all(is_clear), "{context}: {runs:?}");
                })
            }
        };
        let all: Vec<_> = all.map(|pair| threads.spawn(each(pair))).collect();
        all.into_iter().map(|one| one.join().unwrap()).sum()
    });
    println!("{count} steps between two calls of another: 0 requests lost");
}
