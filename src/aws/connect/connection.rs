use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::sts::AssumeRoleProvider;
use aws_config::timeout::TimeoutConfig;
use aws_config::{AppName, BehaviorVersion, ConfigLoader, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use jiff::Timestamp;

use crate::Failure;
use crate::aws::connect::call::Call;
use crate::aws::connect::call_counter::{CountedClient, Counter};
use crate::aws::connect::clients::{Gates, Lasting};
use crate::aws::connect::opened::{Opened, Session};
use crate::aws::connect::service::Service;
use crate::aws::write::event_bridge::{Bus, EVENT_BRIDGE};
use crate::aws::{Clients, LiveAccount, LiveResults, Paces};
use crate::deadline::Deadline;
use crate::event::ensure_equal;
use crate::failure::{ExpectedBy, Obstacle};
use crate::resources::account_region::AccountRegion;
use crate::rule::connect::Connect;
use crate::snapshot::RecordedResults;
use crate::telemetry::calls::Calls;

/// The way to AWS: made once a process, it opens accounts for events.
#[derive(Debug)]
pub struct Aws {
    pub(crate) base: SdkConfig,
    paces: Paces,
    gates: Mutex<HashMap<AccountRegion, Gates>>,
    pub(crate) counter: Counter,
    /// The profile of the credentials, if it asks for MFA.
    pub(crate) mfa_profile: Option<String>,
    opened: Mutex<Opened>,
}

impl Aws {
    /// Finds credentials and settings by the SDK's standard chain, `AWS_ENDPOINT_URL` included.
    ///
    /// `region` is the one of the account's own services; the environment's where absent.
    pub async fn load(region: Option<&str>) -> Self {
        let mut loader = Self::loader();
        if let Some(region) = region {
            loader = loader.region(Region::new(region.to_owned()));
        }
        Self::new(loader.load().await, Paces::default())
    }

    /// What every call keeps to, whoever makes it.
    pub(crate) fn loader() -> ConfigLoader {
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(Duration::from_secs(3))
            .operation_attempt_timeout(Duration::from_secs(20))
            .build();
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .http_client(super::http::client())
            .timeout_config(timeouts)
            .retry_config(
                RetryConfig::standard().with_max_attempts(6).with_max_backoff(Duration::from_secs(8)),
            );
        // CloudTrail's readers see whose calls these are.
        if let Ok(name) = AppName::new("stagecert") {
            loader = loader.app_name(name);
        }
        loader
    }

    /// The way to AWS by a configuration that was made elsewhere.
    #[must_use]
    pub fn new(base: SdkConfig, paces: Paces) -> Self {
        Self {
            base,
            paces,
            gates: Mutex::default(),
            counter: Counter::default(),
            mfa_profile: None,
            opened: Mutex::default(),
        }
    }

    /// What was asked of AWS since this was last called, by whatever account's clients: an invocation's own, where one is served
    /// at a time and each one ends with this.
    pub fn take_calls(&self) -> Calls {
        self.counter.take()
    }

    /// The account that the credentials belong to, in the Region that was loaded. `wanted` is the account and Region it is
    /// asked for, which a failure names.
    ///
    /// # Errors
    /// `Failure::Operation` of `GetCallerIdentity`.
    pub async fn home(
        &self,
        wanted: Option<&AccountRegion>,
        deadline: Deadline,
    ) -> Result<AccountRegion, Failure> {
        let region = self.base.region().map(ToString::to_string).unwrap_or_default();
        let unknown =
            || AccountRegion { partition: String::new(), account: "unknown".into(), region: region.clone() };
        let named = wanted.cloned().unwrap_or_else(unknown);
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
            _ => Err(call.unreadable("the answer holds no account".into())),
        }
    }

    /// The SDK asks for no MFA code, so STS refuses a role that requires one: then the profile is named.
    fn with_mfa(&self, call: &Call<'_>, failure: Failure) -> Failure {
        let refused = match failure.obstacle() {
            Some(Obstacle::NoCredentials { code: Some(code) }) => code.starts_with("AccessDenied"),
            _ => false,
        };
        match &self.mfa_profile {
            Some(profile) if refused => call.mfa_required(&failure, profile),
            _ => failure,
        }
    }

    /// Opens `account_region` for one invocation that starts at `now`. `home` is where the process itself runs: without a role it can
    /// be nowhere else.
    ///
    /// # Errors
    /// `Disagreement` where `account_region` is out of reach, `Operation` where its role can't be assumed.
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
        let kept = self.opened().get(account_region, role, now);
        let clients = match kept {
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
        // The function's own credentials, whatever account it reads.
        let service = Service::new(EVENT_BRIDGE, &self.base, None, &self.counter);
        let bus = Bus { service, account_region: home.clone() };
        Ok((account, LiveResults { clients, account_region: account_region.clone(), deadline, bus }))
    }

    fn opened(&self) -> MutexGuard<'_, Opened> {
        self.opened.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn gates(&self, account_region: &AccountRegion) -> Gates {
        let mut gates = self.gates.lock().unwrap_or_else(PoisonError::into_inner);
        gates.entry(account_region.clone()).or_insert_with(|| Gates::new(self.paces)).clone()
    }

    async fn session(
        &self,
        account_region: &AccountRegion,
        role: Option<&str>,
        deadline: Deadline,
    ) -> Result<Session, Failure> {
        let lasting = Lasting::new(account_region);
        let Some(role) = role else { return Ok(Session { credentials: None, until: None, lasting }) };
        let (_, credentials) = self.assume(account_region, role, deadline).await?;
        let until = credentials.expiry().and_then(|end| Timestamp::try_from(end).ok());
        let credentials = Some(SharedCredentialsProvider::new(credentials));
        Ok(Session { credentials, until, lasting })
    }

    fn connect(&self, account_region: &AccountRegion, role: Option<&str>, session: Session) -> Arc<Clients> {
        let mut config = self.base.to_builder().region(Region::new(account_region.region.clone()));
        if let Some(credentials) = &session.credentials {
            config = config.credentials_provider(credentials.clone());
        }
        let clients = Clients::new(
            &config.build(),
            session.lasting.clone(),
            &self.gates(account_region),
            &self.counter,
        );
        let clients = Arc::new(clients);
        self.opened().keep(account_region, role, session, Arc::clone(&clients));
        clients
    }

    /// The process's own configuration, for a client that asks for one operation and takes no interceptor.
    fn counted(&self, operation: &'static str) -> SdkConfig {
        let mut config = self.base.to_builder();
        if let Some(inner) = self.base.http_client() {
            config.set_http_client(Some(SharedHttpClient::new(CountedClient {
                inner,
                operation,
                counter: self.counter.clone(),
            })));
        }
        config.build()
    }

    /// Assumes a role of the place's account: who can do it again, and what was given.
    pub(crate) async fn assume(
        &self,
        account_region: &AccountRegion,
        role: &str,
        deadline: Deadline,
    ) -> Result<(AssumeRoleProvider, Credentials), Failure> {
        let arn = format!("arn:{}:iam::{}:role/{role}", account_region.partition, account_region.account);
        let call = Call { operation: "AssumeRole", resource: &arn, account_region, limit: deadline.reads() };
        let provider = AssumeRoleProvider::builder(&arn)
            .session_name("stagecert")
            .region(Region::new(account_region.region.clone()))
            .configure(&self.counted("AssumeRole"));
        let answer = call.answer(async {
            let provider = provider.build().await;
            let given = provider.provide_credentials().await;
            (provider, given)
        });
        let (provider, given) = answer.await?;
        Ok((provider, given.map_err(|error| call.refused(&error))?))
    }
}

/// Opens accounts for one invocation of the function.
#[derive(Debug)]
pub struct Connection<'a> {
    /// The process's way to AWS.
    pub aws: &'a Aws,
    /// The account and Region that the function runs in; whoever has no ARN asks for it.
    pub home: Option<AccountRegion>,
    /// When the invocation started.
    pub now: Timestamp,
}

impl Connect for Connection<'_> {
    type Account = LiveAccount;
    type Results = LiveResults;

    async fn connect(
        &self,
        account_region: &AccountRegion,
        role: Option<&str>,
        deadline: Deadline,
    ) -> Result<(Self::Account, Self::Results), Failure> {
        let home = match &self.home {
            Some(home) => home.clone(),
            None => self.aws.home(Some(account_region), deadline).await?,
        };
        self.aws.open(&home, account_region, role, self.now, deadline).await
    }

    fn take_calls(&self) -> Calls {
        self.aws.take_calls()
    }
}

/// Reads a live account and only keeps what would be put.
#[derive(Debug)]
pub struct DryRun<'a> {
    /// Where to read.
    pub connection: Connection<'a>,
    /// Where the requests are kept.
    pub results: &'a RecordedResults,
}

impl<'a> Connect for DryRun<'a> {
    type Account = LiveAccount;
    type Results = &'a RecordedResults;

    async fn connect(
        &self,
        account_region: &AccountRegion,
        role: Option<&str>,
        deadline: Deadline,
    ) -> Result<(Self::Account, Self::Results), Failure> {
        let (account, _) = self.connection.connect(account_region, role, deadline).await?;
        Ok((account, self.results))
    }

    fn take_calls(&self) -> Calls {
        self.connection.take_calls()
    }
}
