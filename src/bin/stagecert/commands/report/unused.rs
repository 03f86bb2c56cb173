//! The unused certificates, as list entries.

use super::rows::Instant;
use super::text::Text;
use super::{Reported, rows};

/// An unused certificate.
pub(super) struct Unused {
    pub(super) certificate: Text,
    pub(super) description: Option<Text>,
    pub(super) account_region: Text,
    pub(super) not_after: Option<Instant>,
}

/// The unused certificates of all accounts and Regions in which they can be determined.
pub(super) fn unused(reports: &[Reported]) -> Vec<Unused> {
    let of = |report: &Reported| {
        let all = report.scan.unused.iter().flat_map(|unused| &unused.certificates);
        let row = |certificate: &stagecert::resources::certificate::Certificate| Unused {
            certificate: Text::of(&certificate.id),
            description: report.names.of_certificate(&certificate.id).map(Text::of),
            account_region: Text::of(rows::account_region(&report.account_region)),
            not_after: certificate.not_after.map(Instant::of),
        };
        all.map(row).collect::<Vec<_>>()
    };
    reports.iter().flat_map(of).collect()
}
