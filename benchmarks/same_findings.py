"""Whether every way to ask gives the same findings: cold, by several processes, warm, after a change, from flake8, from
standard input.

    python benchmarks/same_findings.py FOLDER [FOLDER ...]

Each folder is a project; it is copied, so that nothing is written into it. Up to `--texts` of its files with findings
are changed, and given by standard input. A line tells what each has, and the exit code is 1 when two ways differ.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
CHECK = (sys.executable, "-m", "fastapi_session_lint", "check", "--exit-zero", "-q", "--output-format", "json")


def run(command: Sequence[str], project: Path, cache: Path, stdin: bytes = b"") -> bytes:
    """What a command prints in a project; one that fails ends everything."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "FSL_CACHE_DIR": str(cache)}
    done = subprocess.run(command, cwd=project, env=environment, input=stdin, capture_output=True, check=False)
    if done.returncode:
        sys.exit(f"{project}: {' '.join(command)}: exit {done.returncode}\n{done.stderr.decode()[-2000:]}")
    return done.stdout


def found(output: bytes, project: Path) -> list[dict[str, Any]]:
    """The findings of a report, with their paths relative to the project."""
    findings: list[dict[str, Any]] = json.loads(output)
    return [{**one, "path": str(Path(one["filename"]).relative_to(project))} for one in findings]


def differences(project: Path, scratch: Path, texts: int) -> Iterator[str]:
    """The ways that do not give what a cold run by one process gives, the number of findings first."""
    cache = scratch / "cache"
    cold = run((*CHECK, "--no-cache", "--jobs", "1", "."), project, cache)
    findings = found(cold, project)
    yield f"{len(findings)} findings"
    ways = {
        "three processes": (*CHECK, "--no-cache", "--jobs", "3", "."),
        "two processes that fill the cache": (*CHECK, "--jobs", "2", "."),
        "warm": (*CHECK, "."),
    }
    for name, command in ways.items():
        if run(command, project, cache) != cold:
            yield name
    forgotten: tuple[str, ...] = ()
    for kind, name in (("runs", "the record of a run"), ("records", "components"), ("components", "models")):
        forgotten += (kind,)
        for folder in (one for kind in forgotten for one in cache.glob(f"*/{kind}")):
            shutil.rmtree(folder)
        if run((*CHECK, "--jobs", "1", "."), project, cache) != cold:
            yield f"{name} from the cache"
    for path in sorted({one["path"] for one in findings})[:texts]:
        yield from differences_when_changed(project, cache, path)
    for path in sorted({one["path"] for one in findings})[:texts]:
        here = [one for one in findings if one["path"] == path]
        text = (project / path).read_bytes()
        for _ in range(2):  # the second is warm
            if found(run((*CHECK, "--stdin-filename", path, "-"), project, cache, text), project) != here:
                yield f"standard input for {path}"
    yield from flake8_differences(findings, project, cache)


_NAMES = b"import os\nfrom typing import Any\n"
_SCHEMA = b"""
from pydantic import BaseModel

GREETING = "How do you do"


class OneMore(BaseModel):
    size: int = 1
"""


def differences_when_changed(project: Path, cache: Path, path: str) -> Iterator[str]:
    """Whether what is known of the files as they were gives what a cold run gives when one of them has changed."""
    file = project / path
    before = file.read_bytes()
    changes = {
        "a row more": b"# a row more\n" + before,
        "a constant more": before + b"\n_ONE_MORE = 1\n",
        "names more that concern no session": _NAMES + before + _SCHEMA,
        "a session more": before + b"\n\ndef one_more(session):\n    session.commit()\n",
    }
    for name, text in changes.items():
        file.write_bytes(text)
        if run((*CHECK, "."), project, cache) != run((*CHECK, "--no-cache", "."), project, cache):
            yield f"{name} in {path}"
    file.write_bytes(before)


def flake8_differences(findings: Sequence[dict[str, Any]], project: Path, cache: Path) -> Iterator[str]:
    """Whether flake8, cold and warm, shows the findings that it is shown, but for what `# noqa` says to it alone.

    A file that the running Python cannot read is E999 to flake8, and no plugin is asked about it.
    """
    config = cache.with_name("flake8.cfg")
    config.write_text("[flake8:local-plugins]\nextension =\n    FSL = fastapi_session_lint.flake8_plugin:Plugin\n")
    form = "--format=%(path)s:%(row)d:%(col)d: %(code)s %(text)s"
    paths = sorted(path for path in {one["path"] for one in findings} if can_be_read(project / path))
    if not paths:
        return
    command = (sys.executable, "-m", "flake8", "--config", str(config), "--select=FSL", "--exit-zero", form, *paths)
    expected = sorted(_line(one) for one in findings if one["path"] in paths)
    shutil.rmtree(cache, ignore_errors=True)
    for state in ("cold", "warm"):
        if sorted(run(command, project, cache).decode().splitlines()) != expected:
            yield f"flake8, {state}"


def can_be_read(path: Path) -> bool:
    """Whether the running Python can read a file."""
    try:
        ast.parse(path.read_bytes())
    except (SyntaxError, ValueError):
        return False
    return True


def _line(finding: dict[str, Any]) -> str:
    place = finding["location"]
    return f"{finding['path']}:{place['row']}:{place['column']}: {finding['code']} {finding['message']}"


def main() -> int:
    """Compare, and print a line for each project."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", type=Path, nargs="+", help="the projects")
    parser.add_argument("--texts", type=int, default=3, help="how many files of each are given by standard input")
    options = parser.parse_args()
    differ = False
    for folder in options.folders:
        with tempfile.TemporaryDirectory() as scratch:
            project = Path(scratch).resolve() / "project"
            shutil.copytree(folder, project, symlinks=True)
            (project / ".git").mkdir(exist_ok=True)  # where the project ends, so that nothing above it counts
            found, *wrong = differences(project, Path(scratch), options.texts)
            differ = differ or bool(wrong)
            print(
                f"{folder.name}: {found}; {'different: ' + '; '.join(wrong) if wrong else 'all the same'}", flush=True
            )
    return int(differ)


if __name__ == "__main__":
    sys.exit(main())
