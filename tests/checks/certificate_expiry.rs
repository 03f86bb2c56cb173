//! `certificate-expiry`: the certificate is valid and not about to expire.

use jiff::Timestamp;
use proptest::prelude::*;
use stagecert::checks::stage::Attached;
use stagecert::checks::stage::certificate_expiry::{Answer, Settings, check, depends_on_backends};
use stagecert::checks::verdict::Verdict;
use stagecert::parameters::Parameters;
use stagecert::resources::backends::Backends;
use stagecert::resources::certificate::{AcmDetail, Certificate, DatesFrom};
use stagecert::resources::certificate_id::CertificateId;
use stagecert::resources::stage::DeploymentId;
use stagecert::resources::tags::Tags;

use crate::cases::{cases, instant};

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn reason(certificate: &Certificate, now: &str, json: &str) -> String {
    let settings = Parameters::parse(Some(json)).unwrap().certificate_expiry;
    let answer = check(Attached::Certificate(certificate), &Backends::NotAsked, at(now), settings);
    serde_json::to_value(answer).unwrap()["reason"].as_str().unwrap().to_owned()
}

fn expiring(not_after: &str) -> Certificate {
    Certificate::generated(CertificateId::new("abc123".into()), None, Some(at(not_after)), Tags::default())
}

#[test]
fn the_window_includes_its_first_second() {
    let certificate = expiring("2027-03-02T12:00:00Z");
    for (now, expected) in [
        ("2027-01-01T11:59:59Z", "valid"),
        ("2027-01-01T12:00:00Z", "expiring"),
        ("2027-01-01T12:00:01Z", "expiring"),
        ("2027-03-02T11:59:59Z", "expiring"),
        ("2027-03-02T12:00:00Z", "expiring"),
        ("2027-03-02T12:00:01Z", "expired"),
    ] {
        assert_eq!(reason(&certificate, now, "{}"), expected, "{now}");
    }
}

#[test]
fn a_leap_day_counts_as_a_day_of_the_window() {
    let certificate = expiring("2028-03-01T23:59:59Z");
    let one_day = r#"{"expiryWindowDays":"1"}"#;
    assert_eq!(reason(&certificate, "2028-02-29T23:59:58Z", one_day), "valid");
    assert_eq!(reason(&certificate, "2028-02-29T23:59:59Z", one_day), "expiring");
    let two_days = r#"{"expiryWindowDays":"2"}"#;
    assert_eq!(reason(&certificate, "2028-02-28T23:59:58Z", two_days), "valid");
    assert_eq!(reason(&certificate, "2028-02-28T23:59:59Z", two_days), "expiring");
}

#[test]
fn not_before_counts_to_the_second() {
    let pem = include_str!("../certificates/leap-day.pem");
    let certificate =
        Certificate::generated(CertificateId::new("abc123".into()), Some(pem), None, Tags::default());
    assert_eq!(certificate.not_before, Some(at("2027-03-01T23:59:59Z")));
    assert_eq!(reason(&certificate, "2027-03-01T23:59:58Z", "{}"), "not-yet-valid");
    assert_eq!(reason(&certificate, "2027-03-01T23:59:59Z", "{}"), "valid");
}

#[test]
fn an_automatically_renewed_certificate_has_its_own_window() {
    let detail = |eligibility: &str| AcmDetail {
        status: Some("ISSUED".into()),
        renewal_eligibility: Some(eligibility.into()),
        not_after: Some(at("2027-03-02T12:00:00Z")),
        ..AcmDetail::default()
    };
    let id = CertificateId::new("arn:aws:acm:eu-west-1:111122223333:certificate/1-2".into());
    let (managed, by_hand) =
        (Certificate::acm(id.clone(), detail("ELIGIBLE")), Certificate::acm(id, detail("INELIGIBLE")));
    for (now, managed_says, by_hand_says) in [
        ("2027-01-01T12:00:00Z", "valid", "expiring"),
        ("2027-01-31T11:59:59Z", "valid", "expiring"),
        ("2027-01-31T12:00:00Z", "expiring", "expiring"),
    ] {
        assert_eq!(reason(&managed, now, "{}"), managed_says, "{now}");
        assert_eq!(reason(&by_hand, now, "{}"), by_hand_says, "{now}");
    }
}

#[test]
fn a_missing_date_fails_and_a_missing_certificate_makes_the_check_not_applicable() {
    let undated = Certificate::generated(CertificateId::new("abc123".into()), None, None, Tags::default());
    assert_eq!(reason(&undated, "2027-01-01T00:00:00Z", "{}"), "no-date");
    let defaults = Settings::default();
    let ghost = CertificateId::new("ghost1".into());
    let now = at("2027-01-01T00:00:00Z");
    let dangling = check(Attached::Dangling(&ghost), &Backends::NotAsked, now, defaults);
    assert_eq!(
        (dangling.verdict(), dangling.to_string().as_str()),
        (Verdict::NotApplicable, "client certificate ghost1 does not exist")
    );
    assert_eq!(check(Attached::Nothing, &Backends::NotAsked, now, defaults), Answer::NoCertificate);
}

#[test]
fn extreme_instants_do_not_overflow() {
    let certificate = expiring("9999-12-30T22:00:00Z");
    assert_eq!(reason(&certificate, "-009999-01-02T02:00:00Z", "{}"), "valid");
}

#[test]
fn the_sentence_mentions_an_unreadable_pem() {
    let answer = check(
        Attached::Certificate(&expiring("2027-03-02T12:00:00Z")),
        &Backends::NotAsked,
        at("2027-03-01T00:00:00Z"),
        Settings::default(),
    );
    assert_eq!(
        answer.to_string(),
        "client certificate abc123 expires 2027-03-02T12:00:00Z by API Gateway's date (PEM unreadable), within 60 days"
    );
}

#[test]
fn a_failure_reports_what_is_deployed_and_a_valid_certificate_needs_no_export() {
    let deployment = || DeploymentId::new("d1".into());
    let (expired, settings) = (expiring("2026-03-02T12:00:00Z"), Settings::default());
    let attached = Attached::Certificate(&expired);
    let now = at("2027-03-01T00:00:00Z");
    assert!(depends_on_backends(attached, now, settings));
    assert!(!depends_on_backends(attached, at("2025-01-01T00:00:00Z"), settings));
    assert!(!depends_on_backends(Attached::Nothing, now, settings));
    for (backends, says) in [
        (Backends::no_http(deployment()), "no HTTP integration in deployment d1"),
        (Backends::http(deployment()), "HTTP backends in deployment d1"),
    ] {
        let answer = check(attached, &backends, now, settings).to_string();
        assert!(answer.starts_with("client certificate abc123 expired 2026-03-02T12:00:00Z by"), "{answer}");
        assert!(answer.ends_with(&format!(", {says}")), "{answer}");
    }
}

fn with_dates(not_before: Option<Timestamp>, not_after: Option<Timestamp>, renews: bool) -> Certificate {
    Certificate {
        id: CertificateId::new("a1b2c3".into()),
        not_before,
        not_after,
        dates_from: DatesFrom::X509,
        acm_status: None,
        renews_automatically: renews,
        tags: Tags::default(),
    }
}

/// The expected reason, computed in whole nanoseconds without the library that the check uses.
fn expected(certificate: &Certificate, now: Timestamp, window_days: u16) -> &'static str {
    let day: i128 = 86_400 * 1_000_000_000;
    let now = now.as_nanosecond();
    let Some(not_after) = certificate.not_after.map(Timestamp::as_nanosecond) else { return "no-date" };
    if now > not_after {
        "expired"
    } else if certificate.not_before.is_some_and(|not_before| now < not_before.as_nanosecond()) {
        "not-yet-valid"
    } else if now >= not_after - day * i128::from(window_days) {
        "expiring"
    } else {
        "valid"
    }
}

fn answer(certificate: &Certificate, now: Timestamp, settings: Settings) -> Answer {
    check(Attached::Certificate(certificate), &Backends::NotAsked, now, settings)
}

fn with_windows(expiry: u16, managed: u16) -> Settings {
    Settings { expiry_window_days: expiry, managed_renewal_window_days: managed }
}

proptest! {
    #![proptest_config(cases(2048))]

    #[test]
    fn the_reason_matches_plain_arithmetic(
        (now, not_before, not_after) in (instant(), prop::option::of(instant()), prop::option::of(instant())),
        (expiry, managed) in (1_u16..=365, 1_u16..=365),
        renews in any::<bool>(),
    ) {
        let certificate = with_dates(not_before, not_after, renews);
        let answer = answer(&certificate, now, with_windows(expiry, managed));
        let window = if renews { managed } else { expiry };
        let reason: &'static str = (&answer).into();
        prop_assert_eq!(reason, expected(&certificate, now, window));
        prop_assert_eq!(answer.verdict() == Verdict::Passed, matches!(answer, Answer::Valid { .. }));
    }

    #[test]
    fn the_window_starts_exactly_to_the_nanosecond(
        not_after in instant(), days in 1_u16..=365, off in -2_i128..=2,
    ) {
        let begins = not_after.as_nanosecond() - i128::from(days) * 86_400_000_000_000;
        let Ok(now) = Timestamp::from_nanosecond(begins + off) else { return Ok(()) };
        let certificate = with_dates(None, Some(not_after), false);
        let answer = answer(&certificate, now, with_windows(days, 1));
        prop_assert_eq!(matches!(answer, Answer::Expiring { .. }), off >= 0);
    }

    #[test]
    fn a_failure_never_turns_into_a_pass_later(
        (not_after, now, later) in (instant(), instant(), instant()), days in 1_u16..=365,
    ) {
        let certificate = with_dates(None, Some(not_after), false);
        let at = |now| answer(&certificate, now, with_windows(days, 1));
        if now <= later && at(now).verdict() == Verdict::Failed {
            prop_assert_eq!(at(later).verdict(), Verdict::Failed);
        }
    }
}
