//! Splits findings into requests that respect the limits of `BatchImportFindings`.

use std::io;

use crate::account::BATCH;
use crate::security_hub::AwsSecurityFinding;

/// The maximum request size (Security Hub User Guide: 6 MB), minus the JSON around the findings.
pub(crate) const MAX_BYTES: usize = 6_000_000 - 100;

/// Splits findings into batches that respect the limits on number and size.
pub(crate) fn batches(mut findings: &[AwsSecurityFinding]) -> Vec<&[AwsSecurityFinding]> {
    let mut batches = Vec::new();
    while !findings.is_empty() {
        let mut bytes = 0;
        let fits = findings.iter().take(BATCH).take_while(|finding| {
            bytes += size(finding) + 1;
            bytes <= MAX_BYTES
        });
        // A finding that is too large on its own is sent anyway, so that Security Hub reports it.
        let (batch, rest) = findings.split_at(fits.count().max(1));
        batches.push(batch);
        findings = rest;
    }
    batches
}

/// The size of a finding as JSON, in bytes.
pub(crate) fn size(finding: &AwsSecurityFinding) -> usize {
    struct ByteCounter(usize);
    impl io::Write for ByteCounter {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 += bytes.len();
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut counter = ByteCounter(0);
    // This can't fail, because the finding contains only text and numbers.
    let _ = serde_json::to_writer(&mut counter, finding);
    counter.0
}
