//! `GetCallerIdentity`, for runs that have no ARN to take the account from.

use stagecert::aws::Connection;
use stagecert::deadline::Deadline;
use stagecert::parameters::Parameters;
use stagecert::resources::account_region::AccountRegion;
use stagecert::rule::connect::Connect;

use crate::replay::{Response, Wire, account_region, noon};
use crate::roles::refused;

fn identity(arn: &str, account: &str) -> Response {
    Response::ok(format!(
        r#"<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>
        <Arn>{arn}</Arn><UserId>AIDAEXAMPLE</UserId><Account>{account}</Account></GetCallerIdentityResult>
        <ResponseMetadata><RequestId>r-1</RequestId></ResponseMetadata></GetCallerIdentityResponse>"#
    ))
}

#[tokio::test(start_paused = true)]
async fn home_is_the_credentials_account_in_the_configured_region() {
    for (partition, account) in
        [("aws", "111122223333"), ("aws-cn", "444455556666"), ("aws-eusc", "777788889999")]
    {
        let wire = Wire::responding(move |_, _| {
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
async fn an_event_from_another_account_is_a_disagreement() {
    let wire =
        Wire::responding(|_, _| identity("arn:aws:sts::444455556666:assumed-role/ops/me", "444455556666"));
    let aws = wire.aws();
    let connection = Connection { aws: &aws, home: None, now: noon() };
    let failure =
        connection.connect(&account_region(), &Parameters::default(), Deadline::none()).await.unwrap_err();
    assert_eq!(failure.kind(), "Disagreement");
    assert_eq!(wire.counts().into_iter().collect::<Vec<_>>(), [("GetCallerIdentity".to_owned(), 1)]);
}

#[tokio::test(start_paused = true)]
async fn refused_or_anonymous_credentials_are_a_failure() {
    for response in [refused("InvalidClientTokenId", "The security token is invalid"), identity("", "")] {
        let wire = Wire::responding(move |_, _| response.clone());
        let failure = wire
            .aws()
            .home(Some(&account_region()), stagecert::deadline::Deadline::none())
            .await
            .unwrap_err();
        let expected = "GetCallerIdentity of the credentials in account 111122223333, Region eu-west-1: ";
        assert!(failure.to_string().starts_with(expected), "{failure}");
    }
}
