//! Random accounts: after a sweep, each stored result is one that the oracle accepts.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use fake_aws::{Outcome, StoredEvaluation};

use crate::function::{Function, times};
use crate::generate::{Generated, REGION, account, account_of};
use crate::oracle::{self, Findings, REASONS, Stored};

/// The number of accounts to compare, and how many functions run concurrently: they mostly wait for
/// API Gateway's rate limit.
const ACCOUNTS: usize = 200;
const CONCURRENCY: usize = 12;

/// Guards the comparison: the oracle requires every reason often enough, and every compliance type
/// occurs.
#[test]
fn the_accounts_have_every_reason_and_every_compliance_type() {
    let (mut reasons, mut types, mut left_open) = (BTreeMap::new(), BTreeMap::new(), 0);
    for seed in 0..ACCOUNTS {
        let Generated { world, rule } = account_of(seed);
        for findings in oracle::results(&world, &account(), REGION, &rule).values() {
            let accepted = findings.types();
            left_open += usize::from(accepted.len() > 1);
            *types.entry(accepted.join(" or ")).or_insert(0) += 1;
            for problem in &findings.required {
                if let [reason] = problem.reasons.as_slice() {
                    *reasons.entry(*reason).or_insert(0) += 1;
                }
            }
        }
    }
    println!("{types:?}, {left_open} left open\n{reasons:?}");
    for (_, all) in REASONS {
        for reason in all {
            // It differs from `not-issued` and `policy-open` by ACM's status or the shape only.
            let count = reasons.get(reason).copied().unwrap_or_default();
            assert!(count > 0 || *reason == "expired", "{reason} never occurs");
        }
    }
    for compliance_type in ["COMPLIANT", "NON_COMPLIANT", "NOT_APPLICABLE"] {
        assert!(types.contains_key(compliance_type), "{compliance_type}");
    }
    let all: usize = types.values().sum();
    assert!(left_open * 4 < all, "{left_open} of {all} results are left open");
}

/// Guards the comparison: results that are too good, too bad, missing or have other reasons are
/// noticed.
#[test]
fn wrong_results_are_noticed() {
    let stored = |compliance_type: &str, annotation: &str| {
        let (account, now) = (account(), jiff::Timestamp::UNIX_EPOCH);
        Stored::read(&StoredEvaluation {
            compliance_type: compliance_type.into(),
            annotation: Some(annotation.into()),
            ordering_timestamp: now,
            recorded: now,
            invoked: now,
            basis: None,
            put_by: (account, String::new()),
        })
    };
    let mut findings = Findings::default();
    findings.require("mutual-tls", &["other-domain"], "a.example.com");
    let right = stored("NON_COMPLIANT", "mutual-tls: other-domain: a.example.com");
    assert_eq!(findings.wrong(Some(&right)), None);
    for wrong in [
        stored("COMPLIANT", ""),
        stored("NOT_APPLICABLE", ""),
        stored("NON_COMPLIANT", "mutual-tls: other-route: a.example.com"),
        stored("NON_COMPLIANT", "mutual-tls: other-domain: a.example.com; default-endpoint: enabled"),
        stored("NON_COMPLIANT", "tls-policy: other-domain: a.example.com"),
    ] {
        assert!(findings.wrong(Some(&wrong)).is_some(), "{wrong:?}");
    }
    assert!(findings.wrong(None).is_some());
    assert!(Findings::default().wrong(Some(&right)).is_some());
}

#[test]
fn results_after_a_sweep_match_the_oracle() {
    let (next, resources, wrong) = (AtomicUsize::new(0), AtomicUsize::new(0), Mutex::new(Vec::new()));
    let accounts = ACCOUNTS * times();
    let only: Option<usize> = std::env::var("ORACLE_SEED").ok().and_then(|seed| seed.parse().ok());
    std::thread::scope(|scope| {
        for _ in 0..CONCURRENCY {
            scope.spawn(|| {
                while let Some(seed) =
                    Some(next.fetch_add(1, Ordering::Relaxed)).filter(|seed| *seed < accounts)
                {
                    if only.is_some_and(|only| only != seed) {
                        continue;
                    }
                    let (compared, problems) = compare(seed);
                    resources.fetch_add(compared, Ordering::Relaxed);
                    wrong.lock().unwrap().extend(problems);
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    println!("{accounts} accounts, {resources:?} resources compared, {} wrong", wrong.len());
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

/// The number of compared resources, and what is wrong.
fn compare(seed: usize) -> (usize, Vec<String>) {
    let Generated { world, rule } = account_of(seed);
    let function = Function::start(world, &rule);
    let outcome = function.sweep();
    if !matches!(outcome, Outcome::Success(_)) {
        return (0, vec![format!("seed {seed}: {outcome:?}")]);
    }
    let (stored, expected) = (function.stored(), function.expected());
    let mut wrong = Vec::new();
    for (resource, findings) in &expected {
        if let Some(problem) = Findings::wrong(findings, stored.get(resource)) {
            wrong.push(format!("seed {seed}: {}: {problem}", resource.1));
        }
    }
    for resource in stored.keys().filter(|resource| !expected.contains_key(*resource)) {
        wrong.push(format!("seed {seed}: a result of {resource:?}"));
    }
    // A second sweep of the unchanged account puts nothing.
    let before = function.accepted();
    let outcome = function.sweep();
    if !matches!(outcome, Outcome::Success(_)) || function.accepted() != before {
        wrong.push(format!("seed {seed}: again: {} put, {outcome:?}", function.accepted() - before));
    }
    if let Some(crossing) = function.fake_aws.log().crossings().first() {
        wrong.push(format!("seed {seed}: {crossing:?}"));
    }
    (expected.len(), wrong)
}
