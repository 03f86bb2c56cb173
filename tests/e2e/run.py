"""Runs the real `bootstrap` under a Lambda Runtime API and invokes it with every file of events/.

    python3 tests/e2e/run.py target/debug/bootstrap
    python3 tests/e2e/run.py qemu-aarch64 target/lambda/arm64/bootstrap/bootstrap

Needs `cargo lambda` on the PATH, and nothing but the standard library. Instead of AWS, a server
answers GetCallerIdentity and denies all other operations. So events that need AWS must fail with
an error that names the operation, account and Region; all others must succeed or be refused.
"""

import json
import os
import pathlib
import socket
import subprocess
import sys
import threading
import time
import tomllib
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ROOT = pathlib.Path(__file__).resolve().parents[2]
ACCOUNT, REGION = "111122223333", "eu-west-1"
IN_ACCOUNT = f"in account {ACCOUNT}, Region {REGION}"

# The expected outcome of each event: its status, and words in the response.
SUCCESS = {
    "snapshot-delivered": ["ConfigurationSnapshotDeliveryCompleted"],
    "message-type-unknown": ["SomethingNew"],
}
REFUSED = {
    "proactive": ["NotSupported", "PROACTIVE"],
    "malformed": ["Malformed", "invokingEvent.configurationItem", "resourceId"],
}
NEEDS_AWS = {
    "change-attached-shared": ["GetClientCertificates", "SelectResourceConfig"],
    "change-deleted": ["SelectResourceConfig", "GetClientCertificates"],
    "change-deleted-not-recorded": ["GetClientCertificates", "SelectResourceConfig"],
    "change-detached": ["GetClientCertificates", "SelectResourceConfig"],
    "change-discovered": ["GetResources"],
    "change-http-api": ["SelectResourceConfig"],
    "change-left-scope": ["SelectResourceConfig"],
    "change-not-recorded": ["BatchGetResourceConfig"],
    "change-ok": ["GetClientCertificates", "SelectResourceConfig", "GetResources"],
    "change-other-resource-type": ["PutEvaluations"],
    "change-websocket": ["SelectResourceConfig"],
    "oversized": ["GetResourceConfigHistory"],
    "oversized-deleted": ["BatchGetResourceConfig"],
    "scheduled": ["SelectResourceConfig"],
    "testmode": ["GetClientCertificates"],
}


class Denied(BaseHTTPRequestHandler):
    """Answers GetCallerIdentity, so that the function can find out its account, and denies all
    other requests.
    """

    def do_GET(self):
        self.answer(403, json.dumps({"message": "no permission"}))

    def do_POST(self):
        request = self.rfile.read(int(self.headers["content-length"]))
        if b"GetCallerIdentity" in request:
            self.answer(200, IDENTITY)
        else:
            self.answer(403, json.dumps({"__type": "AccessDeniedException", "message": "no permission"}))

    def answer(self, status, body):
        self.send_response(status)
        self.send_header("x-amzn-errortype", "AccessDeniedException")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_):
        pass


IDENTITY = (
    '<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>'
    f"<Arn>arn:aws:sts::{ACCOUNT}:assumed-role/stagecert/run</Arn><UserId>AROAEXAMPLE:run</UserId>"
    f"<Account>{ACCOUNT}</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"
)


def main():
    *emulator, program = sys.argv[1:]
    command = [*emulator, pathlib.Path(program).resolve()]
    aws = ThreadingHTTPServer(("127.0.0.1", 0), Denied)
    threading.Thread(target=aws.serve_forever, daemon=True).start()
    port = free_port()
    api = subprocess.Popen(
        ["cargo", "lambda", "watch", "--only-lambda-apis", "--invoke-address", "127.0.0.1", "--invoke-port", str(port)],
        cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )
    wait_for(port, "the Runtime API")

    def run(deliver, **settings):
        variables = environment(port, aws.server_port) | settings
        function = subprocess.Popen(command, env=variables, stdout=subprocess.PIPE, text=True)
        try:
            failed = deliver(port)
        finally:
            function.kill()
        return failed, function.stdout.read()

    try:
        failed, output = run(deliver_all)
        failed += check_lines(output.splitlines())
        failed += check(secrets().isdisjoint(output.split('"')), "no secret in the logs", "at level TRACE")
        for settings, check_settings in SETTINGS:
            deliveries, output = run(deliver_some, **settings)
            failed += deliveries + check_settings(output.splitlines())
    finally:
        api.kill()
    checks = len(NEEDS_AWS) + len(SUCCESS) + len(REFUSED) + 2 + LINE_CHECKS + SETTINGS_CHECKS
    print(f"{checks - failed} passed, {failed} failed", flush=True)
    sys.exit(1 if failed else 0)


def deliver_some(port):
    """Delivers a sweep and the change of a stage without a certificate; both fail here."""
    for name in ("scheduled", "change-discovered"):
        status, answer = invoke(port, (ROOT / "events" / f"{name}.json").read_bytes())
        if status == 200:
            return check(False, name, answer)
    return 0


# The calls that only exporting the stage needs.
EXPORT = {"GetStage", "GetExport"}
SETTINGS_CHECKS = 6


def read_lines(lines):
    """Returns the log lines of the two invocations, and the metrics of the sweep."""
    documents = [json.loads(line) for line in lines]
    ends = [it for it in documents if it.get("message") in ("done", "failed")]
    return ends, [it["_aws"]["CloudWatchMetrics"][0] for it in documents if "_aws" in it]


def check_defaults(lines):
    ends, metrics = read_lines(lines)
    version = tomllib.loads((ROOT / "Cargo.toml").read_text())["package"]["version"]
    fits = len(ends) == 2 and all((it["version"], it["deployment"]) == (version, "stagecert") for it in ends)
    failed = check(fits, "the version and the default name", json.dumps(ends[:1]))
    named = [(it["Namespace"], len(it["Metrics"]) > 1) for it in metrics]
    fits = EXPORT & set(ends[1]["calls"]) and named == [("stagecert", True)]
    return failed + check(fits, "by default, a change exports and metrics are full", json.dumps([ends[1]["calls"], metrics]))


def check_reduced(lines):
    ends, metrics = read_lines(lines)
    names = [(it["Namespace"], [metric["Name"] for metric in it["Metrics"]]) for it in metrics]
    fits = names == [("payments", ["SweepsSucceeded"])] and ends[0]["deployment"] == "payments"
    failed = check(fits, "a name and few metrics", json.dumps([names, ends[:1]]))
    calls = set(ends[1]["calls"])
    fits = "GetComplianceDetailsByResource" in calls and not EXPORT & calls
    return failed + check(fits, "a change without an export", json.dumps(sorted(calls)))


def check_none(lines):
    ends, metrics = read_lines(lines)
    return check(len(ends) == 2 and metrics == [], "no metrics", json.dumps(metrics))


def check_invalid(lines):
    ends, metrics = read_lines(lines)
    fits = len(ends) == 2 and not metrics and all(
        it["errorType"] == "Setting" and "STAGECERT_METRICS" in it["errorMessage"] and it["calls"] == {} for it in ends
    )
    return check(fits, "an invalid setting", json.dumps(ends[:1]))


SETTINGS = [
    ({}, check_defaults),
    ({"STAGECERT_NAME": "payments", "STAGECERT_METRICS": "few", "STAGECERT_CHANGE_EXPORTS": "off"}, check_reduced),
    ({"STAGECERT_METRICS": "none"}, check_none),
    ({"STAGECERT_METRICS": "some"}, check_invalid),
]


def deliver_all(port):
    names = sorted(path.stem for path in (ROOT / "events").glob("*.json"))
    expected = {**SUCCESS, **REFUSED, **NEEDS_AWS}
    failed = check(names == sorted(expected), "every event has an expectation", f"{names}")
    for name in names:
        status, answer = invoke(port, (ROOT / "events" / f"{name}.json").read_bytes())
        words = expected[name] + ([IN_ACCOUNT, "AccessDeniedException"] if name in NEEDS_AWS else [])
        fits = (status == 200) == (name in SUCCESS) and all(word in answer for word in words)
        failed += check(fits, name, f"{status} {answer}")
    return failed


LINE_CHECKS = 5


def check_lines(lines):
    """Checks one log line per invocation, one line of metrics per sweep, and that each line is a
    JSON document.
    """
    documents = [json.loads(line) for line in lines]
    ends = [it for it in documents if it.get("message") in ("done", "failed")]
    metrics = [it for it in documents if "_aws" in it]
    events = len(list((ROOT / "events").glob("*.json")))
    failed = check(len(ends) == events, "one log line per invocation", f"{len(ends)} of {events}")
    fits = all(
        it["level"] == ("INFO" if it["message"] == "done" else "ERROR")
        and it["timestamp"].endswith("Z")
        and it["requestId"]
        and it["durationMs"] >= 0
        and ("errorType" in it) == (it["message"] == "failed")
        for it in ends
    )
    failed += check(fits, "each with level, time, request id and duration", json.dumps(ends[:1]))
    sweeps = [it for it in ends if it.get("kind") == "sweep"]
    failed += check(len(sweeps) == len(metrics) == 1, "one line of metrics per sweep", json.dumps(metrics))
    sweep, metric = (sweeps + [{}])[0], (metrics + [{}])[0]
    names = [it["Name"] for it in metric.get("_aws", {}).get("CloudWatchMetrics", [{}])[0].get("Metrics", [])]
    fits = (
        "level" not in metric
        and metric.get("requestId") == sweep.get("requestId")
        and (metric.get("SweepsSucceeded"), metric.get("Checks"), metric.get("region")) == (0, "all", REGION)
        and {f"Calls{operation}": count for operation, count in sweep.get("calls", {}).items()}
        == {name: metric[name] for name in names if name.startswith("Calls")}
    )
    failed += check(fits, "metrics of the failed sweep", f"{json.dumps(sweep)} {json.dumps(metric)}")
    sent = [it for it in documents if it.get("level") == "DEBUG" and it.get("message") == "sent"]
    fits = sum(sum(it["calls"].values()) for it in ends) == len(sent) and all(it["span"]["requestId"] for it in sent)
    return failed + check(fits, "DEBUG logs every request that is counted", f"{len(sent)}")


def secrets():
    """Returns the values that must never be logged."""
    events = [json.loads(path.read_text()) for path in (ROOT / "events").glob("*.json")]
    return {event["resultToken"] for event in events} | {"example-secret"}


def check(fits, what, details):
    print(f"{'ok  ' if fits else 'FAIL'} {what}: {details if not fits else details[:240]}", flush=True)
    return 0 if fits else 1


def invoke(port, event):
    url = f"http://127.0.0.1:{port}/2015-03-31/functions/stagecert/invocations"
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data=event), timeout=120) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refused:
        return refused.code, refused.read().decode()


def environment(port, aws_port):
    return {
        **os.environ,
        "AWS_LAMBDA_RUNTIME_API": f"http://127.0.0.1:{port}/.rt/stagecert",
        "AWS_LAMBDA_FUNCTION_NAME": "stagecert",
        "AWS_LAMBDA_FUNCTION_VERSION": "1",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128",
        "AWS_LAMBDA_LOG_FORMAT": "JSON",
        "AWS_LAMBDA_LOG_LEVEL": "TRACE",
        "AWS_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "example-secret",
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{aws_port}",
    }


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def wait_for(port, server):
    for _ in range(600):
        with socket.socket() as client:
            if client.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    sys.exit(f"{server} did not start within a minute")


if __name__ == "__main__":
    main()
