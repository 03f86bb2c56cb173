#!/usr/bin/env bash
# Downloads a release of stagecert, verifies its checksum, scans, and writes the findings as SARIF.
# action.yml runs it. The scan's exit status becomes an output, so that the findings are uploaded
# before the job fails.
set -euo pipefail

fail() {
  echo "::error::$1"
  exit 1
}

case "$RUNNER_OS-$RUNNER_ARCH" in
  Linux-X64) target=x86_64-unknown-linux-musl ;;
  Linux-ARM64) target=aarch64-unknown-linux-musl ;;
  macOS-X64) target=x86_64-apple-darwin ;;
  macOS-ARM64) target=aarch64-apple-darwin ;;
  *) fail "stagecert has no release for $RUNNER_OS on $RUNNER_ARCH. Use a Linux or macOS runner." ;;
esac

version=${STAGECERT_VERSION#v}
if [[ ! $version =~ ^[0-9]+\.[0-9]+\.[0-9]+$ ]]; then
  fail "The input version is '$STAGECERT_VERSION'. If you use the action by a commit or branch, set it, for example to 0.1.0."
fi

name=stagecert-$version-$target
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
gh release download "v$version" --repo "$STAGECERT_REPOSITORY" --dir "$directory" \
  --pattern "$name.tar.gz" --pattern SHA256SUMS
cd "$directory"
# `sha256sum` accepts a line in any position, and macOS has only `shasum`.
expected=$(awk -v file="$name.tar.gz" '$2 == file { print $1 }' SHA256SUMS)
actual=$(shasum --algorithm 256 "$name.tar.gz" | cut -d ' ' -f 1)
if [[ -z $expected || $expected != "$actual" ]]; then
  fail "The checksum of $name.tar.gz is $actual, but SHA256SUMS has ${expected:-no such file}."
fi
tar -xzf "$name.tar.gz"
cd "$GITHUB_WORKSPACE"

# An old file must not be uploaded if the scan fails.
rm -f "$STAGECERT_SARIF_FILE"
read -r -a arguments <<<"${STAGECERT_ARGUMENTS//$'\n'/ }"
status=0
"$directory/$name/stagecert" scan "${arguments[@]}" --format sarif --output "$STAGECERT_SARIF_FILE" || status=$?

echo "exit-status=$status" >>"$GITHUB_OUTPUT"
if [[ -s $STAGECERT_SARIF_FILE ]]; then
  echo "sarif-file=$STAGECERT_SARIF_FILE" >>"$GITHUB_OUTPUT"
fi
