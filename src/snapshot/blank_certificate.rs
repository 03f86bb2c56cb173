//! X.509 certificates with validity dates and nothing else: no names, no key, no signature.

use data_encoding::BASE64;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;

const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const OBJECT_IDENTIFIER: u8 = 0x06;
const GENERALIZED_TIME: u8 = 0x18;
const SEQUENCE: u8 = 0x30;

/// The object identifier of sha256WithRSAEncryption.
///
/// X.509 requires an algorithm; that of API Gateway's certificates reveals nothing.
const ALGORITHM: [u8; 9] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b];

/// A certificate with these dates and nothing else, as PEM; `None` if X.509 can't represent a date.
pub(crate) fn pem(not_before: Timestamp, not_after: Timestamp) -> Option<String> {
    let no_name = element(SEQUENCE, &[])?;
    let no_bits = element(BIT_STRING, &[0])?;
    let algorithm = element(SEQUENCE, &element(OBJECT_IDENTIFIER, &ALGORITHM)?)?;
    let validity = element(SEQUENCE, &[time(not_before)?, time(not_after)?].concat())?;
    let no_key = element(SEQUENCE, &[algorithm.clone(), no_bits.clone()].concat())?;
    let serial = element(INTEGER, &[1])?;
    let signed = [serial, algorithm.clone(), no_name.clone(), validity, no_name, no_key].concat();
    let der = element(SEQUENCE, &[element(SEQUENCE, &signed)?, algorithm, no_bits].concat())?;
    let lines = BASE64.encode(&der).into_bytes();
    let lines: Vec<String> =
        lines.chunks(64).map(|line| String::from_utf8_lossy(line).into_owned()).collect();
    Some(format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n")))
}

/// A DER element; `None` if its content is longer than 255 bytes.
fn element(tag: u8, content: &[u8]) -> Option<Vec<u8>> {
    let length = u8::try_from(content.len()).ok()?;
    let head = if length < 0x80 { vec![tag, length] } else { vec![tag, 0x81, length] };
    Some([head.as_slice(), content].concat())
}

fn time(instant: Timestamp) -> Option<Vec<u8>> {
    let instant: DateTime = Offset::UTC.to_datetime(instant);
    let year = u16::try_from(instant.year()).ok()?;
    let month_to_second = instant.strftime("%m%d%H%M%S");
    element(GENERALIZED_TIME, format!("{year:04}{month_to_second}Z").as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resources::certificate::{Certificate, DatesFrom};
    use crate::resources::certificate_id::CertificateId;
    use crate::resources::tags::Tags;

    #[test]
    fn dates_are_read_back_to_the_second() {
        for (not_before, not_after) in [
            ("2026-11-21T12:00:00Z", "2027-11-21T12:00:00Z"),
            ("1949-12-31T23:59:59Z", "1950-01-01T00:00:00Z"),
            ("2049-12-31T23:59:59Z", "2050-01-01T00:00:00Z"),
            ("2027-03-01T23:59:59Z", "2028-02-29T23:59:59Z"),
            ("0001-01-01T00:00:00Z", "9999-12-30T22:00:00Z"),
        ] {
            let (not_before, not_after) = (not_before.parse().unwrap(), not_after.parse().unwrap());
            let pem = pem(not_before, not_after).unwrap();
            let id = CertificateId::new("a1".into());
            let read = Certificate::generated(id, Some(&pem), None, Tags::default());
            assert_eq!((read.not_before, read.not_after), (Some(not_before), Some(not_after)));
            assert_eq!(read.dates_from, DatesFrom::X509);
        }
    }

    #[test]
    fn a_year_that_x509_cannot_represent_makes_no_certificate() {
        let (early, late) = ("-000001-01-01T00:00:00Z".parse().unwrap(), Timestamp::UNIX_EPOCH);
        assert_eq!(pem(early, late), None);
    }
}
