//! The verdict on a backend that API Gateway called.

use crate::probe::through::observed::{Observed, Rejection};
use crate::resources::probe_result::ProbeVerdict;

/// What the backend did with up to three requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requests {
    /// Without a certificate.
    pub without: Observed,
    /// With the stage's certificate; `None` if the stage has none or the first request was
    /// answered.
    pub with: Option<Observed>,
    /// Without a certificate once more; only if the verdict depends on the difference.
    pub again: Option<Observed>,
}

/// Whether the only evidence of a refusal is that the certificate made a difference.
///
/// Then the request without a certificate is repeated: a backend may have been restarted in
/// between. A 5xx is never evidence, because one of two servers may be broken.
#[must_use]
pub fn needs_repetition(requests: &Requests) -> bool {
    matches!(requests.without, Observed::Rejected(_))
        && requests.with.as_ref().is_some_and(Observed::is_answer)
}

/// The verdict, and a sentence that says what was sent and observed.
#[must_use]
pub fn verdict(requests: &Requests, request: &str) -> (ProbeVerdict, String) {
    let Requests { without, with, again } = requests;
    let with_certificate = with.as_ref().map(|with| format!("; with the stage's certificate, it {with}"));
    let mut text = format!(
        "{request} through API Gateway: without a certificate, the backend {without}{}",
        with_certificate.unwrap_or_default()
    );
    let verdict = match (without, with) {
        (Observed::Answered(_), _) => {
            text += "; other paths may differ";
            ProbeVerdict::Open
        }
        (Observed::RefusedForCertificate(_), with) => {
            match with {
                Some(with) if !with.is_answer() => text += ", so requests of the stage fail too",
                None => text += "; the stage presents no certificate, so its requests fail too",
                Some(_) => {}
            }
            ProbeVerdict::Enforced
        }
        (Observed::Rejected(_), Some(Observed::Answered(_))) if again.as_ref() == Some(without) => {
            text += "; without a certificate, the result was the same again";
            ProbeVerdict::Enforced
        }
        (Observed::NoAnswer, None | Some(Observed::NoAnswer)) => ProbeVerdict::Unreachable,
        (rejected, _) => {
            text += match rejected {
                Observed::Rejected(Rejection::Status(401 | 403)) => {
                    "; the cause may be an authorizer or a firewall of the backend"
                }
                _ => "; nothing shows that the certificate was the cause",
            };
            ProbeVerdict::Inconclusive
        }
    };
    (verdict, text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::through::observed::Sign;

    const OK: Observed = Observed::Answered(200);
    const FORBIDDEN: Observed = Observed::Rejected(Rejection::Status(403));
    const HANDSHAKE: Observed = Observed::Rejected(Rejection::Alert("handshake_failure"));
    const REQUIRED: Observed = Observed::RefusedForCertificate(Sign::Alert);
    const UNAVAILABLE: Observed = Observed::ServerError(503);
    const NONE: Observed = Observed::NoAnswer;

    fn of(without: Observed, with: Option<Observed>, again: Option<Observed>) -> ProbeVerdict {
        verdict(&Requests { without, with, again }, "GET /health").0
    }

    #[test]
    fn an_answer_without_a_certificate_is_open() {
        for status in [200, 204, 301, 404, 405, 429] {
            assert_eq!(of(Observed::Answered(status), None, None), ProbeVerdict::Open, "{status}");
        }
    }

    #[test]
    fn a_refusal_that_names_the_certificate_is_enforced() {
        for with in [Some(OK), Some(UNAVAILABLE), Some(REQUIRED), None] {
            assert_eq!(of(REQUIRED, with.clone(), None), ProbeVerdict::Enforced, "{with:?}");
            assert_eq!(
                of(Observed::RefusedForCertificate(Sign::Text(400)), with, None),
                ProbeVerdict::Enforced
            );
        }
    }

    #[test]
    fn a_difference_that_the_certificate_makes_twice_is_enforced() {
        for rejected in [FORBIDDEN, HANDSHAKE] {
            assert_eq!(of(rejected.clone(), Some(OK), Some(rejected.clone())), ProbeVerdict::Enforced);
            for again in [None, Some(OK), Some(UNAVAILABLE), Some(NONE), Some(REQUIRED)] {
                assert_eq!(
                    of(rejected.clone(), Some(OK), again.clone()),
                    ProbeVerdict::Inconclusive,
                    "{again:?}"
                );
            }
            for with in [None, Some(rejected.clone()), Some(UNAVAILABLE), Some(NONE)] {
                assert_eq!(
                    of(rejected.clone(), with.clone(), Some(rejected.clone())),
                    ProbeVerdict::Inconclusive
                );
                assert!(!needs_repetition(&Requests { without: rejected.clone(), with, again: None }));
            }
        }
    }

    #[test]
    fn server_errors_and_missing_answers_are_never_enforced() {
        for without in [UNAVAILABLE, NONE] {
            for with in [None, Some(OK), Some(FORBIDDEN), Some(UNAVAILABLE), Some(NONE), Some(REQUIRED)] {
                let verdict = of(without.clone(), with.clone(), Some(without.clone()));
                let expected = if without == NONE && with.clone().is_none_or(|it| it == NONE) {
                    ProbeVerdict::Unreachable
                } else {
                    ProbeVerdict::Inconclusive
                };
                assert_eq!(verdict, expected, "{without:?} {with:?}");
            }
        }
    }
}
