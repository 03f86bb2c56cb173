use std::collections::HashSet;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;

/// The maximum number of pages of one listing: at 100 rows per page, 100 times the largest
/// supported account.
const MAX_PAGES: usize = 100_000;

/// The page tokens of one listing, which detect a repeated token: that listing would never end.
///
/// Only a hash of each token is kept, because a token can take kilobytes.
#[derive(Debug, Default)]
pub(crate) struct PageTokens {
    hasher: RandomState,
    seen: HashSet<u64>,
}

impl PageTokens {
    /// Adds the token of the next page; no token, or an empty one, marks the last page. The error
    /// describes the problem.
    pub(crate) fn add(&mut self, token: Option<&str>) -> Result<(), String> {
        let Some(token) = token.filter(|token| !token.is_empty()) else { return Ok(()) };
        if !self.seen.insert(self.hasher.hash_one(token)) {
            return Err("the same page token twice: the list is incomplete and would never end".into());
        }
        if self.seen.len() >= MAX_PAGES {
            return Err(format!("a list of more than {MAX_PAGES} pages"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repeated_token_is_an_error() {
        let mut tokens = PageTokens::default();
        for token in [Some("a"), Some("b"), None, Some(""), Some("")] {
            assert_eq!(tokens.add(token), Ok(()), "{token:?}");
        }
        assert!(tokens.add(Some("a")).unwrap_err().contains("twice"));
    }

    #[test]
    fn a_listing_ends_even_if_every_token_is_new() {
        let mut tokens = PageTokens::default();
        let refused = (0..=MAX_PAGES).find_map(|n| tokens.add(Some(&n.to_string())).err());
        assert_eq!(refused.as_deref(), Some("a list of more than 100000 pages"));
    }
}
