//! # truststore
//!
//! ## What it asks
//! Is the truststore complete, valid for long enough, and limited to your own CAs?
//!
//! ## Why it matters
//! The truststore decides who gets in. API Gateway warns about its content only when the domain is
//! updated: when a CA in it expires later, no one is notified, and all clients of that CA are
//! rejected. A CA of the public web in it lets in everyone to whom that CA ever issued a
//! certificate.
//!
//! ## When it fails
//! - `ca-expired`: a CA has expired.
//! - `ca-expiring`: a CA expires within `truststoreWindowDays`. Exactly that many days before
//!   not-after already counts as within the window.
//! - `incomplete-chain`: the issuer of a CA is missing. API Gateway needs the complete chain, from
//!   the CA that issues client certificates to the root.
//! - `chain-too-long`: a chain in the truststore has more than four certificates.
//! - `weak-algorithm`: a signature weaker than SHA-256 with RSA or ECDSA, an RSA key of less than
//!   2048 bits, or an EC key on another curve than P-256, P-384 and P-521.
//! - `public-ca`: the truststore includes a CA of the public web (Mozilla's list), or one that such
//!   a CA issued.
//! - `warnings`: AWS's own warnings, quoted. Without warnings, a truststore can still be invalid.
//! - `not-newest`: S3 has a newer version than the pinned one. An upload alone changes nothing.
//! - `unpinned`: no version is pinned, or the version `null` of a bucket without versioning. The
//!   newest content is checked; it can change without an update of the domain.
//! - `unreadable`: the content can't be read; the reason names what is missing.
//! - `undetermined`: the content is not understood: a part of the file is not a certificate, the
//!   file has none, or a date can't be read. Or the network in front of a private API can't be
//!   read, and `private-front-door`, which says so too, is not among the checks.
//!
//! The *pinned* version is checked, and for a private API the trust store of each load balancer
//! listener in front of it that verifies. The issuer of a CA is found by name and key id;
//! signatures are not verified. A CA that is not valid yet is no problem.
//!
//! ## When it does not apply
//! - `no-mutual-tls`: the domain has no mutual TLS, or no listener in front of the API verifies.
//!
//! ## What to do
//! 1. Build a file with the complete chain of each of your CAs. While a CA is replaced, the file
//!    has the old and the new one.
//! 2. Upload it to S3 as a new version, and set that version on the domain (`aws apigateway
//!    update-domain-name`, path `/mutualTlsAuthentication/truststoreVersion`). For a load balancer,
//!    use `aws elbv2 modify-trust-store`.
//! 3. If a CA of the public web must stay, authorize callers by the subject of their certificate,
//!    and suppress the finding: exemptions are for stages only.
//!
//! ## Parameters
//! - `truststoreWindowDays`: how many days before not-after a CA counts as expiring, 1 to 365
//!   (default 90).

pub use crate::checks::front_door::Answer;

use jiff::{SignedDuration, Timestamp};

use crate::checks::front_door::{Problem, Problems, Reason};
use crate::resources::private_network::Unreadable;
use crate::resources::trust_store::{CaCertificate, TrustStoreContent};

/// The rule parameters of this check.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// `truststoreWindowDays`: how many days before not-after a CA counts as expiring (1 to 365).
    pub window_days: u16,
}

impl Default for Settings {
    fn default() -> Self {
        Self { window_days: 90 }
    }
}

/// A truststore, as far as it was read.
#[derive(Clone, Copy, Debug)]
pub struct Truststore<'a> {
    /// What reasons call it: the domain with the object in S3, or the name of a load balancer's
    /// trust store.
    pub name: &'a str,
    /// Its content, or why that can't be read.
    pub content: Result<&'a TrustStoreContent, &'a Unreadable>,
    /// Its version; `None` for the trust store of a load balancer, which has none.
    pub version: Option<Version<'a>>,
    /// AWS's own warnings.
    pub warnings: &'a [String],
}

/// The version of a truststore in S3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Version<'a> {
    /// The version that the domain pins.
    pub pinned: Option<&'a str>,
    /// The newest version; the inner `None` if the bucket has no versions.
    pub newest: Result<Option<&'a str>, &'a Unreadable>,
}

/// The most certificates in a chain that API Gateway accepts.
const MAX_CHAIN: usize = 4;

/// Checks truststores at an instant: that of a domain, or those of the listeners in front of a
/// private API.
#[must_use]
pub fn check(truststores: &[Truststore<'_>], settings: Settings, at: Timestamp) -> Answer {
    if truststores.is_empty() {
        return Answer::NotApplicable("no-mutual-tls", "no mutual TLS".to_owned());
    }
    let mut problems = Problems::default();
    for truststore in truststores {
        problems.extend(truststore.of_content(settings, at));
        let warnings = truststore.warnings.iter();
        problems.extend(warnings.map(|it| Problem::new(Reason::Warnings, truststore.name).with_detail(it)));
        problems.extend(truststore.version.and_then(|version| of_version(truststore.name, version)));
    }
    Answer::of(problems.into_vec(), || {
        let evidence: Vec<String> = truststores.iter().map(Truststore::evidence).collect();
        evidence.join("; ")
    })
}

impl Truststore<'_> {
    fn of_content(&self, settings: Settings, at: Timestamp) -> Vec<Problem> {
        let content = match self.content {
            Ok(content) => content,
            Err(unreadable) => {
                return vec![Problem::new(Reason::Unreadable, self.name).with_detail(&unreadable.why)];
            }
        };
        let mut problems: Vec<Problem> =
            content.certificates.iter().flat_map(|ca| self.of_ca(ca, settings, at)).collect();
        let undetermined = |why: &str| Problem::new(Reason::Undetermined, self.name).with_detail(why);
        match content.unparsed {
            0 if content.certificates.is_empty() => problems.push(undetermined("no certificate in it")),
            0 => {}
            1 => problems.push(undetermined("1 block is not a readable certificate")),
            count => problems.push(undetermined(&format!("{count} blocks are not readable certificates"))),
        }
        problems
    }

    fn of_ca(&self, ca: &CaCertificate, settings: Settings, at: Timestamp) -> Vec<Problem> {
        let on = format!("{}: {}", self.name, ca.subject);
        let problem = |reason: Reason| Problem::new(reason, &on);
        let window = SignedDuration::from_hours(24 * i64::from(settings.window_days));
        let mut problems = Vec::new();
        match ca.not_after {
            None => problems.push(problem(Reason::Undetermined).with_detail("no expiry date")),
            Some(end) if at > end => problems.push(problem(Reason::CaExpired).with_date(end)),
            Some(end) if end.duration_since(at) <= window => {
                problems.push(problem(Reason::CaExpiring).with_date(end));
            }
            Some(_) => {}
        }
        if ca.public_ca.is_some() {
            problems.push(problem(Reason::PublicCa).with_detail("a CA of the public web"));
        }
        if !ca.has_issuer {
            problems.push(problem(Reason::IncompleteChain).with_detail(&format!("issuer {}", ca.issuer)));
        }
        if ca.chain_length > MAX_CHAIN {
            let detail = format!("{} certificates", ca.chain_length);
            problems.push(problem(Reason::ChainTooLong).with_detail(&detail));
        }
        if let Some(weakness) = &ca.weakness {
            problems.push(problem(Reason::WeakAlgorithm).with_detail(weakness));
        }
        problems
    }

    fn evidence(&self) -> String {
        let certificates = self.content.map(|content| content.certificates.as_slice()).unwrap_or_default();
        let count = certificates.len();
        let plural = if count == 1 { "" } else { "s" };
        let first = certificates.iter().filter_map(|ca| ca.not_after).min();
        let first = first.map(|first| format!(", the first expires on {first}")).unwrap_or_default();
        let newest = match self.version.map(|version| version.newest) {
            None => "",
            Some(Ok(_)) => ", the newest version is pinned",
            Some(Err(_)) => ", whether a newer version exists can't be read",
        };
        format!("{}: {count} CA{plural}{first}{newest}", self.name)
    }
}

fn of_version(name: &str, version: Version<'_>) -> Option<Problem> {
    let Some(pinned) = version.pinned else { return Some(Problem::new(Reason::Unpinned, name)) };
    match version.newest {
        Ok(Some(newest)) if newest != pinned => {
            let detail = format!("pinned {pinned}, newest {newest}");
            Some(Problem::new(Reason::NotNewest, name).with_detail(&detail))
        }
        // `null` is the version of an object that the next upload overwrites.
        _ if pinned == "null" => Some(Problem::new(Reason::Unpinned, name)),
        Ok(None) => {
            let detail = format!("version {pinned} is pinned, but the bucket has no versions");
            Some(Problem::new(Reason::Undetermined, name).with_detail(&detail))
        }
        // Only what was read counts: the pinned content is what decides.
        Ok(Some(_)) | Err(_) => None,
    }
}
