//! How servers say that the certificate is the reason for a refusal.

use crate::quote::{brief, quoted};

/// What nginx writes if a client's certificate is missing or doesn't verify, in lower case. Other
/// servers can be made to write the same.
const NGINX: [&str; 2] = ["no required ssl certificate was sent", "the ssl certificate error"];
/// What Internet Information Services write with 403.7, 403.13, 403.16 and 403.17.
const IIS: [&str; 4] = [
    "ssl client certificate is required",
    "client certificate used to access this web site",
    "client certificate is untrusted",
    "client certificate has expired",
];
/// What applications and proxies write.
const OTHERS: [&str; 9] = [
    "client certificate required",
    "client certificate is required",
    "client certificate not",
    "client certificate missing",
    "no client certificate",
    "missing client certificate",
    "invalid client certificate",
    "requires a client certificate",
    "requires a valid client certificate",
];
/// The words of a text that names another way to get access than a certificate.
const ALTERNATIVES: [&str; 6] = [" or ", "token", "password", "log in", "login", "sign in"];
/// The maximum number of characters of a page that a text shows.
const MAX_EXCERPT: usize = 80;

/// Whether a page says that the client's certificate is the only reason for the refusal. A page
/// that only contains the word is no refusal.
pub(super) fn names_certificate(body: &str) -> bool {
    let text = visible(body).to_lowercase();
    let has_alternative = || ALTERNATIVES.iter().any(|word| text.contains(word));
    is_known(&text) || (OTHERS.iter().any(|phrase| text.contains(phrase)) && !has_alternative())
}

/// Whether a page is one with which a known server refuses a client's certificate.
pub(super) fn is_known_page(body: &str) -> bool {
    is_known(&visible(body).to_lowercase())
}

fn is_known(text: &str) -> bool {
    let is_iis = text.contains("http error 403.") && IIS.iter().any(|phrase| text.contains(phrase));
    is_iis || NGINX.iter().any(|phrase| text.contains(phrase))
}

/// The name of an alert that is about the client's certificate.
pub(super) const fn certificate_alert(alert: u8) -> Option<&'static str> {
    match alert {
        41 => Some("no_certificate"),
        42 => Some("bad_certificate"),
        43 => Some("unsupported_certificate"),
        44 => Some("certificate_revoked"),
        45 => Some("certificate_expired"),
        46 => Some("certificate_unknown"),
        48 => Some("unknown_ca"),
        49 => Some("access_denied"),
        113 => Some("bad_certificate_status_response"),
        114 => Some("bad_certificate_hash_value"),
        116 => Some("certificate_required"),
        _ => None,
    }
}

/// The title of a page, or the start of its text, escaped. `None` if there is no text.
pub(super) fn excerpt(body: &str) -> Option<String> {
    let title = body.split_once("<title>").and_then(|(_, rest)| rest.split_once("</title>"));
    let text = visible(title.map_or(body, |(title, _)| title));
    (!text.is_empty()).then(|| quoted(&brief(&text, MAX_EXCERPT)))
}

/// The text between the tags of a page, with single spaces.
fn visible(body: &str) -> String {
    let mut text = String::with_capacity(body.len());
    let mut is_tag = false;
    for c in body.chars() {
        match c {
            '<' => is_tag = true,
            '>' if is_tag => {
                is_tag = false;
                text.push(' ');
            }
            _ if is_tag => {}
            c => text.push(c),
        }
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_that_refuse_a_certificate_are_recognized() {
        for body in [
            "<html><head><title>400 No required SSL certificate was sent</title></head></html>",
            "<title>400 The SSL certificate error</title>",
            "<h2>HTTP Error 403.7 - Forbidden: SSL client certificate is required.</h2>",
            "{\"error\": \"Client  certificate\nrequired\"}",
            "no client certificate provided",
        ] {
            assert!(names_certificate(body), "{body}");
        }
        for body in [
            "",
            "Forbidden",
            "RBAC: access denied",
            "<center>The plain HTTP request was sent to HTTPS port</center>",
            "Your gift certificate has expired.",
            "<a href='/ssl client certificate'>Forbidden</a>",
            "Bearer token or client certificate required",
            "No client certificate installed? Use the login page",
            "Your client certificate has expired: ask for another",
            "{\"message\":\"Missing Authentication Token\"}",
        ] {
            assert!(!names_certificate(body), "{body}");
        }
    }

    #[test]
    fn only_pages_of_known_servers_refuse_with_403() {
        for (body, expected) in [
            ("<h1>HTTP Error 403.7 - Forbidden</h1><p>SSL client certificate is required.</p>", true),
            ("No required SSL certificate was sent", true),
            ("client certificate required", false),
            ("SSL client certificate is required, or a token", false),
        ] {
            assert_eq!(is_known_page(body), expected, "{body}");
        }
    }

    #[test]
    fn an_excerpt_is_short_and_escaped() {
        for (body, expected) in [
            ("<head><title>400 Bad</title></head><p>x", Some("400 Bad".to_owned())),
            (" a\n <b>b</b> ", Some("a b".into())),
            ("\u{1b}[31mred\u{202e}\"", Some("?[31mred?\\\"".into())),
            (&"x".repeat(500), Some("x".repeat(80) + "...")),
            ("<br>", None),
        ] {
            assert_eq!(excerpt(body), expected, "{body:?}");
        }
    }
}
