"""Checks the GitHub action: runs its script with a stand-in for the download, and its pinned actions.

    .venv/bin/python tests/dist/action.py target/debug/stagecert

Prints `N passed, N failed`.
"""

import hashlib
import json
import os
import re
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from ruamel.yaml import YAML

ROOT = Path(__file__).resolve().parents[2]
TARGET = "x86_64-unknown-linux-musl"
NAME = f"stagecert-1.2.3-{TARGET}"
# Copies what the release would have, and fails like `gh` for what it doesn't have.
GH = """#!/bin/sh
printf '%s\\n' "$*" >"$RELEASE/gh-arguments"
cp "$RELEASE/{name}.tar.gz" "$RELEASE/SHA256SUMS" "$7"
""".format(name=NAME)


def main():
    program = Path(sys.argv[1]).resolve()
    results = [check(*result) for result in [*runs(program), pinned_actions(), environment()]]
    print(f"{results.count(True)} passed, {results.count(False)} failed", flush=True)
    sys.exit(0 if all(results) else 1)


def runs(program):
    with tempfile.TemporaryDirectory() as directory:
        release = Path(directory, "release")
        release.mkdir()
        with tarfile.open(release / f"{NAME}.tar.gz", "w:gz") as archive:
            archive.add(program, f"{NAME}/stagecert")
        digest = hashlib.sha256((release / f"{NAME}.tar.gz").read_bytes()).hexdigest()
        sums = f"{'0' * 64}  stagecert-1.2.3-arm64.zip\n{digest}  {NAME}.tar.gz\n"
        (release / "SHA256SUMS").write_text(sums)
        gh = Path(directory, "bin", "gh")
        gh.parent.mkdir()
        gh.write_text(GH)
        gh.chmod(0o755)

        exit_status, outputs, text, workspace = run(directory, release)
        sarif = json.loads((workspace / "out.sarif").read_text())
        found = len(sarif["runs"][0]["results"])
        yield (
            exit_status == 0 and outputs == {"exit-status": "1", "sarif-file": "out.sarif"} and found > 10,
            f"failed checks: the step passes with {outputs} and {found} findings {text}",
        )
        arguments = (release / "gh-arguments").read_text()
        yield (
            arguments.startswith("release download v1.2.3 --repo owner/stagecert --dir "),
            f"download: {arguments.splitlines()[0]}",
        )
        exit_status, outputs, text, workspace = run(directory, release, STAGECERT_ARGUMENTS="--snapshot none.json")
        yield (
            exit_status == 0 and outputs == {"exit-status": "2"} and not (workspace / "out.sarif").exists(),
            f"error: {outputs}, and the earlier findings are not uploaded",
        )
        exit_status, outputs, text, _ = run(directory, release, STAGECERT_VERSION="main")
        yield exit_status == 1 and not outputs and "set it, for example to 0.1.0" in text, f"branch: {text}"
        exit_status, outputs, text, _ = run(directory, release, RUNNER_OS="Windows")
        yield exit_status == 1 and not outputs and "no release for Windows on X64" in text, f"Windows: {text}"
        for content in ("", sums.replace(digest, "1" * 64)):
            (release / "SHA256SUMS").write_text(content)
            exit_status, outputs, text, _ = run(directory, release)
            yield exit_status == 1 and not outputs and f"is {digest}, but" in text, f"checksum: {text}"


def run(directory, release, **changes):
    """Runs the script in a new workspace with earlier findings: exit status, outputs, log, workspace."""
    workspace = Path(tempfile.mkdtemp(dir=directory))
    (workspace / "out.sarif").write_text("earlier")
    outputs = workspace / "outputs"
    outputs.touch()
    environment = {
        "PATH": f"{directory}/bin:{os.environ['PATH']}",
        "RELEASE": str(release),
        "RUNNER_OS": "Linux",
        "RUNNER_ARCH": "X64",
        "GITHUB_OUTPUT": str(outputs),
        "GITHUB_WORKSPACE": str(workspace),
        "STAGECERT_ARGUMENTS": "--example\n--param expiryWindowDays=90\n",
        "STAGECERT_REPOSITORY": "owner/stagecert",
        "STAGECERT_SARIF_FILE": "out.sarif",
        "STAGECERT_VERSION": "v1.2.3",
        **changes,
    }
    result = subprocess.run([ROOT / "action" / "scan.sh"], env=environment, capture_output=True, text=True)
    pairs = dict(line.split("=", 1) for line in outputs.read_text().splitlines())
    return result.returncode, pairs, " ".join((result.stdout + result.stderr).split()), workspace


def pinned_actions():
    """Every action is named by a commit, and RELEASING.md has the same commit and version."""
    paths = [*ROOT.glob(".github/workflows/*.yml"), ROOT / "action.yml", *ROOT.glob("examples/pipelines/*.yml")]
    uses = [line for path in paths for line in re.findall(r"uses: *(.+)", path.read_text())]
    table = (ROOT / "RELEASING.md").read_text()
    faults = []
    for line in uses:
        parts = re.fullmatch(r"([\w-]+/[\w-]+)(?:/[\w-]+)*@([0-9a-f]{40}) # (v[\d.]+)", line)
        # An example uses this project's own action by its tag.
        if parts is None and re.fullmatch(r"OWNER/stagecert@v\d+\.\d+\.\d+", line):
            continue
        if parts is None or "| `{0}` | {2} | `{1}` |".format(*parts.groups()) not in table:
            faults.append(line)
    return not faults and len(uses) > 15, f"actions: {len(uses)} pinned, others: {faults}"


def environment():
    """The action passes the variables that its script reads; each input is used and documented."""
    action = YAML(typ="safe").load(ROOT / "action.yml")
    [scan] = [step for step in action["runs"]["steps"] if step.get("id") == "scan"]
    passed = {name for name in scan["env"] if name.startswith("STAGECERT_")}
    read = set(re.findall(r"STAGECERT_\w+", (ROOT / "action" / "scan.sh").read_text()))
    used = set(re.findall(r"inputs\.([\w-]+)", (ROOT / "action.yml").read_text()))
    page = (ROOT / "docs" / "pipelines.md").read_text()
    documented = {name for row in re.findall(r"^\| (`.*?) \|", page, re.M) for name in re.findall(r"`([\w-]+)`", row)}
    holds = passed == read and used == set(action["inputs"]) and used <= documented
    return holds, f"inputs: {' '.join(sorted(used))}, not documented: {sorted(used - documented)}"


def check(holds, what):
    print(f"{'ok  ' if holds else 'FAIL'} {what}", flush=True)
    return holds


if __name__ == "__main__":
    main()
