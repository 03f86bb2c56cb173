//! The world: accounts, who may act in them, and what every part of it shares.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::Value;

use crate::clock::Clock;
use crate::model::{Api, Region, Rule, Scope, Stage};
use crate::witness::Witness;

/// Everything there is.
#[derive(Debug)]
pub struct World {
    /// The instants that everything happens at.
    pub clock: Clock,
    /// The organization that all accounts are of.
    pub organization: Option<Organization>,
    pub(crate) accounts: BTreeMap<String, Account>,
    pub(crate) keys: BTreeMap<String, Key>,
    pub(crate) tokens: BTreeMap<String, ResultToken>,
    /// Whose an API is: ids are unique in a world.
    pub(crate) api_homes: BTreeMap<String, (String, String)>,
    pub(crate) rng: ChaCha8Rng,
    pub(crate) pending: Vec<Value>,
    pub(crate) witness: Witness,
}

/// An account.
#[derive(Clone, Debug)]
pub struct Account {
    /// Twelve digits.
    pub id: String,
    /// `aws`, `aws-cn`, `aws-us-gov`.
    pub partition: String,
    /// The accounts that each role trusts.
    pub roles: BTreeMap<String, BTreeSet<String>>,
    /// By name.
    pub regions: BTreeMap<String, Region>,
}

/// An organization of all accounts.
#[derive(Clone, Debug, Default)]
pub struct Organization {
    /// Its management account.
    pub management: String,
    /// Delegated administrators.
    pub delegated: BTreeSet<String>,
    /// `SUSPENDED`, `CLOSED`, …; an account without one is `ACTIVE`.
    pub states: BTreeMap<String, String>,
    /// `ListAccounts` still tells the `Status` that is retired since September 2026.
    pub tells_status: bool,
}

/// Whose credentials an access key id belongs to.
#[derive(Clone, Debug)]
pub struct Key {
    /// The account that a call with it acts in.
    pub account: String,
    /// The role that was assumed; `None` for the account's own key.
    pub role: Option<String>,
    /// The ARN that `GetCallerIdentity` answers with.
    pub arn: String,
    /// What the call has to carry beside the key.
    pub session_token: Option<String>,
    /// When it ends, by the real clock.
    pub expires: Option<Timestamp>,
    /// The key of the process that assumed the role.
    pub assumed_by: Option<String>,
}

/// What a program has to sign with.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// `AWS_ACCESS_KEY_ID`.
    pub access_key_id: String,
    /// `AWS_SECRET_ACCESS_KEY`. The fake AWS knows who calls by the id, and checks no signature.
    pub secret_access_key: String,
    /// `AWS_SESSION_TOKEN`.
    pub session_token: Option<String>,
}

/// What a result token is good for.
#[derive(Clone, Debug)]
pub(crate) struct ResultToken {
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) rule: String,
    pub(crate) issued: Timestamp,
    pub(crate) live: bool,
}

impl World {
    /// A world without accounts. The same seed and the same calls make the same ids.
    pub fn new(seed: u64) -> Self {
        Self {
            clock: Clock::default(),
            organization: None,
            accounts: BTreeMap::new(),
            keys: BTreeMap::new(),
            tokens: BTreeMap::new(),
            api_homes: BTreeMap::new(),
            rng: ChaCha8Rng::seed_from_u64(seed),
            pending: Vec::new(),
            witness: Witness::default(),
        }
    }

    /// Adds an account, or a Region to an account that is there.
    pub fn add_account(&mut self, partition: &str, id: &str, region: &str) -> &mut Region {
        let account = self.accounts.entry(id.into()).or_insert_with(|| Account {
            id: id.into(),
            partition: partition.into(),
            roles: BTreeMap::new(),
            regions: BTreeMap::new(),
        });
        let key = Key {
            account: id.into(),
            role: None,
            arn: format!("arn:{partition}:sts::{id}:assumed-role/function/fake_aws"),
            session_token: None,
            expires: None,
            assumed_by: None,
        };
        self.keys.insert(own_key(id), key);
        account.regions.entry(region.into()).or_insert_with(|| Region::new(partition, id, region))
    }

    /// The accounts by id.
    pub fn accounts(&self) -> impl Iterator<Item = &Account> {
        self.accounts.values()
    }

    /// The credentials of an account's own, which never end.
    pub fn credentials(&self, account: &str) -> Credentials {
        Credentials {
            access_key_id: own_key(account),
            secret_access_key: "fake_aws-secret".into(),
            session_token: None,
        }
    }

    /// The credentials of another process in an account: the same, but with an access key of its own.
    ///
    /// # Panics
    /// If the account was not added.
    pub fn another_key(&mut self, account: &str) -> Credentials {
        let key = self.keys.get(&own_key(account)).expect("the account was added").clone();
        let access_key_id = format!("ASIA{account}{}", self.word(6).to_uppercase());
        self.keys.insert(access_key_id.clone(), key);
        Credentials { access_key_id, ..self.credentials(account) }
    }

    /// Makes a role in `account` that `trusted` may assume.
    pub fn trust(&mut self, account: &str, role: &str, trusted: &str) {
        let account = self.accounts.get_mut(account).expect("the account was added");
        account.roles.entry(role.into()).or_default().insert(trusted.into());
    }

    /// Removes a role; credentials that were given for it stay good, as AWS's do.
    pub fn remove_role(&mut self, account: &str, role: &str) {
        self.accounts.get_mut(account).expect("the account was added").roles.remove(role);
    }

    /// Ends every credential that was given by AssumeRole.
    pub fn expire_assumed_credentials(&mut self) {
        let now = self.clock.real();
        for key in self.keys.values_mut().filter(|key| key.role.is_some()) {
            key.expires = Some(now);
        }
    }

    /// Lets every certificate grow older by so many days.
    pub fn advance_days(&mut self, days: i64) {
        self.clock.advance(SignedDuration::from_hours(days * 24));
    }

    /// One account in one Region.
    ///
    /// # Panics
    /// Where it was not added.
    pub fn region(&self, account: &str, region: &str) -> &Region {
        self.try_region(account, region).expect("the account and Region were added")
    }

    /// The same, to change; what Config is to see of a change goes through the world's own methods.
    ///
    /// # Panics
    /// Where it was not added.
    pub fn region_mut(&mut self, account: &str, region: &str) -> &mut Region {
        self.accounts
            .get_mut(account)
            .and_then(|account| account.regions.get_mut(region))
            .expect("the account and Region were added")
    }

    pub(crate) fn try_region(&self, account: &str, region: &str) -> Option<&Region> {
        self.accounts.get(account)?.regions.get(region)
    }

    /// The account and Region of an API or a stage, by its ARN.
    pub fn home_of(&self, arn: &str) -> Option<(&str, &str)> {
        let api = arn.split_once("::/")?.1.split('/').nth(1)?;
        self.api_homes.get(api).map(|(account, region)| (account.as_str(), region.as_str()))
    }

    /// A stage that exists, and its API, in whichever account it is.
    pub fn stage(&self, arn: &str) -> Option<(&Api, &Stage)> {
        let (account, region) = self.home_of(arn)?;
        self.try_region(account, region)?.stage(arn)
    }

    /// Makes a rule; `parameters` is what its events carry as `ruleParameters`.
    pub fn add_rule(&mut self, account: &str, region: &str, name: &str, parameters: Option<&str>) {
        let id = format!("config-rule-{}", self.word(6));
        let region = self.region_mut(account, region);
        let arn =
            format!("arn:{}:config:{}:{}:config-rule/{id}", region.partition, region.name, region.account);
        let rule = Rule {
            name: name.into(),
            id,
            arn,
            parameters: parameters.map(Into::into),
            scope: None,
            evaluations: BTreeMap::new(),
            taken: 0,
        };
        region.rules.insert(name.into(), rule);
    }

    /// Gives a rule a scope.
    ///
    /// # Panics
    /// If there is no such rule.
    pub fn set_scope(&mut self, account: &str, region: &str, rule: &str, scope: Scope) {
        let rule = self.region_mut(account, region).rules.get_mut(rule).expect("the rule was added");
        rule.scope = Some(scope);
    }

    /// A live result token for a rule.
    pub fn issue_token(&mut self, account: &str, region: &str, rule: &str) -> String {
        let issued = self.clock.now();
        let token = format!("fake_aws-{:032x}", self.rng.random::<u128>());
        let good_for = ResultToken {
            account: account.into(),
            region: region.into(),
            rule: rule.into(),
            issued,
            live: true,
        };
        self.tokens.insert(token.clone(), good_for);
        token
    }

    /// Ends a result token.
    pub fn expire_token(&mut self, token: &str) {
        if let Some(token) = self.tokens.get_mut(token) {
            token.live = false;
        }
    }

    /// Ends every result token that was given so far.
    pub fn expire_all_tokens(&mut self) {
        self.tokens.values_mut().for_each(|token| token.live = false);
    }

    /// Events of changes that were made over HTTP (`UpdateStage`, `TagResource`) since this was last asked.
    pub fn take_pending_events(&mut self) -> Vec<Value> {
        std::mem::take(&mut self.pending)
    }

    /// So many random lower-case letters and digits, the first of them a letter.
    pub(crate) fn word(&mut self, length: usize) -> String {
        const LETTERS: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789";
        let mut word = String::with_capacity(length);
        for at in 0..length {
            let among = if at == 0 { 26 } else { LETTERS.len() };
            word.push(char::from(LETTERS[self.rng.random_range(0..among)]));
        }
        word
    }

    pub(crate) fn uuid(&mut self) -> String {
        let hex = format!("{:032x}", self.rng.random::<u128>());
        format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
    }
}

fn own_key(account: &str) -> String {
    format!("ASIA{account}OWN0")
}
