#!/usr/bin/env bash
# Prints a program's size and the newest glibc that it needs; fails if Lambda's is older.
#
#     tools/check_glibc.sh target/lambda/arm64/bootstrap/bootstrap
set -euo pipefail
program=$1
minor=34 # Lambda's runtime provided.al2023 has glibc 2.34.

needed=$(grep -aoE 'GLIBC_2\.[0-9]+' "$program" | sort -uV | tail -1)
echo "$program: $(wc -c <"$program") bytes, needs $needed, Lambda has GLIBC_2.$minor"
test "${needed#GLIBC_2.}" -le "$minor"
