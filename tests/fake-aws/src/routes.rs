//! Routing: the operation and input of a request.

use serde_json::{Map, Value, json};

use crate::operations::s3;
use crate::wire::{Protocol, Request};

/// An operation, and its input as a JSON object in every protocol.
#[derive(Clone, Debug)]
pub struct RoutedRequest {
    /// For example `PutEvaluations`.
    pub operation: &'static str,
    /// The service's name in SigV4 scopes.
    pub service: &'static str,
    /// The protocol of the response.
    pub protocol: Protocol,
    /// The members of the body, and those of path and query under their names in botocore's model.
    pub input: Value,
}

const JSON: [(&str, &str, &str); 24] = [
    ("GraniteServiceVersion20100801.GetMetricData", "GetMetricData", "monitoring"),
    (
        "StarlingDoveService.DescribeAggregateComplianceByConfigRules",
        "DescribeAggregateComplianceByConfigRules",
        "config",
    ),
    (
        "StarlingDoveService.GetAggregateComplianceDetailsByConfigRule",
        "GetAggregateComplianceDetailsByConfigRule",
        "config",
    ),
    ("AWSEvents.PutEvents", "PutEvents", "events"),
    ("AmazonSSM.GetParameter", "GetParameter", "ssm"),
    ("AmazonSSM.PutParameter", "PutParameter", "ssm"),
    ("StarlingDoveService.SelectResourceConfig", "SelectResourceConfig", "config"),
    ("StarlingDoveService.BatchGetResourceConfig", "BatchGetResourceConfig", "config"),
    ("StarlingDoveService.GetResourceConfigHistory", "GetResourceConfigHistory", "config"),
    ("StarlingDoveService.GetComplianceDetailsByConfigRule", "GetComplianceDetailsByConfigRule", "config"),
    ("StarlingDoveService.GetComplianceDetailsByResource", "GetComplianceDetailsByResource", "config"),
    ("StarlingDoveService.PutEvaluations", "PutEvaluations", "config"),
    ("StarlingDoveService.SelectAggregateResourceConfig", "SelectAggregateResourceConfig", "config"),
    ("StarlingDoveService.DescribeConfigRules", "DescribeConfigRules", "config"),
    (
        "StarlingDoveService.DescribeConfigurationRecorderStatus",
        "DescribeConfigurationRecorderStatus",
        "config",
    ),
    (
        "StarlingDoveService.DescribeConfigurationAggregatorSourcesStatus",
        "DescribeConfigurationAggregatorSourcesStatus",
        "config",
    ),
    (
        "StarlingDoveService.DescribeConfigRuleEvaluationStatus",
        "DescribeConfigRuleEvaluationStatus",
        "config",
    ),
    ("StarlingDoveService.DescribeConfigurationRecorders", "DescribeConfigurationRecorders", "config"),
    ("AWSOrganizationsV20161128.ListAccountsForParent", "ListAccountsForParent", "organizations"),
    (
        "AWSOrganizationsV20161128.ListOrganizationalUnitsForParent",
        "ListOrganizationalUnitsForParent",
        "organizations",
    ),
    (
        "AWSOrganizationsV20161128.ListAWSServiceAccessForOrganization",
        "ListAWSServiceAccessForOrganization",
        "organizations",
    ),
    ("AWSOrganizationsV20161128.ListAccounts", "ListAccounts", "organizations"),
    ("ResourceGroupsTaggingAPI_20170126.GetResources", "GetResources", "tagging"),
    ("CertificateManager.DescribeCertificate", "DescribeCertificate", "acm"),
];

/// The operations of the query protocol and of EC2's, except `GetMetricData`.
const FORMS: [(&str, &str); 21] = [
    ("AssumeRole", "sts"),
    ("GetCallerIdentity", "sts"),
    ("DescribeStackSet", "cloudformation"),
    ("ListStackSets", "cloudformation"),
    ("ListStackInstances", "cloudformation"),
    ("UpdateStackInstances", "cloudformation"),
    ("CreateStackInstances", "cloudformation"),
    ("DescribeRegions", "ec2"),
    ("DescribeVpcEndpoints", "ec2"),
    ("DescribeNetworkInterfaces", "ec2"),
    ("DescribeSecurityGroups", "ec2"),
    ("DescribeLoadBalancers", "elasticloadbalancing"),
    ("DescribeListeners", "elasticloadbalancing"),
    ("DescribeRules", "elasticloadbalancing"),
    ("DescribeTargetGroups", "elasticloadbalancing"),
    ("DescribeTargetHealth", "elasticloadbalancing"),
    ("DescribeTrustStores", "elasticloadbalancing"),
    ("DescribeTrustStoreAssociations", "elasticloadbalancing"),
    ("DescribeTrustStoreRevocations", "elasticloadbalancing"),
    ("GetTrustStoreCaCertificatesBundle", "elasticloadbalancing"),
    ("GetTrustStoreRevocationContent", "elasticloadbalancing"),
];

/// The operation of a request that is signed for a service; `Err` says which part of the request is
/// unknown.
pub fn route(request: &Request, service: Option<&str>) -> Result<RoutedRequest, String> {
    if let Some(signature) = request.query.get("X-Amz-Signature") {
        let input = json!({
            "path": request.path.join("/"),
            "signature": signature,
            "signed": service.is_some(),
        });
        let operation =
            if request.method == "GET" { "GetPresignedObject" } else { return Err("a method".into()) };
        return Ok(RoutedRequest { operation, service: "s3", protocol: Protocol::S3, input });
    }
    if service == Some("s3") {
        return s3(request);
    }
    let target = request.header("x-amz-target");
    if !target.is_empty() {
        let known = JSON.iter().find(|(name, ..)| *name == target);
        let &(_, operation, service) = known.ok_or_else(|| format!("x-amz-target {target}"))?;
        let input = serde_json::from_slice(&request.body).map_err(|error| format!("a body: {error}"))?;
        return Ok(RoutedRequest { operation, service, protocol: Protocol::Json, input });
    }
    let path: Vec<&str> = request.path.iter().map(String::as_str).collect();
    if let ["service", "ResourceGroupsTaggingAPI_20170126", "operation", "GetResources"] = path.as_slice() {
        let input =
            ciborium::from_reader(request.body.as_slice()).map_err(|error| format!("a body: {error}"))?;
        return Ok(RoutedRequest {
            operation: "GetResources",
            service: "tagging",
            protocol: Protocol::Cbor,
            input,
        });
    }
    if request.method == "POST" && path.iter().all(|segment| segment.is_empty()) {
        let form: Map<String, Value> =
            form_urlencoded::parse(&request.body).map(|(name, value)| (name.into(), value.into())).collect();
        let (operation, service) = match form.get("Action").and_then(Value::as_str) {
            Some("GetMetricData") => {
                let input = nested(&form);
                return Ok(RoutedRequest {
                    operation: "GetMetricData",
                    service: "monitoring",
                    protocol: Protocol::Query,
                    input,
                });
            }
            Some(action) => {
                let mut known = FORMS.iter().filter(|(operation, _)| *operation == action);
                *known.next().ok_or_else(|| format!("Action {action}"))?
            }
            None => return Err("no Action".into()),
        };
        let protocol = if service == "ec2" { Protocol::Ec2 } else { Protocol::Query };
        return Ok(RoutedRequest { operation, service, protocol, input: form.into() });
    }
    if (request.method.as_str(), path.as_slice()) == ("POST", &["listRegions"]) {
        return Ok(RoutedRequest { service: "account", ..body_of(request, "ListRegions", &[])? });
    }
    if (request.method.as_str(), path.as_slice()) == ("GET", &["2016-08-19", "account-settings"]) {
        return Ok(RoutedRequest { service: "lambda", ..body_of(request, "GetAccountSettings", &[])? });
    }
    let of_findings = match (request.method.as_str(), path.as_slice()) {
        ("POST", ["findings", "import"]) => Some("BatchImportFindings"),
        ("POST", ["findings"]) => Some("GetFindings"),
        _ => None,
    };
    if let Some(operation) = of_findings {
        return Ok(RoutedRequest { service: "securityhub", ..body_of(request, operation, &[])? });
    }
    rest(request, &path)
}

fn s3(request: &Request) -> Result<RoutedRequest, String> {
    let (input, has_key) = s3::input(request);
    let operation = match (request.method.as_str(), has_key) {
        ("GET", true) => "GetObject",
        ("HEAD", true) => "HeadObject",
        ("GET", false) if request.query.contains_key("versions") => "ListObjectVersions",
        (method, _) => return Err(format!("{method} of S3")),
    };
    Ok(RoutedRequest { operation, service: "s3", protocol: Protocol::S3, input })
}

/// The structures and lists of a query: `A.member.1.B=x` is the `B` of the first element of `A`.
fn nested(form: &Map<String, Value>) -> Value {
    let mut all = Value::Null;
    for (name, value) in form {
        let mut parts = name.split('.');
        let mut at = &mut all;
        while let Some(part) = parts.next() {
            at = if part == "member" { element(at, parts.next()) } else { &mut at[part] };
        }
        *at = value.clone();
    }
    all
}

/// The element of a list with a number from 1, which is added if necessary.
fn element<'v>(list: &'v mut Value, number: Option<&str>) -> &'v mut Value {
    let at = number.and_then(|number| number.parse::<usize>().ok()).unwrap_or(1).clamp(1, 500) - 1;
    if !list.is_array() {
        *list = Value::Array(Vec::new());
    }
    let list = list.as_array_mut().expect("it is a list now");
    list.resize(list.len().max(at + 1), Value::Null);
    &mut list[at]
}

fn rest(request: &Request, path: &[&str]) -> Result<RoutedRequest, String> {
    let (operation, members): (_, &[(&str, &str)]) = match (request.method.as_str(), path) {
        ("GET", ["restapis"]) => ("GetRestApis", &[]),
        ("GET", ["restapis", api]) => ("GetRestApi", &[("restApiId", api)]),
        ("GET", ["restapis", api, "authorizers"]) => ("GetAuthorizers", &[("restApiId", api)]),
        ("GET", ["restapis", api, "resources"]) => ("GetResources", &[("restApiId", api)]),
        ("GET", ["restapis", api, "resources", resource, "methods", method]) => {
            ("GetMethod", &[("restApiId", api), ("resourceId", resource), ("httpMethod", method)])
        }
        ("POST", ["restapis", api, "resources", resource, "methods", method]) => {
            ("TestInvokeMethod", &[("restApiId", api), ("resourceId", resource), ("httpMethod", method)])
        }
        ("GET", ["domainnames"]) => ("GetDomainNames", &[]),
        ("GET", ["domainnames", name]) => ("GetDomainName", &[("domainName", name)]),
        ("GET", ["domainnames", name, "basepathmappings"]) => {
            ("GetBasePathMappings", &[("domainName", name)])
        }
        ("GET", ["domainnameaccessassociations"]) => ("GetDomainNameAccessAssociations", &[]),
        ("GET", ["v2", "domainnames"]) => ("GetDomainNames", &[("version", "2")]),
        ("GET", ["v2", "domainnames", name, "apimappings"]) => ("GetApiMappings", &[("DomainName", name)]),
        ("GET", ["v2", "domainnames", name, "routingrules"]) => ("ListRoutingRules", &[("DomainName", name)]),
        ("GET", ["v2", "apis", api]) => ("GetApi", &[("ApiId", api)]),
        ("GET", ["restapis", api, "stages"]) => ("GetStages", &[("restApiId", api)]),
        ("GET", ["restapis", api, "stages", stage]) => {
            ("GetStage", &[("restApiId", api), ("stageName", stage)])
        }
        ("GET", ["v2", "apis"]) => ("GetApis", &[]),
        ("GET", ["v2", "apis", api, "stages"]) => ("GetStages", &[("ApiId", api)]),
        ("GET", ["v2", "apis", api, "stages", stage]) => {
            ("GetStage", &[("ApiId", api), ("StageName", stage)])
        }
        ("PATCH", ["v2", "apis", api, "stages", stage]) => {
            ("UpdateStage", &[("ApiId", api), ("StageName", stage)])
        }
        ("PATCH", ["restapis", api, "stages", stage]) => {
            ("UpdateStage", &[("restApiId", api), ("stageName", stage)])
        }
        ("GET", ["restapis", api, "stages", stage, "exports", kind]) => {
            ("GetExport", &[("restApiId", api), ("stageName", stage), ("exportType", kind)])
        }
        ("GET", ["clientcertificates"]) => ("GetClientCertificates", &[]),
        ("POST", ["clientcertificates"]) => ("GenerateClientCertificate", &[]),
        ("GET", ["clientcertificates", id]) => ("GetClientCertificate", &[("clientCertificateId", id)]),
        ("DELETE", ["clientcertificates", id]) => ("DeleteClientCertificate", &[("clientCertificateId", id)]),
        // ARNs contain slashes, which a client may or may not encode.
        ("PUT", ["tags", arn @ ..]) => {
            return body_of(request, "TagResource", &[("resourceArn", &arn.join("/"))]);
        }
        ("DELETE", ["tags", arn @ ..]) => {
            return body_of(request, "UntagResource", &[("resourceArn", &arn.join("/"))]);
        }
        (method, _) => return Err(format!("{method} /{}", path.join("/"))),
    };
    body_of(request, operation, members)
}

fn body_of(
    request: &Request,
    operation: &'static str,
    members: &[(&str, &str)],
) -> Result<RoutedRequest, String> {
    let body = if request.body.is_empty() { b"{}".as_slice() } else { &request.body };
    let mut input: Map<String, Value> =
        serde_json::from_slice(body).map_err(|error| format!("a body: {error}"))?;
    input.extend(request.query.iter().map(|(name, value)| (name.clone(), value.clone().into())));
    input.extend(members.iter().map(|&(name, value)| (name.to_owned(), value.into())));
    Ok(RoutedRequest { operation, service: "apigateway", protocol: Protocol::Rest, input: input.into() })
}
