"""What all tests share: hypothesis's profiles, one engine, and short ways to scrub and to verify bytes.

`HYPOTHESIS_PROFILE=thorough pytest` tries twenty times as many examples, new ones each time.
"""

from __future__ import annotations

import gc
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "scripts"), str(ROOT / "tests")]

import forked  # noqa: E402
from strategies import THOROUGH, builtin_detectors  # noqa: E402

from logscrub.detect.catalogue import Catalogue  # noqa: E402
from logscrub.detect.engine import Engine  # noqa: E402
from logscrub.detect.names import Names  # noqa: E402
from logscrub.redact.policy import load_policy  # noqa: E402
from logscrub.redact.pseudonyms import Pseudonymizer  # noqa: E402
from logscrub.redact.scrub import Redactor  # noqa: E402

_ALWAYS: dict[str, Any] = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large]}
settings.register_profile("ci", derandomize=True, database=None, **_ALWAYS)
settings.register_profile("thorough", max_examples=2000, **_ALWAYS)
settings.load_profile("thorough" if THOROUGH else os.environ.get("HYPOTHESIS_PROFILE", "ci"))

os.umask(0o077)  # a key file that others may read makes every run warn

KEY = b"a key for tests only, 32 bytes.."


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Collects without a garbage collector: thousands of tests stay, and going through them takes a fifth of the time."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        gc.freeze()


def pytest_sessionfinish() -> None:
    forked.stop()


@pytest.fixture(scope="session")
def detectors() -> Catalogue:
    return builtin_detectors()


@pytest.fixture(scope="session")
def engine(detectors: Catalogue) -> Engine:
    """All detectors and the default recognizer of names."""
    return Engine(detectors, names=Names())


@pytest.fixture(scope="session")
def redactor(engine: Engine) -> Redactor:
    """The default policy under a fixed key."""
    return Redactor(engine, load_policy("atlassian"), Pseudonymizer(KEY))


@pytest.fixture
def users_folder() -> Iterator[Path]:
    """A folder of its own for a test in which permissions count. Root, who may do everything, becomes nobody meanwhile."""
    folder = Path(tempfile.mkdtemp())
    if os.geteuid() == 0:
        nobody = 65534
        os.chown(folder, nobody, nobody)
        os.setresuid(nobody, nobody, 0)
        yield folder
        os.setresuid(0, 0, 0)
    else:
        yield folder
    for root, folders, _ in os.walk(folder):
        for name in folders:
            Path(root, name).chmod(0o700)
    shutil.rmtree(folder)


@pytest.fixture
def fail_instead_of_hanging() -> Iterator[None]:
    """What waits for ever on a pipe is ended by an alarm, late enough that a slow machine never hears it."""

    def fail(*_: object) -> None:
        pytest.fail("waited for what never came")

    before = signal.signal(signal.SIGALRM, fail)
    signal.alarm(300)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)
