"""Models as bytes: what comes back is what was written, whatever a module says."""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path

import pytest

from fastapi_session_lint.engine import check, injected_names_of, read
from fastapi_session_lint.model.expressions import Attribute, Expression, Name
from fastapi_session_lint.model.stored import restored, stored
from fastapi_session_lint.model.syntax import Do, Module
from fastapi_session_lint.settings import Settings
from fastapi_session_lint.source import Source

ROOT = Path(__file__).parents[1]
FILES = sorted((ROOT / "tests" / "fixtures").rglob("*.py"))
TEXT = """\
from sqlalchemy.orm import Session


class Store:
    def __init__(self, db: Session) -> None:
        self.db = db


def get(db: Session, *names: str) -> object:
    global last
    last = [one for one in names if (two := db.get(one))]
    return lambda: db.scalars(f"{names}")
"""


def model(text: str, path: str = "/p/a.py") -> Module:
    module = read(Source(path, text.encode())).module
    assert module is not None
    return module


@pytest.mark.parametrize("folder", sorted({path.parent for path in FILES}), ids=lambda path: path.name)
def test_a_restored_model_says_the_same(folder: Path) -> None:
    sources = [Source(path.as_posix(), path.read_bytes()) for path in sorted(folder.glob("*.py"))]
    names = injected_names_of(sources)
    readings = {source: read(source, names) for source in sources}
    back = {}
    for source, reading in readings.items():
        data = stored(reading.module)
        assert data is not None
        back[source] = reading._replace(module=restored(data, source.path))
        assert stored(back[source].module) == data
    for source in sources:
        assert check([source], Settings(), known=dict(back)) == check([source], Settings(), known=dict(readings))


def told(module: Module) -> str:
    """All that a model says; the names of a set in one order, since theirs is by chance."""
    return re.sub(r"frozenset\(\{(.*?)\}\)", lambda found: " ".join(sorted(found[1].split(", "))), repr(module))


def test_shared_nodes_stay_shared() -> None:
    before = model(TEXT)
    after = restored(stored(before) or b"", "/p/a.py")
    assert after is not None
    [function] = after.bindings["get"]
    inside = {id(one) for one in function.calls}  # type: ignore[union-attr]  # a function, as the text says
    assert len(inside) == 1
    assert told(after) == told(before)


def test_the_path_is_that_of_the_reader() -> None:
    after = restored(stored(model(TEXT)) or b"", "/q/b.py")
    assert after is not None
    assert after.path == "/q/b.py"


def test_no_model_is_kept_as_well() -> None:
    assert restored(stored(None) or b"", "/p/a.py") is None


def test_what_is_nested_too_deeply_is_not_kept() -> None:
    deep: Expression = Name("a")
    for _ in range(20_000):
        deep = Attribute(deep, "b")
    assert stored(dataclasses.replace(model(TEXT), body=(Do(deep, -1),))) is None


@pytest.mark.parametrize(
    "content",
    ["", "{", "7", '"text"', "[[]]", "[7]", "[[999]]", "[[-1]]", '[["0"]]', "[[0, 1]]", "[[0, {}, null, []]]", "{}x"],
)
def test_what_is_no_model_is_told(content: str) -> None:
    with pytest.raises(ValueError):
        restored(content.encode(), "/p/a.py")


def test_each_row_cut_or_changed_is_no_model_or_another_one() -> None:
    """Whatever a row says, reading comes to an end, in a model or in the one error that is expected."""
    rows = json.loads(stored(model(TEXT)) or b"")
    for number, row in enumerate(rows):
        for position in range(len(row)):
            for value in (None, -1, 10**6, "x", [], {}, [[0]], 1.5, True):
                damaged = [*rows[:number], [*row[:position], value, *row[position + 1 :]], *rows[number + 1 :]]
                try:
                    restored(json.dumps(damaged).encode(), "/p/a.py")
                except ValueError:
                    continue
