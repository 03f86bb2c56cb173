use jiff::Timestamp;
use proptest::prelude::*;
use proptest::sample::Index;
use stagecert::resources::certificate::{Certificate, DatesFrom};
use stagecert::resources::certificate_id::CertificateId;
use stagecert::resources::tags::Tags;

use crate::cases::{cases, instant};
use crate::hostile::hostile_text;

const PEM: &str = include_str!("../certificates/leap-day.pem");

fn read(pem: Option<&str>, expiration: Option<Timestamp>) -> Certificate {
    Certificate::generated(CertificateId::new("a1b2c3".into()), pem, expiration, Tags::default())
}

/// Checks that no date is later than API Gateway's, and that none is invented.
fn assert_never_later(pem: &str, expiration: Option<Timestamp>) {
    let certificate = read(Some(pem), expiration);
    if let Some(expiration) = expiration {
        assert!(certificate.not_after.is_some_and(|counts| counts <= expiration), "{certificate:?}");
    }
    match certificate.dates_from {
        DatesFrom::X509 => assert!(certificate.not_before.is_some() && certificate.not_after.is_some()),
        DatesFrom::UnreadablePem => {
            assert_eq!((certificate.not_before, certificate.not_after), (None, expiration), "{pem:?}");
        }
        DatesFrom::Acm => panic!("{certificate:?}"),
    }
}

proptest! {
    #![proptest_config(cases(512))]

    #[test]
    fn text_as_pem_never_makes_a_date_later(
        text in prop_oneof![hostile_text(), "(.|\n){0,200}"], expiration in prop::option::of(instant()),
    ) {
        assert_never_later(&text, expiration);
        let block = format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n");
        assert_never_later(&block, expiration);
    }

    #[test]
    fn a_truncated_or_corrupted_certificate_never_makes_a_date_later(
        at in any::<Index>(), byte in 0_u8..128, expiration in prop::option::of(instant()), cut in any::<bool>(),
    ) {
        let at = at.index(PEM.len());
        let pem = if cut {
            PEM.get(..at).unwrap().to_owned()
        } else {
            let mut bytes = PEM.as_bytes().to_vec();
            bytes[at] = byte;
            String::from_utf8(bytes).unwrap()
        };
        assert_never_later(&pem, expiration);
    }

    #[test]
    fn the_certificate_is_found_after_any_text(text in "[a-zA-Z0-9 =:\n\r\t]{0,80}", expiration in instant()) {
        let own: Timestamp = "2028-02-29T23:59:59Z".parse().unwrap();
        let certificate = read(Some(&format!("{text}\n{PEM}{text}")), Some(expiration));
        prop_assert_eq!(certificate.not_after, Some(own.min(expiration)));
        prop_assert_eq!(certificate.dates_from, DatesFrom::X509);
    }
}
