//! What is accepted as a resource's result, and how a stored result is compared with it.

use std::collections::BTreeSet;

use fake_aws::StoredEvaluation;

/// Every reason of every check.
pub const REASONS: [(&str, &[&str]); 5] = [
    ("mutual-tls", &["missing", "default-endpoint", "other-domain", "other-route"]),
    (
        "truststore",
        &[
            "ca-expired",
            "ca-expiring",
            "incomplete-chain",
            "chain-too-long",
            "weak-algorithm",
            "public-ca",
            "warnings",
            "not-newest",
            "unpinned",
            "unreadable",
        ],
    ),
    (
        "domain-certificate",
        &[
            "expired",
            "expiring",
            "not-issued",
            "pending-reimport",
            "pending-ownership-verification",
            "domain-failed",
        ],
    ),
    ("tls-policy", &["tls-1-0"]),
    (
        "private-front-door",
        &[
            "policy-open",
            "endpoint-open",
            "listener-open",
            "ignores-expiry",
            "trust-store-removed",
            "crl-expired",
            "no-load-balancer",
            "undetermined",
        ],
    ),
];

/// What is accepted as a result.
#[derive(Clone, Debug, Default)]
pub struct Findings {
    /// If there is any, the result must be NON_COMPLIANT, and must have a reason of each.
    pub required: Vec<Problem>,
    /// Further reasons that the result may have. They may make it NON_COMPLIANT.
    pub allowed: BTreeSet<&'static str>,
    /// Whether a check passes, if none fails.
    pub passes: Passes,
}

/// A problem that must be reported.
#[derive(Clone, Debug)]
pub struct Problem {
    /// The check that must fail, except if the reason is of another check.
    pub check: &'static str,
    /// One of these reasons must be reported.
    pub reasons: Vec<&'static str>,
    /// What the problem is about, for the test's report.
    #[expect(dead_code, reason = "printed by `Debug`")]
    pub about: String,
}

/// Whether a check passes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Passes {
    /// None: NOT_APPLICABLE.
    #[default]
    No,
    /// The contract leaves it open.
    Either,
    /// COMPLIANT.
    Yes,
}

impl Findings {
    /// Findings without a problem.
    pub fn passed(passes: Passes) -> Self {
        Self { passes, ..Self::default() }
    }

    /// Adds a problem that must be reported with one of these reasons.
    pub fn require(&mut self, check: &'static str, reasons: &[&'static str], about: impl Into<String>) {
        self.required.push(Problem { check, reasons: reasons.to_vec(), about: about.into() });
    }

    /// Allows reasons.
    pub fn allow(&mut self, reasons: &[&'static str]) {
        self.allowed.extend(reasons);
    }

    /// Allows every reason of a check.
    pub fn allow_check(&mut self, check: &str) {
        let own = REASONS.iter().filter(|(of, _)| *of == check);
        self.allowed.extend(own.flat_map(|(_, reasons)| reasons.iter()));
    }

    /// Adds the findings of another check on the same resource.
    pub fn add(&mut self, other: Self) {
        self.required.extend(other.required);
        self.allowed.extend(other.allowed);
        self.passes = self.passes.max(other.passes);
    }

    /// Adds a domain name's problems to an API. Whether its passes count too is left open.
    pub fn add_problems(&mut self, other: &Self) {
        let passes = other.passes.min(Passes::Either);
        self.add(Self { passes, ..other.clone() });
    }

    /// The accepted compliance types.
    pub fn types(&self) -> Vec<&'static str> {
        let mut types = match self.passes {
            _ if !self.required.is_empty() => return vec!["NON_COMPLIANT"],
            Passes::No => vec!["NOT_APPLICABLE"],
            Passes::Either => vec!["COMPLIANT", "NOT_APPLICABLE"],
            Passes::Yes => vec!["COMPLIANT"],
        };
        if !self.allowed.is_empty() {
            types.push("NON_COMPLIANT");
        }
        types
    }

    /// What is wrong with a stored result; `None` if it is accepted.
    pub fn wrong(&self, stored: Option<&Stored>) -> Option<String> {
        let Some(stored) = stored else { return Some(format!("no result, expected {:?}", self.types())) };
        if !self.types().contains(&stored.compliance_type.as_str()) {
            return Some(format!(
                "{} instead of {}: {:?}; required: {:?}",
                stored.compliance_type,
                self.types().join(" or "),
                stored.annotation,
                self.required
            ));
        }
        if stored.compliance_type != "NON_COMPLIANT" {
            return None;
        }
        let reasons = &stored.reasons;
        let known: BTreeSet<&str> =
            self.required.iter().flat_map(|one| one.reasons.iter().copied()).collect();
        let unexpected: Vec<_> =
            reasons.iter().filter(|one| !known.contains(*one) && !self.allowed.contains(*one)).collect();
        if !unexpected.is_empty() {
            return Some(format!(
                "unexpected {unexpected:?} in {:?}; required: {:?}",
                stored.annotation, self.required
            ));
        }
        let reported = |problem: &&Problem| problem.reasons.iter().any(|one| reasons.contains(*one));
        if !stored.cut
            && let Some(missing) = self.required.iter().find(|one| !reported(one))
        {
            return Some(format!("missing {:?} of {missing:?} in {:?}", missing.reasons, stored.annotation));
        }
        let failed = |problem: &&Problem| {
            stored.checks.contains(problem.check)
                || problem.reasons.iter().any(|one| stored.checks.contains(check_of(one)))
        };
        let silent = self.required.iter().find(|one| !failed(one));
        silent.map(|silent| {
            format!("the check {} isn't named: {silent:?} in {:?}", silent.check, stored.annotation)
        })
    }
}

/// The check of a reason.
fn check_of(reason: &str) -> &'static str {
    REASONS.iter().find(|(_, reasons)| reasons.contains(&reason)).map_or("", |(check, _)| check)
}

/// A stored result, and what its annotation says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// `ComplianceType`.
    pub compliance_type: String,
    /// The failed checks at the beginning of the annotation.
    pub checks: BTreeSet<String>,
    /// The reasons in the annotation.
    pub reasons: BTreeSet<&'static str>,
    /// Whether the annotation was cut, so that reasons may be missing.
    pub cut: bool,
    /// The annotation.
    pub annotation: String,
}

impl Stored {
    /// Reads a stored result.
    pub fn read(stored: &StoredEvaluation) -> Self {
        let annotation = stored.annotation.clone().unwrap_or_default();
        let codes = annotation.split(": ").next().unwrap_or_default();
        let checks = codes.split([',', ' ']).filter(|code| !code.is_empty());
        let all = REASONS.iter().flat_map(|(_, reasons)| reasons.iter().copied());
        Self {
            compliance_type: stored.compliance_type.clone(),
            checks: checks.map(Into::into).collect(),
            reasons: all.filter(|reason| mentions(&annotation, reason)).collect(),
            cut: annotation.contains("..."),
            annotation,
        }
    }
}

/// Whether a text has a sentence that starts with a reason's code.
fn mentions(annotation: &str, reason: &str) -> bool {
    let code = format!("{reason}:");
    let starts = |at: usize| {
        let before = annotation[..at].chars().next_back();
        before.is_none_or(|before| !before.is_alphanumeric() && before != '-')
    };
    annotation.match_indices(&code).any(|(at, _)| starts(at))
}
