//! An account in which one operation fails: what needs it has no result, what doesn't is put all the same.

use std::collections::{BTreeSet, HashMap};

use serde_json::Value;
use stagecert::Failure;
use stagecert::account::rows::{Integrations, Protocol};
use stagecert::account::{Account, Connect, EarlierResult, Freshness, Listing};
use stagecert::certificate::{Certificate, CertificateId};
use stagecert::checks::certificate_attached::Backends;
use stagecert::deadline::Deadline;
use stagecert::event::ConfigurationItem;
use stagecert::parameters::Inventory;
use stagecert::place::Place;
use stagecert::rule;
use stagecert::snapshot::{RecordedResults, Snapshot, SnapshotAccount};
use stagecert::stage::{Stage, StageArn};
use stagecert::tags::Tags;

use crate::judge::{Judged, example, judge, sample, with_parameters};

#[derive(Clone, Copy)]
struct Faulty<'a> {
    account: SnapshotAccount<'a>,
    /// What Config's index still shows.
    index: SnapshotAccount<'a>,
    fails: &'a str,
}

impl Faulty<'_> {
    fn unless_faulty(&self, operation: &'static str) -> Result<(), Failure> {
        if operation != self.fails {
            return Ok(());
        }
        Err(Failure::Operation {
            operation,
            resource: "it".into(),
            place: self.place().clone(),
            code: Some("AccessDeniedException".into()),
            source: "AccessDeniedException: no".into(),
        })
    }
}

impl Account for Faulty<'_> {
    fn place(&self) -> &Place {
        self.account.place()
    }
    async fn stages(&self, inventory: Inventory) -> Result<Listing, Failure> {
        self.unless_faulty("stages")?;
        self.account.stages(inventory).await
    }
    async fn stages_with(&self, certificate: &CertificateId) -> Result<Vec<Stage>, Failure> {
        self.unless_faulty("stages_with")?;
        self.index.stages_with(certificate).await
    }
    async fn latest(&self, stages: &[&StageArn]) -> Result<Vec<Stage>, Failure> {
        self.unless_faulty("latest")?;
        self.account.latest(stages).await
    }
    async fn client_certificates(
        &self,
        wanted: &BTreeSet<CertificateId>,
        freshness: Freshness,
    ) -> Result<HashMap<CertificateId, Certificate>, Failure> {
        self.unless_faulty("client_certificates")?;
        self.account.client_certificates(wanted, freshness).await
    }
    async fn acm_certificate(&self, arn: &CertificateId) -> Result<Option<Certificate>, Failure> {
        self.unless_faulty("acm_certificate")?;
        self.account.acm_certificate(arn).await
    }
    async fn tags(&self, arns: &[String]) -> Result<HashMap<String, Tags>, Failure> {
        self.unless_faulty("tags")?;
        self.account.tags(arns).await
    }
    async fn exported(&self, stage: &StageArn) -> Result<Backends, Failure> {
        self.unless_faulty("exported")?;
        self.account.exported(stage).await
    }
    async fn protocols(&self, api_arn: Option<&str>) -> Result<HashMap<String, Protocol>, Failure> {
        self.unless_faulty("protocols")?;
        self.account.protocols(api_arn).await
    }
    async fn integrations(&self) -> Result<Integrations, Failure> {
        self.unless_faulty("integrations")?;
        self.account.integrations().await
    }
    async fn earlier_results(&self, rule_name: &str) -> Result<Vec<EarlierResult>, Failure> {
        self.unless_faulty("earlier_results")?;
        self.account.earlier_results(rule_name).await
    }
    async fn configuration_item(&self, summary: &ConfigurationItem) -> Result<ConfigurationItem, Failure> {
        self.unless_faulty("configuration_item")?;
        self.account.configuration_item(summary).await
    }
}

struct FaultyConnection<'a> {
    account: Faulty<'a>,
    results: &'a RecordedResults,
}

impl<'a> Connect for FaultyConnection<'a> {
    type Account = Faulty<'a>;
    type Results = &'a RecordedResults;
    async fn connect(
        &self,
        _: &Place,
        _: Option<&str>,
        _: Deadline,
    ) -> Result<(Self::Account, Self::Results), Failure> {
        Ok((self.account, self.results))
    }
}

async fn judge_with_fault(event: &Value, fails: &str) -> Judged {
    judge_with(event, &example(), &example(), fails).await
}

async fn judge_with(event: &Value, account: &Value, index: &Value, fails: &str) -> Judged {
    let snapshot = Snapshot::parse(&account.to_string()).unwrap();
    let index = Snapshot::parse(&index.to_string()).unwrap();
    let place = snapshot.place();
    let results = RecordedResults::default();
    let account = SnapshotAccount::new(&snapshot, &place);
    let account = Faulty { account, index: SnapshotAccount::new(&index, &place), fails };
    let connection = FaultyConnection { account, results: &results };
    let outcome = rule::run(&event.to_string(), &connection, snapshot.taken_at, Deadline::none()).await;
    Judged::recorded(&results, outcome)
}

const OPERATIONS: [&str; 11] = [
    "stages",
    "stages_with",
    "latest",
    "client_certificates",
    "acm_certificate",
    "tags",
    "exported",
    "protocols",
    "integrations",
    "earlier_results",
    "configuration_item",
];

#[tokio::test]
async fn no_fault_ever_changes_a_result_and_each_is_told() {
    let sweep = with_parameters(sample("scheduled"), &serde_json::json!({"reporting": "all"}));
    let names = [
        "change-ok",
        "change-attached-shared",
        "change-detached",
        "change-discovered",
        "change-websocket",
        "change-deleted",
        "oversized",
    ];
    let events = names.map(sample).into_iter().chain([sweep]);
    for event in events {
        let sound: Vec<_> = judge(&event, &example()).await.evaluations();
        for fails in OPERATIONS {
            let judged = judge_with_fault(&event, fails).await;
            let put = judged.evaluations();
            for evaluation in &put {
                assert!(sound.contains(evaluation), "{fails}: {evaluation}");
            }
            match &judged.outcome {
                // The operation was not needed: everything is there.
                Ok(_) => assert_eq!(put.len(), sound.len(), "{fails}"),
                Err(failure) => assert!(failure.to_string().contains(fails), "{failure}"),
            }
        }
    }
}

#[tokio::test]
async fn a_sweep_puts_what_does_not_need_the_failed_read() {
    let event = with_parameters(sample("scheduled"), &serde_json::json!({"reporting": "all"}));
    let mut lines = Vec::new();
    for fails in OPERATIONS {
        let judged = judge_with_fault(&event, fails).await;
        let told = judged.outcome.as_ref().err().map(ToString::to_string);
        lines.push(format!(
            "{fails}: {} put, {}",
            judged.evaluations().len(),
            told.as_deref().unwrap_or("ok")
        ));
    }
    insta::assert_snapshot!(lines.join("\n"));
}

#[tokio::test]
async fn a_peer_that_has_just_changed_too_is_left_to_its_own_event() {
    // catalog/prod has attached what customers/prod had; the index does not know yet that customers/prod let go of it.
    let index = example();
    let mut account = example();
    for stage in account["stages"].as_array_mut().unwrap() {
        if stage["resourceId"].as_str().unwrap().ends_with("/b81yx6fk0e/stages/prod") {
            stage["configuration"]["clientCertificateId"] = Value::Null;
        }
    }
    let judged = judge_with(&sample("change-attached-shared"), &account, &index, "").await;
    assert_eq!(judged.of("p5n0gc3rul/prod").unwrap().0, "COMPLIANT");
    assert_eq!(judged.of("b81yx6fk0e/prod"), None);
}

#[tokio::test]
async fn a_peer_whose_latest_item_cannot_be_had_stays_a_peer_and_is_not_judged() {
    let judged = judge_with(&sample("change-attached-shared"), &example(), &example(), "latest").await;
    assert_eq!(judged.of("p5n0gc3rul/prod").unwrap().0, "NON_COMPLIANT");
    assert_eq!(judged.of("b81yx6fk0e/prod"), None);
    assert!(judged.outcome.unwrap_err().to_string().starts_with("latest of it"));
}

#[tokio::test]
async fn an_export_that_failed_is_not_asked_for_again() {
    let judged = judge_with_fault(&sample("change-discovered"), "exported").await;
    let told = judged.outcome.unwrap_err().to_string();
    assert_eq!(told.matches("exported of it").count(), 1, "{told}");
}
