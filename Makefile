# Each target does all set-up on a machine that has only Python 3.11 or later and make.
PYTHON ?= python3
INSTALLER ?= uv# uv or pip: uv, itself from PyPI, is some ten times faster
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.DEFAULT_GOAL := help
.PHONY: help appendices test lint lab bench calibrate lock clean

help:
	@echo "make appendices   a page for every trial, with an index"
	@echo "make test         all tests"
	@echo "make lint         style and types"
	@echo "make lab          JupyterLab with everything in place"
	@echo "make bench        speed and memory, measured anew"
	@echo "make calibrate    false-alarm rates, measured anew"
	@echo "make lock         the lock file, made anew from pyproject.toml"

$(READY): requirements.lock pyproject.toml
	$(PYTHON) -c "import sys; sys.exit(0 if sys.version_info >= (3, 11) else 'Python 3.11 or later is needed')"
	$(PYTHON) -m venv --clear $(VENV)
	@if [ "$(INSTALLER)" = uv ]; then \
		grep -A 1000 '^uv==' requirements.lock | awk 'NR > 1 && !/^    / { exit } { print }' > $(VENV)/uv.lock && \
		$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $(VENV)/uv.lock && \
		$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements.lock && \
		$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e . ; \
	else \
		$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock && \
		$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e . ; \
	fi
	@touch $@

appendices: $(READY)
	$(BIN)/frikommune run --out appendices --figures figures $(if $(DATA),--data $(DATA))

test: $(READY)
	$(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadfile $(ARGS)

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

lab: $(READY)
	$(BIN)/jupyter lab notebooks

bench: $(READY)
	for script in $(filter-out benchmarks/calibration.py benchmarks/demo_realism.py,$(wildcard benchmarks/*.py)); do $(BIN)/python $$script || exit 1; done

calibrate: $(READY)
	$(BIN)/python benchmarks/calibration.py $(if $(DATA),--real $(DATA))
	$(if $(DATA),$(BIN)/python benchmarks/demo_realism.py $(DATA))

lock: $(READY)
	$(BIN)/uv pip compile pyproject.toml --extra dev --universal --generate-hashes --no-emit-index-url --no-header \
		--quiet --output-file requirements.lock

clean:
	rm -rf $(VENV) appendices
