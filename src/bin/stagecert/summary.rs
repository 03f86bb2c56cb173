//! The totals of a scan.

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
    /// The evaluated stages that the filter leaves out.
    #[serde(skip)]
    pub(crate) left_out: Counts,
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
    /// Whether every stage was evaluated without errors.
    pub(crate) fn is_complete(&self) -> bool {
        self.not_evaluated == 0 && self.errors == 0
    }

    pub(crate) fn add(&mut self, other: &Self) {
        self.evaluated.add(other.evaluated);
        self.severities.add(other.severities);
        self.left_out.add(other.left_out);
        self.not_evaluated += other.not_evaluated;
        self.errors += other.errors;
    }
}

/// The summary line.
impl std::fmt::Display for Summary {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Counts { stages, non_compliant, compliant, not_applicable } = self.evaluated;
        write!(
            f,
            "{stages} stages, {non_compliant} NON_COMPLIANT, {compliant} COMPLIANT, {not_applicable} NOT_APPLICABLE"
        )?;
        if self.is_complete() {
            return Ok(());
        }
        write!(f, "; INCOMPLETE (stages not evaluated: {}, errors: {})", self.not_evaluated, self.errors)
    }
}
