"""Checks the release's files: dist/ is reproducible and complete, and its SBOMs list what is built.

    .venv/bin/python tests/dist/check.py

Packs stand-ins for the programs, so it builds nothing but the function, which `make release` has
built already. Prints `N passed, N failed`.
"""

import hashlib
import json
import os
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))
import make_dist  # noqa: E402
import sbom  # noqa: E402

RELEASE = ["--release", "--locked", "--no-default-features", "--features", "lambda", "--bin", "bootstrap"]


def main():
    results = []
    with tempfile.TemporaryDirectory() as directory:
        first, second = Path(directory, "first"), Path(directory, "second")
        # Cargo writes programs at other times and with other modes on another machine.
        pack(first, Path(directory, "a"), mode=0o755, time=1_000_000_000)
        pack(second, Path(directory, "b"), mode=0o700, time=2_000_000_000)
        names = sorted(path.name for path in first.iterdir())
        same = [name for name in names if (first / name).read_bytes() == (second / name).read_bytes()]
        results.append(check(names == same, f"reproducible: {len(same)} of {len(names)} files"))
        results.append(check(names == sorted(expected_names()), f"complete: {' '.join(names)}"))
        results += [check(*packages(first)), check(*sums(first)), check(*valid_sboms(first))]
    results.append(check(*built_crates()))
    print(f"{results.count(True)} passed, {results.count(False)} failed", flush=True)
    sys.exit(0 if all(results) else 1)


def pack(dist, target, mode, time):
    programs = [Path("lambda", name, "bootstrap", "bootstrap") for name in ("arm64", "x86_64")]
    programs += [Path(name, "release", "stagecert") for name in make_dist.COMMAND_LINES]
    programs += [Path(name, "release", "stagecert") for name in make_dist.OPTIONAL_COMMAND_LINES]
    for program in programs:
        path = target / program
        path.parent.mkdir(parents=True)
        path.write_text(f"stand-in for {program}\n", encoding="utf-8")
        path.chmod(mode)
        os.utime(path, (time, time))
    dist.mkdir()
    make_dist.write_dist(dist, target)


def expected_names():
    prefix = f"stagecert-{make_dist.version()}"
    programs = [f"{prefix}-{name}.zip" for name in ("arm64", "x86_64")]
    for processor in ("aarch64", "x86_64"):
        programs += [f"{prefix}-{processor}-{system}.tar.gz" for system in ("apple-darwin", "unknown-linux-musl")]
    templates = [path.name for path in (ROOT / "cdk" / "templates").glob("*.yaml")]
    archives = [f"{prefix}-{name}.zip" for name in ("landing-zone-accelerator", "terraform")]
    return [*programs, *(f"{name}.cdx.json" for name in programs), *templates, *archives, "SHA256SUMS"]


def packages(dist):
    """The function's zip has what Lambda starts, and the command line's archive what a shell starts."""
    prefix = f"stagecert-{make_dist.version()}"
    [function] = zipfile.ZipFile(dist / f"{prefix}-arm64.zip").infolist()
    name = f"{prefix}-x86_64-unknown-linux-musl"
    with tarfile.open(dist / f"{name}.tar.gz") as archive:
        files = {file.name: oct(file.mode) for file in archive}
    terraform = zipfile.ZipFile(dist / f"{prefix}-terraform.zip").namelist()
    holds = (
        (function.filename, oct(function.external_attr >> 16)) == ("bootstrap", "0o100755")
        and files == {f"{name}/stagecert": "0o755", f"{name}/LICENSE": "0o644"}
        and {"main.tf", "variables.tf"} <= set(terraform)
    )
    return holds, f"packages: {function.filename}; {files}; {' '.join(terraform)}"


def sums(dist):
    command = ["sha256sum", "--check", "--strict", "--quiet", "SHA256SUMS"]
    result = subprocess.run(command, cwd=dist, capture_output=True, text=True)
    listed = [line.split("  ")[1] for line in (dist / "SHA256SUMS").read_text().splitlines()]
    complete = listed == sorted(path.name for path in dist.iterdir() if path.name != "SHA256SUMS")
    return result.returncode == 0 and complete, f"SHA256SUMS: {len(listed)} files match {result.stdout}"


def valid_sboms(dist):
    """Each SBOM follows CycloneDX's schema and has the licenses and checksums of Cargo.lock."""
    validator = JsonStrictValidator(SchemaVersion.V1_6)
    lock = (ROOT / "Cargo.lock").read_text(encoding="utf-8")
    faults = []
    for path in sorted(dist.glob("*.cdx.json")):
        text = path.read_text(encoding="utf-8")
        error = validator.validate_str(text)
        faults += [f"{path.name}: {error}"] if error else []
        for component in json.loads(text)["components"]:
            [checksum] = [it["content"] for it in component["hashes"]]
            entry = f'name = "{component["name"]}"\nversion = "{component["version"]}"\n'
            locked = entry in lock and f'checksum = "{checksum}"' in lock.split(entry)[1].split("[[package]]")[0]
            faults += [] if locked and component["licenses"] else [f"{path.name}: {component['bom-ref']}"]
    return not faults, f"SBOMs: {len(list(dist.glob('*.cdx.json')))} valid, as in Cargo.lock {'; '.join(faults)}"


def built_crates():
    """The SBOM of the function for this machine lists the crates that Cargo reports as compiled."""
    version = subprocess.run(["rustc", "-vV"], capture_output=True, text=True, check=True).stdout
    [host] = [line.split()[1] for line in version.splitlines() if line.startswith("host:")]
    command = ["cargo", "build", *RELEASE, "--message-format", "json"]
    output = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    messages = [json.loads(line) for line in output.splitlines()]
    artifacts = [message for message in messages if message["reason"] == "compiler-artifact"]
    compiled = {name_and_version(message["package_id"]) for message in artifacts}
    macros = {name_and_version(it["package_id"]) for it in artifacts if it["target"]["kind"] == ["proc-macro"]}
    document = json.loads(sbom.sbom("bootstrap", "lambda", host))
    components = [document["metadata"]["component"], *document["components"]]
    listed = {(it["name"], it["version"]) for it in components[1:]} | {("stagecert", components[0]["version"])}
    linked = {(it["name"], it["version"]) for it in components[1:] if it["scope"] == "required"}
    edges = {it["ref"]: it.get("dependsOn", []) for it in document["dependencies"]}
    holds = listed == compiled and not linked & macros and set(edges) == {it["bom-ref"] for it in components}
    difference = sorted(listed ^ compiled) + sorted(linked & macros)
    return holds, f"SBOM of the function: {len(listed)} crates, {len(compiled)} compiled, differences: {difference}"


def name_and_version(package_id):
    """`registry+…#name@1.0.0`, or `path+file:///…/name#1.0.0` if the directory has the crate's name."""
    location, _, rest = package_id.partition("#")
    name, _, version = rest.rpartition("@")
    return ("stagecert" if location.startswith("path") else name, version)


def check(holds, what):
    print(f"{'ok  ' if holds else 'FAIL'} {what}", flush=True)
    return holds


if __name__ == "__main__":
    main()
