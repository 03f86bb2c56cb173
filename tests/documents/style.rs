//! The style of what people read: words, and the length of lines in Markdown and comments. To list
//! every match:
//!
//! ```text
//! cargo test --test documents list_matches -- --ignored --nocapture
//! ```

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use regex_lite::Regex;

use crate::files::{files, read};

/// How many matches of each pattern the project may have. These numbers may only fall.
const ALLOWED: [(&str, usize); 16] = [
    ("tell", 0),
    ("judge", 0),
    ("a rate without per", 0),
    ("double possessive", 0),
    ("comes to, stands, lies", 0),
    ("whoever, nobody", 0),
    ("mend", 0),
    ("by and by", 0),
    ("dear", 0),
    ("beside", 0),
    ("in place of", 0),
    ("for nothing", 0),
    ("the least", 0),
    ("by itself", 0),
    (LONG_MARKDOWN, 0),
    (LONG_COMMENT, 0),
];

const LONG_MARKDOWN: &str = "line of Markdown over 100 columns";
const LONG_COMMENT: &str = "comment over 100 columns";
const MAX_COLUMNS: usize = 100;

/// Words to avoid.
struct Pattern {
    name: &'static str,
    /// A match contains one of these. The test would be slow if each line went through each regular
    /// expression.
    parts: &'static [&'static str],
    /// A case-insensitive regular expression. Its spaces match line breaks too.
    expression: &'static str,
    /// Matches that this regular expression matches too are correct English.
    except: Option<&'static str>,
    bad: &'static [&'static str],
    good: &'static [&'static str],
}

const PATTERNS: [Pattern; 14] = [
    Pattern {
        name: "tell",
        parts: &["told", "tell"],
        expression: r"told|(?:\b|_)tell",
        except: None,
        bad: &["A rule that tells who it was for.", "struct Told;", "notTold", "fn tell_owner()"],
        good: &["A satellite with intelligence."],
    },
    Pattern {
        name: "judge",
        parts: &["judg"],
        expression: "judg",
        except: None,
        bad: &["unjudged.rs", "It judges."],
        good: &["Not evaluated."],
    },
    Pattern {
        name: "a rate without per",
        parts: &[" a ", " an ", " a\n", " an\n"],
        expression: r"\b(?:an?|one|two|three|[0-9]+) [a-z][a-z-]* an? [a-z-]+\b",
        except: Some(concat!(
            r"^\S+\s+(?:and|as|at|by|for|from|has|if|in|into|is|it|of|on|once|or|over|out|requires|than|that|times",
            r"|to|where|with|without)\s|\s(?:second|minute|hour|day|week|month|year)$",
        )),
        bad: &["A row a stage.", "one result a stage", "10 events\n// an account"],
        good: &["One row per stage.", "10 calls a second", "one of a stage's", "see 3\n- a row"],
    },
    Pattern {
        name: "double possessive",
        parts: &["of ", "of\n"],
        expression: concat!(
            r"\bof (?:its|their|your|our|my|his|her) own\b|\bof (?:yours|ours|theirs|mine)\b|",
            r"\bof [a-z]+'s(?:[.,;:)]|",
            r" (?:and|are|as|at|by|can|for|from|has|have|in|is|may|on|or|that|to|which|with)\b)",
        ),
        except: None,
        bad: &["an aggregator of Config's, and", "a topic of yours", "a check of its own"],
        good: &["the limits of Config's API", "a process on its own"],
    },
    Pattern {
        name: "comes to, stands, lies",
        parts: &["com", "came", "stand", "stood", "lies", "lie ", "lying"],
        expression: concat!(
            r"\b(?:come|comes|came|coming) to\b|\b(?:stands|stood|lies)\b(?: for)?|",
            r"\b(?:stand|standing|lie|lying) (?:above|at|behind|below|in|next|on|there|under)\b",
        ),
        except: Some("stands for$"),
        bad: &["It comes to three.", "the seam stands", "where it lies", "files that stand in a folder"],
        good: &["standard", "a client", "S stands for stages"],
    },
    Pattern {
        name: "whoever, nobody",
        parts: &["ever", "body"],
        expression: r"\b(?:whoever|whomever|nobody|anybody|everybody)\b",
        except: None,
        bad: &["nobody but whoever"],
        good: &["however, the body"],
    },
    Pattern {
        name: "mend",
        parts: &["mend"],
        expression: r"\bmend(?:s|ed|ing)?\b",
        except: None,
        bad: &["It mends itself."],
        good: &["recommended"],
    },
    Pattern {
        name: "by and by",
        parts: &["and by"],
        expression: r"\bby and by\b",
        except: None,
        bad: &["by and by"],
        good: &["by name and by date"],
    },
    Pattern {
        name: "dear",
        parts: &["dear"],
        expression: r"\bdear(?:er|est|ly)?\b",
        except: None,
        bad: &["a dear call"],
        good: &["an expensive call"],
    },
    Pattern {
        name: "beside",
        parts: &["beside"],
        expression: r"\bbeside\b",
        except: None,
        bad: &["the file beside it"],
        good: &["besides"],
    },
    Pattern {
        name: "in place of",
        parts: &["place"],
        expression: r"\bin place of\b",
        except: None,
        bad: &["in place of it", "/// in place\n    /// of it"],
        good: &["in place", "instead of it"],
    },
    Pattern {
        name: "for nothing",
        parts: &["nothing"],
        expression: r"\bfor nothing\b",
        except: None,
        bad: &["for nothing"],
        good: &["nothing for it"],
    },
    Pattern {
        name: "the least",
        parts: &["least"],
        expression: r"\bthe least\b",
        except: None,
        bad: &["# The\n# least that works"],
        good: &["least privilege", "at least"],
    },
    Pattern {
        name: "by itself",
        parts: &["itself", "themselves"],
        expression: r"\bby (?:itself|themselves)\b",
        except: None,
        bad: &["It ends by itself."],
        good: &["the file itself"],
    },
];

/// A match: the file, the line (0 for the file's name), and the text.
struct Match {
    path: PathBuf,
    line: usize,
    text: String,
}

#[test]
fn no_pattern_has_more_matches_than_allowed() {
    let matches = matches();
    let mut problems = Vec::new();
    for (name, allowed) in ALLOWED {
        let found = matches.get(name).map_or(&[][..], Vec::as_slice);
        if found.len() > allowed {
            problems.push(format!("{name}: {} matches, {allowed} allowed:\n{}", found.len(), list(found)));
        } else if found.len() < allowed {
            problems.push(format!("{name}: only {} matches; lower ALLOWED from {allowed}", found.len()));
        }
    }
    assert!(problems.is_empty(), "\n{}", problems.join("\n"));
}

#[test]
#[ignore = "only prints all matches"]
fn list_matches() {
    for (name, found) in matches() {
        println!("{name}: {}\n{}", found.len(), list(&found));
    }
}

#[test]
fn each_pattern_has_an_allowance_and_matches_only_what_is_bad() {
    let names = PATTERNS.iter().map(|pattern| pattern.name).chain([LONG_MARKDOWN, LONG_COMMENT]);
    assert!(names.eq(ALLOWED.map(|(name, _)| name)));
    for (pattern, expressions) in compiled() {
        for bad in pattern.bad {
            assert!(!words(pattern, &expressions, bad).is_empty(), "{}: {bad:?}", pattern.name);
        }
        for good in pattern.good {
            assert!(words(pattern, &expressions, good).is_empty(), "{}: {good:?}", pattern.name);
        }
    }
}

#[test]
fn long_lines_are_found_in_text_only() {
    let long = "word ".repeat(21);
    let url = format!("https://{}", "a".repeat(100));
    let markdown = format!("{long}\n| {long}|\n```text\n{long}\n```\n[{url}]({url})\nsee {url}\n- {long}");
    assert_eq!(long_markdown(&markdown), [1, 8]);
    let rust = format!(
        "// {long}\nlet a = 1; // {long}\n/// | {long}\n/// ```\n/// {long}\n/// ```\n// {url}\n{long}"
    );
    assert_eq!(long_comments(Path::new("a.rs"), &rust), [1, 2]);
    assert_eq!(long_comments(Path::new("Makefile"), &format!("# {long}\n{long}")), [1]);
    assert_eq!(long_comments(Path::new("a.md"), &format!("# {long}")), [0; 0]);
}

/// The matches of everything in the project, by pattern.
fn matches() -> BTreeMap<&'static str, Vec<Match>> {
    let patterns = compiled();
    let mut matches: BTreeMap<_, Vec<Match>> = BTreeMap::new();
    for path in files("").into_iter().filter(|path| is_ours(path)) {
        let text = read(&path);
        let mut add = |name, line: usize, text: &str| {
            let text = text.trim().chars().take(MAX_COLUMNS).collect();
            matches.entry(name).or_default().push(Match { path: path.clone(), line, text });
        };
        let lines: Vec<&str> = text.lines().collect();
        // Old names are allowed where the change log says what replaced them.
        let prose = if path.ends_with("CHANGELOG.md") { without_code(&text) } else { text.clone() };
        let name = path.to_str().unwrap().replace(['/', '-', '.'], " ");
        for (pattern, expressions) in &patterns {
            for _ in words(pattern, expressions, &name) {
                add(pattern.name, 0, &name);
            }
            for line in words(pattern, expressions, &prose) {
                add(pattern.name, line, lines[line - 1]);
            }
        }
        if path.extension().is_some_and(|extension| extension == "md") {
            for line in long_markdown(&text) {
                add(LONG_MARKDOWN, line, lines[line - 1]);
            }
        }
        for line in long_comments(&path, &text) {
            add(LONG_COMMENT, line, lines[line - 1]);
        }
    }
    matches
}

fn list(found: &[Match]) -> String {
    let line = |found: &Match| format!("  {}:{}: {}\n", found.path.display(), found.line, found.text);
    found.iter().map(line).collect()
}

/// Whether people wrote a file for this project. Third-party schemas, lists, data and this list of
/// patterns are excluded.
fn is_ours(path: &Path) -> bool {
    let name = path.file_name().unwrap().to_str().unwrap();
    let extension = path.extension().map_or("", |extension| extension.to_str().unwrap());
    let has_text = matches!(
        extension,
        "css"
            | "html"
            | "in"
            | "js"
            | "json"
            | "md"
            | "mjs"
            | "py"
            | "rs"
            | "sh"
            | "toml"
            | "ts"
            | "yaml"
            | "yml"
    );
    let is_data = ["examples", "events", "tests/schemas", "tests/certificates"]
        .iter()
        .any(|folder| path.starts_with(folder) && extension != "md");
    let is_generated = ["package-lock.json", "instructions.json"].contains(&name);
    (has_text || ["Makefile", "run"].contains(&name))
        && !is_data
        && !is_generated
        && !path.starts_with("fuzz/corpus")
        && !path.ends_with("tests/documents/style.rs")
}

type Compiled = (&'static Pattern, (Regex, Option<Regex>));

fn compiled() -> Vec<Compiled> {
    let compile = |expression: &str| {
        let expression = expression.replace(' ', r"(?:[ \t]+|[ \t]*\n[ \t]*)");
        Regex::new(&format!("(?i){expression}")).unwrap()
    };
    PATTERNS
        .iter()
        .map(|pattern| (pattern, (compile(pattern.expression), pattern.except.map(compile))))
        .collect()
}

/// Returns the number of each line in which a match starts, once per match.
fn words(pattern: &Pattern, (expression, except): &(Regex, Option<Regex>), text: &str) -> Vec<usize> {
    let mut found = Vec::new();
    let lines: Vec<String> = text.lines().map(without_marker).collect();
    for (index, line) in lines.iter().enumerate() {
        let both = format!("{line}\n{}", lines.get(index + 1).map_or("", String::as_str));
        let lower = both.to_ascii_lowercase();
        if !pattern.parts.iter().any(|part| lower.contains(part)) {
            continue;
        }
        let matches = expression.find_iter(&both).filter(|found| found.start() < line.len());
        let bad =
            matches.filter(|found| !except.as_ref().is_some_and(|except| except.is_match(found.as_str())));
        found.extend(bad.map(|_| index + 1));
    }
    found
}

/// A line without the marker of a comment, and without the end of a line in a string.
fn without_marker(line: &str) -> String {
    let line = line.trim().trim_end_matches('\\');
    let markers = ["///", "//!", "//", "#", "*"];
    markers.iter().find_map(|marker| line.strip_prefix(marker)).unwrap_or(line).to_owned()
}

/// A page without the content of its code spans.
fn without_code(text: &str) -> String {
    let line = |line: &str| line.split('`').step_by(2).collect::<Vec<_>>().join("``");
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

/// Whether a line is too long, and a shorter one is possible: it doesn't end in a long link or path.
fn is_too_long(line: &str) -> bool {
    if line.chars().count() <= MAX_COLUMNS {
        return false;
    }
    let end = line.char_indices().nth(MAX_COLUMNS).map_or(line.len(), |(end, _)| end);
    let (within, _) = line.split_at(end);
    let last_word = within.rfind(' ').map_or(line, |space| line.split_at(space + 1).1);
    let is_link = last_word.contains("://") || last_word.contains("](");
    last_word.contains(' ') || !is_link
}

/// The numbers of the lines of a page that are too long. Tables, code and HTML are excluded.
fn long_markdown(text: &str) -> Vec<usize> {
    let mut is_code = false;
    let mut found = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let start = line.trim_start();
        if start.starts_with("```") {
            is_code = !is_code;
        } else if !is_code && !start.starts_with(['|', '<']) && is_too_long(line) {
            found.push(index + 1);
        }
    }
    found
}

/// The numbers of the lines with a comment that is too long. Tables and code in it are excluded.
fn long_comments(path: &Path, text: &str) -> Vec<usize> {
    let extension = path.extension().map_or("", |extension| extension.to_str().unwrap());
    let markers: &[&str] = match extension {
        "rs" => &["///", "//!", "//"],
        "ts" | "js" | "mjs" => &["//", "/*", "*"],
        "css" => &["/*", "*"],
        "" | "in" | "py" | "sh" | "toml" | "yaml" | "yml" => &["#"],
        _ => return Vec::new(),
    };
    let mut is_code = false;
    let mut found = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let start = line.trim_start();
        let comment = markers.iter().find_map(|marker| start.strip_prefix(marker));
        // A comment after code, which has no string that may contain the marker too.
        let is_after_code =
            |marker: &&str| ["//", "#"].contains(marker) && start.contains(&format!(" {marker} "));
        let after_code = !start.contains('"') && markers.iter().any(is_after_code);
        match comment.map(str::trim_start) {
            Some(comment) if comment.starts_with("```") => is_code = !is_code,
            Some(comment) if !is_code && !comment.starts_with('|') && is_too_long(line) => {
                found.push(index + 1);
            }
            None => {
                is_code = false;
                if after_code && line.chars().count() > MAX_COLUMNS {
                    found.push(index + 1);
                }
            }
            Some(_) => {}
        }
    }
    found
}
