//! The messages in the mailer's queue, which the CDK app defines: an event for a recipient, or the
//! request of a schedule to send.

use serde::Deserialize;
use serde_json::Value;

use crate::Failure;
use crate::mailer::notice::Notice;
use crate::mailer::outbox::Queue;
use crate::parameters::settings::Mailer as Settings;

/// What a message asks for.
#[derive(Debug)]
pub(crate) enum Request {
    /// Store an event for a recipient, which is the ARN of a topic.
    Notice { recipient: String, notice: Box<Notice> },
    /// Send what is due.
    Send(Queue),
}

#[derive(Deserialize)]
struct Batch {
    #[serde(rename = "Records")]
    records: Vec<Record>,
}

#[derive(Deserialize)]
struct Record {
    body: String,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Body {
    Run { run: Run },
    Event { recipient: String, account: String, detail: Value },
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Run {
    Urgent,
    Digest,
}

/// Returns what each message of a batch asks for, in order.
///
/// The schedules and the rules of the mailer's own stack set everything but an event's account and
/// detail. EventBridge sets the account; the detail is what some function sent, so a detail that
/// can't be used becomes a notice that says so.
///
/// # Errors
/// Returns `Malformed` for messages that the mailer's stack doesn't send.
pub(crate) fn requests(event: &str, settings: &Settings) -> Result<Vec<Request>, Failure> {
    // The text of a message must not reach a log.
    let batch: Batch = serde_json::from_str(event)
        .map_err(|_| Failure::malformed("event", "allowed: a batch of messages from SQS"))?;
    batch.records.iter().map(|record| request(&record.body, settings)).collect()
}

fn request(body: &str, settings: &Settings) -> Result<Request, Failure> {
    const ALLOWED: &str =
        "allowed: a run (urgent or digest), or an event with a recipient, an account and a detail";
    let body = serde_json::from_str(body);
    Ok(match body.map_err(|_| Failure::malformed("event.Records.body", ALLOWED))? {
        Body::Run { run: Run::Urgent } => Request::Send(Queue::Urgent),
        Body::Run { run: Run::Digest } => Request::Send(Queue::Digest),
        Body::Event { recipient, account, detail } => {
            let sender = Some(account.as_str());
            let may_be_about_any_account = sender == settings.function_account.as_deref();
            let notice = Notice::read(detail, &account, may_be_about_any_account);
            Request::Notice { recipient, notice: Box::new(notice) }
        }
    })
}
