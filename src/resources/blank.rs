//! Text that looks blank because none of its characters is visible.

use crate::quote::has_no_glyph;

/// Returns whether the text has no visible character.
#[must_use]
pub(crate) fn is_blank(text: &str) -> bool {
    text.chars().all(is_invisible)
}

/// Returns whether a character is invisible: white space, a control character, a character that
/// isn't drawn, or one of the few symbols that are drawn as a blank.
#[must_use]
pub(crate) fn is_invisible(character: char) -> bool {
    character.is_whitespace()
        || character.is_control()
        || has_no_glyph(character)
        || matches!(character, '\u{2800}' | '\u{13441}'..='\u{13442}' | '\u{16fe4}' | '\u{1d159}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invisible_characters_are_blank() {
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
    fn letters_of_any_script_and_the_characters_next_to_each_range_are_visible() {
        for text in ["a", "~", "é", "ж", "ش", "中", "한", "\u{1f600}", "\u{ac}", "\u{ae}", "\u{10ffff}"]
        {
            assert!(!is_blank(text), "{text:?}");
        }
        let blanks = ['\u{115f}', '\u{1160}', '\u{3164}', '\u{ffa0}', '\u{13441}', '\u{13442}'];
        let letters = (' '..=char::MAX).filter(|c| c.is_alphanumeric() || c.is_ascii_graphic());
        let invisible: Vec<char> = letters.filter(|c| is_invisible(*c) && !blanks.contains(c)).collect();
        assert!(invisible.is_empty(), "{invisible:?}");
    }
}
