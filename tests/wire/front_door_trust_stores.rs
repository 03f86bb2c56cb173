//! The content of trust stores, which AWS returns through presigned URLs. Such a URL is a secret.

use std::error::Error;
use std::time::Duration;

use aws_smithy_http_client::test_util::NeverClient;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use stagecert::Failure;
use stagecert::account::front_door::FrontDoor;
use stagecert::aws::{Aws, LiveAccount, RateLimits};
use stagecert::deadline::Deadline;
use tokio::time::Instant;

use crate::front_door_network::elb;
use crate::replay::{Response, Sent, Wire, aws_over, config_over, noon, open};

const TRUST_STORE: &str = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:truststore/t/73e2d6bc24d8a063";
const URL: &str = "https://eu-west-1-trust-store.s3.eu-west-1.amazonaws.com/t%2Fbundle.pem?X-Amz-Security-Token=SecretToken\
                   &X-Amz-Expires=600&X-Amz-Signature=SecretSignature";

fn located(operation: &str, url: &str) -> Response {
    elb(operation, &format!("<Location>{}</Location>", url.replace('&', "&amp;")))
}

/// An account whose trust store has a bundle at `url`, which `object` answers.
fn with_bundle(url: &str, object: impl Fn(&Sent) -> Response + Send + Sync + 'static) -> Wire {
    let url = url.to_owned();
    Wire::responding(move |sent, _| match sent.operation.as_str() {
        "GetTrustStoreCaCertificatesBundle" => located(&sent.operation, &url),
        _ => object(sent),
    })
}

async fn account(wire: &Wire) -> LiveAccount {
    wire.open().await.0
}

fn assert_no_secret(failure: &Failure) {
    let mut texts = vec![format!("{failure:?}"), format!("{failure:#?}")];
    let mut cause: Option<&dyn Error> = Some(failure);
    while let Some(error) = cause {
        texts.extend([error.to_string(), format!("{error:?}")]);
        cause = error.source();
    }
    for secret in ["Secret", "X-Amz", "bundle.pem"] {
        assert!(texts.iter().all(|text| !text.contains(secret)), "{secret} in {texts:#?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_bundle_is_downloaded_without_a_signature() {
    let wire = with_bundle(URL, |_| Response::ok(include_str!("../certificates/leap-day.pem")));
    let content = account(&wire).await.trust_store(TRUST_STORE).await.unwrap().unwrap();
    assert_eq!(content.certificates.len(), 1);
    let [asked, sent] = wire.sent().try_into().unwrap();
    let arn = TRUST_STORE.replace(':', "%3A").replace('/', "%2F");
    assert_eq!(
        asked.body,
        format!("Action=GetTrustStoreCaCertificatesBundle&Version=2015-12-01&TrustStoreArn={arn}")
    );
    // Byte by byte as in the URL, whose signature covers it.
    assert_eq!(format!("https://{}{}?{}", sent.host, sent.path, sent.query), URL);
    // S3 refuses headers of AWS that are not in the signature.
    for header in
        ["authorization", "x-amz-date", "x-amz-security-token", "x-amz-user-agent", "x-amz-content-sha256"]
    {
        assert_eq!(sent.header(header), "", "{header}");
    }
    assert_eq!(sent.body, "");
}

#[tokio::test(start_paused = true)]
async fn only_urls_of_s3_are_followed() {
    for url in [
        "http://b.s3.eu-west-1.amazonaws.com/bundle.pem?X-Amz-Signature=Secret",
        "https://evil.example/bundle.pem?X-Amz-Signature=Secret",
        "https://169.254.169.254/latest/meta-data/",
        "https://b.s3.eu-west-1.amazonaws.com:8443/bundle.pem",
        "https://b.s3.eu-west-1.amazonaws.com@evil.example/bundle.pem",
        "https://b.s3.eu-west-1.amazonaws.com.evil.example/bundle.pem",
        "https://b.s3.cn-north-1.amazonaws.com.cn/bundle.pem",
        "https://ec2.eu-west-1.amazonaws.com/bundle.pem",
        "file:///etc/passwd",
        "s3://bucket/key",
    ] {
        let wire = with_bundle(url, |_| panic!("followed"));
        let why = account(&wire).await.trust_store(TRUST_STORE).await.unwrap().unwrap_err().why;
        assert_eq!(why, "its presigned URL does not lead to S3, and was not followed", "{url}");
        assert_eq!(wire.sent().len(), 1, "{url}");
    }
    let wire = Wire::responding(|sent, _| elb(&sent.operation, "<Location/>"));
    assert_no_secret(&account(&wire).await.trust_store(TRUST_STORE).await.unwrap_err());
}

#[tokio::test(start_paused = true)]
async fn the_host_of_a_configured_endpoint_is_followed() {
    for (url, is_followed) in [
        ("http://aws.example:4566/my-bucket/bundle.pem?X-Amz-Signature=Secret", true),
        ("http://aws.example:4567/my-bucket/bundle.pem?X-Amz-Signature=Secret", false),
        ("https://aws.example:4566/my-bucket/bundle.pem?X-Amz-Signature=Secret", false),
    ] {
        let wire = Wire::responding(move |sent, before| match (sent.body.starts_with("Action="), before) {
            (true, _) => located("GetTrustStoreCaCertificatesBundle", url),
            _ => Response::ok(""),
        });
        let config =
            config_over(wire.http.clone()).into_builder().endpoint_url("http://aws.example:4566").build();
        let aws = Aws::new(config, RateLimits::default());
        let (account, _) = open(&aws, noon(), Deadline::none()).await;
        let read = account.trust_store(TRUST_STORE).await.unwrap();
        assert_eq!((read.is_ok(), wire.sent().len() == 2), (is_followed, is_followed), "{url}");
    }
}

#[tokio::test(start_paused = true)]
async fn redirects_are_not_followed() {
    for status in [301, 302, 303, 307, 308] {
        for region in [None, Some("us-east-1")] {
            let wire = with_bundle(URL, move |_| {
                let response = Response::of(status, "<Error><Code>TemporaryRedirect</Code></Error>")
                    .with_header("location", "https://other.s3.eu-west-1.amazonaws.com/x");
                region.map_or(response.clone(), |region| response.with_header("x-amz-bucket-region", region))
            });
            let why = account(&wire).await.trust_store(TRUST_STORE).await.unwrap().unwrap_err().why;
            assert_eq!(why, "its presigned URL leads to a redirect, which was not followed");
            assert_eq!(wire.sent().len(), 2);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_bundle_of_more_than_1_mb_is_unreadable() {
    for (bytes, is_readable) in [(1 << 20, true), ((1 << 20) + 1, false), (3 << 20, false)] {
        let wire = with_bundle(URL, move |_| Response::ok("#".repeat(bytes)));
        let read = account(&wire).await.trust_store(TRUST_STORE).await.unwrap();
        assert_eq!(read.is_ok(), is_readable, "{bytes}");
        if let Err(unreadable) = read {
            assert_eq!(unreadable.why, "it is larger than 1 MB");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_refused_is_unreadable_and_what_fails_is_a_failure_without_the_url() {
    let expired =
        format!("<Error><Code>AccessDenied</Code><Message>Request has expired {URL}</Message></Error>");
    let wire = with_bundle(URL, move |_| Response::of(403, &expired));
    let why = account(&wire).await.trust_store(TRUST_STORE).await.unwrap().unwrap_err().why;
    assert_eq!(why, "S3 refused the download by its presigned URL (status 403)");
    for (status, attempts) in [(500, 6), (503, 6), (429, 1)] {
        let body = format!("<Error><Code>{URL}</Code><Message>{URL}</Message></Error>");
        let wire = with_bundle(URL, move |_| Response::of(status, &body));
        let failure = account(&wire).await.trust_store(TRUST_STORE).await.unwrap_err();
        assert_no_secret(&failure);
        let text = failure.to_string();
        assert!(text.starts_with(&format!("GetObject of {TRUST_STORE} in account 111122223333")), "{text}");
        assert!(wire.sent().len() > attempts, "{status}");
    }
    // A response with the URL that breaks off or has another form.
    let whole = located("GetTrustStoreCaCertificatesBundle", URL).body;
    for body in [
        whole.get(..whole.len() - 20).unwrap(),
        &whole.replace("Location", "Place"),
        &whole.replace("&amp;", "&"),
        URL,
    ] {
        let body = body.to_owned();
        let wire = Wire::responding(move |_, _| Response::ok(&body));
        assert_no_secret(&account(&wire).await.trust_store(TRUST_STORE).await.unwrap_err());
    }
}

#[tokio::test(start_paused = true)]
async fn a_trust_store_that_is_gone_or_denied_is_unreadable() {
    for (code, bundle, lists) in [
        ("TrustStoreNotFound", "the trust store does not exist", "the trust store does not exist"),
        (
            "AccessDenied",
            "elasticloadbalancing:GetTrustStoreCaCertificatesBundle is denied",
            "elasticloadbalancing:DescribeTrustStoreRevocations is denied",
        ),
    ] {
        let body =
            format!("<ErrorResponse><Error><Code>{code}</Code><Message>no</Message></Error></ErrorResponse>");
        let wire = Wire::responding(move |_, _| Response::of(400, &body));
        let account = account(&wire).await;
        assert_eq!(account.trust_store(TRUST_STORE).await.unwrap().unwrap_err().why, bundle);
        assert_eq!(account.revocation_lists(TRUST_STORE).await.unwrap().unwrap_err().why, lists);
    }
    let throttled =
        "<ErrorResponse><Error><Code>Throttling</Code><Message>no</Message></Error></ErrorResponse>";
    let wire = Wire::responding(move |_, _| Response::of(400, throttled));
    assert_eq!(account(&wire).await.trust_store(TRUST_STORE).await.unwrap_err().code(), Some("Throttling"));
}

#[tokio::test(start_paused = true)]
async fn revocation_lists_are_read_one_by_one() {
    let wire = Wire::responding(|sent, before| match (sent.operation.as_str(), before) {
        ("DescribeTrustStoreRevocations", 0) => elb(
            &sent.operation,
            "<TrustStoreRevocations><member><TrustStoreArn>t</TrustStoreArn><RevocationId>1</RevocationId>\
             <RevocationType>CRL</RevocationType></member></TrustStoreRevocations><NextMarker>m</NextMarker>",
        ),
        ("DescribeTrustStoreRevocations", _) => elb(
            &sent.operation,
            "<TrustStoreRevocations><member><RevocationId>2</RevocationId></member></TrustStoreRevocations>",
        ),
        ("GetTrustStoreRevocationContent", _) => located(&sent.operation, URL),
        _ => Response::ok("not a revocation list"),
    });
    let why = account(&wire).await.revocation_lists(TRUST_STORE).await.unwrap().unwrap_err().why;
    assert_eq!(why, "revocation list 1 can't be parsed");
    let asked =
        wire.sent().into_iter().find(|sent| sent.operation == "GetTrustStoreRevocationContent").unwrap();
    assert!(asked.body.ends_with("&RevocationId=1"), "{}", asked.body);
    let wire = Wire::responding(|sent, _| elb(&sent.operation, "<TrustStoreRevocations/>"));
    assert!(account(&wire).await.revocation_lists(TRUST_STORE).await.unwrap().unwrap().is_empty());
}

/// A network that answers AWS's calls, but no download.
#[derive(Clone, Debug)]
struct WithoutDownloads {
    wire: SharedHttpClient,
    never: NeverClient,
}

impl HttpClient for WithoutDownloads {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let wire = self.wire.http_connector(settings, components);
        let never = self.never.http_connector(settings, components);
        SharedHttpConnector::new(ConnectorWithoutDownloads { wire, never })
    }
}

#[derive(Debug)]
struct ConnectorWithoutDownloads {
    wire: SharedHttpConnector,
    never: SharedHttpConnector,
}

impl HttpConnector for ConnectorWithoutDownloads {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let is_download = request.method() == "GET";
        if is_download { self.never.call(request) } else { self.wire.call(request) }
    }
}

#[tokio::test(start_paused = true)]
async fn a_download_without_a_response_ends_before_the_deadline() {
    let wire = with_bundle(URL, |_| panic!("no download"));
    let aws = aws_over(WithoutDownloads { wire: wire.http.clone(), never: NeverClient::new() });
    let (account, _) = open(&aws, noon(), Deadline::after(Duration::from_mins(1))).await;
    let started = Instant::now();
    let failure = account.trust_store(TRUST_STORE).await.unwrap_err();
    assert_eq!((failure.kind(), started.elapsed().as_secs()), ("OutOfTime", 50));
    assert!(failure.to_string().starts_with("GetObject in account 111122223333"), "{failure}");
    assert_no_secret(&failure);
}
