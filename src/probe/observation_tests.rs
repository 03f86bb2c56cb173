use super::*;

const NGINX_MISSING: &str = "<title>400 No required SSL certificate was sent</title>";

/// A request to a server that requested a certificate and got none.
fn asked(version: TlsVersion, is_established: bool, end: End) -> Observation {
    let (asked, replied) = (true, true);
    let is_sent = matches!(end, End::Response(_));
    Observation { version, asked, replied, presented: false, accepted: false, is_established, is_sent, end }
}

fn not_asked(version: TlsVersion, is_established: bool, end: End) -> Observation {
    Observation { asked: false, replied: false, ..asked(version, is_established, end) }
}

fn response(status: u16, body: &str) -> End {
    End::Response(Response { status, server: None, body: body.into(), is_complete: true })
}

fn half(status: u16, body: &str) -> End {
    End::Response(Response { status, server: None, body: body.into(), is_complete: false })
}

use TlsVersion::{Tls12, Tls13};

#[test]
fn a_response_counts_as_refusal_only_if_the_certificate_was_requested_and_is_the_reason() {
    for (status, body, if_asked, if_not) in [
        (200, "", Outcome::Answered, Outcome::Answered),
        (204, NGINX_MISSING, Outcome::Answered, Outcome::Answered),
        (301, "", Outcome::Answered, Outcome::Answered),
        (404, "No client certificate", Outcome::Answered, Outcome::Answered),
        (405, "", Outcome::Answered, Outcome::Answered),
        (429, "", Outcome::Answered, Outcome::Answered),
        (400, NGINX_MISSING, Outcome::Refused, Outcome::Unclear),
        (400, "The SSL certificate error", Outcome::Refused, Outcome::Unclear),
        (403, "HTTP Error 403.7: SSL client certificate is required", Outcome::Refused, Outcome::Unclear),
        (403, NGINX_MISSING, Outcome::Refused, Outcome::Unclear),
        (403, "client certificate required", Outcome::Unclear, Outcome::Unclear),
        (400, "client certificate required", Outcome::Refused, Outcome::Unclear),
        (400, "token or client certificate required", Outcome::Unclear, Outcome::Unclear),
        (401, NGINX_MISSING, Outcome::Unclear, Outcome::Unclear),
        (495, "", Outcome::Refused, Outcome::Unclear),
        (496, "", Outcome::Refused, Outcome::Unclear),
        (400, "Bad Request", Outcome::Unclear, Outcome::Unclear),
        (401, "Unauthorized", Outcome::Unclear, Outcome::Unclear),
        (403, "Forbidden", Outcome::Unclear, Outcome::Unclear),
        (500, NGINX_MISSING, Outcome::Unclear, Outcome::Unclear),
        (503, "", Outcome::Unclear, Outcome::Unclear),
        (999, "", Outcome::Unclear, Outcome::Unclear),
    ] {
        for version in TlsVersion::ALL {
            let end = response(status, body);
            assert_eq!(asked(version, true, end.clone()).outcome(), if_asked, "{status} {body}");
            assert_eq!(not_asked(version, true, end).outcome(), if_not, "{status} {body}");
        }
    }
}

#[test]
fn half_a_body_is_no_refusal_but_a_status_is_an_answer() {
    assert_eq!(asked(Tls13, true, half(400, NGINX_MISSING)).outcome(), Outcome::Unclear);
    assert_eq!(asked(Tls13, true, half(200, "")).outcome(), Outcome::Answered);
}

#[test]
fn an_alert_counts_as_refusal_only_if_the_certificate_was_requested() {
    for alert in [42, 43, 44, 45, 46, 48, 49, 116] {
        assert_eq!(asked(Tls13, true, End::Alert(alert)).outcome(), Outcome::Refused, "{alert}");
        assert_eq!(asked(Tls12, false, End::Alert(alert)).outcome(), Outcome::Refused, "{alert}");
        for version in TlsVersion::ALL {
            for is_established in [false, true] {
                let not_asked = not_asked(version, is_established, End::Alert(alert));
                assert_eq!(not_asked.outcome(), Outcome::Failed, "{alert}");
            }
        }
    }
    // Any handshake may fail for another reason than the certificate.
    for alert in [10, 20, 47, 50, 51, 70, 80, 90, 112, 120, 255] {
        assert_eq!(asked(Tls13, true, End::Alert(alert)).outcome(), Outcome::Unclear, "{alert}");
        assert_eq!(asked(Tls12, false, End::Alert(alert)).outcome(), Outcome::Unclear, "{alert}");
    }
}

#[test]
fn an_alert_of_a_failed_handshake_is_a_refusal_only_right_after_the_certificate() {
    for (observation, expected) in [
        (asked(Tls12, false, End::Alert(40)), Outcome::Refused),
        (asked(Tls12, true, End::Alert(40)), Outcome::Unclear),
        (asked(Tls13, true, End::Alert(40)), Outcome::Refused),
        (Observation { accepted: true, ..asked(Tls13, true, End::Alert(40)) }, Outcome::Unclear),
        (Observation { is_sent: true, ..asked(Tls13, true, End::Alert(40)) }, Outcome::Unclear),
        // The signature of a certificate that was presented; without one, there is none to verify.
        (Observation { presented: true, ..asked(Tls13, true, End::Alert(51)) }, Outcome::Refused),
        (Observation { presented: true, ..asked(Tls12, false, End::Alert(51)) }, Outcome::Refused),
        (Observation { presented: true, ..asked(Tls12, true, End::Alert(51)) }, Outcome::Unclear),
        (asked(Tls13, true, End::Alert(51)), Outcome::Unclear),
        // The server may have only cipher suites that are too old for the probe.
        (not_asked(Tls12, false, End::Alert(40)), Outcome::Failed),
        (not_asked(Tls12, false, End::Alert(70)), Outcome::NotOffered),
        (not_asked(Tls13, false, End::Alert(40)), Outcome::NotOffered),
        (not_asked(Tls13, false, End::Alert(70)), Outcome::NotOffered),
        (not_asked(Tls12, false, End::Alert(71)), Outcome::Failed),
        (not_asked(Tls12, true, End::Alert(40)), Outcome::Failed),
    ] {
        assert_eq!(observation.outcome(), expected, "{observation:?}");
    }
}

#[test]
fn a_cut_connection_is_a_refusal_only_right_after_the_certificate() {
    for (observation, expected) in [
        (asked(Tls12, false, End::Cut), Outcome::Refused),
        (asked(Tls12, true, End::Cut), Outcome::Unclear),
        (asked(Tls13, true, End::Cut), Outcome::Refused),
        (asked(Tls13, false, End::Cut), Outcome::Unclear),
        (Observation { accepted: true, ..asked(Tls13, true, End::Cut) }, Outcome::Unclear),
        (Observation { is_sent: true, ..asked(Tls13, true, End::Cut) }, Outcome::Unclear),
        // An explicit alert counts at any time.
        (Observation { is_sent: true, ..asked(Tls13, true, End::Alert(116)) }, Outcome::Refused),
        // The server requested a certificate, but ended the connection before it got the reply.
        (Observation { replied: false, ..asked(Tls12, false, End::Cut) }, Outcome::Failed),
        (Observation { replied: false, ..asked(Tls13, false, End::Alert(116)) }, Outcome::Failed),
        (not_asked(Tls12, false, End::Cut), Outcome::Failed),
        (not_asked(Tls13, true, End::Cut), Outcome::Failed),
        // A server that refuses a certificate does not close in order.
        (asked(Tls13, true, End::Closed), Outcome::Unclear),
        (asked(Tls12, true, End::Closed), Outcome::Unclear),
        (not_asked(Tls13, true, End::Closed), Outcome::Failed),
    ] {
        assert_eq!(observation.outcome(), expected, "{observation:?}");
    }
}

#[test]
fn other_ends_are_never_a_refusal() {
    for (end, expected) in [
        (End::TimedOut, Outcome::Failed),
        (End::Broken("x".into()), Outcome::Failed),
        (End::Incompatible("x".into()), Outcome::NotOffered),
        (End::NotConnected("x".into()), Outcome::Unreachable),
        (End::Untrusted("x".into()), Outcome::Untrusted),
    ] {
        for version in TlsVersion::ALL {
            assert_eq!(asked(version, true, end.clone()).outcome(), expected);
            assert_eq!(not_asked(version, false, end.clone()).outcome(), expected);
        }
    }
}

#[test]
fn a_description_says_what_was_observed_and_escapes_what_the_server_sent() {
    for (observation, expected) in [
        (
            asked(Tls13, true, response(400, NGINX_MISSING)),
            "the server asked for a certificate and refused with HTTP 400 \"400 No required SSL certificate was sent\"",
        ),
        (
            asked(Tls13, true, response(403, "\u{1b}[31mno\u{202e}")),
            "the server asked for a certificate and answered HTTP 403 \"?[31mno?\"",
        ),
        (
            not_asked(Tls12, true, response(200, "x")),
            "the server did not ask for a certificate and answered HTTP 200",
        ),
        (
            asked(Tls13, true, End::Alert(116)),
            "the server asked for a certificate and refused with alert 116 (certificate_required)",
        ),
        (
            not_asked(Tls13, false, End::Alert(70)),
            "not offered, or no common cipher suite (alert 70 (protocol_version))",
        ),
        (
            not_asked(Tls13, false, End::Alert(112)),
            "the server ended the connection with alert 112 (unrecognized_name)",
        ),
        (
            asked(Tls12, false, End::Cut),
            "the server asked for a certificate and refused by cutting the connection",
        ),
        (not_asked(Tls12, false, End::Cut), "the server cut the connection without a response"),
        (
            not_asked(Tls12, true, End::TimedOut),
            "the server did not ask for a certificate and sent no complete response in time",
        ),
        (not_asked(Tls12, false, End::TimedOut), "no TLS handshake in time"),
        (
            not_asked(Tls12, false, End::Broken("a\u{1b}".into())),
            "the server sent something invalid (a\\u{1b})",
        ),
    ] {
        assert_eq!(observation.describe(), expected);
    }
}
