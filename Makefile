# make example   the main job on the built-in example account; no AWS, seconds to build
# make test      everything that CI checks
# make soak      the proof at its large size, with the release build of the function
# make docs      the pages that are made from the code
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

# Without the AWS SDK and Lambda's runtime: what the example and the pages need.
SNAPSHOT_ONLY := --locked --no-default-features --features cli
VENV := .venv

.PHONY: help example test format clippy rust seam asff e2e standin proof soak docs

help:
	@sed -n 's/^# make /make /p' Makefile

example:
	@echo '$$ stagecert scan --example'
	@cargo run --quiet $(SNAPSHOT_ONLY) -- scan --example || test $$? -eq 1

test: format clippy seam asff rust e2e standin proof
	@echo 'make test: all passed'

format:
	cargo fmt --check

clippy:
	cargo clippy --locked --all-targets -- -D warnings
	cargo clippy $(SNAPSHOT_ONLY) --all-targets -- -D warnings
	cargo clippy --locked --package standin --all-targets -- -D warnings
	RUSTDOCFLAGS='-D warnings' cargo doc $(SNAPSHOT_ONLY) --no-deps --lib

# What may not be linked where: the evaluation without AWS, the function without a command line, one TLS stack.
seam:
	@for crate in aws-config aws-smithy-runtime-api indicatif lambda_runtime; do \
	  if cargo tree --quiet $(SNAPSHOT_ONLY) --edges normal --prefix none | grep -q "^$$crate "; then \
	    echo "the build without AWS links $$crate"; exit 1; fi; done
	@for crate in clap comfy-table indicatif aws-sdk-account aws-sdk-organizations aws-sdk-sso; do \
	  if cargo tree --quiet --locked --no-default-features --features lambda --edges normal --prefix none | grep -q "^$$crate "; then \
	    echo "the Lambda function links $$crate"; exit 1; fi; done
	@if test "$$(cargo tree --quiet --locked --edges normal --prefix none | grep -oE '^(rustls|native-tls|openssl|s2n-tls) v[0-9.]+' | sort -u | wc -l)" -ne 1; then \
	  echo "there is more than one TLS stack"; exit 1; fi
	@echo 'seam: kept'
	cargo test $(SNAPSHOT_ONLY)

# What Security Hub would refuse, by botocore's model of it.
asff: $(VENV)/bin/botocore
	cargo build $(SNAPSHOT_ONLY)
	$(VENV)/bin/python tests/cli/asff_check.py target/debug/stagecert

rust:
	cargo test --locked

# The real function under a Lambda Runtime API.
e2e: $(VENV)/bin/cargo-lambda
	cargo test --locked --no-run --quiet
	PATH="$(CURDIR)/$(VENV)/bin:$$PATH" python3 tests/e2e/run.py target/debug/bootstrap

$(VENV)/bin/cargo-lambda: tests/e2e/requirements.txt
	python3 -m venv $(VENV)
	$(VENV)/bin/pip install --quiet --no-deps --requirement tests/e2e/requirements.txt
	@touch $@

# The account that stands in for AWS, checked by clients that are not ours: boto3, and botocore's own parsers.
standin: $(VENV)/bin/botocore
	cargo test --locked --package standin --lib --bins --test wire --test world
	cargo build --locked --package standin
	$(VENV)/bin/python tests/standin/boto3_check.py target/debug/standin

$(VENV)/bin/botocore: tests/standin/requirements.txt $(VENV)/bin/cargo-lambda
	$(VENV)/bin/pip install --quiet --requirement tests/standin/requirements.txt
	@touch $@

# The function against that account: oracle, changes, faults, an organization. The command line against many.
proof:
	cargo test --locked --no-run --quiet
	cargo test --locked --package standin --test proof --test cli -- --nocapture

soak:
	cargo build --locked --release --no-default-features --features lambda --bin bootstrap
	STAGECERT_BOOTSTRAP="$(CURDIR)/target/release/bootstrap" STAGECERT_PROOF=10 \
	  cargo test --locked --package standin --test proof -- --nocapture
	PROPTEST_CASES=25600 cargo test $(SNAPSHOT_ONLY) --test properties

docs:
	cargo run --quiet $(SNAPSHOT_ONLY) -- explain --all > docs/checks.md
	cargo run --quiet $(SNAPSHOT_ONLY) -- man --markdown > docs/cli.md
