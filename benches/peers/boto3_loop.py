"""Runs the four checks of REST API stages in a plain boto3 loop, as a script written in an
afternoon.

    python boto3_loop.py FINDINGS.json

Writes the failed stages by check: {"certificate-attached": [ARN, ...], ...}. Its settings suit API
Gateway's limit of 10 calls per second: large pages, botocore's adaptive retries, and GetResources
only for APIs with a stage that has no certificate.
"""

import datetime
import json
import sys
from collections import Counter, defaultdict

import boto3
from botocore.config import Config

WINDOW, MANAGED_WINDOW = datetime.timedelta(days=60), datetime.timedelta(days=30)
NOW = datetime.datetime.now(datetime.timezone.utc)
SETTINGS = Config(retries={"mode": "adaptive", "max_attempts": 10})

session = boto3.Session()
region = session.region_name
gateway = session.client("apigateway", config=SETTINGS)
acm = session.client("acm", config=SETTINGS)
tagging = session.client("resourcegroupstaggingapi", config=SETTINGS)


def pages(client, operation, key, **arguments):
    for page in client.get_paginator(operation).paginate(PaginationConfig={"PageSize": 500}, **arguments):
        yield from page[key]


def has_owner(tags):
    return any(tags.get(key, "").strip() for key in ("owner", "Owner"))


def has_http_backend(api):
    for resource in pages(gateway, "get_resources", "items", restApiId=api, embed=["methods"]):
        for method in resource.get("resourceMethods", {}).values():
            if method.get("methodIntegration", {}).get("type") in ("HTTP", "HTTP_PROXY"):
                return True
    return False


stages = []
for api in pages(gateway, "get_rest_apis", "items"):
    for stage in gateway.get_stages(restApiId=api["id"])["item"]:
        arn = f"arn:aws:apigateway:{region}::/restapis/{api['id']}/stages/{stage['stageName']}"
        stages.append((arn, api["id"], stage.get("clientCertificateId"), stage.get("tags", {})))

# By id or ARN: whether it is usable, its expiry, its warning period, its tags.
certificates = {
    one["clientCertificateId"]: (True, one["expirationDate"], WINDOW, one.get("tags", {}))
    for one in pages(gateway, "get_client_certificates", "items")
}
arns = sorted({one for _, _, one, _ in stages if one and one.startswith("arn:")})
tags = {}
for first in range(0, len(arns), 100):
    for one in tagging.get_resources(ResourceARNList=arns[first:first + 100])["ResourceTagMappingList"]:
        tags[one["ResourceARN"]] = {tag["Key"]: tag["Value"] for tag in one["Tags"]}
for arn in arns:
    one = acm.describe_certificate(CertificateArn=arn)["Certificate"]
    managed = one.get("RenewalEligibility") == "ELIGIBLE" and one.get("Type") != "IMPORTED"
    window = MANAGED_WINDOW if managed and one.get("RenewalSummary", {}).get("RenewalStatus") != "FAILED" else WINDOW
    certificates[arn] = (one["Status"] == "ISSUED", one["NotAfter"], window, tags.get(arn, {}))

used = Counter(one for _, _, one, _ in stages if one)
http_backends, failed = {}, defaultdict(list)
for arn, api, certificate, stage_tags in stages:
    known = certificates.get(certificate)
    if not known or not known[0]:
        if api not in http_backends:
            http_backends[api] = has_http_backend(api)
        if http_backends[api]:
            failed["certificate-attached"].append(arn)
    if certificate and (not known or known[1] - known[2] <= NOW):
        failed["certificate-expiry"].append(arn)
    if certificate and used[certificate] > 1:
        failed["certificate-unique"].append(arn)
    if not has_owner(stage_tags) or (certificate and (not known or not has_owner(known[3]))):
        failed["owner-tag"].append(arn)

with open(sys.argv[1], "w") as file:
    json.dump(failed, file)
