//! `owner-tag`: stage and certificate have an owner tag.

use proptest::prelude::*;
use serde_json::json;
use stagecert::checks::owner_tag::{Answer, CertificateTags, Tagged, check};
use stagecert::checks::verdict::Verdict;
use stagecert::parameters::Parameters;
use stagecert::resources::certificate_id::CertificateId;
use stagecert::resources::tags::Tags;

use crate::cases::cases;

fn tags(pairs: &[(&str, &str)]) -> Tags {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

fn answer(stage: &[(&str, &str)], certificate: Option<&[(&str, &str)]>, json: &str) -> Answer {
    let (stage, certificate) = (tags(stage), certificate.map(tags));
    let certificate = certificate.as_ref().map_or(CertificateTags::NoCertificate, CertificateTags::Tags);
    let tagged = Tagged { stage: &stage, certificate };
    check(tagged, &Parameters::parse(Some(json)).unwrap().owner_tag)
}

#[test]
fn passing_and_failing_keys_values_and_patterns() {
    let pattern = r#"{"ownerTagPattern":"team-a|team-[b-d]+"}"#;
    for (pairs, json, expected) in [
        (&[("owner", "x")][..], "{}", Verdict::Passed),
        (&[("Owner", "x")], "{}", Verdict::Passed),
        (&[("owner", " "), ("Owner", "x")], "{}", Verdict::Passed),
        (&[("OWNER", "x")], "{}", Verdict::Failed),
        (&[("owner", "")], "{}", Verdict::Failed),
        (&[("owner", " \t")], "{}", Verdict::Failed),
        (&[("owner", "\u{3164}")], "{}", Verdict::Failed),
        (&[("owner", "\u{200b} \u{115f}\u{feff}")], "{}", Verdict::Failed),
        (&[("owner", "\u{3164}")], r#"{"ownerTagPattern":".+"}"#, Verdict::Failed),
        (&[("owner", "\u{200b}x")], "{}", Verdict::Passed),
        (&[], "{}", Verdict::Failed),
        (&[("team", "x")], r#"{"ownerTagKeys":"team"}"#, Verdict::Passed),
        (&[("owner", "x")], r#"{"ownerTagKeys":"team"}"#, Verdict::Failed),
        (&[("owner", "team-a")], pattern, Verdict::Passed),
        (&[("owner", "team-bcd")], pattern, Verdict::Passed),
        (&[("owner", "team-ax")], pattern, Verdict::Failed),
        (&[("owner", "my team-b")], pattern, Verdict::Failed),
        (&[("owner", "team-a\n")], pattern, Verdict::Failed),
    ] {
        assert_eq!(answer(pairs, None, json).verdict(), expected, "{pairs:?} {json}");
    }
}

#[test]
fn stage_and_certificate_count_if_selected() {
    let (owned, bare) = (&[("owner", "x")][..], &[][..]);
    let (both, on_stage, on_certificate) =
        ("{}", r#"{"ownerTagOn":"stage"}"#, r#"{"ownerTagOn":"certificate"}"#);
    for (stage, certificate, json, expected) in [
        (owned, Some(owned), both, Verdict::Passed),
        (owned, Some(bare), both, Verdict::Failed),
        (bare, Some(owned), both, Verdict::Failed),
        (owned, None, both, Verdict::Passed),
        (owned, Some(bare), on_stage, Verdict::Passed),
        (bare, Some(owned), on_certificate, Verdict::Passed),
        (owned, Some(bare), on_certificate, Verdict::Failed),
        (owned, None, on_certificate, Verdict::NotApplicable),
    ] {
        assert_eq!(answer(stage, certificate, json).verdict(), expected, "{stage:?} {certificate:?} {json}");
    }
}

#[test]
fn a_dangling_certificate_needs_no_owner() {
    let ghost = CertificateId::new("ghost1".into());
    for (pairs, json, expected) in [
        (&[("owner", "x")][..], "{}", Verdict::Passed),
        (&[], "{}", Verdict::Failed),
        (&[("owner", "x")], r#"{"ownerTagOn":"certificate"}"#, Verdict::NotApplicable),
    ] {
        let stage = tags(pairs);
        let tagged = Tagged { stage: &stage, certificate: CertificateTags::Dangling(&ghost) };
        let answer = check(tagged, &Parameters::parse(Some(json)).unwrap().owner_tag);
        assert_eq!(answer.verdict(), expected, "{pairs:?} {json}");
        let text = answer.to_string();
        assert!(!text.contains("certificate has") && !text.contains("certificate tag"), "{text}");
    }
}

#[test]
fn near_misses_are_named_by_key_and_never_by_value() {
    let sentence = |stage: &[(&str, &str)]| {
        let answer = answer(stage, None, "{}");
        assert_eq!(answer.verdict(), Verdict::Failed);
        assert!(!serde_json::to_string(&answer).unwrap().contains("secret"));
        answer.to_string()
    };
    assert_eq!(
        sentence(&[("OWNER", "secret"), ("team", "secret")]),
        "stage has no tag owner or Owner (similar key \"OWNER\" does not count)"
    );
    assert_eq!(
        sentence(&[("owner ", "secret"), ("\u{200b}Owner", "secret")]),
        "stage has no tag owner or Owner (similar keys \"owner \", \"\\u{200b}Owner\" do not count)"
    );
    assert_eq!(
        sentence(&[("owner", " "), ("oWner", "secret")]),
        "stage tag owner has no value that counts (similar key \"oWner\" does not count)"
    );
    assert_eq!(sentence(&[("owners", "secret")]), "stage has no tag owner or Owner");
}

#[test]
fn sentences_name_keys_and_never_values() {
    let missing = answer(&[("owner", " ")], Some(&[]), "{}").to_string();
    assert_eq!(missing, "stage tag owner has no value that counts, certificate has no tag owner or Owner");
    let owned = answer(&[("owner", "secret")], Some(&[("Owner", "secret")]), "{}");
    assert_eq!(owned.to_string(), "stage tag owner, certificate tag Owner");
    assert!(!serde_json::to_string(&owned).unwrap().contains("secret"));
}

proptest! {
    #![proptest_config(cases(512))]

    #[test]
    fn a_pattern_of_plain_words_matches_exactly_these_words(
        words in prop::collection::btree_set("[a-z]{1,6}", 1..4), value in "[a-z]{1,7}",
    ) {
        let pattern = words.iter().cloned().collect::<Vec<_>>().join("|");
        let read = Parameters::parse(Some(&json!({"ownerTagPattern": pattern}).to_string())).unwrap();
        let pattern = read.owner_tag.pattern.clone().unwrap();
        prop_assert_eq!(pattern.is_match(&value), words.contains(&value));
        for word in &words {
            let longer = format!("{word}\n");
            prop_assert!(pattern.is_match(word) && !pattern.is_match(&longer));
            let tags: Tags = [("owner".to_owned(), word.clone())].into_iter().collect();
            let answer = check(Tagged { stage: &tags, certificate: CertificateTags::NoCertificate }, &read.owner_tag);
            prop_assert_eq!(answer.verdict(), Verdict::Passed);
        }
    }

    #[test]
    fn a_pattern_matches_the_whole_value_or_not_at_all(
        pattern in r"[ab(|)?*+\[\]^$.#]{1,10}|\(\?[xismU]{1,2}\)[ab#|)(]{1,8}", value in "[ab\n]{0,6}",
    ) {
        let read = Parameters::parse(Some(&json!({"ownerTagPattern": pattern}).to_string()));
        let matches = read.ok().and_then(|read| read.owner_tag.pattern).is_some_and(|it| it.is_match(&value));
        if matches {
            // The same engine without anchors: some match spans the whole value.
            let alone = regex_lite::Regex::new(&pattern);
            prop_assert!(alone.is_ok_and(|alone| alone.is_match(&value)));
        }
    }
}
