//! `BatchImportFindings` and `GetFindings`.

use std::time::Duration;

use serde_json::{Value, json};
use stagecert::checks::Check;
use stagecert::deadline::Deadline;
use stagecert::resources::stage_arn::StageArn;
use stagecert::security_hub::import::{Findings, FindingsFilter, RejectedFinding};
use stagecert::security_hub::{
    AwsSecurityFinding, ComplianceStatus, Importer, SeverityLabel, Source, not_evaluated,
};

use crate::bodies::stage_arn;
use crate::replay::{KEY_ID, Response, SESSION_TOKEN, Wire, account_region, noon};

/// One finding per stage.
pub(crate) fn some(count: usize) -> Vec<AwsSecurityFinding> {
    let stage = |n: usize| StageArn::parse(&stage_arn("a1", &format!("s{n}"))).unwrap();
    let check = [Check::OwnerTag].into();
    let context = (&account_region(), &Source::new("payments", "rule"));
    (0..count).flat_map(|n| not_evaluated(context, (&stage(n), None), &check, noon())).collect()
}

fn taken(count: usize) -> Response {
    Response::ok(json!({"FailedCount": 0, "SuccessCount": count, "FailedFindings": []}))
}

#[tokio::test(start_paused = true)]
async fn an_import_is_one_signed_request_with_unchanged_findings() {
    let wire = Wire::responding(|_, _| taken(2));
    let (_, results) = wire.open().await;
    assert_eq!(results.import_findings(&some(2)).await.unwrap(), Some(vec![]));
    let [sent] = wire.sent().try_into().unwrap();
    assert_eq!((sent.path.as_str(), sent.query.as_str()), ("/findings/import", ""));
    assert_eq!(sent.header("content-type"), "application/json");
    assert_eq!(sent.header("content-length"), sent.body.len().to_string());
    assert_eq!(sent.header("x-amz-security-token"), SESSION_TOKEN);
    assert!(sent.is_signed_by(KEY_ID, "eu-west-1"));
    assert!(sent.header("authorization").contains("/eu-west-1/securityhub/aws4_request"));
    assert!(sent.header("user-agent").contains("securityhub"), "{}", sent.header("user-agent"));
    assert_eq!(sent.json(), json!({"Findings": some(2)}));
}

#[tokio::test(start_paused = true)]
async fn rejected_findings_have_their_codes() {
    let id = some(2)[1].id.clone();
    let failed = json!([{"Id": id, "ErrorCode": "InvalidInput", "ErrorMessage": "m"}]);
    let wire = Wire::responding(move |_, _| {
        Response::ok(json!({"FailedCount": 1, "SuccessCount": 1, "FailedFindings": failed}))
    });
    let (_, results) = wire.open().await;
    let refused = results.import_findings(&some(2)).await.unwrap();
    assert_eq!(refused, Some(vec![RejectedFinding { id, code: "InvalidInput".into() }]));
}

#[tokio::test(start_paused = true)]
async fn not_enabled_is_an_answer_in_both_formats() {
    let each: Vec<Value> = some(3)
        .iter()
        .map(|finding| json!({"Id": finding.id, "ErrorCode": "InvalidAccess", "ErrorMessage": "m"}))
        .collect();
    let each = json!({"FailedCount": 3, "SuccessCount": 0, "FailedFindings": each});
    let message = "Account 111122223333 is not subscribed to AWS Security Hub";
    for response in [
        Response::rest_error(401, "InvalidAccessException", message),
        Response::of(
            401,
            json!({"Code": "InvalidAccessException", "Message": message, "code": "InvalidAccessException"}),
        ),
        Response::ok(each),
    ] {
        let wire = Wire::responding(move |_, _| response.clone());
        let (_, results) = wire.open().await;
        assert_eq!(results.import_findings(&some(3)).await.unwrap(), None);
        assert_eq!(wire.sent().len(), 1, "nothing to try again");
    }
    let wire = Wire::responding(move |_, _| Response::rest_error(401, "InvalidAccessException", message));
    let (_, results) = wire.open().await;
    assert_eq!(results.existing_findings(FindingsFilter::All).await.unwrap(), None);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_has_its_code_and_an_unexpected_response_has_none() {
    let wire =
        Wire::responding(|_, _| Response::rest_error(403, "AccessDeniedException", "no securityhub:x"));
    let (_, results) = wire.open().await;
    let failure = results.import_findings(&some(1)).await.unwrap_err();
    assert_eq!(failure.code(), Some("AccessDeniedException"));
    assert!(
        failure.to_string().starts_with("BatchImportFindings of stagecert/aws/111122223333/"),
        "{failure}"
    );
    assert!(failure.to_string().ends_with("AccessDeniedException: no securityhub:x"), "{failure}");
    for body in ["{}", "<html>secret</html>", r#"{"FailedCount": 2, "FailedFindings": []}"#] {
        let wire = Wire::responding(move |_, _| Response::ok(body));
        let (_, results) = wire.open().await;
        let failure = results.import_findings(&some(1)).await.unwrap_err();
        assert_eq!((failure.kind(), failure.code()), ("Operation", None), "{failure}");
        assert!(!failure.to_string().contains("secret"), "{failure}");
    }
}

#[tokio::test(start_paused = true)]
async fn throttling_and_server_errors_are_retried() {
    for (status, code) in [
        (429, "LimitExceededException"),
        (429, "TooManyRequestsException"),
        (400, "ThrottlingException"),
        (500, "InternalException"),
        (503, "ServiceUnavailable"),
    ] {
        let wire =
            Wire::responding(
                move |_, before| {
                    if before < 3 { Response::rest_error(status, code, "later") } else { taken(1) }
                },
            );
        let (_, results) = wire.open().await;
        assert_eq!(results.import_findings(&some(1)).await.unwrap(), Some(vec![]), "{code}");
        assert_eq!(wire.sent().len(), 4, "{code}");
    }
}

#[tokio::test(start_paused = true)]
async fn calls_stay_below_ten_per_second_per_account_and_region() {
    let wire = Wire::responding(|_, _| taken(100));
    let aws = wire.aws();
    let (_, one) = crate::replay::open(&aws, noon(), Deadline::none()).await;
    let (_, other) = crate::replay::open(&aws, noon(), Deadline::none()).await;
    let (findings, account_region) = (some(2500), account_region());
    let importer =
        |results| Importer { findings: results, account_region: &account_region, deadline: Deadline::none() };
    let (first, second) = (importer(&one), importer(&other));
    let (first, second) = tokio::join!(first.import(&findings), second.import(&findings));
    assert_eq!((first.accepted, second.accepted), (2500, 2500));
    let sent = wire.sent();
    assert_eq!(sent.len(), 50);
    for start in &sent {
        let within = |at: Duration| at < Duration::from_secs(1);
        let ages = sent.iter().filter_map(|other| other.at.checked_duration_since(start.at));
        assert!(ages.filter(|age| within(*age)).count() <= 10);
    }
}

#[tokio::test(start_paused = true)]
async fn existing_findings_are_read_page_by_page_for_the_account_only() {
    let product = "arn:aws:securityhub:eu-west-1:111122223333:product/111122223333/default";
    let found = |id: &str, product: &str, state: &str| {
        json!({"Id": id, "ProductArn": product, "RecordState": state, "CreatedAt": "2025-01-02T03:04:05Z",
            "UpdatedAt": "2025-02-02T03:04:05.678Z", "GeneratorId": "stagecert/payments/owner-tag",
            "Compliance": {"Status": "FAILED"}, "Severity": {"Label": "INFORMATIONAL", "Normalized": 0},
            "FindingProviderFields": {"Severity": {"Label": "LOW"}},
            "ProductFields": {"stagecert/rule": "r", "aws/securityhub/ProductName": "Default"},
            "Resources": [{"Id": "arn:1", "Type": "AwsApiGatewayStage"}, {"Id": "arn:2", "Type": "Other"}],
            "Title": "x", "Workflow": {"Status": "NEW"}})
    };
    let first = json!({"Findings": [found("a", product, "ACTIVE"), found("b", product, "ARCHIVED")], "NextToken": "t2"});
    let other = product.replace("eu-west-1", "eu-central-1");
    let bare = json!({"Id": "d", "ProductArn": product, "GeneratorId": "stagecert/owner-tag"});
    let second = json!({"Findings": [found("c", &other, "ACTIVE"), bare]});
    let wire =
        Wire::responding(move |_, before| Response::ok(if before % 2 == 0 { &first } else { &second }));
    let (_, results) = wire.open().await;
    let known = results.existing_findings(FindingsFilter::All).await.unwrap().unwrap();
    let states: Vec<(&str, bool)> = known.iter().map(|it| (it.id.as_str(), it.is_active)).collect();
    assert_eq!(states, [("a", true), ("b", false), ("d", true)]);
    let one = &known[0];
    assert_eq!(one.created_at, Some("2025-01-02T03:04:05Z".parse().unwrap()));
    assert_eq!(one.updated_at, Some("2025-02-02T03:04:05.678Z".parse().unwrap()));
    assert_eq!((one.status, one.severity), (ComplianceStatus::Failed, SeverityLabel::Low));
    assert_eq!((one.deployment.as_deref(), one.rule.as_deref()), (Some("payments"), Some("r")));
    assert_eq!((one.code.as_str(), one.resource.as_str()), ("owner-tag", "arn:1"));
    assert_eq!((known[2].deployment.as_deref(), known[2].created_at), (None, None));

    let filter = |comparison: &str, value: &str| json!({"Value": value, "Comparison": comparison});
    let mut filters = json!({
        "ProductArn": [filter("EQUALS", product)],
        "GeneratorId": [filter("PREFIX", "stagecert/")],
    });
    let [one, two] = wire.sent().try_into().unwrap();
    assert_eq!(
        (one.path.as_str(), one.json()),
        ("/findings", json!({"Filters": filters, "MaxResults": 100}))
    );
    assert_eq!(two.json(), json!({"Filters": filters, "MaxResults": 100, "NextToken": "t2"}));

    let arns = ["arn:1".to_owned(), "arn:3".to_owned()];
    results.existing_findings(FindingsFilter::Resources(&arns)).await.unwrap().unwrap();
    filters["ResourceId"] = json!([filter("EQUALS", "arn:1"), filter("EQUALS", "arn:3")]);
    assert_eq!(wire.sent()[2].json()["Filters"], filters);
}

#[tokio::test(start_paused = true)]
async fn an_endless_list_is_a_failure() {
    for (tokens, calls) in [(["again", "again"], 2), (["even", "odd"], 3)] {
        let wire = Wire::responding(move |_, before| {
            assert!(before < 100, "the list does not end");
            Response::ok(json!({"Findings": [], "NextToken": tokens[before % 2]}))
        });
        let (_, results) = wire.open().await;
        let failure = results.existing_findings(FindingsFilter::All).await.unwrap_err();
        assert!(failure.to_string().contains("the same page token twice"), "{failure}");
        assert_eq!(wire.sent().len(), calls);
    }
}

#[tokio::test(start_paused = true)]
async fn an_empty_token_ends_the_list() {
    let wire = Wire::responding(|_, _| Response::ok(json!({"Findings": [], "NextToken": ""})));
    let (_, results) = wire.open().await;
    assert_eq!(results.existing_findings(FindingsFilter::All).await.unwrap(), Some(vec![]));
    assert_eq!(wire.sent().len(), 1);
}
