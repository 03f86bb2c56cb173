//! Tests that the measured accounts contain what they should, as the benchmark depends on it.

use std::collections::{BTreeMap, BTreeSet};

use stagecert::checks::owner_tag;
use stagecert::checks::stage::{certificate_attached, certificate_expiry, certificate_unique};
use stagecert::evaluation::scope::NotEvaluated;
use strum::VariantNames;
use throughput::Account;

#[test]
fn the_mixed_account_has_every_reason_but_those_of_other_parameters() {
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    for stage in Account::mixed(0..20_000).evaluated() {
        match &stage.result {
            Ok(findings) => seen.extend(findings.iter().map(|finding| finding.reason())),
            Err(reason) => _ = seen.insert(reason.into()),
        }
    }
    let known = [
        certificate_attached::Answer::VARIANTS,
        certificate_expiry::Answer::VARIANTS,
        certificate_unique::Answer::VARIANTS,
        owner_tag::Answer::VARIANTS,
        NotEvaluated::VARIANTS,
    ];
    let missing: Vec<&str> = known.concat().into_iter().filter(|reason| !seen.contains(reason)).collect();
    // Reasons that need `certificateIds`, `certificateSharing` or `includeStages`, or occur in no
    // listing.
    assert_eq!(
        missing,
        [
            "not-allowed",
            "sharing-allowed",
            "other-resource-type",
            "not-included",
            "deleted",
            "left-scope",
            "not-recorded",
            "vanished"
        ]
    );
}

#[test]
fn annotations_are_of_every_length_and_the_shares_hold_at_any_size() {
    for count in [1_000, 10_000] {
        let mut lengths: BTreeMap<usize, usize> = BTreeMap::new();
        for evaluation in Account::mixed(0..count).evaluations() {
            *lengths.entry(evaluation.annotation.as_str().len() / 64).or_default() += 1;
        }
        for band in 0..4 {
            let share = lengths.get(&band).copied().unwrap_or_default() * 100 / count as usize;
            assert!(
                share >= 4,
                "{share} % of {count} stages have annotations of {} to {} characters",
                band * 64,
                band * 64 + 63
            );
        }
        assert!(Account::mixed(0..count).evaluations().any(|it| it.annotation.as_str().ends_with(" ...")));
    }
}

#[test]
fn one_certificate_is_presented_by_thousands_and_others_by_one() {
    let peers = Account::peers(1_000);
    let count = peers.count();
    let shared = peers.evaluations().filter(|it| it.annotation.as_str().contains("certificate-unique"));
    assert!(shared.count() > count * 8 / 10);
    let text: Vec<String> =
        Account::mixed(0..20_000).evaluations().map(|it| it.annotation.to_string()).collect();
    assert!(text.iter().any(|it| it.contains("is on no other stage")));
    assert!(text.iter().filter(|it| it.contains(" more")).count() > 1_000);
}
