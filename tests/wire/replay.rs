//! A fake network that records requests and computes each response with a function.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_config::identity::IdentityCache;
use aws_config::retry::RetryConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_sts::config::{Credentials, HttpClient, SharedCredentialsProvider, SharedHttpClient};
use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_async::time::StaticTimeSource;
use aws_smithy_http_client::test_util::infallible_client_fn;
use aws_smithy_types::body::SdkBody;
use jiff::Timestamp;
use serde_json::{Value, json};
use stagecert::aws::{Aws, LiveAccount, LiveResults, RateLimits};
use stagecert::deadline::Deadline;
use stagecert::resources::account_region::AccountRegion;
use tokio::time::Instant;

pub(crate) const KEY_ID: &str = "AKIAOWNKEYOWNKEYOWNK";
pub(crate) const SECRET_KEY: &str = "own-secret-key/never-shown";
pub(crate) const SESSION_TOKEN: &str = "own-session-token/never-shown";

/// A request as it was sent over the network.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    /// AWS's name of the operation.
    pub operation: String,
    /// When it was sent, in the test's time.
    pub at: Instant,
    pub host: String,
    pub path: String,
    pub query: String,
    pub body: String,
    headers: HashMap<String, String>,
}

impl Sent {
    fn of(request: &http::Request<SdkBody>) -> Self {
        let uri = request.uri();
        let header = |(name, value): (&http::HeaderName, &http::HeaderValue)| {
            (name.to_string(), value.to_str().unwrap().to_owned())
        };
        let headers: HashMap<String, String> = request.headers().iter().map(header).collect();
        let body = String::from_utf8(request.body().bytes().unwrap_or_default().to_vec()).unwrap();
        Self {
            operation: match uri.host() {
                Some(host) if host.contains(".s3.") => "GetObject".to_owned(),
                _ => operation(uri.path(), &body, headers.get("x-amz-target")),
            },
            at: Instant::now(),
            host: uri.host().unwrap().to_owned(),
            path: uri.path().to_owned(),
            query: uri.query().unwrap_or_default().to_owned(),
            body,
            headers,
        }
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    /// The header's value, or an empty string if it wasn't sent.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    /// Whether the request is signed with this key for this Region.
    pub(crate) fn is_signed_by(&self, key_id: &str, region: &str) -> bool {
        let signed = self.header("authorization");
        signed.contains(&format!("Credential={key_id}/")) && signed.contains(&format!("/{region}/"))
    }
}

fn operation(path: &str, body: &str, target: Option<&String>) -> String {
    if let Some(target) = target {
        return target.split('.').next_back().unwrap().to_owned();
    }
    if let Some(form) = body.strip_prefix("Action=") {
        return form.split('&').next().unwrap().to_owned();
    }
    match path.split('/').collect::<Vec<_>>().as_slice() {
        ["", "findings", "import"] => "BatchImportFindings".into(),
        ["", "findings"] => "GetFindings".into(),
        ["", "clientcertificates"] => "GetClientCertificates".into(),
        ["", "2016-08-19", "account-settings"] => "GetAccountSettings".into(),
        ["", "listRegions"] => "ListRegions".into(),
        ["", "restapis"] => "GetRestApis".into(),
        ["", "restapis", _] => "GetRestApi".into(),
        ["", "v2", "apis"] => "GetApis".into(),
        ["", "v2", "apis", _] => "GetApi".into(),
        ["", "domainnames"] => "GetDomainNames".into(),
        ["", "domainnames", _] => "GetDomainName".into(),
        ["", "domainnames", _, "basepathmappings"] => "GetBasePathMappings".into(),
        ["", "v2", "domainnames", _, "apimappings"] => "GetApiMappings".into(),
        ["", "v2", "domainnames", _, "routingrules"] => "ListRoutingRules".into(),
        ["", "restapis", _, "resources"] => "GetResources".into(),
        ["", "restapis", _, "stages"] | ["", "v2", "apis", _, "stages"] => "GetStages".into(),
        ["", "restapis", _, "stages", _] | ["", "v2", "apis", _, "stages", _] => "GetStage".into(),
        ["", "restapis", _, "stages", _, "exports", _] => "GetExport".into(),
        ["", "my-bucket", ..] => "GetObject".into(),
        _ => panic!("not an operation that stagecert calls: {path} {body}"),
    }
}

/// A response.
#[derive(Clone, Debug)]
pub(crate) struct Response {
    status: u16,
    headers: Vec<(&'static str, String)>,
    pub body: String,
}

impl Response {
    pub(crate) fn ok(body: impl ToString) -> Self {
        Self::of(200, body)
    }

    #[expect(clippy::needless_pass_by_value, reason = "a body is made where it is handed over")]
    pub(crate) fn of(status: u16, body: impl ToString) -> Self {
        Self { status, headers: Vec::new(), body: body.to_string() }
    }

    /// An error in the JSON protocol: Config, ACM and the tagging API.
    pub(crate) fn error(status: u16, code: &str, message: &str) -> Self {
        Self::of(status, json!({"__type": code, "message": message}))
    }

    /// An error in API Gateway's format, with its type in a header.
    pub(crate) fn rest_error(status: u16, code: &str, message: &str) -> Self {
        Self::of(status, json!({"message": message})).with_header("x-amzn-errortype", code)
    }

    pub(crate) fn with_header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

/// The fake network.
#[derive(Clone)]
pub(crate) struct Wire {
    sent: Arc<Mutex<Vec<Sent>>>,
    pub http: SharedHttpClient,
}

impl Wire {
    /// Computes each response from the request and the number of earlier requests for the same
    /// operation.
    pub(crate) fn responding(respond: impl Fn(&Sent, usize) -> Response + Send + Sync + 'static) -> Self {
        let sent: Arc<Mutex<Vec<Sent>>> = Arc::default();
        let kept = Arc::clone(&sent);
        let http = infallible_client_fn(move |request| {
            let sent = Sent::of(&request);
            let mut kept = kept.lock().unwrap();
            let before = kept.iter().filter(|other| other.operation == sent.operation).count();
            let response = respond(&sent, before);
            kept.push(sent);
            let mut builder = http::Response::builder().status(response.status);
            for (name, value) in response.headers {
                builder = builder.header(name, value);
            }
            builder.body(response.body).unwrap()
        });
        Self { sent, http }
    }

    /// All requests in order.
    pub(crate) fn sent(&self) -> Vec<Sent> {
        self.sent.lock().unwrap().clone()
    }

    /// The number of requests by operation.
    pub(crate) fn counts(&self) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for sent in self.sent() {
            *counts.entry(sent.operation).or_default() += 1;
        }
        counts
    }

    pub(crate) fn aws(&self) -> Aws {
        aws_over(self.http.clone())
    }

    pub(crate) fn config(&self) -> SdkConfig {
        config_over(self.http.clone())
    }

    /// Opens the usual account at noon, without a deadline.
    pub(crate) async fn open(&self) -> (LiveAccount, LiveResults) {
        open(&self.aws(), noon(), Deadline::none()).await
    }
}

/// A connection to AWS over a fake network, with production's retries and rate limits.
pub(crate) fn aws_over(http: impl HttpClient + 'static) -> Aws {
    Aws::new(config_over(http), RateLimits::default())
}

/// The SDK configuration for a fake network.
pub(crate) fn config_over(http: impl HttpClient + 'static) -> SdkConfig {
    let credentials = Credentials::new(KEY_ID, SECRET_KEY, Some(SESSION_TOKEN.into()), None, "test");
    let config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-west-1"))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .identity_cache(IdentityCache::lazy().build())
        .http_client(http)
        .retry_config(RetryConfig::standard().with_max_attempts(6).with_max_backoff(Duration::from_secs(8)))
        .sleep_impl(TokioSleep::new())
        .time_source(StaticTimeSource::from_secs(noon().as_second().unsigned_abs()));
    config.build()
}

/// Opens the usual account with the process's own credentials.
pub(crate) async fn open(aws: &Aws, now: Timestamp, deadline: Deadline) -> (LiveAccount, LiveResults) {
    aws.open(&account_region(), &account_region(), None, now, deadline).await.unwrap()
}

/// The usual account and Region, in which the process runs.
pub(crate) fn account_region() -> AccountRegion {
    AccountRegion { partition: "aws".into(), account: "111122223333".into(), region: "eu-west-1".into() }
}

/// When the usual invocation starts.
pub(crate) fn noon() -> Timestamp {
    "2026-11-21T12:00:00Z".parse().unwrap()
}
