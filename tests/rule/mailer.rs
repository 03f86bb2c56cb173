//! The mailer: which emails leave, when and to whom. The table and the topics are in memory.

use std::fmt::Write as _;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use stagecert::checks::Check;
use stagecert::deadline::Deadline;
use stagecert::mailer::store::Store as _;
use stagecert::mailer::{Invocation, Stats, run};
use stagecert::parameters::settings::Mailer as Settings;
use stagecert::resources::account_region::AccountRegion;

const SECURITY: &str = "arn:aws:sns:eu-west-1:222222222222:security";
const PAYMENTS: &str = "arn:aws:sns:eu-west-1:222222222222:payments";
#[path = "memory.rs"]
mod memory;

use memory::Memory;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/emails.md");

/// The recipients and subjects of the emails since the last look.
fn subjects(memory: &Memory) -> Vec<String> {
    let name = |recipient: &str| recipient.rsplit(':').next().unwrap().to_owned();
    memory.take().into_iter().map(|(to, subject, _)| format!("{}: {subject}", name(&to))).collect()
}

/// A finding that changed, as the function sends it.
fn change(n: usize, check: &str, reason: &str, severity: &str) -> Value {
    json!({
        "eventVersion": 1, "transitionId": format!("{n:032x}"), "deployment": "stagecert",
        "awsAccountId": "111122223333", "awsRegion": "eu-west-1", "configRuleName": "stagecert",
        "resourceType": "AWS::ApiGateway::Stage",
        "resourceId": format!("arn:aws:apigateway:eu-west-1::/restapis/a{n}/stages/prod"),
        "stage": format!("a{n}/prod"), "apiName": "orders", "check": check, "status": "failed", "reason": reason,
        "certificateId": "d0xj5u", "severity": severity, "previousSeverity": null, "owner": "payments",
        "whatToDo": "Do this.",
    })
}

fn fixed(n: usize) -> Value {
    let mut event = change(n + 10_000, "certificate-attached", "attached", "HIGH");
    event["status"] = "fixed".into();
    event["severity"] = Value::Null;
    event["previousSeverity"] = "HIGH".into();
    event["resourceId"] = change(n, "", "", "")["resourceId"].clone();
    event
}

fn reminder(hours_left: i64, not_after: &str) -> Value {
    let mut event = change(1, "certificate-expiry", "expiring", "MEDIUM");
    let fields = event.as_object_mut().unwrap();
    for field in ["transitionId", "check", "status", "reason", "previousSeverity"] {
        fields.remove(field);
    }
    let more = json!({
        "reminderId": format!("111122223333/eu-west-1/stagecert/d0xj5u/{not_after}/1/payments"),
        "notAfter": not_after, "hoursLeft": hours_left, "timing": "ends", "stageCount": 2,
        "stageList": "a1/prod, a2/prod", "stages": ["a1/prod", "a2/prod"], "stagesLeftOut": 0,
        "impact": "once it has ended, backends that require it reject every request that presents it.",
    });
    fields.extend(more.as_object().unwrap().clone());
    event
}

fn to(recipient: &str, detail: &Value) -> Value {
    let (account, kind) = ("111122223333", "Stage Finding Change");
    json!({"recipient": recipient, "account": account, "type": kind, "detail": detail})
}

fn send(run: &str) -> Value {
    json!({"run": run, "time": "2026-11-21T08:00:00Z"})
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(crate) fn settings() -> Settings {
    Settings { table: "stagecert-emails".into(), runbook: None, function_account: None }
}

async fn invoke(memory: &Memory, bodies: &[Value], now: Timestamp) -> Result<Stats, String> {
    invoke_with(memory, bodies, now, &settings(), Deadline::none()).await
}

async fn invoke_with(
    memory: &Memory,
    bodies: &[Value],
    now: Timestamp,
    settings: &Settings,
    deadline: Deadline,
) -> Result<Stats, String> {
    let records: Vec<Value> =
        bodies.iter().map(|body| json!({"messageId": "1", "body": body.to_string()})).collect();
    let home = AccountRegion::in_region("222222222222", "eu-west-1");
    let invocation = Invocation { now, deadline, home: &home };
    let mut stats = Stats::default();
    let event = json!({ "Records": records }).to_string();
    let unsent = run(&event, memory, settings, &invocation, &mut stats).await;
    match unsent.map(|failures| failures.into_iter().next()) {
        Ok(None) => Ok(stats),
        Ok(Some(failure)) => Err(format!("unsent: {failure}")),
        Err(failure) => Err(failure.to_string()),
    }
}

#[tokio::test]
async fn severe_problems_and_last_reminders_leave_at_once_and_the_rest_in_the_digest() {
    let soon = "2026-11-22T08:30:00Z";
    for (event, subject) in [
        (
            change(1, "certificate-attached", "dangling", "CRITICAL"),
            "CRITICAL: orders/prod: client certificate d0xj5u does not exist",
        ),
        (
            change(1, "certificate-attached", "missing", "HIGH"),
            "HIGH: orders/prod: no client certificate is attached",
        ),
        (change(1, "certificate-unique", "shared", "MEDIUM"), ""),
        (change(1, "owner-tag", "unowned", "LOW"), ""),
        (reminder(25, soon), "MEDIUM: 2 stages: client certificate d0xj5u ends in 25 hours"),
        (reminder(26, "2026-11-22T09:30:00Z"), ""),
        (reminder(0, "2026-11-21T08:00:00Z"), "MEDIUM: 2 stages: client certificate d0xj5u has ended"),
        (fixed(1), ""),
    ] {
        let memory = Memory::default();
        let now = at("2026-11-21T08:00:00Z");
        let stats = invoke(&memory, &[to(SECURITY, &event)], now).await.unwrap();
        assert_eq!(stats, Stats { stored: 1, ..Stats::default() });
        assert_eq!(subjects(&memory), Vec::<String>::new(), "nothing is sent before it is stored");
        let stats = invoke(&memory, &[send("urgent")], now).await.unwrap();
        let sent = subjects(&memory);
        assert_eq!(stats.sent, sent.len());
        let expected: Vec<String> =
            (!subject.is_empty()).then(|| format!("security: {subject}")).into_iter().collect();
        assert_eq!(sent, expected, "{event}");
        invoke(&memory, &[send("digest")], now).await.unwrap();
        assert_eq!(subjects(&memory).len(), 1 - sent.len(), "{event}");
        invoke(&memory, &[send("urgent"), send("digest")], now).await.unwrap();
        assert_eq!(subjects(&memory), Vec::<String>::new(), "each is sent once");
    }
}

#[tokio::test]
async fn an_event_is_sent_once_to_each_recipient_within_seven_days() {
    let memory = Memory::default();
    let event = change(1, "certificate-attached", "missing", "HIGH");
    let mut counts = Vec::new();
    for (now, recipient) in [
        ("2026-11-01T08:00:00Z", SECURITY),
        ("2026-11-01T08:00:01Z", SECURITY),
        ("2026-11-01T08:00:01Z", PAYMENTS),
        ("2026-11-08T07:59:59Z", SECURITY),
        ("2026-11-08T08:00:00Z", SECURITY),
    ] {
        invoke(&memory, &[to(recipient, &event), to(recipient, &event)], at(now)).await.unwrap();
        invoke(&memory, &[send("urgent")], at(now)).await.unwrap();
        counts.push(memory.take().len());
    }
    assert_eq!(counts, [1, 0, 1, 0, 1]);
}

#[tokio::test]
async fn more_than_20_at_once_become_one_email() {
    let memory = Memory::default();
    let start = at("2026-11-21T08:00:00Z");
    for n in 0..3000_i64 {
        let event = change(usize::try_from(n).unwrap(), "certificate-attached", "missing", "HIGH");
        let now = start + SignedDuration::from_millis(n * 50);
        invoke(&memory, &[to(SECURITY, &event)], now).await.unwrap();
        if n % 1200 == 1199 {
            invoke(&memory, &[send("urgent")], now).await.unwrap();
            assert_eq!(subjects(&memory), Vec::<String>::new(), "the burst has not ended");
        }
    }
    invoke(&memory, &[send("urgent")], start + SignedDuration::from_secs(211)).await.unwrap();
    let [(_, subject, body)] = memory.take().try_into().unwrap();
    assert_eq!(subject, "stagecert: act now: 3000 HIGH");
    assert_eq!(body.lines().filter(|line| line.starts_with("- No client certificate")).count(), 200);
    assert!(body.ends_with("- and 2800 more, which AWS Config lists\n"), "{body}");
    // A single problem soon after that is not one of many.
    let late = start + SignedDuration::from_secs(300);
    let event = change(5000, "certificate-attached", "missing", "HIGH");
    invoke(&memory, &[to(SECURITY, &event), send("urgent")], late).await.unwrap();
    assert_eq!(subjects(&memory), ["security: HIGH: orders/prod: no client certificate is attached"]);
}

#[tokio::test]
async fn an_email_says_what_is_true_now() {
    let memory = Memory::default();
    let morning = at("2026-11-21T09:00:00Z");
    let events = [
        change(1, "certificate-unique", "shared", "MEDIUM"),
        change(2, "certificate-attached", "missing", "LOW"),
        reminder(336, "2026-12-05T08:30:00Z"),
    ];
    let messages: Vec<Value> = events.iter().map(|event| to(SECURITY, event)).collect();
    invoke(&memory, &messages, morning).await.unwrap();
    // What was fixed since then is not listed as failed.
    invoke(&memory, &[to(SECURITY, &fixed(2))], at("2026-11-21T10:00:00Z")).await.unwrap();
    invoke(&memory, &[send("digest")], at("2026-11-22T08:00:00Z")).await.unwrap();
    let [(_, subject, body)] = memory.take().try_into().unwrap();
    assert_eq!(subject, "stagecert: daily digest: 1 MEDIUM, 1 certificate that ends, 1 fixed");
    assert!(!body.contains("No client certificate is attached"), "{body}");
    assert!(
        body.contains("Certificate-attached no longer fails (attached): orders/prod of API a2 "),
        "{body}"
    );
    // 13 days and half an hour are left by then.
    assert!(
        body.contains("Client certificate d0xj5u ends in 13 days: 2 stages (a1/prod, a2/prod)"),
        "{body}"
    );
}

#[tokio::test]
async fn what_is_not_sent_stays_until_it_is() {
    let (first, second) = (at("2026-11-21T08:00:00Z"), at("2026-11-21T08:01:00Z"));
    let event = |recipient| to(recipient, &change(1, "certificate-attached", "missing", "HIGH"));
    // A topic that refuses does not keep the other recipient from its email.
    let memory = Memory::default();
    invoke(&memory, &[event(PAYMENTS), event(SECURITY)], first).await.unwrap();
    memory.fails.replace(vec![PAYMENTS.into()]);
    let error = invoke(&memory, &[send("urgent")], first).await.unwrap_err();
    assert!(error.starts_with("unsent: "), "the request is not repeated: {error}");
    assert_eq!(subjects(&memory), ["security: HIGH: orders/prod: no client certificate is attached"]);
    memory.fails.take();
    invoke(&memory, &[send("urgent")], second).await.unwrap();
    assert_eq!(subjects(&memory), ["payments: HIGH: orders/prod: no client certificate is attached"]);

    // Wherever an invocation is cut off, the next one sends the rest, and each at most once more.
    for calls in 0..20 {
        let memory = Memory::default();
        let mut doubled = 0;
        let messages = [event(PAYMENTS), event(SECURITY), send("urgent"), send("digest")];
        memory.calls_left.set(Some(calls));
        let _ = invoke(&memory, &messages, first).await;
        memory.calls_left.set(None);
        invoke(&memory, &messages, second).await.unwrap();
        let sent = subjects(&memory);
        for name in ["payments", "security"] {
            let count = sent.iter().filter(|subject| subject.starts_with(name)).count();
            assert!(count >= 1, "{calls}: {sent:?}");
            doubled += count - 1;
        }
        assert!(doubled <= 1, "{calls}: {sent:?}");
    }
}

#[tokio::test]
async fn nothing_is_sent_after_the_deadline_and_nothing_is_lost() {
    let memory = Memory::default();
    let now = at("2026-11-21T08:00:00Z");
    let event = to(SECURITY, &change(1, "certificate-attached", "missing", "HIGH"));
    invoke(&memory, &[event], now).await.unwrap();
    let over = Deadline::after(Duration::ZERO);
    let error = invoke_with(&memory, &[send("urgent")], now, &settings(), over).await.unwrap_err();
    assert!(
        error.starts_with("unsent: Publish in account 222222222222, Region eu-west-1: out of time"),
        "{error}"
    );
    assert_eq!(memory.take(), []);
    invoke(&memory, &[send("urgent")], now).await.unwrap();
    assert_eq!(memory.take().len(), 1);
}

#[tokio::test]
async fn an_unusable_event_is_in_the_digest_and_stops_nothing() {
    let good = change(1, "certificate-attached", "missing", "HIGH");
    let with = |field: &str, value: Value| {
        let mut event = good.clone();
        event[field] = value;
        event
    };
    let central = Settings { function_account: Some("111122223333".into()), ..settings() };
    for (detail, settings, expected) in [
        (with("awsAccountId", "444455556666".into()), settings(), Some("it is about another account")),
        (with("awsAccountId", "444455556666".into()), central.clone(), None),
        (with("awsAccountId", "x".into()), central, Some("its account or Region is not valid")),
        (with("awsRegion", "us-east-1".into()), settings(), Some("it is not about a stage in its Region")),
        (with("resourceId", "https://example.com".into()), settings(), Some("it is not about a stage")),
        (with("transitionId", "".into()), settings(), Some("it has no id")),
        (with("check", "".into()), settings(), Some("it is neither about a check")),
        (with("check", "Sign in".into()), settings(), Some("its check or its reason is not a code")),
        (with("impact", "x".into()), settings(), Some("its impact is not one of the known texts")),
        (with("severity", "PANIC".into()), settings(), Some("its fields are not those of an event")),
        (with("stageCount", (-1).into()), settings(), Some("its fields are not those of an event")),
        (json!("text"), settings(), Some("its fields are not those of an event")),
        (Value::Null, settings(), Some("its fields are not those of an event")),
    ] {
        let memory = Memory::default();
        let now = at("2026-11-21T08:00:00Z");
        let messages = [to(SECURITY, &detail), send("urgent"), send("digest")];
        let done = invoke_with(&memory, &messages, now, &settings, Deadline::none()).await;
        assert_eq!(done.map(|stats| stats.sent), Ok(1), "{detail}");
        let [(_, subject, body)] = memory.take().try_into().unwrap();
        match expected {
            None => assert!(subject.starts_with("HIGH: "), "{subject}"),
            Some(why) => {
                assert_eq!(subject, "stagecert: daily digest: 1 unusable event");
                let says = format!("- an event from account 111122223333 was not used: {why}");
                assert!(body.contains(&says), "{detail}: {body}");
            }
        }
    }
    // Messages that only the mailer's own stack sends are a failure: the queue keeps them.
    for body in [json!({}), json!({"run": "later"}), json!([]), json!({"recipient": 1})] {
        let error = invoke(&Memory::default(), &[body], at("2026-11-21T08:00:00Z")).await.unwrap_err();
        assert!(error.starts_with("event.Records.body: allowed: a run"), "{error}");
    }
}

/// No detail stops the messages behind it, whatever JSON it is.
#[tokio::test]
async fn a_detail_that_cannot_be_parsed_is_unusable() {
    let deep = "[".repeat(500) + &"]".repeat(500);
    for detail in [deep.as_str(), "1e999", r#""\ud800""#, r#"{"transitionId": 1e999}"#, "null", "7"] {
        let memory = Memory::default();
        let body =
            format!(r#"{{"recipient":"{SECURITY}","account":"111122223333","type":"x","detail":{detail}}}"#);
        let good = to(SECURITY, &change(1, "certificate-attached", "missing", "HIGH")).to_string();
        let records: Vec<Value> =
            [body, good, send("urgent").to_string()].iter().map(|body| json!({ "body": body })).collect();
        let home = AccountRegion::in_region("222222222222", "eu-west-1");
        let invocation =
            Invocation { now: at("2026-11-21T08:00:00Z"), deadline: Deadline::none(), home: &home };
        let mut stats = Stats::default();
        let event = json!({ "Records": records }).to_string();
        run(&event, &memory, &settings(), &invocation, &mut stats).await.unwrap();
        assert_eq!(stats, Stats { stored: 2, dropped: 0, sent: 1 }, "{detail}");
    }
}

/// Ids are predictable, so another account could send an event with the same id first.
#[tokio::test]
async fn no_account_can_use_up_the_id_of_another() {
    let memory = Memory::default();
    let real = change(1, "certificate-attached", "missing", "HIGH");
    let mut forged = real.clone();
    forged["awsAccountId"] = "444455556666".into();
    forged["severity"] = "LOW".into();
    let mut message = to(SECURITY, &forged);
    message["account"] = "444455556666".into();
    let now = at("2026-11-21T08:00:00Z");
    let stats = invoke(&memory, &[message, to(SECURITY, &real), send("urgent")], now).await.unwrap();
    assert_eq!(stats, Stats { stored: 2, dropped: 0, sent: 1 });
    assert_eq!(subjects(&memory), ["security: HIGH: orders/prod: no client certificate is attached"]);
}

/// Of two events about the same problem, only the later one is sent, whichever is urgent.
#[tokio::test]
async fn a_later_event_replaces_an_earlier_one_about_the_same_problem() {
    let (morning, noon) = (at("2026-11-21T09:00:00Z"), at("2026-11-21T12:00:00Z"));
    let low = change(1, "certificate-attached", "missing", "LOW");
    let mut critical = change(2, "certificate-attached", "dangling", "CRITICAL");
    critical["resourceId"] = low["resourceId"].clone();
    let open = "security: CRITICAL: orders/prod: client certificate d0xj5u does not exist";
    for (earlier, later, at_once, digest) in [
        (&low, &critical, vec![open], None),
        (&fixed(1), &critical, vec![open], None),
        (&critical, &fixed(1), vec![], Some("security: stagecert: daily digest: 1 fixed")),
        (&critical, &low, vec![], Some("security: stagecert: daily digest: 1 LOW")),
    ] {
        let memory = Memory::default();
        invoke(&memory, &[to(SECURITY, earlier)], morning).await.unwrap();
        invoke(&memory, &[to(SECURITY, later), send("urgent")], noon).await.unwrap();
        assert_eq!(subjects(&memory), at_once);
        invoke(&memory, &[send("digest")], noon).await.unwrap();
        assert_eq!(subjects(&memory), Vec::from_iter(digest));
    }
}

/// The queue of a recipient and that of the runs are processed at the same time.
#[tokio::test]
async fn an_event_that_arrives_while_an_email_is_sent_is_not_removed_with_it() {
    let memory = Memory::default();
    let now = at("2026-11-21T09:00:00Z");
    let earlier = change(1, "certificate-attached", "missing", "HIGH");
    let mut later = change(2, "certificate-attached", "dangling", "CRITICAL");
    later["resourceId"] = earlier["resourceId"].clone();
    invoke(&memory, &[to(SECURITY, &earlier)], now).await.unwrap();
    let other = Memory::default();
    invoke(&other, &[to(SECURITY, &later)], now + SignedDuration::from_secs(1)).await.unwrap();
    memory.arrive.replace(other.items("urgent", None, 1).await.unwrap());
    invoke(&memory, &[send("urgent")], now).await.unwrap();
    assert_eq!(subjects(&memory), ["security: HIGH: orders/prod: no client certificate is attached"]);
    invoke(&memory, &[send("urgent")], now).await.unwrap();
    assert_eq!(
        subjects(&memory),
        ["security: CRITICAL: orders/prod: client certificate d0xj5u does not exist"]
    );
}

#[tokio::test]
async fn a_digest_of_any_size_is_sent_within_the_limits_of_sns() {
    let memory = Memory::default();
    let now = at("2026-11-21T08:00:00Z");
    for n in 0..5500 {
        let mut event = change(n, "certificate-unique", "shared", "MEDIUM");
        for field in ["apiName", "owner", "certificateId", "configRuleName", "whatToDo"] {
            event[field] = "\u{1F980}".repeat(300).into();
        }
        invoke(&memory, &[to(SECURITY, &event)], now).await.unwrap();
    }
    let stats = invoke(&memory, &[send("digest")], now).await.unwrap();
    assert_eq!(stats.sent, 2);
    let counts =
        ["5000 MEDIUM", "500 MEDIUM"].map(|count| format!("security: stagecert: daily digest: {count}"));
    assert_eq!(subjects(&memory), counts);
}

/// An email that can't be removed from the table is not sent every minute.
#[tokio::test]
async fn nothing_is_sent_while_the_table_refuses_changes() {
    let memory = Memory::default();
    let now = at("2026-11-21T08:00:00Z");
    let event = to(SECURITY, &change(1, "certificate-attached", "missing", "HIGH"));
    invoke(&memory, &[event], now).await.unwrap();
    memory.fails.replace(vec!["write".into()]);
    for _ in 0..3 {
        invoke(&memory, &[send("urgent")], now).await.unwrap_err();
        assert_eq!(subjects(&memory), Vec::<String>::new());
    }
    memory.fails.take();
    invoke(&memory, &[send("urgent")], now).await.unwrap();
    assert_eq!(subjects(&memory).len(), 1);
}

#[tokio::test]
async fn text_from_an_event_cannot_forge_a_subject_a_line_or_a_link() {
    let memory = Memory::default();
    let mut event = change(1, "certificate-attached", "missing", "HIGH");
    event["apiName"] = "a\r\nBcc: x\u{202e} \u{e9} https://evil.example/".into();
    event["owner"] = "x\nRunbook: https://evil.example/".into();
    event["whatToDo"] = ("Go to https://evil.example/ ".to_owned() + &"x".repeat(100_000)).into();
    event["configRuleName"] = "r\n\nAccount: 0".into();
    let now = at("2026-11-21T08:00:00Z");
    invoke(&memory, &[to(SECURITY, &event), send("urgent")], now).await.unwrap();
    let [(_, subject, body)] = memory.take().try_into().unwrap();
    assert!(subject.starts_with("HIGH: a??Bcc: x? ? https:??evil.example//prod: "), "{subject}");
    assert!(!body.contains("://evil"), "{body}");
    assert!(body.lines().all(|line| !line.starts_with("Bcc") && !line.starts_with("Runbook")), "{body}");
    assert_eq!(body.lines().filter(|line| line.starts_with("Account:")).count(), 1, "{body}");
    let advice = Check::CertificateAttached.advice().what_to_do;
    assert!(body.contains(&format!("What to do: {advice}\n")), "{body}");
    assert!(body.len() < 4000, "{}", body.len());
}

/// Writes the page with each email as text, from events that the function really sends.
#[tokio::test]
async fn the_page_of_emails_is_up_to_date() {
    let settings =
        Settings { runbook: Some("https://wiki.example.com/client-certificates".into()), ..settings() };
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/cdk/test/events/function-events.json");
    let events: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let event =
        |name: &str| -> Value { serde_json::from_str(events[name]["Detail"].as_str().unwrap()).unwrap() };
    let mut page = include_str!("emails.txt").to_owned();
    let finding = event("findingChange");
    let mut many = Vec::new();
    for n in 0..21 {
        let mut one = finding.clone();
        one["transitionId"] = format!("many{n}").into();
        one["resourceId"] = format!("arn:aws:apigateway:eu-west-1::/restapis/a1b2c3d4{n}/stages/prod").into();
        many.push(one);
    }
    let advised = |n: usize, check: Check, reason: &str, severity: &str| {
        let mut event = change(n, check.code(), reason, severity);
        event["whatToDo"] = check.advice().what_to_do.into();
        event
    };
    let daily = [
        advised(1, Check::CertificateUnique, "shared", "MEDIUM"),
        advised(2, Check::OwnerTag, "unowned", "LOW"),
        fixed(3),
        event("certificateReminder"),
    ];
    let now = at("2026-11-21T08:00:00Z");
    for (title, details, run) in [
        ("A problem that needs action now", vec![finding.clone()], "urgent"),
        (
            "A certificate ends within a day, or has ended",
            vec![event("expiredCertificateReminder")],
            "urgent",
        ),
        ("More than 20 such problems at once", many, "urgent"),
        ("The daily digest", daily.to_vec(), "digest"),
    ] {
        let memory = Memory::default();
        let messages: Vec<Value> = details.iter().map(|detail| to(SECURITY, detail)).collect();
        invoke_with(&memory, &messages, now, &settings, Deadline::none()).await.unwrap();
        let later = now + SignedDuration::from_secs(120);
        invoke_with(&memory, &[send(run)], later, &settings, Deadline::none()).await.unwrap();
        let [(_, subject, body)] = memory.take().try_into().unwrap();
        write!(page, "\n## {title}\n\n```text\nSubject: {subject}\n\n{body}```\n").unwrap();
    }
    if std::env::var_os("WRITE_GENERATED").is_some() {
        std::fs::write(PAGE, &page).unwrap();
    }
    assert_eq!(std::fs::read_to_string(PAGE).unwrap(), page, "run `make docs`");
}
