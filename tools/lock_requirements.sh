#!/usr/bin/env bash
# Locks the Python packages: writes tools/requirements/NAME.txt for each NAME.in, with the versions
# and SHA-256 hashes of all transitive dependencies, for every platform and Python 3.11 or later.
#
#     tools/lock_requirements.sh [--upgrade]
#
# Needs uv. Without --upgrade, versions that are already locked stay as they are.
set -euo pipefail
cd "$(dirname "$0")/requirements"

for input in *.in; do
  uv --no-config pip compile --quiet --universal --python-version 3.11 --generate-hashes \
    --no-emit-index-url --no-emit-find-links --no-emit-package pip \
    $(test "$input" != test.in || echo --no-emit-package ziglang) \
    --custom-compile-command 'make requirements' \
    --output-file "${input%.in}.txt" "$@" "$input"
done
