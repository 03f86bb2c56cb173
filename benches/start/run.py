"""Measures how fast the function starts, compared with a minimal Rust function and the same rule
in Python.

    python benches/start/run.py target/release/bootstrap target/release/hello [repetitions]

Needs boto3 and cryptography in the Python that runs it. For each start it measures the time from
exec to the first poll of the Runtime API, from the event's delivery to the first byte sent to AWS
(a TLS ClientHello, so TLS is set up by then), and to the first request that AWS can read. Compare
only the ratios within one run: the times depend on the machine.
"""

import datetime
import json
import os
import pathlib
import socket
import ssl
import statistics
import subprocess
import sys
import tempfile
import threading
import time

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

HERE = pathlib.Path(__file__).parent
ACCOUNT, REGION = "111122223333", "eu-west-1"
EVENT = (HERE / "../../events/scheduled.json").read_bytes()


def main():
    bootstrap, hello, *rest = sys.argv[1:]
    repetitions = int(rest[0]) if rest else 31
    with tempfile.TemporaryDirectory() as folder:
        certificate, key = self_signed(pathlib.Path(folder))
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(certificate, key)
        programs = {
            "hello": [hello],
            "stagecert": [bootstrap],
            "python": [sys.executable, str(HERE / "python_rule.py")],
        }
        runs = {name: [] for name in programs}
        for _ in range(repetitions):
            for name, command in programs.items():
                runs[name].append(start(command, tls, certificate, calls_aws=name != "hello"))
    print_results(runs, repetitions)


def start(command, tls, roots, calls_aws):
    """Starts a program once; returns the milliseconds of each step."""
    with listening() as runtime_api, listening() as aws:
        environment = {
            "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{runtime_api.getsockname()[1]}",
            "AWS_LAMBDA_FUNCTION_NAME": "stagecert",
            "AWS_LAMBDA_FUNCTION_VERSION": "1",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128",
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
            "AWS_SECRET_ACCESS_KEY": "example-secret",
            "AWS_ENDPOINT_URL": f"https://localhost:{aws.getsockname()[1]}",
            "AWS_CA_BUNDLE": str(roots),
            "SSL_CERT_FILE": str(roots),
        }
        steps = {}
        begun = time.perf_counter()
        program = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            poll, _ = runtime_api.accept()
            poll.recv(1)
            steps["exec to first poll"] = time.perf_counter() - begun
            if calls_aws:
                first = threading.Thread(target=first_request, args=(aws, tls, steps))
                first.start()
                # Lets the function finish what it does between its first poll and the event.
                time.sleep(0.05)
                delivered = steps["delivered"] = time.perf_counter()
                poll.sendall(answer())
                first.join(30)
                steps = {step: at - delivered if step.startswith("delivery") else at for step, at in steps.items()}
                steps.pop("delivered")
        finally:
            program.kill()
            program.wait()
    return {step: 1000 * seconds for step, seconds in steps.items()}


def first_request(aws, tls, steps):
    connection, _ = aws.accept()
    connection.recv(1, socket.MSG_PEEK)
    steps["delivery to first byte"] = time.perf_counter()
    with tls.wrap_socket(connection, server_side=True) as secured:
        secured.recv(1)
        steps["delivery to first request"] = time.perf_counter()


def answer():
    deadline = int(1000 * (time.time() + 900))
    head = [
        "HTTP/1.1 200 OK",
        "Lambda-Runtime-Aws-Request-Id: 8476a536-e9f4-11e8-9739-2dfe598c3fcd",
        f"Lambda-Runtime-Deadline-Ms: {deadline}",
        f"Lambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:{REGION}:{ACCOUNT}:function:stagecert",
        "Content-Type: application/json",
        f"Content-Length: {len(EVENT)}",
    ]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + EVENT


def listening():
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(30)
    return listener


def self_signed(folder):
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.timezone.utc)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / "certificate.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "key.pem").write_bytes(private)
    return folder / "certificate.pem", folder / "key.pem"


def print_results(runs, repetitions):
    print(f"Milliseconds: median (minimum to maximum) of {repetitions} starts, with the programs taking turns.\n")
    steps = ["exec to first poll", "delivery to first byte", "delivery to first request"]
    print(f"| program | {' | '.join(steps)} |")
    print(f"| --- | {' | '.join('---' for _ in steps)} |")
    medians = {}
    for name, starts in runs.items():
        cells = []
        for step in steps:
            taken = sorted(start[step] for start in starts if step in start)
            medians[name, step] = statistics.median(taken) if taken else None
            cells.append(f"{medians[name, step]:.1f} ({taken[0]:.1f} to {taken[-1]:.1f})" if taken else "")
        print(f"| {name} | {' | '.join(cells)} |")
    poll = steps[0]
    print(f"\nexec to first poll: {medians['stagecert', poll] / medians['hello', poll]:.2f} times hello's (goal: at most 1.5)")
    print(f"delivery to first byte: {medians['stagecert', steps[1]]:.1f} ms (goal: at most 5)")
    ratio = (medians["python", poll] + medians["python", steps[1]]) / (medians["stagecert", poll] + medians["stagecert", steps[1]])
    print(f"Python takes {ratio:.0f} times as long from exec to first byte (goal: at least 30)")


main()
