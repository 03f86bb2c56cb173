//! The problems of a listener in front of a private API.

use jiff::Timestamp;

use crate::checks::api::in_front::{Found, entry_point};
use crate::checks::front_door::{Problem, Reason};
use crate::resources::listener::MutualAuthentication;
use crate::resources::private_network::PrivateNetwork;

/// The problems of a listener at an instant.
pub(super) fn of(found: &Found<'_>, network: &PrivateNetwork, at: Timestamp) -> Vec<Problem> {
    let listener = found.listener;
    let on = entry_point(listener).to_string();
    let protocol = listener.protocol.as_deref().unwrap_or("unknown protocol");
    // The load balancer to which it forwards is checked too.
    if found.leaves_tls_to_the_next() {
        return Vec::new();
    }
    match &listener.mutual_authentication {
        Some(settings) if listener.verifies() => verifying(&on, settings, network, at),
        settings => {
            let mode = settings.as_ref().map_or("off", |settings| settings.mode.as_str());
            let detail = format!("{protocol}, mutual authentication {mode}");
            vec![Problem::new(Reason::ListenerOpen, &on).with_detail(&detail)]
        }
    }
}

fn verifying(
    on: &str,
    settings: &MutualAuthentication,
    network: &PrivateNetwork,
    at: Timestamp,
) -> Vec<Problem> {
    let undetermined = |on: &str, detail: &str| Problem::new(Reason::Undetermined, on).with_detail(detail);
    let mut problems = Vec::new();
    if settings.ignore_client_certificate_expiry == Some(true) {
        problems.push(Problem::new(Reason::IgnoresExpiry, on));
    }
    match settings.trust_store_association_status.as_deref() {
        None | Some("active") => {}
        Some("removed") => {
            problems.push(Problem::new(Reason::TrustStoreRemoved, on));
            return problems;
        }
        Some(_) => problems.push(undetermined(on, "the status of its trust store is unknown")),
    }
    let Some(arn) = &settings.trust_store_arn else {
        problems.push(undetermined(on, "it names no trust store"));
        return problems;
    };
    let name = format!("trust store {}", arn.rsplit("truststore/").next().unwrap_or(arn));
    let Some(store) = network.trust_stores.get(arn) else {
        problems.push(undetermined(&name, "it can't be read"));
        return problems;
    };
    match &store.crls {
        Err(unreadable) => problems.push(undetermined(&format!("{name}: revocation lists"), &unreadable.why)),
        Ok(crls) => problems.extend(crls.iter().filter_map(|crl| {
            let on = format!("{name}: revocation list {}", crl.id);
            match crl.next_update {
                None => Some(undetermined(&on, "it doesn't say when the next one is due")),
                Some(due) if at > due => Some(Problem::new(Reason::CrlExpired, &on).with_date(due)),
                Some(_) => None,
            }
        })),
    }
    problems
}
