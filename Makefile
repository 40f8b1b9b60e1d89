# Sozialraum. `make run` and `make test` do everything, from nothing; the other targets are their parts.
# A target is one short command that also works by hand.
.DEFAULT_GOAL := help
SHELL := /bin/sh
CITY ?= sample
FROM ?=
HOST ?= 127.0.0.1
PORT ?= 8000
T ?=
bin := .venv/bin
# The commands read these from the environment, so that no value is taken for a piece of shell.
export CITY FROM HOST PORT

.PHONY: help
help: ## this list
	@grep -hE '^[a-z][a-z-]*:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | awk -F'\t' '{printf "  make %-14s %s\n", $$1, $$2}'

.PHONY: run
run: setup ## everything: set up, start PostGIS, load CITY (FROM=folder), compute, serve the map on PORT
	@$(bin)/sozialraum run "$$CITY" $${FROM:+--from "$$FROM"} --host "$$HOST" --port "$$PORT"

.PHONY: test
test: setup-test lint ## everything: set up, lint, then every test (T=path for a part)
	$(bin)/pytest $(T)

.PHONY: setup
setup: ## virtual environment, browser libraries, PostgreSQL with PostGIS
	@./bootstrap.sh

.PHONY: setup-test
setup-test: ## the same, and Chromium for the browser tests
	@./bootstrap.sh --with-browser

.PHONY: db-up
db-up: setup ## start the private PostGIS
	$(bin)/sozialraum db start

.PHONY: db-down
db-down: ## stop the private PostGIS
	$(bin)/sozialraum db stop

.PHONY: migrate
migrate: setup ## bring the schema to the newest version
	$(bin)/sozialraum db migrate

.PHONY: serve
serve: setup ## serve what is loaded
	$(bin)/sozialraum serve --host "$$HOST" --port "$$PORT"

.PHONY: worker
worker: setup ## do the jobs that were asked for
	$(bin)/sozialraum worker

.PHONY: format
format: ## put the sources in order
	$(bin)/ruff format . && $(bin)/ruff check --fix .

.PHONY: lint
lint: ## style, types, contracts
	$(bin)/ruff format --check . && $(bin)/ruff check . && $(bin)/mypy && $(bin)/lint-imports

.PHONY: test-fast
test-fast: ## tests that need neither a server nor a browser
	$(bin)/pytest -m "not db and not browser and not slow"

.PHONY: test-browser
test-browser: ## tests in headless Chromium
	$(bin)/pytest -m browser

.PHONY: notebooks
notebooks: setup ## run the notebooks from top to bottom
	$(bin)/pytest tests/test_notebooks.py

.PHONY: reference
reference: setup ## compare with published results (Berlin's classes, Leipzig's dissimilarity)
	$(bin)/pytest tests/reference

.PHONY: docs
docs: setup ## check the documentation: links, settings, commands, examples in docstrings
	$(bin)/pytest tests/test_docs.py spatial indicators

.PHONY: openapi
openapi: ## print the description of the API
	@$(bin)/python -m api.openapi

.PHONY: lock
lock: ## compile the lock file anew after a change of dependencies (needs uv)
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --extra dev pyproject.toml -o requirements.lock
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -c requirements.lock pyproject.toml benchmarks/requirements.in -o benchmarks/requirements.lock

.PHONY: bench
bench: setup ## benchmarks beside other packages (seconds, memory); never part of the tests
	@test -x .venv-bench/bin/pip || $(bin)/python -m venv .venv-bench
	@.venv-bench/bin/pip install --quiet --require-hashes -r benchmarks/requirements.lock
	.venv-bench/bin/python -m benchmarks.segregation $(T)
	.venv-bench/bin/python -m benchmarks.boundaries
	.venv-bench/bin/python -m benchmarks.crosswalk
	$(bin)/python -m benchmarks
	$(bin)/python -m benchmarks.loading

.PHONY: clean
clean: ## delete what can be made again (not the private database)
	rm -rf .venv .venv-bench maps/node_modules maps/static/vendor .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build *.egg-info
