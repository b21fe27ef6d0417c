"""What the README tells is true: its commands parse, its example model works, its pictures and files are there."""

import re
import shlex
from pathlib import Path

import pytest
import torch

from gan import __main__ as command_line
from gan import registry
from gan.models import Spec, initialise

HOME = Path(__file__).parent.parent
README = (HOME / "README.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^python -m gan (.*?)(?:\s+#.*)?$", README, re.MULTILINE)


@pytest.mark.parametrize("arguments", COMMANDS)
def test_every_command_is_understood(arguments: str) -> None:
    given = command_line._parser().parse_args(shlex.split(arguments))
    assert callable(given.command)


def test_there_are_commands_to_check() -> None:
    assert len(COMMANDS) >= 5


def test_the_example_model_plays() -> None:
    [code] = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    names: dict[str, object] = {}
    exec(compile(code, "README.md", "exec"), names)
    spec = Spec((1, 28, 28), z_dim=5)
    G, D = names["Generator"](spec), names["Discriminator"](spec)  # type: ignore[operator]
    for net in (G, D):
        initialise(net, str(names["INIT"]), torch.Generator().manual_seed(0))
    x = G(torch.zeros(3, 5))
    assert x.shape == (3, 1, 28, 28)
    assert D(x).shape == (3,)


def test_links_lead_somewhere() -> None:
    links = [link for link in re.findall(r"\]\(([^)]+)\)", README) if "://" not in link]
    assert links
    assert [link for link in links if not (HOME / link).exists()] == []


@pytest.mark.parametrize("kind", ["presets", "datasets"])
def test_every_choice_is_named(kind: str) -> None:
    absent = [name for name in registry.names(kind) if name not in README.lower().replace(" ", "-")]
    titles = (
        {name: registry.card(kind, name).title.lower() for name in absent}
        if kind == "datasets"
        else {}
    )
    assert [name for name in absent if titles.get(name, "?") not in README.lower()] == []
