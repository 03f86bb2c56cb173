use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_config::config::retry::{RetryPartition, TokenBucket};
use jiff::{SignedDuration, Timestamp};

use crate::aws::connect::call_counter::Counter;
use crate::aws::connect::rate_limit::{Gate, Paced};
use crate::aws::connect::service::Service;
use crate::aws::read::live_stages::API_GATEWAY_V2;
use crate::aws::write::security_hub::SECURITY_HUB;
use crate::resources::account_region::AccountRegion;
use crate::resources::certificate::Certificate;
use crate::resources::certificate_id::CertificateId;

/// The clients of one account and Region, and the certificates read there a moment ago.
///
/// They live as long as the process; an invocation borrows them.
#[derive(Debug)]
pub struct Clients {
    pub(crate) config: aws_sdk_config::Client,
    pub(crate) apigateway: aws_sdk_apigateway::Client,
    pub(crate) acm: aws_sdk_acm::Client,
    pub(crate) tagging: aws_sdk_resourcegroupstagging::Client,
    pub(crate) apigateway_v2: Service,
    pub(crate) apigateway_gate: Gate,
    pub(crate) security_hub: Service,
    pub(crate) import_gate: Gate,
    pub(crate) find_gate: Gate,
    lasting: Lasting,
}

/// What outlives the clients of an account and Region, which are heavy: an organization has many accounts.
#[derive(Clone, Debug)]
pub(crate) struct Lasting {
    certificates: Arc<Mutex<Option<Kept>>>,
    /// Its own budget of retries: else one account that is throttled spends those of all others in this process.
    retries: RetryPartition,
}

impl Lasting {
    pub(crate) fn new(account_region: &AccountRegion) -> Self {
        let bucket = TokenBucket::builder().capacity(500).refill_rate(RETRIES_A_SECOND * RETRY_COST).build();
        let name = format!("{}/{}", account_region.account, account_region.region);
        let retries = RetryPartition::custom(name).token_bucket(bucket).build();
        Self { certificates: Arc::default(), retries }
    }

    /// Gives back the memory of certificates that are no longer used.
    pub(crate) fn drop_old_certificates(&self, now: Timestamp) {
        let mut kept = self.certificates.lock().unwrap_or_else(PoisonError::into_inner);
        kept.take_if(|kept| now.duration_since(kept.read_at) >= KEPT_FOR);
    }
}

/// What all callers share that work in one account and Region, by whatever role: AWS counts their calls together.
#[derive(Clone, Debug)]
pub(crate) struct Gates {
    apigateway: Gate,
    tagging: Gate,
    import: Gate,
    find: Gate,
}

impl Gates {
    /// Needs a running tokio runtime with its clock.
    pub(crate) fn new(paces: Paces) -> Self {
        Self {
            apigateway: Gate::new(paces.apigateway),
            tagging: Gate::new(paces.tagging),
            import: Gate::new(paces.import),
            find: Gate::new(paces.find),
        }
    }
}

/// Least time between two requests, by service.
#[derive(Clone, Copy, Debug)]
pub struct Paces {
    /// API Gateway gives a whole account 10 control-plane calls a second (its quota "Total operations"), its own deployments
    /// included. At 350 ms no second sees more than three of ours, though one arrives late and the next in time.
    pub apigateway: Duration,
    /// `GetResources` is refused above 15 calls a second (Tag Editor's service quotas). At 80 ms there are 13 at most.
    pub tagging: Duration,
    /// `BatchImportFindings` has 10 calls a second and a burst of 30 (botocore). At 115 ms there are 9 at most.
    pub import: Duration,
    /// `GetFindings` has 3 calls a second and a burst of 6 (botocore). At 350 ms there are 3 at most.
    pub find: Duration,
}

impl Default for Paces {
    fn default() -> Self {
        Self {
            apigateway: Duration::from_millis(350),
            tagging: Duration::from_millis(80),
            import: Duration::from_millis(115),
            find: Duration::from_millis(350),
        }
    }
}

/// How long certificates that were read are kept: a rule that is created or re-evaluated gets one event a stage, thousands
/// at once, and each asks for the same few certificates. Stages and peers are never kept.
const KEPT_FOR: SignedDuration = SignedDuration::from_secs(60);

/// A retry costs five of the 500 tokens in the SDK's bucket, which by itself only successes refill.
const RETRY_COST: f32 = 5.0;
/// Retries that time gives back to one account and Region: a warm function outlives a throttled hour.
const RETRIES_A_SECOND: f32 = 0.2;

#[derive(Debug)]
struct Kept {
    read_at: Timestamp,
    certificates: HashMap<CertificateId, Certificate>,
}

impl Clients {
    /// Clients for the credentials, Region and HTTP client of `config`, which are counted.
    pub(crate) fn new(config: &SdkConfig, lasting: Lasting, gates: &Gates, counter: &Counter) -> Self {
        let retries = &lasting.retries;
        let paced = |gate: &Gate| Some(Paced::new(config.http_client()?, gate.clone()));
        let settings = aws_sdk_config::config::Builder::from(config)
            .interceptor(counter.clone())
            .retry_partition(retries.clone());
        let acm = aws_sdk_acm::config::Builder::from(config)
            .interceptor(counter.clone())
            .retry_partition(retries.clone());
        let mut apigateway = aws_sdk_apigateway::config::Builder::from(config)
            .interceptor(counter.clone())
            .retry_partition(retries.clone());
        if let Some(http) = paced(&gates.apigateway) {
            apigateway = apigateway.http_client(http);
        }
        let mut tagging = aws_sdk_resourcegroupstagging::config::Builder::from(config)
            .interceptor(counter.clone())
            .retry_partition(retries.clone());
        if let Some(http) = paced(&gates.tagging) {
            tagging = tagging.http_client(http);
        }
        Self {
            config: aws_sdk_config::Client::from_conf(settings.build()),
            apigateway: aws_sdk_apigateway::Client::from_conf(apigateway.build()),
            acm: aws_sdk_acm::Client::from_conf(acm.build()),
            tagging: aws_sdk_resourcegroupstagging::Client::from_conf(tagging.build()),
            apigateway_v2: Service::new(API_GATEWAY_V2, config, Some(retries.clone()), counter),
            apigateway_gate: gates.apigateway.clone(),
            security_hub: Service::new(SECURITY_HUB, config, Some(retries.clone()), counter),
            import_gate: gates.import.clone(),
            find_gate: gates.find.clone(),
            lasting,
        }
    }

    /// The wanted certificates as they were read less than a minute before `now`; `None` unless all of them are there, so
    /// that one that was just made is asked for, and one that is missing is missed afresh; `None` also unless they were read
    /// after `captured`.
    ///
    /// They count as read at the start of the invocation that read them, which is before they were.
    pub(crate) fn kept_certificates(
        &self,
        wanted: &BTreeSet<CertificateId>,
        captured: Timestamp,
        now: Timestamp,
    ) -> Option<HashMap<CertificateId, Certificate>> {
        let kept = self.lasting.certificates.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = kept.as_ref()?;
        let age = now.duration_since(kept.read_at);
        if kept.read_at <= captured || age.is_negative() || age >= KEPT_FOR {
            return None;
        }
        wanted.iter().map(|id| kept.certificates.get(id).map(|known| (id.clone(), known.clone()))).collect()
    }

    /// All that were read at this very instant.
    pub(crate) fn all_kept_certificates(&self, now: Timestamp) -> Option<Vec<Certificate>> {
        let kept = self.lasting.certificates.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = kept.as_ref().filter(|kept| kept.read_at == now)?;
        Some(kept.certificates.values().cloned().collect())
    }

    pub(crate) fn keep_certificates(
        &self,
        certificates: HashMap<CertificateId, Certificate>,
        read_at: Timestamp,
    ) {
        let mut kept = self.lasting.certificates.lock().unwrap_or_else(PoisonError::into_inner);
        *kept = Some(Kept { read_at, certificates });
    }
}
