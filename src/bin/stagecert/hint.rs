//! What to do about a failure.

use stagecert::Failure;
use stagecert::failure::{ExpectedBy, Obstacle, Unsupported};
use stagecert::resources::account_region::AccountRegion;

/// The next step, as one sentence for people; `None` where the message says all there is.
pub(crate) fn hint(failure: &Failure) -> Option<String> {
    match failure {
        Failure::Operation { operation, resource, location, code, .. } => {
            let account_region = AccountRegion::in_region(&location.account, &location.region);
            match failure.obstacle() {
                Some(obstacle) => of_obstacle(obstacle, operation, &account_region),
                None => of_operation(operation, resource, &account_region, code.as_deref()?),
            }
        }
        Failure::NotSupported(Unsupported::LiveAccounts { .. }) => Some(
            "`cargo install --path . --locked` builds it with live accounts; --example and --snapshot work without".into(),
        ),
        Failure::File { source, .. } if source.kind() == std::io::ErrorKind::NotFound => {
            Some("check the path; `stagecert scan --example` needs no file".into())
        }
        Failure::Malformed { field, .. } if field.starts_with("snapshot") => {
            Some("docs/snapshot.md describes the file, examples/account.json is one".into())
        }
        Failure::Malformed { field, .. } if field.starts_with("invokingEvent") || field.starts_with("event") => {
            Some("the events in events/ have the form that AWS Config sends".into())
        }
        Failure::Disagreement { expected_by: ExpectedBy::Evaluator(_), .. } => Some(
            "use credentials and a Region of the event's account, or --param executionRoleName=ROLE to assume a role there"
                .into(),
        ),
        Failure::OutOfTime { .. } => Some("run it again: there was no time for the rest".into()),
        _ => None,
    }
}

fn of_obstacle(obstacle: &Obstacle, operation: &str, account_region: &AccountRegion) -> Option<String> {
    const SIGN_IN: &str = "sign in: `aws sso login` or `aws login` and set AWS_PROFILE, or set AWS_ACCESS_KEY_ID and \
         AWS_SECRET_ACCESS_KEY; `aws sts get-caller-identity` shows whether it worked";
    match obstacle {
        Obstacle::NoConnection => Some(format!(
            "AWS was not reached: check the network, the proxy (HTTPS_PROXY, NO_PROXY), that Region {} exists, and \
             AWS_ENDPOINT_URL if it is set; a proxy that opens TLS needs SSL_CERT_FILE",
            account_region.region
        )),
        Obstacle::MfaRequired { profile } => Some(format!(
            "the profile {profile} requires MFA (mfa_serial), and stagecert asks for no code: run `eval \"$(aws configure \
             export-credentials --profile {profile} --format env)\"`, then this command again without --profile"
        )),
        Obstacle::NoCredentials { code: Some(code) } if is_denial(code) => Some(
            "the role of the profile was refused: the credentials it starts from need sts:AssumeRole on that role, and the \
             role's trust policy must name them"
                .into(),
        ),
        Obstacle::NoCredentials { code: Some(code) } if is_unknown_identity(code) => {
            Some(unknown_identity(operation, account_region))
        }
        Obstacle::NoCredentials { .. } => Some(SIGN_IN.into()),
        Obstacle::NotInAggregator => {
            Some("add the account to the aggregator, or scan it with --accounts".into())
        }
        _ => None,
    }
}

fn of_operation(
    operation: &str,
    resource: &str,
    account_region: &AccountRegion,
    code: &str,
) -> Option<String> {
    match code {
        "NoAvailableConfigurationRecorderException" | "NoAvailableConfigurationRecorder" => Some(format!(
            "AWS Config records nothing in {}: turn on a recorder for API Gateway stages, or `--param inventory=apigateway` \
             reads REST stages from API Gateway",
            account_region.region
        )),
        "AWSOrganizationsNotInUseException" => Some(
            "the account of these credentials is in no organization: name accounts with --accounts".into(),
        ),
        "NoSuchConfigurationAggregatorException" => Some(format!(
            "an aggregator is in one account and Region: `aws configservice describe-configuration-aggregators --region {}` lists \
             them, --aggregator-region names another Region",
            account_region.region
        )),
        code if is_denial(code) => Some(permission(operation, resource, account_region)),
        code if is_unknown_identity(code) => Some(unknown_identity(operation, account_region)),
        code if is_throttling(code) => {
            Some("AWS limits calls for the whole account: try again when less is going on in it".into())
        }
        _ => None,
    }
}

fn is_denial(code: &str) -> bool {
    ["AccessDenied", "AccessDeniedException", "UnauthorizedException", "UnauthorizedOperation", "Forbidden"]
        .contains(&code)
}

fn is_unknown_identity(code: &str) -> bool {
    [
        "ExpiredToken",
        "ExpiredTokenException",
        "InvalidClientTokenId",
        "UnrecognizedClientException",
        "InvalidAccessKeyId",
    ]
    .contains(&code)
}

fn is_throttling(code: &str) -> bool {
    ["Throttling", "ThrottlingException", "ThrottledException", "TooManyRequestsException"].contains(&code)
}

/// Credentials that the service doesn't know.
fn unknown_identity(operation: &str, account_region: &AccountRegion) -> String {
    let region = &account_region.region;
    if is_opt_in(account_region) {
        return format!(
            "{region} is an opt-in Region, where a session token from the global STS endpoint is not valid: set \
             AWS_STS_REGIONAL_ENDPOINTS=regional for the tool that gets the token, and get a new one; `aws account \
             get-region-opt-status --region-name {region}` shows whether the account can use the Region at all"
        );
    }
    let sign_in = "sign in again (`aws sso login` or `aws login`) and try `aws sts get-caller-identity`";
    if operation == "GetCallerIdentity" { sign_in.into() } else { format!("{sign_in} in {region}") }
}

/// Whether an account has to enable the Region: every Region of the partition `aws` since March 2019.
fn is_opt_in(account_region: &AccountRegion) -> bool {
    const ENABLED_BY_DEFAULT: [&str; 17] = [
        "ap-northeast-1",
        "ap-northeast-2",
        "ap-northeast-3",
        "ap-south-1",
        "ap-southeast-1",
        "ap-southeast-2",
        "ca-central-1",
        "eu-central-1",
        "eu-north-1",
        "eu-west-1",
        "eu-west-2",
        "eu-west-3",
        "sa-east-1",
        "us-east-1",
        "us-east-2",
        "us-west-1",
        "us-west-2",
    ];
    account_region.partition == "aws" && !ENABLED_BY_DEFAULT.contains(&account_region.region.as_str())
}

/// The action and the narrowest ARN that allow an operation.
fn permission(operation: &str, resource: &str, account_region: &AccountRegion) -> String {
    let AccountRegion { partition, account, region } = account_region;
    let gateway = |path: &str| format!("arn:{partition}:apigateway:{region}::{path}");
    let aggregators = || format!("arn:{partition}:config:{region}:{account}:config-aggregator/*");
    let (action, on) = match operation {
        "GetClientCertificates" => ("apigateway:GET", gateway("/clientcertificates")),
        "GetExport" => ("apigateway:GET", gateway("/restapis/*/stages/*/exports/*")),
        "GetRestApis" => ("apigateway:GET", gateway("/restapis")),
        "GetStages" => ("apigateway:GET", gateway("/restapis/*/stages")),
        "DescribeCertificate" => ("acm:DescribeCertificate", resource.to_owned()),
        "GetResources" => ("tag:GetResources", "*".into()),
        "AssumeRole" => {
            return format!(
                "these credentials need sts:AssumeRole on {resource}, and that role's trust policy must name them"
            );
        }
        "ListAccounts" => {
            return "only the organization's management account or a delegated administrator can list accounts: use credentials of \
                    one with organizations:ListAccounts, or name accounts with --accounts"
                .into();
        }
        "ListRegions" => ("account:ListRegions", "*".into()),
        "SelectAggregateResourceConfig" => ("config:SelectAggregateResourceConfig", aggregators()),
        "DescribeConfigurationAggregatorSourcesStatus" => {
            ("config:DescribeConfigurationAggregatorSourcesStatus", aggregators())
        }
        "GetComplianceDetailsByConfigRule" => (
            "config:GetComplianceDetailsByConfigRule",
            format!("arn:{partition}:config:{region}:{account}:config-rule/*"),
        ),
        "SelectResourceConfig" => ("config:SelectResourceConfig", "*".into()),
        "BatchGetResourceConfig" => ("config:BatchGetResourceConfig", "*".into()),
        "GetResourceConfigHistory" => ("config:GetResourceConfigHistory", "*".into()),
        "GetCallerIdentity" => ("sts:GetCallerIdentity", "*".into()),
        _ => return format!("these credentials are not allowed {operation}"),
    };
    format!(
        "these credentials need {action} on {on}; if a policy grants it, look for a service control policy or a permissions \
         boundary that does not"
    )
}

#[cfg(test)]
mod tests {
    use stagecert::failure::{Cause, Location};

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
    fn a_token_that_an_opt_in_region_refuses_is_one_of_the_global_endpoint() {
        for code in ["UnrecognizedClientException", "InvalidClientTokenId"] {
            for region in ["me-south-1", "ap-east-1", "af-south-1", "eu-central-2", "mx-central-1"] {
                let says = hint(&refused_in(region, code)).unwrap();
                assert!(says.contains("AWS_STS_REGIONAL_ENDPOINTS=regional"), "{says}");
                assert!(
                    says.contains(&format!("--region-name {region}")) && !says.contains("sign in"),
                    "{says}"
                );
            }
            for region in ["us-east-1", "eu-north-1", "cn-north-1", "us-gov-west-1", "us-gov-east-1"] {
                let says = hint(&refused_in(region, code)).unwrap();
                assert!(says.starts_with("sign in again") && !says.contains("REGIONAL"), "{says}");
            }
        }
    }

    #[test]
    fn what_to_do_without_an_answer() {
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
                    "the profile audit requires MFA (mfa_serial), and stagecert asks for no code: run `eval \"$(aws configure \
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
    fn what_to_do_about_aws() {
        let denied = Some("AccessDeniedException");
        let role = "arn:aws-cn:iam::111122223333:role/reader";
        for (failure, says) in [
            (failed("GetCallerIdentity", "the credentials", Some("ExpiredToken"), ""), "sign in again"),
            (
                failed("GetExport", "a", Some("InvalidClientTokenId"), ""),
                "get-caller-identity` in cn-north-1",
            ),
            (
                failed("SelectResourceConfig", "all stages", denied, ""),
                "need config:SelectResourceConfig on *;",
            ),
            (
                failed("GetClientCertificates", "all client certificates", Some("AccessDenied"), ""),
                "need apigateway:GET on arn:aws-cn:apigateway:cn-north-1::/clientcertificates;",
            ),
            (
                failed("GetExport", "a", denied, ""),
                "on arn:aws-cn:apigateway:cn-north-1::/restapis/*/stages/*/exports/*;",
            ),
            (
                failed("DescribeCertificate", "arn:aws-cn:acm:x", denied, ""),
                "need acm:DescribeCertificate on arn:aws-cn:acm:x;",
            ),
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
                "`--param inventory=apigateway`",
            ),
            (failed("GetExport", "a", Some("TooManyRequestsException"), ""), "AWS limits calls"),
            (failed("ListAccounts", "the organization", denied, ""), "management account or a delegated"),
            (
                failed("ListAccounts", "the organization", Some("AWSOrganizationsNotInUseException"), ""),
                "in no organization: name accounts with --accounts",
            ),
            (
                failed("SelectAggregateResourceConfig", "all", denied, ""),
                "on arn:aws-cn:config:cn-north-1:111122223333:config-aggregator/*;",
            ),
            (
                failed(
                    "SelectAggregateResourceConfig",
                    "all",
                    Some("NoSuchConfigurationAggregatorException"),
                    "",
                ),
                "--aggregator-region names another Region",
            ),
            (failed("ListRegions", "the enabled Regions", denied, ""), "need account:ListRegions on *;"),
        ] {
            let told = hint(&failure).unwrap_or_default();
            assert!(told.contains(says), "{failure}: {told}");
        }
        assert_eq!(hint(&failed("GetExport", "a", Some("InternalFailure"), "")), None);
    }

    #[test]
    fn what_to_do_about_what_was_given() {
        let missing = Failure::File {
            path: "account.json".into(),
            source: std::io::Error::from(std::io::ErrorKind::NotFound),
        };
        let snapshot = Failure::Malformed { field: "snapshot.takenAt".into(), problem: String::new() };
        let event =
            Failure::Malformed { field: "invokingEvent.configurationItem".into(), problem: String::new() };
        for (failure, says) in [
            (missing, "stagecert scan --example"),
            (snapshot, "docs/snapshot.md"),
            (event, "events/"),
            (Failure::NotSupported(Unsupported::LiveAccounts { feature: "fleet" }), "cargo install"),
        ] {
            assert!(hint(&failure).is_some_and(|told| told.contains(says)), "{failure}");
        }
    }
}
