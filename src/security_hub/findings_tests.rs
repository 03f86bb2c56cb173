use serde_json::{Value, json};

use super::*;
use crate::checks::finding::Finding;
use crate::checks::owner_tag;
use crate::checks::stage::certificate_attached::{self, Backends};
use crate::checks::stage::{certificate_expiry, certificate_unique};
use crate::evaluation::scope::NotEvaluated;
use crate::resources::certificate_id::CertificateId;
use crate::resources::stage::Stage;
use crate::security_hub::text::remediation;

const AT: &str = "2026-11-21T12:00:00Z";

fn at() -> Timestamp {
    AT.parse().unwrap()
}

fn account_region(partition: &str, region: &str) -> AccountRegion {
    AccountRegion { partition: partition.into(), account: "111122223333".into(), region: region.into() }
}

fn evaluated(
    arn: &str,
    certificate: Option<&str>,
    result: Result<Vec<Finding>, NotEvaluated>,
) -> EvaluatedStage {
    EvaluatedStage {
        stage: Stage {
            arn: StageArn::parse(arn).unwrap(),
            certificate: certificate.map(|id| CertificateId::new(id.into())),
            deployment: None,
            canary: None,
            created: None,
            captured: None,
        },
        result,
        not_before: None,
        not_after: None,
        owner: Some("team-secret".into()),
    }
}

fn one(evaluated: &EvaluatedStage) -> Value {
    let findings =
        findings(&account_region("aws", "eu-west-1"), evaluated, &Check::ALL.into(), FindingOwner::Key, at());
    assert_eq!(findings.len(), 1);
    serde_json::to_value(&findings[0]).unwrap()
}

const STAGE: &str = "arn:aws:apigateway:eu-west-1::/restapis/a1/stages/prod";

fn expiring(not_after: &str) -> Finding {
    Finding::CertificateExpiry(certificate_expiry::Answer::Expiring {
        certificate: CertificateId::new("abc".into()),
        not_after: not_after.parse().unwrap(),
        window_days: 60,
        pem_unreadable: false,
        backends: Backends::http(None),
    })
}

#[test]
fn severity_reflects_the_risk_and_rises_a_week_before_the_expiry() {
    let id = || CertificateId::new("abc".into());
    let http = || Backends::http(None);
    for (finding, label, status) in [
        (expiring("2026-11-28T12:00:00Z"), "HIGH", "FAILED"),
        (expiring("2026-11-28T12:00:01Z"), "MEDIUM", "FAILED"),
        (
            Finding::CertificateExpiry(certificate_expiry::Answer::Expired {
                certificate: id(),
                not_after: at(),
                pem_unreadable: false,
                backends: http(),
            }),
            "CRITICAL",
            "FAILED",
        ),
        (
            Finding::CertificateExpiry(certificate_expiry::Answer::Expired {
                certificate: id(),
                not_after: at(),
                pem_unreadable: false,
                backends: Backends::no_http(None),
            }),
            "LOW",
            "FAILED",
        ),
        (
            Finding::CertificateAttached(certificate_attached::Answer::Dangling {
                certificate: id(),
                backends: http(),
            }),
            "CRITICAL",
            "FAILED",
        ),
        (
            Finding::CertificateAttached(certificate_attached::Answer::Missing { backends: http() }),
            "HIGH",
            "FAILED",
        ),
        (
            Finding::CertificateUnique(certificate_unique::Answer::Shared {
                certificate: id(),
                peers: vec!["b2/prod".into()],
                peer_count: 1,
            }),
            "MEDIUM",
            "FAILED",
        ),
        (
            Finding::OwnerTag(owner_tag::Answer::Unowned { unowned: vec![], keys: vec!["owner".into()] }),
            "LOW",
            "FAILED",
        ),
        (
            Finding::CertificateUnique(certificate_unique::Answer::Unique { certificate: id() }),
            "INFORMATIONAL",
            "PASSED",
        ),
        (
            Finding::CertificateUnique(certificate_unique::Answer::NoCertificate),
            "INFORMATIONAL",
            "NOT_AVAILABLE",
        ),
    ] {
        let reason = finding.reason();
        let wire = one(&evaluated(STAGE, Some("abc"), Ok(vec![finding])));
        assert_eq!(wire["Severity"]["Label"], label, "{reason}");
        assert_eq!(wire["FindingProviderFields"]["Severity"]["Label"], label, "{reason}");
        assert_eq!(wire["Compliance"]["Status"], status, "{reason}");
        assert_eq!(wire["ProductFields"]["stagecert/reason"], reason);
        let state = if status == "NOT_AVAILABLE" { "ARCHIVED" } else { "ACTIVE" };
        assert_eq!(wire["RecordState"], state, "{reason}");
    }
}

#[test]
fn a_finding_names_the_stage_and_its_certificate_in_any_partition() {
    let acm = "arn:aws-cn:acm:cn-north-1:111122223333:certificate/1-2";
    let websocket = "arn:aws-cn:apigateway:cn-north-1::/apis/w1/stages/live";
    let found = vec![Finding::CertificateUnique(certificate_unique::Answer::NoCertificate)];
    let evaluated = evaluated(websocket, Some(acm), Ok(found));
    let findings = findings(
        &account_region("aws-cn", "cn-north-1"),
        &evaluated,
        &Check::ALL.into(),
        FindingOwner::Key,
        at(),
    );
    let wire = serde_json::to_value(&findings[0]).unwrap();
    assert_eq!(
        wire["ProductArn"],
        "arn:aws-cn:securityhub:cn-north-1:111122223333:product/111122223333/default"
    );
    assert_eq!(
        wire["Id"],
        format!("stagecert/aws-cn/111122223333/cn-north-1/{websocket}/certificate-unique")
    );
    assert_eq!(wire["Resources"][0]["Type"], "AwsApiGatewayV2Stage");
    assert_eq!(
        wire["Resources"][0]["Details"],
        json!({"AwsApiGatewayV2Stage": {"ClientCertificateId": acm, "StageName": "live"}})
    );
    assert_eq!(wire["Resources"][1]["Type"], "AwsCertificateManagerCertificate");
    assert_eq!(wire["Resources"][1]["Id"], acm);
}

#[test]
fn the_id_of_a_certificate_of_unknown_form_is_escaped() {
    let found = vec![Finding::CertificateUnique(certificate_unique::Answer::NoCertificate)];
    let wire = one(&evaluated(STAGE, Some(" \n"), Ok(found)));
    assert_eq!(wire["Resources"][1]["Id"], "\"??\"");
    assert_eq!(wire["ProductFields"]["stagecert/certificateId"], "\"??\"");
}

#[test]
fn stages_that_are_excluded_or_could_not_be_evaluated_are_never_passed() {
    let checks = BTreeSet::from(Check::ALL);
    let account_region = account_region("aws", "eu-west-1");
    let excluded = evaluated(STAGE, None, Err(NotEvaluated::HttpApi));
    let unread = not_evaluated(&account_region, &excluded.stage.arn, &checks, at());
    let all = findings(&account_region, &excluded, &checks, FindingOwner::Key, at());
    assert_eq!((all.len(), unread.len()), (4, 4));
    for (one, other) in all.iter().zip(&unread) {
        assert_eq!(one.id, other.id, "the same finding");
        assert_eq!(
            (one.compliance.status, one.record_state),
            (ComplianceStatus::NotAvailable, RecordState::Archived)
        );
        assert_eq!(
            (other.compliance.status, other.record_state),
            (ComplianceStatus::Warning, RecordState::Active)
        );
        assert_eq!(other.severity.label, SeverityLabel::Medium);
    }
    let whole = incomplete(&account_region, &"x".repeat(3000), at());
    assert_eq!(
        (whole.compliance.status, whole.record_state),
        (ComplianceStatus::Warning, RecordState::Active)
    );
    assert_eq!(whole.description.chars().count(), 1024);
}

#[test]
fn remediation_never_recommends_the_impossible() {
    let advice = |result| {
        let evaluated = evaluated("arn:aws:apigateway:eu-west-1::/apis/h1/stages/live", None, result);
        let attached = [Check::CertificateAttached].into();
        let all =
            findings(&account_region("aws", "eu-west-1"), &evaluated, &attached, FindingOwner::Key, at());
        assert_eq!(all.len(), 1);
        all[0].remediation.as_ref().unwrap().recommendation.text.clone()
    };
    let missing =
        |backends| Ok(vec![Finding::CertificateAttached(certificate_attached::Answer::Missing { backends })]);
    let unknown = Backends::undetermined(certificate_attached::Undetermined::ApiNotRecorded);
    let no_http = Backends::no_http(None);
    let without = certificate_attached::Answer::NoHttpIntegration { backends: no_http };
    assert!(advice(missing(Backends::http(None))).starts_with("Generate a client certificate"));
    assert!(advice(missing(unknown)).starts_with("Have AWS Config record AWS::ApiGatewayV2::Api"));
    assert!(advice(Err(NotEvaluated::HttpApi)).starts_with("Nothing"));
    assert!(advice(Ok(vec![Finding::CertificateAttached(without)])).starts_with("Nothing"));
}

#[test]
fn findings_contain_only_the_owner_key_and_only_enabled_checks() {
    let owned = owner_tag::Owned { on: owner_tag::OwnerTagOn::Stage, key: "owner".into() };
    let found = vec![
        Finding::OwnerTag(owner_tag::Answer::Owned { owned: vec![owned] }),
        Finding::CertificateUnique(certificate_unique::Answer::NoCertificate),
    ];
    let evaluated = evaluated(STAGE, None, Ok(found));
    let findings = findings(
        &account_region("aws", "eu-west-1"),
        &evaluated,
        &[Check::OwnerTag].into(),
        FindingOwner::Key,
        at(),
    );
    assert_eq!(findings.len(), 1);
    assert_eq!(findings[0].product_fields["stagecert/ownerKey"], "owner");
    assert!(!serde_json::to_string(&findings).unwrap().contains("team-secret"));
    assert!(findings[0].compliance.related_requirements.is_empty());
}

#[test]
fn findings_contain_the_owner_if_a_parameter_allows_it() {
    let found = vec![Finding::CertificateUnique(certificate_unique::Answer::NoCertificate)];
    let evaluated = evaluated(STAGE, None, Ok(found));
    let findings = findings(
        &account_region("aws", "eu-west-1"),
        &evaluated,
        &Check::ALL.into(),
        FindingOwner::Value,
        at(),
    );
    assert_eq!(findings[0].product_fields["stagecert/owner"], "team-secret");
}

#[test]
fn created_at_is_that_of_the_stage_and_updated_at_is_in_milliseconds() {
    let found = || vec![Finding::CertificateUnique(certificate_unique::Answer::NoCertificate)];
    let mut evaluated = evaluated(STAGE, None, Ok(found()));
    let at = |evaluated: &EvaluatedStage, at: &str| {
        let account_region = account_region("aws", "eu-west-1");
        let mut all =
            findings(&account_region, evaluated, &Check::ALL.into(), FindingOwner::Key, at.parse().unwrap());
        all.remove(0)
    };
    for (created, expected) in
        [(None, "2015-07-09T00:00:00Z"), (Some("2025-09-15T07:41:26Z"), "2025-09-15T07:41:26Z")]
    {
        evaluated.stage.created = created.map(|created| created.parse().unwrap());
        let first = at(&evaluated, "2026-11-21T12:00:00.123456789Z");
        let next = at(&evaluated, "2026-11-22T12:00:00Z");
        assert_eq!((first.created_at, next.created_at), (expected.parse().unwrap(), first.created_at));
        assert_eq!(first.updated_at.to_string(), "2026-11-21T12:00:00.123Z");
        assert!(next.updated_at > first.updated_at);
    }
}

#[test]
fn the_finding_of_a_deleted_stage_is_archived_with_its_id_and_date() {
    let account_region = account_region("aws", "eu-west-1");
    let excluded = evaluated(STAGE, None, Err(NotEvaluated::NotIncluded));
    for before in findings(&account_region, &excluded, &Check::ALL.into(), FindingOwner::Key, at()) {
        let existing = ExistingFinding {
            id: before.id.clone(),
            created_at: Some("2020-01-02T03:04:05Z".parse().unwrap()),
        };
        let after = archived(&account_region, &existing, &NotEvaluated::Deleted, at()).unwrap();
        assert_eq!((&after.id, &after.generator_id), (&before.id, &before.generator_id));
        assert_eq!(after.created_at, existing.created_at.unwrap());
        assert_eq!(after.record_state, RecordState::Archived);
        assert_eq!(after.compliance.status, ComplianceStatus::NotAvailable);
        assert_eq!(after.description, "deleted");
        assert_eq!(serde_json::to_value(&after).unwrap()["RecordState"], "ARCHIVED");
    }
    for id in [
        "",
        "arn:aws:securityhub:eu-west-1:111122223333:finding/1",
        "stagecert/aws/111122223333/eu-west-1/incomplete",
        "stagecert/aws/444455556666/eu-west-1/arn:aws:apigateway:eu-west-1::/restapis/a1/stages/prod/owner-tag",
        "stagecert/aws/111122223333/eu-west-1/arn:aws:apigateway:eu-west-1::/restapis/a1/stages/prod/other",
    ] {
        let existing = ExistingFinding { id: id.into(), created_at: None };
        assert_eq!(archived(&account_region, &existing, &NotEvaluated::Deleted, at()), None, "{id}");
    }
}

#[test]
fn texts_respect_the_limits() {
    for check in Check::ALL {
        assert!(check.advice().title.len() <= 256);
        assert!(remediation(check).recommendation.text.len() <= 512, "{check}");
        assert!(check.advice().requirements.len() <= 32);
    }
}
