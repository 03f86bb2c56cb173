//! The services that the mailer uses: a table and topics.

use jiff::Timestamp;

use crate::Failure;

/// An item of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// The partition key.
    pub partition: String,
    /// The sort key.
    pub sort: String,
    /// The content; empty if only the key matters.
    pub text: String,
    /// When the item may be deleted. The table deletes it within days of that.
    pub expires: Timestamp,
}

/// A change of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Write {
    /// Puts an item, and replaces the one with the same keys.
    Put(Item),
    /// Puts an item, unless there is one with the same keys that has not expired.
    PutNew(Item),
    /// Deletes the item with these keys, if there is one.
    Delete {
        /// The partition key.
        partition: String,
        /// The sort key.
        sort: String,
    },
}

/// The maximum number of changes in one transaction (botocore, `TransactWriteItems`).
pub const MAX_WRITES: usize = 100;

/// The mailer's table.
#[expect(async_fn_in_trait, reason = "the runtime is current-thread: no future crosses threads")]
pub trait Store {
    /// Returns the first `limit` items of a partition in the order of their sort keys: of all, or
    /// of those whose sort key is greater than `after`. Includes everything that was written
    /// before.
    ///
    /// # Errors
    /// Returns `Operation` or `OutOfTime`.
    async fn items(&self, partition: &str, after: Option<&str>, limit: usize) -> Result<Vec<Item>, Failure>;

    /// Makes all of these changes, at most [`MAX_WRITES`], or none of them. Returns `false` if it
    /// made none, because an item of a [`Write::PutNew`] exists at the instant `now`.
    ///
    /// # Errors
    /// Returns `Operation` or `OutOfTime`. The changes may have been made.
    async fn write(&self, writes: &[Write], now: Timestamp) -> Result<bool, Failure>;
}

/// The topics whose subscribers receive the emails.
#[expect(async_fn_in_trait, reason = "the runtime is current-thread: no future crosses threads")]
pub trait Topics {
    /// Publishes an email to the topic with this ARN.
    ///
    /// # Errors
    /// Returns `Operation` or `OutOfTime`. The email may have been sent.
    async fn publish(&self, topic: &str, subject: &str, body: &str) -> Result<(), Failure>;
}
