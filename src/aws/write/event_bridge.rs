use serde::{Deserialize, Serialize};

use crate::Failure;
use crate::aws::LiveResults;
use crate::aws::connect::call::Call;
use crate::aws::connect::service::Operation;
use crate::notify::Message;
use crate::notify::deliver::Events;

const PUT_EVENTS: Operation = Operation { name: "PutEvents", path: "/", target: Some("AWSEvents.PutEvents") };

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct PutEventsInput<'a> {
    entries: &'a [Message],
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PutEventsOutput {
    #[serde(default)]
    failed_entry_count: usize,
    #[serde(default)]
    entries: Vec<ResultEntry>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ResultEntry {
    #[serde(default)]
    error_code: Option<String>,
}

impl Events for LiveResults {
    async fn put_events(&self, messages: &[Message]) -> Result<Vec<Option<String>>, Failure> {
        let resource = match messages {
            [one] => format!("the event about {}", one.detail.subject()),
            many => format!("{} events", many.len()),
        };
        let account_region = &self.bus.account_region;
        let call = Call {
            operation: PUT_EVENTS.name,
            resource: &resource,
            account_region,
            limit: self.deadline.puts(),
        };
        let input = PutEventsInput { entries: messages };
        let output = call.send(self.bus.service.send::<PutEventsOutput>(PUT_EVENTS, &input, None)).await?;
        let codes: Vec<Option<String>> = output.entries.into_iter().map(|entry| entry.error_code).collect();
        // An event without a result may not have been accepted.
        let failed = codes.iter().flatten().count();
        if codes.len() != messages.len() || failed != output.failed_entry_count {
            let problem = format!(
                "{} events, {} results, {} failed",
                messages.len(),
                codes.len(),
                output.failed_entry_count
            );
            return Err(call.invalid_response(problem));
        }
        Ok(codes)
    }
}
