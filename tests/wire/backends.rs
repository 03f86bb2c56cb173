//! The backends of live stages: what is requested, how fast, and what a failure affects.

use std::cell::RefCell;
use std::time::Duration;

use serde_json::{Value, json};
use stagecert::account::Account;
use stagecert::aws::SnapshotOptions;
use stagecert::parameters::{Inventory, Parameters};
use stagecert::resources::backend::Gap;
use stagecert::resources::stage_arn::StageArn;
use stagecert::scan::backends::{BackendInventory, backends};
use stagecert::scan::{Observer, Step};

use crate::bodies::{export, rows, stage_arn, stage_row};
use crate::replay::{Response, Sent, Wire, noon};

/// The export of an API with one integration.
fn calling(uri: &str) -> Value {
    let mut export = export("http_proxy");
    export["paths"]["/orders"]["get"]["x-amazon-apigateway-integration"]["uri"] = uri.into();
    export
}

/// A row of a WebSocket API's stage.
fn v2_stage_row(api: &str, name: &str) -> Value {
    json!({
        "resourceId": format!("arn:aws:apigateway:eu-west-1::/apis/{api}/stages/{name}"),
        "resourceType": "AWS::ApiGatewayV2::Stage",
        "configuration": {},
    })
}

/// An account with these stages, in which `respond` answers all but Config's queries.
fn account(
    stages: Vec<Value>,
    integrations: Vec<Value>,
    respond: impl Fn(&Sent, usize) -> Response + Send + Sync + 'static,
) -> Wire {
    Wire::responding(move |sent, before| {
        if sent.operation != "SelectResourceConfig" {
            return respond(sent, before);
        }
        let expression = sent.json()["Expression"].as_str().unwrap().to_owned();
        Response::ok(match expression {
            it if it.contains("::Integration'") => rows(&integrations, None),
            it if it.starts_with("SELECT resourceId, configuration WHERE") && it.contains("V2::Stage'") => {
                let mut with_variables = stages.clone();
                for row in &mut with_variables {
                    row["configuration"]["StageVariables"] =
                        json!({"host": "v2.example.com", "other": "SECRET"});
                }
                rows(&with_variables, None)
            }
            it if it.contains("V2::Api'") => rows(&[], None),
            it if it.contains("::Stage'") => rows(&stages, None),
            _ => rows(&[], None),
        })
    })
}

async fn inventory(wire: &Wire) -> BackendInventory {
    let (account, _) = wire.open().await;
    let listing = account.stages(Inventory::Config).await.unwrap();
    backends(&account, &listing, &Parameters::default(), noon(), Observer::default()).await
}

/// `API/STAGE HOST:PORT…` for each stage.
fn shown(inventory: &BackendInventory) -> Vec<String> {
    let shown = |stage: &stagecert::resources::backend::StageBackends| {
        let hosts: Vec<String> = stage.backends.iter().map(|it| it.server.to_string()).collect();
        format!("{} {}", stage.stage.label(), hosts.join(" "))
    };
    inventory.stages.iter().map(shown).collect()
}

#[tokio::test(start_paused = true)]
async fn all_selected_stages_are_exported_at_the_rate_of_the_account_with_progress() {
    let stages: Vec<Value> = (0..40).map(|n| stage_row("a1", &format!("s{n}"), Some("c1"))).collect();
    let wire = account(stages, Vec::new(), |_, _| Response::ok(calling("https://a.example.com/x")));
    let (account, _) = wire.open().await;
    let listing = account.stages(Inventory::Config).await.unwrap();
    let steps = RefCell::new(Vec::new());
    let observe = |step| steps.borrow_mut().push(step);
    let parameters = Parameters::parse(Some(r#"{"excludeStages":"*/s9"}"#)).unwrap();
    let found = backends(&account, &listing, &parameters, noon(), Observer::new(&observe)).await;
    assert_eq!((found.stages.len(), found.failures.len()), (39, 0));
    assert_eq!(wire.counts()["GetExport"], 39);
    assert!(!wire.counts().contains_key("GetStages"), "no integration refers to a stage variable");
    let exports: Vec<Sent> = wire.sent().into_iter().filter(|sent| sent.operation == "GetExport").collect();
    let took = exports.last().unwrap().at - exports.first().unwrap().at;
    assert!(took > Duration::from_secs(38 / 3) && took < Duration::from_secs(20), "{took:?}");
    let steps = steps.into_inner();
    assert_eq!(steps[..2], [Step::Listed(39), Step::ExportsNeeded(39)]);
    assert_eq!(steps.iter().filter(|step| **step == Step::Exported).count(), 39);
}

#[tokio::test(start_paused = true)]
async fn stage_variables_are_requested_once_per_api_and_only_if_an_integration_refers_to_one() {
    let stages = vec![stage_row("a1", "s1", None), stage_row("a1", "s2", None), stage_row("b2", "s1", None)];
    let wire = account(stages, Vec::new(), |sent, _| match sent.operation.as_str() {
        "GetExport" if sent.path.contains("/b2/") => Response::ok(calling("https://b.example.com")),
        "GetExport" => Response::ok(calling("https://${stageVariables.host}/x")),
        _ => Response::ok(json!({"item": [
            {"stageName": "s1", "deploymentId": "d1", "variables": {"host": "one.example.com"}},
            {"stageName": "s2", "deploymentId": "d1", "variables": {"other": "x"}},
        ]})),
    });
    let found = inventory(&wire).await;
    let expected = ["a1/s1 one.example.com:443", "a1/s2 ${stageVariables.host}", "b2/s1 b.example.com:443"];
    assert_eq!(shown(&found), expected);
    let requests: Vec<String> =
        wire.sent().into_iter().filter(|sent| sent.operation == "GetStages").map(|sent| sent.path).collect();
    assert_eq!(requests, ["/restapis/a1/stages"]);
}

#[tokio::test(start_paused = true)]
async fn a_failure_affects_only_the_stages_that_need_what_could_not_be_read() {
    let stages = vec![
        stage_row("a1", "s1", None),
        stage_row("b2", "s1", None),
        stage_row("c3", "s1", None),
        stage_row("d4", "s1", None),
        v2_stage_row("w1", "s1"),
    ];
    let integrations = vec![json!({"configuration": {
        "ApiId": "w1", "IntegrationType": "HTTP", "IntegrationUri": "http://${stageVariables.host}:81/",
    }})];
    let wire = account(stages, integrations, |sent, _| match sent.path.as_str() {
        path if path.starts_with("/restapis/a1/stages/") => {
            Response::rest_error(403, "AccessDeniedException", "no")
        }
        "/restapis/b2/stages" => Response::rest_error(403, "AccessDeniedException", "no"),
        path if path.contains("/b2/") => Response::ok(calling("https://${stageVariables.host}/")),
        path if path.contains("/c3/") => Response::rest_error(400, "BadRequestException", "why"),
        _ => Response::ok(calling("https://d.example.com")),
    });
    let found = inventory(&wire).await;
    assert_eq!(
        shown(&found),
        ["w1/s1 v2.example.com:81", "b2/s1 ${stageVariables.host}", "c3/s1 ", "d4/s1 d.example.com:443",]
    );
    assert_eq!(found.stages[2].gaps, [Gap::NotExportable(Some("BadRequestException: why".into()))]);
    let not_read: Vec<&str> = found.not_read.iter().map(StageArn::as_str).collect();
    assert_eq!(not_read, [stage_arn("a1", "s1")]);
    let failures: Vec<String> = found.failures.iter().map(ToString::to_string).collect();
    assert!(failures[0].contains("no result in") && failures[0].contains("a1/s1"), "{failures:?}");
    assert!(failures.iter().any(|it| it.starts_with("GetExport of")), "{failures:?}");
    assert!(failures.iter().any(|it| it.starts_with("GetStages of b2")), "{failures:?}");
    assert_eq!(failures.len(), 3, "{failures:?}");
}

#[tokio::test(start_paused = true)]
async fn an_api_that_fails_ten_times_is_given_up_and_others_are_still_read() {
    let mut stages: Vec<Value> = (0..30).map(|n| stage_row("a1", &format!("s{n}"), None)).collect();
    stages.push(stage_row("b2", "s1", None));
    let wire = account(stages, Vec::new(), |sent, _| {
        if sent.path.contains("/a1/") {
            return Response::rest_error(403, "AccessDeniedException", "no");
        }
        Response::ok(calling("https://b.example.com"))
    });
    let found = inventory(&wire).await;
    assert_eq!((shown(&found), found.not_read.len()), (vec!["b2/s1 b.example.com:443".to_owned()], 30));
    assert!(wire.counts()["GetExport"] < 20, "{:?}", wire.counts());
}

#[tokio::test(start_paused = true)]
async fn a_snapshot_has_the_exports_of_all_stages_and_only_the_variables_they_refer_to() {
    let stages =
        || vec![stage_row("a1", "s1", Some("cert01")), stage_row("a1", "s2", None), v2_stage_row("w1", "s1")];
    let integrations = || {
        vec![json!({"configuration": {
            "apiId": "w1", "integrationType": "HTTP", "integrationUri": "http://${stageVariables.host}/",
        }})]
    };
    let respond = |sent: &Sent, _: usize| match sent.operation.as_str() {
        "GetExport" => Response::ok(calling("https://${stageVariables.host}/x")),
        "GetStages" => Response::ok(json!({"item": [
            {"stageName": "s1", "variables": {"host": "one.example.com", "password": "SECRET"}},
            {"stageName": "s2", "variables": {"host": "two.example.com"}},
        ]})),
        "GetClientCertificates" => {
            Response::ok(json!({"item": [crate::bodies::client_certificate("cert01")]}))
        }
        _ => Response::ok(json!({"ResourceTagMappingList": []})),
    };
    let parameters = Parameters::parse(Some(r#"{"checks":"certificate-attached"}"#)).unwrap();
    for with_backends in [true, false] {
        let wire = account(stages(), integrations(), respond);
        let (account, _) = wire.open().await;
        let options =
            SnapshotOptions { with_backends, with_front_door: false, observer: Observer::default() };
        let snapshot = account.snapshot(&parameters, options).await.unwrap();
        let exported: Vec<&str> = snapshot.exports.keys().map(String::as_str).collect();
        let text = snapshot.to_json().unwrap();
        assert!(!text.contains("SECRET"));
        if with_backends {
            assert_eq!(exported, [stage_arn("a1", "s1"), stage_arn("a1", "s2")]);
            let variables: Vec<&Value> = snapshot
                .stages
                .iter()
                .map(|row| &row["configuration"])
                .map(|it| it.get("variables").or(it.get("stageVariables")).unwrap())
                .collect();
            let of = |host: &str| json!({"host": host});
            assert_eq!(variables, [&of("one.example.com"), &of("two.example.com"), &of("v2.example.com")]);
            // Only what backends are read from, unless a scan needs the export.
            assert!(
                snapshot.exports[&stage_arn("a1", "s1")]["paths"]["/orders"]["get"]["responses"].is_null()
            );
            assert!(
                snapshot.exports[&stage_arn("a1", "s2")]["paths"]["/orders"]["get"]["responses"].is_object()
            );
        } else {
            assert_eq!(exported, [stage_arn("a1", "s2")]);
            assert!(!text.contains("one.example.com") && !wire.counts().contains_key("GetStages"));
        }
    }
}
