//! The file of `--config`: rule parameters in YAML or JSON.

use std::path::Path;

use serde_json::{Map, Value};
use stagecert::Failure;

use crate::input;

/// The rule parameters in a file, as strings. The file is the CDK app's, with `rule.parameters` and
/// `frontDoor`, or has only `parameters`.
pub(crate) fn parameters(path: &Path) -> Result<Vec<(String, String)>, Failure> {
    let text = input::config(path)?;
    parse(&text).map_err(|problem| Failure::Malformed { field: path.display().to_string(), problem })
}

fn parse(text: &str) -> Result<Vec<(String, String)>, String> {
    let document: Value = serde_saphyr::from_str(text).map_err(|error| {
        let message = error.without_snippet().to_string();
        message.lines().next().unwrap_or_default().to_owned()
    })?;
    let document = match document {
        Value::Object(document) => document,
        // An empty file, or one with only comments.
        Value::Null => Map::new(),
        _ => return Err(format!("not a mapping; allowed: {ALLOWED}")),
    };
    let is_cdk_file = document.contains_key("rule") || document.contains_key("deploymentMode");
    if is_cdk_file && document.contains_key("parameters") {
        return Err(format!("both `rule` and `parameters`; allowed: {ALLOWED}"));
    }
    let parameters = if is_cdk_file {
        let rule = mapping(document.get("rule"), "rule")?;
        let is_typo = |key: &&String| *key != "parameters" && strsim::jaro_winkler(key, "parameters") > 0.85;
        if let Some(typo) = rule.and_then(|rule| rule.keys().find(is_typo)) {
            return Err(format!("rule.{typo}: unknown key; did you mean `parameters`?"));
        }
        rule.and_then(|rule| rule.get("parameters"))
    } else {
        let mut unknown: Vec<&str> =
            document.keys().map(String::as_str).filter(|key| *key != "parameters").collect();
        unknown.sort_unstable();
        if !unknown.is_empty() {
            return Err(format!("unknown keys {}; allowed: {ALLOWED}", unknown.join(", ")));
        }
        document.get("parameters")
    };
    let field = if is_cdk_file { "rule.parameters" } else { "parameters" };
    let mut strings = strings(mapping(parameters, field)?, field, |_| true)?;
    if is_cdk_file {
        // The parameters of the other rule, which has its own `checks`.
        let front_door = mapping(document.get("frontDoor"), "frontDoor")?;
        strings.extend(self::strings(front_door, "frontDoor", |key| FRONT_DOOR.contains(&key))?);
    }
    // serde_json keeps the order of a file only with a feature that another crate may enable.
    strings.sort_unstable();
    Ok(strings)
}

/// The keys of `frontDoor` that are rule parameters and differ from those of the rule for stages.
const FRONT_DOOR: [&str; 2] = ["requireMutualTls", "truststoreWindowDays"];

/// The chosen parameters of a mapping as strings.
fn strings(
    mapping: Option<&Map<String, Value>>,
    field: &str,
    is_chosen: impl Fn(&str) -> bool,
) -> Result<Vec<(String, String)>, String> {
    let chosen = mapping.into_iter().flatten().filter(|(key, _)| is_chosen(key));
    chosen
        .map(|(key, value)| match text_of(key, value) {
            Some(text) => Ok((key.clone(), text)),
            None => Err(format!("{field}.{key}: {value}; allowed: a string, a number, or a list of strings")),
        })
        .collect()
}

const ALLOWED: &str = "`parameters`, or `rule.parameters` as in cdk/stagecert.yaml";

fn mapping<'v>(value: Option<&'v Value>, field: &str) -> Result<Option<&'v Map<String, Value>>, String> {
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Object(mapping)) => Ok(Some(mapping)),
        Some(_) => Err(format!("{field}: not a mapping; allowed: parameters by key")),
    }
}

/// The value as the string that a rule has. Lists are comma-separated, so an entry can't contain a
/// comma.
fn text_of(key: &str, value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        // YAML 1.1 reads `on` as true.
        Value::Bool(on) if ["securityHub", "events"].contains(&key) => {
            Some(if *on { "on" } else { "off" }.into())
        }
        Value::Array(entries) => {
            let entries = entries.iter().map(|entry| entry.as_str().filter(|text| !text.contains(',')));
            Some(entries.collect::<Option<Vec<_>>>()?.join(","))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<String, String> {
        let pairs = parse(text)?;
        Ok(pairs.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn parameters_come_from_the_cdk_file_or_a_small_file_in_yaml_or_json() {
        for (text, expected) in [
            ("", ""),
            ("# nothing\n", ""),
            ("parameters:\n", ""),
            ("parameters: {}\n", ""),
            ("deploymentMode: stack-set\ntargets: {}\n", ""),
            ("rule:\n  frequency: One_Hour\n", ""),
            (
                "parameters:\n  expiryWindowDays: 60\n  ownerTagKeys: [owner, Owner]\n",
                "expiryWindowDays=60 ownerTagKeys=owner,Owner",
            ),
            (
                "frontDoor:\n  enabled: true\n  checks: [truststore]\n  requireMutualTls: [\"*.a.b\", a1]\n  \
                 truststoreWindowDays: 30\nrule:\n  parameters:\n    expiryWindowDays: 60\n",
                "expiryWindowDays=60 requireMutualTls=*.a.b,a1 truststoreWindowDays=30",
            ),
            (
                "rule:\n  parameters:\n    securityHub: on\n    events: off\nname: x\n",
                "events=off securityHub=on",
            ),
            (
                r#"{"parameters": {"expiryWindowDays": "45", "checks": ["owner-tag"]}}"#,
                "checks=owner-tag expiryWindowDays=45",
            ),
            (
                "parameters:\n  excludeStages:\n    - a1/prod until=2026-12-31 reason=move\n    - \"*/dev\"\n",
                "excludeStages=a1/prod until=2026-12-31 reason=move,*/dev",
            ),
        ] {
            assert_eq!(parsed(text).as_deref(), Ok(expected), "{text}");
        }
        let cdk = include_str!("../../../cdk/stagecert.yaml");
        assert_eq!(parsed(cdk).unwrap(), "expiryWindowDays=60 ownerTagKeys=owner,Owner");
    }

    #[test]
    fn anything_else_is_an_error_on_one_line_that_names_the_key() {
        for (text, expected) in [
            ("- a\n", "not a mapping; allowed: `parameters`"),
            (
                "expiryWindowDays: 60\nchecks: owner-tag\n",
                "unknown keys checks, expiryWindowDays; allowed: `parameters`",
            ),
            ("parameters: 60\n", "parameters: not a mapping"),
            ("rule: 60\n", "rule: not a mapping"),
            ("rule: {}\nfrontDoor: on\n", "frontDoor: not a mapping"),
            (
                "rule: {}\nfrontDoor:\n  requireMutualTls: {}\n",
                "frontDoor.requireMutualTls: {}; allowed: a string",
            ),
            ("rule:\n  parameters: [a]\n", "rule.parameters: not a mapping"),
            (
                "parameters:\n  ownerTagKeys: [\"a,b\"]\n",
                "parameters.ownerTagKeys: [\"a,b\"]; allowed: a string",
            ),
            ("parameters:\n  checks: {a: 1}\n", "parameters.checks: {\"a\":1}; allowed: a string"),
            ("parameters:\n  checks: true\n", "parameters.checks: true; allowed: a string"),
            ("parameters:\n  checks: a\n  checks: b\n", "checks"),
            ("parameters: [\n", ""),
        ] {
            let problem = parsed(text).unwrap_err();
            assert!(problem.contains(expected) && problem.lines().count() == 1, "{text}: {problem}");
        }
    }
}
