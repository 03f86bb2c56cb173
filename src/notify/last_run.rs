//! What is known about earlier reminder runs, kept in one parameter of SSM's Parameter Store: the
//! scheduled instant of the last complete run. If runs have failed since, the ids of the reminders
//! that EventBridge has accepted from them follow, so that a failure that persists doesn't send the
//! same reminders every hour.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use jiff::{SignedDuration, Timestamp};

use crate::Failure;
use crate::resources::account_region::AccountRegion;

/// The maximum length of a value in the Standard tier.
const MAX_LENGTH: usize = 4096;

/// How far a complete run may be in the future, because clocks differ.
const TOLERANCE: SignedDuration = SignedDuration::from_hours(1);

/// A parameter of SSM's Parameter Store, in the account and Region whose certificates are checked.
#[expect(async_fn_in_trait, reason = "the runtime is current-thread: no future crosses threads")]
pub trait Parameter {
    /// Returns the parameter's value, or `None` if it doesn't exist.
    ///
    /// # Errors
    /// Returns `Failure::Operation` with SSM's error code, or `OutOfTime`.
    async fn parameter(&self, name: &str) -> Result<Option<String>, Failure>;

    /// Creates the parameter or replaces its value.
    ///
    /// # Errors
    /// As [`Parameter::parameter`].
    async fn put_parameter(&self, name: &str, value: &str) -> Result<(), Failure>;
}

/// The parameter of a deployment in one account and Region.
#[derive(Debug)]
pub(crate) struct LastRun<'a, P> {
    pub(crate) parameters: &'a P,
    /// The parameter's name.
    pub(crate) name: &'a str,
    pub(crate) account_region: &'a AccountRegion,
}

/// What the parameter says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Progress {
    /// The scheduled instant of the last complete run.
    pub(crate) complete: Timestamp,
    /// The reminders that incomplete runs since then have sent.
    pub(crate) sent: BTreeSet<ReminderId>,
}

/// The id of a reminder, shortened to 64 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ReminderId(u64);

impl<P: Parameter> LastRun<'_, P> {
    /// Returns what the parameter says, or `None` if there was no run yet.
    pub(crate) async fn read(&self, now: Timestamp) -> Result<Option<Progress>, Failure> {
        let Some(value) = self.parameters.parameter(self.name).await? else { return Ok(None) };
        let progress = Progress::parse(&value).map_err(|problem| self.invalid(problem))?;
        match &progress {
            Some(Progress { complete, .. }) if complete.duration_since(now) > TOLERANCE => {
                Err(self.invalid("the last complete run is in the future"))
            }
            _ => Ok(progress),
        }
    }

    /// Replaces `before`, which the run has read, unless another run has completed since: then its
    /// value is at least as good. A run that is complete replaces any older one.
    pub(crate) async fn write(
        &self,
        before: Option<&Progress>,
        after: &Progress,
        now: Timestamp,
    ) -> Result<(), Failure> {
        let current = self.read(now).await?;
        let is_newer = |current: &Progress| match before {
            Some(before) if !after.sent.is_empty() => current.complete > before.complete,
            _ => current.complete >= after.complete,
        };
        if current.as_ref().is_some_and(is_newer) || current.as_ref() == Some(after) {
            return Ok(());
        }
        self.parameters.put_parameter(self.name, &after.text()).await
    }

    fn invalid(&self, problem: &'static str) -> Failure {
        Failure::Operation {
            operation: "GetParameter",
            resource: self.name.to_owned(),
            location: self.account_region.into(),
            code: None,
            source: format!("{problem}: delete the parameter, and the next run starts anew").into(),
        }
    }
}

/// The value of a parameter that CloudFormation has created.
const NONE: &str = "none";

impl Progress {
    fn parse(value: &str) -> Result<Option<Self>, &'static str> {
        let mut words = value.split_whitespace();
        let first = words.next().unwrap_or_default();
        if first == NONE && words.next().is_none() {
            return Ok(None);
        }
        let complete = first.parse().map_err(|_| "the value does not start with an instant")?;
        let sent: Option<BTreeSet<ReminderId>> = words.map(ReminderId::parse).collect();
        let sent = sent.ok_or("the value has an id that is not 16 hexadecimal digits")?;
        Ok(Some(Self { complete, sent }))
    }

    /// Returns the value, with as many ids as fit.
    fn text(&self) -> String {
        let mut text = self.complete.to_string();
        for ReminderId(id) in &self.sent {
            if text.len() + 17 > MAX_LENGTH {
                break;
            }
            _ = write!(text, " {id:016x}");
        }
        text
    }
}

impl ReminderId {
    /// Shortens an id (FNV-1a). Ids are compared within one account and Region only.
    pub(crate) fn of(id: &str) -> Self {
        const START: u64 = 0xcbf2_9ce4_8422_2325;
        const FACTOR: u64 = 0x0100_0000_01b3;
        Self(id.bytes().fold(START, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(FACTOR)))
    }

    fn parse(word: &str) -> Option<Self> {
        let is_hexadecimal = word.len() == 16 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_hexadecimal.then(|| u64::from_str_radix(word, 16).ok().map(Self)).flatten()
    }
}

#[cfg(test)]
#[path = "last_run_tests.rs"]
mod tests;
