//! Findings for Security Hub and reminders about the front door, over several events of one
//! account.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use stagecert::snapshot::RecordedResults;

use crate::evaluate::{example, sample, with_parameters};
use crate::faulty::World;
use crate::front_door::{CHECKS, account, with_bypass};
use crate::security_hub::Account;

fn sweep(checks: &str) -> Value {
    with_parameters(sample("scheduled"), &json!({"checks": checks, "securityHub": "on"}))
}

/// The findings, by the end of their ids, with status and record state.
fn lines(findings: &[Value]) -> Vec<String> {
    let line = |it: &Value| {
        let end: Vec<&str> = it["Id"].as_str().unwrap().rsplitn(5, '/').collect();
        let end = format!("{}/{}/{}", end[3], end[1], end[0]);
        let archived = if it["RecordState"] == "ARCHIVED" { " ARCHIVED" } else { "" };
        let (status, reason) = (&it["Compliance"]["Status"], &it["ProductFields"]["stagecert/reason"]);
        format!("{end} {} {}{archived}", status.as_str().unwrap(), reason.as_str().unwrap())
    };
    let mut lines: Vec<String> = findings.iter().map(line).collect();
    lines.sort();
    lines
}

async fn imported(account: &mut Account, day: &str, checks: &str) -> Vec<String> {
    let (evaluated, sent) = account.event(day, &sweep(checks)).await;
    assert_eq!(evaluated.outcome.unwrap().findings_imported, Some(sent.len()));
    lines(&sent)
}

fn set(account: &mut Account, to: &Value) {
    account.world = World::of(to);
}

#[tokio::test]
async fn a_sweep_imports_what_is_new_and_archives_what_is_gone() {
    let mut hub = Account::of(&account());
    let first = imported(&mut hub, "21T12:00:00", CHECKS).await;
    let domain = |check: &str| format!("api.example.com/-/{check} PASSED passed");
    assert_eq!(
        first,
        [
            domain("domain-certificate"),
            domain("tls-policy"),
            domain("truststore"),
            "guarded001/-/mutual-tls PASSED passed".to_owned(),
        ]
    );
    assert!(imported(&mut hub, "21T13:00:00", CHECKS).await.is_empty(), "nothing is new");

    set(&mut hub, &with_bypass(account()));
    let bypassed = imported(&mut hub, "21T14:00:00", CHECKS).await;
    assert!(bypassed.contains(&"guarded001/-/mutual-tls FAILED other-domain".to_owned()), "{bypassed:?}");

    let mut without = account();
    without["frontDoor"]["domainNames"] = json!([]);
    set(&mut hub, &without);
    let gone = imported(&mut hub, "21T15:00:00", CHECKS).await;
    let archived = |check: &str| format!("api.example.com/-/{check} PASSED vanished ARCHIVED");
    for check in ["domain-certificate", "tls-policy", "truststore"] {
        assert!(gone.contains(&archived(check)), "{gone:?}");
    }
}

/// The problems of a domain that Config does not list are findings about the API that it leads to.
/// They are archived with the domain, but not while it can't be read.
#[tokio::test]
async fn findings_about_an_unlisted_domain_stay_until_it_is_known_to_be_gone() {
    let mut unlisted = account();
    unlisted["frontDoor"]["recordedDomainNames"] = json!([]);
    unlisted["frontDoor"]["domainNames"][0]["securityPolicy"] = "TLS_1_0".into();
    let mut hub = Account::of(&with_bypass(unlisted.clone()));
    let first = imported(&mut hub, "21T12:00:00", CHECKS).await;
    assert!(first.contains(&"guarded001/-/tls-policy FAILED tls-1-0".to_owned()), "{first:?}");
    assert!(first.iter().all(|line| line.starts_with("guarded001/")), "{first:?}");

    hub.world.fails = ("truststore", "AccessDenied");
    let (evaluated, sent) = hub.event("21T13:00:00", &sweep(CHECKS)).await;
    evaluated.outcome.unwrap_err();
    // The second domain passes, and says nothing about the first.
    assert_eq!(lines(&sent), ["eu-west-1/stagecert/stagecert NOT_AVAILABLE unread ARCHIVED"]);
    for (day, expected) in
        [("22T12:59:59", None), ("22T13:00:00", Some("guarded001/-/tls-policy WARNING not-evaluated"))]
    {
        let (_, sent) = hub.event(day, &sweep(CHECKS)).await;
        let found = lines(&sent).into_iter().find(|line| line.starts_with("guarded001/-/tls-policy"));
        assert_eq!(found.as_deref(), expected, "{day}");
    }

    let mut without = unlisted;
    without["frontDoor"]["domainNames"] = json!([]);
    set(&mut hub, &without);
    let gone = imported(&mut hub, "22T14:00:00", CHECKS).await;
    assert!(gone.contains(&"guarded001/-/tls-policy WARNING not-selected ARCHIVED".to_owned()), "{gone:?}");
}

#[tokio::test]
async fn what_is_unreadable_for_a_day_is_a_warning_and_never_passed() {
    let mut hub = Account::of(&account());
    imported(&mut hub, "21T12:00:00", CHECKS).await;
    hub.world.fails = ("truststore", "AccessDenied");
    let mut all = BTreeMap::new();
    for day in ["21T13:00:00", "22T12:00:00", "22T13:00:00", "22T14:00:00"] {
        let (evaluated, sent) = hub.event(day, &sweep(CHECKS)).await;
        evaluated.outcome.unwrap_err();
        let sent = sent.into_iter().filter(|it| it["Resources"][0]["Type"] == "Other").collect::<Vec<_>>();
        all.insert(day, lines(&sent));
    }
    let warning = |check: &str| format!("api.example.com/-/{check} WARNING not-evaluated");
    let warnings = ["domain-certificate", "tls-policy", "truststore"].map(warning).to_vec();
    let expected = [
        ("21T13:00:00", vec![]),
        ("22T12:00:00", vec![]),
        ("22T13:00:00", warnings),
        ("22T14:00:00", vec![]),
    ];
    assert_eq!(all, expected.into());
}

#[tokio::test]
async fn rules_of_stages_and_of_the_front_door_leave_each_others_findings_alone() {
    let mut both = example();
    both["frontDoor"] = account()["frontDoor"].clone();
    let stages = "owner-tag";
    // Another rule.
    let mut hub = Account::of(&both);
    let of_stages = imported(&mut hub, "21T12:00:00", stages).await;
    assert!(!of_stages.is_empty());
    let mut other = sweep("tls-policy");
    other["configRuleName"] = "front-door".into();
    let (_, sent) = hub.event("21T13:00:00", &other).await;
    assert_eq!(lines(&sent), ["api.example.com/-/tls-policy PASSED passed"]);
    assert!(imported(&mut hub, "21T14:00:00", stages).await.is_empty());
    assert!(hub.event("21T15:00:00", &other).await.1.is_empty());

    // The same rule with other checks archives its own findings.
    let mut hub = Account::of(&both);
    imported(&mut hub, "21T12:00:00", stages).await;
    let changed = imported(&mut hub, "21T13:00:00", "tls-policy").await;
    let archived = changed.iter().filter(|line| line.ends_with(" not-selected ARCHIVED")).count();
    assert_eq!((archived, changed.len()), (of_stages.len(), of_stages.len() + 1), "{changed:?}");
    let back = imported(&mut hub, "21T14:00:00", stages).await;
    assert!(
        back.contains(&"api.example.com/-/tls-policy PASSED not-selected ARCHIVED".to_owned()),
        "{back:?}"
    );
    assert_eq!(back.len(), of_stages.len() + 1);
}

const DUE: &str = "2026-12-05T09:00:00Z";
const BEFORE: &str = "2026-12-05T08:00:00Z";
const PARAMETER: &str = "/stagecert/last-reminders-front-door";

/// An account with a CA that ends 14 days after the run, and a certificate with which
/// API Gateway verifies the ownership of the domain that does in seven days.
fn expiring() -> Value {
    let mut account = account();
    let ownership = "arn:aws:acm:eu-west-1:111122223333:certificate/b";
    let front_door = &mut account["frontDoor"];
    front_door["truststores"][0]["content"]["certificates"][0]["notAfter"] = "2026-12-19T09:30:00Z".into();
    front_door["domainNames"][0]["ownershipVerificationCertificateArn"] = ownership.into();
    front_door["certificates"].as_array_mut().unwrap().push(json!({
        "CertificateArn": ownership, "Status": "ISSUED", "Type": "AMAZON_ISSUED",
        "NotAfter": "2026-12-12T09:00:00Z"
    }));
    account["takenAt"] = "2026-12-05T09:00:02Z".into();
    account
}

/// One run, with what the parameter has before. Returns the reminders, the value after the run,
/// and whether the run succeeded.
async fn remind(
    time: &str,
    before: Option<&str>,
    fails: &'static str,
) -> (Vec<String>, Option<String>, bool) {
    let run = json!({
        "stagecert": "reminders", "time": time, "hours": 1, "accountId": "111122223333", "region": "eu-west-1",
        "ruleName": "front-door", "days": "30,14,7,1,0",
        "ruleParameters": json!({"checks": CHECKS}).to_string(),
    });
    let results = RecordedResults::default();
    if let Some(value) = before {
        results.set_parameter(PARAMETER, value);
    }
    let world = World { fails: (fails, "AccessDeniedException"), ..World::of(&expiring()) };
    let (evaluated, _) = world.evaluate_into(&run, &results).await;
    let sent = evaluated.messages.iter().map(|message| {
        assert_eq!(message["Resources"], json!(["api.example.com"]));
        let detail: Value = serde_json::from_str(message["Detail"].as_str().unwrap()).unwrap();
        let text = |field: &str| detail[field].as_str().unwrap().to_owned();
        format!("{} {} {}", text("check"), text("timing"), text("resource"))
    });
    assert_eq!(evaluated.parameter, None, "the parameter of the reminders about stages");
    (sent.collect(), results.parameters().remove(PARAMETER), evaluated.outcome.is_ok())
}

#[tokio::test]
async fn each_reminder_is_sent_once_and_a_failed_run_is_made_up_for() {
    let ownership = "domain-certificate ends in 7 days api.example.com".to_owned();
    let ca = "truststore ends in 14 days api.example.com".to_owned();
    let both = vec![ownership.clone(), ca.clone()];
    let later = "2026-12-05T10:00:00Z";
    for before in [None, Some("none"), Some(BEFORE)] {
        let (sent, after, is_complete) = remind(DUE, before, "").await;
        assert_eq!((sent, after.as_deref(), is_complete), (both.clone(), Some(DUE), true), "{before:?}");
    }
    assert_eq!(remind(DUE, Some(DUE), "").await.0, [""; 0], "it is complete");
    assert_eq!(remind(later, Some(DUE), "").await.0, [""; 0]);

    // A failed read keeps only what needs it from being sent, and the next run sends the rest.
    for (fails, expected) in [("put_events", vec![]), ("domain_names", vec![]), ("truststore", vec![])] {
        let (sent, after, is_complete) = remind(DUE, Some(BEFORE), fails).await;
        assert_eq!((sent, is_complete), (expected, false), "{fails}");
        assert_eq!(remind(later, after.as_deref(), "").await.0, both, "{fails}");
    }
    let (sent, after, is_complete) = remind(DUE, Some(BEFORE), "stage_names").await;
    assert_eq!((sent, after.as_deref(), is_complete), (both, Some(DUE), true), "nothing needs it");
}
