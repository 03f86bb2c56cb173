//! Custom domain names, and what leads from them to APIs.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::Failure;
use crate::aws::LiveAccount;
use crate::aws::connect::call::Call;
use crate::aws::read::gateway::escaped;
use crate::aws::read::gateway::{ListForm, ROUTING_RULES, V1, V2, parsed};
use crate::aws::read::inventory::is_missing_recorder;
use crate::resources::api::is_api_id;
use crate::resources::domain_name::{DomainKey, DomainName, Route, RouteKind};
use crate::resources::resource::Resource;

/// Config's resource type for public domains.
const DOMAIN_NAME: &str = "AWS::ApiGateway::DomainName";

impl LiveAccount {
    /// All domain names of this account, from `GetDomainNames`.
    pub(super) async fn all_domain_names(&self) -> Result<Vec<DomainName>, Failure> {
        let call = self.call("GetDomainNames", "all domain names");
        let items = self.gateway_list(&call, V1, "/domainnames", "&resourceOwner=SELF").await?;
        let items = items.ok_or_else(|| call.invalid_response("not found".into()))?;
        items.into_iter().map(|item| parsed(&call, item)).collect()
    }

    /// The current domain, from `GetDomainName`; `None` if it does not exist.
    pub(super) async fn current_domain_name(&self, key: &DomainKey) -> Result<Option<DomainName>, Failure> {
        let resource = key.to_string();
        let call = self.call("GetDomainName", &resource);
        let mut path = format!("/domainnames/{}", escaped(&key.name));
        if let Some(id) = &key.id {
            path = format!("{path}?domainNameId={}", escaped(id));
        }
        let Some(item) = self.gateway_resource(&call, V1.service, &path).await? else { return Ok(None) };
        let found: DomainName = parsed(&call, item)?;
        if !found.domain_name.eq_ignore_ascii_case(&key.name) {
            return Err(call.invalid_response("another domain name".into()));
        }
        // A private and a public domain can have the same name.
        Ok(Some(found).filter(|found| found.key().id == key.id))
    }

    /// The mappings of a domain; none if the domain does not exist.
    ///
    /// Only the second API knows keys of several levels, which only Regional domains have, and
    /// only the first API knows private domains.
    pub(super) async fn mappings_of(&self, domain: &DomainName) -> Result<Vec<Route>, Failure> {
        let key = domain.key();
        let resource = key.to_string();
        let is_regional =
            !domain.is_private() && domain.endpoint_configuration.types.iter().any(|it| it == "REGIONAL");
        if is_regional {
            let call = self.call("GetApiMappings", &resource);
            let items = self.list_of_domain(&call, V2, &key, "apimappings").await?;
            return items.iter().map(|item| mapping(&call, item, "apiId", "apiMappingKey")).collect();
        }
        let call = self.call("GetBasePathMappings", &resource);
        let items = self.list_of_domain(&call, V1, &key, "basepathmappings").await?;
        items.iter().map(|item| mapping(&call, item, "restApiId", "basePath")).collect()
    }

    /// The actions of a domain's routing rules; none if the domain does not exist.
    pub(super) async fn routing_rules_of(&self, key: &DomainKey) -> Result<Vec<Route>, Failure> {
        let resource = key.to_string();
        let call = self.call("ListRoutingRules", &resource);
        let rules = self.list_of_domain(&call, ROUTING_RULES, key, "routingrules").await?;
        let mut routes = Vec::new();
        for rule in &rules {
            let priority = rule.get("priority").and_then(Value::as_i64).and_then(|it| i32::try_from(it).ok());
            let actions = rule.get("actions").and_then(Value::as_array);
            let (Some(priority), Some(actions)) = (priority, actions) else {
                return Err(call.invalid_response("a routing rule without priority or actions".into()));
            };
            for action in actions {
                // An unknown kind of action could lead to an API too.
                let unknown = || call.invalid_response("a routing rule with an unknown action".into());
                let target = action.get("invokeApi").filter(|it| it.is_object()).ok_or_else(unknown)?;
                let (api_id, stage) = target_of(&call, target, "apiId")?;
                routes.push(Route { api_id, stage, kind: RouteKind::RoutingRule(priority) });
            }
        }
        Ok(routes)
    }

    async fn list_of_domain(
        &self,
        call: &Call<'_>,
        form: ListForm,
        key: &DomainKey,
        list: &str,
    ) -> Result<Vec<Value>, Failure> {
        let domains = if form.service.id == V1.service.id { "/domainnames" } else { "/v2/domainnames" };
        let path = format!("{domains}/{}/{list}", escaped(&key.name));
        let id = key.id.as_deref().map(|id| format!("&domainNameId={}", escaped(id)));
        Ok(self.gateway_list(call, form, &path, &id.unwrap_or_default()).await?.unwrap_or_default())
    }

    /// The resource ids of the public domains in Config's index, by name.
    pub(super) async fn domain_names_in_config(&self) -> Result<BTreeMap<String, String>, Failure> {
        let expression = format!("SELECT resourceId, resourceName WHERE resourceType = '{DOMAIN_NAME}'");
        let rows = match self.select("domain names", &expression).await {
            Ok(rows) => rows,
            Err(failure) if failure.code().is_some_and(is_unrecorded) => Vec::new(),
            Err(failure) => return Err(failure),
        };
        let text = |row: &Value, name: &str| row.get(name).and_then(Value::as_str).map(str::to_owned);
        let recorded = rows.iter().filter_map(|row| {
            let id = text(row, "resourceId")?;
            let name = text(row, "resourceName").filter(|name| !name.is_empty());
            // The id may be an ARN, whose last part is the name.
            let name = name.or_else(|| id.rsplit('/').next().map(str::to_owned))?;
            let is_valid = Resource::new(DOMAIN_NAME.into(), id.as_str()).is_valid();
            is_valid.then_some((name, id))
        });
        Ok(recorded.collect())
    }
}

/// Whether this error code means that Config has no domain names.
fn is_unrecorded(code: &str) -> bool {
    // The second is Config's answer to a query for a type that it doesn't know.
    is_missing_recorder(code) || code == "InvalidExpressionException"
}

fn mapping(call: &Call<'_>, item: &Value, api_id: &str, path: &str) -> Result<Route, Failure> {
    let (api_id, stage) = target_of(call, item, api_id)?;
    let path = item.get(path).and_then(Value::as_str).filter(|path| *path != NONE);
    Ok(Route { api_id, stage, kind: RouteKind::Mapping(path.unwrap_or_default().to_owned()) })
}

/// The API and stage to which a mapping or action leads. Without a stage, callers name it.
fn target_of(call: &Call<'_>, item: &Value, api_id: &str) -> Result<(String, Option<String>), Failure> {
    let api_id = item.get(api_id).and_then(Value::as_str).filter(|id| is_api_id(id));
    let api_id = api_id.ok_or_else(|| call.invalid_response("a mapping without a valid API id".into()))?;
    let stage = item.get("stage").and_then(Value::as_str).filter(|stage| !["", NONE].contains(stage));
    Ok((api_id.to_owned(), stage.map(str::to_owned)))
}

/// API Gateway's text for no path and no stage.
const NONE: &str = "(none)";
