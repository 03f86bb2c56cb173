use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;

use crate::Failure;
use crate::quote::quoted;

/// The keys that `ruleParameters` may have. `CertificateIDs`, the managed rule's spelling, is taken for `certificateIds`.
pub const KEYS: [&str; 16] = [
    "checks",
    "expiryWindowDays",
    "managedRenewalWindowDays",
    "ownerTagKeys",
    "ownerTagPattern",
    "ownerTagOn",
    "certificateIds",
    "certificateSharing",
    "appliesTo",
    "includeStages",
    "excludeStages",
    "inventory",
    "reporting",
    "executionRoleName",
    "securityHub",
    "findingOwner",
];

/// AWS Config's limit of `InputParameters` (botocore, `StringWithCharLimit1024`), in characters.
const LONGEST: usize = 1024;

/// Parameters as they were read: known keys, each at most once, with their text.
#[derive(Clone, Debug, Default)]
pub struct RawParameters {
    entries: Vec<(&'static str, String)>,
}

impl RawParameters {
    /// Reads the JSON object of strings that Config hands to a rule. `None` and blank text mean no parameters.
    ///
    /// # Errors
    /// `Failure::Parameter` for other JSON, a value that isn't a string, an unknown or a repeated key, or too long a text.
    pub fn from_json(json: Option<&str>) -> Result<Self, Failure> {
        let Some(json) = json.filter(|json| !json.trim().is_empty()) else { return Ok(Self::default()) };
        let length = json.chars().count();
        if length > LONGEST {
            return Err(whole(&format!("{length} characters"), format!("at most {LONGEST} characters")));
        }
        let Pairs(pairs) = serde_json::from_str(json)
            .map_err(|error| whole(&error.to_string(), "a JSON object whose values are strings".into()))?;
        Self::from_pairs(pairs)
    }

    /// Takes pairs as the command line gives them.
    ///
    /// # Errors
    /// As [`RawParameters::from_json`].
    pub fn from_pairs(pairs: impl IntoIterator<Item = (String, Value)>) -> Result<Self, Failure> {
        let mut raw = Self::default();
        for (key, value) in pairs {
            let known =
                known_key(&key).ok_or_else(|| whole(&key, format!("the keys {}", KEYS.join(", "))))?;
            let text = text(known, value)?;
            if raw.text(known).is_some() {
                return Err(refused(known, &text, "each key once (CertificateIDs is certificateIds)"));
            }
            raw.entries.push((known, text));
        }
        Ok(raw)
    }

    /// The text of one key, where it was given.
    #[must_use]
    pub fn text(&self, key: &str) -> Option<&str> {
        self.entries.iter().find(|(known, _)| *known == key).map(|(_, text)| text.as_str())
    }
}

/// The keys whose value is a whole number, which Terraform and CloudFormation write without quotes if their users do.
const NUMBERS: [&str; 2] = ["expiryWindowDays", "managedRenewalWindowDays"];

fn text(key: &str, value: Value) -> Result<String, Failure> {
    let kind = match value {
        Value::String(text) => return Ok(text),
        Value::Number(number) if NUMBERS.contains(&key) => return Ok(number.to_string()),
        Value::Number(_) => "a number",
        Value::Bool(_) => "a boolean",
        Value::Null => "not a value",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    };
    let given = value.to_string();
    let allowed = match value {
        Value::Number(_) | Value::Bool(_) => format!("a string: write \"{given}\""),
        _ => "a string".to_owned(),
    };
    Err(refused(key, &format!("{given} ({kind})"), allowed))
}

fn known_key(key: &str) -> Option<&'static str> {
    match key {
        "CertificateIDs" => Some("certificateIds"),
        _ => KEYS.into_iter().find(|known| *known == key),
    }
}

pub(crate) fn refused(key: &str, value: &str, allowed: impl Into<String>) -> Failure {
    Failure::Parameter { key: key.into(), value: quoted(value), allowed: allowed.into() }
}

fn whole(value: &str, allowed: String) -> Failure {
    refused("ruleParameters", value, allowed)
}

/// A JSON object's entries in order, repeated keys included: a map would quietly keep the last.
struct Pairs(Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Pairs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;
        impl<'de> Visitor<'de> for Entries {
            type Value = Pairs;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pairs, A::Error> {
                let mut pairs = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    pairs.push(entry);
                }
                Ok(Pairs(pairs))
            }
        }
        deserializer.deserialize_map(Entries)
    }
}
