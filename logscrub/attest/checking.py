"""Files and rules held against what a proof states of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import PurePath
from typing import Any

from logscrub.attest.statement import Subject
from logscrub.errors import InputError
from logscrub.sources import streams
from logscrub.sources.files import Input
from logscrub.sources.hashed import Hashed


def digest_of_input(item: Input) -> str:
    """SHA-256 of an input's bytes as they are stored. Raises InputError where it cannot be read."""
    with Hashed(streams.open_file(item)) as file:
        digest = file.finish()
    if not digest:
        raise InputError(f"{item.name}: cannot be read to its end; the disk or the connection may be failing")
    return digest


def differences(stated: Sequence[Subject], given: Sequence[Subject]) -> Iterator[tuple[str, str]]:
    """The files that were given and are not stated, and those that are stated and were not given, each with what is wrong.

    A file is its bytes: it may have another name and stand elsewhere.
    """
    known = {subject.sha256 for subject in stated}
    here = {subject.sha256 for subject in given}
    missing = [subject for subject in stated if subject.sha256 not in here]
    for name, sha256 in given:
        if sha256 not in known:
            like = _like(name, missing)
            yield name, "differs from what was proven" if like else "is not in the proof"
            if like:
                missing.remove(like)
    for name, _ in missing:
        yield name, "is in the proof, but was not given"


def _like(name: str, missing: Iterable[Subject]) -> Subject | None:
    """The file that has the same name, or the same in another folder."""
    alike = [subject for subject in missing if PurePath(subject.name).name == PurePath(name).name]
    return next((subject for subject in alike if subject.name == name), alike[0] if alike else None)


def changed(then: Mapping[str, Any], now: Mapping[str, Any], where: str = "") -> list[str]:
    """The paths of the rules that differ from those of a proof: `detectors.digest`."""
    found = []
    for key in sorted({*then, *now}):
        one, other, path = then.get(key), now.get(key), f"{where}{key}"
        if isinstance(one, dict) and isinstance(other, dict):
            found += changed(one, other, f"{path}.")
        elif one != other or (key in then) != (key in now):
            found.append(path)
    return found
