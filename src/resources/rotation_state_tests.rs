use proptest::prelude::*;

use super::*;

fn id(text: &str) -> CertificateId {
    CertificateId::new(text.to_owned())
}

fn tags(pairs: &[(&str, &str)]) -> Tags {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

const STARTED: [(&str, &str); 2] = [(REPLACES, "old123"), (STAGES, "api1/prod ws2/live")];

fn with(key: &'static str, value: &'static str) -> Result<Option<State>, TagProblem> {
    let mut pairs: Vec<_> = STARTED.into_iter().filter(|(known, _)| *known != key).collect();
    pairs.push((key, value));
    State::read(&id("new123"), &tags(&pairs))
}

#[test]
fn a_certificate_without_these_tags_is_in_no_rotation() {
    for pairs in [
        &[][..],
        &[("owner", "team"), ("stagecert:deployment", "payments")],
        &[(ROTATED, "2026-11-01T00:00:00Z/2026-11-02T00:00:00Z")],
    ] {
        assert_eq!(State::read(&id("new123"), &tags(pairs)), Ok(None), "{pairs:?}");
    }
}

#[test]
fn the_state_is_read_from_the_tags() {
    let state = State::read(&id("new123"), &tags(&STARTED)).unwrap().unwrap();
    assert_eq!(state, State::started(id("old123"), vec!["ws2/live".into(), "api1/prod".into()]));
    let tested = with(TESTED, "2026-11-21T12:00:00Z").unwrap().unwrap().tested.unwrap();
    assert!(tested.enforced);
    let tested = with(TESTED, "2026-11-21T12:00:00Z not-enforced").unwrap().unwrap().tested.unwrap();
    assert_eq!(tested, Tested { at: "2026-11-21T12:00:00Z".parse().unwrap(), enforced: false });
    let state = with(SWITCHED, "2026-11-21T12:00:00Z").unwrap().unwrap();
    assert_eq!(state.switched, Some("2026-11-21T12:00:00Z".parse().unwrap()));
}

#[test]
fn a_tag_that_is_missing_unknown_or_malformed_is_named_with_its_certificate() {
    for (key, value, problem) in [
        (
            REPLACES,
            "arn:aws:acm:eu-west-1:111122223333:certificate/1",
            "the id of another generated certificate",
        ),
        (REPLACES, "new123", "the id of another generated certificate"),
        (REPLACES, "", "is not allowed"),
        (STAGES, "", "API/STAGE"),
        (STAGES, "api1", "API/STAGE"),
        (STAGES, "api1/prod  api2/prod", "API/STAGE"),
        (STAGES, "api1/prod api1/prod", "API/STAGE, each once"),
        (STAGES, "api1/prod/x", "API/STAGE"),
        ("stagecert:stages-3", "api3/prod", "missing"),
        ("stagecert:stages-02", "api3/prod", "unknown"),
        ("stagecert:stagesX", "api3/prod", "unknown"),
        ("stagecert:new", "1", "unknown"),
        (TESTED, "yesterday", "an instant"),
        (TESTED, "2026-11-21T12:00:00Z enforced", "an instant"),
        (SWITCHED, "2026-13-21T12:00:00Z", "an instant"),
        (ROTATED, "2026-11-21T12:00:00Z", "START/END"),
    ] {
        let found = with(key, value).unwrap_err();
        assert_eq!(found.certificate, id("new123"));
        assert!(found.to_string().contains(problem), "{key}={value}: {found}");
    }
    let only_stages = State::read(&id("new123"), &tags(&[(STAGES, "api1/prod")])).unwrap_err();
    assert_eq!(
        only_stages.to_string(),
        "tag stagecert:replaces of certificate new123: missing, although a rotation is in progress"
    );
}

#[test]
fn the_tags_of_the_old_certificate_are_copied_without_aws_s_and_its_own_state() {
    let old =
        tags(&[("owner", "team"), ("aws:cloudformation:stack-name", "s"), (ROTATED, "x"), (REPLACES, "y")]);
    let copied = State::started(id("old123"), vec!["api1/prod".into()]).tags_with(&old).unwrap();
    let keys: Vec<&str> = copied.iter().map(|(key, _)| key.as_str()).collect();
    assert_eq!(keys, ["owner", REPLACES, STAGES]);
}

#[test]
fn the_tags_of_later_steps_must_fit_too() {
    let old = |count: usize| (0..count).map(|n| (format!("k{n:02}"), String::new())).collect::<Tags>();
    let state = State::started(id("old123"), vec!["api1/prod".into()]);
    assert_eq!(state.tags_with(&old(45)).unwrap().len(), 47);
    assert_eq!(state.tags_with(&old(46)), Err(51));
}

proptest! {
    #[test]
    fn every_state_is_read_back_from_its_tags(
        stages in prop::collection::btree_set("[a-z0-9]{10}/[A-Za-z0-9_-]{1,128}", 1..60),
        seconds in prop::option::of((0_i64..4_000_000_000, any::<bool>())),
        switched in prop::option::of(0_i64..4_000_000_000),
    ) {
        let instant = |seconds| Timestamp::from_second(seconds).unwrap();
        let state = State {
            tested: seconds.map(|(at, enforced)| Tested { at: instant(at), enforced }),
            switched: switched.map(instant),
            rotated: switched.map(|at| Rotated { start: instant(at), end: instant(at + 1) }),
            ..State::started(id("old123"), stages.into_iter().collect())
        };
        let written = state.tags();
        for (key, value) in &written {
            prop_assert!(key.len() <= 128 && (1..=256).contains(&value.len()));
            prop_assert!(value.bytes().all(|b| b == b' ' || b.is_ascii_alphanumeric() || b"_.:/=+-@".contains(&b)));
        }
        let read = State::read(&id("new123"), &written.into_iter().collect()).unwrap().unwrap();
        prop_assert_eq!(read, state);
    }
}
