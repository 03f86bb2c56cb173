use super::*;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

const INTERVAL: SignedDuration = SignedDuration::from_hours(24);

#[test]
fn a_reminder_is_due_in_the_half_open_interval_that_includes_its_instant() {
    let days = BTreeSet::from([30, 14, 7, 1, 0]);
    for (not_after, expected) in [
        ("2026-12-21T08:00:00Z", Some(30)),
        ("2026-12-21T08:00:01Z", None),
        ("2026-12-20T08:00:01Z", Some(30)),
        ("2026-12-20T08:00:00Z", None),
        ("2026-12-05T08:00:00Z", Some(14)),
        ("2026-11-22T08:00:00Z", Some(1)),
        ("2026-11-21T08:00:00.5Z", Some(1)),
        ("2026-11-21T08:00:00Z", Some(0)),
        ("2026-11-20T08:00:00.001Z", Some(0)),
        ("2026-11-20T08:00:00Z", None),
        ("2020-01-01T00:00:00Z", None),
        ("-009998-01-01T00:00:00Z", None),
        ("9999-12-30T00:00:00Z", None),
    ] {
        assert_eq!(due(at(not_after), at("2026-11-21T08:00:00Z"), INTERVAL, &days), expected, "{not_after}");
    }
}

#[test]
fn only_the_smallest_of_several_due_reminders_is_sent() {
    let (days, week) = (BTreeSet::from([7, 3, 1]), SignedDuration::from_hours(7 * 24));
    assert_eq!(due(at("2026-11-22T07:00:00Z"), at("2026-11-21T08:00:00Z"), week, &days), Some(1));
    assert_eq!(due(at("2026-11-23T07:00:00Z"), at("2026-11-21T08:00:00Z"), week, &days), Some(3));
}

/// Simulates consecutive runs for not-after dates in different seconds.
#[test]
fn consecutive_runs_send_each_reminder_once() {
    let days = BTreeSet::from([2, 1, 0]);
    let start = at("2026-11-20T08:00:00Z");
    for second in (0..4 * 86_400).step_by(599).chain([0, 1, 86_399, 86_400, 86_401]) {
        let not_after = start + SignedDuration::from_secs(second);
        let mut sent = Vec::new();
        for run in -3..6 {
            sent.extend(due(not_after, start + DAY * run, INTERVAL, &days));
        }
        assert_eq!(sent, [2, 1, 0], "{not_after}");
    }
}

#[test]
fn days_left_are_rounded_up() {
    let time = at("2026-11-21T08:00:00Z");
    for (not_after, left) in [
        ("2026-11-21T08:00:00Z", 0),
        ("2026-11-21T08:00:01Z", 1),
        ("2026-11-22T08:00:00Z", 1),
        ("2026-11-22T08:00:01Z", 2),
        ("2026-12-21T07:00:00Z", 30),
        ("2020-01-01T00:00:00Z", 0),
    ] {
        assert_eq!(days_left(at(not_after), time), left, "{not_after}");
    }
}
