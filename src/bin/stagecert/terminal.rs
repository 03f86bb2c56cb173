//! The width and colors of the output.

use anstream::{AutoStream, ColorChoice};

/// How to lay out and color text for an output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct OutputStyle {
    /// The width in columns; `None` for a pipe or a file, which have no width.
    pub(crate) width: Option<u16>,
    /// Whether to use colors: never in a pipe or a file, or if `NO_COLOR` is set.
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
}
