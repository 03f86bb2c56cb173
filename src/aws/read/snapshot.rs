//! Snapshots of live accounts.

use std::collections::{BTreeMap, HashSet};

use futures_util::{StreamExt, TryStreamExt, stream};
use serde_json::{Value, json};

use crate::Failure;
use crate::account::{Account, BATCH, rows};
use crate::aws::LiveAccount;
use crate::aws::read::convert::instant_of;
use crate::aws::read::exports::Exported;
use crate::deadline::Deadline;
use crate::parameters::{Inventory, Parameters};
use crate::reads::observer::Observer;
use crate::reads::{EarlierResults, Reader, can_be_exported};
use crate::resources::certificate::AcmDetail;
use crate::resources::certificate_id::{CertificateId, CertificateKind};
use crate::resources::stage::Stage;
use crate::resources::stage_arn::{StageArn, StageType};
use crate::scan::api_names;
use crate::scan::sweep::{PreviousFacts, Sweep};
use crate::snapshot::schema::{AcmCertificate, ClientCertificate, RenewalSummary, ResourceTagMapping, Tag};
use crate::snapshot::{Snapshot, SnapshotAccount};

/// The number of concurrent calls of one operation, below the rate limits of the clients.
const CONCURRENCY: usize = 4;

impl LiveAccount {
    /// A snapshot with everything that a scan with these parameters reads, and all client
    /// certificates.
    ///
    /// A scan of the snapshot with the same parameters has the same findings. A stage is exported
    /// only if such a scan needs the export; with other parameters, a stage without an export
    /// counts as having HTTP backends.
    ///
    /// # Errors
    /// The first failure of any read, because whatever a snapshot lacks counts as missing in AWS.
    pub async fn snapshot(&self, parameters: &Parameters) -> Result<Snapshot, Failure> {
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
        let (exports, integrations) = self.exports(&snapshot, parameters).await?;
        for (stage, document) in exports {
            snapshot.exports.insert(stage.as_str().to_owned(), document);
        }
        snapshot.current_integrations = integrations;
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

    /// The exports that a scan of `so_far` needs, and the current integration types of the APIs
    /// with a canary, by API id.
    async fn exports(
        &self,
        so_far: &Snapshot,
        parameters: &Parameters,
    ) -> Result<(Vec<(StageArn, Value)>, BTreeMap<String, Vec<String>>), Failure> {
        let account = SnapshotAccount::new(so_far, &self.account_region);
        let listing = account.stages(Inventory::Config).await?;
        let reader = Reader {
            observer: Observer::default(),
            earlier_results: EarlierResults::default(),
            account: &account,
            parameters,
            deadline: Deadline::none(),
            exemptions: parameters.exemptions_of(&self.account_region),
            persists_results: false,
        };
        let out_of_scope = HashSet::new();
        let sweep = Sweep { reader: &reader, listing: &listing, out_of_scope: &out_of_scope, now: self.now };
        let needs_export =
            sweep.evaluate_without_export(|_| PreviousFacts::default(), &mut Vec::new()).await.needs_export;
        let mut integrations = BTreeMap::new();
        for stage in needs_export.iter().filter(|stage| can_be_exported(stage) && stage.has_canary()) {
            let api = stage.arn.api_id();
            if !integrations.contains_key(api) {
                let types = self.integration_types(&stage.arn).await?;
                // A method without an integration counts as HTTP, as any unknown type does.
                let types = types.into_iter().map(Option::unwrap_or_default).collect();
                integrations.insert(api.to_owned(), types);
            }
        }
        let exported =
            needs_export.into_iter().filter(|stage| can_be_exported(stage)).map(|stage| stage.arn.clone());
        let exports = stream::iter(exported.collect::<Vec<_>>())
            .map(|stage| async move {
                let Exported::Document(document) = self.export(&stage).await? else { return Ok(None) };
                let document = serde_json::from_slice(&document).map_err(|error| {
                    self.call("GetExport", stage.as_str())
                        .invalid_response(format!("the export is not JSON: {error}"))
                })?;
                Ok(Some((stage, document)))
            })
            .buffered(parameters.api_gateway_calls_per_second.concurrency())
            .try_collect::<Vec<_>>();
        Ok((exports.await?.into_iter().flatten().collect(), integrations))
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
