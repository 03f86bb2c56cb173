"""Deploys what works of deployment mode `stack-set` without an organization.

Each Region's code bucket contains the zip file under the key in the StackSet's template, and that
template creates a function from it.
"""

import base64
import hashlib
import json

from emulator import ACCOUNT, Emulator, Stack
from skipped import create_skipped

REGIONS = ["eu-west-1", "us-east-1"]
ORGANIZATION = "o-exampleorg1"
PUBLISHER = f"arn:aws:iam::{ACCOUNT}:role/cdk-*-file-publishing-role-{ACCOUNT}-"

# Properties that moto doesn't store for a bucket that CloudFormation created.
TEMPLATE_PROPERTIES = {
    "PublicAccessBlockConfiguration": {
        "BlockPublicAcls": True, "BlockPublicPolicy": True, "IgnorePublicAcls": True, "RestrictPublicBuckets": True,
    },
    "VersioningConfiguration": {"Status": "Enabled"},
}


def code(checks, program, architecture):
    configuration = {
        "deploymentMode": "stack-set",
        "organization": {"id": ORGANIZATION, "managementAccount": "111111111111", "administratorAccount": ACCOUNT},
        "targets": {"organizationalUnits": ["r-exam"], "regions": REGIONS, "managementAccount": False},
        "function": {"architecture": architecture, "code": str(program.parent)},
    }
    with Emulator() as emulator:
        emulator.synthesize(configuration, REGIONS[0])
        emulator.cdk("bootstrap")
        emulator.cdk("deploy", "stagecert-code-*", "--require-approval", "never")
        template = (emulator.assembly / "stagecert-accounts.stack-set.template.json").read_text(encoding="utf-8")
        for region in REGIONS:
            publication(checks, emulator, region, template)
            # After the publication, because moto ignores the conditions of a bucket policy.
            bucket(checks, emulator, region)
        bootstrap_buckets(checks, emulator)


def publication(checks, emulator, region, template):
    """Checks that the object has the key in the StackSet's template, and creates a function."""
    functions = [
        resource["Properties"]["Code"] for resource in json.loads(template)["Resources"].values()
        if resource["Type"] == "AWS::Lambda::Function"
    ]
    name = f"stagecert-code-{ACCOUNT}-{region}"
    own_region = {"Fn::Join": ["", [f"stagecert-code-{ACCOUNT}-", {"Ref": "AWS::Region"}]]}
    checks.equal(f"{region}: bucket in the StackSet's template", [own_region], [code["S3Bucket"] for code in functions])
    key = functions[0]["S3Key"]
    objects = emulator.client("s3", region).list_objects_v2(Bucket=name)["Contents"]
    zips = [found["Key"] for found in objects if found["Key"].endswith(".zip")]
    checks.equal(f"{region}: key in the StackSet's template", zips, [key])
    parameter = emulator.client("ssm", region).get_parameter(Name="/stagecert/code-key")["Parameter"]["Value"]
    checks.equal(f"{region}: key in the parameter", key, parameter)
    package = emulator.client("s3", region).get_object(Bucket=name, Key=key)["Body"].read()
    cloudformation = emulator.client("cloudformation", region)
    cloudformation.create_stack(StackName="account", TemplateBody=template, Capabilities=["CAPABILITY_NAMED_IAM"])
    function = emulator.client("lambda", region).get_function(FunctionName="stagecert-evaluator")["Configuration"]
    sha = base64.b64encode(hashlib.sha256(package).digest()).decode()
    checks.equal(f"{region}: the function from that template has the code", sha, function["CodeSha256"])


def bucket(checks, emulator, region):
    stack = Stack(emulator, region, f"stagecert-code-bucket-{region}")
    [logical_id] = stack.of_type("AWS::S3::Bucket")
    name = f"stagecert-code-{ACCOUNT}-{region}"
    checks.equal(f"{region}: bucket", name, stack.physical_ids[logical_id])
    stack.values[f"{logical_id}.Arn"] = f"arn:aws:s3:::{name}"
    create_skipped(checks, emulator, region, stack)
    s3 = emulator.client("s3", region)
    [encryption] = s3.get_bucket_encryption(Bucket=name)["ServerSideEncryptionConfiguration"]["Rules"]
    checks.equal(
        f"{region}: bucket encryption", "AES256", encryption["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"]
    )
    properties = stack.resources[logical_id]["Properties"]
    for key, expected in TEMPLATE_PROPERTIES.items():
        checks.equal(f"{region}: bucket, in the template: {key}", expected, dict(properties[key]))
    statements = json.loads(s3.get_bucket_policy(Bucket=name)["Policy"])["Statement"]
    denied, reads, publishes = statements
    checks.equal(
        f"{region}: bucket policy, created separately: access without TLS", ("Deny", {"Bool": {"aws:SecureTransport": "false"}}),
        (denied["Effect"], denied["Condition"]),
    )
    organization = {"StringEquals": {"aws:PrincipalOrgID": ORGANIZATION}}
    checks.equal(
        f"{region}: bucket policy, created separately: organization", ("s3:GetObject", organization, f"arn:aws:s3:::{name}/*"),
        (reads["Action"], reads["Condition"], reads["Resource"]),
    )
    checks.equal(
        f"{region}: bucket policy, created separately: publisher",
        {**organization, "ArnLike": {"aws:PrincipalArn": PUBLISHER + region}}, publishes["Condition"],
    )


def bootstrap_buckets(checks, emulator):
    for region in REGIONS:
        objects = emulator.client("s3", region).list_objects_v2(Bucket=f"cdk-hnb659fds-assets-{ACCOUNT}-{region}")
        zips = [found["Key"] for found in objects.get("Contents", []) if found["Key"].endswith(".zip")]
        checks.equal(f"{region}: code in the bootstrap bucket", [], zips)
