//! Undocumented behavior of AWS in a Region, and differences between accounts.

use std::collections::{BTreeMap, BTreeSet};

use crate::gateway::{Answer, BackendResponse};

/// The customer managed configuration recorder of an account and Region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recorder {
    /// The recorder is on.
    Recording,
    /// The recorder was stopped.
    Stopped,
    /// There is no recorder.
    Absent,
}

/// What simulated backends do with requests.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Backend {
    /// They answer all requests.
    #[default]
    Open,
    /// Like nginx with `ssl_verify_client on`, they answer 400 without one of these certificates.
    Nginx(BTreeSet<String>),
    /// Like OpenSSL with TLS 1.2, they end the handshake without one of these certificates.
    Handshake(BTreeSet<String>),
    /// They answer with this status.
    Status(u16),
    /// They can't be reached.
    Down,
}

impl Backend {
    /// The answer to a request that presents this certificate, or none.
    pub(crate) fn answer(&self, certificate: Option<&str>) -> Answer {
        let accepts = |accepted: &BTreeSet<String>| certificate.is_some_and(|id| accepted.contains(id));
        let ok = (200, "{\"ok\": true}");
        let (status, body) = match self {
            Self::Open => ok,
            Self::Nginx(accepted) | Self::Handshake(accepted) if accepts(accepted) => ok,
            Self::Nginx(_) if certificate.is_some() => (400, "The SSL certificate error"),
            Self::Nginx(_) => (400, "<title>400 No required SSL certificate was sent</title>"),
            Self::Handshake(_) => return Err("Received fatal alert: handshake_failure".into()),
            Self::Status(status) => (*status, "{}"),
            Self::Down => return Err("Network error communicating with endpoint".into()),
        };
        Ok(BackendResponse { status, body: body.into() })
    }
}

/// Undocumented behavior of AWS, and differences between accounts.
#[derive(Clone, Debug)]
pub struct RegionOptions {
    /// Advanced queries show the state before the last N items.
    pub query_lag: u64,
    /// By stage ARN: advanced queries show the state before the last N items of that stage, and
    /// nothing for a stage with N items or fewer.
    pub index_behind: BTreeMap<String, usize>,
    /// The same for `BatchGetResourceConfig`, which can lag less than the index.
    pub latest_behind: BTreeMap<String, usize>,
    /// `BatchGetResourceConfig` returns an item without configuration, with status
    /// `ResourceNotRecorded`, for a stage that is no longer recorded. UNVERIFIED: the alternative
    /// is that it returns nothing.
    pub shows_unrecorded_items: bool,
    /// Change notifications are of type `OversizedConfigurationItemChangeNotification`.
    pub oversized: bool,
    /// Config lists NOT_APPLICABLE results. UNVERIFIED either way.
    pub lists_not_applicable: bool,
    /// Config keeps the result with the later OrderingTimestamp. UNVERIFIED either way.
    pub ignores_older_results: bool,
    /// Editing a stage's tags creates a configuration item. UNVERIFIED either way.
    pub tag_edits_make_items: bool,
    /// The configuration recorder.
    pub recorder: Recorder,
    /// Resource types that the recorder excludes.
    pub unrecorded: BTreeSet<String>,
    /// V2 integrations have `apiId` and `integrationType`, not `ApiId` and `IntegrationType`.
    /// UNVERIFIED.
    pub integrations_in_camel_case: bool,
    /// The quota "Client certificates per account per Region".
    pub certificate_quota: usize,
    /// Lambda's `ConcurrentExecutions` and `UnreservedConcurrentExecutions`.
    pub concurrency: (u32, u32),
    /// `recordingFrequency` of the recorder is `DAILY`.
    pub records_daily: bool,
    /// The backends of all APIs that have no real one.
    pub backend: Backend,
    /// Each client certificate that is generated from now on has its own key.
    pub own_keys: bool,
    /// The PEM of the CA that signed the certificates of the real backends.
    pub backend_ca: String,
    /// After a stage's certificate changes, the gateway presents the old one in every other of this
    /// many requests. API Gateway's pages say that the change takes effect gradually.
    pub stale_requests: u32,
}

impl Default for RegionOptions {
    fn default() -> Self {
        Self {
            query_lag: 0,
            index_behind: BTreeMap::new(),
            latest_behind: BTreeMap::new(),
            shows_unrecorded_items: true,
            oversized: false,
            lists_not_applicable: true,
            ignores_older_results: false,
            tag_edits_make_items: true,
            recorder: Recorder::Recording,
            unrecorded: BTreeSet::new(),
            integrations_in_camel_case: false,
            certificate_quota: 60,
            concurrency: (1000, 1000),
            records_daily: false,
            backend: Backend::default(),
            own_keys: false,
            backend_ca: String::new(),
            stale_requests: 0,
        }
    }
}
