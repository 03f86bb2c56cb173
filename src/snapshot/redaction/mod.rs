mod backends;
mod certificates;
mod deployed;
mod front_door;
mod front_door_names;
mod network;
mod policies;
mod truststores;

use std::collections::{BTreeMap, HashMap};

use serde_json::{Value, json};

use crate::account::integrations::{StageVariables, variables_field};
use crate::account::rows;
use crate::resources::account_region::AccountRegion;
use crate::resources::api::Protocol;
use crate::resources::blank::{is_blank, is_invisible};
use crate::resources::certificate_id::{CertificateId, CertificateKind};
use crate::resources::stage::Stage;
use crate::resources::stage_arn::{StageArn, StageType};
use crate::resources::tags::is_similar;
use crate::snapshot::Snapshot;
use crate::snapshot::known::{is_known_partition, is_known_region};
use crate::snapshot::pseudonyms::{Form, Pseudonyms, RedactionKey};
use crate::snapshot::redaction::backends::V2Redaction;
use crate::snapshot::schema::{ResourceTagMapping, Tag};

impl Snapshot {
    /// The snapshot with pseudonyms, rebuilt from the facts that a scan reads, so that nothing else
    /// of the original remains.
    ///
    /// - Replaced by a pseudonym, the same one for the same text throughout: account ids, API ids
    ///   and names, stage names, deployment ids, certificate ids and tag values that aren't blank;
    ///   also hosts, VPC links, the stage variables in hosts that can't be resolved, and partitions
    ///   and Regions that aren't AWS's. A host's pseudonym reveals nothing about its domain. In the
    ///   front door also domain names, paths, objects in S3, subjects of CAs, ids of VPC resources,
    ///   parts of load balancers' ARNs, addresses, and names in policies.
    /// - Kept: `takenAt`, AWS's partitions and Regions, stage types, unreadable rows, protocols,
    ///   ACM's status, type and renewal values, certificates' dates, and of backends the scheme,
    ///   the port, the numbers of methods and paths, and whether TLS is verified. Tag keys are kept
    ///   if they are in `tag_keys` or similar to one of them; blank tag values stay blank.
    /// - Replaced by a minimal equivalent: truststores and revocation lists by the facts on which
    ///   checks depend, PEM certificates by certificates with the same dates and
    ///   nothing else, and exports and integrations by ones with the same backends, with stage
    ///   variables resolved.
    /// - Dropped: everything else, such as paths and the rest of URIs, other tags, descriptions,
    ///   stages' creation dates, `evaluationResults` and `configurationItems`.
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
        let V2Redaction { rows: integrations, variables } = redaction.v2_integrations(&listing.stages);
        redacted.stages = redaction.stages(&variables);
        redacted.apis = redaction.apis(&listing.stages);
        redacted.add_api_names(redaction.api_names(&listing.stages));
        redacted.apis.sort_by_key(|row| row.get("resourceId").map(ToString::to_string));
        redacted.integrations = integrations;
        redacted.client_certificates = redaction.client_certificates();
        redacted.acm_certificates = redaction.acm_certificates();
        redacted.resource_tag_mapping_list = redaction.tags(&listing.stages);
        redacted.exports = redaction.exports(&listing.stages);
        redacted.current_integrations = redaction.current_integrations(&listing.stages);
        redacted.front_door = self.front_door.as_ref().map(|original| redaction.front_door(original));
        redacted
    }
}

/// A redaction in progress.
///
/// Every list is sorted by the pseudonyms, because the original order would reveal something about
/// the original names.
struct Redaction<'a> {
    original: &'a Snapshot,
    names: Pseudonyms<'a>,
    tag_keys: &'a [String],
}

impl Redaction<'_> {
    fn stages(&mut self, variables: &HashMap<StageArn, StageVariables>) -> Vec<Value> {
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
                        "configuration": self.configuration(stage, variables.get(&stage.arn)),
                    });
                    (arn, row)
                }
                None => self.unreadable(row),
            })
            .collect();
        // The sort is stable, so two rows of one stage keep their order.
        rows.sort_by(|(one, _), (other, _)| one.cmp(other));
        rows.into_iter().map(|(_, row)| row).collect()
    }

    /// A row that is unreadable too, with the pseudonyms of the original's stage and certificate as
    /// far as it has them.
    ///
    /// Without the row, the missing evaluation of the stage would go unnoticed, and so would the
    /// stage as a peer of others.
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

    fn configuration(&mut self, stage: &Stage, variables: Option<&StageVariables>) -> Value {
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
        if let Some(variables) = variables {
            configuration.insert(variables_field(stage.arn.stage_type()).into(), json!(variables));
        }
        configuration.into()
    }

    fn apis(&mut self, stages: &[Stage]) -> Vec<Value> {
        let protocols = rows::read_protocols(&self.original.apis);
        let known = v2_stages(stages).filter_map(|stage| match protocols.get(stage.api_arn())? {
            Protocol::Http => Some((stage, "HTTP")),
            Protocol::WebSocket => Some((stage, "WEBSOCKET")),
            Protocol::NotRecorded => None,
        });
        let apis: BTreeMap<String, Value> = known
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

    /// The pseudonyms of the names of the stages' APIs, by API ARN.
    fn api_names(&mut self, stages: &[Stage]) -> BTreeMap<String, String> {
        let originals = self.original.names();
        let known = stages.iter().filter_map(|stage| Some((&stage.arn, originals.of_api(&stage.arn)?)));
        known.map(|(stage, name)| (self.api_arn(stage), self.names.of(Form::ApiName, name))).collect()
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
            // If an ARN occurs twice, a scan uses the last tags.
            redacted.insert(arn.clone(), ResourceTagMapping { resource_arn: arn.clone(), tags });
        }
        redacted.into_values().collect()
    }

    /// A tag with its value replaced; `None` for a key that is neither in `tag_keys` nor similar to
    /// one of them.
    ///
    /// A similar key stays as it is, except that invisible characters around it, which could encode
    /// anything, are replaced by one space on each side.
    fn tag(&mut self, key: &str, value: &str) -> Option<(String, String)> {
        let key = if self.tag_keys.iter().any(|kept| kept == key) {
            key.to_owned()
        } else {
            self.tag_keys.iter().find(|kept| is_similar(key, kept))?;
            let space = |at: Option<char>| if at.is_some_and(is_invisible) { " " } else { "" };
            let (first, last) = (space(key.chars().next()), space(key.chars().next_back()));
            [first, key.trim_matches(is_invisible), last].concat()
        };
        // A blank value names no owner and must stay blank.
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
}

fn v2_stages(stages: &[Stage]) -> impl Iterator<Item = &StageArn> {
    stages.iter().map(|stage| &stage.arn).filter(|arn| arn.stage_type() == StageType::ApiV2)
}
