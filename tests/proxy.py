"""nginx in front of a server, for tests: the app in a folder of another address."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.serving import free_port

NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin") or ""
needs_nginx = pytest.mark.skipif(not NGINX and not os.environ.get("CI"), reason="no nginx (apt install nginx)")

CONFIG = """
{user}
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 256; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  client_max_body_size {megabytes}m;
  server {{
    listen 127.0.0.1:{port};
    location = /outside.html {{ default_type text/html; return 200 '{outside}'; }}
    location {location} {{
      proxy_pass {to};
      {headers}
      proxy_read_timeout 1h;
    }}
  }}
}}
"""
UPGRADE = """
      proxy_http_version 1.1;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection "upgrade";
"""


@contextlib.contextmanager
def nginx(
    folder: Path,
    server: str,
    location: str = "/",
    *,
    strip: bool = True,
    upgrade: bool = True,
    host: str = "$http_host",
    megabytes: int = 64,
    outside: str = "",
) -> Iterator[str]:
    """The address of `server` behind nginx: in the folder `location`, which is taken off where `strip`.

    Without `upgrade` no websocket passes; `host` is what the server sees; `outside` is a page at /outside.html.
    """
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    text = CONFIG.format(
        folder=folder,
        user="user root;" if os.getuid() == 0 else "",  # else its workers may not write there
        port=port,
        location=location,
        to=server + ("/" if strip else ""),
        headers=f"proxy_set_header Host {host};{UPGRADE if upgrade else ''}",
        megabytes=megabytes,
        outside=outside.replace("'", "\\'"),
    )
    (folder / "nginx.conf").write_text(text)
    process = subprocess.Popen([NGINX, "-p", folder, "-e", folder / "error.log", "-c", folder / "nginx.conf"])
    try:
        deadline = time.monotonic() + 20
        while not (folder / "nginx.pid").exists():
            assert process.poll() is None, (folder / "error.log").read_text()
            assert time.monotonic() < deadline
            time.sleep(0.05)
        yield f"http://{urlsplit(server).hostname}:{port}{location.rstrip('/')}/"
    finally:
        process.terminate()
        process.wait(10)
