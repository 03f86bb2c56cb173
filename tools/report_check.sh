#!/usr/bin/env bash
# Writes five reports and checks them in Chromium: the example, the example with its front door, the
# example with earlier snapshots, an account whose names try to break out of the page, and one with
# 5,000 stages.
#
#     tools/report_check.sh target/debug/stagecert
#
# CHROMIUM=/path/to/chromium uses that browser.
set -euo pipefail
stagecert=$(realpath "$1")
cd "$(dirname "$0")/../tests/report"

node accounts.mjs out

# write_report NAME STATUSES ARGUMENTS…: STATUSES are the exit statuses of a successful run.
write_report() {
  local name=$1 statuses=$2 status=0
  shift 2
  (cd out && "$stagecert" report "$@" --quiet --output "$name.html" 2>"$name.errors") || status=$?
  if [[ " $statuses " != *" $status "* ]]; then
    cat "out/$name.errors" >&2
    exit 1
  fi
}

write_report example '1' --example
write_report front-door '1' --example --front-door
write_report earlier '1' --example --since october.json --since september.json
# Parts of this account can't be evaluated, which is status 2.
write_report hostile '1 2' --snapshot hostile.json --snapshot example.json --since october.json
write_report large '1' --snapshot large.json

node check.mjs out out/{example,front-door,earlier,hostile,large}.html
