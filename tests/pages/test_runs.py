"""The Runs page without a browser: the list, its search and pages, what can be done, and by whom."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import pytest

from gan import files
from gan.datasets import Progress
from gan.export import archive as export_archive
from gan.export import publish, unpack
from gan.hosting import publishing
from gan.runs import RunError
from gan.runs.log_reader import newest
from ui.runs.row import MENU
from ui.shared import commands, run_entries, zip_job

FROZEN = Path(__file__).parents[1] / "frozen"
DRIVERS = ["compare", "take", "like", "rename", "delete"]


def rows(at) -> list[str]:
    """The ids of the runs on the page, in order."""
    return [menu.key.removeprefix("menu-") for menu in at.menu_button]


def text(at) -> str:
    """All words of the page, those in HTML too."""
    kinds = (at.markdown, at.caption, at.warning, at.error, at.info, at.header)
    told = [str(element.value) for kind in kinds for element in kind]
    links = [str(link.proto.label) for link in at.get("page_link")]
    return "\n".join(told + links + [str(block.proto.body) for block in at.get("html")])


def button(at, label):
    return next(b for b in at.button if b.label == label)


def wait(run):
    """Until the zip of a run is packed."""
    job = zip_job.job(run)
    assert job
    assert job.thread
    job.thread.join()


def pick(at, run_id, what):
    at.menu_button(key=f"menu-{run_id}").click(what).run()
    assert not at.exception
    return at


def test_without_runs_it_says_what_a_run_is(open_page):
    at = open_page("runs")
    assert "No runs yet" in text(at)
    assert [link.proto.label for link in at.get("page_link")] == ["Go to Train"]


def test_the_newest_is_first_and_each_row_tells_how_it_stands(open_page, make_run, trainers):
    for name, steps in (("old", 100), ("mid", 50), ("new", 7)):
        make_run(name, steps=steps, title=f"Run <{name}>")
    trainers.alive["new"] = "training"
    at = open_page("runs")
    assert rows(at) == ["new", "mid", "old"]
    told = text(at)
    assert "3 runs" in told
    for status in ("training", "stopped", "finished"):
        assert f'class="base-chip" data-status="{status}"' in told
    assert "<b>7</b> steps" in told
    assert 'style="width:7%"' in told
    assert "Lean DCGAN · MNIST · Hinge loss" in told


def test_a_title_is_never_markup(open_page, make_run):
    make_run("one", title="<img src=x onerror=alert(1)> **bold** [a](b)")
    at = open_page("runs")
    assert "<img src=x" not in "".join(str(block.proto.body) for block in at.get("html"))
    [link] = at.get("page_link")
    assert "\\*\\*bold\\*\\* \\[a\\]" in link.proto.label


def test_an_unreadable_run_is_a_row_with_the_reason(open_page, make_run):
    make_run("fine")
    (make_run("torn").path / "config.json").write_text('{"dataset"')
    (make_run("odd").path / "config.json").write_text('{"batch": "many"}')
    at = open_page("runs")
    assert set(rows(at)) == {"fine", "torn", "odd"}
    assert text(at).count('class="base-chip" data-status="broken"') == 2
    assert "batch: &#x27;many&#x27; is not a whole number" in text(at)
    assert list(at.menu_button(key="menu-torn").options) != list(at.menu_button(key="menu-fine").options)
    pick(at, "torn", "delete")
    button(at, "Delete for good").click().run()
    assert not at.exception
    assert set(rows(at)) == {"fine", "odd"}


def test_why_a_run_failed_is_in_its_row(open_page, make_run):
    make_run("sad", steps=5, error="D's loss was no longer a finite number.")
    assert "D&#x27;s loss was no longer a finite number." in text(open_page("runs"))


def test_a_row_tells_the_newest_evaluation(open_page, make_run):
    run, row = make_run("one"), {"step": 80, "weights": "average", "n": 500, "seed": 0, "dataset": "mnist"}
    row |= {"split": "", "evaluator": None, "scores": {"fd_pca": 12.345}, "real": {}, "shares": []}
    fault = {"name": "missing <classes>", "text": ""}
    files.append(run.path / "scores.jsonl", [row, {**row, "step": 90, "verdict": [fault]}])
    told = text(open_page("runs"))
    assert "FD-PCA64 <b>12.3</b> at step 90 · missing &lt;classes&gt;" in told


def test_many_runs_come_in_pages(open_page, make_run):
    for k in range(23):
        make_run(f"run-{k}")
    at = open_page("runs")
    assert len(rows(at)) == 10
    at.get("pagination")[0].set_value(3).run()
    assert rows(at) == ["run-2", "run-1", "run-0"]
    at.text_input(key="q").set_value("run-1").run()
    assert not at.exception
    assert len(rows(at)) == 1  # eleven are like that; the second page has one
    assert "11 of 23 runs" in text(at)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"q": "gan-2014"}, {"b"}),
        ({"q": "WIDE stopped"}, {"c"}),
        ({"q": "nowhere"}, set()),
        ({"show": "Training"}, {"a"}),
        ({"show": "Finished", "q": "mnist"}, {"b", "d", "e", "f", "g"}),
    ],
)
def test_search_and_filter_come_from_the_link(open_page, make_run, trainers, query, found):
    make_run("a", steps=3)
    make_run("b", model="gan-2014", loss="non-saturating")
    make_run("c", steps=5, title="Wide")
    for name in "defg":
        make_run(name)
    trainers.alive["a"] = "paused"
    at = open_page("runs", **query)
    assert set(rows(at)) == found
    assert found or "No run matches" in text(at)


def test_the_menu_offers_what_can_be_done(open_page, make_run, trainers):
    make_run("done")
    make_run("halted", steps=50)
    make_run("busy", steps=50)
    make_run("sad", steps=50, error="The disk is full.")
    make_run("hot", steps=50, error="Not finite. Go on with smaller learning rates.")
    trainers.alive["busy"] = "training"
    at = open_page("runs")
    offered = {name: run_options(at, name) for name in ("done", "halted", "busy", "sad", "hot")}
    assert offered == {
        "done": ["report", *DRIVERS],
        "halted": ["report", "resume", *DRIVERS],
        "busy": ["report", "stop", *DRIVERS],
        "sad": ["report", "resume", *DRIVERS],
        "hot": ["report", "gently", *DRIVERS],
    }


def run_options(at, run_id):
    names = {label: name for name, label in MENU.items()}
    return [names[label] for label in at.menu_button(key=f"menu-{run_id}").options]


def test_going_on_and_stopping(open_page, make_run, trainers):
    run = make_run("halted", steps=50)
    at = pick(open_page("runs"), "halted", "resume")
    assert trainers.started == ["halted"]
    pick(at, "halted", "stop")
    assert run.control().want == "stop"


def test_a_run_that_exploded_goes_on_with_half_the_rates(open_page, make_run, trainers):
    run = make_run("hot", steps=50, error="Not finite. Go on with smaller learning rates.", lr_g=0.01)
    pick(open_page("runs"), "hot", "gently")
    assert run.control().lr_g == 0.005
    assert trainers.started == ["hot"]


def test_a_watcher_sees_and_takes_away_but_changes_nothing(open_page, make_run, trainers, monkeypatch):
    run = make_run("one", steps=50, title="One")
    monkeypatch.setenv("FORGER_PIN", "1234")
    at = open_page("runs")
    assert run_options(at, "one") == ["report", "compare", "take"]
    assert not [b for b in at.button if b.label in ("New run", "Open a zip")]
    assert "You are watching" in text(at)
    at.session_state["runs-dialog"] = ("delete", "one")  # as a forged message would
    at.run()
    assert button(at, "Delete for good").disabled
    at.menu_button(key="menu-one").click("resume").run()  # which its menu does not have
    assert run.path.exists()
    assert trainers.started == []


def test_renaming(open_page, make_run):
    run = make_run("one", title="Before")
    at = pick(open_page("runs"), "one", "rename")
    at.text_input[-1].set_value("After")
    button(at, "Rename").click().run()
    assert not at.exception
    assert run.control().title == "After"
    assert not [b for b in at.button if b.label == "Rename"]  # closed


def test_a_title_that_will_not_do_is_said_in_the_dialog(open_page, make_run):
    make_run("one", title="Before")
    at = pick(open_page("runs"), "one", "rename")
    at.text_input[-1].set_value("   ")
    button(at, "Rename").click().run()
    assert "1 to 120 characters" in at.error[0].value


def test_a_dialog_stays_open_when_the_page_is_redrawn(open_page, make_run):
    make_run("one")
    at = pick(open_page("runs"), "one", "rename")
    make_run("two")  # somebody else starts one, the page is redrawn
    at.run()
    assert rows(at) == ["two", "one"]
    assert button(at, "Rename")


def test_deleting_names_what_is_lost_and_asks(open_page, make_run):
    run = make_run("one", title="Dear")
    make_run("other")
    at = pick(open_page("runs"), "one", "delete")
    told = text(at)
    assert "**Dear** will be gone for good: 100 steps, 1 min 40 s of training, 2 pictures" in told
    button(at, "Keep it").click().run()
    assert run.path.exists()
    pick(at, "one", "delete")
    button(at, "Delete for good").click().run()
    assert not run.path.exists()
    assert rows(at) == ["other"]


def test_a_run_being_trained_has_to_be_stopped_first(open_page, make_run, trainers):
    run = make_run("busy", steps=5)
    trainers.alive["busy"] = "training"
    at = pick(open_page("runs"), "busy", "delete")
    assert "Delete for good" not in [b.label for b in at.button]
    button(at, "Stop it").click().run()
    assert run.control().want == "stop"
    del trainers.alive["busy"]
    at.run()
    button(at, "Delete for good").click().run()
    assert not run.path.exists()


def test_what_is_taken_away_is_packed_in_the_background(open_page, make_run, monkeypatch):
    run = make_run("one")
    run.weights().write_bytes(b"weights")

    def archive(packed, out):
        yield Progress(0, 2, "files", "gan.py")
        out.write_bytes(b"a zip of " + packed.id.encode())

    monkeypatch.setattr(export_archive, "archive", archive)
    at = pick(open_page("runs"), "one", "take")
    wait(run)
    at.run()
    assert not at.exception
    labels = [b.label for b in at.get("download_button")]
    assert labels == ["Download the zip (0 kB)", "Page (.html)", "PNG", "SVG", "PDF"]
    made = zip_job.packed(run)
    assert made
    assert made.content == b"a zip of one"
    time.sleep(0.01)
    run.weights().write_bytes(b"trained on")
    at.run()
    assert "has trained on since" in text(at)
    assert button(at, "Pack it again")


def test_who_has_the_pin_publishes_and_stops_that(open_page, make_run, monkeypatch, tmp_path):
    run = make_run("one")
    run.weights().write_bytes(b"weights")
    told = publish.Look("finished", 100, 7, 2_000_000, ended=True)

    def publishing_(one, folder, follow):
        assert (one.id, folder, follow) == ("one", tmp_path / "site", True)
        while True:
            yield told

    monkeypatch.setattr(publish, "publish", publishing_)
    at = pick(open_page("runs"), "one", "take")
    at.text_input(key="publish-to-one").set_value(str(tmp_path / "site"))
    at.button(key="publish").click().run()
    made = publishing.of(run)
    assert made
    while not made.status:
        time.sleep(0.01)
    at.run()
    assert "Up to date at step 100, and waits for the run to go on" in text(at)
    monkeypatch.setenv("FORGER_PIN", "483920")
    watching = pick(open_page("runs"), "one", "take")
    assert not [b for b in watching.button if b.key in ("publish", "unpublish")]
    monkeypatch.delenv("FORGER_PIN")
    at.button(key="unpublish").click().run()
    assert not at.exception
    assert not made.active
    assert at.button(key="publish")


def test_a_zip_that_cannot_be_packed_is_said(open_page, make_run, monkeypatch):
    run = make_run("one")
    run.weights().write_bytes(b"weights")

    def archive(packed, out):
        yield Progress(0, 2, "files", "gan.py")
        raise RunError("The disk is full.")

    monkeypatch.setattr(export_archive, "archive", archive)
    at = pick(open_page("runs"), "one", "take")
    wait(run)
    at.run()
    assert "The disk is full." in at.error[0].value


def test_without_a_generator_there_is_no_zip(open_page, make_run):
    make_run("one")
    at = pick(open_page("runs"), "one", "take")
    assert "no generator so far" in text(at)
    assert "Pack the zip" not in [b.label for b in at.button]


def test_only_the_last_zips_stay_in_memory(make_run, monkeypatch):
    monkeypatch.setattr(export_archive, "archive", lambda run, out: iter([out.write_bytes(run.id.encode())][:0]))
    made = [make_run(f"run-{k}") for k in range(zip_job.MAX_ZIPS + 1)]
    for run in made:
        list(zip_job._pack(run))
    assert zip_job.packed(made[0]) is None
    assert all(zip_job.packed(run) for run in made[1:])


def test_of_many_runs_only_one_page_is_read_whole(open_page, make_run, monkeypatch):
    first = make_run("run-0")
    for k in range(1, 60):
        shutil.copytree(first.path, first.path.with_name(f"run-{k}"))
    read = set()

    def watched(run):
        read.add(run.id)
        return newest(run)

    monkeypatch.setattr(run_entries, "newest", watched)
    assert len(rows(open_page("runs"))) == len(read) == 10


# -- zips opened -----------------------------------------------------------------------------------


def test_a_zip_given_on_the_page_becomes_a_run_and_is_shown(open_page, make_run, home, tmp_path, monkeypatch):
    at = open_page("runs")
    button(at, "Open the zip of a run").click().run()
    assert not at.exception
    zipped = (FROZEN / "old-lean.zip").read_bytes()
    at.file_uploader[0].set_value(("old.zip", zipped, "application/zip")).run()
    assert not at.exception
    assert [path.name for path in home.iterdir()] == ["old-lean"]
    assert at.query_params["report"] == "old-lean"
    assert "Opened from a zip" in text(at)


def test_a_zip_that_is_none_of_a_run_is_refused_on_the_page(open_page, make_run, home):
    make_run("one")
    at = open_page("runs")
    button(at, "Open a zip").click().run()
    at.file_uploader[0].set_value(("pictures.zip", b"PK\5\6" + bytes(18), "application/zip")).run()
    assert "pictures.zip is no zip of a run" in text(at)
    assert [path.name for path in home.iterdir()] == ["one"]


def test_an_imported_run_does_not_claim_to_come_with_the_app_nor_to_go_on(open_page, home):
    run = unpack.unpack(FROZEN / "old-lean.zip")
    at = open_page("runs")
    assert "comes with the app" not in text(at)
    assert "resume" not in at.menu_button(key="menu-old-lean").options
    with pytest.raises(RunError, match="came without the state"):
        commands.resume(run)
    assert not run.error()


def test_uploads_that_no_run_names_can_be_removed(open_page, make_run, tmp_path):
    folder = tmp_path / "data" / "uploads"
    folder.mkdir(parents=True)
    for name in ("one", "two"):
        (folder / f"{name}.zip").write_bytes(b"x" * 2000)
    make_run("mine", dataset="own-images", source=str(folder / "one.zip"))
    at = open_page("runs")
    assert "2 uploaded zips" in text(at)
    button(at, "Remove those").click().run()
    assert [path.name for path in folder.iterdir()] == ["one.zip"]
    assert "1 uploaded zip, 2 kB; a run uses it." in text(at)
    assert button(at, "Remove those").disabled
