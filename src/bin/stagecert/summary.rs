//! The totals of a scan. Those of the front door are separate from those of stages.

use serde::Serialize;
use stagecert::checks::severity::Severity;
use stagecert::evaluation::compliance::ComplianceType;

/// The number of stages by compliance type, and of stages and results that are missing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Summary {
    #[serde(flatten)]
    pub(crate) evaluated: Counts,
    /// The number of known stages that could not be evaluated.
    pub(crate) not_evaluated: usize,
    pub(crate) errors: usize,
    /// The stages with a failed check by their worst severity.
    pub(crate) severities: Severities,
    /// The totals of the front door; absent if it was not evaluated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) front_door: Option<FrontDoorSummary>,
    /// The evaluated stages that the filter leaves out.
    #[serde(skip)]
    pub(crate) left_out: Counts,
}

/// The number of APIs and custom domain names by compliance type, and of those that are missing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FrontDoorSummary {
    #[serde(flatten)]
    pub(crate) evaluated: FrontDoorCounts,
    /// The number of known APIs and domains that could not be evaluated.
    pub(crate) not_evaluated: usize,
    /// Those with a failed check by their worst severity.
    pub(crate) severities: Severities,
    /// The evaluated ones that the filter leaves out.
    #[serde(skip)]
    pub(crate) left_out: FrontDoorCounts,
}

/// The number of APIs and custom domain names by compliance type.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FrontDoorCounts {
    pub(crate) resources: usize,
    pub(crate) non_compliant: usize,
    pub(crate) compliant: usize,
    pub(crate) not_applicable: usize,
}

impl FrontDoorCounts {
    pub(crate) fn count(&mut self, compliance_type: ComplianceType) {
        self.resources += 1;
        match compliance_type {
            ComplianceType::NonCompliant => self.non_compliant += 1,
            ComplianceType::Compliant => self.compliant += 1,
            ComplianceType::NotApplicable => self.not_applicable += 1,
        }
    }

    fn add(&mut self, other: Self) {
        self.resources += other.resources;
        self.non_compliant += other.non_compliant;
        self.compliant += other.compliant;
        self.not_applicable += other.not_applicable;
    }
}

impl FrontDoorSummary {
    fn add(&mut self, other: &Self) {
        self.evaluated.add(other.evaluated);
        self.not_evaluated += other.not_evaluated;
        self.severities.add(other.severities);
        self.left_out.add(other.left_out);
    }
}

/// The number of stages with a failed check by their worst severity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Severities {
    pub(crate) critical: usize,
    pub(crate) high: usize,
    pub(crate) medium: usize,
    pub(crate) low: usize,
}

impl Severities {
    pub(crate) fn count(&mut self, severity: Option<Severity>) {
        match severity {
            Some(Severity::Critical) => self.critical += 1,
            Some(Severity::High) => self.high += 1,
            Some(Severity::Medium) => self.medium += 1,
            Some(Severity::Low) => self.low += 1,
            None => {}
        }
    }

    pub(crate) fn add(&mut self, other: Self) {
        self.critical += other.critical;
        self.high += other.high;
        self.medium += other.medium;
        self.low += other.low;
    }
}

/// The number of stages by compliance type.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Counts {
    pub(crate) stages: usize,
    pub(crate) non_compliant: usize,
    pub(crate) compliant: usize,
    pub(crate) not_applicable: usize,
}

impl Counts {
    pub(crate) fn count(&mut self, compliance_type: ComplianceType) {
        self.stages += 1;
        match compliance_type {
            ComplianceType::NonCompliant => self.non_compliant += 1,
            ComplianceType::Compliant => self.compliant += 1,
            ComplianceType::NotApplicable => self.not_applicable += 1,
        }
    }

    pub(crate) fn add(&mut self, other: Self) {
        self.stages += other.stages;
        self.non_compliant += other.non_compliant;
        self.compliant += other.compliant;
        self.not_applicable += other.not_applicable;
    }
}

impl Summary {
    /// Whether everything was evaluated without errors.
    pub(crate) fn is_complete(&self) -> bool {
        self.not_evaluated == 0
            && self.errors == 0
            && self.front_door.is_none_or(|front_door| front_door.not_evaluated == 0)
    }

    /// Whether there is something to say about stages: not if only the front door was evaluated.
    pub(crate) fn shows_stages(&self) -> bool {
        self.front_door.is_none() || self.evaluated.stages > 0 || self.not_evaluated > 0
    }

    pub(crate) fn add(&mut self, other: &Self) {
        self.evaluated.add(other.evaluated);
        self.severities.add(other.severities);
        self.left_out.add(other.left_out);
        self.not_evaluated += other.not_evaluated;
        self.errors += other.errors;
        if let Some(front_door) = &other.front_door {
            self.front_door.get_or_insert_default().add(front_door);
        }
    }
}

/// The summary line.
impl std::fmt::Display for Summary {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.shows_stages() {
            let Counts { stages, non_compliant, compliant, not_applicable } = self.evaluated;
            write!(
                f,
                "{stages} stages, {non_compliant} NON_COMPLIANT, {compliant} COMPLIANT, {not_applicable} NOT_APPLICABLE"
            )?;
        }
        if let Some(front_door) = &self.front_door {
            let FrontDoorCounts { resources, non_compliant, compliant, not_applicable } =
                front_door.evaluated;
            f.write_str(if self.shows_stages() { "; front door: " } else { "" })?;
            write!(
                f,
                "{resources} APIs and domains, {non_compliant} NON_COMPLIANT, {compliant} COMPLIANT, {not_applicable} NOT_APPLICABLE"
            )?;
        }
        if self.is_complete() {
            return Ok(());
        }
        write!(f, "; INCOMPLETE (stages not evaluated: {}, ", self.not_evaluated)?;
        if let Some(front_door) = &self.front_door {
            write!(f, "APIs and domains not evaluated: {}, ", front_door.not_evaluated)?;
        }
        write!(f, "errors: {})", self.errors)
    }
}
