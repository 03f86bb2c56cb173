//! Hostile text.

use proptest::prelude::*;

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
