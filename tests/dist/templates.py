"""Deploys the plain templates to moto, and reads back what they created.

    .venv/bin/python tests/dist/templates.py

moto evaluates parameters and conditions as CloudFormation does, but creates no AWS Config rules and
no schedules, and ignores the processor architecture. Prints `N passed, N failed`.
"""

import ast
import io
import os
import sys
import zipfile
from pathlib import Path

import boto3
from moto import mock_aws

sys.path.append(str(Path(__file__).resolve().parents[1]))
from moto_server import fix_parameters  # noqa: E402

TEMPLATES = Path(__file__).resolve().parents[2] / "cdk" / "templates"
REGION = "eu-west-1"


def main():
    os.environ.update(AWS_ACCESS_KEY_ID="test", AWS_SECRET_ACCESS_KEY="test", AWS_DEFAULT_REGION=REGION)
    fix_parameters()
    checks = (
        one_account,
        without_reservation,
        stack_set_alone,
        stack_set_with_exemptions,
        stack_set_with_front_door,
        stack_set_with_alerts,
    )
    results = [check(*result()) for result in checks]
    print(f"{results.count(True)} passed, {results.count(False)} failed", flush=True)
    sys.exit(0 if all(results) else 1)


@mock_aws
def one_account():
    found = deploy("stagecert-account.yaml", CodeBucket=code_bucket(), CodeKey="code.zip")
    holds = found == {
        "function": "stagecert-evaluator",
        "exports": "on",
        "reserved": 1,
        "readsEarlierResult": False,
        "exemptions": {},
        "truststores": {},
        "rules": [],
    }
    return holds, f"one account: {found}"


@mock_aws
def without_reservation():
    parameters = {"CodeBucket": code_bucket(), "CodeKey": "code.zip", "ReservedConcurrency": "none"}
    found = deploy("stagecert-account.yaml", **parameters)
    expected = {"exports": "off", "reserved": None, "readsEarlierResult": True}
    holds = expected.items() <= found.items()
    return holds, f"one account without a reservation: {found}"


@mock_aws
def stack_set_alone():
    code_bucket()
    found = deploy("stagecert-stack-set.yaml", CodeBucketPrefix="code", CodeKey="code.zip", Name="other")
    expected = {"function": "other-evaluator", "exports": "on", "reserved": 1, "readsEarlierResult": False, "rules": []}
    expected["exemptions"] = {}
    return expected.items() <= found.items(), f"StackSet: {found}"


@mock_aws
def stack_set_with_exemptions():
    code_bucket()
    key = "arn:aws:kms:eu-central-1:666666666666:key/1234abcd"
    parameters = {"Exemptions": "s3://example-exemptions/a/b.json", "ExemptionsKmsKey": key}
    found = deploy("stagecert-stack-set.yaml", CodeBucketPrefix="code", CodeKey="code.zip", **parameters)
    expected = {
        "ReadExemptions": ("s3:GetObject", "arn:aws:s3:::example-exemptions/a/b.json", None),
        "DecryptExemptions": (
            "kms:Decrypt",
            key,
            {"StringLike": {"kms:ViaService": "s3.eu-central-1.*"}},
        ),
    }
    return found["exemptions"] == expected, f"StackSet with exemptions: {found['exemptions']}"


@mock_aws
def stack_set_with_front_door():
    code_bucket()
    buckets = ["arn:aws:s3:::example-truststores", "arn:aws:s3:::example.partners"]
    objects = [f"{bucket}/*" for bucket in buckets]
    parameters = {"CodeBucketPrefix": "code", "CodeKey": "code.zip", "TruststoreBuckets": ",".join(buckets)}
    found = deploy("stagecert-stack-set.yaml", **parameters, FrontDoor="on")["truststores"]
    conditions = {"kms:EncryptionContext:aws:s3:arn": [*buckets, *objects], "kms:ViaService": [f"s3.{REGION}.*"]}
    expected = {
        "ReadTruststores": (["s3:GetObject", "s3:GetObjectVersion"], objects, None),
        "DecryptTruststores": ("kms:Decrypt", f"arn:aws:kms:{REGION}:*:key/*", {"StringLike": conditions}),
    }
    return found == expected, f"StackSet with the front door: {found}"


@mock_aws
def stack_set_with_alerts():
    code_bucket()
    # moto can't create the tagged key of stagecert-alerts.yaml.
    events = boto3.client("events")
    buses = [events.create_event_bus(Name=name)["EventBusArn"] for name in ("stagecert", "mine")]
    parameters = {"CodeBucketPrefix": "code", "CodeKey": "code.zip", "AlertBusArn": buses[0], "EventBusArn": buses[1]}
    found = deploy("stagecert-stack-set.yaml", **parameters, ReservedConcurrency="none")
    targets = {
        rule: [target["Arn"] for target in events.list_targets_by_rule(Rule=rule)["Targets"]] for rule in found["rules"]
    }
    holds = (
        # AWS Config's own events cause no emails, and the failures contain its result token.
        targets["stagecert-changes"] == buses[1:]
        and targets["stagecert-function-events"] == buses
        and targets["stagecert-function-failures"] == buses[:1]
        and found["rules"] == ["stagecert-changes", "stagecert-function-events", "stagecert-function-failures"]
        and found["exports"] == "off"
    )
    return holds, f"StackSet with alerts: {found}, {targets}"


def code_bucket():
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as package:
        package.writestr("bootstrap", "program")
    bucket = f"code-{REGION}"
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket=bucket, Key="code.zip", Body=content.getvalue())
    return bucket


def deploy(template, **parameters):
    """Deploys a template with a function, and returns what it created."""
    boto3.client("cloudformation").create_stack(
        StackName="account",
        TemplateBody=(TEMPLATES / template).read_text(encoding="utf-8"),
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
        Capabilities=["CAPABILITY_NAMED_IAM"],
    )
    lambda_, iam = boto3.client("lambda"), boto3.client("iam")
    [function] = lambda_.list_functions()["Functions"]
    concurrency = lambda_.get_function_concurrency(FunctionName=function["FunctionName"])
    role = function["Role"].rsplit("/", 1)[1]
    [policy] = iam.list_role_policies(RoleName=role)["PolicyNames"]
    document = iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]
    # moto keeps the document as the text of a Python object, with None for AWS::NoValue.
    statements = [statement for statement in ast.literal_eval(document)["Statement"] if statement]
    rules = boto3.client("events").list_rules()["Rules"]
    return {
        "function": function["FunctionName"],
        "exports": function["Environment"]["Variables"]["STAGECERT_CHANGE_EXPORTS"],
        "reserved": concurrency.get("ReservedConcurrentExecutions"),
        "readsEarlierResult": any("config:GetComplianceDetailsByResource" in it["Action"] for it in statements),
        "exemptions": {
            statement["Sid"]: (statement["Action"], statement["Resource"], statement.get("Condition"))
            for statement in statements
            if statement["Sid"].endswith("Exemptions")
        },
        "truststores": {
            statement["Sid"]: (statement["Action"], statement["Resource"], statement.get("Condition"))
            for statement in statements
            if statement["Sid"].endswith("Truststores")
        },
        "rules": sorted(rule["Name"] for rule in rules),
    }


def check(holds, what):
    print(f"{'ok  ' if holds else 'FAIL'} {what}", flush=True)
    return holds


if __name__ == "__main__":
    main()
