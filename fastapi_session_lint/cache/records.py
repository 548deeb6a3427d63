"""What a run over some files has judged: a record, which a later run goes by when few of them have changed.

The records of the last runs over the same files are kept, so that who goes back to where he was finds what was known.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from fastapi_session_lint.cache import findings as form
from fastapi_session_lint.findings import Finding

RECORDS = "records"
_SIZE = 16


class Record(NamedTuple):
    """One run: for each file, in the order of the project's, its digest and the key of its model.

    `injected` has by the number of a file the injected names that it gives, see model.screen; `unread` are the numbers
    of those that could not be read. `findings` are as the rules made them, with their sites.
    """

    digests: tuple[str, ...]
    models: tuple[str, ...]
    injected: Mapping[int, tuple[str, ...]]
    unread: frozenset[int]
    findings: Sequence[Finding]


def name_of(key: str, digests: Sequence[str]) -> str:
    """The name of the record of files with these digests, among those under a key."""
    return f"{key}-{hashlib.blake2b(repr(digests).encode(), digest_size=_SIZE // 2).hexdigest()}"


def nearest_first(found: Iterable[bytes], digests: Sequence[str]) -> list[bytes]:
    """Records as bytes, in front those from which the fewest files have changed."""
    return sorted(found, key=lambda data: _changed(data, digests))


def _changed(data: bytes, digests: Sequence[str]) -> int:
    try:
        before = json.loads(data.partition(b"\n")[0])[0]
        return sum(one != other for one, other in zip(before, digests, strict=True))
    except (ValueError, TypeError, LookupError, RecursionError):
        return len(digests) + 1


def encoded(record: Record, paths: Sequence[str]) -> bytes | None:
    """A record as bytes; None when it has a finding about none of the paths."""
    found = form.encoded(record.findings, paths)
    if found is None:
        return None
    injected = [[number, list(names)] for number, names in record.injected.items()]
    head = [record.digests, record.models, injected, sorted(record.unread)]
    return json.dumps(head, separators=(",", ":")).encode() + b"\n" + found


def decoded(data: bytes, paths: Sequence[str]) -> Record | None:
    """The record that the bytes stand for; None when they stand for none of these paths."""
    head, _, rest = data.partition(b"\n")
    found = form.decoded(rest, paths)
    try:
        digests, models, injected, unread = json.loads(head)
        record = Record(
            tuple(map(_text, digests)),
            tuple(map(_text, models)),
            {int(number): tuple(map(_text, names)) for number, names in injected},
            frozenset(map(int, unread)),
            found or (),
        )
    except (ValueError, TypeError, RecursionError):
        return None
    is_whole = len(record.digests) == len(record.models) == len(paths)
    return record if is_whole and found is not None else None


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value
