//! Text that somebody wrote, on its way into a page.

use std::fmt;

use stagecert::quote::is_printable;

/// Text without characters that a page can't hold or that would change how the text around them is read: control
/// characters and those that turn the direction of writing. What stands for markup is the template's business, which
/// escapes everything.
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

/// `1 stage`, `2 stages`.
pub(super) fn counted(count: usize, one: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {one}{plural}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_turns_or_hides_text_is_shown_as_such() {
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
