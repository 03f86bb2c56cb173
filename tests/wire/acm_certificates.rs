//! `DescribeCertificate`.

use serde_json::{Value, json};
use stagecert::Failure;
use stagecert::account::Account;
use stagecert::resources::certificate::{Certificate, DatesFrom};
use stagecert::resources::certificate_id::CertificateId;

use crate::replay::{Response, Wire};

pub(crate) const ARN: &str =
    "arn:aws:acm:eu-west-1:111122223333:certificate/12345678-90ab-cdef-1234-567890abcdef";

/// A response of `DescribeCertificate` with these fields changed or, if null, omitted.
pub(crate) fn detail(changes: &Value) -> Response {
    let mut detail = json!({
        "CertificateArn": ARN,
        "DomainName": "gateway.example.com",
        "Status": "ISSUED",
        "Type": "PRIVATE",
        "NotBefore": 1_767_225_600,
        "NotAfter": 1_798_761_600.0,
        "RenewalEligibility": "ELIGIBLE",
        "RenewalSummary": {"RenewalStatus": "SUCCESS", "DomainValidationOptions": [], "UpdatedAt": 1_767_225_600.123},
        "InUseBy": [],
    });
    for (name, value) in changes.as_object().unwrap() {
        detail[name] = value.clone();
    }
    detail.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    Response::ok(json!({"Certificate": detail}))
}

async fn describe(wire: &Wire) -> Result<Option<Certificate>, Failure> {
    let (account, _) = wire.open().await;
    account.acm_certificate(&CertificateId::new(ARN.into())).await
}

#[tokio::test(start_paused = true)]
async fn status_dates_and_renewal_are_read() {
    let none = json!({"Status": null, "Type": null, "NotBefore": null, "NotAfter": null, "RenewalEligibility": null, "RenewalSummary": null});
    for (changes, status, renews, has_dates) in [
        (json!({}), "ISSUED", true, true),
        (json!({"Status": "EXPIRED"}), "EXPIRED", true, true),
        (json!({"Status": "A_NEW_STATUS", "Type": "A_NEW_TYPE"}), "A_NEW_STATUS", true, true),
        (json!({"RenewalEligibility": "INELIGIBLE"}), "ISSUED", false, true),
        (json!({"Type": "IMPORTED"}), "ISSUED", false, true),
        (json!({"RenewalSummary": {"RenewalStatus": "FAILED"}}), "ISSUED", false, true),
        (json!({"RenewalSummary": {"RenewalStatus": "PENDING_AUTO_RENEWAL"}}), "ISSUED", true, true),
        (json!({"RenewalSummary": null}), "ISSUED", true, true),
        (none, "unknown", false, false),
    ] {
        let response = detail(&changes);
        let wire = Wire::responding(move |_, _| response.clone());
        let certificate = describe(&wire).await.unwrap().unwrap();
        assert_eq!(certificate.id.as_str(), ARN);
        assert_eq!(certificate.acm_status.as_deref(), Some(status), "{changes}");
        assert_eq!(certificate.renews_automatically, renews, "{changes}");
        assert_eq!(certificate.dates_from, DatesFrom::Acm);
        let expected = |text: &str| has_dates.then(|| text.parse().unwrap());
        assert_eq!(certificate.not_before, expected("2026-01-01T00:00:00Z"), "{changes}");
        assert_eq!(certificate.not_after, expected("2027-01-01T00:00:00Z"), "{changes}");

        let [sent] = wire.sent().try_into().unwrap();
        assert_eq!(sent.header("x-amz-target"), "CertificateManager.DescribeCertificate");
        assert_eq!(sent.host, "acm.eu-west-1.amazonaws.com");
        assert_eq!(sent.json(), json!({"CertificateArn": ARN}));
    }
}

#[tokio::test(start_paused = true)]
async fn a_certificate_unknown_to_acm_is_none() {
    let wire = Wire::responding(|_, _| {
        Response::error(400, "ResourceNotFoundException", "Could not find certificate")
    });
    assert_eq!(describe(&wire).await.unwrap(), None);
    assert_eq!(wire.sent().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_a_failure_and_is_not_retried() {
    for code in ["AccessDeniedException", "InvalidArnException", "ExpiredTokenException"] {
        let wire = Wire::responding(move |_, _| {
            Response::error(400, code, "not authorized to perform: acm:DescribeCertificate")
        });
        let failure = describe(&wire).await.unwrap_err();
        assert_eq!(failure.code(), Some(code));
        assert_eq!(
            failure.to_string(),
            format!(
                "DescribeCertificate of {ARN} in account 111122223333, Region eu-west-1: {code}: \
                 not authorized to perform: acm:DescribeCertificate"
            )
        );
        assert_eq!(wire.sent().len(), 1, "{code}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_response_without_a_certificate_is_a_failure() {
    let wire = Wire::responding(|_, _| Response::ok("{}"));
    assert!(describe(&wire).await.unwrap_err().to_string().ends_with(": the response has no certificate"));
}
