//! AWS's rate limits, as token buckets per account and Region.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// The service, the operation if the limit is its own, calls per second, and the burst size.
/// Sources: API Gateway's quotas page ("Total operations", and "GetResources" with 5 per 2
/// seconds), Tag Editor's quotas page for tagging, and Security Hub's user guide for
/// `BatchImportFindings`.
const RATES: [(&str, Option<&str>, f64, f64); 4] = [
    ("apigateway", None, 10.0, 40.0),
    ("apigateway", Some("GetResources"), 2.5, 5.0),
    ("tagging", None, 15.0, 15.0),
    ("securityhub", None, 10.0, 30.0),
];

/// The token buckets.
#[derive(Debug)]
pub struct Limits {
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    enabled: bool,
    begun: Instant,
    /// The time, if the test controls it.
    virtual_time: Option<Duration>,
    /// By account, Region and index in [`RATES`].
    buckets: BTreeMap<(String, String, usize), Bucket>,
}

#[derive(Debug)]
struct Bucket {
    left: f64,
    at: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        let inner =
            Inner { enabled: true, begun: Instant::now(), virtual_time: None, buckets: BTreeMap::new() };
        Self { inner: Mutex::new(inner) }
    }
}

impl Limits {
    /// Enables or disables the limits.
    pub fn set_enabled(&self, enabled: bool) {
        self.lock().enabled = enabled;
    }

    /// From now on, only [`Limits::advance`] refills the buckets. They start full.
    pub fn use_virtual_time(&self) {
        let mut inner = self.lock();
        inner.virtual_time = Some(Duration::ZERO);
        inner.buckets.clear();
    }

    /// Advances the virtual time.
    pub fn advance(&self, by: Duration) {
        let mut inner = self.lock();
        if let Some(time) = &mut inner.virtual_time {
            *time += by;
        }
    }

    /// Takes a token from each bucket that applies to a call; returns `false`, and takes none, if
    /// one is empty.
    pub(crate) fn admit(&self, account: &str, region: &str, service: &str, operation: &str) -> bool {
        let mut inner = self.lock();
        if !inner.enabled {
            return true;
        }
        let now = inner.virtual_time.unwrap_or_else(|| inner.begun.elapsed());
        let holds = |held: &str, to: Option<&str>| held == service && to.is_none_or(|to| to == operation);
        let held = RATES.into_iter().enumerate().filter(|(_, (service, of, ..))| holds(service, *of));
        let mut accepted = Vec::new();
        for (at, (.., rate, burst)) in held {
            let of = (account.to_owned(), region.to_owned(), at);
            let bucket = inner.buckets.entry(of.clone()).or_insert(Bucket { left: burst, at: now });
            bucket.left = (bucket.left + (now.saturating_sub(bucket.at)).as_secs_f64() * rate).min(burst);
            bucket.at = now;
            if bucket.left < 1.0 {
                return false;
            }
            accepted.push(of);
        }
        for of in accepted {
            inner.buckets.entry(of).and_modify(|bucket| bucket.left -= 1.0);
        }
        true
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner.lock().expect("no thread panics while counting")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_account_has_a_burst_of_forty_then_ten_per_second() {
        let limits = Limits::default();
        limits.use_virtual_time();
        let admitted = |account: &str| {
            (0..100).filter(|_| limits.admit(account, "r", "apigateway", "GetStages")).count()
        };
        assert_eq!((admitted("a"), admitted("b")), (40, 40));
        limits.advance(Duration::from_secs(1));
        assert_eq!(admitted("a"), 10);
        assert!((0..100).all(|_| limits.admit("a", "r", "config", "PutEvaluations")));
    }

    #[test]
    fn get_resources_has_its_own_rate_and_counts_toward_the_total() {
        let limits = Limits::default();
        limits.use_virtual_time();
        let admitted =
            |operation: &str| (0..100).filter(|_| limits.admit("a", "r", "apigateway", operation)).count();
        assert_eq!((admitted("GetResources"), admitted("GetStages")), (5, 35));
        limits.advance(Duration::from_secs(2));
        assert_eq!((admitted("GetResources"), admitted("GetStages")), (5, 15));
        assert_eq!((0..100).filter(|_| limits.admit("a", "r", "tagging", "GetResources")).count(), 15);
    }
}
