"""The code of some settings: networks, loss, penalties, tricks and loop as one readable file that needs PyTorch alone.

It trains from nothing and holds only what the settings use. `gan.export.script` is another: it goes on with the
weights of a run.
"""

from __future__ import annotations

import ast
import contextlib
import difflib
import json
import re
from collections.abc import Mapping
from typing import Any

import torch

from gan import games, models, registry
from gan.config import DECLARING, RunConfig, networks_card
from gan.export import script
from gan.export.layers_text import network_text
from gan.export.source_bundle import Bundle, defined
from gan.export.specialise import specialised
from gan.models import _layers as layers
from gan.registry import Card
from gan.runs import Control, Run, weights_header

BODY = "gan.export.code_body"
STAND_INS = {"models": "gan.models.lean_dcgan", "losses": "gan.losses.hinge"}
STEPS = 10_000  # where no budget says so
N_CLASSES = 10  # where the data have not been read
ORDER = ("models", "config", "losses", "conditionings", "penalties", "augmentations", "tricks")
HEAD = '''"""{title}

{about}

    pip install torch torchvision
    python gan.py               trains for {steps:,} steps and writes {out}
{needs}"""
'''
ABOUT = (
    "{model} learns {data} with the loss {loss}. Every line here is what Forger does for these settings; its own draws "
    "of random numbers differ."
)
FILES = {  # what a data set without a name in torchvision needs
    True: "\nIt reads points.npy: float N,2, points from -1 to 1.\n",
    False: "\nIt reads my.npy: pictures, uint8 N,H,W or N,H,W,C, as large as SHAPE says.\n",
}


def source(
    config: RunConfig, shape: tuple[int, int, int], n_classes: int = N_CLASSES, title: str = "", steps: int = STEPS
) -> str:
    """The file's text. `shape` (C, H, W) and `n_classes` are those of the data.

    Of a game that makes pictures from pictures it is the script of a run that has learned nothing yet. Raises
    ValueError with a sentence for networks that cannot be, and bundle.Tangled for a file that cannot be copied.
    """
    if config.from_source:
        live = Control().in_force(config)
        return script.source(config, shape, 0, live, title or networks_card(config).title)
    writer = _Writer(config, shape, n_classes if config.conditional else 0)
    return writer.text(title, steps)


def data_of(config: RunConfig, run: Run | None = None) -> tuple[tuple[int, int, int], int]:
    """Shape and number of classes of the data of a config: as its run's weights have it, else by the card."""
    if run is not None:
        with contextlib.suppress(ValueError, KeyError, TypeError):
            data = weights_header.read(run.weights())["data"]
            C, H, W = map(int, data["shape"])
            return (C, H, W), int(data["n_classes"])
    facts = registry.card("datasets", config.dataset).facts
    side = config.image_size
    if facts.get("POINTS"):
        return (2, 1, 1), 0
    C, H, W = facts.get("SHAPE") or (1, side or 28, side or 28)
    return (C, side or H, side or W), len(facts.get("NAMES", ())) or N_CLASSES


def changed_lines(text: str, base: str) -> set[int]:
    """The lines of a text, from 1 on, that are not in `base`."""
    matcher = difflib.SequenceMatcher(None, base.splitlines(), text.splitlines(), autojunk=False)
    return {
        line + 1 for tag, _, _, first, last in matcher.get_opcodes() if tag != "equal" for line in range(first, last)
    }


def notebook(text: str) -> str:
    """The file as a Jupyter notebook: the text before each part, the part, and a last cell that trains."""
    document = text.partition('"""')[2].partition('"""')[0].strip()
    if "argparse" in text:  # a script with arguments is written into a file, and called
        call = "!python gan.py --train 1000 --data my.npy"
        return _book(
            [_cell("markdown", f"# {document}"), _cell("code", f"%%writefile gan.py\n{text}"), _cell("code", call)]
        )
    rest = text.partition('"""')[2].partition('"""')[2].partition('if __name__ == "__main__":')[0]
    parts = re.split(r"^# ---- (.+?) -+\n", rest, flags=re.MULTILINE)
    title, _, about = document.partition("\n")
    cells = [_cell("markdown", f"# {title}\n\n{about.partition('    pip install')[0].strip()}")]
    cells.append(_cell("code", parts[0].strip().replace("from __future__ import annotations\n\n", "")))
    for heading, code in zip(parts[1::2], parts[2::2], strict=True):
        comment = re.match(r"(?:# .*\n)+", code.lstrip("\n"))
        words = re.sub(r"^# ?", "", comment.group(), flags=re.MULTILINE).strip() if comment else ""
        cells.append(_cell("markdown", f"## {heading}\n\n{words}".strip()))
        code = code.lstrip("\n")[comment.end() :] if comment else code
        cells.append(_cell("code", code.strip()))
    cells.append(_cell("markdown", "## Train\n\nLower STEPS above for a first look."))
    cells.append(_cell("code", "main()"))
    return _book(cells)


def _book(cells: list[dict[str, Any]]) -> str:
    about_kernel = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    for k, cell in enumerate(cells):
        cell["id"] = f"cell-{k}"
    return json.dumps({"cells": cells, "metadata": about_kernel, "nbformat": 4, "nbformat_minor": 5}, indent=1) + "\n"


def _cell(kind: str, text: str) -> dict[str, Any]:
    cell: dict[str, Any] = {"cell_type": kind, "metadata": {}, "source": text.splitlines(keepends=True)}
    return cell | ({"execution_count": None, "outputs": []} if kind == "code" else {})


class _Writer:
    """Puts one file together."""

    def __init__(self, config: RunConfig, shape: tuple[int, int, int], n_classes: int) -> None:
        self.config, self.shape, self.n_classes = config, shape, n_classes
        self.conditioning = registry.card("conditionings", config.conditioning)
        if n_classes and not self.conditioning.facts.get("CODE", True):
            raise ValueError(f"{self.conditioning.title} is not written as one file yet; the other conditionings are.")
        self.classifies = bool(n_classes) and "classify" in defined(f"gan.conditionings.{_stem(self.conditioning)}")
        self.model, self.loss = registry.card("models", config.model), registry.card("losses", config.loss)
        self.data = registry.card("datasets", config.dataset)
        self.modules = {"models": f"gan.models.{_stem(self.model)}", "losses": f"gan.losses.{_stem(self.loss)}"}
        self.G, _ = models.build(config, shape, n_classes, 0, "cpu")
        of_d = n_classes if self.conditioning.facts["SCORES"] else 0  # the classes that D's last layer has numbers for
        module = registry.load("models", config.model)
        own = models.own_settings(config)
        spec = models.Spec(shape, config.z_dim, config.width, of_d, config.batch_norm, own)
        with torch.device("meta"):
            D = module.Discriminator(spec)
        self.nets = {"Generator": (self.G, n_classes), "Discriminator": (D, of_d)}
        self.literal: dict[str, str | None] = {}
        text = registry.source(self.modules["models"]).read_text(encoding="utf-8")
        width = re.search(r"for a width of (\d+)", text)
        commented = bool(self.model.facts["SIZES"]) or (
            shape[1:] == (28, 28) and (not width or int(width.group(1)) == config.width)
        )  # whether the shapes in the file's comments are those of these settings
        for name, (net, count) in self.nets.items():
            self.literal[name] = network_text(text, name, net, count, commented)
        prepared = games.build(config, shape, n_classes, "cpu").nets["D"]
        self.one_pass = not layers.mixes_samples(prepared) and bool(config.spectral_norm)
        self.hooks, self.added = self._hooks()
        self.values = self._values()

    def text(self, title: str, steps: int) -> str:
        instead = {STAND_INS[kind]: module for kind, module in self.modules.items()}
        bundle = Bundle(BODY, "main", instead, self._changed)
        for module, (names, _) in self.added.items():
            bundle.add(module, names)
        points = bool(self.data.facts.get("POINTS"))
        about = ABOUT.format(model=self.model.title, data=self.data.title, loss=self.loss.title)
        head = HEAD.format(
            title=script._sentence(title or f"{self.model.title} on {self.data.title}"),
            about=script._wrap(about),
            steps=steps,
            out="samples.npy" if points else "samples.png",
            needs="" if "TORCHVISION" in self.data.facts else FILES[points],
        )
        constants, code = self._main(bundle, {"STEPS": f"{steps:_}"})
        cards = {module: card for module, (_, card) in self.added.items()}
        cards |= {self.modules["models"]: self.model, self.modules["losses"]: self.loss}
        parts = [f"{head}\n{bundle.imports()}", f"{_line('Settings')}\n\n{constants}"]
        order = [module for module in bundle.order() if module != BODY]
        for module in sorted(order, key=lambda module: ORDER.index(module.split(".")[1])):
            prefix = f"{module.rpartition('.')[2]}_" if module in self.added else ""
            if not (text := bundle.text(module, {}, prefix).strip()):
                continue
            if module in cards:
                kind = {"models": "Networks", "losses": "Loss"}.get(module.split(".")[1], cards[module].title)
                text = f"{_line(kind)}\n{script._comment(cards[module])}\n\n\n{text}"
            parts.append(text)
        parts += [f"{_line('Data and training')}\n\n\n{code}", 'if __name__ == "__main__":\n    main()']
        return "\n\n\n".join(part.strip("\n") for part in parts) + "\n"

    def _main(self, bundle: Bundle, values: Mapping[str, str]) -> tuple[str, str]:
        """The constants and the functions of the body."""
        text = bundle.text(BODY, {**self._constants(), **values})
        first = re.search(r"^(@|def )", text, flags=re.MULTILINE)
        place = first.start() if first else len(text)
        lines = [line for line in text[:place].splitlines() if line]
        spec = [line for line in lines if line.startswith("SPEC = ")]  # its class stands below the settings
        return "\n".join(line for line in lines if line not in spec), "\n\n\n".join([*spec, text[place:].strip()])

    def _changed(self, module: str, text: str) -> str:
        """The text of one of our files as it is for these settings."""
        if module == self.modules["models"]:
            text = self._networks(text)
        text = text.replace("D: Logits", "D: nn.Module").replace(
            "from torch import Tensor\n", "from torch import Tensor, nn\n"
        )
        if module == BODY:
            text = self._body(text)
        if module == self.modules["losses"]:
            old = "def g(real: Tensor | None, fake: Tensor)"
            needs_real = self.loss.facts["NEEDS_REAL"]
            text = text.replace(old, "def g(real: Tensor, fake: Tensor)" if needs_real else "def g(fake: Tensor)")
        if self.classifies and module == layers.__name__:  # D is asked with a class, without one, and for all scores
            return specialised(text, {}, {}, None)
        return specialised(text, self.values, self.hooks, bool(self.n_classes))

    def _body(self, text: str) -> str:
        for name in ("Generator", "Discriminator"):
            if self.literal[name]:
                text = text.replace(f"{name}(SPEC)", f"{name}()")
        text = text.replace("datasets.MNIST(", f"datasets.{self.data.facts.get('TORCHVISION', 'MNIST')}(")
        if not self.loss.facts["NEEDS_REAL"]:
            text = text.replace("g(None, ", "g(")
        for name, count in (("D_UPDATES", self.config.d_steps), ("G_UPDATES", self.config.g_steps)):
            if count > 1:
                text = text.replace(f"in {name}", f"in range({name[0]}_STEPS)")
        if not self.config.ema_decay:
            text = text.replace(" Returns the generator to look at.", "")
        return text

    def _networks(self, text: str) -> str:
        """A model's file with the layers of both networks written out, where that can be."""
        for name, written in self.literal.items():
            if written:
                lines = text.splitlines()
                node = next(n for n in ast.parse(text).body if isinstance(n, ast.ClassDef) and n.name == name)
                lines[node.lineno - 1 : node.end_lineno] = written.splitlines()
                text = "\n".join(lines) + "\n"
        if any(self.literal.values()):
            text = text.replace("import Layers, Residual", "import Residual")
        return text

    def _values(self) -> dict[str, Any]:
        """What is decided: constants of the body, attributes of the spec."""
        config, facts = self.config, self.data.facts
        native = facts.get("SHAPE")
        init = self.model.facts["INIT"]
        reuse = config.reuse_fake and config.d_steps > 0
        views = self.hooks["VIEWS"]
        return {
            "TORCHVISION": "TORCHVISION" in facts,
            "POINTS": bool(facts.get("POINTS")),
            "RESIZED": bool(native and tuple(native) != self.shape and not facts.get("POINTS")),
            "CONDITIONAL": bool(self.n_classes),
            "BATCH_NORM": layers.mixes_samples(self.G),
            "DCGAN": init == "dcgan",
            "KERAS": init == "keras",
            "ONE_PASS": self.one_pass,
            "SEES": bool(views),
            "COUNTS": bool(self.hooks["LAZY"]) and config.d_steps != 1,
            "NEEDS_REAL": self.loss.facts["NEEDS_REAL"],
            "NO_REAL": self.loss.facts["NEEDS_REAL"] and not config.d_steps,
            "NEW_FAKE": not reuse,
            "MORE_FAKES": reuse and config.g_steps > 1,
            "D_LEARNS": config.d_steps > 0,
            "G_LEARNS": config.g_steps > 0,
            "EMA": bool(config.ema_decay),
            "DECAYS": bool(config.decay_steps or config.half_life or config.half_life_steps),
            "FEWER": bool(config.n_images),
            "TARGETS": bool(self.hooks["TARGETS"]),
            "CLASSIFY": self.classifies,
            "DECAY_STEPS": config.decay_steps,
            "HALF_LIFE": config.half_life,
            "HALF_LIFE_STEPS": config.half_life_steps,
            "y.ndim": 1,
            "real is None": False,
            "spec.batch_norm": config.batch_norm,
            "spec.n_classes": self.n_classes,
            "self.n_classes": self.n_classes,
            "n_classes": self.n_classes,
        }

    def _constants(self) -> dict[str, str]:
        """The settings as source text."""
        config = self.config
        points = bool(self.data.facts.get("POINTS"))
        names = ("batch", "z_dim", "betas", "d_steps", "g_steps", "ema_decay", "decay_steps", "half_life")
        values: dict[str, Any] = {name.upper(): getattr(config, name) for name in names if name != "betas"}
        values |= {
            "SEED": config.seed,
            "THREADS": config.threads or 1,
            "N_IMAGES": config.n_images,
            "HALF_LIFE_STEPS": config.half_life_steps,
        }
        values |= {"BETAS": (config.beta1, config.beta2), "LR_G": config.lr_g, "LR_D": config.lr_d}
        values |= {"SHAPE": tuple(self.shape), "CLASSES": self.n_classes}
        spec = {"SPEC": script._spec(config, self.shape, self.n_classes)}
        data = '"points.npy"' if points else '"my.npy"'
        return {name: repr(value) for name, value in values.items()} | spec | {"DATA": data}

    def _hooks(self) -> tuple[dict[str, list[tuple[str, ...]]], dict[str, tuple[list[str], Card]]]:
        """What is written out for each constant of the body, and the files to copy with the names wanted of them."""
        hooks: dict[str, list[tuple[str, ...]]] = {
            name: [] for name in ("PREPARE", "CLASSIFY", "TARGETS", "VIEWS", "PENALTIES", "LAZY", "AFTER_STEP")
        }
        for name, count in (("D_UPDATES", self.config.d_steps), ("G_UPDATES", self.config.g_steps)):
            if count < 2:
                hooks[name] = [("_",)] * count
        added: dict[str, tuple[list[str], Card]] = {}
        stem = _stem(self.conditioning)
        if self.n_classes and "prepare" in defined(f"gan.conditionings.{stem}"):
            hooks["PREPARE"].append((f"{stem}_prepare", str(self.n_classes)))
            added[f"gan.conditionings.{stem}"] = (["prepare"], self.conditioning)
        if self.classifies:
            hooks["CLASSIFY"].append((f"{stem}_classify",))
            added.setdefault(f"gan.conditionings.{stem}", ([], self.conditioning))[0].append("classify")
        counter = "step" if self.config.d_steps == 1 else "updates"
        for kind in (k for k in ORDER if k in DECLARING):
            for name in registry.names(kind):
                card = registry.card(kind, name)
                stem = _stem(card)
                if not (amount := getattr(self.config, stem)):
                    continue
                module, text = f"gan.{kind}.{stem}", repr(amount)
                there = defined(module)
                every = card.facts.get("EVERY", 1)
                fades = getattr(self.config, f"{stem}_steps", 0) if "FADES" in card.facts else 0
                now = f"{text} * max(0.0, 1 - step / {fades})" if fades else text
                for hook, functions, rest in (
                    ("PREPARE", ("prepare",), (text,)),
                    ("TARGETS", ("d_loss",), (text,)),
                    ("VIEWS", ("draw", "augment" if kind == "augmentations" else "see"), (text, now)),
                    (
                        "LAZY" if every > 1 else "PENALTIES",
                        ("penalty",),
                        (text, f"{stem}_EVERY", counter)[: 3 if every > 1 else 1],
                    ),
                    ("AFTER_STEP", ("after_step",), (text,)),
                ):
                    if there.issuperset(functions):
                        hooks[hook].append((*(f"{stem}_{function}" for function in functions), *rest))
                        wanted = added.setdefault(module, ([], card))[0]
                        wanted += [*functions, *(["EVERY"] if hook == "LAZY" else [])]
        return hooks, added


def _line(heading: str) -> str:
    return f"# ---- {heading} ".ljust(100, "-")


def _stem(card: Card) -> str:
    return card.name.replace("-", "_")
