//! Lists what is behind each stage of an account and Region. Nothing is evaluated.

mod listed;

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};

use futures_util::{StreamExt, stream};
use jiff::Timestamp;

use crate::Failure;
use crate::account::Account;
use crate::account::deployed_apis::{Deployed, DeployedApis};
use crate::account::integrations::{HttpIntegrations, StageVariables, V2Integrations};
use crate::account::listing::Listing;
use crate::evaluation::scope::is_included;
use crate::parameters::Parameters;
use crate::reads::CONCURRENCY;
use crate::reads::can_be_exported;
use crate::reads::observer::{Observer, Step};
use crate::resources::backend::{Gap, StageBackends};
use crate::resources::stage::Stage;
use crate::resources::stage_arn::StageArn;
pub use listed::{Flag, Host, ListedBackend, hosts, listed};

/// The maximum number of failed exports per API. After that, its other stages are skipped.
const MAX_FAILED_EXPORTS: usize = 10;

/// The backends of the stages of an account and Region.
#[derive(Debug, Default)]
pub struct BackendInventory {
    /// The stages whose integrations were read, in the order of their ARNs.
    pub stages: Vec<StageBackends>,
    /// The stages whose integrations could not be read, in the order of their ARNs.
    pub not_read: Vec<StageArn>,
    /// Why these integrations, or the variables of other stages, could not be read.
    pub failures: Vec<Failure>,
}

/// Whether the parameters select a stage: `includeStages` includes it, and `excludeStages` does not
/// exempt it from all checks at the instant `now`.
#[must_use]
pub fn is_selected(stage: &StageArn, parameters: &Parameters, now: Timestamp) -> bool {
    let label = stage.label();
    let is_excluded = parameters
        .exclude_stages
        .iter()
        .any(|it| it.exemption.checks.is_none() && it.glob.matches(&label) && !it.exemption.has_lapsed(now));
    is_included(stage, parameters) && !is_excluded
}

/// The backends of the selected stages of a listing. Each stage of a REST API is exported, at the
/// rate of the account, and the steps are reported to `observer`.
///
/// A failure affects only the stages that need what could not be read.
pub async fn backends<A: Account + DeployedApis>(
    account: &A,
    listing: &Listing,
    parameters: &Parameters,
    now: Timestamp,
    observer: Observer<'_>,
) -> BackendInventory {
    let selected: Vec<&Stage> =
        listing.stages.iter().filter(|stage| is_selected(&stage.arn, parameters, now)).collect();
    observer.notify(Step::Listed(selected.len()));
    let (rest, v2): (Vec<&Stage>, Vec<&Stage>) =
        selected.into_iter().partition(|stage| can_be_exported(stage));
    let reading = Reading { account, observer };
    let mut inventory = BackendInventory::default();
    reading.v2_stages(v2, &mut inventory).await;
    let concurrency = parameters.api_gateway_calls_per_second.concurrency();
    reading.rest_stages(rest, concurrency, &mut inventory).await;
    inventory.stages.sort_by(|one, other| one.stage.cmp(&other.stage));
    inventory.not_read.sort();
    if !inventory.not_read.is_empty() {
        let stages = inventory.not_read.iter().map(StageArn::label).collect();
        let location = account.account_region().into();
        inventory.failures.insert(0, Failure::Unreported { stages, location });
    }
    inventory
}

struct Reading<'a, A> {
    account: &'a A,
    observer: Observer<'a>,
}

impl<A: Account + DeployedApis> Reading<'_, A> {
    async fn v2_stages(&self, stages: Vec<&Stage>, inventory: &mut BackendInventory) {
        if stages.is_empty() {
            return;
        }
        let integrations = match self.account.v2_integrations().await {
            Ok(integrations) => integrations,
            Err(failure) => {
                inventory.failures.push(failure);
                inventory.not_read.extend(stages.iter().map(|stage| stage.arn.clone()));
                return;
            }
        };
        let variables = self.v2_variables(&stages, &integrations, inventory).await;
        for stage in &stages {
            let (known, is_complete) = integrations.of_api(stage.arn.api_id());
            let gaps = if is_complete { Vec::new() } else { vec![Gap::NotRecorded] };
            let values = variables.get(stage.arn.as_str());
            inventory.stages.push(of_stage(stage, &known, values, gaps));
        }
        self.observer.notify(Step::Evaluated(stages.len()));
    }

    /// The variables of V2 stages, if a stage needs one.
    async fn v2_variables(
        &self,
        stages: &[&Stage],
        integrations: &V2Integrations,
        inventory: &mut BackendInventory,
    ) -> HashMap<String, StageVariables> {
        let apis = integrations.apis_with_variables();
        if !stages.iter().any(|stage| apis.contains(stage.arn.api_id())) {
            return HashMap::new();
        }
        self.account.v2_stage_variables().await.unwrap_or_else(|failure| {
            inventory.failures.push(failure);
            HashMap::new()
        })
    }

    async fn rest_stages(&self, stages: Vec<&Stage>, concurrency: usize, inventory: &mut BackendInventory) {
        self.observer.notify(Step::ExportsNeeded(stages.len()));
        let failed: RefCell<HashMap<&str, usize>> = RefCell::default();
        let failed = &failed;
        let exports = stream::iter(stages).map(|stage| async move {
            let api = stage.arn.api_arn();
            // An API that failed this often will fail again, and other APIs need the calls.
            if failed.borrow().get(api).is_some_and(|failed| *failed >= MAX_FAILED_EXPORTS) {
                return (stage, None);
            }
            let deployed = self.account.deployed_integrations(&stage.arn).await;
            if deployed.is_err() {
                *failed.borrow_mut().entry(api).or_default() += 1;
            }
            self.observer.notify(Step::Exported);
            (stage, Some(deployed))
        });
        let mut read: Vec<(&Stage, HttpIntegrations, Vec<Gap>)> = Vec::new();
        for (stage, deployed) in exports.buffered(concurrency).collect::<Vec<_>>().await {
            let canary = stage.has_canary().then_some(Gap::Canary);
            let (integrations, gap) = match deployed {
                Some(Ok(Deployed::Http(integrations))) => (integrations, None),
                Some(Ok(Deployed::NotExportable(message))) => {
                    (HttpIntegrations::default(), Some(Gap::NotExportable(message)))
                }
                Some(Ok(Deployed::NotFound)) => (HttpIntegrations::default(), Some(Gap::NotFound)),
                Some(Err(failure)) => {
                    inventory.failures.push(failure);
                    inventory.not_read.push(stage.arn.clone());
                    continue;
                }
                None => {
                    inventory.not_read.push(stage.arn.clone());
                    continue;
                }
            };
            read.push((stage, integrations, gap.into_iter().chain(canary).collect()));
        }
        let variables = self.rest_variables(&read, inventory).await;
        inventory.stages.extend(read.into_iter().map(|(stage, integrations, gaps)| {
            let of_api = variables.get(stage.arn.api_arn());
            let values = of_api.and_then(|of_api| of_api.get(stage.arn.stage_name()));
            of_stage(stage, &integrations, values, gaps)
        }));
    }

    /// The variables of the stages of the REST APIs that need one, by API ARN and stage name.
    async fn rest_variables(
        &self,
        read: &[(&Stage, HttpIntegrations, Vec<Gap>)],
        inventory: &mut BackendInventory,
    ) -> HashMap<String, HashMap<String, StageVariables>> {
        let needs = read.iter().filter(|(_, integrations, _)| !integrations.variables().is_empty());
        let apis: BTreeMap<&str, &StageArn> =
            needs.map(|(stage, ..)| (stage.arn.api_arn(), &stage.arn)).collect();
        let reads = stream::iter(apis.into_values())
            .map(|stage| async move { (stage, self.account.rest_stage_variables(stage).await) });
        let mut variables = HashMap::new();
        for (stage, of_api) in reads.buffered(CONCURRENCY).collect::<Vec<_>>().await {
            match of_api {
                Ok(of_api) => _ = variables.insert(stage.api_arn().to_owned(), of_api),
                Err(failure) => inventory.failures.push(failure),
            }
        }
        variables
    }
}

fn of_stage(
    stage: &Stage,
    integrations: &HttpIntegrations,
    values: Option<&StageVariables>,
    gaps: Vec<Gap>,
) -> StageBackends {
    let none = StageVariables::new();
    StageBackends {
        stage: stage.arn.clone(),
        certificate: stage.certificate.clone(),
        backends: integrations.backends(values.unwrap_or(&none)),
        gaps,
    }
}
