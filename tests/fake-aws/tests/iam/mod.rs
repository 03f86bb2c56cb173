//! IAM policies, and the permissions that calls need.

use std::collections::BTreeSet;

use fake_aws::LoggedCall;
use serde_json::Value;

/// The permission that a call needs: the action, plus the path for API Gateway, whose one action
/// covers all reads.
pub fn needed(call: &LoggedCall) -> String {
    let text = |name: &str| call.input[name].as_str().unwrap_or_default();
    let api = if call.input["ApiId"].is_null() {
        format!("/restapis/{}", text("restApiId"))
    } else {
        format!("/apis/{}", text("ApiId"))
    };
    let domain = format!("/domainnames/{}{}", text("domainName"), text("DomainName"));
    let stage = format!("{api}/stages/{}{}", text("stageName"), text("StageName"));
    match (call.service.as_str(), call.operation) {
        ("apigateway", "GetClientCertificates") => "apigateway:GET /clientcertificates".into(),
        ("apigateway", "GetRestApis") => "apigateway:GET /restapis".into(),
        ("apigateway", "GetExport") => format!("apigateway:GET {stage}/exports/{}", text("exportType")),
        ("apigateway", "GetStage") => format!("apigateway:GET {stage}"),
        ("apigateway", "GetStages") => format!("apigateway:GET {api}/stages"),
        ("apigateway", "GetApis") => "apigateway:GET /apis".into(),
        ("apigateway", "UpdateStage") => format!("apigateway:PATCH {stage}"),
        ("apigateway", "GenerateClientCertificate") => "apigateway:POST /clientcertificates".into(),
        ("apigateway", "DeleteClientCertificate") => {
            format!("apigateway:DELETE /clientcertificates/{}", text("clientCertificateId"))
        }
        ("apigateway", "TagResource") => format!("apigateway:PUT /tags/{}", text("resourceArn")),
        ("apigateway", "UntagResource") => format!("apigateway:DELETE /tags/{}", text("resourceArn")),
        ("apigateway", "GetResources") => format!("apigateway:GET {api}/resources"),
        ("apigateway", "TestInvokeMethod") => {
            format!("apigateway:POST {api}/resources/{}/methods/{}", text("resourceId"), text("httpMethod"))
        }
        ("apigateway", "GetRestApi" | "GetApi") => format!("apigateway:GET {api}"),
        ("apigateway", "GetDomainNames") => "apigateway:GET /domainnames".into(),
        ("apigateway", "GetDomainName") => format!("apigateway:GET {domain}"),
        ("apigateway", "GetBasePathMappings") => format!("apigateway:GET {domain}/basepathmappings"),
        ("apigateway", "GetApiMappings") => format!("apigateway:GET {domain}/apimappings"),
        ("apigateway", "ListRoutingRules") => format!("apigateway:ListRoutingRules {domain}/routingrules"),
        ("apigateway", "GetDomainNameAccessAssociations") => {
            "apigateway:GET /domainnameaccessassociations".into()
        }
        ("s3", "GetObject" | "HeadObject") if call.input["versionId"].is_null() => "s3:GetObject".into(),
        ("s3", "GetObject" | "HeadObject") => "s3:GetObjectVersion".into(),
        ("s3", "ListObjectVersions") => "s3:ListBucketVersions".into(),
        // The URL has the permission of the call that returned it.
        (_, "GetPresignedObject") if text("path").contains("/revocations-") => {
            "elasticloadbalancing:GetTrustStoreRevocationContent".into()
        }
        (_, "GetPresignedObject") => "elasticloadbalancing:GetTrustStoreCaCertificatesBundle".into(),
        ("monitoring", operation) => format!("cloudwatch:{operation}"),
        ("tagging", operation) => format!("tag:{operation}"),
        (
            service @ ("acm"
            | "sts"
            | "organizations"
            | "account"
            | "securityhub"
            | "events"
            | "ssm"
            | "cloudformation"
            | "lambda"
            | "ec2"
            | "elasticloadbalancing"),
            operation,
        ) => {
            format!("{service}:{operation}")
        }
        (_, operation) => format!("config:{operation}"),
    }
}

/// The permissions that a policy grants in statements whose `Sid` starts with `sid`.
pub fn granted(policy: &str, sid: &str) -> BTreeSet<String> {
    let policy: Value = serde_json::from_str(policy).unwrap();
    let statements = policy["Statement"].as_array().unwrap().iter();
    let selected = statements.filter(|it| it["Sid"].as_str().unwrap_or_default().starts_with(sid));
    let permissions = selected.flat_map(|statement| {
        let path = |arn: &str| arn.splitn(6, ':').last().unwrap_or_default().to_owned();
        let paths: Vec<String> = strings(&statement["Resource"]).into_iter().map(path).collect();
        strings(&statement["Action"]).into_iter().flat_map(move |action| match action {
            action if action.starts_with("apigateway:") => {
                paths.iter().map(|path| format!("{action} {path}")).collect()
            }
            _ => vec![action.to_owned()],
        })
    });
    permissions.collect()
}

fn strings(value: &Value) -> Vec<&str> {
    match value {
        Value::Array(all) => all.iter().map(|one| one.as_str().unwrap()).collect(),
        one => vec![one.as_str().unwrap()],
    }
}

/// The calls that no permission covers.
pub fn denied<'c>(called: &'c BTreeSet<String>, granted: &BTreeSet<String>) -> Vec<&'c String> {
    called.iter().filter(|call| !granted.iter().any(|pattern| matches(pattern, call))).collect()
}

/// Checks that the permissions cover each call and that a call needs each permission.
pub fn assert_least_privilege(called: &BTreeSet<String>, granted: &BTreeSet<String>, role: &str) {
    let denied = denied(called, granted);
    assert!(denied.is_empty(), "{role}: called but not granted: {denied:?}, of {granted:?}");
    let unused: Vec<_> =
        granted.iter().filter(|pattern| !called.iter().any(|call| matches(pattern, call))).collect();
    assert!(unused.is_empty(), "{role}: granted but never called: {unused:?}, of {called:?}");
}

/// Whether text matches a pattern, in which `*` matches anything including slashes, as in IAM.
fn matches(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((before, after)) => text.strip_prefix(before).is_some_and(|rest| {
            (0..=rest.len()).any(|at| rest.is_char_boundary(at) && matches(after, &rest[at..]))
        }),
    }
}
