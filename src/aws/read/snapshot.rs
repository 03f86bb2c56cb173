//! Snapshots of live accounts.

use futures_util::{StreamExt, TryStreamExt, stream};
use serde_json::{Value, json};

use crate::Failure;
use crate::account::{Account, BATCH, rows};
use crate::aws::LiveAccount;
use crate::aws::read::convert::instant_of;
use crate::aws::read::snapshot_exports::SnapshotOptions;
use crate::parameters::Parameters;
use crate::resources::certificate::AcmDetail;
use crate::resources::certificate_id::{CertificateId, CertificateKind};
use crate::resources::stage::Stage;
use crate::resources::stage_arn::StageType;
use crate::scan::api_names;
use crate::snapshot::Snapshot;
use crate::snapshot::front_door::FrontDoorItems;
use crate::snapshot::schema::{AcmCertificate, ClientCertificate, RenewalSummary, ResourceTagMapping, Tag};

/// The number of concurrent calls of one operation, below the rate limits of the clients.
const CONCURRENCY: usize = 4;

impl LiveAccount {
    /// A snapshot with everything that a scan with these parameters reads, and all client
    /// certificates.
    ///
    /// A scan of the snapshot with the same parameters has the same findings. Without the backends,
    /// a stage is exported only if such a scan needs the export; with other parameters, a stage
    /// without an export counts as having HTTP backends.
    ///
    /// # Errors
    /// The first failure of any read, because whatever a snapshot lacks counts as missing in AWS.
    pub async fn snapshot(
        &self,
        parameters: &Parameters,
        options: SnapshotOptions<'_>,
    ) -> Result<Snapshot, Failure> {
        let mut listing = self.listing(parameters.inventory).await?;
        if !listing.unreadable.is_empty() {
            return Err(listing.unreadable.swap_remove(0).failure);
        }
        let mut snapshot = Snapshot::new(&self.account_region, self.now);
        snapshot.stages = listing.stages.iter().map(row).collect();
        if listing.stages.iter().any(|stage| stage.arn.stage_type() == StageType::ApiV2) {
            snapshot.apis = self.select("V2 APIs", &rows::protocols(None)).await?;
            snapshot.integrations = self.select("integrations of V2 APIs", rows::INTEGRATIONS).await?;
        }
        snapshot.add_api_names(api_names(self, &listing).await.into_iter().collect());
        let items = self.client_certificate_items().await?;
        snapshot.client_certificates = items.into_iter().filter_map(client_certificate).collect();
        snapshot.acm_certificates = self.acm_certificates(&listing.stages).await?;
        let acm = snapshot.acm_certificates.iter().map(|certificate| certificate.certificate_arn.clone());
        let arns: Vec<String> =
            listing.stages.iter().map(|stage| stage.arn.as_str().to_owned()).chain(acm).collect();
        snapshot.resource_tag_mapping_list = self.tag_mappings(&arns).await?;
        self.add_exports(&mut snapshot, parameters, options).await?;
        if options.with_front_door {
            snapshot.front_door = Some(FrontDoorItems::record(self, parameters, self.now).await?);
        }
        Ok(snapshot)
    }

    async fn acm_certificates(&self, stages: &[Stage]) -> Result<Vec<AcmCertificate>, Failure> {
        let mut arns: Vec<&CertificateId> = stages
            .iter()
            .filter_map(|stage| stage.certificate.as_ref())
            .filter(|id| id.kind() == CertificateKind::Acm && id.is_local_to(&self.account_region))
            .collect();
        arns.sort();
        arns.dedup();
        let described =
            stream::iter(arns)
                .map(|arn| async move {
                    Ok(self.acm_detail(arn).await?.map(|detail| acm_certificate(arn, detail)))
                })
                .buffered(CONCURRENCY)
                .try_collect::<Vec<_>>();
        Ok(described.await?.into_iter().flatten().collect())
    }

    async fn tag_mappings(&self, arns: &[String]) -> Result<Vec<ResourceTagMapping>, Failure> {
        let reads = stream::iter(arns.chunks(BATCH)).map(|chunk| self.tags(chunk)).buffered(CONCURRENCY);
        let mut mappings: Vec<ResourceTagMapping> = Vec::new();
        for tags in reads.try_collect::<Vec<_>>().await? {
            mappings.extend(tags.into_iter().map(|(resource_arn, tags)| ResourceTagMapping {
                resource_arn,
                tags: tags.iter().map(|(key, value)| Tag { key: key.into(), value: value.into() }).collect(),
            }));
        }
        mappings.sort_by(|one, other| one.resource_arn.cmp(&other.resource_arn));
        Ok(mappings)
    }
}

/// The row of a stage in the form that Config's queries return, whichever service listed the stage.
fn row(stage: &Stage) -> Value {
    let mut configuration = serde_json::Map::new();
    if let Some(id) = &stage.certificate {
        configuration.insert("clientCertificateId".into(), id.as_str().into());
    }
    if let Some(id) = &stage.deployment {
        configuration.insert("deploymentId".into(), id.to_string().into());
    }
    if let Some(id) = &stage.canary {
        configuration.insert("canarySettings".into(), json!({"deploymentId": id.to_string()}));
    }
    if let Some(created) = &stage.created {
        configuration.insert("createdDate".into(), created.to_string().into());
    }
    json!({
        "resourceId": stage.arn.as_str(),
        "resourceType": stage.arn.stage_type().resource_type(),
        "configuration": configuration,
    })
}

fn client_certificate(item: aws_sdk_apigateway::types::ClientCertificate) -> Option<ClientCertificate> {
    Some(ClientCertificate {
        client_certificate_id: item.client_certificate_id?,
        description: item.description,
        pem_encoded_certificate: item.pem_encoded_certificate,
        expiration_date: item.expiration_date.and_then(|instant| instant_of(&instant)),
        tags: item.tags.map(|tags| tags.into_iter().collect()),
    })
}

fn acm_certificate(arn: &CertificateId, detail: AcmDetail) -> AcmCertificate {
    AcmCertificate {
        certificate_arn: arn.as_str().to_owned(),
        status: detail.status,
        r#type: detail.kind,
        renewal_eligibility: detail.renewal_eligibility,
        renewal_summary: detail
            .renewal_status
            .map(|renewal_status| RenewalSummary { renewal_status: Some(renewal_status) }),
        not_before: detail.not_before,
        not_after: detail.not_after,
    }
}
