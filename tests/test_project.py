"""What the files beside the code promise: exact pins, one script behind make, measured settings."""

import re
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest
from setuptools.config.pyprojecttoml import read_configuration

import bootstrap
import gan

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.parametrize("file", ["requirements.txt", "requirements-dev.txt"])
def test_every_requirement_is_pinned_to_what_is_installed(file):
    lines = (ROOT / file).read_text().splitlines()
    wanted = [line for line in lines if not line.startswith(("#", "-r"))]
    assert wanted == [f"{name}=={version(name).partition('+')[0]}" for name in (w.partition("==")[0] for w in wanted)]


def test_notebooks_can_install_the_engine_and_nothing_else():
    found = read_configuration(ROOT / "pyproject.toml")
    wanted = [line for line in (ROOT / "requirements.txt").read_text().splitlines() if not line.startswith("#")]
    assert found["project"]["dependencies"] == wanted
    assert found["project"]["version"] == gan.__version__
    packages = found["tool"]["setuptools"]["packages"]
    assert {"gan", "gan.models", "gan.datasets"} <= {*packages}
    assert {name.split(".")[0] for name in packages} == {"gan"}


def test_make_has_every_command_and_nothing_of_its_own():
    text = (ROOT / "Makefile").read_text()
    targets = dict(re.findall(r"^([\w-]+): ; @\$\(PYTHON\) bootstrap\.py ([\w-]+)", text, re.MULTILINE))
    assert targets == {name: name for name in ["help", *bootstrap.COMMANDS]}
    assert next(iter(targets)) == "help"


def test_the_server_is_set_up_as_measured():
    config = tomllib.loads((ROOT / ".streamlit/config.toml").read_text())
    assert config["server"]["address"] == "localhost"
    assert config["server"]["fileWatcherType"] == "none"
    assert config["server"]["enableXsrfProtection"] is config["server"]["enableCORS"] is True
    assert config["server"]["showEmailPrompt"] is config["browser"]["gatherUsageStats"] is False
    assert config["runner"]["postScriptGC"] is False
    assert config["client"]["showErrorDetails"] == "type"
    assert "headless" not in config["server"], "the browser opens"
