//! The stages that a Config aggregator shows for many accounts and Regions, and how up to date its
//! data is.

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

/// The operation that returns the rows of stages.
const ROWS: &str = "SelectAggregateResourceConfig";
/// The operation that returns the accounts and Regions that an aggregator covers.
pub(crate) const SOURCES: &str = "DescribeConfigurationAggregatorSourcesStatus";

/// The query for all stages of both types, with their accounts and Regions.
#[must_use]
pub fn all_stages() -> String {
    rows::all_stages().replacen("SELECT ", "SELECT accountId, awsRegion, ", 1)
}

/// The stages that an aggregator shows, and the gaps in its data.
#[derive(Debug)]
pub struct Aggregate {
    /// The stages of each account and Region that has any.
    pub listings: BTreeMap<AccountRegion, Listing>,
    /// Rows without a valid account and Region, and sources that are not up to date, each with its
    /// account if that is known.
    pub failures: Vec<(Option<String>, Failure)>,
    /// The Regions from which the aggregator collects data.
    pub regions: BTreeSet<String>,
    /// The accounts that are listed individually as sources.
    accounts: BTreeSet<String>,
    /// Whether an organization is a source; its accounts are not listed.
    organization: bool,
    aggregator: String,
    account_region: AccountRegion,
}

/// A source of an aggregator: an account or an organization in one Region.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Source {
    /// The account id; `None` for an organization.
    pub account: Option<String>,
    /// The Region of the source.
    pub region: Option<String>,
    /// Why the source's data is not up to date; `None` if it is up to date.
    pub problem: Option<String>,
}

impl Aggregate {
    /// The stages and gaps in the rows and sources of an aggregator, which is in `account_region`.
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
        let mut by_account_region: BTreeMap<AccountRegion, Vec<Value>> = BTreeMap::new();
        let mut unplaced = Vec::new();
        for row in rows {
            match account_region_of(&row, &account_region.partition) {
                Ok(account_region) => by_account_region.entry(account_region).or_default().push(row),
                Err(problem) => unplaced.push((row, problem)),
            }
        }
        for (account_region, rows) in by_account_region {
            let listing = Listing { from: Some(ListedFrom::Aggregator), ..listing_of(ROWS, &rows) };
            aggregate.listings.insert(account_region, listing);
        }
        for (row, problem) in unplaced {
            aggregate.add_unplaced(&row, &problem);
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
            aggregate.add_source(source);
        }
        aggregate
    }

    /// Keeps only the data of these accounts, and adds a failure for each account that the
    /// aggregator does not cover.
    ///
    /// No failures are added if an organization is a source, because its accounts are not listed.
    pub fn retain_accounts(&mut self, accounts: &[String]) {
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

    /// Adds a row without a valid account and Region.
    ///
    /// Its stage may be a peer of any stage in its account, or in all accounts if the row's account
    /// is not valid either.
    fn add_unplaced(&mut self, row: &Value, problem: &str) {
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

    fn add_source(&mut self, source: Source) {
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

/// The account and Region of a row, which must match the stage's ARN because a role in that account
/// will be assumed.
fn account_region_of(row: &Value, partition: &str) -> Result<AccountRegion, String> {
    let text = |name: &str| row.get(name).and_then(Value::as_str).unwrap_or_default();
    let (account, region, resource) = (text("accountId"), text("awsRegion"), text("resourceId"));
    if !is_account_id(account) || !is_region(region) {
        return Err(format!(
            "{}: row with account \"{}\" and Region \"{}\"",
            quoted(resource),
            quoted(account),
            quoted(region)
        ));
    }
    if let Ok(arn) = StageArn::parse(resource)
        && (arn.region(), arn.partition()) != (region, partition)
    {
        return Err(format!("{arn}: row with Region {region} and partition {partition}"));
    }
    Ok(AccountRegion { partition: partition.into(), account: account.into(), region: region.into() })
}
