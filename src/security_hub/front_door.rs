//! Findings about APIs and custom domain names.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::checks::Check;
use crate::checks::finding::Finding;
use crate::checks::severity::severity;
use crate::checks::what_to_do::Circumstances;
use crate::evaluation::front_door::{EvaluatedResource, Expires, FrontDoorSubject};
use crate::quote::brief;
use crate::resources::account_region::AccountRegion;
use crate::resources::api::{ApiArn, ApiType};
use crate::security_hub::asff::{AwsSecurityFinding, Fields, Resource, ResourceDetails};
use crate::security_hub::context::FindingContext;
use crate::security_hub::identity::Source;
use crate::security_hub::{account_resource, not_evaluated_of};

/// The maximum length of the name of an API.
const MAX_NAME: usize = 256;

/// The findings about an API or a custom domain name that was evaluated at `at`, one for each of
/// its findings about `checks`. If a check does not apply, the finding is `NOT_AVAILABLE` with the
/// reason, and archived.
///
/// Security Hub has no resource type for domain names: their resource is of the type `Other`.
#[must_use]
pub fn front_door_findings(
    (account_region, source): (&AccountRegion, &Source),
    evaluated: &EvaluatedResource,
    checks: &BTreeSet<Check>,
    at: Timestamp,
) -> Vec<AwsSecurityFinding> {
    let resource = Resource {
        details: Some(details(evaluated)),
        ..subject_resource(account_region, &evaluated.subject)
    };
    let arn = resource.id.clone();
    let not_after = evaluated.dates.first().map(|date| date.not_after.to_string());
    let context = FindingContext {
        account_region,
        source,
        resource: &arn,
        certificate: None,
        deployment: None,
        resources: vec![resource],
        fields: not_after.map(|date| ("stagecert/notAfter".to_owned(), date)).into_iter().collect(),
        at,
    };
    let chosen = evaluated.findings.iter().filter(|finding| checks.contains(&finding.check()));
    let finding = |finding: &Finding| {
        let what_to_do = finding.what_to_do(Circumstances::default());
        context.evaluated_finding(finding, severity(finding, None, at), what_to_do)
    };
    chosen.map(finding).collect()
}

/// The findings about an API or a domain that could not be evaluated, as those about a stage.
pub(crate) fn front_door_not_evaluated(
    context: (&AccountRegion, &Source),
    subject: &FrontDoorSubject,
    checks: &BTreeSet<Check>,
    at: Timestamp,
) -> Vec<AwsSecurityFinding> {
    not_evaluated_of(context, (subject_resource(context.0, subject), None), checks, at)
}

/// The ARN of an API or a domain, which identifies it in findings. Only that of a private domain
/// contains the account.
pub(crate) fn subject_arn(account_region: &AccountRegion, subject: &FrontDoorSubject) -> String {
    let AccountRegion { partition, account, region } = account_region;
    match subject {
        FrontDoorSubject::Api(arn) => arn.as_str().to_owned(),
        FrontDoorSubject::DomainName(key) => {
            let account = if key.id.is_some() { account } else { "" };
            format!("arn:{partition}:apigateway:{region}:{account}:/domainnames/{key}")
        }
    }
}

/// Security Hub's type of an API.
pub(crate) fn api_kind(arn: &ApiArn) -> &'static str {
    match arn.api_type() {
        ApiType::Rest => "AwsApiGatewayRestApi",
        ApiType::V2 => "AwsApiGatewayV2Api",
    }
}

fn subject_resource(account_region: &AccountRegion, subject: &FrontDoorSubject) -> Resource {
    let kind = match subject {
        FrontDoorSubject::Api(arn) => api_kind(arn),
        FrontDoorSubject::DomainName(_) => "Other",
    };
    Resource { kind, id: subject_arn(account_region, subject), ..account_resource(account_region) }
}

fn details(evaluated: &EvaluatedResource) -> ResourceDetails {
    let mut fields = Fields::new();
    let arn = match &evaluated.subject {
        FrontDoorSubject::Api(arn) => arn,
        FrontDoorSubject::DomainName(key) => {
            fields.insert("DomainName", key.to_string());
            // The earliest date of each kind comes first.
            for date in &evaluated.dates {
                let name = match date.what {
                    Expires::Ca => "FirstCaNotAfter",
                    Expires::ServerCertificate => "ServerCertificateNotAfter",
                    Expires::OwnershipCertificate => "OwnershipCertificateNotAfter",
                };
                fields.entry(name).or_insert_with(|| date.not_after.to_string());
            }
            return ResourceDetails::Other(fields);
        }
    };
    let name = evaluated.name.as_deref().map(|name| brief(name, MAX_NAME));
    fields.extend(name.filter(|name| !name.trim().is_empty()).map(|name| ("Name", name)));
    let id = arn.id().to_owned();
    match arn.api_type() {
        ApiType::Rest => {
            fields.insert("Id", id);
            ResourceDetails::AwsApiGatewayRestApi(fields)
        }
        ApiType::V2 => {
            fields.insert("ApiId", id);
            ResourceDetails::AwsApiGatewayV2Api(fields)
        }
    }
}

#[cfg(test)]
#[path = "front_door_tests.rs"]
mod tests;
