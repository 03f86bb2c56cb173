use serde_json::{Value, json};

use super::*;
use crate::checks::front_door::{Answer, Problem, Reason};
use crate::evaluation::front_door::ExpiryDate;
use crate::resources::domain_name::DomainKey;
use crate::resources::resource::Resource as ConfigResource;
use crate::security_hub::ExistingFinding;
use crate::security_hub::archive::{Reason as Why, archived};

fn at() -> Timestamp {
    "2026-11-30T10:00:00Z".parse().unwrap()
}

fn account_region() -> AccountRegion {
    AccountRegion { partition: "aws-cn".into(), account: "111122223333".into(), region: "cn-north-1".into() }
}

fn api(kind: ApiType, findings: Vec<Finding>) -> EvaluatedResource {
    let arn = ApiArn::new("aws-cn", "cn-north-1", kind, "a1b2").unwrap();
    EvaluatedResource {
        resource: ConfigResource::from(&arn),
        subject: FrontDoorSubject::Api(arn),
        name: Some("orders\u{202e}".into()),
        findings,
        entry_points: Vec::new(),
        dates: Vec::new(),
        leads_to: Vec::new(),
        is_recorded: true,
    }
}

fn domain(label: &str, dates: Vec<ExpiryDate>, findings: Vec<Finding>) -> EvaluatedResource {
    EvaluatedResource {
        subject: FrontDoorSubject::DomainName(DomainKey::parse(label)),
        // Config may identify it by its name.
        resource: ConfigResource::new("AWS::ApiGateway::DomainName".into(), label),
        name: None,
        dates,
        ..api(ApiType::Rest, findings)
    }
}

fn failed(reasons: &[Reason]) -> Answer {
    Answer::of(reasons.iter().map(|reason| Problem::new(*reason, "on")).collect(), String::new)
}

fn passed() -> Answer {
    Answer::Passed("all of it".into())
}

fn wire(evaluated: &EvaluatedResource) -> Vec<Value> {
    let (account_region, source) = (account_region(), Source::new("payments", "front-door"));
    let checks = Check::FRONT_DOOR.into();
    let found = front_door_findings((&account_region, &source), evaluated, &checks, at());
    found.iter().map(|finding| serde_json::to_value(finding).unwrap()).collect()
}

fn date(not_after: &str, what: Expires) -> ExpiryDate {
    ExpiryDate {
        not_after: not_after.parse().unwrap(),
        what,
        certificate: "c".into(),
        renews_automatically: false,
    }
}

#[test]
fn each_resource_has_one_finding_per_check() {
    let rest = api(ApiType::Rest, vec![Finding::MutualTls(failed(&[Reason::DefaultEndpoint]))]);
    let v2 = api(ApiType::V2, vec![Finding::MutualTls(passed())]);
    let dates = vec![
        date("2026-12-01T00:00:00Z", Expires::Ca),
        date("2026-12-05T00:00:00Z", Expires::OwnershipCertificate),
        date("2026-12-09T00:00:00Z", Expires::Ca),
    ];
    let findings = vec![
        Finding::Truststore(failed(&[Reason::Unpinned, Reason::CaExpired])),
        Finding::TlsPolicy(Answer::NotApplicable("private", "it is private".into())),
    ];
    let public = domain("api.example.com", dates, findings);
    let private = domain("api.example.com+x1", vec![], vec![Finding::TlsPolicy(passed())]);
    let summary: Vec<Value> = [rest, v2, public, private]
        .iter()
        .flat_map(wire)
        .map(|it| {
            assert_eq!(it["GeneratorId"].as_str().unwrap().rsplit_once('/').unwrap().0, "stagecert/payments");
            assert_eq!(it["ProductFields"]["stagecert/rule"], "front-door");
            json!([
                it["Id"],
                it["Resources"][0],
                it["Compliance"]["Status"],
                it["Severity"]["Label"],
                it["RecordState"],
                it["ProductFields"]["stagecert/reason"],
                it["ProductFields"]["stagecert/notAfter"],
            ])
        })
        .collect();
    let resource = |kind: &str, id: &str, details: Value| json!({"Type": kind, "Id": id, "Partition": "aws-cn", "Region": "cn-north-1", "Details": {kind: details}});
    let prefix = "stagecert/aws-cn/111122223333/cn-north-1/";
    let rest = "arn:aws-cn:apigateway:cn-north-1::/restapis/a1b2";
    let v2 = "arn:aws-cn:apigateway:cn-north-1::/apis/a1b2";
    let public = "arn:aws-cn:apigateway:cn-north-1::/domainnames/api.example.com";
    let private = "arn:aws-cn:apigateway:cn-north-1:111122223333:/domainnames/api.example.com+x1";
    let domain = json!({
        "DomainName": "api.example.com", "FirstCaNotAfter": "2026-12-01T00:00:00Z",
        "OwnershipCertificateNotAfter": "2026-12-05T00:00:00Z",
    });
    let expected = [
        json!([
            format!("{prefix}{rest}/-/-/mutual-tls"),
            resource("AwsApiGatewayRestApi", rest, json!({"Id": "a1b2", "Name": "orders?"})),
            "FAILED",
            "HIGH",
            "ACTIVE",
            "default-endpoint",
            null
        ]),
        json!([
            format!("{prefix}{v2}/-/-/mutual-tls"),
            resource("AwsApiGatewayV2Api", v2, json!({"ApiId": "a1b2", "Name": "orders?"})),
            "PASSED",
            "INFORMATIONAL",
            "ACTIVE",
            "passed",
            null
        ]),
        json!([
            format!("{prefix}{public}/-/expired/truststore"),
            resource("Other", public, domain.clone()),
            "FAILED",
            "CRITICAL",
            "ACTIVE",
            "ca-expired",
            "2026-12-01T00:00:00Z"
        ]),
        json!([
            format!("{prefix}{public}/-/-/tls-policy"),
            resource("Other", public, domain),
            "NOT_AVAILABLE",
            "INFORMATIONAL",
            "ARCHIVED",
            "private",
            "2026-12-01T00:00:00Z"
        ]),
        json!([
            format!("{prefix}{private}/-/-/tls-policy"),
            resource("Other", private, json!({"DomainName": "api.example.com+x1"})),
            "PASSED",
            "INFORMATIONAL",
            "ACTIVE",
            "passed",
            null
        ]),
    ];
    assert_eq!(summary, expected);
}

#[test]
fn an_expired_certificate_is_a_new_finding() {
    use Reason::{CaExpired, CaExpiring, Expired, Expiring, PublicCa, Unpinned};
    for (finding, expected) in [
        (Finding::Truststore(passed()), "-/-/truststore"),
        (Finding::Truststore(failed(&[Unpinned])), "-/-/truststore"),
        // The most severe reason does not hide the phase.
        (Finding::Truststore(failed(&[PublicCa, CaExpiring])), "-/expiring/truststore"),
        (Finding::Truststore(failed(&[CaExpiring, CaExpired])), "-/expired/truststore"),
        (Finding::DomainCertificate(failed(&[Expiring])), "-/expiring/domain-certificate"),
        (Finding::DomainCertificate(failed(&[Expired, Expiring])), "-/expired/domain-certificate"),
    ] {
        let found = wire(&domain("api.example.com", vec![], vec![finding]));
        let id = found[0]["Id"].as_str().unwrap();
        assert!(id.ends_with(&format!("/domainnames/api.example.com/{expected}")), "{id}");
    }
}

#[test]
fn what_could_not_be_evaluated_is_a_warning_and_an_archived_finding_keeps_its_resource() {
    let (account_region, source) = (account_region(), Source::new("payments", "front-door"));
    for (evaluated, kind) in [
        (api(ApiType::Rest, vec![]), "AwsApiGatewayRestApi"),
        (api(ApiType::V2, vec![]), "AwsApiGatewayV2Api"),
        (domain("api.example.com", vec![], vec![]), "Other"),
    ] {
        let context = (&account_region, &source);
        let checks = [Check::TlsPolicy].into();
        let [warning] =
            front_door_not_evaluated(context, &evaluated.subject, &checks, at()).try_into().unwrap();
        assert_eq!(warning.compliance.status, crate::security_hub::ComplianceStatus::Warning);
        let resource = warning.resources[0].clone();
        assert_eq!((resource.kind, resource.details.is_none()), (kind, true));
        let existing =
            ExistingFinding { id: warning.id, resource: resource.id.clone(), ..ExistingFinding::default() };
        let archived = archived(&account_region, &existing, &Why::new("vanished", "gone"), at());
        assert_eq!(archived.resources, [resource]);
    }
}
