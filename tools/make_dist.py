"""Writes dist/, the files of a release: programs with their SBOMs, templates, and SHA256SUMS.

The same input gives the same bytes. `make dist` builds the programs first.

    python3 tools/make_dist.py

Needs the Python packages of tools/requirements/test.txt.
"""

import gzip
import hashlib
import io
import shutil
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import sbom

ROOT = Path(__file__).resolve().parents[1]
# The function's zips by Lambda's name of the processor, and the command line by Rust's target.
FUNCTIONS = {"arm64": "aarch64-unknown-linux-gnu", "x86_64": "x86_64-unknown-linux-gnu"}
COMMAND_LINES = ["aarch64-unknown-linux-musl", "x86_64-unknown-linux-musl"]
# Only a Mac can link these; release.yml does. Without them, `make dist` leaves them out.
OPTIONAL_COMMAND_LINES = ["aarch64-apple-darwin", "x86_64-apple-darwin"]
# The directories that are shipped as one file each, because releases have no directories.
DIRECTORIES = {
    "terraform": "terraform",
    "landing-zone-accelerator": "cdk/templates/landing-zone-accelerator",
}


def main():
    dist = ROOT / "dist"
    shutil.rmtree(dist, ignore_errors=True)
    dist.mkdir()
    write_dist(dist, ROOT / "target")
    for path in sorted(dist.iterdir()):
        print(f"{path.stat().st_size:>9}  dist/{path.name}")


def write_dist(dist, target):
    """Writes the release's files to `dist`, with the programs built in `target`."""
    prefix = f"stagecert-{version()}"
    for architecture, rust_target in FUNCTIONS.items():
        name = f"{prefix}-{architecture}.zip"
        program = target / "lambda" / architecture / "bootstrap" / "bootstrap"
        write_zip(dist / name, {"bootstrap": program}, mode=0o755)
        write(dist / f"{name}.cdx.json", sbom.sbom("bootstrap", "lambda", rust_target))
    for rust_target in COMMAND_LINES + OPTIONAL_COMMAND_LINES:
        program = target / rust_target / "release" / "stagecert"
        if rust_target in OPTIONAL_COMMAND_LINES and not program.exists():
            print(f"without the command line for {rust_target}: {program} does not exist", file=sys.stderr)
            continue
        name = f"{prefix}-{rust_target}.tar.gz"
        write_tar(dist / name, f"{prefix}-{rust_target}", {"stagecert": program, "LICENSE": ROOT / "LICENSE"})
        write(dist / f"{name}.cdx.json", sbom.sbom("stagecert", "fleet,probe", rust_target))
    for name, directory in DIRECTORIES.items():
        files = sorted(path for path in (ROOT / directory).rglob("*") if path.is_file())
        members = {path.relative_to(ROOT / directory).as_posix(): path for path in files}
        write_zip(dist / f"{prefix}-{name}.zip", members, mode=0o644)
    for template in sorted((ROOT / "cdk" / "templates").glob("*.yaml")):
        shutil.copyfile(template, dist / template.name)
    sums = "".join(f"{sha256(path)}  {path.name}\n" for path in sorted(dist.iterdir()))
    write(dist / "SHA256SUMS", sums)


def version():
    return tomllib.loads((ROOT / "Cargo.toml").read_text(encoding="utf-8"))["package"]["version"]


def write_zip(path, members, mode):
    with zipfile.ZipFile(path, "w") as package:
        for name, source in members.items():
            file = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            file.create_system = 3  # Unix, whose modes Lambda reads
            file.external_attr = (0o100000 | mode) << 16
            file.compress_type = zipfile.ZIP_DEFLATED
            package.writestr(file, source.read_bytes(), compresslevel=9)


def write_tar(path, directory, members):
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w", format=tarfile.USTAR_FORMAT) as package:
        for name, source in members.items():
            file = tarfile.TarInfo(f"{directory}/{name}")
            file.size = source.stat().st_size
            file.mode = 0o755 if name == "stagecert" else 0o644
            with source.open("rb") as stream:
                package.addfile(file, stream)
    path.write_bytes(gzip.compress(content.getvalue(), compresslevel=9, mtime=0))


def write(path, text):
    path.write_text(text, encoding="utf-8", newline="\n")


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


if __name__ == "__main__":
    main()
