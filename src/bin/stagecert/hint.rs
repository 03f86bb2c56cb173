//! What to do about a failure.

use stagecert::Failure;
use stagecert::place::Place;

/// The next step, as one sentence for people; `None` where the message says all there is.
pub(crate) fn hint(failure: &Failure) -> Option<String> {
    match failure {
        Failure::Operation { operation, resource, place, code, source } => {
            of_operation(operation, resource, place, code.as_deref(), &source.to_string())
        }
        Failure::NotSupported(what) if what.starts_with("live accounts") => Some(
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
        Failure::Disagreement { expected_by, .. } if expected_by.starts_with("the evaluator's own") => Some(
            "use credentials and a Region of the event's account, or --param executionRoleName=ROLE to assume a role there"
                .into(),
        ),
        Failure::OutOfTime { .. } => Some("run it again: there was no time for the rest".into()),
        _ => None,
    }
}

fn of_operation(
    operation: &str,
    resource: &str,
    place: &Place,
    code: Option<&str>,
    told: &str,
) -> Option<String> {
    match code {
        Some("NoAvailableConfigurationRecorderException" | "NoAvailableConfigurationRecorder") => Some(format!(
            "AWS Config records nothing in {}: turn on a recorder for API Gateway stages, or `--param inventory=apigateway` \
             reads REST stages from API Gateway",
            place.region
        )),
        Some("AWSOrganizationsNotInUseException") => {
            Some("the account of these credentials is in no organization: name accounts with --accounts".into())
        }
        Some("NoSuchConfigurationAggregatorException") => Some(format!(
            "an aggregator is in one account and Region: `aws configservice describe-configuration-aggregators --region {}` lists \
             them, --aggregator-region names another Region",
            place.region
        )),
        Some(code) if is_denial(code) => Some(permission(operation, resource, place)),
        Some(code) if is_unknown_identity(code) => Some(format!(
            "sign in again (`aws sso login` or `aws login`) and try `aws sts get-caller-identity`; if that works, {} may be a Region \
             that is not enabled in the account",
            place.region
        )),
        Some(code) if is_throttling(code) => {
            Some("AWS limits calls for the whole account: try again when less is going on in it".into())
        }
        None if no_credentials(operation, told) => Some(
            "sign in: `aws sso login` or `aws login` and set AWS_PROFILE, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; \
             `aws sts get-caller-identity` shows whether it worked"
                .into(),
        ),
        None if operation == "AssumeRole" => Some(permission(operation, resource, place)),
        None if told.contains("the aggregator does not cover") => {
            Some("add the account to the aggregator, or scan it with --accounts".into())
        }
        None if told.contains("dispatch failure") || told.contains("timeout") => Some(format!(
            "AWS was not reached: check the network, a proxy, that Region {} exists, and AWS_ENDPOINT_URL if it is set",
            place.region
        )),
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

/// The SDK has no code for it, only sentences.
fn no_credentials(operation: &str, told: &str) -> bool {
    let told = told.to_lowercase();
    // A role that may not be assumed is told in a sentence about credentials, too.
    told.contains("credential") && (operation != "AssumeRole" || told.contains("no providers"))
}

/// The action and the narrowest ARN that allow an operation.
fn permission(operation: &str, resource: &str, place: &Place) -> String {
    let Place { partition, account, region } = place;
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
    use super::*;

    fn failed(operation: &'static str, resource: &str, code: Option<&str>, told: &str) -> Failure {
        Failure::Operation {
            operation,
            resource: resource.into(),
            place: Place {
                partition: "aws-cn".into(),
                account: "111122223333".into(),
                region: "cn-north-1".into(),
            },
            code: code.map(Into::into),
            source: told.into(),
        }
    }

    #[test]
    fn what_to_do_about_aws() {
        let denied = Some("AccessDeniedException");
        let role = "arn:aws-cn:iam::111122223333:role/reader";
        for (failure, says) in [
            (
                failed(
                    "GetCallerIdentity",
                    "the credentials",
                    None,
                    "dispatch failure: no providers in chain provided credentials",
                ),
                "sign in: `aws sso login`",
            ),
            (failed("GetCallerIdentity", "the credentials", Some("ExpiredToken"), ""), "sign in again"),
            (
                failed("GetCallerIdentity", "the credentials", Some("InvalidClientTokenId"), ""),
                "cn-north-1 may be a Region that is not enabled",
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
                failed("AssumeRole", role, None, "an error occurred while loading credentials: AccessDenied"),
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
            (
                failed(
                    "GetResources",
                    "100 resources",
                    None,
                    "dispatch failure: io error: connection refused",
                ),
                "AWS was not reached",
            ),
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
            (Failure::NotSupported("live accounts: none".into()), "cargo install"),
        ] {
            assert!(hint(&failure).is_some_and(|told| told.contains(says)), "{failure}");
        }
    }
}
