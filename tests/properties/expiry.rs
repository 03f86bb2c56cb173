use jiff::Timestamp;
use proptest::prelude::*;
use stagecert::checks::stage::Attached;
use stagecert::checks::stage::certificate_expiry;
use stagecert::checks::stage::certificate_expiry::Answer;
use stagecert::checks::verdict::Verdict;
use stagecert::parameters::Parameters;
use stagecert::resources::backends::Backends;
use stagecert::resources::certificate::{Certificate, DatesFrom};
use stagecert::resources::certificate_id::CertificateId;
use stagecert::resources::tags::Tags;

use crate::cases::cases;

/// Any instant that there is, and often one of this century.
pub fn instant() -> impl Strategy<Value = Timestamp> {
    let of = |seconds, nanoseconds| Timestamp::new(seconds, nanoseconds).unwrap();
    prop_oneof![
        (1_700_000_000_i64..2_000_000_000, 0..1_000_000_000).prop_map(move |(s, n)| of(s, n)),
        (Timestamp::MIN.as_second()..=Timestamp::MAX.as_second()).prop_map(move |s| of(s, 0)),
        prop::sample::select(vec![Timestamp::MIN, Timestamp::UNIX_EPOCH, Timestamp::MAX]),
    ]
}

fn certificate(not_before: Option<Timestamp>, not_after: Option<Timestamp>, renews: bool) -> Certificate {
    Certificate {
        id: CertificateId::new("a1b2c3".into()),
        not_before,
        not_after,
        dates_from: DatesFrom::X509,
        acm_status: None,
        renews_by_itself: renews,
        tags: Tags::default(),
    }
}

/// The same question in whole nanoseconds, without the library that the check counts with.
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

fn answer(certificate: &Certificate, now: Timestamp, parameters: &Parameters) -> Answer {
    certificate_expiry::check(Attached::Certificate(certificate), &Backends::NotAsked, now, parameters)
}

fn with_windows(expiry: u16, managed: u16) -> Parameters {
    Parameters { expiry_window_days: expiry, managed_renewal_window_days: managed, ..Parameters::default() }
}

proptest! {
    #![proptest_config(cases(2048))]

    #[test]
    fn the_verdict_is_that_of_plain_arithmetic(
        (now, not_before, not_after) in (instant(), prop::option::of(instant()), prop::option::of(instant())),
        (expiry, managed) in (1_u16..=365, 1_u16..=365),
        renews in any::<bool>(),
    ) {
        let certificate = certificate(not_before, not_after, renews);
        let answer = answer(&certificate, now, &with_windows(expiry, managed));
        let window = if renews { managed } else { expiry };
        let reason: &'static str = (&answer).into();
        prop_assert_eq!(reason, expected(&certificate, now, window));
        prop_assert_eq!(answer.verdict() == Verdict::Passed, matches!(answer, Answer::Valid { .. }));
    }

    #[test]
    fn the_window_begins_at_its_very_nanosecond(
        not_after in instant(), days in 1_u16..=365, off in -2_i128..=2,
    ) {
        let begins = not_after.as_nanosecond() - i128::from(days) * 86_400_000_000_000;
        let Ok(now) = Timestamp::from_nanosecond(begins + off) else { return Ok(()) };
        let certificate = certificate(None, Some(not_after), false);
        let answer = answer(&certificate, now, &with_windows(days, 1));
        prop_assert_eq!(matches!(answer, Answer::Expiring { .. }), off >= 0);
    }

    #[test]
    fn what_has_failed_by_now_does_not_pass_later(
        (not_after, now, later) in (instant(), instant(), instant()), days in 1_u16..=365,
    ) {
        let certificate = certificate(None, Some(not_after), false);
        let at = |now| answer(&certificate, now, &with_windows(days, 1));
        if now <= later && at(now).verdict() == Verdict::Failed {
            prop_assert_eq!(at(later).verdict(), Verdict::Failed);
        }
    }
}
