//! The world: accounts, who may act in them, and everything shared across them.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::Value;

use crate::clock::Clock;
use crate::front_door::buckets::Bucket;
use crate::front_door::contents::Content;
use crate::model::{Api, Region, Rule, Scope, Stage};
use crate::rule::Runs;
use crate::stack_sets::{OrganizationalUnit, StackSet};
use crate::witness::Witness;

/// The whole world. A clone is independent of its original, with which tests go back in time.
#[derive(Clone, Debug)]
pub struct World {
    /// The world's clock.
    pub clock: Clock,
    /// The organization of all accounts.
    pub organization: Option<Organization>,
    /// CloudFormation's StackSets by name.
    pub stack_sets: BTreeMap<String, StackSet>,
    /// S3's buckets by name.
    pub buckets: BTreeMap<String, Bucket>,
    /// The presigned URLs that were returned, by signature.
    pub(crate) presigned: BTreeMap<String, Presigned>,
    pub(crate) accounts: BTreeMap<String, Account>,
    pub(crate) keys: BTreeMap<String, Key>,
    pub(crate) tokens: BTreeMap<String, ResultToken>,
    /// The account and Region of each API; API IDs are unique in a world.
    pub(crate) api_homes: BTreeMap<String, (String, String)>,
    pub(crate) rng: ChaCha8Rng,
    /// The number of client certificates generated so far.
    pub(crate) generated: usize,
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
    /// The accounts trusted by each role.
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
    /// Whether `ListAccounts` still returns `Status`, which is retired as of September 2026.
    pub returns_status: bool,
    /// Its organizational units and its root by ID.
    pub units: BTreeMap<String, OrganizationalUnit>,
    /// The service principals with trusted access.
    pub trusted_services: BTreeSet<String>,
}

/// The identity behind an access key ID.
#[derive(Clone, Debug)]
pub struct Key {
    /// The account that calls with this key act in.
    pub account: String,
    /// The assumed role; `None` for the account's own key.
    pub role: Option<String>,
    /// The ARN that `GetCallerIdentity` returns.
    pub arn: String,
    /// The session token that calls must include.
    pub session_token: Option<String>,
    /// When the key expires, by the real clock.
    pub expires: Option<Timestamp>,
    /// The access key of the process that assumed the role.
    pub assumed_by: Option<String>,
}

/// Credentials for a program.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// `AWS_ACCESS_KEY_ID`.
    pub access_key_id: String,
    /// `AWS_SECRET_ACCESS_KEY`. The fake AWS identifies callers by key ID and checks no signatures.
    pub secret_access_key: String,
    /// `AWS_SESSION_TOKEN`.
    pub session_token: Option<String>,
}

/// What a result token is valid for.
#[derive(Clone, Debug)]
pub(crate) struct ResultToken {
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) rule: String,
    pub(crate) issued: Timestamp,
    pub(crate) live: bool,
}

/// The object that a presigned URL is for.
#[derive(Clone, Debug)]
pub(crate) struct Presigned {
    pub(crate) account: String,
    pub(crate) region: String,
    /// The path of the URL.
    pub(crate) path: String,
    /// By the certificates' clock.
    pub(crate) expires: Timestamp,
    pub(crate) content: Content,
}

impl World {
    /// A world without accounts. The same seed and the same calls create the same IDs.
    pub fn new(seed: u64) -> Self {
        Self {
            clock: Clock::default(),
            organization: None,
            stack_sets: BTreeMap::new(),
            buckets: BTreeMap::new(),
            presigned: BTreeMap::new(),
            accounts: BTreeMap::new(),
            keys: BTreeMap::new(),
            tokens: BTreeMap::new(),
            api_homes: BTreeMap::new(),
            rng: ChaCha8Rng::seed_from_u64(seed),
            generated: 0,
            pending: Vec::new(),
            witness: Witness::default(),
        }
    }

    /// Adds an account, or a Region to an existing account.
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

    /// All accounts, by ID.
    pub fn accounts(&self) -> impl Iterator<Item = &Account> {
        self.accounts.values()
    }

    /// The account's own credentials, which never expire.
    pub fn credentials(&self, account: &str) -> Credentials {
        Credentials {
            access_key_id: own_key(account),
            secret_access_key: "fake_aws-secret".into(),
            session_token: None,
        }
    }

    /// Credentials for another process in an account: the same identity with a different access
    /// key.
    ///
    /// # Panics
    /// If the account was not added.
    pub fn another_key(&mut self, account: &str) -> Credentials {
        let key = self.keys.get(&own_key(account)).expect("the account was added").clone();
        let access_key_id = format!("ASIA{account}{}", self.word(6).to_uppercase());
        self.keys.insert(access_key_id.clone(), key);
        Credentials { access_key_id, ..self.credentials(account) }
    }

    /// Creates a role in `account` that `trusted` may assume.
    pub fn trust(&mut self, account: &str, role: &str, trusted: &str) {
        let account = self.accounts.get_mut(account).expect("the account was added");
        account.roles.entry(role.into()).or_default().insert(trusted.into());
    }

    /// Removes a role; credentials issued for it remain valid, as on AWS.
    pub fn remove_role(&mut self, account: &str, role: &str) {
        self.accounts.get_mut(account).expect("the account was added").roles.remove(role);
    }

    /// Expires all credentials issued by AssumeRole.
    pub fn expire_assumed_credentials(&mut self) {
        let now = self.clock.real();
        for key in self.keys.values_mut().filter(|key| key.role.is_some()) {
            key.expires = Some(now);
        }
    }

    /// Ages every certificate by this many days.
    pub fn advance_days(&mut self, days: i64) {
        self.clock.advance(SignedDuration::from_hours(days * 24));
    }

    /// One account and Region.
    ///
    /// # Panics
    /// If it was not added.
    pub fn region(&self, account: &str, region: &str) -> &Region {
        self.try_region(account, region).expect("the account and Region were added")
    }

    /// One account and Region, mutable. Changes that Config should see go through the methods of
    /// `World`.
    ///
    /// # Panics
    /// If it was not added.
    pub fn region_mut(&mut self, account: &str, region: &str) -> &mut Region {
        self.accounts
            .get_mut(account)
            .and_then(|account| account.regions.get_mut(region))
            .expect("the account and Region were added")
    }

    pub(crate) fn try_region(&self, account: &str, region: &str) -> Option<&Region> {
        self.accounts.get(account)?.regions.get(region)
    }

    /// The account and Region of an API or stage, by ARN.
    pub fn home_of(&self, arn: &str) -> Option<(&str, &str)> {
        let api = arn.split_once("::/")?.1.split('/').nth(1)?;
        self.api_homes.get(api).map(|(account, region)| (account.as_str(), region.as_str()))
    }

    /// An existing stage and its API, in any account.
    pub fn stage(&self, arn: &str) -> Option<(&Api, &Stage)> {
        let (account, region) = self.home_of(arn)?;
        self.try_region(account, region)?.stage(arn)
    }

    /// Creates a rule; `parameters` is the `ruleParameters` of its events.
    pub fn add_rule(&mut self, account: &str, region: &str, name: &str, parameters: Option<&str>) {
        let id = format!("config-rule-{}", self.word(6));
        let now = self.clock.real();
        let hours = |hours: i64| Some(now - SignedDuration::from_hours(hours));
        let runs =
            Runs { activated: hours(24 * 30), invoked: hours(1), evaluated: hours(1), ..Runs::default() };
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
            accepted: 0,
            scheduled_only: false,
            runs,
        };
        region.rules.insert(name.into(), rule);
    }

    /// Creates a rule without scope that Config runs on a schedule only.
    pub fn add_scheduled_rule(&mut self, account: &str, region: &str, name: &str, parameters: Option<&str>) {
        self.add_rule(account, region, name, parameters);
        let rule = self.region_mut(account, region).rules.get_mut(name).expect("it was just added");
        rule.scheduled_only = true;
    }

    /// Sets a rule's scope.
    ///
    /// # Panics
    /// If there is no such rule.
    pub fn set_scope(&mut self, account: &str, region: &str, rule: &str, scope: Scope) {
        let rule = self.region_mut(account, region).rules.get_mut(rule).expect("the rule was added");
        rule.scope = Some(scope);
    }

    /// Issues a live result token for a rule.
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

    /// Expires a result token.
    pub fn expire_token(&mut self, token: &str) {
        if let Some(token) = self.tokens.get_mut(token) {
            token.live = false;
        }
    }

    /// Expires all result tokens issued so far.
    pub fn expire_all_tokens(&mut self) {
        self.tokens.values_mut().for_each(|token| token.live = false);
    }

    /// Events for changes made over HTTP (`UpdateStage`, `TagResource`) since the last call.
    pub fn take_pending_events(&mut self) -> Vec<Value> {
        std::mem::take(&mut self.pending)
    }

    /// Random lowercase letters and digits, starting with a letter.
    pub(crate) fn word(&mut self, length: usize) -> String {
        const LETTERS: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789";
        let mut word = String::with_capacity(length);
        for at in 0..length {
            let among = if at == 0 { 26 } else { LETTERS.len() };
            word.push(char::from(LETTERS[self.rng.random_range(0..among)]));
        }
        word
    }

    /// Random hexadecimal digits, at most 32.
    pub(crate) fn hex(&mut self, length: usize) -> String {
        let mut hex = format!("{:032x}", self.rng.random::<u128>());
        hex.truncate(length);
        hex
    }

    pub(crate) fn uuid(&mut self) -> String {
        let hex = format!("{:032x}", self.rng.random::<u128>());
        format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
    }
}

fn own_key(account: &str) -> String {
    format!("ASIA{account}OWN0")
}
