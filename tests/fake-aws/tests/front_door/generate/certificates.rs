//! ACM certificates, with dates at the boundaries of the windows.

use fake_aws::certificates::AcmCertificate;
use jiff::SignedDuration;

use super::{EDGE_REGION, EXPIRY_WINDOW_DAYS, Generator, REGION};

/// Far enough from a boundary for the duration of a test.
const MARGIN: SignedDuration = SignedDuration::from_hours(2);

impl Generator {
    /// A server or ownership certificate of a domain name of this type; returns its ARN.
    pub(super) fn certificate(&mut self, endpoint_type: &str) -> String {
        let region = if endpoint_type == "EDGE" { EDGE_REGION } else { REGION };
        self.certificates += 1;
        let arn = format!(
            "arn:aws:acm:{region}:{}:certificate/{:08}-1111-4222-8333-444455556666",
            self.account, self.certificates
        );
        if self.chance(3) {
            return arn;
        }
        let days = |days: i64| SignedDuration::from_hours(24 * days);
        let (kind, renewal) = *self.one(&[
            ("AMAZON_ISSUED", "ELIGIBLE"),
            ("AMAZON_ISSUED", "ELIGIBLE"),
            ("IMPORTED", "INELIGIBLE"),
            ("PRIVATE", "ELIGIBLE"),
        ]);
        let left = match self.random.below(24) {
            0 => days(-1),
            1 => -MARGIN,
            2 => MARGIN,
            3 => days(EXPIRY_WINDOW_DAYS) - MARGIN,
            4 => days(EXPIRY_WINDOW_DAYS) + MARGIN,
            5 => days(29),
            6 => days(31),
            _ => days(300),
        };
        let status = match self.random.below(30) {
            0 => "REVOKED",
            1 => "PENDING_VALIDATION",
            2 => "VALIDATION_TIMED_OUT",
            _ => "ISSUED",
        };
        let certificate = AcmCertificate {
            arn: arn.clone(),
            status: status.into(),
            kind: kind.into(),
            renewal_eligibility: renewal.into(),
            renewal_status: None,
            not_before: self.now - days(100),
            not_after: self.now + left,
        };
        self.world.region_mut(&self.account, region).acm.insert(arn.clone(), certificate);
        arn
    }
}
