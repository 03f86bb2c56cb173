use std::cell::RefCell;
use std::collections::BTreeMap;

use super::*;
use crate::security_hub::{RecordState, not_evaluated};

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

/// One finding a stage.
fn some(count: usize) -> Vec<AwsSecurityFinding> {
    (0..count)
        .flat_map(|n| not_evaluated(&account_region(), &arn(n), &[Check::OwnerTag].into(), at()))
        .collect()
}

/// A Security Hub by a script.
#[derive(Default)]
struct Hub {
    /// Ids that are refused so many times.
    refuses: RefCell<BTreeMap<String, u32>>,
    /// A call that holds this Id is refused as a whole.
    poison: Option<String>,
    fails: Option<&'static str>,
    disabled: bool,
    known: Vec<Known>,
    calls: RefCell<Vec<Vec<String>>>,
    taken: RefCell<Vec<AwsSecurityFinding>>,
    asked: RefCell<Vec<String>>,
}

fn failure(code: &str) -> Failure {
    let (resource, code, source) = ("findings".into(), Some(code.into()), code.into());
    Failure::Operation { operation: IMPORT, resource, location: (&account_region()).into(), code, source }
}

impl Findings for Hub {
    async fn import_findings(
        &self,
        findings: &[AwsSecurityFinding],
    ) -> Result<Option<Vec<Refused>>, Failure> {
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
        let mut refused = Vec::new();
        for finding in findings {
            match self.refuses.borrow_mut().get_mut(&finding.id) {
                Some(left) if *left > 0 => {
                    *left -= 1;
                    refused.push(Refused { id: finding.id.clone(), code: "InternalError".into() });
                }
                _ => self.taken.borrow_mut().push(finding.clone()),
            }
        }
        Ok(Some(refused))
    }

    async fn active_findings(&self, wanted: Wanted<'_>) -> Result<Option<Vec<Known>>, Failure> {
        self.asked.borrow_mut().push(format!("{wanted:?}"));
        Ok((!self.disabled).then(|| self.known.clone()))
    }
}

async fn import(hub: &Hub, findings: &[AwsSecurityFinding], deadline: Deadline) -> Imported {
    Importer { findings: hub, account_region: &account_region(), deadline }.import(findings).await
}

fn sizes(hub: &Hub) -> Vec<usize> {
    hub.calls.borrow().iter().map(Vec::len).collect()
}

#[tokio::test(start_paused = true)]
async fn a_hundred_a_call_and_no_call_for_none() {
    for (count, calls) in
        [(0, vec![]), (1, vec![1]), (100, vec![100]), (101, vec![100, 1]), (250, vec![100, 100, 50])]
    {
        let hub = Hub::default();
        let imported = import(&hub, &some(count), Deadline::none()).await;
        assert_eq!((imported.taken, imported.failures.len()), (count, 0));
        assert_eq!(sizes(&hub), calls);
    }
}

#[test]
fn calls_keep_to_six_megabytes_whatever_findings_hold() {
    let mut large = some(100);
    for finding in &mut large {
        finding.product_fields =
            (0..50).map(|n| (format!("stagecert/{n}"), "\u{1F980}".repeat(2048 / 4))).collect();
    }
    let bytes = |batch: &[AwsSecurityFinding]| serde_json::to_vec(batch).unwrap().len();
    assert!(bytes(&large) > MAX_BYTES, "else this shows nothing: {}", bytes(&large));
    let batches = batches(&large);
    assert!(batches.len() > 1 && batches.iter().all(|batch| bytes(batch) < 6_000_000));
    assert_eq!(batches.concat(), large);
}

#[test]
fn the_largest_finding_is_far_below_240_kilobytes() {
    let mut finding = some(1).remove(0);
    finding.description = "\u{1F980}".repeat(1024);
    finding.product_fields =
        ["check", "reason", "certificateId", "notAfter", "peers", "peerCount", "ownerKey", "owner"]
            .map(|key| (format!("stagecert/{key}"), "\u{1F980}".repeat(2048)))
            .into();
    assert!(size(&finding) < 240_000 / 2, "{}", size(&finding));
}

#[tokio::test(start_paused = true)]
async fn what_was_not_taken_is_sent_again_alone_and_in_the_end_named() {
    let findings = some(5);
    let hub = Hub::default();
    *hub.refuses.borrow_mut() = [(findings[1].id.clone(), 2), (findings[3].id.clone(), 99)].into();
    let imported = import(&hub, &findings, Deadline::none()).await;
    assert_eq!(sizes(&hub), [5, 2, 2, 1]);
    assert_eq!(imported.taken, 4);
    let [failure] = imported.failures.as_slice() else { panic!("{:?}", imported.failures) };
    assert_eq!(failure.kind(), "NotTaken");
    assert!(
        failure.to_string().ends_with(&format!("not accepted: {} (InternalError)", findings[3].id)),
        "{failure}"
    );
}

#[tokio::test(start_paused = true)]
async fn one_that_makes_a_whole_call_refused_costs_no_other() {
    let findings = some(150);
    let hub = Hub { poison: Some(findings[42].id.clone()), ..Hub::default() };
    let imported = import(&hub, &findings, Deadline::none()).await;
    assert_eq!((imported.taken, imported.failures.len()), (149, 1));
    assert_eq!(imported.failures[0].code(), Some("InvalidInputException"));
    assert!(hub.calls.borrow().len() < 20);
}

#[tokio::test(start_paused = true)]
async fn where_security_hub_is_not_enabled_nothing_is_wrong_and_little_is_asked() {
    let hub = Hub { disabled: true, ..Hub::default() };
    let imported = import(&hub, &some(2000), Deadline::none()).await;
    assert!(imported.not_enabled && imported.failures.is_empty(), "{:?}", imported.failures);
    assert!(hub.calls.borrow().len() <= CONCURRENCY);
    let sender = Importer { findings: &hub, account_region: &account_region(), deadline: Deadline::none() };
    assert!(sender.archive(&arn(0), &NotEvaluated::Deleted, at()).await.not_enabled);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_fails_ends_the_import_and_what_was_left_is_named() {
    let hub = Hub { fails: Some("AccessDeniedException"), ..Hub::default() };
    let imported = import(&hub, &some(2000), Deadline::none()).await;
    assert_eq!(imported.failures[0].code(), Some("AccessDeniedException"));
    assert!(hub.calls.borrow().len() <= CONCURRENCY);
    let last = imported.failures.last().unwrap();
    assert!(matches!(last, Failure::OutOfTime { left, .. } if left.len() >= 1500), "{last}");
}

#[tokio::test(start_paused = true)]
async fn behind_the_deadline_nothing_is_sent() {
    let deadline = Deadline::after(Duration::from_secs(10));
    tokio::time::advance(Duration::from_secs(10)).await;
    let hub = Hub::default();
    let imported = import(&hub, &some(3), deadline).await;
    assert!(hub.calls.borrow().is_empty());
    assert!(matches!(imported.failures.as_slice(), [Failure::OutOfTime { left, .. }] if left.len() == 3));
}

#[tokio::test(start_paused = true)]
async fn only_what_is_there_is_archived_and_only_of_stages_that_are_gone() {
    let known = |n, check| Known { id: id(&account_region(), &arn(n), check), created_at: None };
    let of_another = Known { id: "stagecert/aws/1/eu-west-1/x".into(), created_at: None };
    let hub = Hub {
        known: vec![
            known(0, Check::OwnerTag),
            known(1, Check::OwnerTag),
            known(1, Check::CertificateExpiry),
            of_another,
        ],
        ..Hub::default()
    };
    let sender = Importer { findings: &hub, account_region: &account_region(), deadline: Deadline::none() };

    // A sweep: by age, for the rule's own checks.
    let (present, gone) = (arn(0), arn(1));
    let imported = sender.archive_all_but(&[present.as_str()].into(), &[Check::OwnerTag].into(), at()).await;
    assert_eq!(imported.taken, 1);
    let archived = hub.taken.borrow_mut().remove(0);
    assert_eq!(archived.id, id(&account_region(), &gone, Check::OwnerTag));
    assert_eq!(archived.record_state, RecordState::Archived);
    assert!(hub.asked.borrow()[0].contains("2026-11-21T11:00:00Z"), "{:?}", hub.asked.borrow());

    // A change: by Id, for all checks.
    let imported = sender.archive(&gone, &NotEvaluated::Deleted, at()).await;
    assert_eq!(imported.taken, 2);
    assert!(hub.taken.borrow().iter().all(|finding| finding.description == "deleted"));
}
