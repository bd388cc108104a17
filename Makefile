# What a developer does with logscrub, one word each. `make help` lists them.
# Needs only Python 3.11 or newer; everything else is installed into .venv, under the hashes of requirements/dev.lock.
# With Rust's cargo on the PATH the compiled core is built too; without, logscrub runs in pure Python.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
DEMO := demo-out
CARGO := $(shell cargo --version >/dev/null 2>&1 && command -v cargo)
# The compiled core beside the package, where it can be built and LOGSCRUB_CORE is not "no".
CORE := $(if $(CARGO),$(if $(filter no,$(LOGSCRUB_CORE)),no-core,logscrub/_core.abi3.so),no-core)

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory
# Python keeps what it has compiled, whatever the shell around says: without, every start compiles all that it imports again,
# which takes longer than most commands and tests.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup core no-core demo test coverage check format bench metrics bench-anomaly eval names docs site lock sbom audit clean

help: ## show this list
	@echo "make …"
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1\t\2/p' $(MAKEFILE_LIST) | expand -t 18

setup: $(READY) $(CORE) ## make .venv ready (the others do it themselves)

PIP = $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --only-binary :all: --require-hashes
QUIETLY = --quiet --no-config --python $(BIN)/python

# Made anew when the locked packages or the project's metadata change. pip installs uv, and uv the rest, from the index that pip is
# set to use: it takes a sixth of pip's processor time, and links packages that it has installed before. Modules are compiled when
# first imported: most never are, and compiling all 13,000 takes twice as long as the rest of an installation.
$(READY): requirements/dev.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "logscrub needs Python 3.11 or newer; '$(PYTHON)' is $$($(PYTHON) --version 2>&1). Try: make PYTHON=python3.11 …" >&2; exit 1; }
	@echo "Setting up $(VENV): all locked packages, about 2 GB on disk (a minute or two, once) …"
	@$(PYTHON) -m venv --clear $(VENV)
	@awk '/^[a-z]/ { wanted = /^uv==/ } wanted' requirements/dev.lock > $(VENV)/uv.lock
	@$(PIP) --no-deps -r $(VENV)/uv.lock
	@index=$$($(BIN)/python -m pip config list | sed -n "s/^[^=]*\.index-url='\(.*\)'$$/\1/p" | tail -1); \
		[ -z "$$index" ] || export UV_DEFAULT_INDEX="$$index"; \
		$(BIN)/uv pip install $(QUIETLY) --only-binary :all: --require-hashes -r requirements/dev.lock \
		|| { echo "uv could not install the packages; pip, which takes some minutes, does it now …" >&2; $(PIP) -r requirements/dev.lock; }
	@LOGSCRUB_CORE=no $(BIN)/uv pip install $(QUIETLY) --no-deps --no-build-isolation --editable .
	@touch $@

core: $(CORE) ## build the compiled core, where there is cargo (the others do it themselves)

# Made anew when its sources change. Where it cannot be built, hatch_build.py says so in a line, and Python does the work.
logscrub/_core.abi3.so: $(READY) hatch_build.py core/build.rs core/Cargo.toml core/Cargo.lock $(shell find core/src -name '*.rs')
	@echo "Building the compiled core (a minute or two, once) …"
	@$(BIN)/python hatch_build.py

no-core: $(READY)
	@$(BIN)/python hatch_build.py

demo: $(READY) $(CORE) ## scrub the sample logs, prove it, show what changed, report what was unusual
	@rm -rf $(DEMO)
	@mkdir -p $(DEMO)
	@echo "1. Scrubbing sample_logs/ into $(DEMO)/clean/"
	@$(BIN)/logscrub scrub sample_logs -o $(DEMO)/clean --summary $(DEMO)/summary.json
	@echo
	@echo "2. Verifying $(DEMO)/clean/"
	@$(BIN)/logscrub verify $(DEMO)/clean
	@echo
	@echo "3. Before (-) and after (+), a few lines of two of the samples. Equal ids get equal pseudonyms; names and content are removed."
	@$(call before_and_after,forge_logs_flat.log,5)
	@$(call before_and_after,plain_text.log,3)
	@echo
	@echo "4. Counting the records of one hour (app_logs_records.ndjson) by function; functions with fewer than five customers share a row:"
	@$(BIN)/logscrub keys new $(DEMO)/logscrub.key
	@$(BIN)/logscrub ingest sample_logs/app_logs_records.ndjson --store $(DEMO)/metrics --key-file $(DEMO)/logscrub.key
	@$(BIN)/logscrub metrics --store $(DEMO)/metrics
	@echo
	@echo "5. Reporting what was unusual in that hour of 17 November 2026 (the whole page: $(DEMO)/report.html):"
	@$(BIN)/logscrub report --store $(DEMO)/metrics -o $(DEMO)/report.html
	@$(BIN)/logscrub report --store $(DEMO)/metrics -o $(DEMO)/report.md 2>/dev/null
	@sed -n '/^## Errors/,/^id /p' $(DEMO)/report.md
	@echo
	@echo "6. Proving to somebody else that $(DEMO)/clean/ is clean: a signed proof, and the check of it that an auditor would run"
	@$(BIN)/logscrub keys new --signing $(DEMO)/sign.key
	@$(BIN)/logscrub verify $(DEMO)/clean --summary $(DEMO)/summary.json --attest $(DEMO)/proof.json --sign-key $(DEMO)/sign.key
	@$(BIN)/logscrub attest check $(DEMO)/proof.json $(DEMO)/clean --public-key $(DEMO)/sign.key.pub
	@echo
	@echo "All scrubbed logs are in $(DEMO)/clean/; $(DEMO)/summary.json counts what was redacted in each. Next: README.md, or .venv/bin/logscrub --help"

# The first $(2) lines of sample $(1) that changed, each as it was and as it is (redacted lines keep their number; long ones are left out).
define before_and_after
echo; echo "   $(1)"; \
awk -v clean=$(DEMO)/clean/$(1) -v most=$(2) '(getline now < clean) <= 0 { exit } \
	$$0 != now && length($$0) < 220 && shown++ < most { print "   - " $$0; print "   + " now }' sample_logs/$(1)
endef

# The least share of the lines of logscrub/ that the tests run, in percent. A few of the test files alone run 60; raise it after a whole run.
COVERAGE_FLOOR := 60

test: $(READY) $(CORE) ## run the tests
	@$(BIN)/python -m pytest --numprocesses auto --dist worksteal

coverage: $(READY) $(CORE) ## run the tests, and measure which lines they run
	@mkdir -p build/coverage
	@$(BIN)/python -m pytest --numprocesses auto --dist worksteal --cov --cov-report=term --cov-report=html:build/coverage/html \
		--cov-fail-under=$(COVERAGE_FLOOR)

check: $(READY) ## lint, formatting, spelling, types; of the core too, and its own tests, where there is cargo
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/codespell
	@$(BIN)/mypy
ifneq ($(CARGO),)
	@cd core && cargo fmt --check
	@cd core && cargo clippy --release --locked --quiet -- -D warnings
	@cd core && PYO3_PYTHON=$(abspath $(BIN)/python) cargo test --locked --quiet --no-default-features
endif

format: $(READY) ## put the code in the project's format
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .
ifneq ($(CARGO),)
	@cd core && cargo fmt
endif

bench: $(READY) $(CORE) ## measure the speed
	@$(BIN)/python benchmarks/run.py
	@$(BIN)/python benchmarks/untuned.py

metrics: $(READY) $(CORE) ## measure what counting costs, and how the store is read
	@$(BIN)/python benchmarks/metrics.py

bench-anomaly: $(READY) $(CORE) ## measure which anomalies are found, and how often it is a false alarm
	@$(BIN)/python benchmarks/anomaly.py

eval: $(READY) $(CORE) ## measure what is found and what is missed
	@$(BIN)/python benchmarks/eval.py

names: $(READY) $(CORE) ## measure which names are found, and which words are taken for names
	@$(BIN)/python benchmarks/names.py

docs: $(READY) ## write the reference of the command line and the schemas, and build the documentation as a site (build/site/)
	@$(BIN)/python -m logscrub.cli.reference
	@$(BIN)/python scripts/toml_schemas.py
	@$(MAKE) site

site: $(READY) ## build the site alone; a link that leads nowhere is an error
	@$(BIN)/python scripts/docs_site.py
	@echo "The site is in build/site/; open build/site/index.html."

# Pins stay where they are unless pyproject.toml asks for more; `make lock LOCKFLAGS=--upgrade` takes the newest.
# The runtime's lock starts as a copy of the developers', so both pin the same versions; so does that of scrub and verify alone.
LOCKFLAGS ?=
COMPILE = $(BIN)/uv pip compile --quiet --no-config --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --constraint requirements/constraints.txt --custom-compile-command "make lock"

lock: $(READY) ## pin all packages again after pyproject.toml changed
	@$(COMPILE) pyproject.toml --extra all --group dev $(LOCKFLAGS) --output-file requirements/dev.lock
	@cp requirements/dev.lock requirements/runtime.lock
	@$(COMPILE) pyproject.toml --extra all --output-file requirements/runtime.lock
	@cp requirements/runtime.lock requirements/scrub.lock
	@$(COMPILE) pyproject.toml --output-file requirements/scrub.lock
	@$(COMPILE) --group lexicon $(LOCKFLAGS) --output-file requirements/lexicon.lock
	@echo "requirements/*.lock are up to date; the next make sets up $(VENV) again."

sbom: $(READY) ## list what a full installation is made of (CycloneDX)
	@$(BIN)/python scripts/sbom.py dist/logscrub.cdx.json
	@echo "dist/logscrub.cdx.json is written."

# From a package of its own, which only this needs.
audit: $(READY) ## ask whether the locked packages have known vulnerabilities (needs the network)
	@$(BIN)/uv tool run --quiet --from 'pip-audit==2.10.1' pip-audit --strict --disable-pip --require-hashes --progress-spinner off \
		--requirement requirements/runtime.lock

clean: ## remove what the other words made
	@rm -rf $(VENV) $(DEMO) bench-out dist build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis \
		core/target core/fuzz/target logscrub/_core*.so
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
