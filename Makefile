# make example   the main job on the built-in example account; no AWS, seconds to build
# make test      everything that CI checks
# make soak      the oracle at its large size, with the release build of the function
# make report-check  the report in a browser: accessibility, pictures; needs Node and Chromium
# make bench-start  how fast the function starts, beside the least one and beside Python
# make bench-sweep  what sweeps of 100, 6,000 and 100,000 stages take: memory, calls, time
# make bench     what judging a stage costs, in time
# make peers     stagecert, Prowler, Cloud Custodian and a boto3 loop on the same account: benches/peers/results.md
# make dashboards    pictures of the dashboards with sample data, in cdk/cdk.out; needs Chromium
# make docs      the pages that are made from the code
# make function  the function as Lambda runs it, with ARCHITECTURE=arm64 (the default) or x86_64
# make synth     the templates of what cdk/stagecert.yaml says, in cdk/cdk.out
# make deploy    deploys them; STACKS='name …' some of them
# make destroy   takes them away again
# make dist      what a release ships, in dist/: the function for both, the templates, SHA256SUMS
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

# Without the AWS SDK and Lambda's runtime: what the example and the pages need.
SNAPSHOT_ONLY := --locked --no-default-features --features cli
VENV := .venv
WITH_VENV := PATH="$(CURDIR)/$(VENV)/bin:$$PATH"

STAGECERT := $(or $(CARGO_TARGET_DIR),$(CURDIR)/target)/debug/stagecert
RELEASE := $(or $(CARGO_TARGET_DIR),$(CURDIR)/target)/release

.PHONY: help example test format clippy rust seam asff cdk cfn-lint e2e cdk-deploy hub fake-aws oracle year soak peers report-check \
  dashboards docs release guards instruction-guard bench bench-start bench-sweep function function-check emulator dist synth deploy destroy

help:
	@sed -n 's/^# make /make /p' Makefile

example:
	@echo '$$ stagecert scan --example'
	@cargo run --quiet $(SNAPSHOT_ONLY) -- scan --example || test $$? -eq 1

test: format clippy seam asff rust guards cdk e2e cdk-deploy hub fake-aws oracle year
	@echo 'make test: all passed'

format:
	cargo fmt --check

clippy:
	cargo clippy --locked --all-targets -- -D warnings
	cargo clippy $(SNAPSHOT_ONLY) --all-targets -- -D warnings
	cargo clippy --locked --package fake-aws --package hello --package throughput --all-targets -- -D warnings
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

# The app that deploys: its code, its tests (some ask the command line what it takes, and moto what an event fits), its templates.
cdk: cdk/node_modules/.package-lock.json $(VENV)/bin/moto_server
	cargo build --quiet $(SNAPSHOT_ONLY) --bin stagecert
	cd cdk && npm run lint && npm run build && \
	  STAGECERT="$(CURDIR)/target/debug/stagecert" STAGECERT_PYTHON="$(CURDIR)/$(VENV)/bin/python" npm test
	@$(MAKE) cfn-lint

cfn-lint: cdk/node_modules/.package-lock.json $(VENV)/bin/moto_server
	@rm -rf target/templates
	cd cdk && node --import tsx test/templates.ts ../target/templates
	cd cdk && ../$(VENV)/bin/cfn-lint -- ../target/templates/* templates/*.yaml
	@echo "cfn-lint: $$(ls target/templates/* cdk/templates/*.yaml | wc -l) templates, no errors, no warnings"

cdk/node_modules/.package-lock.json: cdk/package-lock.json
	cd cdk && npm ci --no-audit --no-fund --ignore-scripts
	@touch $@

$(VENV)/bin/moto_server: cdk/test/deploy/requirements.txt $(VENV)/bin/cargo-lambda
	$(VENV)/bin/pip install --quiet --requirement cdk/test/deploy/requirements.txt
	@touch $@

# The real function under a Lambda Runtime API.
e2e: $(VENV)/bin/cargo-lambda
	cargo test --locked --no-run --quiet
	$(WITH_VENV) python3 tests/e2e/run.py target/debug/bootstrap

$(VENV)/bin/cargo-lambda: tests/e2e/requirements.txt
	python3 -m venv $(VENV)
	$(VENV)/bin/pip install --quiet --no-deps --requirement tests/e2e/requirements.txt
	@touch $@

# The app deployed to an account that moto plays, read back, and the function started that was published.
cdk-deploy: cdk/node_modules/.package-lock.json $(VENV)/bin/moto_server
	cargo test --locked --no-run --quiet
	$(WITH_VENV) $(VENV)/bin/python cdk/test/deploy/deploy.py target/debug/bootstrap

# The function into the Security Hub and the bus that moto plays, read back.
hub: $(VENV)/bin/moto_server
	cargo build --locked --quiet
	cargo build --locked --quiet --package fake-aws
	$(VENV)/bin/python tests/security_hub/moto_check.py target/debug/bootstrap target/debug/fake-aws

# A year of a fleet of 500 stages, a sweep and a run of the reminders a day. Optimised, with the checks of a debug build:
# 700,000 findings are a lot of JSON.
OPTIMISED := $(foreach package,jiff serde_json stagecert fake-aws,--config profile.dev.package.$(package).opt-level=2)
year:
	cargo test --locked $(OPTIMISED) --package fake-aws --test year -- --nocapture

# The account that stands in for AWS, checked by clients that are not ours: boto3, and botocore's own parsers.
fake-aws: $(VENV)/bin/botocore
	cargo test --locked --package fake-aws --lib --bins --test wire --test world --test lag
	cargo build --locked --package fake-aws
	$(VENV)/bin/python tests/fake-aws/boto3_check.py target/debug/fake-aws

$(VENV)/bin/botocore: tests/fake-aws/requirements.txt $(VENV)/bin/cargo-lambda
	$(VENV)/bin/pip install --quiet --requirement tests/fake-aws/requirements.txt
	@touch $@

# The function against that account: oracle, changes, faults, a Config that lags, an organization. The command line against
# many.
oracle:
	cargo test --locked --no-run --quiet
	cargo test --locked --package fake-aws --test oracle --test cli -- --nocapture

# The function as it is shipped. The profile is in Cargo.toml, how aws-lc is built in .cargo/config.toml.
release:
	cargo build --locked --release --no-default-features --features lambda --bin bootstrap

# Counts what keeps it small and quick to start.
guards: release instruction-guard
	python3 tests/guards/run.py $(RELEASE)/bootstrap

bench-start: release $(VENV)/bin/moto_server
	cargo build --locked --release --package hello
	$(VENV)/bin/python benches/start/run.py $(RELEASE)/bootstrap $(RELEASE)/hello

soak: release
	STAGECERT_BOOTSTRAP="$(RELEASE)/bootstrap" STAGECERT_PROOF=10 \
	  cargo test --locked --package fake-aws --test oracle -- --nocapture
	PROPTEST_CASES=25600 cargo test $(SNAPSHOT_ONLY) --test properties

bench-sweep: release
	cargo build --locked --release --package fake-aws
	python3 benches/sweep/run.py --bootstrap $(RELEASE)/bootstrap --fake-aws $(RELEASE)/fake-aws

# Half an hour: what keeps to API Gateway's pace takes minutes. PEERS='--only Prowler --runs 1' for a part of it.
peers: release
	cargo build --locked --release --bin stagecert
	cargo build --locked --release --package fake-aws
	python3 benches/peers/run.py $(foreach program,bootstrap stagecert fake-aws,--$(program) $(RELEASE)/$(program)) $(PEERS)

# With earlier days, and with an account that tries to break out of its page.
report-check: tests/report/node_modules
	cargo build --quiet $(SNAPSHOT_ONLY)
	cd tests/report && node accounts.mjs out
	@cd tests/report/out && for report in \
	  'example --example' \
	  'earlier --example --since october.json --since september.json' \
	  'hostile --snapshot hostile.json --snapshot example.json --since october.json'; do \
	  set -- $$report; name=$$1; shift; status=0; \
	  $(STAGECERT) report "$$@" --output $$name.html 2>$$name.errors || status=$$?; \
	  test $$status -eq 1 || { test $$status -eq 2 && test $$name = hostile; }; done
	cd tests/report && node check.mjs out out/example.html out/earlier.html out/hostile.html

dashboards: cdk/node_modules/.package-lock.json
	cd cdk && node --import tsx test/dashboard/render.ts cdk.out

tests/report/node_modules: tests/report/package-lock.json
	cd tests/report && npm ci --no-audit --no-fund --ignore-scripts
	@touch $@

# Some minutes, on a machine that does nothing else.
bench:
	python3 benches/throughput/time.py

# The same in instructions, against those in benches/throughput/instructions.json.
instruction-guard:
	cargo test --locked --package throughput --test accounts
	python3 benches/throughput/guard.py

docs:
	cargo run --quiet $(SNAPSHOT_ONLY) -- explain --all > docs/checks.md
	WRITE_COST_PAGE=1 cargo test --quiet $(SNAPSHOT_ONLY) --test cost the_page
	cargo run --quiet $(SNAPSHOT_ONLY) -- man --markdown > docs/cli.md

CDK = cd cdk && npx cdk
QUIETLY := --no-notices --no-version-reporting

synth: cdk/node_modules/.package-lock.json
	$(CDK) synth $(QUIETLY) --quiet

# CDK asks before it widens a permission.
deploy: cdk/node_modules/.package-lock.json
	$(CDK) deploy $(QUIETLY) $(or $(STACKS),--all)

destroy: cdk/node_modules/.package-lock.json
	$(CDK) destroy $(QUIETLY) $(or $(STACKS),--all)

ARCHITECTURE := arm64
PROCESSOR_arm64 := aarch64
PROCESSOR_x86_64 := x86_64
PROCESSOR = $(or $(PROCESSOR_$(ARCHITECTURE)),$(error ARCHITECTURE: arm64 or x86_64, not $(ARCHITECTURE)))
PROGRAM = target/lambda/$(ARCHITECTURE)/bootstrap/bootstrap
# What runs that processor's programs here.
EMULATOR = $(if $(filter Linux-$(PROCESSOR),$(shell uname -s -m | tr ' ' '-')),,qemu-$(PROCESSOR))

# Linked by zig, so that any machine builds for both. Lambda's provided.al2023 has glibc 2.34.
function: $(VENV)/bin/python-zig
	@if command -v rustup >/dev/null; then rustup target add $(PROCESSOR)-unknown-linux-gnu; fi
	$(WITH_VENV) cargo lambda build --release --locked --no-default-features --features lambda --bin bootstrap \
	  --$(subst _,-,$(ARCHITECTURE)) --lambda-dir target/lambda/$(ARCHITECTURE)
	@needs=$$(grep -aoE 'GLIBC_2\.[0-9]+' $(PROGRAM) | sort -uV | tail -1); \
	  echo "$(PROGRAM): $$(wc -c < $(PROGRAM)) bytes, needs $$needs of 2.34"; test "$${needs#GLIBC_2.}" -le 34

$(VENV)/bin/python-zig: tools/function-requirements.txt $(VENV)/bin/cargo-lambda
	$(VENV)/bin/pip install --quiet --requirement tools/function-requirements.txt
	@touch $@

# The same as `make e2e`, of what `make function` built. Not in `make test`: the build takes minutes, and qemu has to be there.
function-check: emulator function
	QEMU_LD_PREFIX=/usr/$(PROCESSOR)-linux-gnu $(WITH_VENV) python3 tests/e2e/run.py $(EMULATOR) $(PROGRAM)

emulator:
	@if test -n "$(EMULATOR)" && ! { command -v $(EMULATOR) && test -d /usr/$(PROCESSOR)-linux-gnu; } >/dev/null; then \
	  echo 'function-check runs the function under $(EMULATOR), with the libraries of that processor. On Debian and Ubuntu:'; \
	  echo '  apt-get install qemu-user libc6-$(subst x86_64,amd64,$(ARCHITECTURE))-cross'; exit 1; fi

dist:
	@$(MAKE) function ARCHITECTURE=arm64
	@$(MAKE) function ARCHITECTURE=x86_64
	python3 tools/make_dist.py
