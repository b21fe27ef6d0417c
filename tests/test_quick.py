"""Which tests `make quick` takes for a change, in a small project that the test writes."""

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools import quick

FILES = {
    "gan/__init__.py": "",
    "gan/config.py": "",
    "gan/losses/__init__.py": "",
    "gan/losses/hinge.py": "",
    "gan/training/__init__.py": "",
    "gan/training/loop.py": "def f():\n    from gan import losses\n",
    "gan/export/__init__.py": "",
    "gan/export/zip.py": "from gan.training import loop",
    "assets/quiz/quiz.js": "",
    "assets/base/dom.js": "",
    "tests/helper.py": "import gan.config",
    "tests/losses/test_values.py": "",
    "tests/test_loop.py": "from gan.training.loop import f",
    "tests/test_sum.py": "import gan.losses.hinge as h",
    "tests/test_zip.py": "from gan.export import zip",
    "tests/test_settings.py": "from tests import helper",
    "tests/test_quiz_in_browser.py": "pytestmark = pytest.mark.browser",
    "tests/test_readme.py": "open('README.md')",
}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    for path, text in FILES.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    monkeypatch.setattr(quick, "ROOT", tmp_path)
    caches = (quick.modules, quick.imported)
    for one in caches:
        one.cache_clear()
    yield tmp_path
    for one in caches:
        one.cache_clear()


@pytest.mark.parametrize(
    ("changed", "tests"),
    [
        ("gan/losses/hinge.py", ["losses/test_values", "test_sum", "test_loop"]),  # the loop's room imports losses
        ("gan/training/loop.py", ["test_loop", "test_zip"]),
        ("gan/export/zip.py", ["test_zip"]),
        ("gan/config.py", ["test_settings"]),
        ("tests/helper.py", ["test_settings"]),
        ("tests/test_sum.py", ["test_sum"]),
        ("assets/quiz/quiz.js", ["test_quiz_in_browser"]),
        ("assets/base/dom.js", ["test_quiz_in_browser"]),
        ("README.md", ["test_readme"]),
        ("docs/page.md", []),
    ],
)
def test_a_change_touches_its_room_and_those_that_import_it(project: Path, changed: str, tests: list[str]):
    assert quick.touched([changed]) == [f"tests/{test}.py" for test in tests]


def test_a_change_is_what_differs_from_main(project: Path):
    def git(*arguments: str) -> None:
        who = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
        subprocess.run(["git", *who, *arguments], cwd=project, check=True, capture_output=True)

    git("init", "-b", "main")
    git("add", ".")
    git("commit", "-m", "one")
    assert quick.changed() == []
    git("checkout", "-b", "branch")
    (project / "gan/config.py").write_text("1")
    git("commit", "-am", "two")
    (project / "README.md").write_text("new")
    (project / "gan/losses/hinge.py").write_text("1")
    assert quick.changed() == ["README.md", "gan/config.py", "gan/losses/hinge.py"]


def test_no_test_begins_late(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv(quick.UNTIL, str(time.time() + 1000))
    quick.pytest_runtest_setup()
    monkeypatch.setenv(quick.UNTIL, "1")
    with pytest.raises(pytest.skip.Exception, match="no time left"):
        quick.pytest_runtest_setup()
