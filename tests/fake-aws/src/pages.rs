//! Page tokens: each is good for the very request that it came with, in the account and Region that gave it.

use jiff::Timestamp;
use rand::Rng;

use crate::model::Region;

/// Where a page ends.
#[derive(Clone, Debug)]
pub(crate) struct Page {
    /// The operation and what was asked, page size aside.
    pub(crate) query: String,
    /// The key after which the next page begins.
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

    /// Where the page begins that `token` stands for; `None` where it is no token of this query.
    pub(crate) fn page(&self, token: &str, query: &str) -> Option<&Page> {
        self.pages.get(token).filter(|page| page.query == query)
    }

    /// Makes every page token that was given so far unknown.
    pub fn forget_pages(&mut self) {
        self.pages.clear();
    }
}
