//! The trait that opens the account and Region of an event.

use std::sync::Arc;

use crate::account::front_door::FrontDoor;
use crate::deadline::Deadline;
use crate::failure::Failure;
use crate::notify::deliver::Events;
use crate::notify::last_run::Parameter;
use crate::parameters::Parameters;
use crate::parameters::exemptions::{ExemptionDocument, S3Location};
use crate::resources::account_region::AccountRegion;
use crate::rule::put::Results;
use crate::security_hub::import::Findings;
use crate::telemetry::calls::Calls;

/// Opens the account and Region of an event for reading and for results.
#[expect(async_fn_in_trait, reason = "the runtime is current-thread: no future crosses threads")]
pub trait Connect {
    /// Read access to the account and Region.
    type Account: FrontDoor;
    /// The receiver of evaluations, findings and events, and of the instant of the last reminders.
    type Results: Results + Findings + Events + Parameter;

    /// Connects to `account_region`, with the role and the number of API Gateway calls per second
    /// of the parameters.
    ///
    /// # Errors
    /// `Disagreement` if the connection can't reach `account_region`.
    async fn connect(
        &self,
        account_region: &AccountRegion,
        parameters: &Parameters,
        deadline: Deadline,
    ) -> Result<(Self::Account, Self::Results), Failure>;

    /// Reads an exemption document; an implementation may use one that it read within the last
    /// minute. Failures name `account_region`.
    ///
    /// # Errors
    /// `Operation` if it can't be read, `Malformed` if it is not valid, `NotSupported` by default.
    async fn exemption_document(
        &self,
        location: &S3Location,
        _account_region: &AccountRegion,
        _deadline: Deadline,
    ) -> Result<Arc<ExemptionDocument>, Failure> {
        Err(Failure::NotSupported(format!("reading {location} here").into()))
    }

    /// Returns and resets the counts of AWS API calls; zero for implementations that don't call
    /// AWS.
    fn take_calls(&self) -> Calls {
        Calls::default()
    }
}
