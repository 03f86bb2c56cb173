//! Whether a server accepts both certificates during the overlap.
//!
//! All certificates that API Gateway generates have the same subject. OpenSSL finds a trusted
//! certificate by its subject and stops at the first one, so of two certificates in one file it
//! verifies only the first.

use strum::AsRefStr;

/// What is known about a server's verification of client certificates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, AsRefStr)]
#[strum(serialize_all = "kebab-case")]
pub enum Overlap {
    /// It uses OpenSSL and verifies only the first of two certificates in one file.
    Breaks,
    /// Its verifier accepts both certificates.
    Works,
    /// The server is unknown.
    Unknown,
}

/// Words at the beginning of a `Server` header, in lower case, with the software's name.
const OPENSSL: [(&str, &str); 16] = [
    ("nginx", "nginx"),
    ("openresty", "nginx"),
    ("tengine", "nginx"),
    ("haproxy", "HAProxy"),
    ("httpd", "Apache"),
    ("node", "Node.js"),
    ("express", "Node.js"),
    ("python", "Python"),
    ("simplehttp", "Python"),
    ("basehttp", "Python"),
    ("gunicorn", "Python"),
    ("uvicorn", "Python"),
    ("hypercorn", "Python"),
    ("werkzeug", "Python"),
    ("waitress", "Python"),
    ("cherrypy", "Python"),
];
/// Servers that use Java's own verifier.
const JAVA: [&str; 2] = ["jetty", "undertow"];

/// What the `Server` header of a backend says about the overlap, and the name of the software.
#[must_use]
pub fn overlap(server: Option<&str>) -> (Overlap, Option<&'static str>) {
    let server = server.unwrap_or_default().trim_start().to_ascii_lowercase();
    // `Apache-Coyote` is Tomcat, which uses either Java's verifier or OpenSSL.
    let is_apache = ["apache", "apache/", "apache "]
        .iter()
        .any(|it| server == *it || (it.len() > 6 && server.starts_with(it)));
    if is_apache {
        return (Overlap::Breaks, Some("Apache"));
    }
    if let Some((_, name)) = OPENSSL.iter().find(|(word, _)| server.starts_with(word)) {
        return (Overlap::Breaks, Some(name));
    }
    if JAVA.iter().any(|word| server.starts_with(word)) {
        return (Overlap::Works, Some("Java"));
    }
    (Overlap::Unknown, None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_with_openssl_are_known_by_their_header() {
        for (server, expected) in [
            ("nginx", Some("nginx")),
            ("nginx/1.24.0 (Ubuntu)", Some("nginx")),
            ("Apache", Some("Apache")),
            ("Apache/2.4.58 (Unix) OpenSSL/3.0", Some("Apache")),
            ("HAProxy", Some("HAProxy")),
            ("gunicorn", Some("Python")),
            ("SimpleHTTP/0.6 Python/3.11", Some("Python")),
        ] {
            assert_eq!(overlap(Some(server)), (Overlap::Breaks, expected), "{server}");
        }
        assert_eq!(overlap(Some("Jetty(12.0.1)")), (Overlap::Works, Some("Java")));
        for unknown in [None, Some(""), Some("Apache-Coyote/1.1"), Some("cloudflare"), Some("not nginx")] {
            assert_eq!(overlap(unknown), (Overlap::Unknown, None), "{unknown:?}");
        }
    }
}
