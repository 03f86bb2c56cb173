//! Reads the network in front of private APIs: endpoints, and the load balancers that forward to
//! them.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv6Addr;
use std::sync::Arc;

use futures_util::{StreamExt, stream};

use crate::Failure;
use crate::account::front_door::FrontDoor;
use crate::checks::api::private_front_door::named_endpoints;
use crate::reads::CONCURRENCY;
use crate::resources::api::Api;
use crate::resources::listener::{Listener, TargetGroup};
use crate::resources::private_network::{ListenerTrustStore, NetworkInterface, PrivateNetwork};

/// The error codes of a call that the role may not make.
const DENIED: [&str; 4] =
    ["AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "OperationNotPermitted"];

/// Reads the network of an account and Region.
pub(crate) struct NetworkReader<'a, A> {
    account: &'a A,
}

impl<'a, A: FrontDoor> NetworkReader<'a, A> {
    pub(crate) fn new(account: &'a A) -> Self {
        Self { account }
    }

    /// The network in front of private APIs. The inner error says what the role may not read.
    ///
    /// # Errors
    /// Fails if something could not be read for another reason.
    pub(crate) async fn read(&self, apis: &[Api]) -> Result<Result<PrivateNetwork, String>, Failure> {
        match self.read_all(apis).await {
            Ok(network) => Ok(Ok(network)),
            Err(Failure::Operation { operation, code: Some(code), .. })
                if DENIED.contains(&code.as_str()) =>
            {
                Ok(Err(format!("{operation} is not allowed")))
            }
            Err(failure) => Err(failure),
        }
    }

    async fn read_all(&self, apis: &[Api]) -> Result<PrivateNetwork, Failure> {
        let account = self.account;
        let mut network = PrivateNetwork::default();
        let (endpoints, target_groups) =
            tokio::join!(account.execute_api_endpoints(), account.target_groups());
        network.endpoints = by(endpoints?, |endpoint| endpoint.vpc_endpoint_id.clone());
        // An endpoint may belong to another account, or to another service.
        let named: BTreeSet<String> =
            apis.iter().filter_map(|api| api.policy.as_deref()).flat_map(named_endpoints).collect();
        let missing: BTreeSet<String> =
            named.into_iter().filter(|id| !network.endpoints.contains_key(id)).collect();
        if !missing.is_empty() {
            let others = account.vpc_endpoints(&missing).await?;
            network.endpoints.extend(by(others, |endpoint| endpoint.vpc_endpoint_id.clone()));
        }
        if network.endpoints.is_empty() {
            return Ok(network);
        }
        self.read_endpoints(&mut network).await?;
        self.read_target_groups(target_groups?, &mut network).await?;
        self.read_load_balancers(&mut network).await?;
        self.read_groups(&mut network).await?;
        self.read_trust_stores(&mut network).await?;
        Ok(network)
    }

    async fn read_endpoints(&self, network: &mut PrivateNetwork) -> Result<(), Failure> {
        let ids = network.endpoints.values().flat_map(|it| it.network_interface_ids.iter().cloned());
        let ids: BTreeSet<String> = ids.collect();
        if !ids.is_empty() {
            let mut interfaces = self.account.network_interfaces(&ids).await?;
            for address in interfaces.iter_mut().flat_map(|it| &mut it.ipv6_addresses) {
                address.ipv6_address = canonical(&address.ipv6_address);
            }
            network.interfaces = by(interfaces, |interface| interface.network_interface_id.clone());
        }
        Ok(())
    }

    /// The target groups with the endpoints' addresses, and those with a load balancer as target.
    async fn read_target_groups(
        &self,
        groups: Vec<TargetGroup>,
        network: &mut PrivateNetwork,
    ) -> Result<(), Failure> {
        // The addresses of an endpoint can be targets in another VPC: VPCs may be peered.
        let is_used = |group: &TargetGroup| !group.load_balancer_arns.is_empty();
        let has_kind = |group: &TargetGroup| matches!(group.target_type.as_str(), "ip" | "alb");
        let groups = groups.into_iter().filter(|group| is_used(group) && has_kind(group));
        let reads = stream::iter(groups)
            .map(|group| async { (self.account.targets(&group.target_group_arn).await, group) })
            .buffered(CONCURRENCY)
            .collect::<Vec<_>>();
        for (read, group) in reads.await {
            let targets = read?.iter().map(|target| canonical(target)).collect();
            network.targets.insert(group.target_group_arn.clone(), targets);
            network.target_groups.push(group);
        }
        Ok(())
    }

    /// The load balancers that forward to the endpoints, and those in front of these.
    async fn read_load_balancers(&self, network: &mut PrivateNetwork) -> Result<(), Failure> {
        let addresses: BTreeSet<String> = network
            .interfaces
            .values()
            .flat_map(NetworkInterface::addresses)
            .map(ToOwned::to_owned)
            .collect();
        let mut wanted = balancers_of(network, |target| addresses.contains(target));
        loop {
            let new: BTreeSet<String> =
                wanted.iter().filter(|arn| !network.load_balancers.contains_key(*arn)).cloned().collect();
            if new.is_empty() {
                break;
            }
            let found = self.account.load_balancers(&new).await?;
            let reads = stream::iter(&found)
                .map(|balancer| self.account.listeners(&balancer.load_balancer_arn))
                .buffered(CONCURRENCY)
                .collect::<Vec<_>>();
            let mut listeners: Vec<Listener> = Vec::new();
            for read in reads.await {
                listeners.extend(read?);
            }
            let application: BTreeSet<&str> = found
                .iter()
                .filter(|balancer| balancer.r#type == "application")
                .map(|balancer| balancer.load_balancer_arn.as_str())
                .collect();
            let of_application = |it: &&Listener| application.contains(it.load_balancer_arn.as_str());
            let reads =
                stream::iter(listeners.iter().filter(of_application))
                    .map(|it| async move {
                        (&it.listener_arn, self.account.listener_rules(&it.listener_arn).await)
                    })
                    .buffered(CONCURRENCY)
                    .collect::<Vec<_>>();
            for (listener, read) in reads.await {
                network.rules.insert(listener.clone(), read?);
            }
            network.listeners.extend(listeners);
            let found = by(found, |balancer| balancer.load_balancer_arn.clone());
            let in_front = balancers_of(network, |target| found.contains_key(target));
            network.load_balancers.extend(found);
            // What does not exist any more is not asked for again.
            wanted = in_front.into_iter().filter(|arn| !new.contains(arn)).collect();
        }
        // The evaluation of each private API goes through the target groups.
        let PrivateNetwork { target_groups, targets, load_balancers, listeners, .. } = network;
        let is_wanted = |target: &String| addresses.contains(target) || load_balancers.contains_key(target);
        target_groups
            .retain(|it| targets.get(&it.target_group_arn).is_some_and(|ids| ids.iter().any(is_wanted)));
        // AWS doesn't say in which order it returns them.
        target_groups.sort_by(|one, other| one.target_group_arn.cmp(&other.target_group_arn));
        listeners.sort_by(|one, other| one.listener_arn.cmp(&other.listener_arn));
        Ok(())
    }

    /// The security groups of endpoints and load balancers, and who else has the latter.
    async fn read_groups(&self, network: &mut PrivateNetwork) -> Result<(), Failure> {
        let of_balancers: BTreeSet<String> =
            network.load_balancers.values().flat_map(|it| it.security_groups.iter().cloned()).collect();
        let of_endpoints =
            network.endpoints.values().flat_map(|it| it.groups.iter().map(|group| group.group_id.clone()));
        let all: BTreeSet<String> = of_endpoints.chain(of_balancers.iter().cloned()).collect();
        if !all.is_empty() {
            let groups = self.account.security_groups(&all).await?;
            network.security_groups = by(groups, |group| group.group_id.clone());
        }
        if of_balancers.is_empty() {
            return Ok(());
        }
        for group in &of_balancers {
            network.group_members.insert(group.clone(), Vec::new());
        }
        for interface in self.account.interfaces_in(&of_balancers).await? {
            for group in &interface.groups {
                if let Some(members) = network.group_members.get_mut(&group.group_id) {
                    members.push(interface.clone());
                }
            }
        }
        Ok(())
    }

    async fn read_trust_stores(&self, network: &mut PrivateNetwork) -> Result<(), Failure> {
        let verifying = network.listeners.iter().filter(|listener| listener.verifies());
        let arns: BTreeSet<String> = verifying
            .filter_map(|listener| listener.mutual_authentication.as_ref()?.trust_store_arn.clone())
            .collect();
        let reads = stream::iter(arns)
            .map(|arn| async {
                let (content, crls) =
                    tokio::join!(self.account.trust_store(&arn), self.account.revocation_lists(&arn));
                (arn, content, crls)
            })
            .buffered(CONCURRENCY)
            .collect::<Vec<_>>();
        for (arn, content, crls) in reads.await {
            let store = ListenerTrustStore { content: content?.map(Arc::new), crls: crls? };
            network.trust_stores.insert(arn, store);
        }
        Ok(())
    }
}

/// The load balancers that use a target group with a matching target.
fn balancers_of(network: &PrivateNetwork, is_wanted: impl Fn(&str) -> bool) -> BTreeSet<String> {
    let has_target = |group: &&TargetGroup| {
        let targets = network.targets.get(&group.target_group_arn);
        targets.is_some_and(|targets| targets.iter().any(|target| is_wanted(target)))
    };
    let groups = network.target_groups.iter().filter(has_target);
    groups.flat_map(|group| group.load_balancer_arns.iter().cloned()).collect()
}

/// An IPv6 address in the form of RFC 5952: a target is shown as it was registered. Any other text
/// as it is.
fn canonical(target: &str) -> String {
    target.parse::<Ipv6Addr>().map_or_else(|_| target.to_owned(), |address| address.to_string())
}

fn by<T>(values: Vec<T>, key: impl Fn(&T) -> String) -> BTreeMap<String, T> {
    values.into_iter().map(|value| (key(&value), value)).collect()
}
