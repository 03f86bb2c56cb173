"""Checks `--format asff` against botocore's model of BatchImportFindings, and against limits that AWS states only in prose.

    python3 tests/cli/asff_check.py target/debug/stagecert

Needs tools/requirements/test.txt. Prints `N findings, N problems`; exits with 1 if there are any problems.
"""

import datetime
import json
import re
import subprocess
import sys

import botocore.session
from botocore.validate import ParamValidator

BATCH = 100
MAX_LENGTH = {"Id": 512, "GeneratorId": 512, "Title": 256, "Description": 1024}
SCANS = [
    ["--example"],
    ["--example", "--only", "owner-tag"],
    ["--example", "--param", "appliesTo=all-stages", "--param", "excludeStages=*/prod"],
    ["--snapshot", "tests/cli/hostile.json"],
    ["--snapshot", "tests/cli/front_door.json", "--front-door"],
]


def shape_problems(shape, value, path):
    """Constraints that ParamValidator doesn't check: patterns, enums and upper limits."""
    if shape.type_name == "structure":
        for name, member in value.items():
            yield from shape_problems(shape.members[name], member, f"{path}.{name}")
        return
    limits = shape.metadata
    if shape.type_name == "list":
        for index, member in enumerate(value):
            yield from shape_problems(shape.member, member, f"{path}[{index}]")
    elif shape.type_name == "map":
        for key, member in value.items():
            yield from shape_problems(shape.key, key, f"{path} key")
            yield from shape_problems(shape.value, member, f"{path}.{key}")
    elif shape.type_name == "string":
        if "pattern" in limits and not re.search(limits["pattern"], value, re.DOTALL):
            yield f"{path}: {value!r} does not match {limits['pattern']}"
        if getattr(shape, "enum", None) and value not in shape.enum:
            yield f"{path}: {value!r} is not one of {shape.enum}"
    if shape.type_name in ("string", "list") and len(value) > limits.get("max", len(value)):
        yield f"{path}: longer than {limits['max']}"


def documented_problems(finding):
    """Limits stated in the model's documentation."""
    for field, limit in MAX_LENGTH.items():
        if not 1 <= len(finding[field]) <= limit:
            yield f"{field}: {len(finding[field])} characters"
    if not 1 <= len(finding["Resources"]) <= 32:
        yield "Resources: not 1 to 32"
    for resource in finding["Resources"]:
        if not 1 <= len(resource["Type"]) <= 256 or not 1 <= len(resource["Id"]) <= 512:
            yield "Resources: type or id too long"
    if len(finding["ProductFields"]) > 50:
        yield "ProductFields: more than 50"
    for key, value in finding["ProductFields"].items():
        if len(key) > 128 or len(value) > 2048:
            yield f"ProductFields.{key}: too long"
    if len(finding["Compliance"].get("RelatedRequirements", [])) > 32:
        yield "RelatedRequirements: more than 32"
    if len(finding.get("Remediation", {}).get("Recommendation", {}).get("Text", "")) > 512:
        yield "Recommendation.Text: too long"
    if len(json.dumps(finding)) > 240 * 1024:
        yield "larger than 240 KB"
    for field in ("CreatedAt", "UpdatedAt"):
        datetime.datetime.strptime(finding[field], "%Y-%m-%dT%H:%M:%SZ")
    account = finding["AwsAccountId"]
    if not re.fullmatch(rf"arn:aws:securityhub:[a-z0-9-]+:{account}:product/{account}/default", finding["ProductArn"]):
        yield f"ProductArn: {finding['ProductArn']}"
    if any(kind.count("/") != 1 or not kind.startswith("Software and Configuration Checks/") for kind in finding["Types"]):
        yield f"Types: {finding['Types']}"


def main(program):
    model = botocore.session.get_session().get_service_model("securityhub")
    shape = model.operation_model("BatchImportFindings").input_shape
    total, problems = 0, []
    for scan in SCANS:
        done = subprocess.run([program, "scan", *scan, "--format", "asff"], capture_output=True, check=False)
        findings = json.loads(done.stdout)
        total += len(findings)
        ids = {finding["Id"] for finding in findings}
        if not findings or len(ids) != len(findings):
            problems.append(f"{scan}: {len(findings)} findings with {len(ids)} IDs")
        for start in range(0, len(findings), BATCH):
            request = {"Findings": findings[start:start + BATCH]}
            report = ParamValidator().validate(request, shape)
            if report.has_errors():
                problems.append(f"{scan}: {report.generate_report()}")
                continue
            problems.extend(f"{scan}: {problem}" for problem in shape_problems(shape, request, "request"))
            problems.extend(f"{scan}: {problem}" for finding in request["Findings"] for problem in documented_problems(finding))
    print("\n".join(problems[:20]), end="\n" if problems else "")
    print(f"{total} findings, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
