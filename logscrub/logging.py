"""Redaction where a Python program logs: a formatter for `logging`, and a processor for structlog.

    import logging
    from logscrub.logging import RedactingFormatter

    handler = logging.StreamHandler()
    handler.setFormatter(RedactingFormatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logging.basicConfig(handlers=[handler])

Neither raises an error while a program logs, for `logging` would print the message with it: what cannot be formatted or
scanned is `<WITHHELD>`. Both build their engine when they are made, which takes about a second, and refuse wrong settings
then. One without a key makes pseudonyms that mean something within the process only.
"""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import MutableMapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from logscrub.dicts import scrubbed_dict
from logscrub.errors import UsageError
from logscrub.model import WITHHELD

if TYPE_CHECKING:
    from logscrub.api import EngineName, Folders, Runner
    from logscrub.config import Config

__all__ = ["RedactingFormatter", "StructlogRedactor"]


class RedactingFormatter(logging.Formatter):
    """Formats a record, traceback included, and takes customer data out of the text.

    Args:
        fmt, datefmt, style: As `logging.Formatter` has them.
        formatter: Another formatter that makes the text, such as one for JSON; instead of the three above.
        policy, key, detectors, config, engine: As `logscrub.scrub` has them.

    Raises:
        UsageError: For settings that are wrong.
    """

    def __init__(
        self,
        fmt: str | None = None,
        datefmt: str | None = None,
        style: Literal["%", "{", "$"] = "%",
        *,
        formatter: logging.Formatter | None = None,
        policy: str | Path | None = None,
        key: bytes | None = None,
        detectors: Folders = (),
        config: Config | str | Path | None = None,
        engine: EngineName | None = None,
    ) -> None:
        super().__init__(fmt, datefmt, style)
        if formatter is not None and not isinstance(formatter, logging.Formatter):
            raise UsageError(f"formatter: must be a logging.Formatter, not {type(formatter).__name__}")
        self._formatter = formatter or logging.Formatter(fmt, datefmt, style)
        self._engine = _engine(policy, key, detectors, config, engine)

    def format(self, record: logging.LogRecord) -> str:
        """Return the text of a record without customer data. The record does not change, for other handlers."""
        try:
            text = self._formatter.format(record)
            scrubber = self._engine.scrubber("auto")
            out = scrubber.feed(text.encode("utf-8", "surrogatepass") + b"\n") + scrubber.finish()
            return out.decode("utf-8", "surrogatepass").removesuffix("\n")
        except BaseException as error:
            return _withheld(error)


class StructlogRedactor:
    """A structlog processor that takes customer data out of an event. It belongs directly before the renderer.

        structlog.configure(processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            StructlogRedactor(),
            structlog.processors.JSONRenderer(),
        ])

    An `exc_info` that no processor before has formatted becomes the text `exception`, so that no traceback goes unscanned.
    The settings are those of `RedactingFormatter`.
    """

    def __init__(
        self,
        *,
        policy: str | Path | None = None,
        key: bytes | None = None,
        detectors: Folders = (),
        config: Config | str | Path | None = None,
        engine: EngineName | None = None,
    ) -> None:
        self._engine = _engine(policy, key, detectors, config, engine)

    def __call__(self, logger: Any, method_name: str, event_dict: MutableMapping[str, Any]) -> dict[str, Any]:
        """The event without customer data."""
        try:
            event = dict(event_dict)
            own = {name: event.pop(name) for name in ("_record", "_from_structlog") if name in event}
            if trace := _traceback(event.pop("exc_info", None)):
                event["exception"] = trace
            # structlog's own, for its ProcessorFormatter, which takes them out again before it renders
            return scrubbed_dict(self._engine, event) | own
        except BaseException as error:
            return {"event": _withheld(error)}


def _withheld(error: BaseException) -> str:
    """The text that is logged if formatting or scanning failed. Raises only errors that end a program."""
    if isinstance(error, KeyboardInterrupt | SystemExit | GeneratorExit):
        raise error
    return f"{WITHHELD} {type(error).__name__}"


def _traceback(given: Any) -> str:
    """The text of an `exc_info`: an exception, its triple, or True for the one that is being handled; "" without one."""
    if isinstance(given, BaseException):
        return "".join(traceback.format_exception(given)).removesuffix("\n")
    triple = given if isinstance(given, tuple) else sys.exc_info() if given else (None, None, None)
    return "" if triple[1] is None else "".join(traceback.format_exception(*triple)).removesuffix("\n")


def _engine(
    policy: str | Path | None,
    key: bytes | None,
    detectors: Folders,
    config: Config | str | Path | None,
    engine: EngineName | None,
) -> Runner:
    from logscrub.api import build_redactor, engine_of, settings

    return engine_of(build_redactor(settings(config, policy, detectors), key), engine)
