"""The forms for other programs: held to their schemas and documented shapes, through the real command."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest
import xmlschema

from fastapi_session_lint.cli.outputs import Outputs
from fastapi_session_lint.findings import Applicability, Edit, Finding, Fix, Note, Severity, Span
from fastapi_session_lint.report import FORMATS, Report, form, sarif
from fastapi_session_lint.settings import OUTPUT_FORMATS
from fastapi_session_lint.source import Source

SCHEMAS = Path(__file__).parent / "schemas"
PATH = "/srv/shop/app/a b%:,;]é.py"
TEXT = "x = 1\n\nnäme = Make('é'); db = Make()\n"
MESSAGES = "50% of `db`;\n[it]: <a> & 'b', \"c\" \x1b\udcff"


def finding(**changes: Any) -> Finding:
    values = {
        "code": "FSL101",
        "name": "unclosed-session",
        "severity": Severity.ERROR,
        "message": MESSAGES,
        "path": PATH,
        "span": Span(3, 19, 3, 23),
    }
    return Finding(**{**values, **changes})


def rendered(name: str, *findings: Finding) -> str:
    sources = {PATH: Source(PATH, TEXT.encode())}
    return "".join(form(name)(Report(findings, sources, "/srv/shop/app", ("/srv/shop",), is_quiet=True)))


def fix(applicability: Applicability, edits: int = 1) -> Fix:
    return Fix("Close it", applicability, (Edit(Span(3, 19, 3, 19), "é("),) * edits)


def validated(text: str) -> dict[str, Any]:
    log: dict[str, Any] = json.loads(text)
    schema = json.loads((SCHEMAS / "sarif-2.1.0.json").read_text(encoding="utf-8"))
    jsonschema.Draft7Validator(schema, format_checker=jsonschema.FormatChecker()).validate(log)
    return log


def test_every_form_is_an_option_and_a_module() -> None:
    assert tuple(FORMATS) == OUTPUT_FORMATS
    for name in FORMATS:
        assert callable(form(name))


@pytest.mark.parametrize("name", FORMATS)
def test_forms_that_tell_fingerprints_are_known(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    found = Report.fingerprints

    def spy(report: Report) -> list[str]:
        asked.append(name)
        return found(report)

    monkeypatch.setattr(Report, "fingerprints", spy)
    rendered(name, finding())
    assert Outputs().tell_fingerprints(name) == bool(asked)
    assert Outputs(others=((name, "report.txt"),)).tell_fingerprints("full") == bool(asked)


@pytest.mark.parametrize("name", FORMATS)
def test_every_form_through_the_command(shop: Any, name: str) -> None:
    """Findings and a clean run, from the top and from a folder: what other programs read names files alike."""
    done = shop.fsl("check", "--output-format", name)
    assert (done.code, done.err) == (1, "")
    assert all(code in done.out for code in ("FSL101", "FSL102", "FSL501"))
    if name not in ("full", "concise", "grouped"):
        assert done.out == shop.fsl("check", "--output-format", name, "..", cwd="app").out
        assert name.startswith("json") or str(shop.root) not in done.out
    assert shop.fsl("check", "--output-format", name, "app/db.py").code == 0


# --- SARIF ---


def test_sarif_of_a_run_is_valid(shop: Any) -> None:
    (run,) = validated(shop.fsl("check", "--output-format", "sarif").out)["runs"]
    assert [one["ruleId"] for one in run["results"]] == ["FSL501", "FSL101", "FSL102"]
    assert [one["level"] for one in run["results"]] == ["note", "error", "warning"]
    rules = run["tool"]["driver"]["rules"]
    assert all(rules[one["ruleIndex"]]["id"] == one["ruleId"] for one in run["results"])
    where = run["results"][1]["locations"][0]["physicalLocation"]
    assert where == {
        "artifactLocation": {"uri": "app/jobs.py", "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": 9, "startColumn": 10, "endLine": 9, "endColumn": 24},
    }
    assert run["columnKind"] == "unicodeCodePoints"


def test_sarif_of_a_clean_run_is_valid(shop: Any) -> None:
    (run,) = validated(shop.fsl("check", "--output-format", "sarif", "app/db.py").out)["runs"]
    assert run["results"] == []
    assert run["invocations"] == [{"executionSuccessful": True, "toolExecutionNotifications": []}]


def test_sarif_tells_the_trail_as_a_flow(shop: Any) -> None:
    (run,) = validated(shop.fsl("check", "--select", "FSL102", "--output-format", "sarif").out)["runs"]
    (result,) = run["results"]
    flow = [one["location"] for one in result["codeFlows"][0]["threadFlows"][0]["locations"]]
    assert [one["physicalLocation"]["region"]["startLine"] for one in flow] == [14, 15]
    assert [one["message"]["text"] for one in flow] == [result["message"]["text"], "an error here skips the close"]
    assert result["relatedLocations"] == [{"id": 1, **flow[1]}]


def test_sarif_fix_gives_the_fixed_file(shop: Any) -> None:
    (run,) = validated(shop.fsl("check", "--select", "FSL501", "--output-format", "sarif").out)["runs"]
    ((change,),) = [one["artifactChanges"] for one in run["results"][0]["fixes"]]
    lines = shop.text("app/jobs.py").splitlines(keepends=True)
    for one in sorted(change["replacements"], key=lambda one: one["deletedRegion"]["startColumn"], reverse=True):
        region = one["deletedRegion"]
        assert region["startLine"] == region["endLine"]
        row, start, end = region["startLine"] - 1, region["startColumn"] - 1, region["endColumn"] - 1
        lines[row] = lines[row][:start] + one["insertedContent"]["text"] + lines[row][end:]
    shop.fsl("check", "--select", "FSL501", "--fix")
    assert "".join(lines) == shop.text("app/jobs.py")


def test_sarif_fingerprints_survive_moved_lines(shop: Any) -> None:
    def known() -> list[str]:
        (run,) = json.loads(shop.fsl("check", "--output-format", "sarif").out)["runs"]
        return [one["partialFingerprints"]["fslFingerprint/v1"] for one in run["results"]]

    before = known()
    assert len(set(before)) == 3
    shop.write({"app/jobs.py": "# moved\n\n" + shop.text("app/jobs.py")})
    assert known() == before


def test_sarif_of_strange_text_is_valid() -> None:
    trail = tuple(Note("/else/where.py", Span(1, 0, 1, 1), MESSAGES) for _ in range(300))
    (run,) = validated(rendered("sarif", finding(trail=trail, fix=fix(Applicability.UNSAFE))))["runs"]
    (result,) = run["results"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "app/a%20b%25%3A%2C%3B%5D%C3%A9.py"
    assert len(result["relatedLocations"]) < 100
    assert len(result["codeFlows"][0]["threadFlows"][0]["locations"]) == 100
    outside = result["relatedLocations"][0]["physicalLocation"]["artifactLocation"]
    assert outside == {"uri": "file:///else/where.py"}


def test_sarif_stays_within_the_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sarif, "MOST_RESULTS", 2)
    (run,) = validated(rendered("sarif", finding(severity=Severity.INFO), finding(), finding(), finding()))["runs"]
    assert [one["level"] for one in run["results"]] == ["error", "error"]
    (note,) = run["invocations"][0]["toolExecutionNotifications"]
    assert note["message"]["text"] == "2 findings are left out: no more than 2 are accepted"


def test_sarif_rules_are_within_the_limits() -> None:
    (run,) = validated(rendered("sarif"))["runs"]
    for rule in run["tool"]["driver"]["rules"]:
        assert len(rule["name"]) <= 255
        assert 0 < len(rule["shortDescription"]["text"]) <= 1024
        assert 0 < len(rule["fullDescription"]["text"]) <= 1024
        assert len(rule["properties"]["tags"]) <= 10
        assert "Why is this bad?" in rule["help"]["markdown"]


def test_sarif_says_what_could_not_be_read(shop: Any) -> None:
    shop.write({"app/broken.py": "from sqlalchemy.orm import Session\ndef (\n"})
    (run,) = validated(shop.fsl("check", "--output-format", "sarif", "app/broken.py").out)["runs"]
    (note,) = run["invocations"][0]["toolExecutionNotifications"]
    assert note["message"]["text"].startswith("cannot be checked: ")


# --- GitLab ---


def test_gitlab(shop: Any) -> None:
    issues = json.loads(shop.fsl("check", "--output-format", "gitlab").out)
    for issue in issues:
        assert set(issue) == {"description", "check_name", "fingerprint", "severity", "location"}
        assert issue["severity"] in ("info", "minor", "major", "critical", "blocker")
        assert not issue["location"]["path"].startswith(("/", "./"))
        assert issue["location"]["lines"]["begin"] <= issue["location"]["lines"]["end"]
    assert len({issue["fingerprint"] for issue in issues}) == len(issues) == 3
    assert json.loads(shop.fsl("check", "--output-format", "gitlab", "app/db.py").out) == []


# --- JUnit ---


@pytest.mark.parametrize("findings", [0, 1, 3])
def test_junit_is_valid(findings: int) -> None:
    note = Note(PATH, Span(1, 0, 1, 1), MESSAGES)
    many = [finding(trail=(note,)), finding(path="/srv/shop/b.py"), finding(path="/srv/shop/b.py")][:findings]
    text = rendered("junit", *many)
    xmlschema.XMLSchema(str(SCHEMAS / "junit-10.xsd")).validate(text)
    root = ElementTree.fromstring(text)
    assert root.attrib["failures"] == str(findings) == str(len(root.findall(".//failure")))
    assert root.attrib["tests"] == str(max(1, findings)) == str(len(root.findall(".//testcase")))
    for suite in root:
        assert suite.attrib["tests"] == str(len(suite))


def test_junit_of_a_run(shop: Any) -> None:
    root = ElementTree.fromstring(shop.fsl("check", "--output-format", "junit").out)
    assert [one.attrib["classname"] for one in root.iter("testcase")] == ["app.jobs"] * 3
    assert [one.attrib["type"] for one in root.iter("failure")] == ["info", "error", "warning"]


# --- lines for services ---


def test_github_escapes_what_would_end_a_field() -> None:
    (line,) = rendered("github", finding()).splitlines()
    found = re.fullmatch(r"::(\w+) ([^:]*)::(.*)", line)
    assert found is not None
    properties = dict(one.split("=", 1) for one in found[2].split(","))
    assert found[1] == "error"
    assert properties["file"] == "app/a b%25%3A%2C;]é.py"
    assert (properties["line"], properties["col"], properties["endColumn"]) == ("3", "20", "24")
    assert found[3].startswith("FSL101 50%25 of `db`;%0A[it]: ")


def test_github_gives_no_columns_for_several_lines() -> None:
    text = rendered("github", finding(span=Span(1, 0, 3, 4), severity=Severity.INFO))
    assert text.startswith("::notice file=")
    assert ",line=1,endLine=3,title=" in text
    assert "ol" not in text.partition(",title=")[0].rpartition(",line")[2]


def test_azure_escapes_what_would_end_a_field() -> None:
    (line,) = rendered("azure", finding(severity=Severity.INFO)).splitlines()
    head, _, message = line.removeprefix("##vso[").partition("]")
    assert head.startswith("task.logissue type=warning;")
    assert "sourcepath=app/a b%AZP25:,%3B%5Dé.py;linenumber=3;columnnumber=20;code=FSL101;" in head
    assert message.startswith("50%AZP25 of `db`;%0A[it]: ")


def test_pylint(shop: Any) -> None:
    lines = shop.fsl("check", "--output-format", "pylint").out.splitlines()
    assert lines[1].startswith("app/jobs.py:9: [FSL101(unclosed-session), ] `db` is never closed")
    assert len(lines) == 3


def test_rdjson_counts_bytes() -> None:
    trail = (Note(PATH, Span(1, 0, 1, 1), "made here"),)
    (one,) = json.loads(rendered("rdjson", finding(fix=fix(Applicability.SAFE), trail=trail)))["diagnostics"]
    assert one["location"]["range"] == {"start": {"line": 3, "column": 22}, "end": {"line": 3, "column": 26}}
    assert (one["severity"], one["code"]["value"]) == ("ERROR", "FSL101")
    assert one["suggestions"] == [
        {"range": {"start": {"line": 3, "column": 22}, "end": {"line": 3, "column": 22}}, "text": "é("}
    ]
    assert one["related_locations"][0]["message"] == "made here"


@pytest.mark.parametrize("given", [fix(Applicability.SAFE, 2), fix(Applicability.DISPLAY), None])
def test_rdjson_suggests_only_what_can_be_taken_alone(given: Fix | None) -> None:
    (one,) = json.loads(rendered("rdjson", finding(fix=given)))["diagnostics"]
    assert one["suggestions"] == []


def test_json_lines_are_the_objects_of_json(shop: Any) -> None:
    lines = shop.fsl("check", "--output-format", "json-lines").out.splitlines()
    assert [json.loads(line) for line in lines] == json.loads(shop.fsl("check", "--output-format", "json").out)


def test_grouped(shop: Any) -> None:
    shop.write({"more.py": shop.text("app/jobs.py")})
    lines = shop.fsl("check", "--output-format", "grouped").out.splitlines()
    assert lines[0] == "app/jobs.py:"
    assert lines[1].startswith("  5:11  FSL501 [*] ") and lines[2].startswith("  9:10  FSL101 `db` ")
    assert lines[4:6] == ["", "more.py:"]
    assert lines[-2] == "Found 6 findings (2 errors, 2 warnings, 2 info)."


@pytest.mark.parametrize("columns", [40, 80, 200])
def test_grouped_fits_the_terminal(shop: Any, columns: int) -> None:
    plain = shop.fsl("check", "-q", "--output-format", "grouped", COLUMNS=str(columns)).out
    assert max(len(line) for line in plain.splitlines()) <= columns
    assert plain.split() == shop.fsl("check", "-q", "--output-format", "grouped").out.split()
    indents = {len(line) - len(line.lstrip()) for line in plain.splitlines()[1:] if line and line[2] == " "}
    assert indents <= {8}


# --- several at once ---


def test_forms_go_to_files_beside_standard_output(shop: Any) -> None:
    arguments = ["--output-format", "concise", "--output-format", "sarif=out/a.sarif", "--output-format", "junit=b.xml"]
    done = shop.fsl("check", "--color", "always", *arguments, COLUMNS="40")
    assert (done.code, done.err) == (1, "")
    assert done.out == shop.fsl("check", "--color", "always", "--output-format", "concise", COLUMNS="40").out
    assert len(validated(shop.text("out/a.sarif"))["runs"][0]["results"]) == 3
    assert len(list(ElementTree.fromstring(shop.text("b.xml")).iter("failure"))) == 3


def test_a_form_in_a_file_leaves_the_form_of_the_configuration(shop: Any) -> None:
    shop.write({"pyproject.toml": '[tool.fastapi-session-lint]\noutput-format = "concise"\n'})
    plain = shop.fsl("check")
    assert shop.fsl("check", "--output-format", "full=a.txt") == plain
    text = shop.text("a.txt")
    assert "^^^^" in text and "\x1b" not in text


def test_output_file_takes_the_place_of_standard_output(shop: Any) -> None:
    done = shop.fsl("check", "--output-format", "json", "--output-file", "a.json")
    assert (done.code, done.out, done.err) == (1, "", "")
    assert len(json.loads(shop.text("a.json"))) == 3


def test_output_that_cannot_be_written_is_an_error(shop: Any) -> None:
    done = shop.fsl("check", "-q", "app/db.py", "--output-format", "json=app", "--output-format", "json=app/db.py/x")
    assert (done.code, done.out) == (2, "")
    assert done.err.splitlines() == [
        "error: app: not written: is a directory",
        "error: app/db.py/x: not written: file exists",
    ]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("sarfi", "did you mean `sarif`?"),
        ("json=", "`json=` names no file"),
        ("xml=a", "`xml` is none of full, concise"),
    ],
)
def test_unknown_forms(shop: Any, value: str, words: str) -> None:
    done = shop.fsl("check", "--output-format", value)
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert words in done.err and "--output-format" in done.err


# --- statistics ---


def test_statistics(shop: Any) -> None:
    shop.write({"app/more.py": shop.text("app/jobs.py").replace("sqlite:///archive.db", "postgresql+psycopg://x/y")})
    done = shop.fsl("check", "--statistics")
    assert (done.code, done.err) == (1, "")
    assert done.out.splitlines() == [
        "2  FSL101  unclosed-session                  2 with unsafe fixes",
        "2  FSL102  close-skipped-on-error            2 fixable",
        "1  FSL501  sqlite-missing-check-same-thread  1 fixable",
        "",
        "Found 5 findings (2 errors, 2 warnings, 1 info).",
        "[*] 3 fixable with `--fix` (2 more with `--unsafe-fixes`).",
    ]


def test_statistics_as_json(shop: Any) -> None:
    counts = json.loads(shop.fsl("check", "--statistics", "--output-format", "json").out)
    assert counts[0] == {
        "code": "FSL101",
        "name": "unclosed-session",
        "severity": "error",
        "count": 1,
        "safe_fixes": 0,
        "unsafe_fixes": 1,
    }
    lines = shop.fsl("check", "--statistics", "--output-format", "json-lines").out.splitlines()
    assert [json.loads(line) for line in lines] == counts
    assert shop.fsl("check", "--statistics", "app/db.py").out == "All checks passed!\n"


# --- hyperlinks ---


@pytest.mark.parametrize("name", ["full", "concise", "grouped"])
def test_codes_are_links_where_terminals_have_them(shop: Any, name: str) -> None:
    arguments = ("check", "--select", "FSL101", "--output-format", name)
    linked = shop.fsl(*arguments, "--color", "always", FORCE_HYPERLINK="1").out
    assert re.search(
        r"\x1b]8;;https://[^\x1b]*#fsl101-unclosed-session\x1b\\\x1b\[1;31mFSL101\x1b\[0m\x1b]8;;\x1b\\", linked
    )
    bare = re.sub(r"\x1b]8;;[^\x1b]*\x1b\\", "", linked)
    assert bare == shop.fsl(*arguments, "--color", "always").out
    assert bare == shop.fsl(*arguments, "--color", "always", FORCE_HYPERLINK="0").out
    assert "\x1b" not in shop.fsl(*arguments, FORCE_HYPERLINK="1").out
