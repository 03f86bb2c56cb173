//! Text from an account, for the report page.

use std::fmt;

use stagecert::quote::is_printable;

/// Text without characters that are invalid in HTML or affect the text around them, such as control
/// characters and those that change the direction of writing. The template escapes markup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Text(String);

impl Text {
    pub(super) fn of(text: impl fmt::Display) -> Self {
        let shown = |c: char| if is_printable(c) { c } else { '\u{fffd}' };
        Self(text.to_string().chars().map(shown).collect())
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The count with its noun in the singular or plural: `1 stage`, `2 stages`.
pub(super) fn counted(count: usize, one: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {one}{plural}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_that_hide_or_reverse_text_are_replaced_visibly() {
        for (text, shown) in [
            ("Größe \u{1F980} 所有者", "Größe \u{1F980} 所有者"),
            ("a\nb\u{0}\u{7f}\u{9b}", "a\u{fffd}b\u{fffd}\u{fffd}\u{fffd}"),
            ("\u{202e}resu\u{2066}\u{200b}", "\u{fffd}resu\u{fffd}\u{fffd}"),
            ("\u{fdd0}\u{ffff}\u{1ffff}", "\u{fffd}\u{fffd}\u{fffd}"),
            ("\u{ad}\u{180e}\u{fff9}\u{e0041}", "\u{fffd}\u{fffd}\u{fffd}\u{fffd}"),
        ] {
            assert_eq!(Text::of(text).to_string(), shown);
        }
    }
}
