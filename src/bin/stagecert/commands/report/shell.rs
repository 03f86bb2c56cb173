//! AWS CLI commands for a POSIX shell, quoted so that no value can be executed.

use std::fmt::Write as _;

/// An AWS CLI command, built option by option, in two forms: with values, and with shell variables
/// for the values that differ between stages.
#[derive(Clone, Debug)]
pub(in crate::commands) struct AwsCommand {
    text: String,
    template: String,
    variables: Vec<Variable>,
}

/// A shell variable and its value for one stage.
pub(in crate::commands) type Variable = (&'static str, String);

impl AwsCommand {
    /// A command such as `apigateway update-stage` for a Region.
    pub(in crate::commands) fn new(operation: &'static str, region: &str) -> Self {
        Self::without_region(operation).option("--region", region)
    }

    /// A command for the Region of a stage.
    pub(super) fn of_stage(operation: &'static str, region: &str) -> Self {
        Self::without_region(operation).variable("--region", "REGION", region)
    }

    fn without_region(operation: &'static str) -> Self {
        let text = format!("aws {operation}");
        Self { template: text.clone(), text, variables: Vec::new() }
    }

    /// Adds an option with a value that comes from the account.
    pub(in crate::commands) fn option(mut self, name: &'static str, value: &str) -> Self {
        let option = option(name, value);
        self.text.push_str(&option);
        self.template.push_str(&option);
        self
    }

    /// Adds an option whose value differs between stages.
    pub(super) fn variable(self, option: &'static str, variable: &'static str, value: &str) -> Self {
        self.prefixed(option, "", variable, value)
    }

    /// Adds an option whose value starts with literal text and ends with a value that differs
    /// between stages.
    pub(super) fn prefixed(
        mut self,
        name: &'static str,
        prefix: &'static str,
        variable: &'static str,
        value: &str,
    ) -> Self {
        self.text.push_str(&option(name, &format!("{prefix}{value}")));
        // With an equals sign, because some values may start with a hyphen.
        let _ = write!(self.template, " \\\n  {name}=\"{prefix}${{{variable}:?}}\"");
        self.variables.push((variable, value.to_owned()));
        self
    }

    /// Adds an option with a literal value, which may use shell variables.
    pub(in crate::commands) fn literal(mut self, option: &'static str) -> Self {
        for form in [&mut self.text, &mut self.template] {
            let _ = write!(form, " \\\n  {option}");
        }
        self
    }

    /// The text of the command, with values.
    pub(in crate::commands) fn text(&self) -> String {
        self.text.clone()
    }

    /// The text of the command, with variables.
    pub(super) fn template(&self) -> &str {
        &self.template
    }

    /// The variables that the template uses, with their values.
    pub(super) fn variables(&self) -> &[Variable] {
        &self.variables
    }

    /// The command that stores its output in the variable `NEW` and prints it.
    pub(super) fn into_new(mut self) -> Self {
        for form in [&mut self.text, &mut self.template] {
            *form = format!("NEW=$({form})\necho \"$NEW\"");
        }
        self
    }
}

fn option(name: &'static str, value: &str) -> String {
    // A value that starts with a hyphen would be parsed as another option.
    let separator = if value.starts_with('-') { '=' } else { ' ' };
    format!(" \\\n  {name}{separator}{}", quoted(value))
}

/// Assignments of variables, such as `API=a1b2c3 STAGE=prod`, on one line.
pub(super) fn assignments(variables: &[Variable]) -> String {
    let assign = |(name, value): &Variable| match value.as_str() {
        "" => format!("{name}="),
        value => format!("{name}={}", quoted(value)),
    };
    variables.iter().map(assign).collect::<Vec<_>>().join(" ")
}

/// A tag for an option that takes a map: `KEY=VALUE`, or JSON if the characters require it.
pub(super) fn tag_map(key: &str, value: &str) -> String {
    if is_plain(key) && is_plain(value) {
        format!("{key}={value}")
    } else {
        format!("{{{}:{}}}", ascii_json(key), ascii_json(value))
    }
}

/// A tag for an option that takes a list of `Key` and `Value`: shorthand, or JSON if the characters
/// require it.
pub(super) fn tag_list(key: &str, value: &str) -> String {
    if is_plain(key) && is_plain(value) {
        format!("Key={key},Value={value}")
    } else {
        format!("[{{\"Key\":{},\"Value\":{}}}]", ascii_json(key), ascii_json(value))
    }
}

/// The value as a single shell word. Characters outside printable ASCII are replaced: a terminal
/// could interpret control characters even inside quotes.
pub(in crate::commands) fn quoted(value: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || "_-./:=,@%+".contains(c);
    if !value.is_empty() && value.chars().all(bare) {
        return value.to_owned();
    }
    let shown: String =
        value.chars().map(|c| if c == ' ' || c.is_ascii_graphic() { c } else { '?' }).collect();
    format!("'{}'", shown.replace('\'', r"'\''"))
}

fn is_plain(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "_-.@+".contains(c))
}

/// The text as a JSON string of printable ASCII.
pub(in crate::commands) fn ascii_json(text: &str) -> String {
    let mut json = String::from('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => json.extend(['\\', c]),
            ' ' => json.push(c),
            c if c.is_ascii_graphic() => json.push(c),
            c => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    let _ = write!(json, "\\u{unit:04x}");
                }
            }
        }
    }
    json.push('"');
    json
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    const HOSTILE: &[&str] = &[
        "",
        "plain",
        "$default",
        "a b",
        "x'; touch /tmp/x; '",
        "$(id)`id`\"; id",
        "-x",
        "--endpoint-url=evil",
        "'",
        "''",
        "\\",
        "a'\\''b",
        "!!",
        "~",
        "*",
        "#",
        "owner=x,evil=y",
        "Größe",
        "{\"a\":1}",
    ];

    /// The words that a shell passes to the command.
    fn words(command: &str) -> Vec<String> {
        let script = format!("aws() {{ printf '%s\\0' \"$@\"; }}\n{command}");
        let output = Command::new("sh").args(["-c", &script]).output().unwrap();
        assert!(output.status.success() && output.stderr.is_empty(), "{command}");
        let text = String::from_utf8(output.stdout).unwrap();
        text.split_terminator('\0').map(str::to_owned).collect()
    }

    #[test]
    fn a_shell_parses_each_value_as_one_word() {
        for value in HOSTILE {
            let command = AwsCommand::new("apigateway get-stage", "eu-west-1").option("--stage-name", value);
            let read = words(&command.text());
            let ascii: String = value.chars().map(|c| if c.is_ascii() { c } else { '?' }).collect();
            let expected = if value.starts_with('-') {
                vec![format!("--stage-name={ascii}")]
            } else {
                vec!["--stage-name".to_owned(), ascii]
            };
            assert_eq!(read.get(..4).unwrap(), ["apigateway", "get-stage", "--region", "eu-west-1"]);
            assert_eq!(read.get(4..).unwrap(), expected, "{value}");
        }
    }

    #[test]
    fn tags_with_any_characters_round_trip() {
        for value in HOSTILE.iter().chain(&["a\nb\u{1b}[2J\u{7f}\u{202e}\u{1F980}"]) {
            let (map, list) = (tag_map("owner", value), tag_list("owner", value));
            assert!(map.chars().chain(list.chars()).all(|c| c == ' ' || c.is_ascii_graphic()), "{map}");
            for (argument, owner) in [(&map, "/owner"), (&list, "/0/Value")] {
                let command =
                    AwsCommand::new("apigateway tag-resource", "eu-west-1").option("--tags", argument);
                let read = words(&command.text());
                assert_eq!(read.last(), Some(argument), "{value}");
                if argument.starts_with(['{', '[']) {
                    let read: serde_json::Value = serde_json::from_str(argument).unwrap();
                    assert_eq!(read.pointer(owner).unwrap(), value);
                } else {
                    assert!(is_plain(value) && argument.ends_with(&format!("={value}")));
                }
            }
        }
    }

    #[test]
    fn no_control_character_reaches_the_terminal() {
        assert_eq!(quoted("a\r\n\u{3}b"), "'a???b'");
    }
}
