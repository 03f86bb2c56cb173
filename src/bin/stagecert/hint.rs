//! Hints: what to do about a failure.

use std::io::ErrorKind;

use stagecert::Failure;
use stagecert::failure::{ExpectedBy, Obstacle, Unsupported};
use stagecert::parameters::KEYS;
use stagecert::resources::account_region::AccountRegion;

use crate::args::parameter_values as values;
use crate::output::OPTION;
use crate::permission;

/// The field of the failure for a live account without a Region.
pub(crate) const NO_REGION: &str = "no Region";

/// The next step after a failure, as one sentence; `None` if the message is enough.
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
            "`cargo install --path . --locked` builds stagecert with support for live accounts; --example and --snapshot work \
             without it".into(),
        ),
        Failure::File { path, source } if path.starts_with(OPTION) => of_output(source.kind()),
        Failure::File { source, .. } if source.kind() == ErrorKind::NotFound => {
            Some("check the path; `stagecert scan --example` needs no file".into())
        }
        Failure::Malformed { field, .. } if field == NO_REGION => Some(
            "add `--region eu-west-1` or `--all-regions`, set AWS_REGION, or run `aws configure set region eu-west-1`; \
             `stagecert scan --example` needs no account"
                .into(),
        ),
        Failure::Malformed { field, .. } if is_in(field, "snapshot") => {
            Some("docs/snapshot.md describes snapshot files; examples/account.json is an example".into())
        }
        Failure::Malformed { field, .. } if is_in(field, "invokingEvent") || is_in(field, "event") => {
            Some("events/ has sample events in the form that AWS Config sends".into())
        }
        Failure::Parameter { key, value, allowed } => of_parameter(key, value, allowed),
        Failure::Disagreement { expected_by: ExpectedBy::Evaluator(_), .. } => Some(
            "use credentials of the event's account and its Region, or --param executionRoleName=ROLE to assume a role there"
                .into(),
        ),
        Failure::OutOfTime { .. } => Some("run the command again: there was not enough time to finish".into()),
        _ => None,
    }
}

/// Whether a field is in this document; the name of the file may precede it.
fn is_in(field: &str, document: &str) -> bool {
    field.rsplit(": ").next().is_some_and(|field| field.starts_with(document))
}

/// What to do about an output path.
fn of_output(kind: ErrorKind) -> Option<String> {
    match kind {
        ErrorKind::NotFound => {
            Some("the folder does not exist: create it first; `--output -` writes to standard output".into())
        }
        ErrorKind::IsADirectory => Some("this is a folder: name a file in it".into()),
        _ => None,
    }
}

/// The key or value that was probably meant.
fn of_parameter(key: &str, value: &str, allowed: &str) -> Option<String> {
    if key == "ruleParameters" {
        let is_key = allowed.starts_with("the keys");
        return nearest(value, &KEYS).filter(|_| is_key).map(|key| format!("did you mean {key}?"));
    }
    let known = values(key);
    let wrong = value.split(',').map(str::trim).find(|entry| !known.contains(entry))?;
    nearest(wrong, &known).map(|value| format!("did you mean {key}={value}?"))
}

/// The most similar of these words, if it is similar enough to have been meant.
fn nearest<'w>(text: &str, words: &[&'w str]) -> Option<&'w str> {
    const MIN_SIMILARITY: f64 = 0.75;
    let similarity = |word: &str| strsim::jaro_winkler(&text.to_lowercase(), &word.to_lowercase());
    let similar = words.iter().map(|word| (similarity(word), *word));
    let (similarity, word) = similar.max_by(|(one, _), (other, _)| one.total_cmp(other))?;
    (similarity >= MIN_SIMILARITY).then_some(word)
}

/// The permission that a denied call needs, as an action and the narrowest resource ARN; `None` if
/// the failure isn't a denial, or if its hint says what to do.
pub(crate) fn missing_permission(failure: &Failure) -> Option<String> {
    let Failure::Operation { operation, resource, location, code: Some(code), .. } = failure else {
        return None;
    };
    let account_region = AccountRegion::in_region(&location.account, &location.region);
    match permission(operation, resource, &account_region) {
        Permission::Action { action, on } if is_denial(code) => Some(format!("{action} on {on}")),
        _ => None,
    }
}

fn of_obstacle(obstacle: &Obstacle, operation: &str, account_region: &AccountRegion) -> Option<String> {
    const SIGN_IN: &str = "sign in: `aws sso login` or `aws login` and set AWS_PROFILE, or set AWS_ACCESS_KEY_ID and \
         AWS_SECRET_ACCESS_KEY; `aws sts get-caller-identity` shows whether they work";
    match obstacle {
        Obstacle::NoConnection => Some(format!(
            "AWS was not reached: check the network, the proxy (HTTPS_PROXY, NO_PROXY), that Region {} exists, and \
             AWS_ENDPOINT_URL if it is set; a proxy that intercepts TLS needs SSL_CERT_FILE",
            account_region.region
        )),
        Obstacle::MfaRequired { profile } => Some(format!(
            "the profile {profile} requires MFA (mfa_serial), and stagecert does not prompt for a code: run `eval \"$(aws configure \
             export-credentials --profile {profile} --format env)\"`, then this command again without --profile"
        )),
        Obstacle::NoCredentials { code: Some(code) } if is_denial(code) => Some(
            "the profile's role could not be assumed: its source credentials need sts:AssumeRole on that role, and the \
             role's trust policy must allow them"
                .into(),
        ),
        Obstacle::NoCredentials { code: Some(code) } if is_unknown_identity(code) => {
            Some(unknown_identity(operation, account_region))
        }
        Obstacle::CredentialsNotFound { .. } | Obstacle::NoCredentials { .. } => Some(SIGN_IN.into()),
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
            "AWS Config records nothing in {}: turn on a recorder for API Gateway stages, or use `--param \
             inventory=apigateway` to list REST stages with API Gateway",
            account_region.region
        )),
        "AWSOrganizationsNotInUseException" => {
            Some("the account of these credentials is not in an organization: use --accounts instead".into())
        }
        "NoSuchConfigRuleException" => Some(format!(
            "`aws configservice describe-config-rules --region {}` lists the rules of this account and Region",
            account_region.region
        )),
        "NoSuchConfigurationAggregatorException" => Some(format!(
            "`aws configservice describe-configuration-aggregators --region {}` lists the aggregators of this account and \
             Region; use --aggregator-region for another Region",
            account_region.region
        )),
        "OperationInProgressException" => Some(
            "another operation on the StackSet is running: when it has ended, run the command again".into(),
        ),
        code if is_denial(code) => match permission(operation, resource, account_region) {
            Permission::Sentence(sentence) => Some(sentence),
            Permission::Action { .. } => None,
        },
        code if is_unknown_identity(code) => Some(unknown_identity(operation, account_region)),
        code if is_throttling(code) => Some(
            "AWS throttles the account as a whole: try again when fewer other calls are made in it".into(),
        ),
        _ => None,
    }
}

pub(crate) fn is_denial(code: &str) -> bool {
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

/// The hint for credentials that the service does not recognize.
fn unknown_identity(operation: &str, account_region: &AccountRegion) -> String {
    let region = &account_region.region;
    if is_opt_in(account_region) {
        return format!(
            "{region} is an opt-in Region, where session tokens from the global STS endpoint are not valid: set \
             AWS_STS_REGIONAL_ENDPOINTS=regional for the tool that gets the token, and get a new one; `aws account \
             get-region-opt-status --region-name {region}` shows whether the account can use the Region at all"
        );
    }
    let sign_in = "sign in again (`aws sso login` or `aws login`) and try `aws sts get-caller-identity`";
    if operation == "GetCallerIdentity" { sign_in.into() } else { format!("{sign_in} in {region}") }
}

/// Whether an account has to enable the Region, as it does for every Region of the partition `aws`
/// that launched after March 2019.
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

/// What a denied operation needs.
enum Permission {
    Action {
        action: &'static str,
        on: String,
    },
    /// A hint, for operations that need more than one permission.
    Sentence(String),
}

fn permission(operation: &str, resource: &str, account_region: &AccountRegion) -> Permission {
    let AccountRegion { partition, account, region } = account_region;
    let gateway = |path: &str| format!("arn:{partition}:apigateway:{region}::{path}");
    let aggregators = || format!("arn:{partition}:config:{region}:{account}:config-aggregator/*");
    let (action, on) = match operation {
        "GetClientCertificates" => ("apigateway:GET", gateway("/clientcertificates")),
        "GetExport" => ("apigateway:GET", gateway("/restapis/*/stages/*/exports/*")),
        "GetRestApis" => ("apigateway:GET", gateway("/restapis")),
        "GetStages" if resource.contains("/apis/") => ("apigateway:GET", gateway("/apis/*/stages")),
        "GetStages" => ("apigateway:GET", gateway("/restapis/*/stages")),
        "DescribeCertificate" => {
            ("acm:DescribeCertificate", format!("arn:{partition}:acm:{region}:{account}:certificate/*"))
        }
        "GetResources"
            if resource.contains(":apigateway:")
                && resource.contains("/restapis/")
                && !resource.contains("/stages/") =>
        {
            ("apigateway:GET", gateway("/restapis/*/resources"))
        }
        "GetResources" => ("tag:GetResources", "*".into()),
        "AssumeRole" => {
            return Permission::Sentence(format!(
                "these credentials need sts:AssumeRole on {resource}, and that role's trust policy must allow them"
            ));
        }
        "ListAccounts" => {
            return Permission::Sentence("only the organization's management account or a delegated administrator can list accounts: use credentials of \
                    such an account with organizations:ListAccounts, or use --accounts instead"
                .into());
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
        "ListStackInstances"
        | "ListStackSets"
        | "DescribeStackSet"
        | "UpdateStackInstances"
        | "CreateStackInstances"
        | "ListAccountsForParent"
        | "ListOrganizationalUnitsForParent"
        | "DescribeAggregateComplianceByConfigRules" => {
            return Permission::Sentence(format!(
                "these credentials are not allowed to call {operation}; docs/coverage-policy.json has every permission \
                 of the commands on a deployment"
            ));
        }
        "DescribeConfigRules" => ("config:DescribeConfigRules", "*".into()),
        "GetStage" => ("apigateway:GET", gateway("/restapis/*/stages/*")),
        other => match permission::of_front_door(other, account_region) {
            Some(needed) => needed,
            None => {
                return Permission::Sentence(format!(
                    "these credentials are not allowed to call {operation}"
                ));
            }
        },
    };
    Permission::Action { action, on }
}

#[cfg(test)]
#[path = "hint_tests.rs"]
mod tests;
