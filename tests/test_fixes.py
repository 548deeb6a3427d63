"""The fixes, one by one: tests/fixes_cases holds what each kind makes of a text, README.md there has the form."""

from __future__ import annotations

import ast
import itertools
import keyword
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import libcst as cst
import pytest
from libcst.metadata import MetadataWrapper, PositionProvider

from fastapi_session_lint import fixes
from fastapi_session_lint.findings import Applicability, Edit, Fix, Repair, RepairKind, Span
from fastapi_session_lint.fixes import planner
from fastapi_session_lint.fixes.shortened import shortened

CASES = Path(__file__).parent / "fixes_cases"
NODES: dict[RepairKind, tuple[type[cst.CSTNode], ...]] = {
    RepairKind.CLOSE_SESSION: (cst.Call,),
    RepairKind.CLOSE_AFTER_YIELD: (cst.Yield,),
    RepairKind.YIELD_INSTEAD_OF_RETURN: (cst.Return,),
    RepairKind.ENTER_GENERATOR: (cst.Call,),
    RepairKind.ADD_ROLLBACK: (cst.ExceptHandler, cst.ExceptStarHandler),
    RepairKind.ADD_ROLLBACK_IF_FAILED: (cst.ExceptHandler, cst.ExceptStarHandler),
    RepairKind.ADD_SAVEPOINT: (cst.ExceptHandler, cst.ExceptStarHandler),
    RepairKind.ADD_RAISE: (cst.ExceptHandler, cst.ExceptStarHandler),
    RepairKind.GUARD_COMMIT: (cst.Call,),
    RepairKind.DROP_COMMIT: (cst.Call,),
    RepairKind.ADD_FUNCTION_SCOPE: (cst.Call,),
    RepairKind.ADD_AWAIT: (cst.Call,),
    RepairKind.DROP_AWAIT: (cst.Await,),
    RepairKind.DROP_CALL: (cst.Call,),
    RepairKind.DROP_DECORATOR: (cst.FunctionDef,),
    RepairKind.USE_ASYNC_MAKER: (cst.Call,),
    RepairKind.KEEP_AFTER_COMMIT: (cst.Call,),
    RepairKind.ADD_CONNECT_ARG: (cst.Call,),
    RepairKind.MOVE_OUT_OF_TRY: (cst.Call,),
    RepairKind.SPLIT_IMPORT: (cst.ImportFrom,),
    RepairKind.WRAP_IN_TEXT: (cst.Call,),
    RepairKind.OPEN_CONNECTION: (cst.Call,),
    RepairKind.REMOVE_SUPPRESSION: (cst.Comment,),
    RepairKind.SWAP_WITH: (cst.With,),
}


@dataclass(frozen=True, slots=True)
class Case:
    """A text with a marked node, what is asked for, and what comes of it."""

    kind: RepairKind
    name: str
    options: dict[str, str]
    before: str
    after: str | None

    @property
    def gives(self) -> str:
        return self.options["gives"]

    def repair(self, span: Span) -> Repair:
        limit = Applicability(self.options.get("limit", "safe"))
        own_imports = tuple(self.options.get("alone", "").split())
        return Repair(self.kind, span, self.options.get("subject", ""), "async" in self.options, limit, own_imports)


def cases() -> Iterator[Case]:
    for path in sorted(CASES.glob("*.txt")):
        for block in re.split(r"(?m)^=== ", path.read_text())[1:]:
            name, options, text = block.split("\n", 2)
            before, arrow, after = text.partition("\n--->\n")
            given = dict(one.strip().partition(":")[::2] for one in options.split("·"))
            given = {key: value.strip() for key, value in given.items()}
            end = "" if "open end" in given else "\n"
            yield Case(
                RepairKind(path.stem),
                name,
                given,
                before.rstrip("\n") + end,
                after.rstrip("\n") + end if arrow else None,
            )


ALL = tuple(cases())
each_case = pytest.mark.parametrize("case", ALL, ids=lambda case: f"{case.kind.value}: {case.name}")
each_change = pytest.mark.parametrize(
    "case", [case for case in ALL if case.after is not None], ids=lambda case: f"{case.kind.value}: {case.name}"
)


def unmark(text: str) -> tuple[str, Span]:
    """A text without its marks, and what stood between them."""
    head, _, rest = text.partition("«")
    body, _, tail = rest.partition("»")
    return head + body + tail, Span(*point(head), *point(head + body))


def point(text: str) -> tuple[int, int]:
    """Where a text ends."""
    lines = re.split(r"\r\n|\r|\n", text)
    return len(lines), len(lines[-1])


def fix_of(case: Case, marked: str) -> tuple[str, Fix | None]:
    text, span = unmark(marked)
    (fix,) = fixes.plan(text, [case.repair(span)])
    return text, fix


def tabs(text: str) -> str:
    return re.sub(r"(?m)^(?: {4})+", lambda found: "\t" * (len(found[0]) // 4), text)


@each_case
def test_gives_what_is_expected(case: Case) -> None:
    text, fix = fix_of(case, case.before)
    if fix is None:
        assert case.gives == "nothing"
        assert case.after is None
        return
    assert fixes.apply(text, fix.edits) == case.after
    assert fix.applicability == case.gives
    assert fix.title


@each_change
def test_keeps_the_line_endings(case: Case) -> None:
    text, fix = fix_of(case, case.before.replace("\n", "\r\n"))
    assert fix is not None
    assert case.after is not None
    assert fixes.apply(text, fix.edits) == case.after.replace("\n", "\r\n")


@each_change
def test_keeps_the_kind_of_indentation(case: Case) -> None:
    text, fix = fix_of(case, tabs(case.before))
    assert fix is not None
    if "\n\t" in text:
        assert fixes.apply(text, fix.edits) == tabs(case.after or "")


@each_change
def test_result_compiles(case: Case) -> None:
    compile(case.after or "", "after", "exec", dont_inherit=True)


@each_case
def test_case_compiles(case: Case) -> None:
    compile(unmark(case.before)[0], "before", "exec", dont_inherit=True)


@each_change
def test_is_stable(case: Case) -> None:
    """Asked for again at every node of that text in the result, it changes nothing."""
    source = re.sub(r"\s", "", case.before.partition("«")[2].partition("»")[0])
    after = case.after or ""
    if re.sub(r"\s", "", case.before).count(source) == 1:
        for found in spans_of(after, case.kind, source):
            assert fixes.plan(after, [case.repair(found)]) == [None]


def spans_of(text: str, kind: RepairKind, source: str) -> Iterator[Span]:
    """Where nodes of a kind stand; only those with the given text where several may."""
    wrapper = MetadataWrapper(cst.parse_module(text))
    for node, place in wrapper.resolve(PositionProvider).items():
        if not isinstance(node, NODES[kind]):
            continue
        same = re.sub(r"\s", "", wrapper.module.code_for_node(node)).strip("()") == source.strip("()")
        if same or kind in (RepairKind.ADD_ROLLBACK, RepairKind.ADD_SAVEPOINT, RepairKind.ADD_RAISE):
            yield Span(place.start.line, place.start.column, place.end.line, place.end.column)


@each_change
def test_edits_are_in_order_and_apart(case: Case) -> None:
    _, fix = fix_of(case, case.before)
    assert fix is not None
    spans = [edit.span for edit in fix.edits]
    assert spans == sorted(spans)
    for one, other in itertools.pairwise(spans):
        assert (one.end_row, one.end_column) < (other.row, other.column)


@each_change
def test_strings_keep_what_they_say(case: Case) -> None:
    def strings(text: str) -> set[str]:
        constants = (node.value for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Constant))
        return {value for value in constants if isinstance(value, str)}

    assert strings(unmark(case.before)[0]) <= strings(case.after or "")


def test_each_kind_has_cases() -> None:
    assert {path.stem for path in CASES.glob("*.txt")} == {kind.value for kind in RepairKind}
    for kind in RepairKind:
        assert any(case.kind is kind and case.after for case in ALL)


def test_several_repairs_of_one_file() -> None:
    text = "async def f(db):\n    db.commit()\n    await db.add(1)\n"
    add = Repair(RepairKind.ADD_AWAIT, Span(2, 4, 2, 15))
    drop = Repair(RepairKind.DROP_AWAIT, Span(3, 4, 3, 19))
    nowhere = Repair(RepairKind.ADD_AWAIT, Span(1, 0, 1, 5))
    first, none, second = fixes.plan(text, [add, nowhere, drop])
    assert none is None
    assert first is not None
    assert second is not None
    assert (
        fixes.apply(text, [*second.edits, *first.edits]) == "async def f(db):\n    await db.commit()\n    db.add(1)\n"
    )


def test_columns_count_code_points() -> None:
    text = 'async def f(db):\n    name = "é😀"; db.commit()\n'
    (fix,) = fixes.plan(text, [Repair(RepairKind.ADD_AWAIT, Span(2, 17, 2, 28))])
    assert fix == Fix("Add `await`", Applicability.SAFE, (Edit(Span(2, 17, 2, 17), "await "),))


@pytest.mark.parametrize("text", ["def f(:\n", "db.commit()\x00\n", "\x0cdb.commit()\n"])
def test_a_text_that_cannot_be_read_exactly_gets_no_fix(text: str) -> None:
    assert fixes.plan(text, [Repair(RepairKind.ADD_AWAIT, Span(1, 0, 1, 11))]) == [None]


@pytest.mark.parametrize("deep", [" + ".join(["1"] * 3000), "[" * 90 + "]" * 90])
def test_deep_nesting_does_no_harm(deep: str) -> None:
    text = f"def f():\n    db = SessionLocal()\n    db.x({deep})\n    db.close()\n"
    (fix,) = fixes.plan(text, [Repair(RepairKind.CLOSE_SESSION, Span(2, 9, 2, 23), "db")])
    assert fix is None or "try:" in fixes.apply(text, fix.edits)


def test_a_display_limit_is_kept() -> None:
    repair = Repair(RepairKind.ADD_RAISE, Span(3, 0, 4, 8), limit=Applicability.DISPLAY)
    (fix,) = fixes.plan("try:\n    x\nexcept E:\n    log()\n", [repair])
    assert fix is not None
    assert fix.applicability is Applicability.DISPLAY


def closed_in_finally(text: str) -> str:
    """The text with its session, made in the second row, closed in a finally clause."""
    (fix,) = fixes.plan(text, [Repair(RepairKind.CLOSE_SESSION, Span(2, 9, 2, 23), "db")])
    assert fix is not None
    return fixes.apply(text, fix.edits)


def test_lines_of_form_feed_stay() -> None:
    text = "def f():\n    db = SessionLocal()\n    db.x()\n\x0c\n    db.y()\n    db.close()\n"
    after = closed_in_finally(text).partition("SessionLocal()\n")[2]
    assert after == "    try:\n        db.x()\n\x0c\n        db.y()\n    finally:\n        db.close()\n"


def test_mixed_line_endings_follow_their_neighbours() -> None:
    text = "def f():\r\n    db = SessionLocal()\r\n    db.x()\r\n    db.close()\r\nx = 1\ny = 2\n"
    after = closed_in_finally(text).partition("SessionLocal()")[2]
    assert after == "\r\n    try:\r\n        db.x()\r\n    finally:\r\n        db.close()\r\nx = 1\ny = 2\n"


# --- in files of which only a part is read ---------------------------------------------------------------------------

STRANGE = "def strange(one):\n    '''Of\n    three rows.'''\n    return one\n"
WITHIN_A_CLASS = """\
class Others:
    @strange
    async def first(self):
        return [
            self,
        ]

    def last(self): ...
"""


def long(text: str, above: str, below: str) -> str:
    """A file with so many other definitions that it is worthwhile to leave them out."""
    return "\n\n".join([above, text, *[below] * 3])


def knowing(text: str) -> str:
    """A function that binds and reads every name of a file, and has it in a text."""
    words = sorted(set(re.findall(r"[A-Za-z_]\w*", text)))
    names = [one for one in words if not keyword.iskeyword(one)]
    rows = [f"    {name}, other.{name}, '{name}'\n" for name in names]
    return f"def knowing(other):\n{''.join(rows)}    return other\n"


@each_case
@pytest.mark.parametrize("shape", ["in a class", "knowing every name", "other line ends"])
def test_in_a_long_file(case: Case, shape: str, monkeypatch: pytest.MonkeyPatch) -> None:
    above, below = {
        "in a class": (WITHIN_A_CLASS, WITHIN_A_CLASS),
        "knowing every name": ("one = 1", knowing(unmark(case.before)[0])),
    }.get(shape, ("one = 1", STRANGE))
    marked = long(case.before, above, below)
    text, span = unmark(marked.replace("\n", "\r\n") if shape == "other line ends" else marked)
    repair = case.repair(span)
    found = planner.plan(text, [repair])
    monkeypatch.setattr(planner, "shortened", lambda *_: None)
    assert found == planner.plan(text, [repair])


def test_most_functions_are_read_alone() -> None:
    texts = [unmark(long(case.before, STRANGE, STRANGE)) for case in ALL]
    assert sum(shortened(text, [span]) is not None for text, span in texts) > len(ALL) / 2


def test_every_row_stays_where_it_is() -> None:
    text, span = unmark(f"{STRANGE * 3}\n\ndef asked():\n    «return 1»\n\n\n{WITHIN_A_CLASS * 3}")
    found = shortened(text, [span])
    assert found is not None
    rows = found.text.split("\n")
    assert len(rows) == text.count("\n") + 1
    assert rows[span.row - 1] == "    return 1"
    assert {row for row in rows if row} == {"(", ")", "def asked():", "    return 1"}
    assert found.left_out >= {"strange", "rows", "Others", "async"}


def test_methods_of_the_class_around() -> None:
    text, span = unmark(f"{WITHIN_A_CLASS}\n    def asked(self):\n        «return 1»\n")
    found = shortened(text, [span])
    assert found is not None
    rows = [row for row in found.text.split("\n") if row]
    assert rows == ["class Others:", "    (", ")", "    ()", "    def asked(self):", "        return 1"]


@pytest.mark.parametrize(
    "marked",
    [
        f"{STRANGE * 9}\n«one = 1»\n",
        f"{STRANGE * 9}\nclass One:\n    «one = 1»\n",
        "def one():\n    «return 1»\n",
        f"{STRANGE * 9}\ndef one(:\n    «return 1»\n",
    ],
    ids=["in no function", "in a class alone", "nothing else", "not readable"],
)
def test_where_all_is_read(marked: str) -> None:
    text, span = unmark(marked)
    assert shortened(text, [span]) is None
