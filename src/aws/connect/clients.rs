use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_config::config::retry::{RetryPartition, TokenBucket};
use jiff::{SignedDuration, Timestamp};

use crate::aws::connect::call_counter::CallCounter;
use crate::aws::connect::rate_limit::{RateLimitedClient, RateLimiter};
use crate::aws::connect::service::Service;
use crate::aws::connect::service_endpoint::{ACM, API_GATEWAY_V2, SECURITY_HUB, SSM};
use crate::parameters::CallsPerSecond;
use crate::resources::account_region::AccountRegion;
use crate::resources::certificate::Certificate;
use crate::resources::certificate_id::CertificateId;

/// The AWS clients of one account and Region, with a cache of the client certificates read there.
///
/// Clients are shared by the invocations of a process.
#[derive(Debug)]
pub(crate) struct Clients {
    pub(crate) config: aws_sdk_config::Client,
    pub(crate) apigateway: aws_sdk_apigateway::Client,
    pub(crate) acm: Service,
    pub(crate) tagging: aws_sdk_resourcegroupstagging::Client,
    pub(crate) apigateway_v2: Service,
    pub(crate) apigateway_limiter: RateLimiter,
    pub(crate) security_hub: Service,
    pub(crate) import_findings_limiter: RateLimiter,
    pub(crate) get_findings_limiter: RateLimiter,
    pub(crate) ssm: Service,
    shared: SharedState,
}

/// The state of one account and Region that is kept when its clients are dropped.
///
/// Clients take too much memory to be kept for every account of an organization.
#[derive(Clone, Debug)]
pub(crate) struct SharedState {
    certificates: Arc<Mutex<Option<CachedCertificates>>>,
    /// A separate retry budget, so that one throttled account does not use up the retries of all
    /// other accounts in this process.
    retries: RetryPartition,
}

impl SharedState {
    pub(crate) fn new(account_region: &AccountRegion) -> Self {
        let bucket =
            TokenBucket::builder().capacity(500).refill_rate(RETRIES_PER_SECOND * RETRY_COST).build();
        let name = format!("{}/{}", account_region.account, account_region.region);
        let retries = RetryPartition::custom(name).token_bucket(bucket).build();
        Self { certificates: Arc::default(), retries }
    }

    /// Frees the cached certificates if they have expired at `now`.
    pub(crate) fn evict_certificates(&self, now: Timestamp) {
        let mut cached = self.certificates.lock().unwrap_or_else(PoisonError::into_inner);
        cached.take_if(|cached| now.duration_since(cached.read_at) >= CERTIFICATE_TTL);
    }
}

/// The rate limiters of one account and Region, shared by all of its clients whatever their role:
/// AWS counts the requests of all roles together.
#[derive(Clone, Debug)]
pub(crate) struct RateLimiters {
    apigateway: RateLimiter,
    tagging: RateLimiter,
    import_findings: RateLimiter,
    get_findings: RateLimiter,
}

impl RateLimiters {
    /// Rate limiters for these limits.
    pub(crate) fn new(limits: RateLimits) -> Self {
        Self {
            apigateway: RateLimiter::new(limits.apigateway),
            tagging: RateLimiter::new(limits.tagging),
            import_findings: RateLimiter::new(limits.import_findings),
            get_findings: RateLimiter::new(limits.get_findings),
        }
    }
}

/// The minimum time between two requests, per service or operation.
#[derive(Clone, Copy, Debug)]
pub struct RateLimits {
    /// API Gateway's control plane, whose quota "Total operations" is 10 requests per second for
    /// the whole account, deployments included.
    ///
    /// The rule parameter `apiGatewayCallsPerSecond` changes it for each account and Region.
    pub apigateway: Duration,
    /// `GetResources` of the tagging API, which is throttled above 15 requests per second (service
    /// quotas of Tag Editor).
    ///
    /// 80 ms means at most 13 requests per second.
    pub tagging: Duration,
    /// `BatchImportFindings`, which allows 10 requests per second with a burst of 30 (botocore).
    ///
    /// 115 ms means at most 9 requests per second.
    pub import_findings: Duration,
    /// `GetFindings`, which allows 3 requests per second with a burst of 6 (botocore).
    ///
    /// 350 ms means at most 3 requests per second.
    pub get_findings: Duration,
}

impl Default for RateLimits {
    fn default() -> Self {
        Self {
            apigateway: CallsPerSecond::default().period(),
            tagging: Duration::from_millis(80),
            import_findings: Duration::from_millis(115),
            get_findings: Duration::from_millis(350),
        }
    }
}

/// How long client certificates stay cached.
///
/// A rule that is created or re-evaluated gets one event per stage, thousands of events at once,
/// and all of them need the same few certificates. Stages and peers are never cached.
const CERTIFICATE_TTL: SignedDuration = SignedDuration::from_secs(60);

/// The cost of one retry, out of the 500 tokens in the SDK's bucket, which by default only
/// successful requests refill.
const RETRY_COST: f32 = 5.0;
/// The rate at which time refills the retry budget of one account and Region, because a warm
/// function outlives an hour of throttling.
const RETRIES_PER_SECOND: f32 = 0.2;

#[derive(Debug)]
struct CachedCertificates {
    read_at: Timestamp,
    certificates: HashMap<CertificateId, Certificate>,
}

impl Clients {
    /// Clients with the credentials, Region and HTTP client of `config`; `counter` counts their
    /// requests.
    pub(crate) fn new(
        config: &SdkConfig,
        shared: SharedState,
        limiters: &RateLimiters,
        counter: &CallCounter,
    ) -> Self {
        let retries = &shared.retries;
        let rate_limited =
            |limiter: &RateLimiter| Some(RateLimitedClient::new(config.http_client()?, limiter.clone()));
        let settings = aws_sdk_config::config::Builder::from(config)
            .interceptor(counter.clone())
            .retry_partition(retries.clone());
        let mut apigateway = aws_sdk_apigateway::config::Builder::from(config)
            .interceptor(counter.clone())
            .retry_partition(retries.clone());
        if let Some(http) = rate_limited(&limiters.apigateway) {
            apigateway = apigateway.http_client(http);
        }
        let mut tagging = aws_sdk_resourcegroupstagging::config::Builder::from(config)
            .interceptor(counter.clone())
            .retry_partition(retries.clone());
        if let Some(http) = rate_limited(&limiters.tagging) {
            tagging = tagging.http_client(http);
        }
        Self {
            config: aws_sdk_config::Client::from_conf(settings.build()),
            apigateway: aws_sdk_apigateway::Client::from_conf(apigateway.build()),
            acm: Service::new(ACM, config, Some(retries.clone()), counter),
            tagging: aws_sdk_resourcegroupstagging::Client::from_conf(tagging.build()),
            apigateway_v2: Service::new(API_GATEWAY_V2, config, Some(retries.clone()), counter),
            apigateway_limiter: limiters.apigateway.clone(),
            security_hub: Service::new(SECURITY_HUB, config, Some(retries.clone()), counter),
            import_findings_limiter: limiters.import_findings.clone(),
            get_findings_limiter: limiters.get_findings.clone(),
            ssm: Service::new(SSM, config, Some(retries.clone()), counter),
            shared,
        }
    }

    /// The wanted certificates from the cache, if they were read after `captured` and less than
    /// [`CERTIFICATE_TTL`] before `now`.
    ///
    /// `None` if any wanted certificate is not cached: it may be new, and one that is missing must
    /// be confirmed missing by a new read. Certificates count as read at the start of the
    /// invocation that read them, which is earlier than the actual read.
    pub(crate) fn cached_certificates(
        &self,
        wanted: &BTreeSet<CertificateId>,
        captured: Timestamp,
        now: Timestamp,
    ) -> Option<HashMap<CertificateId, Certificate>> {
        let cached = self.shared.certificates.lock().unwrap_or_else(PoisonError::into_inner);
        let cached = cached.as_ref()?;
        let age = now.duration_since(cached.read_at);
        if cached.read_at <= captured || age.is_negative() || age >= CERTIFICATE_TTL {
            return None;
        }
        wanted.iter().map(|id| cached.certificates.get(id).map(|known| (id.clone(), known.clone()))).collect()
    }

    /// All certificates, if they were read in the invocation that started at `now`.
    pub(crate) fn all_cached_certificates(&self, now: Timestamp) -> Option<Vec<Certificate>> {
        let cached = self.shared.certificates.lock().unwrap_or_else(PoisonError::into_inner);
        let cached = cached.as_ref().filter(|cached| cached.read_at == now)?;
        Some(cached.certificates.values().cloned().collect())
    }

    /// Replaces the cache with all certificates of the account and Region.
    pub(crate) fn cache_certificates(
        &self,
        certificates: HashMap<CertificateId, Certificate>,
        read_at: Timestamp,
    ) {
        let mut cached = self.shared.certificates.lock().unwrap_or_else(PoisonError::into_inner);
        *cached = Some(CachedCertificates { read_at, certificates });
    }
}
