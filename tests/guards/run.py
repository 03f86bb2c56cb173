"""Checks that the function stays small and fast to start. It counts and measures no times, so it
passes on a busy machine.

    python3 tests/guards/run.py target/release/bootstrap

A failed check says why its limit matters. Raise a limit only with the reason in the commit.
"""

import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import zlib

# Lambda fetches the zip before a cold start. The program in it is two and a half times as large.
MAX_ZIP_BYTES = 3_450_000
# The loader's cache, three libraries, and one bundle of root certificates; some systems add the
# process's memory map.
MAX_FILES = 8


def main():
    program = pathlib.Path(sys.argv[1]).resolve()
    passed = [zip_size(program), files_at_start(program), tls_stacks(), probes(program)]
    sys.exit(0 if all(passed) else 1)


def zip_size(program):
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
    size = len(deflate.compress(program.read_bytes()) + deflate.flush())
    return guard(
        size <= MAX_ZIP_BYTES,
        f"zip: {size:,} bytes of {MAX_ZIP_BYTES:,}",
        "The function has grown. Lambda fetches and unpacks it before every cold start, and re-evaluating a rule starts many at "
        "once. `cargo tree --no-default-features --features lambda --duplicates` and `--edges features` show what was added.",
    )


def files_at_start(program):
    what = "files opened before the first poll"
    if shutil.which("strace") is None:
        # In CI, a skipped check is a failed one.
        return guard("CI" not in os.environ, f"{what}: NOT COUNTED, strace is not installed", "Install strace.")
    opened = opened_until_first_poll(program)
    return guard(
        0 < len(opened) <= MAX_FILES,
        f"{what}: {len(opened)} of {MAX_FILES}",
        "Each file is read from Lambda's cold disk. SSL_CERT_FILE, which the CDK app sets, names one file with all root "
        "certificates; without it, a directory of about 150 files is read. Opened: " + ", ".join(opened),
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
        "There must be exactly one. An SDK client's default features add a second, older one, which costs size and start-up time "
        "and needs its own security updates.",
    )


# Texts of src/probe and src/rotate, which appear as they are in a program that links them.
PROBE_TEXTS = (
    b"which is contacted only with --allow-private", b"the server did not ask for a certificate and ",
    b"the old certificate no longer exists", b"the quota of client certificates is used up; ",
)
PROBE_SOURCES = [pathlib.Path(__file__).parent / f"../../src/{folder}" for folder in ("probe", "rotate")]


def probes(program):
    sources = b"".join(path.read_bytes() for folder in PROBE_SOURCES for path in sorted(folder.glob("*.rs")))
    unknown = [text.decode() for text in PROBE_TEXTS if text not in sources]
    linked = [text.decode() for text in PROBE_TEXTS if text in program.read_bytes()]
    return guard(
        not unknown and not linked,
        f"texts of the probe and of rotations in the function: {', '.join(linked) or 'none'}",
        "The function evaluates; it must never send a request to a backend or change a stage. `src/probe` and `src/rotate` "
        "belong to the features `probe` and `rotate`. "
        f"Texts that they don't have any more, so update PROBE_TEXTS: {', '.join(unknown) or 'none'}",
    )


def guard(holds, found, reason):
    print(f"{'ok  ' if holds else 'FAIL'} {found}" + ("" if holds else f"\n     {reason}"), flush=True)
    return holds


main()
