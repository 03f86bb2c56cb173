//! What failed for a stage, as far as its remedy depends on it.

use stagecert::checks::finding::Finding;
use stagecert::checks::owner_tag;
use stagecert::checks::stage::certificate_attached::{self, Backends, Undetermined};
use stagecert::checks::stage::certificate_expiry;
use stagecert::checks::verdict::Verdict;
use stagecert::evaluation::evaluated::EvaluatedStage;

/// The answers that failed.
#[derive(Default)]
pub(super) struct Failed<'a> {
    pub(super) attached: Option<&'a certificate_attached::Answer>,
    pub(super) expiry: Option<&'a certificate_expiry::Answer>,
    pub(super) unique: bool,
    pub(super) owner: Option<&'a owner_tag::Answer>,
    /// Whichever check says so, failed or not.
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
            }
        }
        failed
    }

    /// Whether the stage may be of an HTTP API, which needs no certificate.
    pub(super) fn is_of_unknown_api(&self) -> bool {
        let unknown = Backends::undetermined(Undetermined::ApiNotRecorded);
        matches!(self.attached, Some(certificate_attached::Answer::Missing { backends }) if *backends == unknown)
    }

    pub(super) fn needs_certificate(&self) -> bool {
        self.attached.is_some() || self.expiry.is_some() || self.unique
    }

    /// Whether the certificate that the stage names may be there to go back to, and to be deleted in the end.
    pub(super) fn may_exist(&self) -> bool {
        !self.dangling
    }
}
