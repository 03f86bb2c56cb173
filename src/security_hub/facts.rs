use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::checks::finding::Finding;
use crate::checks::owner_tag;
use crate::checks::stage::certificate_unique;
use crate::evaluation::evaluated::EvaluatedStage;
use crate::parameters::FindingOwner;
use crate::resources::account_region::AccountRegion;
use crate::resources::certificate_id::{CertificateId, CertificateKind};
use crate::resources::stage_arn::{StageArn, StageType};
use crate::security_hub::MAX_ID;
use crate::security_hub::asff::{CertificateDetails, Resource, ResourceDetails, StageDetails};
use crate::security_hub::text::cut;

/// The stage, and its certificate where it names one.
pub(crate) fn resources(account_region: &AccountRegion, evaluated: &EvaluatedStage) -> Vec<Resource> {
    let stage = &evaluated.stage;
    let deployment = stage.deployment.as_ref().map(ToString::to_string);
    let certificate = stage.certificate.as_ref();
    let mut resources =
        vec![stage_resource(account_region, &stage.arn, certificate.map(printable), deployment)];
    resources.extend(certificate.map(|id| certificate_resource(account_region, id, evaluated.not_after)));
    resources
}

pub(crate) fn stage_resource(
    account_region: &AccountRegion,
    stage: &StageArn,
    client_certificate_id: Option<String>,
    deployment_id: Option<String>,
) -> Resource {
    let stage_name = stage.stage_name().to_owned();
    let details = StageDetails { client_certificate_id, deployment_id, stage_name };
    let (kind, details) = match stage.stage_type() {
        StageType::Rest => ("AwsApiGatewayStage", ResourceDetails::AwsApiGatewayStage(details)),
        StageType::V2 => ("AwsApiGatewayV2Stage", ResourceDetails::AwsApiGatewayV2Stage(details)),
    };
    Resource {
        kind,
        id: stage.as_str().to_owned(),
        partition: account_region.partition.clone(),
        region: account_region.region.clone(),
        details: Some(details),
    }
}

fn certificate_resource(
    account_region: &AccountRegion,
    id: &CertificateId,
    not_after: Option<Timestamp>,
) -> Resource {
    let AccountRegion { partition, region, .. } = account_region;
    let details = || CertificateDetails { not_after: not_after.map(|instant| instant.to_string()) };
    let (kind, id, details) = match id.kind() {
        CertificateKind::Acm => (
            "AwsCertificateManagerCertificate",
            id.as_str().to_owned(),
            Some(ResourceDetails::AwsCertificateManagerCertificate(details())),
        ),
        // Security Hub has no type for those that API Gateway generates.
        CertificateKind::Generated => {
            ("Other", format!("arn:{partition}:apigateway:{region}::/clientcertificates/{id}"), None)
        }
        CertificateKind::Unrecognised => ("Other", cut(&printable(id), MAX_ID), None),
    };
    Resource { kind, id, partition: partition.clone(), region: region.clone(), details }
}

pub(crate) fn fields_of_stage(evaluated: &EvaluatedStage, shown: FindingOwner) -> BTreeMap<String, String> {
    let certificate = evaluated.certificate().map(|id| ("stagecert/certificateId".to_owned(), printable(id)));
    let not_after = evaluated.not_after.map(|at| ("stagecert/notAfter".to_owned(), at.to_string()));
    let owner = evaluated.owner.as_ref().filter(|_| shown == FindingOwner::Value);
    let owner = owner.map(|owner| ("stagecert/owner".to_owned(), owner.clone()));
    certificate.into_iter().chain(not_after).chain(owner).collect()
}

/// Whom the certificate is shared with, and by which tag the owner was found.
pub(crate) fn fields_of_finding(finding: &Finding) -> BTreeMap<String, String> {
    let field = |key: &str, value: String| (format!("stagecert/{key}"), value);
    match finding {
        Finding::CertificateUnique(certificate_unique::Answer::Shared { peers, peer_count, .. }) => {
            [field("peers", peers.join(", ")), field("peerCount", peer_count.to_string())].into()
        }
        Finding::OwnerTag(owner_tag::Answer::Owned { owned }) => {
            let mut keys: Vec<&str> = owned.iter().map(|owned| owned.key.as_str()).collect();
            keys.dedup();
            [field("ownerKey", keys.join(", "))].into()
        }
        _ => BTreeMap::new(),
    }
}

/// The id as AWS spells it; text of no known form only as far as it can be shown.
fn printable(id: &CertificateId) -> String {
    if id.is_recognised() { id.as_str().to_owned() } else { id.to_string() }
}
