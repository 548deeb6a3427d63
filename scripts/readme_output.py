"""Put real output into README.md: each marked block is rewritten from a run of the command that it shows.

    python scripts/readme_output.py            # rewrite
    python scripts/readme_output.py --check    # exit 1 when a block is stale

A block is a `console` fence between `<!-- output -->` and `<!-- end of output -->`, whose first line is `$ fsl …`.
"""

from __future__ import annotations

import argparse
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[1]
_START, _END = "<!-- output -->\n```console\n$ fsl ", "```\n<!-- end of output -->"
_BLOCK = re.compile(rf"{re.escape(_START)}(?P<arguments>[^\n]*)\n.*?{re.escape(_END)}", re.DOTALL)


def filled(text: str, root: Path) -> str:
    """The text with the output of every block as a run in the checkout at `root` gives it now."""
    return _BLOCK.sub(lambda match: _block(match["arguments"], root), text)


def block_count(text: str) -> int:
    """How many marked blocks a text holds."""
    return len(_BLOCK.findall(text))


def _block(arguments: str, root: Path) -> str:
    return f"{_START}{arguments}\n{run(shlex.split(arguments), root).rstrip()}\n{_END}"


def run(arguments: list[str], root: Path) -> str:
    """What fsl prints, without colour, 80 columns wide. Raises RuntimeError when it fails or complains."""
    paths = (str(root), os.environ.get("PYTHONPATH"))
    plain = {"NO_COLOR": "1", "COLUMNS": "80", "PYTHONPATH": os.pathsep.join(filter(None, paths))}
    environment = {key: value for key, value in os.environ.items() if key != "FORCE_COLOR"} | plain
    command = [sys.executable, "-m", "fastapi_session_lint", *arguments]
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1) or done.stderr:
        raise RuntimeError(f"fsl {shlex.join(arguments)}: exit {done.returncode}: {done.stderr.strip()}")
    return done.stdout


def main() -> int:
    """Rewrite or check README.md."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 when a block is stale")
    options = parser.parse_args()
    readme = _ROOT / "README.md"
    before = readme.read_text(encoding="utf-8")
    after = filled(before, _ROOT)
    if before == after:
        return 0
    if options.check:
        print("README.md is stale: run `python scripts/readme_output.py`", file=sys.stderr)
        return 1
    readme.write_text(after, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
