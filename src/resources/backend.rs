//! The servers that the HTTP integrations of a stage call.

use std::collections::BTreeSet;
use std::fmt;

use crate::quote::printable;
use crate::resources::certificate_id::CertificateId;
use crate::resources::origin::{Origin, Scheme};
use crate::resources::stage_arn::StageArn;

/// The server that an integration calls.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Server {
    /// The origin of the integration's URL.
    Origin(Origin),
    /// What is known of a URI that isn't a URL: one with a stage variable that can't be resolved,
    /// or the ARN of a listener or of a Cloud Map service.
    AsWritten {
        /// The scheme, if the URI starts with one.
        scheme: Option<Scheme>,
        /// The host as the integration has it, or else the whole URI; empty if there is none. It is
        /// untrusted text.
        host: String,
    },
}

impl Server {
    /// Returns the server of a URI. A user name and password in it are dropped.
    #[must_use]
    pub fn of(uri: &str) -> Self {
        let Some((scheme, authority)) = scheme_and_authority(uri) else {
            return Self::AsWritten { scheme: None, host: without_secrets(uri) };
        };
        match Origin::parse(&format!("{scheme}://{authority}")) {
            Ok((origin, _)) => Self::Origin(origin),
            Err(_) => Self::AsWritten { scheme: Some(scheme), host: authority.into() },
        }
    }

    /// Returns the origin, if it is known.
    #[must_use]
    pub fn origin(&self) -> Option<&Origin> {
        match self {
            Self::Origin(origin) => Some(origin),
            Self::AsWritten { .. } => None,
        }
    }

    /// Returns the scheme, if it is known.
    #[must_use]
    pub fn scheme(&self) -> Option<Scheme> {
        match self {
            Self::Origin(origin) => Some(origin.scheme),
            Self::AsWritten { scheme, .. } => *scheme,
        }
    }

    /// Returns the host, or what the integration has instead of one.
    #[must_use]
    pub fn host(&self) -> &str {
        match self {
            Self::Origin(origin) => &origin.host,
            Self::AsWritten { host, .. } => host,
        }
    }

    /// Returns the port, if it is known.
    #[must_use]
    pub fn port(&self) -> Option<u16> {
        self.origin().map(|origin| origin.port)
    }
}

/// The host and port as `HOST:PORT`, or printable text for what the integration has instead.
impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Origin(origin) => f.write_str(&origin.authority()),
            Self::AsWritten { host, .. } if host.is_empty() => f.write_str("no URI"),
            Self::AsWritten { host, .. } => f.write_str(&printable(host)),
        }
    }
}

/// The text without what may be a user name and a password, and without a query.
fn without_secrets(uri: &str) -> String {
    let uri = uri.split(['?', '#']).next().unwrap_or_default();
    let Some((scheme, rest)) = uri.split_once("//") else { return uri.to_owned() };
    let end = rest.find('/').unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    format!("{scheme}//{}{path}", authority.rsplit('@').next().unwrap_or_default())
}

/// The scheme of a URI that starts with `http://` or `https://`, and its host and port.
fn scheme_and_authority(uri: &str) -> Option<(Scheme, &str)> {
    let (scheme, rest) = uri.split_once("://")?;
    let scheme = [Scheme::Http, Scheme::Https]
        .into_iter()
        .find(|known| known.as_str().eq_ignore_ascii_case(scheme))?;
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    Some((scheme, authority.rsplit('@').next().unwrap_or_default()))
}

/// A server behind a stage, with what all integrations that call it in the same way have in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backend {
    /// The server.
    pub server: Server,
    /// The ID of the VPC link of private integrations, empty if it isn't known. It is untrusted
    /// text.
    pub vpc_link: Option<String>,
    /// Whether API Gateway doesn't verify the server's certificate.
    pub insecure_skip_verification: bool,
    /// The number of different HTTP methods; 0 for WebSocket and HTTP APIs, because AWS Config
    /// doesn't record which routes an integration has.
    pub methods: usize,
    /// The number of different paths; 0 for WebSocket and HTTP APIs.
    pub paths: usize,
    /// The stage variables in the host or the VPC link that can't be resolved. They are untrusted
    /// text.
    pub unresolved: BTreeSet<String>,
}

/// The backends of one stage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StageBackends {
    /// The stage.
    pub stage: StageArn,
    /// The client certificate that the stage presents, if any.
    pub certificate: Option<CertificateId>,
    /// The backends, in the order of their servers.
    pub backends: Vec<Backend>,
    /// Why backends may be missing.
    pub gaps: Vec<Gap>,
}

/// Why a stage may have backends that are not listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Gap {
    /// The stage can't be exported, with API Gateway's message if there is one.
    NotExportable(Option<String>),
    /// A canary sends traffic to a deployment that can't be exported.
    Canary,
    /// AWS Config records no integrations of the API, or one of an unknown API.
    NotRecorded,
    /// API Gateway no longer finds the stage.
    NotFound,
}

/// The reason as a clause, to follow "because".
impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotExportable(None) => f.write_str("the deployed API can't be exported"),
            Self::NotExportable(Some(message)) => {
                write!(f, "the deployed API can't be exported ({})", printable(message))
            }
            Self::Canary => f.write_str("the canary's deployment can't be exported"),
            Self::NotRecorded => f.write_str("AWS Config doesn't record all integrations of the API"),
            Self::NotFound => f.write_str("API Gateway doesn't find the stage"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_reduced_to_its_origin_and_other_text_is_kept() {
        for (uri, scheme, host, port) in [
            ("https://API.example.com/v1/{proxy}", Some(Scheme::Https), "api.example.com", Some(443)),
            ("http://10.0.0.1:8080", Some(Scheme::Http), "10.0.0.1", Some(8080)),
            ("https://user:secret@api.example.com/x", Some(Scheme::Https), "api.example.com", Some(443)),
            (
                "https://user:secret@${stageVariables.h}:8/x",
                Some(Scheme::Https),
                "${stageVariables.h}:8",
                None,
            ),
            ("HTTP://${stageVariables.host}/x?y#z", Some(Scheme::Http), "${stageVariables.host}", None),
            ("https://{host}.example.com/", Some(Scheme::Https), "{host}.example.com", None),
            ("https://api.example.com:99999/", Some(Scheme::Https), "api.example.com:99999", None),
            ("https://", Some(Scheme::Https), "", None),
            ("", None, "", None),
            ("api.example.com/v1", None, "api.example.com/v1", None),
            ("ftp://example.com/", None, "ftp://example.com/", None),
            (
                "arn:aws:servicediscovery:x:1:service/srv-1",
                None,
                "arn:aws:servicediscovery:x:1:service/srv-1",
                None,
            ),
        ] {
            let server = Server::of(uri);
            assert_eq!((server.scheme(), server.host(), server.port()), (scheme, host, port), "{uri}");
        }
    }

    #[test]
    fn a_server_is_shown_without_hidden_characters() {
        for (uri, expected) in [
            ("https://[::1]/", "[::1]:443"),
            ("https://${stageVariables.a\u{202e}}/", "${stageVariables.a?}"),
            ("", "no URI"),
        ] {
            assert_eq!(Server::of(uri).to_string(), expected);
        }
    }
}
