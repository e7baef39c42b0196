# Census Map. `make demo` and `make test` set up all they need on a fresh Debian 12.

VENV    := .venv
LOWEST  := .venv-lowest
PYTHON  := $(VENV)/bin/python
SHELL   := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

SYSTEM_PACKAGES := fonts-noto-cjk gettext git poppler-utils python3-venv xauth xvfb
# QGIS 3.40 LTR is not in Debian 12 itself.
BACKPORTS := bookworm-backports
LIBRARY := --ignore=tests/plugin --ignore=tests/window
CATALOGUE := census_map/locale/zh_CN/LC_MESSAGES/census_map

.PHONY: help setup system lowest catalogue messages demo test test-library test-lowest test-qgis lint bench plugin plugin-office clean

help:
	@echo "make demo           run the main job on the sample township, end to end"
	@echo "make test           all tests"
	@echo "make lint           style, types, import directions"
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

$(VENV)/.ready: pyproject.toml
	@test -x $(PYTHON) || /usr/bin/python3 -m venv --system-site-packages $(VENV)
	$(VENV)/bin/pip install -q --upgrade pip
	$(VENV)/bin/pip install -q -e '.[dev,fast,plugin]'
	@touch $@

# The same library on the oldest versions that pyproject allows: what a QGIS LTR may carry. They warn of their own age.
lowest: system $(LOWEST)/.ready catalogue

$(LOWEST)/.ready: pyproject.toml tests/lowest-versions.txt
	@test -x $(LOWEST)/bin/python || /usr/bin/python3 -m venv $(LOWEST)
	$(LOWEST)/bin/pip install -q --upgrade pip
	$(LOWEST)/bin/pip install -q -r tests/lowest-versions.txt
	$(LOWEST)/bin/pip install -q -e . --no-deps
	@touch $@

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

test: test-library test-lowest test-qgis

test-library: setup
	$(PYTHON) -m pytest -p no:pytest_qgis $(LIBRARY) -m "not qgis" -n 2

test-lowest: lowest
	$(LOWEST)/bin/python -m pytest -W default $(LIBRARY) -m "not qgis and not slow" -n 2 -p no:cacheprovider

test-qgis: setup plugin
	$(PYTHON) -m pytest -m qgis
	$(PYTHON) -m pytest -m window

lint: setup
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports

bench: setup
	$(PYTHON) -m benchmarks

plugin: setup
	$(PYTHON) -m census_map_plugin.build

plugin-office: setup
	$(PYTHON) -m census_map_plugin.build --office

clean:
	rm -rf $(VENV) $(LOWEST) build dist demo-out .mypy_cache .pytest_cache .ruff_cache .hypothesis
	rm -f $(CATALOGUE).mo
