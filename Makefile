SHELL := /bin/sh
.DEFAULT_GOAL := help

VENV := .venv
STAMP := $(VENV)/.installed
RUN := $(VENV)/bin/python -m
# platform/ is a source root beside the checkout itself.
export PYTHONPATH := $(CURDIR):$(CURDIR)/platform
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)

# An environment that was moved, or whose Python is gone, is made anew.
ifneq ($(shell test -x $(VENV)/bin/python && cat $(STAMP) 2>/dev/null),$(CURDIR))
.PHONY: $(STAMP)
endif

# Two processes, each with databases of its own; a file's tests stay together, as they share what they set up.
ARGS := -n 2 --dist loadfile

.PHONY: help
help: ## Say what there is to run
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

.PHONY: demo
demo: $(STAMP) ## Set up and run the whole product here, with sample organisations; Ctrl-C stops it
	@exec $(RUN) deploy.local.demo

.PHONY: demo-reset
demo-reset: $(STAMP) ## Delete the demo's data, so that the next `make demo` starts anew
	@$(RUN) deploy.local.demo --reset

.PHONY: test
test: check browser ## Install what the tests need, then run every check and every test (ARGS="-k name" for some)
	$(RUN) pytest $(ARGS)

.PHONY: check
check: $(STAMP) ## Style, imports, types and missing migrations, without running a test
	$(RUN) ruff check .
	$(RUN) ruff format --check .
	lint-imports
	$(RUN) mypy
	$(RUN) deploy.local.run --data .data/test manage.py makemigrations --check --dry-run

.PHONY: bench
bench: $(STAMP) ## Print the benchmarks' ratios, each measured side by side in one run
	@set -e; for file in tests/bench/*.py; do echo "== $$file"; $(RUN) deploy.local.run --data .data/bench $$file; done

.PHONY: screenshots
screenshots: $(STAMP) browser ## Take the pictures of docs/screenshots anew, from a demo of their own
	@$(RUN) deploy.local.screenshots

.PHONY: shell
shell: $(STAMP) ## A Python shell on the demo's data
	@$(RUN) deploy.local.run manage.py shell

.PHONY: migrations
migrations: $(STAMP) ## Write the migrations that changed models need (NAME=what_changes)
	$(RUN) deploy.local.run manage.py makemigrations $(if $(NAME),--name $(NAME))

LOCK := $(VENV)/bin/uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes -q --no-header --no-emit-index-url
.PHONY: lock
lock: $(STAMP) ## Pin everything that pyproject.toml asks for, with hashes
	$(LOCK) -o requirements.txt
	$(LOCK) --extra embedded --extra dev -o requirements-dev.txt

.PHONY: browser
browser:
	@sh deploy/local/browser.sh

$(STAMP): requirements-dev.txt
	@sh deploy/local/environment.sh $(VENV) requirements-dev.txt
	@printf '%s' '$(CURDIR)' > $@
