"""Deploys the stack of a StackSet with `make deploy`, unattended, and shows what a change widens.

moto's CloudFormation skips the StackSet itself, so the StackSet is created with the operation that
CloudFormation would call, from the template that `make deploy` published.
"""

import json
import os
import subprocess

from emulator import ACCOUNT, ROOT, Emulator

REGION, STACK_SET = "eu-west-1", "stagecert"


def check(checks, program, architecture):
    configuration = {
        "deploymentMode": "stack-set",
        "organization": {
            "id": "o-exampleorg1", "managementAccount": "111111111111", "administratorAccount": ACCOUNT,
        },
        "targets": {"organizationalUnits": ["r-exam"], "regions": [REGION], "managementAccount": False},
        "function": {"architecture": architecture, "code": str(program.parent)},
    }
    widened = {**configuration, "rule": {"parameters": {"securityHub": "on"}}}
    with Emulator() as emulator:
        emulator.synthesize(configuration, REGION)
        emulator.cdk("bootstrap")

        refused = make(emulator, "deploy", configuration)
        checks.holds("first deployment without a terminal: refused", refused.returncode != 0)
        checks.holds("first deployment: what it widens", "StackSet stagecert\n  + Allow" in refused.stdout)
        checks.holds("first deployment: what to do", "deploy with APPROVE=never" in refused.stdout)
        checks.equal("first deployment: stacks", ["CDKToolkit"], stacks(emulator))

        deployed = make(emulator, "deploy", configuration, "APPROVE=never")
        checks.equal("first deployment, APPROVE=never: exit status", 0, deployed.returncode, deployed.stdout)
        checks.holds("first deployment, APPROVE=never: stack", "stagecert-accounts" in stacks(emulator))
        create_stack_set(checks, emulator)

        same = make(emulator, "diff", configuration, "FLAGS=--fail")
        checks.equal("no change: exit status of the diff", 0, same.returncode, same.stdout)
        again = make(emulator, "deploy", configuration, "STACKS=stagecert-accounts")
        checks.equal("no change, without a terminal: deployed", 0, again.returncode, again.stdout)

        shown = make(emulator, "diff", widened, "FLAGS=--fail", "STACKS=stagecert-acc*")
        checks.equal("widened permission: exit status of the diff", 2, shown.returncode)
        checks.holds("widened permission: shown", "securityhub:BatchImportFindings" in shown.stdout)
        checks.holds("widened permission: summary", "StackSet stagecert: permissions widened (" in shown.stdout)
        if "STAGECERT_SAVE_DIFF" in os.environ:
            with open(os.environ["STAGECERT_SAVE_DIFF"], "w", encoding="utf-8") as file:
                file.write(shown.stdout)
        before = published(emulator)
        refused = make(emulator, "deploy", widened)
        checks.holds("widened permission, without a terminal: refused", refused.returncode != 0)
        checks.holds(
            "widened permission: what it widens",
            "StackSet stagecert\n  + Allow securityhub:BatchImportFindings" in refused.stdout,
        )
        checks.equal("widened permission: published files", before, published(emulator))
        # As a new stack, because moto can't update a stack with a resource that it skips.
        emulator.client("cloudformation", REGION).delete_stack(StackName="stagecert-accounts")
        deployed = make(emulator, "deploy", widened, "STACKS=stagecert-accounts", "APPROVE=never")
        checks.equal("widened permission, APPROVE=never: exit status", 0, deployed.returncode, deployed.stdout)
        checks.holds("widened permission, APPROVE=never: stack", "stagecert-accounts" in stacks(emulator))
        checks.holds("widened permission, APPROVE=never: template", before < published(emulator))


def make(emulator, target, configuration, *arguments):
    """Runs a target of the Makefile without a terminal."""
    path = os.path.join(emulator.directory.name, "make.yaml")
    with open(path, "w", encoding="utf-8") as file:
        json.dump(configuration, file)
    assembly = os.path.join(emulator.directory.name, "make.out")
    command = ["make", target, f"CONFIG={path}", f"ASSEMBLY={assembly}", *arguments]
    print(f"$ {' '.join(command)}", flush=True)
    return subprocess.run(
        command, cwd=ROOT, env=emulator.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, timeout=600, check=False,
    )


def create_stack_set(checks, emulator):
    """Creates the StackSet of the deployed stack from its published template."""
    cloudformation = emulator.client("cloudformation", REGION)
    template = cloudformation.get_template(StackName="stagecert-accounts")["TemplateBody"]
    [properties] = [
        resource["Properties"] for resource in template["Resources"].values()
        if resource["Type"] == "AWS::CloudFormation::StackSet"
    ]
    key = json.dumps(properties["TemplateURL"]).split("/")[-1].split('"')[0]
    # moto requires the host name in a template's URL.
    host = emulator.environment["AWS_ENDPOINT_URL_S3_FOR_CLOUDFORMATION"]
    url = f"{host}/cdk-hnb659fds-assets-{ACCOUNT}-{REGION}/{key}"
    cloudformation.create_stack_set(
        StackSetName=properties["StackSetName"], TemplateURL=url, PermissionModel=properties["PermissionModel"],
        CallAs=properties["CallAs"], Capabilities=properties["Capabilities"],
    )
    body = cloudformation.describe_stack_set(StackSetName=STACK_SET)["StackSet"]["TemplateBody"]
    checks.holds("StackSet, created separately: template", "AWS::Config::ConfigRule" in body)


def stacks(emulator):
    found = emulator.client("cloudformation", REGION).describe_stacks()["Stacks"]
    return sorted(stack["StackName"] for stack in found)


def published(emulator):
    objects = emulator.client("s3", REGION).list_objects_v2(Bucket=f"cdk-hnb659fds-assets-{ACCOUNT}-{REGION}")
    return {found["Key"] for found in objects["Contents"] if found["Key"].endswith(".json")}
