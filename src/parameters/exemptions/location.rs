//! The location of an exemption document.

use std::fmt;

/// The allowed locations, as shown in error messages.
pub(crate) const LOCATIONS: &str = "s3://BUCKET/KEY, with a bucket name of 3 to 63 lower-case letters, digits, dots and \
     hyphens, and a key of up to 512 letters, digits and !_.'()/-, without empty parts, . and .. between its slashes";
/// The maximum length of a key, in characters. S3 allows 1,024 bytes, a rule's parameters 1,024
/// characters in all.
const MAX_KEY: usize = 512;

/// The location of an object in S3.
///
/// Its characters need no encoding in a URL and have no special meaning in an IAM policy.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct S3Location {
    /// The bucket's name.
    pub bucket: String,
    /// The object's key.
    pub key: String,
}

impl S3Location {
    /// The location in a text of the form `s3://BUCKET/KEY`; `None` for any other text.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (bucket, key) = text.strip_prefix("s3://")?.split_once('/')?;
        let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let is_bucket = (3..=63).contains(&bucket.len())
            && bucket.bytes().all(|byte| is_plain(byte) || b".-".contains(&byte))
            && bucket.bytes().next().is_some_and(is_plain)
            && bucket.bytes().last().is_some_and(is_plain)
            && !bucket.contains("..");
        let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"!_.'()/-".contains(&byte);
        // An HTTP client may remove such parts from a URL, which then is another object's.
        let is_part = |part: &str| !matches!(part, "" | "." | "..");
        let is_key =
            (1..=MAX_KEY).contains(&key.len()) && key.bytes().all(is_allowed) && key.split('/').all(is_part);
        (is_bucket && is_key).then(|| Self { bucket: bucket.to_owned(), key: key.to_owned() })
    }
}

impl fmt::Display for S3Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "s3://{}/{}", self.bucket, self.key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_location_needs_no_encoding() {
        let longest = format!("s3://abc/{}", "k".repeat(512));
        for text in
            ["s3://abc/k", "s3://my-bucket.example/a/b/exemptions.json", "s3://a1b/(x)_'!-.json", &longest]
        {
            assert_eq!(S3Location::parse(text).map(|it| it.to_string()).as_deref(), Some(text));
        }
        let too_long = format!("s3://abc/{}", "k".repeat(513));
        for text in [
            "",
            "s3://",
            "s3://abc",
            "s3://abc/",
            "s3://ab/k",
            "s3://Abc/k",
            "s3://-bc/k",
            "s3://a..c/k",
            "s3://abc/a b",
            "s3://abc/*",
            "s3://abc/a?b",
            "s3://abc/%41",
            "s3://abc/a//b",
            "s3://abc/../k",
            "s3://abc/a/./b",
            "s3://abc/\u{fc}",
            "S3://abc/k",
            "https://abc/k",
            "arn:aws:s3:::abc/k",
            &too_long,
        ] {
            assert_eq!(S3Location::parse(text), None, "{text}");
        }
    }
}
