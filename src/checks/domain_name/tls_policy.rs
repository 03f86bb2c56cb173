//! # tls-policy
//!
//! ## What it asks
//! Does the domain refuse TLS 1.0?
//!
//! ## Why it matters
//! TLS 1.0 and 1.1 are deprecated (RFC 8996). A domain with the security policy `TLS_1_0` still
//! accepts them.
//!
//! ## When it fails
//! - `tls-1-0`: the security policy of the domain is `TLS_1_0`.
//!
//! `TLS_1_2` passes, and so do the enhanced policies that are known, such as
//! `SecurityPolicy_TLS13_1_3_2025_09`.
//!
//! The control APIGateway.11 of Security Hub disagrees on domains with mutual TLS: it passes only
//! enhanced policies, and API Gateway doesn't allow mutual TLS together with one of these. A domain
//! with mutual TLS always fails that control, and following its remediation would mean giving up
//! mutual TLS. Keep `TLS_1_2` there and suppress the finding of the control.
//!
//! ## When it does not apply
//! - `private`: the domain is private. It never accepts TLS 1.0.
//! - `unknown-policy`: the policy is not known here, which makes it neither weak nor strong.
//! - `no-policy`: API Gateway reports no policy.
//!
//! ## What to do
//! Use `aws apigateway update-domain-name` with the path `/securityPolicy`. The change takes about
//! 15 minutes, in which the domain has the status UPDATING.
//!
//! ## Parameters
//! None.

pub use crate::checks::front_door::Answer;

use crate::checks::front_door::{Problem, Reason};
use crate::quote::quoted;
use crate::resources::domain_name::DomainName;

/// The enhanced policies, without their prefix (botocore, `SecurityPolicy` of API Gateway).
const ENHANCED: [&str; 12] = [
    "TLS13_1_3_2025_09",
    "TLS13_1_3_FIPS_2025_09",
    "TLS13_1_2_PFS_PQ_2025_09",
    "TLS13_1_2_FIPS_PQ_2025_09",
    "TLS13_1_2_FIPS_PFS_PQ_2025_09",
    "TLS13_1_2_Ext2_PQ_2025_09",
    "TLS13_1_2_Ext2_FIPS_PQ_2025_09",
    "TLS13_1_2_PQ_2025_09",
    "TLS13_1_2_2021_06",
    "TLS13_2025_EDGE",
    "TLS12_PFS_2025_EDGE",
    "TLS12_2018_EDGE",
];

/// Checks a domain.
#[must_use]
pub fn check(domain: &DomainName) -> Answer {
    let name = domain.key();
    if domain.is_private() {
        return Answer::NotApplicable("private", format!("{name}: private"));
    }
    match domain.security_policy.as_deref() {
        None => Answer::NotApplicable("no-policy", format!("{name}: no TLS policy reported")),
        Some("TLS_1_0") => Answer::Failed(vec![Problem::new(Reason::Tls10, &name.to_string())]),
        Some("TLS_1_2") if domain.mutual_tls().is_some() => {
            Answer::Passed(format!("{name}: TLS_1_2; with mutual TLS, an enhanced policy is impossible"))
        }
        Some("TLS_1_2") => Answer::Passed(format!("{name}: TLS_1_2")),
        Some(policy) if policy.strip_prefix("SecurityPolicy_").is_some_and(|it| ENHANCED.contains(&it)) => {
            Answer::Passed(format!("{name}: {policy}"))
        }
        Some(policy) => {
            Answer::NotApplicable("unknown-policy", format!("{name}: unknown TLS policy {}", quoted(policy)))
        }
    }
}
