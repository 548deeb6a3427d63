"""Findings that were there before, kept in a file by their fingerprints: a later run reports what is new.

An entry counts how many findings it stands for, so that one more of the same kind is new. Nothing in it depends on
where the lines are; the code, the file and the function are there for people who read the file or its changes.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, NamedTuple

from fastapi_session_lint.findings import INTERNAL_ERROR, Finding
from fastapi_session_lint.fingerprints import Identity, identities
from fastapi_session_lint.settings import InvalidSettings
from fastapi_session_lint.source import Source

NAME = "fsl-baseline.json"
_VERSION = 1
_FIELDS = {"path": str, "code": str, "function": str, "fingerprint": str, "count": int}


@dataclass(frozen=True, slots=True, order=True)
class Entry:
    """Findings that are known: as many as `count` of one fingerprint. `path` is from the top of the repository."""

    path: str
    code: str
    function: str
    fingerprint: str
    count: int


class Compared(NamedTuple):
    """What a baseline makes of findings: those that it does not have, and what it has too much of."""

    new: tuple[Finding, ...]
    stale: tuple[Entry, ...]


def read(data: bytes, where: str) -> tuple[Entry, ...]:
    """The entries of a baseline file; `where` names it in messages. Raises InvalidSettings."""
    try:
        content = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise InvalidSettings(f"{where}: no baseline: {error}") from error
    if not isinstance(content, dict) or not isinstance(content.get("findings"), list):
        raise InvalidSettings(f"{where}: no baseline: it has no list `findings`")
    if content.get("version") != _VERSION:
        raise InvalidSettings(f"{where}: a baseline of version {content.get('version')}, not {_VERSION}: write it anew")
    return tuple(_entry(one, f"{where}: finding {number}") for number, one in enumerate(content["findings"], 1))


def _entry(item: Any, where: str) -> Entry:
    if not isinstance(item, dict) or any(type(item.get(name)) is not kind for name, kind in _FIELDS.items()):
        raise InvalidSettings(f"{where}: not of the form {', '.join(_FIELDS)}")
    return Entry(**{name: item[name] for name in _FIELDS})


def render(entries: Iterable[Entry]) -> bytes:
    """The file, sorted, so that its changes can be read and merged."""
    findings = [asdict(one) for one in sorted(entries) if one.count > 0]
    return (json.dumps({"version": _VERSION, "findings": findings}, indent=1, ensure_ascii=False) + "\n").encode()


def entries_of(
    findings: Sequence[Finding], sources: Mapping[str, Source], shown: Callable[[str], str]
) -> tuple[Entry, ...]:
    """The entries for findings; errors of the tool itself are never tolerated."""
    kept = [one for one in findings if one.code != INTERNAL_ERROR]
    counts = Counter(identities(kept, sources, shown))
    return tuple(_of(identity, count) for identity, count in counts.items())


def _of(identity: Identity, count: int) -> Entry:
    return Entry(identity.path, identity.code, identity.function, identity.fingerprint(), count)


def compare(
    entries: Iterable[Entry], findings: Sequence[Finding], sources: Mapping[str, Source], shown: Callable[[str], str]
) -> Compared:
    """Which findings the entries do not have, the later ones of equal ones first, and which entries are left over."""
    entries = tuple(entries)
    left: Counter[str] = Counter()
    for entry in entries:
        left[entry.fingerprint] += entry.count
    new = []
    for finding, identity in zip(findings, identities(findings, sources, shown), strict=True):
        known = identity.fingerprint()
        if left[known] > 0 and finding.code != INTERNAL_ERROR:
            left[known] -= 1
        else:
            new.append(finding)
    stale = tuple(replace(one, count=min(one.count, left[one.fingerprint])) for one in entries if left[one.fingerprint])
    return Compared(tuple(new), stale)


def without(entries: Iterable[Entry], stale: Iterable[Entry]) -> tuple[Entry, ...]:
    """The entries with what is stale taken off their counts."""
    too_many = {one.fingerprint: one.count for one in stale}
    return tuple(replace(one, count=one.count - too_many.get(one.fingerprint, 0)) for one in entries)
