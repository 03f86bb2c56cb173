//! The parameters of a deployed rule, for `scan --rule`.

use std::cell::RefCell;
use std::collections::BTreeMap;

use stagecert::Failure;
use stagecert::account::Account;
use stagecert::aws::LiveAccount;
use stagecert::parameters::{Inventory, Parameters, RawParameters};

/// A rule whose parameters are used.
pub(crate) struct DeployedRule<'a> {
    name: &'a str,
    /// The parameters that override the rule's.
    given: &'a RawParameters,
    /// The number of accounts and Regions by the rule's parameters there.
    parameters: RefCell<BTreeMap<String, usize>>,
    combined: RefCell<Option<Parameters>>,
}

impl<'a> DeployedRule<'a> {
    pub(crate) fn new(name: &'a str, given: &'a RawParameters) -> Self {
        Self { name, given, parameters: RefCell::default(), combined: RefCell::default() }
    }

    /// The rule's parameters in an account and Region, overridden by those given.
    pub(crate) async fn parameters_in(&self, account: &LiveAccount) -> Result<Parameters, Failure> {
        let text = account.deployed_parameters(self.name).await?.filter(|text| !text.trim().is_empty());
        let deployed = RawParameters::from_json(text.as_deref());
        let parameters = deployed.and_then(|deployed| with_inventory(&deployed.overridden_by(self.given)));
        let parameters = parameters.map_err(|failure| Failure::Malformed {
            field: format!("rule {} in {}", self.name, account.account_region()),
            problem: failure.to_string(),
        })?;
        *self.parameters.borrow_mut().entry(text.unwrap_or_else(|| "{}".into())).or_default() += 1;
        combine(&mut self.combined.borrow_mut(), &parameters);
        Ok(parameters)
    }
    /// The parameters of all accounts and Regions: every check that was run, and every glob that
    /// includes stages. `None` if the rule could not be read anywhere.
    pub(crate) fn into_combined(self) -> Option<Parameters> {
        self.combined.into_inner()
    }

    /// The parameters of the rule, and the number of accounts and Regions that have them.
    pub(crate) fn notes(&self) -> Vec<String> {
        let parameters = self.parameters.borrow();
        let note = |(text, places): (&String, &usize)| {
            let noun = if *places == 1 { "account and Region" } else { "accounts and Regions" };
            format!("parameters from rule {} in {places} {noun}: {text}", self.name)
        };
        parameters.iter().map(note).collect()
    }
}

/// The parameters as given, with `inventory=auto` as the default: a user of the command line should
/// not need to know where stages can be listed.
pub(crate) fn with_inventory(given: &RawParameters) -> Result<Parameters, Failure> {
    let mut parameters = given.validate()?;
    if given.text("inventory").is_none() {
        parameters.inventory = Inventory::Auto;
    }
    Ok(parameters)
}

fn combine(combined: &mut Option<Parameters>, parameters: &Parameters) {
    let Some(combined) = combined else {
        *combined = Some(parameters.clone());
        return;
    };
    combined.checks.extend(&parameters.checks);
    combined.include_stages = match (combined.include_stages.take(), &parameters.include_stages) {
        (Some(mut globs), Some(others)) => {
            globs.extend(others.iter().cloned());
            globs.sort();
            globs.dedup();
            Some(globs)
        }
        // Somewhere, all stages are included.
        _ => None,
    };
}
