"""Generates the client certificate that replaces the one of a stage, and attaches it to nothing.

The certificate's tags contain the state of the rotation, as those of `stagecert rotate start` do, so
a second run finds the certificate of the first one instead of generating another.
"""

import json
import re
import time

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

REPLACES = "stagecert:replaces"
STAGES = "stagecert:stages"
STATE = re.compile(r"stagecert:(replaces|tested|switched|stages(-[0-9]+)?)")
STAGE_ARN = re.compile(
    r"arn:aws[a-z-]*:apigateway:(?P<region>[a-z0-9-]+)::/(?P<kind>restapis|apis)/(?P<api>[A-Za-z0-9]{1,64})"
    r"/stages/(?P<name>[A-Za-z0-9_-]{1,128})"
)
GENERATED = re.compile(r"[A-Za-z0-9]{1,64}")
STAGES_IN_CONFIG = (
    "SELECT resourceId, configuration.clientCertificateId"
    " WHERE resourceType IN ('AWS::ApiGateway::Stage', 'AWS::ApiGatewayV2::Stage')"
)
STATE_PREFIX = "stagecert:"
MAX_TAGS = 50
LATER_STATE = ("stagecert:tested", "stagecert:switched", "stagecert:rotated")
MAX_TAG_VALUE = 256
SECONDS_PER_CALL = 1 / 3
MAX_LISTINGS = 10


class Refused(Exception):
    """Why nothing is generated, or why what was generated must not be used."""


def start(event, context):
    region = event["region"]
    gateway = Gateway(region)
    stage = gateway.stage(stage_of(event["stageArn"], region))
    if stage is None:
        raise Refused(f"{event['stageArn']} does not exist")
    old = stage["certificate"]
    if not old:
        raise Refused(f"stage {stage['id']} has no client certificate, so there is nothing to rotate")
    if not GENERATED.fullmatch(old):
        raise Refused(
            f"stage {stage['id']} has the ACM certificate {old}: ACM renews it, or you import it again, under the"
            " same ARN; no certificate is generated for it"
        )
    certificates = gateway.certificates()
    if old not in certificates:
        raise Refused(f"stage {stage['id']}: client certificate {old} does not exist, so it can't be rotated")
    stages = sorted_stages(gateway, stage)
    new = pending(certificates, old, stages) or generate(gateway, certificates[old], stages)
    return {
        "newCertificate": new,
        "oldCertificate": old,
        "stages": [one["id"] for one in stages],
        # Systems Manager might refuse an empty output, and no tag has parentheses in its value.
        "owner": owner(event["ownerTagKeys"], stage["tags"], certificates[old].get("tags", {})) or "(none)",
        "nextCommand": next_command(new, stages, region),
    }


def stage_of(arn, region):
    match = STAGE_ARN.fullmatch(arn)
    if match is None:
        raise Refused(f"{arn} is not the ARN of a stage that can have a client certificate")
    if match["region"] != region:
        raise Refused(f"{arn} is not in {region}: start the automation in the Region of the stage")
    return match


def sorted_stages(gateway, stage):
    """Returns all stages that have the certificate: they are rotated together.

    AWS Config lists them, and API Gateway confirms each. `finish` refuses to delete a certificate
    that a stage still has, also one that AWS Config doesn't list.
    """
    old = stage["certificate"]
    stages = {stage["id"]: stage}
    for row in gateway.select(f"{STAGES_IN_CONFIG} AND configuration.clientCertificateId = '{old}'"):
        match = STAGE_ARN.fullmatch(row["resourceId"])
        if match is not None and f"{match['api']}/{match['name']}" not in stages:
            other = gateway.stage(match)
            if other is not None and other["certificate"] == old:
                stages[other["id"]] = other
    return [stages[one] for one in sorted(stages)]


def pending(certificates, old, stages):
    """Returns the certificate that an earlier run generated for this rotation, if there is one."""
    ids = {one["id"] for one in stages}
    concerned = []
    for one, certificate in certificates.items():
        tags = certificate.get("tags", {})
        state = [key for key in tags if STATE.fullmatch(key)]
        if not state:
            continue
        replaces, its_stages = tags.get(REPLACES, ""), set(listed(tags))
        if not GENERATED.fullmatch(replaces) or not its_stages:
            raise Refused(
                f"client certificate {one}: the tags {', '.join(sorted(state))} are not the state of a rotation; correct or"
                " remove them first"
            )
        if replaces == old or its_stages & ids:
            concerned.append((one, replaces, its_stages, tags))
    if not concerned:
        return None
    if len(concerned) == 1:
        [(one, replaces, its_stages, tags)] = concerned
        if replaces == old and its_stages == ids and not any(key in tags for key in LATER_STATE):
            return one
    rotations = "; ".join(f"from {replaces} to {one} ({' '.join(sorted(its))})" for one, replaces, its, _ in concerned)
    raise Refused(
        f"the certificate {old} of {' '.join(sorted(ids))} can't be rotated, because a rotation is in progress:"
        f" {rotations}. See stagecert rotate status"
    )


def listed(tags):
    """Returns the stages in the tags `stagecert:stages`, `stagecert:stages-2` and so on."""
    keys = [STAGES, *(f"{STAGES}-{number}" for number in range(2, MAX_TAGS + 1))]
    return [one for key in keys for one in tags.get(key, "").split()]


def generate(gateway, old, stages):
    identifier = old["clientCertificateId"]
    ids = [one["id"] for one in stages]
    # AWS reserves the keys that start with aws:, and later steps add tags.
    copied = {key: value for key, value in old.get("tags", {}).items() if not key.startswith(("aws:", STATE_PREFIX))}
    tags = {**copied, **state_tags(identifier, ids)}
    if len(tags) + len(LATER_STATE) > MAX_TAGS:
        raise Refused(
            f"client certificate {identifier} has {len(copied)} tags and {len(stages)} stages: its successor would need"
            f" {len(tags) + len(LATER_STATE)} tags, and {MAX_TAGS} are allowed; remove tags, or give some stages another"
            " certificate first"
        )
    try:
        new = gateway.generate(old.get("description") or f"replaces {identifier}", tags)
    except ClientError as error:
        if error.response["Error"]["Code"] != "LimitExceededException":
            raise
        raise Refused(quota_reached(gateway)) from error
    ensure_alone(gateway, new, set(ids))
    return new


def ensure_alone(gateway, new, ids):
    """Ensures that no one else started a rotation of these stages at the same time.

    Of two who did, at least one sees the other's certificate. `stagecert rotate start` deletes its
    own if it is the younger one. This document may not delete any, so it fails while there are two.
    """
    ranked = []
    for attempt in range(MAX_LISTINGS):
        if attempt > 0:
            time.sleep(SECONDS_PER_CALL)
        certificates = gateway.certificates()
        # A list without the new certificate is older than it, so it may lack others too.
        if new in certificates:
            rivals = [one for one in certificates if one != new and set(listed(certificates[one].get("tags", {}))) & ids]
            if not rivals:
                return
            ranked = sorted([new, *rivals], key=lambda one: (certificates[one]["createdDate"], one))
            if ranked[0] != new:
                break
    if not ranked:
        raise Refused(f"API Gateway does not list the client certificate {new}, which this run generated; start again")
    raise Refused(
        f"rotations started at the same time, with the client certificates {', '.join(ranked)}: delete all but {ranked[0]},"
        f" and start again. aws apigateway delete-client-certificate --region {gateway.region} --client-certificate-id"
        f" {ranked[-1]}"
    )


def state_tags(old, stages):
    values = [""]
    for stage in stages:
        longer = f"{values[-1]} {stage}".strip()
        if len(longer) <= MAX_TAG_VALUE:
            values[-1] = longer
        else:
            values.append(stage)
    keys = [STAGES, *(f"{STAGES}-{number}" for number in range(2, len(values) + 1))]
    return {REPLACES: old, **dict(zip(keys, values))}


def quota_reached(gateway):
    used = {row.get("configuration", {}).get("clientCertificateId") for row in gateway.select(STAGES_IN_CONFIG)}
    certificates = gateway.certificates()
    unused = sorted(one for one in certificates if one not in used)
    return (
        f"the account has {len(certificates)} client certificates in {gateway.region}, and its quota allows no more."
        f" Certificates of no stage that AWS Config lists: {', '.join(unused) or 'none'}. Delete those that you don't need,"
        " or request a quota increase (L-824C9E42)"
    )


def owner(keys, *tags):
    """Returns the first owner tag: of the stage, or else of its certificate."""
    return next((its[key] for its in tags for key in keys if its.get(key, "").strip()), "")


def next_command(new, stages, region):
    if any(one["kind"] == "apis" for one in stages):
        # TestInvokeMethod has no equivalent for WebSocket APIs.
        return f"stagecert rotate switch {new} --region {region} --untested"
    return f"stagecert rotate test {new} --region {region} --path PATH"


class Gateway:
    """The calls to API Gateway and AWS Config."""

    def __init__(self, region):
        self.region = region
        self.v1 = boto3.client("apigateway", region_name=region)
        self.v2 = boto3.client("apigatewayv2", region_name=region)
        self.config = boto3.client("config", region_name=region)

    def stage(self, match):
        """Returns a stage, or None if it does not exist."""
        # Deployments in the account need the other calls: API Gateway allows ten per second.
        time.sleep(SECONDS_PER_CALL)
        api, name = match["api"], match["name"]
        try:
            if match["kind"] == "restapis":
                read = self.v1.get_stage(restApiId=api, stageName=name)
                certificate, tags = read.get("clientCertificateId"), read.get("tags", {})
            else:
                read = self.v2.get_stage(ApiId=api, StageName=name)
                certificate, tags = read.get("ClientCertificateId"), read.get("Tags", {})
        except ClientError as error:
            if error.response["Error"]["Code"] == "NotFoundException":
                return None
            raise
        return {"id": f"{api}/{name}", "kind": match["kind"], "certificate": certificate or "", "tags": tags}

    def certificates(self):
        pages = self.v1.get_paginator("get_client_certificates").paginate(PaginationConfig={"PageSize": 500})
        return {one["clientCertificateId"]: one for page in pages for one in page.get("items", [])}

    def select(self, expression):
        pages = self.config.get_paginator("select_resource_config").paginate(Expression=expression)
        return [json.loads(row) for page in pages for row in page.get("Results", [])]

    def generate(self, description, tags):
        # A repeated call would generate a second certificate, also if only the response was lost.
        once = Config(retries={"total_max_attempts": 1})
        client = boto3.client("apigateway", region_name=self.region, config=once)
        return client.generate_client_certificate(description=description, tags=tags)["clientCertificateId"]
