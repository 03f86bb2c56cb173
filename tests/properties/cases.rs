//! The number of cases per property, and hostile text.

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

/// Text with control characters, quotes, other scripts, and stagecert's own phrases in the wrong
/// place.
pub(crate) fn hostile_text() -> impl Strategy<Value = String> {
    let known = prop::sample::select(vec![
        "",
        " ",
        ".",
        "'",
        "\"",
        "\\",
        "x' OR '1'='1",
        "a\u{0}b",
        "a\r\nb",
        "\u{1b}[2J",
        "\u{202e}resu",
        "\u{fe0f}",
        "Größe",
        "所有者",
        "\u{1F980}",
        "certificate-expiry: ",
        " ...",
        "1e400",
        "-1",
        "true",
        "null",
        "{}",
        "[]",
    ]);
    prop_oneof![
        4 => known.prop_map(str::to_owned),
        2 => "\\PC{0,12}",
        2 => prop::collection::vec(any::<char>(), 0..12).prop_map(String::from_iter),
        1 => (known_char(), 1_usize..2_000).prop_map(|(c, length)| String::from_iter(vec![c; length])),
    ]
}

fn known_char() -> impl Strategy<Value = char> {
    prop::sample::select(vec!['a', ' ', ',', '\n', 'ü', '\u{1F980}'])
}
