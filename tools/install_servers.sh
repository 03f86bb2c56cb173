#!/usr/bin/env bash
# Installs the servers of `make probe-servers` that are missing, with apt, and leaves them stopped.
# Without apt, it installs nothing: the tests skip servers that aren't installed.
#
#     tools/install_servers.sh
set -euo pipefail

declare -A packages=([nginx]=nginx-light [apache2]=apache2 [haproxy]=haproxy)
missing=()
for program in "${!packages[@]}"; do
  if ! PATH="$PATH:/usr/sbin" command -v "$program" >/dev/null; then
    missing+=("$program")
  fi
done
if [ ${#missing[@]} -eq 0 ] || ! command -v apt-get >/dev/null; then
  exit 0
fi

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  as_root=(sudo)
fi
# Debian's packages start their server unless this program forbids it.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  trap '"${as_root[@]}" rm -f "$policy"' EXIT
  printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
  "${as_root[@]}" chmod 755 "$policy"
fi
"${as_root[@]}" apt-get update -qq
for program in "${missing[@]}"; do
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
    "${packages[$program]}"
  # Nor may it start when the machine does.
  if command -v systemctl >/dev/null; then
    "${as_root[@]}" systemctl --quiet disable "$program"
  fi
done
