# Every target sets up .venv by itself: once per content of the lock, so a second run starts in seconds.
# The locks carry hashes and no registry's address; where packages come from is the machine's own setting.

VENV := .venv
BIN  := $(VENV)/bin
PY   := $(BIN)/python
# Two test files at a time; the tests of one stay together, in order, so that they share what is dear to make.
# In the order collected: those with a browser come last, because Playwright leaves an event loop running behind them.
SIDE_BY_SIDE := -n 2 --dist loadfile --no-loadscope-reorder

.DEFAULT_GOAL := help
.PHONY: help demo test test-all check catalogues bench lock clean set-up-teams set-up-run set-up-test picture slack-pictures teams-pictures

help:
	@echo 'make demo      open the playground: a whole mentoring programme in a browser, no account needed'
	@echo 'make test      what to run before every commit (three minutes at most)'
	@echo 'make test-all  everything: the browser, both databases, the long sweep'
	@echo 'make check     format, lint, types, import contracts, catalogues'
	@echo 'make bench     one JSON line a figure'
	@echo 'make slack-pictures  draw the pictures of docs/slack.md anew (needs Node and npm)'
	@echo 'make teams-pictures  draw the pictures of docs/teams.md anew (needs Node and npm)'
	@echo 'make set-up-teams  what Microsoft Teams needs beside the rest'
	@echo 'make lock      choose newer packages and write the locks again'
	@echo 'make clean     remove what these targets made'

demo: set-up-run
	@$(BIN)/telemachy demo $(ARGS)

test: set-up-test
	@$(PY) -m pytest $(SIDE_BY_SIDE) -m 'not slow' $(ARGS)

test-all: set-up-test
	@$(PY) -m pytest $(SIDE_BY_SIDE) $(ARGS)

check: set-up-test
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	@$(MAKE) --no-print-directory catalogues

catalogues: set-up-test
	@if [ -e tests/test_catalogues.py ]; then $(PY) -m pytest -q tests/test_catalogues.py; fi

bench: set-up-test
	@$(PY) -m benchmarks $(ARGS)

picture: set-up-test
	@$(PY) docs/picture.py

slack-pictures: set-up-test
	@$(PY) docs/slack_pictures.py

teams-pictures: set-up-test
	@$(PY) docs/teams_pictures.py

set-up-teams:
	@sh requirements/install.sh teams

set-up-run:
	@sh requirements/install.sh run

set-up-test:
	@sh requirements/install.sh test

lock:
	@sh requirements/lock.sh

clean:
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
