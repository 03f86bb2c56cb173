//! Exemptions by check, from all three sources, and what happens if one can't be read.

use serde_json::{Value, json};
use stagecert::telemetry::invocation_log::InvocationLog;

use crate::evaluate::{Evaluated, sample, stored, with_parameters};
use crate::faulty::World;
use crate::finding_changes::with_http;

const PROD: &str = "a1/prod";
const DEV: &str = "b1/dev";

/// `a1/prod` has no certificate, `b1/dev` has no owner, and `c1/ok` passes.
fn account() -> Value {
    let mut account = with_http(&[(PROD, None), (DEV, Some("cert1")), ("c1/ok", Some("cert2"))]);
    let tags = account["resourceTagMappingList"].as_array_mut().unwrap();
    tags.retain(|it| !it["ResourceARN"].as_str().unwrap().ends_with("/b1/stages/dev"));
    account
}

/// The account with this value of the tag `exempt` on `a1/prod`.
fn tagged(value: &str) -> Value {
    let mut account = account();
    let tags = account["resourceTagMappingList"].as_array_mut().unwrap();
    let of_prod = tags.iter_mut().find(|it| it["ResourceARN"].as_str().unwrap().ends_with("/a1/stages/prod"));
    let of_prod = of_prod.unwrap()["Tags"].as_array_mut().unwrap();
    of_prod.push(json!({"Key": "exempt", "Value": value}));
    account
}

fn document(entries: &Value) -> String {
    json!({"exemptionsVersion": 1, "exemptions": entries}).to_string()
}

async fn sweep(world: &World, parameters: &Value) -> Evaluated {
    world.evaluate(&with_parameters(sample("scheduled"), parameters)).await.0
}

fn warnings(log: &InvocationLog) -> Value {
    serde_json::to_value(log).unwrap()["warnings"].clone()
}

#[tokio::test]
async fn an_exemption_covers_its_checks_and_no_others() {
    for (parameters, prod, dev) in [
        (json!({}), "NON_COMPLIANT certificate-attached: no certificate", "NON_COMPLIANT owner-tag: "),
        (
            json!({"excludeStages": "*/prod checks=certificate-attached until=2026-11-21 reason=mock"}),
            "COMPLIANT certificate-attached exempt by excludeStages */prod until 2026-11-21 because mock; no certificate, HTTP backends in deployment d1; stage tag owner",
            "NON_COMPLIANT owner-tag: ",
        ),
        (
            json!({"excludeStages": "*/* checks=owner-tag"}),
            "NON_COMPLIANT certificate-attached: no certificate, HTTP backends in deployment d1; owner-tag exempt by excludeStages */*",
            "COMPLIANT owner-tag exempt by excludeStages */*; ",
        ),
        (
            json!({"excludeStages": "a1/*, b1/dev checks=owner-tag+certificate-unique"}),
            "NOT_APPLICABLE exempt by excludeStages a1/*; no certificate, HTTP backends in deployment d1",
            "COMPLIANT certificate-unique, owner-tag exempt by excludeStages b1/dev; ",
        ),
        (
            json!({"excludeStages": "*/prod until=2026-11-20"}),
            "NON_COMPLIANT certificate-attached: ",
            "NON_COMPLIANT owner-tag: ",
        ),
    ] {
        let evaluated = sweep(&World::of(&account()), &parameters).await;
        for (stage, expected) in [(PROD, prod), (DEV, dev), ("c1/ok", "")] {
            let (compliance, annotation) = evaluated.of(stage).unwrap();
            let found = format!("{compliance} {annotation}");
            assert!(found.starts_with(expected), "{parameters} {stage}: {found}");
        }
        evaluated.outcome.unwrap();
    }
}

#[tokio::test]
async fn a_tag_exempts_only_with_its_parameter_and_a_valid_value() {
    let lapsed = "the exemptionTag of a1/prod has lapsed";
    let none = "the exemptionTag of a1/prod is not an exemption, so it exempts nothing";
    for (value, key, compliance, warning) in [
        ("", "exempt", "NON_COMPLIANT", Some(none)),
        ("reason=mock until=2026-11-20", "exempt", "NON_COMPLIANT", Some(none)),
        ("reason=mock", "exempt", "NOT_APPLICABLE", None),
        ("certificate-attached until=2026-11-21 reason=mock", "exempt", "COMPLIANT", None),
        ("owner-tag", "exempt", "NON_COMPLIANT", None),
        ("until=2026-11-20", "exempt", "NON_COMPLIANT", Some(lapsed)),
        ("yes", "exempt", "NON_COMPLIANT", Some(none)),
        ("reason=mock", "Exempt", "NON_COMPLIANT", None),
    ] {
        let evaluated = sweep(&World::of(&tagged(value)), &json!({"exemptionTag": key})).await;
        assert_eq!(evaluated.of(PROD).unwrap().0, compliance, "{value}: {}", evaluated.text());
        let log = evaluated.outcome.unwrap();
        assert_eq!(warnings(&log), warning.map_or(Value::Null, |text| json!([text])), "{value}");
        // Without the owner check, the tag is still read.
        let parameters = json!({"exemptionTag": key, "checks": "certificate-attached"});
        let evaluated = sweep(&World::of(&tagged(value)), &parameters).await;
        let is_exempt = compliance != "NON_COMPLIANT";
        let expected = if is_exempt { "NOT_APPLICABLE" } else { "NON_COMPLIANT" };
        assert_eq!(evaluated.of(PROD).unwrap().0, expected, "{value}");
    }
    let evaluated = sweep(&World::of(&tagged("reason=mock")), &json!({})).await;
    assert_eq!(evaluated.of(PROD).unwrap().0, "NON_COMPLIANT");
}

#[tokio::test]
async fn stages_that_fail_wait_for_tags_that_may_exempt_them() {
    let world = World { fails: ("tags", "ThrottlingException"), ..World::of(&tagged("reason=mock")) };
    let parameters = json!({"exemptionTag": "exempt", "checks": "certificate-attached"});
    let evaluated = sweep(&world, &parameters).await;
    assert_eq!((evaluated.of(PROD), evaluated.of(DEV).unwrap().0.as_str()), (None, "COMPLIANT"));
    let message = evaluated.outcome.unwrap_err().to_string();
    assert!(message.contains("no result in account 111122223333, Region eu-west-1 for a1/prod"), "{message}");
}

#[tokio::test]
async fn a_document_exempts_stages_of_its_account_and_region() {
    let one = |account: &str, region: &str, stages: &str| json!({"account": account, "region": region, "stages": stages});
    for (entry, compliance, warning) in [
        (one("111122223333", "eu-west-1", "a1/*"), "NOT_APPLICABLE", None),
        (one("*", "*", "*/prod"), "NOT_APPLICABLE", None),
        (one("444455556666", "*", "a1/*"), "NON_COMPLIANT", None),
        (one("*", "us-east-1", "a1/*"), "NON_COMPLIANT", None),
        (one("*", "*", "x9/*"), "NON_COMPLIANT", None),
        (one("111122223333", "eu-west-1", "x9/*"), "NON_COMPLIANT", Some("exemptions x9/* matches no stage")),
    ] {
        let world = World { exemptions: document(&json!([entry])), ..World::of(&account()) };
        let evaluated = sweep(&world, &json!({"exemptions": "s3://abc/exemptions.json"})).await;
        assert_eq!(evaluated.of(PROD).unwrap().0, compliance, "{entry}");
        let log = evaluated.outcome.unwrap();
        assert_eq!(warnings(&log), warning.map_or(Value::Null, |text| json!([text])), "{entry}");
    }
}

#[tokio::test]
async fn without_a_valid_document_only_stages_without_a_failed_check_get_a_result() {
    let parameters = json!({"exemptions": "s3://abc/exemptions.json", "excludeStages": "b1/*"});
    let readable = document(&json!([]));
    let invalid = document(&json!([{"account": "*", "region": "*", "stages": "prod"}]));
    for (fails, exemptions, problem) in [
        (("exemption_document", "AccessDenied"), &readable, "AccessDenied"),
        (("", ""), &invalid, "exemptions[0].stages: \"prod\" is not allowed"),
    ] {
        let world = World { fails, exemptions: exemptions.clone(), ..World::of(&account()) };
        let change = crate::change::change(PROD, None, None);
        for event in [sample("scheduled"), change] {
            let (evaluated, _) = world.evaluate(&with_parameters(event.clone(), &parameters)).await;
            // Another exemption than the document's still holds.
            let of_dev = evaluated.of(DEV).map(|(compliance, _)| compliance);
            let is_sweep = event == sample("scheduled");
            assert_eq!(of_dev.as_deref(), is_sweep.then_some("NOT_APPLICABLE"), "{}", evaluated.text());
            assert_eq!(evaluated.of("c1/ok").is_some(), is_sweep);
            assert_eq!(evaluated.of(PROD), None);
            let message = evaluated.outcome.unwrap_err().to_string();
            assert!(message.contains(problem) && message.contains("for a1/prod"), "{message}");
        }
    }
}

#[tokio::test]
async fn a_result_that_an_exemption_improves_is_confirmed_before_it_is_put() {
    let account = account();
    let failing = sweep(&World::of(&account), &json!({})).await;
    let mut world = World::of(&stored(account, &failing));
    let parameters = json!({"excludeStages": "a1/*"});
    // Config's latest item says that the stage has had a certificate since then.
    let stages = world.account["stages"].as_array_mut().unwrap();
    stages[0]["configuration"]["clientCertificateId"] = "cert2".into();
    stages[0]["configurationItemCaptureTime"] = "2026-11-21T11:59:00Z".into();
    let (evaluated, calls) = world.evaluate(&with_parameters(sample("scheduled"), &parameters)).await;
    assert!(calls.contains(&"latest"), "{calls:?}");
    let (compliance, annotation) = evaluated.of(PROD).unwrap();
    assert_eq!(compliance, "NOT_APPLICABLE");
    assert!(!annotation.contains("no certificate"), "{annotation}");
}

/// The reason is free text, which another team may write.
#[tokio::test]
async fn a_reason_neither_hides_nor_causes_an_event() {
    let parameters = |reason: &str| json!({"events": "on", "excludeStages": format!("*/* checks=owner-tag reason={reason}")});
    let stages = with_http(&[(PROD, Some("gone"))]);
    let shared = with_http(&[(PROD, None)]);
    for reason in ["mock", "no HTTP integration", "counted as none", "expired 2020-01-01T00:00:00Z"] {
        let failing = sweep(&World::of(&shared), &parameters(reason)).await;
        assert_eq!(crate::finding_changes::details(&failing).len(), 1, "{reason}");
        // Another reason and the same problem: no event.
        let world = World::of(&stored(shared.clone(), &failing));
        let again = sweep(&world, &parameters("other")).await;
        assert_eq!(crate::finding_changes::details(&again), Vec::<Value>::new(), "{reason}");
        // A worse problem: an event.
        let world = World::of(&stored(stages.clone(), &failing));
        let worse = sweep(&world, &parameters(reason)).await;
        assert_eq!(crate::finding_changes::details(&worse)[0]["severity"], "CRITICAL", "{reason}");
    }
}

#[tokio::test]
async fn sweeps_warn_about_parameters_that_match_nothing_or_have_lapsed() {
    let all = [
        "includeStages matches no stage",
        "excludeStages x9/* matches no stage",
        "excludeStages */prod has lapsed: 2026-11-20",
    ];
    let lapsed_and_unused = "x9/*, */prod until=2026-11-20, */dev";
    let parameters = json!({"includeStages": "x/*", "excludeStages": lapsed_and_unused});
    let evaluated = sweep(&World::of(&account()), &parameters).await;
    assert_eq!(warnings(&evaluated.outcome.unwrap()), json!(all));
}

#[tokio::test]
async fn an_exemption_hides_no_fact_from_the_log_line_s_figures() {
    let tally = |evaluated: Evaluated| evaluated.outcome.unwrap().tally;
    let now = "2030-01-01T00:00:00Z";
    let mut account = account();
    account["takenAt"] = now.into();
    let before = tally(sweep(&World::of(&account), &json!({})).await);
    let after = tally(sweep(&World::of(&account), &json!({"excludeStages": "*/*"})).await);
    let at = now.parse().unwrap();
    assert_eq!((after.non_compliant, after.not_applicable), (0, 3));
    assert!(after.failed.is_empty() && !before.failed.is_empty());
    assert_eq!(before.expiry(at).expired, 2);
    assert_eq!((after.expiry(at), after.authenticated(at)), (before.expiry(at), before.authenticated(at)));
    assert_eq!((after.presenting, after.owned_stages), (before.presenting, before.owned_stages));
}
