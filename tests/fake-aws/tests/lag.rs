//! What Config returns over HTTP while its index lags, and calls that a test holds at a gate.

use std::sync::mpsc;
use std::time::Duration;

use client::{ACCOUNT, REGION, call};
use fake_aws::{ApiKind, Facts, FakeAws, Fault, Gate, Shown, World};
use serde_json::{Value, json};

mod client;

fn fake_aws() -> (FakeAws, String, String) {
    let mut world = World::new(1);
    world.add_account("aws", ACCOUNT, REGION);
    let api = world.create_api(ACCOUNT, REGION, ApiKind::Rest, "orders", &["HTTP"]);
    let (arn, _) = world.create_stage(&api, "prod");
    let (other, _) = world.create_stage(&api, "dev");
    (FakeAws::spawn(world), arn, other)
}

/// The certificate of each stage that an advanced query returns.
fn index(fake_aws: &FakeAws) -> Vec<(String, Value)> {
    let expression =
        "SELECT resourceId, configuration.clientCertificateId WHERE resourceType = 'AWS::ApiGateway::Stage'";
    let response = call(fake_aws, "SelectResourceConfig", &json!({ "Expression": expression }));
    let rows = response["Results"].as_array().unwrap().iter();
    let rows = rows.map(|row| serde_json::from_str::<Value>(row.as_str().unwrap()).unwrap());
    rows.map(|row| {
        let id = row["resourceId"].as_str().unwrap().to_owned();
        (id, row["configuration"]["clientCertificateId"].clone())
    })
    .collect()
}

fn latest(fake_aws: &FakeAws, arn: &str) -> Vec<Value> {
    let keys = json!([{"resourceType": "AWS::ApiGateway::Stage", "resourceId": arn}]);
    let response = call(fake_aws, "BatchGetResourceConfig", &json!({ "resourceKeys": keys }));
    response["baseConfigurationItems"].as_array().unwrap().clone()
}

#[test]
fn the_index_lags_behind_the_latest_item_and_shows_new_stages_later() {
    let (fake_aws, arn, other) = fake_aws();
    {
        let mut world = fake_aws.world();
        world.attach_certificate(&arn, "a1");
        world.attach_certificate(&arn, "b2");
        let options = &mut world.region_mut(ACCOUNT, REGION).options;
        options.index_behind.extend([(arn.clone(), 2), (other.clone(), 1)]);
        options.latest_behind.insert(arn.clone(), 1);
    }
    assert_eq!(index(&fake_aws), [(arn.clone(), Value::Null)], "the other is not in the index yet");
    let item = latest(&fake_aws, &arn).remove(0);
    let configuration: Value = serde_json::from_str(item["configuration"].as_str().unwrap()).unwrap();
    assert_eq!(configuration["clientCertificateId"], "a1");
    assert_eq!(latest(&fake_aws, &other).len(), 1);
}

#[test]
fn a_stage_that_is_no_longer_recorded_has_an_item_without_configuration_and_a_deleted_one_has_none() {
    let (fake_aws, arn, other) = fake_aws();
    fake_aws.world().stop_recording(&arn);
    fake_aws.world().delete_stage(&other);
    let item = latest(&fake_aws, &arn).remove(0);
    assert_eq!(item["configurationItemStatus"], "ResourceNotRecorded");
    assert!(item["configurationItemCaptureTime"].is_number() && item["configuration"].is_null());
    assert!(latest(&fake_aws, &other).is_empty());
    fake_aws.world().region_mut(ACCOUNT, REGION).options.shows_unrecorded_items = false;
    assert!(latest(&fake_aws, &arn).is_empty());
    assert!(index(&fake_aws).is_empty());
}

#[test]
fn a_row_missed_between_two_pages_is_missing_once() {
    let (fake_aws, arn, other) = fake_aws();
    fake_aws.faults().at("SelectResourceConfig", 1, Fault::MissingRows(vec![arn.clone()]));
    let shown = |fake_aws: &FakeAws| index(fake_aws).into_iter().map(|(arn, _)| arn).collect::<Vec<_>>();
    assert_eq!(shown(&fake_aws), std::slice::from_ref(&other));
    assert_eq!(shown(&fake_aws), [other, arn]);
}

#[test]
fn a_gate_holds_a_request_or_its_response() {
    for (held, expected) in [(true, Value::Null), (false, json!("a1"))] {
        let (fake_aws, arn, _) = fake_aws();
        let gate = Gate::default();
        let fault = if held { Fault::HoldResponse(gate.clone()) } else { Fault::HoldRequest(gate.clone()) };
        fake_aws.faults().at("SelectResourceConfig", 1, fault);
        let (response, received) = mpsc::channel();
        std::thread::scope(|scope| {
            scope.spawn(|| response.send(index(&fake_aws)).unwrap());
            assert!(gate.wait_until_reached(Duration::from_secs(10)));
            fake_aws.world().attach_certificate(&arn, "a1");
            gate.open();
            let shown = received.recv_timeout(Duration::from_secs(10)).unwrap();
            let (_, certificate) = shown.into_iter().find(|(id, _)| *id == arn).unwrap();
            assert_eq!(certificate, expected, "{held}");
        });
    }
}

#[test]
fn a_put_is_recorded_with_what_its_invocation_had_seen_of_the_stage() {
    let (fake_aws, arn, other) = fake_aws();
    let key = fake_aws.world().credentials(ACCOUNT).access_key_id;
    let (event, token) = {
        let mut world = fake_aws.world();
        world.add_rule(ACCOUNT, REGION, "stagecert", None);
        let event = world.attach_certificate(&arn, "a1").remove(0);
        world.region_mut(ACCOUNT, REGION).options.index_behind.insert(arn.clone(), 1);
        let token = event["resultToken"].as_str().unwrap().to_owned();
        (event, token)
    };
    let put = |compliance_type: &str| {
        let one = |arn: &str| {
            json!({
                "ComplianceResourceType": "AWS::ApiGateway::Stage", "ComplianceResourceId": arn,
                "ComplianceType": compliance_type, "OrderingTimestamp": 1_795_000_000.25,
            })
        };
        call(
            &fake_aws,
            "PutEvaluations",
            &json!({"ResultToken": token, "Evaluations": [one(&arn), one(&other)]}),
        );
        fake_aws.world().take_puts(&key)
    };
    assert!(put("NON_COMPLIANT").is_empty(), "no invocation has begun");

    fake_aws.world().begin(&key, &event);
    index(&fake_aws);
    latest(&fake_aws, &other);
    let puts = put("COMPLIANT");
    let shown = |item, exists| Some(Shown { item: Some(item), exists });
    let [own, peer] = puts.as_slice() else { panic!("{puts:?}") };
    assert_eq!((own.facts.event, own.facts.index, own.facts.latest), (shown(3, true), shown(1, true), None));
    assert_eq!(
        (peer.facts.event, peer.facts.index, peer.facts.latest),
        (None, shown(2, true), shown(2, true))
    );
    assert_eq!((own.before.as_ref().unwrap().basis, own.put.basis, own.truth), (None, Some(3), Some(3)));
    assert!(!own.in_sweep && !own.knows_earlier_results);

    let event = fake_aws.world().scheduled_event(ACCOUNT, REGION, "stagecert");
    fake_aws.world().begin(&key, &event);
    call(&fake_aws, "GetComplianceDetailsByConfigRule", &json!({"ConfigRuleName": "stagecert"}));
    let put = put("COMPLIANT").remove(0);
    assert!(put.in_sweep && put.knows_earlier_results);
    assert_eq!((put.facts, put.before.unwrap().basis), (Facts::default(), Some(3)));
}
