//! `PutEvaluations`.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use stagecert::evaluation::compliance::{ComplianceType, Evaluation};
use stagecert::evaluation::scope::NotEvaluated;
use stagecert::resources::resource::Resource;
use stagecert::rule::put::{PutRequest, Results};

use crate::bodies::stage_arn;
use crate::events::token;
use crate::replay::{Response, Wire, noon};

pub(crate) fn evaluation(name: &str, compliance_type: ComplianceType, at: Timestamp) -> Evaluation {
    let resource = Resource::new("AWS::ApiGateway::Stage".into(), stage_arn("a1", name));
    Evaluation { compliance_type, ..Evaluation::not_applicable(resource, &NotEvaluated::Deleted, at) }
}

async fn put(wire: &Wire, request: PutRequest<'_>) -> Result<Vec<String>, stagecert::Failure> {
    let (_, results) = wire.open().await;
    results.put_evaluations(request).await
}

#[tokio::test(start_paused = true)]
async fn the_requests_sent_are_those_of_a_dry_run() {
    let at = |milliseconds: i64| noon() + SignedDuration::from_millis(milliseconds);
    let of = |milliseconds| -> Vec<Evaluation> {
        let types = ComplianceType::ALL.into_iter().enumerate();
        types.map(|(n, kind)| evaluation(&format!("s{n}"), kind, at(milliseconds))).collect()
    };
    let instants = (0..1000).map(|millisecond| (of(millisecond), "token"));
    let special = [(of(0), "TESTMODE"), (Vec::new(), "token"), (Vec::new(), "TESTMODE")];
    for (evaluations, text) in instants.chain(special) {
        let wire = Wire::responding(|_, _| Response::ok("{}"));
        let result_token = token(text);
        let request = PutRequest { evaluations: &evaluations, result_token: &result_token };
        assert_eq!(put(&wire, request).await.unwrap(), Vec::<String>::new());
        let [sent] = wire.sent().try_into().unwrap();
        assert_eq!(sent.header("x-amz-target"), "StarlingDoveService.PutEvaluations");
        assert_eq!(sent.json(), serde_json::to_value(request).unwrap());
    }
}

#[tokio::test(start_paused = true)]
async fn the_request_has_the_api_s_format() {
    let wire = Wire::responding(|_, _| Response::ok(json!({"FailedEvaluations": []})));
    let evaluations =
        [evaluation("prod", ComplianceType::NonCompliant, noon() + SignedDuration::from_millis(402))];
    let result_token = token("TESTMODE");
    put(&wire, PutRequest { evaluations: &evaluations, result_token: &result_token }).await.unwrap();
    let [sent] = wire.sent().try_into().unwrap();
    assert_eq!(
        sent.json(),
        json!({
            "Evaluations": [{
                "ComplianceResourceType": "AWS::ApiGateway::Stage",
                "ComplianceResourceId": "arn:aws:apigateway:eu-west-1::/restapis/a1/stages/prod",
                "ComplianceType": "NON_COMPLIANT",
                "Annotation": "deleted",
                "OrderingTimestamp": 1_795_262_400.402,
            }],
            "ResultToken": "TESTMODE",
            "TestMode": true,
        })
    );
}

#[tokio::test(start_paused = true)]
async fn rejected_evaluations_are_named_by_id() {
    let taken = evaluation("taken", ComplianceType::Compliant, noon());
    let not = evaluation("not", ComplianceType::Compliant, noon());
    let failed: Value = serde_json::to_value(&not).unwrap();
    let wire = Wire::responding(move |_, _| Response::ok(json!({"FailedEvaluations": [failed]})));
    let (evaluations, result_token) = ([taken, not], token("token"));
    let failed = put(&wire, PutRequest { evaluations: &evaluations, result_token: &result_token }).await;
    assert_eq!(failed.unwrap(), [stage_arn("a1", "not")]);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_has_its_code_and_is_not_retried() {
    for code in [
        "InvalidResultTokenException",
        "InvalidParameterValueException",
        "NoSuchConfigRuleException",
        "ValidationException",
        "AccessDeniedException",
    ] {
        let wire =
            Wire::responding(move |_, _| Response::error(400, code, "The specified ResultToken is invalid."));
        let evaluations: Vec<Evaluation> =
            (0..3).map(|n| evaluation(&format!("s{n}"), ComplianceType::Compliant, noon())).collect();
        let result_token = token("token");
        let failure = put(&wire, PutRequest { evaluations: &evaluations, result_token: &result_token })
            .await
            .unwrap_err();
        assert_eq!(failure.code(), Some(code));
        assert_eq!(
            failure.to_string(),
            format!(
                "PutEvaluations of {} and 2 more in account 111122223333, Region eu-west-1: {code}: The specified \
                 ResultToken is invalid.",
                stage_arn("a1", "s0")
            )
        );
        assert_eq!(wire.sent().len(), 1, "{code}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_error_code_may_have_a_namespace_or_be_in_a_header() {
    let body = json!({"__type": "com.amazonaws.config#InvalidResultTokenException", "Message": "no"});
    let header = "InvalidResultTokenException:http://internal.amazon.com/coral/";
    for response in [Response::of(400, body), Response::of(400, "{}").with_header("x-amzn-errortype", header)]
    {
        let wire = Wire::responding(move |_, _| response.clone());
        let result_token = token("token");
        let failure =
            put(&wire, PutRequest { evaluations: &[], result_token: &result_token }).await.unwrap_err();
        assert_eq!(failure.code(), Some("InvalidResultTokenException"));
    }
}
