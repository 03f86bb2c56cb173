use super::*;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

const TIME: &str = "2026-11-21T08:00:00Z";
const DAYS: [u16; 5] = [30, 14, 7, 1, 0];

fn hourly(time: &str) -> Window {
    Window::own(at(time), HOUR)
}

#[test]
fn a_reminder_is_due_before_its_instant_and_the_end_afterwards() {
    for (not_after, expected) in [
        // Exactly 30 days after the run, and up to one hour later.
        ("2026-12-21T07:59:59.999Z", None),
        ("2026-12-21T08:00:00Z", Some(30)),
        ("2026-12-21T08:59:59.999Z", Some(30)),
        ("2026-12-21T09:00:00Z", None),
        ("2026-12-05T08:30:00Z", Some(14)),
        ("2026-11-22T07:59:59Z", None),
        ("2026-11-22T08:00:00Z", Some(1)),
        ("2026-11-22T08:59:59Z", Some(1)),
        ("2026-11-21T08:00:00.001Z", None),
        // The end itself counts, and the hour before it doesn't.
        ("2026-11-21T08:00:00Z", Some(0)),
        ("2026-11-21T07:00:00.001Z", Some(0)),
        ("2026-11-21T07:00:00Z", None),
        ("2020-01-01T00:00:00Z", None),
        ("-009998-01-01T00:00:00Z", None),
        ("9999-12-30T00:00:00Z", None),
    ] {
        assert_eq!(hourly(TIME).due(at(not_after), &DAYS.into()), expected, "{not_after}");
    }
}

#[test]
fn only_the_smallest_of_several_due_reminders_is_sent_and_the_end_comes_first() {
    let week = Window::own(at(TIME), HOUR * (7 * 24));
    let days = BTreeSet::from([7, 3, 1, 0]);
    assert_eq!(week.due(at("2026-11-24T08:00:00Z"), &days), Some(1));
    assert_eq!(week.due(at("2026-11-29T08:00:00Z"), &days), Some(3));
    let missed = Window::after(at("2026-11-19T08:00:00Z"), at(TIME), HOUR).unwrap();
    assert_eq!(missed.due(at("2026-11-20T12:00:00Z"), &days), Some(0));
    assert_eq!(missed.due(at("2026-11-20T12:00:00Z"), &BTreeSet::from([1])), Some(1));
}

/// Simulates consecutive runs for not-after dates in different seconds: each reminder is sent once,
/// N days to N days and an hour before, and the end less than an hour after it.
#[test]
fn consecutive_runs_send_each_reminder_once_and_in_time() {
    let days = BTreeSet::from([2, 1, 0]);
    let start = at(TIME);
    for second in (0..2 * 86_400).step_by(599).chain([0, 1, 3_599, 3_600, 3_601, 86_399, 86_400]) {
        let not_after = start + SignedDuration::from_secs(second);
        let mut sent = Vec::new();
        for run in -3 * 24..4 * 24 {
            let time = start + HOUR * run;
            if let Some(days) = Window::own(time, HOUR).due(not_after, &days) {
                let left = not_after.duration_since(time);
                let early = left - DAY * i32::from(days);
                if days == 0 {
                    assert!(-HOUR < left && left <= SignedDuration::ZERO, "{left:?}");
                } else {
                    assert!(SignedDuration::ZERO <= early && early < HOUR, "{left:?}");
                }
                sent.push(days);
            }
        }
        assert_eq!(sent, [2, 1, 0], "{not_after}");
    }
}

/// Simulates an outage of each length: what one run makes up for is what the runs in between would
/// have sent, as far as nothing more urgent is due.
#[test]
fn a_run_makes_up_for_the_runs_since_the_last_complete_one() {
    let days = BTreeSet::from(DAYS);
    let start = at(TIME);
    for failed in 0..47 {
        let time = start + HOUR * (failed + 1);
        let window = Window::after(start, time, HOUR).unwrap();
        for minute in (-60..60 * 24 * 32).step_by(37) {
            let not_after = start + SignedDuration::from_mins(minute);
            let missed = (1..=failed + 1)
                .filter_map(|run| Window::own(start + HOUR * run, HOUR).due(not_after, &days))
                .min();
            assert_eq!(window.due(not_after, &days), missed, "{failed} failed, {not_after}");
        }
    }
}

#[test]
fn a_window_starts_after_the_last_complete_run_and_at_most_48_hours_ago() {
    let after = |complete: &str| Window::after(at(complete), at(TIME), HOUR).map(|window| window.from);
    for (complete, from) in [
        ("2026-11-21T07:00:00Z", Some("2026-11-21T08:00:00Z")),
        ("2026-11-21T05:00:00Z", Some("2026-11-21T06:00:00Z")),
        ("2026-11-19T07:00:00Z", Some("2026-11-19T08:00:00Z")),
        ("2026-11-19T06:59:59Z", Some("2026-11-19T08:00:00Z")),
        ("2020-01-01T00:00:00Z", Some("2026-11-19T08:00:00Z")),
        // The schedule's minute has changed: there is neither a gap nor an overlap.
        ("2026-11-21T07:20:00Z", Some("2026-11-21T08:20:00Z")),
        // This run, or a later one, is complete.
        (TIME, None),
        ("2026-11-21T09:00:00Z", None),
    ] {
        assert_eq!(after(complete), from.map(at), "{complete}");
    }
}

#[test]
fn the_time_left_is_in_days_and_below_two_days_in_hours() {
    for (not_after, days, hours, text) in [
        ("2026-11-21T08:00:00Z", 0, 0, "has ended"),
        ("2026-11-21T08:00:00.001Z", 1, 1, "ends in 1 hour"),
        ("2026-11-21T09:00:00.5Z", 1, 2, "ends in 2 hours"),
        ("2026-11-22T08:00:00Z", 1, 24, "ends in 24 hours"),
        ("2026-11-22T08:43:00Z", 1, 25, "ends in 25 hours"),
        ("2026-11-23T07:59:59Z", 2, 48, "ends in 48 hours"),
        ("2026-11-23T08:00:00Z", 2, 48, "ends in 2 days"),
        ("2026-11-23T08:00:01Z", 2, 49, "ends in 2 days"),
        ("2026-12-05T03:00:00Z", 14, 331, "ends in 14 days"),
        ("2026-12-21T08:59:00Z", 30, 721, "ends in 30 days"),
        ("2026-12-21T08:00:00Z", 30, 720, "ends in 30 days"),
        ("2020-01-01T00:00:00Z", 0, 0, "has ended"),
        ("9999-12-30T00:00:00Z", 2_912_117, 69_890_800, "ends in 2912117 days"),
    ] {
        let left = TimeLeft::new(at(not_after), at(TIME));
        assert_eq!((left.days(), left.hours(), left.text().as_str()), (days, hours, text), "{not_after}");
        assert_eq!(left.is_over(), hours == 0, "{not_after}");
    }
}
