"""The programs that are compared: how each runs, and which stages it found, by check."""

import csv
import json
import pathlib

from measure import Measured
from runtime import Runtime

HERE = pathlib.Path(__file__).resolve().parent
CODES = ["certificate-attached", "certificate-expiry", "certificate-unique", "owner-tag"]


class Failed(Exception):
    """A run that failed, with the end of the program's output."""

    def __init__(self, name, problem, folder):
        super().__init__(f"{name}: {problem}\n{(folder / 'log').read_text()[-2000:]}")


def function(programs, fake_aws, folder):
    """Runs one sweep of the Lambda function, from the start of its process."""
    arn = f"arn:aws:lambda:{fake_aws.region}:{fake_aws.account}:function:stagecert"
    runtime = Runtime(fake_aws.ask("event"), arn)
    environment = fake_aws.environment | {
        "AWS_LAMBDA_RUNTIME_API": runtime.address,
        "AWS_LAMBDA_FUNCTION_NAME": "stagecert",
        "AWS_LAMBDA_FUNCTION_VERSION": "1",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128",
    }
    measured = Measured([programs["bootstrap"]], environment, folder / "log").wait(runtime.done.is_set)
    runtime.server.shutdown()
    if runtime.answer is None or not runtime.answer[0].endswith("/response"):
        raise Failed("the function", runtime.answer, folder)
    found = {code: set() for code in CODES}
    for arn, result in fake_aws.ask("results").items():
        if result["compliance"] == "NON_COMPLIANT":
            for code in result["annotation"].split(": ")[0].split(", "):
                found[code].add(arn)
    return measured, found


def scan(programs, fake_aws, folder):
    """Runs `stagecert scan`."""
    command = [programs["stagecert"], "scan", "--region", fake_aws.region, "--format", "json", "--output", folder / "scan.json"]
    measured = Measured(command, fake_aws.environment, folder / "log").wait()
    if measured.status not in (0, 1):
        raise Failed("stagecert scan", f"status {measured.status}", folder)
    found = {code: set() for code in CODES}
    for place in json.loads((folder / "scan.json").read_text())["places"]:
        for stage in place["stages"]:
            for finding in stage["findings"]:
                if finding["verdict"] == "failed":
                    found[finding["check"]].add(stage["resourceId"])
    return measured, found


def prowler(programs, fake_aws, folder):
    """Runs Prowler's only check of client certificates."""
    command = [
        programs["prowler"], "aws", "--checks", "apigateway_restapi_client_certificate_enabled", "--region", fake_aws.region,
        "--output-formats", "csv", "--output-directory", folder, "--output-filename", "prowler", "--no-banner",
        "--ignore-exit-code-3",
    ]
    measured = Measured(command, fake_aws.environment | {"HOME": str(folder)}, folder / "log", cwd=folder).wait()
    if measured.status != 0:
        raise Failed("prowler", f"status {measured.status}", folder)
    found = {CODES[0]: set()}
    # Without findings, Prowler writes no file.
    for file in folder.glob("prowler.csv"):
        with file.open(newline="") as rows:
            for row in csv.DictReader(rows, delimiter=";"):
                if row["STATUS"] == "FAIL":
                    found[CODES[0]].add(row["RESOURCE_UID"])
    return measured, found


def custodian(programs, fake_aws, folder):
    """Runs Cloud Custodian with policies for everything its filters can express; its cache reads
    stages once.
    """
    command = [
        programs["custodian"], "run", "--region", fake_aws.region, "--output-dir", folder / "out", "--cache", folder / "cache",
        HERE / "custodian.yml",
    ]
    measured = Measured(command, fake_aws.environment | {"HOME": str(folder)}, folder / "log", cwd=folder).wait()
    if measured.status != 0:
        raise Failed("custodian", f"status {measured.status}", folder)
    found = {}
    for file in (folder / "out").glob("*/resources.json"):
        code = file.parent.name.split("-of-")[0]
        found.setdefault(code, set()).update(stage["stageArn"] for stage in json.loads(file.read_text()))
    return measured, found


def boto3_loop(programs, fake_aws, folder):
    """Runs boto3_loop.py."""
    command = [programs["boto3"], HERE / "boto3_loop.py", folder / "found.json"]
    measured = Measured(command, fake_aws.environment, folder / "log").wait()
    if measured.status != 0:
        raise Failed("boto3_loop.py", f"status {measured.status}", folder)
    found = {code: set() for code in CODES}
    return measured, found | {code: set(arns) for code, arns in json.loads((folder / "found.json").read_text()).items()}


# By name: the function that runs it, and one step per consecutive run on the same account. Each
# step is a line of the table.
PROGRAMS = {
    "stagecert function": (function, ["first sweep", "second sweep, nothing changed"]),
    "stagecert scan": (scan, [""]),
    "Prowler": (prowler, [""]),
    "Cloud Custodian": (custodian, [""]),
    "boto3 loop": (boto3_loop, [""]),
}
