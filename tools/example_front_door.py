"""The front door of the example account: domain names, truststores, and the load balancers in front
of private APIs. All names, ids and dates are fictitious, except for a public CA.
"""

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec

from certificate_authority import Authority
from example_account import ACCOUNT, ACM_EXPIRED, ACM_REVOKED, APIS, REGION, acm, acm_arn, api_named
from front_door_items import domain, private_access, rest_api, trust_store_arn, truststore

PUBLIC_CA = (Path(__file__).parent / "amazon_root_ca_1.pem").read_text()
BUCKET = f"s3://example-truststores-{ACCOUNT}"

ROOT = Authority("Example partners root", "2023-05-01T00:00:00Z", "2038-05-01T00:00:00Z")
ISSUING = Authority("Example partners issuing", "2024-05-01T00:00:00Z", "2030-05-01T00:00:00Z", ROOT)
# 71 days left.
EXPIRING = Authority("Example payments root", "2022-01-31T00:00:00Z", "2027-01-31T00:00:00Z")
EXPIRED = Authority("Example shipping root 2021", "2021-11-01T00:00:00Z", "2026-11-01T00:00:00Z")
RENEWED = Authority("Example shipping root 2026", "2026-09-01T00:00:00Z", "2036-09-01T00:00:00Z")
WEAK = Authority("Example customers root", "2019-03-01T00:00:00Z", "2034-03-01T00:00:00Z", curve=ec.SECP224R1())
LEVELS = [Authority("Example level 1", "2024-02-01T00:00:00Z", "2034-02-01T00:00:00Z")]
for level in range(2, 6):
    name = f"Example level {level}"
    LEVELS.append(Authority(name, "2024-02-01T00:00:00Z", "2034-02-01T00:00:00Z", LEVELS[-1]))

WILDCARD = acm_arn("9a4d7e20-5c13-4b8f-a6d2-0e71f38c95b4")
IMPORTED = acm_arn("2f81c6b3-0d97-4e5a-b4c8-63a9d07e1f52")
OWNERSHIP = acm_arn("d37b90f4-86a1-4c2e-9f05-1b64e8d2a7c9")
OWNERSHIP_EXPIRED = acm_arn("64e0a2d8-f7b5-4193-8c6d-a90f3e5b172d")
EXPIRING_SOON = acm_arn("b5189d6e-3c47-40fa-92e1-7d80c4f6a3eb")
EDGE = f"arn:aws:acm:us-east-1:{ACCOUNT}:certificate/0c72f5e1-94ab-4d36-8e10-b7d5296f3ca8"

CERTIFICATES = [
    acm(WILDCARD, "*.example.com", "ISSUED", "AMAZON_ISSUED",
        "2026-07-08T00:00:00Z", "2027-08-06T23:59:59Z", "ELIGIBLE"),
    acm(IMPORTED, "orders.example.com", "ISSUED", "IMPORTED",
        "2026-06-01T00:00:00Z", "2027-06-01T00:00:00Z", "INELIGIBLE"),
    acm(OWNERSHIP, "orders.example.com", "ISSUED", "AMAZON_ISSUED",
        "2026-06-01T00:00:00Z", "2027-06-30T23:59:59Z", "ELIGIBLE"),
    acm(OWNERSHIP_EXPIRED, "invoices.example.com", "EXPIRED", "AMAZON_ISSUED",
        "2025-10-01T00:00:00Z", "2026-10-31T23:59:59Z", "INELIGIBLE"),
    acm(EXPIRING_SOON, "website.example.com", "ISSUED", "IMPORTED",
        "2025-12-20T00:00:00Z", "2026-12-20T00:00:00Z", "INELIGIBLE"),
    acm(EDGE, "cdn.example.com", "ISSUED", "AMAZON_ISSUED",
        "2026-07-08T00:00:00Z", "2027-08-06T23:59:59Z", "ELIGIBLE"),
]

# Each comment says what the domain, or the API behind it, shows with default parameters.
DOMAINS = [
    # Compliant.
    domain("orders.example.com", IMPORTED, [("orders", "prod", "")], ownership=OWNERSHIP,
           truststore=truststore(f"{BUCKET}/orders.pem", "1xOa8Yt2", [ROOT, ISSUING])),
    # A CA expires soon. Its API was not deployed after execute-api was disabled.
    domain("payments.example.com", WILDCARD, [("payments", "live", "")],
           truststore=truststore(f"{BUCKET}/payments.pem", "Kq7_bV0w", [EXPIRING])),
    # A public CA. The next domain leads to another stage of its API without mutual TLS.
    domain("partner.example.com", WILDCARD, [("partner", "prod", "feed")],
           truststore=truststore(f"{BUCKET}/partner.pem", "s9Lm4Zc1", [ROOT, ISSUING, PUBLIC_CA])),
    # TLS 1.0, and an expired server certificate.
    domain("feed.partner.example.com", ACM_EXPIRED, [("partner", "legacy", "")], policy="TLS_1_0"),
    # A revoked server certificate.
    domain("sandbox.partner.example.com", ACM_REVOKED, [("partner", "sandbox", "")]),
    # A CA has expired, and a newer version of the truststore is in S3. The rules of the next domain
    # lead to its API too.
    domain("shipping.example.com", WILDCARD, [("shipping", "v3", "v3"), ("shipping", "v4", "v4")],
           truststore=truststore(f"{BUCKET}/shipping.pem", "0pHr6Xe3", [EXPIRED, RENEWED], newest="Dw5_tJ8n")),
    domain("tracking.example.com", WILDCARD, [], rules=[(100, "tracking", "prod"), (200, "shipping", "v4")]),
    # The root is missing, and the ownership certificate has expired.
    domain("invoices.example.com", IMPORTED, [("invoices", "prod", "")], ownership=OWNERSHIP_EXPIRED,
           status="PENDING_OWNERSHIP_VERIFICATION",
           truststore=truststore(f"{BUCKET}/invoices.pem", "Tb2uQ9fy", [ISSUING])),
    # Five certificates in a chain, and the server certificate was reimported with other names.
    domain("reports.example.com", IMPORTED, [("reports", "prod", "")], ownership=OWNERSHIP,
           status="PENDING_CERTIFICATE_REIMPORT",
           truststore=truststore(f"{BUCKET}/reports.pem", "e7Wn1Rk5", LEVELS)),
    # A key that is too short, with AWS's own warning.
    domain("customers.example.com", WILDCARD, [("customers", None, "")],
           truststore=truststore(f"{BUCKET}/customers.pem", "h3Cz0Vd8", [WEAK], warnings=[
               "The certificate with subject CN=Example customers root,O=Example Corp has an unsupported key."])),
    # No version is pinned.
    domain("catalog.example.com", WILDCARD, [("catalog", "prod", "")],
           truststore=truststore(f"{BUCKET}/catalog.pem", None, [ROOT, ISSUING], newest="y6Gs2Nb4")),
    # The bucket belongs to another account.
    domain("thumbnails.example.com", WILDCARD, [("thumbnails", "prod", "")],
           truststore=truststore("s3://media-truststores-444455556666/clients.pem", "u8Jx5Pm7", None)),
    # Its update failed.
    domain("status.example.com", WILDCARD, [("status", "v1", "")], status="FAILED"),
    # The server certificate expires soon.
    domain("website.example.com", EXPIRING_SOON, [("website", "$default", "")]),
    # An enhanced TLS policy, and one that this version of stagecert does not know.
    domain("notifications.example.com", WILDCARD, [("notifications", "prod", "")],
           policy="SecurityPolicy_TLS13_1_3_2025_09"),
    domain("chat.example.com", WILDCARD, [("chat", "live", "")], policy="SecurityPolicy_TLS14_2028_01"),
    # Edge-optimized, with a certificate in us-east-1. API Gateway reports no TLS policy.
    domain("cdn.example.com", EDGE, [("status", "v1", "assets")], kind="EDGE", policy=None),
    # Private, without a certificate.
    domain("inventory.example.internal", None, [("inventory", "prod", "")], kind="PRIVATE", domain_id="d8f3k2m9qx"),
]

# What the recorder of the account has an item of.
RECORDED = ["orders.example.com", "feed.partner.example.com", "shipping.example.com", "website.example.com"]

# APIs whose default endpoint is disabled, and those of which the deployed state differs or is not
# in the export.
DISABLED = ["orders", "payments", "partner", "shipping", "invoices", "reports", "customers", "catalog", "thumbnails"]
DEPLOYED = {"payments": False, "catalog": None}


def only_from(endpoints):
    """Returns the policy in AWS's documentation."""
    invoke = {"Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/*"}
    condition = {"StringNotEquals": {"aws:SourceVpce": endpoints}}
    statements = [{"Effect": "Allow"} | invoke, {"Effect": "Deny"} | invoke | {"Condition": condition}]
    return {"Version": "2012-10-17", "Statement": statements}


LEDGER, PAYROLL, BENEFITS, CLAIMS, ARCHIVE = (
    "vpce-0b5e1c7d9a3f28461", "vpce-04f9a6d2e8b17c350", "vpce-0d83b7f05c1e94a26", "vpce-01c6e9b4f7a25d830",
    "vpce-0e7a42d9c6b1f3058")

# The private APIs with their policies. Each comment says what the API shows with default
# parameters.
PRIVATE_APIS = [
    # Compliant.
    ("ledger", "f4v8sq2k1d", only_from(LEDGER)),
    # One of its endpoints belongs to another account, and can't be read.
    ("treasury", "z5c8rn2f4j", only_from([LEDGER, "vpce-09d2f84b6a7c1e305"])),
    # Its policy also names an endpoint without a load balancer, and its own endpoint is open to the
    # VPC.
    ("payroll", "h6t3mz9c0w", only_from([PAYROLL, ARCHIVE])),
    # Port 80 forwards too, and port 443 accepts expired certificates.
    ("benefits", "j2y7pb5x8r", only_from(BENEFITS)),
    # The shared trust store of one listener was taken away; the revocation list of another is out
    # of date.
    ("claims", "a9k4wd1g6n", only_from(CLAIMS)),
    # Not applicable: no load balancer is in front of it.
    ("archive", "q3e0vh7u5t", only_from(ARCHIVE)),
    # Not applicable: it has no policy, so it can't be called.
    ("inventory", "s1b6xg3y9l", None),
]

# Without content, it belongs to another account.
TRUST_STORES = {
    "shared": (None, None),
    "partners": ([ROOT, ISSUING], [ROOT.revocation_list("2026-11-15T06:00:00Z", 30)]),
    "claims": ([ROOT], [ROOT.revocation_list("2026-09-20T06:00:00Z", 30)]),
}

ACCESS = [
    private_access("ledger", LEDGER, subnet=1, listeners=[(443, "HTTPS", "partners", {})]),
    private_access("payroll", PAYROLL, subnet=2, listeners=[(443, "HTTPS", "partners", {})], is_open=True),
    private_access("benefits", BENEFITS, subnet=3, listeners=[
        (443, "HTTPS", "partners", {"IgnoreClientCertificateExpiry": True}), (80, "HTTP", None, {})]),
    private_access("claims", CLAIMS, subnet=4, listeners=[
        (443, "HTTPS", "shared", {"TrustStoreAssociationStatus": "removed"}), (8443, "HTTPS", "claims", {})]),
    private_access("archive", ARCHIVE, subnet=5, listeners=[]),
]


def front_door():
    """Returns the part `frontDoor` of the snapshot."""
    ids = {api.name: api.id for api in APIS} | {name: api_id for name, api_id, _ in PRIVATE_APIS}
    rest = [rest_api(api.name, api.id, api.name in DISABLED, "REGIONAL") for api in APIS if api.protocol == "REST"]
    rest += [rest_api(name, api_id, False, "PRIVATE", policy) for name, api_id, policy in PRIVATE_APIS]
    part = {
        "restApis": sorted(rest, key=lambda api: api["id"]),
        "v2Apis": sorted((v2_api(api) for api in APIS if api.protocol != "REST"), key=lambda api: api["apiId"]),
        "domainNames": [each.item for each in DOMAINS],
        "apiMappings": {each.key: each.api_mappings(ids) for each in DOMAINS if each.kind == "REGIONAL"},
        "basePathMappings": {each.key: each.base_path_mappings(ids) for each in DOMAINS if each.kind != "REGIONAL"},
        "routingRules": {each.key: each.routing_rules(ids) for each in DOMAINS if each.rules},
        "recordedDomainNames": [recorded(name) for name in RECORDED],
        "stageNames": stage_names(),
        "exports": exports(),
        "truststores": [each.truststore.item() for each in DOMAINS if each.truststore],
        "newestVersions": {each.truststore.uri: each.truststore.newest_item() for each in DOMAINS if each.truststore},
        "certificates": CERTIFICATES,
    }
    for access in ACCESS:
        access.add_to(part)
    part["trustStores"] = {trust_store_arn(name): trust_store(*content) for name, content in TRUST_STORES.items()}
    return part


def v2_api(api):
    return {
        "apiId": api.id, "name": api.name, "protocolType": api.protocol, "disableExecuteApiEndpoint": False,
        "apiEndpoint": f"{'https' if api.protocol == 'HTTP' else 'wss'}://{api.id}.execute-api.{REGION}.amazonaws.com",
    }


def recorded(name):
    return {
        "resourceType": "AWS::ApiGateway::DomainName",
        "resourceId": name,
        "configuration": {"DomainName": name},
    }


def stage_names():
    arns = {api.arn(): [stage.name for stage in api.stages] for api in APIS if api.protocol == "REST"}
    return arns | {rest_arn(api_id): ["prod"] for _, api_id, _ in PRIVATE_APIS}


def exports():
    """Returns the settings in the exports of all stages of APIs behind a truststore and of private APIs."""
    settings = {}
    for each in DOMAINS:
        for name, _, _ in each.mappings:
            if not each.truststore:
                continue
            api = api_named(name)
            for known in api.stages:
                deployed = DEPLOYED.get(name, True)
                shown = {} if deployed is None else {"disableExecuteApiEndpoint": deployed}
                settings[api.stage_arn(known)] = shown
    for _, api_id, document in PRIVATE_APIS:
        shown = {"policy": document} if document else {}
        settings[f"{rest_arn(api_id)}/stages/prod"] = {"disableExecuteApiEndpoint": False} | shown
    return settings


def rest_arn(api_id):
    return f"arn:aws:apigateway:{REGION}::/restapis/{api_id}"


def trust_store(authorities, lists):
    if authorities is None:
        return {
            "content": {"unreadable": "AccessDenied (elasticloadbalancing:GetTrustStoreCaCertificatesBundle)"},
            "revocationsUnreadable": "AccessDenied (elasticloadbalancing:DescribeTrustStoreRevocations)",
        }
    return {
        "content": {"pem": "".join(authority.pem() for authority in authorities)},
        "revocations": [{"revocationId": str(at + 1), "content": text} for at, text in enumerate(lists)],
    }
