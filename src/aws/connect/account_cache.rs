use std::collections::HashMap;
use std::sync::Arc;

use aws_credential_types::provider::SharedCredentialsProvider;
use jiff::{SignedDuration, Timestamp};

use crate::aws::Clients;
use crate::aws::connect::clients::SharedState;
use crate::resources::account_region::AccountRegion;

/// The maximum number of accounts whose credentials and certificates are cached: a central
/// function serves a whole organization.
const MAX_ACCOUNTS: usize = 1000;
/// The maximum number of accounts whose clients are cached; clients take 80 kB per account.
const MAX_CLIENTS: usize = 64;
/// The remaining lifetime that credentials need at the start of an invocation, which takes up to
/// 15 minutes.
const MIN_LIFETIME: SignedDuration = SignedDuration::from_mins(16);
/// How often expired credentials and certificates are evicted.
const EVICTION_INTERVAL: SignedDuration = SignedDuration::from_secs(60);

/// The accounts that earlier invocations opened, by account, Region and role.
#[derive(Debug, Default)]
pub(crate) struct AccountCache {
    accounts: HashMap<(AccountRegion, Option<String>), CachedAccount>,
    /// The number of look-ups so far.
    lookups: u64,
    evicted_at: Option<Timestamp>,
}

/// The credentials and the shared state of one account and Region.
#[derive(Clone, Debug)]
pub(crate) struct AccountSession {
    /// The credentials of the assumed role; `None` for the process's own credentials.
    pub(crate) credentials: Option<SharedCredentialsProvider>,
    /// When the credentials of the assumed role expire; the process's own are renewed by the SDK.
    pub(crate) expires: Option<Timestamp>,
    pub(crate) shared: SharedState,
}

#[derive(Debug)]
struct CachedAccount {
    session: AccountSession,
    clients: Option<Arc<Clients>>,
    /// The number of the last look-up of this account.
    last_used: u64,
}

impl CachedAccount {
    fn is_valid(&self, now: Timestamp) -> bool {
        self.session.expires.is_none_or(|expires| expires.duration_since(now) > MIN_LIFETIME)
    }
}

impl AccountCache {
    /// The session and clients of an account, if its credentials outlast an invocation that starts
    /// at `now`.
    pub(crate) fn get(
        &mut self,
        account_region: &AccountRegion,
        role: Option<&str>,
        now: Timestamp,
    ) -> Option<(AccountSession, Option<Arc<Clients>>)> {
        self.evict(now);
        self.lookups += 1;
        let account =
            self.accounts.get_mut(&key(account_region, role)).filter(|account| account.is_valid(now))?;
        account.last_used = self.lookups;
        Some((account.session.clone(), account.clients.clone()))
    }

    /// Adds an account; above the limits, drops the accounts and clients that have been unused
    /// longest.
    pub(crate) fn insert(
        &mut self,
        account_region: &AccountRegion,
        role: Option<&str>,
        session: AccountSession,
        clients: Arc<Clients>,
    ) {
        let account = CachedAccount { session, clients: Some(clients), last_used: self.lookups };
        self.accounts.insert(key(account_region, role), account);
        while self.accounts.len() > MAX_ACCOUNTS {
            let oldest = self.accounts.iter().min_by_key(|(_, account)| account.last_used);
            let Some(key) = oldest.map(|(key, _)| key.clone()) else { break };
            self.accounts.remove(&key);
        }
        let with_clients = self.accounts.values_mut().filter(|account| account.clients.is_some());
        let mut with_clients: Vec<_> = with_clients.collect();
        if with_clients.len() > MAX_CLIENTS
            && let Some(oldest) = with_clients.iter_mut().min_by_key(|account| account.last_used)
        {
            oldest.clients = None;
        }
    }

    /// Evicts what has expired in all accounts, at most once per [`EVICTION_INTERVAL`], so that
    /// look-ups stay cheap.
    fn evict(&mut self, now: Timestamp) {
        let elapsed = self.evicted_at.map(|evicted_at| now.duration_since(evicted_at));
        if elapsed.is_some_and(|elapsed| !elapsed.is_negative() && elapsed < EVICTION_INTERVAL) {
            return;
        }
        self.evicted_at = Some(now);
        self.accounts.retain(|_, account| account.is_valid(now));
        self.accounts.values().for_each(|account| account.session.shared.evict_certificates(now));
    }
}

fn key(account_region: &AccountRegion, role: Option<&str>) -> (AccountRegion, Option<String>) {
    (account_region.clone(), role.map(ToOwned::to_owned))
}
