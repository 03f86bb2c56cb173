//! Backends in a few words.

use stagecert::quote::brief;
use stagecert::resources::backend::Server;
use stagecert::resources::certificate_id::{CertificateId, CertificateKind};
use stagecert::scan::backends::{Flag, Host, ListedBackend};

/// The number of characters that an ID from the account may take.
const MAX_ID: usize = 40;
/// The number of characters of an ACM certificate's ID that distinguish it from others.
const SHORT_ID: usize = 8;

/// The server as a URL without a path, or what the integration has instead.
pub(super) fn url(backend: &ListedBackend<'_>) -> String {
    let server = &backend.backend.server;
    match (server.origin(), server.scheme()) {
        (Some(origin), _) => origin.to_string(),
        (None, Some(scheme)) => format!("{scheme}://{server}"),
        (None, None) => name(server),
    }
}

/// The host and port, the resource part of an ARN, or what the integration has instead.
pub(super) fn name(server: &Server) -> String {
    let text = server.to_string();
    match text.strip_prefix("arn:").and_then(|arn| arn.splitn(5, ':').nth(4)) {
        Some(resource) => resource.to_owned(),
        None => text,
    }
}

/// The number of methods and paths; empty for WebSocket and HTTP APIs, which have none.
pub(super) fn operations(backend: &ListedBackend<'_>) -> String {
    let counted = |count: usize, noun: &str| format!("{count} {noun}{}", if count == 1 { "" } else { "s" });
    match (backend.backend.methods, backend.backend.paths) {
        (_, 0) => String::new(),
        (methods, paths) => format!("{}, {}", counted(methods, "method"), counted(paths, "path")),
    }
}

/// The certificate, such as `certificate h4t0vz` or `ACM certificate 5b0e7c1a…`.
pub(super) fn certificate(id: Option<&CertificateId>) -> String {
    match id {
        None => "no certificate".into(),
        Some(id) if id.kind() == CertificateKind::Acm => {
            let last = id.as_str().rsplit('/').next().unwrap_or_default();
            format!("ACM certificate {}…", last.chars().take(SHORT_ID).collect::<String>())
        }
        Some(id) => format!("certificate {}", brief(id.as_str(), MAX_ID)),
    }
}

/// What deserves attention about a backend, and how many other stages call the same server.
pub(super) fn attention(backend: &ListedBackend<'_>) -> String {
    let shared = match backend.shared_count {
        0 => return own_attention(backend),
        1 => "shared with 1 stage".into(),
        count => format!("shared with {count} stages"),
    };
    let differs = backend.flags.contains(&Flag::DifferentCertificates);
    let certificates = if differs { " with different certificates" } else { "" };
    match own_attention(backend).as_str() {
        "" => format!("{shared}{certificates}"),
        own => format!("{own}; {shared}{certificates}"),
    }
}

/// What deserves attention about a backend, whatever other stages call.
pub(super) fn own_attention(backend: &ListedBackend<'_>) -> String {
    let of_flag = |flag: &Flag| match flag {
        Flag::PlainHttp => Some("plain http".into()),
        Flag::TlsNotVerified => Some("TLS not verified".into()),
        Flag::DifferentCertificates => None,
        Flag::OtherDomain => Some("other organization's domain".into()),
        Flag::Private => Some(match backend.backend.vpc_link.as_deref().unwrap_or_default() {
            "" => "private (VPC link)".into(),
            link => format!("private (VPC link {})", brief(link, MAX_ID)),
        }),
    };
    let mut words: Vec<String> = backend.flags.iter().filter_map(of_flag).collect();
    let unresolved: Vec<String> = backend.backend.unresolved.iter().map(|name| brief(name, MAX_ID)).collect();
    if !unresolved.is_empty() {
        words.push(format!("unresolved: {}", unresolved.join(", ")));
    }
    words.join("; ")
}

/// How many stages call a host, and with how many different certificates.
pub(super) fn callers(host: &Host<'_, '_>) -> String {
    let stages = match host.stages().len() {
        1 => "1 stage".into(),
        count => format!("{count} stages"),
    };
    let certificates = host.certificates.iter().flatten().count();
    let without = if host.certificates.contains(&None) { " and none" } else { "" };
    match (certificates, without) {
        (0, _) => format!("{stages}, no certificate"),
        (1, without) => format!("{stages}, 1 certificate{without}"),
        (count, without) => format!("{stages}, {count} certificates{without}"),
    }
}
