//! Names, ids and tag values come from the account: whoever may tag a stage must not speak through a report.

use std::fmt::Write as _;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use stagecert::quote::{is_printable, printable};

/// A JSON document with JSON's escapes for what is not seen: `serde_json` escapes ASCII's alone.
pub(super) fn json(document: &str) -> String {
    let mut escaped = String::with_capacity(document.len());
    for c in document.chars() {
        // The line breaks between values; inside a string they are escaped.
        if c == '\n' || is_printable(c) {
            escaped.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(escaped, "\\u{unit:04x}");
            }
        }
    }
    escaped
}

/// Text for a cell of a spreadsheet, which takes what begins like a formula for one, leading spaces or not. Where the list
/// separator is a semicolon, as in much of Europe, a cell also begins after each of those.
pub(super) fn cell(text: &str) -> String {
    const FORMULA: [char; 8] = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];
    let mut cell = String::with_capacity(text.len());
    for (at, part) in printable(text).split(';').enumerate() {
        cell.push_str(if at == 0 { "" } else { ";" });
        // Read by semicolons, a quotation mark opens the cell and is not a part of it.
        let is_before = |c: char| c.is_whitespace() || (at > 0 && c == '"');
        let is_formula = part.trim_start_matches(is_before).starts_with(FORMULA);
        cell.push_str(if is_formula { "'" } else { "" });
        cell.push_str(part);
    }
    cell
}

/// Text for a cell of a Markdown table, as code: there nothing is a link, a mention or an image.
pub(super) fn code(text: &str) -> String {
    let text = printable(text);
    let text = text.trim();
    if text.is_empty() {
        return "-".into();
    }
    if !text.contains(['`', '|', '\\']) {
        return format!("`{text}`");
    }
    // Backticks would end the code and a pipe the cell: entities are neither, but need HTML's element.
    let entities: String = text
        .chars()
        .map(|c| if c.is_ascii_punctuation() { format!("&#{};", u32::from(c)) } else { c.into() })
        .collect();
    format!("<code>{entities}</code>")
}

/// Text for a SARIF message, where brackets make a link and braces a placeholder.
pub(super) fn message(text: &str) -> String {
    let mut escaped = String::new();
    for c in printable(text).chars() {
        match c {
            '[' | ']' | '\\' => escaped.extend(['\\', c]),
            '{' | '}' => escaped.extend([c, c]),
            _ => escaped.push(c),
        }
    }
    escaped
}

/// Text for a path in a URI.
pub(super) fn uri(text: &str) -> String {
    const ESCAPED: &AsciiSet =
        &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/').remove(b'$');
    utf8_percent_encode(text, ESCAPED).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_unseen_is_printed() {
        for (text, expected) in [
            ("team-a", "team-a"),
            ("Zürich 東京", "Zürich 東京"),
            ("a\u{1b}[2Jb\r\nc\t", "a?[2Jb??c?"),
            ("\u{202e}gnp.exe\u{200b}\u{9b}", "?gnp.exe??"),
            ("\u{ffff}\u{1fffe}\u{fdd0}\u{3164}", "????"),
        ] {
            assert_eq!(printable(text), expected, "{text:?}");
        }
    }

    #[test]
    fn no_cell_is_a_formula() {
        for (text, expected) in [
            ("=HYPERLINK(1)", "'=HYPERLINK(1)"),
            ("+1", "'+1"),
            ("-1", "'-1"),
            ("@team", "'@team"),
            ("  =1", "'  =1"),
            ("\t=1", "?=1"),
            ("\u{200b}=1", "?=1"),
            ("＝1", "'＝1"),
            ("a=1", "a=1"),
            ("\"=1", "\"=1"),
            ("a;=1", "a;'=1"),
            ("a; +1;-1;b", "a;' +1;'-1;b"),
            ("a;\"=1", "a;'\"=1"),
            ("a;＠x;\u{3000}－1", "a;'＠x;'\u{3000}－1"),
            ("a\t=1", "a?=1"),
            ("", ""),
        ] {
            assert_eq!(cell(text), expected, "{text:?}");
        }
    }

    #[test]
    fn no_cell_of_markdown_ends_early_or_is_more_than_text() {
        for (text, expected) in [
            ("@team <img>", "`@team <img>`"),
            ("  ", "-"),
            ("a|b", "<code>a&#124;b</code>"),
            ("a`b` <x>", "<code>a&#96;b&#96; &#60;x&#62;</code>"),
            ("a\\", "<code>a&#92;</code>"),
            ("a\n| b", "<code>a&#63;&#124; b</code>"),
        ] {
            assert_eq!(code(text), expected, "{text:?}");
        }
    }

    #[test]
    fn a_json_document_says_the_same_without_what_is_not_seen() {
        let value = serde_json::json!({"a": "\u{9b}31m \u{202e}\u{e0041}\u{7f} é\n\u{1}", "b": [1, 2]});
        let document = json(&serde_json::to_string_pretty(&value).unwrap());
        assert!(document.chars().all(|c| c == '\n' || is_printable(c)), "{document:?}");
        assert!(document.contains(r"\u009b31m \u202e\udb40\udc41\u007f é\n\u0001"), "{document}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&document).unwrap(), value);
    }

    #[test]
    fn messages_and_uris() {
        assert_eq!(message("see [x](y) {0} \\"), r"see \[x\](y) {{0}} \\");
        assert_eq!(uri("a1/$default #?%é"), "a1/$default%20%23%3F%25%C3%A9");
    }
}
