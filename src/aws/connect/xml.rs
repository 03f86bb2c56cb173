//! A small XML reader for the responses of EC2 and Elastic Load Balancing. An XML crate would add
//! to the function's zip.

/// The maximum number of bytes of a document.
const MAX_BYTES: usize = 16 << 20;
/// The maximum depth of elements. AWS's responses have ten at most.
const MAX_DEPTH: usize = 32;

/// An element.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Element {
    name: String,
    /// The text between the tags, without that of child elements.
    text: String,
    children: Vec<Element>,
}

impl Element {
    /// The root element of a document. Attributes are ignored; comments, processing instructions
    /// and document types, which AWS doesn't send, are errors.
    ///
    /// # Errors
    /// What is wrong, without any text of the document.
    pub(crate) fn parse(document: &[u8]) -> Result<Self, &'static str> {
        if document.len() > MAX_BYTES {
            return Err("XML of more than 16 MB");
        }
        let text = std::str::from_utf8(document).map_err(|_| "XML that is not UTF-8")?;
        let mut rest = text.strip_prefix('\u{feff}').unwrap_or(text).trim_start();
        if rest.starts_with("<?xml") {
            (_, rest) = rest.split_once("?>").ok_or("XML that breaks off")?;
        }
        let mut open: Vec<Self> = Vec::new();
        while let Some((text, tag)) = rest.split_once('<') {
            match open.last_mut() {
                Some(element) => push_unescaped(&mut element.text, text)?,
                None if text.trim().is_empty() => {}
                None => return Err("XML with text outside its root element"),
            }
            let (tag, after) = split_tag(tag).ok_or("XML that breaks off")?;
            rest = after;
            let mut closed = None;
            if let Some(name) = tag.strip_prefix('/') {
                let element = open.pop().filter(|element| element.name == name.trim_end());
                closed = Some(element.ok_or("XML with an end tag that does not match")?);
            } else {
                let (tag, is_empty) = tag.strip_suffix('/').map_or((tag, false), |tag| (tag, true));
                let name =
                    tag.split_ascii_whitespace().next().filter(|_| !tag.starts_with(char::is_whitespace));
                let name = name.filter(|name| is_name(name)).ok_or("XML with an invalid tag")?;
                let element = Self { name: name.to_owned(), ..Self::default() };
                if is_empty {
                    closed = Some(element);
                } else {
                    open.push(element);
                }
                if open.len() > MAX_DEPTH {
                    return Err("XML that is nested too deeply");
                }
            }
            match (closed, open.last_mut()) {
                (Some(element), Some(parent)) => parent.children.push(element),
                (Some(root), None) if rest.trim().is_empty() => return Ok(root),
                (Some(_), None) => return Err("XML with text after its root element"),
                (None, _) => {}
            }
        }
        Err("XML that breaks off")
    }

    /// The name.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The first child with this name.
    pub(crate) fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The first child with this name, alone.
    pub(crate) fn into_child(self, name: &str) -> Option<Self> {
        self.children.into_iter().find(|child| child.name == name)
    }

    /// The text of the first child with this name.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.child(name).map(|child| child.text.as_str())
    }

    /// The text of the first child with this name, or an empty text.
    pub(crate) fn string(&self, name: &str) -> String {
        self.text(name).unwrap_or_default().to_owned()
    }

    /// The items of the child with this name, which is a list, each converted by `convert`.
    pub(crate) fn list<T>(&self, name: &str, convert: impl Fn(&Self) -> T) -> Vec<T> {
        self.child(name).map(|list| list.children.iter().map(convert).collect()).unwrap_or_default()
    }

    /// The element's own text, for items of a list of texts.
    pub(crate) fn own_text(&self) -> String {
        self.text.clone()
    }
}

/// The content of a tag and what follows it. A `>` in a quoted attribute does not end the tag.
fn split_tag(text: &str) -> Option<(&str, &str)> {
    let mut quote = None;
    let end = text.find(|character: char| match quote {
        Some(open) => {
            if character == open {
                quote = None;
            }
            false
        }
        None if matches!(character, '"' | '\'') => {
            quote = Some(character);
            false
        }
        None => character == '>',
    })?;
    let (tag, after) = text.split_at_checked(end)?;
    Some((tag, after.strip_prefix('>')?))
}

fn is_name(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b':'))
}

fn push_unescaped(to: &mut String, text: &str) -> Result<(), &'static str> {
    const INVALID: &str = "XML with an invalid entity";
    let mut parts = text.split('&');
    to.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let (entity, after) = part.split_once(';').ok_or(INVALID)?;
        to.push(character(entity).ok_or(INVALID)?);
        to.push_str(after);
    }
    Ok(())
}

fn character(entity: &str) -> Option<char> {
    match entity {
        "amp" => return Some('&'),
        "lt" => return Some('<'),
        "gt" => return Some('>'),
        "quot" => return Some('"'),
        "apos" => return Some('\''),
        _ => {}
    }
    let number = entity.strip_prefix('#')?;
    let (digits, radix) = number.strip_prefix('x').map_or((number, 10), |digits| (digits, 16));
    // `from_str_radix` also takes a sign.
    let is_number = digits.chars().all(|digit| digit.is_digit(radix));
    let code = is_number.then(|| u32::from_str_radix(digits, radix).ok())??;
    char::from_u32(code).filter(|character| *character != '\0')
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENT: &str = "\u{feff}<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
        <Response xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\" note='a > b'>\n  <empty/>\n\
        <name>a &lt;b&gt; &amp;amp; &quot;&apos; &#65;&#x42;&#xe9; é</name >\n  <emptyToo></emptyToo>\
        <set><item><id>1</id></item><item><id>2</id></item></set><name>second</name></Response>\n";

    #[test]
    fn a_document_becomes_a_tree() {
        let root = Element::parse(DOCUMENT.as_bytes()).unwrap();
        assert_eq!(root.name(), "Response");
        assert_eq!(root.text("name"), Some("a <b> &amp; \"' ABé é"));
        assert_eq!(
            (root.text("empty"), root.text("emptyToo"), root.text("none")),
            (Some(""), Some(""), None)
        );
        assert_eq!(root.list("set", |item| item.string("id")), ["1", "2"]);
        assert_eq!(root.list("set", |item| item.child("id").map(Element::own_text)).len(), 2);
        assert!(root.list("none", Element::own_text).is_empty());
        assert_eq!(Element::parse(b"<a/>").unwrap().name(), "a");
        assert_eq!(Element::parse(b"<a/>").unwrap().string("b"), "");
    }

    #[test]
    fn every_part_of_a_document_is_an_error() {
        let end = DOCUMENT.trim_end().len();
        let cuts = (0..end).filter(|at| DOCUMENT.is_char_boundary(*at));
        let accepted: Vec<_> =
            cuts.filter(|at| Element::parse(&DOCUMENT.as_bytes()[..*at]).is_ok()).collect();
        assert!(accepted.is_empty(), "{accepted:?}");
    }

    #[test]
    fn what_aws_does_not_send_is_an_error_that_shows_none_of_it() {
        let secret = "X-Amz-Signature";
        for document in [
            "",
            " ",
            "text",
            "{\"a\": 1}",
            "<>",
            "< a></ a>",
            "<1></1>",
            "<a",
            "<a>",
            "</a>",
            "<a></b>",
            "<a><b></a></b>",
            "<a></a><b/>",
            "<a/>X-Amz-Signature",
            "X-Amz-Signature<a/>",
            "<a>&X-Amz-Signature;</a>",
            "<a>&unknown;</a>",
            "<a>& b</a>",
            "<a>&#;</a>",
            "<a>&#+65;</a>",
            "<a>&#0;</a>",
            "<a>&#xd800;</a>",
            "<a>&#99999999999;</a>",
            "<a><!-- X-Amz-Signature --></a>",
            "<!DOCTYPE a><a/>",
            "<!DOCTYPE a [<!ENTITY b \"X-Amz-Signature\">]><a>&b;</a>",
            "<a><![CDATA[X-Amz-Signature]]></a>",
            "<a><?X-Amz-Signature?></a>",
            "<a b=\"></a>",
            "<?xml version=\"1.0\"",
        ] {
            let error = Element::parse(document.as_bytes()).expect_err(document);
            assert!(!error.contains(secret), "{error}");
        }
        assert!(Element::parse(b"<a>\xff</a>").is_err());
    }

    #[test]
    fn depth_and_size_are_limited() {
        let nested = |depth: usize| format!("{}{}", "<a>".repeat(depth), "</a>".repeat(depth));
        assert!(Element::parse(nested(MAX_DEPTH).as_bytes()).is_ok());
        for depth in [MAX_DEPTH + 1, 100_000] {
            assert_eq!(Element::parse(nested(depth).as_bytes()), Err("XML that is nested too deeply"));
        }
        let large = format!("<a>{}</a>", " ".repeat(MAX_BYTES));
        assert_eq!(Element::parse(large.as_bytes()), Err("XML of more than 16 MB"));
    }
}
