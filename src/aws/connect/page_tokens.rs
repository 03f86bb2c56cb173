use std::collections::HashSet;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;

/// The most pages of one listing: at 100 rows per page, a hundred times the largest supported account.
const MAX_PAGES: usize = 100_000;

/// The page tokens of one listing. A token that comes a second time leads in a circle: the listing would never end.
///
/// Of a token, which can be kilobytes long, only a hash is kept.
#[derive(Debug, Default)]
pub(crate) struct PageTokens {
    hasher: RandomState,
    seen: HashSet<u64>,
}

impl PageTokens {
    /// Adds the token of a page; none, or an empty one, is that of the last page. The error says what is wrong with it.
    pub(crate) fn add(&mut self, token: Option<&str>) -> Result<(), String> {
        let Some(token) = token.filter(|token| !token.is_empty()) else { return Ok(()) };
        if !self.seen.insert(self.hasher.hash_one(token)) {
            return Err("the same page token twice: the list is not complete, and would not end".into());
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
    fn a_token_may_come_once() {
        let mut tokens = PageTokens::default();
        for token in [Some("a"), Some("b"), None, Some(""), Some("")] {
            assert_eq!(tokens.add(token), Ok(()), "{token:?}");
        }
        assert!(tokens.add(Some("a")).unwrap_err().contains("twice"));
    }

    #[test]
    fn a_listing_ends_although_every_token_is_new() {
        let mut tokens = PageTokens::default();
        let refused = (0..=MAX_PAGES).find_map(|n| tokens.add(Some(&n.to_string())).err());
        assert_eq!(refused.as_deref(), Some("a list of more than 100000 pages"));
    }
}
