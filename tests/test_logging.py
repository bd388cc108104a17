"""Where a Python program logs: dictionaries, records of `logging` and events of structlog, without customer data."""

from __future__ import annotations

import io
import json
import logging
import logging.config
import subprocess
import sys
import threading
from datetime import UTC, datetime
from enum import Enum, IntEnum, StrEnum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import examples
from test_cli_scrub import ENVIRONMENT, ROOT

import logscrub
from logscrub import api, scrub_dict
from logscrub.config import Config
from logscrub.dicts import scrubbed_dict
from logscrub.errors import UsageError
from logscrub.logging import RedactingFormatter, StructlogRedactor

KEY = b"a key for tests only, 32 bytes.."
MAIL = "jane@acme.example"
BINARY = f"to {MAIL} " + "\x00\x01\x02" * 200
LEAVES = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary() | st.datetimes() | st.just(f"to {MAIL}")
)
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner) | st.tuples(inner, inner) | st.dictionaries(st.text() | st.integers(), inner)
)


class Unspeakable:
    def __str__(self) -> str:
        raise ValueError(MAIL)


@pytest.fixture(scope="module")
def formatter() -> RedactingFormatter:
    return RedactingFormatter("%(levelname)s %(name)s %(message)s", key=KEY)


@pytest.fixture(scope="module")
def processor() -> StructlogRedactor:
    return StructlogRedactor(key=KEY)


def record(message: object, *args: object, exc_info: Any = None) -> logging.LogRecord:
    return logging.LogRecord("app", logging.WARNING, "app.py", 1, message, args, exc_info)


class Choice(Enum):
    ONE = MAIL
    RED = 1


class Text(StrEnum):
    ONE = MAIL
    UP = "up"


class MixedIn(str, Enum):  # noqa: UP042 -- `str` of it is its name, JSON has its value
    ONE = MAIL


class Level(IntEnum):
    HIGH = 3


# -- dictionaries -------------------------------------------------------------------------------------------------------


def test_a_dictionary_is_scanned_by_its_fields_and_stays_what_it_is() -> None:
    at, inner = datetime(2026, 11, 17, tzinfo=UTC), {"count": 2, "tags": ("a", "b")}
    data = {"at": at, "inner": inner, "assignee": "Kim", "to": [f"mail {MAIL}", 3], "card": 4111111111111111, 7: "seven"}
    clean = scrub_dict(data, key=KEY)
    assert list(clean) == list(data)
    assert clean["at"] is at and clean["inner"] is inner and clean[7] == "seven"
    assert clean["assignee"] == "<PERSON>" and clean["to"] == ["mail <EMAIL_ADDRESS>", 3] and clean["card"] == "<CREDIT_CARD>"
    assert data["assignee"] == "Kim" and data["to"] == [f"mail {MAIL}", 3]


def test_what_has_no_form_in_json_is_scanned_by_its_text() -> None:
    clean = scrub_dict(
        {"error": ValueError(MAIL), "raw": MAIL.encode(), "who": {MAIL}, "odd": Unspeakable(), "nan": float("nan")}
    )
    assert MAIL not in repr(clean)
    assert clean["error"] == clean["raw"] == "<EMAIL_ADDRESS>" and clean["who"] == ["<EMAIL_ADDRESS>"]
    assert clean["odd"] == "<WITHHELD>" and clean["nan"] != clean["nan"]


class Told:
    """Its text is harmless, its `repr`, which structlog's renderers show, is not."""

    def __str__(self) -> str:
        return "user 7"

    def __repr__(self) -> str:
        return f"Told({MAIL!r})"


class Broken(dict[str, str]):
    def items(self) -> Any:
        raise RuntimeError(MAIL)


@pytest.mark.parametrize(
    "value",
    [Told(), [Told()], Choice.ONE, Text.ONE, MixedIn.ONE],
    ids=["object", "in a list", "enumeration", "enumeration of texts", "text that is an enumeration"],
)
def test_what_a_renderer_shows_of_an_object_is_scanned_too(value: Any) -> None:
    clean = scrub_dict({"by": value, "inner": {"by": value}, value if isinstance(value, Enum) else "x": 1})
    assert MAIL not in repr(clean) and MAIL not in json.dumps(clean)


@pytest.mark.parametrize("value", [Choice.RED, Level.HIGH, Text.UP, UTC])
def test_an_object_in_which_nothing_is_found_stays_itself(value: Any) -> None:
    assert scrub_dict({"state": value})["state"] is value


def test_an_object_that_cannot_be_read_is_withheld() -> None:
    assert scrub_dict({"a": Broken(x="y"), "b": 1}) == {"a": "<WITHHELD>", "b": 1}
    assert scrub_dict(Broken(x="y")) == {"<WITHHELD>": "<WITHHELD>"}
    assert scrub_dict({Unspeakable(): 1}) == {"<WITHHELD>": 1}


def test_names_are_scrubbed_and_none_is_lost() -> None:
    assert scrub_dict({MAIL: 1, "bob@acme.example": 2, 1: "a", "1": "b"}) == {
        "<EMAIL_ADDRESS>": 1, "<EMAIL_ADDRESS>-2": 2, 1: "a", "1": "b",
    }  # fmt: skip


def test_what_cannot_be_scanned_is_withheld() -> None:
    assert scrub_dict({"event": BINARY}) == {"<WITHHELD>": "<WITHHELD>"}
    assert scrub_dict({"number": 10**5000, "to": MAIL}) == {"<WITHHELD>": "<WITHHELD>"}
    circle: dict[str, Any] = {"to": MAIL}
    circle["again"] = circle
    deep: Any = MAIL
    for _ in range(5000):
        deep = [deep]
    assert scrub_dict(circle) == {"to": "<EMAIL_ADDRESS>", "again": "<WITHHELD>"}
    assert MAIL not in repr(scrub_dict({"deep": deep}))


def test_pseudonyms_and_settings_are_those_of_the_library() -> None:
    user = "557058:44b011c7-7c2e-4655-a1d7-7086d584d2ba"
    (line,) = json.loads(logscrub.scrub(json.dumps([{"accountId": user}]), key=KEY).output)
    assert scrub_dict({"accountId": user}, key=KEY) == line
    assert scrub_dict({"to": MAIL, "note": "x"}, policy="secrets-only") == {"to": MAIL, "note": "x"}
    with pytest.raises(UsageError, match="data must be a mapping, not list"):
        scrub_dict([MAIL])  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def engine() -> api.Runner:
    return api.engine_of(api.build_redactor(Config(), KEY))


@examples(30)
@given(st.dictionaries(st.text() | st.integers(), VALUES))
def test_scrubbing_a_dictionary_again_changes_nothing(engine: api.Runner, data: dict[Any, Any]) -> None:
    once = scrubbed_dict(engine, data)
    assert MAIL not in repr(once)
    assert repr(scrubbed_dict(engine, once)) == repr(once)


# -- logging ------------------------------------------------------------------------------------------------------------


def test_a_record_is_formatted_without_customer_data(formatter: RedactingFormatter) -> None:
    made = record("mail from %s", MAIL)
    assert formatter.format(made) == "WARNING app mail from <EMAIL_ADDRESS>"
    assert made.getMessage() == f"mail from {MAIL}"
    assert formatter.format(record("synced 4 issues in 12 ms")) == "WARNING app synced 4 issues in 12 ms"
    assert formatter.format(record("")) == "WARNING app "
    assert formatter.format(record("two\nlines\n")) == "WARNING app two\nlines\n"


def test_a_traceback_is_scrubbed_too(formatter: RedactingFormatter) -> None:
    try:
        raise ValueError(f"no user {MAIL}")
    except ValueError:
        text = formatter.format(record("failed", exc_info=sys.exc_info()))
    assert text.startswith("WARNING app failed\nTraceback (most recent call last):\n") and MAIL not in text
    assert text.endswith("ValueError: no user <EMAIL_ADDRESS>")


def test_a_formatter_never_raises_and_then_shows_nothing(formatter: RedactingFormatter, monkeypatch: pytest.MonkeyPatch) -> None:
    assert formatter.format(record("%d issues", MAIL)) == "<WITHHELD> TypeError"
    assert formatter.format(record(Unspeakable())) == "<WITHHELD> ValueError"
    assert formatter.format(record(BINARY)) == "<WITHHELD>"

    class Panic(BaseException):
        pass

    for error, shown in ((Panic(MAIL), "<WITHHELD> Panic"), (RecursionError(MAIL), "<WITHHELD> RecursionError")):

        def fail(*_: object, error: BaseException = error) -> None:
            raise error

        monkeypatch.setattr(formatter, "_engine", type("Engine", (), {"scrubber": fail})())
        assert formatter.format(record(MAIL)) == shown
    monkeypatch.setattr(formatter._formatter, "format", lambda record: sys.exit(3))
    with pytest.raises(SystemExit):
        formatter.format(record(MAIL))


def test_another_formatter_may_make_the_text() -> None:
    class AsJson(logging.Formatter):
        def format(self, record: logging.LogRecord) -> str:
            return json.dumps({"level": record.levelname, "message": record.getMessage(), "assignee": "Kim"})

    text = RedactingFormatter(formatter=AsJson(), key=KEY).format(record("mail from %s", MAIL))
    assert json.loads(text) == {"level": "WARNING", "message": "mail from <EMAIL_ADDRESS>", "assignee": "<PERSON>"}


def test_a_formatter_can_be_configured_by_a_dictionary() -> None:
    out = io.StringIO()
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"clean": {"()": "logscrub.logging.RedactingFormatter", "fmt": "%(message)s", "policy": "strict"}},
            "handlers": {"out": {"class": "logging.StreamHandler", "formatter": "clean", "stream": out}},
            "loggers": {"tests.configured": {"handlers": ["out"], "propagate": False}},
        }
    )
    logging.getLogger("tests.configured").warning("mail from %s", MAIL)
    assert out.getvalue() == "mail from <EMAIL_ADDRESS>\n"


def test_wrong_settings_are_refused_when_a_formatter_is_made() -> None:
    with pytest.raises(UsageError):
        RedactingFormatter(policy="no-such-policy")
    with pytest.raises(UsageError):
        StructlogRedactor(key=b"short")
    with pytest.raises(UsageError, match="formatter: must be a logging"):
        RedactingFormatter(formatter="%(message)s")  # type: ignore[arg-type]


def test_threads_may_share_a_formatter(formatter: RedactingFormatter) -> None:
    made: dict[int, list[str]] = {}

    def work(number: int) -> None:
        made[number] = [formatter.format(record("thread %d, %d: u%d@acme.example", number, n, n)) for n in range(50)]

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert made == {t: [f"WARNING app thread {t}, {n}: <EMAIL_ADDRESS>" for n in range(50)] for t in range(4)}


def test_importing_it_loads_no_engine() -> None:
    program = "import sys, logscrub.logging; sys.exit('logscrub.api' in sys.modules or 'orjson' in sys.modules)"
    env = {**ENVIRONMENT, "PYTHONPATH": str(ROOT)}
    assert subprocess.run([sys.executable, "-c", program], env=env, check=False).returncode == 0


# -- structlog: a processor is called with (logger, method name, event dictionary) and gives the event dictionary ---------


def test_an_event_is_scrubbed_by_its_fields(processor: StructlogRedactor) -> None:
    event = {"event": f"mail from {MAIL}", "level": "info", "assignee": "Kim", "took_ms": 12}
    clean = processor(None, "info", event)
    assert clean == {"event": "mail from <EMAIL_ADDRESS>", "level": "info", "assignee": "<PERSON>", "took_ms": 12}
    assert event["assignee"] == "Kim"


@pytest.mark.parametrize("how", ["true", "exception", "triple"])
def test_an_exception_that_nobody_formatted_is_formatted_and_scrubbed(processor: StructlogRedactor, how: str) -> None:
    try:
        raise ValueError(f"no user {MAIL}")
    except ValueError as error:
        given_info: Any = {"true": True, "exception": error, "triple": sys.exc_info()}[how]
        clean = processor(None, "error", {"event": "failed", "exc_info": given_info})
    assert set(clean) == {"event", "exception"}
    assert clean["exception"].endswith("ValueError: no user <EMAIL_ADDRESS>") and MAIL not in clean["exception"]
    assert processor(None, "info", {"event": "fine", "exc_info": True}) == {"event": "fine"}


def test_what_structlogs_own_formatter_needs_stays(processor: StructlogRedactor) -> None:
    own = record(MAIL)
    clean = processor(None, "info", {"event": MAIL, "_record": own, "_from_structlog": False})
    assert clean == {"event": "<EMAIL_ADDRESS>", "_record": own, "_from_structlog": False}


def test_a_processor_never_raises(processor: StructlogRedactor) -> None:
    class Odd(dict[str, Any]):
        def keys(self) -> Any:
            raise RuntimeError(MAIL)

    assert processor(None, "info", Odd()) in ({}, {"event": "<WITHHELD> RuntimeError"})
    assert processor(None, "info", 3) == {"event": "<WITHHELD> TypeError"}  # type: ignore[arg-type]
