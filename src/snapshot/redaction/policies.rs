//! Resource policies with pseudonyms: their structure, AWS's own words and nothing else.

use serde_json::{Map, Value};

use crate::resources::api::unescaped;
use crate::resources::json::Json;
use crate::snapshot::front_door::escaped;
use crate::snapshot::known;
use crate::snapshot::pseudonyms::Form;
use crate::snapshot::redaction::Redaction;

/// What replaces a policy that is not JSON, which is not JSON either.
const NOT_JSON: &str = "not JSON";
/// What makes a text in a policy match several texts: wildcards and variables.
const WILDCARDS: [char; 3] = ['*', '?', '$'];

impl Redaction<'_> {
    /// A policy with the same meaning, except for names. A key that occurs twice makes the policy
    /// unreadable.
    pub(crate) fn policy(&mut self, policy: &str) -> String {
        if policy.is_empty() {
            return String::new();
        }
        match (serde_json::from_str::<Json>(policy), serde_json::from_str::<Value>(policy)) {
            (Ok(_), Ok(document)) => self.document(&document).to_string(),
            _ => NOT_JSON.into(),
        }
    }

    /// A policy as API Gateway returns it: the content of a JSON string.
    pub(crate) fn escaped_policy(&mut self, policy: &str) -> String {
        escaped(&self.policy(&unescaped(policy)))
    }

    fn document(&mut self, document: &Value) -> Value {
        self.members(document, |redaction, name, value| match name {
            "Version" => {
                redaction.each(value, &|redaction, text| redaction.word(known::POLICY_VERSION, text))
            }
            "Statement" => match value {
                Value::Array(statements) => statements.iter().map(|it| redaction.statement(it)).collect(),
                statement => redaction.statement(statement),
            },
            _ => redaction.unknown(value),
        })
    }

    fn statement(&mut self, statement: &Value) -> Value {
        self.members(statement, |redaction, name, value| match name {
            "Effect" => redaction.each(value, &|redaction, text| redaction.word(known::EFFECT, text)),
            "Principal" | "NotPrincipal" => match value {
                Value::Object(_) => {
                    redaction.members(value, |redaction, _, value| redaction.each(value, &Self::principal))
                }
                value => redaction.each(value, &Self::principal),
            },
            "Action" | "NotAction" => {
                redaction.each(value, &|redaction, text| redaction.pattern(known::POLICY_ACTION, text))
            }
            "Resource" | "NotResource" => redaction.each(value, &Self::policy_resource),
            "Condition" => redaction.members(value, |redaction, _, conditions| {
                redaction
                    .members(conditions, |redaction, _, value| redaction.each(value, &Self::condition_value))
            }),
            _ => redaction.unknown(value),
        })
    }

    /// An object with each value replaced, without ids of policies and statements. A name that is
    /// not AWS's is replaced too.
    fn members(&mut self, object: &Value, mut redact: impl FnMut(&mut Self, &str, &Value) -> Value) -> Value {
        let Value::Object(members) = object else { return self.unknown(object) };
        let mut redacted = Map::new();
        for (name, value) in members.iter().filter(|(name, _)| !matches!(name.as_str(), "Id" | "Sid")) {
            let value = redact(self, name, value);
            let name = if known::is_policy_name(name) {
                name.clone()
            } else {
                self.names.of(Form::Unrecognized, name)
            };
            redacted.insert(name, value);
        }
        redacted.into()
    }

    /// A text or a list of texts, each replaced.
    fn each(&mut self, value: &Value, redact: &dyn Fn(&mut Self, &str) -> String) -> Value {
        match value {
            Value::String(text) => redact(self, text).into(),
            Value::Array(values) => values.iter().map(|value| self.each(value, redact)).collect(),
            other => self.unknown(other),
        }
    }

    /// A value in a place for which no form is known.
    fn unknown(&mut self, value: &Value) -> Value {
        match value {
            Value::String(text) => self.names.of(Form::Unrecognized, text).into(),
            Value::Array(values) => values.iter().map(|value| self.unknown(value)).collect(),
            Value::Object(_) => self.members(value, |redaction, _, value| redaction.unknown(value)),
            // Numbers could be account ids.
            Value::Number(_) => 0.into(),
            Value::Bool(_) | Value::Null => value.clone(),
        }
    }

    /// A text with wildcards if all it matches are known words, or a pseudonym.
    fn pattern(&mut self, words: known::EnumValues, text: &str) -> String {
        if words.has_match(text) { text.to_owned() } else { self.wildcard(Form::Unrecognized, text) }
    }

    /// A pseudonym that ends with a wildcard if the text has any. `*` alone stays.
    fn wildcard(&mut self, form: Form, text: &str) -> String {
        match text {
            "*" | "" => text.to_owned(),
            text if text.contains(WILDCARDS) => format!("{}*", self.names.of(form, text)),
            text => self.names.of(form, text),
        }
    }

    fn principal(&mut self, text: &str) -> String {
        match text.splitn(6, ':').collect::<Vec<_>>().as_slice() {
            &["arn", partition, "iam", "", account, "root"] => {
                format!(
                    "arn:{}:iam::{}:root",
                    self.partition(partition),
                    self.names.of(Form::Account, account)
                )
            }
            _ if is_account(text) => self.names.of(Form::Account, text),
            _ => self.wildcard(Form::Unrecognized, text),
        }
    }

    /// A resource: `*`, `execute-api:/STAGE/METHOD/PATH` or
    /// `arn:PARTITION:execute-api:REGION:ACCOUNT:API/STAGE/METHOD/PATH`.
    fn policy_resource(&mut self, text: &str) -> String {
        let (api, path) = text.split_once('/').unwrap_or((text, ""));
        let api = match *api.splitn(6, ':').collect::<Vec<_>>().as_slice() {
            ["execute-api", ""] => "execute-api:".to_owned(),
            ["arn", partition, "execute-api", region, account, api] => {
                let partition = if partition == "*" { "*".into() } else { self.partition(partition) };
                let region = if region == "*" { "*".into() } else { self.region(region) };
                let form = if is_account(account) { Form::Account } else { Form::Unrecognized };
                let account = self.wildcard(form, account);
                format!("arn:{partition}:execute-api:{region}:{account}:{}", self.wildcard(Form::Api, api))
            }
            _ => return self.wildcard(Form::Unrecognized, text),
        };
        if path.is_empty() {
            return if text.ends_with('/') { format!("{api}/") } else { api };
        }
        let mut parts = Vec::new();
        for (at, part) in path.split('/').enumerate() {
            parts.push(match at {
                0 => self.wildcard(Form::StageName, part),
                1 if known::METHOD.known(Some(part)).is_some() => part.to_owned(),
                _ => self.wildcard(Form::Path, part),
            });
        }
        format!("{api}/{}", parts.join("/"))
    }

    fn condition_value(&mut self, text: &str) -> String {
        match text {
            "true" | "false" => text.to_owned(),
            text if text.contains(WILDCARDS) => self.wildcard(Form::Unrecognized, text),
            text if text.starts_with("vpc") => self.resource_id(text),
            text if text.contains('/') && text.split_once('/').is_some_and(|(it, _)| is_address(it)) => {
                self.range(text)
            }
            text if is_address(text) => self.address(text),
            text if is_account(text) => self.names.of(Form::Account, text),
            text => self.principal(text),
        }
    }
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_address(text: &str) -> bool {
    text.parse::<std::net::IpAddr>().is_ok()
}
