"""Makes redactors and engines from settings.

A redactor holds everything that decides what is redacted: detectors, policy, key, allow-list. An engine runs a redactor over
inputs: in plain Python, which defines the output, or by the compiled core, which gives the same bytes.
"""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol, TypeGuard, get_args

from logscrub.config import Config, NameSettings, load_config
from logscrub.detect import catalogue
from logscrub.detect.catalogue import Catalogue
from logscrub.detect.engine import Engine
from logscrub.detect.names import Kind, Names
from logscrub.detect.names.lexicon import Lexicon
from logscrub.engines import processors
from logscrub.errors import UsageError
from logscrub.extras import need
from logscrub.redact.keys import check_key
from logscrub.redact.policy import load_policy
from logscrub.redact.pseudonyms import Pseudonymizer
from logscrub.redact.scrub import Redactor
from logscrub.scrubbing import Scrubber, Scrubs
from logscrub.verification import Verifier, Verifies

if TYPE_CHECKING:
    from logscrub.engines.native import NativeRedactor

EngineName = Literal["native", "plain"]
Folders = str | Path | Sequence[str | Path]
"""One folder, or several."""


class Runner(Protocol):
    """An engine that scrubs and verifies inputs. All engines give the same result."""

    @property
    def redactor(self) -> Redactor: ...

    @property
    def name(self) -> EngineName: ...

    def scrubber(self, input_format: str = "auto") -> Scrubs:
        """A scrubber for one input."""

    def verifier(self, path: str, input_format: str = "auto") -> Verifies:
        """A verifier for one input, which reports call `path`."""


@dataclass(frozen=True, slots=True)
class PlainEngine:
    """The engine in plain Python, which defines the output. It scrubs one unit after the other."""

    redactor: Redactor
    name: EngineName = "plain"

    def scrubber(self, input_format: str = "auto") -> Scrubs:
        return Scrubber(self.redactor, input_format)

    def verifier(self, path: str, input_format: str = "auto") -> Verifies:
        return Verifier(self.redactor, path, input_format)


def engines() -> tuple[EngineName, ...]:
    """The names of the engines that are installed, the fastest first."""
    return ("native", "plain") if importlib.util.find_spec("logscrub._core") else ("plain",)


def is_native(redactor: Redactor) -> TypeGuard[NativeRedactor]:
    """True for the redactor of a native engine."""
    if "native" not in engines():
        return False
    from logscrub.engines.native import NativeRedactor

    return isinstance(redactor, NativeRedactor)


def engine_of(redactor: Redactor, name: EngineName | None = None, *, threads: int | None = 1) -> Runner:
    """An engine that runs a redactor.

    Args:
        redactor: what decides what is redacted, from `build_redactor`.
        name: "native" or "plain"; None for the fastest engine that is installed and knows all patterns of the redactor.
        threads: how many threads the native engine uses; None for one per processor.

    Raises:
        UsageError: the engine is not known, is not installed, or does not know one of the patterns.
    """
    if name is not None and name not in get_args(EngineName):
        raise UsageError(f"no engine {name!r}; there are {', '.join(get_args(EngineName))}")
    if name is not None and name not in engines():
        raise UsageError(f"engine {name!r}: the compiled core is not installed here; install it (see README), or use plain")
    if (name or engines()[0]) == "plain":
        return PlainEngine(redactor)
    from logscrub.engines.lowering import Unsupported
    from logscrub.engines.native import NativeEngine, NativeRedactor

    try:
        threads = processors() if threads is None else threads
        return NativeEngine(NativeRedactor(redactor, threads), threads)
    except Unsupported as what:
        if name is None:
            return PlainEngine(redactor)
        raise UsageError(f"engine {name!r}: a pattern has {what}, which the compiled core does not know; use plain") from None


def settings(
    config: Config | str | Path | None, policy: str | Path | None, detectors: Folders, names: Kind | None = None
) -> Config:
    """The settings of a run: a configuration, changed by the arguments of a call.

    Args:
        config: settings, or the path of a configuration file; None for the defaults.
        policy: replaces the policy of `config`, unless it is None.
        detectors: folders that are added to those of `config`.
        names: replaces the recognizer of names, unless it is None.

    Raises:
        UsageError: the configuration file is wrong, or an argument has a wrong type.
    """
    if config is None:
        config = Config()
    elif isinstance(config, str | Path):
        config = load_config(Path(config))
    elif not isinstance(config, Config):
        raise wrong_argument("config", "a logscrub.config.Config, or the path of a configuration file", config)
    if policy is not None and not isinstance(policy, str | Path):
        raise wrong_argument("policy", "the name of a policy, or the path of a policy file", policy)
    folders = [detectors] if isinstance(detectors, str | Path) else detectors
    if not isinstance(folders, Iterable) or isinstance(folders, bytes):
        raise wrong_argument("detectors", "the path of a folder, or a list of such paths", folders)
    return replace(
        config,
        policy=config.policy if policy is None else str(policy),
        detectors=(*config.detectors, *(path_argument(folder, "detectors") for folder in folders)),
        names=replace(config.names, recognizer=names or config.names.recognizer),
    )


def build_redactor(config: Config, key: bytes | None = None) -> Redactor:
    """A redactor that scrubs and verifies under these settings.

    It can be pickled. The pickle holds the settings and the key, also a random one, so the copy makes the same pseudonyms.

    Args:
        config: the settings, from `settings` or `logscrub.config.load_config`.
        key: at least 16 bytes; None for a random key, whose pseudonyms cannot be joined with those of another redactor.

    Raises:
        UsageError: a policy, detector, field, package or key is wrong.
    """
    if key is not None and not isinstance(key, bytes | bytearray):
        raise wrong_argument("key", "bytes (of a key file: logscrub.redact.keys.read_key)", key)
    return _redactor(config, Pseudonymizer(None if key is None else check_key(bytes(key), "key")))


def _redactor(config: Config, pseudonyms: Pseudonymizer) -> Redactor:
    policy = load_policy(config.policy)
    stay = frozenset(row for row, action in policy.rows.items() if action == "keep")
    engine = _engine_for(config, stay)
    allow = [re.compile(pattern) for pattern in config.allow]
    return Redactor(engine, policy, pseudonyms, allow, rebuild=(_redactor, (config, pseudonyms)))


def engine_for_all_rows(config: Config) -> Engine:
    """A scanner that also finds what the policy keeps."""
    return _engine_for(config, frozenset())


def _engine_for(config: Config, stay: frozenset[str]) -> Engine:
    """The scanner of these settings. Equal settings share one, in whichever file they stand."""
    names = config.names
    if names.recognizer != "lists":
        need(f"the recognizer of names {names.recognizer!r}", "ner")
        if importlib.util.find_spec(names.model) is None:
            raise UsageError(
                f"{config.source or 'names.model'}: names.model: no package {names.model!r} is installed; install it with pip"
            )
    known = {d.id for d in _detectors(config.detectors).detectors}
    for detector, _ in config.fields:
        if detector not in known:
            raise UsageError(f"{config.source}: fields.{detector}: no such detector; see: logscrub detectors list")
    return _engine(config.detectors, config.fields, names, stay)


@lru_cache(maxsize=4)
def _detectors(folders: tuple[Path, ...]) -> Catalogue:
    return catalogue.load(folders)


@lru_cache(maxsize=4)
def _engine(
    folders: tuple[Path, ...],
    fields: tuple[tuple[str, tuple[str, ...]], ...],
    names: NameSettings,
    stay: frozenset[str],
) -> Engine:
    return Engine(
        _detectors(folders),
        names=Names(names.recognizer, names.model, Lexicon(names.known, names.words)),
        no_names=names.words,
        extra_fields=dict(fields),
        stay=stay,
    )


def wrong_argument(name: str, wanted: str, given: object) -> UsageError:
    """The error for an argument of a wrong type. It does not show the value, which could be a key or a log."""
    return UsageError(f"{name}: must be {wanted}, not {type(given).__name__}")


def path_argument(path: str | Path, name: str) -> Path:
    """The argument `name` of a call as a path. Raises UsageError for another type."""
    if not isinstance(path, str | Path):
        raise wrong_argument(name, "a path", path)
    return Path(path)
