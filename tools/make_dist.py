"""Writes dist/: a zip of the function for each processor, the templates, and SHA256SUMS.

The same input gives the same bytes.

    python3 tools/make_dist.py
"""

import hashlib
import json
import pathlib
import shutil
import subprocess
import zipfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
DIST = ROOT / "dist"
ARCHITECTURES = ["arm64", "x86_64"]


def main():
    shutil.rmtree(DIST, ignore_errors=True)
    shutil.copytree(ROOT / "cdk" / "templates", DIST)
    for architecture in ARCHITECTURES:
        program = ROOT / "target" / "lambda" / architecture / "bootstrap" / "bootstrap"
        write_zip(DIST / f"stagecert-{version()}-{architecture}.zip", program)
    files = sorted(path for path in DIST.rglob("*") if path.is_file())
    sums = "".join(f"{sha256(path)}  {path.relative_to(DIST)}\n" for path in files)
    (DIST / "SHA256SUMS").write_text(sums, encoding="utf-8")
    for path in files:
        print(f"{path.stat().st_size:>9}  dist/{path.relative_to(DIST)}")


def version():
    command = ["cargo", "metadata", "--no-deps", "--locked", "--format-version", "1"]
    packages = json.loads(subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout)["packages"]
    [found] = [package["version"] for package in packages if package["name"] == "stagecert"]
    return found


def write_zip(path, program):
    file = zipfile.ZipInfo("bootstrap", date_time=(1980, 1, 1, 0, 0, 0))
    file.create_system = 3  # Unix, whose modes Lambda reads
    file.external_attr = 0o100755 << 16
    file.compress_type = zipfile.ZIP_DEFLATED
    with zipfile.ZipFile(path, "w") as package:
        package.writestr(file, program.read_bytes(), compresslevel=9)


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


if __name__ == "__main__":
    main()
