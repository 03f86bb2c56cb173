//! An account in which one operation fails: what needs it has no result, what doesn't is put all the same.

use std::collections::{BTreeSet, HashMap};

use stagecert::Failure;
use stagecert::account::rows::{Integrations, Protocol};
use stagecert::account::{Account, Connect, EarlierResult, Listing};
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
        self.account.stages_with(certificate).await
    }
    async fn client_certificates(
        &self,
        wanted: &BTreeSet<CertificateId>,
    ) -> Result<HashMap<CertificateId, Certificate>, Failure> {
        self.unless_faulty("client_certificates")?;
        self.account.client_certificates(wanted).await
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

async fn judge_with_fault(event: &serde_json::Value, fails: &str) -> Judged {
    let snapshot = Snapshot::parse(&example().to_string()).unwrap();
    let place = snapshot.place();
    let results = RecordedResults::default();
    let account = Faulty { account: SnapshotAccount::new(&snapshot, &place), fails };
    let connection = FaultyConnection { account, results: &results };
    let outcome = rule::run(&event.to_string(), &connection, snapshot.taken_at, Deadline::none()).await;
    Judged { requests: results.requests(), outcome }
}

const OPERATIONS: [&str; 10] = [
    "stages",
    "stages_with",
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
