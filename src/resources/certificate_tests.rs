use super::*;
use crate::resources::account_region::AccountRegion;
use crate::resources::certificate_id::{CertificateId, CertificateKind};

const PEM: &str = include_str!("../../tests/certificates/leap-day.pem");
const SUMMER: &str = include_str!("../../tests/certificates/summer.pem");
const NO_END: &str = include_str!("../../tests/certificates/no-end.pem");

fn id() -> CertificateId {
    CertificateId::new("a1b2c3".into())
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

#[test]
fn the_kind_and_the_name_follow_from_the_form_of_the_id() {
    let acm = "arn:aws-cn:acm:cn-north-1:111122223333:certificate/12345678-90ab-cdef-1234-567890abcdef";
    for (text, kind, shown) in [
        ("k3xq1a", CertificateKind::Generated, "k3xq1a"),
        (acm, CertificateKind::Acm, "certificate/12345678-90ab-cdef-1234-567890abcdef"),
        ("x' OR '1'='1", CertificateKind::Unrecognized, "\"x'?OR?'1'='1\""),
        ("certificate-expiry: \"", CertificateKind::Unrecognized, "\"certificate-expiry:??\""),
        (
            "arn:aws:acm:eu-west-1:1:certificate/x",
            CertificateKind::Unrecognized,
            "\"arn:aws:acm:eu-west-1:1:certificate/x\"",
        ),
    ] {
        let id = CertificateId::new(text.into());
        assert_eq!((id.kind(), id.to_string().as_str()), (kind, shown), "{text}");
    }
}

#[test]
fn an_acm_certificate_of_another_account_or_region_is_not_local() {
    let of = |region: &str, account: &str| format!("arn:aws:acm:{region}:{account}:certificate/1-2");
    let account_region =
        AccountRegion { partition: "aws".into(), account: "111122223333".into(), region: "eu-west-1".into() };
    for (text, is_local) in [
        ("abc123".to_owned(), true),
        (of("eu-west-1", "111122223333"), true),
        (of("eu-west-1", "444455556666"), false),
        (of("eu-west-2", "111122223333"), false),
        ("two words".to_owned(), false),
    ] {
        assert_eq!(CertificateId::new(text.clone()).is_local_to(&account_region), is_local, "{text}");
    }
}

#[test]
fn the_earlier_of_the_two_dates_counts() {
    let own = "2028-02-29T23:59:59Z";
    for (expiration, expected) in [
        (Some("2028-02-29T23:59:58Z"), "2028-02-29T23:59:58Z"),
        (Some("2028-03-01T00:00:00Z"), own),
        (None, own),
    ] {
        let certificate = Certificate::generated(id(), Some(PEM), expiration.map(at), Tags::default());
        assert_eq!(certificate.not_after, Some(at(expected)));
        assert_eq!(certificate.dates_from, DatesFrom::X509);
    }
}

#[test]
fn carriage_returns_and_surrounding_text_are_accepted() {
    let windows = format!("Bag Attributes\r\n{}\r\ntrailing", PEM.replace('\n', "\r\n"));
    let certificate = Certificate::generated(id(), Some(&windows), None, Tags::default());
    assert_eq!(certificate.not_after, Some(at("2028-02-29T23:59:59Z")));
}

#[test]
fn the_earliest_not_after_and_the_latest_not_before_of_several_certificates_count() {
    for pem in [format!("{PEM}{SUMMER}"), format!("{SUMMER}{PEM}"), format!("{NO_END}\n{SUMMER}text\n{PEM}")]
    {
        for (expiration, expected) in
            [(None, "2027-09-01T00:00:00Z"), (Some("2027-08-31T23:59:59Z"), "2027-08-31T23:59:59Z")]
        {
            let certificate = Certificate::generated(id(), Some(&pem), expiration.map(at), Tags::default());
            assert_eq!(certificate.not_after, Some(at(expected)));
            assert_eq!(certificate.not_before, Some(at("2027-06-01T00:00:00Z")));
            assert_eq!(certificate.dates_from, DatesFrom::X509);
        }
    }
}

#[test]
fn a_public_key_in_the_pem_is_ignored() {
    let pem = format!("{PEM}-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n");
    let certificate = Certificate::generated(id(), Some(&pem), None, Tags::default());
    assert_eq!(certificate.not_after, Some(at("2028-02-29T23:59:59Z")));
}

#[test]
fn one_broken_block_makes_the_whole_pem_unreadable() {
    let expiration = at("2030-01-01T00:00:00Z");
    let (broken, cut) = (SUMMER.replace("MII", "AAA"), SUMMER.split("-----END").next().unwrap());
    let no_base64 = SUMMER.replacen("MII", "M!!", 1);
    let empty = "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n";
    let two_in_one = {
        let lines = |pem: &str| pem.lines().filter(|line| !line.starts_with('-')).collect::<String>();
        let der = |pem: &str| data_encoding::BASE64.decode(lines(pem).as_bytes()).unwrap();
        let both = data_encoding::BASE64.encode(&[der(PEM), der(SUMMER)].concat());
        format!("-----BEGIN CERTIFICATE-----\n{both}\n-----END CERTIFICATE-----\n")
    };
    let damaged_lines = [
        SUMMER.replace("-----BEGIN", "----BEGIN"),
        SUMMER.replace("-----BEGIN", " -----BEGIN"),
        SUMMER.replace("-----END", "----END"),
        SUMMER.replace("BEGIN CERTIFICATE-----", "BEGIN CERTIFICATE"),
    ];
    let texts = [broken.as_str(), cut, &no_base64, empty, &two_in_one];
    for other in texts.into_iter().chain(damaged_lines.iter().map(String::as_str)) {
        for pem in [format!("{PEM}{other}"), format!("{other}\n{PEM}")] {
            let certificate = Certificate::generated(id(), Some(&pem), Some(expiration), Tags::default());
            assert_eq!((certificate.not_before, certificate.not_after), (None, Some(expiration)), "{pem}");
            assert_eq!(certificate.dates_from, DatesFrom::UnreadablePem);
        }
    }
}

#[test]
fn a_certificate_without_an_expiration_date_is_valid_until_the_last_instant() {
    let certificate = Certificate::generated(id(), Some(NO_END), None, Tags::default());
    assert_eq!(certificate.not_after, Some(at("9999-12-30T22:00:00Z")));
    assert_eq!(certificate.dates_from, DatesFrom::X509);
    let expiration = at("2027-01-01T00:00:00Z");
    let dated = Certificate::generated(id(), Some(NO_END), Some(expiration), Tags::default());
    assert_eq!(dated.not_after, Some(expiration));
}

#[test]
fn milliseconds_up_to_the_end_of_the_year_9999_give_an_instant() {
    for (milliseconds, expected) in [
        (0, Some("1970-01-01T00:00:00Z")),
        (253_402_207_200_000, Some("9999-12-30T22:00:00Z")),
        (253_402_207_201_000, Some("9999-12-30T22:00:00Z")),
        (253_402_300_799_000, Some("9999-12-30T22:00:00Z")),
        (253_402_300_800_000 + 86_400_001, None),
        (i128::MAX, None),
        (i128::MIN, None),
    ] {
        assert_eq!(instant(milliseconds), expected.map(at), "{milliseconds}");
    }
}

#[test]
fn the_api_date_counts_if_the_pem_is_unreadable() {
    let broken = PEM.replace("MII", "AAA");
    for pem in [None, Some(""), Some("not a certificate"), Some(broken.as_str())] {
        let expiration = at("2027-01-01T00:00:00Z");
        let certificate = Certificate::generated(id(), pem, Some(expiration), Tags::default());
        assert_eq!((certificate.not_after, certificate.not_before), (Some(expiration), None), "{pem:?}");
        assert_eq!(certificate.dates_from, DatesFrom::UnreadablePem);
    }
    assert_eq!(Certificate::generated(id(), None, None, Tags::default()).not_after, None);
}

#[test]
fn only_eligible_acm_certificates_that_are_not_imported_renew_automatically() {
    let eligible = AcmDetail { renewal_eligibility: Some("ELIGIBLE".into()), ..AcmDetail::default() };
    let imported = AcmDetail { kind: Some("IMPORTED".into()), ..eligible.clone() };
    let failed = AcmDetail { renewal_status: Some("FAILED".into()), ..eligible.clone() };
    for (detail, renews) in
        [(eligible, true), (imported, false), (failed, false), (AcmDetail::default(), false)]
    {
        assert_eq!(Certificate::acm(id(), detail).renews_automatically, renews);
    }
    assert_eq!(Certificate::acm(id(), AcmDetail::default()).acm_status.as_deref(), Some("unknown"));
}
