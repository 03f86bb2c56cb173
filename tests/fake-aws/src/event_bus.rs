//! The default event bus of one account and Region, with the events put on it.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::wire::Refusal;

/// An event bus.
#[derive(Clone, Debug, Default)]
pub struct EventBus {
    /// The accepted events, as rules see them.
    pub events: Vec<Value>,
    /// How many of the next entries to refuse with `InternalFailure`.
    pub refuse_next: usize,
}

const MAX_BYTES: usize = 256 * 1024;

impl EventBus {
    /// `PutEvents` of `account` in `region`.
    ///
    /// # Errors
    /// The refusal of the whole call.
    pub fn put(&mut self, account: &str, region: &str, input: &Value) -> Result<Value, Refusal> {
        let entries = input["Entries"].as_array().filter(|all| (1..=10).contains(&all.len()));
        let entries = entries.ok_or_else(|| Refusal::new("ValidationException", "Entries: 1 to 10"))?;
        if entries.iter().map(size).sum::<usize>() >= MAX_BYTES {
            return Err(Refusal::new(
                "ValidationException",
                "Total size of the entries in the request is over the limit.",
            ));
        }
        let mut failed = 0;
        let answers: Vec<Value> = entries
            .iter()
            .map(|entry| {
                let refused = if self.refuse_next > 0 {
                    self.refuse_next -= 1;
                    Some("InternalFailure")
                } else {
                    problem(entry)
                };
                match refused {
                    Some(code) => {
                        failed += 1;
                        json!({"ErrorCode": code, "ErrorMessage": code})
                    }
                    None => {
                        self.events.push(event(entry, account, region));
                        json!({"EventId": format!("{:08x}", self.events.len())})
                    }
                }
            })
            .collect();
        Ok(json!({"FailedEntryCount": failed, "Entries": answers}))
    }
}

/// The size of an entry as AWS counts it (user guide, "Calculating PutEvents event entry size").
fn size(entry: &Value) -> usize {
    let text = |field: &str| entry[field].as_str().unwrap_or_default().len();
    let resources = entry["Resources"].as_array().into_iter().flatten();
    let resources: usize = resources.map(|arn| arn.as_str().unwrap_or_default().len()).sum();
    let time = if entry["Time"].is_null() { 0 } else { 14 };
    time + text("Source") + text("DetailType") + text("Detail") + resources
}

fn problem(entry: &Value) -> Option<&'static str> {
    let text = |field: &str| entry[field].as_str().filter(|text| !text.is_empty());
    let (Some(source), Some(kind), Some(detail)) = (text("Source"), text("DetailType"), text("Detail"))
    else {
        return Some("InvalidArgument");
    };
    if source.starts_with("aws.") {
        return Some("NotAuthorizedForSourceException");
    }
    if kind.chars().count() > 128 {
        return Some("InvalidArgument");
    }
    let is_object = serde_json::from_str::<Value>(detail).is_ok_and(|detail| detail.is_object());
    (!is_object).then_some("MalformedDetail")
}

fn event(entry: &Value, account: &str, region: &str) -> Value {
    let detail: Value = serde_json::from_str(entry["Detail"].as_str().unwrap_or("{}")).expect("checked");
    let time = entry["Time"].as_i64().and_then(|seconds| Timestamp::from_second(seconds).ok());
    json!({
        "version": "0",
        "source": entry["Source"],
        "detail-type": entry["DetailType"],
        "account": account,
        "region": region,
        "time": time.map(|time| time.to_string()),
        "resources": entry["Resources"],
        "detail": detail,
    })
}
