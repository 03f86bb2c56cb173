//! Which characters reach an output: a page, a terminal, a spreadsheet, a log, a mail.
//!
//! Names, ids, tag values and error messages come from the account. Anyone who may tag a stage could otherwise write what is
//! not seen, or turn the text around it. Every output uses this one list; what stands for markup is for each format to escape.

use std::borrow::Cow;

use serde::Serializer;

/// What replaces a character that is not printable.
const REPLACEMENT: char = '?';
/// Marks a text that was cut.
const ELLIPSIS: &str = "...";

/// Whether a character is shown for what it is: no control or format character (Unicode's `Cc`, `Cf`, `Zl`, `Zp`), which includes
/// those that turn the direction of writing; none that is not drawn at all (`Default_Ignorable_Code_Point`); none whose look
/// nobody defines (private use, noncharacters).
#[must_use]
pub fn is_printable(c: char) -> bool {
    if c.is_ascii() {
        return !c.is_ascii_control();
    }
    let is_private = matches!(c, '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..);
    let is_noncharacter = u32::from(c) & 0xfffe == 0xfffe || matches!(c, '\u{fdd0}'..='\u{fdef}');
    !(c.is_control() || is_unseen(c) || is_private || is_noncharacter)
}

/// Whether nothing is drawn for a character beyond ASCII that isn't white space: format characters, line and paragraph
/// separators, and `Default_Ignorable_Code_Point`.
pub(crate) fn is_unseen(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}' | '\u{890}'..='\u{891}'
        | '\u{8e2}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{110bd}' | '\u{110cd}'
        | '\u{13430}'..='\u{1343f}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}')
}

/// Text on one line, in which a question mark replaces each character that is not printable.
#[must_use]
pub fn printable(text: &str) -> String {
    replaced(text, is_printable).into_owned()
}

/// The same with printable ASCII alone.
#[must_use]
pub fn ascii(text: &str) -> Cow<'_, str> {
    replaced(text, |c| c == ' ' || c.is_ascii_graphic())
}

/// Printable text of at most `most` characters, and a mark after it if there is more.
#[must_use]
pub fn brief(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => printable(text.get(..end).unwrap_or_default()) + ELLIPSIS,
        None => printable(text),
    }
}

/// For fields that Serde writes: `#[serde(serialize_with = "printable::serialize")]`.
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
    fn no_character_of_these_categories_is_printable() {
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
    fn no_letter_that_is_drawn_is_replaced() {
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
    fn what_hides_or_turns_text_is_replaced() {
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
    fn a_long_text_is_cut_and_marked() {
        assert_eq!(brief("ab\u{2028}", 3), "ab?");
        assert_eq!(brief("äöüß", 3), "äöü...");
        assert_eq!(brief(&"k".repeat(5_000_000), 10), "kkkkkkkkkk...");
    }
}
