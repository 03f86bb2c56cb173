"""Starts servers on loopback, with the configurations of docs/probe.md."""

import contextlib
import dataclasses
import http.server
import os
import pathlib
import random
import re
import shutil
import signal
import socket
import subprocess
import threading
import time

from certificates import fingerprint

PAGE = pathlib.Path(__file__).resolve().parents[2] / "docs" / "probe.md"
SECONDS_TO_START = 60


@dataclasses.dataclass
class Setup:
    """What a server runs with: a folder with its certificates, its port, that of the application
    it forwards to, and the oldest and newest version of TLS.
    """

    folder: pathlib.Path
    port: int
    application: int
    oldest: str
    newest: str


def documented(name):
    """Returns the block of docs/probe.md that follows the comment `server: NAME`."""
    found = re.findall(rf"<!-- server: {name} -->\n```\w+\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.S)
    assert len(found) == 1, f"{PAGE.name} has {len(found)} blocks for {name}"
    return found[0]


def changed(text, old, new):
    """Replaces the only occurrence of `old`."""
    assert text.count(old) == 1, f"{text.count(old)} times {old!r} in:\n{text}"
    return text.replace(old, new)


# Each function writes a configuration for one kind of server, and returns the command that runs it
# in the foreground.


def nginx(text, setup):
    text = changed(text, "listen 443 ssl", f"listen 127.0.0.1:{setup.port} ssl")
    text = changed(text, "127.0.0.1:8080", f"127.0.0.1:{setup.application}")
    versions = " ".join(dict.fromkeys([setup.oldest, setup.newest]))
    text = changed(text, "ssl_protocols TLSv1.2 TLSv1.3", f"ssl_protocols {versions}")
    paths = "".join(
        f"{kind}_temp_path {setup.folder}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    text = with_fingerprints(text, setup)
    write(setup, f"daemon off;\npid {setup.folder}/pid;\nevents {{}}\nhttp {{\naccess_log off;\n{paths}{text}}}\n")
    return ["nginx", "-e", "stderr", "-c", setup.folder / "configuration"]


APACHE_MODULES = ("mpm_event", "authn_core", "authz_core", "socache_shmcb", "ssl", "proxy", "proxy_http")
APACHE_FOLDER = "/usr/lib/apache2/modules"


def apache(text, setup):
    text = changed(text, "Listen 443\n<VirtualHost *:443>", f"Listen 127.0.0.1:{setup.port}\n<VirtualHost *:{setup.port}>")
    text = changed(text, "127.0.0.1:8080", f"127.0.0.1:{setup.application}")
    versions = " ".join(dict.fromkeys([f"+{setup.oldest}", f"+{setup.newest}"]))
    text = changed(text, "SSLProtocol -all +TLSv1.2 +TLSv1.3", f"SSLProtocol -all {versions}")
    modules = "".join(f"LoadModule {name}_module {APACHE_FOLDER}/mod_{name}.so\n" for name in APACHE_MODULES)
    # Apache doesn't process requests as root, and ignores the names of other users.
    base = f"ServerName localhost\nDefaultRuntimeDir {setup.folder}\nPidFile {setup.folder}/pid\nErrorLog /dev/stderr\n"
    write(setup, f"{modules}{base}User #65534\nGroup #65534\n{text}")
    return ["apache2", "-DFOREGROUND", "-d", setup.folder, "-f", setup.folder / "configuration"]


def haproxy(text, setup):
    text = changed(text, "bind :443", f"bind 127.0.0.1:{setup.port}")
    text = changed(text, "127.0.0.1:8080", f"127.0.0.1:{setup.application}")
    text = changed(text, "ssl-min-ver TLSv1.2", f"ssl-min-ver {setup.oldest} ssl-max-ver {setup.newest}")
    write(setup, with_fingerprints(text, setup))
    return ["haproxy", "-db", "-f", setup.folder / "configuration"]


def node(text, setup):
    text = changed(text, ".listen(443)", f'.listen({setup.port}, "127.0.0.1")')
    text = changed(text, 'minVersion: "TLSv1.2"', f'minVersion: "{setup.oldest}", maxVersion: "{setup.newest}"')
    write(setup, text, "server.js")
    return ["node", setup.folder / "server.js"]


def java(text, setup):
    text = changed(text, "InetSocketAddress(443)", f'InetSocketAddress("127.0.0.1", {setup.port})')
    versions = ", ".join(dict.fromkeys([f'"{setup.oldest}"', f'"{setup.newest}"']))
    text = changed(text, '{"TLSv1.2", "TLSv1.3"}', f"{{{versions}}}")
    write(setup, text, "Backend.java")
    # Starts faster, and the JVM needs no more than this.
    return ["java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx64m", setup.folder / "Backend.java"]


def envoy(text, setup):
    text = changed(text, "address: 0.0.0.0, port_value: 443", f"address: 127.0.0.1, port_value: {setup.port}")
    text = changed(text, "port_value: 8080", f"port_value: {setup.application}")
    oldest, newest = (version.replace(".", "_") for version in (setup.oldest, setup.newest))
    text = changed(
        text, "tls_minimum_protocol_version: TLSv1_2",
        f"tls_minimum_protocol_version: {oldest}, tls_maximum_protocol_version: {newest}",
    )
    write(setup, with_fingerprints(text, setup), "envoy.yaml")
    # Without an id, a second Envoy would share memory with the first.
    return ["envoy", "--use-dynamic-base-id", "--concurrency", "1", "-l", "error", "-c", setup.folder / "envoy.yaml"]


def openssl(text, setup):
    """The configuration is the options of `openssl s_server`."""
    only = {("TLSv1.2", "TLSv1.2"): ["-tls1_2"], ("TLSv1.3", "TLSv1.3"): ["-tls1_3"]}.get((setup.oldest, setup.newest), [])
    return [
        "openssl", "s_server", "-accept", f"127.0.0.1:{setup.port}", "-cert", "server.pem", "-key", "server-key.pem",
        "-www", "-quiet", *only, *text.split(),
    ]


PROGRAMS = {
    nginx: ("nginx", "-v"),
    apache: ("apache2", "-v"),
    haproxy: ("haproxy", "-v"),
    node: ("node", "--version"),
    java: ("java", "--version"),
    envoy: ("envoy", "--version"),
    openssl: ("openssl", "version"),
}


def path_of(kind):
    """Returns the path of a kind's program, or None if it isn't installed."""
    # Debian's servers are where only root's PATH leads.
    return shutil.which(PROGRAMS[kind][0], path=os.environ["PATH"] + ":/usr/local/sbin:/usr/sbin")


def version_of(kind):
    command = [path_of(kind), PROGRAMS[kind][1]]
    run = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return re.search(r"\d+(\.\d+)+", run.stdout)[0]


def with_fingerprints(text, setup):
    for algorithm in ("sha1", "sha256"):
        for name in ("old", "new"):
            text = text.replace(f"{algorithm}_{name}".upper(), fingerprint(setup.folder / f"{name}.pem", algorithm))
    return text


def write(setup, text, name="configuration"):
    (setup.folder / name).write_text(text.replace("/etc/backend", str(setup.folder)))


@contextlib.contextmanager
def running(kind, text, setup):
    """Runs a server until the block ends, whatever happens in it."""
    program, *arguments = kind(text, setup)
    assert program == PROGRAMS[kind][0]
    log = setup.folder / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [path_of(kind), *arguments], cwd=setup.folder, stdin=subprocess.DEVNULL, stdout=output,
            stderr=subprocess.STDOUT, start_new_session=True,
        )
    try:
        wait_for(setup.port, process, log)
        yield
    finally:
        stop(process)


def stop(process):
    """Stops a server and its workers, which are in its process group."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=10)


def wait_for(port, process, log):
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket() as client:
            if client.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise AssertionError(f"the server did not start:\n{log.read_text(errors='replace')}")


# Below the ports of outgoing connections, one of which could take a port before its server does. No
# port is used twice.
ports = iter(random.sample(range(20_000, 32_000), 12_000))


def free_port():
    for port in ports:
        with contextlib.suppress(OSError), socket.socket() as listener:
            listener.bind(("127.0.0.1", port))
            return port
    raise AssertionError("no port is free")


class Application(http.server.BaseHTTPRequestHandler):
    """What the proxies forward to."""

    def do_GET(self):
        self.send_response(200)
        self.send_header("content-length", "3")
        self.end_headers()
        self.wfile.write(b"ok\n")

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def application():
    """Runs the application until the block ends, and returns its port."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Application)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
