//! What to do about a finding is the same in Security Hub and in the event about it.

use std::collections::BTreeSet;

use super::*;
use crate::checks::finding::Finding;
use crate::checks::stage::certificate_attached::Answer as Attached;
use crate::checks::what_to_do::tests::{ARN, failed};
use crate::notify::finding_change::{Earlier, Origin};
use crate::parameters::Parameters;
use crate::resources::backends::{Backends, Undetermined};
use crate::resources::stage::Stage;

const GENERATED: &str = "abc123";

/// The texts of the finding and of the event about the first of a stage's findings, and the URL.
fn texts(id: &str, renews: Option<bool>, findings: Vec<Finding>) -> (String, String, &'static str) {
    let account_region =
        AccountRegion { partition: "aws".into(), account: "111122223333".into(), region: "eu-west-1".into() };
    let at = "2026-11-21T12:00:00Z".parse().unwrap();
    let check = findings[0].check();
    let stage = Stage {
        arn: StageArn::of_rest_api("aws", "eu-west-1", "a1", "prod").unwrap(),
        certificate: Some(CertificateId::new(id.into())),
        deployment: None,
        canary: None,
        created: None,
        captured: None,
    };
    let stage = EvaluatedStage { renews_automatically: renews, ..EvaluatedStage::new(stage, Ok(findings)) };
    let source = Source::new("stagecert", "rule");
    let checks = [check].into();
    let mut found = super::findings((&account_region, &source), &stage, &checks, FindingOwner::Key, at);
    let Recommendation { text, url } = found.remove(0).remediation.unwrap().recommendation;
    let parameters = Parameters::default();
    let origin = Origin {
        deployment: "stagecert",
        account_region: &account_region,
        rule_name: "rule",
        parameters: &parameters,
        at,
    };
    let event = serde_json::to_value(&origin.changes(&stage, &Earlier::default())[0]).unwrap();
    assert_eq!(event["check"], check.code());
    (text, event["whatToDo"].as_str().unwrap().to_owned(), url)
}

#[test]
fn a_finding_gives_the_advice_of_its_event() {
    let (http, no_http) = (Backends::http(None), Backends::no_http(None));
    let canary = Backends::undetermined(Undetermined::Canary);
    let renewal = "Find out in AWS Certificate Manager why the certificate is not renewed";
    let stuck = "Find out in AWS Certificate Manager why the automatic renewal";
    let both = "Generate a new client certificate, make the backend trust both";
    let one = "Generate a new client certificate, make the backend trust it, ";
    let acm_expired = "Renew the certificate in AWS Certificate Manager";
    let (shared, shared_acm) = ("Generate a separate client certificate", "Request a separate certificate");
    let mut different = BTreeSet::new();
    for (id, renews, expired, expiring, shared) in [
        (GENERATED, None, one, both, shared),
        (GENERATED, Some(false), one, both, shared),
        (ARN, None, acm_expired, renewal, shared_acm),
        (ARN, Some(false), acm_expired, renewal, shared_acm),
        (ARN, Some(true), acm_expired, stuck, shared_acm),
    ] {
        for (deployed, presented) in
            [(&http, true), (&Backends::NotAsked, true), (&canary, true), (&no_http, false)]
        {
            let of_certificate =
                |text| if presented { text } else { "Remove the client certificate from the stage" };
            let expected = [
                ("missing", "Generate a client certificate, make the backend trust it, "),
                ("dangling", of_certificate("Attach a client certificate that exists")),
                (
                    "not-issued",
                    of_certificate("Find out in AWS Certificate Manager why the certificate is not issued"),
                ),
                ("not-allowed", of_certificate("Make the backend trust one of the client certificates")),
                ("expired", of_certificate(expired)),
                ("not-yet-valid", of_certificate("Attach a client certificate that is valid now")),
                ("expiring", of_certificate(expiring)),
                ("no-date", of_certificate("Replace the client certificate with one whose expiry date")),
                ("shared", shared),
                ("unowned", "Tag the stage and its client certificate"),
            ];
            let findings = failed(id, deployed);
            assert_eq!(findings.len(), expected.len());
            for (finding, (reason, begins)) in findings.into_iter().zip(expected) {
                let steps = finding.check().advice().steps;
                assert_eq!(finding.reason(), reason);
                let (text, event, url) = texts(id, renews, vec![finding]);
                let case = format!("{reason}, {id}, {renews:?}, {deployed}");
                assert!(text.starts_with(begins), "{case}: {text}");
                assert_eq!(text, event, "{case}");
                assert_eq!(url, steps, "{case}");
                different.insert(text);
            }
        }
    }
    assert_eq!(different.len(), 15, "{different:#?}");
}

#[test]
fn what_another_check_knows_about_the_backends_counts() {
    let [attached, expiry] = [Backends::no_http(None), Backends::NotAsked].map(|it| failed(GENERATED, &it));
    let stage = vec![expiry[4].clone(), attached[3].clone()];
    let (text, event, _) = texts(GENERATED, Some(false), stage);
    assert!(text.starts_with("Remove the client certificate from the stage"), "{text}");
    assert_eq!(text, event);
}

#[test]
fn an_api_that_is_not_recorded_must_be_recorded_first() {
    let backends = Backends::undetermined(Undetermined::ApiNotRecorded);
    let missing = Finding::CertificateAttached(Attached::Missing { backends });
    let (text, event, url) = texts(GENERATED, None, vec![missing]);
    for text in [text, event] {
        assert!(text.starts_with("Have AWS Config record AWS::ApiGatewayV2::Api: "), "{text}");
    }
    assert!(url.contains("/config/"), "{url}");
}

#[test]
fn a_check_that_has_passed_or_does_not_apply_has_the_general_advice_or_none() {
    let certificate = || CertificateId::new(GENERATED.into());
    let text = |answer| {
        let finding = Finding::CertificateAttached(answer);
        let stage = Stage {
            arn: StageArn::of_rest_api("aws", "eu-west-1", "a1", "prod").unwrap(),
            certificate: Some(certificate()),
            deployment: None,
            canary: None,
            created: None,
            captured: None,
        };
        let account_region = AccountRegion {
            partition: "aws".into(),
            account: "111122223333".into(),
            region: "eu-west-1".into(),
        };
        let stage = EvaluatedStage::new(stage, Ok(vec![finding]));
        let context = (&account_region, &Source::scan());
        let at = Timestamp::UNIX_EPOCH;
        let found = super::findings(context, &stage, &Check::STAGE.into(), FindingOwner::Key, at);
        found[0].remediation.as_ref().unwrap().recommendation.text.clone()
    };
    let passed = Attached::Attached { certificate: certificate(), after_deployment: None };
    assert_eq!(text(passed), Check::CertificateAttached.advice().what_to_do);
    let not_applicable = Attached::NoHttpIntegration { backends: Backends::no_http(None) };
    assert_eq!(text(not_applicable), "Nothing: the check does not apply to this stage.");
}
