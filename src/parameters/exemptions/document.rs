//! The exemption document: exemptions for the accounts and Regions of an organization, as JSON.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::entry::{ExemptStages, day, glob};
use crate::Failure;
use crate::checks::Check;
use crate::checks::exemption::{Exemption, ExemptionSource};
use crate::quote::quoted;
use crate::resources::account_region::{AccountRegion, is_account_id, is_region};

/// The version of the form that this program reads.
const VERSION: u64 = 1;
/// The maximum number of exemptions in a document.
const MAX_EXEMPTIONS: usize = 10_000;
/// The maximum length of `reason` and `approvedBy`, in characters.
const MAX_TEXT: usize = 200;

/// A valid exemption document. `docs/exemptions.schema.json` describes its form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExemptionDocument {
    /// The exemptions, in the document's order. Of several for one check, the first in force
    /// counts.
    pub entries: Vec<DocumentEntry>,
}

/// An exemption of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentEntry {
    /// The account; `None` for all.
    pub account: Option<String>,
    /// The Region; `None` for all.
    pub region: Option<String>,
    /// The stages and the exemption.
    pub stages: ExemptStages,
}

impl DocumentEntry {
    /// Whether the exemption applies to stages of this account and Region.
    #[must_use]
    pub fn is_of(&self, account_region: &AccountRegion) -> bool {
        self.account.as_ref().is_none_or(|account| *account == account_region.account)
            && self.region.as_ref().is_none_or(|region| *region == account_region.region)
    }

    fn has_same_target(&self, other: &Self) -> bool {
        (&self.account, &self.region, &self.stages.glob, &self.stages.exemption.checks)
            == (&other.account, &other.region, &other.stages.glob, &other.stages.exemption.checks)
    }
}

impl ExemptionDocument {
    /// Reads a document.
    ///
    /// # Errors
    /// `Failure::Malformed` for each field that is missing, unknown or has a value that is not
    /// allowed, up to 100 of them: a wrong exemption must not be skipped.
    pub fn parse(text: &str) -> Result<Self, Failure> {
        const MAX_FAILURES: usize = 100;
        if !text.trim().is_empty() && !is_object(text) {
            return Err(Failure::malformed("exemption document", "not a JSON object"));
        }
        let raw: RawDocument<'_> = serde_json::from_str(text)
            .map_err(|error| Failure::malformed("exemption document", error.to_string()))?;
        if raw.exemptions_version != VERSION {
            let problem = format!("{} is not supported; allowed: {VERSION}", raw.exemptions_version);
            return Err(Failure::malformed("exemptionsVersion", problem));
        }
        if raw.exemptions.len() > MAX_EXEMPTIONS {
            let problem = format!("{} entries; allowed: up to {MAX_EXEMPTIONS}", raw.exemptions.len());
            return Err(Failure::malformed("exemptions", problem));
        }
        let (mut entries, mut failures) = (Vec::with_capacity(raw.exemptions.len()), Vec::new());
        for (index, entry) in raw.exemptions.iter().enumerate() {
            match entry_of(entry.get()) {
                Ok(entry) => entries.push(entry),
                Err((field, problem)) => {
                    let path = if field.is_empty() { String::new() } else { format!(".{field}") };
                    failures.push(Failure::malformed(format!("exemptions[{index}]{path}"), problem));
                }
            }
            if failures.len() >= MAX_FAILURES {
                break;
            }
        }
        let document = Self { entries };
        match Failure::from_all(failures) {
            Some(failure) => Err(failure),
            None => document.without_repetition(),
        }
    }

    /// The exemptions that apply to an account and Region, in the document's order.
    #[must_use]
    pub fn of(&self, account_region: &AccountRegion) -> AccountExemptions {
        let mut exemptions = AccountExemptions::default();
        for entry in self.entries.iter().filter(|entry| entry.is_of(account_region)) {
            exemptions.add(entry.clone());
        }
        exemptions
    }

    fn without_repetition(self) -> Result<Self, Failure> {
        let mut by_glob: HashMap<&str, Vec<usize>> = HashMap::new();
        for (index, entry) in self.entries.iter().enumerate() {
            let earlier = by_glob.entry(entry.stages.glob.as_str()).or_default();
            let is_same = |it: &&usize| self.entries.get(**it).is_some_and(|it| it.has_same_target(entry));
            if let Some(first) = earlier.iter().find(is_same) {
                let problem = format!("the same account, region, stages and checks as exemptions[{first}]");
                return Err(Failure::malformed(format!("exemptions[{index}]"), problem));
            }
            earlier.push(index);
        }
        Ok(self)
    }
}

/// The exemptions of a document for one account and Region, by API.
#[derive(Clone, Debug, Default)]
pub struct AccountExemptions {
    /// The exemptions, in the document's order.
    pub entries: Vec<DocumentEntry>,
    /// The indices of the exemptions of one API, by its id.
    of_api: HashMap<String, Vec<usize>>,
    /// The indices of the exemptions of `*/NAME`, by the name.
    of_name: HashMap<String, Vec<usize>>,
    /// The indices of the exemptions whose glob may match stages of several APIs.
    others: Vec<usize>,
}

impl AccountExemptions {
    /// The exemptions of a stage, by its API's id and its `apiId/stageName`, in the document's
    /// order.
    #[must_use]
    pub fn of_stage<'a>(&'a self, api: &str, label: &str) -> Vec<&'a DocumentEntry> {
        let indices = self.indices_of_stage(api, label).into_iter();
        indices.filter_map(|index| self.entries.get(index)).collect()
    }

    /// How many of the stages, given like those of [`Self::of_stage`], each exemption selects.
    pub(crate) fn count_stages<'s>(&self, stages: impl Iterator<Item = (&'s str, &'s str)>) -> Vec<usize> {
        let mut counts = vec![0; self.entries.len()];
        for (api, label) in stages {
            for index in self.indices_of_stage(api, label) {
                if let Some(count) = counts.get_mut(index) {
                    *count += 1;
                }
            }
        }
        counts
    }

    fn indices_of_stage(&self, api: &str, label: &str) -> Vec<usize> {
        let of_api = self.of_api.get(api).into_iter().flatten();
        let name = label.split_once('/').map_or(label, |(_, name)| name);
        let of_name = self.of_name.get(name).into_iter().flatten();
        let matches =
            |index: &usize| self.entries.get(*index).is_some_and(|entry| entry.stages.glob.matches(label));
        let mut indices: Vec<usize> =
            of_api.chain(of_name).chain(&self.others).copied().filter(matches).collect();
        indices.sort_unstable();
        indices
    }

    fn add(&mut self, entry: DocumentEntry) {
        let index = self.entries.len();
        let glob = entry.stages.glob.as_str();
        let (api, name) = glob.split_once('/').unwrap_or((glob, ""));
        let is_literal = |text: &str| !text.contains(['*', '?', '[']);
        if is_literal(api) {
            self.of_api.entry(api.to_owned()).or_default().push(index);
        } else if api == "*" && is_literal(name) {
            self.of_name.entry(name.to_owned()).or_default().push(index);
        } else {
            self.others.push(index);
        }
        self.entries.push(entry);
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RawDocument<'a> {
    exemptions_version: u64,
    #[serde(borrow)]
    exemptions: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RawEntry {
    account: String,
    region: String,
    stages: String,
    #[serde(default, deserialize_with = "present")]
    checks: Option<Vec<String>>,
    #[serde(default, deserialize_with = "present")]
    until: Option<String>,
    #[serde(default, deserialize_with = "present")]
    reason: Option<String>,
    #[serde(default, deserialize_with = "present")]
    approved_by: Option<String>,
}

/// The value of a field that is present: `null` doesn't stand for an absent one.
fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// Whether the JSON text is an object: serde reads structs from arrays too.
fn is_object(json: &str) -> bool {
    json.trim_start().starts_with('{')
}

/// The entry in its JSON text, or the field and what is wrong with it.
fn entry_of(json: &str) -> Result<DocumentEntry, (&'static str, String)> {
    if !is_object(json) {
        return Err(("", "not an object".into()));
    }
    let raw: RawEntry = serde_json::from_str(json).map_err(|error| ("", without_position(&error)))?;
    let account =
        one_or_all(raw.account, is_account_id).map_err(|it| refused("account", &it, "12 digits or *"))?;
    let region = one_or_all(raw.region, is_region)
        .map_err(|it| refused("region", &it, "a Region, such as eu-west-1, or *"))?;
    let glob = glob(&raw.stages)
        .ok_or_else(|| refused("stages", &raw.stages, "a glob over apiId/stageName, such as */prod*"))?;
    let checks = raw.checks.map(checks).transpose()?;
    let day = |text: String| day(&text).ok_or_else(|| refused("until", &text, "a day, as YYYY-MM-DD"));
    let exemption = Exemption {
        source: ExemptionSource::Document,
        stages: raw.stages,
        checks,
        until: raw.until.map(day).transpose()?,
        reason: raw.reason.map(|text| line("reason", text)).transpose()?,
        approved_by: raw.approved_by.map(|text| line("approvedBy", text)).transpose()?,
    };
    Ok(DocumentEntry { account, region, stages: ExemptStages { glob, exemption: Arc::new(exemption) } })
}

/// The text, or `None` for `*`. The error is the text.
fn one_or_all(text: String, is_one: fn(&str) -> bool) -> Result<Option<String>, String> {
    match text.as_str() {
        "*" => Ok(None),
        one if is_one(one) => Ok(Some(text)),
        _ => Err(text),
    }
}

fn checks(codes: Vec<String>) -> Result<BTreeSet<Check>, (&'static str, String)> {
    let mut checks = BTreeSet::new();
    let allowed = || format!("at least one of {}, each once", Check::STAGE.map(Check::code).join(", "));
    if codes.is_empty() {
        return Err(("checks", format!("no code; allowed: {}", allowed())));
    }
    for code in codes {
        let check = Check::from_code(&code).ok_or_else(|| refused("checks", &code, &allowed()))?;
        if !checks.insert(check) {
            return Err(refused("checks", &code, &allowed()));
        }
    }
    Ok(checks)
}

fn line(field: &'static str, text: String) -> Result<String, (&'static str, String)> {
    let length = text.chars().count();
    let allowed = "1 to 200 characters, not all of them spaces, without control characters";
    if length > MAX_TEXT {
        return Err((field, format!("{length} characters; allowed: {allowed}")));
    }
    if text.trim().is_empty() || text.chars().any(char::is_control) {
        return Err(refused(field, &text, allowed));
    }
    Ok(text)
}

fn refused(field: &'static str, value: &str, allowed: &str) -> (&'static str, String) {
    (field, format!("\"{}\" is not allowed; allowed: {allowed}", quoted(value)))
}

/// The error without the line and column, which are those of the entry.
fn without_position(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.split(" at line ").next().unwrap_or_default().to_owned()
}

#[cfg(test)]
#[path = "document_tests.rs"]
mod tests;
