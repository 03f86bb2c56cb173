use serde_json::{Value, json};

use crate::evaluate::{account_of, evaluate, example, sample, with_parameters};

/// An account in which these REST API stages have these certificates, and everything has an owner.
pub(crate) fn account(stages: &[(&str, Option<&str>)]) -> Value {
    let mut account = account_of(0);
    let arn =
        |label: &str| format!("arn:aws:apigateway:eu-west-1::/restapis/{}", label.replace('/', "/stages/"));
    let owner = json!([{"Key": "owner", "Value": "team"}]);
    for (label, certificate) in stages {
        let row = json!({
            "resourceType": "AWS::ApiGateway::Stage",
            "resourceId": arn(label),
            "configuration": {"deploymentId": "d1", "clientCertificateId": certificate},
        });
        account["stages"].as_array_mut().unwrap().push(row);
        let tags = account["resourceTagMappingList"].as_array().cloned().unwrap_or_default();
        account["resourceTagMappingList"] =
            [tags, vec![json!({"ResourceARN": arn(label), "Tags": owner})]].concat().into();
    }
    account["clientCertificates"] = ["cert1", "cert2"]
        .map(|id| json!({"clientCertificateId": id, "expirationDate": "2027-11-01T00:00:00Z", "tags": {"owner": "team"}}))
        .to_vec()
        .into();
    account
}

/// A change of one stage; its item has the current certificate, and its diff the previous one.
pub(crate) fn change(label: &str, now: Option<&str>, before: Option<&str>) -> Value {
    let mut event = sample("change-ok");
    let mut invoking: Value = serde_json::from_str(event["invokingEvent"].as_str().unwrap()).unwrap();
    let arn = format!("arn:aws:apigateway:eu-west-1::/restapis/{}", label.replace('/', "/stages/"));
    let item = &mut invoking["configurationItem"];
    item["resourceId"] = arn.clone().into();
    item["ARN"] = arn.into();
    item["configuration"] = json!({"deploymentId": "d1", "clientCertificateId": now});
    invoking["configurationItemDiff"] = json!({"changedProperties": {
        "Configuration.ClientCertificateId": {"previousValue": before, "updatedValue": now, "changeType": "UPDATE"},
    }});
    event["invokingEvent"] = invoking.to_string().into();
    event
}

#[tokio::test]
async fn when_b_detaches_a_becomes_compliant_through_that_event() {
    // Config's index still shows the certificate on b; the event's item takes precedence.
    for b_in_index in [None, Some("cert1")] {
        let account = account(&[("a1/prod", Some("cert1")), ("b1/prod", b_in_index)]);
        let evaluated = evaluate(&change("b1/prod", None, Some("cert1")), &account).await;
        assert_eq!(evaluated.of("a1/prod").unwrap().0, "COMPLIANT");
        assert_eq!(evaluated.of("b1/prod").unwrap().0, "NON_COMPLIANT");
        assert_eq!(evaluated.evaluations().len(), 2);
    }
}

#[tokio::test]
async fn when_b_attaches_a_certificate_a_fails_even_before_the_index_shows_it() {
    for b_in_index in [None, Some("cert1")] {
        let account = account(&[("a1/prod", Some("cert1")), ("b1/prod", b_in_index)]);
        let evaluated = evaluate(&change("b1/prod", Some("cert1"), None), &account).await;
        for label in ["a1/prod", "b1/prod"] {
            let (compliance, annotation) = evaluated.of(label).unwrap();
            assert_eq!(compliance, "NON_COMPLIANT");
            assert!(
                annotation.starts_with("certificate-unique: client certificate cert1 is shared with stage"),
                "{annotation}"
            );
        }
    }
}

#[tokio::test]
async fn a_rotation_evaluates_the_peers_of_both_certificates() {
    let account =
        account(&[("a1/prod", Some("cert1")), ("b1/prod", Some("cert2")), ("c1/prod", Some("cert2"))]);
    let evaluated = evaluate(&change("c1/prod", Some("cert2"), Some("cert1")), &account).await;
    assert_eq!(evaluated.of("a1/prod").unwrap().0, "COMPLIANT");
    assert_eq!(evaluated.of("b1/prod").unwrap().0, "NON_COMPLIANT");
    assert_eq!(evaluated.of("c1/prod").unwrap().0, "NON_COMPLIANT");
}

#[tokio::test]
async fn a_deleted_stage_is_no_longer_a_peer_but_one_that_left_the_scope_is() {
    let account = account(&[("a1/prod", Some("cert1")), ("b1/prod", Some("cert1"))]);
    for (status, left_scope, subject, peer) in [
        ("ResourceDeleted", false, "NOT_APPLICABLE", "COMPLIANT"),
        ("ResourceDeletedNotRecorded", false, "NOT_APPLICABLE", "COMPLIANT"),
        ("ResourceNotRecorded", false, "NOT_APPLICABLE", "NON_COMPLIANT"),
        ("OK", true, "NOT_APPLICABLE", "NON_COMPLIANT"),
    ] {
        let mut event = change("b1/prod", Some("cert1"), None);
        event["eventLeftScope"] = left_scope.into();
        event["invokingEvent"] =
            event["invokingEvent"].as_str().unwrap().replace("\"OK\"", &format!("\"{status}\"")).into();
        let evaluated = evaluate(&event, &account).await;
        assert_eq!(evaluated.of("b1/prod").unwrap().0, subject, "{status}");
        assert_eq!(evaluated.of("a1/prod").unwrap().0, peer, "{status}");
        assert_eq!(evaluated.evaluations().len(), 2, "{status}");
        assert!(
            evaluated.evaluations()[0]["ComplianceResourceId"].as_str().unwrap().ends_with("/b1/stages/prod")
        );
    }
}

#[tokio::test]
async fn a_stage_that_left_the_scope_is_a_peer_even_before_the_index_shows_its_certificate() {
    let account = account(&[("a1/prod", Some("cert1")), ("b1/prod", None)]);
    let mut event = change("b1/prod", Some("cert1"), None);
    event["eventLeftScope"] = true.into();
    let evaluated = evaluate(&event, &account).await;
    assert_eq!(evaluated.of("a1/prod").unwrap().0, "NON_COMPLIANT");
}

#[tokio::test]
async fn without_the_uniqueness_check_no_peer_is_put() {
    let account = account(&[("a1/prod", Some("cert1")), ("b1/prod", Some("cert1"))]);
    let event = with_parameters(
        change("b1/prod", Some("cert1"), None),
        &json!({"checks": "certificate-expiry,owner-tag"}),
    );
    let evaluated = evaluate(&event, &account).await;
    assert_eq!(evaluated.evaluations().len(), 1);
    assert_eq!(evaluated.of("b1/prod").unwrap().0, "COMPLIANT");
}

#[tokio::test]
async fn an_excluded_stage_still_counts_as_a_peer() {
    let account = account(&[("a1/prod", Some("cert1")), ("b1/test", Some("cert1"))]);
    let parameters = json!({"excludeStages": "*/test"});
    let evaluated =
        evaluate(&with_parameters(change("b1/test", Some("cert1"), None), &parameters), &account).await;
    assert_eq!(
        evaluated.of("b1/test").unwrap(),
        (
            "NOT_APPLICABLE".into(),
            "exempt by excludeStages */test; client certificate cert1 attached after deployment d1; cert1 is shared \
             with stage a1/prod"
                .into()
        )
    );
    assert_eq!(evaluated.of("a1/prod").unwrap().0, "NON_COMPLIANT");
    // If the excluded stage is the peer, it isn't put again.
    let evaluated =
        evaluate(&with_parameters(change("a1/prod", Some("cert1"), None), &parameters), &account).await;
    assert_eq!(evaluated.evaluations().len(), 1);
}

#[tokio::test]
async fn an_exclusion_shows_its_end_and_reason_and_ends_the_day_after_in_utc() {
    let parameters =
        json!({"excludeStages": "*/test until=2026-12-31 reason=no HTTP integration in deployment d1"});
    let event = with_parameters(change("b1/test", Some("cert1"), None), &parameters);
    for (now, excluded) in [
        ("2026-12-30T12:00:00Z", true),
        ("2026-12-31T00:00:00Z", true),
        ("2026-12-31T23:59:59Z", true),
        ("2027-01-01T00:00:00Z", false),
        ("2026-12-31T23:59:59-00:01", false),
    ] {
        let mut account = account(&[("a1/prod", Some("cert1")), ("b1/test", Some("cert1"))]);
        account["takenAt"] = now.into();
        let (compliance, annotation) = evaluate(&event, &account).await.of("b1/test").unwrap();
        if excluded {
            // The annotation never contains the phrases by which the next sweep recognizes what is
            // deployed.
            let expected = "exempt by excludeStages */test until 2026-12-31 because no HTTP integration in-deployment d1";
            let attached =
                "; client certificate cert1 attached after deployment d1; cert1 is shared with stage a1/prod";
            assert_eq!(annotation.strip_suffix(attached), Some(expected), "{now}");
            assert_eq!(compliance, "NOT_APPLICABLE", "{now}");
        } else {
            assert_eq!(compliance, "NON_COMPLIANT", "{now}: {annotation}");
        }
        // It still counts as a peer.
        let other = with_parameters(change("a1/prod", Some("cert1"), None), &parameters);
        let evaluated = evaluate(&other, &account).await;
        assert_eq!(evaluated.of("a1/prod").unwrap().0, "NON_COMPLIANT");
        assert_eq!(evaluated.of("b1/test").is_some(), !excluded, "{now}");
    }
}

#[tokio::test]
async fn a_hundred_and_fifty_peers_are_put_in_two_batches_the_changed_stage_first() {
    let labels: Vec<String> = (0..150).map(|n| format!("p{n:03}/prod")).collect();
    let stages: Vec<(&str, Option<&str>)> =
        labels.iter().map(|label| (label.as_str(), Some("cert1"))).collect();
    let evaluated = evaluate(&change("z9/prod", Some("cert1"), None), &account(&stages)).await;
    let sizes: Vec<usize> =
        evaluated.requests.iter().map(|it| it["Evaluations"].as_array().unwrap().len()).collect();
    assert_eq!(sizes, [100, 51]);
    assert!(
        evaluated.evaluations()[0]["ComplianceResourceId"].as_str().unwrap().ends_with("/z9/stages/prod")
    );
}

#[tokio::test]
async fn a_stage_without_configuration_is_refused() {
    let mut event = change("a1/prod", Some("cert1"), None);
    let mut invoking: Value = serde_json::from_str(event["invokingEvent"].as_str().unwrap()).unwrap();
    invoking["configurationItem"]["configuration"] = Value::Null;
    event["invokingEvent"] = invoking.to_string().into();
    let evaluated = evaluate(&event, &account(&[])).await;
    let message = evaluated.outcome.unwrap_err().to_string();
    assert!(message.starts_with("configurationItem.configuration: is missing"), "{message}");
    assert_eq!(evaluated.requests.len(), 0);
}

#[tokio::test]
async fn an_unrecognized_certificate_id_fails_the_stage_and_its_former_peers_are_evaluated() {
    for id in ["x' OR '1'='1", "two words"] {
        let account = account(&[("a1/prod", Some("cert1")), ("b1/prod", Some(id))]);
        let evaluated = evaluate(&change("b1/prod", Some(id), Some("cert1")), &account).await;
        evaluated.outcome.as_ref().unwrap();
        let (compliance, annotation) = evaluated.of("b1/prod").unwrap();
        assert_eq!(compliance, "NON_COMPLIANT");
        assert!(annotation.starts_with("certificate-attached"), "{annotation}");
        assert_eq!(evaluated.of("a1/prod").unwrap().0, "COMPLIANT");
    }
}

#[tokio::test]
async fn an_oversized_change_is_evaluated_by_its_own_item_never_by_an_older_one() {
    let mut account = example();
    let evaluated = evaluate(&sample("oversized"), &account).await;
    assert!(evaluated.outcome.is_ok());
    for item in account["configurationItems"].as_array_mut().unwrap() {
        item["configurationItemCaptureTime"] = "2020-01-01T00:00:00Z".into();
        item["configurationStateId"] = "1".into();
    }
    let evaluated = evaluate(&sample("oversized"), &account).await;
    assert_eq!(evaluated.outcome.unwrap_err().kind(), "Disagreement");
    assert_eq!(evaluated.requests.len(), 0);
}

#[tokio::test]
async fn a_peer_is_evaluated_again_only_if_its_uniqueness_may_have_changed() {
    let certificate = json!({"Configuration.ClientCertificateId": {"previousValue": "cert2"}});
    let deployment = json!({"Configuration.DeploymentId": {"previousValue": "d0"}});
    let none = json!({"sharing": "none"});
    let (acm, same_api) = (json!({"certificateSharing": "acm"}), json!({"certificateSharing": "same-api"}));
    for (diff, age, parameters, again) in [
        (Some(&certificate), 0, &none, true),
        (Some(&certificate), 90, &none, true),
        (Some(&certificate), 0, &acm, true),
        (Some(&certificate), 0, &same_api, true),
        (Some(&deployment), 0, &none, false),
        (None, 0, &none, true),
        (None, 23, &none, true),
        (None, 24, &none, false),
        (None, 24 * 90, &none, false),
    ] {
        let account = account(&[("a1/prod", Some("cert1")), ("b1/prod", Some("cert1"))]);
        let mut event = change("b1/prod", Some("cert1"), None);
        let mut invoking: Value = serde_json::from_str(event["invokingEvent"].as_str().unwrap()).unwrap();
        invoking["configurationItemDiff"] =
            diff.map_or(Value::Null, |diff| json!({"changedProperties": diff}));
        let captured = invoking["configurationItem"]["configurationItemCaptureTime"].as_str().unwrap();
        let captured: jiff::Timestamp = captured.parse().unwrap();
        let created = captured + jiff::SignedDuration::from_hours(age);
        invoking["notificationCreationTime"] = created.to_string().into();
        event["invokingEvent"] = invoking.to_string().into();
        if parameters != &none {
            event = with_parameters(event, parameters);
        }
        let evaluated = evaluate(&event, &account).await;
        evaluated.outcome.as_ref().unwrap();
        // Its own result still needs the peers.
        assert_eq!(evaluated.of("b1/prod").unwrap().0, "NON_COMPLIANT", "{diff:?} {age} {parameters}");
        assert_eq!(evaluated.of("a1/prod").is_some(), again, "{diff:?} {age} {parameters}");
    }
}

#[tokio::test]
async fn peers_that_may_share_are_not_evaluated_again() {
    let acm = "arn:aws:acm:eu-west-1:111122223333:certificate/12345678-90ab";
    let account = account(&[("a1/prod", Some(acm)), ("b1/prod", Some(acm))]);
    for (sharing, again) in [("none", true), ("same-api", true), ("acm", false), ("same-api,acm", false)] {
        let parameters = json!({"certificateSharing": sharing, "checks": "certificate-unique"});
        let event = with_parameters(change("b1/prod", Some(acm), None), &parameters);
        let evaluated = evaluate(&event, &account).await;
        assert_eq!(evaluated.of("a1/prod").is_some(), again, "{sharing}");
    }
}
