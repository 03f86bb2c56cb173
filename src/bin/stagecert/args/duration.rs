//! Durations as people write them.

use std::time::Duration;

/// A duration: a whole number and `s`, `m`, `h` or `d`, such as `90s`, `15m` or `24h`.
///
/// # Errors
/// Returns what is allowed. Zero isn't.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    const UNITS: [(char, u64); 4] = [('s', 1), ('m', 60), ('h', 60 * 60), ('d', 24 * 60 * 60)];
    let seconds = || {
        let unit = text.chars().last()?;
        let number = text.strip_suffix(unit)?;
        let (_, seconds) = UNITS.into_iter().find(|(name, _)| *name == unit)?;
        // `parse` would accept a sign.
        let number: u64 = number.parse().ok().filter(|_| number.bytes().all(|it| it.is_ascii_digit()))?;
        number.checked_mul(seconds).filter(|seconds| *seconds > 0)
    };
    let expected = || "expected a duration, such as 90s, 15m or 24h".to_owned();
    seconds().map(Duration::from_secs).ok_or_else(expected)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_a_whole_number_and_a_unit() {
        for (text, seconds) in [("1s", 1), ("90s", 90), ("15m", 900), ("24h", 86_400), ("2d", 172_800)] {
            assert_eq!(duration(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        for text in [
            "",
            "s",
            "10",
            "0s",
            "-1s",
            "+1s",
            "1.5h",
            "1 h",
            "1h30m",
            "1w",
            "١s",
            "1é",
            "99999999999999999999s",
            "9999999999999999999h",
        ] {
            assert!(duration(text).is_err(), "{text}");
        }
    }
}
