"""Prints the release notes of a tag: the section of CHANGELOG.md for that version.

    python3 tools/release_notes.py v0.1.0

Fails if the version differs from the one in Cargo.toml, or if the changelog has no dated section
for it.
"""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]


def main():
    [tag] = sys.argv[1:]
    version = re.search(r'^version = "(.+)"$', (ROOT / "Cargo.toml").read_text(), re.M)[1]
    if tag != f"v{version}":
        sys.exit(f"the tag is {tag}, but the version in Cargo.toml is {version}")
    changelog = (ROOT / "CHANGELOG.md").read_text()
    heading = rf"^## \[{re.escape(version)}\] - \d{{4}}-\d{{2}}-\d{{2}}$"
    section = re.search(rf"{heading}\n(.*?)(?=^## |^\[|\Z)", changelog, re.M | re.S)
    if section is None:
        sys.exit(f"CHANGELOG.md has no section `## [{version}] - YYYY-MM-DD`")
    print(section[1].strip())


if __name__ == "__main__":
    main()
