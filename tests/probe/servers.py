"""Probes real servers, and compares the verdicts with what the servers do.

    python3 tests/probe/servers.py target/debug/stagecert

Starts nginx, Apache, HAProxy, Node.js, Java and `openssl s_server`, if installed, with each
configuration of cases.py and each version of TLS. `openssl s_client` shows which certificates a
server accepts, so `enforced` is never just a broken server. Needs openssl and nothing but the
standard library. Prints the matrix and `N passed, N failed`.
"""

import collections
import concurrent.futures
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import backends
import certificates
from cases import NONE, every_case

VERSIONS = {"1.2": ("TLSv1.2", "TLSv1.2"), "1.3": ("TLSv1.3", "TLSv1.3"), "both": ("TLSv1.2", "TLSv1.3")}
EXIT_STATUS = {"enforced": 0, "forgeable": 1, "open": 1, "plaintext": 1, "inconclusive": 2, "unreachable": 2}
# These have a configuration in docs/probe.md that no test runs.
NOT_RUN = ("Kestrel", "ALB")


def main():
    program = pathlib.Path(sys.argv[1]).resolve()
    cases = every_case()
    kinds = dict.fromkeys(case.kind for case in cases)
    installed = {kind: backends.version_of(kind) for kind in kinds if backends.path_of(kind)}
    with tempfile.TemporaryDirectory(prefix="stagecert-") as folder, backends.application() as application:
        folder = pathlib.Path(folder)
        # Apache's workers read certificates as another user.
        folder.chmod(0o755)
        certificates.make_all(folder)

        def run(job):
            case, tls = job
            return probe_case(program, folder, application, case, tls)

        jobs = [(case, tls) for case in cases if case.kind in installed for tls in case.tls]
        verdicts = collections.Counter()
        failed = 0
        print(f"     {'server':16} {'configuration':44} {'TLS':4}  {'verdict':12} with --impostor")
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as threads:
            for (case, tls), (found, problems) in zip(jobs, threads.map(run, jobs), strict=True):
                server = f"{case.kind.__name__} {installed[case.kind]}"
                print(
                    f"{'FAIL' if problems else 'ok  '} {server:16} {case.name:44} {tls:4}  "
                    + "".join(f"{verdict:12} " for verdict in found).rstrip(),
                    *(f"     {problem}" for problem in problems), sep="\n", flush=True,
                )
                failed += bool(problems)
                verdicts.update(found[-1:])
    for kind in kinds:
        if kind not in installed:
            print(f"skipped: {kind.__name__} is not installed")
    print(f"skipped: {', '.join(NOT_RUN)}: no test runs them")
    print("verdicts with --impostor:", ", ".join(f"{verdict} {count}" for verdict, count in verdicts.most_common()))
    print(f"{len(jobs) - failed} passed, {failed} failed", flush=True)
    sys.exit(0 if jobs and not failed else 1)


def probe_case(program, certificates_folder, application, case, tls):
    """Returns the verdicts without and with `--impostor`, and what differs from the case."""
    with tempfile.TemporaryDirectory(dir=certificates_folder) as folder:
        folder = pathlib.Path(folder)
        folder.chmod(0o755)
        for source in certificates_folder.glob("*.pem"):
            (folder / source.name).symlink_to(source)
        (folder / "server.p12").symlink_to(certificates_folder / "server.p12")
        for name, source in (("trusted", case.trusted), ("old", case.old), ("new", "generated-2")):
            (folder / f"{name}.pem").symlink_to(certificates_folder / f"{source}.pem")
        setup = backends.Setup(folder, backends.free_port(), application, *VERSIONS[tls])
        try:
            with backends.running(case.kind, case.text, setup):
                served = {client for client in case.clients if is_served(folder, setup.port, client, case.path)}
                probes = [
                    probe(program, folder, setup.port, case.path, options) for options in ([], ["--impostor"])
                ]
        except (AssertionError, subprocess.TimeoutExpired) as error:
            return [], [str(error)]
    problems = []
    if served != case.serves:
        problems.append(f"serves {sorted(served)}, expected {sorted(case.serves)}")
    for (status, result), verdict in zip(probes, (case.verdict, case.with_impostor), strict=True):
        expected = (EXIT_STATUS[verdict], verdict, case.asks)
        found = (status, result.get("verdict"), result.get("asked"))
        if found != expected:
            problems.append(f"exit status, verdict and asked: {found}, expected {expected}: {json.dumps(result)}")
    return [result.get("verdict", "none") for _, result in probes], problems


def is_served(folder, port, client, path):
    """Whether openssl gets 200 with a client's certificate."""
    options = [] if client == NONE else ["-cert", f"{client}.pem", "-key", f"{client}-key.pem"]
    run = subprocess.run(
        [
            "openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-servername", certificates.HOST, "-CAfile", "server-ca.pem",
            "-verify_return_error", "-verify_hostname", certificates.HOST, "-enable_pha", "-quiet", *options,
        ],
        cwd=folder, input=request(path), capture_output=True, timeout=60,
    )
    return run.stdout.split(b" ")[1:2] == [b"200"]


def request(path):
    return f"GET {path} HTTP/1.1\r\nHost: {certificates.HOST}\r\nConnection: close\r\n\r\n".encode()


def probe(program, folder, port, path, options):
    """Returns the exit status of a probe, and its result."""
    host = f"{certificates.HOST}:{port}"
    run = subprocess.run(
        [
            program, "probe", "--url", f"https://{host}{path}", "--resolve", f"{host}:127.0.0.1", "--allow-private",
            "--ca-bundle", folder / "server-ca.pem", "--format", "json", *options,
        ],
        capture_output=True, text=True, timeout=120,
    )
    try:
        [result] = json.loads(run.stdout)["probes"]
    except ValueError:
        return run.returncode, {"error": run.stderr}
    return run.returncode, result


if __name__ == "__main__":
    main()
