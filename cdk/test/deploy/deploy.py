"""Deploys the CDK app to an account that moto plays, reads back what is there, and starts the function that was published.

    python cdk/test/deploy/deploy.py target/debug/bootstrap

The program may be any real `bootstrap` for this machine. Needs `npm ci` in cdk/, and `cargo lambda` on the PATH.
"""

import io
import pathlib
import subprocess
import sys
import tempfile
import zipfile

import account_mode
import stack_set_mode
from checks import Checks
from emulator import ROOT

MACHINES = {62: "x86_64", 183: "arm64"}  # `e_machine` of the ELF header

PROVEN = """
What this proves: that the CDK CLI bootstraps, publishes, deploys and destroys the app; that function, role, policies,
log group, queue, schedule and rules of EventBridge come out as meant; that the zip is the program and starts; that the template within the StackSet
finds the code in its own Region.
What it does not: moto's CloudFormation skips AWS::CloudWatch::Alarm, AWS::Config::ConfigRule, AWS::Logs::QueryDefinition,
AWS::S3::BucketPolicy, AWS::Scheduler::Schedule, AWS::SNS::Subscription, AWS::SNS::TopicPolicy and AWS::SQS::QueuePolicy, and says CREATE_COMPLETE all the same. They were handed to the operations
that CloudFormation would call ("by hand"): their properties fit AWS's model of these, no more. Of what it creates, moto
drops a function's logging, dead-letter queue and tags and a bucket's versioning and block ("as CloudFormation was given"), and can't take the
tags of a key. It can't refer to an event bus that comes from CloudFormation, so that the stack that tells people stays out:
test/alerts/alerts.test.ts follows events through its rules. It checks no one's permissions, and knows neither StackSet nor organization."""


def main():
    source = pathlib.Path(sys.argv[1]).resolve()
    architecture = MACHINES[int.from_bytes(source.read_bytes()[18:20], "little")]
    checks = Checks()
    with tempfile.TemporaryDirectory(prefix="stagecert-program-") as directory:
        program = pathlib.Path(directory, "bootstrap")
        program.write_bytes(source.read_bytes())
        program.chmod(0o755)
        print(f"\nway account, without alerts ({architecture})", flush=True)
        package = account_mode.without_alerts(checks, program, architecture)
        print("\nway account, with alerts", flush=True)
        account_mode.with_alerts(checks, program, architecture)
        print("\nway stack-set, the code of two Regions", flush=True)
        stack_set_mode.code(checks, program, architecture)
    print("\nthe program of the published zip under the Runtime API", flush=True)
    checks.equal("it answers every event", 0, start(package))
    print(PROVEN, flush=True)
    print(f"{checks.passed} passed, {checks.failed} failed", flush=True)
    sys.exit(1 if checks.failed else 0)


def start(package):
    """Unpacks a zip as Lambda does, and runs the end-to-end test on what is in it."""
    with tempfile.TemporaryDirectory(prefix="stagecert-package-") as directory:
        with zipfile.ZipFile(io.BytesIO(package)) as files:
            for file in files.infolist():
                path = pathlib.Path(files.extract(file, directory))
                path.chmod(file.external_attr >> 16 & 0o777)
        command = [sys.executable, ROOT / "tests/e2e/run.py", pathlib.Path(directory, "bootstrap")]
        return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    main()
