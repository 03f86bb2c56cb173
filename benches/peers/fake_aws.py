"""Starts the fake AWS for each run, and asks its console for the calls it got and the expected
findings.
"""

import json
import re
import subprocess


class FakeAws:
    """A context manager that runs a fake AWS with one account in one Region."""

    def __init__(self, program, stages, apis, certificates, limits, latency, seed=1):
        self.command = [
            program, "--stages", str(stages), "--apis", str(apis), "--certificates", str(certificates), "--seed", str(seed),
            "--limits", limits, "--latency", str(latency), "--console", "on",
        ]

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        printed = dict(re.findall(r"(\S+?)=(\S+)", self.process.stdout.readline() + self.process.stdout.readline()))
        self.region, self.account = printed["AWS_REGION"], printed["account"]
        self.environment = {name: printed[name] for name in ("AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")}
        self.environment |= {"AWS_REGION": self.region, "AWS_DEFAULT_REGION": self.region}
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()

    def ask(self, command):
        """Returns the console's answer to `calls`, `event`, `results` or `truth`."""
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())
