"""Models are plain values: they go through pickle, as they must to come back from another process, and say the same."""

from __future__ import annotations

import pickle
from pathlib import Path

from fastapi_session_lint import engine
from fastapi_session_lint.judge import Judge
from fastapi_session_lint.rules import all_rules
from fastapi_session_lint.settings import Settings
from fastapi_session_lint.source import Source

BOOKSHOP = Path(__file__).parent.parent / "examples" / "bookshop"


def test_findings_on_models_that_were_pickled_are_the_same() -> None:
    sources = [Source(path.as_posix(), path.read_bytes()) for path in sorted(BOOKSHOP.rglob("*.py"))]
    paths = [source.path for source in sources]
    settings = Settings(select=("ALL",))
    readings = [engine.read(source) for source in sources]
    copies = pickle.loads(pickle.dumps(readings))
    findings = Judge(paths, readings, settings, all_rules()).findings(None)
    assert findings
    assert Judge(paths, copies, settings, all_rules()).findings(None) == findings


def test_no_part_of_a_model_is_of_libcst() -> None:
    reading = engine.read(
        Source("/project/app.py", b"db = SessionLocal()\nwith db as s:\n    s.execute(lambda: [x for x in s])\n")
    )
    assert b"libcst" not in pickle.dumps(reading)


def test_the_order_of_the_files_changes_nothing() -> None:
    sources = [Source(path.as_posix(), path.read_bytes()) for path in sorted(BOOKSHOP.rglob("*.py"))]
    settings = Settings(select=("ALL",))
    assert engine.check(sources[::-1], settings) == engine.check(sources, settings)
