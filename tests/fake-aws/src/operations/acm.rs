//! ACM: `DescribeCertificate`.

use serde_json::json;

use super::Call;
use crate::items::seconds;
use crate::wire::{Output, Refusal};

pub(super) fn describe_certificate(call: &mut Call<'_>) -> Result<Output, Refusal> {
    let arn = call.required("CertificateArn")?.to_owned();
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    if !matches!(parts.as_slice(), ["arn", _, "acm", _, _, resource] if resource.starts_with("certificate/"))
    {
        return Err(Refusal::new(
            "ValidationException",
            format!(
                "Value '{arn}' at 'certificateArn' failed to satisfy constraint: Member must satisfy regular expression pattern"
            ),
        ));
    }
    let (now, clock) = (call.world.clock.certificates_now(), call.world.clock.clone());
    let region = call.home();
    let unknown = || Refusal::new("ResourceNotFoundException", format!("Could not find certificate {arn}."));
    let certificate = region.acm.get(&arn).ok_or_else(unknown)?;
    let in_use: Vec<&str> = region
        .stages()
        .filter(|(_, stage)| stage.state.certificate.as_ref() == Some(&arn))
        .map(|(_, stage)| stage.arn.as_str())
        .collect();
    let mut detail = json!({
        "CertificateArn": arn,
        "DomainName": "backend.example.com",
        "Status": certificate.status_at(now),
        "Type": certificate.kind,
        "KeyAlgorithm": "RSA-2048",
        "RenewalEligibility": certificate.renewal_eligibility,
        "InUseBy": in_use,
        "NotBefore": seconds(clock.served(certificate.not_before)),
        "NotAfter": seconds(clock.served(certificate.not_after)),
        "CreatedAt": seconds(clock.served(certificate.not_before)),
    });
    if let Some(status) = &certificate.renewal_status {
        detail["RenewalSummary"] = json!({
            "RenewalStatus": status,
            "DomainValidationOptions": [],
            "UpdatedAt": seconds(clock.served(certificate.not_before)),
        });
    }
    Ok(Output::Json(200, json!({ "Certificate": detail })))
}
