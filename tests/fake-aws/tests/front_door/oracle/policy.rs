//! Resource policies, by trying requests: a minimal IAM that knows where a request comes from and
//! assumes the worst about everything else.

use serde_json::Value;

use super::glob;

/// Where a request enters the network.
pub struct Caller<'c> {
    pub endpoint: &'c str,
    pub vpc: &'c str,
}

/// What a policy admits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admits {
    /// It isn't a policy.
    Unknown,
    Yes,
    No,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Truth {
    True,
    False,
    Unknown,
}

/// Whether some request of this caller to a stage may be admitted.
pub fn admits(policy: &str, stage: &str, caller: &Caller<'_>) -> Admits {
    let Some(statements) = statements(policy) else { return Admits::Unknown };
    let paths = [format!("{stage}/GET/"), format!("{stage}/GET/orders/1"), format!("{stage}/POST/admin")];
    let admitted = |path: &String| {
        let (mut allowed, mut denied) = (false, false);
        for statement in &statements {
            match statement["Effect"].as_str() {
                Some("Allow") => allowed |= may_match(statement, path, caller),
                _ => denied |= must_match(statement, path, caller),
            }
        }
        allowed && !denied
    };
    if paths.iter().any(admitted) { Admits::Yes } else { Admits::No }
}

/// The statements; `None` if it isn't a policy.
pub fn statements(policy: &str) -> Option<Vec<Value>> {
    let policy: Value = serde_json::from_str(policy).ok()?;
    match &policy["Statement"] {
        Value::Array(all) => Some(all.clone()),
        one @ Value::Object(_) => Some(vec![one.clone()]),
        _ => None,
    }
}

/// Whether it has one of the two shapes of AWS's documentation: an Allow limited to endpoints, or
/// an Allow for all with a Deny for all but endpoints.
pub fn is_documented(policy: &str) -> bool {
    has_shape(policy, &["aws:SourceVpce"])
}

/// Whether it has such a shape, perhaps with VPCs instead of endpoints.
pub fn is_understood(policy: &str) -> bool {
    has_shape(policy, &["aws:SourceVpce", "aws:SourceVpc"])
}

fn has_shape(policy: &str, keys: &[&str]) -> bool {
    let Some(statements) = statements(policy) else { return false };
    statements.iter().all(|statement| {
        let operator = if statement["Effect"] == "Allow" { "StringEquals" } else { "StringNotEquals" };
        let condition = match &statement["Condition"] {
            Value::Null => true,
            Value::Object(all) => {
                let own = all.get(operator).and_then(Value::as_object);
                all.len() == 1
                    && own.is_some_and(|own| own.len() == 1 && keys.iter().any(|key| own.contains_key(*key)))
            }
            _ => false,
        };
        condition
            && statement["Action"] == "execute-api:Invoke"
            && statement["Principal"] == "*"
            && statement["Resource"] == "execute-api:/*"
    })
}

/// Whether there is an Allow for all without any condition, and no Deny.
pub fn is_plainly_open(policy: &str) -> bool {
    let Some(statements) = statements(policy) else { return false };
    let open = |statement: &Value| {
        statement["Effect"] == "Allow" && statement["Condition"].is_null() && statement["Principal"] == "*"
    };
    statements.iter().any(open) && statements.iter().all(|one| one["Effect"] == "Allow")
}

fn may_match(statement: &Value, path: &str, caller: &Caller<'_>) -> bool {
    let action = statement["Action"].is_null() || strings(&statement["Action"]).any(invokes);
    let resource = statement["Resource"].is_null()
        || strings(&statement["Resource"]).any(|resource| glob(&pattern(resource), path));
    action && resource && condition(&statement["Condition"], caller) != Truth::False
}

fn must_match(statement: &Value, path: &str, caller: &Caller<'_>) -> bool {
    let all_callers =
        statement["Principal"] == "*" || strings(&statement["Principal"]["AWS"]).any(|one| one == "*");
    all_callers
        && strings(&statement["Action"]).any(invokes)
        && strings(&statement["Resource"]).any(|resource| glob(&pattern(resource), path))
        && condition(&statement["Condition"], caller) == Truth::True
}

fn invokes(action: &str) -> bool {
    glob(&action.to_lowercase(), "execute-api:invoke")
}

/// The part of a resource that starts with the stage.
fn pattern(resource: &str) -> String {
    match resource.split_once("execute-api:/") {
        Some((_, path)) => path.into(),
        None => match resource.splitn(6, ':').nth(5) {
            Some(own) => own.split_once('/').map_or("*", |(_, path)| path).into(),
            None => resource.into(),
        },
    }
}

fn condition(condition: &Value, caller: &Caller<'_>) -> Truth {
    let Some(operators) = condition.as_object() else { return Truth::True };
    let mut all = Truth::True;
    for (operator, keys) in operators {
        for (key, values) in keys.as_object().into_iter().flatten() {
            match one(operator, key, values, caller) {
                Truth::False => return Truth::False,
                Truth::Unknown => all = Truth::Unknown,
                Truth::True => {}
            }
        }
    }
    all
}

fn one(operator: &str, key: &str, values: &Value, caller: &Caller<'_>) -> Truth {
    let value = match key.to_lowercase().as_str() {
        "aws:sourcevpce" => caller.endpoint,
        "aws:sourcevpc" => caller.vpc,
        _ => return Truth::Unknown,
    };
    let plain = operator.rsplit(':').next().unwrap_or_default().trim_end_matches("IfExists");
    let equal = strings(values).any(|one| one == value);
    let like = strings(values).any(|one| glob(one, value));
    let holds = match plain {
        "StringEquals" => equal,
        "StringNotEquals" => !equal,
        "StringLike" => like,
        "StringNotLike" => !like,
        _ => return Truth::Unknown,
    };
    if holds { Truth::True } else { Truth::False }
}

fn strings(value: &Value) -> impl Iterator<Item = &str> {
    let all: Vec<&str> = match value {
        Value::Array(all) => all.iter().filter_map(Value::as_str).collect(),
        one => one.as_str().into_iter().collect(),
    };
    all.into_iter()
}
