"""Counts what keeps the function small and quick to start. It counts and never times, so that a busy machine fails nothing.

    python3 tests/guards/run.py target/release/bootstrap

A guard that trips says what was lost and why it matters. Raise a limit only with the reason in the commit.
"""

import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import zlib

# What Lambda fetches before a cold start. An uncompressed program of the same code is two and a half times that.
MOST_ZIP_BYTES = 3_300_000
# The loader's cache, three libraries, the process's own memory map, AWS's two settings files (not there), one bundle of
# root certificates.
MOST_FILES = 10


def main():
    program = pathlib.Path(sys.argv[1]).resolve()
    passed = [zip_size(program), files_at_start(program), tls_stacks()]
    sys.exit(0 if all(passed) else 1)


def zip_size(program):
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
    size = len(deflate.compress(program.read_bytes()) + deflate.flush())
    return guard(
        size <= MOST_ZIP_BYTES,
        f"zip: {size:,} bytes of {MOST_ZIP_BYTES:,}",
        "The function has grown. Lambda fetches and unpacks it before every cold start, and a rule that is re-evaluated starts many "
        "at once. `cargo tree --no-default-features --features lambda --duplicates` and `--edges features` show what came in.",
    )


def files_at_start(program):
    what = "files opened before the first poll"
    if shutil.which("strace") is None:
        # Where everything is checked nothing may be left out silently.
        return guard("CI" not in os.environ, f"{what}: NOT COUNTED, there is no strace", "Install strace.")
    opened = opened_until_first_poll(program)
    return guard(
        0 < len(opened) <= MOST_FILES,
        f"{what}: {len(opened)} of {MOST_FILES}",
        "Each is a read from Lambda's cold disk. With SSL_CERT_FILE set, as the CDK app does, one file holds all root certificates; "
        "without, a directory of some 150 is read. Opened: " + ", ".join(opened),
    )


def opened_until_first_poll(program):
    with tempfile.TemporaryDirectory() as folder, socket.create_server(("127.0.0.1", 0)) as runtime_api:
        runtime_api.settimeout(60)
        trace = pathlib.Path(folder) / "trace"
        roots = pathlib.Path(folder) / "roots.pem"
        roots.write_text((pathlib.Path(__file__).parent / "../certificates/leap-day.pem").read_text())
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": folder,
            "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{runtime_api.getsockname()[1]}",
            "AWS_LAMBDA_FUNCTION_NAME": "stagecert",
            "AWS_LAMBDA_FUNCTION_VERSION": "1",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128",
            "AWS_REGION": "eu-west-1",
            "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
            "AWS_SECRET_ACCESS_KEY": "example-secret",
            "SSL_CERT_FILE": str(roots),
        }
        command = ["strace", "--follow-forks", "--trace=open,openat", "--output", str(trace), str(program)]
        traced = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            runtime_api.accept()
        finally:
            traced.terminate()
            traced.wait()
        lines = trace.read_text().splitlines()
    return [line.split('"')[1].replace(folder, "~") for line in lines if '"' in line]


def tls_stacks():
    tree = ["cargo", "tree", "--quiet", "--locked", "--no-default-features", "--features", "lambda", "--edges", "normal"]
    lines = subprocess.run([*tree, "--prefix", "none"], check=True, capture_output=True, text=True).stdout.splitlines()
    known = ("rustls ", "native-tls ", "openssl ", "s2n-tls ", "boring ")
    stacks = {" ".join(line.split()[:2]) for line in lines if line.startswith(known)}
    return guard(
        len(stacks) == 1,
        f"TLS stacks: {', '.join(sorted(stacks))}",
        "There must be exactly one. An SDK client's default features bring a second, older one: bytes, start-up, and one more to patch.",
    )


def guard(holds, found, lost):
    print(f"{'ok  ' if holds else 'LOST'} {found}" + ("" if holds else f"\n     {lost}"), flush=True)
    return holds


main()
