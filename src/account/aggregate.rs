//! What an aggregator of Config's knows: rows of many accounts and Regions, and how far they can be relied on.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;

use serde_json::Value;

use crate::Failure;
use crate::account::listing::{ListedFrom, Listing, Unreadable};
use crate::account::rows::{self, certificates_of, listing_of};
use crate::failure::{Cause, Location, Obstacle};
use crate::quote::quoted;
use crate::resources::account_region::{AccountRegion, is_account_id, is_region};
use crate::resources::stage_arn::StageArn;

const ROWS: &str = "SelectAggregateResourceConfig";
/// The operation that says which accounts and Regions an aggregator covers.
pub(crate) const SOURCES: &str = "DescribeConfigurationAggregatorSourcesStatus";

/// Asks for all stages of both types, and where they are.
#[must_use]
pub fn all_stages() -> String {
    rows::all_stages().replacen("SELECT ", "SELECT accountId, awsRegion, ", 1)
}

/// The stages that an aggregator shows, and what it can't show.
#[derive(Debug)]
pub struct Aggregate {
    /// By account and Region, of those that have some.
    pub listings: BTreeMap<AccountRegion, Listing>,
    /// Rows that belong to no place, and sources that are not up to date: by account, where it is one's.
    pub failures: Vec<(Option<String>, Failure)>,
    /// The Regions that it collects from.
    pub regions: BTreeSet<String>,
    /// The accounts that it collects from, where they are told by themselves.
    accounts: BTreeSet<String>,
    /// Whether it collects from an organization, whichever accounts that has.
    organization: bool,
    aggregator: String,
    account_region: AccountRegion,
}

/// An account or an organization, in one Region, that an aggregator collects from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Source {
    /// `None` for an organization.
    pub account: Option<String>,
    /// The Region that is collected.
    pub region: Option<String>,
    /// What keeps it from being up to date; `None` where nothing does.
    pub problem: Option<String>,
}

impl Aggregate {
    /// Reads the rows and sources of the aggregator of that name, which is in `account_region`.
    #[must_use]
    pub fn read(
        aggregator: &str,
        account_region: &AccountRegion,
        rows: Vec<Value>,
        sources: Vec<Source>,
    ) -> Self {
        let mut aggregate = Self {
            listings: BTreeMap::new(),
            failures: Vec::new(),
            regions: sources.iter().filter_map(|source| source.region.clone()).collect(),
            accounts: BTreeSet::new(),
            organization: false,
            aggregator: aggregator.into(),
            account_region: account_region.clone(),
        };
        let mut by_place: BTreeMap<AccountRegion, Vec<Value>> = BTreeMap::new();
        let mut strays = Vec::new();
        for row in rows {
            match place_of(&row, &account_region.partition) {
                Ok(account_region) => by_place.entry(account_region).or_default().push(row),
                Err(problem) => strays.push((row, problem)),
            }
        }
        for (account_region, rows) in by_place {
            let listing = Listing { from: Some(ListedFrom::Aggregator), ..listing_of(ROWS, &rows) };
            aggregate.listings.insert(account_region, listing);
        }
        for (row, problem) in strays {
            aggregate.add_stray(&row, &problem);
        }
        if sources.is_empty() {
            let failure = aggregate.failure(
                &account_region.account,
                &account_region.region,
                "the aggregator has no source",
            );
            aggregate.failures.push((None, failure));
        }
        for source in sources {
            aggregate.add(source);
        }
        aggregate
    }

    /// Leaves only these accounts, and says which of them the aggregator does not cover. Of those of an organization that it
    /// collects from, it is not told.
    pub fn hold_to(&mut self, accounts: &[String]) {
        self.listings.retain(|account_region, _| accounts.contains(&account_region.account));
        self.failures.retain(|(account, _)| account.as_ref().is_none_or(|of| accounts.contains(of)));
        if self.organization {
            return;
        }
        for account in accounts.iter().filter(|account| !self.accounts.contains(*account)) {
            let text = "the aggregator does not cover the account".to_owned();
            let cause = Cause::new(text, Some(Obstacle::NotInAggregator), None);
            let failure = self.failure(account, &self.account_region.region, cause);
            self.failures.push((Some(account.clone()), failure));
        }
    }

    /// A stage of no place that can be told may be a peer of any: of its account's, or of all where that is not told either.
    fn add_stray(&mut self, row: &Value, problem: &str) {
        let account = row.get("accountId").and_then(Value::as_str).filter(|id| is_account_id(id));
        let may_be_there =
            |account_region: &AccountRegion| account.is_none_or(|account| account_region.account == account);
        for (_, listing) in
            self.listings.iter_mut().filter(|(account_region, _)| may_be_there(account_region))
        {
            listing.unreadable.push(Unreadable {
                resource_id: None,
                api_arn: None,
                certificates: certificates_of(row),
                failure: Failure::malformed(ROWS, problem),
            });
        }
        self.failures.push((account.map(Into::into), Failure::malformed(ROWS, problem)));
    }

    fn add(&mut self, source: Source) {
        let account = source.account.clone();
        if let Some(problem) = source.problem {
            let region = source.region.as_deref().unwrap_or(&self.account_region.region);
            let named = account.as_deref().unwrap_or(&self.account_region.account);
            let failure = self.failure(named, region, format!("the source is not up to date: {problem}"));
            self.failures.push((account.clone(), failure));
        }
        match account {
            Some(account) => {
                self.accounts.insert(account);
            }
            None => self.organization = true,
        }
    }

    fn failure(
        &self,
        account: &str,
        region: &str,
        source: impl Into<Box<dyn Error + Send + Sync>>,
    ) -> Failure {
        Failure::Operation {
            operation: SOURCES,
            resource: self.aggregator.clone(),
            location: Location { account: account.into(), region: region.into() },
            code: None,
            source: source.into(),
        }
    }
}

/// Where a row's stage is. What the row says and its ARN must agree: a role of that account will be assumed.
fn place_of(row: &Value, partition: &str) -> Result<AccountRegion, String> {
    let text = |name: &str| row.get(name).and_then(Value::as_str).unwrap_or_default();
    let (account, region, resource) = (text("accountId"), text("awsRegion"), text("resourceId"));
    if !is_account_id(account) || !is_region(region) {
        return Err(format!(
            "{}: a row of account \"{}\", Region \"{}\"",
            quoted(resource),
            quoted(account),
            quoted(region)
        ));
    }
    if let Ok(arn) = StageArn::parse(resource)
        && (arn.region(), arn.partition()) != (region, partition)
    {
        return Err(format!("{arn}: a row of Region {region} in the partition {partition}"));
    }
    Ok(AccountRegion { partition: partition.into(), account: account.into(), region: region.into() })
}
