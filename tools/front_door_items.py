"""Items in the responses of AWS about front doors, with the names of their fields."""

import json
from dataclasses import dataclass, field
from hashlib import sha256

from example_account import ACCOUNT, REGION

VPC = "vpc-0c4a81e6d2f97b350"
VPC_CIDR = "10.0.0.0/16"


def rest_api(name, api_id, is_disabled, kind, policy=None):
    """Returns an item of GetRestApis, whose policy is escaped like the content of a JSON string."""
    item = {
        "id": api_id, "name": name, "disableExecuteApiEndpoint": is_disabled,
        "endpointConfiguration": {"types": [kind], "ipAddressType": "dualstack" if kind == "PRIVATE" else "ipv4"},
    }
    if policy:
        item["policy"] = json.dumps(json.dumps(policy, separators=(",", ":")))[1:-1]
    return item


@dataclass(frozen=True)
class Truststore:
    """A truststore of a domain. Without `authorities`, it can't be read."""

    uri: str
    version: str | None
    authorities: list | None
    newest: str | None
    warnings: list[str]

    def item(self):
        item = {"uri": self.uri, "version": self.version or self.newest}
        if self.authorities is None:
            return item | {"content": {"unreadable": self.denied()}}
        pems = [one if isinstance(one, str) else one.pem() for one in self.authorities]
        return item | {"content": {"pem": "".join(pems)}}

    def newest_item(self):
        if self.authorities is None:
            return {"unreadable": self.denied().replace("GetObjectVersion", "ListBucketVersions")}
        return {"version": self.newest or self.version}

    def denied(self):
        return f"{self.uri}: AccessDenied (s3:GetObjectVersion)"


def truststore(uri, version, authorities, newest=None, warnings=()):
    return Truststore(uri, version, authorities, newest, list(warnings))


@dataclass(frozen=True)
class Domain:
    """A domain: its item, and what leads from it to APIs: name, stage and path of mappings, and
    priority, name and stage of rules.
    """

    item: dict
    kind: str
    mappings: list[tuple]
    rules: list[tuple]
    truststore: Truststore | None

    @property
    def key(self):
        domain_id = self.item.get("domainNameId") if self.kind == "PRIVATE" else None
        return self.item["domainName"] + (f"+{domain_id}" if domain_id else "")

    def api_mappings(self, ids):
        mappings = [
            {"apiId": ids[name], "apiMappingId": short_id(f"{self.key} {path}", 6), "apiMappingKey": path} |
            ({"stage": stage} if stage else {}) for name, stage, path in self.mappings]
        return mappings

    def base_path_mappings(self, ids):
        return [
            {"basePath": path or "(none)", "restApiId": ids[name], "stage": stage or "(none)"}
            for name, stage, path in self.mappings]

    def routing_rules(self, ids):
        return [
            {"routingRuleId": short_id(f"{self.key} {priority}", 6), "priority": priority, "conditions": [
                {"matchBasePaths": {"anyOf": [name]}}],
             "actions": [{"invokeApi": {"apiId": ids[name], "stage": stage, "stripBasePath": True}}]}
            for priority, name, stage in self.rules]


def domain(name, certificate, mappings, *, kind="REGIONAL", policy="TLS_1_2", status="AVAILABLE", ownership=None,
           rules=(), truststore=None, domain_id=None):
    item = {
        "domainName": name,
        "domainNameArn": f"arn:aws:apigateway:{REGION}::/domainnames/{name}",
        "endpointConfiguration": {"types": [kind]},
        "domainNameStatus": status,
        "routingMode": "ROUTING_RULE_ONLY" if rules else "BASE_PATH_MAPPING_ONLY",
    }
    if kind == "PRIVATE":
        item["domainNameId"] = domain_id
        item["domainNameArn"] = f"arn:aws:apigateway:{REGION}:{ACCOUNT}:/domainnames/{name}+{domain_id}"
    if policy:
        item["securityPolicy"] = policy
    if certificate:
        item["regionalCertificateArn" if kind == "REGIONAL" else "certificateArn"] = certificate
    if ownership:
        item["ownershipVerificationCertificateArn"] = ownership
    if truststore:
        item["mutualTlsAuthentication"] = {"truststoreUri": truststore.uri} | (
            {"truststoreVersion": truststore.version} if truststore.version else {}) | (
            {"truststoreWarnings": truststore.warnings} if truststore.warnings else {})
    return Domain(item, kind, list(mappings), list(rules), truststore)


@dataclass(frozen=True)
class PrivateAccess:
    """A VPC endpoint, and the load balancer in front of it if it has listeners: port, protocol,
    trust store and more of its mutual authentication.
    """

    name: str
    endpoint: str
    subnet: int
    listeners: list[tuple]
    is_open: bool = False
    lists: tuple = field(default=(
        "vpcEndpoints", "networkInterfaces", "securityGroups", "targetGroups", "loadBalancers", "listeners"))

    def add_to(self, part):
        """Adds the items to their lists."""
        for name in self.lists:
            part.setdefault(name, [])
        for name in ("targetHealth", "rules"):
            part.setdefault(name, {})
        addresses = [f"10.0.{self.subnet}.{host}" for host in (21, 22)]
        interfaces = [interface(self.id_of("eni", f"endpoint {address}"), address, self.endpoint_group,
                                f"VPC Endpoint Interface {self.endpoint}", "vpc_endpoint") for address in addresses]
        part["vpcEndpoints"].append({
            "VpcEndpointId": self.endpoint, "VpcEndpointType": "Interface", "VpcId": VPC,
            "ServiceName": f"com.amazonaws.{REGION}.execute-api", "State": "available", "OwnerId": ACCOUNT,
            "Groups": [{"GroupId": self.endpoint_group, "GroupName": f"{self.name}-endpoint"}],
            "NetworkInterfaceIds": [each["NetworkInterfaceId"] for each in interfaces], "PrivateDnsEnabled": False,
        })
        part["networkInterfaces"] += interfaces
        source = ranges(VPC_CIDR) if self.is_open or not self.listeners else pair(self.balancer_group)
        part["securityGroups"].append(group(self.endpoint_group, permission(443, source)))
        if self.listeners:
            self.add_load_balancer(part, addresses)

    def add_load_balancer(self, part, addresses):
        part["networkInterfaces"] += [
            interface(self.id_of("eni", f"balancer {host}"), f"10.0.{self.subnet}.{host}", self.balancer_group,
                      f"ELB {self.balancer}", "interface", "amazon-elb") for host in (11, 12)]
        part["securityGroups"].append(group(self.balancer_group, *(
            permission(port, ranges("10.0.0.0/8")) for port, *_ in self.listeners)))
        part["targetGroups"].append({
            "TargetGroupArn": self.target_group, "TargetGroupName": f"{self.name}-api", "Protocol": "HTTPS",
            "Port": 443, "VpcId": VPC, "TargetType": "ip", "LoadBalancerArns": [self.balancer_arn]})
        part["targetHealth"][self.target_group] = addresses
        part["loadBalancers"].append({
            "LoadBalancerArn": self.balancer_arn, "LoadBalancerName": self.name, "Type": "application",
            "Scheme": "internal", "VpcId": VPC, "SecurityGroups": [self.balancer_group]})
        for listener in self.listeners:
            self.add_listener(part, *listener)

    def add_listener(self, part, port, protocol, store, more):
        arn = f"{elb('listener')}/{self.balancer}/{hex_id(f'{self.name} {port}', 16)}"
        forward = {"Type": "forward", "TargetGroupArn": self.target_group, "Order": 1, "ForwardConfig": {
            "TargetGroups": [{"TargetGroupArn": self.target_group, "Weight": 1}]}}
        mutual = {"Mode": "off"}
        if store:
            mutual = {"Mode": "verify", "TrustStoreArn": trust_store_arn(store), "IgnoreClientCertificateExpiry": False,
                      "TrustStoreAssociationStatus": "active"} | more
        item = {"ListenerArn": arn, "LoadBalancerArn": self.balancer_arn, "Port": port, "Protocol": protocol,
                "DefaultActions": [forward]}
        part["listeners"].append(item | ({"MutualAuthentication": mutual} if protocol == "HTTPS" else {}))
        rule = f"{arn.replace(':listener/', ':listener-rule/')}/{hex_id(f'{arn} default', 16)}"
        part["rules"][arn] = [{"RuleArn": rule, "Priority": "default", "IsDefault": True, "Actions": [forward]}]

    def id_of(self, prefix, what):
        return f"{prefix}-0{hex_id(f'{self.name} {what}', 16)}"

    @property
    def endpoint_group(self):
        return self.id_of("sg", "endpoint")

    @property
    def balancer_group(self):
        return self.id_of("sg", "balancer")

    @property
    def balancer(self):
        return f"app/{self.name}/{hex_id(f'balancer {self.name}', 16)}"

    @property
    def balancer_arn(self):
        return f"{elb('loadbalancer')}/{self.balancer}"

    @property
    def target_group(self):
        return f"{elb('targetgroup')}/{self.name}-api/{hex_id(f'targets {self.name}', 16)}"


def private_access(name, endpoint, *, subnet, listeners, is_open=False):
    return PrivateAccess(name, endpoint, subnet, listeners, is_open)


def interface(interface_id, address, group_id, description, kind, requester="727180483921"):
    return {
        "NetworkInterfaceId": interface_id, "Description": description, "InterfaceType": kind,
        "RequesterId": requester, "VpcId": VPC, "Groups": [{"GroupId": group_id}],
        "PrivateIpAddresses": [{"PrivateIpAddress": address, "Primary": True}], "Ipv6Addresses": [],
    }


def group(group_id, *permissions):
    return {"GroupId": group_id, "VpcId": VPC, "IpPermissions": list(permissions)}


def permission(port, source):
    empty = {"IpRanges": [], "Ipv6Ranges": [], "PrefixListIds": [], "UserIdGroupPairs": []}
    return {"IpProtocol": "tcp", "FromPort": port, "ToPort": port} | empty | source


def ranges(cidr):
    return {"IpRanges": [{"CidrIp": cidr}]}


def pair(group_id):
    return {"UserIdGroupPairs": [{"GroupId": group_id, "UserId": ACCOUNT}]}


def trust_store_arn(name):
    return f"{elb('truststore')}/{name}/{hex_id(f'trust store {name}', 16)}"


def elb(kind):
    return f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:{kind}"


def hex_id(text, length):
    return sha256(text.encode()).hexdigest()[:length]


def short_id(text, length):
    letters = "0123456789bcdfghjklmnpqrstvwxz"
    return "".join(letters[byte % len(letters)] for byte in sha256(text.encode()).digest()[:length])
