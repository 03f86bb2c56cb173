//! The exports and stage variables of a snapshot.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use futures_util::{StreamExt, TryStreamExt, stream};
use serde_json::{Value, json};

use crate::Failure;
use crate::account::Account;
use crate::account::deployed_apis::DeployedApis;
use crate::account::export::essential;
use crate::account::integrations::{HttpIntegrations, StageVariables, V2Integrations, variables_field};
use crate::aws::LiveAccount;
use crate::aws::read::exports::Exported;
use crate::deadline::Deadline;
use crate::parameters::{Inventory, Parameters};
use crate::reads::observer::{Observer, Step};
use crate::reads::{EarlierResults, Reader, can_be_exported};
use crate::resources::stage::Stage;
use crate::resources::stage_arn::{StageArn, StageType};
use crate::scan::backends::is_selected;
use crate::scan::sweep::{PreviousFacts, Sweep};
use crate::snapshot::{Snapshot, SnapshotAccount};

/// What a snapshot contains in addition to what a scan reads, and who is informed of the progress.
#[derive(Clone, Copy, Debug)]
pub struct SnapshotOptions<'a> {
    /// Whether all selected stages are exported, with the stage variables in their integrations, so
    /// that the snapshot has all backends.
    pub with_backends: bool,
    /// Whether the snapshot has the front door: APIs, custom domain names and what guards them.
    pub with_front_door: bool,
    /// Receives the steps of the exports.
    pub observer: Observer<'a>,
}

/// The names of the stage variables that determine the backends of stages.
type Needed = BTreeMap<StageArn, BTreeSet<String>>;

impl LiveAccount {
    /// Adds the exports that a scan needs and, if `options` ask for backends, those of all selected
    /// stages and the stage variables that they refer to.
    pub(super) async fn add_exports(
        &self,
        snapshot: &mut Snapshot,
        parameters: &Parameters,
        options: SnapshotOptions<'_>,
    ) -> Result<(), Failure> {
        let account = SnapshotAccount::new(snapshot, &self.account_region);
        let listing = account.stages(Inventory::Config).await?;
        let needs_export = needs_export(&account, &listing.stages, parameters, self.now).await?;
        let mut needed: HashSet<&StageArn> = HashSet::new();
        let mut integrations = BTreeMap::new();
        for stage in listing.stages.iter().filter(|stage| needs_export.contains(&stage.arn)) {
            needed.insert(&stage.arn);
            let api = stage.arn.api_id();
            if stage.has_canary() && !integrations.contains_key(api) {
                let types = self.integration_types(&stage.arn).await?;
                // A method without an integration counts as HTTP, as any unknown type does.
                let types = types.into_iter().map(Option::unwrap_or_default).collect();
                integrations.insert(api.to_owned(), types);
            }
        }
        let is_selected = |stage: &Stage| is_selected(&stage.arn, parameters, self.now);
        let selected: Vec<&Stage> =
            listing.stages.iter().filter(|stage| options.with_backends && is_selected(stage)).collect();
        let is_exported = |stage: &&Stage| {
            can_be_exported(stage)
                && (needed.contains(&stage.arn) || (options.with_backends && is_selected(stage)))
        };
        let exported: Vec<&Stage> = listing.stages.iter().filter(is_exported).collect();
        options.observer.notify(Step::Listed(listing.stages.len()));
        options.observer.notify(Step::Evaluated(listing.stages.len() - exported.len()));
        options.observer.notify(Step::ExportsNeeded(exported.len()));
        let concurrency = parameters.api_gateway_calls_per_second.concurrency();
        let needed = &needed;
        let exports = stream::iter(exported).map(|stage| async move {
            let document = self.exported_document(&stage.arn, needed.contains(&stage.arn)).await?;
            options.observer.notify(Step::Exported);
            Ok::<_, Failure>(document.map(|document| (stage.arn.clone(), document)))
        });
        let exports: Vec<_> = exports.buffered(concurrency).try_collect().await?;
        let exports: Vec<(StageArn, Value)> = exports.into_iter().flatten().collect();
        let variables = if options.with_backends {
            let mut names = referenced(&exports);
            names.extend(referenced_by_v2(&snapshot.integrations, &selected));
            self.variables(names).await?
        } else {
            HashMap::new()
        };
        snapshot.add_variables(&variables);
        snapshot.exports.extend(exports.into_iter().map(|(arn, document)| (arn.as_str().into(), document)));
        snapshot.current_integrations = integrations;
        Ok(())
    }

    /// The export of a stage; `None` if it can't be exported. A document that is not `whole` has
    /// only what its backends are read from.
    async fn exported_document(&self, stage: &StageArn, whole: bool) -> Result<Option<Value>, Failure> {
        let Exported::Document(document) = self.export(stage, "integrations").await? else { return Ok(None) };
        let document: Value = serde_json::from_slice(&document).map_err(|error| {
            self.call("GetExport", stage.as_str())
                .invalid_response(format!("the export is not JSON: {error}"))
        })?;
        Ok(Some(if whole { document } else { essential(&document) }))
    }

    /// The variables with these names that the stages have. Nothing is requested for stages that
    /// need none.
    async fn variables(&self, names: Needed) -> Result<HashMap<StageArn, StageVariables>, Failure> {
        let mut by_api: HashMap<String, HashMap<String, StageVariables>> = HashMap::new();
        let mut of_v2 = None;
        let mut found = HashMap::new();
        for (stage, names) in names {
            let all = match stage.stage_type() {
                StageType::ApiV2 => {
                    if of_v2.is_none() {
                        of_v2 = Some(self.v2_stage_variables().await?);
                    }
                    of_v2.as_ref().and_then(|all| all.get(stage.as_str()))
                }
                StageType::RestApi => {
                    if !by_api.contains_key(stage.api_id()) {
                        let of_api = self.rest_stage_variables(&stage).await?;
                        by_api.insert(stage.api_id().into(), of_api);
                    }
                    by_api.get(stage.api_id()).and_then(|of_api| of_api.get(stage.stage_name()))
                }
            };
            // Other variables may be secrets.
            let mut variables = all.cloned().unwrap_or_default();
            variables.retain(|name, _| names.contains(name));
            found.insert(stage, variables);
        }
        Ok(found)
    }
}

/// The stages whose export a scan of the account needs.
async fn needs_export(
    account: &SnapshotAccount<'_>,
    stages: &[Stage],
    parameters: &Parameters,
    now: jiff::Timestamp,
) -> Result<HashSet<StageArn>, Failure> {
    if stages.is_empty() {
        return Ok(HashSet::new());
    }
    let listing = account.stages(Inventory::Config).await?;
    let reader = Reader {
        observer: Observer::default(),
        earlier_results: EarlierResults::default(),
        account,
        parameters,
        deadline: Deadline::none(),
        exemptions: parameters.exemptions_of(account.account_region()),
        persists_results: false,
    };
    let out_of_scope = HashSet::new();
    let sweep = Sweep { reader: &reader, listing: &listing, out_of_scope: &out_of_scope, now };
    let remaining = sweep.evaluate_without_export(|_| PreviousFacts::default(), &mut Vec::new()).await;
    let needs_export = remaining.needs_export.into_iter().filter(|stage| can_be_exported(stage));
    Ok(needs_export.map(|stage| stage.arn.clone()).collect())
}

/// The variables that exports refer to.
fn referenced(exports: &[(StageArn, Value)]) -> Needed {
    let of_export = |(stage, document): &(StageArn, Value)| {
        let integrations = HttpIntegrations::of_export(document.to_string().as_bytes()).ok()??;
        Some((stage.clone(), owned(&integrations)?))
    };
    exports.iter().filter_map(of_export).collect()
}

/// The variables that the integrations of V2 stages refer to.
fn referenced_by_v2(rows: &[Value], stages: &[&Stage]) -> Needed {
    let integrations = V2Integrations::of_rows(rows);
    let v2 = stages.iter().filter(|stage| stage.arn.stage_type() == StageType::ApiV2);
    let of_stage = |stage: &&Stage| {
        let (integrations, _) = integrations.of_api(stage.arn.api_id());
        Some((stage.arn.clone(), owned(&integrations)?))
    };
    v2.filter_map(of_stage).collect()
}

/// The names of the variables; `None` if there are none.
fn owned(integrations: &HttpIntegrations) -> Option<BTreeSet<String>> {
    let names = integrations.variables();
    (!names.is_empty()).then(|| names.into_iter().map(str::to_owned).collect())
}

impl Snapshot {
    /// Adds variables to the rows of their stages.
    fn add_variables(&mut self, variables: &HashMap<StageArn, StageVariables>) {
        for row in &mut self.stages {
            let arn = row.get("resourceId").and_then(Value::as_str).map(StageArn::parse);
            let Some(Ok(arn)) = arn else { continue };
            let Some(variables) = variables.get(&arn).filter(|variables| !variables.is_empty()) else {
                continue;
            };
            if let Some(configuration) = row.get_mut("configuration").and_then(Value::as_object_mut) {
                configuration.insert(variables_field(arn.stage_type()).into(), json!(variables));
            }
        }
    }
}
