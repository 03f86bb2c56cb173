//! Opening the account and Region of an event.

use crate::account::Account;
use crate::deadline::Deadline;
use crate::failure::Failure;
use crate::notify::deliver::Events;
use crate::resources::account_region::AccountRegion;
use crate::rule::put::Results;
use crate::security_hub::import::Findings;
use crate::telemetry::calls::Calls;

/// Opens the place of an event for reading and for results.
#[expect(async_fn_in_trait, reason = "the runtime is current-thread: no future crosses threads")]
pub trait Connect {
    /// What is read.
    type Account: Account;
    /// Where results go, and what else is told of them.
    type Results: Results + Findings + Events;

    /// Connects to `account_region`, with the named role of that account where there is one.
    ///
    /// # Errors
    /// `Disagreement` where this is not, and can't become, the account and Region meant.
    async fn connect(
        &self,
        account_region: &AccountRegion,
        role: Option<&str>,
        deadline: Deadline,
    ) -> Result<(Self::Account, Self::Results), Failure>;

    /// What was asked of AWS since this was last called; nothing where no AWS stands behind it.
    fn take_calls(&self) -> Calls {
        Calls::default()
    }
}
