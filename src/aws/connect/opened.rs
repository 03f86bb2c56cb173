use std::collections::HashMap;
use std::sync::Arc;

use aws_credential_types::provider::SharedCredentialsProvider;
use jiff::{SignedDuration, Timestamp};

use crate::aws::Clients;
use crate::aws::connect::clients::Lasting;
use crate::resources::account_region::AccountRegion;

/// How many accounts' credentials and certificates are kept: a central function serves an
/// organization.
const KEPT: usize = 1000;
/// How many accounts' clients are kept: they take 80 kB per account.
const KEPT_CLIENTS: usize = 64;
/// Credentials that end earlier than this after an invocation's start are renewed: the longest
/// invocation takes 15 minutes.
const MAX_INVOCATION: SignedDuration = SignedDuration::from_mins(16);
/// How often what is no longer of use is dropped.
const SWEPT_EVERY: SignedDuration = SignedDuration::from_secs(60);

/// The accounts that were opened.
#[derive(Debug, Default)]
pub(crate) struct Opened {
    accounts: HashMap<(AccountRegion, Option<String>), Account>,
    /// Counts look-ups.
    turn: u64,
    swept_at: Option<Timestamp>,
}

/// What it takes to work in an account.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    /// The assumed role's; the process's own if absent.
    pub(crate) credentials: Option<SharedCredentialsProvider>,
    /// When the assumed role's credentials end; the function's own renew themselves.
    pub(crate) until: Option<Timestamp>,
    pub(crate) lasting: Lasting,
}

#[derive(Debug)]
struct Account {
    session: Session,
    clients: Option<Arc<Clients>>,
    /// The turn of its last look-up.
    used: u64,
}

impl Account {
    fn lasts(&self, now: Timestamp) -> bool {
        self.session.until.is_none_or(|until| until.duration_since(now) > MAX_INVOCATION)
    }
}

impl Opened {
    /// What is kept of an account if its credentials outlast an invocation that starts at `now`.
    pub(crate) fn get(
        &mut self,
        account_region: &AccountRegion,
        role: Option<&str>,
        now: Timestamp,
    ) -> Option<(Session, Option<Arc<Clients>>)> {
        self.sweep(now);
        self.turn += 1;
        let account =
            self.accounts.get_mut(&key(account_region, role)).filter(|account| account.lasts(now))?;
        account.used = self.turn;
        Some((account.session.clone(), account.clients.clone()))
    }

    /// Keeps an account, instead of the one that was used longest ago if there are too many.
    pub(crate) fn keep(
        &mut self,
        account_region: &AccountRegion,
        role: Option<&str>,
        session: Session,
        clients: Arc<Clients>,
    ) {
        let account = Account { session, clients: Some(clients), used: self.turn };
        self.accounts.insert(key(account_region, role), account);
        while self.accounts.len() > KEPT {
            let longest_ago = self.accounts.iter().min_by_key(|(_, account)| account.used);
            let Some(key) = longest_ago.map(|(key, _)| key.clone()) else { break };
            self.accounts.remove(&key);
        }
        let with_clients = self.accounts.values_mut().filter(|account| account.clients.is_some());
        let mut with_clients: Vec<_> = with_clients.collect();
        if with_clients.len() > KEPT_CLIENTS
            && let Some(longest_ago) = with_clients.iter_mut().min_by_key(|account| account.used)
        {
            longest_ago.clients = None;
        }
    }

    /// Once a minute, for all accounts: a look-up stays cheap.
    fn sweep(&mut self, now: Timestamp) {
        let since = self.swept_at.map(|swept_at| now.duration_since(swept_at));
        if since.is_some_and(|since| !since.is_negative() && since < SWEPT_EVERY) {
            return;
        }
        self.swept_at = Some(now);
        self.accounts.retain(|_, account| account.lasts(now));
        self.accounts.values().for_each(|account| account.session.lasting.drop_old_certificates(now));
    }
}

fn key(account_region: &AccountRegion, role: Option<&str>) -> (AccountRegion, Option<String>) {
    (account_region.clone(), role.map(ToOwned::to_owned))
}
