use stagecert::failure::{Cause, Location};
use stagecert::parameters::RawParameters;

use super::*;

fn failed(operation: &'static str, resource: &str, code: Option<&str>, source: &str) -> Failure {
    Failure::Operation {
        operation,
        resource: resource.into(),
        location: Location { account: "111122223333".into(), region: "cn-north-1".into() },
        code: code.map(Into::into),
        source: source.into(),
    }
}

fn unanswered(operation: &'static str, obstacle: Obstacle) -> Failure {
    let cause = Cause::new("said".into(), Some(obstacle), None);
    let Failure::Operation { operation, resource, location, code, .. } = failed(operation, "r", None, "")
    else {
        unreachable!()
    };
    Failure::Operation { operation, resource, location, code, source: Box::new(cause) }
}

fn refused_in(region: &str, code: &str) -> Failure {
    Failure::Operation {
        operation: "SelectResourceConfig",
        resource: "all stages".into(),
        location: Location { account: "111122223333".into(), region: region.into() },
        code: Some(code.into()),
        source: "The security token included in the request is invalid.".into(),
    }
}

#[test]
fn an_opt_in_region_that_rejects_a_token_gets_a_hint_about_the_sts_endpoint() {
    for code in ["UnrecognizedClientException", "InvalidClientTokenId"] {
        for region in ["me-south-1", "ap-east-1", "af-south-1", "eu-central-2", "mx-central-1"] {
            let says = hint(&refused_in(region, code)).unwrap();
            assert!(says.contains("AWS_STS_REGIONAL_ENDPOINTS=regional"), "{says}");
            assert!(says.contains(&format!("--region-name {region}")) && !says.contains("sign in"), "{says}");
        }
        for region in
            ["us-east-1", "eu-north-1", "cn-north-1", "us-gov-west-1", "us-gov-east-1", "eusc-de-east-1"]
        {
            let says = hint(&refused_in(region, code)).unwrap();
            assert!(says.starts_with("sign in again") && !says.contains("REGIONAL"), "{says}");
        }
    }
}

#[test]
fn a_call_without_an_answer_has_a_hint() {
    let refused = |code: &str| Obstacle::NoCredentials { code: Some(code.into()) };
    for operation in ["GetCallerIdentity", "AssumeRole", "GetResources"] {
        for (obstacle, says) in [
            (Obstacle::NoConnection, "AWS was not reached: check the network, the proxy (HTTPS_PROXY"),
            (Obstacle::NoCredentials { code: None }, "sign in: `aws sso login`"),
            (refused("AccessDenied"), "need sts:AssumeRole on that role"),
            (refused("ExpiredToken"), "sign in again"),
            (refused("MalformedPolicyDocument"), "sign in: "),
            (Obstacle::NotInAggregator, "add the account to the aggregator"),
            (
                Obstacle::MfaRequired { profile: "audit".into() },
                "the profile audit requires MFA (mfa_serial), and stagecert does not prompt for a code: run `eval \"$(aws configure \
                 export-credentials --profile audit --format env)\"`",
            ),
        ] {
            let failure = unanswered(operation, obstacle);
            let given = hint(&failure).unwrap();
            assert!(given.contains(says), "{failure}: {given}");
            assert_eq!(given.contains("sign in"), says.contains("sign in"), "{given}");
        }
    }
}

#[test]
fn an_error_from_aws_has_a_hint() {
    let denied = Some("AccessDeniedException");
    let role = "arn:aws-cn:iam::111122223333:role/reader";
    for (failure, says) in [
        (failed("GetCallerIdentity", "the credentials", Some("ExpiredToken"), ""), "sign in again"),
        (failed("GetExport", "a", Some("InvalidClientTokenId"), ""), "get-caller-identity` in cn-north-1"),
        (
            failed("AssumeRole", role, Some("AccessDenied"), "AccessDenied: not authorized"),
            "need sts:AssumeRole on arn:aws-cn:iam::111122223333:role/reader, and that role's trust policy",
        ),
        (
            failed(
                "SelectResourceConfig",
                "all stages",
                Some("NoAvailableConfigurationRecorderException"),
                "",
            ),
            "inventory=apigateway` to list REST stages",
        ),
        (failed("GetExport", "a", Some("TooManyRequestsException"), ""), "AWS throttles the account"),
        (failed("ListAccounts", "the organization", denied, ""), "management account or a delegated"),
        (
            failed("ListAccounts", "the organization", Some("AWSOrganizationsNotInUseException"), ""),
            "not in an organization: use --accounts instead",
        ),
        (
            failed(
                "SelectAggregateResourceConfig",
                "all",
                Some("NoSuchConfigurationAggregatorException"),
                "",
            ),
            "use --aggregator-region for another Region",
        ),
    ] {
        let given = hint(&failure).unwrap_or_default();
        assert!(given.contains(says), "{failure}: {given}");
        assert_eq!(missing_permission(&failure), None);
    }
    assert_eq!(hint(&failed("GetExport", "a", Some("InternalFailure"), "")), None);
}

#[test]
fn a_denied_call_names_its_permission() {
    let api = "arn:aws-cn:apigateway:cn-north-1::/restapis/a1";
    let gateway = "apigateway:GET on arn:aws-cn:apigateway:cn-north-1::";
    let cases = [
        ("SelectResourceConfig", "all stages", "config:SelectResourceConfig on *".to_owned()),
        ("GetClientCertificates", "all client certificates", format!("{gateway}/clientcertificates")),
        ("GetExport", "a", format!("{gateway}/restapis/*/stages/*/exports/*")),
        ("GetStage", "a", format!("{gateway}/restapis/*/stages/*")),
        ("GetResources", api, format!("{gateway}/restapis/*/resources")),
        ("GetResources", "the tags of 2 resources", "tag:GetResources on *".into()),
        ("DescribeCertificate", "arn:aws-cn:acm:x", "acm:DescribeCertificate on arn:aws-cn:acm:cn-north-1:111122223333:certificate/*".into()),
        ("DescribeConfigRules", "stagecert", "config:DescribeConfigRules on *".into()),
        (
            "SelectAggregateResourceConfig",
            "all",
            "config:SelectAggregateResourceConfig on arn:aws-cn:config:cn-north-1:111122223333:config-aggregator/*".into(),
        ),
        ("GetStages", "a1", format!("{gateway}/restapis/*/stages")),
        ("GetStages", "arn:aws-cn:apigateway:cn-north-1::/apis/a1", format!("{gateway}/apis/*/stages")),
        ("GetDomainNames", "all domain names", format!("{gateway}/domainnames")),
        ("GetApiMappings", "a.example", format!("{gateway}/domainnames/*/apimappings")),
        (
            "ListRoutingRules",
            "a.example",
            "apigateway:ListRoutingRules on arn:aws-cn:apigateway:cn-north-1:111122223333:/domainnames/*/routingrules".into(),
        ),
        ("DescribeVpcEndpoints", "vpce-1", "ec2:DescribeVpcEndpoints on *".into()),
        (
            "GetTrustStoreCaCertificatesBundle",
            "t",
            "elasticloadbalancing:GetTrustStoreCaCertificatesBundle on \
             arn:aws-cn:elasticloadbalancing:cn-north-1:111122223333:truststore/*"
                .into(),
        ),
        ("ListRegions", "the enabled Regions", "account:ListRegions on *".into()),
    ];
    for (operation, resource, permission) in cases {
        for code in ["AccessDeniedException", "AccessDenied", "UnauthorizedOperation"] {
            let failure = failed(operation, resource, Some(code), "");
            assert_eq!((hint(&failure), missing_permission(&failure)), (None, Some(permission.clone())));
        }
        assert_eq!(missing_permission(&failed(operation, resource, Some("Throttling"), "")), None);
    }
}

#[test]
fn a_misspelled_parameter_or_value_has_a_suggestion() {
    let read = |key: &str, value: &str| {
        let pair = (key.to_owned(), serde_json::Value::from(value));
        RawParameters::from_pairs([pair]).and_then(|raw| raw.validate()).unwrap_err()
    };
    for (key, value, says) in [
        ("expiryWindow", "60", Some("did you mean expiryWindowDays?")),
        ("expirywindowdays", "60", Some("did you mean expiryWindowDays?")),
        ("apigatewayCallsPerSecond", "3", Some("did you mean apiGatewayCallsPerSecond?")),
        ("x", "60", None),
        ("inventory", "apigw", Some("did you mean inventory=apigateway?")),
        ("inventory", "Config", Some("did you mean inventory=config?")),
        ("checks", "owner-tag, certificate-expired", Some("did you mean checks=certificate-expiry?")),
        ("reporting", "none", None),
        ("expiryWindowDays", "0", None),
    ] {
        assert_eq!(hint(&read(key, value)).as_deref(), says, "{key}={value}");
    }
}

#[test]
fn an_output_path_has_its_own_hint() {
    let failed = |kind: ErrorKind| Failure::File { path: "--output x/y".into(), source: kind.into() };
    for (kind, says) in
        [(ErrorKind::NotFound, "the folder does not exist"), (ErrorKind::IsADirectory, "name a file in it")]
    {
        let given = hint(&failed(kind)).unwrap();
        assert!(given.contains(says) && !given.contains("--example"), "{given}");
    }
    assert_eq!(hint(&failed(ErrorKind::StorageFull)), None);
}

#[test]
fn an_invalid_input_has_a_hint() {
    let missing = Failure::File {
        path: "account.json".into(),
        source: std::io::Error::from(std::io::ErrorKind::NotFound),
    };
    let snapshot = Failure::Malformed { field: "a.json: snapshot.takenAt".into(), problem: String::new() };
    let event =
        Failure::Malformed { field: "invokingEvent.configurationItem".into(), problem: String::new() };
    for (failure, says) in [
        (missing, "stagecert scan --example"),
        (snapshot, "docs/snapshot.md"),
        (event, "events/"),
        (Failure::NotSupported(Unsupported::LiveAccounts { feature: "fleet" }), "cargo install"),
    ] {
        assert!(hint(&failure).is_some_and(|given| given.contains(says)), "{failure}");
    }
}
