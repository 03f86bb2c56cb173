//! `GetResources` of the Resource Groups Tagging API.

use serde_json::json;
use stagecert::account::Account;

use crate::bodies::{owned, stage_arn};
use crate::replay::{Answer, Wire};

#[tokio::test(start_paused = true)]
async fn a_hundred_arns_go_in_one_call() {
    let arns: Vec<String> = (0..100).map(|n| stage_arn("a1", &format!("s{n}"))).collect();
    let wire = Wire::answering(|sent, _| Answer::ok(owned(&sent.json()["ResourceARNList"], "team-a")));
    let (account, _) = wire.open().await;
    let tags = account.tags(&arns).await.unwrap();
    assert_eq!(tags.len(), 100);
    assert!(arns.iter().all(|arn| tags[arn].value("owner") == Some("team-a")));

    let [sent] = wire.sent().try_into().unwrap();
    assert_eq!(sent.header("x-amz-target"), "ResourceGroupsTaggingAPI_20170126.GetResources");
    // Exclusive with every other field of the request.
    assert_eq!(sent.json(), json!({"ResourceARNList": arns}));
}

#[tokio::test(start_paused = true)]
async fn one_that_is_absent_or_has_no_tags_is_untagged() {
    let arns = [stage_arn("a1", "tagged"), stage_arn("a1", "once"), stage_arn("a1", "never")];
    let answer = json!({"PaginationToken": "", "ResourceTagMappingList": [
        {"ResourceARN": arns[0], "Tags": [{"Key": "owner", "Value": "team-a"}, {"Key": "Owner", "Value": ""}]},
        {"ResourceARN": arns[1], "Tags": []},
    ]});
    let wire = Wire::answering(move |_, _| Answer::ok(&answer));
    let (account, _) = wire.open().await;
    let tags = account.tags(&arns).await.unwrap();
    assert_eq!(tags[&arns[0]].value("owner"), Some("team-a"));
    assert_eq!(tags[&arns[0]].value("Owner"), Some(""));
    assert_eq!(tags[&arns[0]].value("OWNER"), None);
    assert_eq!(tags.get(&arns[1]).and_then(|tags| tags.value("owner")), None);
    assert!(!tags.contains_key(&arns[2]));
}

#[tokio::test(start_paused = true)]
async fn a_page_after_the_only_one_is_a_failure_and_not_untagged() {
    let answer = json!({"PaginationToken": "more", "ResourceTagMappingList": []});
    let wire = Wire::answering(move |_, _| Answer::ok(&answer));
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
async fn a_refusal_is_not_untagged() {
    for (arns, resource) in [
        (vec![stage_arn("a1", "prod")], stage_arn("a1", "prod")),
        (vec!["a".into(), "b".into()], "2 resources".into()),
    ] {
        let wire = Wire::answering(|_, _| Answer::error(400, "AccessDeniedException", "tag:GetResources"));
        let (account, _) = wire.open().await;
        let failure = account.tags(&arns).await.unwrap_err();
        let expected = format!(
            "GetResources of {resource} in account 111122223333, Region eu-west-1: AccessDeniedException: tag:GetResources"
        );
        assert_eq!(failure.to_string(), expected);
        assert_eq!(wire.sent().len(), 1);
    }
}
