"""`python -m gan train|list|sample|eval|export|…`: runs a command, and turns its errors into exit codes."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from gan import registry
from gan.cli.commands import INTERRUPTED
from gan.cli.flags import Usage
from gan.cli.parser import make_parser
from gan.config import ConfigError
from gan.runs import Missing, RunError, root

FAILED, WRONG_USAGE = 1, 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; returns 0 done, 1 failed with a message, 2 wrong usage, 130 interrupted and saved."""
    parser = make_parser()
    args = parser.parse_args(arguments)
    try:
        code: int = args.command(args)
        sys.stdout.flush()
    except (Usage, ConfigError, registry.Unknown) as error:
        print(f"{parser.prog}: {error}", file=sys.stderr)
        return WRONG_USAGE
    except BrokenPipeError:  # the reader has gone, as with `list | head -1`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except Missing as error:
        print(f"{parser.prog}: {str(error).removesuffix('.')} in {root()}.", file=sys.stderr)
        return FAILED
    except (RunError, OSError) as error:
        print(f"{parser.prog}: {error}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        print(f"\n{parser.prog}: interrupted.", file=sys.stderr)
        return INTERRUPTED
    return code
