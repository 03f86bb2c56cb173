//! The emails of a year: the mailer gets all events of the bus, some of them twice, and every
//! minute and day the request to send.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use stagecert::deadline::Deadline;
use stagecert::mailer::{Invocation, Stats, run};
use stagecert::parameters::settings::Mailer as Settings;
use stagecert::resources::account_region::AccountRegion;

#[path = "../../../rule/memory.rs"]
mod memory;

use memory::Memory;

/// The recipient of everything; each owner has a topic too.
const EVERYTHING: &str = "arn:aws:sns:eu-west-1:222222222222:everything";
const REMEMBERED: SignedDuration = SignedDuration::from_hours(7 * 24);
/// The longest time that an event waits if it can't wait for the digest.
const AT_ONCE: SignedDuration = SignedDuration::from_mins(11);

#[derive(Debug, Default)]
pub struct Counts {
    /// Events that are new to a recipient.
    pub new: usize,
    /// Those that the mailer dropped, because the recipient has had them.
    pub dropped: usize,
    pub emails_at_once: usize,
    pub digests: usize,
    /// Emails that went to someone other than the owner or the recipient of everything.
    pub wrong_recipient: usize,
    /// Emails about something that a recipient has had within seven days.
    pub doubled: usize,
    /// Emails about CRITICAL and HIGH problems that waited too long.
    pub late: usize,
    pub never_sent: usize,
}

/// Sends the emails about these events, which are in the order in which they were put.
pub async fn mail(events: &[Value]) -> Counts {
    let (memory, mut counts) = (Memory::default(), Counts::default());
    // When a recipient first had an event, and those that are yet to be sent at once.
    let mut had: BTreeMap<(String, String), Timestamp> = BTreeMap::new();
    let mut waiting: BTreeSet<(Timestamp, String)> = BTreeSet::new();
    let mut now: Timestamp = events[0]["time"].as_str().unwrap().parse().unwrap();
    for (n, event) in events.iter().enumerate() {
        let time: Timestamp = event["time"].as_str().unwrap().parse().unwrap();
        while now < time {
            send(&memory, now, &mut waiting, &mut counts).await;
            let minute = now + SignedDuration::from_mins(1);
            // Nothing is sent before the next event or digest.
            let digest = (now.as_second() - 8 * 3600 + 86400) / 86400 * 86400 + 8 * 3600;
            let next = time.min(Timestamp::from_second(digest).unwrap());
            now = if waiting.is_empty() { next.max(minute) } else { minute };
        }
        let detail = &event["detail"];
        let id = ["transitionId", "reminderId"].into_iter().find_map(|field| detail[field].as_str()).unwrap();
        let owner = detail["owner"].as_str().unwrap();
        let of_owner = (!owner.is_empty()).then(|| format!("arn:aws:sns:eu-west-1:222222222222:{owner}"));
        for recipient in of_owner.into_iter().chain([EVERYTHING.to_owned()]) {
            let key = (recipient.clone(), id.to_owned());
            let is_new = had.get(&key).is_none_or(|had| now.duration_since(*had) >= REMEMBERED);
            let body = json!({"recipient": recipient, "account": event["account"], "detail": detail});
            // EventBridge and SQS may deliver a message again.
            let bodies = vec![body; 1 + usize::from(n % 5 == 0)];
            let stats = invoke(&memory, &bodies, now).await;
            counts.new += usize::from(is_new);
            counts.dropped += stats.dropped;
            counts.doubled += stats.stored.saturating_sub(usize::from(is_new));
            counts.never_sent += usize::from(is_new).saturating_sub(stats.stored);
            if is_new {
                had.insert(key, now);
                if matches!(detail["severity"].as_str(), Some("CRITICAL" | "HIGH")) {
                    waiting.insert((now, recipient));
                }
            }
        }
    }
    for minute in 0..3 * 24 * 60 {
        send(&memory, now + SignedDuration::from_mins(minute), &mut waiting, &mut counts).await;
    }
    counts.never_sent += waiting.len();
    counts
}

async fn send(
    memory: &Memory,
    now: Timestamp,
    waiting: &mut BTreeSet<(Timestamp, String)>,
    counts: &mut Counts,
) {
    let is_digest = now.as_second() % 86400 / 60 == 8 * 60;
    for run in ["urgent"].into_iter().chain(is_digest.then_some("digest")) {
        invoke(memory, &[json!({"run": run, "time": now.to_string()})], now).await;
        for (recipient, subject, body) in memory.take() {
            let is_at_once = run == "urgent";
            counts.emails_at_once += usize::from(is_at_once);
            counts.digests += usize::from(!is_at_once);
            let name = recipient.rsplit(':').next().unwrap();
            let owners = body.matches(", owner ").count() + body.matches("Owner: ").count();
            let own = body.matches(&format!(", owner {name})")).count()
                + body.matches(&format!("Owner: {name}\n")).count();
            if recipient != EVERYTHING && own < owners {
                println!("{now}: {recipient}: {subject}\n{body}");
                counts.wrong_recipient += 1;
            }
            if is_at_once {
                // Either each has its own email, or all are in this one.
                let of_recipient = |(_, waits): &(Timestamp, String)| *waits == recipient;
                let done: Vec<_> = waiting.iter().filter(|it| of_recipient(it)).cloned().collect();
                for one in &done {
                    counts.late += usize::from(now.duration_since(one.0) > AT_ONCE);
                    waiting.remove(one);
                }
            }
        }
    }
}

async fn invoke(memory: &Memory, bodies: &[Value], now: Timestamp) -> Stats {
    let records: Vec<Value> = bodies.iter().map(|body| json!({"body": body.to_string()})).collect();
    let event = json!({ "Records": records }).to_string();
    let home = AccountRegion::in_region("222222222222", "eu-west-1");
    let invocation = Invocation { now, deadline: Deadline::none(), home: &home };
    let settings = Settings { table: "stagecert-emails".into(), ..Settings::default() };
    let mut stats = Stats::default();
    let unsent = run(&event, memory, &settings, &invocation, &mut stats).await.unwrap();
    assert!(unsent.is_empty());
    stats
}
