use std::sync::Arc;

use proptest::prelude::*;
use serde_json::{Value, json};
use stagecert::checks::exemption::{Exemption, ExemptionSource};
use stagecert::checks::finding::{Exempted, Finding};
use stagecert::checks::owner_tag::{self, OwnerTagOn, Unowned};
use stagecert::checks::stage::certificate_attached::{Answer as Attached, Backends, was_attached_after};
use stagecert::checks::verdict::Verdict;
use stagecert::evaluation::annotation::Annotation;
use stagecert::resources::stage::DeploymentId;
use stagecert::snapshot::Snapshot;

use crate::cases::cases;
use crate::evaluate::evaluate;
use crate::findings::{certificate_id, findings};
use crate::hostile::hostile_text;
use crate::snapshots::{stored, sweep};
use crate::validity::assert_annotation;

/// The codes of failed checks, most urgent first, otherwise in the order of the checks.
fn codes(findings: &[Finding]) -> String {
    let failed = findings.iter().filter(|finding| finding.verdict() == Verdict::Failed);
    let code = |finding: &Finding| (finding.urgency(), finding.check(), finding.leading_code());
    let mut failed: Vec<_> = failed.map(code).collect();
    failed.sort();
    failed.iter().map(|(.., code)| *code).collect::<Vec<_>>().join(", ")
}

fn found_backends(findings: &[Finding]) -> Option<&Backends> {
    findings.iter().find_map(Finding::backends)
}

proptest! {
    #![proptest_config(cases(768))]

    #[test]
    fn annotations_are_valid_and_start_with_all_failure_codes(findings in findings()) {
        let annotation = Annotation::from_findings(&findings);
        assert_annotation(annotation.as_str());
        let codes = codes(&findings);
        if !codes.is_empty() {
            let lead = format!("{codes}: ");
            prop_assert!(annotation.as_str().starts_with(&lead), "{}", annotation);
        }
        prop_assert_eq!(annotation, Annotation::from_findings(&findings.clone()));
    }

    #[test]
    fn annotations_claim_only_what_was_found_about_a_deployment(
        findings in findings(), other in "[a-z0-9]{1,6}",
    ) {
        let annotation = Annotation::from_findings(&findings);
        let found = found_backends(&findings);
        let own = match found {
            Some(
                Backends::Http { deployment, .. }
                | Backends::NoHttp { deployment, .. }
                | Backends::Undetermined { deployment, .. },
            ) => deployment.clone(),
            _ => None,
        };
        for deployment in own.iter().cloned().chain(DeploymentId::new(other)) {
            let read = Backends::from_annotation(annotation.as_str(), &deployment);
            if let Some(read) = read {
                prop_assert_eq!(read.evidence(), found.and_then(Backends::evidence));
                prop_assert_eq!(Some(deployment), own.clone());
            }
        }
    }

    #[test]
    fn evidence_is_never_truncated_with_ids_of_realistic_length(findings in findings()) {
        let annotation = Annotation::from_findings(&findings);
        let evidence = found_backends(&findings).and_then(Backends::evidence);
        if let Some(evidence) = evidence.filter(|evidence| evidence.len() < 100) {
            prop_assert!(annotation.as_str().contains(&evidence), "{}: {}", evidence, annotation);
        }
    }

    #[test]
    fn annotations_report_a_late_attachment_only_if_there_was_one(
        findings in findings(), certificate in certificate_id(),
    ) {
        let annotation = Annotation::from_findings(&findings);
        let after = findings.iter().find_map(|finding| match finding {
            Finding::CertificateAttached(Attached::Attached { certificate, after_deployment: Some(after) }) => {
                Some((certificate.clone(), after.clone()))
            }
            _ => None,
        });
        let d1 = DeploymentId::new("d1".into()).unwrap();
        let (own, deployment) = after.clone().unwrap_or((certificate.clone(), d1));
        for id in [own, certificate] {
            if was_attached_after(annotation.as_str(), &id, &deployment) {
                prop_assert_eq!(Some((id, deployment.clone())), after.clone(), "{}", annotation);
            }
        }
    }

    #[test]
    fn an_exemption_adds_no_evidence_and_hides_no_failure(
        findings in findings(),
        mask in any::<u8>(),
        stages in hostile_text(),
        reason in hostile_text(),
    ) {
        let reason = Some(format!("{reason}; no HTTP integration in deployment d1: abc attached"));
        let (source, approved_by) = (ExemptionSource::Tag, None);
        let exemption = Arc::new(Exemption { source, stages, checks: None, until: None, reason, approved_by });
        let exempt = |(index, finding): (usize, Finding)| {
            let is_exempt = mask >> index & 1 == 1 && finding.verdict() != Verdict::NotApplicable;
            let exemption = Arc::clone(&exemption);
            if is_exempt { Finding::Exempt(Box::new(Exempted { finding, exemption })) } else { finding }
        };
        let exempted: Vec<Finding> = findings.iter().cloned().enumerate().map(exempt).collect();
        let annotation = Annotation::from_findings(&exempted);
        assert_annotation(annotation.as_str());
        let head = codes(&exempted);
        prop_assert!(annotation.as_str().starts_with(&head), "{} {}", head, annotation);
        let d1 = DeploymentId::new("d1".into()).unwrap();
        let known = Backends::from_annotation(annotation.as_str(), &d1);
        let is_of = |backends: &Backends| backends.evidence().is_some_and(|it| annotation.as_str().contains(&it));
        let is_own = known.is_none() || findings.iter().filter_map(Finding::backends).any(is_of);
        prop_assert!(is_own, "{}: {:?}", annotation, known);
    }
}

/// The same end to end: this would be a false COMPLIANT if API Gateway accepted such a certificate
/// ID.
#[test]
fn a_certificate_id_that_imitates_evidence_is_not_compliant_in_the_second_sweep() {
    let arn = "arn:aws:apigateway:eu-west-1::/restapis/a1b2c3/stages/prod";
    let http = json!({"x-amazon-apigateway-integration": {"type": "http"}});
    let account = json!({
        "snapshotVersion": 1,
        "takenAt": "2026-11-21T12:00:00Z",
        "partition": "aws",
        "accountId": "111122223333",
        "awsRegion": "eu-west-1",
        "stages": [{
            "resourceType": "AWS::ApiGateway::Stage",
            "resourceId": arn,
            "configuration": {"deploymentId": "d1", "clientCertificateId": "no HTTP integration in deployment d1"},
        }],
        "resourceTagMappingList": [{"ResourceARN": arn, "Tags": [{"Key": "owner", "Value": "team"}]}],
        "exports": {arn: {"openapi": "3.0.1", "paths": {"/": {"get": http}}}},
    });
    let mut event: Value = serde_json::from_str(&sweep("all")).unwrap();
    let parameters =
        json!({"reporting": "all", "checks": "certificate-attached,owner-tag", "ownerTagOn": "stage"});
    event["ruleParameters"] = parameters.to_string().into();
    let swept =
        |account: &Value| evaluate(&event.to_string(), &Snapshot::parse(&account.to_string()).unwrap());
    let first = swept(&account);
    let second = swept(&stored(&account, &first));
    for evaluated in [first, second] {
        assert_eq!(evaluated.requests[0]["Evaluations"][0]["ComplianceType"], "NON_COMPLIANT");
    }
}

/// Evidence phrases in an annotation would be trusted by the next sweep.
#[test]
fn names_in_an_annotation_are_never_read_as_evidence() {
    let deployment = DeploymentId::new("d1".into()).unwrap();
    let words = "no HTTP integration in deployment d1";
    let generated = stagecert::resources::certificate_id::CertificateId::new("abc123".into());
    let keys = vec![words.to_owned(), "abc123 attached after deployment d1".to_owned()];
    let unowned = vec![Unowned { on: OwnerTagOn::Stage, unmatched_keys: vec![], near_misses: vec![] }];
    let http = Backends::http(Some(deployment.clone()));
    let certificate = stagecert::resources::certificate_id::CertificateId::new(words.into());
    for finding in [
        Finding::OwnerTag(owner_tag::Answer::Unowned { unowned, keys }),
        Finding::CertificateAttached(Attached::Dangling { certificate, backends: http.clone() }),
    ] {
        let annotation = Annotation::from_findings(&[finding]);
        assert!(!was_attached_after(annotation.as_str(), &generated, &deployment), "{annotation}");
        let read = Backends::from_annotation(annotation.as_str(), &deployment);
        assert!(read.is_none() || read == Some(http.clone()), "{annotation}");
    }
}
