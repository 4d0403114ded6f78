# make            run the lessons that changed and make the book
# make read       the same, and open the book
# make test       run the lessons and every test
# make lint       read the code: ruff, mypy, and for the JavaScript oxfmt and oxlint
# make test-book  test the pages in a browser; it needs Chromium
# make lab        open the lessons in JupyterLab, as copies of your own in my-lessons/
# make test-latest  the same tests with the newest releases of everything
# make test-wandb-versions  the logged pixels on seven versions of wandb, an environment each
# make test-bare  install the library without extras in an environment of its own, and call everything there once
# make mutants    break the library on purpose, everywhere, and see that the laws notice; MODULE=display for one module
# make peers      hold torchvision, kornia, albumentations, scikit-image and Keras to the laws, in an environment of their own
# make bench      time every function beside its peers, in the same environment, and see which bars are met
# make clean      delete what was generated (the environments and my-lessons/ stay)

# Python 3.11 or later. Another one: make PYTHON=python3.12
PYTHON ?= python3
VENV = .venv
LATEST = .venv-latest
TOO_OLD = import sys; sys.exit(sys.version_info < (3, 11) and "The course needs Python 3.11 or later: make PYTHON=python3.11")

.PHONY: build read test lint test-book lab test-latest test-wandb-versions test-bare mutants peers bench clean help

build: $(VENV)/installed
	$(VENV)/bin/seeing-tensors build

read: build
	$(VENV)/bin/python -m webbrowser -t "file://$(CURDIR)/$${SEEING_TENSORS_BUILD:-build}/book/index.html"

# One thread each: two workers with two torch threads each get in one another's way.
# pytest comes last, so that its verdict is the last thing to be read.
test: $(VENV)/installed
	$(VENV)/bin/seeing-tensors build --no-book
	OMP_NUM_THREADS=1 $(VENV)/bin/python -m pytest tests -n 2 --durations 10

# Neither needs node: oxfmt and oxlint are programs that pip brings.
lint: $(VENV)/installed
	$(VENV)/bin/python -m pip install --disable-pip-version-check --quiet -c constraints.txt -e ".[course,mutants,dev]"
	$(VENV)/bin/ruff check
	$(VENV)/bin/ruff format --check
	$(VENV)/bin/mypy
	$(VENV)/bin/oxlint --deny-warnings src lessons/static
	$(VENV)/bin/oxfmt --check src lessons/static

# pip brings what drives the browser; the browser itself comes from the system.
test-book: $(VENV)/installed
	@command -v chromium || command -v chromium-browser || command -v google-chrome || \
		{ echo "make test-book needs Chromium: apt-get install chromium"; exit 1; }
	$(VENV)/bin/python -m pip install --disable-pip-version-check --quiet -c constraints.txt -e ".[course,mutants,browser]"
	$(VENV)/bin/seeing-tensors build
	OMP_NUM_THREADS=1 $(VENV)/bin/python -m pytest tests/browser -n 2 --book "$${SEEING_TENSORS_BUILD:-build}/book"

lab: $(VENV)/installed
	$(VENV)/bin/seeing-tensors lab

# The stamp is written last: an installation that broke off is taken up again.
$(VENV)/installed: pyproject.toml constraints.txt
	@$(PYTHON) -c '$(TOO_OLD)'
	test -x $(VENV)/bin/python || $(PYTHON) -m venv $(VENV)
	$(VENV)/bin/python -m pip install --disable-pip-version-check -c constraints.txt -e ".[course,mutants]"
	touch $@

# No stamp and no constraints: what is newest changes from day to day. A build folder of its own, because
# the notebooks know which releases they ran on.
test-latest:
	@$(PYTHON) -c '$(TOO_OLD)'
	test -x $(LATEST)/bin/python || $(PYTHON) -m venv $(LATEST)
	$(LATEST)/bin/python -m pip install --upgrade --upgrade-strategy eager -e ".[course,mutants]"
	SEEING_TENSORS_BUILD=build/latest $(LATEST)/bin/seeing-tensors build --no-book
	SEEING_TENSORS_BUILD=build/latest OMP_NUM_THREADS=1 $(LATEST)/bin/python -m pytest tests -n 2

test-wandb-versions: $(VENV)/installed
	$(VENV)/bin/python tests/wandb_versions/run.py

test-bare: $(VENV)/installed
	$(VENV)/bin/python tests/bare/run.py --linked

# JOBS=1 on a machine that has other work.
mutants: $(VENV)/installed
	OMP_NUM_THREADS=1 $(VENV)/bin/python tests/mutants/run.py --jobs $(or $(JOBS),2) $(MODULE)

# Not $(VENV): albumentations brings opencv-python-headless, which must not meet the course's own opencv-python.
PEERS = .venv-peers

peers: $(PEERS)/installed
	OMP_NUM_THREADS=1 $(PEERS)/bin/python tests/peers/run.py --check

# The page lessons/speed.md is written by the same command with --write.
bench: $(PEERS)/installed
	OMP_NUM_THREADS=1 $(PEERS)/bin/python tests/benchmarks/run.py

$(PEERS)/installed: pyproject.toml constraints.txt constraints-peers.txt
	@$(PYTHON) -c '$(TOO_OLD)'
	test -x $(PEERS)/bin/python || $(PYTHON) -m venv $(PEERS)
	$(PEERS)/bin/python -m pip install --disable-pip-version-check -c constraints.txt -c constraints-peers.txt -e ".[peers]"
	touch $@

clean:
	rm -rf build

help:
	@sed -n 's/^# \(make.*\)/\1/p' Makefile
