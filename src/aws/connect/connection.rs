use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{AppName, BehaviorVersion, ConfigLoader, Region, SdkConfig};
use jiff::Timestamp;

use crate::Failure;
use crate::aws::connect::account_cache::{AccountCache, AccountSession};
use crate::aws::connect::call::Call;
use crate::aws::connect::call_counter::CallCounter;
use crate::aws::connect::clients::RateLimiters;
use crate::aws::connect::documents::Documents;
use crate::aws::connect::service::Service;
use crate::aws::connect::service_endpoint::EVENT_BRIDGE;
use crate::aws::write::event_bus::Bus;
use crate::aws::{Clients, LiveAccount, LiveResults, RateLimits};
use crate::deadline::Deadline;
use crate::event::ensure_equal;
use crate::failure::{ExpectedBy, Obstacle};
use crate::parameters::Parameters;
use crate::parameters::exemptions::{ExemptionDocument, S3Location};
use crate::resources::account_region::AccountRegion;
use crate::rule::connect::Connect;
use crate::snapshot::RecordedResults;
use crate::telemetry::calls::Calls;

/// The process's AWS configuration and shared state, from which accounts are opened.
#[derive(Debug)]
pub struct Aws {
    pub(crate) base: SdkConfig,
    rate_limits: RateLimits,
    limiters: Mutex<HashMap<AccountRegion, RateLimiters>>,
    pub(crate) counter: CallCounter,
    /// The profile of the credentials, if its role requires MFA.
    pub(crate) mfa_profile: Option<String>,
    /// The Region of the command line's settings; `None` if they name no Region.
    #[cfg(feature = "cli")]
    pub(crate) default_region: Option<String>,
    accounts: Mutex<AccountCache>,
    pub(crate) documents: Mutex<Documents>,
}

/// The time limits of all AWS calls: 3 s to connect and 20 s per attempt.
pub(crate) fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(3))
        .operation_attempt_timeout(Duration::from_secs(20))
        .build()
}

/// The retries of all AWS calls: up to 6 attempts with a backoff of up to 8 s.
pub(crate) fn retries() -> RetryConfig {
    RetryConfig::standard().with_max_attempts(6).with_max_backoff(Duration::from_secs(8))
}

impl Aws {
    /// Loads credentials and settings with the SDK's default provider chains, which include
    /// `AWS_ENDPOINT_URL`. The function needs none of these chains but the environment:
    /// [`Aws::from_environment`].
    ///
    /// `region` is the Region for account-wide services; `None` for the Region from the
    /// environment.
    pub async fn load(region: Option<&str>) -> Self {
        let mut loader = Self::loader();
        if let Some(region) = region {
            loader = loader.region(Region::new(region.to_owned()));
        }
        Self::new(loader.load().await, RateLimits::default())
    }

    /// The loader of the SDK's default chains with stagecert's settings.
    pub(crate) fn loader() -> ConfigLoader {
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .http_client(super::http::client())
            .timeout_config(timeouts())
            .retry_config(retries());
        // CloudTrail shows the application name in the user agent.
        if let Ok(name) = AppName::new("stagecert") {
            loader = loader.app_name(name);
        }
        loader
    }

    /// An instance with an existing SDK configuration.
    #[must_use]
    pub fn new(base: SdkConfig, rate_limits: RateLimits) -> Self {
        Self {
            base,
            rate_limits,
            limiters: Mutex::default(),
            counter: CallCounter::default(),
            mfa_profile: None,
            #[cfg(feature = "cli")]
            default_region: None,
            accounts: Mutex::default(),
            documents: Mutex::default(),
        }
    }

    /// The requests to AWS since the last call of this method, of all accounts' clients.
    ///
    /// In a process that serves one invocation at a time and calls this at the end of each, these
    /// are the requests of that invocation.
    pub fn take_calls(&self) -> Calls {
        self.counter.take()
    }

    /// The account of the process's credentials, with the configured Region.
    ///
    /// `target` is the account and Region that the caller is about to open, for the failure's text.
    ///
    /// # Errors
    /// `Failure::Operation` of `GetCallerIdentity`.
    pub async fn home(
        &self,
        target: Option<&AccountRegion>,
        deadline: Deadline,
    ) -> Result<AccountRegion, Failure> {
        let region = self.base.region().map(ToString::to_string).unwrap_or_default();
        let unknown =
            || AccountRegion { partition: String::new(), account: "unknown".into(), region: region.clone() };
        let named = target.cloned().unwrap_or_else(unknown);
        let call = Call {
            operation: "GetCallerIdentity",
            resource: "the credentials",
            account_region: &named,
            limit: deadline.reads(),
        };
        let sts = aws_sdk_sts::config::Builder::from(&self.base).interceptor(self.counter.clone()).build();
        let sts = aws_sdk_sts::Client::from_conf(sts);
        let identity = call.send(sts.get_caller_identity().send()).await;
        let identity = identity.map_err(|failure| self.with_mfa(&call, failure))?;
        let partition = identity.arn().and_then(|arn| arn.split(':').nth(1));
        match (partition, identity.account()) {
            (Some(partition), Some(account)) => {
                Ok(AccountRegion { partition: partition.into(), account: account.into(), region })
            }
            _ => Err(call.invalid_response("the response has no account".into())),
        }
    }

    /// The failure, with the profile named if STS denied a role that requires MFA: the SDK does not
    /// prompt for MFA codes.
    fn with_mfa(&self, call: &Call<'_>, failure: Failure) -> Failure {
        let is_denied = match failure.obstacle() {
            Some(Obstacle::NoCredentials { code: Some(code) }) => code.starts_with("AccessDenied"),
            _ => false,
        };
        match &self.mfa_profile {
            Some(profile) if is_denied => call.mfa_required(&failure, profile),
            _ => failure,
        }
    }

    /// Opens `account_region` for one invocation that starts at `now`.
    ///
    /// `home` is the account and Region that the process runs in; without a role, no other can be
    /// opened.
    ///
    /// # Errors
    /// `Disagreement` if `account_region` can't be accessed from `home`, `Operation` if the role
    /// can't be assumed.
    pub async fn open(
        &self,
        home: &AccountRegion,
        account_region: &AccountRegion,
        role: Option<&str>,
        now: Timestamp,
        deadline: Deadline,
    ) -> Result<(LiveAccount, LiveResults), Failure> {
        ensure_equal(
            "configRuleArn",
            &account_region.partition,
            ExpectedBy::Evaluator("the evaluator's own partition"),
            &home.partition,
        )?;
        ensure_equal(
            "configRuleArn",
            &account_region.region,
            ExpectedBy::Evaluator("the evaluator's own Region"),
            &home.region,
        )?;
        if role.is_none() {
            let own = ExpectedBy::Evaluator("the evaluator's own account (executionRoleName reaches others)");
            ensure_equal("accountId", &account_region.account, own, &home.account)?;
        }
        let cached = self.accounts().get(account_region, role, now);
        let clients = match cached {
            Some((_, Some(clients))) => clients,
            Some((session, None)) => self.connect(account_region, role, session),
            None => self.connect(account_region, role, self.session(account_region, role, deadline).await?),
        };
        let account = LiveAccount {
            clients: Arc::clone(&clients),
            account_region: account_region.clone(),
            now,
            deadline,
        };
        // Events go to the function's own account, whichever account it reads.
        let service = Service::new(EVENT_BRIDGE, &self.base, None, &self.counter);
        let bus = Bus { service, account_region: home.clone() };
        Ok((account, LiveResults { clients, account_region: account_region.clone(), deadline, bus }))
    }

    fn accounts(&self) -> MutexGuard<'_, AccountCache> {
        self.accounts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn limiters(&self, account_region: &AccountRegion) -> RateLimiters {
        let mut limiters = self.limiters.lock().unwrap_or_else(PoisonError::into_inner);
        limiters.entry(account_region.clone()).or_insert_with(|| RateLimiters::new(self.rate_limits)).clone()
    }

    fn connect(
        &self,
        account_region: &AccountRegion,
        role: Option<&str>,
        session: AccountSession,
    ) -> Arc<Clients> {
        let mut config = self.base.to_builder().region(Region::new(account_region.region.clone()));
        if let Some(credentials) = &session.credentials {
            config = config.credentials_provider(credentials.clone());
        }
        let clients = Clients::new(
            &config.build(),
            session.shared.clone(),
            &self.limiters(account_region),
            &self.counter,
        );
        let clients = Arc::new(clients);
        self.accounts().insert(account_region, role, session, Arc::clone(&clients));
        clients
    }
}

/// A [`Connect`] that opens live accounts for one invocation of the function.
#[derive(Debug)]
pub struct Connection<'a> {
    /// The process's AWS configuration.
    pub aws: &'a Aws,
    /// The account and Region that the function runs in; `None` to get them from
    /// `GetCallerIdentity`, for a process that has no function ARN.
    pub home: Option<AccountRegion>,
    /// The start of the invocation.
    pub now: Timestamp,
}

impl Connect for Connection<'_> {
    type Account = LiveAccount;
    type Results = LiveResults;

    async fn connect(
        &self,
        account_region: &AccountRegion,
        parameters: &Parameters,
        deadline: Deadline,
    ) -> Result<(Self::Account, Self::Results), Failure> {
        let home = match &self.home {
            Some(home) => home.clone(),
            None => self.aws.home(Some(account_region), deadline).await?,
        };
        let role = parameters.execution_role_name.as_deref();
        let (account, results) = self.aws.open(&home, account_region, role, self.now, deadline).await?;
        account.limit_api_gateway_calls(parameters.api_gateway_calls_per_second);
        Ok((account, results))
    }

    async fn exemption_document(
        &self,
        location: &S3Location,
        account_region: &AccountRegion,
        deadline: Deadline,
    ) -> Result<Arc<ExemptionDocument>, Failure> {
        self.aws.exemption_document(location, account_region, self.now, deadline).await
    }

    fn take_calls(&self) -> Calls {
        self.aws.take_calls()
    }
}

/// A [`Connect`] that reads live accounts and records the results instead of sending them.
#[derive(Debug)]
pub struct DryRun<'a> {
    /// The connection for reading.
    pub connection: Connection<'a>,
    /// The recorder of the requests.
    pub results: &'a RecordedResults,
    /// The exemption document to use instead of the one in S3.
    pub exemptions: Option<Arc<ExemptionDocument>>,
}

impl<'a> Connect for DryRun<'a> {
    type Account = LiveAccount;
    type Results = &'a RecordedResults;

    async fn connect(
        &self,
        account_region: &AccountRegion,
        parameters: &Parameters,
        deadline: Deadline,
    ) -> Result<(Self::Account, Self::Results), Failure> {
        let (account, _) = self.connection.connect(account_region, parameters, deadline).await?;
        Ok((account, self.results))
    }

    async fn exemption_document(
        &self,
        location: &S3Location,
        account_region: &AccountRegion,
        deadline: Deadline,
    ) -> Result<Arc<ExemptionDocument>, Failure> {
        match &self.exemptions {
            Some(document) => Ok(Arc::clone(document)),
            None => self.connection.exemption_document(location, account_region, deadline).await,
        }
    }

    fn take_calls(&self) -> Calls {
        self.connection.take_calls()
    }
}
