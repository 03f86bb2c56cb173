"""An AWS account emulated by moto, with the CDK CLI to deploy to it and boto3 to inspect it."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import boto3
import botocore.config

CDK = pathlib.Path(__file__).resolve().parents[2]
ROOT = CDK.parent
ACCOUNT = "123456789012"  # moto's default

sys.path.append(str(ROOT / "tests" / "e2e"))
from run import free_port, wait_for  # noqa: E402


class Emulator:
    """A new account that exists until the end of the `with` block."""

    def __enter__(self):
        self.directory = tempfile.TemporaryDirectory(prefix="stagecert-deploy-")
        self.log = open(pathlib.Path(self.directory.name, "moto.log"), "w", encoding="utf-8")
        port = free_port()
        # An IP address makes the CLI use path-style URLs for buckets. In a template's URL, moto
        # requires the host name.
        self.endpoint = f"http://127.0.0.1:{port}"
        self.environment = {
            **{key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "CDK_"))},
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ENDPOINT_URL_S3_FOR_CLOUDFORMATION": f"http://localhost:{port}",
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
            "CDK_DISABLE_CLI_TELEMETRY": "true",
            "CDK_DISABLE_VERSION_CHECK": "1",
            "HOME": self.directory.name,
        }
        self.server = subprocess.Popen(
            [sys.executable, ROOT / "tests" / "moto_server.py", "-H", "127.0.0.1", "-p", str(port)],
            env=self.environment, stdout=self.log, stderr=subprocess.STDOUT,
        )
        wait_for(port, "moto_server")
        return self

    def __exit__(self, *_):
        self.server.kill()
        self.server.wait()
        self.log.close()
        self.directory.cleanup()

    def synthesize(self, configuration, region):
        """Writes the cloud assembly of a configuration, which the CLI then deploys."""
        self.environment |= {"AWS_REGION": region, "AWS_DEFAULT_REGION": region}
        path = pathlib.Path(self.directory.name, "stagecert.yaml")
        path.write_text(json.dumps(configuration), encoding="utf-8")
        self.assembly = pathlib.Path(self.directory.name, "cdk.out")
        self._cdk(["synth", "--quiet"], ["--context", f"config={path}", "--output", self.assembly])

    def cdk(self, *arguments):
        """Runs a command of the CDK CLI on the cloud assembly."""
        self._cdk(arguments, ["--app", self.assembly])

    def _cdk(self, command, options):
        start = time.monotonic()
        done = subprocess.run(
            [CDK / "node_modules/.bin/cdk", *command, *options, "--no-notices", "--no-version-reporting"],
            cwd=CDK, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=600,
            check=False,
        )
        print(f"$ cdk {' '.join(command)} ({time.monotonic() - start:.0f} s)", flush=True)
        if done.returncode != 0:
            self.log.flush()
            moto = pathlib.Path(self.log.name).read_text(encoding="utf-8")[-4000:]
            sys.exit(f"{done.stdout}\nmoto:\n{moto}")

    def client(self, service, region):
        return boto3.client(
            service, region_name=region, endpoint_url=self.endpoint,
            aws_access_key_id="testing", aws_secret_access_key="testing",
            config=botocore.config.Config(s3={"addressing_style": "path"}),
        )


class Stack:
    """A deployed stack: its template and the physical ids of its resources."""

    def __init__(self, emulator, region, name):
        cloudformation = emulator.client("cloudformation", region)
        body = cloudformation.get_template(StackName=name)["TemplateBody"]
        self.resources = (json.loads(body) if isinstance(body, str) else body)["Resources"]
        pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=name)
        created = [resource for page in pages for resource in page["StackResourceSummaries"]]
        # Resources that moto doesn't support are listed too, without a physical id.
        self.physical_ids = {
            resource["LogicalResourceId"]: resource["PhysicalResourceId"]
            for resource in created if resource["LogicalResourceId"]
        }
        self.values = {
            "AWS::AccountId": ACCOUNT, "AWS::Partition": "aws", "AWS::Region": region, **self.physical_ids,
        }

        for name, resource in self.resources.items():
            match resource["Type"]:
                case "AWS::SQS::Queue":
                    queue = resource["Properties"]["QueueName"]
                    self.values |= {f"{name}.Arn": f"arn:aws:sqs:{region}:{ACCOUNT}:{queue}", f"{name}.QueueName": queue}
                case "AWS::Events::Rule" if "Name" in resource["Properties"]:
                    rule = resource["Properties"]["Name"]
                    self.values[f"{name}.Arn"] = f"arn:aws:events:{region}:{ACCOUNT}:rule/{rule}"
                case "AWS::IAM::Role" if name in self.physical_ids:
                    self.values[f"{name}.Arn"] = f"arn:aws:iam::{ACCOUNT}:role/{self.physical_ids[name]}"

    def skipped(self):
        """Returns the resources that were not created, by logical id."""
        return {name: resource for name, resource in self.resources.items() if name not in self.physical_ids}

    def of_type(self, kind):
        """Returns the logical ids of the resources of a type."""
        return [name for name, resource in self.resources.items() if resource["Type"] == kind]

    def resolved(self, value):
        """Returns a property with its references resolved from `values`, as CloudFormation would."""
        match value:
            case {"Ref": name}:
                return self.values[name]
            case {"Fn::GetAtt": [name, attribute]}:
                return self.values[f"{name}.{attribute}"]
            case {"Fn::Join": [separator, parts]}:
                return separator.join(self.resolved(part) for part in parts)
            case dict():
                return {key: self.resolved(part) for key, part in value.items()}
            case list():
                return [self.resolved(part) for part in value]
        return value
