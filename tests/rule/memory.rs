//! The mailer's table and topics in memory.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use jiff::Timestamp;
use stagecert::Failure;
use stagecert::mailer::store::{Item, MAX_WRITES, Store, Topics, Write};

/// The table and the topics.
#[derive(Default)]
pub(super) struct Memory {
    items: RefCell<BTreeMap<(String, String), Item>>,
    emails: RefCell<Vec<(String, String, String)>>,
    /// The calls that fail: `items`, `write`, or the ARN of a topic.
    pub(super) fails: RefCell<Vec<String>>,
    /// The items that are put while the next email is sent.
    pub(super) arrive: RefCell<Vec<Item>>,
    /// The number of calls until the invocation is cut off.
    pub(super) calls_left: Cell<Option<usize>>,
}

impl Memory {
    /// Whether a call fails.
    fn fails(&self, name: &str) -> bool {
        let is_cut_off = self.calls_left.get() == Some(0);
        self.calls_left.set(self.calls_left.get().map(|left| left.saturating_sub(1)));
        is_cut_off || self.fails.borrow().iter().any(|it| it == name)
    }

    /// The emails since the last call, as recipient, subject and body.
    pub(super) fn take(&self) -> Vec<(String, String, String)> {
        self.emails.take()
    }
}

impl Store for Memory {
    async fn items(&self, partition: &str, after: Option<&str>, limit: usize) -> Result<Vec<Item>, Failure> {
        if self.fails("items") {
            return Err(Failure::NotSupported("items".into()));
        }
        let items = self.items.borrow();
        let first = (partition.to_owned(), String::new());
        let of_partition =
            items.range(first..).map(|(_, item)| item).take_while(|it| it.partition == partition);
        Ok(of_partition
            .filter(|item| after.is_none_or(|after| item.sort.as_str() > after))
            .take(limit)
            .cloned()
            .collect())
    }

    async fn write(&self, writes: &[Write], now: Timestamp) -> Result<bool, Failure> {
        if self.fails("write") {
            return Err(Failure::NotSupported("write".into()));
        }
        assert!(writes.len() <= MAX_WRITES);
        let mut items = self.items.borrow_mut();
        let exists = |item: &Item, items: &BTreeMap<_, Item>| {
            let key = (item.partition.clone(), item.sort.clone());
            items.get(&key).is_some_and(|existing| existing.expires > now)
        };
        if writes.iter().any(|write| matches!(write, Write::PutNew(item) if exists(item, &items))) {
            return Ok(false);
        }
        for write in writes {
            match write {
                Write::Put(item) | Write::PutNew(item) => {
                    items.insert((item.partition.clone(), item.sort.clone()), item.clone());
                }
                Write::Delete { partition, sort } => {
                    items.remove(&(partition.clone(), sort.clone()));
                }
            }
        }
        Ok(true)
    }
}

impl Topics for Memory {
    async fn publish(&self, topic: &str, subject: &str, body: &str) -> Result<(), Failure> {
        if self.fails(topic) {
            return Err(Failure::NotSupported(topic.into()));
        }
        assert!(
            subject.len() < 100 && subject.chars().all(|c| c == ' ' || c.is_ascii_graphic()),
            "{subject}"
        );
        assert!(subject.starts_with(|c: char| c.is_ascii_alphanumeric()), "{subject}");
        assert!(body.len() < 256 * 1024);
        for item in self.arrive.take() {
            self.items.borrow_mut().insert((item.partition.clone(), item.sort.clone()), item);
        }
        self.emails.borrow_mut().push((topic.into(), subject.into(), body.into()));
        Ok(())
    }
}
