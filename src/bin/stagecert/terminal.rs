//! The width and colors of the output.

use anstream::{AutoStream, ColorChoice};
use clap::ValueEnum;

/// When to use colors.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal, unless `NO_COLOR` is set
    #[default]
    Auto,
    /// Also in a pipe or a file
    Always,
    /// Not even on a terminal
    Never,
}

/// How to lay out and color text for an output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct OutputStyle {
    /// The width in columns; `None` for a pipe or a file, which have no width.
    pub(crate) width: Option<u16>,
    /// Whether to use colors.
    pub(crate) colored: bool,
}

impl OutputStyle {
    /// The style for a pipe or a file.
    pub(crate) const PLAIN: Self = Self { width: None, colored: false };

    /// The style for standard output.
    pub(crate) fn of_stdout() -> Self {
        let stdout = std::io::stdout();
        let size = terminal_size::terminal_size_of(&stdout);
        Self {
            width: size.map(|(width, _)| width.0).filter(|width| *width > 0),
            colored: AutoStream::choice(&stdout) != ColorChoice::Never,
        }
    }

    /// The style with the width that `COLUMNS` sets, if there is no terminal.
    pub(crate) fn or_columns(self) -> Self {
        #[expect(clippy::disallowed_methods, reason = "it describes the terminal, as NO_COLOR does")]
        let columns = || std::env::var("COLUMNS").ok()?.parse().ok().filter(|width| *width > 0);
        Self { width: self.width.or_else(columns), ..self }
    }

    /// The style with the colors that the user chose.
    pub(crate) fn with(self, color: Color) -> Self {
        let colored = match color {
            Color::Auto => self.colored,
            Color::Always => true,
            Color::Never => false,
        };
        Self { colored, ..self }
    }
}

/// A color or another style of a text. There are only colors that are readable on light, dark and
/// Solarized backgrounds, so no bright ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Paint {
    Plain,
    Bold,
    Dim,
    Red,
    BoldRed,
    Green,
    Yellow,
}

impl Paint {
    /// The text with the escape sequences of this style, if `colored`.
    pub(crate) fn on(self, text: &str, colored: bool) -> String {
        let code = match self {
            Self::Plain => "",
            Self::Bold => "1",
            Self::Dim => "2",
            Self::Red => "31",
            Self::BoldRed => "1;31",
            Self::Green => "32",
            Self::Yellow => "33",
        };
        if !colored || code.is_empty() || text.trim().is_empty() {
            return text.to_owned();
        }
        format!("\u{1b}[{code}m{text}\u{1b}[0m")
    }
}
