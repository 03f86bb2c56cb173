//! The truststores of domain names in S3, and the certificates of domains in ACM.

use std::time::Duration;

use aws_smithy_http_client::test_util::NeverClient;
use serde_json::json;
use stagecert::Failure;
use stagecert::account::front_door::{FrontDoor, StoredTruststore};
use stagecert::deadline::Deadline;
use stagecert::resources::private_network::Unreadable;

use crate::acm_certificates::detail;
use crate::replay::{KEY_ID, Response, Wire, aws_over, noon, open};

const URI: &str = "s3://my-bucket/certs/truststore.pem";

async fn read(
    response: Response,
    version: Option<&str>,
) -> (Wire, Result<Result<StoredTruststore, Unreadable>, Failure>) {
    let wire = Wire::responding(move |_, _| response.clone());
    let (account, _) = wire.open().await;
    let read = account.truststore(URI, version).await;
    (wire, read)
}

fn refusal(status: u16, code: &str, message: &str) -> Response {
    let body =
        format!("<?xml version=\"1.0\"?>\n<Error><Code>{code}</Code><Message>{message}</Message></Error>");
    Response::of(status, body)
}

#[tokio::test(start_paused = true)]
async fn the_pinned_version_is_read_in_one_signed_request() {
    let certificates = include_str!("../certificates/leap-day.pem");
    let response = Response::of(206, certificates).with_header("x-amz-version-id", "v.1/+ =");
    let (wire, read) = read(response, Some("v.1/+ =")).await;
    assert_eq!(read.unwrap().unwrap().version.as_deref(), Some("v.1/+ ="));
    let [sent] = wire.sent().try_into().unwrap();
    assert_eq!(sent.host, "s3.eu-west-1.amazonaws.com");
    assert_eq!(
        (sent.path.as_str(), sent.query.as_str()),
        ("/my-bucket/certs/truststore.pem", "versionId=v.1%2F%2B%20%3D")
    );
    assert_eq!(sent.header("range"), "bytes=0-1048576");
    assert!(sent.header("authorization").contains("/eu-west-1/s3/aws4_request"));
    assert!(sent.is_signed_by(KEY_ID, "eu-west-1"));
}

#[tokio::test(start_paused = true)]
async fn without_a_pinned_version_the_newest_is_read_and_named() {
    for (pinned, header, expected) in [
        (None, Some("v2"), Some("v2")),
        (Some(""), Some("v2"), Some("v2")),
        (None, Some("null"), None),
        (None, None, None),
        (Some("v1"), None, Some("v1")),
    ] {
        let mut response = Response::of(206, "");
        if let Some(version) = header {
            response = response.with_header("x-amz-version-id", version);
        }
        let (wire, read) = read(response, pinned).await;
        assert_eq!(read.unwrap().unwrap().version.as_deref(), expected, "{pinned:?} {header:?}");
        let query = pinned.filter(|pinned| !pinned.is_empty()).map(|pinned| format!("versionId={pinned}"));
        assert_eq!(wire.sent()[0].query, query.unwrap_or_default());
    }
}

#[tokio::test(start_paused = true)]
async fn the_newest_version_costs_one_byte() {
    for (header, expected) in [(Some("v2"), Some("v2")), (Some("null"), None), (None, None)] {
        let mut response = Response::of(206, "-");
        if let Some(version) = header {
            response = response.with_header("x-amz-version-id", version);
        }
        let wire = Wire::responding(move |_, _| response.clone());
        let (account, _) = wire.open().await;
        assert_eq!(account.newest_version(URI).await.unwrap().unwrap().as_deref(), expected);
        let [sent] = wire.sent().try_into().unwrap();
        assert_eq!((sent.header("range"), sent.query.as_str()), ("bytes=0-0", ""));
    }
    let wire = Wire::responding(|_, _| refusal(403, "AccessDenied", "Access Denied"));
    let (account, _) = wire.open().await;
    let why = account.newest_version(URI).await.unwrap().unwrap_err().why;
    assert_eq!(why, "s3:GetObject is denied, or the object does not exist");
}

#[tokio::test(start_paused = true)]
async fn what_s3_refuses_is_unreadable_and_names_what_is_missing() {
    let denied_key = "User: arn:aws:sts::111122223333:assumed-role/r/s is not authorized to perform: kms:Decrypt on \
                      the resource associated with this ciphertext";
    for (response, version, why) in [
        (
            refusal(403, "AccessDenied", "Access Denied"),
            Some("v1"),
            "s3:GetObjectVersion is denied, or the object does not exist",
        ),
        (
            refusal(403, "AccessDenied", "Access Denied"),
            None,
            "s3:GetObject is denied, or the object does not exist",
        ),
        (Response::of(403, ""), None, "s3:GetObject is denied, or the object does not exist"),
        (refusal(403, "AccessDenied", denied_key), Some("v1"), "kms:Decrypt is denied"),
        (
            refusal(400, "KMS.DisabledException", "the key is disabled"),
            None,
            "its KMS key can't be used (kms:Decrypt)",
        ),
        (refusal(404, "NoSuchKey", "no"), None, "the object does not exist"),
        (refusal(404, "NoSuchBucket", "no"), None, "the bucket does not exist"),
        (refusal(404, "NoSuchVersion", "no"), Some("v1"), "the object has no such version"),
        (
            refusal(400, "InvalidArgument", "Invalid version id specified"),
            Some("v1"),
            "the object has no such version",
        ),
        (refusal(405, "MethodNotAllowed", "no"), Some("v1"), "the object is deleted"),
        (refusal(403, "InvalidObjectState", "no"), None, "the object is archived"),
        (refusal(416, "InvalidRange", "no"), None, "the object is empty"),
        (Response::of(206, " ".repeat((1 << 20) + 1)), None, "it is larger than 1 MB"),
    ] {
        let (_, read) = read(response, version).await;
        assert_eq!(read.unwrap().unwrap_err().why, why);
    }
    let (_, read) = read(Response::of(206, " ".repeat(1 << 20)), None).await;
    assert!(read.unwrap().is_ok(), "exactly 1 MB");
}

#[tokio::test(start_paused = true)]
async fn a_call_that_fails_is_a_failure_and_not_unreadable() {
    for response in [
        refusal(503, "SlowDown", "Reduce your request rate"),
        refusal(500, "InternalError", "We encountered an internal error"),
        Response::of(502, "<html>"),
        refusal(403, "SignatureDoesNotMatch", "no"),
        refusal(400, "ExpiredToken", "The provided token has expired"),
        refusal(403, "InvalidAccessKeyId", "no"),
        refusal(403, "RequestTimeTooSkewed", "no"),
    ] {
        let text = format!("{response:?}");
        let (_, read) = read(response, Some("v1")).await;
        let failure = read.unwrap_err().to_string();
        let named = format!("GetObject of {URI} in account 111122223333, Region eu-west-1: ");
        assert!(failure.starts_with(&named), "{text}: {failure}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_uri_that_is_no_object_is_unreadable_without_a_call() {
    let wire = Wire::responding(|_, _| panic!("no call"));
    let (account, _) = wire.open().await;
    for uri in
        ["", "s3://bucket", "s3://bucket/", "https://evil.example/x", "s3://../x", "s3://b@evil.example/x"]
    {
        let why = account.truststore(uri, None).await.unwrap().unwrap_err().why;
        assert_eq!(why, "it is not in the form s3://BUCKET/KEY", "{uri}");
        account.newest_version(uri).await.unwrap().unwrap_err();
    }
}

#[tokio::test(start_paused = true)]
async fn a_bucket_in_another_region_is_read_there() {
    let wire = Wire::responding(|sent, _| {
        if sent.host.contains("eu-west-1") {
            return refusal(301, "PermanentRedirect", "no").with_header("x-amz-bucket-region", "us-east-2");
        }
        Response::of(206, "").with_header("x-amz-version-id", "v1")
    });
    let (account, _) = wire.open().await;
    assert_eq!(account.truststore(URI, None).await.unwrap().unwrap().version.as_deref(), Some("v1"));
    let hosts: Vec<String> = wire.sent().iter().map(|sent| sent.host.clone()).collect();
    assert_eq!(hosts, ["s3.eu-west-1.amazonaws.com", "s3.us-east-2.amazonaws.com"]);
    assert!(wire.sent()[1].is_signed_by(KEY_ID, "us-east-2"));

    // Neither an endless chase nor a host from a header that is no Region.
    for region in ["us-east-2", "evil.example/x"] {
        let wire = Wire::responding(move |_, _| {
            refusal(301, "PermanentRedirect", "no").with_header("x-amz-bucket-region", region)
        });
        let (account, _) = wire.open().await;
        account.truststore(URI, None).await.unwrap_err();
        assert!(wire.sent().len() <= 2 && wire.sent().iter().all(|sent| sent.host.starts_with("s3.")));
    }
}

#[tokio::test(start_paused = true)]
async fn a_key_is_encoded_once_for_the_request_and_its_signature() {
    let wire = Wire::responding(|_, _| Response::of(206, ""));
    let (account, _) = wire.open().await;
    account.truststore("s3://my-bucket/a b/ü//%41+.pem", None).await.unwrap().unwrap();
    assert_eq!(wire.sent()[0].path, "/my-bucket/a%20b/%C3%BC//%2541%2B.pem");
}

#[tokio::test(start_paused = true)]
async fn a_call_without_a_response_ends_before_the_deadline() {
    let aws = aws_over(NeverClient::new());
    let (account, _) = open(&aws, noon(), Deadline::after(Duration::from_mins(1))).await;
    let failure = account.truststore(URI, None).await.unwrap_err();
    assert_eq!(failure.kind(), "OutOfTime");
    assert!(failure.to_string().contains(URI), "{failure}");
}

#[tokio::test(start_paused = true)]
async fn a_certificate_is_read_in_its_region_and_only_in_its_own_account() {
    for region in ["eu-west-1", "us-east-1"] {
        let wire = Wire::responding(|_, _| detail(&json!({})));
        let (account, _) = wire.open().await;
        let arn = format!("arn:aws:acm:{region}:111122223333:certificate/1");
        let found = account.server_certificate(&arn).await.unwrap().unwrap();
        assert_eq!(found.id.as_str(), arn);
        let [sent] = wire.sent().try_into().unwrap();
        assert_eq!(sent.host, format!("acm.{region}.amazonaws.com"));
        assert!(sent.is_signed_by(KEY_ID, region));
        assert_eq!(sent.json(), json!({"CertificateArn": arn}));
    }
    let wire = Wire::responding(|_, _| Response::error(400, "ResourceNotFoundException", "no"));
    let (account, _) = wire.open().await;
    let arn = "arn:aws:acm:eu-west-1:111122223333:certificate/1";
    assert_eq!(account.server_certificate(arn).await.unwrap(), None);
    // ACM would answer that these do not exist.
    let wire = Wire::responding(|_, _| panic!("no call"));
    let (account, _) = wire.open().await;
    for arn in [
        "arn:aws:acm:eu-west-1:444455556666:certificate/1",
        "arn:aws-cn:acm:eu-west-1:111122223333:certificate/1",
        "arn:aws:acm:evil.example/:111122223333:certificate/1",
        "arn:aws:iam::111122223333:server-certificate/a",
        "",
    ] {
        let failure = account.server_certificate(arn).await.unwrap_err().to_string();
        assert!(failure.starts_with("DescribeCertificate of "), "{failure}");
    }
}
