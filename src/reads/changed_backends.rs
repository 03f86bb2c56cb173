//! The backends of a changed stage, with or without an export.

use crate::account::Account;
use crate::checks::stage::certificate_attached::{Backends, Undetermined};
use crate::evaluation::facts::Reads;
use crate::reads::Reader;
use crate::reads::deployed::{Deployed, can_be_exported};
use crate::resources::stage::Stage;

/// The source of what is deployed on a changed stage.
#[derive(Clone, Copy, Debug)]
pub(crate) enum DeployedFrom<'a> {
    /// An export of the stage.
    Export,
    /// The result that Config holds for the stage and this rule, which may name the deployment.
    EarlierResult {
        /// The rule's name.
        rule_name: &'a str,
    },
}

impl<A: Account> Reader<'_, A> {
    /// Reads the backends of a changed stage and adds them to `reads`, unless that was attempted
    /// before.
    pub(crate) async fn read_changed_backends(
        &self,
        stage: &Stage,
        from: DeployedFrom<'_>,
        reads: &mut Reads,
    ) {
        if !reads.export_attempted(&stage.arn) {
            reads.stage_mut(&stage.arn).export_attempted = true;
            self.changed_backends(Some(stage), from).await.add_to(reads);
        }
    }

    /// Reads the backends of a changed stage, if there is one. Backends that V2 stages have are
    /// always read from Config, which costs no call to API Gateway.
    pub(crate) async fn changed_backends(&self, stage: Option<&Stage>, from: DeployedFrom<'_>) -> Deployed {
        match (stage, from) {
            (None, _) => Deployed::default(),
            (Some(stage), DeployedFrom::EarlierResult { rule_name }) if can_be_exported(stage) => {
                self.remembered_backends(stage, rule_name).await
            }
            (Some(stage), _) => self.backends(vec![stage]).await,
        }
    }

    /// What the earlier result says about the stage's current deployment, or undetermined backends
    /// if it says nothing.
    async fn remembered_backends(&self, stage: &Stage, rule_name: &str) -> Deployed {
        let mut deployed = Deployed::default();
        match self.earlier_result(rule_name, &stage.arn).await {
            Ok(earlier) => {
                let annotation = earlier.and_then(|result| result.annotation).unwrap_or_default();
                let backends = remembered(stage, &annotation);
                deployed.partial.found.insert(stage.arn.clone(), backends);
            }
            Err(failure) => deployed.partial.failures.push(failure),
        }
        deployed
    }
}

fn remembered(stage: &Stage, annotation: &str) -> Backends {
    let deployment = stage.deployment.as_ref();
    match deployment.and_then(|deployment| Backends::from_annotation(annotation, deployment)) {
        // A result never says what the deployment of a canary contains.
        Some(Backends::NoHttp { .. }) if stage.has_canary() => {
            Backends::undetermined(Undetermined::LeftToSweep)
        }
        Some(backends) => backends,
        None => Backends::undetermined(Undetermined::LeftToSweep),
    }
}
