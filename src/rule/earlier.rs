use std::collections::{HashMap, HashSet};

use jiff::Timestamp;

use crate::account::EarlierResult;
use crate::checks::certificate_attached::Backends;
use crate::evaluations::{ComplianceType, Evaluation, NotEvaluated, Resource};
use crate::stage::Stage;

/// The results that Config holds for the rule.
pub(super) struct Earlier(HashMap<Resource, Held>);

/// What Config says of a resource.
struct Held {
    compliance_type: Option<ComplianceType>,
    annotation: Option<Box<str>>,
}

impl Earlier {
    pub(super) fn new(results: Vec<EarlierResult>) -> Self {
        // What `PutEvaluations` would not take can't be put again, and is none of ours.
        let valid = results.into_iter().filter(|result| result.resource.is_valid());
        let result = |result: EarlierResult| {
            let EarlierResult { resource, compliance_type, annotation } = result;
            (resource, Held { compliance_type, annotation })
        };
        Self(valid.map(result).collect())
    }

    /// Whether Config already says just this.
    pub(super) fn holds(&self, evaluation: &Evaluation) -> bool {
        self.0.get(&evaluation.resource).is_some_and(|result| {
            result.compliance_type == Some(evaluation.compliance_type)
                && result.annotation.as_deref() == Some(evaluation.annotation.as_str())
        })
    }

    /// What an earlier result already says about the deployment that is on the stage now. A canary's is another one.
    pub(super) fn backends(&self, stage: &Stage) -> Option<Backends> {
        if stage.has_canary() {
            return None;
        }
        let annotation = self.0.get(&Resource::from(&stage.arn))?.annotation.as_deref()?;
        Backends::from_annotation(annotation, stage.deployment.as_ref()?)
    }

    /// Config keeps the results of what is gone until it is told otherwise.
    pub(super) fn vanished(&self, present: &HashSet<&str>, at: Timestamp) -> Vec<Evaluation> {
        let mut gone: Vec<&Resource> = self
            .0
            .iter()
            .filter(|(_, result)| result.compliance_type != Some(ComplianceType::NotApplicable))
            .map(|(resource, _)| resource)
            .filter(|resource| !present.contains(&*resource.id))
            .collect();
        gone.sort();
        gone.into_iter()
            .map(|resource| Evaluation::not_applicable(resource.clone(), &NotEvaluated::Vanished, at))
            .collect()
    }
}
