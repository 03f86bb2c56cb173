"""The certificates of the matrix of servers, made with openssl."""

import base64
import hashlib
import pathlib
import re
import subprocess

HOST = "backend.example.com"
# The subject and issuer of every client certificate that API Gateway generates.
API_GATEWAY = "/C=US/L=Seattle/CN=ApiGateway"

CONFIGURATION = """
[req]
distinguished_name = dn
string_mask = default
[dn]
[server]
subjectAltName = DNS:backend.example.com
[client]
basicConstraints = CA:FALSE
extendedKeyUsage = clientAuth
[ca]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign
"""


def make_all(folder):
    """Writes NAME.pem and NAME-key.pem for each certificate, and the files made of several."""
    (folder / "openssl.cnf").write_text(CONFIGURATION)
    authority(folder, "server-ca", "/CN=Example servers")
    authority(folder, "client-ca", "/CN=Example clients")
    issued(folder, "server", f"/CN={HOST}", "server-ca")
    issued(folder, "client", "/CN=payments", "client-ca")
    # `stranger` is generated like the others, but by someone else.
    for name in ("generated-1", "generated-2", "stranger"):
        generated(folder, name)
    generated(folder, "expired", dates=(b"240101000000Z", b"250101000000Z"))
    concatenate(folder, "empty", [])
    concatenate(folder, "server-and-key", ["server", "server-key"])
    concatenate(folder, "1-then-2", ["generated-1", "generated-2"])
    concatenate(folder, "2-then-1", ["generated-2", "generated-1"])
    openssl(
        folder, "pkcs12", "-export", "-in", "server.pem", "-inkey", "server-key.pem", "-out", "server.p12",
        "-passout", "pass:changeit",
    )


def fingerprint(certificate, algorithm="sha256"):
    """Returns a certificate's fingerprint in lower case, without colons."""
    return hashlib.new(algorithm, der(certificate.read_text())).hexdigest()


def authority(folder, name, subject):
    openssl(folder, "req", "-x509", *key(name), "-out", f"{name}.pem", "-subj", subject, "-extensions", "ca")


def issued(folder, name, subject, issuer):
    """Makes a certificate with the extensions of the section of its name."""
    openssl(folder, "req", *key(name), "-out", f"{name}.csr", "-subj", subject)
    openssl(
        folder, "x509", "-req", "-in", f"{name}.csr", "-CA", f"{issuer}.pem", "-CAkey", f"{issuer}-key.pem", "-CAcreateserial",
        "-days", "365", "-extfile", "openssl.cnf", "-extensions", name, "-out", f"{name}.pem",
    )


def generated(folder, name, dates=()):
    """Makes a certificate like those of API Gateway: X.509 v3 without extensions.

    `openssl req` makes a certificate without extensions an X.509 v1 certificate, which OpenSSL
    treats as a CA. So the version is inserted, and the certificate is signed again.
    """
    openssl(folder, "req", "-x509", *key(name), "-out", f"{name}.pem", "-subj", API_GATEWAY, "-days", "365")
    certificate = folder / f"{name}.pem"
    to_be_signed, algorithm, _ = elements(content(der(certificate.read_text())))
    body = content(to_be_signed)
    assert body[0] != VERSION[0], f"{name} has a version already"
    for old, new in zip(re.findall(rb"\d{12}Z", body), dates):
        body = body.replace(old, new)
    to_be_signed = element(0x30, VERSION + body)
    (folder / f"{name}.tbs").write_bytes(to_be_signed)
    openssl(folder, "dgst", "-sha256", "-sign", f"{name}-key.pem", "-out", f"{name}.signature", f"{name}.tbs")
    signature = element(0x03, b"\0" + (folder / f"{name}.signature").read_bytes())
    certificate.write_text(pem(element(0x30, to_be_signed + algorithm + signature)))
    text = openssl(folder, "x509", "-in", certificate, "-noout", "-text")
    assert "Version: 3" in text and "X509v3" not in text, text


def key(name):
    return "-config", "openssl.cnf", "-newkey", "rsa:2048", "-nodes", "-sha256", "-keyout", f"{name}-key.pem"


def concatenate(folder, name, parts):
    (folder / f"{name}.pem").write_text("".join((folder / f"{part}.pem").read_text() for part in parts))


def openssl(folder, *arguments):
    run = subprocess.run(["openssl", *arguments], cwd=folder, capture_output=True, text=True)
    assert run.returncode == 0, f"openssl {arguments}: {run.stderr}"
    return run.stdout


# DER

# `[0] INTEGER 2`: X.509 v3.
VERSION = bytes([0xA0, 3, 2, 1, 2])


def der(text):
    return base64.b64decode(re.search("-----BEGIN CERTIFICATE-----(.*?)-----END", text, re.S)[1])


def pem(data):
    lines = "\n".join(re.findall(".{1,64}", base64.b64encode(data).decode()))
    return f"-----BEGIN CERTIFICATE-----\n{lines}\n-----END CERTIFICATE-----\n"


def content(data):
    start, end = bounds(data)
    return data[start:end]


def elements(data):
    found = []
    while data:
        _, end = bounds(data)
        found.append(data[:end])
        data = data[end:]
    return found


def bounds(data):
    """Where the content of the first element starts and ends."""
    if data[1] < 0x80:
        return 2, 2 + data[1]
    start = 2 + (data[1] & 0x7F)
    return start, start + int.from_bytes(data[2:start])


def element(tag, data):
    size = len(data)
    if size < 0x80:
        return bytes([tag, size]) + data
    length = size.to_bytes((size.bit_length() + 7) // 8)
    return bytes([tag, 0x80 | len(length)]) + length + data
