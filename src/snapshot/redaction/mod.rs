mod deployed;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::account::rows::{self, Integrations};
use crate::checks::stage::certificate_attached::Backends;
use crate::resources::account_region::AccountRegion;
use crate::resources::api::Protocol;
use crate::resources::blank::{is_blank, is_invisible};
use crate::resources::certificate::DatesFrom;
use crate::resources::certificate_id::{CertificateId, CertificateKind};
use crate::resources::stage::Stage;
use crate::resources::stage_arn::{StageArn, StageType};
use crate::resources::tags::is_similar;
use crate::snapshot::known::{self, is_known_partition, is_known_region};
use crate::snapshot::pseudonyms::{Form, Pseudonyms, RedactionKey};
use crate::snapshot::schema::{AcmCertificate, ClientCertificate, RenewalSummary, ResourceTagMapping, Tag};
use crate::snapshot::{Snapshot, blank_certificate};

impl Snapshot {
    /// The same account under other names: made anew from the facts that a scan reads, so that nothing else of it can be
    /// left in.
    ///
    /// Ids, names and tag values are replaced by a keyed hash of the same form, one for the same text throughout. Of the
    /// tags only those in `tag_keys` and their near misses are kept. A certificate's PEM gives way to one that holds nothing but its dates. What
    /// a scan does not read, such as `evaluationResults` and `configurationItems`, is left out.
    #[must_use]
    pub fn redacted(&self, key: &RedactionKey, tag_keys: &[String]) -> Self {
        let mut names = Pseudonyms::new(key);
        let account_region = self.account_region();
        let account = names.of(Form::Account, &account_region.account);
        let mut redaction = Redaction { original: self, names, tag_keys };
        let (partition, region) =
            (redaction.partition(&account_region.partition), redaction.region(&account_region.region));
        let listing = rows::listing(&self.stages);
        let mut redacted = Self::new(&AccountRegion { partition, account, region }, self.taken_at);
        redacted.stages = redaction.stages();
        redacted.apis = redaction.apis(&listing.stages);
        redacted.integrations = redaction.integrations(&listing.stages);
        redacted.client_certificates = redaction.client_certificates();
        redacted.acm_certificates = redaction.acm_certificates();
        redacted.resource_tag_mapping_list = redaction.tags(&listing.stages);
        redacted.exports = redaction.exports(&listing.stages);
        redacted.current_integrations = redaction.current_integrations(&listing.stages);
        redacted
    }
}

/// Every list comes out in the order of the new names: the old order would tell of the old ones.
struct Redaction<'a> {
    original: &'a Snapshot,
    names: Pseudonyms<'a>,
    tag_keys: &'a [String],
}

impl Redaction<'_> {
    fn stages(&mut self) -> Vec<Value> {
        let original = self.original;
        let mut rows: Vec<(String, Value)> = original
            .stages
            .iter()
            .map(|row| match rows::listing([row]).stages.first() {
                Some(stage) => {
                    let arn = self.stage_arn(&stage.arn);
                    let row = json!({
                        "resourceId": arn,
                        "resourceType": stage.arn.stage_type().resource_type(),
                        "configuration": self.configuration(stage),
                    });
                    (arn, row)
                }
                None => self.unreadable(row),
            })
            .collect();
        // Stable: of two rows of one stage, the first stays the first.
        rows.sort_by(|(one, _), (other, _)| one.cmp(other));
        rows.into_iter().map(|(_, row)| row).collect()
    }

    /// A row that can't be read stays one, of the same stage and with the same certificate as far as those can be told: a
    /// stage that is missing would not be judged, and nobody would know; nor would its peers.
    fn unreadable(&mut self, row: &Value) -> (String, Value) {
        let id = row.get("resourceId").and_then(Value::as_str).map(|id| match StageArn::parse(id) {
            Ok(arn) => self.stage_arn(&arn),
            Err(_) => self.names.of(Form::Unrecognized, id),
        });
        let certificate = match row.get("configuration") {
            None | Some(Value::Null) => Value::Null,
            Some(Value::Object(configuration)) => match configuration.get("clientCertificateId") {
                None | Some(Value::Null) => Value::Null,
                Some(Value::String(id)) if id.is_empty() => Value::Null,
                Some(Value::String(id)) => self.certificate_id(&CertificateId::new(id.clone())).into(),
                Some(_) => Value::Bool(true),
            },
            Some(_) => Value::Bool(true),
        };
        let row = json!({
            "resourceId": id,
            "resourceType": "unreadable",
            "configuration": {"clientCertificateId": certificate},
        });
        (id.unwrap_or_default(), row)
    }

    fn configuration(&mut self, stage: &Stage) -> Value {
        let mut configuration = serde_json::Map::new();
        if let Some(id) = &stage.certificate {
            configuration.insert("clientCertificateId".into(), self.certificate_id(id).into());
        }
        if let Some(deployment) = &stage.deployment {
            let deployment = self.names.of(Form::Deployment, &deployment.to_string());
            configuration.insert("deploymentId".into(), deployment.into());
        }
        if let Some(canary) = &stage.canary {
            let canary = self.names.of(Form::Deployment, &canary.to_string());
            configuration.insert("canarySettings".into(), json!({"deploymentId": canary}));
        }
        configuration.into()
    }

    fn apis(&mut self, stages: &[Stage]) -> Vec<Value> {
        let protocols = rows::read_protocols(&self.original.apis);
        let told = v2_stages(stages).filter_map(|stage| match protocols.get(stage.api_arn())? {
            Protocol::Http => Some((stage, "HTTP")),
            Protocol::WebSocket => Some((stage, "WEBSOCKET")),
            Protocol::NotRecorded => None,
        });
        let apis: BTreeMap<String, Value> = told
            .map(|(stage, protocol)| {
                let arn = self.api_arn(stage);
                let row = json!({
                    "resourceId": arn,
                    "resourceType": "AWS::ApiGatewayV2::Api",
                    "configuration": {"protocolType": protocol},
                });
                (arn, row)
            })
            .collect();
        apis.into_values().collect()
    }

    /// One row says of an API what all of its rows together said.
    fn integrations(&mut self, stages: &[Stage]) -> Vec<Value> {
        let integrations = Integrations::read(&self.original.integrations);
        let told = v2_stages(stages).filter_map(|stage| match integrations.backends(stage) {
            Backends::Http { .. } => Some((stage, "HTTP_PROXY")),
            Backends::NoHttp { .. } => Some((stage, "AWS_PROXY")),
            _ => None,
        });
        let rows: BTreeMap<String, Value> = told
            .map(|(stage, integration_type)| {
                let api = self.names.of(Form::Api, stage.api_id());
                let row = json!({
                    "resourceId": format!("{api}|integration"),
                    "resourceType": "AWS::ApiGatewayV2::Integration",
                    "configuration": {"ApiId": api, "IntegrationType": integration_type},
                });
                (api, row)
            })
            .collect();
        rows.into_values().collect()
    }

    fn client_certificates(&mut self) -> Vec<ClientCertificate> {
        // Of two with one id a scan reads the last.
        let read: BTreeMap<&str, &ClientCertificate> = self
            .original
            .client_certificates
            .iter()
            .map(|it| (it.client_certificate_id.as_str(), it))
            .collect();
        let mut redacted: Vec<ClientCertificate> = read
            .into_values()
            .map(|original| {
                let facts = original.certificate();
                let dates = facts.not_before.zip(facts.not_after);
                let tags: BTreeMap<String, String> =
                    original.tags.iter().flatten().filter_map(|(key, value)| self.tag(key, value)).collect();
                ClientCertificate {
                    client_certificate_id: self.certificate_id(&facts.id),
                    description: None,
                    pem_encoded_certificate: dates
                        .filter(|_| facts.dates_from == DatesFrom::X509)
                        .and_then(|(not_before, not_after)| blank_certificate::pem(not_before, not_after)),
                    expiration_date: facts.not_after,
                    tags: (!tags.is_empty()).then_some(tags),
                }
            })
            .collect();
        redacted.sort_by(|one, other| one.client_certificate_id.cmp(&other.client_certificate_id));
        redacted
    }

    fn acm_certificates(&mut self) -> Vec<AcmCertificate> {
        let mut seen = BTreeSet::new();
        let mut redacted: Vec<AcmCertificate> = Vec::new();
        for original in &self.original.acm_certificates {
            let id = CertificateId::new(original.certificate_arn.clone());
            // Of two with one ARN a scan reads the first.
            if id.kind() != CertificateKind::Acm || !seen.insert(&original.certificate_arn) {
                continue;
            }
            let renewal_status =
                original.renewal_summary.as_ref().and_then(|it| it.renewal_status.as_deref());
            redacted.push(AcmCertificate {
                certificate_arn: self.certificate_id(&id),
                status: known::STATUS.known(original.status.as_deref()),
                r#type: known::TYPE.known(original.r#type.as_deref()),
                renewal_eligibility: known::RENEWAL_ELIGIBILITY
                    .known(original.renewal_eligibility.as_deref()),
                renewal_summary: known::RENEWAL_STATUS
                    .known(renewal_status)
                    .map(|status| RenewalSummary { renewal_status: Some(status) }),
                not_before: original.not_before,
                not_after: original.not_after,
            });
        }
        redacted.sort_by(|one, other| one.certificate_arn.cmp(&other.certificate_arn));
        redacted
    }

    fn tags(&mut self, stages: &[Stage]) -> Vec<ResourceTagMapping> {
        let mut arns: BTreeMap<&str, String> = BTreeMap::new();
        for stage in stages {
            arns.insert(stage.arn.as_str(), self.stage_arn(&stage.arn));
            if let Some(id) = stage.certificate.as_ref().filter(|id| id.kind() == CertificateKind::Acm) {
                arns.insert(id.as_str(), self.certificate_id(id));
            }
        }
        let mut redacted: BTreeMap<String, ResourceTagMapping> = BTreeMap::new();
        for original in &self.original.resource_tag_mapping_list {
            let Some(arn) = arns.get(original.resource_arn.as_str()) else { continue };
            let pairs = original.tags.iter().filter_map(|tag| self.tag(&tag.key, &tag.value));
            let tags = pairs.map(|(key, value)| Tag { key, value }).collect();
            // Of two for one ARN a scan reads the last.
            redacted.insert(arn.clone(), ResourceTagMapping { resource_arn: arn.clone(), tags });
        }
        redacted.into_values().collect()
    }

    /// A near miss stays one. What is invisible around it could spell anything, and gives way to spaces.
    fn tag(&mut self, key: &str, value: &str) -> Option<(String, String)> {
        let key = if self.tag_keys.iter().any(|kept| kept == key) {
            key.to_owned()
        } else {
            self.tag_keys.iter().find(|kept| is_similar(key, kept))?;
            let space = |at: Option<char>| if at.is_some_and(is_invisible) { " " } else { "" };
            let (first, last) = (space(key.chars().next()), space(key.chars().next_back()));
            [first, key.trim_matches(is_invisible), last].concat()
        };
        // A blank value is no owner, and has to stay none.
        let value = if is_blank(value) { String::new() } else { self.names.of(Form::TagValue, value) };
        Some((key, value))
    }

    fn partition(&mut self, name: &str) -> String {
        if is_known_partition(name) { name.to_owned() } else { self.names.of(Form::Partition, name) }
    }

    fn region(&mut self, name: &str) -> String {
        if is_known_region(name) { name.to_owned() } else { self.names.of(Form::Region, name) }
    }

    fn stage_arn(&mut self, arn: &StageArn) -> String {
        format!("{}/stages/{}", self.api_arn(arn), self.names.of(Form::StageName, arn.stage_name()))
    }

    fn api_arn(&mut self, arn: &StageArn) -> String {
        let collection = match arn.stage_type() {
            StageType::RestApi => "restapis",
            StageType::ApiV2 => "apis",
        };
        let api = self.names.of(Form::Api, arn.api_id());
        let (partition, region) = (self.partition(arn.partition()), self.region(arn.region()));
        format!("arn:{partition}:apigateway:{region}::/{collection}/{api}")
    }

    /// An id of the same kind, which is in this account and Region where the original is.
    fn certificate_id(&mut self, id: &CertificateId) -> String {
        let text = id.as_str();
        match (id.kind(), text.splitn(6, ':').collect::<Vec<_>>().as_slice()) {
            (CertificateKind::Generated, _) => self.names.of(Form::Certificate, text),
            (CertificateKind::Acm, &[_, partition, _, region, account, resource]) => {
                let account = self.names.of(Form::Account, account);
                let (partition, region) = (self.partition(partition), self.region(region));
                let id = self.names.of(Form::AcmCertificate, resource);
                format!("arn:{partition}:acm:{region}:{account}:certificate/{id}")
            }
            _ => self.names.of(Form::Unrecognized, text),
        }
    }
}

fn v2_stages(stages: &[Stage]) -> impl Iterator<Item = &StageArn> {
    stages.iter().map(|stage| &stage.arn).filter(|arn| arn.stage_type() == StageType::ApiV2)
}
