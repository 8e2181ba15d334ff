# One word per chore. `make run` and `make test` install everything that they need.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
# Where there is npm, an OpenID provider that we did not write serves in the tests; else those are skipped.
NODE   := $(if $(shell command -v npm 2>/dev/null),$(VENV)/node/installed)
# What the tests and the pictures use instead of a screen.
OFFSCREEN := QT_QPA_PLATFORM=offscreen
# One more than there are cores, for a third of the time tests wait; no more than five, for each takes 0.7 GB.
WORKERS = $(shell $(PYTHON) -c 'import os; print(min(os.cpu_count() or 1, 4) + 1)')

.PHONY: run test torture lint format bench shots docs build clean

run: $(VENV)/installed ## open the window on the practice tenant
	$(BIN)/o365desk --practice

test: $(VENV)/developing $(NODE) ## the whole suite
	$(OFFSCREEN) $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal

torture: $(VENV)/developing $(NODE) ## what takes longer, with the full numbers
	O365DESK_TORTURE=1 $(OFFSCREEN) $(BIN)/python -m pytest -m torture --timeout 3600

lint: $(VENV)/developing ## style, types, the arrows between the layers, full rooms and mazes
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python .ci/rooms.py

format: $(VENV)/developing
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/benching ## the budgets of the design, as ratios measured in one run
	$(OFFSCREEN) $(BIN)/python -m tests.bench

shots: $(VENV)/developing ## every window and dialog, light and dark, to shots/ and the README's picture to docs/
	$(OFFSCREEN) $(BIN)/python -m tests.shots

docs: $(VENV)/developing ## docs/operations.md, out of the catalogue
	$(BIN)/python -m o365desk.catalogue.manual > docs/operations.md

build: $(VENV)/developing ## the wheel, to dist/
	$(BIN)/python -m build --wheel

clean:
	rm -rf $(VENV) build dist shots .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis

$(VENV)/installed: pyproject.toml .ci/system-libraries
	PYTHON=$(PYTHON) .ci/system-libraries
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo 'o365desk needs Python 3.11 or newer; say which: make PYTHON=python3.12 …'; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	touch $@

$(VENV)/developing: $(VENV)/installed
	PYTHON=$(PYTHON) .ci/system-libraries developing
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $@

$(VENV)/node/installed: tests/outside/node/package.json tests/outside/node/package-lock.json tests/outside/node/.npmrc
	mkdir -p $(@D)
	cp $^ $(@D)
	cd $(@D) && npm ci --silent && touch installed || echo 'npm could not install oidc-provider: its tests are skipped.'

$(VENV)/benching: $(VENV)/developing
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[bench]'
	touch $@
