//! What an invocation asked of AWS, as requests that went over the network.

use std::collections::BTreeMap;

/// Requests to AWS, each attempt counted: an operation that was throttled once and then answered counts two.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Calls {
    /// By AWS's name of the operation, such as `GetClientCertificates`; one that was not sent is absent.
    pub by_operation: BTreeMap<String, u64>,
    /// Those that were sent again after a failed attempt.
    pub retries: u64,
    /// Answers by which AWS asked for fewer requests.
    pub throttles: u64,
}
