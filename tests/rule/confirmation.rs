//! No result improves on the index's data alone: tests in which Config's index, its latest items
//! and API Gateway disagree.

use serde_json::{Value, json};
use stagecert::account::listing::RuleScope;

use crate::change::{account, change};
use crate::evaluate::{Evaluated, account_of, sample, with_parameters};
use crate::faulty::World;

const OLD: &str = "2026-11-01T00:00:00Z";
const NEW: &str = "2026-11-20T00:00:00Z";
const FINE: &[(&str, Option<&str>)] = &[("a1/prod", Some("cert1"))];
const DETACHED: &[(&str, Option<&str>)] = &[("a1/prod", None)];

/// An account with these stages, captured at this instant.
fn captured(stages: &[(&str, Option<&str>)], at: &str) -> Value {
    let mut account = account(stages);
    for row in account["stages"].as_array_mut().unwrap() {
        row["configurationItemCaptureTime"] = at.into();
    }
    account
}

/// The same account, with this result stored by Config for each stage.
fn with_results(mut account: Value, stages: &Value, compliance: &str) -> Value {
    let result = |row: &Value| {
        let qualifier = json!({
            "ConfigRuleName": "stagecert", "ResourceType": row["resourceType"], "ResourceId": row["resourceId"],
        });
        json!({
            "EvaluationResultIdentifier": {"EvaluationResultQualifier": qualifier},
            "ComplianceType": compliance,
            "Annotation": "as it was",
        })
    };
    account["evaluationResults"] = stages.as_array().unwrap().iter().map(result).collect();
    account
}

fn with_stored(stages: &[(&str, Option<&str>)], at: &str, compliance: &str) -> Value {
    let account = captured(stages, at);
    let rows = account["stages"].clone();
    with_results(account, &rows, compliance)
}

fn sweep(reporting: &str) -> Value {
    with_parameters(sample("scheduled"), &json!({"reporting": reporting}))
}

fn compliance(evaluated: &Evaluated, label: &str) -> Option<String> {
    evaluated.of(label).map(|(compliance, _)| compliance)
}

#[tokio::test]
async fn a_sweep_uses_the_newest_of_index_item_and_api_gateway() {
    for (index, item, live, expected) in [
        // All agree, whatever their times.
        ((FINE, OLD), (FINE, NEW), FINE, Some("COMPLIANT")),
        ((FINE, NEW), (FINE, OLD), FINE, Some("COMPLIANT")),
        // The index lags.
        ((FINE, OLD), (DETACHED, NEW), DETACHED, Some("NON_COMPLIANT")),
        // The items lag, and API Gateway decides.
        ((FINE, NEW), (DETACHED, OLD), FINE, Some("COMPLIANT")),
        ((FINE, NEW), (DETACHED, OLD), DETACHED, Some("NON_COMPLIANT")),
        // Config has no item for it.
        ((FINE, NEW), (&[][..], OLD), FINE, Some("COMPLIANT")),
        ((FINE, NEW), (&[], OLD), DETACHED, Some("NON_COMPLIANT")),
        ((FINE, NEW), (&[], OLD), &[][..], Some("NOT_APPLICABLE")),
    ] {
        for reporting in ["changed", "all"] {
            let index = captured(index.0, index.1);
            let mut account = with_results(captured(item.0, item.1), &index["stages"], "NON_COMPLIANT");
            account["resourceTagMappingList"] = index["resourceTagMappingList"].clone();
            let world = World { index, live: captured(live, NEW), ..World::of(&account) };
            let (evaluated, _) = world.evaluate(&sweep(reporting)).await;
            evaluated.outcome.as_ref().unwrap();
            assert_eq!(
                compliance(&evaluated, "a1/prod").as_deref(),
                expected,
                "{item:?} {live:?} {reporting}"
            );
        }
    }
}

#[tokio::test]
async fn a_repeated_compliant_result_is_confirmed_too() {
    // Config stores COMPLIANT already, with another annotation; a change event may have put a worse
    // result meanwhile.
    let account = with_stored(DETACHED, NEW, "COMPLIANT");
    let world = World { index: captured(FINE, OLD), ..World::of(&account) };
    let (evaluated, calls) = world.evaluate(&sweep("changed")).await;
    assert_eq!(compliance(&evaluated, "a1/prod").as_deref(), Some("NON_COMPLIANT"));
    assert_eq!(calls.iter().filter(|call| **call == "latest").count(), 1);
}

#[tokio::test]
async fn without_confirmation_nothing_improves_and_the_sweep_reports_it() {
    let account = with_stored(FINE, NEW, "NON_COMPLIANT");
    let world = World { fails: ("latest", "ThrottlingException"), ..World::of(&account) };
    let (evaluated, _) = world.evaluate(&sweep("changed")).await;
    assert_eq!(evaluated.evaluations().len(), 0);
    assert!(evaluated.outcome.unwrap_err().to_string().contains("a1/prod"));
}

#[tokio::test]
async fn an_unchanged_result_needs_no_confirmation() {
    let account = account(FINE);
    let (first, _) = World::of(&account).evaluate(&sweep("changed")).await;
    let account = crate::evaluate::stored(account, &first);
    let (second, calls) = World::of(&account).evaluate(&sweep("changed")).await;
    assert_eq!(second.evaluations().len(), 0);
    assert!(!calls.contains(&"latest") && !calls.contains(&"live_stage"), "{calls:?}");
}

#[tokio::test]
async fn a_stage_is_gone_only_if_api_gateway_no_longer_has_it() {
    for (live, fails, recording, expected) in [
        (DETACHED, "", true, None),
        (DETACHED, "", false, None),
        (&[][..], "", true, Some("NOT_APPLICABLE")),
        (&[], "live_stage", true, None),
        (&[], "latest", true, None),
    ] {
        // The index shows one of the two stages.
        let everything = captured(&[("a1/prod", None), ("z1/prod", Some("cert2"))], OLD);
        let account = with_results(
            captured(&[("z1/prod", Some("cert2"))], OLD),
            &everything["stages"],
            "NON_COMPLIANT",
        );
        let mut live = captured(live, NEW);
        live["stages"].as_array_mut().unwrap().extend(account["stages"].as_array().unwrap().clone());
        let world = World {
            live,
            is_recording: recording,
            fails: (fails, "AccessDeniedException"),
            ..World::of(&account)
        };
        let (evaluated, _) = world.evaluate(&sweep("changed")).await;
        assert_eq!(compliance(&evaluated, "a1/prod").as_deref(), expected, "{fails} {recording}");
        let message = evaluated.outcome.err().map(|failure| failure.to_string());
        assert_eq!(message.is_none(), expected.is_some() && recording, "{message:?}");
        if let Some(message) = message {
            assert!(message.contains("a1/prod"), "{message}");
            assert_eq!(message.contains("the configuration recorder is stopped"), !recording, "{message}");
        }
    }
}

#[tokio::test]
async fn a_stopped_recorder_makes_no_stage_disappear() {
    let everything = account_of(150);
    let account = with_results(account_of(0), &everything["stages"], "NON_COMPLIANT");
    let world = World { live: everything, is_recording: false, ..World::of(&account) };
    let event = with_parameters(sample("scheduled"), &json!({"securityHub": "on"}));
    let (evaluated, calls) = world.evaluate(&event).await;
    assert_eq!((evaluated.evaluations().len(), evaluated.findings.len()), (0, 0));
    let message = evaluated.outcome.unwrap_err().to_string();
    assert!(message.contains("recorder is stopped") && message.contains("api00000/s0"), "{message}");
    // 150 stages of fifteen APIs.
    let count = |name: &str| calls.iter().filter(|call| **call == name).count();
    assert_eq!((count("latest"), count("live_stage"), count("live_stages")), (2, 0, 15));
}

#[tokio::test]
async fn all_deleted_stages_become_not_applicable() {
    let everything = account_of(150);
    let account = with_results(account_of(0), &everything["stages"], "NON_COMPLIANT");
    let (evaluated, _) = World::of(&account).evaluate(&sample("scheduled")).await;
    evaluated.outcome.as_ref().unwrap();
    assert_eq!(evaluated.evaluations().len(), 150);
    assert!(evaluated.evaluations().iter().all(|it| it["Annotation"] == "no longer found"));
}

#[tokio::test]
async fn an_older_event_after_a_newer_one_improves_nothing() {
    // In the event, the certificate was attached; now it is detached.
    let account = captured(&[("b1/prod", None)], "2099-01-01T00:00:00Z");
    let (evaluated, _) = World::of(&account).evaluate(&change("b1/prod", Some("cert1"), None)).await;
    assert_eq!(compliance(&evaluated, "b1/prod").as_deref(), Some("NON_COMPLIANT"));
    let at = evaluated.evaluations()[0]["OrderingTimestamp"].as_i64().unwrap();
    assert_eq!(at, "2099-01-01T00:00:00Z".parse::<jiff::Timestamp>().unwrap().as_second());
    // An older item is irrelevant.
    let account = captured(&[("b1/prod", None)], "2020-01-01T00:00:00Z");
    let (evaluated, _) = World::of(&account).evaluate(&change("b1/prod", Some("cert1"), None)).await;
    assert_eq!(compliance(&evaluated, "b1/prod").as_deref(), Some("COMPLIANT"));
}

#[tokio::test]
async fn an_older_deletion_does_not_hide_a_re_created_stage() {
    for status in ["ResourceDeleted", "ResourceDeletedNotRecorded", "ResourceNotRecorded"] {
        let account = captured(&[("b1/prod", None)], "2099-01-01T00:00:00Z");
        let mut event = change("b1/prod", None, Some("cert1"));
        event["invokingEvent"] =
            event["invokingEvent"].as_str().unwrap().replace("\"OK\"", &format!("\"{status}\"")).into();
        let (evaluated, _) = World::of(&account).evaluate(&event).await;
        assert_eq!(compliance(&evaluated, "b1/prod").as_deref(), Some("NON_COMPLIANT"), "{status}");
        let (evaluated, _) = World::of(&captured(&[], OLD)).evaluate(&event).await;
        assert_eq!(compliance(&evaluated, "b1/prod").as_deref(), Some("NOT_APPLICABLE"), "{status}");
    }
    // Only its own event says whether a newer item is in scope.
    let mut event = change("b1/prod", None, Some("cert1"));
    event["eventLeftScope"] = true.into();
    let account = captured(&[("b1/prod", None)], "2099-01-01T00:00:00Z");
    let (evaluated, _) = World::of(&account).evaluate(&event).await;
    evaluated.outcome.as_ref().unwrap();
    assert_eq!(compliance(&evaluated, "b1/prod"), None);
}

#[tokio::test]
async fn an_event_improves_nothing_if_the_latest_item_cannot_be_read() {
    let account = captured(&[("b1/prod", Some("cert1"))], OLD);
    let world = World { fails: ("latest", "ThrottlingException"), ..World::of(&account) };
    let (evaluated, _) = world.evaluate(&change("b1/prod", Some("cert1"), None)).await;
    assert_eq!(evaluated.evaluations().len(), 0);
    assert!(evaluated.outcome.unwrap_err().to_string().contains("b1/prod"));
    // A result that gets worse needs no confirmation.
    let (evaluated, calls) = world.evaluate(&change("b1/prod", None, None)).await;
    assert_eq!(compliance(&evaluated, "b1/prod").as_deref(), Some("NON_COMPLIANT"));
    assert!(!calls.contains(&"latest"));
}

#[tokio::test]
async fn the_newer_of_a_peer_s_row_and_item_decides() {
    let shared = &[("a1/prod", Some("cert1")), ("b1/prod", Some("cert1"))][..];
    let let_go = &[("a1/prod", None), ("b1/prod", Some("cert1"))][..];
    for (item, index, expected) in [
        // The peer detached it, which the index doesn't show yet.
        ((let_go, NEW), (shared, OLD), "COMPLIANT"),
        // The item is the older one; the peer has attached it since.
        ((let_go, OLD), (shared, NEW), "NON_COMPLIANT"),
    ] {
        let world = World { index: captured(index.0, index.1), ..World::of(&captured(item.0, item.1)) };
        let (evaluated, _) = world.evaluate(&change("b1/prod", Some("cert1"), None)).await;
        assert_eq!(compliance(&evaluated, "b1/prod").as_deref(), Some(expected));
        assert_eq!(compliance(&evaluated, "a1/prod"), None, "left to its own event");
    }
}

#[tokio::test]
async fn a_permanent_refusal_of_previous_results_loses_no_result() {
    let account = account_of(1);
    for (code, name, put, fix) in [
        ("AccessDeniedException", "stagecert", 1, "allow config:GetComplianceDetailsByConfigRule"),
        ("ValidationException", "r".repeat(72).as_str(), 1, "up to 64 characters"),
        ("ThrottlingException", "stagecert", 0, ""),
    ] {
        for reporting in ["changed", "all"] {
            let mut event = sweep(reporting);
            event["configRuleName"] = name.into();
            let world = World { fails: ("earlier_results", code), ..World::of(&account) };
            let (evaluated, _) = world.evaluate(&event).await;
            assert_eq!(evaluated.evaluations().len(), put, "{code} {reporting}");
            let message = evaluated.outcome.unwrap_err().to_string();
            assert!(message.contains("earlier_results") && message.contains(fix), "{message}");
        }
    }
}

#[tokio::test]
async fn without_previous_results_everything_but_non_compliant_is_confirmed() {
    let account = captured(DETACHED, NEW);
    let world = World {
        index: captured(FINE, OLD),
        fails: ("earlier_results", "AccessDeniedException"),
        ..World::of(&account)
    };
    let (evaluated, _) = world.evaluate(&sweep("changed")).await;
    assert_eq!(compliance(&evaluated, "a1/prod").as_deref(), Some("NON_COMPLIANT"));
}

#[tokio::test]
async fn a_sweep_respects_the_rule_s_scope() {
    let stages = &[("a1/prod", None), ("b1/prod", None)][..];
    let tag = |key: &str, value: Option<&str>| RuleScope {
        tag_key: Some(key.into()),
        tag_value: value.map(Into::into),
        ..RuleScope::default()
    };
    let types = |name: &str| RuleScope { resource_types: vec![name.into()], ..RuleScope::default() };
    let b1 = "arn:aws:apigateway:eu-west-1::/restapis/b1/stages/prod";
    let resource = RuleScope { resource_id: Some(b1.into()), ..types("AWS::ApiGateway::Stage") };
    for (scope, in_scope) in [
        (RuleScope::default(), [true, true]),
        (tag("owner", None), [true, true]),
        (tag("Owner", None), [false, false]),
        (tag("env", Some("prod")), [false, true]),
        (tag("env", Some("dev")), [false, false]),
        (types("AWS::ApiGateway::Stage"), [true, true]),
        (types("AWS::ApiGatewayV2::Stage"), [false, false]),
        (resource, [false, true]),
    ] {
        for earlier in ["NON_COMPLIANT", "NOT_APPLICABLE"] {
            let mut account = with_stored(stages, OLD, earlier);
            let mappings = account["resourceTagMappingList"].as_array_mut().unwrap();
            mappings[1]["Tags"].as_array_mut().unwrap().push(json!({"Key": "env", "Value": "prod"}));
            let world = World { scope: scope.clone(), ..World::of(&account) };
            let (evaluated, _) = world.evaluate(&sweep("changed")).await;
            for (label, is_in) in ["a1/prod", "b1/prod"].into_iter().zip(in_scope) {
                let expected = match (is_in, earlier) {
                    (true, _) => Some("NON_COMPLIANT".to_owned()),
                    (false, "NON_COMPLIANT") => Some("NOT_APPLICABLE".to_owned()),
                    // Config wouldn't evaluate it either.
                    (false, _) => None,
                };
                assert_eq!(compliance(&evaluated, label), expected, "{scope:?} {earlier} {label}");
            }
        }
    }
}

#[tokio::test]
async fn a_stage_out_of_scope_is_still_a_peer() {
    let account = captured(&[("a1/prod", Some("cert1")), ("b1/prod", Some("cert1"))], OLD);
    let a1 = "arn:aws:apigateway:eu-west-1::/restapis/a1/stages/prod";
    let scope = RuleScope { resource_id: Some(a1.into()), ..RuleScope::default() };
    let (evaluated, _) = World { scope, ..World::of(&account) }.evaluate(&sweep("changed")).await;
    assert_eq!(compliance(&evaluated, "a1/prod").as_deref(), Some("NON_COMPLIANT"));
    assert_eq!(compliance(&evaluated, "b1/prod"), None);
}

#[tokio::test]
async fn stages_of_undetermined_scope_have_no_result() {
    let account = captured(FINE, OLD);
    let scope = RuleScope { tag_key: Some("env".into()), ..RuleScope::default() };
    let world = World { scope, fails: ("tags", "ThrottlingException"), ..World::of(&account) };
    let (evaluated, _) = world.evaluate(&sweep("all")).await;
    assert_eq!(evaluated.evaluations().len(), 0);
    assert!(evaluated.outcome.unwrap_err().to_string().contains("a1/prod"));
}

#[tokio::test]
async fn a_certificate_is_unique_again_only_if_its_peers_detached_it() {
    let shared = &[("a1/prod", Some("cert1")), ("b1/prod", Some("cert1"))][..];
    let elsewhere = &[("a1/prod", Some("cert1")), ("b1/prod", Some("cert2"))][..];
    for (annotation, item, expected) in [
        // The index shows the peer with another certificate, either its previous or its current
        // one.
        (
            "certificate-unique: client certificate cert1 is shared with stage b1/prod",
            (shared, NEW),
            "NON_COMPLIANT",
        ),
        (
            "certificate-unique: client certificate cert1 is shared with stage b1/prod",
            (elsewhere, NEW),
            "COMPLIANT",
        ),
        // Not all peers are named, so all candidates are checked.
        (
            "certificate-unique: client certificate cert1 is shared with stages c1/x, c2/x, c3/x and 1 more",
            (shared, NEW),
            "NON_COMPLIANT",
        ),
        (
            "certificate-unique: client certificate cert1 is shared with stages c1/x, c2/x, c3/x and 1 more",
            (elsewhere, NEW),
            "COMPLIANT",
        ),
        ("certificate-unique: cert1 ...", (shared, NEW), "NON_COMPLIANT"),
    ] {
        let mut account = with_stored(item.0, item.1, "NON_COMPLIANT");
        for result in account["evaluationResults"].as_array_mut().unwrap() {
            result["Annotation"] = annotation.into();
        }
        let world = World { index: captured(elsewhere, OLD), ..World::of(&account) };
        let (evaluated, _) = world.evaluate(&sweep("changed")).await;
        evaluated.outcome.as_ref().unwrap();
        // Config keeps a result that isn't replaced.
        let found = compliance(&evaluated, "a1/prod").unwrap_or("NON_COMPLIANT".into());
        assert_eq!(found, expected, "{annotation} {item:?}");
    }
}

#[tokio::test]
async fn a_stage_missing_from_the_index_is_still_a_peer() {
    let shared = &[("a1/prod", Some("cert1")), ("b1/prod", Some("cert1"))][..];
    for (item, live, fails, expected) in [
        (shared, shared, "", Some("NON_COMPLIANT")),
        // By either of them.
        (shared, &[("b1/prod", None)][..], "", Some("NON_COMPLIANT")),
        (FINE, shared, "", Some("NON_COMPLIANT")),
        (FINE, FINE, "", Some("COMPLIANT")),
        // It isn't known whether the stage exists, and so not whether the certificate is unique.
        (shared, shared, "live_stage", None),
    ] {
        let index = captured(FINE, NEW);
        let rows = captured(shared, NEW)["stages"].clone();
        let account = with_results(captured(item, NEW), &rows, "NON_COMPLIANT");
        let live = captured(live, NEW);
        let world = World { index, live, fails: (fails, "ThrottlingException"), ..World::of(&account) };
        let (evaluated, _) = world.evaluate(&sweep("all")).await;
        assert_eq!(compliance(&evaluated, "a1/prod").as_deref(), expected, "{item:?} {fails}");
        assert_eq!(evaluated.outcome.is_err(), expected != Some("COMPLIANT"), "b1 is not reported");
    }
}

#[tokio::test]
async fn a_stage_confirmed_only_by_api_gateway_still_shares_with_a_peer_s_item() {
    let elsewhere = &[("a1/prod", Some("cert1")), ("b1/prod", Some("cert2"))][..];
    for (peer, expected) in [("cert1", "NON_COMPLIANT"), ("cert2", "COMPLIANT")] {
        // The item of a1 lags, so API Gateway decides.
        let mut account = captured(&[("a1/prod", None), ("b1/prod", Some(peer))], OLD);
        account["resourceTagMappingList"] = captured(elsewhere, OLD)["resourceTagMappingList"].clone();
        let rows = account["stages"].clone();
        let mut account = with_results(account, &rows, "NON_COMPLIANT");
        for result in account["evaluationResults"].as_array_mut().unwrap() {
            result["Annotation"] =
                "certificate-unique: client certificate cert1 is shared with stage b1/prod".into();
        }
        let index = captured(elsewhere, NEW);
        let world = World { live: index.clone(), index, ..World::of(&account) };
        let (evaluated, _) = world.evaluate(&sweep("changed")).await;
        let found = compliance(&evaluated, "a1/prod").unwrap_or("NON_COMPLIANT".into());
        assert_eq!(found, expected, "{peer}");
    }
}

#[tokio::test]
async fn an_outdated_event_makes_no_peer_unique() {
    // In the event, b1 detached cert1 and left the scope; now it has cert1 again.
    let account = captured(&[("a1/prod", Some("cert1")), ("b1/prod", Some("cert1"))], "2099-01-01T00:00:00Z");
    for left_scope in [true, false] {
        let mut event = change("b1/prod", Some("cert2"), Some("cert1"));
        event["eventLeftScope"] = left_scope.into();
        let (evaluated, _) = World::of(&account).evaluate(&event).await;
        assert_eq!(compliance(&evaluated, "a1/prod").as_deref(), Some("NON_COMPLIANT"), "{left_scope}");
    }
}

#[tokio::test]
async fn an_outdated_event_makes_no_peer_unique_if_its_item_is_read_separately() {
    // A hundred peers of one API fill a call.
    let labels: Vec<String> = (0..100).map(|at| format!("a1/s{at}")).collect();
    let mut stages: Vec<(&str, Option<&str>)> =
        labels.iter().map(|label| (label.as_str(), Some("cert1"))).collect();
    stages.push(("b1/prod", Some("cert1")));
    let account = captured(&stages, "2099-01-01T00:00:00Z");
    let event =
        with_parameters(change("b1/prod", None, Some("cert1")), &json!({"certificateSharing": "same-api"}));
    let (evaluated, _) = World::of(&account).evaluate(&event).await;
    assert_eq!(compliance(&evaluated, "a1/s0").as_deref(), Some("NON_COMPLIANT"));
}

#[tokio::test]
async fn an_event_does_not_bring_back_a_stage_deleted_since() {
    let event = change("b1/prod", Some("cert1"), None);
    for (live, fails, expected) in [
        // Config doesn't show it yet.
        (&[("b1/prod", Some("cert1"))][..], "", Some("COMPLIANT")),
        (&[], "", Some("NOT_APPLICABLE")),
        (&[], "live_stage", None),
    ] {
        let mut account = captured(&[], OLD);
        account["resourceTagMappingList"] =
            captured(&[("b1/prod", None)], OLD)["resourceTagMappingList"].clone();
        let fails = (fails, "AccessDeniedException");
        let world = World { live: captured(live, NEW), fails, ..World::of(&account) };
        let (evaluated, _) = world.evaluate(&event).await;
        assert_eq!(compliance(&evaluated, "b1/prod").as_deref(), expected, "{live:?}");
        assert_eq!(evaluated.outcome.is_err(), expected.is_none());
    }
}
