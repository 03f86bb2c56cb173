#!/usr/bin/env python3
"""Writes `examples/private-mtls/snapshot.json`: AWS's sample for private mutual TLS as a snapshot.

    .venv/bin/python tools/make_private_mtls.py

The shapes are those that the CDK app of `aws-samples/cross-account-private-api-patterns` deploys
(`alb-mtls/producer`, commit 709a26e). All ids, names and dates are fictitious.
"""

import json
from pathlib import Path

from certificate_authority import Authority
from example_account import ACCOUNT, REGION, acm, acm_arn
from front_door_items import elb, group, interface, permission, ranges, rest_api

SNAPSHOT = Path(__file__).resolve().parent.parent / "examples" / "private-mtls" / "snapshot.json"

API = "k2n8p4w6t0"
DOMAIN = "api.private-mtls.example.com"
CERTIFICATE = acm_arn("1c7e5a90-4b2d-4f83-9e61-d0a8b3f7c524")
VPC = "vpc-0b7d4e2f9a6c13850"
ENDPOINT = "vpce-0a1b2c3d4e5f60718"
# The default security group of CDK's InterfaceVpcEndpoint: its `open` is true.
ENDPOINT_GROUP = "sg-0e1d2c3b4a5968770"
BALANCER_GROUP = "sg-0f9e8d7c6b5a49382"
ADDRESSES = ["10.0.128.23", "10.0.192.61"]

NLB, ALB = "net/Produ-NLB-Q3T7XW/5c0f9e1d7a3b8264", "app/Produ-ALB-M8K2VD/91b4e6d20c7f5a38"
NLB_GROUP, ALB_GROUP = "Produ-ALBTa-J6R9HC/2e8d40b7f1c6953a", "Produ-VPCEn-P5W1ZF/d37a61c94e0b82f5"
TRUST_STORE = f"{elb('truststore')}/alb-trust-store/6a90d5f2c8e1b374"
CA = Authority("Example private mTLS root", "2025-09-01T00:00:00Z", "2035-09-01T00:00:00Z")


def main():
    SNAPSHOT.write_text(json.dumps(snapshot(), indent=2) + "\n")


def snapshot():
    return {
        "snapshotVersion": 1,
        "takenAt": "2026-11-28T12:00:00Z",
        "partition": "aws",
        "accountId": ACCOUNT,
        "awsRegion": REGION,
        "frontDoor": front_door(),
    }


def front_door():
    arn = f"arn:aws:apigateway:{REGION}::/restapis/{API}"
    listeners = [
        listener(NLB, "0b61c3e8d5f7a942", "TCP", NLB_GROUP, None),
        listener(ALB, "7d28f05b9e4c61a3", "HTTPS", ALB_GROUP, {
            "Mode": "verify", "TrustStoreArn": TRUST_STORE, "IgnoreClientCertificateExpiry": False,
            "TrustStoreAssociationStatus": "active", "AdvertiseTrustStoreCaNames": "off"}),
    ]
    return {
        "restApis": [rest_api("mtls-private-api", API, False, "PRIVATE", policy())],
        "v2Apis": [],
        "domainNames": [{
            "domainName": DOMAIN, "regionalCertificateArn": CERTIFICATE,
            "domainNameArn": f"arn:aws:apigateway:{REGION}::/domainnames/{DOMAIN}",
            "endpointConfiguration": {"types": ["REGIONAL"]}, "domainNameStatus": "AVAILABLE",
            "securityPolicy": "TLS_1_2", "routingMode": "BASE_PATH_MAPPING_ONLY",
        }],
        "apiMappings": {DOMAIN: [{"apiId": API, "apiMappingId": "w3j9zq", "apiMappingKey": "", "stage": "prod"}]},
        "stageNames": {arn: ["prod"]},
        "exports": {f"{arn}/stages/prod": {"disableExecuteApiEndpoint": False, "policy": policy()}},
        "certificates": [acm(CERTIFICATE, DOMAIN, "ISSUED", "AMAZON_ISSUED", "2026-09-01T00:00:00Z",
                             "2027-09-30T23:59:59Z", "ELIGIBLE")],
        "vpcEndpoints": [{
            "VpcEndpointId": ENDPOINT, "VpcEndpointType": "Interface", "VpcId": VPC, "OwnerId": ACCOUNT,
            "ServiceName": f"com.amazonaws.{REGION}.execute-api", "State": "available", "PrivateDnsEnabled": True,
            "Groups": [{"GroupId": ENDPOINT_GROUP}], "NetworkInterfaceIds": [eni(at) for at in (0, 1)],
        }],
        "networkInterfaces": interfaces(),
        "securityGroups": [
            # 443 from the CIDR of the VPC.
            group(ENDPOINT_GROUP, permission(443, ranges("10.0.0.0/16"))),
            # The listener's `open` adds 443 from anywhere to the group, which allows the VPC.
            group(BALANCER_GROUP, permission(443, ranges("10.0.0.0/16")), permission(443, ranges("0.0.0.0/0"))),
        ],
        "targetGroups": [
            target_group(NLB_GROUP, "alb", "TCP", NLB),
            target_group(ALB_GROUP, "ip", "HTTPS", ALB),
        ],
        "targetHealth": {
            f"{elb('targetgroup')}/{NLB_GROUP}": [f"{elb('loadbalancer')}/{ALB}"],
            f"{elb('targetgroup')}/{ALB_GROUP}": ADDRESSES,
        },
        "loadBalancers": [load_balancer(NLB, "network", []), load_balancer(ALB, "application", [BALANCER_GROUP])],
        "listeners": listeners,
        "rules": {each["ListenerArn"]: [default_rule(each)] for each in listeners},
        "trustStores": {TRUST_STORE: {"content": {"pem": CA.pem()}, "revocations": []}},
    }


def policy():
    invoke = {"Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/*"}
    condition = {"StringNotEquals": {"aws:SourceVpce": [ENDPOINT]}}
    statements = [{"Effect": "Allow"} | invoke, {"Effect": "Deny"} | invoke | {"Condition": condition}]
    return {"Version": "2012-10-17", "Statement": statements}


def interfaces():
    own = [interface(eni(at), address, ENDPOINT_GROUP, f"VPC Endpoint Interface {ENDPOINT}", "vpc_endpoint")
           for at, address in enumerate(ADDRESSES)]
    balancers = [interface(eni(at + 2), address, BALANCER_GROUP, f"ELB {ALB}", "interface", "amazon-elb")
                 for at, address in enumerate(["10.0.131.9", "10.0.200.17"])]
    return own + balancers


def eni(number):
    return f"eni-0c3f5a7b9d1e2468{number}"


def target_group(name, kind, protocol, balancer):
    return {
        "TargetGroupArn": f"{elb('targetgroup')}/{name}", "Protocol": protocol, "Port": 443, "VpcId": VPC,
        "TargetType": kind, "LoadBalancerArns": [f"{elb('loadbalancer')}/{balancer}"]}


def load_balancer(name, kind, groups):
    return {
        "LoadBalancerArn": f"{elb('loadbalancer')}/{name}", "Type": kind, "Scheme": "internal", "VpcId": VPC,
        "SecurityGroups": groups}


def listener(balancer, listener_id, protocol, targets, mutual):
    arn = f"{elb('targetgroup')}/{targets}"
    item = {
        "ListenerArn": f"{elb('listener')}/{balancer}/{listener_id}",
        "LoadBalancerArn": f"{elb('loadbalancer')}/{balancer}", "Port": 443, "Protocol": protocol,
        "DefaultActions": [{"Type": "forward", "TargetGroupArn": arn, "ForwardConfig": {
            "TargetGroups": [{"TargetGroupArn": arn}]}}]}
    return item | ({"MutualAuthentication": mutual} if mutual else {})


def default_rule(of):
    arn = of["ListenerArn"].replace(":listener/", ":listener-rule/")
    return {"RuleArn": f"{arn}/4f8a1c6e2d9b7035", "IsDefault": True, "Actions": of["DefaultActions"]}


if __name__ == "__main__":
    main()
