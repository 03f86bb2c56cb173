//! `GetCallerIdentity`, for who has no ARN to tell where it runs.

use stagecert::aws::Connection;
use stagecert::deadline::Deadline;
use stagecert::resources::account_region::AccountRegion;
use stagecert::rule::connect::Connect;

use crate::replay::{Answer, Wire, account_region, noon};
use crate::roles::refused;

fn identity(arn: &str, account: &str) -> Answer {
    Answer::ok(format!(
        r#"<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>
        <Arn>{arn}</Arn><UserId>AIDAEXAMPLE</UserId><Account>{account}</Account></GetCallerIdentityResult>
        <ResponseMetadata><RequestId>r-1</RequestId></ResponseMetadata></GetCallerIdentityResponse>"#
    ))
}

#[tokio::test(start_paused = true)]
async fn home_is_the_account_of_the_credentials_in_the_region_that_was_loaded() {
    for (partition, account) in [("aws", "111122223333"), ("aws-cn", "444455556666")] {
        let wire = Wire::answering(move |_, _| {
            identity(&format!("arn:{partition}:iam::{account}:user/ops"), account)
        });
        let expected = AccountRegion {
            partition: partition.into(),
            account: account.into(),
            region: "eu-west-1".into(),
        };
        assert_eq!(wire.aws().home(None, stagecert::deadline::Deadline::none()).await.unwrap(), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn an_event_of_another_account_than_the_credentials_is_a_disagreement() {
    let wire =
        Wire::answering(|_, _| identity("arn:aws:sts::444455556666:assumed-role/ops/me", "444455556666"));
    let aws = wire.aws();
    let connection = Connection { aws: &aws, home: None, now: noon() };
    let failure = connection.connect(&account_region(), None, Deadline::none()).await.unwrap_err();
    assert_eq!(failure.kind(), "Disagreement");
    assert_eq!(wire.counts().into_iter().collect::<Vec<_>>(), [("GetCallerIdentity".to_owned(), 1)]);
}

#[tokio::test(start_paused = true)]
async fn refused_or_nameless_credentials_are_a_failure() {
    for answer in [refused("InvalidClientTokenId", "The security token is invalid"), identity("", "")] {
        let wire = Wire::answering(move |_, _| answer.clone());
        let failure = wire
            .aws()
            .home(Some(&account_region()), stagecert::deadline::Deadline::none())
            .await
            .unwrap_err();
        let expected = "GetCallerIdentity of the credentials in account 111122223333, Region eu-west-1: ";
        assert!(failure.to_string().starts_with(expected), "{failure}");
    }
}
