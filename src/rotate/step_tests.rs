use super::*;
use crate::resources::rotation_state::{Rotated, State, Tested};
use crate::rotate::rotation::{OldCertificate, RotatedStage};

const NOW: &str = "2026-11-21T12:00:00Z";
const DAY: SignedDuration = SignedDuration::from_hours(24);

fn now() -> Timestamp {
    NOW.parse().unwrap()
}

fn ago(seconds: i64) -> Timestamp {
    now() - SignedDuration::from_secs(seconds)
}

fn id(text: &str) -> CertificateId {
    CertificateId::new(text.to_owned())
}

fn rest(n: usize) -> StageArn {
    StageArn::parse(&format!("arn:aws:apigateway:eu-west-1::/restapis/api{n}/stages/prod")).unwrap()
}

fn web_socket(n: usize) -> StageArn {
    StageArn::parse(&format!("arn:aws:apigateway:eu-west-1::/apis/api{n}/stages/prod")).unwrap()
}

/// A rotation whose stages have `o`ld, `n`ew, another certificate (`x`), none (`-`), or are `g`one;
/// capital letters for WebSocket stages.
fn rotation(stages: &str) -> Rotation {
    let labels: Vec<String> = (0..stages.len()).map(|n| rest(n).label()).collect();
    let attached = |(n, letter)| match letter {
        'o' => Attached::Old(rest(n)),
        'O' => Attached::Old(web_socket(n)),
        'n' => Attached::New(rest(n)),
        'N' => Attached::New(web_socket(n)),
        'x' => Attached::Other(Some(id("other1"))),
        '-' => Attached::Other(None),
        'g' => Attached::Gone,
        other => panic!("{other}"),
    };
    let stages = stages.chars().enumerate().map(attached).zip(&labels);
    Rotation {
        new: id("new123"),
        started: Some(ago(7200)),
        new_not_after: Some(now() + DAY * 365),
        old: Some(OldCertificate { not_after: Some(now() + DAY) }),
        stages: stages.map(|(attached, label)| RotatedStage { label: label.clone(), attached }).collect(),
        others_with_old: Vec::new(),
        others_with_new: Vec::new(),
        state: State::started(id("old123"), labels),
    }
}

fn tested(stages: &str, seconds_ago: i64) -> Rotation {
    let mut rotation = rotation(stages);
    rotation.state.tested = Some(Tested { at: ago(seconds_ago), enforced: true });
    rotation
}

fn switched(stages: &str, seconds_ago: i64) -> Rotation {
    let mut rotation = tested(stages, seconds_ago);
    rotation.state.switched = Some(ago(seconds_ago));
    rotation
}

fn without_old(mut rotation: Rotation) -> Rotation {
    rotation.old = None;
    rotation
}

fn labels(stages: &[StageArn]) -> Vec<String> {
    stages.iter().map(StageArn::label).collect()
}

#[test]
fn the_step_and_the_next_command_follow_from_tags_and_stages() {
    let rotated = |mut rotation: Rotation| {
        rotation.state.rotated = Some(Rotated { start: ago(90_000), end: ago(10) });
        rotation
    };
    for (name, rotation, expected) in [
        ("started", rotation("oo"), (Step::Started, Command::Test)),
        ("WebSocket", rotation("oO"), (Step::Started, Command::Switch)),
        ("tested", tested("oo", 60), (Step::Tested, Command::Switch)),
        ("tested a day ago", tested("oo", 86_400), (Step::Tested, Command::Switch)),
        ("tested too long ago", tested("oo", 86_401), (Step::Started, Command::Test)),
        ("partly switched", tested("on", 60), (Step::Switching, Command::Switch)),
        ("switched, not recorded", tested("nn", 60), (Step::Switching, Command::Switch)),
        ("partly rolled back", switched("on", 60), (Step::Switching, Command::Switch)),
        ("rolled back, still recorded", switched("oo", 60), (Step::Tested, Command::Switch)),
        ("switched", switched("nn", 60), (Step::Switched, Command::Finish)),
        ("nearly settled", switched("nn", 86_399), (Step::Switched, Command::Finish)),
        ("settled", switched("nn", 86_400), (Step::Settled, Command::Finish)),
        ("old deleted", without_old(switched("nn", 90_000)), (Step::Finishing, Command::Finish)),
        ("rotated", rotated(without_old(switched("nn", 90_000))), (Step::Finishing, Command::Finish)),
        ("a stage changed", rotation("ox"), (Step::Started, Command::Cancel)),
        ("a stage changed midway", tested("onx", 60), (Step::Switching, Command::Rollback)),
        ("a stage changed later", switched("nx", 60), (Step::Switched, Command::Finish)),
        ("a stage deleted", rotation("og"), (Step::Started, Command::Test)),
        ("a stage deleted later", switched("ng", 60), (Step::Switched, Command::Finish)),
        ("all deleted", rotation("gg"), (Step::Started, Command::Cancel)),
        ("all changed", switched("x-", 60), (Step::Tested, Command::Cancel)),
    ] {
        let found = (step(&rotation, DAY, now()), next(&rotation, DAY, now()));
        assert_eq!(found, expected, "{name}");
    }
}

#[test]
fn a_test_is_valid_for_exactly_one_day() {
    let check = |seconds_ago| ensure_tested(&tested("oo", seconds_ago), now());
    assert_eq!(check(0), Ok(()));
    assert_eq!(check(86_400), Ok(()));
    assert_eq!(check(86_401), Err(Refusal::TestTooOld(ago(86_401))));
    // The clock of the machine that tested may be ahead, but not by much.
    assert_eq!(check(-300), Ok(()));
    let at = ago(-301);
    assert_eq!(check(-301), Err(Refusal::InTheFuture { certificate: id("new123"), tag: TESTED, at }));
    assert_eq!(ensure_tested(&rotation("oo"), now()), Err(Refusal::NotTested(id("new123"))));
}

#[test]
fn switch_changes_only_stages_with_the_old_certificate_after_a_test() {
    let switch = |rotation: &Rotation, untested| may_switch(rotation, untested, now()).map(|it| labels(&it));
    assert_eq!(switch(&tested("ongo", 60), false).unwrap(), ["api0/prod", "api3/prod"]);
    assert_eq!(switch(&rotation("oO"), true).unwrap(), ["api0/prod", "api1/prod"]);
    assert_eq!(switch(&rotation("oo"), false), Err(Refusal::NotTested(id("new123"))));
    assert!(matches!(switch(&tested("on", 86_401), false), Err(Refusal::TestTooOld(_))));
    // Nothing is left to attach, so no test is needed to record the switch.
    assert_eq!(switch(&rotation("nn"), false).unwrap(), Vec::<String>::new());
    for untested in [false, true] {
        let changed = vec![("api1/prod".to_owned(), Some(id("other1"))), ("api2/prod".to_owned(), None)];
        assert_eq!(switch(&tested("ox-", 60), untested), Err(Refusal::Changed(changed)));
        assert_eq!(switch(&tested("gg", 60), untested), Err(Refusal::NoStageLeft(id("new123"))));
    }
    let mut expired = tested("oo", 60);
    expired.new_not_after = Some(ago(1));
    assert_eq!(switch(&expired, true), Err(Refusal::NewExpired(id("new123"), ago(1))));
}

#[test]
fn only_unchanged_rest_stages_are_tested() {
    assert_eq!(may_test(&rotation("ong")), Ok(()));
    assert_eq!(may_test(&rotation("oO")), Err(Refusal::WebSocket(vec!["api1/prod".into()])));
    assert!(matches!(may_test(&rotation("ox")), Err(Refusal::Changed(_))));
    assert_eq!(may_test(&rotation("g")), Err(Refusal::NoStageLeft(id("new123"))));
}

#[test]
fn rollback_needs_an_old_certificate_that_is_valid_and_leaves_other_stages_alone() {
    let roll_back = |rotation: &Rotation| may_roll_back(rotation, now()).map(|it| labels(&it));
    assert_eq!(roll_back(&switched("nox-gN", 60)).unwrap(), ["api0/prod", "api5/prod"]);
    assert_eq!(roll_back(&without_old(switched("n", 60))), Err(Refusal::OldGone(id("old123"))));
    assert_eq!(roll_back(&without_old(rotation("o"))).unwrap(), Vec::<String>::new());
    let until = |end| Rotation { old: Some(OldCertificate { not_after: end }), ..switched("n", 60) };
    assert_eq!(roll_back(&until(Some(now()))).unwrap().len(), 1);
    assert_eq!(roll_back(&until(None)).unwrap().len(), 1);
    assert_eq!(roll_back(&until(Some(ago(1)))), Err(Refusal::OldExpired(id("old123"), ago(1))));
}

#[test]
fn finish_needs_all_stages_switched_for_the_time_to_settle() {
    let finish = |rotation: &Rotation| may_finish(rotation, DAY, now());
    assert_eq!(finish(&switched("nn", 86_400)), Ok(()));
    assert_eq!(finish(&switched("ngx-", 86_400)), Ok(()));
    assert_eq!(finish(&switched("nn", 86_399)), Err(Refusal::NotSettled(ago(86_399) + DAY)));
    assert_eq!(finish(&tested("nn", 60)), Err(Refusal::NotSwitched));
    assert_eq!(finish(&switched("oo", 90_000)), Err(Refusal::NotSwitched));
    assert_eq!(finish(&switched("x-g", 90_000)), Err(Refusal::NotSwitched));
    let used = |labels: &[&str]| {
        let labels = labels.iter().map(|&label| label.to_owned()).collect();
        Err(Refusal::StillUsed { certificate: id("old123"), labels })
    };
    assert_eq!(finish(&switched("no", 90_000)), used(&["api1/prod"]));
    let mut shared = switched("nn", 90_000);
    shared.others_with_old = vec!["ws9/live".into()];
    assert_eq!(finish(&shared), used(&["ws9/live"]));
    assert!(matches!(finish(&switched("nn", -301)), Err(Refusal::InTheFuture { tag: SWITCHED, .. })));
    // The old certificate is deleted: only tags are left.
    assert_eq!(finish(&without_old(switched("nn", 60))), Ok(()));
    let mut rotated = without_old(switched("xx", 60));
    rotated.state.rotated = Some(Rotated { start: ago(9), end: ago(1) });
    assert_eq!(finish(&rotated), Ok(()));
}

#[test]
fn cancel_needs_a_new_certificate_that_no_stage_has() {
    assert_eq!(may_cancel(&tested("oxg-", 60)), Ok(()));
    let used =
        |label: &str| Err(Refusal::StillUsed { certificate: id("new123"), labels: vec![label.into()] });
    assert_eq!(may_cancel(&tested("on", 60)), used("api1/prod"));
    let mut other = rotation("oo");
    other.others_with_new = vec!["api9/test".into()];
    assert_eq!(may_cancel(&other), used("api9/test"));
}

#[test]
fn two_rotations_of_one_stage_are_both_named_the_older_first() {
    let (one, two) = (rotation("oo"), Rotation { new: id("new456"), ..rotation("o") });
    let other = Rotation {
        new: id("new789"),
        state: State::started(id("old789"), vec!["api7/prod".into()]),
        ..rotation("o")
    };
    let all = [one.clone(), other.clone(), two.clone()];
    let conflict = Err(Refusal::Conflict(id("new123"), id("new456")));
    assert_eq!(ensure_alone(&one, &all), conflict);
    assert_eq!(ensure_alone(&two, &all), conflict);
    assert_eq!(ensure_alone(&other, &all), Ok(()));
}

#[test]
fn everything_that_needs_attention_is_said() {
    let mut odd = without_old(rotation("oxg-"));
    odd.others_with_old = vec!["ws9/live".into()];
    odd.new_not_after = Some(ago(1));
    odd.state.tested = Some(Tested { at: ago(1), enforced: false });
    assert_eq!(
        problems(&odd, now()),
        [
            "stage api1/prod has certificate other1, which is not part of the rotation",
            "stage api2/prod no longer exists",
            "stage api3/prod has no certificate",
            "stage ws9/live has the old certificate too, but is not part of the rotation: `finish` waits for it",
            "the old certificate no longer exists",
            "the new certificate has expired at 2026-11-21T11:59:59Z",
            "a backend accepted a request without a certificate when it was tested",
        ]
    );
    assert_eq!(problems(&switched("nn", 60), now()), Vec::<String>::new());
    assert_eq!(problems(&without_old(switched("nn", 60)), now()), Vec::<String>::new());
}
