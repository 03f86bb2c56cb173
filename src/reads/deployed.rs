//! Reads the backends deployed on stages. This is the most expensive read, so it is made only for
//! stages whose result depends on it and, if possible, once per deployment.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use futures_util::{Stream, StreamExt, stream};

use crate::Failure;
use crate::account::Account;
use crate::checks::stage::certificate_attached::{Backends, Undetermined};
use crate::deadline::is_past;
use crate::evaluation::facts::Reads;
use crate::reads::observer::Step;
use crate::reads::{Partial, Reader};
use crate::resources::stage::{DeploymentId, Stage};
use crate::resources::stage_arn::{StageArn, StageType};

/// The maximum number of failed exports per API. After that, its other stages are skipped.
const MAX_FAILED_EXPORTS: u32 = 10;

/// The outcome of exporting a stage.
#[derive(Debug)]
pub(crate) enum Export {
    /// The export was read or failed.
    Read(Result<Backends, Failure>),
    /// API Gateway reports that the stage does not exist.
    NotFound,
    /// No time was left for the export.
    OutOfTime,
    /// Too many exports of the same API have failed.
    Skipped,
}

impl Export {
    /// The backends, if they were read.
    pub(crate) fn backends(self) -> Option<Backends> {
        match self {
            Self::Read(read) => read.ok(),
            Self::NotFound | Self::OutOfTime | Self::Skipped => None,
        }
    }
}

/// Backends from previous results, by stage, for stages with a canary, which must still be checked.
pub(crate) type KnownBackends = HashMap<StageArn, Backends>;

impl<A: Account> Reader<'_, A> {
    /// Reads the backends of the stages and adds them to `reads`. Stages for which no time is left
    /// are skipped and named in an `OutOfTime` failure.
    pub(crate) async fn read_backends<'s>(
        &self,
        stages: impl IntoIterator<Item = &'s Stage>,
        reads: &mut Reads,
    ) {
        // Don't repeat an export that has just failed.
        let untried: Vec<&Stage> =
            stages.into_iter().filter(|stage| !reads.export_attempted(&stage.arn)).collect();
        for stage in &untried {
            reads.stage_mut(&stage.arn).export_attempted = true;
        }
        self.backends(untried).await.add_to(reads);
    }

    /// Reads the backends of the stages.
    pub(crate) async fn backends(&self, stages: Vec<&Stage>) -> Deployed {
        let (to_export, others): (Vec<&Stage>, Vec<&Stage>) =
            stages.into_iter().partition(|stage| can_be_exported(stage));
        let mut deployed =
            Deployed { partial: self.backends_without_export(&others).await, ..Deployed::default() };
        let exports = self.exports(by_deployment(to_export), KnownBackends::new());
        for (stage, export) in exports.collect::<Vec<_>>().await {
            deployed.add(stage, export);
        }
        deployed.partial.failures.extend(self.out_of_time(std::mem::take(&mut deployed.out_of_time)));
        deployed
    }

    /// The backends of V2 stages, which have no export.
    pub(crate) async fn backends_without_export(&self, stages: &[&Stage]) -> Partial<StageArn, Backends> {
        let mut partial = Partial::default();
        if !stages.is_empty() {
            match self.account.integrations().await {
                Ok(integrations) => {
                    let backends = |stage: &&Stage| (stage.arn.clone(), integrations.backends(&stage.arn));
                    partial.found.extend(stages.iter().map(backends));
                }
                Err(failure) => partial.failures.push(failure),
            }
        }
        partial
    }

    /// Exports the stages in the order of their deployments, a few deployments concurrently. The
    /// rate is limited per account.
    ///
    /// If one stage has HTTP backends, so do the other stages on its deployment, which are then not
    /// exported. The absence of HTTP is checked for each stage, because a stage may have been
    /// redeployed after it was listed.
    pub(crate) fn exports<'s>(
        &self,
        deployments: Vec<Vec<&'s Stage>>,
        known: KnownBackends,
    ) -> impl Stream<Item = (&'s Stage, Export)> {
        let failed: Rc<RefCell<HashMap<Rc<str>, u32>>> = Rc::default();
        let known = Rc::new(known);
        let concurrency = self.parameters.api_gateway_calls_per_second.concurrency();
        let export = move |stages: Vec<&'s Stage>| {
            let (failed, known) = (Rc::clone(&failed), Rc::clone(&known));
            async move {
                let mut exports = Vec::with_capacity(stages.len());
                let mut http: Option<Backends> = None;
                for stage in stages {
                    let export = match http.clone() {
                        Some(http) => Export::Read(Ok(http)),
                        None => self.export(stage, known.get(&stage.arn), &failed).await,
                    };
                    if let Export::Read(Ok(found @ Backends::Http { .. })) = &export
                        && found.evidence().is_some()
                    {
                        http = Some(found.clone());
                    }
                    self.observer.notify(Step::Exported);
                    exports.push((stage, export));
                }
                stream::iter(exports)
            }
        };
        stream::iter(deployments).map(export).buffered(concurrency).flatten()
    }

    async fn export(
        &self,
        stage: &Stage,
        known: Option<&Backends>,
        failed: &RefCell<HashMap<Rc<str>, u32>>,
    ) -> Export {
        if is_past(self.deadline.reads()) {
            return Export::OutOfTime;
        }
        let api = stage.arn.api_arn();
        // An API that failed this often will fail again, and other APIs need the calls.
        if failed.borrow().get(api).is_some_and(|failed| *failed >= MAX_FAILED_EXPORTS) {
            return Export::Skipped;
        }
        match self.deployed(stage, known).await {
            Ok(Some(backends)) => Export::Read(Ok(backends)),
            Ok(None) => Export::NotFound,
            Err(failure) => {
                *failed.borrow_mut().entry(api.into()).or_default() += 1;
                Export::Read(Err(failure))
            }
        }
    }

    /// The backends of a stage, including its canary; `None` if API Gateway reports that the stage
    /// does not exist.
    ///
    /// An export never shows a canary's deployment, which was created from an earlier state of the
    /// API's resources. If the current resources have HTTP integrations, nothing else has to be
    /// read.
    async fn deployed(&self, stage: &Stage, known: Option<&Backends>) -> Result<Option<Backends>, Failure> {
        if stage.has_canary() && self.may_call_http(stage).await? {
            return Ok(Some(Backends::undetermined(Undetermined::Canary)));
        }
        let found = match known {
            Some(known) => Some((known.clone(), canary_of(stage))),
            None if self.persists_results => self.confirmed_export(stage).await?,
            None => {
                let exported = self.account.exported(&stage.arn).await?;
                let found = exported.map(|found| found.in_deployment(stage.deployment.clone()));
                if found.is_none() {
                    self.confirm_gone(stage).await?;
                }
                found.map(|found| (found, canary_of(stage)))
            }
        };
        let Some((found, canary)) = found else { return Ok(None) };
        Ok(Some(match (found, canary) {
            // The canary is newer than the listing.
            (Backends::NoHttp { .. }, Some(_))
                if !stage.has_canary() && self.may_call_http(stage).await? =>
            {
                Backends::undetermined(Undetermined::Canary)
            }
            (Backends::NoHttp { deployment, .. }, Some(canary)) => {
                Backends::NoHttp { deployment, canary: Some(canary), current: false }
            }
            (found, _) => found,
        }))
    }

    /// Whether the API's current integrations have, or may have, HTTP backends.
    async fn may_call_http(&self, stage: &Stage) -> Result<bool, Failure> {
        let current = self.account.current_integrations(&stage.arn).await?;
        Ok(!matches!(current, Backends::NoHttp { .. }))
    }

    /// The export of a stage, and its canary. The backends get the listed deployment's id only if
    /// API Gateway reported that deployment before the export and, if they have no HTTP, also after
    /// it.
    ///
    /// `GetStage` is called first because most stages without a certificate have no HTTP backends,
    /// and their export would have to be repeated otherwise.
    async fn confirmed_export(
        &self,
        stage: &Stage,
    ) -> Result<Option<(Backends, Option<DeploymentId>)>, Failure> {
        let Some(before) = self.account.live_stage(&stage.arn).await? else { return Ok(None) };
        let Some(found) = self.account.exported(&stage.arn).await? else {
            self.confirm_gone(stage).await?;
            return Ok(None);
        };
        if !matches!(found, Backends::NoHttp { .. }) {
            let deployment = stage.deployment.clone().filter(|_| before.deployment == stage.deployment);
            return Ok(Some((found.in_deployment(deployment), canary_of(stage))));
        }
        let Some(after) = self.account.live_stage(&stage.arn).await? else { return Ok(None) };
        if before.deployment != after.deployment || before.canary != after.canary {
            return Ok(Some((Backends::undetermined(Undetermined::Redeployed), None)));
        }
        let deployment = stage.deployment.clone().filter(|listed| after.deployment.as_ref() == Some(listed));
        Ok(Some((found.in_deployment(deployment), canary_of(&after))))
    }

    /// Confirms with `GetStage` that a stage whose export was not found does not exist.
    async fn confirm_gone(&self, stage: &Stage) -> Result<(), Failure> {
        match self.account.live_stage(&stage.arn).await? {
            None => Ok(()),
            Some(_) => Err(Failure::Operation {
                operation: "GetExport",
                resource: stage.arn.to_string(),
                location: self.account.account_region().into(),
                code: None,
                source: "GetExport does not find the stage, but GetStage does".into(),
            }),
        }
    }

    /// The failure that names the stages that there was no time to export, as `apiId/stageName`;
    /// `None` if there are none.
    pub(crate) fn out_of_time(&self, left: Vec<String>) -> Option<Failure> {
        let location = || self.account.account_region().into();
        (!left.is_empty()).then(|| Failure::OutOfTime { operation: "GetExport", left, location: location() })
    }
}

/// The backends read for some stages.
#[derive(Debug, Default)]
pub(crate) struct Deployed {
    pub(crate) partial: Partial<StageArn, Backends>,
    /// The stages that no longer exist.
    pub(crate) gone: Vec<StageArn>,
    /// The stages that there was no time for.
    pub(crate) out_of_time: Vec<String>,
}

impl Deployed {
    /// Adds the outcome of one export.
    pub(crate) fn add(&mut self, stage: &Stage, export: Export) {
        match export {
            Export::Read(Ok(backends)) => _ = self.partial.found.insert(stage.arn.clone(), backends),
            Export::Read(Err(failure)) => self.partial.failures.push(failure),
            Export::NotFound => self.gone.push(stage.arn.clone()),
            Export::OutOfTime => self.out_of_time.push(stage.arn.label()),
            Export::Skipped => {}
        }
    }

    /// Moves everything to `reads`.
    pub(crate) fn add_to(&mut self, reads: &mut Reads) {
        for (stage, backends) in self.partial.found.drain() {
            reads.stage_mut(&stage).backends = Some(backends);
        }
        self.gone.drain(..).for_each(|stage| reads.stage_mut(&stage).is_gone = true);
        reads.failures.append(&mut self.partial.failures);
    }
}

/// Whether the stage can be exported: `GetExport` supports only REST APIs.
pub(crate) fn can_be_exported(stage: &Stage) -> bool {
    stage.arn.stage_type() == StageType::RestApi
}

/// Groups stages that can be exported ([`can_be_exported`]) by API and deployment, otherwise
/// keeping their order. A stage whose deployment is unknown is its own group.
pub(crate) fn by_deployment(stages: Vec<&Stage>) -> Vec<Vec<&Stage>> {
    let mut indexes: HashMap<(&str, &DeploymentId), usize> = HashMap::new();
    let mut deployments: Vec<Vec<&Stage>> = Vec::new();
    for stage in stages {
        let index = stage
            .deployment
            .as_ref()
            .map(|id| *indexes.entry((stage.arn.api_arn(), id)).or_insert(deployments.len()));
        match index.and_then(|index| deployments.get_mut(index)) {
            Some(others) => others.push(stage),
            None => deployments.push(vec![stage]),
        }
    }
    deployments
}

fn canary_of(stage: &Stage) -> Option<DeploymentId> {
    stage.canary.clone().filter(|_| stage.has_canary())
}
