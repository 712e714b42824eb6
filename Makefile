# geo_ems: `make demo` and `make test` each set up everything they need in .venv.
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && command -v $$p && break; done)
BIN := .venv/bin
export PYTHONDONTWRITEBYTECODE :=

.PHONY: demo demo-once test check soak bench bench-start lock sample-data openapi clean

demo: .venv/run.stamp            ## the main job on the sample county, then serves on loopback
	$(BIN)/geo-ems demo --out .demo

demo-once: .venv/run.stamp       ## the same, ending instead of serving
	$(BIN)/geo-ems demo --out .demo --no-serve

test: .venv/dev.stamp
	$(BIN)/python -m pytest -q

check: .venv/dev.stamp           ## style, types, who imports whom, locks
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/python -m pytest -q tests/house

soak: .venv/dev.stamp            ## 2,000 simulated power cuts, 200 per seed; a failing seed is printed
	for seed in 1 2 3 4 5 6 7 8 9 10; do $(BIN)/python tests/storage/power_cuts.py 200 $$seed || exit 1; done

bench: .venv/dev.stamp
	$(BIN)/python benchmarks/run.py

bench-start: .venv/dev.stamp      ## whole processes over a store of a million features (some minutes)
	$(BIN)/python benchmarks/start.py

.venv/bin/python:
	@test -n "$(PYTHON)" || { echo "geo_ems needs Python 3.11 or newer: install it, or call make PYTHON=/path/to/python3.11"; exit 1; }
	$(PYTHON) -m venv .venv

.venv/%.stamp: requirements/%.txt pyproject.toml | .venv/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/$*.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

lock: .venv/dev.stamp            ## lock again: names, versions and hashes, no address
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-annotate --no-header \
		pyproject.toml requirements/build.in -o requirements/run.txt
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-annotate --no-header \
		pyproject.toml requirements/build.in requirements/dev.in -c requirements/run.txt -o requirements/dev.txt
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-annotate --no-header \
		pyproject.toml requirements/build.in requirements/dev.in requirements/ci.in -c requirements/dev.txt -o requirements/ci.txt

sample-data: .venv/run.stamp     ## write the sample county again (same seed, same bytes)
	$(BIN)/python sample_data/make_county.py

openapi: .venv/dev.stamp         ## lock api/openapi.json again
	$(BIN)/python -m geo_ems.web.openapi_lock

clean:
	rm -rf .venv .demo build dist
