//! The requests to the stages of REST APIs by minute, as CloudWatch has them.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{Timestamp, Unit};

/// The requests of an account and Region by API name and stage, as CloudWatch identifies stages.
#[derive(Clone, Debug, Default)]
pub struct Traffic {
    stages: BTreeMap<(String, String), BTreeMap<Timestamp, Minute>>,
}

/// The requests of one minute.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Minute {
    /// All requests.
    pub requests: u32,
    /// The responses with a status from 400 to 499.
    pub client_errors: u32,
    /// The responses with a status from 500 on.
    pub server_errors: u32,
    /// The sum of the times that the backend took.
    pub latency: Duration,
}

impl Traffic {
    /// Counts a request at an instant of the certificates' clock.
    pub fn count(&mut self, api: &str, stage: &str, at: Timestamp, status: u16, latency: Duration) {
        let minutes = self.stages.entry((api.into(), stage.into())).or_default();
        let minute = minutes.entry(minute_of(at)).or_default();
        minute.requests += 1;
        minute.client_errors += u32::from((400..500).contains(&status));
        minute.server_errors += u32::from(status >= 500);
        minute.latency += latency;
    }

    /// The minutes of a stage that have requests, by their first instant.
    pub fn minutes(&self, api: &str, stage: &str) -> impl Iterator<Item = (Timestamp, Minute)> {
        let minutes = self.stages.get(&(api.to_owned(), stage.to_owned()));
        minutes.into_iter().flatten().map(|(at, minute)| (*at, *minute))
    }
}

/// The first instant of the minute that contains an instant.
pub(crate) fn minute_of(at: Timestamp) -> Timestamp {
    let whole = jiff::TimestampRound::new().smallest(Unit::Minute).mode(jiff::RoundMode::Trunc);
    at.round(whole).expect("the minutes of a day are whole")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_counted_by_minute_and_status() {
        let mut traffic = Traffic::default();
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        for (instant, status) in
            [("12:00:00", 200), ("12:00:59.9", 403), ("12:00:30", 500), ("12:01:00", 200)]
        {
            let instant = at(&format!("2026-11-30T{instant}Z"));
            traffic.count("orders", "prod", instant, status, Duration::from_millis(5));
        }
        let minutes: Vec<_> = traffic.minutes("orders", "prod").collect();
        let latency = Duration::from_millis(15);
        let first = Minute { requests: 3, client_errors: 1, server_errors: 1, latency };
        assert_eq!(minutes[0], (at("2026-11-30T12:00:00Z"), first));
        assert_eq!((minutes.len(), minutes[1].1.requests), (2, 1));
        assert_eq!(traffic.minutes("orders", "dev").count(), 0);
    }
}
