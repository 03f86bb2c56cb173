//! The number of cases per property, and instants.

use jiff::Timestamp;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

/// This many cases, and the same ones in every run, unless proptest's environment variables say
/// otherwise.
pub(crate) fn cases(count: u32) -> ProptestConfig {
    let requested = ProptestConfig::default();
    let rng_seed = match requested.rng_seed {
        RngSeed::Random => RngSeed::Fixed(20_261_121),
        given @ RngSeed::Fixed(_) => given,
    };
    let cases = u32::try_from(u64::from(count) * u64::from(requested.cases) / 256).unwrap();
    ProptestConfig { cases, rng_seed, failure_persistence: None, ..requested }
}

/// Any instant, often one of this century.
pub(crate) fn instant() -> impl Strategy<Value = Timestamp> {
    let of = |seconds, nanoseconds| Timestamp::new(seconds, nanoseconds).unwrap();
    prop_oneof![
        (1_700_000_000_i64..2_000_000_000, 0..1_000_000_000).prop_map(move |(s, n)| of(s, n)),
        (Timestamp::MIN.as_second()..=Timestamp::MAX.as_second()).prop_map(move |s| of(s, 0)),
        prop::sample::select(vec![Timestamp::MIN, Timestamp::UNIX_EPOCH, Timestamp::MAX]),
    ]
}
