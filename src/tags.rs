//! Tags, whose values stay out of every log.

use std::collections::BTreeMap;
use std::fmt;

/// The tags of one resource, in the order of their keys. Its `Debug` shows the keys alone: tag values never reach a log.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Tags(Box<[(Box<str>, Box<str>)]>);

impl Tags {
    /// The value of `key`, which is case-sensitive, or `None` where the resource has no such tag.
    #[must_use]
    pub fn value(&self, key: &str) -> Option<&str> {
        let at = self.0.binary_search_by(|(own, _)| (**own).cmp(key)).ok()?;
        self.0.get(at).map(|(_, value)| &**value)
    }

    /// Those of these keys: what an owner check may ask about, and no more.
    #[must_use]
    pub fn of_keys(self, keys: &[String]) -> Self {
        let wanted = |key: &str| keys.iter().any(|wanted| wanted == key);
        Self(self.0.into_iter().filter(|(key, _)| wanted(key)).collect())
    }

    /// All of them, by key.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(key, value)| (&**key, &**value))
    }
}

impl FromIterator<(String, String)> for Tags {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(pairs: I) -> Self {
        // Of a key that comes twice, the last: AWS's answers and a snapshot's are maps.
        let by_key: BTreeMap<String, String> = pairs.into_iter().collect();
        Self(by_key.into_iter().map(|(key, value)| (key.into(), value.into())).collect())
    }
}

impl fmt::Debug for Tags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.iter().map(|(key, _)| key)).finish()
    }
}
