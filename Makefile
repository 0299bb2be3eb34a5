# Everything that is done with a clone. Each target creates and fills .venv by itself; the second time it is there.

VENV   := .venv
PYTHON_IN_VENV := $(VENV)/bin/python
# The name of a stamp holds the folder and the torch build, so a clone that was moved or copied is installed again.
PLACE  := $(shell pwd | cksum | cut -d ' ' -f 1)$(TORCH)
RUN    := $(VENV)/.installed-$(PLACE)
DEV    := $(VENV)/.installed-dev-$(PLACE)
PIP    := $(PYTHON_IN_VENV) -m pip --disable-pip-version-check --no-input install --constraint constraints.txt
SAY     = printf '%s\n'

# What is started again and again, services and servers above all, is compiled once.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help run test test-long check bench bench-stage pictures format wheel clean

help:
	@$(SAY) \
	  'make run      install what is needed into .venv, start the app and open the browser' \
	  '                PORT=8600         another port' \
	  '                NO_BROWSER=1      do not open a browser' \
	  '                HOST=0.0.0.0      listen to the network (the default is this machine only)' \
	  '                DATA_DIR=folder   where runs and data sets are kept' \
	  'make test     all tests, those in a real browser too; ARGS="-k xor" passes anything on to pytest' \
	  'make test-long    what takes long: trainings of some presets, journeys through the newer labs' \
	  'make check    ruff (format, lint), pyright, import-linter' \
	  'make bench    measure the engines, and a watched run, beside plain torch loops: a table, and bench.json' \
  '                ARGS="--only CNN" of the engines alone, what contains this' \
	  'make bench-stage   measure the live stage in a real browser: frames, latency, clicks; ARGS is passed on' \
	  'make pictures take the pictures of README.md again: trains in the real app, in a real browser; ARGS is passed on' \
	  'make format   let ruff format and mend what it can' \
	  'make wheel    build dist/*.whl' \
	  'make clean    remove .venv and everything that was built' \
	  '' \
	  'Anywhere:     PYTHON=python3.12   the Python that .venv is made from (3.11 or newer)' \
	  '              TORCH=cpu           the torch build: cpu, cu130, … (default: what pip chooses)'

run: $(RUN)
	@exec $(PYTHON_IN_VENV) -m playground serve \
	  $(if $(PORT),--port "$(PORT)") $(if $(filter command,$(origin HOST)),--host "$(HOST)") \
	  $(if $(filter-out 0,$(NO_BROWSER)),--no-browser) $(if $(DATA_DIR),--data-dir "$(DATA_DIR)")

# Three at a time even on two processors: tests of runs and of browsers wait for others half of their time.
test: $(DEV)
	@$(find-chromium)
	@$(PYTHON_IN_VENV) -m pytest -n 3 --dist loadfile --no-loadscope-reorder $(ARGS)

test-long: $(DEV)
	@$(PYTHON_IN_VENV) -m pytest -n 2 -m long $(ARGS)

check: $(DEV)
	@failed=; \
	$(PYTHON_IN_VENV) -m ruff format --check . || failed="$$failed format"; \
	$(PYTHON_IN_VENV) -m ruff check . || failed="$$failed lint"; \
	$(PYTHON_IN_VENV) -m pyright --pythonpath $(PYTHON_IN_VENV) || failed="$$failed types"; \
	$(PYTHON_IN_VENV) -c 'from importlinter.cli import lint_imports_command as main; main()' || failed="$$failed arrows"; \
	if [ -n "$$failed" ]; then $(SAY) "make check: not clean:$$failed" >&2; exit 1; fi

bench: $(DEV)
	@result=0; \
	  $(PYTHON_IN_VENV) -m tests.benchmarks.engines $(ARGS) || result=1; \
	  $(if $(ARGS),,$(PYTHON_IN_VENV) -m tests.benchmarks.watched || result=1;) \
	  exit $$result

bench-stage: $(DEV)
	@$(find-chromium)
	@$(PYTHON_IN_VENV) -m tests.benchmarks.stage $(ARGS)

pictures: $(DEV)
	@$(find-chromium)
	@$(PYTHON_IN_VENV) -m tests.pictures $(ARGS)

format: $(DEV)
	@$(PYTHON_IN_VENV) -m ruff check --fix --quiet . || true
	@$(PYTHON_IN_VENV) -m ruff format .

wheel: $(DEV)
	@$(PYTHON_IN_VENV) -m build --wheel .

clean:
	rm -rf $(VENV) build dist .pytest_cache .ruff_cache .hypothesis .import_linter_cache

# --- .venv --------------------------------------------------------------------------------------------------------------

$(RUN): pyproject.toml constraints.txt $(PYTHON_IN_VENV)
	$(call install,.)
	@touch $@

# All at once, and not one after the other: what is installed for development includes what is needed to run.
$(DEV): pyproject.toml constraints.txt $(PYTHON_IN_VENV)
	$(call install,.[dev])
	@touch $(RUN) $@

define install
@$(old-enough) || { $(SAY) '$(VENV) holds a Python older than 3.11: run "make clean" and try again.' >&2; exit 1; }
@$(SAY) 'Installing into $(VENV); the first time this takes a few minutes.'
$(if $(TORCH),$(PIP) --no-deps --index-url https://download.pytorch.org/whl/$(TORCH) "torch==$(torch-version)+$(TORCH)")
$(PIP) --editable '$(1)'
endef

# A candidate counts only if it runs: a pyenv shim is on PATH even where its version is not installed.
$(PYTHON_IN_VENV):
	@found=; \
	for candidate in $(if $(PYTHON),"$(PYTHON)",python3.14 python3.13 python3.12 python3.11 python3 python); do \
	  if "$$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then found="$$candidate"; break; fi; \
	done; \
	if [ -z "$$found" ]; then \
	  $(SAY) '$(if $(PYTHON),PYTHON=$(PYTHON) is not a Python 3.11 or newer.,Python 3.11 or newer is needed and was not found; install it or name it: make PYTHON=/path/to/python3)' >&2; \
	  exit 1; \
	fi; \
	$(SAY) "Creating $(VENV) with $$("$$found" --version)"; \
	"$$found" -m venv --clear $(VENV) >/dev/null 2>&1 \
	|| { "$$found" -m venv --clear --without-pip $(VENV) && "$$found" -m pip --python $(PYTHON_IN_VENV) install --quiet pip; } 2>/dev/null \
	|| { rm -rf $(VENV); $(SAY) "$$found cannot create a virtual environment; on Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }

old-enough = $(PYTHON_IN_VENV) -c 'import sys; sys.exit(sys.version_info < (3, 11))'
torch-version = $(shell sed -n 's/^torch==//p' constraints.txt)

# --- the browser of `make test` -------------------------------------------------------------------------------------------

# A Chromium that is there is used; otherwise Playwright may fetch its own. Without either the journeys say that they skip.
define find-chromium
for name in "$${CHROMIUM:-chromium}" chromium chromium-browser google-chrome google-chrome-stable; do \
  if command -v "$$name" >/dev/null 2>&1; then exit 0; fi; \
done; \
$(SAY) 'No Chromium on the path: asking Playwright for its own (three minutes at most).'; \
$(PYTHON_IN_VENV) -c 'import subprocess, sys; sys.exit(subprocess.call(["$(PYTHON_IN_VENV)", "-m", "playwright", "install", "chromium"], timeout=180))' >/dev/null 2>&1 \
|| $(SAY) 'No Chromium was found and none could be fetched: the browser tests will be skipped (where CI is set they fail).' >&2
endef
