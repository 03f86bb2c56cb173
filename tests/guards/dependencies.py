"""Checks which crates each build links. deny.toml bans crates everywhere; this knows the builds
apart.

    python3 tests/guards/dependencies.py

Asks `cargo tree` and needs nothing but the standard library. Prints `N passed, N failed`.
"""

import subprocess
import sys

# Each build: its features, what it is, and the crates that it must not link.
BUILDS = {
    "cli": (
        "the command line without AWS",
        ["aws-config", "aws-smithy-runtime-api", "chrono", "hyper", "indicatif", "lambda_runtime", "rcgen"],
    ),
    "cli,probe": (
        "the command line with probes, without AWS",
        ["aws-config", "aws-smithy-runtime-api", "chrono", "indicatif", "lambda_runtime"],
    ),
    "lambda": (
        "the Lambda function",
        [
            "aws-sdk-account", "aws-sdk-organizations", "aws-sdk-sso", "chrono", "clap", "comfy-table", "indicatif",
            "rcgen",
        ],
    ),
    "aws,cli,fleet,lambda,probe": ("everything", []),
}
TLS_STACKS = ("boring", "native-tls", "openssl", "rustls", "s2n-tls")


def main():
    results = []
    for features, (build, forbidden) in BUILDS.items():
        crates = linked_crates(features)
        found = sorted({name for name, _ in crates} & set(forbidden))
        results.append(check(not found, f"{build}: {len(crates)} crates, forbidden: {', '.join(found) or 'none'}"))
        stacks = sorted(f"{name} {version}" for name, version in crates if name in TLS_STACKS)
        limit = 0 if features == "cli" else 1
        results.append(check(len(stacks) == limit, f"{build}: TLS stacks: {', '.join(stacks) or 'none'}"))
    print(f"{results.count(True)} passed, {results.count(False)} failed", flush=True)
    sys.exit(0 if all(results) else 1)


def linked_crates(features):
    """Names and versions of the crates that the build with these features links."""
    command = ["cargo", "tree", "--quiet", "--locked", "--no-default-features", "--features", features]
    command += ["--edges", "normal", "--prefix", "none", "--format", "{p}"]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    return {tuple(line.split()[:2]) for line in lines if line.strip()}


def check(holds, what):
    print(f"{'ok  ' if holds else 'FAIL'} {what}", flush=True)
    return holds


if __name__ == "__main__":
    main()
