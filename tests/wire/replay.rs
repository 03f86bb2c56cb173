//! A fake network that keeps what was sent and answers by a function of it.

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
use stagecert::aws::{Aws, LiveAccount, LiveResults, Paces};
use stagecert::deadline::Deadline;
use stagecert::resources::account_region::AccountRegion;
use tokio::time::Instant;

pub const KEY_ID: &str = "AKIAOWNKEYOWNKEYOWNK";
pub const SECRET_KEY: &str = "own-secret-key/never-shown";
pub const SESSION_TOKEN: &str = "own-session-token/never-shown";

/// A request as it went over the wire.
#[derive(Clone, Debug)]
pub struct Sent {
    /// AWS's name of what was asked for.
    pub operation: String,
    /// When, in the test's time.
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
            operation: operation(uri.path(), &body, headers.get("x-amz-target")),
            at: Instant::now(),
            host: uri.host().unwrap().to_owned(),
            path: uri.path().to_owned(),
            query: uri.query().unwrap_or_default().to_owned(),
            body,
            headers,
        }
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    /// The header's value, or nothing where it wasn't sent.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    /// Whether the signature is one of this key, for this Region.
    pub fn is_signed_by(&self, key_id: &str, region: &str) -> bool {
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
        ["", "listRegions"] => "ListRegions".into(),
        ["", "restapis"] => "GetRestApis".into(),
        ["", "restapis", _, "resources"] => "GetResources".into(),
        ["", "restapis", _, "stages"] | ["", "v2", "apis", _, "stages"] => "GetStages".into(),
        ["", "restapis", _, "stages", _] | ["", "v2", "apis", _, "stages", _] => "GetStage".into(),
        ["", "restapis", _, "stages", _, "exports", _] => "GetExport".into(),
        _ => panic!("not an operation of ours: {path} {body}"),
    }
}

/// What comes back.
#[derive(Clone, Debug)]
pub struct Answer {
    status: u16,
    headers: Vec<(&'static str, String)>,
    pub body: String,
}

impl Answer {
    pub fn ok(body: impl ToString) -> Self {
        Self::of(200, body)
    }

    #[expect(clippy::needless_pass_by_value, reason = "a body is made where it is handed over")]
    pub fn of(status: u16, body: impl ToString) -> Self {
        Self { status, headers: Vec::new(), body: body.to_string() }
    }

    /// An error in the form of the JSON protocol: Config, ACM and the tagging API.
    pub fn error(status: u16, code: &str, message: &str) -> Self {
        Self::of(status, json!({"__type": code, "message": message}))
    }

    /// An error in the form of API Gateway: its type is in a header.
    pub fn rest_error(status: u16, code: &str, message: &str) -> Self {
        Self::of(status, json!({"message": message})).with_header("x-amzn-errortype", code)
    }

    pub fn with_header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

/// The fake network.
#[derive(Clone)]
pub struct Wire {
    sent: Arc<Mutex<Vec<Sent>>>,
    http: SharedHttpClient,
}

impl Wire {
    /// Answers each request by what it is and how many of the same operation were sent before it.
    pub fn answering(answer: impl Fn(&Sent, usize) -> Answer + Send + Sync + 'static) -> Self {
        let sent: Arc<Mutex<Vec<Sent>>> = Arc::default();
        let kept = Arc::clone(&sent);
        let http = infallible_client_fn(move |request| {
            let sent = Sent::of(&request);
            let mut kept = kept.lock().unwrap();
            let before = kept.iter().filter(|other| other.operation == sent.operation).count();
            let answer = answer(&sent, before);
            kept.push(sent);
            let mut response = http::Response::builder().status(answer.status);
            for (name, value) in answer.headers {
                response = response.header(name, value);
            }
            response.body(answer.body).unwrap()
        });
        Self { sent, http }
    }

    /// Everything that was sent, in its order.
    pub fn sent(&self) -> Vec<Sent> {
        self.sent.lock().unwrap().clone()
    }

    /// How often each operation was sent.
    pub fn counts(&self) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for sent in self.sent() {
            *counts.entry(sent.operation).or_default() += 1;
        }
        counts
    }

    pub fn aws(&self) -> Aws {
        aws_over(self.http.clone())
    }

    pub fn config(&self) -> SdkConfig {
        config_over(self.http.clone())
    }

    /// The usual account without deadline, at noon.
    pub async fn open(&self) -> (LiveAccount, LiveResults) {
        open(&self.aws(), noon(), Deadline::none()).await
    }
}

/// The way to AWS over a fake network, with the retries and paces of production.
pub fn aws_over(http: impl HttpClient + 'static) -> Aws {
    Aws::new(config_over(http), Paces::default())
}

/// Its configuration.
pub fn config_over(http: impl HttpClient + 'static) -> SdkConfig {
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

/// The usual account, by the process's own credentials.
pub async fn open(aws: &Aws, now: Timestamp, deadline: Deadline) -> (LiveAccount, LiveResults) {
    aws.open(&account_region(), &account_region(), None, now, deadline).await.unwrap()
}

/// The usual account: where the process runs.
pub fn account_region() -> AccountRegion {
    AccountRegion { partition: "aws".into(), account: "111122223333".into(), region: "eu-west-1".into() }
}

/// When the usual invocation starts.
pub fn noon() -> Timestamp {
    "2026-11-21T12:00:00Z".parse().unwrap()
}
