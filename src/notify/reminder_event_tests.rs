use serde_json::Value;

use super::*;
use crate::checks::stage::certificate_expiry::Answer;
use crate::parameters::Parameters;
use crate::resources::account_region::AccountRegion;

const ARN: &str = "arn:aws:acm:eu-west-1:111122223333:certificate/0d4f92b7-6e1c-4a58-b3f0-1e8c75a6d92f";

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn run() -> Reminders {
    Reminders {
        account_region: AccountRegion {
            partition: "aws".into(),
            account: "111122223333".into(),
            region: "eu-west-1".into(),
        },
        rule_name: "stagecert".into(),
        parameters: Parameters::parse(None).unwrap(),
        time: at("2026-11-21T08:00:00Z"),
        interval: jiff::SignedDuration::from_hours(1),
        days: [14].into(),
    }
}

fn due(certificate: &str, api: &str, stage: &str) -> Due {
    let (certificate, not_after) = (CertificateId::new(certificate.into()), at("2026-12-05T08:30:00Z"));
    let finding = Finding::CertificateExpiry(Answer::Expiring {
        certificate: certificate.clone(),
        not_after,
        window_days: 60,
        pem_unreadable: false,
        backends: Backends::NotAsked,
    });
    let stage = Stage {
        arn: StageArn::of_rest_api("aws", "eu-west-1", api, stage).unwrap(),
        certificate: Some(certificate.clone()),
        deployment: None,
        canary: None,
        created: None,
        captured: None,
    };
    Due { stage, certificate, not_after, days: 14, finding, renews_automatically: true }
}

fn entries(due: &[Due], owner: impl Fn(&Due) -> String, backends: Option<&Backends>) -> Vec<(Value, Value)> {
    let groups = DueCertificate::group(due, owner);
    let messages = groups.iter().map(|group| group.message(&run(), run().time, backends));
    messages
        .map(|message| {
            let entry = serde_json::to_value(&message).unwrap();
            let detail = serde_json::from_str(entry["Detail"].as_str().unwrap()).unwrap();
            (entry, detail)
        })
        .collect()
}

#[test]
fn stages_of_one_certificate_and_owner_are_one_event() {
    let due = [
        due("abc123", "a2", "prod"),
        due("abc123", "a1", "prod"),
        due("def456", "a1", "dev"),
        due("abc123", "a3", "prod"),
    ];
    let owner = |due: &Due| if due.stage.arn.label() == "a3/prod" { "other" } else { "team" }.into();
    let sent: Vec<(String, String, Value)> = entries(&due, owner, None)
        .into_iter()
        .map(|(entry, detail)| {
            assert_eq!(entry["Resources"][0], detail["resourceId"]);
            assert_eq!(
                entry["Resources"].as_array().unwrap().len(),
                detail["stages"].as_array().unwrap().len()
            );
            assert_eq!((&detail["stagesLeftOut"], &detail["stage"]), (&0.into(), &detail["stages"][0]));
            let text = |field: &str| detail[field].as_str().unwrap().to_owned();
            (text("certificateId"), text("owner"), detail["stages"].clone())
        })
        .collect();
    let expected = [
        ("abc123", "other", serde_json::json!(["a3/prod"])),
        ("abc123", "team", serde_json::json!(["a1/prod", "a2/prod"])),
        ("def456", "team", serde_json::json!(["a1/dev"])),
    ];
    assert_eq!(sent, expected.map(|(certificate, owner, stages)| (certificate.into(), owner.into(), stages)));
}

/// Ten of the largest events fit into one call.
#[test]
fn an_event_of_any_number_of_stages_stays_within_the_limit_of_put_events() {
    let long = "s".repeat(128);
    // A tag's value has at most 256 characters; these have the most bytes and escapes.
    for owner in ["\u{1F600}".repeat(256), "\"".repeat(256)] {
        for (count, name) in
            [(1, long.as_str()), (20, "prod"), (21, "prod"), (1000, "p"), (1000, long.as_str())]
        {
            let due: Vec<Due> =
                (0..count).map(|n| due(ARN, &format!("a{n:09}"), &name.replace("prod", "live"))).collect();
            let [(entry, detail)] = entries(&due, |_| owner.clone(), None).try_into().unwrap();
            let resources = entry["Resources"].as_array().unwrap();
            let bytes = |value: &Value| value.as_str().unwrap().len();
            let size = 14
                + bytes(&entry["Source"])
                + bytes(&entry["DetailType"])
                + bytes(&entry["Detail"])
                + resources.iter().map(bytes).sum::<usize>();
            assert!(size * 10 < 256 * 1024, "{count} stages: {size} bytes");
            let listed = detail["stages"].as_array().unwrap().len();
            assert_eq!((detail["stageCount"].as_u64(), resources.len()), (Some(count), listed));
            assert_eq!(detail["stagesLeftOut"].as_u64().unwrap(), count - u64::try_from(listed).unwrap());
            assert!(listed >= 20.min(usize::try_from(count).unwrap()), "{count}: {listed}");
            let list = detail["stageList"].as_str().unwrap();
            assert_eq!(list.matches(", ").count(), usize::try_from(count.min(20)).unwrap() - 1);
            let more = (count > 20).then(|| format!(" and {} more", count - 20));
            assert_eq!(
                list.ends_with(more.as_deref().unwrap_or(name)),
                name != "prod" || count > 20,
                "{list}"
            );
        }
    }
}

#[test]
fn the_text_depends_on_what_is_deployed_and_on_the_certificate() {
    let (no_http, no_owner) = (Backends::no_http(None), |_: &Due| String::new());
    for (certificate, backends, begins, impact) in [
        ("abc123", None, "Generate a new client certificate", "once it has ended, backends that require it"),
        (ARN, None, "Find out in AWS Certificate Manager", "once it has ended, backends that require it"),
        ("abc123", Some(&no_http), "Remove the client certificate", "no HTTP backend is deployed"),
        (ARN, Some(&no_http), "Remove the client certificate", "no HTTP backend is deployed"),
    ] {
        let [(_, detail)] =
            entries(&[due(certificate, "a1", "prod")], no_owner, backends).try_into().unwrap();
        let text = |field: &str| detail[field].as_str().unwrap();
        assert!(text("whatToDo").starts_with(begins), "{}", text("whatToDo"));
        assert!(text("impact").starts_with(impact), "{}", text("impact"));
    }
    assert_eq!(
        impact(TimeLeft::new(at("2026-11-21T08:00:00Z"), at("2026-11-21T08:00:01Z")), None),
        "backends that require it reject every request that presents it."
    );
}

#[test]
fn an_id_is_the_same_for_the_same_reminder_only() {
    let id = |due: &Due, owner: &str| {
        DueCertificate::group(std::slice::from_ref(due), |_| owner.into())[0].id(&run())
    };
    let one = id(&due("abc123", "a1", "prod"), "team");
    assert_eq!(one, "111122223333/eu-west-1/stagecert/abc123/2026-12-05T08:30:00Z/14/team");
    // The stages may have changed between two attempts.
    assert_eq!(id(&due("abc123", "a2", "prod"), "team"), one);
    assert_ne!(id(&due("def456", "a1", "prod"), "team"), one);
    assert_ne!(id(&due("abc123", "a1", "prod"), "other"), one);
    assert_ne!(id(&Due { days: 7, ..due("abc123", "a1", "prod") }, "team"), one);
}
