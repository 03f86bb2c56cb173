//! An AWS that doesn't respond, or only refuses: the invocation ends in time and says why.

use std::collections::BTreeSet;
use std::time::Duration;

use aws_smithy_http_client::test_util::NeverClient;
use stagecert::Failure;
use stagecert::account::Account;
use stagecert::account::listing::Freshness;
use stagecert::aws::{Connection, LiveAccount, LiveResults};
use stagecert::deadline::Deadline;
use stagecert::parameters::{Inventory, Parameters};
use stagecert::resources::account_region::AccountRegion;
use stagecert::resources::certificate_id::CertificateId;
use stagecert::resources::stage_arn::StageArn;
use stagecert::rule::connect::Connect;
use stagecert::rule::put::{PutRequest, Results};
use tokio::time::{Instant, timeout};

use crate::bodies::{rows, stage_arn};
use crate::events::token;
use crate::replay::{Response, Wire, account_region, aws_over, noon, open};
use crate::roles::{assumed, refused};

const ACM: &str = "arn:aws:acm:eu-west-1:111122223333:certificate/12345678-90ab-cdef-1234-567890abcdef";

/// Every read operation.
const READS: [&str; 7] = [
    "DescribeCertificate",
    "GetClientCertificates",
    "GetComplianceDetailsByConfigRule",
    "GetExport",
    "GetResources",
    "GetRestApis",
    "SelectResourceConfig",
];

async fn read(account: &LiveAccount, operation: &str) -> Failure {
    let certificate = |id: &str| CertificateId::new(id.into());
    let stage = stage_arn("a1", "prod");
    let failed = match operation {
        "DescribeCertificate" => account.acm_certificate(&certificate(ACM)).await.err(),
        "GetClientCertificates" => account
            .client_certificates(&BTreeSet::from([certificate("cert01")]), Freshness::Fresh)
            .await
            .err(),
        "GetComplianceDetailsByConfigRule" => account.earlier_results("stagecert").await.err(),
        "GetExport" => account.exported(&StageArn::parse(&stage).unwrap()).await.err(),
        "GetResources" => account.tags(&[stage]).await.err(),
        "GetRestApis" => account.stages(Inventory::ApiGateway).await.err(),
        _ => account.stages_with(&certificate("cert01")).await.err(),
    };
    failed.unwrap_or_else(|| panic!("{operation} was answered"))
}

async fn put(results: &LiveResults) -> Failure {
    let result_token = token("token");
    results.put_evaluations(PutRequest { evaluations: &[], result_token: &result_token }).await.unwrap_err()
}

#[tokio::test(start_paused = true)]
async fn a_call_without_a_response_times_out_before_the_deadline() {
    for (given, reads, puts) in [(60, 50_000, 59_000), (900, 890_000, 899_000), (4, 3_000, 3_800)] {
        for operation in READS {
            // A separate network for each, so that rate limits shared between operations don't
            // interfere.
            let aws = aws_over(NeverClient::new());
            let started = Instant::now();
            let (account, _) = open(&aws, noon(), Deadline::after(Duration::from_secs(given))).await;
            let failure = read(&account, operation).await;
            // With `inventory=apigateway`, Config is read concurrently and may be the one that is
            // named.
            let named =
                [operation, "SelectResourceConfig"].iter().any(|name| failure.to_string().starts_with(name));
            assert!(named, "{failure}");
            assert_eq!(failure.kind(), "OutOfTime");
            assert_eq!(started.elapsed().as_millis(), reads, "{operation}");
        }
        let aws = aws_over(NeverClient::new());
        let started = Instant::now();
        let (_, results) = open(&aws, noon(), Deadline::after(Duration::from_secs(given))).await;
        let failure = put(&results).await;
        assert!(
            failure
                .to_string()
                .starts_with("PutEvaluations in account 111122223333, Region eu-west-1: out of time")
        );
        assert_eq!(started.elapsed().as_millis(), puts);
    }
}

#[tokio::test(start_paused = true)]
async fn assuming_a_role_without_a_response_times_out_before_the_deadline() {
    let aws = aws_over(NeverClient::new());
    let started = Instant::now();
    let there = AccountRegion { account: "444455556666".into(), ..account_region() };
    let deadline = Deadline::after(Duration::from_mins(1));
    let failure = aws.open(&account_region(), &there, Some("reader"), noon(), deadline).await.unwrap_err();
    assert!(failure.to_string().starts_with("AssumeRole in account 444455556666"), "{failure}");
    assert_eq!(started.elapsed(), Duration::from_secs(50));
}

#[tokio::test(start_paused = true)]
async fn get_caller_identity_times_out_before_the_deadline() {
    let aws = aws_over(NeverClient::new());
    let connection = Connection { aws: &aws, home: None, now: noon() };
    let account_region = account_region();
    let parameters = Parameters::default();
    let opened = connection.connect(&account_region, &parameters, Deadline::after(Duration::from_mins(1)));
    let opened = timeout(Duration::from_mins(1), opened).await.expect("a failure before the deadline");
    assert!(opened.unwrap_err().to_string().starts_with("GetCallerIdentity in account"));
}

#[tokio::test(start_paused = true)]
async fn permanent_throttling_fails_after_six_attempts() {
    let wire = Wire::responding(|sent, _| match sent.host.split('.').next() {
        Some("apigateway") => Response::rest_error(429, "TooManyRequestsException", "Too Many Requests"),
        _ => Response::error(400, "ThrottlingException", "Rate exceeded"),
    });
    let there = AccountRegion { region: "ap-south-1".into(), ..account_region() };
    let (account, results) = wire.aws().open(&there, &there, None, noon(), Deadline::none()).await.unwrap();
    for operation in READS.into_iter().filter(|operation| *operation != "GetRestApis") {
        let before = wire.sent().len();
        let failure = read(&account, operation).await;
        let message = failure.to_string();
        assert!(message.starts_with(&format!("{operation} of ")), "{message}");
        assert!(message.contains("in account 111122223333, Region ap-south-1: T"), "{message}");
        assert_eq!(wire.sent().len() - before, 6, "{operation}");
    }
    let failure = put(&results).await;
    assert_eq!(failure.code(), Some("ThrottlingException"));
    assert_eq!(wire.counts()["PutEvaluations"], 6);
}

#[tokio::test(start_paused = true)]
async fn throttling_beyond_the_deadline_is_a_timeout() {
    let wire = Wire::responding(|_, _| {
        Response::error(400, "ThrottlingException", "Rate exceeded").with_header("x-amz-retry-after", "8000")
    });
    let there = AccountRegion { region: "ap-south-2".into(), ..account_region() };
    let started = Instant::now();
    let deadline = Deadline::after(Duration::from_secs(20));
    let (account, results) = wire.aws().open(&there, &there, None, noon(), deadline).await.unwrap();
    let failure = read(&account, "SelectResourceConfig").await;
    assert_eq!((failure.kind(), started.elapsed()), ("OutOfTime", Duration::from_secs(15)), "{failure}");
    let failure = put(&results).await;
    assert_eq!((failure.kind(), started.elapsed()), ("OutOfTime", Duration::from_secs(19)), "{failure}");
}

#[tokio::test(start_paused = true)]
async fn permanent_throttling_of_assume_role_fails() {
    let wire = Wire::responding(|_, _| refused("Throttling", "Rate exceeded"));
    let aws = wire.aws();
    let home = AccountRegion { region: "ap-south-1".into(), ..account_region() };
    let there = AccountRegion { account: "444455556666".into(), ..home.clone() };
    let failure = aws.open(&home, &there, Some("reader"), noon(), Deadline::none()).await.unwrap_err();
    assert!(
        failure.to_string().starts_with("AssumeRole of arn:aws:iam::444455556666:role/reader"),
        "{failure}"
    );
    assert_eq!(wire.sent().len(), 6);
}

#[tokio::test(start_paused = true)]
async fn throttling_in_one_account_does_not_use_up_retries_of_others() {
    let wire = Wire::responding(|sent, before| match sent.operation.as_str() {
        "AssumeRole" => assumed(sent, "2026-11-21T13:00:00Z"),
        _ if sent.is_signed_by("ASIA444455556666", "ap-south-2") || before % 2 == 0 => {
            Response::error(400, "ThrottlingException", "Rate exceeded")
        }
        _ => Response::ok(rows(&[], None)),
    });
    let aws = wire.aws();
    let home = AccountRegion { region: "ap-south-2".into(), ..account_region() };
    let open = async |account: &str| {
        let there = AccountRegion { account: account.into(), ..home.clone() };
        aws.open(&home, &there, Some("reader"), noon(), Deadline::none()).await.unwrap().0
    };
    let throttled = open("444455556666").await;
    for _ in 0..40 {
        read(&throttled, "SelectResourceConfig").await;
    }
    open("777788889999").await.stages(Inventory::Config).await.unwrap();
}
