//! The ways by which callers reach an API.

use std::fmt;

use serde::Serialize;

/// A way to an API.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EntryPoint {
    /// The way.
    #[serde(flatten)]
    pub kind: EntryPointKind,
    /// Whether it requires a client certificate.
    pub requires_certificate: bool,
}

/// The kinds of ways to an API.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "entryPoint", rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum EntryPointKind {
    /// The default endpoint, `execute-api`, if it is enabled.
    DefaultEndpoint {
        /// Where the value comes from.
        #[serde(rename = "evaluated")]
        source: SettingSource,
        /// The stages on which the enabled endpoint is deployed; empty if the value is the API's.
        stages: Vec<String>,
    },
    /// A mapping of a domain.
    Mapping {
        /// The domain.
        domain: String,
        /// The path, empty for the root.
        path: String,
        /// The stage; absent if callers name it.
        stage: Option<String>,
    },
    /// A routing rule of a domain.
    RoutingRule {
        /// The domain.
        domain: String,
        /// The priority.
        priority: i32,
        /// The stage; absent if callers name it.
        stage: Option<String>,
    },
    /// A listener of a load balancer in front of a private API.
    Listener {
        /// The ARN.
        listener: String,
        /// The port.
        port: Option<u16>,
    },
}

/// Where a setting of an API comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SettingSource {
    /// From what is deployed on the stages, which is what callers meet.
    Deployed,
    /// From the API's current settings, which take effect with the next deployment.
    Current,
}

/// Formats the way for people, such as `api.example.com/v1`.
impl fmt::Display for EntryPointKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DefaultEndpoint { .. } => f.write_str("execute-api"),
            Self::Mapping { domain, path, .. } if path.is_empty() => f.write_str(domain),
            Self::Mapping { domain, path, .. } => write!(f, "{domain}/{path}"),
            Self::RoutingRule { domain, priority, .. } => write!(f, "{domain} (routing rule {priority})"),
            Self::Listener { listener, port } => {
                let name = listener.split_once("listener/").map_or(listener.as_str(), |(_, name)| name);
                match port {
                    Some(port) => write!(f, "{name} (port {port})"),
                    None => f.write_str(name),
                }
            }
        }
    }
}
