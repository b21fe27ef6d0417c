"""The run folder, the interface between trainers, pages and shells: locks, control, logs, history.

Reads and writes files only; nothing here loads PyTorch.
"""

from gan.runs.control import Control as Control
from gan.runs.control import ControlReader as ControlReader
from gan.runs.errors import Missing as Missing
from gan.runs.errors import RunError as RunError
from gan.runs.lock import Busy as Busy
from gan.runs.run import ID as ID
from gan.runs.run import LOCKS as LOCKS
from gan.runs.run import MAX_BYTES as MAX_BYTES
from gan.runs.run import PICTURE_BYTES as PICTURE_BYTES
from gan.runs.run import Run as Run
from gan.runs.run import Sort as Sort
from gan.runs.run import check_root as check_root
from gan.runs.run import create as create
from gan.runs.run import find as find
from gan.runs.run import folder_status as folder_status
from gan.runs.run import made_root as made_root
from gan.runs.run import root as root
from gan.runs.run import runs as runs
from gan.runs.run import shipped as shipped
from gan.runs.run import spent as spent
