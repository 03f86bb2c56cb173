use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::{Map, Value, json};
use stagecert::checks::Check;
use stagecert::parameters::Parameters;
use stagecert::resources::certificate_id::CertificateId;
use stagecert::scan::front_door::scan_front_door;
use stagecert::scan::{Scan, scan};
use stagecert::snapshot::front_door::FrontDoorItems;
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

    /// Only the front door, so that every field of it is changed.
    #[test]
    fn any_front_door_can_be_scanned_and_redacted(change in mutation()) {
        let mut account = whole();
        for list in account.as_object_mut().unwrap().values_mut().filter(|value| value.is_array()) {
            *list = json!([]);
        }
        account["exports"] = json!({});
        let Ok(snapshot) = Snapshot::parse(&change.of(&account).to_string()) else { return Ok(()) };
        let redacted = redacted(&snapshot);
        // A scan of either may fail, but not panic.
        nameless_front_door(&snapshot);
        nameless_front_door(&redacted);
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

/// What a scan of the front door found, without names: the type of each API and domain, whether
/// Config lists it, how many ways and dates it has, and its findings with all reasons and dates.
fn nameless_front_door(snapshot: &Snapshot) -> Vec<String> {
    let codes: Vec<&str> = Check::FRONT_DOOR.map(Check::code).into();
    let parameters = json!({"checks": codes.join(","), "requireMutualTls": "*"});
    let account_region = snapshot.account_region();
    let mut found = Vec::new();
    for parameters in [parameters.clone(), json!({"checks": codes.join(",")})] {
        let parameters = Parameters::parse(Some(&parameters.to_string())).unwrap();
        let account = SnapshotAccount::new(snapshot, &account_region);
        let scan = at_once(scan_front_door(&account, &parameters, snapshot.taken_at));
        for resource in &scan.resources {
            let mut findings = Vec::new();
            for finding in &resource.findings {
                let data = serde_json::to_value(finding).unwrap();
                let problems = data["problems"].as_array().cloned().unwrap_or_default();
                let mut problems: Vec<String> =
                    problems.iter().map(|it| format!("{} {}", it["reason"], it["date"])).collect();
                problems.sort();
                findings.push(format!("{} {} {problems:?}", finding.check(), finding.reason()));
            }
            let ways = resource.entry_points.iter().filter(|it| it.requires_certificate).count();
            let dates: Vec<_> = resource.dates.iter().map(|it| (it.what, it.not_after)).collect();
            found.push(format!(
                "{} {:?} {} {ways} {dates:?} {} {} {findings:?}",
                resource.resource.resource_type,
                resource.compliance_type(),
                resource.entry_points.len(),
                resource.leads_to.len(),
                resource.is_recorded,
            ));
        }
        found.push(format!("{} not evaluated", scan.not_evaluated.len()));
        found.extend(scan.failures.iter().map(|failure| failure.kind().to_owned()));
    }
    found.sort();
    found
}

#[test]
fn the_redacted_front_door_of_the_examples_has_the_same_findings() {
    let sample = include_str!("../../examples/private-mtls/snapshot.json");
    for account in [whole().to_string(), sample.to_owned()] {
        let snapshot = Snapshot::parse(&account).unwrap();
        let expected = nameless_front_door(&snapshot);
        assert!(expected.len() > 5, "{expected:?}");
        assert_eq!(nameless_front_door(&redacted(&snapshot)), expected);
    }
}

/// Words and forms that policies, rules and truststores may have, known or not.
#[test]
fn unknown_forms_in_a_front_door_stay_unknown_after_redaction() {
    let statement = |change: fn(&mut Value)| {
        let mut statement = json!({"Sid": "acme", "Effect": "Allow", "Principal": {"AWS": ["*"]},
            "Action": "execute-api:Invoke", "Resource": "execute-api:/*",
            "Condition": {"StringEquals": {"aws:sourceVpce": ["vpce-0b5e1c7d9a3f28461"]}}});
        change(&mut statement);
        json!({"Version": "2012-10-17", "Id": "acme", "Statement": [statement]}).to_string()
    };
    let policies = [
        statement(|_| {}),
        statement(|it| it["Resource"] = json!(["arn:aws:execute-api:eu-west-1:111122223333:f4v8sq2k1d/*"])),
        statement(|it| it["Resource"] = json!(["arn:aws:execute-api:*:*:*/*/*/*"])),
        statement(|it| it["Resource"] = json!(["arn:aws:execute-api:eu-west-1:acme:f4v8sq2k1d/*"])),
        statement(|it| it["Resource"] = json!(["execute-api:/acme/GET/acme", "execute-api:/ac*/*/*"])),
        statement(|it| it["Action"] = json!(["execute-api:Inv*", "s3:GetObject"])),
        statement(|it| it["Action"] = json!(["execute-api:${acme}"])),
        statement(|it| it["Action"] = json!(["s3:GetObject"])),
        statement(|it| it["Condition"] = json!({"StringLike": {"aws:SourceVpce": "vpce-*"}})),
        statement(|it| it["Condition"] = json!({"StringEquals": {"aws:SourceVpc": "vpc-0c4a81e6d2f97b350"}})),
        statement(|it| it["Condition"] = json!({"StringEquals": {"aws:SourceVpce": "vpce-ACME"}})),
        statement(|it| {
            it["Condition"] = json!({"IpAddress": {"aws:VpcSourceIp": ["10.0.0.0/8", "192.0.2.7"]}});
        }),
        statement(|it| it["Condition"] = json!({"Acme": {"aws:acme": [7, true, null]}})),
        statement(|it| it["Principal"] = json!({"AWS": "arn:aws:iam::444455556666:role/acme"})),
        statement(|it| it["NotAction"] = json!("execute-api:Invoke")),
        statement(|it| it["acme"] = json!({"acme": ["acme"]})),
        statement(|it| it["Effect"] = json!("acme")),
        statement(|_| {}).replace("\"Effect\"", "\"Effect\":\"Deny\",\"Effect\""),
        String::from("acme"),
        String::new(),
    ];
    for policy in policies {
        let mut account = whole();
        let key = "arn:aws:apigateway:eu-west-1::/restapis/f4v8sq2k1d/stages/prod";
        account["frontDoor"]["exports"][key]["policy"] = policy.clone().into();
        let snapshot = Snapshot::parse(&account.to_string()).unwrap();
        let redacted = redacted(&snapshot);
        assert_eq!(nameless_front_door(&redacted), nameless_front_door(&snapshot), "{policy}");
        let text = redacted.to_json().unwrap();
        for secret in ["acme", "ACME", "444455556666", "192.0.2.7"] {
            assert!(!text.contains(secret), "{policy}: {secret}");
        }
    }
    let mut account = whole();
    let part = &mut account["frontDoor"];
    part["domainNames"][0]["domainNameStatus"] = "ACME".into();
    part["domainNames"][1]["securityPolicy"] = "ACME".into();
    part["domainNames"][2]["routingMode"] = "ACME".into();
    part["domainNames"][3]["endpointConfiguration"]["types"] = json!(["ACME"]);
    part["domainNames"][4]["domainName"] = "*.acme.example.com".into();
    part["securityGroups"][0]["IpPermissions"][0]["IpProtocol"] = "50".into();
    part["securityGroups"][2]["IpPermissions"][0]["IpProtocol"] = "acme".into();
    part["listeners"][0]["Protocol"] = "ACME".into();
    part["truststores"][0]["content"]["pem"] = "-----BEGIN ACME-----".into();
    let snapshot = Snapshot::parse(&account.to_string()).unwrap();
    let redacted = redacted(&snapshot);
    assert_eq!(nameless_front_door(&redacted), nameless_front_door(&snapshot));
    let text = redacted.to_json().unwrap();
    assert!(!text.contains("acme") && !text.contains("ACME"));
}

/// Whatever a scan needs is recorded, so a scan of the recorded front door finds the same.
#[test]
fn a_recorded_front_door_has_the_same_findings() {
    for account in [whole().to_string(), include_str!("../../examples/private-mtls/snapshot.json").to_owned()]
    {
        let mut snapshot = Snapshot::parse(&account).unwrap();
        let expected = nameless_front_door(&snapshot);
        let account_region = snapshot.account_region();
        let account = SnapshotAccount::new(&snapshot, &account_region);
        let parameters = Parameters::default();
        let recorded = FrontDoorItems::record(&account, &parameters, snapshot.taken_at);
        let recorded = at_once(recorded).unwrap();
        snapshot.front_door = Some(recorded);
        assert_eq!(nameless_front_door(&snapshot), expected);
        let read = Snapshot::parse(&snapshot.to_json().unwrap()).unwrap();
        assert_eq!(read, snapshot);
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
    "http",
    "https",
    "443",
    "8080",
    "8443",
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
    // Of the front door.
    "(none)",
    "*",
    "-1",
    "AMAZON_ISSUED",
    "AVAILABLE",
    "PENDING_CERTIFICATE_REIMPORT",
    "PENDING_OWNERSHIP_VERIFICATION",
    "REGIONAL",
    "EDGE",
    "TLS_1_0",
    "TLS_1_2",
    "SecurityPolicy_TLS13_1_3_2025_09",
    "BASE_PATH_MAPPING_ONLY",
    "ROUTING_RULE_ONLY",
    "AWS::ApiGateway::DomainName",
    "DomainName",
    "domainnames",
    "com.amazonaws.eu-west-1.execute-api",
    "execute-api",
    "execute-api:/*",
    "elasticloadbalancing",
    "loadbalancer",
    "listener",
    "listener-rule",
    "targetgroup",
    "truststore",
    "app",
    "net",
    "ELB",
    "amazon-elb",
    "interface",
    "vpc_endpoint",
    "tcp",
    "application",
    "forward",
    "ip",
    "verify",
    "off",
    "active",
    "removed",
    "HTTPS",
    "10.0.0.0",
    "10.0.0.0/8",
    "10.0.0.0/16",
    "8",
    "16",
    "us-east-1",
    "Allow",
    "Deny",
    "Effect",
    "Principal",
    "Action",
    "Invoke",
    "execute-api:Invoke",
    "Resource",
    "Condition",
    "StringNotEquals",
    "aws:SourceVpce",
    "SourceVpce",
    "Statement",
    "Version",
    "2012-10-17",
    "s3",
    "s3:",
    "AccessDenied",
    "GetObjectVersion",
    "ListBucketVersions",
    "EC",
    "key",
    "on",
    "the",
    "weak",
    "or",
    "unknown",
    "curve",
    "1.3.132.0.33",
    "domain",
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
    let part = account["frontDoor"].as_object_mut().unwrap();
    for domain in part["domainNames"].as_array_mut().unwrap() {
        domain["regionalDomainName"] = "d-SECRET.execute-api.eu-west-1.amazonaws.com".into();
        domain["policy"] = secret("policy of a domain");
        domain["domainNameStatusMessage"] = secret("status");
        domain["tags"] = json!({"CostCenter-SECRET": "SECRET"});
    }
    for (list, field) in [
        ("restApis", "description"),
        ("v2Apis", "apiEndpoint"),
        ("certificates", "DomainName"),
        ("vpcEndpoints", "PolicyDocument"),
        ("networkInterfaces", "PrivateDnsName"),
        ("securityGroups", "Description"),
        ("targetGroups", "HealthCheckPath"),
        ("loadBalancers", "DNSName"),
        ("listeners", "SslPolicy"),
    ] {
        for item in part[list].as_array_mut().unwrap() {
            item[field] = secret(list);
        }
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
    let (mut checked, mut left) = (0, Vec::new());
    let is_word = |text: &String| text.len() > 1 && text.chars().any(char::is_alphanumeric);
    for original in before.iter().filter(|text| !KEPT.contains(&text.as_str()) && is_word(text)) {
        // A short one may occur inside a longer one by chance.
        let is_left = |text: &String| text == original || (original.len() > 4 && text.contains(original));
        if theirs.iter().any(|text| is_left(text)) {
            left.push(original);
        }
        checked += 1;
    }
    assert!(left.is_empty(), "{left:?}");
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
