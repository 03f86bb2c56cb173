//! The mailer: turns events about stages and certificates into emails, once per problem and
//! recipient.
//!
//! Its queue delivers what happened, and asks it every minute and every day to send. What happened
//! is stored first. What can't wait is sent within about a minute, and everything else in a daily
//! digest for each recipient.

mod digest;
mod email;
mod link;
mod notice;
mod outbox;
mod pace;
mod request;
pub mod store;
mod words;

use jiff::{SignedDuration, Timestamp};

use crate::Failure;
use crate::deadline::{Deadline, is_past};
use crate::mailer::email::Email;
use crate::mailer::outbox::{Outbox, Pending, Queue};
use crate::mailer::pace::Pace;
use crate::mailer::request::{Request, requests};
use crate::mailer::store::{Store, Topics};
use crate::parameters::settings::Mailer as Settings;
use crate::resources::account_region::AccountRegion;

/// When and where the mailer is invoked.
#[derive(Clone, Copy, Debug)]
pub struct Invocation<'a> {
    /// The instant at which the invocation starts.
    pub now: Timestamp,
    /// The invocation's deadline, after which nothing is sent.
    pub deadline: Deadline,
    /// The account and Region that the mailer runs in.
    pub home: &'a AccountRegion,
}

/// What an invocation of the mailer did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// The number of events that were stored, to be sent.
    pub stored: usize,
    /// The number of events that were dropped, because they were sent to the same recipient within
    /// the last seven days.
    pub dropped: usize,
    /// The number of emails that SNS accepted.
    pub sent: usize,
}

/// Handles a batch of messages from the mailer's queue in their order.
///
/// An email is sent at least once: it is sent again if the invocation is stopped between sending it
/// and storing that.
///
/// Returns the failures to send emails. What they contain stays in the table, and the next request
/// to send repeats them. They are not an error, because SQS would repeat the whole batch, and the
/// requests behind it would wait.
///
/// # Errors
/// Returns a failure of the table, or `Malformed` for a message that only the mailer's own stack
/// can send; `stats` has what was done by then. The batch can be delivered again: what was stored
/// or sent is neither stored nor sent again.
pub async fn run<S: Store + Topics>(
    event: &str,
    services: &S,
    settings: &Settings,
    invocation: &Invocation<'_>,
    stats: &mut Stats,
) -> Result<Vec<Failure>, Failure> {
    let mailer = Mailer { services, outbox: Outbox { store: services }, settings, invocation };
    let now = invocation.now;
    let mut failures = Vec::new();
    for (position, request) in requests(event, settings)?.into_iter().enumerate() {
        match request {
            Request::Notice { recipient, notice } => {
                // Events of one batch keep their order.
                let received = now.saturating_add(SignedDuration::from_nanos(at(position))).unwrap_or(now);
                if mailer.outbox.add(&recipient, &notice, received).await? {
                    stats.stored += 1;
                } else {
                    stats.dropped += 1;
                }
            }
            Request::Send(queue) => mailer.send(queue, stats, &mut failures).await?,
        }
    }
    Ok(failures)
}

fn at(position: usize) -> i64 {
    i64::try_from(position).unwrap_or_default()
}

struct Mailer<'a, S> {
    services: &'a S,
    outbox: Outbox<'a, S>,
    settings: &'a Settings,
    invocation: &'a Invocation<'a>,
}

impl<S: Store + Topics> Mailer<'_, S> {
    /// Sends what is due. A recipient whose topic refuses an email does not keep the others from
    /// receiving theirs.
    async fn send(
        &self,
        queue: Queue,
        stats: &mut Stats,
        failures: &mut Vec<Failure>,
    ) -> Result<(), Failure> {
        let mut last = String::new();
        while let Some((recipient, mut pending)) = self.outbox.pending(queue, &last).await? {
            pending.sort_by_key(|one| one.stored.received);
            // The rest of a digest is another digest; that of urgent events is sent a minute later.
            let is_partial = queue == Queue::Digest && pending.len() == outbox::MAX_PENDING;
            let failures_before = failures.len();
            for group in self.groups(queue, &recipient, pending).await? {
                if is_past(self.invocation.deadline.puts()) {
                    let left = vec![format!("the emails to {recipient}")];
                    let location = self.invocation.home.into();
                    failures.push(Failure::OutOfTime { operation: "Publish", left, location });
                    return Ok(());
                }
                self.outbox.count(&recipient, &group, self.invocation.now).await?;
                if let Err(failure) = self.publish(queue, &recipient, &group).await {
                    failures.push(failure);
                    break;
                }
                stats.sent += 1;
                self.outbox.remove(&group, self.invocation.now).await?;
            }
            if !is_partial || failures.len() > failures_before {
                last = recipient;
            }
        }
        Ok(())
    }

    /// Returns what to send to a recipient now: the content of each email.
    async fn groups(
        &self,
        queue: Queue,
        recipient: &str,
        pending: Vec<Pending>,
    ) -> Result<Vec<Vec<Pending>>, Failure> {
        if queue == Queue::Digest {
            return Ok(vec![pending].into_iter().filter(|pending| !pending.is_empty()).collect());
        }
        let sent = self.outbox.sent_since(recipient, pace::since(self.invocation.now)).await?;
        let received: Vec<Timestamp> = pending.iter().map(|one| one.stored.received).collect();
        Ok(match pace::pace(&received, &sent, self.invocation.now) {
            Pace::Wait => Vec::new(),
            Pace::Together => vec![pending],
            Pace::Each => pending.into_iter().map(|one| vec![one]).collect(),
        })
    }

    async fn publish(&self, queue: Queue, recipient: &str, group: &[Pending]) -> Result<(), Failure> {
        let runbook = self.settings.runbook.as_deref();
        let notices: Vec<_> = group.iter().map(|one| &one.stored.notice).collect();
        let Email { subject, body } = match (queue, notices.as_slice()) {
            (Queue::Urgent, [one]) => email::email(one, runbook, self.invocation.now),
            _ => digest::email(&notices, queue, runbook, self.invocation.now),
        };
        self.services.publish(recipient, &subject, &body).await
    }
}

#[cfg(test)]
#[path = "front_door_tests.rs"]
mod front_door_tests;
