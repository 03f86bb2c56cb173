//! Presigned URLs, which AWS returns for the content of trust stores.

use std::fmt;

use aws_smithy_runtime::client::http::connection_poisoning::ConnectionPoisoningInterceptor;
use aws_smithy_runtime::client::orchestrator::operation::Operation as SdkOperation;
use aws_smithy_runtime::client::retries::classifiers::{HttpStatusCodeClassifier, TransientErrorClassifier};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::body::SdkBody;

use crate::aws::connect::content::{Content, GET_OBJECT};
use crate::aws::connect::response::xml_content;
use crate::aws::connect::service::{Service, ServiceError, ServiceResult};
use crate::aws::connect::service_endpoint::{S3, custom_url, dns_suffix};
use crate::aws::connect::size_limit::SizeLimitedClient;
use crate::resources::account_region::is_region;

/// A presigned URL of S3. For ten minutes, anyone who has it can read the object, so it is shown
/// nowhere.
pub(crate) struct PresignedUrl {
    /// The scheme, host and port.
    origin: String,
    path_and_query: String,
}

impl fmt::Debug for PresignedUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PresignedUrl(…)")
    }
}

impl PresignedUrl {
    /// The URL, if it leads to S3 by https: a host of S3 in the partition with the DNS suffix
    /// `suffix`. `custom` is the endpoint that the user configured for S3, whose host is
    /// allowed too, with its own scheme.
    fn parse(url: &str, suffix: Option<&str>, custom: Option<&str>) -> Option<Self> {
        let (scheme, rest) = url.split_once("://")?;
        let (authority, path) = rest.split_once('/')?;
        let origin = format!("{scheme}://{authority}").to_ascii_lowercase();
        let is_custom = custom.is_some_and(|custom| origin_of(custom).as_deref() == Some(origin.as_str()));
        let is_s3 = || {
            let host = origin.strip_prefix("https://");
            host.zip(suffix).is_some_and(|(host, suffix)| is_s3_host(host, suffix))
        };
        let is_allowed = is_custom || is_s3();
        is_allowed.then(|| Self { origin, path_and_query: format!("/{path}") })
    }
}

fn origin_of(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    let authority = rest.split('/').next()?;
    Some(format!("{scheme}://{authority}").to_ascii_lowercase())
}

/// Whether this is `s3.REGION.SUFFIX` or `s3.SUFFIX`, in any of S3's forms, or a bucket below it.
/// A port or a user name makes it something else.
fn is_s3_host(host: &str, suffix: &str) -> bool {
    let Some(labels) = host.strip_suffix(suffix).and_then(|host| host.strip_suffix('.')) else {
        return false;
    };
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
    if !labels.bytes().all(is_plain) {
        return false;
    }
    let mut labels = labels.rsplit('.');
    let last = labels.next().unwrap_or_default();
    let is_service = |label: &str| matches!(label, "s3" | "s3-fips");
    let is_regional = |label: &str| label.strip_prefix("s3-").is_some_and(is_region);
    if is_service(last) || is_regional(last) {
        return true;
    }
    let mut service = labels.next().unwrap_or_default();
    if service == "dualstack" {
        service = labels.next().unwrap_or_default();
    }
    is_region(last) && is_service(service)
}

impl Service {
    /// The presigned URL in AWS's response; `None` if it must not be followed.
    pub(crate) async fn presigned(&self, url: &str) -> Option<PresignedUrl> {
        let region = self.config.region().map(AsRef::as_ref).unwrap_or_default();
        let suffix = dns_suffix(region).await;
        PresignedUrl::parse(url, suffix.as_deref(), custom_url(S3.id, &self.config).as_deref())
    }

    /// Reads at most `max_bytes` from a presigned URL, without another signature. Redirects are not
    /// followed.
    ///
    /// The error can contain the URL and must not be shown.
    pub(crate) async fn download(&self, url: &PresignedUrl, max_bytes: usize) -> ServiceResult<Content> {
        let mut request = HttpRequest::new(SdkBody::empty());
        request.set_method("GET").map_err(SdkError::construction_failure)?;
        request.set_uri(url.path_and_query.as_str()).map_err(SdkError::construction_failure)?;
        // S3 refuses unsigned headers whose names start with `x-amz-`, such as the SDK's second
        // user agent, so no interceptor here adds one.
        let mut operation = SdkOperation::builder()
            .service_name(S3.id)
            .operation_name(GET_OBJECT)
            .no_auth()
            .endpoint_url(&url.origin)
            .retry_classifier(HttpStatusCodeClassifier::default())
            .retry_classifier(TransientErrorClassifier::<ServiceError>::new())
            .interceptor(ConnectionPoisoningInterceptor::new())
            .interceptor(self.counter.clone());
        if let Some(inner) = self.config.http_client() {
            operation = operation.http_client(SizeLimitedClient { inner, max_bytes });
        }
        if let Some(retries) = self.config.retry_config() {
            operation = operation.standard_retry(retries);
        }
        if let Some(timeouts) = self.config.timeout_config() {
            operation = operation.timeout_config(timeouts.clone());
        }
        if let Some(sleep) = self.config.sleep_impl() {
            operation = operation.sleep_impl(sleep);
        }
        if let Some(time) = self.config.time_source() {
            operation = operation.time_source(time);
        }
        if let Some(version) = self.config.behavior_version() {
            operation = operation.behavior_version(version);
        }
        let operation = operation
            .serializer(Ok::<HttpRequest, BoxError>)
            .deserializer(|response: &HttpResponse| xml_content(GET_OBJECT, response));
        operation.build().invoke(request).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_allowed(url: &str, custom: Option<&str>) -> bool {
        PresignedUrl::parse(url, Some("amazonaws.com"), custom).is_some()
    }

    #[test]
    fn only_hosts_of_s3_are_allowed() {
        for host in [
            "s3.eu-west-1.amazonaws.com",
            "bucket.s3.eu-west-1.amazonaws.com",
            "a.b.s3.eu-west-1.amazonaws.com",
            "Bucket.S3.eu-west-1.amazonaws.com",
            "bucket.s3-fips.us-gov-west-1.amazonaws.com",
            "bucket.s3.dualstack.eu-west-1.amazonaws.com",
            "bucket.s3-us-west-2.amazonaws.com",
            "bucket.s3.amazonaws.com",
            "s3.amazonaws.com",
        ] {
            assert!(is_allowed(&format!("https://{host}/key?X-Amz-Signature=x"), None), "{host}");
            assert!(!is_allowed(&format!("http://{host}/key"), None), "http://{host}");
        }
        for host in [
            "",
            "evil.example",
            "amazonaws.com",
            ".amazonaws.com",
            "eu-west-1.amazonaws.com",
            "sts.eu-west-1.amazonaws.com",
            "s3.evil.amazonaws.com",
            "s3.eu-west-1.amazonaws.com.evil.example",
            "s3.eu-west-1.amazonaws.com.cn",
            "s3.eu-west-1.evilamazonaws.com",
            "s3.eu-west-1.amazonaws.com:8443",
            "user@s3.eu-west-1.amazonaws.com",
            "evil.example#.s3.eu-west-1.amazonaws.com",
            "evil.example?.s3.eu-west-1.amazonaws.com",
            "evil.example\\.s3.eu-west-1.amazonaws.com",
            "s3-website.eu-west-1.amazonaws.com",
            "bucket.s3-website-eu-west-1.execute-api.eu-west-1.amazonaws.com",
            "[::1]",
            "169.254.169.254",
        ] {
            assert!(!is_allowed(&format!("https://{host}/key"), None), "{host}");
        }
        for url in ["", "https:", "https://s3.eu-west-1.amazonaws.com", "//s3.eu-west-1.amazonaws.com/"] {
            assert!(!is_allowed(url, None), "{url}");
        }
    }

    #[test]
    fn the_configured_endpoint_is_allowed_with_its_scheme_and_port() {
        let custom = Some("http://127.0.0.1:4566");
        for (url, expected) in [
            ("http://127.0.0.1:4566/bucket/key?x", true),
            ("http://127.0.0.1:4567/bucket/key", false),
            ("http://127.0.0.1/bucket/key", false),
            ("https://127.0.0.1:4566/bucket/key", false),
            ("http://127.0.0.1:4566@evil.example/key", false),
            ("https://bucket.s3.eu-west-1.amazonaws.com/key", true),
        ] {
            assert_eq!(is_allowed(url, custom), expected, "{url}");
        }
        assert!(is_allowed("http://localhost:1/k", Some("http://LOCALHOST:1/base/")));
    }

    #[tokio::test]
    async fn the_suffix_is_that_of_the_partition() {
        for (region, suffix) in [
            ("eu-west-1", "amazonaws.com"),
            ("us-gov-west-1", "amazonaws.com"),
            ("cn-north-1", "amazonaws.com.cn"),
            ("us-iso-east-1", "c2s.ic.gov"),
        ] {
            assert_eq!(dns_suffix(region).await.as_deref(), Some(suffix), "{region}");
        }
    }

    #[test]
    fn the_url_is_not_shown() {
        let url = "https://s3.eu-west-1.amazonaws.com/key?X-Amz-Signature=secret";
        let url = PresignedUrl::parse(url, Some("amazonaws.com"), None).unwrap();
        assert_eq!(format!("{url:?}"), "PresignedUrl(…)");
        assert_eq!(url.path_and_query, "/key?X-Amz-Signature=secret");
    }
}
