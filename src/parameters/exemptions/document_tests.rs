use serde_json::{Value, json};

use super::*;

fn parse(entries: &Value) -> Result<ExemptionDocument, Failure> {
    ExemptionDocument::parse(&json!({ "exemptionsVersion": 1, "exemptions": entries }).to_string())
}

fn entry() -> Value {
    json!({
        "account": "111122223333", "region": "eu-west-1", "stages": "a1/dev", "checks": ["owner-tag"],
        "until": "2026-12-31", "reason": "mock", "approvedBy": "kim"
    })
}

/// The entry with one field set; `null` removes it.
fn with(field: &str, value: Value) -> Value {
    let mut entry = entry();
    let fields = entry.as_object_mut().unwrap();
    if value.is_null() {
        drop(fields.remove(field));
    } else {
        drop(fields.insert(field.to_owned(), value));
    }
    entry
}

#[test]
fn a_complete_entry_and_one_with_only_what_is_required_are_valid() {
    let document = parse(&json!([entry(), { "account": "*", "region": "*", "stages": "*/*" }])).unwrap();
    let [full, short] = document.entries.as_slice() else { panic!("{document:?}") };
    assert_eq!((full.account.as_deref(), full.region.as_deref()), (Some("111122223333"), Some("eu-west-1")));
    assert_eq!(
        *full.stages.exemption,
        Exemption {
            source: ExemptionSource::Document,
            stages: "a1/dev".into(),
            checks: Some(BTreeSet::from([Check::OwnerTag])),
            until: Some("2026-12-31".parse().unwrap()),
            reason: Some("mock".into()),
            approved_by: Some("kim".into()),
        }
    );
    assert_eq!((&short.account, &short.region, &short.stages.exemption.checks), (&None, &None, &None));
    assert_eq!(parse(&json!([])).unwrap(), ExemptionDocument::default());
}

#[test]
fn every_invalid_field_is_named_with_what_is_allowed() {
    for (field, value, problem) in [
        ("account", json!("1111"), "\"1111\" is not allowed; allowed: 12 digits or *"),
        ("account", json!(111_122_223_333_u64), "invalid type: integer `111122223333`, expected a string"),
        ("account", Value::Null, "missing field `account`"),
        ("region", json!("Ireland"), "allowed: a Region, such as eu-west-1, or *"),
        ("stages", json!("dev"), "allowed: a glob over apiId/stageName, such as */prod*"),
        ("stages", json!("a1/[x"), "allowed: a glob over apiId/stageName"),
        ("checks", json!([]), "no code; allowed: at least one of certificate-attached, "),
        ("checks", json!(["owner"]), "\"owner\" is not allowed; allowed: at least one of"),
        ("checks", json!(["owner-tag", "owner-tag"]), "owner-tag, each once"),
        ("checks", json!("owner-tag"), "invalid type: string \"owner-tag\", expected a sequence"),
        ("until", json!("2026-02-30"), "\"2026-02-30\" is not allowed; allowed: a day, as YYYY-MM-DD"),
        ("until", Value::String("null".into()), "allowed: a day, as YYYY-MM-DD"),
        ("until", json!("31.12.2026"), "allowed: a day, as YYYY-MM-DD"),
        ("reason", json!(" "), "allowed: 1 to 200 characters"),
        ("reason", json!("x".repeat(201)), "201 characters; allowed: 1 to 200 characters"),
        ("approvedBy", json!("a\nb"), "without control characters"),
        ("expires", json!("2026-12-31"), "unknown field `expires`, expected one of `account`, `region`"),
    ] {
        let message = parse(&json!([entry(), with(field, value)])).unwrap_err().to_string();
        assert!(message.starts_with("exemptions[1]") && message.contains(problem), "{field}: {message}");
    }
}

#[test]
fn the_document_must_be_one() {
    for (text, problem) in [
        ("", "exemption document: EOF"),
        ("[]", "exemption document: not a JSON object"),
        ("{}", "missing field `exemptionsVersion`"),
        (r#"[1,[["*","*","*/*",null,null,null,null]]]"#, "exemption document: not a JSON object"),
        (
            r#"{"exemptionsVersion":1,"exemptions":[["*","*","*/*",null,null,null,null]]}"#,
            "exemptions[0]: not an object",
        ),
        (
            r#"{"exemptionsVersion":1,"exemptions":[{"account":"*","region":"*","stages":"*/*","checks":null}]}"#,
            "exemptions[0]: invalid type: null, expected a sequence",
        ),
        (
            r#"{"exemptionsVersion":1,"exemptions":[{"account":"*","region":"*","stages":"*/*","until":null}]}"#,
            "exemptions[0]: invalid type: null, expected a string",
        ),
        (r#"{"exemptionsVersion":1}"#, "missing field `exemptions`"),
        (r#"{"exemptionsVersion":2,"exemptions":[]}"#, "exemptionsVersion: 2 is not supported; allowed: 1"),
        (r#"{"exemptionsVersion":1,"exemptions":[],"x":1}"#, "unknown field `x`"),
        (r#"{"exemptionsVersion":1,"exemptions":[],"exemptions":[]}"#, "duplicate field `exemptions`"),
        (
            r#"{"exemptionsVersion":1,"exemptions":[{"account":"*","account":"*"}]}"#,
            "duplicate field `account`",
        ),
    ] {
        let message = ExemptionDocument::parse(text).unwrap_err().to_string();
        assert!(message.contains(problem), "{text}: {message}");
    }
}

#[test]
fn all_invalid_entries_are_reported_and_repetitions_refused() {
    let failures = parse(&json!([with("until", json!("x")), entry(), with("region", json!("x"))]));
    let Err(Failure::Several(failures)) = failures else { panic!("{failures:?}") };
    assert_eq!(failures.len(), 2);
    let message = parse(&json!([entry(), with("reason", json!("other"))])).unwrap_err().to_string();
    assert_eq!(message, "exemptions[1]: the same account, region, stages and checks as exemptions[0]");
    assert!(parse(&json!([entry(), with("checks", json!(["certificate-expiry"]))])).is_ok());
}

#[test]
fn it_holds_ten_thousand_exemptions() {
    let entries = |count: usize| {
        let of = |number: usize| with("stages", json!(format!("a{number}/dev")));
        json!((0..count).map(of).collect::<Vec<_>>())
    };
    let document = parse(&entries(10_000)).unwrap();
    let here = document.of(&AccountRegion::in_region("111122223333", "eu-west-1"));
    assert_eq!(here.of_stage("a7777", "a7777/dev").len(), 1);
    let message = parse(&entries(10_001)).unwrap_err().to_string();
    assert_eq!(message, "exemptions: 10001 entries; allowed: up to 10000");
}

#[test]
fn an_exemption_applies_to_its_account_region_and_stages() {
    let one = |account: &str, region: &str, stages: &str| json!({"account": account, "region": region, "stages": stages});
    let document = parse(&json!([
        one("*", "*", "*/dev"),
        one("111122223333", "*", "a1/*"),
        one("*", "eu-west-1", "a1/dev"),
        one("444455556666", "eu-west-1", "a1/dev"),
        one("*", "us-east-1", "a1/dev"),
        one("*", "*", "a[12]/d?v"),
    ]))
    .unwrap();
    let here = document.of(&AccountRegion::in_region("111122223333", "eu-west-1"));
    for (api, label, expected) in [
        ("a1", "a1/dev", &["*/dev", "a1/*", "a1/dev", "a[12]/d?v"][..]),
        ("a1", "a1/prod", &["a1/*"]),
        ("a2", "a2/dev", &["*/dev", "a[12]/d?v"]),
        ("a3", "a3/prod", &[]),
    ] {
        let found = here.of_stage(api, label);
        let globs: Vec<&str> = found.iter().map(|entry| entry.stages.glob.as_str()).collect();
        assert_eq!(globs, expected, "{label}");
    }
}
