# Everything works from an empty clone with Python 3.11+ and make: the environment is made on demand.

PYTHON ?= python3
PORT_BASE ?= 8000
SERVICE ?= customer
V := .venv/bin
SERVICES := identity_service employee_service customer_service
LOCK_ENV := env -i PATH="$$PATH" HOME="$$HOME" SSL_CERT_FILE="$$SSL_CERT_FILE"

# Compile once, also where the environment says otherwise: the tests alone start a hundred processes.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help run reset demo-accounts admin staff deactivate reactivate roles organisation identity identity-apply identity-export keys-rotate \
	identity-audit-verify identity-audit-export import-stackexchange bridge-reconcile env dev-env \
	test test-browser test-all test-interop check bench migration lock openapi env-example audit

help: ## Show what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 24

env:
	@$(PYTHON) shared/launch/make_venv.py

dev-env:
	@$(PYTHON) shared/launch/make_venv.py --with-dev

# --- an installation on this machine -------------------------------------------------------------------------

run: env ## Start everything; Ctrl-C stops it (PORT_BASE=9000 moves it, TLS=1 serves HTTPS)
	@exec $(V)/python -m shared.launch run --port-base $(PORT_BASE) $(if $(TLS),--tls)

reset: env ## Remove all data of this installation, after asking
	@$(V)/python -m shared.launch reset

demo-accounts: env ## Show again who may sign in (JSON=1 for scripts)
	@$(V)/python -m shared.launch demo-accounts $(if $(JSON),--json)

admin: env ## Make an administrator: EMAIL=somebody@example.com
	@test -n "$(EMAIL)" || { echo "Say who: make admin EMAIL=somebody@example.com" >&2; exit 2; }
	@$(V)/python -m shared.launch exec identity admin --email "$(EMAIL)"

staff: env ## Invite a colleague: EMAIL=somebody@example.com [ROLES="role role"]
	@test -n "$(EMAIL)" || { echo "Say who: make staff EMAIL=somebody@example.com" >&2; exit 2; }
	@$(V)/python -m shared.launch exec identity staff --email "$(EMAIL)" $(foreach role,$(ROLES),--role $(role))

deactivate: env ## Shut an account: EMAIL=somebody@example.com [REALM=customer]
	@test -n "$(EMAIL)" || { echo "Say whose: make deactivate EMAIL=somebody@example.com" >&2; exit 2; }
	@$(V)/python -m shared.launch exec identity deactivate --email "$(EMAIL)" $(if $(REALM),--realm "$(REALM)")

reactivate: env ## Let an account in again: EMAIL=somebody@example.com [REALM=customer]
	@test -n "$(EMAIL)" || { echo "Say whose: make reactivate EMAIL=somebody@example.com" >&2; exit 2; }
	@$(V)/python -m shared.launch exec identity reactivate --email "$(EMAIL)" $(if $(REALM),--realm "$(REALM)")

roles: env ## List roles; or show or set somebody's: EMAIL=somebody@example.com [ROLES="role role"] [REALM=customer]
	@$(V)/python -m shared.launch exec identity roles $(if $(EMAIL),--email "$(EMAIL)") \
		$(foreach role,$(ROLES),--role $(role)) $(if $(REALM),--realm "$(REALM)")

organisation: env ## Make a partner organisation: NAME="Fieldworks" [DOMAIN=fieldworks.example] [ADMIN=somebody@fieldworks.example]
	@test -n "$(NAME)" || { echo 'Say which: make organisation NAME="Fieldworks"' >&2; exit 2; }
	@$(V)/python -m shared.launch exec identity organisation --partner --name "$(NAME)" \
		$(if $(DOMAIN),--domain "$(DOMAIN)") $(if $(ADMIN),--admin "$(ADMIN)")

identity-apply: env ## Bring clients, roles and people to what a file says: FILE=path [YES=1]
	@test -n "$(FILE)" || { echo "Say which file: make identity-apply FILE=clients.yaml" >&2; exit 2; }
	@$(V)/python -m shared.launch exec identity apply "$(abspath $(FILE))" $(if $(YES),--yes)

identity-export: env ## Print clients, roles and people as such a file, without secrets
	@$(V)/python -m shared.launch exec identity export

identity: env ## Run another command of identity: DO="scim-token entra" (DO=--help lists them)
	@test -n "$(DO)" || { echo 'Say what to do: make identity DO="scim-token entra"; DO=--help lists it all' >&2; exit 2; }
	@$(V)/python -m shared.launch exec identity $(DO)

keys-rotate: env ## Make new signing keys (AT_ONCE=1 when the old ones were stolen)
	@$(V)/python -m shared.launch exec identity keys-rotate $(if $(AT_ONCE),--at-once)

identity-audit-verify: env ## Check that the audit log is whole [KNOWN=number:hash, noted earlier]
	@$(V)/python -m shared.launch exec identity audit-verify $(if $(KNOWN),--known "$(KNOWN)")

identity-audit-export: env ## Write the audit log as NDJSON [SINCE=2026-01-01] [UNTIL=2026-02-01]
	@$(V)/python -m shared.launch exec identity audit-export $(if $(SINCE),--since $(SINCE)) $(if $(UNTIL),--until $(UNTIL))

import-stackexchange: env ## Import a Stack Exchange dump: DUMP=folder-or-tar.xz SPACE=slug [SITE=host] [SERVICE=customer]
	@test -n "$(DUMP)" -a -n "$(SPACE)" || \
		{ echo "Say what and where to: make import-stackexchange DUMP=path SPACE=slug" >&2; exit 2; }
	@$(V)/python -m shared.launch exec $(SERVICE) import-stackexchange "$(abspath $(DUMP))" --space "$(SPACE)" \
		$(if $(SITE),--site "$(SITE)")

bridge-reconcile: env ## Compare the ledgers on both sides of the bridge
	@$(V)/python -m shared.launch exec employee bridge-reconcile

# --- working on it ----------------------------------------------------------------------------------------------

test: dev-env ## Run the tests (PG_BIN=folder chooses another PostgreSQL)
	@$(V)/pytest -n auto --dist worksteal -m "not browser and not slow and not interop" $(ARGS)

test-browser: dev-env ## Run the tests that drive headless Chromium
	@$(V)/pytest -m browser $(ARGS)

test-all: dev-env ## Run all tests, also the slow ones
	@$(V)/pytest -n auto --dist worksteal -m "not browser and not interop" $(ARGS)
	@$(V)/pytest -m browser $(ARGS)

test-interop: dev-env ## Let clients by other people sign in: npm's openid-client, Apache's mod_auth_openidc
	@$(V)/python -m tests.interop.install
	@$(V)/pytest -m interop tests/interop $(ARGS)

check: dev-env ## What has to hold before anybody reads: style, types, imports, architecture, migrations
	$(V)/ruff check .
	$(V)/ruff format --check .
	$(V)/mypy
	$(V)/lint-imports
	$(V)/pytest tests/architecture
	$(V)/python .ci/env_example.py --check
	$(V)/python -m shared.launch scratch $(V)/python -m shared.db.revise check $(SERVICES)

bench: dev-env ## Measure, beside the ceiling of this machine; writes bench/RESULTS.md and bench/IDENTITY.md
	@$(V)/python -m shared.launch scratch $(V)/python -m bench $(ARGS)
	@$(V)/python -m shared.launch scratch $(V)/python -m bench.identity $(ARGS)

migration: dev-env ## Write a migration: SERVICE=customer MESSAGE="Add a table"
	@test -n "$(MESSAGE)" || { echo 'Say what it does: make migration SERVICE=customer MESSAGE="…"' >&2; exit 2; }
	@$(V)/python -m shared.launch scratch $(V)/python -m shared.db.revise new $(SERVICE)_service "$(MESSAGE)"

lock: dev-env ## Renew uv.lock and requirements.lock, naming the public index only
	$(LOCK_ENV) $(V)/uv lock --no-config --default-index https://pypi.org/simple $(ARGS)
	$(LOCK_ENV) $(V)/uv export --no-config --frozen --all-groups --no-emit-project --no-header --quiet \
		--output-file requirements.lock

openapi: dev-env ## Write docs/openapi/*.json from the services' routes
	@$(V)/python .ci/openapi.py

env-example: dev-env ## Write .env.example from the settings classes
	@$(V)/python .ci/env_example.py

audit: dev-env ## Look for known weaknesses in what is locked (needs pypi.org); fails when it cannot look
	@$(V)/uv tool run pip-audit --strict --require-hashes --disable-pip -r requirements.lock
