//! The HTTP integrations of a stage, from its export or from Config's rows, and the backends that
//! they call with the stage's variables.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use serde_json::Value;

use crate::account::export::{Document, Entries, is_http, is_member_without_http, is_without_http};
use crate::account::rows::{member, text_member};
use crate::resources::backend::{Backend, Server};
use crate::resources::stage_arn::StageType;

/// The variables of a stage, by name. The values may be secret and are untrusted text.
pub type StageVariables = BTreeMap<String, String>;

/// The name of an integration in an operation of an export.
pub(crate) const INTEGRATION: &str = "x-amazon-apigateway-integration";
/// The operation of an export for all methods without their own.
pub(crate) const ANY_METHOD: &str = "x-amazon-apigateway-any-method";

const VARIABLE: &str = "${stageVariables.";

/// How an integration calls its backend, before stage variables are resolved.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Call {
    /// The URI without its path, as far as the path can be separated.
    uri: String,
    vpc_link: Option<String>,
    insecure_skip_verification: bool,
}

/// How an integration calls its backend.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct ResolvedCall {
    server: Server,
    vpc_link: Option<String>,
    insecure_skip_verification: bool,
}

/// The methods and paths of integrations.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Operations {
    methods: BTreeSet<String>,
    /// The indexes of the paths in the export.
    paths: BTreeSet<usize>,
}

/// The HTTP integrations of one stage or API. Integrations of unknown types count as HTTP.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HttpIntegrations(BTreeMap<Call, Operations>);

impl HttpIntegrations {
    /// The integrations in an export (`oas30` or `swagger`, `extensions=integrations`); `None` for
    /// JSON that is no such document.
    ///
    /// # Errors
    /// If the export isn't valid JSON.
    pub fn of_export(export: &[u8]) -> Result<Option<Self>, serde_json::Error> {
        let document: Document = match serde_json::from_slice(export) {
            Ok(document) => document,
            Err(error) if error.is_data() => return Ok(None),
            Err(error) => return Err(error),
        };
        let mut integrations = Self::default();
        let Entries(paths) = document.paths;
        for (path, (_, Entries(members))) in paths.iter().enumerate() {
            for (name, operation) in members.iter().filter(|(name, it)| !is_member_without_http(name, it)) {
                let call = Call::of(operation.get(INTEGRATION).unwrap_or(&Value::Null), "type", "uri");
                let operations = integrations.0.entry(call).or_default();
                // Anything else is a reference to operations elsewhere, whose methods are unknown.
                if name == ANY_METHOD {
                    operations.methods.insert("ANY".into());
                } else if !name.starts_with('$') {
                    operations.methods.insert(name.to_ascii_uppercase());
                }
                operations.paths.insert(path);
            }
        }
        Ok(Some(integrations))
    }

    /// The stage variables that determine the backends.
    #[must_use]
    pub fn variables(&self) -> BTreeSet<&str> {
        let texts = self.0.keys().flat_map(|call| [Some(&call.uri), call.vpc_link.as_ref()]);
        texts.flatten().flat_map(|text| variables(text)).collect()
    }

    /// The backends with these values of the stage variables, in the order of their servers.
    #[must_use]
    pub fn backends(&self, values: &StageVariables) -> Vec<Backend> {
        let mut backends: BTreeMap<ResolvedCall, (Operations, BTreeSet<String>)> = BTreeMap::new();
        for (call, operations) in &self.0 {
            let mut unresolved = BTreeSet::new();
            let server = server(&call.uri, values, &mut unresolved);
            let vpc_link = call.vpc_link.as_ref().map(|link| {
                resolved(link, values).unwrap_or_else(|| {
                    unresolved.extend(variables(link).into_iter().map(str::to_owned));
                    link.clone()
                })
            });
            let insecure_skip_verification = call.insecure_skip_verification;
            let call = ResolvedCall { server, vpc_link, insecure_skip_verification };
            let (all, all_unresolved) = backends.entry(call).or_default();
            all.methods.extend(operations.methods.iter().cloned());
            all.paths.extend(&operations.paths);
            all_unresolved.extend(unresolved);
        }
        let backends = backends.into_iter().map(|(call, (operations, unresolved))| {
            let ResolvedCall { server, vpc_link, insecure_skip_verification } = call;
            let (methods, paths) = (operations.methods.len(), operations.paths.len());
            Backend { server, vpc_link, insecure_skip_verification, methods, paths, unresolved }
        });
        backends.collect()
    }
}

impl Call {
    /// The call of an integration, whose fields may have names in any case.
    fn of(integration: &Value, type_name: &str, uri_name: &str) -> Self {
        let text = |name: &str| text_member(integration, name).unwrap_or_default();
        let is_private = is_http(text(type_name)) && text("connectionType").eq_ignore_ascii_case("VPC_LINK");
        let insecure = member(integration, "tlsConfig").and_then(|it| member(it, "insecureSkipVerification"));
        Self {
            uri: origin_part(text(uri_name)).into(),
            vpc_link: is_private.then(|| text("connectionId").into()),
            insecure_skip_verification: insecure.is_some_and(|it| it == true || it == "true"),
        }
    }
}

/// The URI without its path, if it has a host or starts with a variable.
fn origin_part(uri: &str) -> &str {
    let host = match uri.find("://") {
        Some(at) => at + "://".len(),
        None if uri.starts_with(VARIABLE) => 0,
        None => return uri,
    };
    let end = uri.get(host..).and_then(|rest| rest.find(['/', '?', '#'])).map(|end| host + end);
    uri.get(..end.unwrap_or(uri.len())).unwrap_or(uri)
}

/// The server of a URI with stage variables. If it can't be resolved to a URL, it is the server as
/// written, and its variables are added to `unresolved`.
fn server(uri: &str, values: &StageVariables, unresolved: &mut BTreeSet<String>) -> Server {
    let server = resolved(uri, values).map(|url| Server::of(&url));
    if let Some(server @ Server::Origin(_)) = server {
        return server;
    }
    unresolved.extend(variables(uri).into_iter().map(str::to_owned));
    Server::of(uri)
}

/// The names of the stage variables in a text.
fn variables(text: &str) -> Vec<&str> {
    text.split(VARIABLE).skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name).collect()
}

/// The text with the values of its stage variables; `None` if one has no value.
fn resolved(text: &str, values: &StageVariables) -> Option<String> {
    let mut parts = text.split(VARIABLE);
    let mut resolved = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, rest) = part.split_once('}')?;
        resolved.push_str(values.get(name)?);
        resolved.push_str(rest);
    }
    Some(resolved)
}

/// The HTTP integrations of V2 APIs, as recorded by Config.
#[derive(Debug, Default)]
pub struct V2Integrations {
    /// By API id, of all APIs with an integration of any type.
    by_api: HashMap<String, HttpIntegrations>,
    /// Whether an integration of an unknown API may belong to any API.
    has_unattributed: bool,
}

impl V2Integrations {
    /// The integrations in rows of V2 integrations.
    #[must_use]
    pub fn of_rows<'a>(rows: impl IntoIterator<Item = &'a Value>) -> Self {
        let mut integrations = Self::default();
        for configuration in rows.into_iter().map(|row| row.get("configuration").unwrap_or(&Value::Null)) {
            let without_http = text_member(configuration, "integrationType").is_some_and(is_without_http);
            let Some(api) = text_member(configuration, "apiId") else {
                integrations.has_unattributed |= !without_http;
                continue;
            };
            let of_api = integrations.by_api.entry(api.to_owned()).or_default();
            if !without_http {
                let call = Call::of(configuration, "integrationType", "integrationUri");
                of_api.0.entry(call).or_default();
            }
        }
        integrations
    }

    /// The integrations of an API, and whether they are all that it has.
    #[must_use]
    pub fn of_api(&self, api_id: &str) -> (HttpIntegrations, bool) {
        let known = self.by_api.get(api_id);
        (known.cloned().unwrap_or_default(), known.is_some() && !self.has_unattributed)
    }

    /// The IDs of the APIs with an HTTP integration whose backend depends on a stage variable.
    #[must_use]
    pub fn apis_with_variables(&self) -> HashSet<&str> {
        let with = self.by_api.iter().filter(|(_, integrations)| !integrations.variables().is_empty());
        with.map(|(api, _)| api.as_str()).collect()
    }
}

/// The field of a stage's `configuration` that contains its variables.
#[must_use]
pub(crate) fn variables_field(stage_type: StageType) -> &'static str {
    match stage_type {
        StageType::RestApi => "variables",
        StageType::ApiV2 => "stageVariables",
    }
}

/// The variables in the `configuration` of a stage; `None` if it has none.
#[must_use]
pub(crate) fn stage_variables(stage_type: StageType, configuration: &Value) -> Option<StageVariables> {
    let variables = member(configuration, variables_field(stage_type))?.as_object()?;
    let text = |(name, value): (&String, &Value)| Some((name.clone(), value.as_str()?.to_owned()));
    Some(variables.iter().filter_map(text).collect())
}

#[cfg(test)]
#[path = "integrations_tests.rs"]
mod tests;
