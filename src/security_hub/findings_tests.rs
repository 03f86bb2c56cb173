use serde_json::{Value, json};

use super::*;
use crate::checks::finding::Finding;
use crate::checks::owner_tag;
use crate::checks::stage::certificate_attached::{self, Backends};
use crate::checks::stage::{certificate_expiry, certificate_unique};
use crate::evaluation::scope::NotEvaluated;
use crate::resources::certificate_id::CertificateId;
use crate::resources::stage::{DeploymentId, Stage};

fn rule() -> Source {
    Source::new("payments", "payments-client-certificates")
}

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
        renews_automatically: None,
        owner: Some("team-secret".into()),
        tag_exemption: None,
    }
}

fn one(evaluated: &EvaluatedStage) -> Value {
    let account_region = account_region("aws", "eu-west-1");
    let context = (&account_region, &rule());
    let findings = findings(context, evaluated, &Check::STAGE.into(), FindingOwner::Key, at());
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
        (&account_region("aws-cn", "cn-north-1"), &rule()),
        &evaluated,
        &Check::STAGE.into(),
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
        format!("stagecert/aws-cn/111122223333/cn-north-1/{websocket}/{acm}/-/certificate-unique")
    );
    assert_eq!(wire["GeneratorId"], "stagecert/payments/certificate-unique");
    assert_eq!(wire["ProductFields"]["stagecert/deployment"], "payments");
    assert_eq!(wire["ProductFields"]["stagecert/rule"], "payments-client-certificates");
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
    let checks = BTreeSet::from(Check::STAGE);
    let account_region = account_region("aws", "eu-west-1");
    let excluded = evaluated(STAGE, None, Err(NotEvaluated::HttpApi));
    let (rule, stage) = (rule(), &excluded.stage.arn);
    let unread = not_evaluated((&account_region, &rule), (stage, None), &checks, at());
    let all = findings((&account_region, &rule), &excluded, &checks, FindingOwner::Key, at());
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
    let whole = incomplete(&account_region, Some(&"x".repeat(3000)), at());
    assert_eq!(
        (whole.compliance.status, whole.record_state),
        (ComplianceStatus::Warning, RecordState::Active)
    );
    assert_eq!(whole.description.chars().count(), 1024);
    let complete = incomplete(&account_region, None, at());
    assert_eq!(
        (&complete.id, complete.record_state),
        (&whole.id, RecordState::Archived),
        "it closes the other"
    );
    assert_eq!(complete.compliance.status, ComplianceStatus::Passed);
}

#[test]
fn remediation_never_recommends_the_impossible() {
    let advice = |result| {
        let evaluated = evaluated("arn:aws:apigateway:eu-west-1::/apis/h1/stages/live", None, result);
        let attached = [Check::CertificateAttached].into();
        let account_region = account_region("aws", "eu-west-1");
        let all = findings((&account_region, &rule()), &evaluated, &attached, FindingOwner::Key, at());
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
        (&account_region("aws", "eu-west-1"), &rule()),
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
        (&account_region("aws", "eu-west-1"), &rule()),
        &evaluated,
        &Check::STAGE.into(),
        FindingOwner::Value,
        at(),
    );
    assert_eq!(findings[0].product_fields["stagecert/owner"], "team-secret");
}

#[test]
fn a_finding_is_dated_at_its_evaluation_in_milliseconds() {
    let found = vec![Finding::CertificateUnique(certificate_unique::Answer::NoCertificate)];
    let mut evaluated = evaluated(STAGE, None, Ok(found));
    // The age of the stage says nothing about the age of the problem.
    evaluated.stage.created = Some("2025-09-15T07:41:26Z".parse().unwrap());
    let account_region = account_region("aws", "eu-west-1");
    let at = "2026-11-21T12:00:00.123456789Z".parse().unwrap();
    let all = findings((&account_region, &rule()), &evaluated, &Check::STAGE.into(), FindingOwner::Key, at);
    let wire = serde_json::to_value(&all[0]).unwrap();
    for field in ["CreatedAt", "UpdatedAt", "LastObservedAt"] {
        assert_eq!(wire[field], "2026-11-21T12:00:00.123Z", "{field}");
    }
}

#[test]
fn a_new_certificate_and_a_new_phase_are_new_findings() {
    let id = |finding: Finding, certificate: Option<&str>| {
        one(&evaluated(STAGE, certificate, Ok(vec![finding])))["Id"].as_str().unwrap().to_owned()
    };
    let expired = Finding::CertificateExpiry(certificate_expiry::Answer::Expired {
        certificate: CertificateId::new("abc".into()),
        not_after: at(),
        pem_unreadable: false,
        backends: Backends::http(None),
    });
    let missing = Finding::CertificateAttached(certificate_attached::Answer::Missing {
        backends: Backends::http(None),
    });
    let prefix = format!("stagecert/aws/111122223333/eu-west-1/{STAGE}");
    for (finding, certificate, end) in [
        (expiring("2026-12-28T12:00:00Z"), Some("abc"), "abc/expiring/certificate-expiry"),
        (expiring("2026-12-28T12:00:00Z"), Some("def"), "def/expiring/certificate-expiry"),
        (expired, Some("abc"), "abc/expired/certificate-expiry"),
        (
            Finding::CertificateExpiry(certificate_expiry::Answer::NoCertificate),
            None,
            "-/-/certificate-expiry",
        ),
        (missing, None, "-/-/certificate-attached"),
    ] {
        assert_eq!(id(finding, certificate), format!("{prefix}/{end}"));
    }
    let longest = format!("arn:aws-us-gov:acm:us-gov-west-1:111122223333:certificate/{}", "a".repeat(36));
    let stage =
        format!("arn:aws-us-gov:apigateway:us-gov-west-1::/restapis/a123456789/stages/{}", "s".repeat(128));
    let found = vec![expiring("2026-12-28T12:00:00Z")];
    let wire = one(&evaluated(&stage, Some(&longest), Ok(found)));
    assert!(wire["Id"].as_str().unwrap().ends_with("/expiring/certificate-expiry"), "{}", wire["Id"]);
}

#[test]
fn the_digest_ignores_instants_and_redeployments_only() {
    let digest = |deployment: &str, not_after: &str, at: &str| {
        let finding = Finding::CertificateExpiry(certificate_expiry::Answer::Expiring {
            certificate: CertificateId::new("abc".into()),
            not_after: not_after.parse().unwrap(),
            window_days: 60,
            pem_unreadable: false,
            backends: Backends::http(DeploymentId::new(deployment.into())),
        });
        let mut evaluated = evaluated(STAGE, Some("abc"), Ok(vec![finding]));
        evaluated.stage.deployment = DeploymentId::new(deployment.into());
        let account_region = account_region("aws", "eu-west-1");
        let at = at.parse().unwrap();
        let all =
            findings((&account_region, &rule()), &evaluated, &Check::STAGE.into(), FindingOwner::Key, at);
        all[0].product_fields["stagecert/content"].clone()
    };
    let first = digest("d1", "2026-12-28T12:00:00Z", AT);
    assert_eq!(first, digest("d2", "2026-12-28T12:00:00Z", "2026-11-22T12:00:00Z"));
    assert_ne!(first, digest("d1", "2026-12-28T12:00:01Z", AT));
}

#[test]
fn an_archived_finding_keeps_its_id_date_status_and_severity() {
    let account_region = account_region("aws", "eu-west-1");
    let before = findings(
        (&account_region, &rule()),
        &evaluated(STAGE, Some("abc"), Ok(vec![expiring("2026-12-28T12:00:00Z")])),
        &Check::STAGE.into(),
        FindingOwner::Key,
        "2020-01-02T03:04:05Z".parse().unwrap(),
    )
    .remove(0);
    let stored: StoredFinding = serde_json::from_value(serde_json::to_value(&before).unwrap()).unwrap();
    let existing = stored.existing(&before.product_arn).unwrap();
    let after = archived(&account_region, &existing, &Reason::new("deleted", "deleted"), at());
    assert_eq!((&after.id, &after.generator_id), (&before.id, &before.generator_id));
    assert_eq!(after.created_at, before.created_at);
    assert_eq!((after.compliance.status, after.severity), (before.compliance.status, before.severity));
    assert_eq!(after.description, "deleted");
    assert_eq!(after.resources[0].id, STAGE);
    let wire = serde_json::to_value(&after).unwrap();
    assert_eq!((&wire["RecordState"], &wire["UpdatedAt"]), (&json!("ARCHIVED"), &json!(AT)));
    assert_eq!(wire["ProductFields"]["stagecert/rule"], "payments-client-certificates");
}

#[test]
fn existing_findings_of_every_form_are_understood() {
    let own = "arn:aws:securityhub:eu-west-1:111122223333:product/111122223333/default";
    let existing = |finding: Value| {
        let stored: StoredFinding = serde_json::from_value(finding).unwrap();
        stored.existing(own)
    };
    let bare = |generator: &str| json!({"Id": "x", "ProductArn": own, "GeneratorId": generator});
    for (generator, expected) in [
        ("stagecert/payments/owner-tag", Some((Some("payments"), "owner-tag"))),
        ("stagecert/owner-tag", Some((None, "owner-tag"))),
        ("stagecert/stagecert-scan/incomplete", Some((Some("stagecert-scan"), "incomplete"))),
        ("arn:aws:config:eu-west-1:111122223333:config-rule/r", None),
        ("", None),
    ] {
        let found = existing(bare(generator));
        let parts = found.as_ref().map(|it| (it.deployment.as_deref(), it.code.as_str()));
        assert_eq!(parts, expected, "{generator}");
        if let Some(found) = found {
            assert_eq!(found.generator_id(), generator);
            assert!(found.is_active && found.created_at.is_none());
        }
    }
    let mut linked = bare("stagecert/payments/owner-tag");
    linked["ProductArn"] = own.replace("eu-west-1", "eu-central-1").into();
    assert_eq!(existing(linked), None, "of another Region");
    let mut changed = bare("stagecert/payments/owner-tag");
    changed["Severity"] = json!({"Label": "CRITICAL"});
    changed["FindingProviderFields"] = json!({"Severity": {"Label": "LOW"}});
    changed["Compliance"] = json!({"Status": "FAILED"});
    let found = existing(changed).unwrap();
    assert_eq!((found.severity, found.status), (SeverityLabel::Low, ComplianceStatus::Failed));
}

#[test]
fn texts_respect_the_limits() {
    for check in Check::ALL {
        assert!(check.advice().title.len() <= 256);
        assert!(check.advice().what_to_do.len() <= 512, "{check}");
        assert!(check.advice().requirements.len() <= 32);
    }
}
