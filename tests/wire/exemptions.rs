//! `GetObject` of an exemption document.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use stagecert::Failure;
use stagecert::aws::Aws;
use stagecert::deadline::Deadline;
use stagecert::parameters::exemptions::{ExemptionDocument, S3Location};
use std::sync::Arc;

use crate::replay::{KEY_ID, Response, Wire, account_region, noon};

fn location() -> S3Location {
    S3Location::parse("s3://my-bucket/a/exemptions.json").unwrap()
}

fn document() -> String {
    let entry = json!({"account": "*", "region": "*", "stages": "*/dev"});
    json!({"exemptionsVersion": 1, "exemptions": [entry]}).to_string()
}

async fn read(aws: &Aws, now: Timestamp) -> Result<Arc<ExemptionDocument>, Failure> {
    aws.exemption_document(&location(), &account_region(), now, Deadline::none()).await
}

#[tokio::test(start_paused = true)]
async fn a_document_is_read_in_one_signed_request() {
    let wire = Wire::responding(|_, _| Response::of(206, document()));
    let read = read(&wire.aws(), noon()).await.unwrap();
    assert_eq!(read.entries.len(), 1);
    let [sent] = wire.sent().try_into().unwrap();
    assert_eq!(
        (sent.host.as_str(), sent.path.as_str()),
        ("s3.eu-west-1.amazonaws.com", "/my-bucket/a/exemptions.json")
    );
    assert_eq!((sent.header("range"), sent.body.as_str()), ("bytes=0-8388608", ""));
    // The hash of an empty body: S3 requires the header.
    let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    assert_eq!(sent.header("x-amz-content-sha256"), empty);
    assert!(sent.header("authorization").contains("/eu-west-1/s3/aws4_request"));
    assert!(sent.is_signed_by(KEY_ID, "eu-west-1"), "the function's own credentials");
}

#[tokio::test(start_paused = true)]
async fn a_document_is_read_at_most_once_a_minute_valid_or_not() {
    for (body, is_valid) in [(document(), true), ("{}".to_owned(), false)] {
        let wire = Wire::responding(move |_, _| Response::of(206, &body));
        let aws = wire.aws();
        for (seconds, reads) in [(0, 1), (1, 1), (59, 1), (60, 2), (100, 2), (120, 3)] {
            let found = read(&aws, noon() + SignedDuration::from_secs(seconds)).await;
            assert_eq!((found.is_ok(), wire.sent().len()), (is_valid, reads), "{seconds}");
            if let Err(failure) = found {
                let expected =
                    "s3://my-bucket/a/exemptions.json: exemption document: missing field `exemptionsVersion`";
                assert!(failure.to_string().starts_with(expected), "{failure}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_bucket_in_another_region_is_read_there() {
    for status in [301, 307, 400] {
        let wire = Wire::responding(move |sent, _| {
            if sent.host.contains("eu-west-1") {
                return Response::of(status, "<Error><Code>PermanentRedirect</Code></Error>")
                    .with_header("x-amz-bucket-region", "us-east-2");
            }
            Response::of(206, document())
        });
        assert_eq!(read(&wire.aws(), noon()).await.unwrap().entries.len(), 1);
        let hosts: Vec<String> = wire.sent().iter().map(|sent| sent.host.clone()).collect();
        assert_eq!(hosts, ["s3.eu-west-1.amazonaws.com", "s3.us-east-2.amazonaws.com"]);
        assert!(wire.sent()[1].is_signed_by(KEY_ID, "us-east-2"));
    }
    // Neither an endless chase nor a host from a header that is no Region.
    for region in ["us-east-2", "evil.example/x"] {
        let wire = Wire::responding(move |_, _| {
            Response::of(301, "<Error><Code>PermanentRedirect</Code></Error>")
                .with_header("x-amz-bucket-region", region)
        });
        read(&wire.aws(), noon()).await.unwrap_err();
        assert!(wire.sent().len() <= 2 && wire.sent().iter().all(|sent| sent.host.starts_with("s3.")));
    }
}

#[tokio::test(start_paused = true)]
async fn a_document_that_can_not_be_read_is_a_failure_that_names_it() {
    let denied =
        "<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>";
    let wire = Wire::responding(move |_, _| Response::of(403, denied));
    let failure = read(&wire.aws(), noon()).await.unwrap_err();
    assert_eq!(failure.code(), Some("AccessDenied"));
    let text = failure.to_string();
    let named = "GetObject of s3://my-bucket/a/exemptions.json in account 111122223333, Region eu-west-1";
    assert!(text.starts_with(named), "{text}");

    let too_large = " ".repeat((8 << 20) + 1);
    let wire = Wire::responding(move |_, _| Response::of(206, &too_large));
    let failure = read(&wire.aws(), noon()).await.unwrap_err();
    assert_eq!(failure.to_string(), "s3://my-bucket/a/exemptions.json: too large; allowed: up to 8 MB");
}
