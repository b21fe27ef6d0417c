"""What the README tells is true: its commands parse, its example model works, its pictures and files are there."""

import re
import shlex
from pathlib import Path

import pytest
import torch

from gan import registry
from gan.cli.parser import make_parser
from gan.models import Spec, initialise

HOME = Path(__file__).parent.parent
README = (HOME / "README.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^python -m gan (.*?)(?:\s+#.*)?$", README, re.MULTILINE)


@pytest.mark.parametrize("arguments", COMMANDS)
def test_every_command_is_understood(arguments: str) -> None:
    given = make_parser().parse_args(shlex.split(arguments))
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
    headings = {"#" + title.lower().replace(" ", "-") for title in re.findall(r"^#+ (.*)$", README, re.MULTILINE)}
    assert [link for link in links if link not in headings and not (HOME / link).exists()] == []


def test_every_preset_is_named_in_the_page_that_the_readme_names() -> None:
    page = (HOME / "docs" / "presets.md").read_text()
    assert "(docs/presets.md)" in README
    missing = [name for name in registry.names("presets") if f"`{name}`" not in page]
    assert missing == [], f"python -m tools.presets --only {' '.join(missing)} --publish"


def test_every_data_set_that_is_fetched_is_named() -> None:
    """The makers' terms stand there; what is made from numbers needs no line."""
    cards = [registry.card("datasets", name) for name in registry.names("datasets")]
    fetched = [card.title for card in cards if "DOWNLOAD_MB" in card.facts]
    assert len(fetched) >= 4
    assert [title for title in fetched if title not in README] == [], "name them under Data and Licences"
