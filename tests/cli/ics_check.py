"""Parses `--format ics` with Python's icalendar, and compares every event with `--format json`.

    python3 tests/cli/ics_check.py target/debug/stagecert

Needs tools/requirements/test.txt. Prints `N events, N problems`; exits with 1 if there are any problems.
"""

import datetime
import json
import pathlib
import subprocess
import sys
import tempfile

import icalendar

EXAMPLE = pathlib.Path("examples/account.json")
ALARMS = [datetime.timedelta(days=-days) for days in (30, 14, 7, 1)]


def scan(stagecert, arguments, output_format):
    command = [stagecert, "scan", *arguments, "--format", output_format]
    run = subprocess.run(command, capture_output=True, check=False)
    if run.returncode not in (1, 2) or not run.stdout:
        sys.exit(f"{command}: {run.returncode}\n{run.stderr.decode()}")
    return run.stdout


def expected(document):
    """The stages of each certificate that has a date, by account, Region and id."""
    certificates = {}
    for place in document["places"]:
        for stage in place["stages"]:
            if stage["notAfter"]:
                key = (place["accountId"], place["awsRegion"], stage["clientCertificateId"])
                certificates.setdefault(key, []).append((place, stage))
    return certificates


def printable(text):
    return "".join(c if c.isprintable() or c == "\n" else "?" for c in text)


def problems(stagecert, arguments):
    """Yields one line per problem, and the UIDs with their instants."""
    raw = scan(stagecert, arguments, "ics")
    for number, line in enumerate(raw.split(b"\r\n")):
        if len(line) > 75 or b"\n" in line or b"\r" in line:
            yield f"line {number}: {line!r}"
    calendar = icalendar.Calendar.from_ical(raw)
    if calendar.errors or str(calendar["VERSION"]) != "2.0" or not calendar["PRODID"]:
        yield f"calendar: {calendar.errors}"
    certificates = expected(json.loads(scan(stagecert, arguments, "json")))
    events = calendar.walk("VEVENT")
    if len(events) != len(certificates) or len({str(event["UID"]) for event in events}) != len(events):
        yield f"{len(events)} events for {len(certificates)} certificates"
    for event, stages in zip(events, (certificates[key] for key in sorted(certificates)), strict=False):
        place, first = stages[0]
        name = first["clientCertificateId"]
        if event.errors:
            yield f"{name}: {event.errors}"
        if event["DTSTART"].dt != datetime.datetime.fromisoformat(first["notAfter"]).replace(microsecond=0):
            yield f"{name}: {event['DTSTART'].dt}, not {first['notAfter']}"
        if event["DTSTAMP"].dt != datetime.datetime.fromisoformat(place["evaluatedAt"]):
            yield f"{name}: DTSTAMP {event['DTSTAMP'].dt}"
        description = str(event["DESCRIPTION"])
        for _, stage in stages:
            owner = "no owner" if stage["owner"] is None else f"owner {stage['owner']}"
            name = f" ({stage['apiName']})" if stage.get("apiName") else ""
            wanted = printable(f"- {stage['stage']}{name}, {owner}".replace("\n", "?"))[:256]
            if wanted not in description:
                yield f"{name}: {wanted!r} is not in {description!r}"
        alarms = event.walk("VALARM")
        if [alarm["TRIGGER"].dt for alarm in alarms] != ALARMS:
            yield f"{name}: alarms {alarms}"
        if any(str(alarm["ACTION"]) != "DISPLAY" or not alarm["DESCRIPTION"] for alarm in alarms):
            yield f"{name}: an alarm shows nothing"


def hostile():
    """The example with names and owners that try to end lines, properties and events."""
    account = json.loads(EXAMPLE.read_text())
    owner = "a,b;c\\n\r\nEND:VEVENT\r\nBEGIN:VEVENT\n:\"=\u202e é東\U0001f980 " + "x" * 10_000
    for mapping in account["resourceTagMappingList"]:
        for tag in mapping["Tags"]:
            tag["Value"] = owner
    for number, row in enumerate(account["stages"]):
        if row["resourceType"] == "AWS::ApiGateway::Stage":
            row["resourceId"] = row["resourceId"].rsplit("/", 1)[0] + f"/a,b;c:{number}"
    for certificate in account["clientCertificates"]:
        certificate["description"] = owner
        certificate["tags"] = {"owner": owner}
    return account


def uids(stagecert, account, folder):
    path = pathlib.Path(folder, "account.json")
    path.write_text(json.dumps(account))
    calendar = icalendar.Calendar.from_ical(scan(stagecert, ["--snapshot", path], "ics"))
    return {str(event["UID"]): event["DTSTART"].dt for event in calendar.walk("VEVENT")}


def stability(stagecert, folder):
    """A later scan with another date has the same UIDs; another account has others."""
    account = json.loads(EXAMPLE.read_text())
    before = uids(stagecert, account, folder)
    account["takenAt"] = "2026-11-28T12:00:00Z"
    for certificate in account["clientCertificates"]:
        certificate["expirationDate"] = "2026-12-24T00:00:00Z"
    after = uids(stagecert, account, folder)
    if before.keys() != after.keys() or before == after:
        yield "UIDs depend on dates"
    if any(c in uid for uid in before for c in " ,;:\\"):
        yield "UIDs need escaping"
    account["accountId"] = "444455556666"
    generated = before.keys() & uids(stagecert, account, folder).keys()
    if generated:
        yield "UIDs don't depend on the account"


def main():
    stagecert = pathlib.Path(sys.argv[1]).resolve()
    found, events = [], 0
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "hostile.json")
        path.write_text(json.dumps(hostile()))
        accounts = [["--example"], ["--snapshot", "tests/cli/hostile.json"], ["--snapshot", path]]
        for arguments in accounts:
            found += [f"{arguments}: {problem}" for problem in problems(stagecert, arguments)]
            calendar = icalendar.Calendar.from_ical(scan(stagecert, arguments, "ics"))
            events += len(calendar.walk("VEVENT"))
        found += stability(stagecert, folder)
    print(*found, f"{events} events, {len(found)} problems", sep="\n")
    sys.exit(bool(found) or events == 0)


if __name__ == "__main__":
    main()
