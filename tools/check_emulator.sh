#!/usr/bin/env bash
# Fails if the emulator for another processor, or that processor's C library, is missing.
#
#     tools/check_emulator.sh arm64 aarch64 [qemu-aarch64]
set -euo pipefail
architecture=$1 processor=$2 emulator=${3:-}

if [[ -z $emulator ]]; then
  exit 0 # This machine runs the function itself.
fi
if ! command -v "$emulator" >/dev/null || [[ ! -d /usr/$processor-linux-gnu ]]; then
  echo "function-check needs $emulator and the C library for $processor. On Debian and Ubuntu:"
  echo "  apt-get install qemu-user libc6-${architecture/x86_64/amd64}-cross"
  exit 1
fi
