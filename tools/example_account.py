"""The example account: its APIs, stages and certificates. All names, ids and dates are
fictitious.
"""

from dataclasses import dataclass, field

ACCOUNT = "111122223333"
REGION = "eu-west-1"
TAKEN_AT = "2026-11-21T12:00:00Z"


@dataclass(frozen=True)
class Stage:
    """A stage.

    `deployed` is what GetExport returns, as path, method, integration type and what else the
    integration says; without it the stage can't be exported. `tags` default to the owner tag of the
    API.
    """

    name: str
    captured: str
    deployment: str | None
    certificate: str | None = None
    deployed: list[tuple] | None = None
    variables: dict[str, str] | None = None
    canary: str | None = None
    tags: dict[str, str] | None = None


@dataclass(frozen=True)
class Api:
    """An API. `integrations` are what Config records of the integrations of a WebSocket or HTTP
    API, by id: the type and more.
    """

    name: str
    id: str
    owner: str
    stages: list[Stage]
    protocol: str = "REST"
    integrations: dict[str, dict] = field(default_factory=dict)

    def arn(self):
        collection = "restapis" if self.protocol == "REST" else "apis"
        return f"arn:aws:apigateway:{REGION}::/{collection}/{self.id}"

    def stage_arn(self, stage):
        return f"{self.arn()}/stages/{stage.name}"

    def stage_tags(self, stage):
        return {"owner": self.owner} if stage.tags is None else stage.tags

    def stage_row(self, stage):
        """Returns the stage as a row of a Config query."""
        configuration = {"stageName": stage.name}
        if stage.deployment:
            configuration["deploymentId"] = stage.deployment
        if stage.certificate:
            configuration["clientCertificateId"] = stage.certificate
        if stage.canary:
            configuration["canarySettings"] = {"deploymentId": stage.canary, "percentTraffic": 5.0}
        if stage.variables:
            configuration["variables" if self.protocol == "REST" else "stageVariables"] = stage.variables
        return {
            "resourceType": "AWS::ApiGateway::Stage" if self.protocol == "REST" else "AWS::ApiGatewayV2::Stage",
            "resourceId": self.stage_arn(stage),
            "configurationItemCaptureTime": stage.captured,
            "configuration": configuration,
        }


@dataclass(frozen=True)
class Generated:
    """A certificate that API Gateway generated, valid from `created` for 365 days."""

    id: str
    created: str
    description: str
    tags: dict[str, str] | None
    readable: bool = True


def acm_arn(certificate_id):
    return f"arn:aws:acm:{REGION}:{ACCOUNT}:certificate/{certificate_id}"


ACM_SHARED = acm_arn("5b0e7c1a-93d4-4f6e-8a21-c7f09d3be645")
ACM_RENEWING = acm_arn("0d4f92b7-6e1c-4a58-b3f0-1e8c75a6d92f")
ACM_EXPIRED = acm_arn("c81a35ef-27b0-4d9c-9e64-f30b6a12d578")
ACM_REVOKED = acm_arn("e6972d04-b85f-4c31-a7d8-52f41c09eb3a")
ACM_STUCK = acm_arn("7f3c60d9-1a42-4be7-80c5-9db2e814f6a0")

# What several stages have deployed.
ORDERS = [
    ("/orders", "get", "http_proxy"), ("/orders", "post", "http_proxy"), ("/orders/{id}", "get", "http_proxy"),
    ("/orders/{id}", "delete", "http_proxy")]
REPORTS = [("/reports/{id}", "get", "http_proxy", {"uri": "https://reports.example.internal:8443/reports/{id}"})]
WEBSITE_LISTENER = (
    f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:listener/app/website/50dc6c495c0c9188/f2f7dc8efc522ab2")

# Each comment says what the stage shows with default parameters.
APIS = [
    Api("orders", "k3v9q0m2xa", "team-orders", [
        # Compliant.
        Stage("prod", "2026-09-14T08:20:11.402Z", "x8f2kq", "h4t0vz", deployed=ORDERS),
        # Shared by two stages of one API, this one and the next.
        Stage("test", "2026-06-03T14:11:36.917Z", "ja05wt", "q9b2mx", deployed=ORDERS),
        Stage("dev", "2026-06-03T14:12:58.260Z", "l7ec3v", "q9b2mx", deployed=ORDERS),
    ]),
    Api("payments", "7hd2wq4tzn", "team-payments", [
        # Compliant: 45 days before expiry, but ACM renews it automatically.
        # Its backend is private.
        Stage("live", "2026-09-21T10:02:47.551Z", "o4ns8b", ACM_RENEWING, deployed=[
            ("/payments", "post", "http_proxy", {"connectionType": "VPC_LINK", "connectionId": "vl7k2p"})]),
        # Compliant: no HTTP integration, but a mock and Lambda.
        Stage("sandbox", "2026-07-30T15:44:20.083Z", "g2xz6d", deployed=[
            ("/health", "get", "mock"), ("/payments", "post", "aws_proxy")]),
    ]),
    Api("customers", "b81yx6fk0e", "team-customers", [
        # Shared by two APIs.
        # The host is in a stage variable.
        Stage("prod", "2026-04-22T10:55:14.739Z", "wy1m9h", "u7k1ed", deployed=[
            ("/customers/{id}", "get", "http_proxy", {"uri": "https://${stageVariables.customersHost}/customers/{id}"}),
        ], variables={"customersHost": "customers.example.internal"}),
        # Missing: one HTTP integration among Lambda functions is enough.
        Stage("dev", "2026-08-19T13:27:05.614Z", "3rtk0p", deployed=[
            ("/customers", "get", "aws_proxy"), ("/customers/{id}", "get", "http_proxy"),
            ("/customers/{id}", "options", "mock")]),
    ]),
    Api("catalog", "p5n0gc3rul", "team-catalog", [
        # Shared by two APIs.
        # The stage has no variable with this name.
        Stage("prod", "2026-11-18T09:03:29.175Z", "5aq7jd", "u7k1ed", deployed=[
            ("/items", "get", "http_proxy", {"uri": "https://${stageVariables.catalogHost}/items"})]),
        # Missing: the export shows only Lambda, but a canary sends traffic to another deployment.
        Stage("beta", "2026-11-12T16:38:51.328Z", "f6u9cs", canary="n1vb4x", deployed=[("/items", "get", "aws_proxy")]),
    ]),
    Api("shipping", "x2m7t9ajd4", "team-logistics", [
        # Expired.
        Stage("v1", "2025-11-03T07:52:33.490Z", "y0gh5e", "a2ws8n"),
        # Expiring in a month.
        Stage("v2", "2025-12-19T09:21:07.866Z", "t8zl2r", "e5yc3p"),
        # Expiring: exactly 60 days before expiry.
        Stage("v3", "2026-01-20T12:06:40.012Z", "m3pd7k", "j6lr0g"),
        # Compliant: 60 days and a second.
        # One of its backends is called without TLS, another is another organization's.
        Stage("v4", "2026-01-20T12:09:18.644Z", "c9wo1i", "z1nf7t", deployed=[
            ("/parcels", "post", "http_proxy"), ("/parcels/{id}", "get", "http_proxy"),
            ("/labels/{id}", "get", "http_proxy", {"uri": "http://labels.example.internal:8080/{id}"}),
            ("/rates", "get", "http", {"uri": "https://api.carrier.example.com/v2/rates"})]),
    ]),
    Api("invoices", "e6zr1bu8ws", "team-billing", [
        # Compliant.
        Stage("prod", "2026-08-11T16:30:52.207Z", "v5xt8a", "m8vo4h", deployed=[
            ("/invoices", "get", "http"), ("/invoices/{id}", "get", "http")]),
        # Dangling, in front of HTTP backends.
        Stage("test", "2026-05-07T12:48:09.395Z", "h2qb6y", "b6wz3r", deployed=[
            ("/invoices", "get", "http"), ("/invoices/{id}", "get", "http")]),
        # Missing: every method of every path goes to one backend.
        Stage("dev", "2026-11-19T10:17:44.581Z", "r7ke0m", deployed=[("/{proxy+}", "any", "http_proxy")]),
    ]),
    Api("partner", "0qf4kj7ych", "team-partners", [
        # Shared ACM certificate, on two APIs.
        Stage("prod", "2026-09-30T08:35:12.930Z", "s4vj9n", ACM_SHARED, deployed=[
            ("/feed", "get", "http_proxy")]),
        # Not issued, and expired.
        Stage("legacy", "2026-09-16T11:20:25.747Z", "z6ca3u", ACM_EXPIRED, deployed=[
            ("/feed", "get", "http_proxy")]),
        # Not issued: revoked, although its dates are valid.
        Stage("sandbox", "2026-10-08T14:53:31.118Z", "d1yf7w", ACM_REVOKED, deployed=[
            ("/feed", "get", "http_proxy")]),
        # Not yet valid.
        Stage("next", "2026-11-21T11:41:56.462Z", "q8mo5l", "r3pa9k"),
    ]),
    Api("tracking", "w9s3ld5ovi", "team-logistics", [
        # Shared ACM certificate, on two APIs.
        Stage("prod", "2026-10-02T09:44:03.256Z", "k0eu2z", ACM_SHARED, deployed=[
            ("/{proxy+}", "any", "http_proxy")]),
        # Shared by a REST and a WebSocket API.
        Stage("live", "2026-05-18T11:46:37.893Z", "b7rw4g", "d0xj5u", deployed=[
            ("/{proxy+}", "any", "http_proxy")]),
        # Expiring: ACM failed to renew it, so it counts as one without automatic renewal.
        Stage("test", "2026-09-22T17:08:14.049Z", "p3it9c", ACM_STUCK),
        # Missing: it can't be exported.
        Stage("dev", "2026-07-14T13:15:48.705Z", "1jnx6v"),
    ]),
    Api("thumbnails", "m4xe8p2gtq", "team-media", [
        # No HTTP integration, only Lambda. The stage has no tag.
        Stage("prod", "2026-03-25T10:31:22.374Z", "o9lb5s", deployed=[("/thumbnails", "post", "aws_proxy")], tags={}),
        # Dangling, but without an HTTP integration.
        Stage("test", "2026-03-25T10:33:57.521Z", "u2dg8f", "n0cs4y", deployed=[
            ("/thumbnails", "post", "aws")]),
    ]),
    Api("status", "c7ah0n6rby", "team-platform", [
        # Compliant: no HTTP integration, only mocks.
        Stage("v1", "2026-02-11T15:59:40.838Z", "4wmk7q", deployed=[("/status", "get", "mock")]),
    ]),
    Api("reports", "d5ok2y8vgj", "team-analytics", [
        # Compliant: the PEM is unreadable, but API Gateway has the date.
        Stage("prod", "2026-07-02T07:02:35.186Z", "e3zp0h", "t2gq6b", deployed=REPORTS),
        # The certificate has no tag. The certificate of its backend is not verified.
        Stage("test", "2026-07-09T13:09:52.671Z", "x6fa4j", "y9ei1w", deployed=[
            ("/reports/{id}", "get", "http_proxy", {
                "uri": "https://reports.example.internal:8443/reports/{id}",
                "tlsConfig": {"insecureSkipVerification": True}})]),
        # The stage's tag is blank.
        Stage("dev", "2026-10-05T15:41:16.953Z", "i8sn2c", "c4hm8z", deployed=REPORTS, tags={"owner": " "}),
    ]),
    Api("notifications", "t1u5vy9kzd", "team-mobile", protocol="WEBSOCKET",
        integrations={
            "4kd8w2q": {
                "IntegrationType": "HTTP_PROXY",
                "IntegrationMethod": "POST",
                "IntegrationUri": "https://${stageVariables.host}/notifications",
                "ConnectionType": "INTERNET",
            },
            "9bm1xz5": {"IntegrationType": "MOCK"},
        }, stages=[
            # Shared by a REST and a WebSocket API. A different spelling of the tag key.
            Stage("prod", "2026-05-18T11:51:20.432Z", "a5vh1t", "d0xj5u", tags={"Owner": "team-mobile"},
                variables={"host": "notifications.example.internal"}),
            # Missing: an HTTP integration is recorded.
            Stage("dev", "2026-06-24T09:26:43.588Z", "w7lk3e", variables={"host": "notifications-dev.example.internal"}),
        ]),
    Api("chat", "g3jw8q1nfm", "team-mobile", protocol="WEBSOCKET",
        integrations={
            "2hr7ve0": {"IntegrationType": "AWS_PROXY"},
            "6tc3yl8": {"IntegrationType": "MOCK"},
        }, stages=[
            # Compliant: no HTTP integration.
            Stage("live", "2026-04-09T14:04:11.799Z", "n4bg8x"),
        ]),
    Api("telemetry", "y0ck4s6xel", "team-iot", protocol="WEBSOCKET", stages=[
        # Compliant.
        Stage("live", "2026-10-19T09:17:28.314Z", "z9oq6r", "f7ub2s"),
        # Missing: Config records no integrations of the API.
        Stage("test", "2026-10-19T09:22:05.140Z", "j1wd5m"),
    ]),
    Api("website", "n8r2dz7hpa", "team-web", protocol="HTTP", integrations={
        "8pf0sj4": {
            "IntegrationType": "HTTP_PROXY",
            "IntegrationMethod": "ANY",
            "IntegrationUri": WEBSITE_LISTENER,
            "ConnectionType": "VPC_LINK",
            "ConnectionId": "w5t8vl",
        },
    }, stages=[
        # Not applicable: HTTP APIs have no client certificates.
        Stage("$default", "2026-08-27T08:40:59.223Z", None),
    ]),
]

GENERATED = [
    Generated("h4t0vz", "2026-09-14T08:12:31Z", "orders prod", {"owner": "team-orders"}),
    Generated("q9b2mx", "2026-06-03T14:05:09Z", "orders, not production", {"owner": "team-orders"}),
    Generated("u7k1ed", "2026-04-22T10:47:55Z", "customers and catalog", {"owner": "team-customers"}),
    Generated("a2ws8n", "2025-10-30T07:30:00Z", "shipping v1", {"owner": "team-logistics"}),
    Generated("e5yc3p", "2025-12-19T09:15:42Z", "shipping v2", {"owner": "team-logistics"}),
    Generated("j6lr0g", "2026-01-20T12:00:00Z", "shipping v3", {"owner": "team-logistics"}),
    Generated("z1nf7t", "2026-01-20T12:00:01Z", "shipping v4", {"owner": "team-logistics"}),
    Generated("m8vo4h", "2026-08-11T16:22:03Z", "invoices prod", {"owner": "team-billing"}),
    Generated("r3pa9k", "2026-11-22T12:00:00Z", "partner next", {"owner": "team-partners"}),
    Generated("d0xj5u", "2026-05-18T11:38:20Z", "tracking and notifications", {"owner": "team-logistics"}),
    Generated("t2gq6b", "2026-07-02T06:54:17Z", "reports prod", {"owner": "team-analytics"}, readable=False),
    Generated("y9ei1w", "2026-07-09T13:01:44Z", "reports test", None),
    Generated("c4hm8z", "2026-10-05T15:33:58Z", "reports dev", {"owner": "team-analytics"}),
    Generated("f7ub2s", "2026-10-19T09:09:36Z", "telemetry live", {"owner": "team-iot"}),
    Generated("k5dn0v", "2026-03-12T08:28:10Z", "spare, attached to nothing", {"owner": "team-platform"}),
]


def acm(arn, domain, status, kind, not_before, not_after, eligibility, renewal_status=None):
    """Returns the relevant part of a DescribeCertificate response."""
    detail = {
        "CertificateArn": arn,
        "DomainName": domain,
        "Status": status,
        "Type": kind,
        "NotBefore": not_before,
        "NotAfter": not_after,
        "RenewalEligibility": eligibility,
    }
    return detail | ({"RenewalSummary": {"RenewalStatus": renewal_status}} if renewal_status else {})


ACM = [
    (acm(ACM_SHARED, "gateway.example.internal", "ISSUED", "PRIVATE",
         "2026-08-31T08:00:00Z", "2027-09-30T09:00:00Z", "ELIGIBLE"), "team-platform"),
    (acm(ACM_RENEWING, "payments.example.internal", "ISSUED", "PRIVATE",
         "2025-12-06T11:00:00Z", "2027-01-05T12:00:00Z", "ELIGIBLE", "PENDING_AUTO_RENEWAL"), "team-payments"),
    (acm(ACM_EXPIRED, "feed.partner.example.com", "EXPIRED", "IMPORTED",
         "2025-08-31T00:00:00Z", "2026-09-30T23:59:59Z", "INELIGIBLE"), "team-partners"),
    (acm(ACM_REVOKED, "sandbox.partner.example.com", "REVOKED", "PRIVATE",
         "2026-05-15T13:00:00Z", "2027-06-14T14:00:00Z", "INELIGIBLE"), "team-partners"),
    (acm(ACM_STUCK, "tracking-test.example.internal", "ISSUED", "PRIVATE",
         "2025-12-11T06:00:00Z", "2027-01-10T07:00:00Z", "ELIGIBLE", "FAILED"), "team-logistics"),
]

# Deleted stages, for events about them and for items and results that Config still has.
DELETED = {
    "invoices": Stage("staging", "2026-08-13T09:05:27.640Z", "1bz6uf", "m8vo4h"),
    "reports": Stage("staging", "2026-07-20T12:22:39.077Z", "g5ty8k", "y9ei1w"),
    "shipping": Stage("v0", "2026-02-09T10:20:04.918Z", "6hx0qp", "o3kd8p"),
}


def api_named(name):
    return next(api for api in APIS if api.name == name)
