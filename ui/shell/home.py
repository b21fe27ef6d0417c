"""A home folder that may not be read, as after `su` and `sudo -u`: the server goes without it, and says so."""

from __future__ import annotations

import contextlib
from pathlib import Path

from streamlit import config


def leave_out() -> str:
    """Takes files that may not be read from those in which Streamlit looks for secrets with every request.

    Returns a sentence for the terminal, "" where all is well.
    """
    paths = list(config.get_option("secrets.files"))
    shut = [path for path in paths if _is_shut(path)]
    if not shut:
        return ""
    config.set_option("secrets.files", [path for path in paths if path not in shut])
    return f"{', '.join(shut)} may not be read by this user, and is left out. (Is HOME that of somebody else?)"


def _is_shut(path: str) -> bool:
    try:
        with contextlib.suppress(FileNotFoundError, NotADirectoryError, IsADirectoryError), Path(path).open("rb"):
            pass
    except OSError:
        return True
    return False
