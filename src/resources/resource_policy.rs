//! The resource policy of a private API: through which VPC endpoints it can be called.
//!
//! Only a few shapes of statements are understood: those that AWS documents for private APIs.
//! Whatever else there is counts as unknown, and never as a limit.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use crate::quote::brief;
use crate::resources::api::ApiArn;
use crate::resources::json::Json;

/// The number of characters of a statement that are quoted.
const MAX_QUOTED: usize = 120;

/// Through which endpoints a policy lets callers in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Access {
    /// The endpoints to which a statement is limited.
    pub(crate) endpoints: BTreeSet<String>,
    /// The VPCs to which a statement is limited that names no endpoint.
    pub(crate) vpcs: BTreeSet<String>,
    /// Statements that are limited to neither, quoted.
    pub(crate) open: Vec<String>,
    /// What was not understood, quoted.
    pub(crate) unknown: Vec<String>,
}

impl Access {
    /// Whether the policy lets no caller in.
    pub(crate) fn is_closed(&self) -> bool {
        *self == Self::default()
    }
}

/// Through which endpoints a policy lets callers of an API in.
pub(crate) fn access(document: &str, api: &ApiArn) -> Access {
    let mut access = Access::default();
    let Some(statements) = statements(document) else {
        access.unknown.push(quote(document));
        return access;
    };
    let (mut allows, mut denies, mut unknown_denies) = (Vec::new(), Vec::new(), Vec::new());
    let parsed: Vec<Option<Json>> =
        statements.iter().map(|statement| serde_json::from_str(statement).ok()).collect();
    for (json, text) in parsed.iter().zip(&statements) {
        match json.as_ref().and_then(|json| Statement::parse(json, api)) {
            Some(Statement { invokes: false, .. }) => {}
            Some(allow) if allow.allows => allows.push((allow, text)),
            Some(deny) if deny.is_limit() => denies.push(deny),
            // Without a statement that was not understood, access can only be narrower.
            _ if json.as_ref().is_some_and(is_deny) => unknown_denies.push(quote(text)),
            _ => access.unknown.push(quote(text)),
        }
    }
    if allows.is_empty() && access.unknown.is_empty() {
        // An authorizer or an identity policy can allow what the policy only doesn't deny.
        match common(
            denies
                .iter()
                .filter(|deny| deny.scope >= Scope::OfAccount)
                .filter_map(|it| it.condition.endpoints()),
        ) {
            Some(endpoints) => access.endpoints = endpoints,
            None => access.unknown.push(quote(document)),
        }
    }
    for (allow, text) in allows {
        let of_denies = denies.iter().filter(|deny| deny.covers(&allow)).map(|deny| &deny.condition);
        let limits: Vec<&Condition> = of_denies.chain([&allow.condition]).collect();
        let of = |is_key: fn(&Condition) -> Option<&BTreeSet<String>>| {
            common(limits.iter().copied().filter_map(is_key))
        };
        match (of(Condition::endpoints), of(Condition::vpcs)) {
            (Some(endpoints), _) => access.endpoints.extend(endpoints),
            _ if !unknown_denies.is_empty() => access.unknown.extend(unknown_denies.clone()),
            (None, Some(vpcs)) => access.vpcs.extend(vpcs),
            (None, None) => access.open.push(quote(text)),
        }
    }
    access.unknown.dedup();
    access
}

/// What all limits have in common; `None` without a limit.
fn common<'a>(limits: impl Iterator<Item = &'a BTreeSet<String>>) -> Option<BTreeSet<String>> {
    limits.cloned().reduce(|one, other| one.intersection(&other).cloned().collect())
}

/// The ids of all VPC endpoints in a document, which need not be valid.
pub(crate) fn named_endpoints(document: &str) -> BTreeSet<String> {
    let rest = document.match_indices("vpce-").filter_map(|(at, _)| document.get(at..));
    let ids = rest.filter_map(|text| {
        let end = text.char_indices().skip(5).find(|(_, c)| !c.is_ascii_hexdigit());
        text.get(..end.map_or(text.len(), |(at, _)| at))
    });
    ids.filter(|id| is_id(id, "vpce-")).map(str::to_owned).collect()
}

/// The statements of a document as JSON; `None` if it has none or can't be parsed.
fn statements(document: &str) -> Option<Vec<&str>> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Document<'a> {
        #[serde(borrow, rename = "Statement")]
        statement: &'a RawValue,
        #[serde(default, rename = "Version")]
        _version: IgnoredAny,
        #[serde(default, rename = "Id")]
        _id: IgnoredAny,
    }
    let document: Document<'_> = serde_json::from_str(document).ok()?;
    let statement = document.statement.get();
    if !statement.starts_with('[') {
        return Some(vec![statement]);
    }
    let statements: Vec<&RawValue> = serde_json::from_str(statement).ok()?;
    (!statements.is_empty()).then(|| statements.into_iter().map(RawValue::get).collect())
}

fn is_deny(statement: &Json) -> bool {
    statement.get("Effect").and_then(Json::text) == Some("Deny")
}

fn quote(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    brief(&words.join(" "), MAX_QUOTED)
}

fn is_id(text: &str, prefix: &str) -> bool {
    let digits = text.strip_prefix(prefix).unwrap_or_default();
    (8..=17).contains(&digits.len())
        && digits.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

/// A statement that is understood.
struct Statement<'a> {
    allows: bool,
    /// Whether it is about calling an API.
    invokes: bool,
    is_about_everyone: bool,
    resources: Vec<&'a str>,
    /// The largest part of the API that one of its resources includes.
    scope: Scope,
    condition: Condition,
}

/// The condition of a statement: for `Allow` that callers come through one of these, and for `Deny`
/// that they come through none of them.
enum Condition {
    None,
    Endpoints(BTreeSet<String>),
    Vpcs(BTreeSet<String>),
}

impl Condition {
    fn endpoints(&self) -> Option<&BTreeSet<String>> {
        if let Self::Endpoints(ids) = self { Some(ids) } else { None }
    }

    fn vpcs(&self) -> Option<&BTreeSet<String>> {
        if let Self::Vpcs(ids) = self { Some(ids) } else { None }
    }

    fn parse(condition: Option<&Json>, expected_operator: &str) -> Option<Self> {
        let operators = match condition {
            None => return Some(Self::None),
            Some(condition) => condition.object()?,
        };
        let [(operator, keys)] = operators else {
            return operators.is_empty().then_some(Self::None);
        };
        let [(key, values)] = keys.object()? else { return None };
        let ids = |prefix: &str| -> Option<BTreeSet<String>> {
            values.texts()?.into_iter().map(|id| is_id(id, prefix).then(|| id.to_owned())).collect()
        };
        // The names of operators and keys are compared without regard to case.
        match key.to_ascii_lowercase().as_str() {
            _ if !operator.eq_ignore_ascii_case(expected_operator) => None,
            "aws:sourcevpce" => Some(Self::Endpoints(ids("vpce-")?)),
            "aws:sourcevpc" => Some(Self::Vpcs(ids("vpc-")?)),
            _ => None,
        }
    }
}

impl<'a> Statement<'a> {
    fn parse(json: &'a Json, api: &ApiArn) -> Option<Self> {
        const KEYS: [&str; 6] = ["Sid", "Effect", "Principal", "Action", "Resource", "Condition"];
        if !json.object()?.iter().all(|(key, _)| KEYS.contains(&key.as_str())) {
            return None;
        }
        let (allows, operator) = match json.get("Effect")?.text()? {
            "Allow" => (true, "StringEquals"),
            "Deny" => (false, "StringNotEquals"),
            _ => return None,
        };
        let invokes = invokes(&json.get("Action")?.texts()?)?;
        let resources = json.get("Resource")?.texts()?;
        let is_about_everyone = match json.get("Principal")? {
            Json::Text(principal) => principal == "*",
            Json::Object(principals) => {
                let is_everyone = |kind: &str, who: &Json| kind == "AWS" && who.texts() == Some(vec!["*"]);
                principals.iter().any(|(kind, who)| is_everyone(kind, who))
            }
            _ => return None,
        };
        let scopes: Vec<Scope> = resources.iter().map(|it| Scope::of(it, api)).collect();
        if allows && scopes.contains(&Scope::Part) {
            return None;
        }
        let condition = Condition::parse(json.get("Condition"), operator)?;
        let scope = scopes.into_iter().max()?;
        Some(Self { allows, invokes, is_about_everyone, resources, scope, condition })
    }

    /// Whether a `Deny` limits everyone to endpoints or VPCs.
    fn is_limit(&self) -> bool {
        !self.allows && self.is_about_everyone && !matches!(self.condition, Condition::None)
    }

    /// Whether a `Deny` applies to everything that the other statement allows.
    fn covers(&self, allow: &Self) -> bool {
        self.scope == Scope::Universal
            || allow.resources.iter().all(|resource| self.resources.contains(resource))
    }
}

/// Whether the actions include the one of calling an API; `None` if that is not certain.
fn invokes(actions: &[&str]) -> Option<bool> {
    const INVOKE: [&str; 3] = ["*", "execute-api:*", "execute-api:invoke"];
    if actions.iter().any(|action| INVOKE.contains(&action.to_ascii_lowercase().as_str())) {
        return Some(true);
    }
    let has_wildcard = |action: &&str| action.contains(['*', '?', '$']);
    (!actions.iter().any(has_wildcard)).then_some(false)
}

/// The part of an API that a resource of a statement includes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Scope {
    /// A part, or nothing.
    Part,
    /// Everything, if the account in the ARN is that of the API, which is not known here.
    OfAccount,
    /// Everything.
    Universal,
}

impl Scope {
    fn of(resource: &str, api: &ApiArn) -> Self {
        if resource == "*" {
            return Self::Universal;
        }
        // Every method of every stage has at least two slashes after the API's id.
        let is_everything = |path: &str| matches!(path, "*" | "*/*" | "*/*/*");
        if let Some(path) = resource.strip_prefix("execute-api:/") {
            return if is_everything(path) { Self::Universal } else { Self::Part };
        }
        let own: Vec<&str> = api.as_str().split(':').collect();
        let parts: Vec<&str> = resource.splitn(6, ':').collect();
        let (&["arn", partition, "execute-api", region, account, target], &[_, own_partition, ..]) =
            (parts.as_slice(), own.as_slice())
        else {
            return Self::Part;
        };
        let is = |part: &str, own: &str| part == "*" || part == own;
        let is_target = target == "*"
            || target.split_once('/').is_some_and(|(id, path)| is(id, api.id()) && is_everything(path));
        if !(is(partition, own_partition) && is(region, api.region()) && is_target) {
            return Self::Part;
        }
        match account {
            "*" => Self::Universal,
            _ if account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit()) => Self::OfAccount,
            _ => Self::Part,
        }
    }
}

#[cfg(test)]
#[path = "resource_policy_tests.rs"]
mod tests;
