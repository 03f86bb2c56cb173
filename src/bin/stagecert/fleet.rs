//! Concurrent scans of live accounts and Regions.

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
use crate::hint::NO_REGION;
use crate::output;
use crate::progress::Progress;
use crate::scan_results::ScannedAccountRegion;

/// The number of accounts and Regions that are read at the same time. Each account has its own
/// limit on API calls.
const CONCURRENCY: usize = 16;

/// The scan of each account and Region, and the failures outside them.
type Evaluated = (Vec<ScannedAccountRegion>, Vec<Failure>);

/// Scans the accounts and Regions that the arguments select. A failure in one does not affect the
/// results of the others.
pub(crate) async fn scan(args: &LiveArgs, given: &ParameterArgs, quiet: bool) -> Result<Evaluated, Failure> {
    let mut parameters = with_inventory(given)?;
    if parameters.inventory != Inventory::Auto && args.aggregator.is_some() {
        return Err(Failure::Parameter {
            key: "inventory".into(),
            value: "together with --aggregator".into(),
            allowed: "only one of them: --aggregator already determines where stages are listed".into(),
        });
    }
    let region = args.aggregator_region.as_deref().or(args.region.first().map(String::as_str));
    let aws = Aws::load_profile(region, args.profile.as_deref()).await?;
    if !args.all_regions {
        ensure_region(&aws)?;
    }
    let home = aws.home(None, Deadline::none()).await?;
    let now = crate::clock::now();
    let mut unread = None;
    if let (Some(location), None) = (&parameters.exemptions, &parameters.exemption_document) {
        match aws.exemption_document(location, &home, now, Deadline::none()).await {
            Ok(document) => parameters.exemption_document = Some(document),
            // Stages that no exemption could change are evaluated even without the document.
            Err(failure) => unread = Some(failure),
        }
    }
    let fleet = Fleet { aws: &aws, home: &home, parameters: &parameters, args, quiet, now };
    let accounts = fleet.accounts().await?;
    let (mut scanned, mut failures) = match &args.aggregator {
        Some(aggregator) => fleet.aggregated(aggregator, accounts.as_deref()).await?,
        None => fleet.direct(accounts.unwrap_or_else(|| vec![home.account.clone()])).await,
    };
    scanned.sort_by(|one, other| one.account_region.cmp(&other.account_region));
    failures.extend(unread);
    failures.sort_by_key(ToString::to_string);
    Ok((scanned, failures))
}

/// Takes a snapshot of one account and Region.
pub(crate) async fn snapshot(args: &SnapshotArgs) -> Result<Snapshot, Failure> {
    let parameters = with_inventory(&args.parameters)?;
    let aws = Aws::load_profile(args.region.as_deref(), args.profile.as_deref()).await?;
    ensure_region(&aws)?;
    let home = aws.home(None, Deadline::none()).await?;
    let account = args.account.as_deref().unwrap_or(&home.account);
    let reached = aws.assume_account(&home, account, args.role_name.as_deref()).await?;
    let account = reached.open(&home.region, crate::clock::now());
    account.limit_api_gateway_calls(parameters.api_gateway_calls_per_second);
    account.snapshot(&parameters).await
}

/// Fails if neither an option nor the settings name a Region.
pub(crate) fn ensure_region(aws: &Aws) -> Result<(), Failure> {
    if aws.default_region().is_some() {
        return Ok(());
    }
    Err(Failure::Malformed {
        field: NO_REGION.into(),
        problem: "none of --region, AWS_REGION, AWS_DEFAULT_REGION and the profile's `region` is set".into(),
    })
}

/// The parameters as given, with `inventory=auto` as the default: a user of the command line should
/// not need to know where stages can be listed.
fn with_inventory(given: &ParameterArgs) -> Result<Parameters, Failure> {
    let mut parameters = given.parameters()?;
    if given.raw()?.text("inventory").is_none() {
        parameters.inventory = Inventory::Auto;
    }
    Ok(parameters)
}

struct Fleet<'a> {
    aws: &'a Aws,
    /// The account and Region of the credentials.
    home: &'a AccountRegion,
    parameters: &'a Parameters,
    args: &'a LiveArgs,
    quiet: bool,
    now: Timestamp,
}

/// An account and Region to scan, with its stages if an aggregator listed them.
struct Target<'a> {
    account: Rc<AssumedAccount<'a>>,
    region: String,
    listing: Option<Listing>,
}

impl<'a> Fleet<'a> {
    /// The accounts given by --accounts, or those of the organization; `None` with neither option.
    async fn accounts(&self) -> Result<Option<Vec<String>>, Failure> {
        let live = self.args;
        if live.organization {
            let organization = self.reach(&self.home.account).await?.organization().await?;
            if organization.inactive > 0 {
                self.note(&format!(
                    "{} accounts of the organization are not ACTIVE and are skipped",
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

    /// Scans these accounts in all Regions that are given or enabled.
    async fn direct(&self, accounts: Vec<String>) -> Evaluated {
        // All accounts are opened before the first stage is read: a response that is not polled
        // while other accounts are evaluated would time out.
        let reaching = stream::iter(accounts).map(|account| self.reach_regions(account));
        let reached: Vec<Result<Vec<Target<'a>>, Failure>> = reaching.buffered(CONCURRENCY).collect().await;
        let (mut targets, mut failures) = (Vec::new(), Vec::new());
        for account in reached {
            match account {
                Ok(regions) => targets.extend(regions),
                Err(failure) => failures.push(failure),
            }
        }
        (self.evaluate(targets).await, failures)
    }

    async fn reach_regions(&self, account: String) -> Result<Vec<Target<'a>>, Failure> {
        let account = Rc::new(self.reach(&account).await?);
        let mut regions = self.args.region.clone();
        if self.args.all_regions {
            regions = account.regions().await?;
        } else if regions.is_empty() {
            regions.push(self.home.region.clone());
        }
        regions.sort();
        regions.dedup();
        let target = |region| Target { account: Rc::clone(&account), region, listing: None };
        Ok(regions.into_iter().map(target).collect())
    }

    /// Scans the accounts and Regions in which an aggregator lists stages.
    async fn aggregated(&self, aggregator: &str, accounts: Option<&[String]>) -> Result<Evaluated, Failure> {
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
                    let scanned = listings
                        .into_iter()
                        .map(|(account_region, listing)| self.unread(account_region, listing));
                    unread.extend(scanned);
                }
            }
        }
        let mut scanned = self.evaluate(targets).await;
        scanned.extend(unread);
        Ok((scanned, failures))
    }

    /// Opens an account: that of the credentials directly, others with the role.
    async fn reach(&self, account: &str) -> Result<AssumedAccount<'a>, Failure> {
        let own = self.parameters.execution_role_name.as_deref();
        let role = self.args.role_name.as_deref().or(own);
        let role = if account == self.home.account { own } else { role };
        self.aws.assume_account(self.home, account, role).await
    }

    async fn evaluate(&self, targets: Vec<Target<'a>>) -> Vec<ScannedAccountRegion> {
        let mut progress = Progress::over(targets.len(), self.quiet);
        let mut scanned = Vec::with_capacity(targets.len());
        let evaluations = stream::iter(targets).map(|target| Box::pin(self.evaluate_one(target)));
        let mut evaluations = evaluations.buffer_unordered(CONCURRENCY);
        while let Some(one) = evaluations.next().await {
            progress.done(&one);
            scanned.push(one);
        }
        scanned
    }

    async fn evaluate_one(&self, target: Target<'a>) -> ScannedAccountRegion {
        let account = target.account.open(&target.region, self.now);
        account.limit_api_gateway_calls(self.parameters.api_gateway_calls_per_second);
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

    /// The scan of an account that could not be opened, but whose stages an aggregator listed.
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
