//! Remembers since when stages could not be read, from one sweep to the next.
//!
//! The function stores nothing. One archived finding per rule has the stages in its
//! product fields, so that nothing has to be imported for the stages themselves.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::security_hub::content::hash;

/// What the names of the product fields start with, and the kind of the finding.
pub(crate) const UNREAD: &str = "stagecert/unread";
/// The product field with the instant for all stages that are too many to be listed.
const OTHERS: &str = "stagecert/unreadOthers";

/// How long a stage is unreadable before its findings say so.
const GRACE: SignedDuration = SignedDuration::from_hours(24);
/// The first instant that can be encoded: 2020-01-01.
const EPOCH: i64 = 1_577_836_800;

/// An entry has six characters of the stage's hash and four of the instant.
const HASH_DIGITS: u32 = 6;
const INSTANT_DIGITS: u32 = 4;
const ENTRY: usize = 10;
/// The number of entries in a product field, whose maximum length is 2,048 characters.
const PER_FIELD: usize = 200;
/// The number of product fields with entries; a finding has at most 50 fields in total.
const MAX_FIELDS: usize = 40;

/// The stages that could not be read completely, each with the instant of the first sweep that
/// failed to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct UnreadStages {
    /// Minutes since 2020, by the hash of the stage's ARN.
    since: BTreeMap<u64, u64>,
    /// The same for the stages that are not listed, if not all could be.
    others: Option<u64>,
}

impl UnreadStages {
    /// The stages in the product fields of the previous sweep's finding.
    pub(crate) fn from_fields(fields: &BTreeMap<String, String>) -> Self {
        let mut stages = Self::default();
        for (key, value) in fields {
            if key == OTHERS {
                stages.others = decode(value);
                continue;
            }
            let mut rest = value.as_str();
            while let Some((entry, after)) = rest.split_at_checked(ENTRY) {
                rest = after;
                let (stage, since) = entry.split_at_checked(HASH_DIGITS as usize).unwrap_or_default();
                if let (Some(stage), Some(since)) = (decode(stage), decode(since)) {
                    stages.since.insert(stage, since);
                }
            }
        }
        stages
    }

    /// Adds a stage that can't be read now, and that `previous` may contain. Returns whether it has
    /// been unreadable for long enough to be reported.
    pub(crate) fn add(&mut self, stage: &str, previous: &Self, at: Timestamp) -> bool {
        let key = key(stage);
        let now = u64::try_from((at.as_second() - EPOCH).div_euclid(60)).unwrap_or_default();
        let since = previous.since.get(&key).copied().or(previous.others).unwrap_or(now).min(now);
        self.since.insert(key, since);
        i64::try_from(now - since).is_ok_and(|minutes| SignedDuration::from_mins(minutes) >= GRACE)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.since.is_empty()
    }

    pub(crate) fn len(&self) -> usize {
        self.since.len()
    }

    /// The stages as product fields.
    pub(crate) fn fields(&self) -> BTreeMap<String, String> {
        let entries: Vec<(&u64, &u64)> = self.since.iter().collect();
        let (listed, others) = entries.split_at(entries.len().min(PER_FIELD * MAX_FIELDS));
        let mut fields: BTreeMap<String, String> = listed
            .chunks(PER_FIELD)
            .enumerate()
            .map(|(n, entries)| {
                let entry = |(stage, since): &(&u64, &u64)| {
                    encode(**stage, HASH_DIGITS) + &encode(**since, INSTANT_DIGITS)
                };
                (format!("{UNREAD}{n:02}"), entries.iter().map(entry).collect())
            })
            .collect();
        // The latest instant: no stage may seem to be unreadable for longer than it is.
        if let Some(since) = others.iter().map(|(_, since)| **since).max() {
            fields.insert(OTHERS.to_owned(), encode(since, INSTANT_DIGITS));
        }
        fields
    }
}

fn key(stage: &str) -> u64 {
    hash(stage) >> (64 - 6 * HASH_DIGITS)
}

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

fn encode(number: u64, digits: u32) -> String {
    let digit = |n: u32| DIGITS.get(((number >> (6 * n)) & 63) as usize).copied().unwrap_or(b'A');
    (0..digits).rev().map(|n| char::from(digit(n))).collect()
}

fn decode(text: &str) -> Option<u64> {
    let value = |byte: u8| DIGITS.iter().position(|digit| *digit == byte);
    text.bytes()
        .try_fold(0, |number: u64, byte| Some(number.checked_mul(64)? + u64::try_from(value(byte)?).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_stage_is_reported_after_a_day_without_a_read() {
        let (mut previous, mut reported) = (UnreadStages::default(), Vec::new());
        for (now, unread) in [
            ("2026-11-21T12:00:30Z", vec!["a", "b"]),
            ("2026-11-21T18:00:30Z", vec!["a", "b"]),
            // b was read in between.
            ("2026-11-22T00:00:30Z", vec!["a"]),
            ("2026-11-22T12:00:30Z", vec!["a", "b", "c"]),
            ("2026-11-23T12:00:29Z", vec!["a", "b"]),
        ] {
            let mut next = UnreadStages::default();
            for stage in unread {
                if next.add(stage, &previous, at(now)) {
                    reported.push((now, stage));
                }
            }
            previous = UnreadStages::from_fields(&next.fields());
            assert_eq!(previous, next);
        }
        assert_eq!(
            reported,
            [("2026-11-22T12:00:30Z", "a"), ("2026-11-23T12:00:29Z", "a"), ("2026-11-23T12:00:29Z", "b")]
        );
        assert!(UnreadStages::default().fields().is_empty());
    }

    #[test]
    fn thousands_of_stages_fit_and_the_rest_share_an_instant() {
        let (first, later) = (at("2026-11-21T12:00:00Z"), at("2026-11-22T12:00:00Z"));
        for count in [1, 200, 201, 6000, 20_000] {
            let mut stages = UnreadStages::default();
            for n in 0..count {
                assert!(!stages.add(&format!("stage {n}"), &UnreadStages::default(), first));
            }
            let fields = stages.fields();
            assert!(fields.len() <= 41, "{count}: {}", fields.len());
            assert!(fields.values().all(|value| (1..=2048).contains(&value.len())));
            let read = UnreadStages::from_fields(&fields);
            assert_eq!(read.len(), count.min(8000));
            let mut next = UnreadStages::default();
            let reported = (0..count).filter(|n| next.add(&format!("stage {n}"), &read, later)).count();
            assert_eq!(reported, count);
        }
    }

    #[test]
    fn fields_of_another_form_are_ignored() {
        for value in ["", "x", "ÄÄÄÄÄ", "??????????", "AAAAAA", "\u{1F980}\u{1F980}\u{1F980}"] {
            let fields = BTreeMap::from([("stagecert/unread00".to_owned(), value.to_owned())]);
            assert!(UnreadStages::from_fields(&fields).is_empty(), "{value}");
        }
    }
}
