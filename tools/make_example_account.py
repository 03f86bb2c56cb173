#!/usr/bin/env python3
"""Writes `examples/account.json`, a snapshot of the example account, and the PEM files in
`tests/certificates/`.

    python3 -m venv .venv && \
        .venv/bin/pip install --require-hashes --no-deps -r tools/requirements/example-account.txt
    .venv/bin/python tools/make_example_account.py

`example_account.py` describes the account. The certificates are real X.509 certificates in the
form that API Gateway generates; their keys are discarded. An existing certificate with the right
dates is kept, so a second run changes nothing. `example_front_door.py` describes the front door,
whose CAs are in `certificate_authority.py`.
"""

import json
import secrets
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

import config_item
from example_account import ACCOUNT, ACM, APIS, DELETED, GENERATED, REGION, TAKEN_AT, api_named
from example_front_door import front_door

ROOT = Path(__file__).resolve().parent.parent
SNAPSHOT = ROOT / "examples" / "account.json"
PEM_FILES = {ROOT / "tests" / "certificates" / "leap-day.pem": "2027-03-01T23:59:59Z"}
UNREADABLE_PEM = "-----BEGIN CERTIFICATE-----\r\nbm90IGEgY2VydGlmaWNhdGU=\r\n-----END CERTIFICATE-----"
VALIDITY = timedelta(days=365)


def main():
    SNAPSHOT.parent.mkdir(exist_ok=True)
    known = json.loads(SNAPSHOT.read_text())["clientCertificates"] if SNAPSHOT.exists() else []
    known_pems = {certificate["clientCertificateId"]: certificate["pemEncodedCertificate"] for certificate in known}
    SNAPSHOT.write_text(json.dumps(snapshot(known_pems), indent=2) + "\n")
    for path, not_before in PEM_FILES.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(certificate_pem(not_before, path.read_text() if path.exists() else None))


def snapshot(known_pems):
    stages = [(api, stage) for api in APIS for stage in api.stages]
    v2_apis = [api for api in APIS if api.protocol != "REST"]
    tagged = [(api.stage_arn(stage), api.stage_tags(stage)) for api, stage in stages]
    tagged += [(detail["CertificateArn"], {"owner": owner}) for detail, owner in ACM]
    exports = {api.stage_arn(stage): export(api, stage) for api, stage in stages if stage.deployed}
    return {
        "snapshotVersion": 1,
        "takenAt": TAKEN_AT,
        "partition": "aws",
        "accountId": ACCOUNT,
        "awsRegion": REGION,
        "stages": by("resourceId", [api.stage_row(stage) for api, stage in stages]),
        "apis": by("resourceId", [api_row(api) for api in APIS]),
        "integrations": by("resourceId", [row for api in v2_apis for row in integration_rows(api)]),
        "clientCertificates": by("clientCertificateId", [client_certificate(c, known_pems) for c in GENERATED]),
        "acmCertificates": by("CertificateArn", [detail for detail, _ in ACM]),
        "resourceTagMappingList": by("ResourceARN", [tag_mapping(arn, tags) for arn, tags in tagged if tags]),
        "exports": dict(sorted(exports.items())),
        "evaluationResults": sorted(evaluation_results(), key=evaluated_resource),
        "configurationItems": configuration_items(),
        "frontDoor": front_door(),
    }


def by(key, rows):
    return sorted(rows, key=lambda row: row[key])


def api_row(api):
    if api.protocol == "REST":
        configuration = {"id": api.id, "name": api.name}
        return {"resourceType": "AWS::ApiGateway::RestApi", "resourceId": api.arn(), "configuration": configuration}
    configuration = {"apiId": api.id, "name": api.name, "protocolType": api.protocol}
    return {"resourceType": "AWS::ApiGatewayV2::Api", "resourceId": api.arn(), "configuration": configuration}


def integration_rows(api):
    for integration_id, recorded in api.integrations.items():
        yield {
            "resourceType": "AWS::ApiGatewayV2::Integration",
            "resourceId": f"{api.id}|{integration_id}",
            "configuration": {"ApiId": api.id, "IntegrationId": integration_id} | recorded,
        }


def tag_mapping(arn, tags):
    return {"ResourceARN": arn, "Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}


def export(api, stage):
    """Returns what GetExport returns: `oas30` with `extensions=integrations`."""
    paths = {}
    for path, method, kind, *more in stage.deployed:
        operation = "x-amazon-apigateway-any-method" if method == "any" else method
        answer = integration(api, path, method, kind)
        for fields in more:
            answer |= fields
        extension = {"x-amazon-apigateway-integration": answer}
        paths.setdefault(path, {})[operation] = extension
    info = {"title": api.name, "version": stage.captured[:10]}
    return {"openapi": "3.0.1", "info": info, "paths": paths, "components": {}}


def integration(api, path, method, kind):
    answer = {"type": kind, "passthroughBehavior": "when_no_match"}
    if kind == "mock":
        return answer | {"requestTemplates": {"application/json": '{"statusCode": 200}'}}
    if kind in ("aws", "aws_proxy"):
        function = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{api.name}"
        uri = f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{function}/invocations"
        return answer | {"httpMethod": "POST", "uri": uri}
    backend_path = path.replace("{proxy+}", "{proxy}")
    return answer | {"httpMethod": method.upper(), "uri": f"https://{api.name}.example.internal{backend_path}"}


def evaluation_results():
    """Returns previous results of the rule: two that are up to date, and one of a deleted stage."""
    return [
        evaluation_result(api_named("orders").arn() + "/stages/prod", (
            "h4t0vz attached; h4t0vz valid until 2027-09-14T08:12:31Z; h4t0vz on no other stage; "
            "stage tag owner, certificate tag owner")),
        evaluation_result(api_named("shipping").stage_arn(DELETED["shipping"]), (
            "o3kd8p attached; o3kd8p valid until 2027-02-09T10:14:50Z; o3kd8p on no other stage; "
            "stage tag owner, certificate tag owner")),
        evaluation_result(api_named("status").arn() + "/stages/v1", (
            "stage tag owner; no certificate attached; no HTTP integration in deployment 4wmk7q")),
    ]


def evaluation_result(arn, annotation):
    qualifier = {"ConfigRuleName": "stagecert", "ResourceType": "AWS::ApiGateway::Stage", "ResourceId": arn}
    return {
        "EvaluationResultIdentifier": {
            "EvaluationResultQualifier": qualifier,
            "OrderingTimestamp": "2026-11-20T12:00:00Z",
        },
        "ComplianceType": "COMPLIANT",
        "ResultRecordedTime": "2026-11-20T12:00:07Z",
        "Annotation": annotation,
    }


def evaluated_resource(result):
    return result["EvaluationResultIdentifier"]["EvaluationResultQualifier"]["ResourceId"]


def configuration_items():
    """Returns the items that a rule looks up for oversized notifications: of a deleted and an
    existing stage.
    """
    reports, orders = api_named("reports"), api_named("orders")
    staging, test = DELETED["reports"], next(stage for stage in orders.stages if stage.name == "test")
    deleted = reports.stage_row(staging) | {"configurationItemCaptureTime": "2026-11-20T09:30:12.480Z"}
    return [
        config_item.api_form(reports, deleted, "ResourceDeleted", {}, None),
        recorded_item(reports, staging),
        recorded_item(orders, test),
    ]


def recorded_item(api, stage):
    row = api.stage_row(stage)
    return config_item.api_form(api, row, "OK", api.stage_tags(stage), config_item.recorded_configuration(row))


def client_certificate(certificate, known_pems):
    expires = datetime.fromisoformat(certificate.created) + VALIDITY
    pem = UNREADABLE_PEM
    if certificate.readable:
        pem = certificate_pem(certificate.created, known_pems.get(certificate.id)).strip().replace("\n", "\r\n")
    answer = {
        "clientCertificateId": certificate.id,
        "description": certificate.description,
        "pemEncodedCertificate": pem,
        "createdDate": certificate.created,
        "expirationDate": f"{expires:%Y-%m-%dT%H:%M:%SZ}",
    }
    return answer if certificate.tags is None else answer | {"tags": certificate.tags}


def certificate_pem(created, known_pem):
    """Returns a certificate as API Gateway generates it, valid for 365 days: the known one if its
    dates match.
    """
    not_before = datetime.fromisoformat(created).astimezone(UTC)
    if known_pem and has_validity(known_pem, not_before):
        return known_pem.replace("\r\n", "\n")
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([
        x509.NameAttribute(NameOID.COUNTRY_NAME, "US"),
        x509.NameAttribute(NameOID.LOCALITY_NAME, "Seattle"),
        x509.NameAttribute(NameOID.COMMON_NAME, "ApiGateway"),
    ])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1 + secrets.randbelow(2**64 - 1))
        .not_valid_before(not_before)
        .not_valid_after(not_before + VALIDITY)
        .sign(key, hashes.SHA256())
    )
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def has_validity(pem, not_before):
    try:
        known = x509.load_pem_x509_certificate(pem.encode())
    except ValueError:
        return False
    return (known.not_valid_before_utc, known.not_valid_after_utc) == (not_before, not_before + VALIDITY)


if __name__ == "__main__":
    main()
