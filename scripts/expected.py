"""Compare what `fsl check` printed with the `# expect:` comments of the files that it checked.

    fsl check examples/bookshop | python scripts/expected.py examples/bookshop

Exit code 0 when both name the same codes on the same lines of the same files, 1 with each difference otherwise.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

_COMMENT = re.compile(r"#\s*expect:\s*(FSL\d{3}(?:\s*,\s*FSL\d{3})*)")
_HEADER = re.compile(r"(?P<path>\S.*?\.py):(?P<row>\d+):\d+: .*?\b(?P<code>FSL\d{3})\b")
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


class Place(NamedTuple):
    """A code on a line of a file."""

    path: str
    row: int
    code: str


def expected(folder: Path) -> Iterator[Place]:
    """What the comments of a folder's Python files promise."""
    for path in sorted(folder.rglob("*.py")):
        for row, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            for match in _COMMENT.finditer(line):
                yield from (Place(path.as_posix(), row, code.strip()) for code in match[1].split(","))


def reported(lines: Iterable[str]) -> Iterator[Place]:
    """What the lines of a full or concise report say."""
    for line in lines:
        if match := _HEADER.match(_COLOUR.sub("", line)):
            yield Place(match["path"], int(match["row"]), match["code"])


def main() -> int:
    """Read the report from the standard input and compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="as it was named to fsl check")
    folder: Path = parser.parse_args().folder
    wanted, found = set(expected(folder)), set(reported(sys.stdin))
    for word, places in (("missed", wanted - found), ("not expected", found - wanted)):
        for place in sorted(places):
            print(f"{word}: {place.path}:{place.row} {place.code}")
    print(f"{folder}: {len(found)} reported, {len(wanted)} expected")
    return 0 if wanted and wanted == found else 1


if __name__ == "__main__":
    sys.exit(main())
