//! Page tokens. A token is valid only for the request that returned it, in the same account and
//! Region.

use jiff::Timestamp;
use rand::Rng;

use crate::model::Region;

/// The end of a page.
#[derive(Clone, Debug)]
pub(crate) struct Page {
    /// The operation and its input, without the page size.
    pub(crate) query: String,
    /// The key after which the next page starts.
    pub(crate) after: String,
    pub(crate) issued: Timestamp,
}

impl Region {
    /// A token for the page after `after`.
    pub(crate) fn page_after(
        &mut self,
        rng: &mut impl Rng,
        issued: Timestamp,
        query: &str,
        after: &str,
    ) -> String {
        let token = format!("page-{:032x}", rng.random::<u128>());
        self.pages.insert(token.clone(), Page { query: query.into(), after: after.into(), issued });
        token
    }

    /// The key after which the page of `token` starts; `None` if the token doesn't belong to this
    /// query.
    pub(crate) fn page(&self, token: &str, query: &str) -> Option<&Page> {
        self.pages.get(token).filter(|page| page.query == query)
    }

    /// Invalidates all page tokens issued so far.
    pub fn forget_pages(&mut self) {
        self.pages.clear();
    }
}
