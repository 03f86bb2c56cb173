use std::fmt;
use std::time::Duration;

/// A number of API Gateway calls per second, from 1 to 8.
///
/// The quota of an account's control plane is 10 per second, deployments included, so at least two
/// remain for other clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallsPerSecond(u8);

impl CallsPerSecond {
    const MAX: u8 = 8;

    /// Returns `None` if the number is not allowed.
    #[must_use]
    pub fn new(calls: u8) -> Option<Self> {
        (1..=Self::MAX).contains(&calls).then_some(Self(calls))
    }

    /// The number of calls.
    #[must_use]
    pub fn get(self) -> u8 {
        self.0
    }

    /// The minimum time between two calls.
    ///
    /// This is a few milliseconds more than the second divided by the number of calls: even if one
    /// call arrives late, no second has more of them. 8 calls per second leave little room for
    /// that.
    #[must_use]
    pub fn period(self) -> Duration {
        let millis = match self.0 {
            ..=1 => 1050,
            2 => 525,
            3 => 350,
            4 => 260,
            5 => 206,
            6 => 170,
            7 => 145,
            8.. => 126,
        };
        Duration::from_millis(millis)
    }

    /// The number of concurrent calls at which responses that take a second don't reduce the rate.
    #[must_use]
    pub fn concurrency(self) -> usize {
        usize::from(self.0) + 1
    }
}

impl Default for CallsPerSecond {
    fn default() -> Self {
        Self(3)
    }
}

impl fmt::Display for CallsPerSecond {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_periods_of_a_second_are_longer_than_a_second_and_hardly_longer() {
        for calls in 1..=CallsPerSecond::MAX {
            let calls = CallsPerSecond::new(calls).unwrap();
            let second = calls.period() * u32::from(calls.get());
            assert!((1008..=1050).contains(&second.as_millis()), "{calls}: {second:?}");
        }
        assert_eq!([0, 9, 255].map(CallsPerSecond::new), [None; 3]);
    }
}
