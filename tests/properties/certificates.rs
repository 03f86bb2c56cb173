use jiff::Timestamp;
use proptest::prelude::*;
use proptest::sample::Index;
use stagecert::resources::certificate::{Certificate, DatesFrom};
use stagecert::resources::certificate_id::CertificateId;
use stagecert::resources::tags::Tags;

use crate::cases::{cases, hostile_text};
use crate::expiry::instant;

const PEM: &str = include_str!("../certificates/leap-day.pem");

fn read(pem: Option<&str>, told: Option<Timestamp>) -> Certificate {
    Certificate::generated(CertificateId::new("a1b2c3".into()), pem, told, Tags::default())
}

/// Demands that no date is later than the one told, and none is made up.
fn assert_never_later_than_told(pem: &str, told: Option<Timestamp>) {
    let certificate = read(Some(pem), told);
    if let Some(told) = told {
        assert!(certificate.not_after.is_some_and(|counts| counts <= told), "{certificate:?}");
    }
    match certificate.dates_from {
        DatesFrom::X509 => assert!(certificate.not_before.is_some() && certificate.not_after.is_some()),
        DatesFrom::UnreadablePem => {
            assert_eq!((certificate.not_before, certificate.not_after), (None, told), "{pem:?}");
        }
        DatesFrom::Acm => panic!("{certificate:?}"),
    }
}

proptest! {
    #![proptest_config(cases(512))]

    #[test]
    fn any_text_as_pem_never_makes_a_date_later(
        text in prop_oneof![hostile_text(), "(.|\n){0,200}"], told in prop::option::of(instant()),
    ) {
        assert_never_later_than_told(&text, told);
        let block = format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n");
        assert_never_later_than_told(&block, told);
    }

    #[test]
    fn a_certificate_cut_short_or_with_a_changed_byte_never_makes_a_date_later(
        at in any::<Index>(), byte in 0_u8..128, told in prop::option::of(instant()), cut in any::<bool>(),
    ) {
        let at = at.index(PEM.len());
        let pem = if cut {
            PEM[..at].to_owned()
        } else {
            let mut bytes = PEM.as_bytes().to_vec();
            bytes[at] = byte;
            String::from_utf8(bytes).unwrap()
        };
        assert_never_later_than_told(&pem, told);
    }

    #[test]
    fn the_certificate_is_found_behind_any_text(text in "[a-zA-Z0-9 =:\n\r\t]{0,80}", told in instant()) {
        let own: Timestamp = "2028-02-29T23:59:59Z".parse().unwrap();
        let certificate = read(Some(&format!("{text}\n{PEM}{text}")), Some(told));
        prop_assert_eq!(certificate.not_after, Some(own.min(told)));
        prop_assert_eq!(certificate.dates_from, DatesFrom::X509);
    }
}
