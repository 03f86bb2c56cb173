//! ACM's description of a certificate.

use jiff::Timestamp;
use serde::Deserialize;

use crate::aws::connect::service::Operation;
use crate::resources::certificate::{self, AcmDetail};

pub(crate) const DESCRIBE_CERTIFICATE: Operation = Operation {
    name: "DescribeCertificate",
    path: "/",
    target: Some("CertificateManager.DescribeCertificate"),
};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DescribeCertificateOutput {
    #[serde(default)]
    pub(crate) certificate: Option<CertificateDetail>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct CertificateDetail {
    status: Option<String>,
    r#type: Option<String>,
    renewal_eligibility: Option<String>,
    renewal_summary: Option<RenewalSummary>,
    not_before: Option<f64>,
    not_after: Option<f64>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RenewalSummary {
    renewal_status: Option<String>,
}

impl From<CertificateDetail> for AcmDetail {
    fn from(detail: CertificateDetail) -> Self {
        Self {
            status: detail.status,
            kind: detail.r#type,
            renewal_eligibility: detail.renewal_eligibility,
            renewal_status: detail.renewal_summary.and_then(|summary| summary.renewal_status),
            not_before: detail.not_before.and_then(instant),
            not_after: detail.not_after.and_then(instant),
        }
    }
}

/// The instant of a number of seconds since 1970, rounded to the millisecond.
#[expect(clippy::cast_possible_truncation, reason = "a number that is too large is no instant either way")]
fn instant(seconds: f64) -> Option<Timestamp> {
    certificate::instant((seconds * 1000.0).round() as i128)
}
