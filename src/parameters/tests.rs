use serde_json::{Value, json};

use super::raw::NUMBERS;
use super::*;
use crate::checks::exemption::{Exemption, ExemptionSource};
use crate::checks::stage::certificate_attached::AppliesTo;
use crate::checks::stage::certificate_unique::CertificateSharing;

const ACM: &str = "arn:aws:acm:eu-west-1:111122223333:certificate/12345678-90ab";

fn parse(parameters: &Value) -> Result<Parameters, Failure> {
    Parameters::parse(Some(&parameters.to_string()))
}

fn refused(json: &str) -> (String, [String; 3]) {
    match Parameters::parse(Some(json)) {
        Err(failure @ Failure::Parameter { .. }) => {
            let message = failure.to_string();
            let Failure::Parameter { key, value, allowed } = failure else { unreachable!() };
            (message, [key, value, allowed])
        }
        other => panic!("{json}: {other:?}"),
    }
}

fn globs(texts: &[&str]) -> Vec<Pattern> {
    texts.iter().map(|text| Pattern::new(text).unwrap()).collect()
}

fn exempt(glob: &str, checks: &[Check], until: Option<&str>, reason: Option<&str>) -> ExemptStages {
    let exemption = Exemption {
        source: ExemptionSource::Parameter,
        stages: glob.to_owned(),
        checks: (!checks.is_empty()).then(|| checks.iter().copied().collect()),
        until: until.map(|until| until.parse().unwrap()),
        reason: reason.map(ToOwned::to_owned),
        approved_by: None,
    };
    ExemptStages { glob: Pattern::new(glob).unwrap(), exemption: Arc::new(exemption) }
}

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

/// The debug text, for comparison: `Parameters` contains a regular expression, which isn't `Eq`.
fn quoted(parameters: &Parameters) -> String {
    format!("{parameters:?}")
}

#[test]
fn absent_or_blank_parameters_are_the_documented_defaults() {
    for json in [None, Some(""), Some(" \r\n\t"), Some("{}"), Some(" {\n} ")] {
        assert_eq!(quoted(&Parameters::parse(json).unwrap()), quoted(&Parameters::default()), "{json:?}");
    }
    let defaults = Parameters::default();
    assert_eq!(defaults.checks, BTreeSet::from(Check::STAGE));
    assert_eq!(
        (
            defaults.certificate_expiry.expiry_window_days,
            defaults.certificate_expiry.managed_renewal_window_days
        ),
        (60, 30)
    );
    assert_eq!(defaults.owner_tag.keys, ["owner", "Owner"]);
    assert!(defaults.owner_tag.pattern.is_none());
    assert_eq!(defaults.owner_tag.on, BTreeSet::from([OwnerTagOn::Stage, OwnerTagOn::Certificate]));
    assert_eq!(defaults.certificate_attached.certificate_ids, None);
    assert_eq!(defaults.certificate_unique.sharing, CertificateSharing { same_api: false, acm: false });
    assert_eq!(defaults.certificate_attached.applies_to, AppliesTo::HttpIntegrations);
    assert_eq!((defaults.include_stages, defaults.exclude_stages), (None, vec![]));
    assert_eq!((defaults.inventory, defaults.reporting), (Inventory::Config, Reporting::Changed));
    assert_eq!(defaults.execution_role_name, None);
}

fn with(set: impl FnOnce(&mut Parameters)) -> Parameters {
    let mut parameters = Parameters::default();
    set(&mut parameters);
    parameters
}

#[test]
#[expect(clippy::too_many_lines, reason = "one row per value")]
fn each_allowed_value_sets_its_own_parameter_and_no_other() {
    use Parameters as P;
    let d = P::default;
    let (role, key, two) = ("r".repeat(64), "\u{fc}".repeat(128), format!("{ACM} , abc123"));
    let all_checks = "owner-tag,certificate-unique,certificate-expiry,certificate-attached";
    let (attached, owner) = (Check::CertificateAttached, Check::OwnerTag);
    let calls = |calls| CallsPerSecond::new(calls).unwrap();
    let sharing = |same_api, acm| CertificateSharing { same_api, acm };
    let (stage, certificate) = (OwnerTagOn::Stage, OwnerTagOn::Certificate);
    let cases = vec![
        ("checks", all_checks, d()),
        ("checks", "certificate-attached", P { checks: [attached].into(), ..d() }),
        ("checks", " owner-tag ,\tcertificate-attached\n", P { checks: [attached, owner].into(), ..d() }),
        ("expiryWindowDays", "1", with(|p| p.certificate_expiry.expiry_window_days = 1)),
        ("expiryWindowDays", "365", with(|p| p.certificate_expiry.expiry_window_days = 365)),
        ("managedRenewalWindowDays", "1", with(|p| p.certificate_expiry.managed_renewal_window_days = 1)),
        ("managedRenewalWindowDays", "365", with(|p| p.certificate_expiry.managed_renewal_window_days = 365)),
        ("ownerTagKeys", "team", with(|p| p.owner_tag.keys = texts(&["team"]))),
        ("ownerTagKeys", " a b , A B", with(|p| p.owner_tag.keys = texts(&["a b", "A B"]))),
        ("ownerTagKeys", &key, with(|p| p.owner_tag.keys = texts(&[&key]))),
        ("ownerTagOn", "stage", with(|p| p.owner_tag.on = [stage].into())),
        ("ownerTagOn", "certificate", with(|p| p.owner_tag.on = [certificate].into())),
        ("ownerTagOn", "certificate, stage", d()),
        (
            "certificateIds",
            "abc123",
            with(|p| p.certificate_attached.certificate_ids = Some(texts(&["abc123"]))),
        ),
        (
            "CertificateIDs",
            "abc123",
            with(|p| p.certificate_attached.certificate_ids = Some(texts(&["abc123"]))),
        ),
        (
            "certificateIds",
            &two,
            with(|p| p.certificate_attached.certificate_ids = Some(texts(&[ACM, "abc123"]))),
        ),
        ("certificateSharing", "none", d()),
        ("certificateSharing", "same-api", with(|p| p.certificate_unique.sharing = sharing(true, false))),
        ("certificateSharing", "acm", with(|p| p.certificate_unique.sharing = sharing(false, true))),
        ("certificateSharing", "acm, same-api", with(|p| p.certificate_unique.sharing = sharing(true, true))),
        ("appliesTo", "http-integrations", d()),
        ("appliesTo", "all-stages", with(|p| p.certificate_attached.applies_to = AppliesTo::AllStages)),
        ("includeStages", "*/prod*", P { include_stages: Some(globs(&["*/prod*"])), ..d() }),
        ("includeStages", "a1/*, */[pq]?", P { include_stages: Some(globs(&["a1/*", "*/[pq]?"])), ..d() }),
        (
            "excludeStages",
            "*/dev,*/$default",
            P {
                exclude_stages: vec![exempt("*/dev", &[], None, None), exempt("*/$default", &[], None, None)],
                ..d()
            },
        ),
        (
            "excludeStages",
            "a1/p until=2026-12-31 reason=mock, */dev",
            P {
                exclude_stages: vec![
                    exempt("a1/p", &[], Some("2026-12-31"), Some("mock")),
                    exempt("*/dev", &[], None, None),
                ],
                ..d()
            },
        ),
        (
            "excludeStages",
            "*/dev checks=owner-tag until=2026-12-31, */dev checks=certificate-unique+certificate-expiry",
            P {
                exclude_stages: vec![
                    exempt("*/dev", &[Check::OwnerTag], Some("2026-12-31"), None),
                    exempt("*/dev", &[Check::CertificateExpiry, Check::CertificateUnique], None, None),
                ],
                ..d()
            },
        ),
        ("exemptionTag", "stagecert:exempt", P { exemption_tag: Some("stagecert:exempt".into()), ..d() }),
        (
            "exemptions",
            "s3://abc/exemptions.json",
            P { exemptions: S3Location::parse("s3://abc/exemptions.json"), ..d() },
        ),
        ("apiGatewayCallsPerSecond", "3", d()),
        ("apiGatewayCallsPerSecond", "1", P { api_gateway_calls_per_second: calls(1), ..d() }),
        ("apiGatewayCallsPerSecond", "8", P { api_gateway_calls_per_second: calls(8), ..d() }),
        ("inventory", "config", d()),
        ("inventory", "apigateway", P { inventory: Inventory::ApiGateway, ..d() }),
        ("reporting", "changed", d()),
        ("reporting", "all", P { reporting: Reporting::All, ..d() }),
        ("executionRoleName", "a+=,.@_-9Z", P { execution_role_name: Some("a+=,.@_-9Z".into()), ..d() }),
        ("executionRoleName", &role, P { execution_role_name: Some(role.clone()), ..d() }),
        ("executionRoleName", "a/b/c", P { execution_role_name: Some("a/b/c".into()), ..d() }),
        ("securityHub", "off", d()),
        ("securityHub", "on", P { security_hub: true, ..d() }),
        ("events", "off", d()),
        ("events", "on", P { events: true, ..d() }),
        ("findingOwner", "key", d()),
        ("findingOwner", "value", P { finding_owner: FindingOwner::Value, ..d() }),
        (
            "requireMutualTls",
            "api.example.com, *.partner.example.com,a1b2c3d4e5,[!x]_?",
            P {
                mutual_tls: mutual_tls::Settings {
                    required: globs(&["api.example.com", "*.partner.example.com", "a1b2c3d4e5", "[!x]_?"]),
                },
                ..d()
            },
        ),
        ("truststoreWindowDays", "90", d()),
        ("truststoreWindowDays", "365", P { truststore: truststore::Settings { window_days: 365 }, ..d() }),
    ];
    for (key, value, expected) in &cases {
        let parameters = parse(&json!({ *key: value })).unwrap();
        assert_eq!(quoted(&parameters), quoted(expected), "{key}={value}");
    }
    let covered: BTreeSet<&str> = cases.iter().map(|(key, ..)| *key).chain(["ownerTagPattern"]).collect();
    assert!(KEYS.iter().all(|key| covered.contains(key)), "each key has a case: {covered:?}");
}

#[test]
fn every_refused_value_is_named_with_its_key_and_what_is_allowed() {
    let (days, name, once) = ("a whole number from 1 to 365", "the name of an IAM role", "each entry once");
    let labels = "globs over domain names and API ids";
    let (globs, ids) = ("globs over apiId/stageName", "client certificates or ARNs of ACM certificates");
    let (codes, keys) = ("owner-tag, mutual-tls, truststore, domain-certificate, ", "1 to 128 characters");
    let (sharing, on) = ("none, or same-api, acm or same-api,acm", "stage, certificate or stage,certificate");
    let (too_long_role, too_long_key) = ("r".repeat(65), "k".repeat(129));
    let (until, reason) = ("until=YYYY-MM-DD", "reason=TEXT of 1 to 100 printable ASCII characters");
    let too_long_reason = format!("*/dev reason={}", "r".repeat(101));
    let foreign = "arn:aws:iam:eu-west-1:111122223333:certificate/x";
    for (key, allowed, values) in [
        ("checks", codes, &["", "all", "Owner-Tag", "owner-tag,", ",owner-tag", "owner-tag owner-tag"][..]),
        ("checks", once, &["owner-tag,certificate-expiry,owner-tag", "owner-tag, owner-tag "]),
        ("expiryWindowDays", days, &["0", "366", "-1", "060", "+60", " 60", "60 ", "60.0", "6e1", ""]),
        ("expiryWindowDays", days, &["65596", "99999999999999999999", "\u{666}\u{660}", "sixty", "null"]),
        ("managedRenewalWindowDays", days, &["0", "366", "030", "+30", " 30", "30.0", ""]),
        ("ownerTagKeys", keys, &["", " ", "owner,,team", &too_long_key]),
        ("ownerTagKeys", once, &["owner,owner", "owner, owner"]),
        ("ownerTagPattern", "a regular expression (", &["", "(", "a)|(b", "[", "*", "\\", "(?P<x", "\\p{L}"]),
        ("ownerTagOn", on, &["", "both", "Stage", "stage;certificate"]),
        ("ownerTagOn", once, &["stage,stage"]),
        ("certificateIds", ids, &["", "abc 123", "abc-123", "x' OR '1'='1", "abc123,", foreign]),
        ("certificateIds", once, &["abc123,def456,abc123"]),
        ("certificateSharing", sharing, &["", "None", "none,acm", "acm,none", "none,none", "any"]),
        ("certificateSharing", once, &["acm,acm", "same-api, acm, same-api"]),
        ("appliesTo", "http-integrations or all-stages", &["", "all", "All-Stages", " all-stages", "http"]),
        ("includeStages", globs, &["", "prod*", "*", "a/b/c", "*/[", "*/***", "*/prod,", "*/prod,dev"]),
        ("includeStages", once, &["*/prod,*/prod"]),
        ("excludeStages", globs, &["", "dev", "a/b/c", "*/[a", "a**/x", "a 1/prod"]),
        ("excludeStages", until, &["*/dev until=2026-02-29", "*/dev,*/x until=2026-1-1", "*/dev until="]),
        ("excludeStages", reason, &["*/dev reason=", "*/dev reason=\u{fc}", "*/dev mock", &too_long_reason]),
        ("excludeStages", once, &["*/dev,*/dev"]),
        (
            "excludeStages",
            "each glob once per check; \"*/x\"",
            &["*/x until=2026-12-31,*/x", "*/x checks=owner-tag, */x reason=y"],
        ),
        ("exemptionTag", "one tag key of 1 to 128 characters", &["", " x", "x ", "a\nb", &too_long_key]),
        ("exemptions", "s3://BUCKET/KEY", &["", "bucket/key", "s3://abc", "https://abc/k", "s3://abc/*"]),
        ("includeStages", globs, &["*/dev until=2026-12-31", "*/dev reason=x"]),
        ("apiGatewayCallsPerSecond", "a whole number from 1 to 8", &["", "0", "9", "03", "3.0", "+3", "256"]),
        ("inventory", "config or apigateway", &["", "Config", "api-gateway", "config,apigateway"]),
        ("reporting", "changed or all", &["", "none", "ALL"]),
        (
            "executionRoleName",
            name,
            &["", "/role", "path//role", "path/", "a role", "r\u{f6}le", "a:b", "../a b", &too_long_role],
        ),
        ("securityHub", "off or on", &["", "OFF", "true"]),
        ("events", "off or on", &["", "ON", "yes"]),
        ("findingOwner", "key or value", &["", "Value", "tag"]),
        ("checks", "not both", &["owner-tag,mutual-tls", "truststore, certificate-expiry"]),
        (
            "requireMutualTls",
            labels,
            &["", "API.example.com", "a/b", "a b", "a**b", "[a", "api.example.com,"],
        ),
        ("requireMutualTls", once, &["api.example.com,api.example.com"]),
        ("truststoreWindowDays", days, &["0", "366", "090", ""]),
    ] {
        for value in values {
            let (message, [named, quoted, message_allowed]) = refused(&json!({ key: value }).to_string());
            let escaped = value.escape_debug().to_string();
            assert_eq!((named.as_str(), &quoted), (key, &escaped), "{message}");
            assert!(message_allowed.contains(allowed), "{key}={value:?}: {message}");
            let whole =
                format!("rule parameter {key}: \"{escaped}\" is not allowed; allowed: {message_allowed}");
            assert_eq!(message, whole);
        }
    }
}

#[test]
fn anything_but_an_object_of_strings_with_known_keys_is_refused() {
    let (object, known) = ("a JSON object whose values are strings", "the keys checks, expiryWindowDays, ");
    for (json, value, allowed) in [
        ("null", "invalid type: null, expected an object", object),
        ("[]", "invalid type: sequence, expected an object", object),
        ("\"checks\"", "invalid type: string", object),
        ("checks=owner-tag", "expected value at line 1 column 1", object),
        ("{\"checks\":\"owner-tag\"", "EOF while parsing an object", object),
        ("{\"checks\":\"owner-tag\",}", "trailing comma", object),
        ("{} {}", "trailing characters", object),
        (r#"{"check":"owner-tag"}"#, "check", known),
        (r#"{"certificateIDs":"abc123"}"#, "certificateIDs", known),
        (r#"{" checks":"owner-tag"}"#, " checks", known),
        (r#"{"":""}"#, "", known),
    ] {
        let (message, [key, refused_value, what]) = refused(json);
        assert_eq!(key, "ruleParameters", "{json}: {message}");
        assert!(refused_value.starts_with(value) && what.starts_with(allowed), "{json}: {message}");
    }
    let (message, _) = refused(r#"{"other":"x"}"#);
    assert!(KEYS.iter().all(|key| message.contains(key)), "{message}");
}

#[test]
fn a_value_that_is_not_a_string_is_refused_with_its_key() {
    for key in KEYS {
        for (value, shown, what) in [
            (json!(60), "60 (a number)", r#"a string: write "60""#),
            (json!(1.5), "1.5 (a number)", r#"a string: write "1.5""#),
            (json!(true), "true (a boolean)", r#"a string: write "true""#),
            (Value::Null, "null (not a value)", "a string"),
            (json!(["owner-tag"]), r#"[\"owner-tag\"] (a list)"#, "a string"),
            (json!({"a": 1}), r#"{\"a\":1} (an object)"#, "a string"),
        ] {
            if NUMBERS.contains(&key) && value.is_number() {
                continue;
            }
            let (message, [named, quoted, allowed]) = refused(&json!({ key: value }).to_string());
            assert_eq!((named.as_str(), quoted.as_str(), allowed.as_str()), (key, shown, what), "{message}");
        }
    }
}

#[test]
fn a_whole_number_may_be_a_number() {
    let (numbers, strings) = (
        json!({"expiryWindowDays": 30, "managedRenewalWindowDays": 365, "apiGatewayCallsPerSecond": 8}),
        json!({"expiryWindowDays": "30", "managedRenewalWindowDays": "365", "apiGatewayCallsPerSecond": "8"}),
    );
    assert_eq!(quoted(&parse(&numbers).unwrap()), quoted(&parse(&strings).unwrap()));
    for key in NUMBERS {
        let range = if key.ends_with("Days") { "1 to 365" } else { "1 to 8" };
        for number in ["0", "366", "-1", "1.5", "30.0", "3e1", "18446744073709551616"] {
            let (message, [named, _, allowed]) = refused(&format!(r#"{{"{key}":{number}}}"#));
            assert_eq!((named.as_str(), allowed), (key, format!("a whole number from {range}")), "{message}");
        }
        let (_, [named, ..]) = refused(&format!(r#"{{"{key}":3,"{key}":"3"}}"#));
        assert_eq!(named, key);
    }
}

#[test]
fn a_repeated_key_is_refused_in_either_spelling() {
    for (json, key, value) in [
        (r#"{"reporting":"all","reporting":"all"}"#, "reporting", "all"),
        (r#"{"reporting":"all","inventory":"config","reporting":"changed"}"#, "reporting", "changed"),
        (r#"{"certificateIds":"a1","CertificateIDs":"b2"}"#, "certificateIds", "b2"),
        (r#"{"CertificateIDs":"b2","certificateIds":"a1"}"#, "certificateIds", "a1"),
        (r#"{"CertificateIDs":"a1","CertificateIDs":"a1"}"#, "certificateIds", "a1"),
    ] {
        let (message, [named, quoted, allowed]) = refused(json);
        assert_eq!((named.as_str(), quoted.as_str()), (key, value), "{message}");
        assert!(allowed.starts_with("each key once"), "{message}");
    }
}

#[test]
fn pairs_from_the_command_line_follow_the_same_rules() {
    let read = |pairs: &[(&str, &str)]| {
        RawParameters::from_pairs(pairs.iter().map(|(key, value)| ((*key).to_owned(), json!(value))))
    };
    let raw = read(&[("CertificateIDs", "abc123"), ("reporting", "all")]).unwrap();
    assert_eq!((raw.text("certificateIds"), raw.text("reporting")), (Some("abc123"), Some("all")));
    assert_eq!((raw.text("CertificateIDs"), raw.text("checks")), (None, None));
    let json = r#"{"CertificateIDs":"abc123","reporting":"all"}"#;
    assert_eq!(quoted(&raw.validate().unwrap()), quoted(&Parameters::parse(Some(json)).unwrap()));
    for pairs in [&[("other", "x")][..], &[("certificateIds", "a1"), ("CertificateIDs", "a1")]] {
        assert!(read(pairs).is_err(), "{pairs:?}");
    }
}

#[test]
fn at_most_1024_characters_are_accepted() {
    for filler in ["x", "\u{fc}"] {
        let of_length = |length: usize| {
            let fixed = r#"{"ownerTagPattern":""}"#.chars().count();
            format!(r#"{{"ownerTagPattern":"{}"}}"#, filler.repeat(length - fixed))
        };
        assert!(Parameters::parse(Some(&of_length(1024))).is_ok(), "{filler}");
        let (message, [key, value, allowed]) = refused(&of_length(1025));
        let fields = [key.as_str(), &value, &allowed];
        assert_eq!(fields, ["ruleParameters", "1025 characters", "at most 1024 characters"], "{message}");
    }
}

#[test]
fn an_owner_pattern_must_match_the_entire_value() {
    for (pattern, matching, others) in [
        ("team-a|team-b", &["team-a", "team-b"][..], &["team-ab", "xteam-a", "team-a ", "team-b\n", ""][..]),
        ("a|ab", &["a", "ab"], &["abc", "b"]),
        ("(?i)Team-[a-z]+", &["team-x", "TEAM-X"], &["my team-x", "team-1"]),
        ("(?m)^a$", &["a"], &["a\nb", "b\na"]),
        ("^a$", &["a"], &["a\n", "a\nb"]),
        ("(?s)a.b", &["a\nb"], &["a\nb\n"]),
        ("a.b", &["axb"], &["a\nb"]),
        (" ", &[" "], &["", "  "]),
        ("\u{fc}+", &["\u{fc}\u{fc}"], &["u"]),
        (r"\w+@example\.com", &["a@example.com"], &["a@example.com.evil.org", "a@exampleXcom"]),
    ] {
        let pattern = parse(&json!({ "ownerTagPattern": pattern })).unwrap().owner_tag.pattern.unwrap();
        for (values, expected) in [(matching, true), (others, false)] {
            for value in values {
                assert_eq!(pattern.is_match(value), expected, "{pattern:?} {value:?}");
            }
        }
    }
}

#[test]
fn a_pattern_that_would_be_slow_to_match_is_refused_with_the_limit() {
    for pattern in [
        "(((a{99}){99}){9})",
        "(?:a*){200}b",
        ".{1,300}x",
        r"[\w.-]{1,64}@[\w-]{1,63}\.com",
        "(?:(?:(){999}){999}){999}",
        "(?:[aeiou]|.{5}){50}",
        r"\(?:\(?:.?.?.?.?.?.?.?.?.?.?.?.?.?.?.?.?.?.?.?.?.?.?.?.?.?.?.?.?.?.?.?.?.?.?.?.?.?.?.?.?.?.?.?.?.?.?.?.?.?.?.?.?.?.?.?.?.?.?.?.?.?.?.?.?.?.?.?.?",
    ] {
        let (_, [key, value, allowed]) = refused(&json!({ "ownerTagPattern": pattern }).to_string());
        assert_eq!(
            (key.as_str(), value.as_str()),
            ("ownerTagPattern", crate::quote::quoted(pattern).as_str())
        );
        assert!(allowed.contains("compiles to more than 8 kB"), "{pattern}: {allowed}");
        assert!(allowed.contains("8 kB with repetition and 32 kB without"), "{pattern}: {allowed}");
    }
    let many_alternatives = "(|.)".repeat(200);
    let (_, [.., allowed]) = refused(&json!({ "ownerTagPattern": many_alternatives }).to_string());
    assert!(allowed.contains("compiles to more than 32 kB"), "{allowed}");
}

#[test]
fn patterns_that_people_use_are_within_the_limit() {
    let teams = (0..110).map(|n| format!("team-{n:03}")).collect::<Vec<_>>().join("|");
    for (pattern, matching) in [
        (teams.as_str(), "team-109"),
        ("team-[a-z0-9-]{1,63}", "team-x"),
        (r"[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}", "a.b@example.com"),
        ("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "01234567-89ab-cdef-0123-456789abcdef"),
        (r"arn:aws:iam::\d{12}:role/[\w+=,.@-]+", "arn:aws:iam::111122223333:role/team"),
        ("(a|b|team-[a-z]{2,20})(,(a|b|team-[a-z]{2,20}))*", "a,team-pay,b"),
        (r"CC-\d{4,8}/[A-Z]{2,3}-[a-z0-9]{1,32}", "CC-12345/EU-pay"),
    ] {
        let pattern = parse(&json!({ "ownerTagPattern": pattern })).unwrap().owner_tag.pattern.unwrap();
        assert!(pattern.is_match(matching), "{pattern:?}");
    }
}

#[test]
fn globs_match_the_entire_label_and_are_case_sensitive() {
    for (glob, label, expected) in [
        ("*/prod*", "a1/prod-eu", true),
        ("*/prod*", "a1/Prod", false),
        ("*/prod*", "a1/preprod", false),
        ("a1/*", "a12/prod", false),
        ("**/prod", "a1/prod", true),
        ("a?/[!p]*", "a1/dev", true),
        ("a?/[!p]*", "a1/prod", false),
    ] {
        let parameters = parse(&json!({ "includeStages": glob, "excludeStages": glob })).unwrap();
        assert_eq!(parameters.include_stages.unwrap()[0].matches(label), expected, "{glob} {label}");
        assert_eq!(parameters.exclude_stages[0].glob.matches(label), expected, "{glob} {label}");
    }
}

/// Characters that would break a log line or reverse its direction.
const UNPRINTABLE: [&str; 7] = ["\n", "\r", "\u{0}", "\u{7}", "\u{1b}[31m", "\u{85}", "\u{202e}"];

fn unprintable(message: &str) -> bool {
    message.chars().any(|c| c.is_control() || c == '\u{202e}')
}

#[test]
fn no_message_repeats_control_characters() {
    for text in UNPRINTABLE {
        let value = format!("\u{fc}{text}x");
        for key in KEYS.into_iter().filter(|key| !["ownerTagKeys", "ownerTagPattern"].contains(key)) {
            let (message, _) = refused(&json!({ key: value }).to_string());
            assert!(!unprintable(&message), "{message:?}");
            assert!(message.contains('\u{fc}'), "{message}");
        }
        for parameters in [
            json!({ "ownerTagKeys": format!("{value},") }),
            json!({ "ownerTagPattern": format!("({value}") }),
            json!({ "ownerTagKeys": [value] }),
            json!({ value: "x" }),
        ] {
            let (message, _) = refused(&parameters.to_string());
            assert!(!unprintable(&message), "{message:?}");
        }
    }
}

#[test]
fn no_message_repeats_the_control_characters_of_a_repeated_entry() {
    for text in UNPRINTABLE {
        let value = format!("a{text}b");
        let (message, _) = refused(&json!({ "ownerTagKeys": format!("{value},{value}") }).to_string());
        assert!(!unprintable(&message), "{message:?}");
    }
}
