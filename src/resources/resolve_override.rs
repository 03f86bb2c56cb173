//! The addresses of a host that a user gives.

use std::net::IpAddr;
use std::str::FromStr;

use super::origin::{Origin, Scheme};

/// The addresses to use for a host and port instead of those of DNS, as curl's `--resolve` has
/// them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResolveOverride {
    /// The host in the form of [`Origin::host`].
    pub host: String,
    /// The port.
    pub port: u16,
    /// The addresses, at least one.
    pub addresses: Vec<IpAddr>,
}

impl ResolveOverride {
    /// Whether the addresses are for this host and port.
    #[must_use]
    pub fn is_for(&self, origin: &Origin) -> bool {
        self.host == origin.host && self.port == origin.port
    }
}

impl FromStr for ResolveOverride {
    type Err = String;

    /// Parses `HOST:PORT:ADDRESS`, with several addresses separated by commas. An IPv6 address may
    /// be in brackets; one that is the host must be.
    fn from_str(text: &str) -> Result<Self, String> {
        const FORM: &str = "expected HOST:PORT:ADDRESS, such as api.example.com:443:192.0.2.1";
        let end = if text.starts_with('[') { text.find(']').map(|end| end + 1) } else { text.find(':') };
        let (host, rest) = end.and_then(|end| text.split_at_checked(end)).ok_or(FORM)?;
        let (port, addresses) = rest.strip_prefix(':').and_then(|rest| rest.split_once(':')).ok_or(FORM)?;
        let port = port.parse().ok().filter(|port| *port > 0).ok_or("the port is not in 1 to 65535")?;
        let (origin, _) = Origin::parse(&format!("{}://{host}:{port}", Scheme::Https))?;
        let address = |text: &str| {
            let inner = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
            inner.parse().map_err(|_| "the address is not an IPv4 or IPv6 address".to_owned())
        };
        let addresses = addresses.split(',').map(address).collect::<Result<_, _>>()?;
        Ok(Self { host: origin.host, port, addresses })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_override_has_the_form_of_curls_option() {
        let parsed = |text: &str| text.parse::<ResolveOverride>();
        let of = |host: &str, port, addresses: &[&str]| ResolveOverride {
            host: host.into(),
            port,
            addresses: addresses.iter().map(|it| it.parse().unwrap()).collect(),
        };
        for (text, expected) in [
            ("api.example.com:443:192.0.2.1", of("api.example.com", 443, &["192.0.2.1"])),
            ("API.example.com.:8443:[2001:db8::1]", of("api.example.com", 8443, &["2001:db8::1"])),
            ("h:1:2001:db8::1,192.0.2.1", of("h", 1, &["2001:db8::1", "192.0.2.1"])),
            ("[::1]:443:::1", of("::1", 443, &["::1"])),
        ] {
            assert_eq!(parsed(text).unwrap(), expected, "{text}");
        }
        for text in
            ["", "h", "h:443", "h:443:", "h:0:::1", "h:x:::1", "h:443:example.com", ":443:::1", "[::1"]
        {
            assert!(parsed(text).is_err(), "{text}");
        }
    }
}
