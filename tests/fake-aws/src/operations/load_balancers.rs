//! Elastic Load Balancing, version 2: load balancers, listeners, rules and target groups.

use serde_json::{Value, json};

use super::Call;
use super::listing::{number, numbered, page, xml};
use crate::front_door::FrontDoor;
use crate::front_door::load_balancers::{
    Action, Listener, ListenerRule, LoadBalancer, MutualAuthentication, TargetGroup,
};
use crate::wire::{Output, Refusal};

pub(super) fn describe_load_balancers(call: &mut Call<'_>) -> Result<Output, Refusal> {
    let arns = numbered(call.input, "LoadBalancerArns.member");
    let names = numbered(call.input, "Names.member");
    if arns.len() > 20 {
        return Err(Refusal::new("ValidationError", "At most 20 load balancers can be specified"));
    }
    let balancers = &call.home().front_door.load_balancers;
    let known = |name: &String| balancers.values().any(|one| one.name == *name);
    if !arns.iter().all(|arn| balancers.contains_key(arn)) || !names.iter().all(known) {
        return Err(no_balancer());
    }
    let all = balancers.values().filter(|one| is_asked(&arns, &one.arn) && is_asked(&names, &one.name));
    let all = all.map(|one| (one.arn.clone(), balancer(one))).collect();
    listed(call, "DescribeLoadBalancers", &format!("{arns:?} {names:?}"), "LoadBalancers", all)
}

pub(super) fn describe_listeners(call: &mut Call<'_>) -> Result<Output, Refusal> {
    let of = call.text("LoadBalancerArn").map(str::to_owned);
    let arns = numbered(call.input, "ListenerArns.member");
    let front_door = &call.home().front_door;
    let found = match &of {
        Some(arn) => {
            let balancer = front_door.load_balancers.get(arn).ok_or_else(no_balancer)?;
            balancer.listeners.values().map(|listener| (balancer, listener)).collect()
        }
        None if arns.is_empty() => {
            let message = "A load balancer ARN or listener ARNs must be specified";
            return Err(Refusal::new("ValidationError", message));
        }
        None => arns.iter().map(|arn| find_listener(front_door, arn)).collect::<Result<Vec<_>, _>>()?,
    };
    let shown = found.into_iter().map(|(balancer, one)| (one.arn.clone(), listener(balancer, one)));
    let mut all: Vec<_> = shown.collect();
    all.sort_by(|(one, _), (other, _)| one.cmp(other));
    listed(call, "DescribeListeners", &format!("{of:?} {arns:?}"), "Listeners", all)
}

pub(super) fn describe_rules(call: &mut Call<'_>) -> Result<Output, Refusal> {
    let of = call.text("ListenerArn").map(str::to_owned);
    let arns = numbered(call.input, "RuleArns.member");
    let front_door = &call.home().front_door;
    let all: Vec<(String, Value)> = match &of {
        Some(arn) => rules(find_listener(front_door, arn)?.1),
        None if arns.is_empty() => {
            let message = "A listener ARN or rule ARNs must be specified";
            return Err(Refusal::new("ValidationError", message));
        }
        None => {
            let listeners = front_door.load_balancers.values().flat_map(|one| one.listeners.values());
            let every: Vec<(String, Value)> = listeners.flat_map(rules).collect();
            let one = |arn: &String| every.iter().find(|(_, rule)| rule["RuleArn"] == arn.as_str()).cloned();
            let unknown = || Refusal::new("RuleNotFound", "One or more rules not found");
            arns.iter().map(|arn| one(arn).ok_or_else(unknown)).collect::<Result<_, _>>()?
        }
    };
    listed(call, "DescribeRules", &format!("{of:?} {arns:?}"), "Rules", all)
}

pub(super) fn describe_target_groups(call: &mut Call<'_>) -> Result<Output, Refusal> {
    let of = call.text("LoadBalancerArn").map(str::to_owned);
    let arns = numbered(call.input, "TargetGroupArns.member");
    let names = numbered(call.input, "Names.member");
    let front_door = &call.home().front_door;
    if of.as_ref().is_some_and(|arn| !front_door.load_balancers.contains_key(arn)) {
        return Err(no_balancer());
    }
    let groups = &front_door.target_groups;
    let known = |name: &String| groups.values().any(|one| one.name == *name);
    if !arns.iter().all(|arn| groups.contains_key(arn)) || !names.iter().all(known) {
        return Err(no_target_group());
    }
    let all = groups.values().filter(|one| is_asked(&arns, &one.arn) && is_asked(&names, &one.name));
    let used = all.map(|one| (one, front_door.balancers_of(&one.arn)));
    let wanted = used.filter(|(_, used)| of.as_ref().is_none_or(|of| used.contains(&of.as_str())));
    let all = wanted.map(|(one, used)| (one.arn.clone(), target_group(one, &used))).collect();
    listed(call, "DescribeTargetGroups", &format!("{of:?} {arns:?} {names:?}"), "TargetGroups", all)
}

pub(super) fn describe_target_health(call: &mut Call<'_>) -> Result<Output, Refusal> {
    let arn = required(call, "TargetGroupArn")?;
    let id = |number: usize| call.text(&format!("Targets.member.{number}.Id")).map(str::to_owned);
    let ids: Vec<String> = (1..).map_while(id).collect();
    let group = call.home().front_door.target_groups.get(&arn).ok_or_else(no_target_group)?;
    let shown = group.targets.iter().filter(|target| is_asked(&ids, &target.id)).map(|target| {
        json!({
            "Target": {"Id": target.id, "Port": target.port},
            "HealthCheckPort": target.port,
            "TargetHealth": {"State": target.state},
        })
    });
    let shown: Value = shown.collect();
    Ok(result("DescribeTargetHealth", &json!({"TargetHealthDescriptions": shown})))
}

impl FrontDoor {
    /// The ARNs of the load balancers with a listener that forwards to this target group.
    pub fn balancers_of(&self, target_group: &str) -> Vec<&str> {
        let forwards = |listener: &Listener| listener.target_groups().contains(&target_group);
        let used = self.load_balancers.values().filter(|one| one.listeners.values().any(forwards));
        used.map(|one| one.arn.as_str()).collect()
    }
}

/// A page of the response: `Marker` and `PageSize` (1 to 400).
pub(super) fn listed(
    call: &mut Call<'_>,
    operation: &str,
    asked: &str,
    name: &str,
    all: Vec<(String, Value)>,
) -> Result<Output, Refusal> {
    let size = number(call, "PageSize", 1, 400)?.unwrap_or(400);
    let marker = call.text("Marker").map(str::to_owned);
    let invalid = Refusal::new("ValidationError", "The specified marker is not valid");
    let page = page(call, &format!("{operation} {asked}"), marker, size, all, invalid)?;
    Ok(result(operation, &json!({ name: page.items, "NextMarker": page.next })))
}

pub(super) fn result(operation: &str, value: &Value) -> Output {
    Output::Xml(format!(
        "<{operation}Response xmlns=\"http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/\">\
         <{operation}Result>{}</{operation}Result><ResponseMetadata><RequestId>fake_aws</RequestId>\
         </ResponseMetadata></{operation}Response>",
        xml(value, "member")
    ))
}

pub(super) fn required(call: &Call<'_>, name: &str) -> Result<String, Refusal> {
    let missing = || Refusal::new("ValidationError", format!("The parameter {name} is required"));
    call.text(name).filter(|text| !text.is_empty()).map(str::to_owned).ok_or_else(missing)
}

/// Whether an empty list, which asks for everything, or a list of what is wanted includes this.
pub(super) fn is_asked(all: &[String], one: &str) -> bool {
    all.is_empty() || all.iter().any(|asked| asked == one)
}

fn no_balancer() -> Refusal {
    Refusal::new("LoadBalancerNotFound", "One or more load balancers not found")
}

fn no_target_group() -> Refusal {
    Refusal::new("TargetGroupNotFound", "One or more target groups not found")
}

fn find_listener<'f>(
    front_door: &'f FrontDoor,
    arn: &str,
) -> Result<(&'f LoadBalancer, &'f Listener), Refusal> {
    let mut found = front_door.load_balancers.values().filter_map(|one| Some((one, one.listeners.get(arn)?)));
    found.next().ok_or_else(|| Refusal::new("ListenerNotFound", "One or more listeners not found"))
}

fn balancer(balancer: &LoadBalancer) -> Value {
    let id = balancer.arn.rsplit('/').next().unwrap_or_default();
    let region = balancer.arn.split(':').nth(3).unwrap_or_default();
    json!({
        "LoadBalancerArn": balancer.arn,
        "LoadBalancerName": balancer.name,
        "DNSName": format!("{}-{id}.elb.{region}.amazonaws.com", balancer.name),
        "CanonicalHostedZoneId": "Z32O12XQLNTSW2",
        "CreatedTime": "2025-06-01T08:00:00.000Z",
        "Scheme": balancer.scheme,
        "VpcId": balancer.vpc,
        "State": {"Code": "active"},
        "Type": balancer.kind,
        "SecurityGroups": balancer.security_groups,
        "AvailabilityZones": [{"ZoneName": format!("{region}a"), "SubnetId": "subnet-00000000000000001"}],
        "IpAddressType": "ipv4",
    })
}

fn listener(balancer: &LoadBalancer, listener: &Listener) -> Value {
    let mut shown = json!({
        "ListenerArn": listener.arn,
        "LoadBalancerArn": balancer.arn,
        "Port": listener.port,
        "Protocol": listener.protocol,
        "DefaultActions": actions(&listener.actions),
        "MutualAuthentication": listener.mutual_authentication.as_ref().map(mutual_authentication),
    });
    if matches!(listener.protocol.as_str(), "HTTPS" | "TLS") {
        let (_, rest) = listener.arn.split_once(":elasticloadbalancing:").unwrap_or_default();
        let (region, account) = (rest.split(':').next(), rest.split(':').nth(1));
        let (region, account) = (region.unwrap_or_default(), account.unwrap_or_default());
        let certificate = format!("arn:aws:acm:{region}:{account}:certificate/0000");
        shown["Certificates"] = json!([{ "CertificateArn": certificate }]);
        shown["SslPolicy"] = "ELBSecurityPolicy-TLS13-1-2-2021-06".into();
    }
    shown
}

fn mutual_authentication(own: &MutualAuthentication) -> Value {
    json!({
        "Mode": own.mode,
        "TrustStoreArn": own.trust_store,
        "IgnoreClientCertificateExpiry": own.ignore_expiry,
        "TrustStoreAssociationStatus": own.association,
        "AdvertiseTrustStoreCaNames": own.advertise,
    })
}

/// The rules by priority, the default rule last.
fn rules(listener: &Listener) -> Vec<(String, Value)> {
    let shown = |rule: &ListenerRule| {
        let conditions = rule.conditions.iter();
        let conditions: Value =
            conditions.map(|(field, values)| json!({"Field": field, "Values": values})).collect();
        let value = json!({
            "RuleArn": rule.arn,
            "Priority": rule.priority,
            "Conditions": conditions,
            "Actions": actions(&rule.actions),
            "IsDefault": false,
        });
        (format!("{} {:08}", listener.arn, rule.priority), value)
    };
    let default = json!({
        "RuleArn": format!("{}/0000000000000000", listener.arn.replace(":listener/", ":listener-rule/")),
        "Priority": "default",
        "Conditions": [],
        "Actions": actions(&listener.actions),
        "IsDefault": true,
    });
    let mut all: Vec<(String, Value)> = listener.rules.iter().map(shown).collect();
    all.push((format!("{} default", listener.arn), default));
    all.sort_by(|(one, _), (other, _)| one.cmp(other));
    all
}

fn actions(actions: &[Action]) -> Value {
    let shown = |(at, action): (usize, &Action)| {
        let mut shown = match action {
            Action::Forward(groups) => {
                let tuples = groups.iter();
                let tuples: Value =
                    tuples.map(|(arn, weight)| json!({"TargetGroupArn": arn, "Weight": weight})).collect();
                let single = groups.first().filter(|_| groups.len() == 1).map(|(arn, _)| arn.clone());
                json!({
                    "Type": "forward",
                    "TargetGroupArn": single,
                    "ForwardConfig": {
                        "TargetGroups": tuples,
                        "TargetGroupStickinessConfig": {"Enabled": false},
                    },
                })
            }
            Action::Redirect(protocol, port) => json!({
                "Type": "redirect",
                "RedirectConfig": {
                    "Protocol": protocol,
                    "Port": port,
                    "Host": "#{host}",
                    "Path": "/#{path}",
                    "Query": "#{query}",
                    "StatusCode": "HTTP_301",
                },
            }),
            Action::FixedResponse(status) => json!({
                "Type": "fixed-response",
                "FixedResponseConfig": {"StatusCode": status, "ContentType": "text/plain"},
            }),
            Action::Other(kind) => json!({ "Type": kind }),
        };
        shown["Order"] = (at + 1).into();
        shown
    };
    actions.iter().enumerate().map(shown).collect()
}

fn target_group(group: &TargetGroup, balancers: &[&str]) -> Value {
    json!({
        "TargetGroupArn": group.arn,
        "TargetGroupName": group.name,
        "Protocol": group.protocol,
        "Port": group.port,
        "VpcId": group.vpc,
        "HealthCheckProtocol": group.protocol,
        "HealthCheckPort": "traffic-port",
        "HealthCheckEnabled": true,
        "HealthCheckIntervalSeconds": 30,
        "HealthCheckTimeoutSeconds": 5,
        "HealthyThresholdCount": 5,
        "UnhealthyThresholdCount": 2,
        "HealthCheckPath": group.health_check_path,
        "Matcher": {"HttpCode": "200"},
        "LoadBalancerArns": balancers,
        "TargetType": group.kind,
        "IpAddressType": "ipv4",
    })
}
