//! The rates that AWS holds callers to, as token buckets of an account and Region.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// Calls a second and the most at once: API Gateway's control plane, `GetResources`, `BatchImportFindings`.
const RATES: [(&str, f64, f64); 3] =
    [("apigateway", 10.0, 40.0), ("tagging", 15.0, 15.0), ("securityhub", 10.0, 30.0)];

/// The buckets.
#[derive(Debug)]
pub struct Limits {
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    enabled: bool,
    begun: Instant,
    /// Where the time is the test's own.
    virtual_time: Option<Duration>,
    buckets: BTreeMap<(String, String, &'static str), Bucket>,
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
    /// Lets every call through, or not.
    pub fn set_enabled(&self, enabled: bool) {
        self.lock().enabled = enabled;
    }

    /// From now on the buckets fill by [`Limits::advance`] alone. They are full.
    pub fn use_virtual_time(&self) {
        let mut inner = self.lock();
        inner.virtual_time = Some(Duration::ZERO);
        inner.buckets.clear();
    }

    /// Moves the virtual time.
    pub fn advance(&self, by: Duration) {
        let mut inner = self.lock();
        if let Some(time) = &mut inner.virtual_time {
            *time += by;
        }
    }

    /// Takes a call's token; `false` where there is none.
    pub(crate) fn admit(&self, account: &str, region: &str, service: &str) -> bool {
        let Some((service, rate, burst)) = RATES.into_iter().find(|(limited, ..)| *limited == service) else {
            return true;
        };
        let mut inner = self.lock();
        if !inner.enabled {
            return true;
        }
        let now = inner.virtual_time.unwrap_or_else(|| inner.begun.elapsed());
        let of = (account.to_owned(), region.to_owned(), service);
        let bucket = inner.buckets.entry(of).or_insert(Bucket { left: burst, at: now });
        bucket.left = (bucket.left + (now.saturating_sub(bucket.at)).as_secs_f64() * rate).min(burst);
        bucket.at = now;
        let admitted = bucket.left >= 1.0;
        if admitted {
            bucket.left -= 1.0;
        }
        admitted
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner.lock().expect("nobody panics while counting")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_of_forty_then_ten_a_second_for_each_account() {
        let limits = Limits::default();
        limits.use_virtual_time();
        let admitted = |account: &str| (0..100).filter(|_| limits.admit(account, "r", "apigateway")).count();
        assert_eq!((admitted("a"), admitted("b")), (40, 40));
        limits.advance(Duration::from_secs(1));
        assert_eq!(admitted("a"), 10);
        assert!((0..100).all(|_| limits.admit("a", "r", "config")));
    }
}
