//! What a page is printed on.

use anstream::{AutoStream, ColorChoice};

/// How wide it is and whether it shows colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Look {
    /// Columns; `None` where nothing has to fit, as in a pipe or a file.
    pub(crate) width: Option<u16>,
    /// Never in a pipe or a file, and not where `NO_COLOR` is set.
    pub(crate) coloured: bool,
}

impl Look {
    /// A pipe's or a file's.
    pub(crate) const PLAIN: Self = Self { width: None, coloured: false };

    /// Standard output's.
    pub(crate) fn of_stdout() -> Self {
        let stdout = std::io::stdout();
        let size = terminal_size::terminal_size_of(&stdout);
        Self {
            width: size.map(|(width, _)| width.0).filter(|width| *width > 0),
            coloured: AutoStream::choice(&stdout) != ColorChoice::Never,
        }
    }
}
