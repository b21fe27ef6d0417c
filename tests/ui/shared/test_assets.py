"""The assets: compressed once, immutable under the hash of their folder, and whole: what one names is there."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest

from tests.asgi import Client
from ui.shared import assets, run_entries
from ui.shared.assets import Assets

IMMUTABLE = "public, max-age=31536000, immutable"
IMPORT = re.compile(r"""(?:from|import\(|import|URL\()\s*["'](\.\.?/[^"']+)["']""")


@pytest.fixture(scope="module")
def client() -> Client:
    return Client(assets.routes())


def a_script() -> str:
    return next(path.relative_to(assets.FOLDER).as_posix() for path in sorted(assets.FOLDER.rglob("*.js")))


def test_plotly_is_compressed_once(client: Client) -> None:
    kept = assets.ASSETS.get("plotly.min.js")
    answer = client.get(assets.url("plotly.min.js"), headers={"Accept-Encoding": "gzip"})
    assert answer.headers["content-encoding"] == "gzip"
    assert int(answer.headers["content-length"]) == len(kept.packed)
    assert answer.headers["cache-control"] == IMMUTABLE
    assert gzip.decompress(kept.packed) == answer.content == kept.body
    assert assets.ASSETS.get("plotly.min.js") is kept


def test_who_takes_no_gzip_gets_none(client: Client) -> None:
    answer = client.get(assets.url(a_script()), headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in answer.headers
    assert "Accept-Encoding" in answer.headers["vary"]
    assert answer.content == (assets.FOLDER / a_script()).read_bytes()


@pytest.mark.parametrize(
    ("kind", "ending"),
    [
        ("text/javascript", "js"),
        ("text/css", "css"),
        ("image/svg+xml", "svg"),
        ("image/png", "png"),
        ("image/webp", "webp"),
    ],
)
def test_every_kind_of_file_says_what_it_is(client: Client, kind: str, ending: str) -> None:
    for path in assets.FOLDER.rglob(f"*.{ending}"):
        answer = client.get(assets.url(path.relative_to(assets.FOLDER).as_posix()))
        assert answer.headers["content-type"].split(";")[0] == kind
        assert answer.headers["cache-control"] == IMMUTABLE
        assert answer.content == path.read_bytes()


def test_an_asset_without_the_hash_or_with_an_old_one_is_asked_for_again(client: Client) -> None:
    for address in (f"/assets/{a_script()}", f"/assets/{a_script()}?v=old", f"/assets/0123456789ab/{a_script()}"):
        answer = client.get(address)
        assert answer.headers["cache-control"] == "no-cache"
        assert answer.content == (assets.FOLDER / a_script()).read_bytes()
        again = client.get(address, headers={"If-None-Match": answer.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    "path", ["nothing.js", "..%2fapp.py", "%2fetc%2fpasswd", ".hidden", "base", "a" * 5000, "%00", ""]
)
def test_what_is_not_there_is_told_in_a_sentence(client: Client, path: str) -> None:
    for before in ("", "0123456789ab/", f"{assets.ASSETS.version()}/"):
        answer = client.get(f"/assets/{before}{path}")
        assert answer.status_code == 404
        assert answer.json()["error"].endswith(".")
        assert str(assets.FOLDER) not in answer.text


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_an_asset_is_only_read(client: Client, method: str) -> None:
    answer = client.request(method, f"/assets/{a_script()}")
    assert answer.status_code == 405
    assert answer.json()["error"].endswith(".")


def test_only_plotly_s_script_is_served_of_its_package(client: Client) -> None:
    assert client.get("/assets/plotly.min.js").status_code == 200
    assert client.get("/assets/templates/plotly.json").status_code == 404


def test_any_change_below_the_folder_gives_all_a_new_address(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "top.js").write_text('import { x } from "./deep/low.js";')
    low = tmp_path / "deep" / "low.js"
    low.write_text("export const x = 1;")
    shelf = Assets(tmp_path, look_seconds=0.0)
    before = shelf.url("top.js")
    low.write_text("export const x = 22;")
    assert shelf.get("deep/low.js").body == b"export const x = 22;"
    changed = shelf.url("top.js")
    (tmp_path / "new.css").touch()
    assert len({before, changed, shelf.url("top.js")}) == 3
    (tmp_path / "new.css").unlink()
    low.write_text("export const x = 1;")
    assert shelf.url("top.js") == before


def test_every_page_that_is_drawn_does_not_look_at_all_files_again(tmp_path: Path) -> None:
    (tmp_path / "one.js").write_text("1")
    shelf = Assets(tmp_path, look_seconds=60.0)
    before = shelf.url("one.js")
    (tmp_path / "two.js").write_text("2")
    assert shelf.url("one.js") == before
    assert shelf.url("two.js")[:20] != before[:20], "a file that is read first is one of a new version"


def test_every_script_names_files_that_are_there() -> None:
    for path in assets.FOLDER.rglob("*.js"):
        for name in IMPORT.findall(path.read_text("utf-8")):
            there = (path.parent / name).resolve()
            assert there.is_file() or there == assets.FOLDER / "plotly.min.js", f"{path.name} names {name}"


def test_lists_and_views_have_the_same_words_for_a_status() -> None:
    words = dict(re.findall(r'(\w+): "(\w+)"', (assets.FOLDER / "base" / "words.js").read_text("utf-8")))
    assert {**words, **run_entries.WORDS} == {**run_entries.WORDS, **words}
    assert {*run_entries.WORDS} - {*words} == {"broken"}  # no view shows a run that cannot be read
