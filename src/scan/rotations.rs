//! The rotations of certificates that are in progress or finished, from the tags that `stagecert
//! rotate` writes. They are facts of a scan, and no part of an annotation.

use std::collections::HashSet;
use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use crate::resources::certificate::Certificate;
use crate::resources::certificate_id::CertificateId;
use crate::resources::rotation_state::{Rotated, State, rotated};
use crate::resources::stage_arn::StageArn;

/// The rotations of an account and Region.
#[derive(Clone, Debug, Default)]
pub struct Rotations {
    /// The rotations in progress, in the order of their new certificates.
    pub in_progress: Vec<InProgress>,
    /// The rotations that were finished and whose certificates still exist.
    pub finished: Vec<Rotated>,
}

/// A rotation in progress.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct InProgress {
    /// The certificate that is replaced.
    pub old_certificate: CertificateId,
    /// The certificate that replaces it.
    pub new_certificate: CertificateId,
    /// How far it is, as far as the tags show it.
    pub step: RotationStep,
    /// The start of the new certificate's validity, which is when it was generated.
    pub since: Option<Timestamp>,
    /// The stages as `API/STAGE`.
    #[serde(skip)]
    stages: Vec<String>,
    /// Whether the old certificate still exists.
    #[serde(skip)]
    is_overlap: bool,
}

/// How far a rotation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum RotationStep {
    /// The new certificate exists.
    Started,
    /// A test with the new certificate passed.
    Tested,
    /// All stages have had the new certificate.
    Switched,
}

/// The number of rotations, and how long they took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RotationFigures {
    /// The rotations in progress.
    pub in_progress: usize,
    /// The certificates that are about to be replaced and still exist.
    pub certificates_in_overlap: usize,
    /// The finished rotations whose new certificates still exist.
    pub finished: usize,
    /// From the new certificate to the deletion of the old one, in whole seconds; `None` without a
    /// finished rotation.
    pub mean_seconds_to_rotate: Option<i64>,
}

impl Rotations {
    /// The rotations in the tags of all generated certificates. A certificate with malformed tags
    /// is part of none: `stagecert rotate status` says what is wrong.
    #[must_use]
    pub fn of(certificates: &[Certificate]) -> Self {
        let existing: HashSet<&CertificateId> = certificates.iter().map(|it| &it.id).collect();
        let mut rotations = Self::default();
        for certificate in certificates {
            match State::read(&certificate.id, &certificate.tags) {
                Ok(Some(state)) => rotations.in_progress.push(in_progress(certificate, state, &existing)),
                Ok(None) => rotations.finished.extend(rotated(&certificate.tags)),
                Err(_) => {}
            }
        }
        rotations.in_progress.sort_by(|one, other| one.new_certificate.cmp(&other.new_certificate));
        rotations
    }

    /// The rotation of a stage; the first of several.
    #[must_use]
    pub fn of_stage(&self, stage: &StageArn) -> Option<&InProgress> {
        let label = stage.label();
        self.in_progress.iter().find(|rotation| rotation.stages.contains(&label))
    }

    /// The figures of several accounts and Regions; `None` if there are no rotations.
    #[must_use]
    pub fn figures<'r>(all: impl IntoIterator<Item = &'r Self>) -> Option<RotationFigures> {
        let mut figures = RotationFigures::default();
        let mut total = SignedDuration::ZERO;
        for rotations in all {
            figures.in_progress += rotations.in_progress.len();
            figures.certificates_in_overlap +=
                rotations.in_progress.iter().filter(|it| it.is_overlap).count();
            figures.finished += rotations.finished.len();
            for rotated in &rotations.finished {
                total = total.saturating_add(rotated.end.duration_since(rotated.start));
            }
        }
        let count = i64::try_from(figures.finished).unwrap_or(i64::MAX);
        figures.mean_seconds_to_rotate = total.as_secs().checked_div(count);
        (figures != RotationFigures::default()).then_some(figures)
    }
}

fn in_progress(certificate: &Certificate, state: State, existing: &HashSet<&CertificateId>) -> InProgress {
    let step = match (state.switched, state.tested) {
        (Some(_), _) => RotationStep::Switched,
        (None, Some(_)) => RotationStep::Tested,
        (None, None) => RotationStep::Started,
    };
    InProgress {
        is_overlap: existing.contains(&state.replaces),
        old_certificate: state.replaces,
        new_certificate: certificate.id.clone(),
        step,
        since: certificate.not_before,
        stages: state.stages,
    }
}

impl fmt::Display for InProgress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let step = match self.step {
            RotationStep::Started => "started",
            RotationStep::Tested => "tested",
            RotationStep::Switched => "switched",
        };
        write!(f, "rotation from certificate {} to {}: {step}", self.old_certificate, self.new_certificate)?;
        match self.since {
            Some(since) => write!(f, ", in progress since {}", since.strftime("%Y-%m-%d")),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resources::certificate::DatesFrom;
    use crate::resources::tags::Tags;

    fn certificate(id: &str, tags: &[(&str, &str)]) -> Certificate {
        let tags: Tags = tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        Certificate {
            id: CertificateId::new(id.into()),
            not_before: Some("2026-11-20T08:00:00Z".parse().unwrap()),
            not_after: None,
            dates_from: DatesFrom::X509,
            acm_status: None,
            renews_automatically: false,
            tags,
        }
    }

    fn stage(name: &str) -> StageArn {
        StageArn::parse(&format!("arn:aws:apigateway:eu-west-1::/restapis/a1/stages/{name}")).unwrap()
    }

    #[test]
    fn a_stage_between_start_and_finish_is_in_a_rotation() {
        let state = |more: &[(&'static str, &'static str)]| {
            let mut tags = vec![("stagecert:replaces", "old111"), ("stagecert:stages", "a1/prod a1/test")];
            tags.extend(more);
            Rotations::of(&[certificate("old111", &[]), certificate("new222", &tags)])
        };
        let (tested, switched) =
            (("stagecert:tested", "2026-11-21T08:00:00Z"), ("stagecert:switched", "2026-11-21T09:00:00Z"));
        for (more, expected) in [
            (&[][..], "rotation from certificate old111 to new222: started, in progress since 2026-11-20"),
            (&[tested], "rotation from certificate old111 to new222: tested, in progress since 2026-11-20"),
            (
                &[tested, switched],
                "rotation from certificate old111 to new222: switched, in progress since 2026-11-20",
            ),
        ] {
            let rotations = state(more);
            assert_eq!(rotations.of_stage(&stage("prod")).unwrap().to_string(), expected);
            assert_eq!(rotations.of_stage(&stage("dev")), None);
        }
        assert!(state(&[("stagecert:tested", "soon")]).in_progress.is_empty());
    }

    #[test]
    fn the_figures_count_overlaps_and_the_mean_of_finished_rotations() {
        let all = Rotations::of(&[
            certificate("old111", &[]),
            certificate("new222", &[("stagecert:replaces", "old111"), ("stagecert:stages", "a1/prod")]),
            certificate("new333", &[("stagecert:replaces", "gone44"), ("stagecert:stages", "a1/test")]),
            certificate("done55", &[("stagecert:rotated", "2026-11-01T00:00:00Z/2026-11-03T00:00:00Z")]),
            certificate("done66", &[("stagecert:rotated", "2026-11-01T00:00:00Z/2026-11-05T00:00:00Z")]),
            certificate("none77", &[("stagecert:rotated", "yesterday")]),
        ]);
        let figures = Rotations::figures([&all, &Rotations::default()]).unwrap();
        let expected = RotationFigures {
            in_progress: 2,
            certificates_in_overlap: 1,
            finished: 2,
            mean_seconds_to_rotate: Some(3 * 86_400),
        };
        assert_eq!(figures, expected);
        assert_eq!(Rotations::figures([&Rotations::default()]), None);
    }
}
