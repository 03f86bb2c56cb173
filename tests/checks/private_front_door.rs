//! `private-front-door`: only a load balancer that verifies leads to a private API.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::{Value, json};
use stagecert::checks::api::private_front_door::{
    Answer, Policy, PrivateApi, check, entry_points, named_endpoints, trust_stores,
};
use stagecert::resources::api::{Api, ApiArn, ApiProtocol, ApiType};
use stagecert::resources::entry_point::SettingSource;
use stagecert::resources::listener::{
    ForwardConfig, Listener, ListenerAction, ListenerRule, LoadBalancer, MutualAuthentication, TargetGroup,
    TargetGroupTuple,
};
use stagecert::resources::private_network::{
    GroupIdentifier, IpPermission, IpRange, Ipv6Address, Ipv6Range, ListenerTrustStore, NetworkInterface,
    PrefixListId, PrivateIpAddress, PrivateNetwork, SecurityGroup, Unreadable, VpcEndpoint,
};
use stagecert::resources::trust_store::{Crl, TrustStoreContent};

use crate::answers::{codes, only, rank};
use crate::cases::cases;

const ENDPOINT: &str = "vpce-0123456789abcdef0";
const OTHER_ENDPOINT: &str = "vpce-0fedcba9876543210";
const VPC: &str = "vpc-0123456789abcdef0";
const ELB: &str = "arn:aws:elasticloadbalancing:eu-west-1:111122223333";
const STORE: &str = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:truststore/clients/1";

fn now() -> Timestamp {
    "2026-11-30T12:00:00Z".parse().unwrap()
}

fn arn(rest: &str) -> String {
    format!("{ELB}:{rest}")
}

fn group(id: &str) -> GroupIdentifier {
    GroupIdentifier { group_id: id.into() }
}

fn forward(target_group: &str) -> ListenerAction {
    let target_group_arn = Some(arn(target_group));
    ListenerAction { r#type: "forward".into(), target_group_arn, forward_config: None }
}

fn interface(id: &str, address: &str, groups: &[&str]) -> NetworkInterface {
    NetworkInterface {
        network_interface_id: id.into(),
        private_ip_addresses: vec![PrivateIpAddress { private_ip_address: address.into() }],
        groups: groups.iter().map(|id| group(id)).collect(),
        ..NetworkInterface::default()
    }
}

fn interface_of(load_balancer: &str, id: &str) -> NetworkInterface {
    NetworkInterface {
        description: Some(format!("ELB {load_balancer}")),
        requester_id: Some("amazon-elb".into()),
        ..interface(id, "10.0.1.10", &["sg-front"])
    }
}

fn verify() -> MutualAuthentication {
    MutualAuthentication {
        mode: "verify".into(),
        trust_store_arn: Some(STORE.into()),
        ignore_client_certificate_expiry: Some(false),
        trust_store_association_status: Some("active".into()),
    }
}

fn listener(load_balancer: &str, id: &str, protocol: &str, port: u16, target_group: &str) -> Listener {
    Listener {
        listener_arn: arn(&format!("listener/{load_balancer}/{id}")),
        load_balancer_arn: arn(&format!("loadbalancer/{load_balancer}")),
        port: Some(port),
        protocol: Some(protocol.into()),
        default_actions: vec![forward(target_group)],
        mutual_authentication: None,
    }
}

fn load_balancer(name: &str, r#type: &str, groups: &[&str]) -> (String, LoadBalancer) {
    let load_balancer_arn = arn(&format!("loadbalancer/{name}"));
    let security_groups = groups.iter().map(|id| (*id).into()).collect();
    let vpc_id = VPC.into();
    (
        load_balancer_arn.clone(),
        LoadBalancer { load_balancer_arn, r#type: r#type.into(), vpc_id, security_groups },
    )
}

fn target_group(name: &str, target_type: &str, load_balancer: &str) -> TargetGroup {
    TargetGroup {
        target_group_arn: arn(name),
        target_type: target_type.into(),
        vpc_id: Some(VPC.into()),
        load_balancer_arns: vec![arn(&format!("loadbalancer/{load_balancer}"))],
    }
}

fn https_from(group_id: &str) -> IpPermission {
    IpPermission {
        ip_protocol: "tcp".into(),
        from_port: Some(443),
        to_port: Some(443),
        user_id_group_pairs: vec![group(group_id)],
        ..IpPermission::default()
    }
}

/// An endpoint behind an application load balancer that verifies, with nothing to complain about.
fn network() -> PrivateNetwork {
    let endpoint = VpcEndpoint {
        vpc_endpoint_id: ENDPOINT.into(),
        service_name: "com.amazonaws.eu-west-1.execute-api".into(),
        vpc_id: VPC.into(),
        owner_id: None,
        groups: vec![group("sg-endpoint")],
        network_interface_ids: vec!["eni-1".into(), "eni-2".into()],
    };
    let group_of = |id: &str, ip_permissions: Vec<IpPermission>| {
        (id.to_owned(), SecurityGroup { group_id: id.into(), ip_permissions })
    };
    let https = listener("app/front/1", "443", "HTTPS", 443, "targetgroup/api/1");
    let https = Listener { mutual_authentication: Some(verify()), ..https };
    // A listener that only redirects is no way to the API.
    let redirect = ListenerAction { r#type: "redirect".into(), ..ListenerAction::default() };
    let http = listener("app/front/1", "80", "HTTP", 80, "");
    let http = Listener { default_actions: vec![redirect], ..http };
    let store = ListenerTrustStore {
        content: Ok(Arc::new(TrustStoreContent::default())),
        crls: Ok(vec![Crl { id: "7".into(), next_update: Some(now()) }]),
    };
    PrivateNetwork {
        endpoints: [(ENDPOINT.to_owned(), endpoint)].into(),
        security_groups: [
            group_of("sg-endpoint", vec![https_from("sg-front")]),
            group_of("sg-front", vec![]),
        ]
        .into(),
        interfaces: [
            ("eni-1".to_owned(), interface("eni-1", "10.0.1.4", &["sg-endpoint"])),
            ("eni-2".to_owned(), interface("eni-2", "10.0.2.4", &["sg-endpoint"])),
        ]
        .into(),
        group_members: [(
            "sg-front".to_owned(),
            vec![interface_of("app/front/1", "eni-8"), interface_of("app/front/1", "eni-9")],
        )]
        .into(),
        target_groups: vec![target_group("targetgroup/api/1", "ip", "app/front/1")],
        targets: [(arn("targetgroup/api/1"), ["10.0.2.4".to_owned()].into())].into(),
        load_balancers: [load_balancer("app/front/1", "application", &["sg-front"])].into(),
        rules: [(https.listener_arn.clone(), vec![]), (http.listener_arn.clone(), vec![])].into(),
        listeners: vec![https, http],
        trust_stores: [(STORE.to_owned(), store)].into(),
    }
}

fn changed(change: impl FnOnce(&mut PrivateNetwork)) -> PrivateNetwork {
    let mut network = network();
    change(&mut network);
    network
}

/// Adds an endpoint to which nothing forwards.
fn add_endpoint(network: &mut PrivateNetwork) {
    let endpoint = VpcEndpoint {
        vpc_endpoint_id: OTHER_ENDPOINT.into(),
        network_interface_ids: vec!["eni-3".into()],
        ..network.endpoints[ENDPOINT].clone()
    };
    network.endpoints.insert(OTHER_ENDPOINT.into(), endpoint);
    network.interfaces.insert("eni-3".into(), interface("eni-3", "10.0.3.4", &[]));
}

fn private_api() -> Api {
    Api {
        arn: ApiArn::new("aws", "eu-west-1", ApiType::Rest, "abc123").unwrap(),
        name: None,
        protocol: ApiProtocol::Rest,
        endpoint_types: vec!["PRIVATE".into()],
        disables_default_endpoint: false,
        policy: None,
    }
}

fn policy(document: Option<&Value>) -> Policy {
    Policy { document: document.map(Value::to_string), source: SettingSource::Current, stage: None }
}

fn allow(condition: &Value) -> Value {
    json!({
        "Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/*",
        "Condition": condition,
    })
}

fn limited_to(ids: &[&str]) -> Policy {
    policy(Some(&json!({ "Statement": allow(&json!({ "StringEquals": { "aws:SourceVpce": ids } })) })))
}

fn open_policy() -> Policy {
    policy(Some(&json!({ "Statement": [allow(&json!({}))] })))
}

fn of(network: &PrivateNetwork, policies: &[Policy], is_required: bool) -> Answer {
    let api = private_api();
    check(PrivateApi { api: &api, policies, network: Ok(network), is_required }, now())
}

fn guarded(network: &PrivateNetwork) -> Answer {
    let answer = of(network, &[limited_to(&[ENDPOINT])], false);
    // Requiring mutual TLS changes nothing for an API that has it.
    assert_eq!(of(network, &[limited_to(&[ENDPOINT])], true), answer);
    answer
}

#[test]
fn an_api_behind_a_load_balancer_that_verifies_passes() {
    let evidence =
        format!("the current resource policy lets in only {ENDPOINT}, behind app/front/1/443 (port 443)");
    assert_eq!(guarded(&network()), Answer::Passed(evidence));
    let deployed =
        Policy { source: SettingSource::Deployed, stage: Some("prod".into()), ..limited_to(&[ENDPOINT]) };
    let Answer::Passed(evidence) = of(&network(), &[deployed], false) else { panic!() };
    assert!(evidence.starts_with("the deployed resource policy"), "{evidence}");
}

#[test]
fn an_api_without_such_a_load_balancer_must_be_named() {
    for (network, policies, required) in [
        (PrivateNetwork::default(), vec![policy(None)], "no-load-balancer"),
        (network(), vec![policy(None)], "no-load-balancer"),
        (changed(|it| it.target_groups.clear()), vec![limited_to(&[ENDPOINT])], "no-load-balancer"),
        (
            changed(|it| it.targets.values_mut().for_each(BTreeSet::clear)),
            vec![limited_to(&[ENDPOINT])],
            "no-load-balancer",
        ),
        (PrivateNetwork::default(), vec![open_policy()], "policy-open no-load-balancer"),
        (changed(|it| it.target_groups.clear()), vec![open_policy()], "policy-open no-load-balancer"),
        (
            changed(|it| it.listeners[0].mutual_authentication = None),
            vec![limited_to(&[ENDPOINT])],
            "endpoint-open listener-open",
        ),
    ] {
        assert_eq!(codes(&of(&network, &policies, false)), ["not-guarded"]);
        assert_eq!(codes(&of(&network, &policies, true)).join(" "), required);
    }
    let public = Api { endpoint_types: vec!["REGIONAL".into()], ..private_api() };
    let subject = PrivateApi { api: &public, policies: &[], network: Ok(&network()), is_required: true };
    assert_eq!(codes(&check(subject, now())), ["not-private"]);
}

/// AWS may list the listeners in any order, and so may a redacted snapshot.
#[test]
fn the_code_does_not_depend_on_the_order_of_the_listeners() {
    let network = changed(|it| {
        it.listeners.push(listener("app/front/1", "8080", "HTTP", 8080, "targetgroup/api/1"));
        let first = it.listeners[0].mutual_authentication.as_mut().unwrap();
        first.ignore_client_certificate_expiry = Some(true);
    });
    let mut reversed = network.clone();
    reversed.listeners.reverse();
    for network in [network, reversed] {
        assert_eq!(codes(&guarded(&network)), ["listener-open", "ignores-expiry"]);
    }
}

#[test]
fn a_network_that_can_t_be_read_is_no_pass() {
    let (api, policies) = (private_api(), [limited_to(&[ENDPOINT])]);
    for is_required in [false, true] {
        let why = "ec2:DescribeVpcEndpoints is denied";
        let subject = PrivateApi { api: &api, policies: &policies, network: Err(why), is_required };
        assert_eq!(
            only(&check(subject, now())),
            format!("undetermined: the network in front of the API can't be evaluated ({why})")
        );
        let subject = PrivateApi { policies: &[], network: Ok(&network()), ..subject };
        assert_eq!(codes(&check(subject, now())), ["undetermined"]);
    }
}

#[test]
fn a_policy_must_be_limited_to_the_endpoint() {
    let vpc = policy(Some(&json!({
        "Statement": allow(&json!({ "StringEquals": { "aws:SourceVpc": VPC } })),
    })));
    let unknown = policy(Some(&json!({
        "Statement": allow(&json!({ "StringLike": { "aws:SourceVpce": "vpce-*" } })),
    })));
    for (policies, expected) in [
        (vec![open_policy()], vec!["policy-open"]),
        (vec![vpc.clone()], vec!["policy-open"]),
        (vec![unknown], vec!["undetermined"]),
        (vec![limited_to(&[ENDPOINT]), open_policy()], vec!["policy-open"]),
        (vec![limited_to(&[ENDPOINT]), limited_to(&[ENDPOINT])], vec!["passed"]),
        (vec![limited_to(&[ENDPOINT]), policy(None)], vec!["passed"]),
        // An endpoint that leads around the load balancer, and one of another account.
        (vec![limited_to(&[ENDPOINT, OTHER_ENDPOINT])], vec!["policy-open"]),
        (vec![limited_to(&[ENDPOINT, "vpce-99999999"])], vec!["undetermined"]),
        (vec![limited_to(&["vpce-99999999"])], vec!["undetermined"]),
        // Nothing is in front of this one.
        (vec![limited_to(&[OTHER_ENDPOINT])], vec!["not-guarded"]),
    ] {
        assert_eq!(codes(&of(&changed(add_endpoint), &policies, false)), expected, "{policies:?}");
    }
    let stage = Policy { source: SettingSource::Deployed, stage: Some("dev".into()), ..vpc };
    assert_eq!(
        only(&of(&network(), &[stage], false)),
        format!(
            "policy-open: resource policy deployed on dev is not limited to the known endpoints \
             (aws:SourceVpc lets in every endpoint of {VPC})"
        )
    );
    assert_eq!(
        only(&of(&network(), &[limited_to(&["vpce-99999999"])], false)),
        "undetermined: vpce-99999999 can't be evaluated (not in this account and Region, or it can't be read)"
    );
}

/// Adds a permission to the security group of the endpoint.
fn permitting(permission: IpPermission) -> PrivateNetwork {
    changed(|it| it.security_groups.get_mut("sg-endpoint").unwrap().ip_permissions.push(permission))
}

#[test]
fn the_endpoint_must_admit_only_the_load_balancer() {
    let cidr = |range: &str| vec![IpRange { cidr_ip: range.into() }];
    let tcp = |from: Option<i64>, to: Option<i64>| IpPermission {
        ip_protocol: "tcp".into(),
        from_port: from,
        to_port: to,
        ip_ranges: cidr("10.0.0.0/16"),
        ..IpPermission::default()
    };
    let protocol = |name: &str| IpPermission { ip_protocol: name.into(), ..tcp(None, None) };
    let none = IpPermission { ip_ranges: vec![], ..tcp(Some(443), Some(443)) };
    for (permission, is_open) in [
        (tcp(Some(443), Some(443)), true),
        (tcp(Some(442), Some(443)), true),
        (tcp(Some(443), Some(444)), true),
        (tcp(Some(0), Some(65_535)), true),
        (tcp(None, None), true),
        (tcp(Some(-1), Some(-1)), true),
        (tcp(Some(0), Some(442)), false),
        (tcp(Some(444), Some(65_535)), false),
        (tcp(Some(80), Some(80)), false),
        (protocol("-1"), true),
        (protocol("6"), true),
        (protocol("all"), true),
        (protocol("udp"), false),
        (protocol("17"), false),
        (protocol("icmp"), false),
        (none.clone(), false),
        (IpPermission { ipv6_ranges: vec![Ipv6Range { cidr_ipv6: "::/0".into() }], ..none.clone() }, true),
        (
            IpPermission { prefix_list_ids: vec![PrefixListId { prefix_list_id: "pl-1".into() }], ..none },
            true,
        ),
        (https_from("sg-other"), true),
        (https_from("sg-endpoint"), true),
        (https_from("sg-front"), false),
    ] {
        let expected = if is_open { "endpoint-open" } else { "passed" };
        assert_eq!(codes(&guarded(&permitting(permission.clone()))), [expected], "{permission:?}");
    }
    assert_eq!(
        only(&guarded(&permitting(tcp(Some(443), Some(443))))),
        format!("endpoint-open: {ENDPOINT}, sg-endpoint lets in more than the load balancer (10.0.0.0/16)")
    );
    // Any of its groups counts.
    let two = changed(|it| {
        it.endpoints.get_mut(ENDPOINT).unwrap().groups.push(group("sg-second"));
        let permissions = vec![tcp(Some(443), Some(443))];
        let second = SecurityGroup { group_id: "sg-second".into(), ip_permissions: permissions };
        it.security_groups.insert("sg-second".into(), second);
    });
    assert_eq!(codes(&guarded(&two)), ["endpoint-open"]);
}

#[test]
fn nothing_else_may_have_the_load_balancer_s_security_group() {
    for (member, is_open) in [
        (interface_of("app/front/1", "eni-7"), false),
        (interface_of("app/other/2", "eni-7"), true),
        (interface("eni-7", "10.0.9.9", &["sg-front"]), true),
        // Its owner chose this description.
        (NetworkInterface { requester_id: None, ..interface_of("app/front/1", "eni-7") }, true),
    ] {
        let network = changed(|it| it.group_members.get_mut("sg-front").unwrap().push(member));
        let answer = guarded(&network);
        assert_eq!(codes(&answer), [if is_open { "endpoint-open" } else { "passed" }]);
        if is_open {
            let detail = "(sg-front, which eni-7 also has)";
            assert!(only(&answer).ends_with(detail), "{answer}");
        }
    }
}

/// The text must not depend on the order in which EC2 returns them.
#[test]
fn many_interfaces_with_the_load_balancer_s_group_are_named_in_part() {
    let ids: Vec<String> = (10..2_000).map(|n| format!("eni-{n}")).collect();
    let with = |ids: &mut dyn Iterator<Item = &String>| {
        let members = ids.map(|id| interface(id, "10.0.9.9", &["sg-front"])).collect();
        changed(|it| _ = it.group_members.insert("sg-front".into(), members))
    };
    let answer = guarded(&with(&mut ids.iter()));
    assert_eq!(answer, guarded(&with(&mut ids.iter().rev())));
    let details: Vec<&str> = answer.problems().iter().filter_map(|it| it.detail.as_deref()).collect();
    assert_eq!(details.len(), 6);
    assert_eq!(details[0], "sg-front, which eni-10 also has");
    assert_eq!(details[5], "sg-front, which other interfaces also have");
}

#[test]
fn every_listener_that_forwards_there_must_verify() {
    let open = |change: &dyn Fn(&mut Listener)| changed(|it| change(&mut it.listeners[1]));
    let forwards = |it: &mut Listener| it.default_actions.push(forward("targetgroup/api/1"));
    let weighted = |it: &mut Listener| {
        let target_groups = vec![TargetGroupTuple { target_group_arn: arn("targetgroup/api/1") }];
        let forward_config = Some(ForwardConfig { target_groups });
        it.default_actions = vec![ListenerAction { forward_config, ..ListenerAction::default() }];
    };
    let mode = |protocol: &'static str, mode: &'static str| {
        move |it: &mut Listener| {
            it.protocol = Some(protocol.into());
            it.default_actions = vec![forward("targetgroup/api/1")];
            it.mutual_authentication = Some(MutualAuthentication { mode: mode.into(), ..verify() });
        }
    };
    for (network, code) in [
        (network(), "passed"),
        (open(&forwards), "listener-open"),
        (open(&weighted), "listener-open"),
        (open(&mode("HTTPS", "verify")), "passed"),
        (open(&mode("HTTPS", "passthrough")), "listener-open"),
        (open(&mode("HTTPS", "off")), "listener-open"),
        (open(&mode("HTTP", "verify")), "listener-open"),
        (open(&|it| it.default_actions = vec![forward("targetgroup/elsewhere/1")]), "passed"),
        (changed(|it| it.rules.values_mut().next().unwrap().push(rule())), "passed"),
        (changed(|it| it.rules.values_mut().nth(1).unwrap().push(rule())), "listener-open"),
    ] {
        assert_eq!(codes(&guarded(&network)), [code], "{network:?}");
    }
    assert_eq!(
        only(&guarded(&open(&forwards))),
        "listener-open: app/front/1/80 (port 80) does not verify client certificates \
         (HTTP, mutual authentication off)"
    );
}

fn rule() -> ListenerRule {
    let actions = vec![ListenerAction::default(), forward("targetgroup/api/1")];
    ListenerRule { rule_arn: arn("listener-rule/app/front/1/80/1"), actions }
}

/// Adds a network load balancer with a listener that forwards to a target group.
fn add_network_load_balancer(
    network: &mut PrivateNetwork,
    listener: Listener,
    group: TargetGroup,
    target: &str,
) {
    network.load_balancers.extend([load_balancer("net/outer/2", "network", &[])]);
    network.targets.insert(group.target_group_arn.clone(), [target.to_owned()].into());
    network.target_groups.push(group);
    network.listeners.push(listener);
}

#[test]
fn network_load_balancers_count_too() {
    let direct = |protocol: &str, mutual_authentication: Option<MutualAuthentication>| {
        changed(|it| {
            let listener = listener("net/outer/2", "443", protocol, 443, "targetgroup/direct/2");
            let listener = Listener { mutual_authentication, ..listener };
            let group = target_group("targetgroup/direct/2", "ip", "net/outer/2");
            add_network_load_balancer(it, listener, group, "10.0.1.4");
        })
    };
    let in_front = |protocol: &str, target: &str| {
        changed(|it| {
            let listener = listener("net/outer/2", "443", protocol, 443, "targetgroup/alb/2");
            let group = target_group("targetgroup/alb/2", "alb", "net/outer/2");
            add_network_load_balancer(it, listener, group, target);
        })
    };
    let alb = arn("loadbalancer/app/front/1");
    for (network, code) in [
        (direct("TCP", None), "listener-open"),
        (direct("TLS", None), "listener-open"),
        (direct("TLS", Some(verify())), "passed"),
        (in_front("TCP", &alb), "passed"),
        // It ends TLS, so the client's certificate never reaches the listener behind it.
        (in_front("TLS", &alb), "listener-open"),
        (in_front("UDP", &alb), "listener-open"),
        (in_front("TLS", &arn("loadbalancer/app/elsewhere/1")), "passed"),
    ] {
        assert_eq!(codes(&guarded(&network)), [code], "{network:?}");
        let found = entry_points(&private_api(), &[limited_to(&[ENDPOINT])], &network);
        assert_eq!(found.iter().all(|it| it.requires_certificate), code == "passed", "{found:?}");
    }
}

#[test]
fn a_listener_that_verifies_can_still_have_problems() {
    let settings = |change: &dyn Fn(&mut MutualAuthentication)| {
        changed(|it| change(it.listeners[0].mutual_authentication.as_mut().unwrap()))
    };
    let store = |change: &dyn Fn(&mut ListenerTrustStore)| {
        changed(|it| change(it.trust_stores.get_mut(STORE).unwrap()))
    };
    let crl = |next_update: Option<&str>| {
        let next_update = next_update.map(|it| it.parse().unwrap());
        store(&|it| it.crls = Ok(vec![Crl { id: "7".into(), next_update }]))
    };
    let denied = || Unreadable { why: "denied".into() };
    for (network, code) in [
        (settings(&|it| it.ignore_client_certificate_expiry = None), "passed"),
        (settings(&|it| it.ignore_client_certificate_expiry = Some(true)), "ignores-expiry"),
        (settings(&|it| it.trust_store_association_status = None), "passed"),
        (settings(&|it| it.trust_store_association_status = Some("removed".into())), "trust-store-removed"),
        (settings(&|it| it.trust_store_association_status = Some("new".into())), "undetermined"),
        (settings(&|it| it.trust_store_arn = None), "undetermined"),
        (settings(&|it| it.trust_store_arn = Some("another".into())), "undetermined"),
        // `truststore` reports this.
        (store(&|it| it.content = Err(denied())), "passed"),
        (store(&|it| it.crls = Err(denied())), "undetermined"),
        (store(&|it| it.crls = Ok(vec![])), "passed"),
        (crl(Some("2026-11-30T12:00:01Z")), "passed"),
        (crl(Some("2026-11-30T12:00:00Z")), "passed"),
        (crl(Some("2026-11-30T11:59:59Z")), "crl-expired"),
        (crl(None), "undetermined"),
    ] {
        assert_eq!(codes(&guarded(&network)), [code], "{network:?}");
    }
    assert_eq!(
        only(&guarded(&crl(Some("2026-11-01T00:00:00Z")))),
        "crl-expired: trust store clients/1: revocation list 7 was to be replaced by 2026-11-01T00:00:00Z"
    );
}

#[test]
fn the_most_severe_problem_is_first() {
    let network = changed(|it| {
        it.listeners[0].mutual_authentication.as_mut().unwrap().trust_store_association_status =
            Some("removed".into());
        it.trust_stores.clear();
        it.group_members.clear();
    });
    let answer = of(&network, &[open_policy(), limited_to(&[ENDPOINT, "vpce-99999999"])], false);
    assert_eq!(codes(&answer), ["trust-store-removed", "policy-open", "undetermined", "undetermined"]);
}

#[test]
fn whatever_is_missing_is_no_pass() {
    for (what, change) in [
        ("endpoint", (|it| it.endpoints.clear()) as fn(&mut PrivateNetwork)),
        ("interfaces", |it| it.interfaces.clear()),
        ("an interface", |it| _ = it.interfaces.remove("eni-1")),
        ("ids of interfaces", |it| {
            it.endpoints.values_mut().for_each(|endpoint| endpoint.network_interface_ids.clear());
        }),
        ("addresses", |it| {
            it.interfaces.values_mut().for_each(|interface| interface.private_ip_addresses.clear());
        }),
        ("security groups", |it| it.security_groups.clear()),
        ("ids of security groups", |it| {
            it.endpoints.values_mut().for_each(|endpoint| endpoint.groups.clear());
        }),
        ("members", |it| it.group_members.clear()),
        ("targets", |it| it.targets.clear()),
        ("load balancers", |it| it.load_balancers.clear()),
        ("listeners", |it| it.listeners.clear()),
        ("a listener", |it| _ = it.listeners.remove(0)),
        ("rules", |it| it.rules.clear()),
        ("trust stores", |it| it.trust_stores.clear()),
    ] {
        let answer = guarded(&changed(change));
        assert!(codes(&answer).contains(&"undetermined"), "{what}: {answer:?}");
    }
}

#[test]
fn whatever_is_missing_never_turns_a_failure_into_a_pass() {
    let cidr = IpPermission {
        ip_protocol: "-1".into(),
        ip_ranges: vec![IpRange { cidr_ip: "0.0.0.0/0".into() }],
        ..IpPermission::default()
    };
    let failing = [
        permitting(cidr),
        changed(|it| it.listeners[1].default_actions = vec![forward("targetgroup/api/1")]),
        changed(|it| it.group_members.get_mut("sg-front").unwrap().push(interface("eni-7", "10.0.0.9", &[]))),
    ];
    for network in failing {
        assert_eq!(guarded(&network).problems().len(), 1);
        for what in 0..9 {
            let mut less = network.clone();
            match what {
                0 => less.endpoints.clear(),
                1 => less.security_groups.clear(),
                2 => less.interfaces.clear(),
                3 => less.group_members.clear(),
                4 => less.targets.clear(),
                5 => less.load_balancers.clear(),
                6 => less.listeners.clear(),
                7 => less.rules.clear(),
                _ => less.trust_stores.clear(),
            }
            assert!(!guarded(&less).problems().is_empty(), "{what}");
        }
    }
}

#[test]
fn addresses_of_both_families_are_targets() {
    let network = changed(|it| {
        let interface = it.interfaces.get_mut("eni-1").unwrap();
        interface.ipv6_addresses = vec![Ipv6Address { ipv6_address: "2001:db8::1".into() }];
        it.targets.insert(arn("targetgroup/api/1"), ["2001:db8::1".to_owned()].into());
    });
    assert_eq!(codes(&guarded(&network)), ["passed"]);
}

#[test]
fn the_listeners_in_front_and_their_trust_stores_are_listed() {
    let network = changed(|it| {
        it.listeners[1].default_actions = vec![forward("targetgroup/api/1")];
        add_endpoint(it);
    });
    let of = |policy: &Policy| {
        let found = entry_points(&private_api(), std::slice::from_ref(policy), &network);
        let found: Vec<(String, bool)> =
            found.iter().map(|it| (it.kind.to_string(), it.requires_certificate)).collect();
        (found, trust_stores(&private_api(), std::slice::from_ref(policy), &network))
    };
    let both = (
        vec![("app/front/1/443 (port 443)".to_owned(), true), ("app/front/1/80 (port 80)".to_owned(), false)],
        vec![STORE.to_owned()],
    );
    assert_eq!(of(&limited_to(&[ENDPOINT])), both);
    assert_eq!(of(&open_policy()), both);
    assert_eq!(of(&limited_to(&[OTHER_ENDPOINT])), (vec![], vec![]));
    assert_eq!(of(&policy(None)), (vec![], vec![]));
    let document = limited_to(&[ENDPOINT]).document.unwrap();
    assert_eq!(named_endpoints(&document), [ENDPOINT.to_owned()].into());
}

/// Statements of all kinds: known, open and not understood.
fn statement() -> impl Strategy<Value = Value> {
    let with = |key: &str, value: Value| {
        let mut statement = allow(&json!({ "StringEquals": { "aws:SourceVpce": ENDPOINT } }));
        statement[key] = value;
        statement
    };
    let deny = |ids: &[&str]| {
        let mut statement = allow(&json!({ "StringNotEquals": { "aws:SourceVpce": ids } }));
        statement["Effect"] = json!("Deny");
        statement
    };
    let mut deny_for_one = deny(&[ENDPOINT]);
    deny_for_one["Principal"] = json!({ "AWS": "111122223333" });
    let mut deny_on_a_stage = deny(&[ENDPOINT]);
    deny_on_a_stage["Resource"] = json!("execute-api:/prod/*");
    prop::sample::select(vec![
        allow(&json!({})),
        allow(&json!({ "StringEquals": { "aws:SourceVpce": ENDPOINT } })),
        allow(&json!({ "StringEquals": { "aws:SourceVpce": [ENDPOINT, OTHER_ENDPOINT] } })),
        allow(&json!({ "StringEquals": { "aws:SourceVpc": VPC } })),
        allow(&json!({ "StringLike": { "aws:SourceVpce": "vpce-*" } })),
        allow(&json!({ "IpAddress": { "aws:SourceIp": "10.0.0.0/8" } })),
        with("Resource", json!("execute-api:/prod/*")),
        with("NotAction", json!("x:y")),
        with("Action", json!("execute-api:ManageConnections")),
        deny(&[ENDPOINT]),
        deny(&[OTHER_ENDPOINT]),
        deny(&[ENDPOINT, OTHER_ENDPOINT]),
        deny_for_one,
        deny_on_a_stage,
        json!("nonsense"),
    ])
}

proptest! {
    #![proptest_config(cases(512))]

    #[test]
    fn one_more_allow_or_one_deny_less_never_improves_the_answer(
        statements in prop::collection::vec(statement(), 1..5),
        added in statement(),
        position in any::<prop::sample::Index>(),
    ) {
        let network = changed(add_endpoint);
        let answer = |statements: &[Value]| {
            // Without any Allow, a policy is understood in another way.
            let first = allow(&json!({ "StringEquals": { "aws:SourceVpce": ENDPOINT } }));
            let statements = [&[first], statements].concat();
            of(&network, &[policy(Some(&json!({ "Statement": statements })))], false)
        };
        let before = answer(&statements);
        let is_deny = |statement: &Value| statement["Effect"] == "Deny";
        if !is_deny(&added) {
            let more = [statements.clone(), vec![added]].concat();
            prop_assert!(rank(&answer(&more)) <= rank(&before), "{before:?}");
        }
        let at = position.index(statements.len());
        if is_deny(&statements[at]) {
            let mut less = statements.clone();
            less.remove(at);
            prop_assert!(rank(&answer(&less)) <= rank(&before), "{before:?}");
        }
    }

    #[test]
    fn a_policy_with_a_statement_that_is_not_understood_never_passes(
        statements in prop::collection::vec(statement(), 0..4),
        position in any::<prop::sample::Index>(),
        is_required in any::<bool>(),
    ) {
        let bad = [
            allow(&json!({ "StringLike": { "aws:SourceVpce": "vpce-*" } })),
            allow(&json!({ "IpAddress": { "aws:SourceIp": "10.0.0.0/8" } })),
            json!("nonsense"),
        ];
        let bad = bad[position.index(bad.len())].clone();
        let statements = [statements, vec![bad]].concat();
        let policies = [policy(Some(&json!({ "Statement": statements })))];
        prop_assert!(!of(&network(), &policies, is_required).problems().is_empty());
    }
}
