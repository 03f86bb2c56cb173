//! Many accounts and Regions, for people who look. The function opens the one place of its event, by [`Aws::open`].

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use aws_config::sts::AssumeRoleProvider;
use aws_config::{Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::{self, ProvideCredentials, SharedCredentialsProvider, future};
use aws_types::sdk_config::SharedTimeSource;
use jiff::Timestamp;

use crate::Failure;
use crate::aws::connect::clients::Lasting;
use crate::aws::{Aws, Clients, LiveAccount};
use crate::deadline::Deadline;
use crate::event::ensure_equal;
use crate::resources::account_region::AccountRegion;

/// An account that can be read in each of its Regions, for as long as it takes.
#[derive(Debug)]
pub struct Reached<'a> {
    aws: &'a Aws,
    /// The account, in the Region in which its own services are asked.
    pub(crate) account_region: AccountRegion,
    pub(crate) config: SdkConfig,
}

impl Aws {
    /// Reaches an account by a role of it, which is assumed once, or as `home`, the account of the process's own credentials.
    ///
    /// # Errors
    /// `Operation` where the role can't be assumed, `Disagreement` for another account without a role.
    pub async fn reach(
        &self,
        home: &AccountRegion,
        account: &str,
        role: Option<&str>,
    ) -> Result<Reached<'_>, Failure> {
        let account_region = AccountRegion { account: account.into(), ..home.clone() };
        let Some(role) = role else {
            ensure_equal(
                "accountId",
                account,
                "the credentials' own account (a role reaches others)",
                &home.account,
            )?;
            return Ok(Reached { aws: self, account_region, config: self.base.clone() });
        };
        let (provider, given) = self.assume(&account_region, role, Deadline::none()).await?;
        let renewing = Renewing { given: Mutex::new(given), provider, clock: self.base.time_source() };
        let config = self.base.to_builder();
        let config = config.credentials_provider(SharedCredentialsProvider::new(renewing)).build();
        Ok(Reached { aws: self, account_region, config })
    }
}

impl Reached<'_> {
    /// The account's id.
    #[must_use]
    pub fn account(&self) -> &str {
        &self.account_region.account
    }

    /// Opens one of its Regions for reading, at the instant `now`.
    #[must_use]
    pub fn open(&self, region: &str, now: Timestamp) -> LiveAccount {
        let account_region = AccountRegion { region: region.into(), ..self.account_region.clone() };
        let config = self.config.to_builder().region(Region::new(account_region.region.clone())).build();
        let (lasting, gates) = (Lasting::new(&account_region), self.aws.gates(&account_region));
        let clients = Arc::new(Clients::new(&config, lasting, &gates, &self.aws.counter));
        LiveAccount { clients, account_region, now, deadline: Deadline::none() }
    }
}

/// A role's credentials: those that were given when it was assumed, and new ones when they end. A large account takes hours at
/// API Gateway's pace.
///
/// The SDK's cache keeps 64 accounts', so it can ask again long before that.
#[derive(Debug)]
struct Renewing {
    given: Mutex<Credentials>,
    provider: AssumeRoleProvider,
    clock: Option<SharedTimeSource>,
}

/// The SDK takes credentials that end within ten seconds for ended.
const MARGIN: Duration = Duration::from_secs(15);

impl Renewing {
    async fn current(&self) -> provider::Result {
        let now = self.clock.as_ref().map(SharedTimeSource::now);
        let given = self.given.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let lasts = |end: SystemTime| now.is_some_and(|now| now + MARGIN < end);
        if given.expiry().is_none_or(lasts) {
            return Ok(given);
        }
        let renewed = self.provider.provide_credentials().await?;
        *self.given.lock().unwrap_or_else(PoisonError::into_inner) = renewed.clone();
        Ok(renewed)
    }
}

impl ProvideCredentials for Renewing {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.current())
    }
}
