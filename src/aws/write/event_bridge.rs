use serde::{Deserialize, Serialize};

use crate::Failure;
use crate::aws::LiveResults;
use crate::aws::connect::call::Call;
use crate::aws::connect::service::{Asked, Service, ServiceName};
use crate::notify::Message;
use crate::notify::deliver::Events;
use crate::resources::account_region::AccountRegion;

pub(crate) const EVENT_BRIDGE: ServiceName = ServiceName {
    id: "EventBridge",
    host: "events",
    // Of its rule set (botocore): `events.us-gov-west-1.amazonaws.com`.
    plain_fips_in_govcloud: true,
    media: "application/x-amz-json-1.1",
};

const PUT: Asked = Asked { name: "PutEvents", path: "/", target: Some("AWSEvents.PutEvents") };

/// The default bus of the account and Region that the function runs in, by its own credentials.
#[derive(Clone, Debug)]
pub(crate) struct Bus {
    pub(crate) service: Service,
    pub(crate) account_region: AccountRegion,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct PutRequest<'a> {
    entries: &'a [Message],
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PutAnswer {
    #[serde(default)]
    failed_entry_count: usize,
    #[serde(default)]
    entries: Vec<PutEntry>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PutEntry {
    #[serde(default)]
    error_code: Option<String>,
}

impl Events for LiveResults {
    async fn put_events(&self, messages: &[Message]) -> Result<Vec<Option<String>>, Failure> {
        let resource = match messages {
            [one] => format!("the event about {}", one.detail.stage),
            many => format!("{} events", many.len()),
        };
        let account_region = &self.bus.account_region;
        let call =
            Call { operation: PUT.name, resource: &resource, account_region, limit: self.deadline.puts() };
        let request = PutRequest { entries: messages };
        let answer = call.send(self.bus.service.send::<PutAnswer>(PUT, &request, None)).await?;
        let codes: Vec<Option<String>> = answer.entries.into_iter().map(|entry| entry.error_code).collect();
        // An entry that is not answered may be one that was not taken.
        let failed = codes.iter().flatten().count();
        if codes.len() != messages.len() || failed != answer.failed_entry_count {
            let told = format!(
                "{} events, {} answers, {} failed",
                messages.len(),
                codes.len(),
                answer.failed_entry_count
            );
            return Err(call.unreadable(told));
        }
        Ok(codes)
    }
}
