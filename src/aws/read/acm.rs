//! ACM's descriptions of certificates.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::json;

use crate::Failure;
use crate::aws::LiveAccount;
use crate::aws::connect::service::{Operation, Service};
use crate::resources::account_region::is_region;
use crate::resources::certificate::{self, AcmDetail, Certificate};
use crate::resources::certificate_id::CertificateId;

const DESCRIBE_CERTIFICATE: Operation = Operation {
    name: "DescribeCertificate",
    path: "/",
    target: Some("CertificateManager.DescribeCertificate"),
};

impl LiveAccount {
    /// ACM's description of a certificate; `None` if ACM has no certificate with that ARN.
    pub(crate) async fn acm_detail(&self, arn: &CertificateId) -> Result<Option<AcmDetail>, Failure> {
        self.described(&self.clients.acm, arn.as_str()).await
    }

    /// The certificate of a domain; `None` if ACM has no certificate with that ARN. That of an
    /// edge-optimized domain is in `us-east-1`.
    pub(crate) async fn acm_server_certificate(&self, arn: &str) -> Result<Option<Certificate>, Failure> {
        let own = &self.account_region;
        let parts: Vec<&str> = arn.splitn(6, ':').collect();
        let &["arn", partition, "acm", region, account, _] = parts.as_slice() else {
            return Err(self.unreadable_certificate(arn, "not the ARN of a certificate in ACM"));
        };
        // ACM answers that another account's certificate does not exist, which is not known.
        if partition != own.partition || account != own.account || !is_region(region) {
            return Err(self.unreadable_certificate(arn, "the certificate is not one of this account"));
        }
        let acm = &self.clients.acm;
        let detail = if region == own.region {
            self.described(acm, arn).await?
        } else {
            self.described(&acm.in_region(region), arn).await?
        };
        Ok(detail.map(|detail| Certificate::acm(CertificateId::new(arn.to_owned()), detail)))
    }

    fn unreadable_certificate(&self, arn: &str, problem: &str) -> Failure {
        self.call(DESCRIBE_CERTIFICATE.name, arn).invalid_response(problem.into())
    }

    async fn described(&self, acm: &Service, arn: &str) -> Result<Option<AcmDetail>, Failure> {
        let call = self.call(DESCRIBE_CERTIFICATE.name, arn);
        let input = json!({"CertificateArn": arn});
        let sent = acm.send::<DescribeCertificateOutput>(DESCRIBE_CERTIFICATE, &input, None);
        let described = match call.send(sent).await {
            Ok(described) => described,
            Err(failure) if failure.code() == Some("ResourceNotFoundException") => return Ok(None),
            Err(failure) => return Err(failure),
        };
        let detail = described
            .certificate
            .ok_or_else(|| call.invalid_response("the response has no certificate".into()))?;
        Ok(Some(detail.into()))
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DescribeCertificateOutput {
    #[serde(default)]
    certificate: Option<CertificateDetail>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct CertificateDetail {
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
