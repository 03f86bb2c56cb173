use proptest::prelude::*;
use proptest::sample::subsequence;
use serde_json::{Map, Value, json};
use stagecert::Failure;
use stagecert::checks::Check;
use stagecert::checks::owner_tag::{self, CertificateTags, Tagged};
use stagecert::parameters::{AppliesTo, Inventory, KEYS, Parameters, RawParameters, Reporting};
use stagecert::resources::tags::Tags;

use crate::cases::{cases, hostile_text};
use crate::mutation::any_json;
use crate::validity::assert_no_control_characters;

/// Demands a failure that names the key and the value, or parameters within their ranges.
fn assert_named_or_in_range(read: Result<Parameters, Failure>) {
    let parameters = match read {
        Ok(parameters) => parameters,
        Err(failure) => {
            let message = failure.to_string();
            assert_no_control_characters(&message);
            let Failure::Parameter { key, value, allowed } = failure else { panic!("{message}") };
            assert!(key == "ruleParameters" || KEYS.contains(&key.as_str()), "{key}");
            assert!(message.contains(&key) && message.contains(&value) && !allowed.is_empty(), "{message}");
            return;
        }
    };
    let days = [parameters.expiry_window_days, parameters.managed_renewal_window_days];
    assert!(days.iter().all(|days| (1..=365).contains(days)), "{days:?}");
    assert!(!parameters.checks.is_empty() && !parameters.owner_tag_on.is_empty());
    assert!(!parameters.owner_tag_keys.is_empty());
    assert!(parameters.owner_tag_keys.iter().all(|key| (1..=128).contains(&key.chars().count())));
    assert!(parameters.certificate_ids.is_none_or(|ids| !ids.is_empty()));
    assert!(parameters.include_stages.is_none_or(|globs| !globs.is_empty()));
    if let Some(role) = parameters.execution_role_name {
        assert!((1..=64).contains(&role.len()) && !role.contains(['/', ':', '*', '\n']), "{role}");
    }
}

fn key() -> impl Strategy<Value = &'static str> {
    prop::sample::select(KEYS.to_vec())
}

fn near_key() -> impl Strategy<Value = String> {
    prop_oneof![key().prop_map(String::from), hostile_text()]
}

/// Text that comes close to what one of the keys allows.
fn near_value() -> impl Strategy<Value = String> {
    prop_oneof![
        hostile_text(),
        "[0-9+ ]{1,4}",
        "[a-z,*/ -]{1,20}",
        "[a-z*]{1,3}/[a-z*]{1,3}( until=[0-9]{4}-[0-9]{2}-[0-9]{2})?( reason=[ -~]{0,20})?",
        "(certificate-(attached|expiry|unique)|owner-tag|stage|certificate|none|acm|same-api|, ?){1,5}",
        r"[(\[{}\])?*+|a\\.^$#x]{1,16}",
    ]
}

/// A text of days, of which about half are allowed.
fn days() -> impl Strategy<Value = i32> {
    prop_oneof![1..=365, -1..=400]
}

proptest! {
    #![proptest_config(cases(512))]

    #[test]
    fn any_text_is_refused_by_name_or_in_range(text in prop_oneof![hostile_text(), ".{0,100}"]) {
        assert_named_or_in_range(Parameters::parse(Some(&text)));
    }

    #[test]
    fn any_value_of_any_key_is_refused_by_name_or_in_range(key in key(), value in near_value()) {
        assert_named_or_in_range(Parameters::parse(Some(&json!({key: value}).to_string())));
    }

    #[test]
    fn any_json_is_refused_by_name_or_in_range(
        pairs in prop::collection::vec((near_key(), any_json()), 0..3),
    ) {
        let object: Map<String, Value> = pairs.iter().cloned().collect();
        assert_named_or_in_range(Parameters::parse(Some(&Value::Object(object).to_string())));
        assert_named_or_in_range(RawParameters::from_pairs(pairs).and_then(|raw| raw.validate()));
    }

    #[test]
    fn days_are_read_as_they_are_written(days in days(), managed in any::<bool>()) {
        let key = if managed { "managedRenewalWindowDays" } else { "expiryWindowDays" };
        let read = Parameters::parse(Some(&json!({key: days.to_string()}).to_string()));
        prop_assert_eq!(read.is_ok(), (1..=365).contains(&days));
        if let Ok(read) = read {
            let told = if managed { read.managed_renewal_window_days } else { read.expiry_window_days };
            prop_assert_eq!(i32::from(told), days);
        }
    }

    #[test]
    fn valid_parameters_say_what_was_written(
        checks in subsequence(Check::ALL.to_vec(), 1..=4).prop_shuffle(),
        keys in prop::collection::btree_set(r"[a-zA-Z:üß/]{1,20}", 1..4),
        sharing in subsequence(vec!["same-api", "acm"], 0..=2),
        on in subsequence(vec!["stage", "certificate"], 1..=2),
        certificates in prop::collection::btree_set("[a-z0-9]{1,10}", 1..4),
        (everywhere, all, api) in any::<(bool, bool, bool)>(),
        role in "[a-zA-Z0-9+=,.@_-]{1,64}",
    ) {
        let list = |entries: Vec<&str>| entries.join(" , ");
        let text = json!({
            "checks": list(checks.iter().map(|check| check.code()).collect()),
            "ownerTagKeys": list(keys.iter().map(String::as_str).collect()),
            "ownerTagOn": list(on.clone()),
            "certificateSharing": if sharing.is_empty() { "none".into() } else { list(sharing.clone()) },
            "CertificateIDs": list(certificates.iter().map(String::as_str).collect()),
            "appliesTo": if everywhere { "all-stages" } else { "http-integrations" },
            "reporting": if all { "all" } else { "changed" },
            "inventory": if api { "apigateway" } else { "config" },
            "executionRoleName": role,
        });
        let read = Parameters::parse(Some(&text.to_string())).unwrap();
        prop_assert_eq!(read.checks, checks.into_iter().collect());
        prop_assert_eq!(read.owner_tag_keys, keys.into_iter().collect::<Vec<_>>());
        prop_assert_eq!(read.owner_tag_on.iter().map(ToString::to_string).collect::<Vec<_>>(), on);
        prop_assert_eq!(read.certificate_sharing.same_api, sharing.contains(&"same-api"));
        prop_assert_eq!(read.certificate_sharing.acm, sharing.contains(&"acm"));
        prop_assert_eq!(read.certificate_ids.unwrap(), certificates.into_iter().collect::<Vec<_>>());
        prop_assert_eq!(read.applies_to == AppliesTo::AllStages, everywhere);
        prop_assert_eq!(read.reporting == Reporting::All, all);
        prop_assert_eq!(read.inventory == Inventory::ApiGateway, api);
        prop_assert_eq!(read.execution_role_name, Some(role));
    }

    #[test]
    fn a_pattern_of_plain_words_matches_just_these_words(
        words in prop::collection::btree_set("[a-z]{1,6}", 1..4), value in "[a-z]{1,7}",
    ) {
        let pattern = words.iter().cloned().collect::<Vec<_>>().join("|");
        let read = Parameters::parse(Some(&json!({"ownerTagPattern": pattern}).to_string())).unwrap();
        let pattern = read.owner_tag_pattern.clone().unwrap();
        prop_assert_eq!(pattern.is_match(&value), words.contains(&value));
        for word in &words {
            let longer = format!("{word}\n");
            prop_assert!(pattern.is_match(word) && !pattern.is_match(&longer));
            let tags: Tags = [("owner".to_owned(), word.clone())].into_iter().collect();
            let answer = owner_tag::check(Tagged { stage: &tags, certificate: CertificateTags::NoCertificate }, &read);
            prop_assert_eq!(answer.verdict(), stagecert::checks::verdict::Verdict::Passed);
        }
    }

    #[test]
    fn a_pattern_matches_the_whole_value_or_not_at_all(
        pattern in r"[ab(|)?*+\[\]^$.#]{1,10}|\(\?[xismU]{1,2}\)[ab#|)(]{1,8}", value in "[ab\n]{0,6}",
    ) {
        let read = Parameters::parse(Some(&json!({"ownerTagPattern": pattern}).to_string()));
        let matches = read.ok().and_then(|read| read.owner_tag_pattern).is_some_and(|it| it.is_match(&value));
        if matches {
            // By the same engine, but unanchored: some match begins at the start and ends at the end.
            let alone = regex_lite::Regex::new(&pattern);
            prop_assert!(alone.is_ok_and(|alone| alone.is_match(&value)));
        }
    }
}
