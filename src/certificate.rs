//! Client certificates: what their ids look like, and the dates that count.

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Serialize, Serializer};
use x509_parser::pem::Pem;

use crate::place::Place;
use crate::tags::Tags;

/// What a stage's `clientCertificateId` says, and which of AWS's two kinds of certificate it names. A clone shares the text.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CertificateId {
    text: Arc<str>,
    kind: CertificateKind,
}

/// Who keeps a client certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum CertificateKind {
    /// API Gateway made it (`GenerateClientCertificate`): a short id, self-signed, valid for 365 days, never renewed.
    Generated,
    /// ACM keeps it: `clientCertificateId` is its ARN (since September 2026).
    Acm,
    /// Neither form: no API can be asked about it, so it counts as a certificate that does not exist.
    Unrecognised,
}

impl CertificateId {
    /// Takes the text as AWS gave it; [`CertificateId::kind`] tells whether its form is known.
    #[must_use]
    pub fn new(text: String) -> Self {
        let kind = if is_generated_id(&text) {
            CertificateKind::Generated
        } else if is_acm_arn(&text) {
            CertificateKind::Acm
        } else {
            CertificateKind::Unrecognised
        };
        Self { text: text.into(), kind }
    }

    /// The id or ARN as AWS spells it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Generated, ACM's, or of no known form.
    #[must_use]
    pub fn kind(&self) -> CertificateKind {
        self.kind
    }

    /// Whether it can exist in `place`: ACM keeps a stage's certificate in the stage's own account and Region.
    #[must_use]
    pub fn can_be_in(&self, place: &Place) -> bool {
        let home = format!("arn:{}:acm:{}:{}:", place.partition, place.region, place.account);
        match self.kind {
            CertificateKind::Generated => true,
            CertificateKind::Acm => self.text.starts_with(&home),
            CertificateKind::Unrecognised => false,
        }
    }

    /// Whether it may stand in a query expression or an ARN: only text of a known form may.
    #[must_use]
    pub fn is_recognised(&self) -> bool {
        self.kind != CertificateKind::Unrecognised
    }
}

/// The name for people: a generated certificate's id, or the last part of an ACM ARN.
impl fmt::Display for CertificateId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            CertificateKind::Acm => f.write_str(self.text.rsplit(':').next().unwrap_or_default()),
            CertificateKind::Generated => f.write_str(&self.text),
            // One word in quotes: no name may read like a sentence or a code of ours.
            CertificateKind::Unrecognised => {
                let printable = |c: char| if c.is_ascii_graphic() && c != '"' { c } else { '?' };
                write!(f, "\"{}\"", self.text.chars().map(printable).collect::<String>())
            }
        }
    }
}

impl Serialize for CertificateId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

/// A client certificate that exists, with the facts that the checks ask about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// Its id or ARN.
    pub id: CertificateId,
    /// The first instant it is valid at, where that is known.
    pub not_before: Option<Timestamp>,
    /// The last instant it is valid at, where that is known: the earlier of what AWS and the certificate itself say.
    pub not_after: Option<Timestamp>,
    /// Whether the certificate itself was read, or only AWS's date of it.
    pub dates_from: DatesFrom,
    /// ACM's status, such as `ISSUED`; absent for a generated certificate, which has none.
    pub acm_status: Option<String>,
    /// Whether ACM renews it by itself.
    pub renews_by_itself: bool,
    /// Its tags, where AWS lists them with the certificate: a generated one's. ACM's are read by ARN.
    pub tags: Tags,
}

/// Where a certificate's dates come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DatesFrom {
    /// The X.509 certificate, and AWS's own date where that is earlier.
    X509,
    /// AWS's answer alone, which is all that `DescribeCertificate` gives.
    Acm,
    /// AWS's answer alone, because the PEM could not be parsed.
    UnreadablePem,
}

impl Certificate {
    /// A certificate that API Gateway generated, from its PEM and the `expirationDate` beside it.
    ///
    /// The earlier of the two dates counts. PEM that can't be parsed leaves the API's date, and `dates_from` says so.
    #[must_use]
    pub fn generated(
        id: CertificateId,
        pem: Option<&str>,
        expiration: Option<Timestamp>,
        tags: Tags,
    ) -> Self {
        let parsed = pem.and_then(validity);
        let not_after = match (parsed.map(|(_, not_after)| not_after), expiration) {
            (Some(own), Some(told)) => Some(own.min(told)),
            (own, told) => own.or(told),
        };
        Self {
            id,
            not_before: parsed.map(|(not_before, _)| not_before),
            not_after,
            dates_from: if parsed.is_some() { DatesFrom::X509 } else { DatesFrom::UnreadablePem },
            acm_status: None,
            renews_by_itself: false,
            tags,
        }
    }
}

/// The facts of `DescribeCertificate` that count, as strings in ACM's own spelling.
#[derive(Clone, Debug, Default)]
pub struct AcmDetail {
    /// `Status`: `ISSUED`, `EXPIRED`, `REVOKED`, …
    pub status: Option<String>,
    /// `Type`: `IMPORTED`, `PRIVATE`, `AMAZON_ISSUED`.
    pub kind: Option<String>,
    /// `RenewalEligibility`: `ELIGIBLE` or `INELIGIBLE`.
    pub renewal_eligibility: Option<String>,
    /// `RenewalSummary.RenewalStatus`.
    pub renewal_status: Option<String>,
    /// `NotBefore`.
    pub not_before: Option<Timestamp>,
    /// `NotAfter`.
    pub not_after: Option<Timestamp>,
}

impl Certificate {
    /// A certificate that ACM keeps, from what `DescribeCertificate` said.
    ///
    /// It renews by itself if ACM calls it eligible, it wasn't imported and no renewal has failed. A status that is
    /// absent is told as `unknown`, which is not `ISSUED`.
    #[must_use]
    pub fn acm(id: CertificateId, detail: AcmDetail) -> Self {
        let is = |value: &Option<String>, expected: &str| value.as_deref() == Some(expected);
        Self {
            id,
            not_before: detail.not_before,
            not_after: detail.not_after,
            dates_from: DatesFrom::Acm,
            renews_by_itself: is(&detail.renewal_eligibility, "ELIGIBLE")
                && !is(&detail.kind, "IMPORTED")
                && !is(&detail.renewal_status, "FAILED"),
            acm_status: Some(
                detail.status.filter(|status| is_word(status)).unwrap_or_else(|| "unknown".into()),
            ),
            tags: Tags::default(),
        }
    }
}

/// Not-before and not-after of the first certificate in a PEM text, or `None` where there is none that parses.
fn validity(pem: &str) -> Option<(Timestamp, Timestamp)> {
    let block = Pem::iter_from_buffer(pem.as_bytes())
        .find_map(|block| block.ok().filter(|b| b.label == "CERTIFICATE"))?;
    let certificate = block.parse_x509().ok()?;
    let validity = certificate.validity();
    let not_before = Timestamp::from_second(validity.not_before.timestamp()).ok()?;
    let not_after = Timestamp::from_second(validity.not_after.timestamp()).ok()?;
    Some((not_before, not_after))
}

/// Whether a status has the form of AWS's: capitals and underscores.
pub(crate) fn is_word(status: &str) -> bool {
    !status.is_empty()
        && status.len() <= 64
        && status.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_')
}

/// API Gateway's ids are short words of letters and digits.
fn is_generated_id(text: &str) -> bool {
    !text.is_empty() && text.len() <= 64 && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// `arn:PARTITION:acm:REGION:ACCOUNT:certificate/ID`, where the id is hexadecimal words and hyphens (or `mrk-…`).
fn is_acm_arn(text: &str) -> bool {
    let parts: Vec<&str> = text.split(':').collect();
    let &["arn", partition, "acm", region, account, resource] = parts.as_slice() else { return false };
    crate::place::is_partition(partition)
        && crate::place::is_region(region)
        && crate::place::is_account_id(account)
        && resource.strip_prefix("certificate/").is_some_and(|id| {
            !id.is_empty()
                && id.len() <= 64
                && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    const PEM: &str = include_str!("../tests/certificates/leap-day.pem");

    fn id() -> CertificateId {
        CertificateId::new("a1b2c3".into())
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn ids_of_both_kinds_and_of_neither() {
        let acm = "arn:aws-cn:acm:cn-north-1:111122223333:certificate/12345678-90ab-cdef-1234-567890abcdef";
        for (text, kind, shown) in [
            ("k3xq1a", CertificateKind::Generated, "k3xq1a"),
            (acm, CertificateKind::Acm, "certificate/12345678-90ab-cdef-1234-567890abcdef"),
            ("x' OR '1'='1", CertificateKind::Unrecognised, "\"x'?OR?'1'='1\""),
            ("certificate-expiry: \"", CertificateKind::Unrecognised, "\"certificate-expiry:??\""),
            (
                "arn:aws:acm:eu-west-1:1:certificate/x",
                CertificateKind::Unrecognised,
                "\"arn:aws:acm:eu-west-1:1:certificate/x\"",
            ),
        ] {
            let id = CertificateId::new(text.into());
            assert_eq!((id.kind(), id.to_string().as_str()), (kind, shown), "{text}");
        }
    }

    #[test]
    fn an_acm_certificate_of_another_account_or_region_cannot_be_here() {
        let of = |region: &str, account: &str| format!("arn:aws:acm:{region}:{account}:certificate/1-2");
        let place =
            Place { partition: "aws".into(), account: "111122223333".into(), region: "eu-west-1".into() };
        for (text, here) in [
            ("abc123".to_owned(), true),
            (of("eu-west-1", "111122223333"), true),
            (of("eu-west-1", "444455556666"), false),
            (of("eu-west-2", "111122223333"), false),
            ("two words".to_owned(), false),
        ] {
            assert_eq!(CertificateId::new(text.clone()).can_be_in(&place), here, "{text}");
        }
    }

    #[test]
    fn the_earlier_of_the_two_dates_counts() {
        let own = "2028-02-29T23:59:59Z";
        for (told, counts) in [
            (Some("2028-02-29T23:59:58Z"), "2028-02-29T23:59:58Z"),
            (Some("2028-03-01T00:00:00Z"), own),
            (None, own),
        ] {
            let certificate = Certificate::generated(id(), Some(PEM), told.map(at), Tags::default());
            assert_eq!(certificate.not_after, Some(at(counts)));
            assert_eq!(certificate.dates_from, DatesFrom::X509);
        }
    }

    #[test]
    fn carriage_returns_and_text_around_the_pem_are_read() {
        let windows = format!("Bag Attributes\r\n{}\r\ntrailing", PEM.replace('\n', "\r\n"));
        let certificate = Certificate::generated(id(), Some(&windows), None, Tags::default());
        assert_eq!(certificate.not_after, Some(at("2028-02-29T23:59:59Z")));
    }

    #[test]
    fn unreadable_pem_leaves_the_date_of_the_api() {
        let broken = PEM.replace("MII", "AAA");
        for pem in [None, Some(""), Some("not a certificate"), Some(broken.as_str())] {
            let told = at("2027-01-01T00:00:00Z");
            let certificate = Certificate::generated(id(), pem, Some(told), Tags::default());
            assert_eq!((certificate.not_after, certificate.not_before), (Some(told), None), "{pem:?}");
            assert_eq!(certificate.dates_from, DatesFrom::UnreadablePem);
        }
        assert_eq!(Certificate::generated(id(), None, None, Tags::default()).not_after, None);
    }

    #[test]
    fn which_acm_certificates_renew_by_themselves() {
        let eligible = AcmDetail { renewal_eligibility: Some("ELIGIBLE".into()), ..AcmDetail::default() };
        let imported = AcmDetail { kind: Some("IMPORTED".into()), ..eligible.clone() };
        let failed = AcmDetail { renewal_status: Some("FAILED".into()), ..eligible.clone() };
        for (detail, renews) in
            [(eligible, true), (imported, false), (failed, false), (AcmDetail::default(), false)]
        {
            assert_eq!(Certificate::acm(id(), detail).renews_by_itself, renews);
        }
        assert_eq!(Certificate::acm(id(), AcmDetail::default()).acm_status.as_deref(), Some("unknown"));
    }
}
