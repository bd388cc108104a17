"""logscrub redacts customer data from Atlassian Forge log exports, and proves that it did.

    import logscrub

    clean = logscrub.scrub(text)                    # clean.output, clean.redactions, clean.withheld
    logscrub.scrub_file("in.log.gz", "out.log.gz")
    logscrub.verify(clean.output).clean             # True

Nothing heavy is imported before the first call; the first one takes about a second.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, AnyStr

from logscrub._version import __version__
from logscrub.errors import InputError, LogscrubError, OutputError, UsageError

if TYPE_CHECKING:
    from logscrub.api import EngineName, Folders, Scrubbed
    from logscrub.config import Config
    from logscrub.verification import FileReport

__all__ = [
    "InputError",
    "LogscrubError",
    "OutputError",
    "UsageError",
    "__version__",
    "scrub",
    "scrub_dict",
    "scrub_file",
    "verify",
    "verify_file",
]


def scrub(
    data: AnyStr,
    *,
    policy: str | Path | None = None,
    key: bytes | None = None,
    detectors: Folders = (),
    input_format: str = "auto",
    config: Config | str | Path | None = None,
    engine: EngineName | None = None,
) -> Scrubbed[AnyStr]:
    """`data`, a whole log (not compressed), without customer data. See `logscrub.api.scrub`."""
    from logscrub import api

    return api.scrub(data, policy=policy, key=key, detectors=detectors, input_format=input_format, config=config, engine=engine)


def scrub_dict(
    data: Mapping[Any, Any],
    *,
    policy: str | Path | None = None,
    key: bytes | None = None,
    detectors: Folders = (),
    config: Config | str | Path | None = None,
    engine: EngineName | None = None,
) -> dict[Any, Any]:
    """`data`, the fields of a record, without customer data: a new dictionary, read as a line of JSON is.

    Names of fields count: `{"assignee": "Kim"}` becomes `{"assignee": "<PERSON>"}`. Values in which nothing is found stay the
    objects that they are. The settings are those of `scrub`. Raises UsageError for wrong ones, and where `data` is no mapping.
    """
    from logscrub import api
    from logscrub.dicts import scrubbed_dict

    if not isinstance(data, Mapping):
        raise UsageError(f"data must be a mapping, not {type(data).__name__}")
    return scrubbed_dict(api.engine_of(api.build_redactor(api.settings(config, policy, detectors), key), engine), data)


def scrub_file(
    source: str | Path,
    target: str | Path,
    *,
    policy: str | Path | None = None,
    key: bytes | None = None,
    detectors: Folders = (),
    input_format: str = "auto",
    config: Config | str | Path | None = None,
    engine: EngineName | None = None,
    salvage: bool = False,
    decompress_memory: int = 128 << 20,
) -> Scrubbed[None]:
    """Writes the file `source`, compressed or not, to `target` without customer data. See `logscrub.api.scrub_file`."""
    from logscrub import api

    return api.scrub_file(
        source,
        target,
        policy=policy,
        key=key,
        detectors=detectors,
        input_format=input_format,
        config=config,
        engine=engine,
        salvage=salvage,
        decompress_memory=decompress_memory,
    )


def verify(
    data: str | bytes,
    *,
    policy: str | Path | None = None,
    detectors: Folders = (),
    input_format: str = "auto",
    config: Config | str | Path | None = None,
    engine: EngineName | None = None,
) -> FileReport:
    """Find the customer data in `data`, a whole log that is not compressed. See `logscrub.api.verify`."""
    from logscrub import api

    return api.verify(data, policy=policy, detectors=detectors, input_format=input_format, config=config, engine=engine)


def verify_file(
    path: str | Path,
    *,
    policy: str | Path | None = None,
    detectors: Folders = (),
    input_format: str = "auto",
    config: Config | str | Path | None = None,
    engine: EngineName | None = None,
    salvage: bool = False,
    decompress_memory: int = 128 << 20,
) -> list[FileReport]:
    """Find the customer data in a file, compressed or not. Return one report, or one per member of an archive."""
    from logscrub import api

    return api.verify_file(
        path,
        policy=policy,
        detectors=detectors,
        input_format=input_format,
        config=config,
        engine=engine,
        salvage=salvage,
        decompress_memory=decompress_memory,
    )
