//! Pages and filters of the front door's list calls, and their XML.

use serde_json::Value;

use super::Call;
use super::config::next;
use crate::faults::Fault;
use crate::wire::{Refusal, escaped};

/// A page of a list.
pub(super) struct Page {
    pub(super) items: Vec<Value>,
    /// The token of the next page.
    pub(super) next: Option<String>,
}

/// The page that `token` asks for, of at most `size` items. `all` is in the order of its keys.
/// `query` is the operation with what it asks for, and `invalid` the refusal of a token.
pub(super) fn page(
    call: &mut Call<'_>,
    query: &str,
    token: Option<String>,
    size: usize,
    all: Vec<(String, Value)>,
    invalid: Refusal,
) -> Result<Page, Refusal> {
    if matches!(call.fault, Some(Fault::ExpiredPageToken)) {
        return Err(invalid);
    }
    let limit = call.home().front_door.options.page_limit;
    let after = match token {
        None => None,
        Some(token) => Some(call.home().page(&token, query).map(|page| page.after.clone()).ok_or(invalid)?),
    };
    // A limit of 0 means that the first page is empty, which AWS allows.
    let size = match limit {
        Some(0) if after.is_none() => 0,
        Some(limit) => size.min(limit.max(1)),
        None => size,
    };
    let is_left = |key: &String| after.as_ref().is_none_or(|after| key > after);
    let mut left: Vec<_> = all.into_iter().filter(|(key, _)| is_left(key)).take(size + 1).collect();
    let more = left.len() > size;
    left.truncate(size);
    let last = left.last().map(|(key, _)| key.clone()).unwrap_or_default();
    let next = next_page(call, query, more.then_some(last));
    let items = left.into_iter().map(|(_, value)| value).filter(|value| !is_hidden(call, value)).collect();
    Ok(Page { items, next })
}

/// The token of the page after `last`, unless the response says that there are no more.
pub(super) fn next_page(call: &mut Call<'_>, query: &str, last: Option<String>) -> Option<String> {
    let last = last.filter(|_| !matches!(call.fault, Some(Fault::EmptyList)))?;
    Some(next(call, query, &last))
}

/// Whether a fault hides an item of the list.
pub(super) fn is_hidden(call: &Call<'_>, item: &Value) -> bool {
    call.fault.is_some_and(|fault| fault.hides(item))
}

/// The texts `NAME.1`, `NAME.2`, … of a query, in this order.
pub(super) fn numbered(input: &Value, name: &str) -> Vec<String> {
    let text = |number: usize| input.get(format!("{name}.{number}"))?.as_str().map(str::to_owned);
    (1..).map_while(text).collect()
}

/// The whole number of a query's parameter within these bounds.
pub(super) fn number(
    call: &Call<'_>,
    name: &str,
    least: usize,
    most: usize,
) -> Result<Option<usize>, Refusal> {
    let Some(text) = call.text(name) else { return Ok(None) };
    let number = text.parse().ok().filter(|number| (least..=most).contains(number));
    let code = if name == "MaxResults" { "InvalidParameterValue" } else { "ValidationError" };
    let message =
        || format!("Value ( {text} ) for parameter {name} is invalid. Expecting {least} to {most}.");
    number.map(Some).ok_or_else(|| Refusal::new(code, message()))
}

/// XML of a value: members of objects are elements, those of arrays elements named `item`. Null is
/// omitted.
pub(super) fn xml(value: &Value, item: &str) -> String {
    let element = |name: &str, value: &Value| match value {
        Value::Null => String::new(),
        value => format!("<{name}>{}</{name}>", xml(value, item)),
    };
    match value {
        Value::Object(members) => members.iter().map(|(name, value)| element(name, value)).collect(),
        Value::Array(all) => all.iter().map(|value| element(item, value)).collect(),
        Value::String(text) => escaped(text),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// Whether a text matches a pattern in which `*` is any text.
pub(super) fn matches(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((start, rest)) => text.strip_prefix(start).is_some_and(|text| {
            (0..=text.len()).filter(|&at| text.is_char_boundary(at)).any(|at| matches(rest, &text[at..]))
        }),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_written_as_xml() {
        let value = json!({"A": ["x", "<y>"], "B": {"C": 1, "D": null, "E": true}, "F": []});
        assert_eq!(
            xml(&value, "member"),
            "<A><member>x</member><member>&lt;y&gt;</member></A><B><C>1</C><E>true</E></B><F></F>"
        );
    }

    #[test]
    fn numbered_parameters_and_patterns() {
        let input = json!({"A.1": "x", "A.2": "y", "A.4": "z"});
        assert_eq!(numbered(&input, "A"), ["x", "y"]);
        assert!(matches("ELB app/*", "ELB app/one/1") && matches("*", "") && matches("a*c", "abc"));
        assert!(!matches("ELB app/*", "ELB net/one/1") && !matches("a", "ab"));
    }
}
