//! The severity of a failed check. Every output that shows a severity gets it from here.

use jiff::{SignedDuration, Timestamp};

use crate::checks::finding::Finding;
use crate::checks::stage::{certificate_attached as attached, certificate_expiry as expiry};
pub use crate::checks::verdict::Severity;
use crate::resources::backends::Backends;

/// With at most this much time left, an expiry needs action now.
const IMMINENT: SignedDuration = SignedDuration::from_hours(7 * 24);

/// The severity of a failed finding at the instant `at`; `None` if it has not failed. `deployed` is
/// what is known about the stage's backends from any check. Unknown backends count as HTTP.
#[must_use]
pub fn severity(finding: &Finding, deployed: Option<&Backends>, at: Timestamp) -> Option<Severity> {
    finding.urgency()?;
    let of_certificate = match finding {
        Finding::MutualTls(answer)
        | Finding::Truststore(answer)
        | Finding::DomainCertificate(answer)
        | Finding::TlsPolicy(answer)
        | Finding::PrivateFrontDoor(answer) => return answer.severity(),
        Finding::OwnerTag(_) => return Some(Severity::Low),
        Finding::Exempt(_) => return None,
        Finding::CertificateAttached(answer) => match answer {
            attached::Answer::Missing { .. } => Severity::High,
            attached::Answer::Dangling { .. } | attached::Answer::NotIssued { .. } => Severity::Critical,
            _ => Severity::Medium,
        },
        Finding::CertificateExpiry(answer) => match answer {
            expiry::Answer::Expired { .. } | expiry::Answer::NotYetValid { .. } => Severity::Critical,
            expiry::Answer::Expiring { not_after, .. } if not_after.duration_since(at) <= IMMINENT => {
                Severity::High
            }
            _ => Severity::Medium,
        },
        Finding::CertificateUnique(_) => Severity::Medium,
    };
    Some(match (deployed, finding) {
        (Some(Backends::NoHttp { .. }), _) => Severity::Low,
        // An expired certificate is not less severe than one that is about to expire.
        (Some(Backends::Undetermined { .. }), Finding::CertificateExpiry(expired))
            if !matches!(expired, expiry::Answer::NotYetValid { .. }) =>
        {
            of_certificate.min(Severity::High)
        }
        (Some(Backends::Undetermined { .. }), _) => of_certificate.min(Severity::Medium),
        _ => of_certificate,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::owner_tag;
    use crate::checks::stage::certificate_attached::Undetermined;
    use crate::checks::stage::certificate_unique;
    use crate::resources::certificate_id::CertificateId;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn id() -> CertificateId {
        CertificateId::new("abc123".into())
    }

    fn attached_findings(backends: &Backends) -> [(Finding, Severity, Severity); 4] {
        let (certificate, backends) = (id, || backends.clone());
        let finding = Finding::CertificateAttached;
        let status = "REVOKED".to_owned();
        [
            (finding(attached::Answer::Missing { backends: backends() }), Severity::High, Severity::Medium),
            (
                finding(attached::Answer::Dangling { certificate: certificate(), backends: backends() }),
                Severity::Critical,
                Severity::Medium,
            ),
            (
                finding(attached::Answer::NotIssued {
                    certificate: certificate(),
                    status,
                    backends: backends(),
                }),
                Severity::Critical,
                Severity::Medium,
            ),
            (
                finding(attached::Answer::NotAllowed { certificate: certificate(), backends: backends() }),
                Severity::Medium,
                Severity::Medium,
            ),
        ]
    }

    fn expiry_findings(backends: &Backends) -> [(Finding, Severity, Severity); 5] {
        let (certificate, backends, pem_unreadable) = (id, || backends.clone(), false);
        let finding = Finding::CertificateExpiry;
        let expiring = |not_after: &str| {
            finding(expiry::Answer::Expiring {
                certificate: certificate(),
                not_after: at(not_after),
                window_days: 60,
                pem_unreadable,
                backends: backends(),
            })
        };
        [
            (
                finding(expiry::Answer::Expired {
                    certificate: certificate(),
                    not_after: at("2026-11-20T12:00:00Z"),
                    pem_unreadable,
                    backends: backends(),
                }),
                Severity::Critical,
                Severity::High,
            ),
            (
                finding(expiry::Answer::NotYetValid {
                    certificate: certificate(),
                    not_before: at("2026-11-22T12:00:00Z"),
                    backends: backends(),
                }),
                Severity::Critical,
                Severity::Medium,
            ),
            (expiring("2026-11-28T12:00:00Z"), Severity::High, Severity::High),
            (expiring("2026-11-28T12:00:01Z"), Severity::Medium, Severity::Medium),
            (
                finding(expiry::Answer::NoDate { certificate: certificate(), backends: backends() }),
                Severity::Medium,
                Severity::Medium,
            ),
        ]
    }

    #[test]
    fn it_depends_on_the_reason_and_on_what_is_deployed() {
        let now = at("2026-11-21T12:00:00Z");
        let undetermined = Backends::undetermined(Undetermined::Redeployed);
        for (backends, column) in [
            (Backends::http(None), 0),
            (Backends::NotAsked, 0),
            (undetermined, 1),
            (Backends::no_http(None), 2),
        ] {
            let findings = attached_findings(&backends).into_iter().chain(expiry_findings(&backends));
            for (finding, with_http, undetermined) in findings {
                let expected = [with_http, undetermined, Severity::Low][column];
                assert_eq!(severity(&finding, Some(&backends), now), Some(expected), "{finding}");
                let unknown = severity(&finding, None, now);
                assert_eq!(unknown, Some(with_http), "{finding}");
            }
        }
    }

    #[test]
    fn a_shared_certificate_is_low_without_http_backends_and_an_owner_always() {
        let now = at("2026-11-21T12:00:00Z");
        let shared = Finding::CertificateUnique(certificate_unique::Answer::Shared {
            certificate: id(),
            peers: vec!["a1/dev".into()],
            peer_count: 1,
        });
        let unowned =
            Finding::OwnerTag(owner_tag::Answer::Unowned { unowned: vec![], keys: vec!["owner".into()] });
        let no_http = Backends::no_http(None);
        assert_eq!(severity(&shared, None, now), Some(Severity::Medium));
        assert_eq!(severity(&shared, Some(&no_http), now), Some(Severity::Low));
        assert_eq!(severity(&unowned, Some(&Backends::http(None)), now), Some(Severity::Low));
    }

    #[test]
    fn what_has_not_failed_has_none() {
        let now = at("2026-11-21T12:00:00Z");
        let passed = attached::Answer::Attached { certificate: id(), after_deployment: None };
        assert_eq!(severity(&Finding::CertificateAttached(passed), None, now), None);
    }
}
