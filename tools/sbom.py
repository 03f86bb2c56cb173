"""Writes the software bill of materials (SBOM) of a program: CycloneDX 1.6 as JSON.

    python3 tools/sbom.py NAME FEATURES TARGET

It lists each crate that Cargo compiles for the program: with scope `required` if it is linked, and
`excluded` if it only runs during the build, such as a build script's dependency or a macro. It
contains no date and no random number, so the same Cargo.lock gives the same bytes.

Needs the Python packages of tools/requirements/test.txt.
"""

import re
import subprocess
import sys
import tomllib
import uuid
from collections import defaultdict
from pathlib import Path

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import HashAlgorithm, HashType, Property
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentScope, ComponentType
from cyclonedx.output import make_outputter
from cyclonedx.schema import OutputFormat, SchemaVersion
from packageurl import PackageURL

ROOT = Path(__file__).resolve().parents[1]
# Any fixed identifier: serial numbers derive from it and from the contents.
NAMESPACE = uuid.UUID("6f3c9a1e-0f7b-5b0e-9d55-0a4e8e0d7c11")


def main():
    name, features, target = sys.argv[1:]
    sys.stdout.write(sbom(name, features, target))


def sbom(name, features, target):
    """Returns the SBOM of the program `name`, built with `features` for `target`."""
    compiled = crates(features, target, "normal,build")
    linked = set(crates(features, target, "normal,no-proc-macro"))
    checksums = locked_checksums()
    components = {}
    for key, (license, _) in compiled.items():
        crate, version = key
        components[key] = Component(
            name=crate,
            version=version,
            type=ComponentType.LIBRARY,
            bom_ref=f"{crate}@{version}",
            purl=PackageURL("cargo", None, crate, version),
            scope=ComponentScope.REQUIRED if key in linked else ComponentScope.EXCLUDED,
            hashes=[HashType(alg=HashAlgorithm.SHA_256, content=checksums[key])] if key in checksums else [],
            licenses=[LicenseFactory().make_with_expression(license.replace("/", " OR "))],
        )
    root = next(iter(compiled))
    program = components.pop(root)
    program.name = name
    program.type = ComponentType.APPLICATION
    program.scope = None
    bom = Bom(components=components.values(), version=1)
    bom.metadata.component = program
    bom.metadata.timestamp = None
    bom.metadata.properties.add(Property(name="stagecert:target", value=target))
    bom.metadata.properties.add(Property(name="stagecert:features", value=features))
    for key, (_, dependencies) in compiled.items():
        component = program if key == root else components[key]
        bom.register_dependency(component, [components[dependency] for dependency in sorted(dependencies)])
    bom.serial_number = uuid.UUID(int=0)
    bom.serial_number = uuid.uuid5(NAMESPACE, written(bom))
    return written(bom)


def written(bom):
    return make_outputter(bom, OutputFormat.JSON, SchemaVersion.V1_6).output_as_string(indent=2) + "\n"


def crates(features, target, edges):
    """Returns the crates of the build, the program first: (name, version) to license and dependencies."""
    command = ["cargo", "tree", "--locked", "--no-default-features", "--features", features]
    command += ["--target", target, "--edges", edges, "--prefix", "depth", "--format", "{p}|{l}"]
    output = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    licenses, dependencies, path = {}, defaultdict(set), []
    for line in filter(None, output.splitlines()):
        # Depth, name, version and license: "2serde_derive v1.0.229 (proc-macro)|MIT (*)".
        depth, name, version, license = re.fullmatch(r"(\d+)(\S+) v(\S+)[^|]*\|(.*?)(?: \(\*\))?", line).groups()
        key = (name, version)
        licenses[key] = license
        del path[int(depth) :]
        if path:
            dependencies[path[-1]].add(key)
        path.append(key)
    return {key: (license, dependencies[key]) for key, license in licenses.items()}


def locked_checksums():
    packages = tomllib.loads((ROOT / "Cargo.lock").read_text(encoding="utf-8"))["package"]
    return {(it["name"], it["version"]): it["checksum"] for it in packages if "checksum" in it}


if __name__ == "__main__":
    main()
