use serde::{Deserialize, Serialize};

use crate::resources::domain_name::{Route, RouteKind};

/// The path or stage that `GetBasePathMappings` shows for none.
const NONE: &str = "(none)";

/// An item of `GetApiMappings`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ApiMapping {
    /// The API.
    #[serde(alias = "ApiId")]
    pub api_id: String,
    /// The path; absent or empty for the root.
    #[serde(alias = "ApiMappingKey", default, skip_serializing_if = "Option::is_none")]
    pub api_mapping_key: Option<String>,
    /// The stage.
    #[serde(alias = "Stage", default, skip_serializing_if = "Option::is_none")]
    pub stage: Option<String>,
}

/// An item of `GetBasePathMappings`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BasePathMapping {
    /// The path; `(none)` for the root.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base_path: Option<String>,
    /// The API.
    pub rest_api_id: String,
    /// The stage; absent, empty or `(none)` if callers name it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage: Option<String>,
}

/// An item of `ListRoutingRules`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RoutingRule {
    /// The priority.
    #[serde(alias = "Priority")]
    pub priority: i32,
    /// What is done with requests that match.
    #[serde(alias = "Actions")]
    pub actions: Vec<RoutingRuleAction>,
}

/// An action of a routing rule.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RoutingRuleAction {
    /// The API to which requests go.
    #[serde(alias = "InvokeApi")]
    pub invoke_api: InvokeApi,
}

/// The API to which a routing rule leads.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InvokeApi {
    /// The API.
    #[serde(alias = "ApiId")]
    pub api_id: String,
    /// The stage.
    #[serde(alias = "Stage", default, skip_serializing_if = "Option::is_none")]
    pub stage: Option<String>,
}

impl ApiMapping {
    pub(in crate::snapshot) fn route(&self) -> Route {
        mapping(&self.api_id, self.stage.as_deref(), self.api_mapping_key.as_deref())
    }
}

impl BasePathMapping {
    pub(in crate::snapshot) fn route(&self) -> Route {
        mapping(&self.rest_api_id, self.stage.as_deref(), self.base_path.as_deref())
    }
}

impl RoutingRule {
    pub(in crate::snapshot) fn routes(&self) -> impl Iterator<Item = Route> {
        self.actions.iter().map(|RoutingRuleAction { invoke_api }| Route {
            api_id: invoke_api.api_id.clone(),
            stage: some(invoke_api.stage.as_deref()),
            kind: RouteKind::RoutingRule(self.priority),
        })
    }
}

fn mapping(api_id: &str, stage: Option<&str>, path: Option<&str>) -> Route {
    let kind = RouteKind::Mapping(some(path).unwrap_or_default());
    Route { api_id: api_id.to_owned(), stage: some(stage), kind }
}

/// The text, unless it is one that AWS returns if there is none.
fn some(text: Option<&str>) -> Option<String> {
    text.filter(|text| !matches!(*text, "" | NONE)).map(str::to_owned)
}

/// Items that result in these routes.
#[cfg(feature = "cli")]
#[derive(Debug, Default)]
pub(in crate::snapshot) struct RouteItems {
    pub(in crate::snapshot) api_mappings: Vec<ApiMapping>,
    pub(in crate::snapshot) base_path_mappings: Vec<BasePathMapping>,
    pub(in crate::snapshot) routing_rules: Vec<RoutingRule>,
}

#[cfg(feature = "cli")]
impl RouteItems {
    /// The items of a domain with these routes. Only those of a Regional domain are API mappings.
    pub(in crate::snapshot) fn new(routes: &[Route], is_regional: bool) -> Self {
        let mut items = Self::default();
        for Route { api_id, stage, kind } in routes {
            match kind {
                RouteKind::Mapping(path) if !is_regional => items.base_path_mappings.push(BasePathMapping {
                    base_path: Some(if path.is_empty() { NONE.into() } else { path.clone() }),
                    rest_api_id: api_id.clone(),
                    stage: stage.clone(),
                }),
                RouteKind::Mapping(path) => items.api_mappings.push(ApiMapping {
                    api_id: api_id.clone(),
                    api_mapping_key: Some(path.clone()),
                    stage: stage.clone(),
                }),
                RouteKind::RoutingRule(priority) => items.routing_rules.push(RoutingRule {
                    priority: *priority,
                    actions: vec![RoutingRuleAction {
                        invoke_api: InvokeApi { api_id: api_id.clone(), stage: stage.clone() },
                    }],
                }),
            }
        }
        items
    }
}
