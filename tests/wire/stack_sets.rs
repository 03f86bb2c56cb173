//! StackSets and Lambda's quotas: the query protocol and a `GET` without an SDK crate.

use stagecert::aws::{Aws, RateLimits};
use stagecert::scan::coverage::deployment::CallAs;
use stagecert::scan::coverage::retry::Retry;

use crate::replay::{KEY_ID, Response, Wire, account_region};
use crate::roles::refused;

fn instances(account: &str, reason: &str, token: &str) -> Response {
    Response::ok(format!(
        r#"<ListStackInstancesResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><ListStackInstancesResult>
        <Summaries><member><StackSetId>stagecert:1</StackSetId><Region>eu-west-1</Region><Account>{account}</Account>
        <Status>OUTDATED</Status><StatusReason>{reason}</StatusReason><StackInstanceStatus><DetailedStatus>FAILED</DetailedStatus>
        </StackInstanceStatus><OrganizationalUnitId>ou-ab12-x</OrganizationalUnitId><LastOperationId>1</LastOperationId></member></Summaries>
        {token}</ListStackInstancesResult><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></ListStackInstancesResponse>"#
    ))
}

async fn listed(wire: &Wire) -> (Vec<String>, Result<(), stagecert::Failure>) {
    let aws = wire.aws();
    let home = account_region();
    let own = aws.assume_account(&home, &home.account, None).await.unwrap();
    let mut found = Vec::new();
    let sets = own.stack_sets("eu-west-1", Some(CallAs::DelegatedAdmin));
    let result = sets
        .instances("stagecert", |page| {
            found.extend(
                page.into_iter()
                    .map(|one| format!("{} {}", one.account, one.status_reason.unwrap_or_default())),
            );
        })
        .await;
    (found, result)
}

#[tokio::test(start_paused = true)]
async fn pages_of_stack_instances_are_requested_as_a_delegated_administrator() {
    let wire = Wire::responding(|_, before| match before {
        0 => refused("Throttling", "Rate exceeded"),
        1 => instances("111122223333", "a &lt;b&gt;\n&#x1b;[2J\u{202e}", "<NextToken>p/2=</NextToken>"),
        _ => instances("444455556666", &"x".repeat(5000), ""),
    });
    let (found, result) = listed(&wire).await;
    result.unwrap();
    assert_eq!(found[0], "111122223333 a <b>??[2J?");
    assert_eq!((found[1].len(), found.len()), (13 + 1003, 2));
    let sent = wire.sent();
    let first = "Action=ListStackInstances&Version=2010-05-15&StackSetName=stagecert&MaxResults=100&CallAs=DELEGATED_ADMIN";
    assert_eq!(sent[0].body, first);
    assert_eq!(sent[2].body, format!("{first}&NextToken=p%2F2%3D"));
    assert_eq!(sent[0].header("content-type"), "application/x-www-form-urlencoded");
    assert!(sent.iter().all(|sent| sent.is_signed_by(KEY_ID, "eu-west-1")));
}

#[tokio::test(start_paused = true)]
async fn a_repeated_token_is_an_error_and_earlier_pages_are_kept() {
    let wire = Wire::responding(|_, _| instances("111122223333", "r", "<NextToken>again</NextToken>"));
    let (found, result) = listed(&wire).await;
    assert!(result.unwrap_err().to_string().contains("the same page token twice"));
    assert_eq!((found.len(), wire.sent().len()), (1, 2));
}

#[tokio::test(start_paused = true)]
async fn a_response_that_is_not_the_expected_xml_is_an_error_without_its_text() {
    for body in ["", "secret", "{\"a\": 1}", "<a><b></a>", "<ListStackInstancesResponse/>", "<x>secret</x>"] {
        let wire = Wire::responding(move |_, _| Response::ok(body));
        let message = listed(&wire).await.1.unwrap_err().to_string();
        assert!(
            message.contains("invalid response to ListStackInstances: not the expected XML"),
            "{message}"
        );
        assert!(!message.contains("secret"), "{message}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_retried_request_does_not_start_a_second_operation() {
    let wire = Wire::responding(|_, before| match before {
        0 => Response::of(500, ""),
        _ => refused("OperationIdAlreadyExistsException", "The operation exists"),
    });
    let aws = wire.aws();
    let home = account_region();
    let own = aws.assume_account(&home, &home.account, None).await.unwrap();
    let retry = Retry {
        stack_set: "stagecert".into(),
        creates: false,
        organizational_units: vec![],
        accounts: vec!["111122223333".into()],
        regions: vec!["eu-west-1".into()],
    };
    let id = own.stack_sets("eu-west-1", None).retry(&retry, "stagecert-1").await.unwrap();
    assert_eq!(id, "stagecert-1");
    let sent = wire.sent();
    assert_eq!((sent.len(), &sent[0].body), (2, &sent[1].body));
    assert!(
        sent[0]
            .body
            .contains("&OperationId=stagecert-1&Regions.member.1=eu-west-1&Accounts.member.1=111122223333&")
    );
}

/// Region, FIPS, dual stack, CloudFormation's host, Lambda's host, according to botocore's rule
/// sets (1.44.5): `client.meta.endpoint_url` in boto3.
const HOSTS: [(&str, bool, bool, &str, &str); 7] = [
    ("eu-west-1", false, false, "cloudformation.eu-west-1.amazonaws.com", "lambda.eu-west-1.amazonaws.com"),
    (
        "eu-west-1",
        true,
        false,
        "cloudformation-fips.eu-west-1.amazonaws.com",
        "lambda-fips.eu-west-1.amazonaws.com",
    ),
    ("eu-west-1", false, true, "cloudformation.eu-west-1.api.aws", "lambda.eu-west-1.api.aws"),
    (
        "cn-north-1",
        false,
        false,
        "cloudformation.cn-north-1.amazonaws.com.cn",
        "lambda.cn-north-1.amazonaws.com.cn",
    ),
    (
        "us-gov-west-1",
        true,
        false,
        "cloudformation.us-gov-west-1.amazonaws.com",
        "lambda-fips.us-gov-west-1.amazonaws.com",
    ),
    (
        "us-gov-east-1",
        false,
        false,
        "cloudformation.us-gov-east-1.amazonaws.com",
        "lambda.us-gov-east-1.amazonaws.com",
    ),
    (
        "eusc-de-east-1",
        false,
        false,
        "cloudformation.eusc-de-east-1.amazonaws.eu",
        "lambda.eusc-de-east-1.amazonaws.eu",
    ),
];

#[tokio::test(start_paused = true)]
async fn hosts_are_correct_in_every_partition() {
    for (region, fips, dual_stack, cloud_formation, lambda) in HOSTS {
        let wire = Wire::responding(|sent, _| match sent.operation.as_str() {
            "GetAccountSettings" => Response::ok(
                r#"{"AccountLimit":{"ConcurrentExecutions":10,"UnreservedConcurrentExecutions":9}}"#,
            ),
            _ => instances("111122223333", "r", ""),
        });
        let config = wire.config().to_builder().region(aws_config::Region::new(region));
        let aws = Aws::new(config.use_fips(fips).use_dual_stack(dual_stack).build(), RateLimits::default());
        let home = account_region();
        let own = aws.assume_account(&home, &home.account, None).await.unwrap();
        own.stack_sets(region, None).instances("stagecert", |_| {}).await.unwrap();
        assert_eq!(own.unreserved_concurrency(region).await.unwrap(), 9);
        let sent = wire.sent();
        assert_eq!([sent[0].host.as_str(), sent[1].host.as_str()], [cloud_formation, lambda], "{region}");
        assert_eq!(sent[1].path, "/2016-08-19/account-settings");
        assert!(sent.iter().all(|sent| sent.is_signed_by(KEY_ID, region)));
        assert!(!sent[0].body.contains("CallAs"), "{}", sent[0].body);
    }
}
