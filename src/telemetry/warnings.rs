//! The warnings in the log line of an invocation.

use serde::ser::SerializeSeq as _;
use serde::{Serialize, Serializer};

use crate::quote::brief;

/// The number of warnings that a log line lists; the rest are only counted.
const MAX_LISTED: usize = 20;
/// The maximum length of a warning, in characters.
const MAX_CHARACTERS: usize = 300;

/// Warnings in the order in which they were found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Warnings {
    listed: Vec<String>,
    more: usize,
}

impl Warnings {
    /// Adds a warning.
    pub fn add(&mut self, warning: String) {
        if self.listed.len() < MAX_LISTED {
            self.listed.push(brief(&warning, MAX_CHARACTERS));
        } else {
            self.more += 1;
        }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.listed.is_empty()
    }
}

/// Serializes to a list of texts, the last of which says how many more there are.
impl Serialize for Warnings {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(None)?;
        self.listed.iter().try_for_each(|warning| list.serialize_element(warning))?;
        if self.more > 0 {
            list.serialize_element(&format!("and {} more", self.more))?;
        }
        list.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_line_lists_only_the_first_warnings() {
        let mut warnings = Warnings::default();
        (1..=22).for_each(|number| warnings.add(format!("w{number}")));
        let list = serde_json::to_value(&warnings).unwrap();
        assert_eq!((list[0].as_str(), list[19].as_str()), (Some("w1"), Some("w20")));
        assert_eq!(list.as_array().unwrap().last().unwrap(), "and 2 more");
    }
}
