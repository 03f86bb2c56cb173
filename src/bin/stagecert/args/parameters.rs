use std::cell::OnceCell;
use std::path::PathBuf;
use std::sync::{Arc, LazyLock};

use clap::Args as ClapArgs;
use clap::builder::{PossibleValue, StringValueParser, TypedValueParser};
use serde_json::{Map, Value};
use stagecert::Failure;
use stagecert::checks::Check;
use stagecert::parameters::exemptions::ExemptionDocument;
use stagecert::parameters::{KEYS, Parameters, RawParameters};

use crate::{config_file, input, output};

/// Where rule parameters come from: `--param` overrides `--config`.
#[derive(ClapArgs)]
pub(crate) struct ParameterArgs {
    /// A rule parameter, such as expiryWindowDays=90; may be repeated
    #[arg(long = "param", value_name = "KEY=VALUE", value_parser = PairParser, hide_possible_values = true)]
    given: Vec<(String, String)>,
    /// Read rule parameters from this YAML or JSON file: `parameters`, or `rule.parameters` as in
    /// the CDK app's file. --param overrides them
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Use this exemption document, instead of the one that the parameter `exemptions` names
    #[arg(long, value_name = "FILE")]
    exemptions: Option<PathBuf>,
    /// The parameters of both, which are read once.
    #[arg(skip)]
    pairs: OnceCell<Vec<(String, String)>>,
}

impl ParameterArgs {
    /// The parameters as given.
    pub(crate) fn raw(&self) -> Result<RawParameters, Failure> {
        let pairs = self.pairs()?.iter();
        RawParameters::from_pairs(pairs.map(|(key, value)| (key.clone(), Value::from(value.as_str()))))
    }

    /// The validated parameters.
    pub(crate) fn parameters(&self) -> Result<Parameters, Failure> {
        let exemption_document = self.exemption_document()?;
        Ok(Parameters { exemption_document, ..self.raw()?.validate()? })
    }

    /// The files that are read.
    pub(crate) fn files(&self) -> impl Iterator<Item = &PathBuf> {
        self.config.iter().chain(&self.exemptions)
    }

    /// The exemption document of `--exemptions`.
    pub(crate) fn exemption_document(&self) -> Result<Option<Arc<ExemptionDocument>>, Failure> {
        self.exemptions.as_deref().map(|path| input::exemptions(path).map(Arc::new)).transpose()
    }

    /// The keys and values as given: those of the file that no option overrides, then the options.
    pub(crate) fn pairs(&self) -> Result<&[(String, String)], Failure> {
        if let Some(pairs) = self.pairs.get() {
            return Ok(pairs);
        }
        let mut pairs = match &self.config {
            Some(path) => config_file::parameters(path)?,
            None => Vec::new(),
        };
        pairs.retain(|(key, _)| !self.given.iter().any(|(given, _)| given == key));
        pairs.extend(self.given.iter().cloned());
        Ok(self.pairs.get_or_init(|| pairs))
    }

    /// The words that give the same parameters again; `None` if a file is standard input.
    pub(crate) fn options(&self) -> Option<Vec<String>> {
        let mut words = Vec::new();
        if self.config.iter().chain(&self.exemptions).any(|path| path.as_os_str() == "-") {
            return None;
        }
        if let Some(path) = &self.config {
            words.extend(["--config".to_owned(), path.display().to_string()]);
        }
        for (key, value) in &self.given {
            words.extend(["--param".to_owned(), format!("{key}={value}")]);
        }
        if let Some(path) = &self.exemptions {
            words.extend(["--exemptions".to_owned(), path.display().to_string()]);
        }
        Some(words)
    }

    /// Writes a note about the origin of the parameters if they come from a file.
    pub(crate) fn note_origin(&self) -> Result<(), Failure> {
        let Some(path) = &self.config else { return Ok(()) };
        let given = |key: &str| self.given.iter().any(|(given, _)| given == key);
        let (options, file): (Vec<_>, Vec<_>) = self.pairs()?.iter().partition(|(key, _)| given(key));
        let mut note = format!("parameters from {}: {}", path.display(), listed(&file));
        if !options.is_empty() {
            note = format!("{note}; from --param: {}", listed(&options));
        }
        output::note(&note);
        Ok(())
    }

    /// The JSON text for an event's `ruleParameters`; `None` if no parameters were given.
    pub(crate) fn rule_parameters(&self) -> Result<Option<String>, Failure> {
        self.parameters()?;
        let pairs = self.pairs()?.iter();
        let object: Map<String, Value> =
            pairs.map(|(key, value)| (key.clone(), Value::from(value.as_str()))).collect();
        Ok((!object.is_empty()).then(|| Value::Object(object).to_string()))
    }
}

fn listed(pairs: &[&(String, String)]) -> String {
    if pairs.is_empty() {
        return "none".into();
    }
    pairs.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join(", ")
}

/// Parses `KEY=VALUE`. Its possible values are for completion only.
#[derive(Clone)]
struct PairParser;

impl TypedValueParser for PairParser {
    type Value = (String, String);

    fn parse_ref(
        &self,
        command: &clap::Command,
        argument: Option<&clap::Arg>,
        value: &std::ffi::OsStr,
    ) -> Result<Self::Value, clap::Error> {
        StringValueParser::new().try_map(pair).parse_ref(command, argument, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(COMPLETIONS.iter().map(|pair| PossibleValue::new(pair.as_str()))))
    }
}

/// What a shell completes `--param` with.
static COMPLETIONS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let pairs = KEYS.into_iter().flat_map(|key| match values(key).as_slice() {
        [] => vec![format!("{key}=")],
        values => values.iter().map(|value| format!("{key}={value}")).collect(),
    });
    pairs.collect()
});

#[expect(clippy::needless_pass_by_value, reason = "a clap parser passes a value")]
fn pair(text: String) -> Result<(String, String), &'static str> {
    let (key, value) = text.split_once('=').ok_or("expected KEY=VALUE, such as expiryWindowDays=90")?;
    Ok((key.to_owned(), value.to_owned()))
}

/// The values of a parameter with few values; none for the others.
pub(crate) fn values(key: &str) -> Vec<&'static str> {
    match key {
        "checks" => Check::ALL.map(Check::code).to_vec(),
        "ownerTagOn" => vec!["stage", "certificate"],
        "certificateSharing" => vec!["none", "same-api", "acm"],
        "appliesTo" => vec!["http-integrations", "all-stages"],
        "inventory" => vec!["config", "apigateway"],
        "reporting" => vec!["changed", "all"],
        "securityHub" | "events" => vec!["off", "on"],
        "findingOwner" => vec!["key", "value"],
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_completed_value_is_valid() {
        let mut completed = 0;
        for key in KEYS {
            for value in values(key) {
                let pair = (key.to_owned(), Value::from(value));
                RawParameters::from_pairs([pair]).unwrap().validate().unwrap();
                completed += 1;
            }
        }
        assert!(completed >= 20, "{completed}");
    }
}
