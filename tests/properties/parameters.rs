use proptest::prelude::*;
use proptest::sample::subsequence;
use serde_json::{Map, Value, json};
use stagecert::Failure;
use stagecert::checks::Check;
use stagecert::checks::stage::certificate_attached::AppliesTo;
use stagecert::parameters::{Inventory, KEYS, Parameters, RawParameters, Reporting};

use crate::cases::cases;
use crate::hostile::hostile_text;
use crate::mutation::any_json;
use crate::validity::assert_no_control_characters;

/// Checks for a failure that names key and value, or for parameters within their ranges.
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
    let days = [
        parameters.certificate_expiry.expiry_window_days,
        parameters.certificate_expiry.managed_renewal_window_days,
    ];
    assert!(days.iter().all(|days| (1..=365).contains(days)), "{days:?}");
    assert!(!parameters.checks.is_empty() && !parameters.owner_tag.on.is_empty());
    assert!(!parameters.owner_tag.keys.is_empty());
    assert!(parameters.owner_tag.keys.iter().all(|key| (1..=128).contains(&key.chars().count())));
    assert!(parameters.certificate_attached.certificate_ids.is_none_or(|ids| !ids.is_empty()));
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

/// Text similar to the allowed values of a key.
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

/// A number of days as text; about half of them are allowed.
fn days() -> impl Strategy<Value = i32> {
    prop_oneof![1..=365, -1..=400]
}

proptest! {
    #![proptest_config(cases(512))]

    #[test]
    fn any_text_is_refused_by_name_or_within_range(text in prop_oneof![hostile_text(), ".{0,100}"]) {
        assert_named_or_in_range(Parameters::parse(Some(&text)));
    }

    #[test]
    fn any_value_of_any_key_is_refused_by_name_or_within_range(key in key(), value in near_value()) {
        assert_named_or_in_range(Parameters::parse(Some(&json!({key: value}).to_string())));
    }

    #[test]
    fn any_json_is_refused_by_name_or_within_range(
        pairs in prop::collection::vec((near_key(), any_json()), 0..3),
    ) {
        let object: Map<String, Value> = pairs.iter().cloned().collect();
        assert_named_or_in_range(Parameters::parse(Some(&Value::Object(object).to_string())));
        assert_named_or_in_range(RawParameters::from_pairs(pairs).and_then(|raw| raw.validate()));
    }

    #[test]
    fn numbers_of_days_are_parsed_exactly(days in days(), managed in any::<bool>()) {
        let key = if managed { "managedRenewalWindowDays" } else { "expiryWindowDays" };
        let read = Parameters::parse(Some(&json!({key: days.to_string()}).to_string()));
        prop_assert_eq!(read.is_ok(), (1..=365).contains(&days));
        if let Ok(read) = read {
            let parsed = if managed { read.certificate_expiry.managed_renewal_window_days } else { read.certificate_expiry.expiry_window_days };
            prop_assert_eq!(i32::from(parsed), days);
        }
    }

    #[test]
    fn valid_parameters_are_parsed_exactly(
        checks in subsequence(Check::STAGE.to_vec(), 1..=4).prop_shuffle(),
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
        prop_assert_eq!(read.owner_tag.keys, keys.into_iter().collect::<Vec<_>>());
        prop_assert_eq!(read.owner_tag.on.iter().map(ToString::to_string).collect::<Vec<_>>(), on);
        prop_assert_eq!(read.certificate_unique.sharing.same_api, sharing.contains(&"same-api"));
        prop_assert_eq!(read.certificate_unique.sharing.acm, sharing.contains(&"acm"));
        prop_assert_eq!(read.certificate_attached.certificate_ids.unwrap(), certificates.into_iter().collect::<Vec<_>>());
        prop_assert_eq!(read.certificate_attached.applies_to == AppliesTo::AllStages, everywhere);
        prop_assert_eq!(read.reporting == Reporting::All, all);
        prop_assert_eq!(read.inventory == Inventory::ApiGateway, api);
        prop_assert_eq!(read.execution_role_name, Some(role));
    }
}
