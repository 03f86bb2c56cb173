//! Client certificates and their validity dates.

use jiff::Timestamp;
use x509_parser::parse_x509_certificate;
use x509_parser::pem::Pem;

use crate::resources::certificate_id::CertificateId;
use crate::resources::tags::Tags;

/// An existing client certificate with the facts that the checks use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// The generated certificate's id or the ACM certificate's ARN.
    pub id: CertificateId,
    /// The first instant of validity, if known.
    pub not_before: Option<Timestamp>,
    /// The last instant of validity, if known: the earlier of AWS's date and the X.509
    /// certificate's own date.
    pub not_after: Option<Timestamp>,
    /// The source of the dates.
    pub dates_from: DatesFrom,
    /// ACM's status, such as `ISSUED`; `None` for a generated certificate, which has no status.
    pub acm_status: Option<String>,
    /// Whether ACM renews the certificate automatically.
    pub renews_automatically: bool,
    /// The tags of a generated certificate. An ACM certificate's tags are read by ARN instead, so
    /// this is empty.
    pub tags: Tags,
}

/// The source of a certificate's dates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DatesFrom {
    /// The X.509 certificate, and AWS's date if that is earlier.
    X509,
    /// Only AWS's date: `DescribeCertificate` doesn't return the certificate.
    Acm,
    /// Only AWS's date, because the PEM could not be parsed.
    UnreadablePem,
}

impl Certificate {
    /// Returns a certificate that API Gateway generated, from its PEM and `expirationDate`.
    ///
    /// The earlier of the two dates counts. If any part of the PEM can't be parsed, only
    /// `expirationDate` counts, and `dates_from` is [`DatesFrom::UnreadablePem`].
    #[must_use]
    pub fn generated(
        id: CertificateId,
        pem: Option<&str>,
        expiration: Option<Timestamp>,
        tags: Tags,
    ) -> Self {
        let parsed = pem.and_then(validity);
        let not_after = match (parsed.map(|(_, not_after)| not_after), expiration) {
            (Some(own), Some(expiration)) => Some(own.min(expiration)),
            (own, expiration) => own.or(expiration),
        };
        Self {
            id,
            not_before: parsed.map(|(not_before, _)| not_before),
            not_after,
            dates_from: if parsed.is_some() { DatesFrom::X509 } else { DatesFrom::UnreadablePem },
            acm_status: None,
            renews_automatically: false,
            tags,
        }
    }
}

/// The fields of `DescribeCertificate` that the checks use, with ACM's own values.
#[derive(Clone, Debug, Default)]
pub struct AcmDetail {
    /// `Status`, such as `ISSUED`, `EXPIRED` or `REVOKED`.
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
    /// Returns an ACM certificate from the response of `DescribeCertificate`.
    ///
    /// ACM renews the certificate automatically if it is eligible, it wasn't imported and the
    /// last renewal hasn't failed. A missing status becomes `unknown`, which is not `ISSUED`.
    #[must_use]
    pub fn acm(id: CertificateId, detail: AcmDetail) -> Self {
        let is = |value: &Option<String>, expected: &str| value.as_deref() == Some(expected);
        Self {
            id,
            not_before: detail.not_before,
            not_after: detail.not_after,
            dates_from: DatesFrom::Acm,
            renews_automatically: is(&detail.renewal_eligibility, "ELIGIBLE")
                && !is(&detail.kind, "IMPORTED")
                && !is(&detail.renewal_status, "FAILED"),
            acm_status: Some(
                detail.status.filter(|status| is_word(status)).unwrap_or_else(|| "unknown".into()),
            ),
            tags: Tags::default(),
        }
    }
}

/// Returns the latest not-before and the earliest not-after of all certificates in a PEM text: the
/// period in which all of them are valid.
///
/// Returns `None` if the text has no certificate or any part of it can't be parsed. It isn't known
/// which certificate API Gateway presents, so no part may be skipped.
fn validity(pem: &str) -> Option<(Timestamp, Timestamp)> {
    let (mut blocks, mut valid) = (0, None);
    for block in Pem::iter_from_buffer(pem.as_bytes()) {
        let block = block.ok()?;
        blocks += 1;
        if !block.label.ends_with("CERTIFICATE") {
            continue;
        }
        let (rest, certificate) = parse_x509_certificate(&block.contents).ok()?;
        let validity = certificate.validity();
        let not_before = instant(i128::from(validity.not_before.timestamp()) * 1000)?;
        let not_after = instant(i128::from(validity.not_after.timestamp()) * 1000)?;
        valid = match valid {
            _ if !rest.is_empty() => return None,
            None => Some((not_before, not_after)),
            Some((latest, earliest)) => Some((not_before.max(latest), not_after.min(earliest))),
        };
    }
    // The parser skips a block whose BEGIN or END line is damaged, so count the lines separately.
    let read_whole = ["-----BEGIN ", "-----END "].iter().all(|line| pem.matches(line).count() == blocks);
    valid.filter(|_| read_whole)
}

/// The end of the year 9999 in every time zone, in milliseconds since 1970. RFC 5280 uses the last
/// second of that year for "no well-defined expiration date".
const NO_END: i128 = 253_402_300_800_000 + 24 * 3_600_000;

/// Returns the instant that is this many milliseconds after 1970. `Timestamp` ends at
/// 9999-12-30T22:00:00Z, so the last hours of that year become that instant.
pub(crate) fn instant(milliseconds: i128) -> Option<Timestamp> {
    let last = Timestamp::MAX.as_second();
    if i128::from(last) * 1000 < milliseconds && milliseconds <= NO_END {
        return Timestamp::from_second(last).ok();
    }
    Timestamp::from_millisecond(i64::try_from(milliseconds).ok()?).ok()
}

/// Returns whether a status has AWS's form: uppercase letters and underscores.
pub(crate) fn is_word(status: &str) -> bool {
    !status.is_empty()
        && status.len() <= 64
        && status.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_')
}

#[cfg(test)]
#[path = "certificate_tests.rs"]
mod tests;
