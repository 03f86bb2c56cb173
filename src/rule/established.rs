use jiff::Timestamp;

use super::Report;
use super::earlier::Earlier;
use crate::Failure;
use crate::evaluations::{ComplianceType, EvaluatedStage, Evaluation};
use crate::parameters::Reporting;
use crate::place::Place;
use crate::security_hub::Imported;
use crate::stage::Stage;

/// What an invocation has found out so far.
#[derive(Default)]
pub(super) struct Established {
    /// Not put yet.
    pub(super) evaluations: Vec<Evaluation>,
    evaluated: usize,
    non_compliant: usize,
    pub(super) put: usize,
    unread: Vec<String>,
    imported: Imported,
    pub(super) failures: Vec<Failure>,
}

impl Established {
    pub(super) fn add(&mut self, evaluation: Evaluation) {
        self.count(evaluation.compliance_type);
        self.evaluations.push(evaluation);
    }

    /// Adds what differs from Config's own, or everything, with the non-compliant first: time may run out.
    pub(super) fn add_changed(
        &mut self,
        stages: &[EvaluatedStage],
        earlier: Option<&Earlier>,
        reporting: Reporting,
        at: Timestamp,
    ) {
        let mut changed = Vec::new();
        for stage in stages {
            let evaluation = stage.evaluation(at);
            self.count(evaluation.compliance_type);
            let stands =
                reporting == Reporting::Changed && earlier.is_some_and(|earlier| earlier.holds(&evaluation));
            if !stands {
                changed.push(evaluation);
            }
        }
        changed.sort_by_key(|evaluation| evaluation.compliance_type);
        self.evaluations.extend(changed);
    }

    fn count(&mut self, compliance_type: ComplianceType) {
        self.evaluated += 1;
        self.non_compliant += usize::from(compliance_type == ComplianceType::NonCompliant);
    }

    pub(super) fn unread<'s>(&mut self, stages: impl IntoIterator<Item = &'s Stage>) {
        self.unread.extend(stages.into_iter().map(|stage| stage.arn.label()));
    }

    /// What came of importing findings: its failures come behind those of Config's results.
    pub(super) fn imported(&mut self, imported: Imported) {
        self.imported.add(imported);
    }

    /// The report, or the failure for all that went wrong.
    pub(super) fn report(mut self, kind: &str, place: &Place) -> Result<Report, Failure> {
        if !self.unread.is_empty() {
            // First: what has no result matters more than each of the reasons.
            self.failures.insert(0, Failure::Unreported { stages: self.unread, place: place.clone() });
        }
        self.failures.append(&mut self.imported.failures);
        match Failure::from_all(self.failures) {
            Some(failure) => Err(failure),
            None => Ok(Report {
                kind: kind.into(),
                evaluated: self.evaluated,
                non_compliant: self.non_compliant,
                put: self.put,
                imported: self.imported.taken,
                security_hub_not_enabled: self.imported.not_enabled,
                told: 0,
            }),
        }
    }
}
