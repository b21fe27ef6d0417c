"""What deploy/, Dockerfile and docs/operating.md say agrees with each other and with the code. Needs no docker."""

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

import bootstrap
from tools import deploy_check

ROOT = Path(__file__).resolve().parent.parent
DEPLOY = ROOT / "deploy"
TEXTS = {
    path.relative_to(ROOT).as_posix(): path.read_text("utf-8")
    for path in [ROOT / "Dockerfile", ROOT / ".dockerignore", *DEPLOY.rglob("*.*")]
}
DOCKERFILE = deploy_check.instructions(TEXTS["Dockerfile"])
FACTS = dict(DOCKERFILE)
FACTS_RUN = " && ".join(rest for name, rest in DOCKERFILE if name == "RUN")
COMPOSE, NGINX = TEXTS["deploy/compose.yml"], TEXTS["deploy/nginx.conf"]
UNIT, SPACE = TEXTS["deploy/forger.service"], TEXTS["deploy/space/README.md"]
OPERATING = (ROOT / "docs/operating.md").read_text("utf-8")
INNER = {
    "FORGER_LAN_URL",
    "FORGER_MADE_PIN",
    "FORGER_SHORT_URL",
    "FORGER_QUICK_UNTIL",
}  # set by one part of the program for another
VARIABLE = re.compile(r"\b(?:GAN|FORGER)_[A-Z_]*[A-Z]\b")


def environment() -> dict[str, str]:
    """The variables that the image sets."""
    pairs = [rest.split() for name, rest in DOCKERFILE if name == "ENV"]
    return dict(pair.split("=", 1) for some in pairs for pair in some)


def port() -> str:
    words = deploy_check.command(TEXTS["Dockerfile"])
    return words[words.index("--port") + 1]


def test_everything_is_at_one_port():
    assert FACTS["EXPOSE"] == port()
    assert re.findall(r"127\.0\.0\.1:(\d+)", FACTS["HEALTHCHECK"]) == [port()]
    assert re.findall(r"proxy_pass http://forger:(\d+);", NGINX) == [port()]
    assert re.findall(r'expose:\n\s+- "(\d+)"', COMPOSE) == [port()]
    assert re.findall(r"app_port: (\d+)", SPACE) == [port()]
    assert re.findall(r"--port (\d+)", UNIT) == [port()]
    assert f"-p {port()}:{port()}" in TEXTS["Dockerfile"]


def test_what_is_started_is_there():
    words = deploy_check.command(TEXTS["Dockerfile"])
    started = re.findall(r"ExecStart=(.*)", UNIT)[0].replace("/opt/forger/", "").split()
    assert started[1:] == words[1:]
    assert words[1] == "bootstrap.py"
    setup = [shlex.split(line) for line in re.findall(r"python bootstrap\.py ([^&]*)", FACTS_RUN)]
    assert {words[2], *(line[0] for line in setup)} <= bootstrap.COMMANDS.keys()
    built = re.findall(r"compileall -q (.*?) &&|compileall -q (.*)$", FACTS_RUN)
    assert all((ROOT / name).is_dir() for found in built for part in found for name in part.split())


def test_another_user_than_root_runs_it():
    assert FACTS["USER"] == "forger"
    assert f"useradd --uid {deploy_check.USER} " in FACTS_RUN
    names = [name for name, _ in DOCKERFILE]
    assert names.index("USER") > max(k for k, name in enumerate(names) if name in ("RUN", "COPY"))
    assert re.search(r"^User=forger$", UNIT, re.MULTILINE)
    assert re.findall(r"^FROM\s+python:\$\{PYTHON\}-slim$", TEXTS["Dockerfile"], re.MULTILINE)
    assert re.findall(r"^ARG PYTHON=(\S+)", TEXTS["Dockerfile"], re.MULTILINE)[0] in bootstrap.TESTED


def test_data_and_runs_are_in_volumes():
    folders = {environment()["GAN_DATA"], environment()["GAN_RUNS"]}
    assert {*re.findall(r'"(/\w+)"', FACTS["VOLUME"])} == folders
    assert {*re.findall(r"- \w+:(/\w+)\n", COMPOSE)} == folders
    assert "StateDirectory=forger" in UNIT
    assert {*re.findall(r"GAN_\w+=(\S+)", UNIT)} == {"/var/lib/forger/data", "/var/lib/forger/runs"}


def test_every_variable_is_known_to_the_code_and_told():
    sources = [ROOT / "bootstrap.py", ROOT / "app.py"]
    sources += [path for folder in ("gan", "ui", "pages", "tools") for path in (ROOT / folder).rglob("*.py")]
    read = {name for path in sources for name in VARIABLE.findall(path.read_text("utf-8"))} - INNER
    told = set(VARIABLE.findall(OPERATING))
    assert told == read
    for name, text in TEXTS.items():
        assert {*VARIABLE.findall(text)} <= told, name


def test_every_flag_and_command_that_is_told_is_there():
    parser = subprocess.run([bootstrap.PYTHON, "-m", "gan", "--help"], capture_output=True, text=True, cwd=ROOT).stdout
    for command in re.findall(r"python -m gan (\w+)", OPERATING):
        assert re.search(rf"^\s+{command}\s", parser, re.MULTILINE), command
    for command in re.findall(r"make ([a-z-]+)", OPERATING):
        assert command in bootstrap.COMMANDS, command


def test_the_image_holds_what_runs_and_nothing_of_the_machine_it_is_built_on():
    rules = TEXTS[".dockerignore"].splitlines()
    out = [".git/config", ".venv/bin/python", ".venv.lock", "data/x", "node_modules/a/b", "gan/runs/__pycache__/x.pyc"]
    out += ["checkpoints/mine/config.json", "checkpoints/lean-mnist/lock", "tests/test_deploy.py", "deploy/compose.yml"]
    for name in out:
        assert deploy_check.is_left_out(name, rules), name
    kept = ["app.py", "bootstrap.py", "Makefile", "locks/cpu.txt", "gan/datasets/strokes.py", ".streamlit/config.toml"]
    kept += [
        "checkpoints/lean-mnist/weights.safetensors",
        "assets/base/http.js",
        "requirements.txt",
        "tools/torch_build.py",
    ]
    for name in kept:
        assert (ROOT / name).is_file()
        assert not deploy_check.is_left_out(name, rules), name
    ignored = (ROOT / ".gitignore").read_text()
    shipped = set(re.findall(r"^!/checkpoints/([\w-]+)/$", ignored, re.MULTILINE))
    assert set(re.findall(r"^!checkpoints/([\w-]+)$", TEXTS[".dockerignore"], re.MULTILINE)) == shipped


def test_no_place_of_the_network_is_named():
    for name, text in TEXTS.items():
        places = re.findall(r"\w+://([\w.-]+)", text)
        assert {*places} <= {"127.0.0.1", "localhost", "example.org", "forger"}, name


def test_the_project_keeps_its_readme_and_the_space_has_its_own():
    assert SPACE.startswith("---\n")
    head = dict(line.split(": ", 1) for line in SPACE.split("---\n")[1].splitlines())
    assert head["sdk"] == "docker"
    assert len(head["short_description"]) <= 60
    assert not (ROOT / "README.md").read_text("utf-8").startswith("---")
    assert "cp deploy/space/README.md README.md" in SPACE


@pytest.mark.skipif(not shutil.which("nginx"), reason="there is no nginx here")
def test_nginx_takes_its_configuration(tmp_path):
    site = NGINX.replace("http://forger:", "http://127.0.0.1:").replace("listen 80;", "listen 127.0.0.1:18080;")
    (tmp_path / "site.conf").write_text(site)
    main = f"pid {tmp_path}/pid; error_log stderr; events {{}} http {{ access_log off; include {tmp_path}/site.conf; }}"
    (tmp_path / "nginx.conf").write_text(main)
    done = subprocess.run(["nginx", "-t", "-c", str(tmp_path / "nginx.conf")], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_nginx_passes_on_what_the_app_needs():
    most = int(re.findall(r"client_max_body_size (\d+)m", NGINX)[0])
    settings = (ROOT / ".streamlit/config.toml").read_text()
    assert most > int(re.findall(r"maxUploadSize = (\d+)", settings)[0])
    for line in ("Upgrade $http_upgrade", "Connection $connection_upgrade", "Host $http_host"):
        assert f"proxy_set_header {line};" in NGINX
    path = re.findall(r"location (/\w+/)", NGINX)
    assert path == re.findall(r"FORGER_PUBLIC_URL:-http://[^/]*(/\w+/)\}", COMPOSE)
    assert re.findall(r"- \"(\d+):80\"", COMPOSE) == re.findall(r"FORGER_PUBLIC_URL:-http://localhost:(\d+)/", COMPOSE)


def test_the_checker_sees_what_does_not_work(monkeypatch):
    monkeypatch.setattr(deploy_check, "START_SECONDS", 0.0)
    with pytest.raises(deploy_check.Failed, match="ended by itself"):
        deploy_check.look(9, lambda: False)
    with pytest.raises(deploy_check.Failed, match="is not answered"):
        deploy_check.look(9, lambda: True)
    with pytest.raises(deploy_check.Failed, match="ends with 143"):
        deploy_check.ended(143)
    monkeypatch.setenv("PATH", "")
    assert deploy_check.without_docker(TEXTS["Dockerfile"]) == "it is not installed"
