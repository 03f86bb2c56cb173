use std::cell::RefCell;
use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;

use super::*;
use crate::checks::Check;
use crate::resources::stage_arn::StageArn;
use crate::security_hub::batches::{MAX_BYTES, size};
use crate::security_hub::{Source, not_evaluated};

const AT: &str = "2026-11-21T12:00:00Z";

fn at() -> Timestamp {
    AT.parse().unwrap()
}

fn account_region() -> AccountRegion {
    AccountRegion { partition: "aws".into(), account: "111122223333".into(), region: "eu-west-1".into() }
}

fn arn(n: usize) -> StageArn {
    StageArn::parse(&format!("arn:aws:apigateway:eu-west-1::/restapis/a{n}/stages/prod")).unwrap()
}

/// Returns one finding per stage.
fn some(count: usize) -> Vec<AwsSecurityFinding> {
    (0..count)
        .flat_map(|n| {
            let source = Source::new("payments", "rule");
            not_evaluated((&account_region(), &source), (&arn(n), None), &[Check::OwnerTag].into(), at())
        })
        .collect()
}

/// A scripted Security Hub.
#[derive(Default)]
struct Hub {
    /// How many times each Id is rejected.
    rejections: RefCell<BTreeMap<String, u32>>,
    /// An Id that causes the whole call to be rejected.
    poison: Option<String>,
    fails: Option<&'static str>,
    disabled: bool,
    calls: RefCell<Vec<Vec<String>>>,
    accepted: RefCell<Vec<AwsSecurityFinding>>,
    filters: RefCell<Vec<usize>>,
}

fn failure(code: &str) -> Failure {
    let (resource, code, source) = ("findings".into(), Some(code.into()), code.into());
    Failure::Operation { operation: IMPORT, resource, location: (&account_region()).into(), code, source }
}

impl Findings for Hub {
    async fn import_findings(
        &self,
        findings: &[AwsSecurityFinding],
    ) -> Result<Option<Vec<RejectedFinding>>, Failure> {
        let ids: Vec<String> = findings.iter().map(|finding| finding.id.clone()).collect();
        self.calls.borrow_mut().push(ids.clone());
        if let Some(code) = self.fails {
            return Err(failure(code));
        }
        if self.poison.as_ref().is_some_and(|poison| ids.contains(poison)) {
            return Err(failure("InvalidInputException"));
        }
        if self.disabled {
            return Ok(None);
        }
        let mut rejected = Vec::new();
        for finding in findings {
            match self.rejections.borrow_mut().get_mut(&finding.id) {
                Some(left) if *left > 0 => {
                    *left -= 1;
                    rejected.push(RejectedFinding { id: finding.id.clone(), code: "InternalError".into() });
                }
                _ => self.accepted.borrow_mut().push(finding.clone()),
            }
        }
        Ok(Some(rejected))
    }

    async fn existing_findings(
        &self,
        filter: FindingsFilter<'_>,
    ) -> Result<Option<Vec<ExistingFinding>>, Failure> {
        let FindingsFilter::Resources(ids) = filter else { panic!("{filter:?}") };
        self.filters.borrow_mut().push(ids.len());
        let found = |id: &String| ExistingFinding { id: id.clone(), ..ExistingFinding::default() };
        Ok((!self.disabled).then(|| ids.iter().map(found).collect()))
    }
}

async fn import(hub: &Hub, findings: &[AwsSecurityFinding], deadline: Deadline) -> Imported {
    Importer { findings: hub, account_region: &account_region(), deadline }.import(findings).await
}

fn sizes(hub: &Hub) -> Vec<usize> {
    hub.calls.borrow().iter().map(Vec::len).collect()
}

#[tokio::test(start_paused = true)]
async fn findings_are_sent_in_batches_of_100_and_none_makes_no_call() {
    for (count, calls) in
        [(0, vec![]), (1, vec![1]), (100, vec![100]), (101, vec![100, 1]), (250, vec![100, 100, 50])]
    {
        let hub = Hub::default();
        let imported = import(&hub, &some(count), Deadline::none()).await;
        assert_eq!((imported.accepted, imported.failures.len()), (count, 0));
        assert_eq!(sizes(&hub), calls);
    }
}

#[test]
fn no_call_exceeds_six_megabytes() {
    let mut large = some(100);
    for finding in &mut large {
        finding.product_fields =
            (0..50).map(|n| (format!("stagecert/{n}"), "\u{1F980}".repeat(2048 / 4))).collect();
    }
    let bytes = |batch: &[AwsSecurityFinding]| serde_json::to_vec(batch).unwrap().len();
    assert!(bytes(&large) > MAX_BYTES, "the findings must not fit into one call: {}", bytes(&large));
    let batches = batches(&large);
    assert!(batches.len() > 1 && batches.iter().all(|batch| bytes(batch) < 6_000_000));
    assert_eq!(batches.concat(), large);
}

#[test]
fn the_largest_finding_is_well_below_240_kilobytes() {
    let mut finding = some(1).remove(0);
    finding.description = "\u{1F980}".repeat(1024);
    finding.product_fields =
        ["check", "reason", "certificateId", "notAfter", "peers", "peerCount", "ownerKey", "owner"]
            .map(|key| (format!("stagecert/{key}"), "\u{1F980}".repeat(2048)))
            .into();
    assert!(size(&finding) < 240_000 / 2, "{}", size(&finding));
}

#[tokio::test(start_paused = true)]
async fn rejected_findings_are_retried_alone_and_finally_named() {
    let findings = some(5);
    let hub = Hub::default();
    *hub.rejections.borrow_mut() = [(findings[1].id.clone(), 2), (findings[3].id.clone(), 99)].into();
    let imported = import(&hub, &findings, Deadline::none()).await;
    assert_eq!(sizes(&hub), [5, 2, 2, 1]);
    assert_eq!(imported.accepted, 4);
    let [failure] = imported.failures.as_slice() else { panic!("{:?}", imported.failures) };
    assert_eq!(failure.kind(), "NotTaken");
    assert!(
        failure.to_string().ends_with(&format!("not accepted: {} (InternalError)", findings[3].id)),
        "{failure}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_finding_that_makes_a_whole_call_fail_does_not_affect_the_others() {
    let findings = some(150);
    let hub = Hub { poison: Some(findings[42].id.clone()), ..Hub::default() };
    let imported = import(&hub, &findings, Deadline::none()).await;
    assert_eq!((imported.accepted, imported.failures.len()), (149, 1));
    assert_eq!(imported.failures[0].code(), Some("InvalidInputException"));
    assert!(hub.calls.borrow().len() < 20);
}

#[tokio::test(start_paused = true)]
async fn a_disabled_security_hub_is_not_a_failure_and_gets_few_calls() {
    let hub = Hub { disabled: true, ..Hub::default() };
    let imported = import(&hub, &some(2000), Deadline::none()).await;
    assert!(imported.not_enabled && imported.failures.is_empty(), "{:?}", imported.failures);
    assert!(hub.calls.borrow().len() <= CONCURRENCY);
    let security_hub =
        Importer { findings: &hub, account_region: &account_region(), deadline: Deadline::none() };
    assert_eq!(security_hub.existing_of(&["a".into()]).await.unwrap(), None);
}

#[tokio::test(start_paused = true)]
async fn a_failed_call_ends_the_import_and_the_unsent_findings_are_named() {
    let hub = Hub { fails: Some("AccessDeniedException"), ..Hub::default() };
    let imported = import(&hub, &some(2000), Deadline::none()).await;
    assert_eq!(imported.failures[0].code(), Some("AccessDeniedException"));
    assert!(hub.calls.borrow().len() <= CONCURRENCY);
    let last = imported.failures.last().unwrap();
    assert!(matches!(last, Failure::OutOfTime { left, .. } if left.len() >= 1500), "{last}");
}

#[tokio::test(start_paused = true)]
async fn nothing_is_sent_after_the_deadline() {
    let deadline = Deadline::after(Duration::from_secs(10));
    tokio::time::advance(Duration::from_secs(10)).await;
    let hub = Hub::default();
    let imported = import(&hub, &some(3), deadline).await;
    assert!(hub.calls.borrow().is_empty());
    assert!(matches!(imported.failures.as_slice(), [Failure::OutOfTime { left, .. }] if left.len() == 3));
}

#[tokio::test(start_paused = true)]
async fn existing_findings_are_requested_for_twenty_resources_at_a_time() {
    let hub = Hub::default();
    let security_hub =
        Importer { findings: &hub, account_region: &account_region(), deadline: Deadline::none() };
    for (count, calls) in [(0, vec![]), (1, vec![1]), (20, vec![20]), (41, vec![20, 20, 1])] {
        let ids: Vec<String> = (0..count).map(|n| n.to_string()).collect();
        assert_eq!(security_hub.existing_of(&ids).await.unwrap().unwrap().len(), count);
        assert_eq!(hub.filters.take(), calls);
    }
}

#[test]
fn only_a_lack_of_time_is_left_to_the_sweep() {
    let out_of_time =
        Failure::OutOfTime { operation: IMPORT, left: vec![], location: (&account_region()).into() };
    for (failures, is_left) in [
        (vec![failure("TooManyRequestsException")], true),
        (vec![failure("ThrottlingException"), out_of_time], true),
        (vec![failure("AccessDeniedException")], false),
        (vec![failure("TooManyRequestsException"), failure("InvalidInputException")], false),
        (vec![], false),
    ] {
        let count = failures.len();
        let imported = Imported { failures, ..Imported::default() }.or_left_to_sweep(3);
        let expected = if is_left { (3, 0) } else { (0, count) };
        assert_eq!((imported.left_to_sweep, imported.failures.len()), expected);
    }
}
