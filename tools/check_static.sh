#!/usr/bin/env bash
# Prints the size of Linux programs, and fails if one of them needs a dynamic loader or a library.
#
#     tools/check_static.sh target/x86_64-unknown-linux-musl/release/stagecert …
set -euo pipefail

for program in "$@"; do
  if readelf --wide --program-headers --dynamic "$program" | grep -E 'INTERP|\(NEEDED\)'; then
    echo "$program is not static"
    exit 1
  fi
  echo "$program: $(wc -c <"$program") bytes, static"
done
