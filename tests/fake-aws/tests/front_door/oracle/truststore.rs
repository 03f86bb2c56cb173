//! `truststore`: what is wrong with the CA certificates of a truststore.

use std::collections::BTreeSet;

use fake_aws::World;
use fake_aws::front_door::contents::{
    CaCertificate, Content, KeyKind, PUBLIC_CA, PemEntry, RSA1024_CA, SHA1_CA,
};
use fake_aws::front_door::domains::MutualTls;
use fake_aws::model::Region;
use jiff::{SignedDuration, Timestamp};

use super::findings::{Findings, Passes};
use crate::generate::TRUSTSTORE_WINDOW_DAYS;

pub const CHECK: &str = "truststore";
/// Reasons for a content in which there is no certificate.
const NOT_UNDERSTOOD: [&str; 4] = ["unreadable", "undetermined", "incomplete-chain", "weak-algorithm"];

/// The problems of a content.
pub fn problems(content: &Content, now: Timestamp) -> BTreeSet<Vec<&'static str>> {
    let entries = match content {
        Content::Certificates(entries) if !entries.is_empty() => entries,
        _ => return [NOT_UNDERSTOOD.to_vec()].into(),
    };
    let mut problems: BTreeSet<Vec<&str>> = BTreeSet::new();
    let mut own = Vec::new();
    for entry in entries {
        match entry {
            PemEntry::Generated(certificate) => own.push(certificate),
            PemEntry::Fixed(text) if text == PUBLIC_CA => drop(problems.insert(vec!["public-ca"])),
            PemEntry::Fixed(text) if text == SHA1_CA || text == RSA1024_CA => {
                problems.insert(vec!["weak-algorithm"]);
            }
            PemEntry::Fixed(_) => drop(problems.insert(NOT_UNDERSTOOD.to_vec())),
        }
    }
    for certificate in &own {
        if certificate.not_after <= now {
            problems.insert(vec!["ca-expired"]);
        } else if certificate.not_after <= now + SignedDuration::from_hours(24 * TRUSTSTORE_WINDOW_DAYS) {
            problems.insert(vec!["ca-expiring"]);
        }
        if certificate.kind == KeyKind::Ed25519 {
            problems.insert(vec!["weak-algorithm", "unreadable"]);
        }
        match chain(certificate, &own) {
            None => drop(problems.insert(vec!["incomplete-chain"])),
            Some(length) if length > 4 => drop(problems.insert(vec!["chain-too-long"])),
            Some(_) => {}
        }
    }
    problems
}

/// The number of certificates from this one to its root; `None` if one is missing.
fn chain(from: &CaCertificate, all: &[&CaCertificate]) -> Option<usize> {
    if from.is_self_signed() {
        return Some(1);
    }
    let issuer = all.iter().find(|one| one.subject == from.issuer && one.key == from.issuer_key)?;
    chain(issuer, all).map(|length| length + 1)
}

/// The findings about a domain name's truststore.
pub fn of_domain(world: &World, region: &Region, own: &MutualTls, now: Timestamp) -> Findings {
    let mut findings = Findings::passed(Passes::Yes);
    let about = || own.truststore_uri.clone();
    if !own.truststore_warnings.is_empty() {
        findings.require(CHECK, &["warnings"], about());
    }
    if own.truststore_version.is_none() {
        findings.require(CHECK, &["unpinned"], about());
    }
    let path = own.truststore_uri.trim_start_matches("s3://");
    let (name, key) = path.split_once('/').unwrap_or((path, ""));
    let bucket = world.buckets.get(name).filter(|bucket| {
        !bucket.denied && (bucket.account == region.account || bucket.readers.contains(&region.account))
    });
    let Some(bucket) = bucket else {
        findings.require(CHECK, &["unreadable"], about());
        findings.allow(&["not-newest"]);
        return findings;
    };
    let newest = bucket.newest(key);
    let version = match &own.truststore_version {
        None => newest,
        Some(id) => bucket.version(key, id),
    };
    let content = version.and_then(|version| version.content.as_ref());
    let (Some(version), Some(content)) = (version, content) else {
        findings.require(CHECK, &["unreadable"], about());
        findings.allow(&["not-newest"]);
        return findings;
    };
    // A bucket of another Region may be read there, or not at all.
    let far = bucket.region != region.name;
    if far {
        findings.allow(&["unreadable"]);
    }
    let mut require = |reasons: &[&'static str]| {
        let mut reasons = reasons.to_vec();
        reasons.extend(far.then_some("unreadable"));
        if own.truststore_version.is_some() {
            findings.require(CHECK, &reasons, about());
        } else {
            // Which content is served isn't documented.
            findings.allow(&reasons);
        }
    };
    for reasons in problems(content, now) {
        require(&reasons);
    }
    match newest {
        Some(newest) if newest.id != version.id => require(&["not-newest"]),
        Some(_) => {}
        None => findings.allow(&["not-newest"]),
    }
    findings
}
