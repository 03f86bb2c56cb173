//! An account and Region in which certificates are rotated.

use aws_types::region::Region;
use jiff::Timestamp;

use crate::Failure;
use crate::aws::connect::service::Service;
use crate::aws::connect::service_endpoint::EVENT_BRIDGE;
use crate::aws::{AssumedAccount, LiveAccount};
use crate::parameters::CallsPerSecond;
use crate::resources::account_region::AccountRegion;
use crate::resources::certificate_id::CertificateId;

/// The calls per second: a person waits for a few calls, and AWS allows 10.
const CALLS_PER_SECOND: u8 = 8;
/// The calls that don't wait, which are enough for a small account. AWS allows a burst of 40.
const BURST: usize = 20;

/// The certificates and stages of one account and Region, for rotations.
#[derive(Debug)]
pub struct LiveRotation {
    pub(crate) account: LiveAccount,
    pub(crate) bus: Option<RotationBus>,
}

/// The event bus that receives an event for each step.
#[derive(Debug)]
pub(crate) struct RotationBus {
    pub(crate) service: Service,
    pub(crate) arn: String,
    pub(crate) account_region: AccountRegion,
}

impl AssumedAccount<'_> {
    /// The account in one of its Regions. `bus` is the ARN of an event bus, for an event for each
    /// step.
    ///
    /// # Errors
    /// `Malformed` if `bus` is not the ARN of an event bus.
    pub fn rotation(&self, region: &str, bus: Option<&str>, now: Timestamp) -> Result<LiveRotation, Failure> {
        let account = self.open(region, now);
        if let Some(calls) = CallsPerSecond::new(CALLS_PER_SECOND) {
            account.limit_api_gateway_calls(calls);
            account.clients.apigateway_limiter.allow_burst(BURST);
        }
        let bus = bus.map(|arn| self.rotation_bus(arn)).transpose()?;
        Ok(LiveRotation { account, bus })
    }

    fn rotation_bus(&self, arn: &str) -> Result<RotationBus, Failure> {
        let account_region = AccountRegion::from_event_bus_arn(arn).ok_or_else(|| {
            let problem = "not arn:PARTITION:events:REGION:ACCOUNT:event-bus/NAME".to_owned();
            Failure::Malformed { field: "--event-bus".into(), problem }
        })?;
        let config = self.config.to_builder().region(Region::new(account_region.region.clone())).build();
        let service = Service::new(EVENT_BRIDGE, &config, None, &self.counter());
        Ok(RotationBus { service, arn: arn.to_owned(), account_region })
    }
}

impl LiveRotation {
    /// The account and Region.
    #[must_use]
    pub fn account_region(&self) -> &AccountRegion {
        &self.account.account_region
    }

    /// The account, for other reads.
    #[must_use]
    pub fn account(&self) -> &LiveAccount {
        &self.account
    }

    pub(crate) fn certificate_arn(&self, id: &CertificateId) -> String {
        let AccountRegion { partition, region, .. } = &self.account.account_region;
        format!("arn:{partition}:apigateway:{region}::/clientcertificates/{id}")
    }
}
