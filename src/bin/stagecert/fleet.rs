//! Concurrent scans of live accounts and Regions.

use std::collections::BTreeMap;
use std::rc::Rc;

use futures_util::{StreamExt, stream};
use jiff::Timestamp;
use stagecert::Failure;
use stagecert::account::Account;
use stagecert::account::listing::Listing;
use stagecert::aws::{AssumedAccount, Aws, LiveAccount};
use stagecert::deadline::Deadline;
use stagecert::parameters::{Inventory, Parameters};
use stagecert::resources::account_region::AccountRegion;
use stagecert::resources::stage_arn::StageArn;
use stagecert::scan::{Observer, Scan};
use tokio::sync::Mutex;

use crate::activity::Activity;
use crate::args::{LiveArgs, ParameterArgs};
use crate::deployed_rule::{DeployedRule, with_inventory};
use crate::exemption_reader::ExemptionReader;
use crate::hint::is_denial;
pub(crate) use crate::live_snapshot::snapshot;
use crate::output;
use crate::progress::Progress;
use crate::reading::{Read, Reading, read};
use crate::region::ensure_region;
use crate::scan_results::ScannedAccountRegion;

/// The number of accounts and Regions that are read at the same time. Each account has its own
/// limit on API calls.
const CONCURRENCY: usize = 16;

/// The scan of each account and Region, and the failures outside them.
type Scanned = (Vec<ScannedAccountRegion>, Vec<Failure>);

/// What a scan returns.
pub(crate) struct Evaluated {
    pub(crate) scanned: Vec<ScannedAccountRegion>,
    /// The failures outside these accounts and Regions.
    pub(crate) failures: Vec<Failure>,
    /// The parameters; those of a deployed rule combined over all accounts and Regions.
    pub(crate) parameters: Parameters,
}

/// Scans the accounts and Regions that the arguments select. A failure in one does not affect the
/// results of the others.
///
/// With `rule`, the parameters are those of this Config rule in each account and Region, overridden
/// by those given.
pub(crate) async fn scan(
    args: &LiveArgs,
    given: &ParameterArgs,
    rule: Option<&str>,
    reading: Reading,
    quiet: bool,
) -> Result<Evaluated, Failure> {
    let exemptions = given.exemption_document()?;
    let given = given.raw()?;
    let parameters = with_inventory(&given)?;
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
    let deployed = rule.map(|rule| DeployedRule::new(rule, &given));
    let now = crate::clock::now();
    let fleet = Fleet {
        aws: &aws,
        home: &home,
        parameters: &parameters,
        deployed: deployed.as_ref(),
        exemptions: ExemptionReader { aws: &aws, given: exemptions, now, reading: Mutex::default() },
        args,
        reading,
        quiet,
        now,
    };
    let accounts = fleet.accounts().await?;
    let (mut scanned, mut failures) = match &args.aggregator {
        Some(aggregator) => fleet.aggregated(aggregator, accounts.as_deref()).await?,
        None => fleet.direct(accounts.unwrap_or_else(|| vec![home.account.clone()])).await,
    };
    scanned.sort_by(|one, other| one.account_region.cmp(&other.account_region));
    failures.sort_by_key(ToString::to_string);
    deployed.iter().flat_map(DeployedRule::notes).for_each(|note| fleet.note(&note));
    let combined = deployed.and_then(DeployedRule::into_combined);
    Ok(Evaluated { scanned, failures, parameters: combined.unwrap_or(parameters) })
}

/// Whether both failures are about the same operation.
fn is_same(one: &Failure, other: &Failure) -> bool {
    match (one, other) {
        (Failure::Operation { operation: one, .. }, Failure::Operation { operation: other, .. }) => {
            one == other
        }
        _ => false,
    }
}

struct Fleet<'a> {
    aws: &'a Aws,
    /// The account and Region of the credentials.
    home: &'a AccountRegion,
    parameters: &'a Parameters,
    deployed: Option<&'a DeployedRule<'a>>,
    exemptions: ExemptionReader<'a>,
    args: &'a LiveArgs,
    reading: Reading,
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
    async fn direct(&self, accounts: Vec<String>) -> Scanned {
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
    async fn aggregated(&self, aggregator: &str, accounts: Option<&[String]>) -> Result<Scanned, Failure> {
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
        let total = targets.len();
        let mut progress = Progress::over(total, self.quiet);
        let activity = &progress.activity(total, self.quiet);
        let mut scanned = Vec::with_capacity(targets.len());
        let evaluations = stream::iter(targets).map(|target| Box::pin(self.evaluate_one(target, activity)));
        let mut evaluations = evaluations.buffer_unordered(CONCURRENCY);
        while let Some(one) = evaluations.next().await {
            if self.reading.results {
                progress.done(&one);
            } else {
                progress.advance(1, &one.account_region.to_string());
            }
            scanned.push(one);
        }
        scanned
    }

    async fn evaluate_one(&self, target: Target<'a>, activity: &Activity) -> ScannedAccountRegion {
        let account = target.account.open(&target.region, self.now);
        let mut evaluated = self.scan_account(&account, target.listing, activity).await;
        let is_denied = |failure: &Failure| failure.code().is_some_and(is_denial);
        let failures = match &mut evaluated {
            Ok((scan, _)) => &scan.failures,
            Err(failure) => std::slice::from_ref(failure),
        };
        if failures.iter().any(is_denied) {
            let mut others = Vec::new();
            if self.reading.needs_stages(self.parameters) {
                others = account.probe_permissions().await;
            }
            if !self.reading.checks(self.parameters).front_door.is_empty() {
                others.extend(account.probe_front_door_permissions().await);
            }
            others.retain(|other| is_denied(other) && !failures.iter().any(|known| is_same(known, other)));
            let (mut scan, backends) = evaluated
                .unwrap_or_else(|failure| (Scan { failures: vec![failure], ..Scan::default() }, None));
            scan.failures.extend(others);
            evaluated = Ok((scan, backends));
        }
        ScannedAccountRegion::of(account.account_region().clone(), self.now, evaluated)
    }

    async fn scan_account(
        &self,
        account: &LiveAccount,
        listing: Option<Listing>,
        activity: &Activity,
    ) -> Result<Read, Failure> {
        let deployed = match self.deployed {
            Some(rule) => Some(rule.parameters_in(account).await?),
            None => None,
        };
        let mut parameters = deployed.unwrap_or_else(|| self.parameters.clone());
        let unread = self.exemptions.add_to(&mut parameters, account.account_region()).await;
        account.limit_api_gateway_calls(parameters.api_gateway_calls_per_second);
        let listing = match listing {
            _ if !self.reading.needs_stages(&parameters) => None,
            Some(listing) => Some(listing),
            None => Some(account.stages(parameters.inventory).await?),
        };
        let observe = |step| activity.add(step, parameters.api_gateway_calls_per_second);
        let observer = Observer::new(&observe);
        let (mut scan, backends) =
            read(self.reading, account, listing, &parameters, self.now, observer).await;
        scan.failures.extend(unread);
        Ok((scan, backends))
    }

    /// The scan of an account that could not be opened, but whose stages an aggregator listed.
    fn unread(&self, account_region: AccountRegion, listing: Listing) -> ScannedAccountRegion {
        let mut not_evaluated: Vec<StageArn> = listing.stages.into_iter().map(|stage| stage.arn).collect();
        not_evaluated.sort();
        let stages = not_evaluated.iter().map(StageArn::label).collect();
        let mut failures = vec![Failure::Unreported { stages, location: (&account_region).into() }];
        failures.extend(listing.unreadable.into_iter().map(|unreadable| unreadable.failure));
        let scan = Scan { not_evaluated, failures, listed_from: listing.from, ..Scan::default() };
        ScannedAccountRegion { account_region, at: self.now, scan, backends: None }
    }

    fn note(&self, text: &str) {
        if !self.quiet {
            output::note(text);
        }
    }
}
