# Census Map. `make demo` and `make test` set up all they need on a fresh Debian 12.

VENV    := .venv
LOWEST  := .venv-lowest
NEWEST  := .venv-newest
LOCKING := .venv-lock
PYTHON  := $(VENV)/bin/python
SHELL   := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

SYSTEM_PACKAGES := fonts-noto-cjk gettext git poppler-utils python3-venv xauth xvfb
# QGIS 3.40 LTR is not in Debian 12 itself.
BACKPORTS := bookworm-backports
LIBRARY := --ignore=tests/plugin --ignore=tests/window
# Every package that is installed is named with its version and hash in requirements/; `make lock` writes them anew.
INSTALL := pip install -q --disable-pip-version-check
COMPILE := $(LOCKING)/bin/uv pip compile -q --upgrade --generate-hashes --no-emit-index-url --no-annotate \
  --custom-compile-command "make lock" --python-version
CATALOGUE := census_map/locale/zh_CN/LC_MESSAGES/census_map

TESTS := test-library test-lowest test-qgis test-window

.PHONY: help setup system lowest newest lock catalogue messages demo test test-library test-lowest test-qgis \
  test-window test-newest lint docs bench plugin plugin-office clean

help:
	@echo "make demo           run the main job on the sample township, end to end"
	@echo "make test           all tests"
	@echo "make test-newest    the tests on the newest release of every package, whatever is locked"
	@echo "make lock           choose the newest packages anew and write down their versions and hashes"
	@echo "make lint           style, types, import directions"
	@echo "make docs           the documentation, in build/docs"
	@echo "make bench          benchmarks beside the peers (see benchmarks/README.md)"
	@echo "make plugin         the plugin zip for QGIS"
	@echo "make plugin-office  the plugin zip with the compiled packages for Windows offices"
	@echo "make messages       update the message catalogue from the source"

setup: system $(VENV)/.ready catalogue

# Nothing is downloaded when everything is there: one look at the package database and one at the venv's stamp.
system:
	@missing=""; \
	for package in qgis python3-qgis $(SYSTEM_PACKAGES); do \
	  dpkg-query -W -f='$${db:Status-Status}' $$package 2>/dev/null | grep -qx installed || missing="$$missing $$package"; \
	done; \
	if [ -z "$$missing" ]; then exit 0; fi; \
	if ! command -v apt-get >/dev/null || [ "$$(id -u)" != 0 ]; then \
	  echo "Install these by hand, then call make again:$$missing" >&2; \
	  echo "(QGIS 3.40 or newer; on Debian 12 it comes from the suite $(BACKPORTS))" >&2; exit 1; \
	fi; \
	export DEBIAN_FRONTEND=noninteractive; \
	. /etc/os-release; \
	if [ "$${VERSION_CODENAME:-}" = bookworm ] && ! grep -rqs $(BACKPORTS) /etc/apt/sources.list /etc/apt/sources.list.d; then \
	  mirror=$$(cat /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null \
	    | grep -oE 'https?://[^ ]+/debian/?( |$$)' | head -n 1 | tr -d ' ' || true); \
	  echo "deb $${mirror:?no Debian mirror is configured} $(BACKPORTS) main" > /etc/apt/sources.list.d/$(BACKPORTS).list; \
	fi; \
	apt-get update -q; \
	case "$${VERSION_CODENAME:-}" in bookworm) suite="-t $(BACKPORTS)";; *) suite="";; esac; \
	apt-get install -y -q $$suite --no-install-recommends qgis python3-qgis; \
	apt-get install -y -q --no-install-recommends $(SYSTEM_PACKAGES)

$(VENV)/.ready: pyproject.toml requirements/setup.txt
	@test -x $(PYTHON) || /usr/bin/python3 -m venv --system-site-packages $(VENV)
	$(VENV)/bin/$(INSTALL) --require-hashes -r requirements/setup.txt
	$(VENV)/bin/$(INSTALL) --no-deps --no-build-isolation -e .
	@touch $@

# The same library on the oldest versions that pyproject allows: what a QGIS LTR may carry. They warn of their own age.
lowest: system $(LOWEST)/.ready catalogue

$(LOWEST)/.ready: pyproject.toml requirements/lowest.txt
	@test -x $(LOWEST)/bin/python || /usr/bin/python3 -m venv $(LOWEST)
	$(LOWEST)/bin/$(INSTALL) --require-hashes -r requirements/lowest.txt
	$(LOWEST)/bin/$(INSTALL) --no-deps --no-build-isolation -e .
	@touch $@

# What came out since the last `make lock`: shows a release that breaks something before it meets a newcomer.
newest: system catalogue
	@test -x $(NEWEST)/bin/python || /usr/bin/python3 -m venv --system-site-packages $(NEWEST)
	$(NEWEST)/bin/$(INSTALL) --upgrade --upgrade-strategy eager -r requirements/build.in
	$(NEWEST)/bin/$(INSTALL) --upgrade --upgrade-strategy eager --no-build-isolation -e '.[dev,fast,plugin]'

$(LOCKING)/.ready: requirements/lock.txt
	@test -x $(LOCKING)/bin/python || /usr/bin/python3 -m venv $(LOCKING)
	$(LOCKING)/bin/$(INSTALL) --require-hashes -r requirements/lock.txt
	@touch $@

lock: $(LOCKING)/.ready
	$(COMPILE) 3.11 requirements/lock.in -o requirements/lock.txt
	$(COMPILE) 3.11 --extra dev --extra fast --extra plugin pyproject.toml requirements/build.in -o requirements/setup.txt
	$(COMPILE) 3.11 tests/lowest-versions.txt requirements/build.in -o requirements/lowest.txt
	$(COMPILE) 3.12 --python-platform windows --no-deps requirements/office.in -o requirements/office.txt

catalogue: $(CATALOGUE).mo

$(CATALOGUE).mo: $(CATALOGUE).po
	@msgfmt --check -o $@ $<

messages: setup
	@mkdir -p build
	@$(VENV)/bin/pybabel -q extract --no-location --sort-output -k N_ -k ngettext:1,2 -o build/census_map.pot census_map plugin
	@$(VENV)/bin/pybabel -q update --no-fuzzy-matching --ignore-obsolete -w 120 -l zh_CN \
	  -i build/census_map.pot -o $(CATALOGUE).po

demo: setup
	@$(VENV)/bin/census-map demo --out demo-out

# All parts run, whichever fails; then the names of those that failed.
test:
	@failed=""; \
	for part in $(TESTS); do $(MAKE) --no-print-directory $$part || failed="$$failed $$part"; done; \
	if [ -n "$$failed" ]; then echo "Failed:$$failed" >&2; exit 1; fi

test-library: setup
	$(PYTHON) -m pytest -p no:pytest_qgis $(LIBRARY) -m "not qgis" -n 2

test-lowest: lowest
	$(LOWEST)/bin/python -m pytest -W default $(LIBRARY) -m "not qgis and not slow" -n 2 -p no:cacheprovider

test-qgis: setup plugin
	$(PYTHON) -m pytest -m qgis

test-window: setup plugin
	$(PYTHON) -m pytest -m window

test-newest: newest
	$(NEWEST)/bin/python -m pytest -p no:pytest_qgis $(LIBRARY) -m "not qgis" -n 2
	$(NEWEST)/bin/python -m pytest -m qgis

lint: setup
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports
	$(VENV)/bin/sphinx-build -q -W --keep-going -b html docs build/docs

# A site that works from a folder without internet; a warning is a fault.
docs: setup
	@$(VENV)/bin/sphinx-build -q -W --keep-going -b html docs build/docs

bench: setup
	$(PYTHON) -m benchmarks

plugin: setup
	$(PYTHON) -m census_map_plugin.build

plugin-office: setup
	$(PYTHON) -m census_map_plugin.build --office

clean:
	rm -rf $(VENV) $(LOWEST) $(NEWEST) $(LOCKING) build dist demo-out .mypy_cache .pytest_cache .ruff_cache .hypothesis
	rm -f $(CATALOGUE).mo
