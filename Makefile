# Short names for bootstrap.py. Arguments: make test ARGS="-k strokes"
PYTHON ?= python3

help: ; @$(PYTHON) bootstrap.py help
run: ; @$(PYTHON) bootstrap.py run $(ARGS)
class: ; @$(PYTHON) bootstrap.py class $(ARGS)
test: ; @$(PYTHON) bootstrap.py test $(ARGS)
quick: ; @$(PYTHON) bootstrap.py quick $(ARGS)
check: ; @$(PYTHON) bootstrap.py check $(ARGS)
format: ; @$(PYTHON) bootstrap.py format $(ARGS)
lock: ; @$(PYTHON) bootstrap.py lock
bench: ; @$(PYTHON) bootstrap.py bench $(ARGS)
setup: ; @$(PYTHON) bootstrap.py setup $(ARGS)
deploy-check: ; @$(PYTHON) bootstrap.py deploy-check $(ARGS)

.PHONY: help run class test quick check format lock bench setup deploy-check
