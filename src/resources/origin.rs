//! The origin of a backend: scheme, host and port.

use std::fmt;

use http::Uri;
use serde::{Serialize, Serializer};

/// How a backend is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Scheme {
    /// Without TLS, so without a certificate.
    Http,
    /// With TLS.
    Https,
}

impl Scheme {
    /// The scheme's name in lower case.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    /// The port of a URL without one.
    #[must_use]
    pub const fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The scheme, host and port of a URL. Two URLs with the same origin are on one server.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin {
    /// The scheme.
    pub scheme: Scheme,
    /// The host in lower case and without a final dot: a DNS name, an IPv4 address, or an IPv6
    /// address without brackets.
    pub host: String,
    /// The port, never 0.
    pub port: u16,
}

impl Origin {
    /// The origin of an `http` or `https` URL, and the rest of the URL: its path and query, or `/`.
    ///
    /// # Errors
    /// Returns a message that names the part that is wrong and what is allowed.
    pub fn parse(url: &str) -> Result<(Self, String), String> {
        let uri: Uri = url.parse().map_err(|error| format!("not a URL: {error}"))?;
        let scheme = match uri.scheme_str() {
            Some("http") => Scheme::Http,
            Some("https") => Scheme::Https,
            Some(_) => return Err("the scheme is not http or https".into()),
            None => return Err("no scheme: expected http://HOST or https://HOST".into()),
        };
        let Some(authority) = uri.authority() else { return Err("no host".into()) };
        if authority.as_str().contains('@') {
            return Err("a user name or password in the URL, which is never sent".into());
        }
        let host = host(authority.host())?;
        // `Authority` reads no port from `example.com:`, `example.com:x` and `example.com:99999`.
        let port = match authority.as_str().get(authority.host().len()..).unwrap_or_default() {
            "" | ":" => scheme.default_port(),
            _ => authority.port_u16().filter(|port| *port > 0).ok_or("the port is not in 1 to 65535")?,
        };
        let path = uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
        let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
        Ok((Self { scheme, host, port }, path))
    }

    /// The host and port as `HOST:PORT`, with brackets around an IPv6 address.
    #[must_use]
    pub fn authority(&self) -> String {
        format!("{}:{}", self.bracketed_host(), self.port)
    }

    /// The host as in a URL: an IPv6 address is in brackets.
    #[must_use]
    pub fn bracketed_host(&self) -> String {
        if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() }
    }
}

/// The host in the form of [`Origin::host`].
fn host(text: &str) -> Result<String, String> {
    let host = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    if text.len() != host.len() {
        let address: std::net::Ipv6Addr = host.parse().map_err(|_| "not an IPv6 address in brackets")?;
        return Ok(address.to_string());
    }
    let host = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    if host.len() > 253 || !host.split('.').all(is_label) {
        return Err("the host is not a DNS name: labels of letters, digits and hyphens".into());
    }
    // Resolvers take such a name as an address in another notation.
    let is_number = |label: &str| label.starts_with("0x") || label.bytes().all(|byte| byte.is_ascii_digit());
    if host.rsplit('.').next().is_some_and(is_number) && host.parse::<std::net::Ipv4Addr>().is_err() {
        return Err("the host is not an IPv4 address of four decimal numbers".into());
    }
    Ok(host)
}

/// The URL without a path; the scheme's default port is left out.
impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme, self.bracketed_host())?;
        if self.port == self.scheme.default_port() { Ok(()) } else { write!(f, ":{}", self.port) }
    }
}

impl Serialize for Origin {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(url: &str) -> Result<String, String> {
        let (origin, path) = Origin::parse(url)?;
        Ok(format!("{} {} {path}", origin, origin.authority()))
    }

    #[test]
    fn the_same_server_has_the_same_origin() {
        for (url, expected) in [
            ("https://a.example.com", "https://a.example.com a.example.com:443 /"),
            ("HTTPS://A.Example.COM.:443/x?y=1", "https://a.example.com a.example.com:443 /x?y=1"),
            ("http://a_b.internal:8080/{proxy}", "http://a_b.internal:8080 a_b.internal:8080 /{proxy}"),
            ("https://[FD00:0::1]/", "https://[fd00::1] [fd00::1]:443 /"),
            ("https://10.0.0.1:8443?x", "https://10.0.0.1:8443 10.0.0.1:8443 /?x"),
            ("https://h:/", "https://h h:443 /"),
        ] {
            assert_eq!(parse(url).unwrap(), expected, "{url}");
        }
    }

    #[test]
    fn what_is_no_url_of_a_backend_is_refused() {
        for url in [
            "",
            "a.example.com",
            "/path",
            "ftp://a.example.com/",
            "https://",
            "https:///x",
            "https://u:p@h/",
            "https://h:0/",
            "https://h:99999/",
            "https://h:x/",
            "https://a..b/",
            "https://[::1/",
            "https://[x]/",
            "https://127.1/",
            "https://0x7f.0.0.1/",
            "https://2130706433/",
            "https://a.0x1/",
            "https://h h/",
            "https://h\n/",
            "https://${stageVariables.host}/",
            "arn:aws:apigateway:eu-west-1:x",
        ] {
            assert!(parse(url).is_err(), "{url:?}: {:?}", parse(url));
        }
    }
}
