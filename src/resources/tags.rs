//! Resource tags. Tag values are never logged.

use std::collections::BTreeMap;
use std::fmt;

use crate::resources::blank::is_invisible;

/// The tags of one resource, sorted by key. `Debug` shows only the keys, so that tag values never
/// reach a log.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Tags(Box<[(Box<str>, Box<str>)]>);

impl Tags {
    /// Returns the value of the tag `key`, which is case-sensitive, or `None` if the resource has
    /// no such tag.
    #[must_use]
    pub fn value(&self, key: &str) -> Option<&str> {
        let at = self.0.binary_search_by(|(own, _)| (**own).cmp(key)).ok()?;
        self.0.get(at).map(|(_, value)| &**value)
    }

    /// Returns only the tags with these keys or near misses of them, which are all that the
    /// `owner-tag` check needs, and the exemption tag.
    #[must_use]
    pub(crate) fn retain_needed(self, keys: &[String], exemption_tag: Option<&str>) -> Self {
        let is_needed =
            |key: &str| keys.iter().any(|wanted| is_similar(key, wanted)) || exemption_tag == Some(key);
        Self(self.0.into_iter().filter(|(key, _)| is_needed(key)).collect())
    }

    /// Returns the tag keys that differ from one of `keys` only in case or in invisible characters
    /// around it.
    pub fn near_misses<'t>(&'t self, keys: &'t [String]) -> impl Iterator<Item = &'t str> {
        let similar = |key: &str| keys.iter().any(|wanted| is_similar(key, wanted));
        let own = self.iter().map(|(key, _)| key);
        own.filter(move |key| similar(key) && !keys.iter().any(|wanted| wanted == key))
    }

    /// Returns all tags as pairs of key and value, sorted by key.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(key, value)| (&**key, &**value))
    }
}

/// Returns whether two keys are equal except for case and for invisible characters around them.
pub(crate) fn is_similar(one: &str, other: &str) -> bool {
    fn folded(key: &str) -> impl Iterator<Item = char> {
        key.trim_matches(is_invisible).chars().flat_map(char::to_lowercase)
    }
    if one.is_ascii() && other.is_ascii() {
        // A faster path for nearly all keys.
        let is_blank = |c: char| c <= ' ' || c == '\u{7f}';
        return one.trim_matches(is_blank).eq_ignore_ascii_case(other.trim_matches(is_blank));
    }
    one == other || folded(one).eq(folded(other))
}

impl FromIterator<(String, String)> for Tags {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(pairs: I) -> Self {
        // The last value of a repeated key counts, as in a JSON object.
        let by_key: BTreeMap<String, String> = pairs.into_iter().collect();
        Self(by_key.into_iter().map(|(key, value)| (key.into(), value.into())).collect())
    }
}

impl fmt::Debug for Tags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.iter().map(|(key, _)| key)).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_misses_differ_only_in_case_or_surrounding_space() {
        let keys = ["owner".to_owned(), "Owner".to_owned()];
        let all = [
            "OWNER",
            "Owner",
            "\u{200b}owner",
            " owner\t",
            "o wner",
            "owner",
            "owner2",
            "owners",
            "team",
            "",
        ];
        let tags: Tags = all.iter().map(|key| ((*key).to_owned(), "x".to_owned())).collect();
        let near: Vec<&str> = tags.near_misses(&keys).collect();
        assert_eq!(near, [" owner\t", "OWNER", "\u{200b}owner"]);
        let kept = tags.clone().retain_needed(&keys, Some("owner2"));
        let kept: Vec<&str> = kept.iter().map(|(key, _)| key).collect();
        assert_eq!(kept, [" owner\t", "OWNER", "Owner", "owner", "owner2", "\u{200b}owner"]);
    }
}
