//! The event bus that the function sends its events to.

use crate::aws::connect::service::Service;
use crate::resources::account_region::AccountRegion;

/// The default event bus of the account and Region that the function runs in, with the function's
/// own credentials.
#[derive(Clone, Debug)]
pub(crate) struct Bus {
    pub(crate) service: Service,
    pub(crate) account_region: AccountRegion,
}
