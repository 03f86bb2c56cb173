use std::cell::{Cell, RefCell};

use super::*;

const NAME: &str = "/stagecert/last-reminders";

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn account_region() -> AccountRegion {
    AccountRegion { partition: "aws".into(), account: "111122223333".into(), region: "eu-west-1".into() }
}

fn progress(complete: &str, sent: &[&str]) -> Progress {
    Progress { complete: at(complete), sent: sent.iter().copied().map(ReminderId::of).collect() }
}

/// Parameter Store, with the number of its puts.
#[derive(Default)]
struct Store {
    value: RefCell<Option<String>>,
    puts: Cell<usize>,
}

impl Parameter for Store {
    async fn parameter(&self, name: &str) -> Result<Option<String>, Failure> {
        assert_eq!(name, NAME);
        Ok(self.value.borrow().clone())
    }

    async fn put_parameter(&self, name: &str, value: &str) -> Result<(), Failure> {
        assert_eq!(name, NAME);
        *self.value.borrow_mut() = Some(value.into());
        self.puts.set(self.puts.get() + 1);
        Ok(())
    }
}

async fn read(value: Option<&str>) -> Result<Option<Progress>, String> {
    let store = Store { value: RefCell::new(value.map(Into::into)), ..Store::default() };
    let account_region = account_region();
    let last_run = LastRun { parameters: &store, name: NAME, account_region: &account_region };
    last_run.read(at("2026-11-21T08:00:30Z")).await.map_err(|failure| failure.to_string())
}

#[tokio::test]
async fn a_value_is_none_or_an_instant_with_ids() {
    let id = format!("{:016x}", ReminderId::of("a").0);
    for (value, expected) in [
        (None, None),
        (Some("none"), None),
        (Some("2026-11-21T07:00:00Z"), Some(progress("2026-11-21T07:00:00Z", &[]))),
        (Some("2026-11-21T08:00:00+01:00\n"), Some(progress("2026-11-21T07:00:00Z", &[]))),
        (Some(&*format!("2026-11-21T07:00:00Z {id}")), Some(progress("2026-11-21T07:00:00Z", &["a"]))),
        // The clocks differ by less than an hour.
        (Some("2026-11-21T09:00:30Z"), Some(progress("2026-11-21T09:00:30Z", &[]))),
    ] {
        assert_eq!(read(value).await, Ok(expected), "{value:?}");
    }
}

#[tokio::test]
async fn any_other_value_is_an_error_that_says_where_it_is() {
    for value in [
        "",
        " ",
        "None",
        "none 0123456789abcdef",
        "yesterday",
        "1795248000",
        "2026-11-21T07:00:00Z x",
        "2026-11-21T07:00:00Z 123",
        "2026-11-21T07:00:00Z +123456789abcdef",
        // No run can be complete in the future: with this value, none would ever send anything.
        "2026-11-21T09:00:31Z",
        "9999-12-30T00:00:00Z",
    ] {
        let error = read(Some(value)).await.unwrap_err();
        let place = "GetParameter of /stagecert/last-reminders in account 111122223333, Region eu-west-1: ";
        assert!(error.contains(place), "{value:?}: {error}");
        assert!(error.ends_with("delete the parameter, and the next run starts anew"), "{error}");
    }
}

#[tokio::test]
async fn a_run_never_moves_the_instant_back_and_writes_nothing_that_is_known() {
    let (early, late) = ("2026-11-21T06:00:00Z", "2026-11-21T07:00:00Z");
    for (current, before, after, written) in [
        // The first run.
        ("none", None, progress(late, &[]), true),
        // The usual run.
        (early, Some(progress(early, &[])), progress(late, &[]), true),
        // An older run that finishes late, or the same one again.
        (late, Some(progress("2026-11-21T05:00:00Z", &[])), progress(early, &[]), false),
        (late, Some(progress(early, &[])), progress(late, &[]), false),
        // A run that failed: what it sent is added, unless another one has completed since.
        (early, Some(progress(early, &[])), progress(early, &["a"]), true),
        (late, Some(progress(early, &[])), progress(early, &["a"]), false),
        ("none", None, progress(early, &["a"]), true),
        (late, None, progress(early, &["a"]), false),
        // It sent nothing, so there is nothing to remember.
        (early, Some(progress(early, &[])), progress(early, &[]), false),
    ] {
        let store = Store { value: RefCell::new(Some(current.into())), ..Store::default() };
        let account_region = account_region();
        let last_run = LastRun { parameters: &store, name: NAME, account_region: &account_region };
        last_run.write(before.as_ref(), &after, at("2026-11-21T08:00:30Z")).await.unwrap();
        let expected = if written { after.text() } else { current.into() };
        let value = store.value.borrow().clone().unwrap();
        assert_eq!((value, store.puts.get()), (expected, usize::from(written)), "{current}, {after:?}");
    }
}

#[test]
fn a_value_fits_the_standard_tier_and_is_read_as_it_was_written() {
    for count in [0, 1, 239, 240, 5000] {
        let sent: BTreeSet<ReminderId> = (0..count).map(|n| ReminderId::of(&n.to_string())).collect();
        let written = Progress { complete: at("2026-11-21T07:00:00.123456789Z"), sent };
        let text = written.text();
        assert!(text.len() <= 4096, "{count}: {}", text.len());
        let read = Progress::parse(&text).unwrap().unwrap();
        assert_eq!(read.complete, written.complete);
        assert!(read.sent.is_subset(&written.sent));
        assert_eq!(read.sent.len(), count.min(239), "{count}");
    }
    // The published test value of FNV-1a.
    assert_eq!(ReminderId::of("foobar"), ReminderId(0x8594_4171_f739_67e8));
}
