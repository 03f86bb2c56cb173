use std::collections::{HashMap, HashSet};

use jiff::Timestamp;

use crate::Failure;
use crate::account::listing::{Listing, ReportedResult};
use crate::checks::stage::certificate_attached::{self, Backends};
use crate::checks::stage::certificate_unique::NamedPeers;
use crate::evaluation::compliance::{ComplianceType, Evaluation};
use crate::resources::account_region::AccountRegion;
use crate::resources::resource::Resource;
use crate::resources::stage::Stage;
use crate::resources::stage_arn::StageArn;
use crate::scan::sweep::Remembered;

/// The results that Config holds for the rule.
pub(crate) struct PreviousResults(HashMap<Resource, PreviousResult>);

/// What Config says of a resource.
struct PreviousResult {
    compliance_type: Option<ComplianceType>,
    annotation: Option<Box<str>>,
    recorded: Option<Timestamp>,
}

impl PreviousResults {
    pub(crate) fn new(results: Vec<ReportedResult>) -> Self {
        // What `PutEvaluations` would not take can't be put again, and is none of ours.
        let valid = results.into_iter().filter(|result| result.resource.is_valid());
        let result = |result: ReportedResult| {
            let ReportedResult { resource, compliance_type, annotation, recorded } = result;
            (resource, PreviousResult { compliance_type, annotation, recorded })
        };
        Self(valid.map(result).collect())
    }

    /// Whether Config already says just this.
    pub(crate) fn holds(&self, evaluation: &Evaluation) -> bool {
        self.0.get(&evaluation.resource).is_some_and(|result| {
            result.compliance_type == Some(evaluation.compliance_type)
                && result.annotation.as_deref() == Some(evaluation.annotation.as_str())
        })
    }

    /// What an earlier result already says about the deployment and the certificate that the stage has now.
    pub(crate) fn remembered(&self, stage: &Stage) -> Remembered {
        let annotation =
            self.0.get(&Resource::from(&stage.arn)).and_then(|result| result.annotation.as_deref());
        let (Some(annotation), Some(deployment)) = (annotation, &stage.deployment) else {
            return Remembered::default();
        };
        let attached_after = |id| certificate_attached::was_attached_after(annotation, id, deployment);
        Remembered {
            backends: Backends::from_annotation(annotation, deployment),
            attached_after: stage.certificate.as_ref().is_some_and(attached_after),
        }
    }

    /// When Config recorded the stage's result; `None` if it has none.
    pub(crate) fn recorded(&self, stage: &Stage) -> Option<Timestamp> {
        let result = self.0.get(&Resource::from(&stage.arn))?;
        Some(result.recorded.unwrap_or(Timestamp::MIN))
    }

    /// The peers that the stage had by its earlier result.
    pub(crate) fn peers(&self, stage: &StageArn) -> NamedPeers {
        let annotation = self.0.get(&Resource::from(stage)).and_then(|held| held.annotation.as_deref());
        NamedPeers::of(annotation.unwrap_or_default())
    }

    /// Whether Config holds a result of the stage that says more than that nothing applies.
    pub(crate) fn applies_to(&self, stage: &StageArn) -> bool {
        let held = self.0.get(&Resource::from(stage));
        held.is_some_and(|held| held.compliance_type != Some(ComplianceType::NotApplicable))
    }

    /// The results of what is not listed, and is none of what could not be read either. Config keeps them until it is told otherwise.
    pub(crate) fn vanished(&self, listing: &Listing, account_region: &AccountRegion) -> Vanished {
        let present: HashSet<&str> = listing.stages.iter().map(|stage| stage.arn.as_str()).collect();
        let mut vanished = Vanished::default();
        let held =
            self.0.iter().filter(|(_, held)| held.compliance_type != Some(ComplianceType::NotApplicable));
        let is_missing = |it: &&Resource| !present.contains(&*it.id) && !listing.may_hide(&it.id);
        for resource in held.map(|(resource, _)| resource).filter(is_missing) {
            match StageArn::parse(&resource.id) {
                Ok(arn) if arn.is_of(&resource.resource_type, account_region) => vanished.stages.push(arn),
                _ => vanished.others.push(resource.clone()),
            }
        }
        vanished.stages.sort();
        vanished.others.sort();
        vanished
    }
}

/// What has a result and is not listed.
#[derive(Debug, Default)]
pub(crate) struct Vanished {
    /// Stages, which may exist all the same.
    pub(crate) stages: Vec<StageArn>,
    /// Whatever has an id that no stage of this account and Region can have.
    pub(crate) others: Vec<Resource>,
}

/// The most characters that a rule's name may have in `GetComplianceDetailsByConfigRule` (botocore), half of what other
/// operations take. Names grow when organizations and conformance packs deploy a rule.
const MAX_NAME: usize = 64;

/// Whether a refusal of the earlier results stays until somebody does something about it.
pub(crate) fn is_permanent(failure: &Failure) -> bool {
    const PERMANENT: [&str; 6] = [
        "AccessDenied",
        "AccessDeniedException",
        "InvalidParameterValueException",
        "NoSuchConfigRuleException",
        "UnauthorizedOperation",
        "ValidationException",
    ];
    failure.code().is_some_and(|code| PERMANENT.contains(&code))
}

/// The failure, with what to do about it.
pub(crate) fn with_fix(failure: Failure, rule_name: &str) -> Failure {
    let fix = match failure.code() {
        Some("ValidationException") if rule_name.chars().count() > MAX_NAME => {
            "this operation takes rule names of at most 64 characters: deploy the rule under a shorter name"
        }
        Some("AccessDenied" | "AccessDeniedException" | "UnauthorizedOperation") => {
            "allow config:GetComplianceDetailsByConfigRule in the role's policy"
        }
        _ => return failure,
    };
    failure.with_fix(fix)
}
