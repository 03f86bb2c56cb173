//! `GetResources` of the Resource Groups Tagging API.

use serde_json::json;
use stagecert::account::Account;

use crate::bodies::{owned, stage_arn};
use crate::replay::{Response, Wire};

#[tokio::test(start_paused = true)]
async fn a_call_takes_a_hundred_arns() {
    let arns: Vec<String> = (0..100).map(|n| stage_arn("a1", &format!("s{n}"))).collect();
    let wire = Wire::responding(|sent, _| Response::ok(owned(&sent.json()["ResourceARNList"], "team-a")));
    let (account, _) = wire.open().await;
    let tags = account.tags(&arns).await.unwrap();
    assert_eq!(tags.len(), 100);
    assert!(arns.iter().all(|arn| tags[arn].value("owner") == Some("team-a")));

    let [sent] = wire.sent().try_into().unwrap();
    assert_eq!(sent.header("x-amz-target"), "ResourceGroupsTaggingAPI_20170126.GetResources");
    // Mutually exclusive with every other field of the request.
    assert_eq!(sent.json(), json!({"ResourceARNList": arns}));
}

#[tokio::test(start_paused = true)]
async fn a_resource_that_is_absent_or_has_no_tags_is_untagged() {
    let arns = [stage_arn("a1", "tagged"), stage_arn("a1", "once"), stage_arn("a1", "never")];
    let response = json!({"PaginationToken": "", "ResourceTagMappingList": [
        {"ResourceARN": arns[0], "Tags": [{"Key": "owner", "Value": "team-a"}, {"Key": "Owner", "Value": ""}]},
        {"ResourceARN": arns[1], "Tags": []},
    ]});
    let wire = Wire::responding(move |_, _| Response::ok(&response));
    let (account, _) = wire.open().await;
    let tags = account.tags(&arns).await.unwrap();
    assert_eq!(tags[&arns[0]].value("owner"), Some("team-a"));
    assert_eq!(tags[&arns[0]].value("Owner"), Some(""));
    assert_eq!(tags[&arns[0]].value("OWNER"), None);
    assert_eq!(tags.get(&arns[1]).and_then(|tags| tags.value("owner")), None);
    assert!(!tags.contains_key(&arns[2]));
}

#[tokio::test(start_paused = true)]
async fn an_unexpected_second_page_is_a_failure_and_not_untagged() {
    let response = json!({"PaginationToken": "more", "ResourceTagMappingList": []});
    let wire = Wire::responding(move |_, _| Response::ok(&response));
    let (account, _) = wire.open().await;
    let failure = account.tags(&[stage_arn("a1", "prod")]).await.unwrap_err();
    assert_eq!(
        failure.to_string(),
        format!(
            "GetResources of {} in account 111122223333, Region eu-west-1: unexpected PaginationToken in a response by ARN",
            stage_arn("a1", "prod")
        )
    );
}

#[tokio::test(start_paused = true)]
async fn a_refusal_does_not_mean_untagged() {
    for (arns, resource) in [
        (vec![stage_arn("a1", "prod")], stage_arn("a1", "prod")),
        (vec!["a".into(), "b".into()], "2 resources".into()),
    ] {
        let wire = Wire::responding(|_, _| Response::error(400, "AccessDeniedException", "tag:GetResources"));
        let (account, _) = wire.open().await;
        let failure = account.tags(&arns).await.unwrap_err();
        let expected = format!(
            "GetResources of {resource} in account 111122223333, Region eu-west-1: AccessDeniedException: tag:GetResources"
        );
        assert_eq!(failure.to_string(), expected);
        assert_eq!(wire.sent().len(), 1);
    }
}
