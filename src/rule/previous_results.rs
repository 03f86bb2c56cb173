use std::collections::{HashMap, HashSet};

use jiff::Timestamp;

use crate::Failure;
use crate::account::listing::{Listing, ReportedResult};
use crate::checks::stage::certificate_attached::{self, Backends};
use crate::checks::stage::certificate_unique::NamedPeers;
use crate::evaluation::compliance::{ComplianceType, Evaluation};
use crate::evaluation::earlier_failures::EarlierFailures;
use crate::notify::finding_change::Earlier;
use crate::resources::account_region::AccountRegion;
use crate::resources::resource::Resource;
use crate::resources::stage::Stage;
use crate::resources::stage_arn::StageArn;
use crate::scan::sweep::PreviousFacts;

/// The results that Config holds for the rule.
pub(crate) struct PreviousResults(HashMap<Resource, PreviousResult>);

/// The result that Config holds for a resource.
struct PreviousResult {
    compliance_type: Option<ComplianceType>,
    annotation: Option<Box<str>>,
    recorded: Option<Timestamp>,
}

impl PreviousResults {
    pub(crate) fn new(results: Vec<ReportedResult>) -> Self {
        // `PutEvaluations` would reject any other resource, so this rule can't update its result.
        let valid = results.into_iter().filter(|result| result.resource.is_valid());
        let result = |result: ReportedResult| {
            let ReportedResult { resource, compliance_type, annotation, recorded } = result;
            (resource, PreviousResult { compliance_type, annotation, recorded })
        };
        Self(valid.map(result).collect())
    }

    /// Whether Config already holds exactly this evaluation.
    pub(crate) fn contains(&self, evaluation: &Evaluation) -> bool {
        self.0.get(&evaluation.resource).is_some_and(|result| {
            result.compliance_type == Some(evaluation.compliance_type)
                && result.annotation.as_deref() == Some(evaluation.annotation.as_str())
        })
    }

    /// The compliance type of a resource's result; the inner `None` if it is one that
    /// `PutEvaluations` does not accept.
    #[expect(clippy::option_option, reason = "no result, and a result of another kind")]
    pub(crate) fn compliance_type(&self, resource: &Resource) -> Option<Option<ComplianceType>> {
        self.0.get(resource).map(|result| result.compliance_type)
    }

    /// The resources that have a result other than `NOT_APPLICABLE`, in their order.
    pub(crate) fn applicable(&self) -> Vec<&Resource> {
        let is_applicable = |it: &&PreviousResult| it.compliance_type != Some(ComplianceType::NotApplicable);
        let mut applicable: Vec<&Resource> =
            self.0.iter().filter(|(_, it)| is_applicable(it)).map(|(resource, _)| resource).collect();
        applicable.sort();
        applicable
    }

    /// What the previous result says about the stage's current deployment and certificate.
    pub(crate) fn facts(&self, stage: &Stage) -> PreviousFacts {
        let annotation =
            self.0.get(&Resource::from(&stage.arn)).and_then(|result| result.annotation.as_deref());
        let (Some(annotation), Some(deployment)) = (annotation, &stage.deployment) else {
            return PreviousFacts::default();
        };
        let attached_after = |id| certificate_attached::was_attached_after(annotation, id, deployment);
        PreviousFacts {
            backends: Backends::from_annotation(annotation, deployment),
            attached_after: stage.certificate.as_ref().is_some_and(attached_after),
        }
    }

    /// The stage's result, for comparison with a new one at the instant `at`.
    pub(crate) fn earlier(&self, stage: &StageArn, at: Timestamp) -> Earlier {
        let Some(result) = self.0.get(&Resource::from(stage)) else { return Earlier::default() };
        let annotation = result.annotation.as_deref().unwrap_or_default();
        let failures = match result.compliance_type {
            Some(ComplianceType::NonCompliant) => EarlierFailures::parse(annotation, at),
            _ => EarlierFailures::default(),
        };
        Earlier { failures, recorded: result.recorded }
    }

    /// When Config recorded the stage's result; `None` if there is no result.
    pub(crate) fn recorded(&self, stage: &Stage) -> Option<Timestamp> {
        let result = self.0.get(&Resource::from(&stage.arn))?;
        Some(result.recorded.unwrap_or(Timestamp::MIN))
    }

    /// The peers of the stage according to its previous result.
    pub(crate) fn peers(&self, stage: &StageArn) -> NamedPeers {
        let annotation = self.0.get(&Resource::from(stage)).and_then(|result| result.annotation.as_deref());
        NamedPeers::of(annotation.unwrap_or_default())
    }

    /// Whether Config holds a result for the stage other than `NOT_APPLICABLE`.
    pub(crate) fn has_applicable_result(&self, stage: &StageArn) -> bool {
        let result = self.0.get(&Resource::from(stage));
        result.is_some_and(|result| result.compliance_type != Some(ComplianceType::NotApplicable))
    }

    /// The resources that have a result but are neither listed nor among the unreadable rows.
    /// Config keeps their results until they are replaced.
    pub(crate) fn unlisted(&self, listing: &Listing, account_region: &AccountRegion) -> Unlisted {
        let present: HashSet<&str> = listing.stages.iter().map(|stage| stage.arn.as_str()).collect();
        let mut unlisted = Unlisted::default();
        let applicable =
            self.0.iter().filter(|(_, result)| result.compliance_type != Some(ComplianceType::NotApplicable));
        let is_unlisted = |it: &&Resource| !present.contains(&*it.id) && !listing.may_hide(&it.id);
        for resource in applicable.map(|(resource, _)| resource).filter(is_unlisted) {
            match StageArn::parse(&resource.id) {
                Ok(arn) if arn.is_of(&resource.resource_type, account_region) => unlisted.stages.push(arn),
                _ => unlisted.others.push(resource.clone()),
            }
        }
        unlisted.stages.sort();
        unlisted.others.sort();
        unlisted
    }
}

/// The resources that have a result and are not listed.
#[derive(Debug, Default)]
pub(crate) struct Unlisted {
    /// Stages, which may still exist.
    pub(crate) stages: Vec<StageArn>,
    /// Resources whose id can't be that of a stage in this account and Region.
    pub(crate) others: Vec<Resource>,
}

/// The maximum length of a rule name in `GetComplianceDetailsByConfigRule` (botocore). Other
/// operations allow twice as much. Names grow when organizations and conformance packs deploy a
/// rule.
const MAX_RULE_NAME: usize = 64;

/// Whether reading the previous results will keep failing until somebody fixes the cause.
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

/// The failure, with advice on how to fix it.
pub(crate) fn with_fix(failure: Failure, rule_name: &str) -> Failure {
    let fix = match failure.code() {
        Some("ValidationException") if rule_name.chars().count() > MAX_RULE_NAME => {
            "this operation accepts rule names of up to 64 characters: deploy the rule with a shorter name"
        }
        Some("AccessDenied" | "AccessDeniedException" | "UnauthorizedOperation") => {
            "allow config:GetComplianceDetailsByConfigRule in the role's policy"
        }
        _ => return failure,
    };
    failure.with_fix(fix)
}
