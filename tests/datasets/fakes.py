"""Pictures, tiny files of the MNIST family, and a server that gives them in good and bad ways."""

import io
import threading
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from gan.datasets import mnist


def idx(array):
    head = bytes([0, 0, 8, array.ndim]) + b"".join(n.to_bytes(4, "big") for n in array.shape)
    return head + array.astype(np.uint8).tobytes()


def digits(n, seed=0):
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, (n, 28, 28)), rng.integers(0, 10, n)


def raw_files():
    parts = [*digits(30), *digits(10, seed=1)]
    return {Path(file).name: idx(part) for file, part in zip(mnist.FILES, parts, strict=True)}


def place(root):
    for name, content in raw_files().items():
        path = root / "MNIST/raw" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


class Server(BaseHTTPRequestHandler):
    """Serves bytes by name; `cut` sends half of what it announces, `slow` nothing at all, `trickle` byte by byte."""

    def __init__(self, files, fault, *rest):
        self.files, self.fault = files, fault
        super().__init__(*rest)

    def do_GET(self):
        content = self.files.get(self.path.rpartition("/")[2])
        if content is None:
            self.send_error(404)
            return
        if self.fault == "slow":
            self.server.asleep.wait(10)  # type: ignore[attr-defined]
        self.send_response(200)
        if self.fault != "endless":
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        try:
            match self.fault:
                case "cut":
                    self.wfile.write(content[: len(content) // 2])
                case "trickle":
                    for k in range(len(content)):
                        self.wfile.write(content[k : k + 1])
                        self.server.asleep.wait(0.02)  # type: ignore[attr-defined]
                case "endless":
                    for _ in range(400):
                        self.wfile.write(bytes(1 << 16))
                case _:
                    self.wfile.write(content)
        except OSError:
            pass  # the other side has heard enough

    def log_message(self, *_):
        pass


@contextmanager
def serving(files, fault=""):
    server: Any = ThreadingHTTPServer(("127.0.0.1", 0), partial(Server, files, fault))
    server.asleep = threading.Event()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.asleep.set()
        server.shutdown()
        thread.join()
        server.server_close()


def picture(mode="RGB", size=(40, 30), seed=0, kind="PNG", **how):
    pixels = np.random.default_rng(seed).integers(0, 256, (*size[::-1], 3), dtype=np.uint8)
    out = io.BytesIO()
    Image.fromarray(pixels).convert(mode).save(out, kind, **how)
    return out.getvalue()


def plain(colour, size=(40, 40), kind="PNG", **how):
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, kind, **how)
    return out.getvalue()
