//! Client certificates: what their ids look like, and the dates that count.

use jiff::Timestamp;
use x509_parser::parse_x509_certificate;
use x509_parser::pem::Pem;

use crate::resources::certificate_id::CertificateId;
use crate::resources::tags::Tags;

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
    /// The earlier of the two dates counts. PEM that can't be parsed, as a whole, leaves the API's date, and `dates_from` says so.
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

/// The latest not-before and the earliest not-after of all certificates in a PEM text: the time in which all of them are valid.
/// `None` for a text without a certificate, and for one that holds anything that can't be read: which of its certificates is
/// presented isn't known, so no part of it may be passed over.
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
    // A line that is damaged no longer looks like the beginning or the end of a block.
    let read_whole = ["-----BEGIN ", "-----END "].iter().all(|line| pem.matches(line).count() == blocks);
    valid.filter(|_| read_whole)
}

/// The end of the year 9999 in every time zone, in milliseconds since 1970. RFC 5280 writes "no well-defined expiration date" as
/// its last second.
const NO_END: i128 = 253_402_300_800_000 + 24 * 3_600_000;

/// The instant so many milliseconds after 1970. Instants end with 9999-12-30T22:00:00Z, which stands for the last hours of that
/// year too.
pub(crate) fn instant(milliseconds: i128) -> Option<Timestamp> {
    let last = Timestamp::MAX.as_second();
    if i128::from(last) * 1000 < milliseconds && milliseconds <= NO_END {
        return Timestamp::from_second(last).ok();
    }
    Timestamp::from_millisecond(i64::try_from(milliseconds).ok()?).ok()
}

/// Whether a status has the form of AWS's: capitals and underscores.
pub(crate) fn is_word(status: &str) -> bool {
    !status.is_empty()
        && status.len() <= 64
        && status.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_')
}

#[cfg(test)]
#[path = "certificate_tests.rs"]
mod tests;
