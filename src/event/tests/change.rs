//! The change that a valid event describes.

use serde_json::{Value, json};

use super::*;
use crate::evaluation::scope::NotEvaluated;
use crate::event::trigger::{Change, ChangeContext};
use crate::resources::certificate_id::CertificateId;

fn change_of(item: &Value, previous: Option<&str>, left_scope: bool) -> Result<Change, Failure> {
    let diff = previous.map(|id| ItemDiff {
        previous_certificate: Some(CertificateId::new(id.into())),
        touches_certificate: true,
        touches_deployment: false,
    });
    let context = ChangeContext { diff: diff.as_ref(), created: None, left_scope };
    Change::from_item(&validated(item), context, &parsed(&event(&change())).account_region)
}

#[test]
fn a_rule_evaluates_the_stages_of_its_own_partition() {
    let regions = [("aws", "eu-west-1"), ("aws-cn", "cn-north-1"), ("aws-us-gov", "us-gov-west-1")];
    for ((partition, region), (of, at)) in regions.iter().flat_map(|one| regions.map(|other| (*one, other))) {
        let rule = format!("arn:{partition}:config:{region}:111122223333:config-rule/x");
        let stage = format!("arn:{of}:apigateway:{at}::/restapis/a1b2/stages/prod");
        let invoking = with(change(), "/configurationItem/awsRegion", Some(json!(region)));
        let invoking = with(invoking, "/configurationItem/resourceId", Some(json!(stage)));
        let event = parsed(&with(event(&invoking), "/configRuleArn", Some(json!(rule))));
        assert_eq!(
            (event.account_region.partition.as_str(), event.account_region.region.as_str()),
            (partition, region)
        );
        let Notification::Change { item, .. } = &event.notification else { panic!() };
        let kind = Change::from_item(item, ChangeContext::default(), &event.account_region)
            .map_err(|failure| failure.kind());
        assert_eq!(kind.err(), (partition != of).then_some("Disagreement"), "{rule} {stage}");
    }
}

#[test]
fn a_change_evaluates_its_stage_or_states_the_reason_why_not() {
    use NotEvaluated::{Deleted, LeftScope, NotRecorded, OtherResourceType};
    for (status, left_scope, reason, is_deleted) in [
        ("OK", false, None, false),
        ("ResourceDiscovered", false, None, false),
        ("OK", true, Some(LeftScope), false),
        ("ResourceDiscovered", true, Some(LeftScope), false),
        ("ResourceDeleted", false, Some(Deleted), true),
        ("ResourceDeleted", true, Some(Deleted), true),
        ("ResourceDeletedNotRecorded", false, Some(Deleted), true),
        ("ResourceNotRecorded", false, Some(NotRecorded), false),
        ("ResourceNotRecorded", true, Some(NotRecorded), false),
    ] {
        let item = with(item(), "/configurationItemStatus", Some(json!(status)));
        assert_eq!(validated(&item).status.name(), status);
        let change = change_of(&item, Some("old123"), left_scope).unwrap();
        assert_eq!(change.at.to_string(), "2026-09-14T08:20:11.402Z");
        let ids: Vec<&str> = change.certificates.iter().map(CertificateId::as_str).collect();
        assert_eq!(ids, ["h4t0vz", "old123"], "{status}: current and previous peers are re-evaluated");
        assert_eq!(change.evaluated_stage().is_some(), reason.is_none(), "{status} {left_scope}");
        assert_eq!(
            (&*change.subject.id, change.stage.is_none()),
            (STAGE, is_deleted),
            "{status} {left_scope}"
        );
        assert_eq!(change.not_evaluated, reason, "{status} {left_scope}");

        let api = with(item, "/resourceType", Some(json!("AWS::ApiGateway::RestApi")));
        let api = with(api, "/resourceId", Some(json!("k3v9q0m2xa")));
        let change = change_of(&api, Some("x y"), left_scope).unwrap();
        let found = (&*change.subject.id, change.not_evaluated, change.stage, change.certificates.len());
        assert_eq!(found, ("k3v9q0m2xa", Some(OtherResourceType), None, 0));
    }
}

#[test]
fn a_change_lists_each_certificate_once() {
    let acm = "arn:aws:acm:eu-west-1:111122223333:certificate/12345678-90ab";
    for (now, previous, expected) in [
        (json!("abc123"), Some("abc123"), &["abc123"][..]),
        (json!("abc123"), Some(acm), &["abc123", acm]),
        (json!(acm), None, &[acm]),
        (Value::Null, Some("old123"), &["old123"]),
        (json!(""), None, &[]),
    ] {
        let item = with(item(), "/configuration/clientCertificateId", Some(now));
        let change = change_of(&item, previous, false).unwrap();
        let ids: Vec<&str> = change.certificates.iter().map(CertificateId::as_str).collect();
        assert_eq!(ids, expected);
    }
}

#[test]
fn an_invalid_item_of_a_stage_is_rejected() {
    let (id, certificate) = ("/resourceId", "/configuration/clientCertificateId");
    for (pointer, value, kind, start) in [
        ("/configuration", Value::Null, "Malformed", ".configuration: is missing from a stage that exists"),
        ("/resourceType", json!("AWS::ApiGatewayV2::Stage"), "Malformed", ".resourceId: \"arn:"),
        (id, json!("a1b2/prod"), "Malformed", ".resourceId: \"a1b2/prod\" is not the ARN of a stage"),
        (id, json!(STAGE.replace("restapis", "apis")), "Malformed", ".resourceId: \"arn:"),
        (id, json!(STAGE.replace("west-1", "west-2")), "Disagreement", ".resourceId says eu-west-2"),
        (id, json!(STAGE.replace("aws", "aws-cn")), "Disagreement", ".resourceId says aws-cn"),
        (certificate, json!(7), "Malformed", ": configuration.clientCertificateId: not a string"),
    ] {
        let failure = change_of(&with(item(), pointer, Some(value)), None, false).unwrap_err();
        let message = failure.to_string();
        assert!(
            failure.kind() == kind && message.starts_with(&format!("configurationItem{start}")),
            "{message}"
        );
    }
}

#[test]
fn an_unrecognized_id_is_never_queried_and_does_not_prevent_the_evaluation() {
    for unknown in ["x' OR resourceType = 'AWS::IAM::User", "abc 123"] {
        let item = with(item(), "/configuration/clientCertificateId", Some(json!(unknown)));
        let change = change_of(&item, Some("old123"), false).unwrap();
        let ids: Vec<&str> = change.certificates.iter().map(CertificateId::as_str).collect();
        assert_eq!(ids, ["old123"]);
        let stage = change.evaluated_stage().unwrap();
        assert_eq!(stage.certificate.as_ref().map(CertificateId::as_str), Some(unknown));
    }
}

#[test]
fn peers_are_re_evaluated_if_the_certificate_changed_or_may_have_changed() {
    // The item was captured at 2026-09-14T08:20:11.402Z.
    let diff = |certificate| ItemDiff { touches_certificate: certificate, ..ItemDiff::default() };
    for (diff, created, affects_peers) in [
        (Some(diff(true)), "2026-11-21T12:00:00Z", true),
        (Some(diff(false)), "2026-09-14T08:20:12Z", false),
        (None, "2026-09-14T08:20:12Z", true),
        (None, "2026-09-15T08:20:11.401Z", true),
        (None, "2026-09-15T08:20:11.402Z", false),
        (None, "2026-11-21T12:00:00Z", false),
    ] {
        let created = Some(created.parse().unwrap());
        let context = ChangeContext { diff: diff.as_ref(), created, left_scope: false };
        let change =
            Change::from_item(&validated(&item()), context, &parsed(&event(&super::change())).account_region);
        assert_eq!(change.unwrap().reevaluates_peers, affects_peers, "{context:?}");
    }
    let unknown = Change::from_item(
        &validated(&item()),
        ChangeContext::default(),
        &parsed(&event(&change())).account_region,
    );
    assert!(unknown.unwrap().reevaluates_peers);
}

#[test]
fn a_global_resource_has_another_type_and_a_stage_in_another_region_is_rejected() {
    let global = with(change(), "/configurationItem/awsRegion", Some(json!("global")));
    let user = with(global.clone(), "/configurationItem/resourceType", Some(json!("AWS::IAM::User")));
    let Notification::Change { item, .. } = parsed(&event(&user)).notification else { panic!() };
    let change =
        Change::from_item(&item, ChangeContext::default(), &parsed(&event(&user)).account_region).unwrap();
    assert_eq!(change.not_evaluated, Some(NotEvaluated::OtherResourceType));
    assert_eq!(rejected(&event(&global).to_string()).0, "Disagreement");
    let elsewhere = with(user, "/configurationItem/awsAccountId", Some(json!("999999999999")));
    assert_eq!(rejected(&event(&elsewhere).to_string()).0, "Disagreement");
}
