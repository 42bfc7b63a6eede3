# make demo   install gpucal, simulate an exposure and a dithered observation, calibrate them, and show the results
# make test   install what the tests need, and run them
# make setup  install gpucal and what its tests need, to work on it
# make plain  run tests of files and of the command without what makes the start faster
# make lint   check style
# make parity compare with jwst anew, into docs/parity.md
# make newest run the tests of compilation with the newest Numba, whatever pyproject.toml allows
# make truth  compare with what the simulator put in, into docs/truth.md
# make docs   make a site of docs/ and the docstrings; its first page is docs/_build/html/index.html

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
NEWEST := .venv-newest
DEMO := demo

.PHONY: demo test setup plain lint parity newest truth docs clean

demo: $(VENV)/installed
	$(BIN)/gpucal demo $(DEMO)

test: $(VENV)/installed-for-tests lint
	$(BIN)/python -m pytest --numprocesses auto --durations 40

setup: $(VENV)/installed-for-tests

plain: $(VENV)/installed-for-tests
	GPUCAL_PLAIN_START=1 $(BIN)/python -m pytest tests/data tests/reference tests/cli/test_strun.py

lint: $(VENV)/installed-for-tests
	$(BIN)/ruff check .

parity: $(VENV)/installed-for-tests
	$(BIN)/python -m bench.parity
	$(BIN)/python -m bench.parity_images
	$(BIN)/python -m bench.parity_slits
	$(BIN)/python -m bench.parity_ifu
	$(BIN)/python -m bench.parity_soss
	$(BIN)/python -m bench.parity_slitless

newest:
	$(PYTHON) -m venv $(NEWEST)
	$(NEWEST)/bin/python -m pip install --quiet --disable-pip-version-check --editable '.[plot,test]'
	$(NEWEST)/bin/python -m pip install --quiet --disable-pip-version-check --upgrade numba llvmlite numba-cuda
	$(NEWEST)/bin/python -m pip list --disable-pip-version-check | grep -E '^(numba|llvmlite|numpy)'
	$(NEWEST)/bin/python -m pytest --numprocesses auto tests/backend tests/kernels

truth: $(VENV)/installed-for-tests
	$(BIN)/python -m bench.truth
	$(BIN)/python -m bench.truth.imaging
	$(BIN)/python -m bench.truth.slits
	$(BIN)/python -m bench.truth.cubes
	$(BIN)/python -m bench.truth.interferometry
	$(BIN)/python -m bench.truth.slitless
	$(BIN)/python -m bench.truth.soss
	$(BIN)/python -m bench.truth.starlight
	$(BIN)/python -m bench.truth.series

docs: $(VENV)/installed-for-docs
	$(BIN)/python -m sphinx -W --keep-going -j auto -q -c docs . docs/_build/html

$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "gpucal needs Python 3.11 or newer")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/installed: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[plot]'
	touch $@

$(VENV)/installed-for-tests: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[plot,peer,test]'
	touch $@ $(VENV)/installed

$(VENV)/installed-for-docs: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[docs]'
	touch $@

clean:
	rm -rf $(VENV) $(NEWEST) $(DEMO) docs/_build docs/api/generated
