# Everything that a developer does, by name. `make` alone lists the targets.

.DEFAULT_GOAL := help
.PHONY: help demo test acceptance check style types imports rules format bench drill mutate lock clean

PYTHON ?= python3
PACKAGES := .venv/.ready
BIN := .venv/bin

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  \033[1mmake %-10s\033[0m %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(PACKAGES) ## take one payment end to end, tell its story, leave Tael running (EXIT=1 stops after it)
	@$(BIN)/tael demo $(if $(filter 1,$(EXIT)),--exit)

test: $(PACKAGES) ## run every test but the drills and `make check`'s, the browser's too (T=path or "-k words" for some)
	@tests/install_browser.sh
	@$(BIN)/python -m compileall -q -j 0 src # once, and not by each of the many processes that tests start
ifdef T
	@$(BIN)/python -m pytest -m "not drill" $(T)
else
	@echo "→ three for every two cores: many wait for a browser, a child process or a bad wire"
	@$(BIN)/python -m pytest -m "not drill and not alone" --numprocesses $$(( ($$(nproc) * 3 + 1) / 2 )) --dist worksteal --ignore tests/tidy
	@echo "→ by themselves: promises about time"
	@$(BIN)/python -m pytest -m "alone and not drill" $$(grep -rl "mark\.alone" tests --include="test_*.py")
endif

acceptance: $(PACKAGES) ## every connector's promises, with every fault, against its simulator: minutes, and a signed report
	@$(BIN)/tael channels accept all --report .tael/acceptance

check: $(PACKAGES) ## style, types, import contracts, house rules: seconds, before every commit
	@$(MAKE) --no-print-directory --keep-going style types imports rules

style: ; @echo "→ style"       && $(BIN)/ruff format --check . && $(BIN)/ruff check .
types: ; @echo "→ types"       && $(BIN)/mypy
imports: ; @echo "→ imports"   && PYTHONPATH=. $(BIN)/lint-imports --no-logo
rules: ; @echo "→ house rules" && $(BIN)/python -m pytest -q tests/tidy

format: $(PACKAGES) ## let ruff lay out the code and mend what it can
	@$(BIN)/ruff check --fix --quiet . ; $(BIN)/ruff format .

SUITE ?= payments
bench: $(PACKAGES) ## measure (SUITE=payments, wallets, ledger, channels, routing); a table, and one JSON object as the last line
	@$(BIN)/python -m tests.bench.$(SUITE) $(GROWN)

drill: $(PACKAGES) ## the long tests: hundreds of kills, thousands of payments
	@$(BIN)/python -m pytest -m drill --timeout 3600 $(T)

mutate: $(PACKAGES) ## how many small mistakes in the ledger's rules would its unit tests notice? fails below 85 %
	@$(BIN)/python -m tests.mutation.score

LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-header --no-emit-index-url --no-emit-find-links $(if $(UPGRADE),--upgrade)
lock: | $(BIN)/uv ## write requirements/*.txt anew (UPGRADE=1 for newer versions inside the ranges)
	@echo "→ requirements/runtime.txt" && $(LOCK) pyproject.toml --output-file requirements/runtime.txt
	@echo "→ requirements/dev.txt" && $(LOCK) pyproject.toml requirements/dev.in --constraint requirements/runtime.txt \
		--output-file requirements/dev.txt

clean: ## remove .venv, caches and the demo's data
	rm -rf .venv .tael .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache dist
	find src tests -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/uv:
	@$(MAKE) --no-print-directory $(PACKAGES)

$(PACKAGES): requirements/dev.txt pyproject.toml requirements/install.sh
	@PYTHON=$(PYTHON) requirements/install.sh $(firstword $(MAKECMDGOALS))
