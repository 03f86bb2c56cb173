//! A scan of live accounts: which accounts and Regions, by whose credentials, side by side.

use std::collections::BTreeMap;
use std::rc::Rc;

use futures_util::{StreamExt, stream};
use jiff::Timestamp;
use stagecert::Failure;
use stagecert::account::Account;
use stagecert::account::listing::Listing;
use stagecert::aws::{AssumedAccount, Aws};
use stagecert::deadline::Deadline;
use stagecert::parameters::{Inventory, Parameters};
use stagecert::resources::account_region::AccountRegion;
use stagecert::resources::stage_arn::StageArn;
use stagecert::scan::{Scan, scan_listed};
use stagecert::snapshot::Snapshot;

use crate::args::{LiveArgs, ParameterArgs, SnapshotArgs};
use crate::output;
use crate::progress::Progress;
use crate::scan_results::ScannedAccountRegion;

/// How many accounts and Regions are read at once; each keeps to its own account's call budget.
const CONCURRENCY: usize = 16;

/// What was found in each place, and what went wrong outside of any.
type Judged = (Vec<ScannedAccountRegion>, Vec<Failure>);

/// Judges what the arguments name, each place by itself: what fails in one costs no other its result.
pub(crate) async fn scan(args: &LiveArgs, given: &ParameterArgs, quiet: bool) -> Result<Judged, Failure> {
    let parameters = with_inventory(given)?;
    if parameters.inventory != Inventory::Auto && args.aggregator.is_some() {
        return Err(Failure::Parameter {
            key: "inventory".into(),
            value: "together with --aggregator".into(),
            allowed: "one of them: the aggregator is where the stages are read from".into(),
        });
    }
    let region = args.aggregator_region.as_deref().or(args.region.first().map(String::as_str));
    let aws = Aws::load_profile(region, args.profile.as_deref()).await;
    let home = aws.home(None, Deadline::none()).await?;
    let fleet =
        Fleet { aws: &aws, home: &home, parameters: &parameters, args, quiet, now: crate::clock::now() };
    let accounts = fleet.accounts().await?;
    let (mut places, mut failures) = match &args.aggregator {
        Some(aggregator) => fleet.aggregated(aggregator, accounts.as_deref()).await?,
        None => fleet.direct(accounts.unwrap_or_else(|| vec![home.account.clone()])).await,
    };
    places.sort_by(|one, other| one.account_region.cmp(&other.account_region));
    failures.sort_by_key(ToString::to_string);
    Ok((places, failures))
}

/// Takes a snapshot of one account and Region.
pub(crate) async fn snapshot(args: &SnapshotArgs) -> Result<Snapshot, Failure> {
    let parameters = with_inventory(&args.parameters)?;
    let aws = Aws::load_profile(args.region.as_deref(), args.profile.as_deref()).await;
    let home = aws.home(None, Deadline::none()).await?;
    let account = args.account.as_deref().unwrap_or(&home.account);
    let reached = aws.assume_account(&home, account, args.role_name.as_deref()).await?;
    reached.open(&home.region, crate::clock::now()).snapshot(&parameters).await
}

/// The parameters as given. Who looks need not know where the stages are to be had.
fn with_inventory(given: &ParameterArgs) -> Result<Parameters, Failure> {
    let mut parameters = given.parameters()?;
    if given.raw()?.text("inventory").is_none() {
        parameters.inventory = Inventory::Auto;
    }
    Ok(parameters)
}

struct Fleet<'a> {
    aws: &'a Aws,
    /// Whose credentials they are.
    home: &'a AccountRegion,
    parameters: &'a Parameters,
    args: &'a LiveArgs,
    quiet: bool,
    now: Timestamp,
}

/// An account and Region that is to be read, with its stages where an aggregator has told them.
struct Target<'a> {
    account: Rc<AssumedAccount<'a>>,
    region: String,
    listing: Option<Listing>,
}

impl<'a> Fleet<'a> {
    /// The accounts that were named, or are the organization's; `None` where neither was asked for.
    async fn accounts(&self) -> Result<Option<Vec<String>>, Failure> {
        let live = self.args;
        if live.organization {
            let organization = self.reach(&self.home.account).await?.organization().await?;
            if organization.inactive > 0 {
                self.note(&format!(
                    "{} accounts of the organization are not ACTIVE and not read",
                    organization.inactive
                ));
            }
            return Ok(Some(organization.active));
        }
        let mut named = live.accounts.clone();
        named.sort();
        named.dedup();
        Ok((!named.is_empty()).then_some(named))
    }

    /// All given or enabled Regions of these accounts.
    async fn direct(&self, accounts: Vec<String>) -> Judged {
        // Before the first stage is read: an answer that nobody waits for, while others are judged, would be given up.
        let reaching = stream::iter(accounts).map(|account| self.reach_regions(account));
        let reached: Vec<Result<Vec<Target<'a>>, Failure>> = reaching.buffered(CONCURRENCY).collect().await;
        let (mut targets, mut failures) = (Vec::new(), Vec::new());
        for account in reached {
            match account {
                Ok(regions) => targets.extend(regions),
                Err(failure) => failures.push(failure),
            }
        }
        (self.judge(targets).await, failures)
    }

    async fn reach_regions(&self, account: String) -> Result<Vec<Target<'a>>, Failure> {
        let account = Rc::new(self.reach(&account).await?);
        let mut regions = self.args.region.clone();
        if self.args.all_regions {
            regions = account.regions().await?;
        }
        regions.sort();
        regions.dedup();
        let target = |region| Target { account: Rc::clone(&account), region, listing: None };
        Ok(regions.into_iter().map(target).collect())
    }

    /// The accounts and Regions in which an aggregator shows stages.
    async fn aggregated(&self, aggregator: &str, accounts: Option<&[String]>) -> Result<Judged, Failure> {
        let own = self.reach(&self.home.account).await?;
        let mut aggregate = own.open(&self.home.region, self.now).aggregate(aggregator).await?;
        let regions: Vec<&str> = aggregate.regions.iter().map(String::as_str).collect();
        self.note(&format!("the aggregator {aggregator} covers the Regions {}", regions.join(", ")));
        if let Some(accounts) = accounts {
            aggregate.retain_accounts(accounts);
        }
        let mut failures: Vec<Failure> = aggregate.failures.into_iter().map(|(_, failure)| failure).collect();
        let mut by_account: BTreeMap<String, Vec<(AccountRegion, Listing)>> = BTreeMap::new();
        for (account_region, listing) in aggregate.listings {
            by_account.entry(account_region.account.clone()).or_default().push((account_region, listing));
        }
        let reaching = stream::iter(by_account)
            .map(|(account, listings)| async move { (self.reach(&account).await, listings) });
        let reached: Vec<_> = reaching.buffered(CONCURRENCY).collect().await;
        let (mut targets, mut unread) = (Vec::new(), Vec::new());
        for (account, listings) in reached {
            match account.map(Rc::new) {
                Ok(account) => targets.extend(listings.into_iter().map(|(account_region, listing)| Target {
                    account: Rc::clone(&account),
                    region: account_region.region,
                    listing: Some(listing),
                })),
                Err(failure) => {
                    failures.push(failure);
                    let places = listings
                        .into_iter()
                        .map(|(account_region, listing)| self.unread(account_region, listing));
                    unread.extend(places);
                }
            }
        }
        let mut places = self.judge(targets).await;
        places.extend(unread);
        Ok((places, failures))
    }

    /// The process's own account is read with its own credentials, others with the role.
    async fn reach(&self, account: &str) -> Result<AssumedAccount<'a>, Failure> {
        let own = self.parameters.execution_role_name.as_deref();
        let role = self.args.role_name.as_deref().or(own);
        let role = if account == self.home.account { own } else { role };
        self.aws.assume_account(self.home, account, role).await
    }

    async fn judge(&self, targets: Vec<Target<'a>>) -> Vec<ScannedAccountRegion> {
        let mut progress = Progress::over(targets.len(), self.quiet);
        let mut places = Vec::with_capacity(targets.len());
        let judging = stream::iter(targets).map(|target| Box::pin(self.judge_one(target)));
        let mut judging = judging.buffer_unordered(CONCURRENCY);
        while let Some(account_region) = judging.next().await {
            progress.done(&account_region);
            places.push(account_region);
        }
        places
    }

    async fn judge_one(&self, target: Target<'a>) -> ScannedAccountRegion {
        let account = target.account.open(&target.region, self.now);
        let listing = match target.listing {
            Some(listing) => Ok(listing),
            None => account.stages(self.parameters.inventory).await,
        };
        let evaluated = match listing {
            Ok(listing) => Ok(scan_listed(&account, listing, self.parameters, self.now).await),
            Err(failure) => Err(failure),
        };
        ScannedAccountRegion::of(account.account_region().clone(), self.now, evaluated)
    }

    /// A place whose stages are known, and nothing else.
    fn unread(&self, account_region: AccountRegion, listing: Listing) -> ScannedAccountRegion {
        let mut not_evaluated: Vec<StageArn> = listing.stages.into_iter().map(|stage| stage.arn).collect();
        not_evaluated.sort();
        let stages = not_evaluated.iter().map(StageArn::label).collect();
        let mut failures = vec![Failure::Unreported { stages, location: (&account_region).into() }];
        failures.extend(listing.unreadable.into_iter().map(|unreadable| unreadable.failure));
        let scan = Scan { not_evaluated, failures, listed_from: listing.from, ..Scan::default() };
        ScannedAccountRegion { account_region, at: self.now, scan }
    }

    fn note(&self, text: &str) {
        if !self.quiet {
            output::note(text);
        }
    }
}
