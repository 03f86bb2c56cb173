//! A custom domain name: its truststore, its certificates and its security policy.

use fake_aws::World;
use fake_aws::front_door::domains::DomainName;
use fake_aws::model::Region;
use jiff::{SignedDuration, Timestamp};

use super::findings::{Findings, Passes};
use super::truststore;
use crate::generate::EXPIRY_WINDOW_DAYS;

const CERTIFICATE: &str = "domain-certificate";

/// The findings about a domain name.
pub fn findings(world: &World, region: &Region, domain: &DomainName, now: Timestamp) -> Findings {
    let mut findings = certificates(world, region, domain, now);
    findings.add(tls_policy(domain));
    if let Some(own) = &domain.mutual_tls {
        findings.add(truststore::of_domain(world, region, own, now));
    }
    findings
}

fn certificates(world: &World, region: &Region, domain: &DomainName, now: Timestamp) -> Findings {
    let mut findings = Findings::default();
    let all: Vec<&String> = domain.certificate.iter().chain(&domain.ownership_certificate).collect();
    if domain.endpoint_type != "PRIVATE" || !all.is_empty() {
        findings.passes = Passes::Yes;
    }
    match domain.status.as_str() {
        "FAILED" => findings.require(CERTIFICATE, &["domain-failed"], &domain.name),
        "PENDING_CERTIFICATE_REIMPORT" => {
            findings.require(CERTIFICATE, &["pending-reimport"], &domain.name);
        }
        "PENDING_OWNERSHIP_VERIFICATION" => {
            findings.require(CERTIFICATE, &["pending-ownership-verification"], &domain.name);
        }
        _ => {}
    }
    for arn in all {
        let of = arn.split(':').nth(3).unwrap_or_default();
        let Some(certificate) = world.region(&region.account, of).acm.get(arn) else {
            findings.require(CERTIFICATE, &["not-issued", "expired", "undetermined"], arn);
            continue;
        };
        let left = certificate.not_after.duration_since(now);
        let days = |days: i64| SignedDuration::from_hours(24 * days);
        if left <= SignedDuration::ZERO {
            findings.require(CERTIFICATE, &["expired", "not-issued"], arn);
        } else if certificate.status != "ISSUED" {
            findings.require(CERTIFICATE, &["not-issued"], arn);
            findings.allow(&["expiring"]);
        } else if left <= days(EXPIRY_WINDOW_DAYS) {
            if certificate.is_managed() && left > days(30) {
                // ACM renews it, and the other rule has a shorter window for those.
                findings.allow(&["expiring"]);
            } else {
                findings.require(CERTIFICATE, &["expiring"], arn);
            }
        }
    }
    findings
}

fn tls_policy(domain: &DomainName) -> Findings {
    let mut findings = Findings::default();
    match domain.security_policy.as_deref() {
        Some("TLS_1_0") => findings.require("tls-policy", &["tls-1-0"], &domain.name),
        // "Don't evaluate" the policies of private ones.
        Some(_) if domain.endpoint_type == "PRIVATE" => findings.passes = Passes::Either,
        Some("TLS_1_2") => findings.passes = Passes::Yes,
        Some(_) => findings.passes = Passes::Either,
        None => {}
    }
    findings
}
