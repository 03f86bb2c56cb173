//! Many accounts and Regions, for the command line. The Lambda function opens only the account and
//! Region of its event, with [`Aws::open`].

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use aws_config::{Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::{self, ProvideCredentials, SharedCredentialsProvider, future};
use aws_types::sdk_config::SharedTimeSource;
use jiff::Timestamp;

use crate::Failure;
use crate::aws::connect::call_counter::CallCounter;
use crate::aws::connect::clients::SharedState;
use crate::aws::connect::credentials::RoleCredentials;
use crate::aws::connect::service::Service;
use crate::aws::connect::service_endpoint::{EVENT_BRIDGE, ServiceName};
use crate::aws::write::event_bus::Bus;
use crate::aws::{Aws, Clients, LiveAccount, LiveResults};
use crate::deadline::Deadline;
use crate::event::ensure_equal;
use crate::resources::account_region::AccountRegion;

/// An account that can be read in each of its Regions; its credentials are renewed as needed.
#[derive(Debug)]
pub struct AssumedAccount<'a> {
    aws: &'a Aws,
    /// The account, with the Region in which account-wide services are called.
    pub(crate) account_region: AccountRegion,
    pub(crate) config: SdkConfig,
}

impl Aws {
    /// Returns an account, either after assuming a role in it or, without a role, as `home`, the
    /// account of the process's own credentials.
    ///
    /// # Errors
    /// `Operation` if the role can't be assumed, `Disagreement` for another account without a role.
    pub async fn assume_account(
        &self,
        home: &AccountRegion,
        account: &str,
        role: Option<&str>,
    ) -> Result<AssumedAccount<'_>, Failure> {
        let account_region = AccountRegion { account: account.into(), ..home.clone() };
        let Some(role) = role else {
            ensure_equal(
                "accountId",
                account,
                "the credentials' own account (a role reaches others)",
                &home.account,
            )?;
            return Ok(AssumedAccount { aws: self, account_region, config: self.base.clone() });
        };
        let (provider, credentials) = self.assume(&account_region, role, Deadline::none()).await?;
        let current = Mutex::new(credentials);
        let credentials = RenewingCredentials { current, provider, clock: self.base.time_source() };
        let config = self.base.to_builder();
        let config = config.credentials_provider(SharedCredentialsProvider::new(credentials)).build();
        Ok(AssumedAccount { aws: self, account_region, config })
    }
}

impl AssumedAccount<'_> {
    /// The account's id.
    #[must_use]
    pub fn account(&self) -> &str {
        &self.account_region.account
    }

    /// The account in one of its Regions, read as of the instant `now`.
    #[must_use]
    pub fn open(&self, region: &str, now: Timestamp) -> LiveAccount {
        let account_region = AccountRegion { region: region.into(), ..self.account_region.clone() };
        let config = self.config.to_builder().region(Region::new(account_region.region.clone())).build();
        let (shared, limiters) = (SharedState::new(&account_region), self.aws.limiters(&account_region));
        let clients = Arc::new(Clients::new(&config, shared, &limiters, &self.aws.counter));
        LiveAccount { clients, account_region, now, deadline: Deadline::none() }
    }

    /// The receiver of results in one of the account's Regions, such as its Security Hub.
    #[must_use]
    pub fn results(&self, region: &str) -> LiveResults {
        let LiveAccount { clients, account_region, deadline, .. } = self.open(region, Timestamp::UNIX_EPOCH);
        let service = self.service(EVENT_BRIDGE, region);
        let bus = Bus { service, account_region: account_region.clone() };
        LiveResults { clients, account_region, deadline, bus }
    }

    /// A client for a service without an SDK crate in one of the account's Regions.
    pub(crate) fn service(&self, name: ServiceName, region: &str) -> Service {
        let config = self.config.to_builder().region(Region::new(region.to_owned())).build();
        Service::new(name, &config, None, &self.aws.counter)
    }

    /// The counter of the requests of all accounts.
    pub(crate) fn counter(&self) -> CallCounter {
        self.aws.counter.clone()
    }
}

/// The credentials of an assumed role, renewed when they expire.
///
/// Reading a large account takes hours at API Gateway's rate limit. The current credentials are
/// kept here because the SDK's credentials cache holds only 64 accounts and can ask for them again
/// long before they expire.
#[derive(Debug)]
struct RenewingCredentials {
    current: Mutex<Credentials>,
    provider: RoleCredentials,
    clock: Option<SharedTimeSource>,
}

/// The remaining lifetime below which credentials are renewed: the SDK considers credentials
/// expired ten seconds early.
const EXPIRY_BUFFER: Duration = Duration::from_secs(15);

impl RenewingCredentials {
    async fn current(&self) -> provider::Result {
        let now = self.clock.as_ref().map(SharedTimeSource::now);
        let credentials = self.current.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let is_valid = |expiry: SystemTime| now.is_some_and(|now| now + EXPIRY_BUFFER < expiry);
        if credentials.expiry().is_none_or(is_valid) {
            return Ok(credentials);
        }
        let renewed = self.provider.provide_credentials().await?;
        *self.current.lock().unwrap_or_else(PoisonError::into_inner) = renewed.clone();
        Ok(renewed)
    }
}

impl ProvideCredentials for RenewingCredentials {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.current())
    }
}
