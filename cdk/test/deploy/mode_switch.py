"""Switches a deployment from `stack-set` to `account`, and removes it, as docs/upgrading.md says.

`stagecert orphans` must list what the switch leaves in AWS, and nothing once that is deleted.
"""

import json
import re
import subprocess

from emulator import ACCOUNT, Emulator

REGION = "eu-west-1"
BUCKET = f"stagecert-code-{ACCOUNT}-{REGION}"
OLD_STACKS = [f"stagecert-code-{REGION}", f"stagecert-code-bucket-{REGION}"]


def switch(checks, stagecert, program, architecture):
    function = {"architecture": architecture, "code": str(program.parent)}
    before = {
        "deploymentMode": "stack-set",
        "organization": {"id": "o-exampleorg1", "managementAccount": "111111111111", "administratorAccount": ACCOUNT},
        "targets": {"organizationalUnits": ["r-exam"], "regions": [REGION]},
        "function": function,
    }
    after = {"deploymentMode": "account", "targets": {"regions": [REGION]}, "function": function}
    with Emulator() as emulator:
        emulator.synthesize(before, REGION)
        emulator.cdk("bootstrap")
        emulator.cdk("deploy", "stagecert-code-*", "--require-approval", "never")
        checks.equal("before the switch: orphans", (0, []), orphans(emulator, stagecert))

        emulator.synthesize(after, REGION)
        status, found = orphans(emulator, stagecert)
        checks.equal("after the switch: exit status of orphans", 1, status)
        checks.holds("after the switch: the code bucket is an orphan", f"arn:aws:s3:::{BUCKET}" in found, str(found))

        cloudformation = emulator.client("cloudformation", REGION)
        for stack in OLD_STACKS:
            cloudformation.delete_stack(StackName=stack)
        # CloudFormation retains the bucket, as its template says; moto deletes it.
        retain(emulator)
        checks.equal(
            "after deleting the old stacks: the retained bucket is an orphan",
            (1, [f"arn:aws:s3:::{BUCKET}"]), orphans(emulator, stagecert),
        )
        empty(emulator)
        checks.equal("after deleting the bucket: orphans", (0, []), orphans(emulator, stagecert))

        emulator.cdk("deploy", "--all", "--require-approval", "never")
        checks.equal("the new mode is deployed: orphans", (0, []), orphans(emulator, stagecert))
        functions = emulator.client("lambda", REGION).list_functions()["Functions"]
        checks.equal("the new mode is deployed: functions", ["stagecert-evaluator"], [one["FunctionName"] for one in functions])

        emulator.cdk("destroy", "--all", "--force")
        functions = emulator.client("lambda", REGION).list_functions()["Functions"]
        checks.equal("after the removal: functions", [], functions)
        checks.equal("after the removal: orphans", (0, []), orphans(emulator, stagecert))


def orphans(emulator, stagecert):
    """Returns the exit status of `stagecert orphans`, and the ids of what it lists.

    moto can't list the Regions, and doesn't tag resources with the stack that created them, so what the
    templates of the deployment's stacks name is left out here.
    """
    file = emulator.assembly / "deployment.json"
    command = [stagecert, "orphans", "--deployment", file, "--format", "json", "--quiet", "--region", REGION]
    done = subprocess.run(command, env=emulator.environment, capture_output=True, text=True, check=False)
    if done.returncode > 1:
        return done.returncode, done.stderr
    stacks = [stack["name"] for stack in json.loads(file.read_text(encoding="utf-8"))["stacks"]]
    contained = templates_of(emulator, stacks)
    found = [one["id"] for one in json.loads(done.stdout)["orphans"]]
    found = [one for one in found if f'{re.split("[:/]", one)[-1]}"' not in contained]
    return 1 if found else 0, found


def templates_of(emulator, stacks):
    """Returns the templates of the stacks that exist, as one text."""
    cloudformation = emulator.client("cloudformation", REGION)
    existing = {stack["StackName"] for stack in cloudformation.describe_stacks()["Stacks"]}
    templates = [cloudformation.get_template(StackName=stack)["TemplateBody"] for stack in existing.intersection(stacks)]
    # Resolves `Fn::Join` of names that end in the Region.
    return json.dumps(templates).replace('", {"Ref": "AWS::Region"}', f'{REGION}"')


def retain(emulator):
    """Makes the bucket exist with its tags, as after the deletion of its stack."""
    s3 = emulator.client("s3", REGION)
    if BUCKET not in [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]:
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        tags = [{"Key": "stagecert:deployment", "Value": "stagecert"}]
        s3.put_bucket_tagging(Bucket=BUCKET, Tagging={"TagSet": tags})


def empty(emulator):
    s3 = emulator.client("s3", REGION)
    for version in s3.list_object_versions(Bucket=BUCKET).get("Versions", []):
        s3.delete_object(Bucket=BUCKET, Key=version["Key"], VersionId=version["VersionId"])
    s3.delete_bucket(Bucket=BUCKET)
