use std::collections::BTreeSet;

use strum::VariantNames as _;

use super::*;
use crate::checks::front_door::Problem;

#[test]
fn each_text_is_one_sentence_that_fits_security_hub() {
    for (reason, text) in TEXTS {
        assert!(text.len() <= 512 && text.ends_with('.'), "{reason:?}: {text}");
        assert_eq!(text.matches(". ").count(), 0, "{reason:?}: {text}");
        assert!(!text.contains("  "), "{reason:?}: {text}");
        assert!(is_known(text));
    }
}

#[test]
fn each_reason_has_one_text_unless_the_advice_of_its_check_is_enough() {
    let reasons: Vec<&str> = TEXTS.map(|(reason, _)| reason.into()).to_vec();
    let unique: BTreeSet<&str> = reasons.iter().copied().collect();
    assert_eq!(unique.len(), reasons.len());
    let others: Vec<&&str> = Reason::VARIANTS.iter().filter(|it| !unique.contains(**it)).collect();
    assert_eq!(others, [&"expiring", &"tls-1-0"]);
}

#[test]
fn the_most_severe_problem_decides() {
    let problem = |reason: Reason| Problem::new(reason, "x");
    let answer = Answer::of(vec![problem(Reason::Unpinned), problem(Reason::PublicCa)], String::new);
    assert!(what_to_do(&answer).unwrap().contains("public"));
    assert_eq!(what_to_do(&Answer::of(vec![], String::new)), None);
}
