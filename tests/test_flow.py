"""Graphs and lives, as printed text."""

from __future__ import annotations

import textwrap

import pytest

from fastapi_session_lint import engine
from fastapi_session_lint.context import Context
from fastapi_session_lint.flow import walk
from fastapi_session_lint.flow.graph import build
from fastapi_session_lint.flow.lives import Life
from fastapi_session_lint.flow.states import Health, State
from fastapi_session_lint.flow.steps import End, Graph
from fastapi_session_lint.model.module import read_module
from fastapi_session_lint.model.syntax import Function
from fastapi_session_lint.project.roots import ImportMap
from fastapi_session_lint.project.values import Scope
from fastapi_session_lint.settings import Settings
from fastapi_session_lint.source import Source

PATH = "/project/app.py"
HEAD = """\
from sqlalchemy.orm import sessionmaker

SessionLocal = sessionmaker()
"""


def context_of(code: str) -> Context:
    return Context([read_module(PATH, HEAD + textwrap.dedent(code))], ImportMap([PATH]), Settings())


def function(context: Context, name: str = "f") -> Scope:
    return next(one for one in context.functions() if isinstance(one.owner, Function) and one.owner.name == name)


def printed(graph: Graph) -> str:
    """A line for each step that can be reached: its kind, where it goes on to, and where its error goes."""
    order: list[int] = []
    stack = [graph.entry]
    while stack:
        at = stack.pop()
        if at not in order:
            order.append(at)
            node = graph.nodes[at]
            stack += [node.error, *reversed(node.next)]
    number = {at: index for index, at in enumerate(order)}
    lines = []
    for at in order:
        node = graph.nodes[at]
        onward = ", ".join(str(number[one]) for one in node.next)
        ways = "" if isinstance(node.step, End) else f" -> {onward} ! {number[node.error]}"
        lines.append(f"{number[at]} {type(node.step).__name__}{ways}")
    return "\n".join(lines)


def told(life: Life) -> str:
    """The statuses in which the function can end, returned or failed, and whether the session has failed then."""
    ends = sorted({("failed" if failed else "returned", named(point.state)) for failed, point in life.ends})
    return ", ".join(f"{how} {status}" for how, status in ends)


def named(state: State) -> str:
    return state.status.name if state.health is Health.SOUND else f"{state.status.name} {state.health.name}"


def life_in(code: str) -> Life:
    context = context_of(code)
    [creation] = context.creations(function(context))
    return context.life(creation)


def test_a_finally_is_laid_once_for_each_way_out_that_is_used() -> None:
    context = context_of("""
        def f(db):
            try:
                if db:
                    return 1
                db.flush()
            finally:
                db.close()
        """)
    owner = function(context).owner
    assert isinstance(owner, Function)
    assert printed(build(owner.body)) == GRAPH


GRAPH = """\
0 Test -> 1, 6 ! 5
1 Leave -> 2 ! 5
2 Evaluate -> 3 ! 4
3 End
4 End
5 Evaluate -> 4 ! 4
6 Evaluate -> 7 ! 5
7 Evaluate -> 3 ! 4"""


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("db = SessionLocal()\ndb.close()", "failed ABSENT, returned CLOSED"),
        ("db = SessionLocal()\ndb.execute(q)\ndb.close()", "failed ABSENT, failed BUSY ABORTED, returned CLOSED"),
        ("with SessionLocal() as db:\n    db.execute(q)", "failed ABSENT, failed CLOSED, failed IDLE, returned CLOSED"),
        (
            "db = SessionLocal()\ntry:\n    db.commit()\nfinally:\n    db.close()",
            "failed ABSENT, failed CLOSED, returned CLOSED",
        ),
        (
            "db = SessionLocal()\ntry:\n    db.commit()\nexcept Exception:\n    db.rollback()\n    raise",
            "failed ABSENT, failed SETTLED, returned SETTLED",
        ),
        (
            "db = SessionLocal()\ntry:\n    db.commit()\nexcept KeyError:\n    pass",
            "failed ABSENT, failed BUSY FAILED, returned SETTLED",
        ),
        ("db = SessionLocal()\nreturn db", "failed ABSENT, returned GONE"),
        (
            "db = None\nif x:\n    db = SessionLocal()\nif db:\n    db.close()",
            "failed ABSENT, returned ABSENT, returned CLOSED",
        ),
        (
            "for i in x:\n    db = SessionLocal()\n    db.close()",
            "failed ABSENT, failed CLOSED, returned ABSENT, returned CLOSED",
        ),
        ("while True:\n    db = SessionLocal()\n    db.close()\n    break", "failed ABSENT, returned CLOSED"),
        (
            "match x:\n    case 1:\n        db = SessionLocal()\n        db.close()\n    case _:\n        pass",
            "failed ABSENT, returned ABSENT, returned CLOSED",
        ),
    ],
)
def test_the_statuses_in_which_a_function_ends(code: str, expected: str) -> None:
    life = life_in("def f(x, q):\n" + textwrap.indent(code, "    "))
    assert life.complete
    assert told(life) == expected


def test_the_trail_leads_past_the_call_that_raises() -> None:
    context = context_of("""
        def f(x):
            db = SessionLocal()
            db.execute(x)
            prepare(x)
            db.close()
        """)
    scope = function(context)
    [creation] = context.creations(scope)
    life = context.life(creation)
    rows = {context.span(scope, use.place).row for _, point in context.leaks(life) if (use := life.last_raise(point))}
    assert rows == {7, 8}


def test_a_function_with_too_many_paths_is_given_up_rather_than_guessed(monkeypatch: pytest.MonkeyPatch) -> None:
    code = "def f(x):\n    db = SessionLocal()\n    db.execute(x)\n"
    assert life_in(code).complete
    monkeypatch.setattr(walk, "_LIMIT", 2)
    assert not life_in(code).complete
    findings = engine.check([Source(PATH, (HEAD + code).encode())], Settings(select=("FSL1",)))
    assert findings == []


def test_what_nobody_asks_about_any_more_multiplies_nothing() -> None:
    steps = "".join(
        f"    if x.n{at} is None:\n        a{at} = None\n    else:\n        a{at} = x\n"
        f"    if a{at}:\n        db.execute(q)\n    if a{at} is not None:\n        db.flush()\n"
        for at in range(8)
    )
    life = life_in(f"def f(x, q):\n    db = SessionLocal()\n{steps}    db.close()\n")
    assert life.complete
    assert len(life.links) < 500


def test_functions_that_call_each_other_are_worked_out_together() -> None:
    context = context_of("""
        def even(db, n):
            if n:
                odd(db, n - 1)
            else:
                db.rollback()

        def odd(db, n):
            if n:
                even(db, n - 1)
            else:
                db.rollback()
        """)
    for name in ("odd", "even"):
        effect = context.effects.of_names(function(context, name), frozenset({"db"}))
        assert effect is not None
        assert [one.status.name for one in effect.after] == ["SETTLED"]


def test_a_failed_session_comes_back_from_rollback_only() -> None:
    context = context_of("""
        def f(db):
            db.commit()
            db.refresh(x)
        """)
    effect = context.effects.of_names(function(context), frozenset({"db"}), Health.FAILED)
    assert effect is not None
    assert effect.needs_health
    assert effect.after == ()
