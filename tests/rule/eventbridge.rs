//! Events for EventBridge.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::evaluate::{evaluate, example, sample, with_parameters};
use crate::faulty;

fn reminders(time: &str, days: &str) -> Value {
    json!({
        "stagecert": "reminders", "time": time, "hours": 1, "accountId": "111122223333", "region": "eu-west-1",
        "ruleName": "stagecert", "days": days, "ruleParameters": "{}",
    })
}

fn detail(message: &Value) -> Value {
    serde_json::from_str(message["Detail"].as_str().unwrap()).unwrap()
}

#[tokio::test]
async fn a_reminder_is_one_event_with_everything_its_owner_needs() {
    let evaluated = evaluate(&reminders("2026-12-05T09:00:00Z", "30,14,7,1,0"), &example()).await;
    assert!(evaluated.requests.is_empty() && evaluated.findings.is_empty());
    let [message] = evaluated.messages.as_slice() else { panic!("{:?}", evaluated.messages) };
    assert_eq!(message["Source"], "stagecert");
    assert_eq!(message["DetailType"], "Client Certificate Reminder");
    assert_eq!(message["Time"], 1_796_461_200);
    let stage = "arn:aws:apigateway:eu-west-1::/restapis/x2m7t9ajd4/stages/v2";
    assert_eq!(message["Resources"], json!([stage]));
    assert_eq!(
        detail(message),
        json!({
            "awsAccountId": "111122223333",
            "awsRegion": "eu-west-1",
            "configRuleName": "stagecert",
            "resourceType": "AWS::ApiGateway::Stage",
            "resourceId": stage,
            "stage": "x2m7t9ajd4/v2",
            "apiName": "shipping",
            "severity": "MEDIUM",
            "complianceType": "NON_COMPLIANT",
            "annotation": "certificate-expiry: client certificate e5yc3p expires 2026-12-19T09:15:42Z, within 60 days",
            "owner": "team-logistics",
            "whatToDo": "Generate a new client certificate, make the backend trust both the old and the new one, attach \
                         the new one to the stage, redeploy the API, and delete the old one once the backend accepts \
                         the new one; the command stagecert \
            rotate guides you through these steps.",
            "reminderId": "111122223333/eu-west-1/stagecert/e5yc3p/2026-12-19T09:15:42Z/14/team-logistics",
            "certificateId": "e5yc3p",
            "notAfter": "2026-12-19T09:15:42Z",
            "daysLeft": 14,
            "hoursLeft": 337,
            "timing": "ends in 14 days",
            "impact": "once it has ended, backends that require it reject every request that presents it.",
            "stages": ["x2m7t9ajd4/v2"],
            "stageCount": 1,
            "stagesLeftOut": 0,
            "stageList": "x2m7t9ajd4/v2",
        })
    );
    let report = evaluated.outcome.unwrap();
    assert_eq!((report.kind.as_str(), report.events_sent, report.evaluations_put), ("reminders", Some(1), 0));
}

/// The example's certificate ends at 2026-12-19T09:15:42Z.
#[tokio::test]
async fn a_reminder_looks_ahead_and_says_what_is_true_when_it_is_sent() {
    for (scheduled, sent, expected) in [
        ("2026-12-05T08:00:00Z", "2026-12-05T08:00:00Z", None),
        ("2026-12-05T09:15:42Z", "2026-12-05T09:15:42Z", Some((14, 336, "ends in 14 days", "expires"))),
        ("2026-12-05T09:15:43Z", "2026-12-05T09:15:43Z", None),
        // Exactly at the start of the check's window, which is 60 days.
        ("2026-10-20T09:00:00Z", "2026-10-20T09:00:00Z", Some((60, 1441, "ends in 60 days", "expires"))),
        ("2026-12-18T09:00:00Z", "2026-12-18T09:00:00Z", Some((1, 25, "ends in 25 hours", "expires"))),
        // The runs are late.
        ("2026-12-18T09:00:00Z", "2026-12-18T11:30:00Z", Some((1, 22, "ends in 22 hours", "expires"))),
        ("2026-12-18T09:00:00Z", "2026-12-19T09:15:43Z", Some((0, 0, "has ended", "expired"))),
        ("2026-12-19T09:00:00Z", "2026-12-19T09:00:00Z", None),
        ("2026-12-19T09:15:42Z", "2026-12-19T09:15:42Z", Some((0, 0, "has ended", "expired"))),
        ("2026-12-19T10:15:41Z", "2026-12-19T10:15:50Z", Some((0, 0, "has ended", "expired"))),
        ("2026-12-19T10:15:42Z", "2026-12-19T10:15:42Z", None),
    ] {
        let mut account = example();
        account["takenAt"] = sent.into();
        let evaluated = evaluate(&reminders(scheduled, "60,14,1,0"), &account).await;
        evaluated.outcome.unwrap();
        let is_about = |detail: &Value| detail["certificateId"] == "e5yc3p";
        let sent: Vec<Value> = evaluated.messages.iter().map(detail).filter(is_about).collect();
        let shown = sent.first().map(|detail| {
            let annotation = detail["annotation"].as_str().unwrap().split(' ').nth(4).unwrap().to_owned();
            let (days, hours) = (detail["daysLeft"].as_i64().unwrap(), detail["hoursLeft"].as_i64().unwrap());
            (days, hours, detail["timing"].as_str().unwrap().to_owned(), annotation)
        });
        let shown =
            shown.as_ref().map(|(days, hours, text, verb)| (*days, *hours, text.as_str(), verb.as_str()));
        assert_eq!((shown, sent.len()), (expected, usize::from(expected.is_some())), "{scheduled}");
    }
}

/// Runs look ahead, so seven days and some minutes are left when the severity is about to rise.
#[tokio::test]
async fn a_reminder_has_the_severity_of_the_instant_that_it_is_about() {
    for (scheduled, days, severity) in [
        ("2026-12-05T09:00:00Z", 14, "MEDIUM"),
        ("2026-12-12T09:00:00Z", 7, "HIGH"),
        ("2026-12-18T09:00:00Z", 1, "HIGH"),
        ("2026-12-19T10:00:00Z", 0, "CRITICAL"),
    ] {
        let mut account = example();
        account["takenAt"] = scheduled.into();
        let evaluated = evaluate(&reminders(scheduled, "14,7,1,0"), &account).await;
        let [message] = evaluated.messages.as_slice() else { panic!("{:?}", evaluated.messages) };
        let detail = detail(message);
        assert_eq!((&detail["daysLeft"], &detail["severity"]), (&json!(days), &json!(severity)));
    }
}

#[tokio::test]
async fn reminders_respect_the_rule_s_parameters() {
    for (parameters, expected) in [
        (json!({}), 1),
        (json!({"checks": "owner-tag"}), 1),
        // An exemption suppresses a result, never a reminder.
        (json!({"excludeStages": "*/v2"}), 1),
        (json!({"exemptionTag": "owner", "exemptions": "s3://abc/k"}), 1),
        (json!({"includeStages": "*/v1"}), 0),
        (json!({"expiryWindowDays": "10"}), 0),
        (json!({"securityHub": "on"}), 1),
    ] {
        let run = with_parameters(reminders("2026-12-05T09:00:00Z", "14"), &parameters);
        let evaluated = evaluate(&run, &example()).await;
        assert_eq!((evaluated.messages.len(), evaluated.findings.len()), (expected, 0), "{parameters}");
        assert_eq!(evaluated.outcome.unwrap().events_sent, Some(expected));
    }
}

#[tokio::test]
async fn a_failed_read_suppresses_only_the_reminders_that_need_it() {
    let run = reminders("2026-12-05T09:00:00Z", "14");
    for (fails, expected) in
        [("acm_certificate", 1), ("protocols", 1), ("client_certificates", 0), ("stages", 0), ("tags", 0)]
    {
        let fault = (fails, "AccessDeniedException");
        let evaluated = faulty::evaluate_with(&run, &example(), &example(), fault).await.0;
        assert_eq!(evaluated.messages.len(), expected, "{fails}");
        let failure = evaluated.outcome.unwrap_err().to_string();
        assert!(failure.contains(&format!("{fails} of it in account")), "{failure}");
    }
    for (api, expected) in [("k3v9q0m2xa", 1), ("x2m7t9ajd4", 0)] {
        let evaluated = faulty::evaluate_with(&run, &example(), &example(), ("GetStages", api)).await.0;
        assert_eq!(evaluated.messages.len(), expected, "{api}");
        assert!(evaluated.outcome.unwrap_err().to_string().contains("GetStages of it"));
    }
}

#[tokio::test]
async fn reminders_of_another_account_are_refused() {
    let mut run = reminders("2026-12-05T09:00:00Z", "14");
    run["accountId"] = "444455556666".into();
    let evaluated = evaluate(&run, &example()).await;
    let failure = evaluated.outcome.unwrap_err();
    assert_eq!(failure.kind(), "Disagreement", "{failure}");
    assert!(evaluated.messages.is_empty());
}

/// The stage's tag counts first, then its certificate's, whichever output names the owner.
#[tokio::test]
async fn changes_reminders_and_findings_name_the_same_owner() {
    const GENERATED: &str = "arn:aws:apigateway:eu-west-1::/restapis/x2m7t9ajd4/stages/v2";
    const ACM: &str = "arn:aws:apigateway:eu-west-1::/restapis/7hd2wq4tzn/stages/live";
    const ACM_CERTIFICATE: &str =
        "arn:aws:acm:eu-west-1:111122223333:certificate/0d4f92b7-6e1c-4a58-b3f0-1e8c75a6d92f";
    let tagged = |stage_owner: &str, certificate_owner: &str| {
        let mut account = example();
        let tag = |owner: &str| match owner {
            "" => json!([{"Key": "unrelated", "Value": "x"}]),
            owner => json!([{"Key": "owner", "Value": owner}]),
        };
        let mappings = account["resourceTagMappingList"].as_array_mut().unwrap();
        mappings
            .retain(|it| ![GENERATED, ACM, ACM_CERTIFICATE].contains(&it["ResourceARN"].as_str().unwrap()));
        for (arn, owner) in
            [(GENERATED, stage_owner), (ACM, stage_owner), (ACM_CERTIFICATE, certificate_owner)]
        {
            mappings.push(json!({"ResourceARN": arn, "Tags": tag(owner)}));
        }
        let certificates = account["clientCertificates"].as_array_mut().unwrap();
        let own = certificates.iter_mut().find(|it| it["clientCertificateId"] == "e5yc3p").unwrap();
        own["tags"] =
            if certificate_owner.is_empty() { json!({}) } else { json!({"owner": certificate_owner}) };
        account
    };
    for (stage_owner, certificate_owner, expected) in
        [("team-a", "team-b", "team-a"), ("", "team-b", "team-b"), ("team-a", "", "team-a"), ("", "", "")]
    {
        let account = tagged(stage_owner, certificate_owner);
        let sweep =
            with_parameters(sample("scheduled"), &json!({"securityHub": "on", "findingOwner": "value"}));
        let findings = evaluate(&sweep, &account).await.findings;
        for (stage, due) in [(GENERATED, "2026-12-18T09:00:00Z"), (ACM, "2027-01-04T12:00:00Z")] {
            // Both certificates expire within these windows, so both stages newly fail.
            let windows =
                json!({"events": "on", "expiryWindowDays": "365", "managedRenewalWindowDays": "365"});
            let all_new = with_parameters(sample("scheduled"), &windows);
            let changes = evaluate(&all_new, &account).await.messages;
            let of_stage = changes.iter().map(detail).filter(|it| it["resourceId"] == stage);
            let owners: BTreeSet<String> =
                of_stage.map(|it| it["owner"].as_str().unwrap().to_owned()).collect();
            assert_eq!(owners, BTreeSet::from([expected.to_owned()]), "change, {stage}");

            let reminded = evaluate(&reminders(due, "1"), &account).await;
            reminded.outcome.unwrap();
            let owners: Vec<Value> = reminded.messages.iter().map(|it| detail(it)["owner"].clone()).collect();
            assert_eq!(owners, [expected], "reminder, {stage}");

            let of_stage = findings.iter().filter(|finding| finding["Resources"][0]["Id"] == stage);
            let owner = |finding: &Value| {
                finding["ProductFields"]["stagecert/owner"].as_str().unwrap_or_default().to_owned()
            };
            let owners: BTreeSet<String> = of_stage.map(owner).collect();
            assert_eq!(owners, BTreeSet::from([expected.to_owned()]), "finding, {stage}");
        }
    }
}
