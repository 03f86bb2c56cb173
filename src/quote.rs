//! The characters that may reach an output: a page, a terminal, a spreadsheet, a log or an email.
//!
//! Names, IDs, tag values and error messages come from the account. Without this module, anyone who
//! may tag a stage could hide text in an output or reverse the text around the tag. All outputs use
//! the same set of characters; each format escapes its own markup.

use std::borrow::Cow;

use serde::Serializer;

/// Replaces each character that is not printable.
const REPLACEMENT: char = '?';
/// Marks a truncated text.
const ELLIPSIS: &str = "...";
/// The number of characters of a quoted value that a message shows.
const MAX_QUOTED: usize = 200;

/// Whether a reader sees a character for what it is. This excludes control and format characters
/// (Unicode's `Cc`, `Cf`, `Zl` and `Zp`, which include those that change the direction of writing),
/// characters without a glyph (`Default_Ignorable_Code_Point`), and characters without a defined
/// appearance (private use and noncharacters).
#[must_use]
pub fn is_printable(c: char) -> bool {
    if c.is_ascii() {
        return !c.is_ascii_control();
    }
    let is_private = matches!(c, '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..);
    let is_noncharacter = u32::from(c) & 0xfffe == 0xfffe || matches!(c, '\u{fdd0}'..='\u{fdef}');
    !(c.is_control() || has_no_glyph(c) || is_private || is_noncharacter)
}

/// Whether a character outside ASCII has no glyph and isn't white space: format characters, line
/// and paragraph separators, and `Default_Ignorable_Code_Point`.
pub(crate) fn has_no_glyph(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}' | '\u{890}'..='\u{891}'
        | '\u{8e2}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{110bd}' | '\u{110cd}'
        | '\u{13430}'..='\u{1343f}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}')
}

/// The text on one line, with a question mark for each character that is not printable.
#[must_use]
pub fn printable(text: &str) -> String {
    replaced(text, is_printable).into_owned()
}

/// The text with a question mark for each character that is not printable ASCII.
#[must_use]
pub fn ascii(text: &str) -> Cow<'_, str> {
    replaced(text, |c| c == ' ' || c.is_ascii_graphic())
}

/// The first `max` characters as [`printable`] text, followed by `...` if the text is longer.
#[must_use]
pub fn brief(text: &str, max: usize) -> String {
    match text.char_indices().nth(max) {
        Some((end, _)) => printable(text.get(..end).unwrap_or_default()) + ELLIPSIS,
        None => printable(text),
    }
}

/// A value to quote in a message: escaped, so that it stays on its line, and truncated to 200
/// characters.
pub(crate) fn quoted(value: &str) -> String {
    let is_truncated = value.chars().nth(MAX_QUOTED).is_some();
    let mut quoted = String::new();
    for c in value.chars().take(MAX_QUOTED) {
        if is_printable(c) { quoted.extend(c.escape_debug()) } else { quoted.extend(c.escape_default()) }
    }
    if is_truncated { quoted + ELLIPSIS } else { quoted }
}

/// Serializes a field as [`printable`] text: `#[serde(serialize_with = "quote::serialize")]`.
pub(crate) fn serialize<S: Serializer>(text: &str, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&replaced(text, is_printable))
}

fn replaced(text: &str, is_kept: impl Fn(char) -> bool) -> Cow<'_, str> {
    if text.chars().all(&is_kept) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().map(|c| if is_kept(c) { c } else { REPLACEMENT }).collect())
}

#[cfg(test)]
mod tests {
    use unicode_general_category::{GeneralCategory as Category, get_general_category};

    use super::*;

    #[test]
    fn no_hidden_character_is_printable() {
        let hidden = [
            Category::Control,
            Category::Format,
            Category::LineSeparator,
            Category::ParagraphSeparator,
            Category::PrivateUse,
        ];
        for c in '\0'..=char::MAX {
            assert!(!(is_printable(c) && hidden.contains(&get_general_category(c))), "U+{:X}", u32::from(c));
        }
    }

    #[test]
    fn no_visible_character_is_replaced() {
        let seen = [
            Category::LowercaseLetter,
            Category::UppercaseLetter,
            Category::DecimalNumber,
            Category::OtherPunctuation,
            Category::MathSymbol,
            Category::OtherSymbol,
        ];
        for c in '\0'..=char::MAX {
            assert!(is_printable(c) || !seen.contains(&get_general_category(c)), "U+{:X}", u32::from(c));
        }
    }

    #[test]
    fn characters_that_hide_or_reverse_text_are_replaced() {
        for (text, expected) in [
            ("team-a", "team-a"),
            ("Zürich 東京 \u{1F980} हिन्दी", "Zürich 東京 \u{1F980} हिन्दी"),
            ("a\u{1b}[2Jb\r\nc\t", "a?[2Jb??c?"),
            ("\u{202e}gnp.exe\u{200b}\u{9b}", "?gnp.exe??"),
            ("\u{ad}\u{180e}\u{fff9}\u{e0041}\u{2028}\u{2066}", "??????"),
            ("\u{3164}\u{115f}\u{ffa0}\u{fe0f}\u{e0100}\u{34f}", "??????"),
            ("\u{ffff}\u{1fffe}\u{fdd0}\u{e000}\u{10ffff}", "?????"),
        ] {
            assert_eq!(printable(text), expected, "{text:?}");
        }
    }

    #[test]
    fn a_long_text_is_truncated_and_marked() {
        assert_eq!(brief("ab\u{2028}", 3), "ab?");
        assert_eq!(brief("äöüß", 3), "äöü...");
        assert_eq!(brief(&"k".repeat(5_000_000), 10), "kkkkkkkkkk...");
    }

    #[test]
    fn a_quoted_value_is_escaped_if_it_is_not_printable() {
        assert_eq!(quoted("a\n\"\u{202e}\u{3164}é"), "a\\n\\\"\\u{202e}\\u{3164}é");
    }
}
