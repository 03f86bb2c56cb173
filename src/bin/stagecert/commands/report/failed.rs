//! The failed checks of a stage, on which the remediation steps depend.

use stagecert::checks::finding::Finding;
use stagecert::checks::owner_tag;
use stagecert::checks::stage::certificate_attached::{self, Backends, Undetermined};
use stagecert::checks::stage::certificate_expiry;
use stagecert::checks::verdict::Verdict;
use stagecert::evaluation::evaluated::EvaluatedStage;

/// The failed checks, with their answers if the steps depend on them.
#[derive(Default)]
pub(super) struct Failed<'a> {
    pub(super) attached: Option<&'a certificate_attached::Answer>,
    pub(super) expiry: Option<&'a certificate_expiry::Answer>,
    pub(super) unique: bool,
    pub(super) owner: Option<&'a owner_tag::Answer>,
    /// Whether any check, failed or not, says that the certificate does not exist.
    dangling: bool,
}

impl<'a> Failed<'a> {
    pub(super) fn of(evaluated: &'a EvaluatedStage) -> Self {
        let mut failed = Self::default();
        for finding in evaluated.result.iter().flatten() {
            failed.dangling |= finding.is_dangling();
            if finding.verdict() != Verdict::Failed {
                continue;
            }
            match finding {
                Finding::CertificateAttached(answer) => failed.attached = Some(answer),
                Finding::CertificateExpiry(answer) => failed.expiry = Some(answer),
                Finding::CertificateUnique(_) => failed.unique = true,
                Finding::OwnerTag(answer) => failed.owner = Some(answer),
                // The others are not about stages.
                _ => {}
            }
        }
        failed
    }

    /// Whether the stage may belong to an HTTP API, which needs no certificate.
    pub(super) fn is_of_unknown_api(&self) -> bool {
        let unknown = Backends::undetermined(Undetermined::ApiNotRecorded);
        matches!(self.attached, Some(certificate_attached::Answer::Missing { backends }) if *backends == unknown)
    }

    pub(super) fn needs_certificate(&self) -> bool {
        self.attached.is_some() || self.expiry.is_some() || self.unique
    }

    /// Whether the stage's certificate may exist, so that it can be restored and finally deleted.
    pub(super) fn may_exist(&self) -> bool {
        !self.dangling
    }
}
