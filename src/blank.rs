//! Text that looks blank: characters that no reader sees, whatever their number.

/// Whether nothing of the text can be seen.
#[must_use]
pub fn is_blank(text: &str) -> bool {
    text.chars().all(is_invisible)
}

/// Whether a character shows nothing: white space, controls, format characters, default ignorable code points, and the few
/// letters and symbols that are drawn as a blank.
#[must_use]
pub fn is_invisible(character: char) -> bool {
    let after = INVISIBLE.partition_point(|(first, _)| *first <= character);
    after.checked_sub(1).and_then(|at| INVISIBLE.get(at)).is_some_and(|(_, last)| character <= *last)
}

/// In order. Unicode's `White_Space`, `Default_Ignorable_Code_Point`, `Cc`, `Cf` and `Z*` as of version 16, and U+2800, U+13441,
/// U+13442, U+16FE4 and U+1D159, which are blank by their pictures alone.
const INVISIBLE: [(char, char); 33] = [
    ('\u{0}', '\u{20}'),
    ('\u{7f}', '\u{a0}'),
    ('\u{ad}', '\u{ad}'),
    ('\u{34f}', '\u{34f}'),
    ('\u{600}', '\u{605}'),
    ('\u{61c}', '\u{61c}'),
    ('\u{6dd}', '\u{6dd}'),
    ('\u{70f}', '\u{70f}'),
    ('\u{890}', '\u{891}'),
    ('\u{8e2}', '\u{8e2}'),
    ('\u{115f}', '\u{1160}'),
    ('\u{1680}', '\u{1680}'),
    ('\u{17b4}', '\u{17b5}'),
    ('\u{180b}', '\u{180f}'),
    ('\u{2000}', '\u{200f}'),
    ('\u{2028}', '\u{202f}'),
    ('\u{205f}', '\u{206f}'),
    ('\u{2800}', '\u{2800}'),
    ('\u{3000}', '\u{3000}'),
    ('\u{3164}', '\u{3164}'),
    ('\u{fe00}', '\u{fe0f}'),
    ('\u{feff}', '\u{feff}'),
    ('\u{ffa0}', '\u{ffa0}'),
    ('\u{fff0}', '\u{fffb}'),
    ('\u{110bd}', '\u{110bd}'),
    ('\u{110cd}', '\u{110cd}'),
    ('\u{13430}', '\u{1343f}'),
    ('\u{13441}', '\u{13442}'),
    ('\u{16fe4}', '\u{16fe4}'),
    ('\u{1bca0}', '\u{1bca3}'),
    ('\u{1d159}', '\u{1d159}'),
    ('\u{1d173}', '\u{1d17a}'),
    ('\u{e0000}', '\u{e0fff}'),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_sees_is_blank() {
        for character in [
            ' ',
            '\t',
            '\n',
            '\0',
            '\u{7f}',
            '\u{85}',
            '\u{a0}',
            '\u{ad}',
            '\u{34f}',
            '\u{115f}',
            '\u{1160}',
            '\u{1680}',
            '\u{180e}',
            '\u{200b}',
            '\u{200f}',
            '\u{2028}',
            '\u{202e}',
            '\u{2060}',
            '\u{2069}',
            '\u{2800}',
            '\u{3000}',
            '\u{3164}',
            '\u{fe0f}',
            '\u{feff}',
            '\u{ffa0}',
            '\u{fff9}',
            '\u{e0041}',
            '\u{e01ef}',
        ] {
            assert!(is_invisible(character), "{character:?}");
            assert!(is_blank(&format!("{character} {character}")), "{character:?}");
            assert!(!is_blank(&format!("{character}a")), "{character:?}");
        }
        assert!(is_blank(""));
    }

    #[test]
    fn letters_of_every_script_and_the_neighbours_of_each_range_are_not() {
        for text in ["a", "~", "é", "ж", "ش", "中", "한", "\u{1f600}", "\u{ac}", "\u{ae}", "\u{10ffff}"]
        {
            assert!(!is_blank(text), "{text:?}");
        }
        for (first, last) in INVISIBLE {
            assert!(is_invisible(first) && is_invisible(last));
            let next = char::from_u32(u32::from(last) + 1).unwrap();
            assert!(!is_invisible(next), "{next:?}");
        }
        assert!(INVISIBLE.windows(2).all(|pair| pair[0].1 < pair[1].0), "in order");
    }
}
