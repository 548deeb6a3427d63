"""What the text of each kind of file asks: one function a kind. A text that is odd or broken asks for less."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from fastapi_session_lint.manifests.demands import CONCERNS, LIBRARIES, PYTHON, Demand, locked, loose, requirement

_PACKAGE = re.compile(r"^\[\[packages?\]\]", re.MULTILINE)
_NAME = re.compile(rf"^name\s*=\s*[\"']({'|'.join(LIBRARIES)})[\"']", re.MULTILINE | re.IGNORECASE)
_VERSION = re.compile(r"^version\s*=\s*[\"']([^\"']+)[\"']", re.MULTILINE)
_INCLUDE = re.compile(r"\s*(?:-r|-c|--requirement|--constraint)[\s=]*(\S+)")
_PIP_OPTION = re.compile(r"\s+--?[a-z].*$")
_QUOTED = re.compile(r"""(["'])((?:(?!\1)[^\\\n])*)\1""")
_PYTHON_REQUIRES = re.compile(r"\bpython_requires\s*=\s*[\"']?([^\"'#\n]+)")
_KEY = re.compile(r"^\s*[\w.-]+\s*=(?!=)\s*")
_CONDA = re.compile(rf"(?:[\w-]+::)?({PYTHON}|{'|'.join(LIBRARIES)})\s*([<>=!~\d][^\s#]*)?\s*(?:#.*)?$", re.IGNORECASE)


def lock(text: str) -> Iterator[Demand]:
    """uv.lock, poetry.lock, pdm.lock, pylock.toml: long and regular, and ten times as slow when read as TOML."""
    for block in _PACKAGE.split(text)[1:]:
        name, release = _NAME.search(block), _VERSION.search(block)
        if name and release:
            yield from locked(name[1], release[1])


def pipfile_lock(text: str) -> Iterator[Demand]:
    """Pipfile.lock, which is JSON."""
    import json  # most projects have no such file

    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        return
    yield from loose(PYTHON, _inside(content, "_meta", "requires").get("python_version"))
    for section in ("default", "develop"):
        for name, entry in _inside(content, section).items():
            if isinstance(entry, dict):
                yield from locked(name, str(entry.get("version", "")).removeprefix("=="))


def requirements(text: str) -> Iterator[Demand]:
    """requirements.txt, requirements.in, constraints.txt; what they include is another file's."""
    for line in _logical_lines(text):
        yield from requirement(_PIP_OPTION.sub("", line))


def includes(text: str) -> Iterator[str]:
    """The files that a requirements file includes, as they are written."""
    for line in _logical_lines(text):
        if found := _INCLUDE.match(line):
            yield found[1]


def _logical_lines(text: str) -> Iterator[str]:
    for line in re.sub(r"\\\r?\n", " ", text).splitlines():
        yield re.sub(r"(^|\s)#.*", "", line)


def pyproject(text: str) -> Iterator[Demand]:
    """pyproject.toml: PEP 621 and PEP 735, Poetry, PDM, uv and Hatch."""
    content = _toml(text)
    project, tool = _inside(content, "project"), _inside(content, "tool")
    yield from loose(PYTHON, project.get("requires-python"))
    yield from _requirements(project.get("dependencies"))
    yield from _poetry(_inside(tool, "poetry"))
    yield from _groups(_inside(project, "optional-dependencies"))
    yield from _groups(_inside(content, "dependency-groups"))
    yield from _groups(_inside(tool, "pdm", "dev-dependencies"))
    for key in ("dev-dependencies", "constraint-dependencies", "override-dependencies"):
        yield from _requirements(_inside(tool, "uv").get(key))
    for environment in _inside(tool, "hatch", "envs").values():
        yield from _requirements(_inside(environment).get("dependencies"))


def _poetry(table: Mapping[str, Any]) -> Iterator[Demand]:
    tables = [_inside(table, "dependencies"), _inside(table, "dev-dependencies")]
    tables += [_inside(group, "dependencies") for group in _inside(table, "group").values()]
    for one in tables:
        yield from _entries(one)


def pipfile(text: str) -> Iterator[Demand]:
    """Pipfile."""
    content = _toml(text)
    requires = _inside(content, "requires")
    yield from loose(PYTHON, requires.get("python_full_version") or requires.get("python_version"))
    yield from _entries(_inside(content, "packages"))
    yield from _entries(_inside(content, "dev-packages"))


def _entries(table: Mapping[str, Any]) -> Iterator[Demand]:
    """The entries of a table by library: a range, a table with a range, or a list of such tables."""
    for name, entry in table.items():
        entries = entry if isinstance(entry, list) else [entry]
        ranges = [one.get("version") if isinstance(one, dict) else one for one in entries]
        texts = [one for one in ranges if isinstance(one, str)]
        if texts and len(texts) == len(ranges):
            yield from loose(name, "||".join(texts))


def setup_cfg(text: str) -> Iterator[Demand]:
    """setup.cfg, line by line."""
    yield from _python_requires(text)
    for line in text.splitlines():
        yield from requirement(re.sub(r"\s#.*", "", _KEY.sub("", line)))


def setup_py(text: str) -> Iterator[Demand]:
    """setup.py as a text, which is never run: its quoted requirements."""
    yield from _python_requires(text)
    for found in _QUOTED.finditer(text):
        # A bare name may be anything here, the package's own keywords for example.
        yield from (one for one in requirement(found[2]) if not one.is_open)


def _python_requires(text: str) -> Iterator[Demand]:
    if found := _PYTHON_REQUIRES.search(text):
        yield from loose(PYTHON, found[1].strip())


def environment(text: str) -> Iterator[Demand]:
    """conda's environment.yml, with what it hands to pip, line by line."""
    for line in text.splitlines():
        entry = line.strip().removeprefix("-").strip().strip("\"'")
        if entry != line.strip() and (found := _CONDA.match(entry)):
            pip = list(requirement(entry))
            yield from pip or loose(found[1], _without_build(found[2] or "*"))


def _without_build(text: str) -> str:
    """`=1.4.46=py39h1` without the build that conda names after the release."""
    return re.sub(r"^(={1,2}[\w.*]+)=.*$", r"\1", text)


def python_version(text: str) -> Iterator[Demand]:
    """.python-version: the first interpreter that it names."""
    if found := re.match(r"\s*(?:[a-z]+-?)?(\d+(?:\.\d+)*)", text, re.IGNORECASE):
        yield Demand(PYTHON, tuple(one.choices[0] for one in loose(PYTHON, found[1])), is_locked=True)


Format = Callable[[str], Iterator[Demand]]


def _toml(text: str) -> Mapping[str, Any]:
    """A text's tables; none where it is no TOML."""
    if not CONCERNS.search(text):
        return {}
    import tomllib  # a run without such a file need not wait for this import

    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        return {}


def _inside(content: object, *keys: str) -> Mapping[str, Any]:
    """The table at the end of the keys, an empty one where anything on the way is none."""
    for key in keys:
        content = content.get(key) if isinstance(content, dict) else None
    return content if isinstance(content, dict) else {}


def _requirements(entries: object) -> Iterator[Demand]:
    for one in entries if isinstance(entries, list) else ():
        if isinstance(one, str):
            yield from requirement(one)


def _groups(table: Mapping[str, Iterable[object]]) -> Iterator[Demand]:
    for entries in table.values():
        yield from _requirements(entries)
