//! A year of a smaller account with `events=on`, in which more goes wrong.

use jiff::{SignedDuration, Timestamp};

use crate::config_events::{Rule, sweep};
use crate::deliveries::{self, Fault, attempt, attempts, changes, deliver, delivery};
use crate::hub::Hub;
use crate::mailer;
use crate::people::{self, STORY, Story};
use crate::reminders::Reminders;
use crate::simulation::Simulation;
use crate::transitions::Transitions;
use crate::{DAYS, hours};

/// The number of stages, unless `STAGECERT_YEAR_EVENT_STAGES` sets it.
const STAGES: usize = 100;

/// Changes of the rule: an exemption, two checks that are removed for a while, and a migration to
/// another rule.
fn change_rule(simulation: &Simulation, transitions: &mut Transitions, day: i64) {
    let mut state = simulation.state();
    match day {
        60 => {
            let stages = state.region().stages().step_by(7);
            let free = stages.filter(|(_, stage)| !state.scripted.contains(&stage.arn));
            let apis: Vec<String> = free.map(|(api, _)| api.id.clone()).collect();
            state.rule.excluded.extend(apis);
        }
        100 => state.rule.removed_check = Some("certificate-unique"),
        140 => state.rule.removed_check = None,
        150 => state.rule.excluded.clear(),
        200 => state.rule.removed_check = Some("owner-tag"),
        230 => state.rule.removed_check = None,
        250 => {
            // Config deletes the results of a rule with the rule.
            state.rule = Rule { name: "stagecert-2", ..state.rule.clone() };
            state.results.clear();
            transitions.migrate();
        }
        _ => {}
    }
}

#[derive(Debug, Default)]
struct Counts {
    sweeps: usize,
    incomplete_sweeps: usize,
    changes: usize,
    lost_changes: usize,
    failed_changes: usize,
    late_duplicates: usize,
}

#[tokio::test(flavor = "current_thread", start_paused = true)]
async fn a_year_reports_each_transition_once_to_its_owner() {
    let stages = std::env::var("STAGECERT_YEAR_EVENT_STAGES").ok().and_then(|stages| stages.parse().ok());
    let start: Timestamp = "2026-01-01T08:00:00Z".parse().unwrap();
    let simulation = Simulation::new(stages.unwrap_or(STAGES), start);
    let story = Story::new(&mut simulation.state(), start);
    simulation.state().hub().resolves_passed = true;
    simulation.state().rule.events = true;
    let (mut reminders, mut transitions, mut hub) =
        (Reminders::new(start), Transitions::default(), Hub::default());
    let mut counts = Counts::default();
    let mut delivered = Vec::new();

    for day in 0..DAYS {
        let time = start + hours(24 * day);
        for hour in 0..=6 {
            reminders.run(&simulation, 24 * day + hour).await;
        }
        change_rule(&simulation, &mut transitions, day);
        let now = time + hours(6);
        counts.sweeps += 1;
        let mut is_complete = false;
        for (n, fault) in attempts(day).iter().enumerate() {
            let at = now + SignedDuration::from_mins(2) * i32::try_from(n).unwrap();
            let event = sweep(&simulation, now);
            is_complete = attempt(&simulation, &event, at, *fault).await;
            if is_complete {
                transitions.swept(&simulation, &reminders.announced, at);
                hub.complete_sweep(&simulation, at);
                break;
            }
            transitions.failed(&simulation, None, at);
            hub.incomplete_sweep(&simulation, at);
        }
        counts.incomplete_sweeps += usize::from(!is_complete);
        simulation.state().hub().age(now);
        if day == 91 {
            let of_story = transitions.mails.iter().filter(|mail| mail.arn == story.arn);
            let lines: Vec<&str> = of_story.map(|mail| mail.line.as_str()).collect();
            assert_eq!(lines, STORY);
        }

        // Lambda delivers an event again, hours later.
        if let Some(event) = delivered.pop().filter(|_| day % 3 == 0) {
            counts.late_duplicates += 1;
            let at = now + SignedDuration::from_mins(30);
            attempt(&simulation, &event, at, Fault::None).await;
            transitions.receive(&simulation, None, at);
        }
        for hour in 7..=8 {
            reminders.run(&simulation, 24 * day + hour).await;
        }
        let later = time + hours(8) + SignedDuration::from_mins(5);
        let before = deliveries::items(&simulation);
        simulation.state().simulate_day(day, later);
        people::act(&mut simulation.state(), day, later);
        story.act(&mut simulation.state(), day);
        delivered.clear();
        for change in changes(&before, &deliveries::items(&simulation)) {
            let delivery = delivery(counts.changes);
            counts.changes += 1;
            let (event, is_evaluated) = deliver(&simulation, &change, delivery, later).await;
            counts.lost_changes += usize::from(delivery == deliveries::Delivery::Lost);
            let at = later + SignedDuration::from_mins(4);
            if is_evaluated {
                transitions.evaluated(&simulation, &change.arn, at);
                delivered.push(event);
            } else {
                counts.failed_changes += usize::from(delivery != deliveries::Delivery::Lost);
                transitions.failed(&simulation, Some(&change.arn), at);
            }
            hub.observe(&simulation, at);
        }
        for hour in 9..24 {
            reminders.run(&simulation, 24 * day + hour).await;
        }
    }
    transitions.finish();
    let events = simulation.state().region().event_bus.events.clone();
    let emails = mailer::mail(&events).await;
    println!("{} events: {emails:?}", events.len());
    let wrong = [emails.doubled, emails.late, emails.wrong_recipient, emails.never_sent];
    assert_eq!(wrong, [0; 4], "emails: doubled, late, wrong recipient, never sent");
    assert!(emails.dropped > 50 && emails.emails_at_once > 100 && emails.digests > 100);
    println!("{} stages with events, {DAYS} days: {counts:?}", simulation.state().stages());
    println!("{:?}", reminders.counts);
    let (found, hub) = (&transitions.counts, &hub.counts);
    println!(
        "problems: {}, reported once: {}, missed: {}, doubled: {}, late: {}, wrong recipient: {}, \
         findings left open: {}, findings reopened without cause: {}",
        found.problems,
        found.reported_once,
        found.missed,
        found.doubled,
        found.late,
        found.wrong_recipient,
        hub.findings_left_open,
        hub.findings_reopened_without_cause
    );
    println!("{found:?}, {hub:?}");
    let wrong = [found.missed, found.doubled, found.late, found.wrong_recipient, found.wrong];
    assert_eq!(wrong, [0; 5], "missed, doubled, late, wrong recipient, wrong");
    assert_eq!(found.problems, found.reported_once);
    let wrong = [hub.findings_left_open, hub.findings_missing, hub.findings_reopened_without_cause];
    assert_eq!(wrong, [0; 3], "left open, missing, reopened without cause");
    reminders.counts.check_wrong();
    let stages = simulation.state().stages();
    assert!(found.problems > 3 * stages && found.fixed > stages, "otherwise this proves nothing");
    assert!(found.by_reminder > 10 && found.sent_again > 50 && found.repeated_by_migration > 10);
    assert!(counts.lost_changes > 30 && counts.failed_changes > 30 && counts.incomplete_sweeps > 50);
    assert!(counts.late_duplicates > 30 && hub.findings_reopened > 10);
}
