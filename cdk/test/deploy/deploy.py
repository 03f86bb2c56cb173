"""Deploys the CDK app to an account emulated by moto, reads it back, and starts the function.

    python cdk/test/deploy/deploy.py target/debug/bootstrap

The program can be any real `bootstrap` for this machine, with `stagecert` in the same directory. Requires `npm
ci` in cdk/, and `cargo lambda` on the PATH.
"""

import io
import pathlib
import subprocess
import sys
import tempfile
import zipfile

import account_mode
import mode_switch
import stack_set_diff
import stack_set_mode
from checks import Checks
from emulator import ROOT

MACHINES = {62: "x86_64", 183: "arm64"}  # `e_machine` in the ELF header

SUMMARY = """
These checks prove that the CDK CLI bootstraps, publishes, deploys and destroys the app; that the
function, role, policies, log group, queue, schedule and EventBridge rules are as expected; that
the zip file contains the program and starts; and that the template inside the StackSet finds the
code in its own Region.

They don't prove everything, because moto differs from AWS:

- moto's CloudFormation skips AWS::CloudWatch::Alarm, AWS::Config::ConfigRule,
  AWS::Logs::QueryDefinition, AWS::S3::BucketPolicy, AWS::Scheduler::Schedule,
  AWS::SNS::Subscription, AWS::SNS::TopicPolicy and AWS::SQS::QueuePolicy, but still reports
  CREATE_COMPLETE. The properties of these resources were passed to the operations that
  CloudFormation would call ("created separately"): they match AWS's model of these operations, no
  more.
- moto doesn't store a function's logging, dead-letter queue and tags, or a bucket's versioning
  and public access block. These were compared in the template ("in the template").
- moto doesn't support tags of keys, or references to an event bus that CloudFormation created.
  The stack that sends emails is therefore left out; test/alerts/alerts.test.ts follows events
  through its rules.
- moto checks no permissions, and supports neither StackSets nor organizations."""


def main():
    source = pathlib.Path(sys.argv[1]).resolve()
    architecture = MACHINES[int.from_bytes(source.read_bytes()[18:20], "little")]
    checks = Checks()
    with tempfile.TemporaryDirectory(prefix="stagecert-program-") as directory:
        program = pathlib.Path(directory, "bootstrap")
        program.write_bytes(source.read_bytes())
        program.chmod(0o755)
        print(f"\ndeployment mode account, without alerts ({architecture})", flush=True)
        package = account_mode.without_alerts(checks, program, architecture)
        print("\ndeployment mode account, with alerts", flush=True)
        account_mode.with_alerts(checks, program, architecture)
        print("\ndeployment mode stack-set, code in two Regions", flush=True)
        stack_set_mode.code(checks, program, architecture)
        print("\na switch from stack-set to account, and a removal", flush=True)
        mode_switch.switch(checks, source.with_name("stagecert"), program, architecture)
        print("\ndeployment mode stack-set, unattended, and the diff of its template", flush=True)
        stack_set_diff.check(checks, program, architecture)
    print("\nthe program from the published zip file under the Runtime API", flush=True)
    checks.equal("it responds to every event", 0, start(package))
    print(SUMMARY, flush=True)
    print(f"{checks.passed} passed, {checks.failed} failed", flush=True)
    sys.exit(1 if checks.failed else 0)


def start(package):
    """Unpacks a zip file as Lambda does, and runs the end-to-end test on its program."""
    with tempfile.TemporaryDirectory(prefix="stagecert-package-") as directory:
        with zipfile.ZipFile(io.BytesIO(package)) as files:
            for file in files.infolist():
                path = pathlib.Path(files.extract(file, directory))
                path.chmod(file.external_attr >> 16 & 0o777)
        command = [sys.executable, ROOT / "tests/e2e/run.py", pathlib.Path(directory, "bootstrap")]
        return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    main()
