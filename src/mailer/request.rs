//! The messages in the mailer's queue, which the CDK app defines: an event for a recipient, or the
//! request of a schedule to send.

use serde::Deserialize;
use serde_json::value::RawValue;

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
struct Body<'j> {
    run: Option<Run>,
    recipient: Option<String>,
    account: Option<String>,
    /// Kept as text, because nothing is known about it.
    #[serde(borrow)]
    detail: Option<&'j RawValue>,
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
    let body: Body<'_> = body.map_err(|_| Failure::malformed("event.Records.body", ALLOWED))?;
    Ok(match body {
        Body { run: Some(Run::Urgent), .. } => Request::Send(Queue::Urgent),
        Body { run: Some(Run::Digest), .. } => Request::Send(Queue::Digest),
        Body { recipient: Some(recipient), account: Some(account), detail, .. } => {
            let may_be_about_any_account = settings.function_account.as_ref() == Some(&account);
            let notice =
                Notice::read(detail.map_or("null", RawValue::get), &account, may_be_about_any_account);
            Request::Notice { recipient, notice: Box::new(notice) }
        }
        _ => return Err(Failure::malformed("event.Records.body", ALLOWED)),
    })
}
