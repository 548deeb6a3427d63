"""The command `fsl`, also as `python -m fastapi_session_lint`."""

from __future__ import annotations

import gc
import os
import sys

from fastapi_session_lint import __version__


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
    finally:
        gc.freeze()  # the interpreter would look for garbage once more before it ends


def _tell_version() -> int:
    try:
        print(f"fsl {__version__}", flush=True)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


if __name__ == "__main__":
    sys.exit(main())
