use std::fmt::Write as _;
use std::path::Path;

use stagecert::Failure;
use stagecert::checks::{self, Check};
use textwrap::{Options, WordSplitter, fill};

use crate::exit_status::ExitStatus;
use crate::output::{self, Access};
use crate::terminal::OutputStyle;

/// The maximum width in columns: longer lines are hard to read.
const MAX_WIDTH: u16 = 100;

pub(crate) fn run(
    code: Option<Check>,
    all: bool,
    output: Option<&Path>,
    out: &mut String,
) -> Result<ExitStatus, Failure> {
    match output.filter(|path| path.as_os_str() != "-") {
        Some(path) => output::write(path, &page(code, all, OutputStyle::PLAIN), Access::Umask)?,
        None => out.push_str(&page(code, all, OutputStyle::of_stdout())),
    }
    Ok(ExitStatus::NothingFailed)
}

fn page(code: Option<Check>, all: bool, style: OutputStyle) -> String {
    let text = match code {
        Some(check) => check.documentation(),
        None if all => checks::documentation(),
        None => return list(style),
    };
    match style.width {
        Some(width) => readable(&text, width.min(MAX_WIDTH), style.colored),
        // Plain Markdown for a pipe.
        None => text,
    }
}

/// Lists each check's code and question on one line.
fn list(style: OutputStyle) -> String {
    let mut out = String::new();
    for check in Check::ALL {
        let line = format!("{:<22} {}", check.code(), check.question());
        let line = match style.width {
            Some(width) => wrapped(&line, width, "", &" ".repeat(23)),
            None => line,
        };
        let _ = writeln!(out, "{line}");
    }
    let _ = writeln!(out, "\n`stagecert explain CODE` explains why a check matters and what to do.");
    out
}

/// A check's documentation for a terminal: paragraphs and list items are filled, headings and code
/// are highlighted.
fn readable(markdown: &str, width: u16, colored: bool) -> String {
    let mut out = String::new();
    for block in blocks(markdown) {
        match block {
            Block::Blank => out.push('\n'),
            Block::Heading(text) if colored => {
                let _ = writeln!(out, "\u{1b}[1m{text}\u{1b}[0m");
            }
            Block::Heading(text) => {
                let _ = writeln!(out, "{text}");
            }
            Block::Text { marker, text } => {
                let text = if colored { with_colored_code(&text) } else { text };
                let indent = " ".repeat(marker.len());
                let _ = writeln!(out, "{}", wrapped(&text, width, marker, &indent));
            }
        }
    }
    out
}

enum Block<'a> {
    Blank,
    Heading(&'a str),
    /// A paragraph, or a list item with its marker.
    Text {
        marker: &'a str,
        text: String,
    },
}

fn blocks(markdown: &str) -> Vec<Block<'_>> {
    let mut blocks: Vec<Block<'_>> = Vec::new();
    for line in markdown.lines() {
        let (marker, rest) = marked(line);
        match blocks.last_mut() {
            _ if line.trim().is_empty() => blocks.push(Block::Blank),
            _ if line.starts_with('#') => blocks.push(Block::Heading(line.trim_start_matches(['#', ' ']))),
            Some(Block::Text { text, .. }) if marker.is_empty() => {
                text.push(' ');
                text.push_str(line.trim());
            }
            _ => blocks.push(Block::Text { marker, text: rest.trim().to_owned() }),
        }
    }
    blocks
}

/// The list item's marker (`- ` or `1. `), which may be empty, and the rest of the line.
fn marked(line: &str) -> (&str, &str) {
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    let length = match line.get(digits..) {
        Some(rest) if digits > 0 && rest.starts_with(". ") => digits + 2,
        Some(rest) if digits == 0 && rest.starts_with("- ") => 2,
        _ => 0,
    };
    line.split_at_checked(length).unwrap_or(("", line))
}

/// The text wrapped at spaces only, so that codes and commands stay whole.
fn wrapped(text: &str, width: u16, first: &str, others: &str) -> String {
    let options = Options::new(usize::from(width))
        .initial_indent(first)
        .subsequent_indent(others)
        .word_splitter(WordSplitter::NoHyphenation)
        .break_words(false);
    fill(text, options)
}

fn with_colored_code(text: &str) -> String {
    let mut out = String::new();
    for (index, part) in text.split('`').enumerate() {
        if index % 2 == 1 {
            let _ = write!(out, "\u{1b}[36m{part}\u{1b}[39m");
        } else {
            out.push_str(part);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_fits_and_keeps_every_word() {
        for check in Check::ALL {
            let documentation = check.documentation();
            let words = |text: &str| -> Vec<String> {
                let text = text.replace('#', " ");
                text.split_whitespace().map(str::to_owned).collect()
            };
            for width in [40, 80, 100] {
                let page = readable(&documentation, width, false);
                assert_eq!(words(&page), words(&documentation), "{check} {width}");
                let too_long = |line: &&str| {
                    line.chars().count() > usize::from(width) && line.trim().contains(' ') && width > 40
                };
                assert_eq!(page.lines().find(too_long), None, "{check} {width}");
            }
        }
    }

    #[test]
    fn headings_and_code_are_colored() {
        let page = readable("# owner-tag\n\nAsk `owner` of\nit.\n\n1. One\n   more\n- two\n", 80, true);
        assert_eq!(
            page,
            "\u{1b}[1mowner-tag\u{1b}[0m\n\nAsk \u{1b}[36mowner\u{1b}[39m of it.\n\n1. One more\n- two\n"
        );
    }
}
