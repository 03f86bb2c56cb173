//! The servers behind stages: every HTTP integration is listed, and a redaction changes only names.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value, json};
use stagecert::account::Account;
use stagecert::account::export;
use stagecert::account::integrations::HttpIntegrations;
use stagecert::checks::stage::certificate_attached::Backends;
use stagecert::parameters::{Inventory, Parameters};
use stagecert::resources::account_region::AccountRegion;
use stagecert::resources::backend::{Server, StageBackends};
use stagecert::scan::Observer;
use stagecert::scan::backends::{BackendInventory, backends, hosts, listed};
use stagecert::snapshot::{RedactionKey, Snapshot, SnapshotAccount};

use crate::cases::cases;
use crate::evaluate::at_once;
use crate::mutation::mutation;
use crate::snapshots::account;

const INTEGRATION: &str = "x-amazon-apigateway-integration";

fn inventory(snapshot: &Snapshot) -> (AccountRegion, BackendInventory) {
    let account_region = snapshot.account_region();
    let account = SnapshotAccount::new(snapshot, &account_region);
    let found = at_once(async {
        let listing = account.stages(Inventory::Config).await.unwrap();
        backends(&account, &listing, &Parameters::default(), snapshot.taken_at, Observer::default()).await
    });
    (account_region, found)
}

fn redacted(snapshot: &Snapshot) -> Snapshot {
    let key = RedactionKey::new(b"a key that is known to all tests".to_vec()).unwrap();
    snapshot.redacted(&key, &["owner".into()])
}

/// What is listed of an account, without names: all facts of each stage's backends, which stages
/// share them, and the hosts.
fn nameless(snapshot: &Snapshot) -> Vec<String> {
    let (account_region, found) = inventory(snapshot);
    let all = listed([(&account_region, found.stages.as_slice())], &[]);
    let mut by_stage: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for it in &all {
        let (backend, server) = (it.backend, &it.backend.server);
        let form = match server {
            Server::Origin(_) => "origin",
            Server::AsWritten { host, .. } if host.is_empty() => "nothing",
            Server::AsWritten { .. } => "text",
        };
        by_stage.entry(it.stage.as_str()).or_default().push(format!(
            "{form} {:?} {:?} {} {} {:?} {} {} {:?} {}",
            server.scheme(),
            server.port(),
            backend.methods,
            backend.paths,
            backend.vpc_link.as_ref().map(String::is_empty),
            backend.insecure_skip_verification,
            // A variable in both the host and the VPC link becomes two.
            backend.unresolved.is_empty(),
            it.flags,
            it.shared_count,
        ));
    }
    let of_stage = |stage: &StageBackends| {
        let mut backends = by_stage.get(stage.stage.as_str()).cloned().unwrap_or_default();
        backends.sort();
        let gaps: Vec<_> = stage.gaps.iter().map(std::mem::discriminant).collect();
        format!("{backends:?} {} gaps {:?}", gaps.len(), stage.certificate.is_some())
    };
    let mut stages: Vec<String> = found.stages.iter().map(of_stage).collect();
    stages.sort();
    let mut of_hosts: Vec<String> = hosts(&all)
        .iter()
        .map(|host| format!("{:?} {} {}", host.server.port(), host.stages().len(), host.certificates.len()))
        .collect();
    of_hosts.sort();
    [stages, of_hosts].concat()
}

/// URIs of all forms, with stage variables anywhere.
fn uri() -> impl Strategy<Value = String> {
    let scheme =
        select(vec!["https://", "https://", "http://", "HTTPS://", "", "ftp://", "${stageVariables.s}://"]);
    let host = select(vec![
        "a.example.com",
        "A.Example.com.",
        "10.0.0.1",
        "[::1]",
        "${stageVariables.a}",
        "${stageVariables.b}",
        "api.${stageVariables.a}",
        "${stageVariables.a}.${stageVariables.b}",
        "${stageVariables.url}",
        "{host}",
        "user:x@a.example.com",
        "user:${stageVariables.a}@${stageVariables.b}",
        "${stageVariables.",
        "",
        "a b",
    ]);
    let rest = select(vec!["", ":443/", ":8443/x", ":0", "/{proxy}", "/${stageVariables.p}?q#f"]);
    prop_oneof![
        6 => (scheme, host, rest).prop_map(|(scheme, host, rest)| format!("{scheme}{host}{rest}")),
        1 => Just("arn:aws:elasticloadbalancing:eu-west-1:111122223333:listener/net/l/1/2".to_owned()),
    ]
}

fn integration() -> impl Strategy<Value = Value> {
    let kind = select(vec!["http", "HTTP_PROXY", "http_proxy", "http_proxy", "aws_proxy", "mock", "new"]);
    let link = select(vec![
        None,
        None,
        Some(""),
        Some("l1"),
        Some("${stageVariables.l}"),
        Some("${stageVariables.a}"),
    ]);
    (kind, uri(), link, any::<bool>()).prop_map(|(kind, uri, link, is_insecure)| {
        let mut integration = json!({"type": kind, "uri": uri});
        if let Some(link) = link {
            integration["connectionType"] = "VPC_LINK".into();
            integration["connectionId"] = link.into();
        }
        if is_insecure {
            integration["tlsConfig"] = json!({"insecureSkipVerification": true});
        }
        integration
    })
}

fn export() -> impl Strategy<Value = Value> {
    let member =
        select(vec!["get", "post", "delete", "x-amazon-apigateway-any-method", "$ref", "parameters"]);
    let operation = prop_oneof![
        9 => integration().prop_map(|it| json!({INTEGRATION: it})),
        1 => Just(json!({})),
    ];
    let path = prop::collection::btree_map(member.prop_map(str::to_owned), operation, 0..4)
        .prop_map(|members| Value::Object(members.into_iter().collect()));
    let paths = prop::collection::btree_map("/[a-z]{0,2}", path, 0..4);
    paths.prop_map(|paths| json!({"openapi": "3.0.1", "paths": paths.into_iter().collect::<Map<_, _>>()}))
}

fn variables() -> impl Strategy<Value = Value> {
    let value = select(vec!["b.example.com", "https://c.example.com:8443", "x y", "", "https", "l2"]);
    let name = select(vec!["a", "b", "s", "l", "url"]).prop_map(str::to_owned);
    prop::collection::btree_map(name, value, 0..5).prop_map(|variables| json!(variables))
}

/// An account with a few stages of REST and V2 APIs.
fn with_backends() -> impl Strategy<Value = Value> {
    let rest = prop::collection::vec(
        (prop::option::of(export()), variables(), select(vec![None, Some("c1"), Some("c2")])),
        0..5,
    );
    let v2 = prop::collection::vec((variables(), select(vec![None, Some("c1")])), 0..3);
    let rows =
        prop::collection::vec((integration(), select(vec![Some("w1"), Some("w1"), Some("w2"), None])), 0..5);
    (rest, v2, rows).prop_map(|(rest, v2, rows)| {
        let mut account = json!({
            "snapshotVersion": 1, "takenAt": "2026-11-21T12:00:00Z", "partition": "aws",
            "accountId": "111122223333", "awsRegion": "eu-west-1", "stages": [], "exports": {},
        });
        let stage = |collection: &str,
                     kind: &str,
                     name: usize,
                     field: &str,
                     variables: Value,
                     certificate: Option<&str>| {
            json!({
                "resourceType": kind,
                "resourceId": format!("arn:aws:apigateway:eu-west-1::/{collection}/stages/s{name}"),
                "configuration": {field: variables, "clientCertificateId": certificate},
            })
        };
        for (name, (export, variables, certificate)) in rest.into_iter().enumerate() {
            let row =
                stage("restapis/a1", "AWS::ApiGateway::Stage", name, "variables", variables, certificate);
            if let Some(export) = export {
                account["exports"][row["resourceId"].as_str().unwrap()] = export;
            }
            account["stages"].as_array_mut().unwrap().push(row);
        }
        for (name, (variables, certificate)) in v2.into_iter().enumerate() {
            let row =
                stage("apis/w1", "AWS::ApiGatewayV2::Stage", name, "stageVariables", variables, certificate);
            account["stages"].as_array_mut().unwrap().push(row);
        }
        let rows = rows.into_iter().map(|(integration, api)| {
            let mut configuration = json!({
                "integrationType": integration["type"],
                "integrationUri": integration["uri"],
                "connectionType": integration["connectionType"],
                "connectionId": integration["connectionId"],
                "tlsConfig": integration["tlsConfig"],
            });
            if let Some(api) = api {
                configuration["apiId"] = api.into();
            }
            json!({"configuration": configuration})
        });
        account["integrations"] = rows.collect();
        account
    })
}

proptest! {
    #![proptest_config(cases(512))]

    #[test]
    fn every_export_that_counts_as_http_has_a_backend(export in export(), change in mutation()) {
        for document in [change.of(&export).to_string(), export.to_string()] {
            let bytes = document.as_bytes();
            let Some(found) = HttpIntegrations::of_export(bytes).unwrap() else {
                let is_undetermined = matches!(export::backends(bytes), Ok(Backends::Undetermined { .. }));
                prop_assert!(is_undetermined, "{}", document);
                continue;
            };
            let found = found.backends(&BTreeMap::new());
            match export::backends(bytes).unwrap() {
                Backends::Http { private, .. } => {
                    prop_assert!(!found.is_empty(), "{}", document);
                    prop_assert_eq!(private, found.iter().all(|it| it.vpc_link.is_some()), "{}", document);
                }
                Backends::NoHttp { .. } => prop_assert!(found.is_empty(), "{}", document),
                other => prop_assert!(false, "{:?} {}", other, document),
            }
        }
    }

    #[test]
    fn the_backends_of_a_redacted_account_are_the_same_up_to_names(account in with_backends()) {
        let snapshot = Snapshot::parse(&account.to_string()).unwrap();
        let redacted = redacted(&snapshot);
        prop_assert_eq!(nameless(&snapshot), nameless(&redacted), "{}", redacted.to_json().unwrap());
        let text = redacted.to_json().unwrap();
        for name in ["example", "10.0.0.1", "::1", "l1", "l2", "x y", "elasticloadbalancing", "user"] {
            prop_assert!(!text.contains(&format!("{name}\"")) && !text.contains("example"), "{} {}", name, text);
        }
    }
}

proptest! {
    #![proptest_config(cases(192))]

    #[test]
    fn the_backends_of_a_changed_example_are_the_same_after_a_redaction(account in account(), change in mutation()) {
        let Ok(snapshot) = Snapshot::parse(&change.of(&account).to_string()) else { return Ok(()) };
        prop_assert_eq!(nameless(&snapshot), nameless(&redacted(&snapshot)));
    }
}

#[test]
fn the_backends_of_the_redacted_example_are_the_same_up_to_names() {
    let snapshot = &crate::evaluate::EXAMPLE;
    let (original, redacted) = (nameless(snapshot), nameless(&redacted(snapshot)));
    assert_eq!(original, redacted);
    assert!(original.iter().filter(|it| it.contains("origin")).count() > 15, "{original:#?}");
}

#[test]
fn a_host_has_the_same_pseudonym_in_all_snapshots_with_one_key() {
    let account = |stage: &str, uri: &str| {
        let arn = format!("arn:aws:apigateway:eu-west-1::/restapis/a1/stages/{stage}");
        let export =
            json!({"openapi": "3.0.1", "paths": {"/": {"get": {INTEGRATION: {"type": "http", "uri": uri}}}}});
        let stages =
            json!([{"resourceType": "AWS::ApiGateway::Stage", "resourceId": arn, "configuration": {}}]);
        let account = json!({
            "snapshotVersion": 1, "takenAt": "2026-11-21T12:00:00Z", "partition": "aws",
            "accountId": "111122223333", "awsRegion": "eu-west-1", "stages": stages, "exports": {arn: export},
        });
        redacted(&Snapshot::parse(&account.to_string()).unwrap())
    };
    let host = |snapshot: &Snapshot| inventory(snapshot).1.stages[0].backends[0].server.host().to_owned();
    let one = host(&account("prod", "https://api.example.com/v1"));
    assert_eq!(one, host(&account("test", "http://API.example.com:8080/v2")));
    assert_ne!(one, host(&account("prod", "https://api.example.org/v1")));
    assert!(one.starts_with("host-"), "{one}");
}
