"""The forms of a report, made from findings by hand: what is shown, and that nothing can disturb a terminal."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from fastapi_session_lint.findings import Applicability, Edit, Finding, Fix, Note, Severity, Span
from fastapi_session_lint.options import choices
from fastapi_session_lint.report import FORMATS, Fixed, Report
from fastapi_session_lint.report import form as form_of
from fastapi_session_lint.report.display import visible, width
from fastapi_session_lint.source import Source

JOBS = """\
from app.db import SessionLocal


def count() -> int:
    db = SessionLocal()
    return db.scalar(QUERY)
"""
PATH = "/srv/shop/app/jobs.py"


def finding(**changes: Any) -> Finding:
    values = {
        "code": "FSL101",
        "name": "unclosed-session",
        "severity": Severity.ERROR,
        "message": "`db` is never closed",
        "path": PATH,
        "span": Span(5, 9, 5, 23),
    }
    return Finding(**{**values, **changes})


def fix(applicability: Applicability, title: str = "Open `db` in `with`") -> Fix:
    return Fix(title, applicability, (Edit(Span(5, 4, 5, 9), ""),))


def fixed(number: int) -> Fixed:
    return Fixed((finding(),) * number)


def report(*findings: Finding, text: str | bytes = JOBS, **options: Any) -> Report:
    sources = {PATH: Source(PATH, text.encode() if isinstance(text, str) else text)}
    sources["/srv/lib/db.py"] = Source("/srv/lib/db.py", b"class Session:\n    pass\n")
    return Report(findings, sources, **{"folder": "/srv/shop", "is_quiet": True, **options})


def render(form: str, *findings: Finding, **options: Any) -> str:
    return "".join(form_of(form)(report(*findings, **options)))


def test_every_form_can_be_asked_for() -> None:
    assert tuple(FORMATS) == choices("output_format")


def test_concise() -> None:
    text = render("concise", finding(), finding(path="/srv/lib/db.py", span=Span(1, 0, 1, 5)))
    assert text == ("app/jobs.py:5:10: FSL101 `db` is never closed\n/srv/lib/db.py:1:1: FSL101 `db` is never closed\n")


def test_full_tells_the_whole_story() -> None:
    trail = (
        Note("/srv/lib/db.py", Span(1, 0, 1, 14), "the session is this one"),
        Note(PATH, Span(6, 11, 6, 27), "it is used here"),
    )
    text = render("full", finding(trail=trail, fix=fix(Applicability.SAFE)))
    assert text == (
        "app/jobs.py:5:10: FSL101 [*] error: `db` is never closed\n"
        "  |\n"
        "4 | def count() -> int:\n"
        "5 |     db = SessionLocal()\n"
        "  |          ^^^^^^^^^^^^^^\n"
        "6 |     return db.scalar(QUERY)\n"
        "note: the session is this one\n"
        " --> /srv/lib/db.py:1:1\n"
        "  |\n"
        "1 | class Session:\n"
        "  | ^^^^^^^^^^^^^^\n"
        "note: it is used here\n"
        "  |\n"
        "6 |     return db.scalar(QUERY)\n"
        "  |            ^^^^^^^^^^^^^^^^\n"
        "help: Open `db` in `with`\n"
        "\n"
    )


@pytest.mark.parametrize(
    ("applicability", "is_unsafe", "mark", "end"),
    [
        (Applicability.SAFE, False, " [*]", ""),
        (Applicability.UNSAFE, False, "", " (unsafe)"),
        (Applicability.UNSAFE, True, " [*]", ""),
        (Applicability.DISPLAY, True, "", " (by hand)"),
    ],
)
def test_full_says_how_far_a_fix_can_be_trusted(
    applicability: Applicability, is_unsafe: bool, mark: str, end: str
) -> None:
    lines = render("full", finding(fix=fix(applicability)), is_unsafe=is_unsafe).splitlines()
    assert lines[0] == f"app/jobs.py:5:10: FSL101{mark} error: `db` is never closed"
    assert lines[-2] == f"help: Open `db` in `with`{end}"


@pytest.mark.parametrize("severity", list(Severity))
def test_severity_is_seen_with_and_without_colors(severity: Severity) -> None:
    plain = render("full", finding(severity=severity))
    painted = render("full", finding(severity=severity), has_colors=True)
    assert f" {severity}: " in plain
    assert re.sub(r"\x1b\[[\d;]*m", "", painted) == plain
    color = {"error": "31", "warning": "35", "info": "36"}[severity]
    assert f"\x1b[1;{color}mFSL101\x1b[0m" in painted
    assert f"\x1b[1;{color}m^^^^" in painted


@pytest.mark.parametrize("columns", [40, 80, 200])
def test_full_fits_the_terminal(columns: int) -> None:
    long = JOBS.replace("QUERY", "select(Book).where(" + " | ".join(f"Book.id == {n}" for n in range(60)) + ")")
    trail = (Note(PATH, Span(6, 11, 6, 900), "and here " * 30),)
    text = render(
        "full",
        finding(message="a message of many words " * 12, trail=trail, fix=fix(Applicability.SAFE, "words " * 50)),
        finding(span=Span(6, 700, 6, 713)),
        finding(span=Span(5, 9, 5, 23), message="`x`" * 10),
        text=long,
        width=columns,
    )
    assert max(width(line) for line in text.splitlines()) <= columns


def test_a_long_line_is_cut_around_what_matters() -> None:
    line = "x = [" + ", ".join(f"item_{number}" for number in range(300)) + "]"
    column = line.index("item_200")
    text = render("full", finding(span=Span(1, column, 1, column + 8)), text=line, width=60)
    shown, marks = text.splitlines()[2:4]
    assert shown[marks.index("^") :].startswith("item_200")
    assert marks.count("^") == 8
    assert shown.startswith("1 | …")
    assert shown.endswith("…")


def test_lines_without_a_limit_are_still_not_endless() -> None:
    text = render("full", finding(span=Span(1, 0, 1, 5)), text="value = '" + "x" * 1_000_000 + "'")
    assert len(text) < 1000


@pytest.mark.parametrize(
    ("line", "marked"),
    [
        ("\tdb = \tSession()", "Session()"),
        ("名前 = Session()", "Session()"),
        ("e\u0301 = Session('名前')  # 名前", "Session('名前')"),
        ("s = '\x1b[31m'; Session()", "Session()"),
        ("s = '\u202e'; Session()", "Session()"),
        ("x = '\x0c'; Session()", "Session()"),
    ],
)
def test_the_mark_stands_below_its_text(line: str, marked: str) -> None:
    column = line.index(marked)
    text = render("full", finding(span=Span(1, column, 1, column + len(marked))), text=line)
    shown, marks = text.splitlines()[2:4]
    before = shown[: shown.index(marked)]
    assert width(before) == marks.index("^")
    assert width(marked) == marks.count("^")


def test_a_span_of_several_lines_is_marked_on_its_first() -> None:
    lines = render("full", finding(span=Span(4, 0, 6, 27))).splitlines()
    assert lines[2:5] == ["4 | def count() -> int:", "  | ^^^^^^^^^^^^^^^^^^^", "5 |     db = SessionLocal()"]


def test_an_empty_span_has_one_mark() -> None:
    lines = render("full", finding(span=Span(5, 4, 5, 4))).splitlines()
    assert lines[4].rstrip() == "  |     ^"


@pytest.mark.parametrize(
    ("span", "text"),
    [(Span(1, 0, 1, 0), JOBS), (Span(99, 0, 99, 5), JOBS), (Span(1, 0, 1, 5), b"\xff\xfe"), (Span(2, 0, 2, 1), "")],
)
def test_no_frame_where_there_is_nothing_to_show(span: Span, text: str | bytes) -> None:
    lines = render("full", finding(span=span), text=text).splitlines()
    assert lines == [f"app/jobs.py:{span.row}:1: FSL101 error: `db` is never closed", ""]


def test_a_file_that_is_not_known_has_no_frame() -> None:
    note = Note("/elsewhere.py", Span(3, 0, 3, 4), "made here")
    lines = render("full", finding(path="/gone.py", trail=(note,))).splitlines()
    assert lines == [
        "/gone.py:5:10: FSL101 error: `db` is never closed",
        "note: made here",
        " --> /elsewhere.py:3:1",
        "",
    ]


@pytest.mark.parametrize("form", ["full", "concise"])
def test_control_characters_never_reach_the_terminal(form: str) -> None:
    evil = "\x1b]0;owned\x07\x1b[2J\r\u202e\u2028\udcff\x9b"
    path = f"/srv/shop/{evil}.py"
    text = render(
        form,
        finding(message=f"`{evil}`", path=path, trail=(Note(path, Span(1, 0, 1, 1), evil),)),
        finding(fix=fix(Applicability.SAFE, evil), span=Span(1, 0, 1, 3)),
        text=f"x = '{evil[:-2]}'\n",
    )
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e\u2028\udcff]", text)
    assert r"\x1b]0;owned\x07" in text


def test_visible_leaves_ordinary_text_alone() -> None:
    for text in ("plain", "żółw 名前 😀 👩\u200d💻", "naïve — “quotes”"):
        assert visible(text) == text
    assert visible("a\tb") == "a    b"


def test_width_is_that_of_a_terminal() -> None:
    assert [width(text) for text in ("", "abc", "名前", "e\u0301", "é", "\uff46")] == [0, 3, 4, 1, 1, 2]


def test_json_counts_columns_from_one_and_is_ascii() -> None:
    trail = (Note("/srv/lib/db.py", Span(1, 0, 1, 5), "żółw"),)
    text = render("json", finding(trail=trail, fix=fix(Applicability.UNSAFE)), has_colors=True, width=20)
    assert text.isascii()
    assert json.loads(text) == [
        {
            "code": "FSL101",
            "name": "unclosed-session",
            "severity": "error",
            "message": "`db` is never closed",
            "filename": PATH,
            "location": {"row": 5, "column": 10},
            "end_location": {"row": 5, "column": 24},
            "fix": {
                "applicability": "unsafe",
                "message": "Open `db` in `with`",
                "edits": [
                    {"content": "", "location": {"row": 5, "column": 5}, "end_location": {"row": 5, "column": 10}}
                ],
            },
            "url": finding().url,
            "fingerprint": report(finding()).fingerprints()[0],
            "trail": [{"filename": "/srv/lib/db.py", "location": {"row": 1, "column": 1}, "message": "żółw"}],
        }
    ]


def test_json_without_a_fix() -> None:
    assert json.loads(render("json", finding()))[0]["fix"] is None
    assert render("json") == "[]\n"


def test_a_rule_without_a_page_is_no_link() -> None:
    assert "]8;;" in render("concise", finding(), has_links=True)
    assert "]8;;" not in render("concise", finding(code="SHOP001"), has_links=True)


# --- the closing lines ---


@pytest.mark.parametrize(
    ("findings", "options", "lines"),
    [
        ([], {}, ["All checks passed!"]),
        ([], {"fixed": fixed(0)}, ["All checks passed!"]),
        ([], {"fixed": fixed(2)}, ["Found 2 findings (2 fixed, 0 remaining)."]),
        ([finding()], {}, ["Found 1 finding (1 error)."]),
        ([finding()], {"fixed": fixed(0)}, ["Found 1 finding (1 error)."]),
        ([finding()], {"fixed": fixed(1)}, ["Found 2 findings (1 fixed, 1 remaining)."]),
        (
            [finding(severity=one) for one in (Severity.INFO, Severity.ERROR, Severity.INFO, Severity.ERROR)],
            {},
            ["Found 4 findings (2 errors, 2 info)."],
        ),
        (
            [finding(fix=fix(Applicability.SAFE)), finding(severity=Severity.WARNING)],
            {},
            ["Found 2 findings (1 error, 1 warning).", "[*] 1 fixable with `--fix`."],
        ),
        (
            [finding(fix=fix(Applicability.SAFE)), finding(fix=fix(Applicability.UNSAFE))],
            {},
            ["Found 2 findings (2 errors).", "[*] 1 fixable with `--fix` (1 more with `--unsafe-fixes`)."],
        ),
        (
            [finding(fix=fix(Applicability.SAFE)), finding(fix=fix(Applicability.UNSAFE))],
            {"is_unsafe": True},
            ["Found 2 findings (2 errors).", "[*] 2 fixable with `--fix --unsafe-fixes`."],
        ),
        (
            [finding(fix=fix(Applicability.UNSAFE)), finding(fix=fix(Applicability.DISPLAY))],
            {},
            ["Found 2 findings (2 errors).", "No safe fixes; 1 unsafe with `--fix --unsafe-fixes`."],
        ),
        ([finding(fix=fix(Applicability.DISPLAY))], {}, ["Found 1 finding (1 error)."]),
    ],
)
@pytest.mark.parametrize("form", ["full", "concise"])
def test_summary(form: str, findings: list[Finding], options: dict[str, Any], lines: list[str]) -> None:
    body = render(form, *findings, **options)
    assert render(form, *findings, is_quiet=False, **options) == body + "".join(f"{line}\n" for line in lines)
