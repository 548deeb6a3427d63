"""The rounds of fixes: what is made, what is taken back, and that nothing else changes, to the byte."""

from __future__ import annotations

import codecs
import itertools
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from fastapi_session_lint import engine
from fastapi_session_lint.findings import Applicability, Edit, Finding, Fix, Severity, Span
from fastapi_session_lint.fixer import ROUNDS, FixOutcome, fix
from fastapi_session_lint.rules import all_rules
from fastapi_session_lint.settings import Settings
from fastapi_session_lint.source import Source, decode

SAFE, UNSAFE, DISPLAY = Applicability.SAFE, Applicability.UNSAFE, Applicability.DISPLAY


@dataclass
class Toy:
    """A linter that reports words, each with its replacement; `calls` notes what it was asked."""

    words: Mapping[str, tuple[str, Applicability]]
    needs: Mapping[str, str] = field(default_factory=dict)
    """Words that are reported only while another word stands somewhere in the project."""
    calls: list[tuple[Collection[str] | None, bool]] = field(default_factory=list)

    def __call__(
        self,
        sources: Sequence[Source],
        settings: Settings,
        *,
        report: Collection[str] | None = None,
        with_fixes: bool = False,
    ) -> list[Finding]:
        self.calls.append((report, with_fixes))
        everything = "".join(decode(source.data).text for source in sources)
        found = []
        for source in sources:
            if report is None or source.path in report:
                found += self.findings(source, everything, with_fixes)
        return found

    def findings(self, source: Source, everything: str, with_fixes: bool) -> list[Finding]:
        found = []
        for row, line in enumerate(re.split(r"\r\n|\n", decode(source.data).text), start=1):
            for word in re.finditer(r"\w+", line):
                if word[0] in self.words and self.needs.get(word[0], "") in everything:
                    span = Span(row, word.start(), row, word.end())
                    content, applicability = self.words[word[0]]
                    made = Fix("mend", applicability, (Edit(span, content),)) if with_fixes else None
                    code = word[0] if word[0].startswith("FSL") else "FSL000"
                    found.append(Finding(code, "toy", Severity.ERROR, word[0], source.path, span, fix=made))
        return found


def run(toy: Toy, *texts: str | bytes, unsafe: bool = False, report: Collection[str] | None = None) -> FixOutcome:
    data = [text.encode() if isinstance(text, str) else text for text in texts]
    sources = [Source(f"/{name}.py", text) for name, text in zip("abc", data, strict=False)]
    return fix(sources, Settings(), report=report, unsafe=unsafe, check=toy)


def words(findings: Sequence[Finding]) -> list[str]:
    return [finding.message for finding in findings]


def test_safe_fixes_are_made_and_the_others_left() -> None:
    toy = Toy({"one": ("1", SAFE), "two": ("2", UNSAFE), "three": ("3", DISPLAY)})
    made = run(toy, "x = one\ny = two\nz = three\n")
    assert made.changed == {"/a.py": b"x = 1\ny = two\nz = three\n"}
    assert (words(made.applied), words(made.remaining), made.failed) == (["one"], ["two", "three"], ())


def test_unsafe_fixes_are_made_on_request_and_display_never() -> None:
    toy = Toy({"one": ("1", SAFE), "two": ("2", UNSAFE), "three": ("3", DISPLAY)})
    made = run(toy, "x = one\ny = two\nz = three\n", unsafe=True)
    assert made.changed == {"/a.py": b"x = 1\ny = 2\nz = three\n"}
    assert (words(made.applied), words(made.remaining)) == (["one", "two"], ["three"])


def test_what_remains_carries_its_fix() -> None:
    made = run(Toy({"two": ("2", UNSAFE)}), "y = two\n")
    assert made.changed == {}
    assert made.remaining[0].fix is not None


def test_files_without_a_fix_are_not_among_the_changed() -> None:
    made = run(Toy({"one": ("1", SAFE)}), "x = one\n", "y = 2\n")
    assert list(made.changed) == ["/a.py"]


def test_only_reported_files_are_fixed() -> None:
    made = run(Toy({"one": ("1", SAFE)}), "x = one\n", "y = one\n", report=["/b.py"])
    assert made.changed == {"/b.py": b"y = 1\n"}
    assert [finding.path for finding in made.applied] == ["/b.py"]
    assert made.remaining == ()


def test_a_result_that_does_not_parse_is_taken_back_alone() -> None:
    toy = Toy({"one": ("1", SAFE), "broken": ("(", SAFE), "two": ("2", SAFE)})
    made = run(toy, "x = one\ny = broken\nz = two\n")
    assert made.changed == {"/a.py": b"x = 1\ny = broken\nz = 2\n"}
    assert (words(made.failed), words(made.remaining)) == (["broken"], ["broken"])


def test_a_fix_that_leaves_its_finding_is_taken_back() -> None:
    made = run(Toy({"same": ("same ", SAFE)}), "x = same\n")
    assert (made.changed, words(made.failed)) == ({}, ["same"])


def test_a_fix_that_brings_a_new_finding_in_its_file_is_taken_back() -> None:
    made = run(Toy({"one": ("worse", SAFE), "worse": ("", DISPLAY)}), "x = one\n")
    assert (made.changed, words(made.failed)) == ({}, ["one"])


def test_a_fix_that_brings_a_new_finding_in_another_file_is_taken_back() -> None:
    toy = Toy({"one": ("magic", SAFE), "late": ("1", DISPLAY)}, needs={"late": "magic"})
    made = run(toy, "x = one\n", "y = late\n", report=["/a.py"])
    assert (made.changed, words(made.failed)) == ({}, ["one"])


def test_the_fixes_of_files_that_came_out_right_are_tried_together() -> None:
    toy = Toy({"one": ("1", SAFE), "broken": ("(", SAFE), "stays": ("stays", SAFE), "two": ("2", SAFE)})
    for bad in ("broken", "stays"):
        toy.calls.clear()
        sources = [Source(f"/{name}.py", b"x = one\ny = two\n") for name in "abcdefgh"]
        made = fix(
            [*sources, Source("/z.py", f"x = {bad}\n".encode())], Settings(), report=None, unsafe=False, check=toy
        )
        assert (words(made.applied), words(made.failed)) == (["one", "two"] * 8, [bad])
        tries = [with_fixes for _, with_fixes in toy.calls].count(False)
        assert tries <= 4, "everything, what is right, and what is not, with the others and alone"


def test_findings_are_counted_not_just_named() -> None:
    toy = Toy({"one": ("other", SAFE), "other": ("", DISPLAY)})
    made = run(toy, "x = one\ny = other\n")
    assert (made.changed, words(made.failed)) == ({}, ["one"])


def test_what_a_fixed_finding_leaves_to_another_rule_may_come_to_light() -> None:
    toy = Toy({"FSL408": ("FSL401", SAFE), "FSL401": ("", DISPLAY), "FSL102": ("FSL401", SAFE)})
    made = run(toy, "x = FSL408\n")
    assert (made.changed, words(made.remaining)) == ({"/a.py": b"x = FSL401\n"}, ["FSL401"])
    assert run(toy, "x = FSL102\n").changed == {}


def test_what_was_hidden_in_another_file_may_come_to_light() -> None:
    toy = Toy({"FSL105": ("magic", SAFE), "FSL314": ("", DISPLAY)}, needs={"FSL314": "magic"})
    made = run(toy, "x = FSL105\n", "y = FSL314\nz = FSL314\n")
    assert (words(made.applied), words(made.remaining)) == (["FSL105"], ["FSL314", "FSL314"])
    toy = Toy({"FSL105": ("magic", SAFE), "FSL301": ("", DISPLAY)}, needs={"FSL301": "magic"})
    assert words(run(toy, "x = FSL105\n", "y = FSL301\n").failed) == ["FSL105"]


def test_rules_hide_rules_that_exist() -> None:
    known = {rule.code for rule in all_rules()}
    assert frozenset().union(*(rule.hides for rule in all_rules())) <= known


def test_the_same_words_twice() -> None:
    made = run(Toy({"one": ("1", SAFE)}), "x = one\ny = one\nz = one + one\n")
    assert made.changed == {"/a.py": b"x = 1\ny = 1\nz = 1 + 1\n"}
    assert words(made.applied) == ["one"] * 4


@dataclass
class Wide(Toy):
    """Each fix replaces the whole line, so that two on one line overlap."""

    def findings(self, source: Source, everything: str, with_fixes: bool) -> list[Finding]:
        lines = decode(source.data).text.splitlines()
        found = []
        for one in super().findings(source, everything, with_fixes):
            line = lines[one.span.row - 1]
            new = line.replace(one.message, self.words[one.message][0], 1)
            edit = Edit(Span(one.span.row, 0, one.span.row, len(line)), new)
            made = Fix("mend", SAFE, (edit,)) if with_fixes else None
            found.append(Finding("FSL000", "toy", Severity.ERROR, one.message, one.path, one.span, fix=made))
        return found


def test_overlapping_fixes_are_made_one_round_after_the_other() -> None:
    toy = Wide({"one": ("1", SAFE), "two": ("2", SAFE)})
    made = run(toy, "x = one + two\n")
    assert made.changed == {"/a.py": b"x = 1 + 2\n"}
    assert (words(made.applied), made.failed) == (["one", "two"], ())


def test_what_overlaps_a_failed_fix_gets_its_turn() -> None:
    toy = Wide({"broken": ("(", SAFE), "two": ("2", SAFE)})
    made = run(toy, "x = broken + two\n")
    assert made.changed == {"/a.py": b"x = broken + 2\n"}
    assert (words(made.applied), words(made.failed)) == (["two"], ["broken"])


def test_rounds_end() -> None:
    line = " + ".join(["one"] * (ROUNDS + 3))
    made = run(Wide({"one": ("1", SAFE)}), f"x = {line}\n")
    assert len(made.applied) == ROUNDS
    assert len(made.remaining) == 3


def test_fixes_that_are_right_alone_and_wrong_together() -> None:
    toy = Toy({"one": ("left", SAFE), "two": ("right", SAFE), "both": ("", DISPLAY)}, needs={"both": "left+right"})
    made = run(toy, "x = [one+two]\ny = both\n")
    assert made.changed == {"/a.py": b"x = [left+two]\ny = both\n"}
    assert (words(made.applied), words(made.failed)) == (["one"], ["two"])


@pytest.mark.parametrize(
    "data",
    [
        codecs.BOM_UTF8 + "x = one  # é\r\ny = '\u2028'\r\n".encode(),
        "# coding: latin-1\nx = one  # é\r\n\ty = 2".replace("\t", "").encode("latin-1"),
        b"x = one\n\x0c\ny = 2\r\nz = 3",
        "s = 'é😀'; x = one\n".encode(),
    ],
    ids=["bom and crlf", "latin-1", "form feed, mixed, open end", "beyond ascii before it"],
)
def test_bytes_outside_the_edits_stay(data: bytes) -> None:
    made = run(Toy({"one": ("1", SAFE)}), data)
    assert made.changed == {"/a.py": data.replace(b"one", b"1")}


def test_a_fix_that_the_encoding_has_no_form_for_is_taken_back() -> None:
    data = b"# coding: latin-1\nx = one\n"
    made = run(Toy({"one": ("'\u20ac'", SAFE)}), data)
    assert (made.changed, words(made.failed)) == ({}, ["one"])


def test_a_file_that_cannot_be_decoded_does_no_harm() -> None:
    class Blind(Toy):
        def __call__(self, sources: Sequence[Source], *rest: object, **options: object) -> list[Finding]:
            readable = [source for source in sources if source.path != "/b.py"]
            return super().__call__(readable, *rest, **options)  # type: ignore[arg-type]  # passed on as they came

    made = run(Blind({"one": ("1", SAFE)}), b"x = one\n", b"\xff\xfe = one\n")
    assert made.changed == {"/a.py": b"x = 1\n"}


def test_an_empty_project() -> None:
    assert run(Toy({})) == FixOutcome({}, (), (), ())


def test_lines_put_into_a_stretch_that_is_indented_wait_for_the_next_round() -> None:
    text = b"""\
from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker

SessionLocal = sessionmaker(create_engine("postgresql+psycopg://localhost/app"))


def get_db():
    with SessionLocal() as db:
        yield db


def store(row):
    db = SessionLocal()
    db.add(row)
    try:
        db.commit()
    except Exception:
        print("lost")
    print(db.scalar("select 1"))
    db.close()


def first():
    db = next(get_db())
    return db.scalar("select 1")


def second():
    db = next(get_db())
    return db.scalar("select 2")
"""
    sources = [Source("/project/app.py", text)]
    settings = Settings(select=("FSL102", "FSL105", "FSL201"))
    tries = []

    def counted(sources: Sequence[Source], settings: Settings, **options: Any) -> list[Finding]:
        tries.append(options.get("with_fixes", False))
        return engine.check(sources, settings, **options)

    made = fix(sources, settings, report=None, unsafe=True, check=counted)
    assert (made.failed, made.remaining) == ((), ())
    assert (False, False) not in itertools.pairwise(tries), "each round was right at once"
    after = made.changed["/project/app.py"].decode()
    assert after.count("from contextlib import contextmanager\n") == 1
    assert after.count("with contextmanager(get_db)() as db:") == 2
    again = fix([Source("/project/app.py", after.encode())], settings, report=None, unsafe=True)
    assert again == FixOutcome({}, (), (), ())


def test_a_savepoint_that_a_handler_forgets_is_shown_to_be_rolled_back() -> None:
    path = Path(__file__).parent / "fixtures" / "FSL201" / "bad_savepoint_released_only.py"
    (finding,) = engine.check([Source("/app.py", path.read_bytes())], Settings(select=("FSL201",)), with_fixes=True)
    assert finding.fix is not None
    assert finding.fix.applicability is DISPLAY
    assert [edit.content.strip() for edit in finding.fix.edits] == ["savepoint.rollback()"]
