use std::collections::BTreeSet;
use std::time::Duration;

use jiff::SignedDuration;

use super::*;
use crate::Failure;
use crate::checks::finding::Finding;
use crate::checks::owner_tag::{self, Owned};
use crate::checks::stage::{certificate_attached, certificate_expiry};
use crate::evaluation::evaluated::EvaluatedStage;
use crate::evaluation::scope::NotEvaluated;
use crate::resources::account_region::AccountRegion;
use crate::resources::certificate_id::CertificateId;
use crate::resources::stage::Stage;
use crate::resources::stage_arn::StageArn;

const NOW: &str = "2026-11-21T12:00:00.250Z";

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn sweep(parameters: &str) -> InvocationLog {
    InvocationLog {
        kind: InvocationLog::SWEEP.into(),
        account_region: Some(AccountRegion {
            partition: "aws".into(),
            account: "111122223333".into(),
            region: "eu-west-1".into(),
        }),
        rule_name: Some("stagecert".into()),
        parameters: Some(Parameters::parse(Some(parameters)).unwrap()),
        evaluations_put: 7,
        ..InvocationLog::default()
    }
}

fn finished(log: &InvocationLog, failure: Option<&Failure>) -> InvocationLog {
    let mut log = log.clone();
    log.finish("8f5c".into(), Duration::from_micros(1_234_567), failure);
    log
}

fn denied() -> Failure {
    Failure::NotSupported("this".into())
}

/// Returns the metrics document, after validating it against the format's JSON schema and the rules
/// that the schema can't express.
fn document(record: &InvocationLog, failure: Option<&Failure>) -> Value {
    let document = metrics(&finished(record, failure), &Settings::default(), at(NOW)).unwrap();
    validate(&document);
    document
}

fn validate(document: &Value) {
    let schema = serde_json::from_str(include_str!("../../tests/schemas/emf.json")).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> = validator.iter_errors(document).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}: {document}");
    let [directive] = document["_aws"]["CloudWatchMetrics"].as_array().unwrap().as_slice() else {
        panic!("one directive: {document}")
    };
    for key in directive["Dimensions"].as_array().unwrap().iter().flat_map(|set| set.as_array().unwrap()) {
        assert!((1..=1024).contains(&document[key.as_str().unwrap()].as_str().unwrap().len()), "{document}");
    }
    let names: Vec<&str> =
        directive["Metrics"].as_array().unwrap().iter().map(|it| it["Name"].as_str().unwrap()).collect();
    assert!(names.iter().all(|name| document[name].is_number()), "{document}");
    assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len(), "duplicates: {names:?}");
    let properties = ["_aws", "Checks", "accountId", "region", "ruleName", "requestId"];
    let members = document.as_object().unwrap().keys().map(String::as_str);
    let others: BTreeSet<&str> = members.filter(|name| !names.contains(name)).collect();
    assert_eq!(others, BTreeSet::from(properties), "no other properties");
}

fn names(document: &Value) -> Vec<&str> {
    let defined = document["_aws"]["CloudWatchMetrics"][0]["Metrics"].as_array().unwrap();
    defined.iter().map(|it| it["Name"].as_str().unwrap()).collect()
}

fn id(id: &str) -> CertificateId {
    CertificateId::new(id.into())
}

/// Returns a stage with the findings that determine metrics.
fn stage(name: &str, certificate: Option<(&str, &str)>, is_owned: bool) -> EvaluatedStage {
    let not_after = certificate.map(|(_, not_after)| at(not_after));
    let named = certificate.map(|(name, _)| id(name));
    let attached = match &named {
        Some(certificate) => certificate_attached::Answer::Attached {
            certificate: certificate.clone(),
            after_deployment: None,
        },
        None => certificate_attached::Answer::Missing { backends: certificate_attached::Backends::NotAsked },
    };
    let expiry = match (named.clone(), not_after) {
        (Some(certificate), Some(not_after)) if not_after < at(NOW) => certificate_expiry::Answer::Expired {
            certificate,
            not_after,
            pem_unreadable: false,
            backends: certificate_attached::Backends::NotAsked,
        },
        (Some(certificate), Some(not_after)) => {
            certificate_expiry::Answer::Valid { certificate, not_after, pem_unreadable: false }
        }
        _ => certificate_expiry::Answer::NoCertificate,
    };
    let owner = if is_owned {
        owner_tag::Answer::Owned { owned: vec![Owned { on: OwnerTagOn::Stage, key: "owner".into() }] }
    } else {
        let unowned =
            vec![owner_tag::Unowned { on: OwnerTagOn::Stage, unmatched_keys: vec![], near_misses: vec![] }];
        owner_tag::Answer::Unowned { unowned, keys: vec!["owner".into()] }
    };
    EvaluatedStage {
        stage: Stage {
            arn: StageArn::of_rest_api("aws", "eu-west-1", "a1", name).unwrap(),
            certificate: named,
            deployment: None,
            canary: None,
            created: None,
            captured: None,
        },
        result: Ok(vec![
            Finding::CertificateAttached(attached),
            Finding::CertificateExpiry(expiry),
            Finding::OwnerTag(owner),
        ]),
        not_before: not_after.map(|not_after| not_after - SignedDuration::from_hours(365 * 24)),
        not_after,
        renews_automatically: None,
        owner: is_owned.then(|| "TagValueNeverShown".into()),
        tag_exemption: None,
    }
}

fn excluded(name: &str) -> EvaluatedStage {
    EvaluatedStage { result: Err(NotEvaluated::NotIncluded), ..stage(name, None, false) }
}

#[test]
fn a_successful_sweep_has_all_metrics() {
    let mut record = sweep("{}");
    for stage in [
        stage("a", Some(("c1", "2026-11-01T00:00:00Z")), true),
        stage("b", Some(("c1", "2026-11-01T00:00:00Z")), true),
        stage("c", Some(("c2", "2026-12-21T12:00:00.250Z")), false),
        stage("d", Some(("c3", "2027-02-01T00:00:00Z")), true),
        stage("e", None, true),
        excluded("f"),
    ] {
        record.count_evaluated(&stage);
    }
    record.findings_imported = Some(12);
    record.calls.throttles = 3;
    record.calls.by_operation.insert("SelectResourceConfig".into(), 2);
    record.calls.by_operation.insert("PutEvaluations".into(), 1);
    let document = document(&record, None);
    let found: Vec<(&str, i64)> =
        names(&document).into_iter().map(|name| (name, document[name].as_i64().unwrap())).collect();
    assert_eq!(
        found,
        [
            ("SweepsSucceeded", 1),
            ("StagesEvaluated", 6),
            ("StagesNonCompliant", 4),
            ("StagesNotApplicable", 1),
            ("NonCompliantCertificateAttached", 1),
            ("NonCompliantCertificateExpiry", 2),
            ("NonCompliantCertificateUnique", 0),
            ("NonCompliantOwnerTag", 1),
            ("StagesWithValidCertificate", 2),
            ("StagesWithoutValidCertificate", 3),
            ("ShareWithValidCertificate", 40),
            ("StagesWithOwner", 4),
            ("ShareWithOwner", 80),
            ("CertificatesExpired", 1),
            ("CertificatesWithin30Days", 1),
            ("CertificatesWithin60Days", 1),
            ("CertificatesWithin90Days", 2),
            ("DaysToNextExpiry", 30),
            ("EvaluationsPut", 7),
            ("FindingsImported", 12),
            ("SecurityHubNotEnabled", 0),
            ("Throttles", 3),
            ("Duration", 1234),
            ("CallsPutEvaluations", 1),
            ("CallsSelectResourceConfig", 2),
        ]
    );
    assert_eq!(document["_aws"]["Timestamp"], 1_795_262_400_250_i64);
    assert_eq!(document["_aws"]["CloudWatchMetrics"][0]["Namespace"], "stagecert");
    assert_eq!(document["_aws"]["CloudWatchMetrics"][0]["Dimensions"], json!([["Checks"]]));
    let properties = ["Checks", "accountId", "region", "ruleName", "requestId"].map(|name| &document[name]);
    assert_eq!(properties, ["all", "111122223333", "eu-west-1", "stagecert", "8f5c"]);
    assert!(!document.to_string().contains("TagValueNeverShown"));
}

#[test]
fn every_metric_has_its_documented_unit() {
    let mut record = sweep("{}");
    record.count_evaluated(&stage("a", Some(("c1", "2027-02-01T00:00:00Z")), true));
    let document = document(&record, None);
    for metric in document["_aws"]["CloudWatchMetrics"][0]["Metrics"].as_array().unwrap() {
        let expected = match metric["Name"].as_str().unwrap() {
            "Duration" => "Milliseconds",
            "DaysToNextExpiry" => "None",
            "ShareWithValidCertificate" | "ShareWithOwner" => "Percent",
            _ => "Count",
        };
        assert_eq!(metric["Unit"], expected, "{metric}");
    }
}

#[test]
fn metrics_that_the_checks_do_not_determine_are_omitted() {
    let always =
        ["SweepsSucceeded", "StagesEvaluated", "StagesNonCompliant", "StagesNotApplicable", "EvaluationsPut"];
    let always = BTreeSet::from(always).union(&BTreeSet::from(["Throttles", "Duration"])).copied().collect();
    let expiry = [
        "CertificatesExpired",
        "CertificatesWithin30Days",
        "CertificatesWithin60Days",
        "CertificatesWithin90Days",
        "DaysToNextExpiry",
        "NonCompliantCertificateExpiry",
    ];
    let attached = [
        "NonCompliantCertificateAttached",
        "ShareWithValidCertificate",
        "StagesWithValidCertificate",
        "StagesWithoutValidCertificate",
    ];
    for (parameters, dimension, added) in [
        (r#"{"checks":"certificate-attached"}"#, "certificate-attached", &attached[..]),
        (r#"{"checks":"certificate-expiry"}"#, "certificate-expiry", &expiry),
        (r#"{"checks":"certificate-unique"}"#, "certificate-unique", &["NonCompliantCertificateUnique"]),
        (
            r#"{"checks":"owner-tag"}"#,
            "owner-tag",
            &["NonCompliantOwnerTag", "ShareWithOwner", "StagesWithOwner"],
        ),
        (r#"{"checks":"owner-tag","ownerTagOn":"certificate"}"#, "owner-tag", &["NonCompliantOwnerTag"]),
        (
            r#"{"checks":"owner-tag,certificate-unique","ownerTagOn":"certificate"}"#,
            "certificate-unique+owner-tag",
            &["NonCompliantCertificateUnique", "NonCompliantOwnerTag"],
        ),
    ] {
        let mut record = sweep(parameters);
        let checks = record.parameters.clone().unwrap().checks;
        let mut stage = stage("a", Some(("c1", "2027-02-01T00:00:00Z")), true);
        stage.result.as_mut().unwrap().retain(|finding| checks.contains(&finding.check()));
        record.count_evaluated(&stage);
        let document = document(&record, None);
        let expected: BTreeSet<&str> =
            BTreeSet::union(&always, &added.iter().copied().collect()).copied().collect();
        assert_eq!(names(&document).into_iter().collect::<BTreeSet<_>>(), expected, "{parameters}");
        assert_eq!(document["Checks"], dimension);
    }
}

#[test]
fn only_a_sweep_that_succeeds_has_metrics_about_stages() {
    let denied = denied();
    let none_evaluated = sweep("{}");
    let mut some_evaluated = sweep("{}");
    some_evaluated.count_evaluated(&stage("a", None, true));
    for failed in [none_evaluated, some_evaluated] {
        let failed = document(&failed, Some(&denied));
        assert_eq!(names(&failed), ["SweepsSucceeded", "EvaluationsPut", "Throttles", "Duration"]);
        assert_eq!(failed["SweepsSucceeded"], 0);
    }

    let before_the_parameters = InvocationLog { parameters: None, ..sweep("{}") };
    assert_eq!(document(&before_the_parameters, Some(&denied))["Checks"], "all");

    // A successful sweep of an account without stages does have zeros.
    let empty = document(&sweep("{}"), None);
    assert_eq!((empty["StagesEvaluated"].as_i64(), empty["StagesNonCompliant"].as_i64()), (Some(0), Some(0)));
    for name in ["DaysToNextExpiry", "ShareWithValidCertificate", "ShareWithOwner"] {
        assert!(empty.get(name).is_none(), "{name}");
    }
}

#[test]
fn days_to_the_next_expiry_are_rounded_down_and_leave_out_expired_certificates() {
    for (not_after, days, expired) in [
        ("2026-11-22T12:00:00.250Z", 1, 0),
        ("2026-11-22T12:00:00.249Z", 0, 0),
        ("2026-11-21T12:00:00.250Z", 0, 0),
        // From here on, the next one is the certificate that expires in a year.
        ("2026-11-21T12:00:00.249999Z", 364, 1),
        ("2026-01-24T12:00:00Z", 364, 1),
    ] {
        let mut record = sweep("{}");
        record.count_evaluated(&stage("a", Some(("c1", not_after)), true));
        record.count_evaluated(&stage("b", Some(("c2", "2027-11-21T00:00:00Z")), true));
        let document = document(&record, None);
        assert_eq!(document["DaysToNextExpiry"], days, "{not_after}");
        assert_eq!(document["CertificatesExpired"], expired, "{not_after}");
    }
}

#[test]
fn only_a_certificate_that_is_valid_now_authenticates_a_stage() {
    let valid = || stage("a", Some(("c1", "2027-02-01T00:00:00Z")), true);
    let with = |not_before: Option<&str>, not_after: Option<&str>| EvaluatedStage {
        not_before: not_before.map(at),
        not_after: not_after.map(at),
        ..valid()
    };
    for (stage, counts) in [
        (valid(), 1),
        (with(None, Some(NOW)), 1),
        (with(Some(NOW), Some("2027-02-01T00:00:00Z")), 1),
        (with(Some("2026-11-21T12:00:00.251Z"), Some("2027-02-01T00:00:00Z")), 0),
        (with(None, Some("2026-11-21T12:00:00.249Z")), 0),
        (with(None, None), 0),
    ] {
        // A rule that has no other check reports the same.
        for parameters in ["{}", r#"{"checks":"certificate-attached"}"#] {
            let mut record = sweep(parameters);
            record.count_evaluated(&stage);
            let document = document(&record, None);
            let of = |name: &str| document[name].as_i64();
            assert_eq!(of("StagesWithValidCertificate"), Some(counts), "{stage:?}");
            assert_eq!(of("StagesWithoutValidCertificate"), Some(1 - counts), "{stage:?}");
            assert_eq!(of("ShareWithValidCertificate"), Some(100 * counts), "{stage:?}");
        }
    }
}

#[test]
fn security_hub_metrics_exist_only_if_findings_are_imported() {
    for (imported, not_enabled, expected) in [
        (None, false, None),
        (Some(0), false, Some((0, 0))),
        (Some(250), false, Some((250, 0))),
        (None, true, Some((0, 1))),
    ] {
        let record = InvocationLog {
            findings_imported: imported,
            security_hub_not_enabled: not_enabled,
            ..sweep("{}")
        };
        let document = document(&record, None);
        let of = |name: &str| document.get(name).and_then(Value::as_i64);
        assert_eq!(of("FindingsImported").zip(of("SecurityHubNotEnabled")), expected);
    }
}

#[test]
fn a_document_never_defines_more_metrics_than_the_format_allows() {
    let mut record = sweep("{}");
    for number in 0..200 {
        record.calls.by_operation.insert(format!("Operation{number:03}"), 1);
    }
    assert_eq!(names(&document(&record, None)).len(), 100);
}

#[test]
fn only_a_sweep_has_metrics() {
    for kind in ["", "change", "reminders", "emails", "ConfigurationSnapshotDeliveryCompleted"] {
        let record = InvocationLog { kind: kind.into(), ..sweep("{}") };
        assert_eq!(metrics(&finished(&record, None), &Settings::default(), at(NOW)), None, "{kind}");
    }
}

#[test]
fn few_metrics_are_those_of_alarms_and_key_figures_and_none_is_no_line() {
    let mut record = sweep("{}");
    for stage in [stage("a", Some(("c1", "2026-12-01T00:00:00Z")), true), stage("b", None, false)] {
        record.count_evaluated(&stage);
    }
    record.findings_imported = Some(2);
    record.calls.by_operation.insert("PutEvaluations".into(), 1);
    let all = document(&record, None);
    let of = |metrics, name: &str, failure: Option<&Failure>| {
        let settings = Settings { metrics, name: name.into(), ..Settings::default() };
        super::metrics(&finished(&record, failure), &settings, at(NOW))
    };
    let few = of(MetricsLevel::Few, "payments", None).unwrap();
    validate(&few);
    let expected = [
        "SweepsSucceeded",
        "StagesEvaluated",
        "StagesNonCompliant",
        "StagesWithValidCertificate",
        "StagesWithoutValidCertificate",
        "CertificatesExpired",
        "CertificatesWithin30Days",
        "DaysToNextExpiry",
        "SecurityHubNotEnabled",
    ];
    assert_eq!(names(&few), expected);
    assert_eq!(expected.map(|name| &few[name]), expected.map(|name| &all[name]));
    assert_eq!(few["_aws"]["CloudWatchMetrics"][0]["Namespace"], "payments");

    // A failed sweep has the metric that the alarm watches.
    assert_eq!(of(MetricsLevel::Few, "stagecert", Some(&denied())).unwrap()["SweepsSucceeded"], 0);
    for failure in [None, Some(&denied())] {
        assert_eq!(of(MetricsLevel::None, "stagecert", failure), None);
    }
}

#[test]
fn a_sweep_of_the_front_door_has_its_own_metrics() {
    let all = [
        "ApisEvaluated",
        "DomainNamesEvaluated",
        "FrontDoorNonCompliant",
        "FrontDoorNotApplicable",
        "NonCompliantMutualTls",
        "NonCompliantTruststore",
        "NonCompliantDomainCertificate",
        "NonCompliantTlsPolicy",
        "NonCompliantPrivateFrontDoor",
    ];
    let tally = FrontDoorTally {
        apis: 5,
        domain_names: 3,
        non_compliant: 2,
        not_applicable: 1,
        failed: [(Check::Truststore, 2)].into(),
        ca_not_after: ["2026-11-01T00:00:00Z", NOW, "2026-12-01T00:00:00Z"].map(at).into(),
    };
    for (checks, tally, expected) in [
        (
            "mutual-tls,truststore,domain-certificate,tls-policy,private-front-door",
            Some(&tally),
            all.to_vec(),
        ),
        ("tls-policy", None, vec![all[1], all[2], all[3], all[7]]),
        ("mutual-tls", None, vec![all[0], all[2], all[3], all[4]]),
    ] {
        let mut log = sweep(&format!(r#"{{"checks": "{checks}"}}"#));
        log.front_door = tally.cloned();
        let document = document(&log, None);
        let names = names(&document);
        let generic = ["SweepsSucceeded", "EvaluationsPut", "Throttles", "Duration"];
        let days = tally.map(|_| "DaysToNextTruststoreExpiry");
        let expected: BTreeSet<&str> = expected.into_iter().chain(generic).chain(days).collect();
        assert_eq!(names.into_iter().collect::<BTreeSet<_>>(), expected, "{checks}");
        if tally.is_some() {
            let value = |name: &str| document[name].as_i64().unwrap();
            assert_eq!(all.map(value), [5, 3, 2, 1, 0, 2, 0, 0, 0]);
            assert_eq!(value("DaysToNextTruststoreExpiry"), 0, "it is still valid at its last instant");
        }
        let failed = super::metrics(&finished(&log, Some(&denied())), &Settings::default(), at(NOW)).unwrap();
        assert!(failed.get("ApisEvaluated").is_none() && failed["SweepsSucceeded"] == 0, "{failed}");
    }
}
