"""What a check costs next to what it cannot do without, and next to other tools: one command, one run.

    python benchmarks/speed.py TREE [--rounds 5] [--growth] [--json FILE]

Every contender is a process of its own on a copy of the tree; the rounds are interleaved, and each figure is a median,
so that the ratios hold on a busy machine. "wall" is the time on the clock, "processor" what the process and those that
it started took of all cores: where others use the machine, read that. "parsing" is the time for the parse calls alone.
Tools that are not installed beside this Python are left out. `--growth` adds the tree 4 and 16 times, as copies.
"""

from __future__ import annotations

import argparse
import ast
import functools
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, entry_points, version
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from fastapi_session_lint.settings import DEFAULT_EXCLUDE  # noqa: E402  # found by the line above

LIBCST = "libcst.parse_module over all files"
PASS = "python -c pass"
FIXIT = "fixit, default rules"
RUFF = "ruff check --no-cache"
FSL = (sys.executable, "-m", "fastapi_session_lint")
CHECK = (*FSL, "check", "--isolated", "--exit-zero", "-q", "--output-format", "json")
PACKAGES = ("libcst", "ruff", "fixit", "flake8", "flake8-async", "flake8-bugbear", "fastapi-therapist", "semgrep")


class Taken(NamedTuple):
    """What one run took: seconds on the clock and of the processors, megabytes at the most, seconds of parsing."""

    wall: float
    processor: float
    memory: float
    parsing: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Contender:
    """A command to time, in the copy of the tree, after what `prepare` does for the round of a number."""

    title: str
    command: tuple[str, ...]
    prepare: Callable[[int], None] = lambda _: None
    parses: bool = False
    environment: tuple[tuple[str, str], ...] = ()


# --- the contenders --------------------------------------------------------------------------------------------------


def files_of(tree: Path) -> list[Path]:
    """The Python files of a tree, without the folders that are excluded by default."""
    excluded = frozenset(DEFAULT_EXCLUDE)
    return [path for path in sorted(tree.rglob("*.py")) if not excluded & set(path.relative_to(tree).parts)]


def parse_all(parser: str, tree: Path) -> tuple[float, float]:
    """The seconds, by the clock and of the processor, that a parser takes for all files; failures count as well."""
    contents = [path.read_bytes() for path in files_of(tree)]
    warnings.simplefilter("ignore")
    parse, error = _parser(parser)
    start = time.perf_counter(), time.process_time()
    for content in contents:
        try:
            parse(content)
        except error:
            continue
    return time.perf_counter() - start[0], time.process_time() - start[1]


def _parser(name: str) -> tuple[Callable[[bytes], object], tuple[type[Exception], ...]]:
    if name == "ast":
        return ast.parse, (SyntaxError, ValueError)
    import libcst  # the contender `ast` must not pay for it

    return libcst.parse_module, (libcst.ParserSyntaxError, UnicodeDecodeError)


def contenders(tree: Path, scratch: Path, programs: Path | None = None) -> Iterator[Contender]:
    """All that are measured, in the order in which they are shown."""
    own = (sys.executable, __file__, str(tree), "--parse-with")
    leaf, shared = leaf_file(tree), database_file(tree)
    yield Contender(PASS, (sys.executable, "-c", "pass"))
    yield Contender("fsl --version", (*FSL, "--version"))
    yield Contender("ast.parse over all files", (*own, "ast"), parses=True)
    yield Contender(LIBCST, (*own, "libcst"), parses=True)
    yield Contender("fsl check, cold, one process", (*CHECK, "--no-cache", "--jobs", "1", str(tree)))
    yield Contender("fsl check, cold, two processes", (*CHECK, "--no-cache", "--jobs", "2", str(tree)))
    warm = (*CHECK, "--cache-dir", str(scratch / "warm"), str(tree))
    yield Contender("fsl check, warm, unchanged", warm)
    yield Contender("fsl check, warm, a leaf changed", warm, changing(leaf, IDLE))
    yield Contender("fsl check, warm, a schema more in a leaf", warm, changing(leaf, SCHEMA))
    yield Contender("fsl check, warm, the database changed", warm, changing(shared, IDLE))
    yield Contender("fsl check, warm, a session more in a leaf", warm, changing(leaf, TELLING))
    yield Contender("fsl check, warm, a session more in the database", warm, changing(shared, TELLING))
    one = (*CHECK, "--cache-dir", str(scratch / "one"), str(leaf))
    yield Contender("fsl check of one file, warm, unchanged", one, restoring(leaf, shared))
    yield from flake8_contenders(tree, scratch)
    yield from peers(tree, programs)


def leaf_file(tree: Path) -> Path:
    """A file that no other one is likely to import: the last of the tests, or the last of all."""
    files = files_of(tree)
    return next((path for path in reversed(files) if path.name.startswith("test_")), files[-1])


def database_file(tree: Path) -> Path:
    """The file that all others hang on: the first `database.py` or `db.py`, or the first of all."""
    files = files_of(tree)
    return next((path for path in files if path.name in ("database.py", "db.py")), files[0])


IDLE = "_ROUND_{name} = {number}"
"""A line that tells nobody anything."""
SCHEMA = """\
from typing import Any
from pydantic import BaseModel

GREETING_{name} = "How do you do"


class Round{name}(BaseModel):
    sizes: dict[str, Any] = {{}}
"""
"""Names that nobody takes, bound to what concerns no session."""
TELLING = "def round_{name}(session):\n    session.commit()"
"""Lines that concern a session, so that they may matter to anybody."""


def changing(path: Path, line: str) -> Callable[[int], None]:
    """Give a file a line that it has never had before; its other lines stay where they are."""
    before = path.read_bytes()

    def change(number: int) -> None:
        name = f"{number}_{time.time_ns()}"
        path.write_bytes(before + f"\n\n{line.format(name=name, number=number)}\n".encode())

    return change


def restoring(*paths: Path) -> Callable[[int], None]:
    """Give files back the content that they have now."""
    before = {path: path.read_bytes() for path in paths}

    def restore(_: int) -> None:
        for path, content in before.items():
            path.write_bytes(content)

    return restore


def flake8_contenders(tree: Path, scratch: Path) -> Iterator[Contender]:
    """flake8 alone and with the plugin; where the plugin is installed for good there is no flake8 alone."""
    if not is_installed("flake8"):
        return
    command = (sys.executable, "-m", "flake8", "--exit-zero", "-q", str(tree))
    config = scratch / "flake8.cfg"
    plugin = "FSL = fastapi_session_lint.flake8_plugin:Plugin"
    config.write_text(f"[flake8:local-plugins]\nextension =\n    {plugin}\n")
    has_plugin = any(one.name == "FSL" for one in entry_points(group="flake8.extension"))
    if not has_plugin:
        yield Contender("flake8", (*command, "--isolated"))
    chosen = ("--isolated",) if has_plugin else ("--config", str(config))
    for title, folder in (("warm", scratch / "flake8"), ("cold", scratch / "flake8-cold")):
        clear = functools.partial(forget, folder if title == "cold" else None)
        environment = (("FSL_CACHE_DIR", str(folder)),)
        yield Contender(f"flake8 with the plugin, {title}", (*command, *chosen), clear, environment=environment)


def peers(tree: Path, programs: Path | None = None) -> Iterator[Contender]:
    """Other tools, where they are installed: for this Python, or in the folder of `programs`."""
    commands = {
        RUFF: ("ruff", "check", "--no-cache", "--isolated", "--exit-zero", "-q", str(tree)),
        FIXIT: ("fixit", "--quiet", "lint", str(tree)),
        "flake8-async alone": ("flake8-async", *map(str, files_of(tree))),
        "fastapi-therapist": ("fastapi-therapist", str(tree)),
        "semgrep, p/python": ("semgrep", "scan", "--quiet", "--metrics=off", "--config=p/python", str(tree)),
    }
    folders = [Path(sys.executable).parent, *([] if programs is None else [programs])]
    for title, (program, *arguments) in commands.items():
        path = next((one / program for one in folders if (one / program).exists()), None)
        if path is not None:
            yield Contender(title, (str(path), *arguments))
    if programs is not None and (programs / "flake8").exists():
        command = (str(programs / "flake8"), "--isolated", "--exit-zero", "-q", str(tree))
        yield Contender("flake8 with the plugins of that folder", command)


def is_installed(package: str) -> bool:
    """Whether a package is installed for this Python."""
    try:
        version(package)
    except PackageNotFoundError:
        return False
    return True


def growth(tree: Path, scratch: Path) -> Iterator[Contender]:
    """The tree once, 4 and 16 times, each time in a folder of its own that is one project."""
    for count in (1, 4, 16):
        folder = scratch / f"times{count}"
        for number in range(count):
            shutil.copytree(tree, folder / f"copy{number:02}")
        (folder / "setup.cfg").touch()
        command = (*CHECK, "--no-cache", "--jobs", "1", str(folder))
        yield Contender(f"fsl check, cold, one process, {count} times the tree", command)


# --- measuring -------------------------------------------------------------------------------------------------------


def forget(folder: Path | None, _number: int) -> None:
    """Delete a cache before a round, where there is one to delete."""
    if folder is not None:
        shutil.rmtree(folder, ignore_errors=True)


def run(contender: Contender, number: int) -> Taken:
    """Run a contender once; one that is killed or cannot be used ends the benchmark, findings do not."""
    contender.prepare(number)
    paths = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    environment = {**os.environ, "PYTHONPATH": paths, **dict(contender.environment)}
    # Installed packages are compiled; a checkout is, too, from its second run on, where nobody forbids it.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        start = time.perf_counter()
        process = subprocess.Popen(contender.command, stdout=output, stderr=errors, env=environment)
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        errors.seek(0)
        if process.returncode not in (0, 1):
            sys.exit(f"{contender.title}: exit {process.returncode}\n{errors.read().decode()[-2000:]}")
        clock, processor = map(float, output.read().split()[-2:]) if contender.parses else (0.0, 0.0)
    return Taken(
        wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, (clock, processor) if contender.parses else None
    )


def measure(runners: Sequence[Contender], rounds: int) -> dict[str, list[Taken]]:
    """What each contender took in each round, after one round that fills the caches."""
    taken: dict[str, list[Taken]] = {one.title: [] for one in runners}
    for number in range(rounds + 1):
        for one in runners:
            result = run(one, number)
            if number:
                taken[one.title].append(result)
        print(f"round {number} of {rounds}", file=sys.stderr)
    return taken


def middle(taken: Sequence[Taken]) -> Taken:
    """The median of each figure."""
    parsing = [one.parsing for one in taken if one.parsing is not None]
    wall = statistics.median(one.wall for one in taken)
    processor = statistics.median(one.processor for one in taken)
    memory = statistics.median(one.memory for one in taken)
    if not parsing:
        return Taken(wall, processor, memory)
    inner = (statistics.median(one[0] for one in parsing), statistics.median(one[1] for one in parsing))
    return Taken(wall, processor, memory, inner)


# --- telling ---------------------------------------------------------------------------------------------------------


def ratios(medians: dict[str, Taken]) -> Iterator[tuple[str, float, float, float]]:
    """What is asked for: a name, its ratio by the clock and by the processors, and the most that it should be."""

    def figure(name: str, above: str, below: str, most: float) -> Iterator[tuple[str, float, float, float]]:
        over, under = medians.get(above), medians.get(below)
        if over is not None and under is not None:
            clock, processor = under.parsing or (under.wall, under.processor)
            yield name, over.wall / clock, over.processor / processor, most

    unchanged, cold = "fsl check, warm, unchanged", "fsl check, cold, one process"
    yield from figure("cold, one process / libcst parsing", "fsl check, cold, one process", LIBCST, 1.3)
    yield from figure("cold, two processes / libcst parsing", "fsl check, cold, two processes", LIBCST, 0.8)
    yield from figure("cold, one process / fixit", "fsl check, cold, one process", FIXIT, 0.1)
    yield from figure("warm, unchanged / ruff", unchanged, RUFF, 1.5)
    for change in ("a leaf changed", "a schema more in a leaf", "the database changed", "a session more in a leaf"):
        yield from figure(f"warm, {change} / warm, unchanged", f"fsl check, warm, {change}", unchanged, 1.5)
    more = "a session more in the database"
    yield from figure(f"warm, {more} / warm, unchanged", f"fsl check, warm, {more}", unchanged, 0.0)
    yield from figure("flake8 with the plugin, warm / flake8", "flake8 with the plugin, warm", "flake8", 1.15)
    yield from figure("flake8 with the plugin, cold / flake8", "flake8 with the plugin, cold", "flake8", 1.6)
    yield from figure("fsl --version / python -c pass", "fsl --version", PASS, 6)
    yield from figure("16 times the tree / once", f"{cold}, 16 times the tree", f"{cold}, 1 times the tree", 17)


def report(medians: dict[str, Taken], taken: dict[str, list[Taken]], tree: Path) -> None:
    """Print the machine, the table and the ratios."""
    files = files_of(tree)
    lines = sum(path.read_bytes().count(b"\n") for path in files)
    rounds = len(next(iter(taken.values())))
    changed = " and ".join(str(one(tree).relative_to(tree)) for one in (leaf_file, database_file))
    print(f"{tree.name}: {len(files)} files, {lines} lines; median of {rounds} interleaved rounds")
    print(f"changed, as a leaf and as the database: {changed}")
    print(", ".join(f"{name} {number}" for name, number in versions().items()))
    print("\n| | wall, s | min-max | processor, s | memory, MB | parsing, s |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    for title, one in medians.items():
        seconds = sorted(each.wall for each in taken[title])
        parsing = "" if one.parsing is None else f"{one.parsing[0]:.2f}"
        spread = f"{seconds[0]:.2f}-{seconds[-1]:.2f}"
        print(f"| {title} | {one.wall:.2f} | {spread} | {one.processor:.2f} | {one.memory:.0f} | {parsing} |")
    print("\n| ratio | by the clock | by the processors | at most |")
    print("| --- | ---: | ---: | ---: |")
    for name, wall, processor, most in ratios(medians):
        print(f"| {name} | {wall:.2f} | {processor:.2f} | {most or ''} |")


def versions() -> dict[str, str]:
    """The machine, Python, and the tools that take part."""
    installed = {name: version(name) for name in PACKAGES if is_installed(name)}
    return {"Python": platform.python_version(), "on": f"{os.cpu_count()} cores of {platform.machine()}", **installed}


def written(medians: dict[str, Taken], taken: dict[str, list[Taken]]) -> dict[str, Any]:
    """All of it for a machine to read."""
    return {
        "versions": versions(),
        "medians": {title: one._asdict() for title, one in medians.items()},
        "rounds": {title: [one._asdict() for one in each] for title, each in taken.items()},
        "ratios": [dict(zip(("name", "wall", "processor", "at_most"), one, strict=True)) for one in ratios(medians)],
    }


def main() -> int:
    """Measure, print and write; with --parse-with be one of the contenders."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tree", type=Path, help="the folder to check")
    parser.add_argument("--rounds", type=int, default=5, help="how often each contender runs")
    parser.add_argument("--growth", action="store_true", help="also check the tree 4 and 16 times")
    parser.add_argument("--programs", type=Path, help="a folder with more tools, as bin of another environment")
    parser.add_argument("--json", type=Path, help="where to write the figures")
    parser.add_argument("--only", default="", help="only the contenders whose titles hold one of these words, a|b")
    parser.add_argument("--parse-with", choices=("ast", "libcst"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    tree: Path = options.tree.resolve()
    if not files_of(tree):
        parser.error(f"{tree} holds no Python files")
    if options.rounds < 1:
        parser.error("--rounds must be 1 or more")
    if options.parse_with:
        print(*parse_all(options.parse_with, tree))
        return 0
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / tree.name
        shutil.copytree(tree, copy, ignore=shutil.ignore_patterns(*DEFAULT_EXCLUDE))
        runners = list(contenders(copy, Path(folder), options.programs))
        runners += growth(copy, Path(folder)) if options.growth else ()
        runners = [one for one in runners if any(word in one.title for word in options.only.split("|"))]
        taken = measure(runners, options.rounds)
        medians = {title: middle(each) for title, each in taken.items()}
        report(medians, taken, copy)
        if options.json:
            options.json.write_text(json.dumps(written(medians, taken), indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
