//! What is deployed on stages: the most expensive read, requested only for stages whose answer depends on it, and, if it can
//! be, once for all stages of a deployment.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use futures_util::{Stream, StreamExt, stream};

use crate::Failure;
use crate::account::Account;
use crate::checks::stage::certificate_attached::{Backends, Undetermined};
use crate::deadline::is_past;
use crate::evaluation::facts::Reads;
use crate::reads::{CONCURRENCY, Part, Reader};
use crate::resources::stage::{DeploymentId, Stage};
use crate::resources::stage_arn::{StageArn, StageType};

/// After this many failed exports of one API, its other stages are not tried.
const MAX_FAILED_EXPORTS: u32 = 10;

/// What came of one stage's export.
#[derive(Debug)]
pub(crate) enum Export {
    Read(Result<Backends, Failure>),
    /// API Gateway says that the stage does not exist.
    Archive,
    OutOfTime,
    GivenUp,
}

/// What earlier results say about the deployments of stages with a canary, which have to be asked about nonetheless.
pub(crate) type Known = HashMap<StageArn, Backends>;

impl<A: Account> Reader<'_, A> {
    /// Reads what is deployed on these stages and adds it to `reads`. Those that there is no time for are left out, and
    /// an `OutOfTime` names them.
    pub async fn read_backends<'s>(&self, stages: impl IntoIterator<Item = &'s Stage>, reads: &mut Reads) {
        // One that failed a moment ago is not asked for again.
        let untried: Vec<&Stage> =
            stages.into_iter().filter(|stage| !reads.tried.contains(&stage.arn)).collect();
        reads.tried.extend(untried.iter().map(|stage| stage.arn.clone()));
        self.backends(untried).await.add_to(reads);
    }

    pub(crate) async fn backends(&self, stages: Vec<&Stage>) -> Deployed {
        let (to_export, others): (Vec<&Stage>, Vec<&Stage>) =
            stages.into_iter().partition(|stage| is_exported(stage));
        let mut deployed = Deployed { part: self.told_without_export(&others).await, ..Deployed::default() };
        let exports = self.exports(by_deployment(to_export), Known::new());
        for (stage, export) in exports.collect::<Vec<_>>().await {
            deployed.add(stage, export);
        }
        deployed.part.failures.extend(self.out_of_time(std::mem::take(&mut deployed.left)));
        deployed
    }

    /// What is known of V2 stages, which have no export.
    pub(crate) async fn told_without_export(&self, stages: &[&Stage]) -> Part<StageArn, Backends> {
        let mut part = Part::default();
        if !stages.is_empty() {
            match self.account.integrations().await {
                Ok(told) => {
                    part.found
                        .extend(stages.iter().map(|stage| (stage.arn.clone(), told.backends(&stage.arn))));
                }
                Err(failure) => part.failures.push(failure),
            }
        }
        part
    }

    /// Exports the stages of these deployments in their order, a few deployments concurrently; the rate is limited per account.
    ///
    /// Once one stage is found to have HTTP backends, the others on its deployment have them too and are not asked for. That
    /// there are none is asked for each stage: one that was deployed to since it was listed has another deployment than the
    /// listing says.
    pub(crate) fn exports<'s>(
        &self,
        deployments: Vec<Vec<&'s Stage>>,
        known: Known,
    ) -> impl Stream<Item = (&'s Stage, Export)> {
        let failed: Rc<RefCell<HashMap<Rc<str>, u32>>> = Rc::default();
        let known = Rc::new(known);
        let export = move |stages: Vec<&'s Stage>| {
            let (failed, known) = (Rc::clone(&failed), Rc::clone(&known));
            async move {
                let mut told = Vec::with_capacity(stages.len());
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
                    told.push((stage, export));
                }
                stream::iter(told)
            }
        };
        stream::iter(deployments).map(export).buffered(CONCURRENCY).flatten()
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
        // An API that is refused this often will be refused again, and others need the calls.
        if failed.borrow().get(api).is_some_and(|failed| *failed >= MAX_FAILED_EXPORTS) {
            return Export::GivenUp;
        }
        match self.deployed(stage, known).await {
            Ok(Some(backends)) => Export::Read(Ok(backends)),
            Ok(None) => Export::Archive,
            Err(failure) => {
                *failed.borrow_mut().entry(api.into()).or_default() += 1;
                Export::Read(Err(failure))
            }
        }
    }

    /// What is deployed on a stage, its canary included; `None` if API Gateway says that the stage does not exist.
    ///
    /// No export shows a canary's deployment. It was made of the API's resources as they were a while ago: if they have HTTP
    /// now, nothing else has to be read.
    async fn deployed(&self, stage: &Stage, known: Option<&Backends>) -> Result<Option<Backends>, Failure> {
        if stage.has_canary() && self.calls_http(stage).await? {
            return Ok(Some(Backends::undetermined(Undetermined::Canary)));
        }
        let found = match known {
            Some(known) => Some((known.clone(), canary_of(stage))),
            None if self.remembers => self.confirmed(stage).await?,
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
            // One that the listing doesn't show yet.
            (Backends::NoHttp { .. }, Some(_)) if !stage.has_canary() && self.calls_http(stage).await? => {
                Backends::undetermined(Undetermined::Canary)
            }
            (Backends::NoHttp { deployment, .. }, Some(canary)) => {
                Backends::NoHttp { deployment, canary: Some(canary), current: false }
            }
            (found, _) => found,
        }))
    }

    /// Whether the API's current integrations have HTTP, or may have.
    async fn calls_http(&self, stage: &Stage) -> Result<bool, Failure> {
        let current = self.account.current_integrations(&stage.arn).await?;
        Ok(!matches!(current, Backends::NoHttp { .. }))
    }

    /// The export of a stage, and the canary that it has. What is to be remembered of a deployment is only said of it if
    /// API Gateway named that deployment before the export and, where HTTP is absent, after it too.
    ///
    /// `GetStage` comes first, because an export that turns out to have no HTTP would have to be repeated otherwise, and
    /// most stages without a certificate have none.
    async fn confirmed(&self, stage: &Stage) -> Result<Option<(Backends, Option<DeploymentId>)>, Failure> {
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

    /// API Gateway refused the export because there is no such stage: `GetStage` has to agree.
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

    /// The failure that names what there was no time to export, by `apiId/stageName`; `None` for nothing.
    pub(crate) fn out_of_time(&self, left: Vec<String>) -> Option<Failure> {
        let location = || self.account.account_region().into();
        (!left.is_empty()).then(|| Failure::OutOfTime { operation: "GetExport", left, location: location() })
    }
}

/// What was found out about the deployments of some stages.
#[derive(Debug, Default)]
pub(crate) struct Deployed {
    pub(crate) part: Part<StageArn, Backends>,
    pub(crate) gone: Vec<StageArn>,
    /// Those that there was no time for.
    pub(crate) left: Vec<String>,
}

impl Deployed {
    /// Adds what came of one export.
    pub(crate) fn add(&mut self, stage: &Stage, export: Export) {
        match export {
            Export::Read(Ok(backends)) => _ = self.part.found.insert(stage.arn.clone(), backends),
            Export::Read(Err(failure)) => self.part.failures.push(failure),
            Export::Archive => self.gone.push(stage.arn.clone()),
            Export::OutOfTime => self.left.push(stage.arn.label()),
            Export::GivenUp => {}
        }
    }

    /// Moves what was found to `reads`.
    pub(crate) fn add_to(&mut self, reads: &mut Reads) {
        reads.backends.extend(self.part.found.drain());
        reads.gone.extend(self.gone.drain(..));
        reads.failures.append(&mut self.part.failures);
    }
}

/// Whether an export shows what is deployed: `GetExport` is for stages of REST APIs.
pub(crate) fn is_exported(stage: &Stage) -> bool {
    stage.arn.stage_type() == StageType::Rest
}

/// Stages that are to be exported ([`is_exported`]), those of one API and deployment together, otherwise in their order. One
/// whose deployment is not known is by itself.
pub(crate) fn by_deployment(stages: Vec<&Stage>) -> Vec<Vec<&Stage>> {
    let mut places: HashMap<(&str, &DeploymentId), usize> = HashMap::new();
    let mut deployments: Vec<Vec<&Stage>> = Vec::new();
    for stage in stages {
        let account_region = stage
            .deployment
            .as_ref()
            .map(|id| *places.entry((stage.arn.api_arn(), id)).or_insert(deployments.len()));
        match account_region.and_then(|account_region| deployments.get_mut(account_region)) {
            Some(others) => others.push(stage),
            None => deployments.push(vec![stage]),
        }
    }
    deployments
}

fn canary_of(stage: &Stage) -> Option<DeploymentId> {
    stage.canary.clone().filter(|_| stage.has_canary())
}
