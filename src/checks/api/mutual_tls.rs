//! # mutual-tls
//!
//! ## What it asks
//! Does every way to the API require a client certificate, if one does or if it must?
//!
//! ## Why it matters
//! TO BE WRITTEN.
//!
//! ## When it fails
//! TO BE WRITTEN.
//!
//! ## When it does not apply
//! TO BE WRITTEN.
//!
//! ## What to do
//! TO BE WRITTEN.
//!
//! ## Parameters
//! TO BE WRITTEN.

pub use crate::checks::front_door::Answer;

use glob::Pattern;

use crate::resources::api::Api;
use crate::resources::entry_point::EntryPoint;

/// The rule parameters of this check.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// `requireMutualTls`: globs over domain names and API ids; an API that they name must require
    /// a certificate.
    pub required: Vec<Pattern>,
}

impl Settings {
    /// Whether the globs name an API: its id, or one of the domains that lead to it.
    #[must_use]
    pub fn names<'d>(&self, api: &Api, domains: impl IntoIterator<Item = &'d str>) -> bool {
        let names = |text: &str| self.required.iter().any(|glob| glob.matches(text));
        names(api.arn.id()) || domains.into_iter().any(names)
    }
}

/// Checks an API with all of its entry points. `is_required` says whether the settings name it.
#[must_use]
pub fn check(_api: &Api, _entry_points: &[EntryPoint], _is_required: bool) -> Answer {
    Answer::NotApplicable("stub", String::new())
}
