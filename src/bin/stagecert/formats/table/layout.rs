//! The columns of the table: their widths, and how a row is split into lines.

use textwrap::core::display_width;
use textwrap::{Options, WordSplitter, wrap};

use crate::terminal::{OutputStyle, Paint};

/// The columns between two columns.
const GAP: usize = 2;
const SEVERITY: usize = "SEVERITY".len();
/// With less than this left for the findings, they are on separate lines.
const MIN_FINDINGS: usize = 34;
const MIN_STAGE: usize = 12;
const MIN_API: usize = 6;
const MIN_OWNER: usize = 14;
const MORE: char = '…';

/// A text and its style.
#[derive(Debug)]
pub(super) struct Cell {
    pub(super) text: String,
    pub(super) paint: Paint,
}

impl Cell {
    pub(super) fn new(text: impl Into<String>, paint: Paint) -> Self {
        Self { text: text.into(), paint }
    }

    fn width(&self) -> usize {
        display_width(&self.text)
    }
}

/// A row of the table.
#[derive(Debug)]
pub(super) struct Cells {
    pub(super) severity: Cell,
    pub(super) stage: Cell,
    pub(super) api: Cell,
    /// The account and Region; `None` for all rows if there is only one.
    pub(super) account: Option<Cell>,
    pub(super) findings: Vec<Cell>,
    pub(super) expires: Cell,
    pub(super) owner: Cell,
}

/// The rows of the table and the widths of its columns.
#[derive(Debug)]
pub(super) struct Layout {
    header: Cells,
    rows: Vec<Cells>,
    stage: usize,
    api: usize,
    account: Option<usize>,
    /// The width of the column of findings; `None` if they are on separate lines.
    findings: Option<usize>,
    expires: usize,
    owner: usize,
    /// The width of the output.
    total: usize,
    colored: bool,
}

impl Layout {
    /// The layout of these rows for an output.
    pub(super) fn of(header: Cells, rows: Vec<Cells>, style: OutputStyle) -> Self {
        let widest = |width: &dyn Fn(&Cells) -> usize| {
            rows.iter().chain([&header]).map(width).max().unwrap_or_default()
        };
        let account = widest(&|row| row.account.as_ref().map(Cell::width).unwrap_or_default());
        let mut layout = Self {
            stage: widest(&|row| row.stage.width()),
            api: widest(&|row| row.api.width()),
            account: (account > 0).then_some(account),
            findings: Some(widest(&|row| row.findings.iter().map(Cell::width).max().unwrap_or_default())),
            expires: widest(&|row| row.expires.width()),
            owner: widest(&|row| row.owner.width()),
            total: usize::MAX,
            colored: style.colored,
            header,
            rows,
        };
        if let Some(total) = style.width {
            layout.fit(usize::from(total));
        }
        layout
    }

    /// Narrows the columns until they fit, first those that matter less.
    fn fit(&mut self, total: usize) {
        self.total = total;
        let account = self.account.map(|width| width + GAP).unwrap_or_default();
        let wide = SEVERITY + self.stage + self.api + self.expires + self.owner + account + 5 * GAP;
        let spare = self.api.saturating_sub(MIN_OWNER);
        let left = total.saturating_sub(wide);
        if total >= wide && left >= MIN_FINDINGS {
            self.findings = Some(left);
        } else if total + spare >= wide + MIN_FINDINGS {
            self.api = self.api.saturating_sub((wide + MIN_FINDINGS).saturating_sub(total));
            self.findings = Some(MIN_FINDINGS);
        } else {
            // The account is on the lines of the findings.
            self.findings = None;
            self.account = None;
            let room = total.saturating_sub(SEVERITY + self.expires + 4 * GAP);
            self.owner = self.owner.min((room / 3).max(MIN_OWNER));
            self.stage = self.stage.min(room.saturating_sub(self.owner + MIN_API)).max(MIN_STAGE);
            self.api = self.api.min(room.saturating_sub(self.owner + self.stage)).max(MIN_API);
        }
    }

    /// Writes the header. Findings on separate lines have none.
    pub(super) fn header(&self, out: &mut String) {
        let is_wide = self.findings.is_some();
        self.write(&self.header, if is_wide { self.header.findings.as_slice() } else { &[] }, out);
    }

    /// Writes all rows.
    pub(super) fn rows(&self, out: &mut String) {
        self.rows.iter().for_each(|row| self.write(row, &row.findings, out));
    }

    /// Writes one row.
    pub(super) fn row(&self, at: usize, out: &mut String) {
        self.rows.iter().skip(at).take(1).for_each(|row| self.write(row, &row.findings, out));
    }

    fn write(&self, row: &Cells, findings: &[Cell], out: &mut String) {
        let owner = broken(&row.owner.text, self.owner);
        let mut lines = Vec::new();
        let mut first = Line::default();
        first.cell(&row.severity.text, SEVERITY, row.severity.paint, self.colored);
        if row.stage.width() > self.stage {
            // The name stays in one piece, on a separate line.
            first.cell(&row.stage.text, row.stage.width(), row.stage.paint, self.colored);
            lines.push(std::mem::take(&mut first));
            first.cell("", SEVERITY, Paint::Plain, self.colored);
            first.cell("", self.stage, Paint::Plain, self.colored);
        } else {
            first.cell(&row.stage.text, self.stage, row.stage.paint, self.colored);
        }
        first.cell(&shortened(&row.api.text, self.api), self.api, row.api.paint, self.colored);
        if let (Some(width), Some(account)) = (self.account, &row.account) {
            first.cell(&account.text, width, account.paint, self.colored);
        }
        let mut findings = self.findings(row, findings, owner.len() > 1).into_iter();
        if let Some(width) = self.findings {
            let (text, paint) = findings.next().unwrap_or((String::new(), Paint::Plain));
            first.cell(&text, width, paint, self.colored);
        }
        first.cell(&row.expires.text, self.expires, row.expires.paint, self.colored);
        let before_owner = first.width;
        let mut owner = owner.into_iter();
        first.cell(&owner.next().unwrap_or_default(), self.owner, row.owner.paint, self.colored);
        lines.push(first);
        let indent = self.indent();
        loop {
            let (finding, owner) = (findings.next(), owner.next());
            if finding.is_none() && owner.is_none() {
                break;
            }
            let mut line = Line::default();
            line.cell("", indent.saturating_sub(GAP), Paint::Plain, self.colored);
            let (text, paint) = finding.unwrap_or((String::new(), Paint::Plain));
            let width = before_owner.saturating_sub(indent + GAP);
            line.cell(&text, if owner.is_some() { width } else { 0 }, paint, self.colored);
            line.cell(&owner.unwrap_or_default(), 0, row.owner.paint, self.colored);
            lines.push(line);
        }
        for line in lines {
            out.push_str(line.text.trim_end());
            out.push('\n');
        }
    }

    /// The findings as lines that fit, and their styles. Separate lines start with the account and
    /// Region.
    fn findings(&self, row: &Cells, findings: &[Cell], wraps_owner: bool) -> Vec<(String, Paint)> {
        let below = self.total.saturating_sub(self.indent());
        let width = match self.findings {
            Some(width) => width,
            None if wraps_owner => below.saturating_sub(self.owner + GAP),
            None => below,
        };
        let account = row.account.as_ref().filter(|_| self.findings.is_none());
        let mut prefix = account.map(|account| format!("{}: ", account.text)).unwrap_or_default();
        let mut lines = Vec::new();
        for cell in findings {
            let text = std::mem::take(&mut prefix) + &cell.text;
            lines.extend(wrapped(&text, width).into_iter().map(|line| (line, cell.paint)));
        }
        lines
    }

    /// The column in which the second line of findings starts.
    fn indent(&self) -> usize {
        let account = self.account.map(|width| width + GAP).unwrap_or_default();
        let before = if self.findings.is_some() { self.stage + self.api + account + 2 * GAP } else { 0 };
        SEVERITY + GAP + before
    }
}

/// A line so far, and its width without escape sequences.
#[derive(Default)]
struct Line {
    text: String,
    width: usize,
}

impl Line {
    /// Adds a cell and pads it to `width`.
    fn cell(&mut self, text: &str, width: usize, paint: Paint, colored: bool) {
        let gap = if self.width > 0 { GAP } else { 0 };
        let padding = width.saturating_sub(display_width(text));
        self.text.push_str(&" ".repeat(gap));
        self.text.push_str(&paint.on(text, colored));
        self.text.push_str(&" ".repeat(padding));
        self.width += gap + display_width(text) + padding;
    }
}

/// The text wrapped between words. A word that is too long stays in one piece if it would fit on a
/// line of a terminal.
pub(super) fn wrapped(text: &str, width: usize) -> Vec<String> {
    let options = Options::new(width.max(1)).word_splitter(WordSplitter::NoHyphenation);
    wrap(text, options).into_iter().map(Into::into).collect()
}

/// The text split into lines of at most `width`, within words if necessary.
fn broken(text: &str, width: usize) -> Vec<String> {
    if display_width(text) <= width { vec![text.to_owned()] } else { wrapped(text, width) }
}

/// The text, or its start and an ellipsis if it is too wide.
fn shortened(text: &str, width: usize) -> String {
    if display_width(text) <= width {
        return text.to_owned();
    }
    let mut short = String::new();
    for c in text.chars() {
        let mut next = short.clone();
        next.push(c);
        if display_width(&next) + 1 > width {
            break;
        }
        short = next;
    }
    short.push(MORE);
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_is_too_wide_ends_with_an_ellipsis() {
        for (text, width, expected) in
            [("orders", 6, "orders"), ("orders-v2", 6, "order…"), ("東京の注文", 6, "東京…"), ("注", 1, "…")]
        {
            assert_eq!(shortened(text, width), expected);
            assert!(display_width(expected) <= width);
        }
    }
}
