"""The command `fsl`, also as `python -m fastapi_session_lint`."""

from __future__ import annotations

import sys

from fastapi_session_lint import __version__


def main() -> int:
    """Run the command and give its exit code: 0 clean, 1 findings, 2 an error, 130 interrupted."""
    arguments = sys.argv[1:]
    if arguments in (["--version"], ["version"]):
        print(f"fsl {__version__}")
        return 0
    try:
        # To tell the version takes no longer than Python's own start; the rest needs click.
        from fastapi_session_lint.cli import run

        return run(arguments)
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
