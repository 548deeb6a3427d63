"""The command `fsl`, also as `python -m fastapi_session_lint`."""

from __future__ import annotations

import gc
import os
import sys

from fastapi_session_lint import __version__

TYPE_CHECKING = False  # to import `typing` takes as long as Python's own start
if TYPE_CHECKING:
    from typing import NoReturn


def main() -> int:
    """Run the command and give its exit code: 0 clean, 1 findings, 2 an error, 130 interrupted."""
    arguments = sys.argv[1:]
    # To tell the version takes no longer than Python's own start; the rest needs click.
    if arguments in (["--version"], ["version"]):
        return _tell_version()
    gc.disable()  # what a run makes is used to its end; a watch, which has none, turns this on again
    try:
        from fastapi_session_lint.cli import run

        return run(arguments)
    except KeyboardInterrupt:
        return 130


def command() -> NoReturn:
    """Run the command and end the process at once: to take apart all that is known takes longer than to find it.

    So does mypy. It also gives an interrupted run the same code wherever it was: Python ends itself by the very signal
    where an import was interrupted.
    """
    code = main()
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    finally:  # where nobody is there to read, there is nobody to tell
        os._exit(code)


def _tell_version() -> int:
    try:
        print(f"fsl {__version__}", flush=True)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


if __name__ == "__main__":
    command()
