//! Large and foreign input: evaluation must finish, with requests that Config accepts.

use serde_json::{Value, json};
use stagecert::account::export::backends;
use stagecert::checks::stage::certificate_attached::Backends;
use stagecert::event::Event;
use stagecert::parameters::Parameters;
use stagecert::resources::certificate::{Certificate, DatesFrom};
use stagecert::resources::certificate_id::CertificateId;
use stagecert::resources::tags::Tags;
use stagecert::scan::scan;
use stagecert::snapshot::{Snapshot, SnapshotAccount};

use crate::evaluate::{EXAMPLE, Evaluated, at_once, evaluate};
use crate::snapshots::sweep;
use crate::validity::{assert_annotation, assert_every_request_is_valid, assert_no_control_characters};

const MEGABYTE: usize = 1 << 20;
const PEM: &str = include_str!("../certificates/leap-day.pem");

fn sample(change: impl FnOnce(&mut Value)) -> String {
    let mut event: Value = serde_json::from_str(include_str!("../../events/change-ok.json")).unwrap();
    let mut invoking: Value = serde_json::from_str(event["invokingEvent"].as_str().unwrap()).unwrap();
    change(&mut invoking);
    event["invokingEvent"] = invoking.to_string().into();
    event.to_string()
}

fn annotations(evaluated: &Evaluated) -> Vec<String> {
    let evaluations =
        evaluated.requests.iter().flat_map(|request| request["Evaluations"].as_array().unwrap());
    evaluations.map(|it| it["Annotation"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_ten_megabyte_event_is_evaluated_by_its_relevant_fields() {
    let small = evaluate(&sample(|_| {}), &EXAMPLE);
    let long = "ü\u{1F980}\n\u{1b}".repeat(MEGABYTE);
    let event =
        sample(|invoking| invoking["configurationItem"]["configuration"]["description"] = long.into());
    assert!(event.len() > 10_000_000);
    assert_eq!(evaluate(&event, &EXAMPLE).requests, small.requests);
}

#[test]
fn a_ten_megabyte_value_in_the_wrong_place_is_refused() {
    for (name, size) in
        [("resourceType", 10 * MEGABYTE), ("configurationItemStatus", 10_000), ("configuration", 10_000)]
    {
        let event =
            sample(|invoking| invoking["configurationItem"][name] = "\u{85}é".repeat(size / 4).into());
        let evaluated = evaluate(&event, &EXAMPLE);
        assert!(evaluated.requests.is_empty());
        assert_no_control_characters(&evaluated.outcome.unwrap_err().to_string());
    }
}

/// CloudWatch Logs accepts 256 KB per log event, and Lambda 6 MB per response.
#[test]
fn a_failure_message_fits_in_a_log_line() {
    for name in ["configurationItemStatus", "awsRegion"] {
        let event = sample(|invoking| invoking["configurationItem"][name] = "x".repeat(MEGABYTE).into());
        let message = evaluate(&event, &EXAMPLE).outcome.unwrap_err().to_string();
        assert!(message.len() < 256 << 10, "{name}: {} bytes", message.len());
    }
}

#[test]
fn an_event_nested_too_deeply_is_refused() {
    let deep = format!("{}{}", "[".repeat(MEGABYTE), "]".repeat(MEGABYTE));
    for event in
        [deep.clone(), format!("{{\"invokingEvent\":{deep}}}"), json!({"invokingEvent": deep}).to_string()]
    {
        assert_eq!(Event::parse(&event).unwrap_err().kind(), "Malformed");
    }
    assert!(Snapshot::parse(&deep).is_err());
    assert!(Parameters::parse(Some(&deep)).is_err());
    assert!(!matches!(backends(deep.as_bytes()), Ok(Backends::NoHttp { .. })));
}

#[test]
fn a_megabyte_of_pem_is_parsed_or_rejected() {
    let own = "2028-02-29T23:59:59Z".parse().unwrap();
    let expiration = "2030-01-01T00:00:00Z".parse().unwrap();
    let read = |pem: &str| {
        Certificate::generated(
            CertificateId::new("a1b2c3".into()),
            Some(pem),
            Some(expiration),
            Tags::default(),
        )
    };
    let around = format!("{}\n{PEM}", "text\n".repeat(MEGABYTE / 5));
    assert_eq!(read(&around).not_after, Some(own));
    assert_eq!(read(&PEM.repeat(MEGABYTE / PEM.len())).not_after, Some(own));
    let begins = "-----BEGIN CERTIFICATE-----\n";
    let ends = "-----END CERTIFICATE-----\n";
    for unreadable in [
        begins.repeat(MEGABYTE / begins.len()),
        format!("{begins}{ends}").repeat(MEGABYTE / 54),
        format!("{begins}{}\n{ends}", "A".repeat(MEGABYTE)),
        format!("{begins}{}{ends}", "MIIC\n".repeat(MEGABYTE / 5)),
        "\u{0}".repeat(MEGABYTE),
        "é".repeat(MEGABYTE / 2),
    ] {
        let certificate = read(&unreadable);
        assert_eq!(
            (certificate.not_after, certificate.dates_from),
            (Some(expiration), DatesFrom::UnreadablePem)
        );
    }
}

#[test]
fn a_megabyte_of_export_is_read() {
    let operation = |kind: &str| json!({"x-amazon-apigateway-integration": {"type": kind}});
    let mut paths: serde_json::Map<String, Value> =
        (0..20_000).map(|n| (format!("/{n}"), json!({"get": operation("aws_proxy")}))).collect();
    let export = |paths: &serde_json::Map<_, _>| json!({"openapi": "3.0.1", "paths": paths}).to_string();
    assert!(export(&paths).len() > MEGABYTE);
    assert_eq!(backends(export(&paths).as_bytes()).unwrap(), Backends::no_http(None));
    paths.insert("/~".into(), json!({"post": operation("http")}));
    assert_eq!(backends(export(&paths).as_bytes()).unwrap(), Backends::http(None));
}

/// An account with this many stages that share one certificate, with names of the maximum length.
fn sharing(count: usize) -> Snapshot {
    let stage = |n: usize| {
        let name = format!("{n:0>128}");
        json!({
            "resourceType": "AWS::ApiGateway::Stage",
            "resourceId": format!("arn:aws:apigateway:eu-west-1::/restapis/k3v9q0m2xa/stages/{name}"),
            "configuration": {"clientCertificateId": "h4t0vz"},
        })
    };
    let account = json!({
        "snapshotVersion": 1,
        "takenAt": "2026-11-21T12:00:00Z",
        "partition": "aws",
        "accountId": "111122223333",
        "awsRegion": "eu-west-1",
        "stages": (0..count).map(stage).collect::<Vec<_>>(),
        "clientCertificates": [{"clientCertificateId": "h4t0vz", "pemEncodedCertificate": PEM}],
    });
    Snapshot::parse(&account.to_string()).unwrap()
}

#[test]
fn ten_thousand_peers_are_swept_in_a_hundred_requests() {
    let evaluated = evaluate(&sweep("all"), &sharing(10_000));
    assert_every_request_is_valid(&evaluated.requests);
    assert_eq!((evaluated.requests.len(), evaluated.outcome.unwrap().tally.non_compliant), (100, 10_000));
}

#[test]
fn a_finding_with_ten_thousand_peers_names_at_most_ten() {
    let snapshot = sharing(10_000);
    let account_region = snapshot.account_region();
    let account = SnapshotAccount::new(&snapshot, &account_region);
    let scanned = at_once(scan(&account, &Parameters::default(), snapshot.taken_at)).unwrap();
    assert_eq!(scanned.stages.len(), 10_000);
    for stage in &scanned.stages {
        let json_text = serde_json::to_string(stage.result.as_ref().unwrap()).unwrap();
        assert_eq!(json_text.matches("k3v9q0m2xa/").count(), 10 + 3, "{json_text}");
        assert!(json_text.contains("\"peerCount\":9999"), "{json_text}");
    }
}

#[test]
fn a_change_among_many_peers_reevaluates_each_of_them() {
    let attached =
        json!({"Configuration.ClientCertificateId": {"previousValue": null, "changeType": "CREATE"}});
    let event = sample(|it| it["configurationItemDiff"] = json!({ "changedProperties": attached }));
    let mut account = sharing(2_000);
    let invoking: Value = serde_json::from_str(&event).unwrap();
    let invoking: Value = serde_json::from_str(invoking["invokingEvent"].as_str().unwrap()).unwrap();
    let item = &invoking["configurationItem"];
    account.stages.push(json!({
        "resourceType": item["resourceType"], "resourceId": item["resourceId"], "configuration": item["configuration"],
    }));
    let evaluated = evaluate(&event, &account);
    assert_every_request_is_valid(&evaluated.requests);
    let annotations = annotations(&evaluated);
    assert_eq!(annotations.len(), 2_001);
    for annotation in annotations {
        // The remembered deployment follows the truncated part.
        assert!(annotation.contains(" and 1997 more") || annotation.contains(" ..."), "{annotation}");
    }
}

/// An account with the same text in every place that people can write to.
fn foreign(text: &str) -> Snapshot {
    let mut account: Value = serde_json::from_str(include_str!("../../examples/account.json")).unwrap();
    let list = |account: &mut Value, name: &str| account[name].as_array_mut().unwrap().clone();
    let changed = |mut entries: Vec<Value>, change: &dyn Fn(&mut Value)| {
        entries.iter_mut().for_each(change);
        Value::Array(entries)
    };
    account["stages"] = changed(list(&mut account, "stages"), &|stage| {
        for field in ["stageName", "description", "deploymentId", "documentationVersion"] {
            stage["configuration"][field] = text.into();
        }
    });
    account["clientCertificates"] = changed(list(&mut account, "clientCertificates"), &|certificate| {
        certificate["description"] = text.into();
        certificate["tags"] = json!({"owner": text, text: text});
    });
    account["acmCertificates"] = changed(list(&mut account, "acmCertificates"), &|certificate| {
        for field in ["Status", "DomainName", "Type", "RenewalEligibility"] {
            certificate[field] = text.into();
        }
    });
    account["resourceTagMappingList"] = changed(list(&mut account, "resourceTagMappingList"), &|mapping| {
        mapping["Tags"] = json!([{"Key": "owner", "Value": text}, {"Key": text, "Value": text}]);
    });
    account["evaluationResults"] = changed(list(&mut account, "evaluationResults"), &|result| {
        result["Annotation"] = text.into();
    });
    Snapshot::parse(&account.to_string()).unwrap()
}

#[test]
fn names_tags_and_descriptions_in_any_script_give_valid_requests() {
    for text in
        ["Größe", "所有者", "\u{1F980}", "a\u{0}b\n\r\u{1b}[2J\u{7f}", "\u{202e}", "x' OR '1'='1", "\u{a0}"]
    {
        for text in [text.to_owned(), text.repeat(500)] {
            let snapshot = foreign(&text);
            let mut event: Value = serde_json::from_str(&sweep("all")).unwrap();
            let keys: String = text.chars().filter(|c| *c != ',').take(100).collect();
            let parameters =
                json!({"reporting": "all", "ownerTagKeys": format!("k{keys}"), "ownerTagPattern": "[a-z]"});
            event["ruleParameters"] = parameters.to_string().into();
            for event in [sweep("all"), event.to_string(), sample(|_| {})] {
                let evaluated = evaluate(&event, &snapshot);
                assert_every_request_is_valid(&evaluated.requests);
                assert!(!annotations(&evaluated).is_empty(), "{:?}", evaluated.outcome);
            }
            let account_region = snapshot.account_region();
            let account = SnapshotAccount::new(&snapshot, &account_region);
            let scanned = at_once(scan(&account, &Parameters::default(), snapshot.taken_at)).unwrap();
            scanned.stages.iter().for_each(|stage| assert_annotation(stage.annotation().as_str()));
        }
    }
}
