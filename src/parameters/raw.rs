use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;

use crate::Failure;
use crate::quote::quoted;

/// The allowed keys of `ruleParameters`. `CertificateIDs`, the managed rule's spelling, is accepted
/// as `certificateIds`.
pub const KEYS: [&str; 22] = [
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
    "exemptionTag",
    "exemptions",
    "apiGatewayCallsPerSecond",
    "inventory",
    "reporting",
    "executionRoleName",
    "securityHub",
    "findingOwner",
    "events",
    "requireMutualTls",
    "truststoreWindowDays",
];

/// AWS Config's limit for `InputParameters` (botocore: `StringWithCharLimit1024`), in characters.
const MAX_LENGTH: usize = 1024;

/// The parameters as read: known keys, each at most once, with their text.
#[derive(Clone, Debug, Default)]
pub struct RawParameters {
    entries: Vec<(&'static str, String)>,
}

impl RawParameters {
    /// The parameters in the JSON object of strings that Config passes to a rule. `None` and blank
    /// text mean no parameters.
    ///
    /// # Errors
    /// `Failure::Parameter` for other JSON, a value that isn't a string, an unknown or repeated
    /// key, or text that is too long.
    pub fn from_json(json: Option<&str>) -> Result<Self, Failure> {
        let Some(json) = json.filter(|json| !json.trim().is_empty()) else { return Ok(Self::default()) };
        let length = json.chars().count();
        if length > MAX_LENGTH {
            return Err(whole(&format!("{length} characters"), format!("at most {MAX_LENGTH} characters")));
        }
        let Pairs(pairs) = serde_json::from_str(json)
            .map_err(|error| whole(&error.to_string(), "a JSON object whose values are strings".into()))?;
        Self::from_pairs(pairs)
    }

    /// The parameters in key-value pairs from the command line.
    ///
    /// # Errors
    /// The same as [`RawParameters::from_json`].
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

    /// These parameters, except those that `other` has too.
    #[must_use]
    pub fn overridden_by(mut self, other: &Self) -> Self {
        self.entries.retain(|(key, _)| other.text(key).is_none());
        self.entries.extend(other.entries.iter().cloned());
        self
    }

    /// The text of the key, if present.
    #[must_use]
    pub fn text(&self, key: &str) -> Option<&str> {
        self.entries.iter().find(|(known, _)| *known == key).map(|(_, text)| text.as_str())
    }
}

/// The keys whose value is a whole number. Terraform and CloudFormation pass it without quotes if
/// the template omits them.
pub(super) const NUMBERS: [&str; 4] =
    ["expiryWindowDays", "managedRenewalWindowDays", "apiGatewayCallsPerSecond", "truststoreWindowDays"];

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

/// The entries of a JSON object in order, including repeated keys. A map would silently keep only
/// the last of them.
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
