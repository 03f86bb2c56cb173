//! The addresses of a host: those of `--resolve`, or those of DNS.

use std::net::IpAddr;

use crate::resources::origin::Origin;
use crate::resources::resolve_override::ResolveOverride;

/// The addresses of a host, without duplicates.
///
/// # Errors
/// Returns the resolver's message, or that there is no address.
pub(crate) async fn addresses(origin: &Origin, overrides: &[ResolveOverride]) -> Result<Vec<IpAddr>, String> {
    if let Some(found) = overrides.iter().rev().find(|it| it.is_for(origin)) {
        return Ok(found.addresses.clone());
    }
    if let Ok(address) = origin.host.parse() {
        return Ok(vec![address]);
    }
    let found = tokio::net::lookup_host((origin.host.as_str(), origin.port)).await;
    let mut addresses = Vec::new();
    for found in found.map_err(|error| format!("name resolution: {error}"))? {
        if !addresses.contains(&found.ip()) {
            addresses.push(found.ip());
        }
    }
    if addresses.is_empty() { Err("name resolution: no address".into()) } else { Ok(addresses) }
}
