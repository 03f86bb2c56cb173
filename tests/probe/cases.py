"""The configurations of the matrix: what each server answers, and what a probe must say about it.

Those that docs/probe.md recommends are taken from that page; the others differ from them in what
`changed` replaces. The verdicts follow from the definition of each verdict, and from what the
server serves to openssl.
"""

import dataclasses
from collections.abc import Callable

from backends import apache, changed, documented, envoy, haproxy, java, nginx, node, openssl

NONE = "no certificate"
EVERYONE = frozenset({NONE, "generated-1", "generated-2", "client", "stranger"})


@dataclasses.dataclass(frozen=True)
class Case:
    kind: Callable
    name: str
    text: str
    # The verdict without and with `--impostor`.
    verdict: str
    with_impostor: str
    # Whether the server requests a certificate in the handshake.
    asks: bool
    # The clients that get 200; all others must not get it.
    serves: frozenset
    # The content of trusted.pem and of old.pem.
    trusted: str = "generated-1"
    old: str = "generated-1"
    path: str = "/"
    # Those that try.
    clients: frozenset = EVERYONE
    # Each version of TLS alone, or both.
    tls: tuple = ("1.2", "1.3", "both")


def every_case():
    return [
        case
        for cases in (nginx_cases, apache_cases, haproxy_cases, node_cases, java_cases, envoy_cases, openssl_cases)
        for case in cases()
    ]


def required(kind, name, text):
    """A server that trusts one generated certificate, a CA, or two generated certificates, of which
    OpenSSL finds only the first.
    """
    both = kind is java
    for trusted, what, serves in (
        ("generated-1", "one certificate", {"generated-1"}),
        ("client-ca", "a CA", {"client"}),
        ("1-then-2", "two certificates", {"generated-1", "generated-2"} if both else {"generated-1"}),
        ("2-then-1", "two certificates, reversed", {"generated-1", "generated-2"} if both else {"generated-2"}),
    ):
        versions = ("both",) if kind is java else ("1.2", "1.3", "both")
        yield enforced(kind, f"{name}, {what}", text, serves, trusted=trusted, tls=versions)
    # Java doesn't check the dates of a certificate that it trusts directly.
    yield expired(kind, f"{name}, expired", text, is_served=both)


def expired(kind, name, text, is_served):
    """A server that trusts, or has pinned, a certificate that has expired."""
    return enforced(
        kind, name, text, {"expired"} if is_served else (), trusted="expired", old="expired", tls=("both",),
        clients=frozenset({NONE, "expired", "stranger"}),
    )


def enforced(kind, name, text, serves, **options):
    return Case(kind, name, text, "enforced", "enforced", True, frozenset(serves), **options)


def pinned(kind, name, text, checks_dates):
    yield enforced(kind, name, text, {"generated-1", "generated-2"})
    yield expired(kind, f"{name}, expired", text, is_served=not checks_dates)


def forgeable(kind, name, text, serves):
    """A server that accepts any certificate with API Gateway's subject, or any at all."""
    return Case(kind, name, text, "enforced", "forgeable", True, frozenset(serves))


def open_to_everyone(kind, name, text, asks, path="/"):
    return Case(kind, name, text, "open", "open", asks, EVERYONE, path=path)


def optional(kind, name, text, serves=(NONE, "generated-1"), **options):
    """A server that requests a certificate and accepts its absence."""
    return Case(kind, name, text, "open", "open", True, frozenset(serves), **options)


def inconclusive(kind, name, text, asks, serves=(), **options):
    return Case(kind, name, text, "inconclusive", "inconclusive", asks, frozenset(serves), **options)


# Everything that has API Gateway's subject.
SAME_SUBJECT = {"generated-1", "generated-2", "stranger"}


def nginx_cases():
    on, pins = documented("nginx required"), documented("nginx pinned")
    verify = "ssl_verify_client on;"
    by_name = changed(pins, "SHA1_OLD 1;\n    SHA1_NEW 1;", '"CN=ApiGateway,L=Seattle,C=US" 1;')
    refuse = "if ($is_api_gateway = 0) {\n        return 495;\n    }"
    yield open_to_everyone(nginx, "off", changed(on, verify, ""), asks=False)
    yield optional(nginx, "optional", changed(on, verify, "ssl_verify_client optional;"))
    yield from required(nginx, "on", on)
    yield open_to_everyone(nginx, "optional_no_ca", changed(pins, refuse, ""), asks=True)
    yield from pinned(nginx, "optional_no_ca, pinned", pins, checks_dates=True)
    yield inconclusive(
        nginx, "optional_no_ca, pinned, 403", changed(pins, "return 495", "return 403"), True, {"generated-1", "generated-2"}
    )
    # Without a session ticket, nothing shows that nginx accepted the absence of a certificate.
    closes = "ssl_conf_command NumTickets 0;\n    location = / {\n        return 444;\n    }"
    yield inconclusive(nginx, "optional_no_ca, closes", changed(pins, refuse, closes), True)
    yield forgeable(
        nginx, "optional_no_ca, subject", changed(by_name, "$ssl_client_fingerprint", "$ssl_client_s_dn"), SAME_SUBJECT
    )


def apache_cases():
    require, pins = documented("apache required"), documented("apache pinned")
    verify = "SSLVerifyClient require"
    location = "<Location /private>\n        SSLVerifyClient require\n    </Location>"
    [expression] = (line.strip() for line in pins.splitlines() if "Require expr" in line)
    yield open_to_everyone(apache, "none", changed(require, verify, "SSLVerifyClient none"), asks=False)
    yield optional(apache, "optional", changed(require, verify, "SSLVerifyClient optional"))
    yield from required(apache, "require", require)
    yield open_to_everyone(apache, "optional_no_ca", changed(pins, expression, "Require all granted"), asks=True)
    yield from pinned(apache, "optional_no_ca, pinned", pins, checks_dates=True)
    yield enforced(apache, "optional_no_ca, pinned, empty file", pins, {"generated-2"}, old="empty")
    yield forgeable(
        apache, "optional_no_ca, subject", changed(pins, expression, "Require expr %{SSL_CLIENT_S_DN_CN} == 'ApiGateway'"),
        SAME_SUBJECT,
    )
    # The certificate is requested after the request: by renegotiation or post-handshake.
    yield open_to_everyone(apache, "require in <Location>, path outside", changed(require, verify, location), asks=False)
    yield inconclusive(
        apache, "require in <Location>, path inside", changed(require, verify, location), False, {"generated-1"}, path="/private"
    )


def haproxy_cases():
    require, pins = documented("haproxy required"), documented("haproxy pinned")
    verify = "verify required"
    [refuse] = (line.strip() for line in pins.splitlines() if "http-request" in line)
    yield open_to_everyone(haproxy, "verify none", changed(require, verify, "verify none"), asks=False)
    yield optional(haproxy, "verify optional", changed(require, verify, "verify optional"))
    yield from required(haproxy, "verify required", require)
    yield forgeable(haproxy, "ca-ignore-err", changed(pins, refuse, ""), EVERYONE - {NONE})
    yield from pinned(haproxy, "ca-ignore-err, pinned", pins, checks_dates=False)
    # The end of the connection doesn't say why.
    rejects = changed(pins, refuse, "http-request reject unless is_api_gateway")
    yield Case(
        haproxy, "ca-ignore-err, pinned, reject", rejects, "enforced", "inconclusive", True,
        frozenset({"generated-1", "generated-2"}),
    )
    yield forgeable(
        haproxy, "ca-ignore-err, subject",
        changed(pins, "ssl_c_der,sha2(256),hex -m str -i SHA256_OLD SHA256_NEW", "ssl_c_s_dn(cn) ApiGateway"), SAME_SUBJECT,
    )


def node_cases():
    require, pins = documented("node required"), documented("node pinned")
    request, reject = "requestCert: true", "rejectUnauthorized: true"
    [check] = (line.strip() for line in pins.splitlines() if "socket.destroy" in line)
    subject = 'if (socket.getPeerCertificate().subject?.CN !== "ApiGateway") socket.destroy();'
    yield open_to_everyone(node, "no options", changed(changed(require, f"{request},", ""), f"{reject},", ""), asks=False)
    yield open_to_everyone(node, "rejectUnauthorized alone", changed(require, f"{request},", ""), asks=False)
    yield open_to_everyone(node, "requestCert alone", changed(require, reject, "rejectUnauthorized: false"), asks=True)
    yield from required(node, "both", require)
    yield from pinned(node, "requestCert, pinned", pins, checks_dates=False)
    yield forgeable(node, "requestCert, subject", changed(pins, check, subject), SAME_SUBJECT)
    # TLS 1.2 is a way around the pins.
    only_1_3 = changed(check, "if (", 'if (socket.getProtocol() === "TLSv1.3" && ')
    yield optional(
        node, "pinned in TLS 1.3 only", changed(pins, check, only_1_3), {"generated-1", "generated-2"}, tls=("both",)
    )
    # So is a cipher suite that the probe doesn't support.
    old_suite = changed(
        changed(pins, check, only_1_3), f"{request},", f'{request}, ciphers: "TLS_AES_128_GCM_SHA256:AES128-SHA",'
    )
    yield inconclusive(
        node, "pinned in TLS 1.3 only, 1.2 with AES128-SHA", old_suite, True, {"generated-1", "generated-2"}, tls=("both",)
    )
    # Without a refusal by the server, the answer of the application decides.
    answer = "response.end("
    for status, verdict in ((302, "open"), (404, "open"), (401, "inconclusive"), (403, "inconclusive"), (503, "inconclusive")):
        answers = changed(require, answer, f"response.writeHead({status}).end(")
        for asks in (False, True):
            text = changed(answers, f"{reject},", "rejectUnauthorized: false,")
            text = text if asks else changed(text, f"{request},", "")
            name = f"requestCert, answers {status}" if asks else f"answers {status}"
            yield Case(node, name, text, verdict, verdict, asks, frozenset(), tls=("both",))
    # A client with a token needs no certificate.
    either = changed(
        changed(require, reject, "rejectUnauthorized: false"), 'response.end("ok\\n")',
        'response.writeHead(401).end("Bearer token or client certificate required")',
    )
    yield inconclusive(node, "requestCert, accepts a token too, 401", either, True, tls=("both",))


def java_cases():
    need = documented("java required")
    call = "tls.setNeedClientAuth(true);"
    yield open_to_everyone(java, "no client authentication", changed(need, call, ""), asks=False)
    yield optional(java, "setWantClientAuth", changed(need, call, "tls.setWantClientAuth(true);"))
    yield from required(java, "setNeedClientAuth", need)
    # This server cuts the connection for a version of TLS that it doesn't offer. The cause isn't
    # visible, so one version alone proves nothing.
    yield inconclusive(java, "setNeedClientAuth, one version", need, True, {"generated-1"}, tls=("1.2", "1.3"))


def envoy_cases():
    require, pins = documented("envoy required"), documented("envoy pinned")
    flag = "require_client_certificate: true"
    context = "                validation_context:\n                  trusted_ca: { filename: /etc/backend/trusted.pem }\n"
    untrusted = "                validation_context:\n                  trust_chain_verification: ACCEPT_UNTRUSTED\n"
    yield open_to_everyone(envoy, "no validation_context", changed(changed(require, context, ""), flag, ""), asks=False)
    yield optional(envoy, "trusted_ca alone", changed(require, flag, ""))
    yield from required(envoy, "require_client_certificate", require)
    # Envoy then ignores require_client_certificate.
    yield open_to_everyone(envoy, "ACCEPT_UNTRUSTED", changed(require, context, untrusted), asks=True)
    yield from pinned(envoy, "verify_certificate_hash", changed(require, context, pins), checks_dates=False)


def openssl_cases():
    yield open_to_everyone(openssl, "no options", "", asks=False)
    yield open_to_everyone(openssl, "-verify", "-verify 1 -CAfile trusted.pem", asks=True)
    # Without -verify_return_error, every certificate is accepted.
    yield forgeable(openssl, "-Verify", "-Verify 1 -CAfile trusted.pem", EVERYONE - {NONE})
    yield from required(openssl, "-Verify -verify_return_error", "-Verify 1 -verify_return_error -CAfile trusted.pem")
