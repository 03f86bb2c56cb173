//! Input: an expiration date as API Gateway returns it (eight bytes), then a certificate, which is
//! tried as PEM text and as the DER inside a PEM block.
#![no_main]

use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;
use stagecert::checks::stage::{Attached, certificate_expiry};
use stagecert::parameters::Parameters;
use stagecert::resources::certificate::{Certificate, DatesFrom};
use stagecert::resources::certificate_id::CertificateId;
use stagecert::resources::tags::Tags;

fuzz_target!(|data: &[u8]| {
    let Some((date, certificate)) = data.split_first_chunk::<8>() else { return };
    let expiration = Timestamp::from_second(i64::from_le_bytes(*date)).ok();
    check(&String::from_utf8_lossy(certificate), expiration);
    let base64 = data_encoding::BASE64.encode(certificate);
    check(&format!("-----BEGIN CERTIFICATE-----\n{base64}\n-----END CERTIFICATE-----\n"), expiration);
});

fn check(pem: &str, expiration: Option<Timestamp>) {
    let id = CertificateId::new("a1b2c3".into());
    let read = Certificate::generated(id, Some(pem), expiration, Tags::default());
    match read.dates_from {
        DatesFrom::X509 => assert!(read.not_before.is_some() && read.not_after.is_some()),
        DatesFrom::UnreadablePem => assert_eq!((read.not_before, read.not_after), (None, expiration)),
        DatesFrom::Acm => unreachable!(),
    }
    if let Some(expiration) = expiration {
        assert!(read.not_after.is_some_and(|counts| counts <= expiration));
    }
    for now in [Timestamp::MIN, Timestamp::UNIX_EPOCH, Timestamp::MAX] {
        let answer = certificate_expiry::check(Attached::Certificate(&read), now, &Parameters::default());
        assert!(!answer.to_string().is_empty());
    }
}
