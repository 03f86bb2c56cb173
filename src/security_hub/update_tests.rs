use serde_json::Value;

use super::*;
use crate::resources::stage_arn::StageArn;
use crate::security_hub::{Source, StoredFinding, not_evaluated};

const STAGE: &str = "arn:aws:apigateway:eu-west-1::/restapis/a1/stages/prod";

fn account_region() -> AccountRegion {
    AccountRegion { partition: "aws".into(), account: "111122223333".into(), region: "eu-west-1".into() }
}

fn at(day: i64) -> Timestamp {
    let start: Timestamp = "2026-11-21T12:00:00Z".parse().unwrap();
    start + jiff::SignedDuration::from_hours(24 * day)
}

fn rule(name: &str) -> Source {
    Source::new("payments", name)
}

/// A finding in a form that is easy to write: status, severity, certificate, phase and check.
#[derive(Clone, Copy)]
struct Of(ComplianceStatus, SeverityLabel, &'static str, &'static str, Check);

const EXPIRY: Check = Check::CertificateExpiry;
use ComplianceStatus::{Failed, NotAvailable, Passed, Warning};
use SeverityLabel::{Critical, High, Informational, Medium};

fn produced(source: &Source, of: Of, day: i64) -> AwsSecurityFinding {
    let Of(status, severity, certificate, phase, check) = of;
    let stage = StageArn::parse(STAGE).unwrap();
    let context = (&account_region(), source);
    let mut finding = not_evaluated(context, (&stage, None), &[check].into(), at(day)).remove(0);
    finding.id = format!("stagecert/aws/111122223333/eu-west-1/{STAGE}/{certificate}/{phase}/{check}");
    finding.compliance.status = status;
    finding.severity.label = severity;
    finding.finding_provider_fields.severity.label = severity;
    finding.product_fields.insert("stagecert/reason".into(), "it".into());
    finding.product_fields.insert(CONTENT.into(), format!("{status:?} {severity:?}"));
    if status == NotAvailable {
        finding.record_state = RecordState::Archived;
    }
    finding
}

fn stored(finding: &AwsSecurityFinding) -> ExistingFinding {
    let wire: Value = serde_json::to_value(finding).unwrap();
    let stored: StoredFinding = serde_json::from_value(wire).unwrap();
    stored.existing(&finding.product_arn).unwrap()
}

fn lines(findings: &[AwsSecurityFinding]) -> Vec<String> {
    let line = |it: &AwsSecurityFinding| {
        let end = it.id.rsplit(&format!("{STAGE}/")).next().unwrap();
        let state = if it.record_state == RecordState::Active { "" } else { " ARCHIVED" };
        format!("{end} {:?} {:?}{state}", it.compliance.status, it.severity.label)
    };
    findings.iter().map(line).collect()
}

fn update(
    (source, checks, gone): (&Source, &[Check], &[&str]),
    now: &[Of],
    existing: &[ExistingFinding],
    confidence: Confidence,
) -> (Vec<AwsSecurityFinding>, Update) {
    let account_region = account_region();
    let checks: BTreeSet<Check> = checks.iter().copied().collect();
    let gone_rules = gone.iter().map(|rule| (*rule).to_owned()).collect();
    let updater = Updater {
        account_region: &account_region,
        source,
        checks: &checks,
        gone_rules: &gone_rules,
        at: at(1),
    };
    let now = now.iter().map(|of| produced(source, *of, 1)).collect();
    let update = updater.resource(checks.clone(), now, existing, confidence);
    (update.findings.clone(), update)
}

const COMPLETE: Confidence = Confidence { is_complete: true, is_confirmed: true, knows_backends: true };
const CONFIRMED: Confidence = Confidence { is_complete: false, ..COMPLETE };
const UNCONFIRMED: Confidence = Confidence { is_confirmed: false, ..CONFIRMED };
const WITHOUT_BACKENDS: Confidence = Confidence { knows_backends: false, ..CONFIRMED };

/// What is sent if the findings `before` are followed by `now`.
fn sent(before: &[Of], now: &[Of], confidence: Confidence) -> Vec<String> {
    let source = rule("r");
    let existing: Vec<ExistingFinding> = before.iter().map(|of| stored(&produced(&source, *of, 0))).collect();
    lines(&update((&source, &[EXPIRY], &[]), now, &existing, confidence).0)
}

#[test]
fn the_life_of_a_finding() {
    let valid = Of(Passed, Informational, "abc", "-", EXPIRY);
    let soon = Of(Failed, Medium, "abc", "expiring", EXPIRY);
    let sooner = Of(Failed, High, "abc", "expiring", EXPIRY);
    let ended = Of(Failed, Critical, "abc", "expired", EXPIRY);
    let next = Of(Passed, Informational, "def", "-", EXPIRY);
    let none = Of(NotAvailable, Informational, "-", "-", EXPIRY);
    for (before, now, expected) in [
        (vec![], valid, vec!["abc/-/certificate-expiry Passed Informational"]),
        (vec![valid], valid, vec![]),
        (
            vec![valid],
            soon,
            vec![
                "abc/-/certificate-expiry Passed Informational ARCHIVED",
                "abc/expiring/certificate-expiry Failed Medium",
            ],
        ),
        (vec![soon], sooner, vec!["abc/expiring/certificate-expiry Failed High"]),
        (
            vec![sooner],
            ended,
            vec![
                "abc/expiring/certificate-expiry Failed High ARCHIVED",
                "abc/expired/certificate-expiry Failed Critical",
            ],
        ),
        (
            vec![ended],
            next,
            vec![
                "abc/expired/certificate-expiry Failed Critical ARCHIVED",
                "def/-/certificate-expiry Passed Informational",
            ],
        ),
        (vec![ended], none, vec!["abc/expired/certificate-expiry Failed Critical ARCHIVED"]),
        (vec![], none, vec![]),
    ] {
        assert_eq!(sent(&before, &[now], COMPLETE), expected);
    }
}

#[test]
fn a_finding_keeps_its_creation_date_even_if_it_was_archived() {
    let source = rule("r");
    let of = Of(Failed, Medium, "abc", "expiring", EXPIRY);
    let mut existing = stored(&produced(&source, of, -20));
    for is_active in [true, false] {
        existing.is_active = is_active;
        existing.content = "something else".into();
        let sent = update((&source, &[EXPIRY], &[]), &[of], &[existing.clone()], COMPLETE).0;
        assert_eq!((sent[0].created_at, sent[0].updated_at), (at(-20), at(1)));
        assert_eq!(sent[0].record_state, RecordState::Active);
    }
}

#[test]
fn what_was_not_read_sends_nothing_and_what_was_read_never_improves_without_confirmation() {
    let valid = Of(Passed, Informational, "abc", "-", EXPIRY);
    let soon = Of(Failed, Medium, "abc", "expiring", EXPIRY);
    let none = Of(NotAvailable, Informational, "-", "-", EXPIRY);
    for confidence in [UNCONFIRMED, CONFIRMED, COMPLETE] {
        assert_eq!(sent(&[valid], &[], confidence), [""; 0], "{confidence:?}");
        assert_eq!(sent(&[soon], &[], confidence), [""; 0], "{confidence:?}");
        assert_eq!(sent(&[valid], &[soon], confidence).len(), 2, "{confidence:?}");
        let improves = if confidence.is_confirmed { 2 } else { 0 };
        assert_eq!(sent(&[soon], &[valid], confidence).len(), improves, "{confidence:?}");
        assert_eq!(sent(&[soon], &[none], confidence).len(), improves / 2, "{confidence:?}");
    }
    let source = rule("r");
    let update = update((&source, &[EXPIRY, Check::OwnerTag], &[]), &[soon], &[], UNCONFIRMED).1;
    assert_eq!(update.unread, [Check::OwnerTag].into());
}

#[test]
fn a_missing_field_of_a_partly_read_stage_is_not_news() {
    let source = rule("r");
    let of = Of(Failed, Medium, "abc", "expiring", EXPIRY);
    let mut existing = stored(&produced(&source, of, 0));
    existing.content = "with the owner".into();
    for (confidence, count) in [(COMPLETE, 1), (CONFIRMED, 0), (UNCONFIRMED, 0)] {
        let sent = update((&source, &[EXPIRY], &[]), &[of], &[existing.clone()], confidence).0;
        assert_eq!(sent.len(), count, "{confidence:?}");
    }
}

#[test]
fn a_rule_archives_what_it_no_longer_produces_and_nothing_else() {
    let own = rule("r");
    let owner = Of(Failed, SeverityLabel::Low, "abc", "-", Check::OwnerTag);
    let valid = Of(Passed, Informational, "abc", "-", EXPIRY);
    let scan = Source::scan();
    let other_deployment = Source::new("audit", "x");
    for (source, gone, is_archived) in [
        // The check was removed from the rule's checks.
        (&own, vec![], true),
        // Another rule of the same deployment, which exists or is gone.
        (&rule("other"), vec![], false),
        (&rule("other"), vec!["other"], true),
        // Another deployment, whose rule exists or is gone, and a scan.
        (&other_deployment, vec![], false),
        (&other_deployment, vec!["x"], false),
        (&scan, vec![], false),
    ] {
        let existing = stored(&produced(source, owner, 0));
        let sent = update((&own, &[EXPIRY], &gone), &[valid], &[existing], COMPLETE).0;
        let archived = sent.iter().filter(|it| it.record_state == RecordState::Archived).count();
        assert_eq!(archived, usize::from(is_archived), "{source:?} {gone:?}");
        let generator = sent.iter().find(|it| it.record_state == RecordState::Archived);
        assert!(generator.is_none_or(|it| it.generator_id == "stagecert/payments/owner-tag"));
    }
}

#[test]
fn findings_of_an_earlier_version_are_archived_by_the_rule_that_has_their_check() {
    let source = rule("r");
    let valid = Of(Passed, Informational, "abc", "-", EXPIRY);
    for (check, count) in [(EXPIRY, 1), (Check::OwnerTag, 0)] {
        let mut earlier = produced(&source, Of(Failed, High, "", "", check), 0);
        earlier.id = format!("stagecert/aws/111122223333/eu-west-1/{STAGE}/{check}");
        earlier.generator_id = format!("stagecert/{check}");
        earlier.product_fields.clear();
        let sent = update((&source, &[EXPIRY], &[]), &[valid], &[stored(&earlier)], COMPLETE).0;
        let archived: Vec<_> = sent.iter().filter(|it| it.record_state == RecordState::Archived).collect();
        assert_eq!(archived.len(), count, "{check}");
        assert!(archived.iter().all(|it| it.id == earlier.id && it.generator_id == earlier.generator_id));
        assert_eq!(sent.len(), count + 1, "the new finding is imported");
    }
}

#[test]
fn two_rules_with_one_id_do_not_take_turns() {
    let (a, b) = (rule("a"), rule("b"));
    let worse = Of(Failed, Critical, "abc", "-", EXPIRY);
    let better = Of(Passed, Informational, "abc", "-", EXPIRY);
    for (holder, before, now, gone, expected, held) in [
        // The worse result stays, whichever rule sent it.
        (&b, worse, better, vec![], 0, 1),
        (&b, worse, worse, vec![], 0, 1),
        (&b, better, worse, vec![], 1, 1),
        (&a, worse, better, vec![], 1, 0),
        // A rule that replaces another takes over its findings, with their dates and workflow.
        (&b, worse, worse, vec!["b"], 1, 0),
        (&b, worse, better, vec!["b"], 1, 0),
        (&Source::scan(), worse, better, vec![], 1, 0),
        (&Source::new("old-name", "a"), worse, worse, vec![], 1, 0),
    ] {
        let existing = stored(&produced(holder, before, 0));
        let (sent, update) = update((&a, &[EXPIRY], &gone), &[now], &[existing], COMPLETE);
        assert_eq!((sent.len(), update.held_by_others), (expected, held), "{holder:?} {gone:?}");
        assert!(sent.iter().all(|it| it.created_at == at(0) && it.product_fields["stagecert/rule"] == "a"));
    }
}

#[test]
fn an_unreadable_stage_is_reported_with_the_last_known_severity() {
    let (account_region, source) = (account_region(), rule("r"));
    let (checks, none) = ([EXPIRY].into(), BTreeSet::new());
    let updater = Updater {
        account_region: &account_region,
        source: &source,
        checks: &checks,
        gone_rules: &none,
        at: at(1),
    };
    let stage = StageArn::parse(STAGE).unwrap();
    let unread = |existing: &[ExistingFinding]| {
        let warnings = not_evaluated((&account_region, &source), (&stage, None), &checks, at(1));
        let sent = updater.unread(warnings, existing);
        assert!(sent.iter().all(|it| it.record_state == RecordState::Active));
        (lines(&sent), sent)
    };
    let ended = stored(&produced(&source, Of(Failed, Critical, "abc", "expired", EXPIRY), 0));
    let (line, sent) = unread(std::slice::from_ref(&ended));
    assert_eq!(line, ["abc/expired/certificate-expiry Warning Critical"]);
    assert_eq!(sent[0].created_at, at(0));
    let mut reported = stored(&sent[0]);
    assert_eq!((reported.status, reported.reason.as_str()), (Warning, "not-evaluated"));
    assert_eq!(unread(std::slice::from_ref(&reported)).0, [""; 0], "once");
    reported.updated_at = Some(at(-7));
    assert_eq!(unread(&[reported]).0.len(), 1, "and refreshed weekly");
    assert_eq!(unread(&[]).0, ["-/-/certificate-expiry Warning Medium"]);
    let unowned = stored(&produced(&source, Of(Failed, SeverityLabel::Low, "abc", "-", Check::OwnerTag), 0));
    assert_eq!(unread(&[unowned]).0, [""; 0], "the check did not apply");
    let mut of_another = ended.clone();
    of_another.rule = Some("other".into());
    assert_eq!(unread(&[of_another]).0, [""; 0]);
}

#[test]
fn a_selection_contains_the_active_findings_of_one_deployment() {
    let of = |deployment: Option<&str>, is_active, day| ExistingFinding {
        deployment: deployment.map(ToOwned::to_owned),
        is_active,
        updated_at: Some(at(day)),
        ..ExistingFinding::default()
    };
    let all = [
        of(Some("a"), true, 0),
        of(Some("a"), false, 0),
        of(Some("a-b"), true, 0),
        of(None, true, 0),
        of(Some("a"), true, 2),
    ];
    for (deployment, old_ids, updated_before, expected) in [
        ("a", false, None, vec![0, 4]),
        ("a-b", false, None, vec![2]),
        ("a", true, None, vec![0, 3, 4]),
        ("a", true, Some(at(2)), vec![0, 3]),
        ("b", false, None, vec![]),
    ] {
        let selection = crate::security_hub::Selection { deployment, old_ids, updated_before };
        let selected: Vec<usize> = (0..all.len()).filter(|n| selection.contains(&all[*n])).collect();
        assert_eq!(selected, expected, "{deployment} {old_ids} {updated_before:?}");
    }
}

#[test]
fn a_severity_without_the_backends_does_not_replace_the_known_one() {
    let soon = |severity| Of(Failed, severity, "abc", "expiring", EXPIRY);
    let low_is_known = |confidence| sent(&[soon(SeverityLabel::Low)], &[soon(Medium)], confidence);
    assert!(low_is_known(WITHOUT_BACKENDS).is_empty());
    assert_eq!(low_is_known(CONFIRMED), ["abc/expiring/certificate-expiry Failed Medium"]);
    // A check that newly fails is news.
    let shared = |status, severity| Of(status, severity, "abc", "-", EXPIRY);
    assert_eq!(
        sent(&[shared(Passed, Informational)], &[shared(Failed, Medium)], WITHOUT_BACKENDS),
        ["abc/-/certificate-expiry Failed Medium"]
    );
}
