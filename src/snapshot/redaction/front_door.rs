//! The front door with pseudonyms. Whatever the front-door checks depend on stays the same, except
//! for names.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::resources::api::{ApiArn, EndpointConfiguration, RestApiItem, V2ApiItem};
use crate::resources::certificate_id::CertificateId;
use crate::resources::domain_name::{DomainName, MutualTlsAuthentication, Route, RouteKind};
use crate::snapshot::front_door::{
    ApiMapping, BasePathMapping, ExportedSettings, FrontDoorItems, RouteItems, RoutingRule, recorded,
};
use crate::snapshot::known;
use crate::snapshot::pseudonyms::Form;
use crate::snapshot::redaction::Redaction;
use crate::snapshot::schema::AcmCertificate;

impl Redaction<'_> {
    /// The front door with pseudonyms.
    pub(crate) fn front_door(&mut self, original: &FrontDoorItems) -> FrontDoorItems {
        let mut rest_apis: Vec<_> = original.rest_apis.iter().map(|api| self.rest_api(api)).collect();
        rest_apis.sort_by(|one, other| one.id.cmp(&other.id));
        let mut v2_apis: Vec<_> = original.v2_apis.iter().map(|api| self.v2_api(api)).collect();
        v2_apis.sort_by(|one, other| one.api_id.cmp(&other.api_id));
        let mut domain_names: Vec<_> = original.domain_names.iter().map(|it| self.domain_name(it)).collect();
        domain_names.sort_by_key(DomainName::key);
        let redacted = FrontDoorItems {
            rest_apis,
            v2_apis,
            domain_names,
            api_mappings: self.api_mappings(&original.api_mappings),
            base_path_mappings: self.base_path_mappings(&original.base_path_mappings),
            routing_rules: self.routing_rules(&original.routing_rules),
            recorded_domain_names: self.recorded(&original.recorded_domain_names),
            stage_names: self.stage_names(&original.stage_names),
            exports: self.exported_settings(&original.exports),
            certificates: self.domain_certificates(original),
            ..self.truststores(original)
        };
        self.network(original, redacted)
    }

    fn rest_api(&mut self, original: &RestApiItem) -> RestApiItem {
        RestApiItem {
            id: self.api_id(&original.id),
            name: original.name.as_ref().map(|name| self.names.of(Form::ApiName, name)),
            disable_execute_api_endpoint: original.disable_execute_api_endpoint,
            endpoint_configuration: self.endpoint(&original.endpoint_configuration),
            policy: original.policy.as_ref().map(|policy| self.escaped_policy(policy)),
        }
    }

    fn v2_api(&mut self, original: &V2ApiItem) -> V2ApiItem {
        V2ApiItem {
            api_id: self.api_id(&original.api_id),
            name: original.name.as_ref().map(|name| self.names.of(Form::ApiName, name)),
            protocol_type: self.word(known::PROTOCOL, &original.protocol_type),
            disable_execute_api_endpoint: original.disable_execute_api_endpoint,
        }
    }

    fn endpoint(&mut self, original: &EndpointConfiguration) -> EndpointConfiguration {
        EndpointConfiguration {
            types: original.types.iter().map(|kind| self.word(known::ENDPOINT_TYPE, kind)).collect(),
            vpc_endpoint_ids: original.vpc_endpoint_ids.iter().map(|id| self.resource_id(id)).collect(),
        }
    }

    fn domain_name(&mut self, original: &DomainName) -> DomainName {
        let mut certificate = |arn: &Option<String>| {
            arn.as_ref().map(|arn| self.certificate_id(&CertificateId::new(arn.clone())))
        };
        let certificate_arn = certificate(&original.certificate_arn);
        let regional_certificate_arn = certificate(&original.regional_certificate_arn);
        let ownership_verification_certificate_arn =
            certificate(&original.ownership_verification_certificate_arn);
        DomainName {
            domain_name: self.domain(&original.domain_name),
            domain_name_id: original.domain_name_id.as_ref().map(|id| self.names.of(Form::DomainId, id)),
            domain_name_arn: original.domain_name_arn.as_ref().map(|arn| self.domain_arn(arn)),
            certificate_arn,
            regional_certificate_arn,
            ownership_verification_certificate_arn,
            endpoint_configuration: self.endpoint(&original.endpoint_configuration),
            domain_name_status: self
                .optional_word(known::DOMAIN_STATUS, original.domain_name_status.as_ref()),
            security_policy: self.optional_word(known::SECURITY_POLICY, original.security_policy.as_ref()),
            mutual_tls_authentication: original
                .mutual_tls_authentication
                .as_ref()
                .map(|it| self.mutual_tls(it)),
            routing_mode: self.optional_word(known::ROUTING_MODE, original.routing_mode.as_ref()),
        }
    }

    fn mutual_tls(&mut self, original: &MutualTlsAuthentication) -> MutualTlsAuthentication {
        let warnings = original.truststore_warnings.iter();
        let mut warnings: Vec<_> = warnings.map(|text| self.names.of(Form::Warning, text)).collect();
        warnings.sort();
        MutualTlsAuthentication {
            truststore_uri: original.truststore_uri.as_ref().map(|uri| self.s3_uri(uri)),
            truststore_version: original.truststore_version.as_ref().map(|version| self.version(version)),
            truststore_warnings: warnings,
        }
    }

    fn api_mappings(
        &mut self,
        original: &BTreeMap<String, Vec<ApiMapping>>,
    ) -> BTreeMap<String, Vec<ApiMapping>> {
        let by_domain = original.iter().map(|(domain, items)| {
            let routes = self.routes(items.iter().map(ApiMapping::route));
            (self.domain_label(domain), RouteItems::new(&routes, true).api_mappings)
        });
        by_domain.collect()
    }

    fn base_path_mappings(
        &mut self,
        original: &BTreeMap<String, Vec<BasePathMapping>>,
    ) -> BTreeMap<String, Vec<BasePathMapping>> {
        let by_domain = original.iter().map(|(domain, items)| {
            let routes = self.routes(items.iter().map(BasePathMapping::route));
            (self.domain_label(domain), RouteItems::new(&routes, false).base_path_mappings)
        });
        by_domain.collect()
    }

    fn routing_rules(
        &mut self,
        original: &BTreeMap<String, Vec<RoutingRule>>,
    ) -> BTreeMap<String, Vec<RoutingRule>> {
        let by_domain = original.iter().map(|(domain, items)| {
            let routes = self.routes(items.iter().flat_map(RoutingRule::routes));
            (self.domain_label(domain), RouteItems::new(&routes, true).routing_rules)
        });
        by_domain.collect()
    }

    /// The routes in the order of their pseudonyms.
    fn routes(&mut self, original: impl Iterator<Item = Route>) -> Vec<Route> {
        let mut routes: Vec<Route> = original.map(|route| self.route(route)).collect();
        routes.sort();
        routes
    }

    fn route(&mut self, original: Route) -> Route {
        let kind = match original.kind {
            RouteKind::Mapping(path) if !path.is_empty() => {
                RouteKind::Mapping(self.names.of(Form::Path, &path))
            }
            kind => kind,
        };
        Route {
            api_id: self.api_id(&original.api_id),
            stage: original.stage.map(|stage| self.names.of(Form::StageName, &stage)),
            kind,
        }
    }

    fn recorded(&mut self, original: &[Value]) -> Vec<Value> {
        let known: BTreeMap<String, String> = original.iter().filter_map(recorded).collect();
        let rows = known.iter().map(|(name, id)| {
            let domain = self.domain(name);
            let id = if id == name { domain.clone() } else { self.domain_arn(id) };
            json!({
                "resourceId": id,
                "resourceType": "AWS::ApiGateway::DomainName",
                "configuration": {"DomainName": domain},
            })
        });
        let mut rows: Vec<Value> = rows.collect();
        rows.sort_by_cached_key(ToString::to_string);
        rows
    }

    fn stage_names(
        &mut self,
        original: &BTreeMap<String, BTreeSet<String>>,
    ) -> BTreeMap<String, BTreeSet<String>> {
        let known = original.iter().filter_map(|(arn, names)| Some((ApiArn::parse(arn).ok()?, names)));
        let redacted = known.map(|(arn, names)| {
            let names = names.iter().map(|name| self.names.of(Form::StageName, name)).collect();
            (self.front_door_arn(&arn), names)
        });
        redacted.collect()
    }

    fn exported_settings(
        &mut self,
        original: &BTreeMap<String, Option<ExportedSettings>>,
    ) -> BTreeMap<String, Option<ExportedSettings>> {
        let mut redacted = BTreeMap::new();
        for (stage, settings) in original {
            let Some((arn, stage)) = stage.split_once("/stages/") else { continue };
            let Ok(arn) = ApiArn::parse(arn) else { continue };
            let stage = self.names.of(Form::StageName, stage);
            let settings = settings.as_ref().map(|settings| {
                let policy = settings.settings().policy;
                ExportedSettings {
                    disable_execute_api_endpoint: settings.disable_execute_api_endpoint,
                    policy: policy.map(|policy| self.policy(&policy).into()),
                }
            });
            redacted.insert(format!("{}/stages/{stage}", self.front_door_arn(&arn)), settings);
        }
        redacted
    }

    /// The certificates that domains have, wherever the snapshot has them.
    fn domain_certificates(&mut self, original: &FrontDoorItems) -> Vec<AcmCertificate> {
        let of_domain = |domain: &DomainName| {
            let ownership = domain.ownership_verification_certificate_arn.clone();
            [domain.certificate_arn.clone(), domain.regional_certificate_arn.clone(), ownership]
        };
        let used: BTreeSet<String> = original.domain_names.iter().flat_map(of_domain).flatten().collect();
        let all = original.certificates.iter().chain(&self.original.acm_certificates);
        let mut by_arn: BTreeMap<&str, &AcmCertificate> = BTreeMap::new();
        for certificate in all.filter(|it| used.contains(&it.certificate_arn)) {
            by_arn.entry(&certificate.certificate_arn).or_insert(certificate);
        }
        let mut redacted: Vec<_> = by_arn.into_values().map(|it| self.acm_certificate(it)).collect();
        redacted.sort_by(|one, other| one.certificate_arn.cmp(&other.certificate_arn));
        redacted
    }
}
