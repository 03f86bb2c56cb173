#!/usr/bin/env python3
"""Writes seed corpora, made from the repository's samples, to fuzz/corpus (not committed)."""

import base64
import json
import pathlib
import re
import struct

ROOT = pathlib.Path(__file__).resolve().parent.parent
CORPUS = ROOT / "fuzz" / "corpus"


def seed(target: str, name: str, content: bytes) -> None:
    folder = CORPUS / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content)


for path in sorted((ROOT / "events").glob("*.json")):
    seed("event", path.stem, path.read_bytes())
    seed("event", f"{path.stem}-inside", json.loads(path.read_text())["invokingEvent"].encode())

PARAMETERS = {
    "checks": "certificate-expiry,owner-tag",
    "expiryWindowDays": "45",
    "managedRenewalWindowDays": "7",
    "ownerTagKeys": "team,Owner",
    "ownerTagPattern": "team-[a-z]+",
    "ownerTagOn": "stage,certificate",
    "certificateIds": "h4t0vz,arn:aws:acm:eu-west-1:111122223333:certificate/1-2",
    "certificateSharing": "same-api,acm",
    "appliesTo": "all-stages",
    "includeStages": "*/prod*",
    "excludeStages": "a1b2c3/[!x]? until=2026-12-31 reason=migration,*/dev",
    "apiGatewayCallsPerSecond": "8",
    "inventory": "apigateway",
    "reporting": "all",
    "executionRoleName": "stagecert-member",
    "securityHub": "on",
    "findingOwner": "value",
}
seed("parameters", "all", json.dumps(PARAMETERS).encode())
KEYS = re.findall(r'^    "(\w+)",$', (ROOT / "src" / "parameters" / "raw.rs").read_text(), re.MULTILINE)
for key, value in PARAMETERS.items():
    seed("parameters", key, json.dumps({key: value}).encode())
    # The target uses the first character modulo the number of keys as an index into KEYS.
    seed("parameters", f"{key}-alone", (chr(4 * len(KEYS) + KEYS.index(key)) + value).encode())

account = json.loads((ROOT / "examples" / "account.json").read_text())
pems = [(ROOT / "tests/certificates/leap-day.pem").read_text()]
pems += [it["pemEncodedCertificate"] for it in account["clientCertificates"][:2]]
for number, pem in enumerate(pems):
    date = struct.pack("<q", 1_800_000_000)
    der = base64.b64decode("".join(line for line in pem.splitlines() if "-----" not in line))
    seed("certificate", f"pem-{number}", date + pem.encode())
    seed("certificate", f"der-{number}", date + der)

seed("snapshot", "example", json.dumps(account).encode())
# One entry per list: small inputs mutate fastest.
for at in range(6):
    small = dict(account)
    for name, entries in account.items():
        if isinstance(entries, list):
            small[name] = entries[at : at + 1]
        elif isinstance(entries, dict):
            small[name] = dict(list(entries.items())[at : at + 1])
    seed("snapshot", f"small-{at}", json.dumps(small).encode())
