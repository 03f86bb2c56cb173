//! Escaping. Names, IDs and tag values come from the account: permission to tag a stage must not be
//! enough to inject markup or formulas into an output.

use std::fmt::Write as _;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use stagecert::quote::{is_printable, printable};

/// The JSON document with every character that is not printable escaped; `serde_json` escapes only
/// ASCII control characters.
pub(super) fn json(document: &str) -> String {
    let mut escaped = String::with_capacity(document.len());
    for c in document.chars() {
        // Line breaks between values. Inside a string they are escaped already.
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

/// Text for a spreadsheet cell. Spreadsheets treat text that starts like a formula as one, even
/// after leading spaces. If the list separator is a semicolon, as in much of Europe, each semicolon
/// starts a new cell.
pub(crate) fn cell(text: &str) -> String {
    const FORMULA: [char; 8] = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];
    let mut cell = String::with_capacity(text.len());
    for (at, part) in printable(text).split(';').enumerate() {
        cell.push_str(if at == 0 { "" } else { ";" });
        // If semicolons separate cells, a quotation mark opens the cell and is not part of it.
        let is_before = |c: char| c.is_whitespace() || (at > 0 && c == '"');
        let is_formula = part.trim_start_matches(is_before).starts_with(FORMULA);
        cell.push_str(if is_formula { "'" } else { "" });
        cell.push_str(part);
    }
    cell
}

/// Text for a Markdown table cell, as code, so that nothing in it becomes a link, a mention or an
/// image.
pub(crate) fn code(text: &str) -> String {
    let text = printable(text);
    let text = text.trim();
    if text.is_empty() {
        return "-".into();
    }
    if !text.contains(['`', '|', '\\']) {
        return format!("`{text}`");
    }
    // A backtick would end the code and a pipe the cell. Entities do neither, but only work in
    // HTML.
    let entities: String = text
        .chars()
        .map(|c| if c.is_ascii_punctuation() { format!("&#{};", u32::from(c)) } else { c.into() })
        .collect();
    format!("<code>{entities}</code>")
}

/// Text for a SARIF message, in which brackets form links and braces form placeholders.
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

/// Text for the path of a URI.
pub(super) fn uri(text: &str) -> String {
    const ESCAPED: &AsciiSet =
        &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/').remove(b'$');
    utf8_percent_encode(text, ESCAPED).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unprintable_characters_are_replaced() {
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
    fn no_spreadsheet_cell_is_a_formula() {
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
    fn no_markdown_cell_ends_early_or_contains_markup() {
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
    fn escaping_unprintable_characters_keeps_the_json_value() {
        let value = serde_json::json!({"a": "\u{9b}31m \u{202e}\u{e0041}\u{7f} é\n\u{1}", "b": [1, 2]});
        let document = json(&serde_json::to_string_pretty(&value).unwrap());
        assert!(document.chars().all(|c| c == '\n' || is_printable(c)), "{document:?}");
        assert!(document.contains(r"\u009b31m \u202e\udb40\udc41\u007f é\n\u0001"), "{document}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&document).unwrap(), value);
    }

    #[test]
    fn messages_and_uris_are_escaped() {
        assert_eq!(message("see [x](y) {0} \\"), r"see \[x\](y) {{0}} \\");
        assert_eq!(uri("a1/$default #?%é"), "a1/$default%20%23%3F%25%C3%A9");
    }
}
