# Short names for bootstrap.py. Arguments: make test ARGS="-k strokes"
PYTHON ?= python3

help: ; @$(PYTHON) bootstrap.py help
run: ; @$(PYTHON) bootstrap.py run $(ARGS)
class: ; @$(PYTHON) bootstrap.py class $(ARGS)
test: ; @$(PYTHON) bootstrap.py test $(ARGS)
check: ; @$(PYTHON) bootstrap.py check $(ARGS)
format: ; @$(PYTHON) bootstrap.py format $(ARGS)
bench: ; @$(PYTHON) bootstrap.py bench $(ARGS)
setup: ; @$(PYTHON) bootstrap.py setup $(ARGS)

.PHONY: help run class test check format bench setup
