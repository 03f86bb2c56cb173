//! Integrations with pseudonyms. Everything that the list of backends shows stays the same, except
//! for names.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::{Map, Value, json};

use crate::account::export::OPERATIONS;
use crate::account::integrations::{
    HttpCall, HttpIntegrations, INTEGRATION, StageVariables, V2Integrations, reference, resolved, server,
    variables,
};
use crate::resources::backend::{Backend, Server};
use crate::resources::stage::Stage;
use crate::resources::stage_arn::{StageArn, StageType};
use crate::snapshot::pseudonyms::Form;
use crate::snapshot::redaction::Redaction;

/// The rows of V2 integrations, and the variables that they refer to, by stage ARN.
#[derive(Default)]
pub(crate) struct V2Redaction {
    pub(crate) rows: Vec<Value>,
    pub(crate) variables: HashMap<StageArn, StageVariables>,
}

impl Redaction<'_> {
    /// The paths of an export with these backends, at least one.
    ///
    /// Each backend gets its own paths, with the same number of methods and paths.
    pub(crate) fn paths_of(&mut self, backends: &[Backend]) -> Value {
        let mut paths = Map::new();
        for (index, backend) in backends.iter().enumerate() {
            let integration = json!({INTEGRATION: self.rest_integration(backend)});
            let methods: Vec<&str> = OPERATIONS.into_iter().take(backend.methods).collect();
            // A backend without a method is a reference to operations elsewhere.
            let first = methods.first().copied().unwrap_or("$ref");
            for path in 0..backend.paths {
                let mut members = Map::from_iter([(first.to_owned(), integration.clone())]);
                if path == 0 {
                    let others =
                        methods.iter().skip(1).map(|method| ((*method).to_owned(), integration.clone()));
                    members.extend(others);
                }
                paths.insert(format!("/{index}/{path}"), members.into());
            }
        }
        paths.into()
    }

    fn rest_integration(&mut self, backend: &Backend) -> Value {
        let of_link: BTreeSet<&str> = backend.vpc_link.iter().flat_map(|link| variables(link)).collect();
        let of_server = backend.unresolved.iter().map(String::as_str).filter(|name| !of_link.contains(name));
        let mut of_server: BTreeSet<&str> = of_server.collect();
        of_server.extend(variables(backend.server.host()));
        let uri = match backend.server {
            Server::Origin(_) => self.uri_of(&backend.server),
            Server::AsWritten { .. } => self.uri_with(&backend.server, of_server),
        };
        let mut integration =
            Map::from_iter([("type".into(), "http_proxy".into()), ("uri".into(), uri.into())]);
        if let Some(link) = &backend.vpc_link {
            let link = if of_link.is_empty() {
                self.link(link)
            } else {
                self.references(of_link) + &self.names.of(Form::VpcLink, link)
            };
            integration.insert("connectionType".into(), "VPC_LINK".into());
            integration.insert("connectionId".into(), link.into());
        }
        if backend.insecure_skip_verification {
            integration.insert("tlsConfig".into(), json!({"insecureSkipVerification": true}));
        }
        integration.into()
    }

    /// A URI with the pseudonym of a server.
    fn uri_of(&mut self, server: &Server) -> String {
        match server {
            Server::Origin(origin) => {
                format!("{}://{}:{}", origin.scheme, self.names.of(Form::Host, &origin.host), origin.port)
            }
            Server::AsWritten { .. } => self.uri_with(server, BTreeSet::new()),
        }
    }

    /// A URI with the pseudonym of a server that is not known. It is no URL either, and refers to
    /// the pseudonyms of these stage variables.
    fn uri_with(&mut self, server: &Server, variables: BTreeSet<&str>) -> String {
        let host = server.host();
        let text = match host {
            "" => String::new(),
            arn if arn.starts_with("arn:") => format!("arn:{}", self.names.of(Form::Unrecognized, arn)),
            // No host contains a brace.
            host => format!("{{{}}}", self.names.of(Form::Unrecognized, host)),
        };
        let scheme = server.scheme().map(|scheme| format!("{scheme}://")).unwrap_or_default();
        format!("{scheme}{}{text}", self.references(variables))
    }

    fn references(&mut self, variables: BTreeSet<&str>) -> String {
        let references = variables.into_iter().map(|name| reference(&self.names.of(Form::Variable, name)));
        references.collect::<Vec<_>>().concat()
    }

    fn link(&mut self, link: &str) -> String {
        if link.is_empty() { String::new() } else { self.names.of(Form::VpcLink, link) }
    }

    /// The integrations of the V2 APIs with these stages.
    ///
    /// A stage variable in an integration may have a different value on each stage, so it is
    /// replaced by one with a pseudonym as its value. A variable in several hosts or VPC links
    /// becomes several.
    pub(crate) fn v2_integrations(&mut self, stages: &[Stage]) -> V2Redaction {
        let integrations = V2Integrations::of_rows(&self.original.integrations);
        let mut by_api: BTreeMap<&str, Vec<&StageArn>> = BTreeMap::new();
        for stage in stages.iter().filter(|stage| stage.arn.stage_type() == StageType::ApiV2) {
            by_api.entry(stage.arn.api_id()).or_default().push(&stage.arn);
        }
        let values: HashMap<StageArn, StageVariables> = self.original.stage_variables("").collect();
        let mut redacted = V2Redaction::default();
        for (api, stages) in by_api {
            let (known, is_complete) = integrations.of_api(api);
            let api = self.names.of(Form::Api, api);
            for call in known.calls() {
                let configuration =
                    self.v2_integration(&api, &call, &stages, &values, &mut redacted.variables);
                redacted.rows.push(row(&api, &configuration));
            }
            if known == HttpIntegrations::default() && is_complete {
                redacted.rows.push(row(&api, &json!({"ApiId": api, "IntegrationType": "AWS_PROXY"})));
            }
        }
        // An integration of an unknown API may belong to any of them.
        if integrations.has_unattributed() {
            redacted.rows.push(row("unknown", &json!({"IntegrationType": "HTTP_PROXY"})));
        }
        redacted.rows.sort_by_cached_key(ToString::to_string);
        redacted
    }

    fn v2_integration(
        &mut self,
        api: &str,
        call: &HttpCall<'_>,
        stages: &[&StageArn],
        values: &HashMap<StageArn, StageVariables>,
        redacted: &mut HashMap<StageArn, StageVariables>,
    ) -> Value {
        let none = StageVariables::new();
        let values_of = |stage: &StageArn| values.get(stage).unwrap_or(&none);
        let written = Server::of(call.uri);
        let names = self.names_in(api, call.uri);
        let uri = if names.is_empty() {
            self.uri_of(&written)
        } else {
            let scheme = written.scheme().map(|scheme| format!("{scheme}://")).unwrap_or_default();
            for stage in stages {
                let found = server(call.uri, values_of(stage), &mut BTreeSet::new());
                if let Some(origin) = found.origin() {
                    let uri = self.uri_of(&Server::Origin(origin.clone()));
                    let uri = uri.strip_prefix(&scheme).unwrap_or(&uri).to_owned();
                    set(redacted, stage, &names, uri);
                }
            }
            scheme + &names.iter().map(|name| reference(name)).collect::<Vec<_>>().concat()
        };
        let mut configuration = Map::from_iter([
            ("ApiId".into(), api.into()),
            ("IntegrationType".into(), "HTTP_PROXY".into()),
            ("IntegrationUri".into(), uri.into()),
        ]);
        if let Some(link) = call.vpc_link {
            let names = self.names_in(api, link);
            let id = if names.is_empty() {
                self.link(link)
            } else {
                for stage in stages {
                    if let Some(found) = resolved(link, values_of(stage)) {
                        let id = self.link(&found);
                        set(redacted, stage, &names, id);
                    }
                }
                names.iter().map(|name| reference(name)).collect::<Vec<_>>().concat()
            };
            configuration.insert("ConnectionType".into(), "VPC_LINK".into());
            configuration.insert("ConnectionId".into(), id.into());
        }
        if call.insecure_skip_verification {
            configuration.insert("TlsConfig".into(), json!({"InsecureSkipVerification": true}));
        }
        configuration.into()
    }

    /// One name for each stage variable in a text of an API. No other text refers to these names.
    fn names_in(&mut self, api: &str, text: &str) -> Vec<String> {
        let names: BTreeSet<&str> = variables(text).into_iter().collect();
        names.into_iter().map(|name| self.names.of(Form::Variable, &format!("{api} {text} {name}"))).collect()
    }
}

/// Sets the first variable to `value`, and the others to nothing.
fn set(redacted: &mut HashMap<StageArn, StageVariables>, stage: &StageArn, names: &[String], value: String) {
    let of_stage = redacted.entry(stage.clone()).or_default();
    of_stage.extend(names.iter().map(|name| (name.clone(), String::new())));
    if let Some(first) = names.first() {
        of_stage.insert(first.clone(), value);
    }
}

fn row(api: &str, configuration: &Value) -> Value {
    json!({
        "resourceId": format!("{api}|integration"),
        "resourceType": "AWS::ApiGatewayV2::Integration",
        "configuration": configuration,
    })
}
