//! The part of Config's query language that stagecert uses: `SELECT field, … WHERE field = 'value'
//! AND field IN ('value', …)`.

/// A parsed query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Query {
    pub(super) fields: Vec<Vec<String>>,
    /// All of these must hold: the field has one of the values.
    pub(super) conditions: Vec<(Vec<String>, Vec<String>)>,
}

impl Query {
    /// The values that a condition allows for a field, if there is one.
    pub(super) fn allowed(&self, field: &str) -> Option<&[String]> {
        let found = self.conditions.iter().find(|(path, _)| path.join(".") == field);
        found.map(|(_, values)| values.as_slice())
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Word(String),
    Text(String),
    Sign(char),
}

/// Parses an expression; the error says why it is invalid.
pub(super) fn parse(expression: &str) -> Result<Query, String> {
    let mut tokens = tokens(expression)?.into_iter().peekable();
    keyword(tokens.next(), "SELECT")?;
    let mut fields = vec![field(tokens.next())?];
    while tokens.next_if_eq(&Token::Sign(',')).is_some() {
        fields.push(field(tokens.next())?);
    }
    let mut conditions = Vec::new();
    let mut join = "WHERE";
    while let Some(word) = tokens.next() {
        keyword(Some(word), join)?;
        join = "AND";
        let path = field(tokens.next())?;
        let values = match tokens.next() {
            Some(Token::Sign('=')) => vec![text(tokens.next())?],
            // A pattern keeps its percent sign.
            Some(Token::Word(word)) if word.eq_ignore_ascii_case("LIKE") => vec![text(tokens.next())?],
            Some(Token::Word(word)) if word.eq_ignore_ascii_case("IN") => {
                if tokens.next() != Some(Token::Sign('(')) {
                    return Err("IN wants a list".into());
                }
                let mut values = vec![text(tokens.next())?];
                while tokens.next_if_eq(&Token::Sign(',')).is_some() {
                    values.push(text(tokens.next())?);
                }
                if tokens.next() != Some(Token::Sign(')')) {
                    return Err("the list of IN has no end".into());
                }
                values
            }
            other => return Err(format!("an operator that the fake AWS does not know: {other:?}")),
        };
        conditions.push((path, values));
    }
    Ok(Query { fields, conditions })
}

fn tokens(expression: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut rest = expression.chars().peekable();
    while let Some(next) = rest.next() {
        match next {
            ' ' | '\n' | '\t' => {}
            ',' | '=' | '(' | ')' => tokens.push(Token::Sign(next)),
            '\'' => {
                let text: String = rest.by_ref().take_while(|&c| c != '\'').collect();
                tokens.push(Token::Text(text));
            }
            c if c.is_ascii_alphanumeric() => {
                let mut word = String::from(c);
                while let Some(c) = rest.next_if(|c| c.is_ascii_alphanumeric() || *c == '.' || *c == '_') {
                    word.push(c);
                }
                tokens.push(Token::Word(word));
            }
            other => return Err(format!("unexpected {other:?}")),
        }
    }
    if !expression.matches('\'').count().is_multiple_of(2) {
        return Err("a text has no end".into());
    }
    Ok(tokens)
}

fn keyword(token: Option<Token>, wanted: &str) -> Result<(), String> {
    match token {
        Some(Token::Word(word)) if word.eq_ignore_ascii_case(wanted) => Ok(()),
        other => Err(format!("{wanted} wanted, not {other:?}")),
    }
}

/// Top-level fields of the schema; everything below `configuration` is allowed too.
const TOP: [&str; 11] = [
    "resourceId",
    "resourceType",
    "resourceName",
    "accountId",
    "awsRegion",
    "arn",
    "availabilityZone",
    "configurationItemCaptureTime",
    "configurationItemStatus",
    "configuration",
    "supplementaryConfiguration",
];

fn field(token: Option<Token>) -> Result<Vec<String>, String> {
    let Some(Token::Word(word)) = token else { return Err(format!("a field wanted, not {token:?}")) };
    let path: Vec<String> = word.split('.').map(Into::into).collect();
    let known = TOP.contains(&path[0].as_str()) && (path.len() == 1 || path[0] == "configuration");
    if known && path.iter().all(|part| !part.is_empty()) {
        Ok(path)
    } else {
        Err(format!("Property {word} does not exist"))
    }
}

fn text(token: Option<Token>) -> Result<String, String> {
    match token {
        Some(Token::Text(text)) => Ok(text),
        other => Err(format!("a text wanted, not {other:?}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expression_is_parsed_into_fields_and_conditions() {
        let query = parse(
            "SELECT resourceId, configuration.canarySettings.deploymentId WHERE resourceType IN ('A', 'B') \
             AND configuration.clientCertificateId = 'x'",
        )
        .unwrap();
        assert_eq!(query.fields[1], ["configuration", "canarySettings", "deploymentId"]);
        assert_eq!(query.allowed("resourceType").unwrap(), ["A", "B"]);
        assert_eq!(query.allowed("configuration.clientCertificateId").unwrap(), ["x"]);
        assert_eq!(query.allowed("resourceId"), None);
    }

    #[test]
    fn invalid_expressions_are_refused() {
        for expression in [
            "",
            "SELECT",
            "SELECT resourceId WHERE",
            "SELECT resourceId WHERE resourceType = 'A",
            "SELECT resourceId WHERE resourceType = 'A' OR resourceType = 'B'",
            "SELECT restApiId WHERE resourceType = 'A'",
            "SELECT resourceId FROM x",
        ] {
            assert!(parse(expression).is_err(), "{expression}");
        }
    }
}
