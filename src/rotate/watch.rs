//! Whether a switch made a stage worse, from the metrics of API Gateway.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

/// With fewer requests since the switch, nothing was observed.
pub const MIN_REQUESTS: f64 = 20.0;
/// By how much the share of errors may rise, in percentage points.
pub const MAX_RISE: f64 = 5.0;
/// How many times as long as before the integration may take, if it is also slower by
/// [`MIN_SLOWDOWN`].
pub const MAX_SLOWDOWN: f64 = 3.0;
/// A slowdown of less than this doesn't count, in milliseconds.
pub const MIN_SLOWDOWN: f64 = 500.0;
/// The time before the switch that is compared.
pub const BASELINE: SignedDuration = SignedDuration::from_hours(1);

/// One minute of a stage, in which `AWS/ApiGateway` has data.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Minute {
    /// The start of the minute.
    pub at: Timestamp,
    /// The number of requests (`Count`, Sum).
    pub requests: f64,
    /// The number of responses with a status of 4xx (`4XXError`, Sum): a backend such as nginx
    /// answers 400 to an unknown certificate.
    pub client_errors: f64,
    /// The number of responses with a status of 5xx (`5XXError`, Sum): a TLS handshake that fails
    /// is one.
    pub server_errors: f64,
    /// The average `IntegrationLatency` in milliseconds; `None` without data.
    pub latency: Option<f64>,
}

/// The sum over some minutes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Traffic {
    /// The number of requests.
    pub requests: f64,
    /// Responses with 4xx, in percent.
    pub client_errors: f64,
    /// Responses with 5xx, in percent.
    pub server_errors: f64,
    /// The average `IntegrationLatency` in milliseconds.
    pub latency: f64,
}

impl Traffic {
    /// The sum of these minutes; latencies are weighted by requests.
    #[must_use]
    pub fn of(minutes: impl IntoIterator<Item = Minute>) -> Self {
        let (mut requests, mut client, mut server, mut timed, mut time) = (0.0, 0.0, 0.0, 0.0, 0.0);
        for minute in minutes {
            requests += minute.requests;
            client += minute.client_errors;
            server += minute.server_errors;
            if let Some(latency) = minute.latency {
                timed += minute.requests;
                time += latency * minute.requests;
            }
        }
        let percent = |errors: f64| if requests > 0.0 { 100.0 * errors / requests } else { 0.0 };
        let latency = if timed > 0.0 { time / timed } else { 0.0 };
        Self { requests, client_errors: percent(client), server_errors: percent(server), latency }
    }
}

/// What the metrics show about a switch.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(tag = "result", rename_all = "kebab-case")]
pub enum Watched {
    /// Fewer than [`MIN_REQUESTS`] requests since the switch: this proves nothing.
    NothingObserved {
        /// Since the switch.
        after: Traffic,
    },
    /// Nothing is worse than before by more than a threshold.
    NotWorse {
        /// In the hour before the switch.
        before: Traffic,
        /// Since the switch.
        after: Traffic,
    },
    /// A threshold is exceeded: the switch must be rolled back.
    Worse {
        /// What is worse.
        what: Worse,
        /// In the hour before the switch.
        before: Traffic,
        /// Since the switch.
        after: Traffic,
    },
}

/// What became worse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Worse {
    /// The share of responses with 5xx rose by more than [`MAX_RISE`].
    ServerErrors,
    /// The share of responses with 4xx rose by more than [`MAX_RISE`].
    ClientErrors,
    /// The integration takes more than [`MAX_SLOWDOWN`] times as long.
    Latency,
}

/// Compares the minutes since `switched` with those of the hour before.
///
/// The minute of the switch is in neither. Too little traffic before the switch counts as no errors
/// before it, and is never a reason for a latency to be worse.
#[must_use]
pub fn watch(minutes: &[Minute], switched: Timestamp) -> Watched {
    let start = switched - BASELINE;
    let is_before = |it: &&Minute| it.at >= start && it.at + SignedDuration::from_mins(1) <= switched;
    let before = Traffic::of(minutes.iter().filter(is_before).copied());
    let after = Traffic::of(minutes.iter().filter(|it| it.at >= switched).copied());
    if after.requests < MIN_REQUESTS {
        return Watched::NothingObserved { after };
    }
    let is_slower = before.requests >= MIN_REQUESTS
        && after.latency > MAX_SLOWDOWN * before.latency
        && after.latency - before.latency >= MIN_SLOWDOWN;
    let what = if after.server_errors - before.server_errors > MAX_RISE {
        Worse::ServerErrors
    } else if after.client_errors - before.client_errors > MAX_RISE {
        Worse::ClientErrors
    } else if is_slower {
        Worse::Latency
    } else {
        return Watched::NotWorse { before, after };
    };
    Watched::Worse { what, before, after }
}

impl fmt::Display for Traffic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { requests, client_errors, server_errors, latency } = self;
        write!(
            f,
            "{requests:.0} requests, {server_errors:.1} % 5xx, {client_errors:.1} % 4xx, {latency:.0} ms"
        )
    }
}

impl fmt::Display for Watched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NothingObserved { after } => {
                write!(f, "nothing observed: {:.0} requests, of at least {MIN_REQUESTS:.0}", after.requests)
            }
            Self::NotWorse { before, after } => write!(f, "not worse: {after}; before: {before}"),
            Self::Worse { what, before, after } => {
                let what = match what {
                    Worse::ServerErrors => "more 5xx responses",
                    Worse::ClientErrors => "more 4xx responses",
                    Worse::Latency => "slower responses",
                };
                write!(f, "{what}: {after}; before: {before}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SWITCHED: &str = "2026-11-30T12:00:00Z";

    fn minute(offset: i64, requests: f64, client_errors: f64, server_errors: f64, latency: f64) -> Minute {
        let at = SWITCHED.parse::<Timestamp>().unwrap() + SignedDuration::from_mins(offset);
        Minute { at, requests, client_errors, server_errors, latency: Some(latency) }
    }

    /// One minute before the switch and one after.
    fn compared(before: Minute, after: Minute) -> Watched {
        watch(&[before, after], SWITCHED.parse().unwrap())
    }

    fn result(watched: Watched) -> Option<Worse> {
        match watched {
            Watched::Worse { what, .. } => Some(what),
            _ => None,
        }
    }

    #[test]
    fn each_threshold_counts_only_above_it() {
        let before = minute(-10, 100.0, 1.0, 1.0, 400.0);
        for (after, expected) in [
            (minute(0, 100.0, 1.0, 1.0, 400.0), None),
            (minute(0, 100.0, 6.0, 6.0, 1200.0), None),
            (minute(0, 100.0, 1.0, 7.0, 400.0), Some(Worse::ServerErrors)),
            (minute(0, 100.0, 7.0, 1.0, 400.0), Some(Worse::ClientErrors)),
            (minute(0, 100.0, 1.0, 1.0, 1201.0), Some(Worse::Latency)),
            (minute(0, 100.0, 0.0, 0.0, 10.0), None),
        ] {
            assert_eq!(result(compared(before, after)), expected, "{after:?}");
        }
        let fast = minute(-10, 100.0, 0.0, 0.0, 10.0);
        assert_eq!(result(compared(fast, minute(0, 100.0, 0.0, 0.0, 509.0))), None);
        assert_eq!(result(compared(fast, minute(0, 100.0, 0.0, 0.0, 510.0))), Some(Worse::Latency));
    }

    #[test]
    fn below_20_requests_nothing_is_observed() {
        let before = minute(-10, 1000.0, 0.0, 0.0, 10.0);
        for (requests, expected) in [(0.0, true), (19.0, true), (20.0, false)] {
            let watched = compared(before, minute(1, requests, requests, requests, 10.0));
            assert_eq!(matches!(watched, Watched::NothingObserved { .. }), expected, "{requests}");
        }
        assert!(matches!(watch(&[], SWITCHED.parse().unwrap()), Watched::NothingObserved { .. }));
        let text = compared(before, minute(1, 3.0, 0.0, 0.0, 10.0)).to_string();
        assert_eq!(text, "nothing observed: 3 requests, of at least 20");
    }

    #[test]
    fn only_the_hour_before_and_the_time_since_the_switch_are_compared() {
        let bad = |offset| minute(offset, 1000.0, 0.0, 1000.0, 10.0);
        let good = minute(1, 100.0, 0.0, 0.0, 10.0);
        // Errors more than an hour before the switch, or in its own minute, hide nothing.
        let late = SWITCHED.parse::<Timestamp>().unwrap() + SignedDuration::from_secs(30);
        let after = minute(1, 100.0, 0.0, 10.0, 10.0);
        assert_eq!(result(watch(&[bad(-61), after], SWITCHED.parse().unwrap())), Some(Worse::ServerErrors));
        assert_eq!(result(watch(&[bad(0), after], late)), Some(Worse::ServerErrors));
        assert_eq!(result(watch(&[bad(0), good], late)), None);
        assert_eq!(result(watch(&[bad(-60), after], SWITCHED.parse().unwrap())), None);
    }

    #[test]
    fn without_traffic_before_the_switch_errors_count_but_latency_does_not() {
        let before = minute(-10, 0.0, 0.0, 0.0, 0.0);
        assert_eq!(result(compared(before, minute(1, 100.0, 0.0, 6.0, 10.0))), Some(Worse::ServerErrors));
        assert_eq!(result(compared(before, minute(1, 100.0, 0.0, 0.0, 9000.0))), None);
    }
}
