//! What is deployed on stages: the dearest read, asked only of those that would fail without it, and where it can be, once for
//! all stages of a deployment.

use std::cell::Cell;
use std::collections::HashMap;
use std::rc::Rc;

use futures_util::{Stream, StreamExt, stream};

use super::{CONCURRENCY, Part, Reader, Reads};
use crate::Failure;
use crate::account::Account;
use crate::checks::certificate_attached::{Backends, Undetermined};
use crate::deadline::has_come;
use crate::stage::{DeploymentId, Stage, StageArn, StageType};

/// After so many failed exports the others are not tried.
const MOST_FAILED_EXPORTS: u32 = 10;

/// What came of one stage's export.
#[derive(Debug)]
pub(crate) enum Export {
    Read(Result<Backends, Failure>),
    OutOfTime,
    GivenUp,
}

impl<A: Account> Reader<'_, A> {
    /// Reads what is deployed on these stages and adds it to `reads`. Those that there is no time for are left out, and
    /// an `OutOfTime` names them.
    pub async fn read_backends<'s>(&self, stages: impl IntoIterator<Item = &'s Stage>, reads: &mut Reads) {
        // One that failed a moment ago is not asked for again.
        let untried = stages.into_iter().filter(|stage| !reads.tried.contains(&stage.arn));
        let part = self.backends(untried.collect()).await;
        reads.backends.extend(part.found);
        reads.failures.extend(part.failures);
    }

    pub(super) async fn backends(&self, stages: Vec<&Stage>) -> Part<StageArn, Backends> {
        let (to_export, others): (Vec<&Stage>, Vec<&Stage>) =
            stages.into_iter().partition(|stage| is_exported(stage));
        let mut part = self.told_without_export(&others).await;
        let mut left = Vec::new();
        let exports = self.exports(by_deployment(to_export));
        for (stage, export) in exports.collect::<Vec<_>>().await {
            add(stage, export, &mut part, &mut left);
        }
        part.failures.extend(self.out_of_time(left));
        part
    }

    /// What is known of stages that no export tells of.
    pub(crate) async fn told_without_export(&self, stages: &[&Stage]) -> Part<StageArn, Backends> {
        let mut part = Part::default();
        let (canaries, v2): (Vec<&Stage>, Vec<&Stage>) =
            stages.iter().copied().partition(|stage| stage.has_canary());
        let undetermined = Backends::Undetermined { why: Undetermined::Canary };
        part.found.extend(canaries.into_iter().map(|stage| (stage.arn.clone(), undetermined.clone())));
        if !v2.is_empty() {
            match self.account.integrations().await {
                Ok(told) => {
                    part.found.extend(v2.iter().map(|stage| (stage.arn.clone(), told.backends(&stage.arn))));
                }
                Err(failure) => part.failures.push(failure),
            }
        }
        part
    }

    /// Exports what [`by_deployment`] gives in its order, a few deployments side by side; the pace is the account's.
    ///
    /// Once one stage is found to have HTTP backends, the others on its deployment have them too and are not asked for. That
    /// there are none is said by each for itself: a stage that was deployed to since it was listed shows another deployment
    /// than the listing says, and an export does not tell which.
    pub(crate) fn exports<'s>(
        &self,
        deployments: Vec<Vec<&'s Stage>>,
    ) -> impl Stream<Item = (&'s Stage, Export)> {
        let failed = Rc::new(Cell::new(0));
        let export = move |stages: Vec<&'s Stage>| {
            let failed = Rc::clone(&failed);
            async move {
                let mut told = Vec::with_capacity(stages.len());
                let mut http: Option<Backends> = None;
                for stage in stages {
                    let export = match http.clone() {
                        Some(http) => Export::Read(Ok(http)),
                        None => self.export(stage, &failed).await,
                    };
                    if let Export::Read(Ok(found @ Backends::Http { .. })) = &export {
                        http = Some(found.clone());
                    }
                    told.push((stage, export));
                }
                stream::iter(told)
            }
        };
        stream::iter(deployments).map(export).buffered(CONCURRENCY).flatten()
    }

    async fn export(&self, stage: &Stage, failed: &Cell<u32>) -> Export {
        if has_come(self.deadline.reads()) {
            return Export::OutOfTime;
        }
        // Whoever is refused this often will be refused again, and others need the calls.
        if failed.get() >= MOST_FAILED_EXPORTS {
            return Export::GivenUp;
        }
        let read = self.account.exported(&stage.arn).await;
        failed.set(failed.get() + u32::from(read.is_err()));
        Export::Read(read)
    }

    /// The failure that names what there was no time to export, by `apiId/stageName`; `None` for nothing.
    pub(crate) fn out_of_time(&self, left: Vec<String>) -> Option<Failure> {
        let place = || self.account.place().clone();
        (!left.is_empty()).then(|| Failure::OutOfTime { operation: "GetExport", left, place: place() })
    }
}

/// Whether an export tells what is deployed: of a REST API's stage whose canary, which `GetExport` does not show, is none.
pub(crate) fn is_exported(stage: &Stage) -> bool {
    stage.arn.stage_type() == StageType::Rest && !stage.has_canary()
}

/// Stages that are to be exported ([`is_exported`]), those of one API and deployment together, otherwise in their order. One
/// whose deployment is not known is by itself.
pub(crate) fn by_deployment(stages: Vec<&Stage>) -> Vec<Vec<&Stage>> {
    let mut places: HashMap<(&str, &DeploymentId), usize> = HashMap::new();
    let mut deployments: Vec<Vec<&Stage>> = Vec::new();
    for stage in stages {
        let place = stage
            .deployment
            .as_ref()
            .map(|id| *places.entry((stage.arn.api_arn(), id)).or_insert(deployments.len()));
        match place.and_then(|place| deployments.get_mut(place)) {
            Some(others) => others.push(stage),
            None => deployments.push(vec![stage]),
        }
    }
    deployments
}

/// Adds what came of one export to what was found, to the failures, or to what there was no time for.
pub(crate) fn add(
    stage: &Stage,
    export: Export,
    part: &mut Part<StageArn, Backends>,
    left: &mut Vec<String>,
) {
    match export {
        Export::Read(Ok(backends)) => {
            part.found.insert(stage.arn.clone(), of_deployment(backends, stage));
        }
        Export::Read(Err(failure)) => part.failures.push(failure),
        Export::OutOfTime => left.push(stage.arn.label()),
        Export::GivenUp => {}
    }
}

/// An export does not say which deployment it shows: the stage does.
fn of_deployment(backends: Backends, stage: &Stage) -> Backends {
    let deployment = stage.deployment.clone();
    match backends {
        Backends::Http { .. } => Backends::Http { deployment },
        Backends::NoHttp { .. } => Backends::NoHttp { deployment },
        other => other,
    }
}
