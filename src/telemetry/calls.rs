//! Counts of the requests that an invocation sends to AWS.

use std::collections::BTreeMap;

/// The numbers of requests to AWS. Each attempt counts: an operation that is throttled once and
/// then succeeds counts as two requests.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Calls {
    /// The number of requests per operation, such as `GetClientCertificates`. An operation without
    /// requests is absent.
    pub by_operation: BTreeMap<String, u64>,
    /// The number of requests that repeated a failed attempt.
    pub retries: u64,
    /// The number of responses that reported throttling.
    pub throttles: u64,
}
