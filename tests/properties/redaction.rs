use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::{Map, Value, json};
use stagecert::parameters::Parameters;
use stagecert::resources::certificate_id::CertificateId;
use stagecert::scan::{Scan, scan};
use stagecert::snapshot::{RedactionKey, Snapshot, SnapshotAccount};

use crate::cases::cases;
use crate::evaluate::at_once;
use crate::mutation::mutation;
use crate::snapshots::account;

fn whole() -> Value {
    serde_json::from_str(include_str!("../../examples/account.json")).unwrap()
}

fn redacted(snapshot: &Snapshot) -> Snapshot {
    let key = RedactionKey::new(b"a key that is known to all tests".to_vec()).unwrap();
    snapshot.redacted(&key, &["owner".into(), "Owner".into()])
}

fn scanned(snapshot: &Snapshot, parameters: &str) -> Scan {
    let (account_region, parameters) =
        (snapshot.account_region(), Parameters::parse(Some(parameters)).unwrap());
    at_once(scan(&SnapshotAccount::new(snapshot, &account_region), &parameters, snapshot.taken_at)).unwrap()
}

/// What a scan found, without names: compliance type, kind, reasons, dates and whether there is an
/// owner, for each stage.
fn nameless(scan: &Scan) -> Vec<String> {
    let mut stages: Vec<String> = scan
        .stages
        .iter()
        .map(|stage| {
            let dates = |finding: &Value| {
                ["notAfter", "notBefore", "windowDays", "pemUnreadable", "peerCount"]
                    .map(|field| finding[field].clone())
            };
            let findings = stage.result.as_deref().unwrap_or_default().iter().map(|finding| {
                let data = serde_json::to_value(finding).unwrap();
                let (check, verdict) = (finding.check(), finding.verdict());
                format!("{check} {verdict:?} {} {:?} {}", finding.reason(), dates(&data), data["backends"])
            });
            format!(
                "{:?} {:?} {:?} {:?} {:?} {}",
                stage.stage.arn.stage_type(),
                stage.compliance_type(),
                findings.collect::<Vec<_>>(),
                stage.not_after,
                stage.certificate().map(CertificateId::kind),
                stage.owner.is_some(),
            )
        })
        .collect();
    stages.sort();
    stages.push(format!("{} names of APIs", scan.api_names.len()));
    stages.extend(scan.failures.iter().map(|failure| failure.kind().to_owned()));
    stages
}

#[test]
fn scanning_the_redacted_example_gives_the_same_results() {
    let snapshot = Snapshot::parse(&whole().to_string()).unwrap();
    for parameters in [
        "{}",
        r#"{"certificateSharing":"same-api"}"#,
        r#"{"certificateSharing":"acm"}"#,
        r#"{"appliesTo":"all-stages"}"#,
        r#"{"expiryWindowDays":"365","ownerTagOn":"certificate"}"#,
    ] {
        let (original, redacted) =
            (scanned(&snapshot, parameters), scanned(&redacted(&snapshot), parameters));
        assert_eq!(nameless(&original), nameless(&redacted), "{parameters}");
        assert_eq!(original.stages.len(), 36);
    }
}

proptest! {
    #![proptest_config(cases(192))]

    #[test]
    fn scanning_any_redacted_account_gives_the_same_results(account in account(), change in mutation()) {
        let Ok(snapshot) = Snapshot::parse(&change.of(&account).to_string()) else { return Ok(()) };
        let redacted = redacted(&snapshot);
        prop_assert_eq!(nameless(&scanned(&snapshot, "{}")), nameless(&scanned(&redacted, "{}")));
        let read = Snapshot::parse(&redacted.to_json().unwrap()).unwrap();
        prop_assert_eq!(read, redacted);
    }

    #[test]
    fn a_redacted_snapshot_can_be_parsed_again(account in account(), change in mutation()) {
        let Ok(snapshot) = Snapshot::parse(&change.of(&account).to_string()) else { return Ok(()) };
        let text = snapshot.to_json().unwrap();
        let again = Snapshot::parse(&text).unwrap();
        prop_assert_eq!(again.to_json().unwrap(), text);
        prop_assert_eq!(again, snapshot);
    }
}

/// AWS's own vocabulary and the values that must survive: types, enum values, the Region, the owner
/// tag key.
const KEPT: &[&str] = &[
    "aws",
    "arn",
    "apigateway",
    "acm",
    "restapis",
    "apis",
    "stages",
    "certificate",
    "eu-west-1",
    "owner",
    "Owner",
    "AWS::ApiGateway::Stage",
    "AWS::ApiGatewayV2::Stage",
    "AWS::ApiGateway::RestApi",
    "RestApi",
    "AWS::ApiGatewayV2::Api",
    "AWS::ApiGatewayV2::Integration",
    "HTTP",
    "WEBSOCKET",
    "HTTP_PROXY",
    "AWS_PROXY",
    "http_proxy",
    "VPC_LINK",
    "aws_proxy",
    "3.0.1",
    "openapi",
    "ISSUED",
    "EXPIRED",
    "REVOKED",
    "PRIVATE",
    "IMPORTED",
    "ELIGIBLE",
    "INELIGIBLE",
    "FAILED",
    "PENDING_AUTO_RENEWAL",
    "SUCCESS",
    "Stage",
    // stagecert's own values, for the rows it generates.
    "integration",
    "-----BEGIN",
    "-----END",
    "CERTIFICATE-----",
    "Integration",
    "Api",
    "ApiGateway",
    "ApiGatewayV2",
    "AWS",
];

/// The user-chosen texts of a document, whole and in parts: every value, and the keys of maps keyed
/// by name.
fn texts(value: &Value, into: &mut BTreeSet<String>) {
    match value {
        // Instants are kept.
        Value::String(text) if text.parse::<jiff::Timestamp>().is_ok() => {}
        Value::String(text) => {
            into.insert(text.clone());
            into.extend(text.split(['/', ':', '|', ' ', '"', '\\', ',', '\r', '\n']).map(str::to_owned));
        }
        Value::Array(entries) => entries.iter().for_each(|entry| texts(entry, into)),
        Value::Object(fields) => fields.iter().for_each(|(name, field)| {
            if name.contains('/') {
                texts(&Value::from(name.as_str()), into);
            }
            texts(field, into);
        }),
        _ => {}
    }
}

/// The example account with every other field that AWS's responses can contain.
fn account_with_secrets() -> Value {
    let mut account = whole();
    let secret = |what: &str| Value::from(format!("SECRET {what} of acme"));
    for row in account["stages"].as_array_mut().unwrap() {
        row["accountId"] = "111122223333".into();
        row["tags"] = json!([{"key": "CostCenter", "value": "SECRET cost center"}]);
        let more = json!({
            "description": secret("description"),
            "variables": {"SECRET_variable": "SECRET setting", "backend": "https://orders.acme.example"},
            "accessLogSettings": {"destinationArn": "arn:aws:logs:eu-west-1:111122223333:log-group:SECRET-group"},
            "webAclArn": "arn:aws:wafv2:eu-west-1:111122223333:regional/webacl/SECRET-acl/1",
            "methodSettings": {"~1secret-path/GET": {"loggingLevel": "INFO"}},
        });
        let configuration = row["configuration"].as_object_mut().unwrap();
        configuration.extend(more.as_object().unwrap().clone());
    }
    for list in ["apis", "integrations"] {
        for row in account[list].as_array_mut().unwrap() {
            row["configuration"]["description"] = secret("API");
            row["configuration"]["integrationUri"] = "https://secret.acme.example/SECRET".into();
        }
    }
    for certificate in account["clientCertificates"].as_array_mut().unwrap() {
        certificate["description"] = secret("certificate");
        certificate["tags"]["CostCenter-SECRET"] = "SECRET center".into();
    }
    for certificate in account["acmCertificates"].as_array_mut().unwrap() {
        certificate["InUseBy"] = json!(["arn:aws:apigateway:eu-west-1::/restapis/SECRET"]);
        certificate["DomainName"] = secret("domain");
    }
    for mapping in account["resourceTagMappingList"].as_array_mut().unwrap() {
        mapping["Tags"].as_array_mut().unwrap().push(json!({"Key": "SECRET-key", "Value": "SECRET tag"}));
    }
    for document in account["exports"].as_object_mut().unwrap().values_mut() {
        document["info"]["description"] = secret("export");
        document["servers"] = json!([{"url": "https://SECRET.acme.example"}]);
    }
    account
}

#[test]
fn no_id_name_or_value_of_the_original_remains() {
    let original = account_with_secrets();
    let snapshot = Snapshot::parse(&original.to_string()).unwrap();
    let text = redacted(&snapshot).to_json().unwrap();
    for secret in ["SECRET", "secret", "acme", "BEGIN RSA", "111122223333", "example.internal", "team-"] {
        assert!(!text.contains(secret), "{secret}");
    }

    let (mut before, mut after) = (BTreeSet::new(), BTreeSet::new());
    let mut chosen = original;
    // stagecert's own sentences; their IDs also occur elsewhere.
    chosen["evaluationResults"] = json!([]);
    texts(&chosen, &mut before);
    texts(&serde_json::from_str(&text).unwrap(), &mut after);
    let theirs: Vec<&String> = after.iter().filter(|text| !KEPT.contains(&text.as_str())).collect();
    let mut checked = 0;
    for original in before.iter().filter(|text| !KEPT.contains(&text.as_str()) && text.len() > 1) {
        // A short one may occur inside a longer one by chance.
        let is_left = |text: &String| text == original || (original.len() > 4 && text.contains(original));
        assert!(!theirs.iter().any(|text| is_left(text)), "{original}");
        checked += 1;
    }
    assert!(checked > 300, "{checked}");
}

/// Text that looks like an AWS status, partition or Region may be user-chosen.
#[test]
fn only_aws_s_own_vocabulary_is_kept() {
    let mut account = whole();
    let text = account.to_string().replace("eu-west-1", "acme-merger-1").replace("arn:aws:", "arn:aws-acme:");
    account = serde_json::from_str(&text).unwrap();
    account["partition"] = "aws-acme".into();
    for certificate in account["acmCertificates"].as_array_mut().unwrap() {
        certificate["Status"] = "ACME_STATUS".into();
        certificate["Type"] = "ACME_TYPE".into();
        certificate["RenewalEligibility"] = "ACME_ELIGIBLE".into();
        certificate["RenewalSummary"] = json!({"RenewalStatus": "ACME_RENEWAL"});
    }
    let original = Snapshot::parse(&account.to_string()).unwrap();
    let redacted = redacted(&original);
    let text = redacted.to_json().unwrap();
    for secret in ["acme", "ACME", "merger"] {
        assert!(text.matches(secret).count() == 0, "{secret}");
    }
    // Its stages and certificates still belong to one account and Region.
    assert_eq!(nameless(&scanned(&original, "{}")), nameless(&scanned(&redacted, "{}")));
    assert!(original.stages.len() > 30 && original.acm_certificates.len() > 1);
}

/// The lists are sorted by new names, so their order reveals nothing about the old ones.
#[test]
fn lists_are_sorted_by_their_new_names() {
    let snapshot = redacted(&Snapshot::parse(&whole().to_string()).unwrap());
    let ids: Vec<&str> = snapshot.stages.iter().map(|row| row["resourceId"].as_str().unwrap()).collect();
    assert!(ids.is_sorted() && snapshot.client_certificates.is_sorted_by_key(|it| &it.client_certificate_id));
}

#[test]
fn equal_names_stay_equal_and_another_key_gives_different_ones() {
    let snapshot = Snapshot::parse(&whole().to_string()).unwrap();
    assert_eq!(redacted(&snapshot), redacted(&snapshot));
    let other = RedactionKey::new(vec![7; 32]).unwrap();
    let (one, other) = (redacted(&snapshot), snapshot.redacted(&other, &[]));
    assert_ne!(one.account_region().account, other.account_region().account);
    assert_eq!(one.taken_at, snapshot.taken_at);
    assert!(other.resource_tag_mapping_list.iter().all(|mapping| mapping.tags.is_empty()));
}

#[test]
fn an_unreadable_row_keeps_its_stage_and_certificate() {
    let mut account = whole();
    account["stages"][1] = Value::Object(Map::new());
    // Stages with its certificate have it as a peer.
    account["stages"][3]["configuration"]["deploymentId"] = json!(["d1"]);
    // Listed twice, with different contents.
    let mut again = account["stages"][4].clone();
    again["configuration"]["clientCertificateId"] = "h4t0vz".into();
    account["stages"].as_array_mut().unwrap().push(again);
    let mut changed = account.clone();
    changed["stages"][0]["configuration"] = json!({"clientCertificateId": 7});
    for account in [&account, &changed] {
        let original = Snapshot::parse(&account.to_string()).unwrap();
        let (before, after) = (scanned(&original, "{}"), scanned(&redacted(&original), "{}"));
        assert_eq!(nameless(&before), nameless(&after));
        assert_eq!(before.not_evaluated.len(), after.not_evaluated.len());
        assert!(after.not_evaluated.len() > 1 && after.failures.len() > 2);
    }

    let original = Snapshot::parse(&account.to_string()).unwrap();
    let redacted = redacted(&original);

    let having = |snapshot: &Snapshot, certificate: &Value| {
        let of = |row: &&Value| row["configuration"]["clientCertificateId"] == *certificate;
        snapshot.stages.iter().filter(of).count()
    };
    let unreadable = redacted.stages.iter().find(|row| {
        row["resourceType"] == "unreadable" && row["configuration"]["clientCertificateId"].is_string()
    });
    let certificate = &unreadable.unwrap()["configuration"]["clientCertificateId"];
    assert_eq!((having(&redacted, certificate), having(&original, &"d0xj5u".into())), (2, 2));
}

#[test]
fn near_misses_of_an_owner_key_stay_near_misses_without_values() {
    let mut account = whole();
    let tags = json!([
        {"Key": "OWNER", "Value": "team-secret"},
        {"Key": "\u{e0041}\u{e0042}owner\u{200b}", "Value": "team-secret"},
        {"Key": "owners", "Value": "team-secret"},
    ]);
    account["resourceTagMappingList"][0]["Tags"] = tags;
    let redacted = redacted(&Snapshot::parse(&account.to_string()).unwrap());
    let keys: BTreeSet<&str> = redacted
        .resource_tag_mapping_list
        .iter()
        .flat_map(|mapping| mapping.tags.iter().map(|tag| tag.key.as_str()))
        .collect();
    assert_eq!(keys, BTreeSet::from(["owner", "Owner", "OWNER", " owner "]));
    assert!(!redacted.to_json().unwrap().contains("secret"));
}
