use super::*;
use crate::probe::observation::Response;
use crate::resources::probe_result::TlsVersion::{self, Tls12, Tls13};

fn observation(version: TlsVersion, asked: bool, end: End) -> Observation {
    let is_established = version == Tls13 || !matches!(end, End::Alert(_) | End::Cut);
    let replied = asked && !matches!(end, End::NotConnected(_));
    let is_sent = matches!(end, End::Response(_));
    Observation { version, asked, replied, presented: false, accepted: false, is_established, is_sent, end }
}

fn status(version: TlsVersion, asked: bool, status: u16) -> Observation {
    let response = Response { status, server: None, body: String::new(), is_complete: true };
    observation(version, asked, End::Response(response))
}

fn refused(version: TlsVersion) -> Observation {
    observation(version, true, End::Alert(116))
}

fn not_offered(version: TlsVersion) -> Observation {
    Observation { is_established: false, ..observation(version, false, End::Alert(70)) }
}

fn presented(observation: Observation) -> Observation {
    Observation { presented: true, ..observation }
}

fn verdict(without: &[Observation], impostor: Option<&[Observation]>) -> ProbeVerdict {
    Evidence { path: "/", without, impostor }.verdict()
}

#[test]
fn one_version_that_answers_is_enough_for_open() {
    for other in [
        refused(Tls12),
        not_offered(Tls12),
        status(Tls12, true, 403),
        observation(Tls12, false, End::TimedOut),
        observation(Tls12, false, End::NotConnected("x".into())),
    ] {
        for asked in [false, true] {
            for code in [200, 302, 404, 405] {
                assert_eq!(verdict(&[status(Tls13, asked, code), other.clone()], None), ProbeVerdict::Open);
            }
        }
    }
    assert_eq!(verdict(&[refused(Tls13), status(Tls12, true, 200)], Some(&[])), ProbeVerdict::Open);
}

#[test]
fn enforced_needs_a_refusal_in_each_version_that_is_offered() {
    let failed = |end| observation(Tls12, false, end);
    for (other, expected) in [
        (refused(Tls12), ProbeVerdict::Enforced),
        (not_offered(Tls12), ProbeVerdict::Enforced),
        (observation(Tls12, false, End::Incompatible("x".into())), ProbeVerdict::Enforced),
        (failed(End::TimedOut), ProbeVerdict::Inconclusive),
        (failed(End::Cut), ProbeVerdict::Inconclusive),
        (failed(End::Closed), ProbeVerdict::Inconclusive),
        (failed(End::Broken("x".into())), ProbeVerdict::Inconclusive),
        (failed(End::NotConnected("x".into())), ProbeVerdict::Inconclusive),
        (failed(End::Untrusted("x".into())), ProbeVerdict::Inconclusive),
        (failed(End::Alert(112)), ProbeVerdict::Inconclusive),
        (failed(End::Alert(116)), ProbeVerdict::Inconclusive),
        (status(Tls12, true, 403), ProbeVerdict::Inconclusive),
        (status(Tls12, true, 500), ProbeVerdict::Inconclusive),
        (status(Tls12, false, 401), ProbeVerdict::Inconclusive),
    ] {
        assert_eq!(verdict(&[refused(Tls13), other.clone()], None), expected, "{other:?}");
    }
    assert_eq!(verdict(&[not_offered(Tls13), refused(Tls12)], None), ProbeVerdict::Enforced);
    assert_eq!(verdict(&[not_offered(Tls13), not_offered(Tls12)], None), ProbeVerdict::Inconclusive);
    assert_eq!(verdict(&[], None), ProbeVerdict::Inconclusive);
}

#[test]
fn a_backend_without_any_connection_is_unreachable() {
    let none = |version| observation(version, false, End::NotConnected("refused".into()));
    assert_eq!(verdict(&[none(Tls13)], None), ProbeVerdict::Unreachable);
    assert_eq!(verdict(&[none(Tls13), none(Tls12)], None), ProbeVerdict::Unreachable);
    let late = observation(Tls12, false, End::TimedOut);
    assert_eq!(verdict(&[none(Tls13), late], None), ProbeVerdict::Inconclusive);
}

#[test]
fn an_impostor_must_be_refused_in_each_version_and_is_forgeable_if_accepted_in_one() {
    let without = [refused(Tls13), refused(Tls12)];
    let impostor = |version, code| presented(status(version, true, code));
    for (impostors, expected) in [
        (vec![presented(refused(Tls13)), presented(refused(Tls12))], ProbeVerdict::Enforced),
        (vec![impostor(Tls13, 200), presented(refused(Tls12))], ProbeVerdict::Forgeable),
        (vec![presented(refused(Tls13)), impostor(Tls12, 404)], ProbeVerdict::Forgeable),
        // The certificate got through, but not whether the application looks at it.
        (vec![impostor(Tls13, 403), presented(refused(Tls12))], ProbeVerdict::Inconclusive),
        (vec![impostor(Tls13, 500), impostor(Tls12, 500)], ProbeVerdict::Inconclusive),
        (vec![presented(refused(Tls13))], ProbeVerdict::Inconclusive),
        (vec![], ProbeVerdict::Inconclusive),
        // No certificate was presented: the server accepts none of its algorithms.
        (vec![refused(Tls13), presented(refused(Tls12))], ProbeVerdict::Inconclusive),
        (
            vec![presented(observation(Tls13, true, End::TimedOut)), presented(refused(Tls12))],
            ProbeVerdict::Inconclusive,
        ),
        // The server did not request it again, so it answered without a certificate.
        (vec![status(Tls13, false, 200), presented(refused(Tls12))], ProbeVerdict::Open),
    ] {
        assert_eq!(verdict(&without, Some(&impostors)), expected, "{impostors:?}");
    }
    let only_12 = [not_offered(Tls13), refused(Tls12)];
    assert_eq!(verdict(&only_12, Some(&[presented(refused(Tls12))])), ProbeVerdict::Enforced);
}

#[test]
fn an_impostor_that_makes_the_difference_is_forgeable_even_if_the_refusal_alone_is_unclear() {
    let accepted = presented(status(Tls13, true, 200));
    let inconclusive = ProbeVerdict::Inconclusive;
    for (without, expected) in [
        (status(Tls13, true, 403), ProbeVerdict::Forgeable),
        (status(Tls13, true, 401), ProbeVerdict::Forgeable),
        (observation(Tls13, true, End::Closed), ProbeVerdict::Forgeable),
        // It may have been a fault that is over.
        (status(Tls13, true, 503), inconclusive),
        (observation(Tls13, true, End::TimedOut), inconclusive),
        // Another version.
        (refused(Tls12), inconclusive),
    ] {
        let verdict = verdict(std::slice::from_ref(&without), Some(std::slice::from_ref(&accepted)));
        assert_eq!(verdict, expected, "{without:?}");
    }
}

#[test]
fn no_combination_with_anything_else_than_refusals_is_enforced() {
    let ends = || {
        let response = |status, body: &str| {
            End::Response(Response { status, server: None, body: body.into(), is_complete: true })
        };
        let text = || "x".to_owned();
        [
            response(200, ""),
            response(400, ""),
            response(400, "No required SSL certificate was sent"),
            response(403, ""),
            response(500, ""),
            End::Alert(40),
            End::Alert(70),
            End::Alert(80),
            End::Alert(116),
            End::Cut,
            End::Closed,
            End::Incompatible(text()),
            End::TimedOut,
            End::Broken(text()),
            End::NotConnected(text()),
            End::Untrusted(text()),
        ]
    };
    let mut all = Vec::new();
    for end in ends() {
        for bits in 0..64_u8 {
            let bit = |index: u8| bits >> index & 1 == 1;
            let [asked, replied, presented, accepted, is_established, is_sent] = [0, 1, 2, 3, 4, 5].map(bit);
            let version = Tls13;
            all.push(Observation {
                version,
                asked,
                replied,
                presented,
                accepted,
                is_established,
                is_sent,
                end: end.clone(),
            });
        }
    }
    let mut enforced = 0;
    for one in &all {
        for other in &all {
            let without = [one.clone(), Observation { version: Tls12, ..other.clone() }];
            if verdict(&without, None) == ProbeVerdict::Enforced {
                enforced += 1;
                let is_fine = |it: &Observation| {
                    (it.asked && it.replied && it.outcome() == Outcome::Refused)
                        || it.outcome() == Outcome::NotOffered
                };
                assert!(without.iter().all(is_fine), "{without:?}");
                assert!(without.iter().any(|it| it.outcome() == Outcome::Refused), "{without:?}");
                let never = |it: &Observation| {
                    matches!(
                        it.end,
                        End::TimedOut
                            | End::Broken(_)
                            | End::NotConnected(_)
                            | End::Untrusted(_)
                            | End::Closed
                    )
                };
                assert!(!without.iter().any(never), "{without:?}");
            }
        }
    }
    assert!(enforced > 0);
}

#[test]
fn a_text_says_what_was_sent_what_was_observed_and_what_that_leaves_open() {
    let text = |path, without: &[Observation], impostor| Evidence { path, without, impostor }.text();
    assert_eq!(
        text("/", &[refused(Tls13), status(Tls12, true, 200)], None),
        "GET / without a certificate over TLS 1.3: the server asked for a certificate and refused with alert 116 \
         (certificate_required); over TLS 1.2: the server asked for a certificate and answered HTTP 200. Other \
         paths may differ"
    );
    assert_eq!(
        text("/health", &[refused(Tls13), refused(Tls12)], None),
        "GET /health without a certificate over TLS 1.3 and TLS 1.2: the server asked for a certificate and \
         refused with alert 116 (certificate_required). Whether it accepts a self-signed certificate was not \
         tested (--impostor)"
    );
    let impostors = [presented(status(Tls13, true, 200))];
    assert_eq!(
        text("/", &[refused(Tls13), not_offered(Tls12)], Some(&impostors)),
        "GET / without a certificate over TLS 1.3: the server asked for a certificate and refused with alert 116 \
         (certificate_required); over TLS 1.2: not offered, or no common cipher suite (alert 70 \
         (protocol_version)). With a self-signed certificate that has API Gateway's subject over TLS 1.3: the \
         server asked for a certificate and answered HTTP 200"
    );
    let unclear = text("/", &[status(Tls13, false, 403), status(Tls12, false, 403)], None);
    assert!(unclear.contains("renegotiation or post-handshake authentication"), "{unclear}");
    let unclear = text("/", &[status(Tls13, true, 403)], None);
    assert!(unclear.contains("Nothing shows that the certificate is the reason"), "{unclear}");
}
