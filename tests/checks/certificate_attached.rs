//! `certificate-attached`: a stage has a certificate that exists, is issued and is allowed.

use stagecert::checks::stage::Attached;
use stagecert::checks::stage::certificate_attached::{
    Settings, check, depends_on_backends, was_attached_after,
};
use stagecert::checks::verdict::Verdict;
use stagecert::parameters::Parameters;
use stagecert::resources::backends::{Backends, Undetermined};
use stagecert::resources::certificate::{AcmDetail, Certificate};
use stagecert::resources::certificate_id::CertificateId;
use stagecert::resources::stage::DeploymentId;
use stagecert::resources::tags::Tags;

fn deployment(id: &str) -> Option<DeploymentId> {
    DeploymentId::new(id.into())
}

fn http() -> Backends {
    Backends::http(deployment("d1"))
}

fn no_http() -> Backends {
    Backends::no_http(deployment("d1"))
}

fn settings(json: &str) -> Settings {
    Parameters::parse(Some(json)).unwrap().certificate_attached
}

fn generated() -> Certificate {
    Certificate::generated(CertificateId::new("abc123".into()), None, None, Tags::default())
}

fn acm(status: &str) -> Certificate {
    let id = "arn:aws:acm:eu-west-1:111122223333:certificate/12345678-90ab";
    Certificate::acm(
        CertificateId::new(id.into()),
        AcmDetail { status: Some(status.into()), ..AcmDetail::default() },
    )
}

fn reason(attached: Attached<'_>, backends: &Backends, settings: &Settings) -> String {
    let answer = serde_json::to_value(check(attached, backends, settings)).unwrap();
    answer["reason"].as_str().unwrap().to_owned()
}

#[test]
fn each_reason_with_and_without_http_backends() {
    let defaults = settings("{}");
    let ghost = CertificateId::new("ghost1".into());
    let (generated, issued, expired) = (generated(), acm("ISSUED"), acm("EXPIRED"));
    let undetermined = Backends::undetermined(Undetermined::NotExportable);
    for (attached, with_http, without) in [
        (Attached::Nothing, "missing", "no-http-integration"),
        (Attached::Dangling(&ghost), "dangling", "no-http-integration"),
        (Attached::Certificate(&expired), "not-issued", "no-http-integration"),
        (Attached::Certificate(&issued), "attached", "attached"),
        (Attached::Certificate(&generated), "attached", "attached"),
    ] {
        assert_eq!(reason(attached, &http(), &defaults), with_http);
        assert_eq!(reason(attached, &undetermined, &defaults), with_http);
        assert_eq!(reason(attached, &Backends::NotAsked, &defaults), with_http);
        assert_eq!(reason(attached, &no_http(), &defaults), without);
    }
}

#[test]
fn an_unrecorded_api_is_the_only_thing_reported() {
    let unknown = Backends::undetermined(Undetermined::ApiNotRecorded);
    let answer = check(Attached::Nothing, &unknown, &settings("{}"));
    assert_eq!(answer.verdict(), Verdict::Failed);
    assert_eq!(
        answer.to_string(),
        "API not recorded by Config (AWS::ApiGatewayV2::Api), so counted as a WebSocket API"
    );
    let ghost = CertificateId::new("ghost1".into());
    let dangling = check(Attached::Dangling(&ghost), &unknown, &settings("{}")).to_string();
    assert!(
        dangling.starts_with("client certificate ghost1 does not exist, API not recorded by Config"),
        "{dangling}"
    );
}

#[test]
fn only_the_listed_certificates_count() {
    let certificate = generated();
    for (json, expected) in [
        (r#"{"certificateIds":"abc123"}"#, "attached"),
        (r#"{"certificateIds":"other1, abc123"}"#, "attached"),
        (r#"{"CertificateIDs":"other1"}"#, "not-allowed"),
    ] {
        assert_eq!(reason(Attached::Certificate(&certificate), &http(), &settings(json)), expected, "{json}");
    }
}

#[test]
fn only_a_stage_that_would_fail_needs_an_export() {
    let (defaults, all) = (settings("{}"), settings(r#"{"appliesTo":"all-stages"}"#));
    let certificate = generated();
    assert!(depends_on_backends(Attached::Nothing, &defaults));
    assert!(!depends_on_backends(Attached::Certificate(&certificate), &defaults));
    assert!(!depends_on_backends(Attached::Nothing, &all));
}

#[test]
fn a_late_attachment_is_read_back_only_for_its_certificate_and_deployment() {
    let certificate = |id: &str| CertificateId::new(id.into());
    let (d1, d12) = (deployment("d1").unwrap(), deployment("d12").unwrap());
    let answer = check(Attached::Certificate(&generated()), &http(), &settings("{}"));
    let text = answer.attached_after(Some(d1.clone())).to_string();
    assert_eq!(text, "client certificate abc123 attached after deployment d1");
    let failing = format!("owner-tag: stage has no tag owner; {text}");
    for annotation in [&text, &failing] {
        assert!(was_attached_after(annotation, &certificate("abc123"), &d1));
        assert!(!was_attached_after(annotation, &certificate("abc123"), &d12));
        assert!(!was_attached_after(annotation, &certificate("c123"), &d1));
    }
    assert!(!was_attached_after("abc123 attached after deployment d12", &certificate("abc123"), &d1));
}

#[test]
fn an_acm_certificate_never_needs_a_redeployment() {
    let issued = acm("ISSUED");
    let answer = check(Attached::Certificate(&issued), &http(), &settings("{}"));
    let after = answer.clone().attached_after(deployment("d1"));
    assert_eq!(after, answer);
    let annotation = format!("{} attached after deployment d1", issued.id);
    assert!(!was_attached_after(&annotation, &issued.id, &deployment("d1").unwrap()));
}
