//! A whole account behind a fake network.

use std::collections::BTreeMap;
use std::sync::Mutex;

use serde_json::{Value, json};

use crate::acm_certificates::detail;
use crate::bodies::{client_certificate, export, owned, rows, stage_row};
use crate::history::item;
use crate::latest::base_item;
use crate::replay::{Response, Sent, Wire};
use crate::roles::assumed;

/// An account with `stages` stages: the first `certified` have a certificate each, the others none.
#[derive(Clone, Copy)]
pub(crate) struct Size {
    pub stages: usize,
    pub certified: usize,
}

impl Size {
    fn row(self, n: usize) -> Value {
        let id = format!("cert{n:04}");
        stage_row(&format!("api{:04}", n / 10), &format!("s{}", n % 10), (n < self.certified).then_some(&id))
    }

    fn certificates(self, query: &str) -> Response {
        let position = query.split('&').find_map(|pair| pair.strip_prefix("position="));
        let page: usize = position.map_or(0, |page| page.parse().unwrap());
        let ids = (page * 500..self.certified).take(500).map(|n| format!("cert{n:04}"));
        let items: Vec<Value> = ids.map(|id| client_certificate(&id)).collect();
        let next = ((page + 1) * 500 < self.certified).then(|| (page + 1).to_string());
        Response::ok(json!({"item": items, "position": next}))
    }

    /// Config's latest items of the requested stages.
    fn items(self, body: &Value) -> Response {
        let of = |key: &Value| {
            (0..self.stages).map(|n| self.row(n)).find(|row| row["resourceId"] == key["resourceId"])
        };
        let found = body["resourceKeys"].as_array().unwrap().iter().filter_map(of);
        let items = found.map(|row| {
            let mut item = base_item(&row["resourceId"], &row["configuration"]);
            // Older than every event.
            item["configurationItemCaptureTime"] = 1_700_000_000.into();
            item
        });
        Response::ok(
            json!({"baseConfigurationItems": items.collect::<Vec<_>>(), "unprocessedResourceKeys": []}),
        )
    }

    fn query(self, body: &Value) -> Response {
        let expression = body["Expression"].as_str().unwrap();
        if let Some((_, id)) = expression.split_once("clientCertificateId = ") {
            let id = id.trim_matches('\'');
            let with_it = (0..self.stages).map(|n| self.row(n));
            let with_it = with_it.filter(|row| row["configuration"]["clientCertificateId"] == id);
            return Response::ok(rows(&with_it.collect::<Vec<_>>(), None));
        }
        let from: usize = body["NextToken"].as_str().unwrap_or("0").parse().unwrap();
        let page: Vec<Value> = (from..self.stages).take(100).map(|n| self.row(n)).collect();
        let next = (from + 100 < self.stages).then(|| (from + 100).to_string());
        Response::ok(rows(&page, next.as_deref()))
    }
}

/// The account behind a fake network. Like Config, it stores the results that are put.
pub(crate) fn account(size: Size) -> Wire {
    let response = answers(size);
    Wire::responding(move |sent, _| response(sent))
}

/// The account's responses.
pub(crate) fn answers(size: Size) -> impl Fn(&Sent) -> Response + Send + Sync {
    let stored: Mutex<BTreeMap<String, Value>> = Mutex::default();
    move |sent| match sent.operation.as_str() {
        "SelectResourceConfig" => size.query(&sent.json()),
        "GetClientCertificates" => size.certificates(&sent.query),
        "GetResources" => Response::ok(owned(&sent.json()["ResourceARNList"], "team-a")),
        "BatchGetResourceConfig" => size.items(&sent.json()),
        "GetResourceConfigHistory" => {
            let configuration = json!({"clientCertificateId": "cert0000"}).to_string();
            Response::ok(json!({"configurationItems": [item(&json!({"configuration": configuration}))]}))
        }
        "DescribeConfigurationRecorderStatus" => recording(),
        "DescribeConfigRules" => rule(sent),
        "DescribeCertificate" => detail(&json!({})),
        "AssumeRole" => assumed(sent, "2026-11-21T13:00:00Z"),
        "GetStage" => Response::ok(json!({"deploymentId": "dep1"})),
        "GetExport" => Response::ok(export("aws_proxy")),
        "GetComplianceDetailsByConfigRule" => results(&stored.lock().unwrap(), sent),
        "GetComplianceDetailsByResource" => {
            let id = sent.json()["ResourceId"].clone();
            let stored = stored.lock().unwrap();
            let found: Vec<Value> = stored.get(id.as_str().unwrap()).map(stored_result).into_iter().collect();
            Response::ok(json!({"EvaluationResults": found}))
        }
        "PutEvaluations" => {
            for it in sent.json()["Evaluations"].as_array().unwrap() {
                stored
                    .lock()
                    .unwrap()
                    .insert(it["ComplianceResourceId"].as_str().unwrap().into(), it.clone());
            }
            Response::ok("{}")
        }
        other => panic!("unexpected call: {other}"),
    }
}

/// A running recorder.
pub(crate) fn recording() -> Response {
    Response::ok(json!({"ConfigurationRecordersStatus": [{"name": "default", "recording": true}]}))
}

/// The requested rule, without a scope.
pub(crate) fn rule(sent: &Sent) -> Response {
    let name = &sent.json()["ConfigRuleNames"][0];
    let source = json!({"Owner": "CUSTOM_LAMBDA", "SourceIdentifier": "x"});
    Response::ok(json!({"ConfigRules": [{"ConfigRuleName": name, "Source": source}]}))
}

fn results(stored: &BTreeMap<String, Value>, sent: &Sent) -> Response {
    let from: usize = sent.json()["NextToken"].as_str().unwrap_or("0").parse().unwrap();
    let page: Vec<Value> = stored.values().skip(from).take(100).map(stored_result).collect();
    let next = (from + 100 < stored.len()).then(|| (from + 100).to_string());
    Response::ok(json!({"EvaluationResults": page, "NextToken": next}))
}

/// The result that Config holds after this evaluation was put.
fn stored_result(evaluation: &Value) -> Value {
    json!({
        "EvaluationResultIdentifier": {"EvaluationResultQualifier": {
            "ConfigRuleName": "stagecert",
            "ResourceType": evaluation["ComplianceResourceType"],
            "ResourceId": evaluation["ComplianceResourceId"],
        }},
        "ComplianceType": evaluation["ComplianceType"],
        "Annotation": evaluation["Annotation"],
    })
}
