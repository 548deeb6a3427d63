"""What a finding is known by while lines move and code is laid out anew: for baselines and for services that track it.

A finding is the rule, the file, the function around it and the statement that it stands in, without all that a
formatter may change: white space, comments, quotes, brackets, commas and the case of prefixes. What agrees in all of
this is told apart by being counted from the top of the file.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from fastapi_session_lint.findings import Finding
from fastapi_session_lint.source import Source


class Identity(NamedTuple):
    """What two findings share when they are the same one: `function` is dotted, empty outside of any."""

    code: str
    path: str
    function: str
    text: str

    def fingerprint(self, occurrence: int = 0) -> str:
        """32 hexadecimal digits; `occurrence` counts those of one identity from the top, starting with 0."""
        told = "\0".join((*self, str(occurrence)) if occurrence else self)
        return hashlib.sha256(told.encode(errors="surrogatepass")).hexdigest()[:32]


def identities(
    findings: Iterable[Finding], sources: Mapping[str, Source], shown: Callable[[str], str]
) -> list[Identity]:
    """What each finding is known by, in their order; `shown` gives a path as seen from where it is known to all."""
    findings = list(findings)
    if any(one.site is None for one in findings):
        from fastapi_session_lint.sites import sited  # late: what comes from the cache has its sites with it

        findings = sited(findings, sources)
    return [Identity(one.code, shown(one.path), *(one.site or ("", ""))) for one in findings]


def fingerprints(findings: Iterable[Finding], sources: Mapping[str, Source], shown: Callable[[str], str]) -> list[str]:
    """A fingerprint for each finding, in their order, of which no two are the same."""
    seen: Counter[Identity] = Counter()
    told = []
    for identity in identities(findings, sources, shown):
        told.append(identity.fingerprint(seen[identity]))
        seen[identity] += 1
    return told
