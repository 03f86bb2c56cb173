use serde_json::json;

use super::*;

const ARN: &str = "arn:aws:apigateway:eu-west-1::/apis/w1/stages/live";

#[test]
fn only_ids_of_a_known_form_appear_in_queries() {
    let expression = |id: &str| stages_with(&CertificateId::new(id.into()));
    assert!(expression("abc123").unwrap().ends_with("AND configuration.clientCertificateId = 'abc123'"));
    assert_eq!(expression("x' OR resourceType = 'AWS::IAM::User"), None);
    assert_eq!(expression("a b"), None);
}

#[test]
fn a_row_without_a_certificate_is_a_stage_and_a_malformed_row_is_unreadable() {
    let good = json!({"resourceId": ARN, "resourceType": "AWS::ApiGatewayV2::Stage"});
    let other = ARN.replace("live", "other");
    let wrong_type = json!({"resourceId": other, "resourceType": "AWS::ApiGateway::Stage"});
    let listing = listing([&good, &wrong_type, &json!({})]);
    assert_eq!((listing.stages.len(), listing.unreadable.len()), (1, 2));
    assert_eq!(listing.stages[0].certificate, None);
    assert_eq!(listing.unreadable[0].resource_id, Some(other));
    assert_eq!(listing.unreadable[0].certificates, Some(vec![]));
}

#[test]
fn a_stage_with_two_rows_counts_once_or_is_unreadable_if_they_differ() {
    let row = |id: &str| {
        let configuration = json!({"clientCertificateId": id});
        json!({"resourceId": ARN, "resourceType": "AWS::ApiGatewayV2::Stage", "configuration": configuration})
    };
    let same = listing([&row("abc123"), &row("abc123")]);
    assert_eq!((same.stages.len(), same.unreadable.len()), (1, 0));
    let differing = listing([&row("abc123"), &row("def456")]);
    assert_eq!((differing.stages.len(), differing.unreadable.len()), (0, 1));
    let both = ["def456", "abc123"].map(|id| CertificateId::new(id.into()));
    assert_eq!(differing.unreadable[0].certificates, Some(both.to_vec()));
}

#[test]
fn unreadable_rows_are_kept_up_to_a_limit_and_then_counted() {
    let row = |name: &str, id: &Value| {
        let configuration = json!({"clientCertificateId": id});
        let arn = ARN.replace("live", name);
        json!({"resourceId": arn, "resourceType": "AWS::ApiGatewayV2::Stage", "configuration": configuration})
    };
    let mut rows = vec![row("good", &"abc123".into()), row("live", &"abc123".into())];
    rows.extend(vec![json!({}); MAX_UNREADABLE]);
    let at_the_limit = listing(&rows);
    assert_eq!((at_the_limit.stages.len(), at_the_limit.unreadable.len()), (2, MAX_UNREADABLE));

    // A stage with a row above the limit is removed, because its certificate is ambiguous.
    rows.extend([row("live", &"def456".into()), row("late", &7.into()), row("late", &"abc123".into())]);
    let beyond = listing(&rows);
    let stages: Vec<&str> = beyond.stages.iter().map(|stage| stage.arn.stage_name()).collect();
    assert_eq!(stages, ["good"]);
    let [.., last] = beyond.unreadable.as_slice() else { panic!("{beyond:?}") };
    assert_eq!(beyond.unreadable.len(), MAX_UNREADABLE + 1);
    assert_eq!((&last.resource_id, &last.certificates), (&None, &None));
    assert_eq!(last.failure.to_string(), "SelectResourceConfig: 2 more rows that can't be read");
}

#[test]
fn the_certificate_of_an_unreadable_row_is_read_if_possible() {
    let canary = json!({"deploymentId": 5});
    for (configuration, certificates) in [
        (json!({"canarySettings": canary}), Some(vec![])),
        (json!({"canarySettings": canary, "clientCertificateId": ""}), Some(vec![])),
        (json!({"canarySettings": canary, "clientCertificateId": "abc123"}), Some(vec!["abc123"])),
        (json!({"clientCertificateId": ["abc123"]}), None),
    ] {
        let row = json!({
            "resourceId": ARN, "resourceType": "AWS::ApiGatewayV2::Stage", "configuration": configuration,
        });
        let listing = listing([&row]);
        let found = listing.unreadable[0].certificates.as_ref();
        let found = found.map(|ids| ids.iter().map(CertificateId::as_str).collect::<Vec<_>>());
        assert_eq!(found, certificates, "{row}");
    }
}

#[test]
fn an_unknown_protocol_counts_as_websocket_and_an_unknown_integration_as_http() {
    let protocols = read_protocols(&[
        json!({"resourceId": "h", "configuration": {"protocolType": "HTTP"}}),
        json!({"resourceId": "w", "configuration": {"ProtocolType": "WEBSOCKET"}}),
        json!({"resourceId": "n", "configuration": {"protocolType": "NEW"}}),
        json!({"resourceId": "unknown"}),
    ]);
    assert_eq!(protocols.get("h"), Some(&Protocol::Http));
    assert_eq!(protocols.get("n"), Some(&Protocol::WebSocket));
    assert_eq!(protocols.get("unknown"), None);

    let stage = StageArn::parse(ARN).unwrap();
    let backends = |rows: &[Value]| Integrations::read(rows).backends(&stage);
    let lambda = json!({"configuration": {"ApiId": "w1", "IntegrationType": "AWS_PROXY"}});
    let http = json!({"configuration": {"apiId": "w1", "integrationType": "HTTP_PROXY"}});
    let nameless = json!({"configuration": {"integrationType": "MOCK"}});
    let untyped = json!({"configuration": {"apiId": "w1"}});
    let undetermined = Backends::undetermined(Undetermined::NotRecorded);
    assert_eq!(backends(&[]), undetermined);
    assert!(matches!(backends(std::slice::from_ref(&lambda)), Backends::NoHttp { current: true, .. }));
    assert!(matches!(backends(&[lambda.clone(), http]), Backends::Http { current: true, .. }));
    assert_eq!(backends(&[lambda.clone(), nameless]), undetermined);
    assert!(matches!(backends(&[lambda, untyped]), Backends::Http { current: true, .. }));
}
