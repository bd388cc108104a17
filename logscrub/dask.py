"""Scrubs, verifies and counts on a Dask cluster. The bytes and the tables are those that one process makes.

    import logscrub.dask

    logscrub.dask.scrub_files("s3://bucket/exports", "s3://bucket/clean", on="tcp://scheduler:8786", key_file="/run/secrets/key")

`on` is the address of a scheduler, or `local` for workers on this machine. The key for pseudonyms reaches workers through their
environment (LOGSCRUB_KEY) or a file that they can read (`key_file`), never through the graph. A worker with another key stops the
run. All workers must find inputs and outputs by the same names.

Nothing is lost or counted twice if a worker ends, a shard is done twice or a run is started again: see `logscrub.shards`. The
scheduler gets few shards at a time, so their number does not matter to it.
"""

from __future__ import annotations

import logging
import os
import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from logscrub import api, objects
from logscrub.api import EngineName, Folders, Runner, Scrubbed
from logscrub.config import Config
from logscrub.errors import InputError, OutputError, UsageError
from logscrub.extras import need
from logscrub.redact.keys import given_key, new_key
from logscrub.redact.pseudonyms import Pseudonymizer
from logscrub.scrubbing import Tally
from logscrub.shards import (
    Did,
    KeySource,
    Results,
    Settings,
    Shard,
    assemble,
    ingest_shard,
    joined,
    key_of,
    remove_folder,
    rules_digest,
    scrub_shard,
    shards_of,
    verify_shard,
)
from logscrub.sinks import remove_abandoned
from logscrub.sources.files import Input, expand

need("logscrub.dask", "dask")

if TYPE_CHECKING:
    from dask.bag import Bag
    from distributed import Client, Future

    from logscrub.metrics.ingest_result import IngestResult
    from logscrub.verification import FileReport

__all__ = ["Run", "cluster", "ingest_files", "scrub_bag", "scrub_files", "verify_files"]

_T = TypeVar("_T")

_AHEAD: Final = 4
"""Shards for each worker that are handed to the scheduler at a time."""
_FEWEST: Final = 16
_TRIES: Final = 8
"""The number of times that a shard is submitted again after its worker ended or its scheduler restarted."""
_REACHED: Final = 30.0
"""Seconds in which a scheduler must answer."""
_LONGEST_WAIT: Final = 5.0

Done = Callable[[int, int], None]
"""Callback after each shard: (bytes read so far, redactions or findings so far)."""


class Run:
    """A connection to a cluster, which is made again where it is lost. A context manager."""

    def __init__(self, on: str, workers: int | None = None, key: bytes | None = None) -> None:
        """`workers`: of a local cluster. `key`: for the environment of local workers. Raises UsageError, OutputError."""
        if on != "local" and "://" not in on:
            raise UsageError(f"{on}: is no cluster; write local, or the address of a scheduler, such as tcp://scheduler:8786")
        self._on, self._workers, self._key = on, workers, key
        self._cluster: Any = None
        self._client: Client | None = None

    def __enter__(self) -> Run:
        self._connect()
        return self

    def __exit__(self, *_: object) -> None:
        for each in (self._client, self._cluster):
            if each is not None:
                with suppress(Exception):
                    each.close(timeout=10)

    def _connect(self) -> Client:
        import dask
        from distributed import Client, LocalCluster

        quiet = {"distributed.scheduler.allowed-failures": _TRIES, "distributed.logging.distributed": "critical"}
        with dask.config.set(quiet):
            if self._on == "local" and self._cluster is None:
                own = {} if self._key is None else {"LOGSCRUB_KEY": os.fsdecode(self._key)}
                self._cluster = LocalCluster(
                    n_workers=self._workers or _processors(),
                    threads_per_worker=1,
                    processes=True,
                    dashboard_address=None,
                    silence_logs=logging.CRITICAL,
                    env=own,
                )
            for number in range(1, _TRIES + 1):
                try:
                    self._client = Client(self._cluster or self._on, timeout=_REACHED, set_as_default=False)
                    return self._client
                except (OSError, TimeoutError, ValueError):
                    if number == _TRIES or self._client is None:
                        break
                    time.sleep(random.uniform(0, _LONGEST_WAIT))
        raise OutputError(f"{self._on}: the scheduler cannot be reached; is the address right, and does it run?")

    @property
    def client(self) -> Client:
        """The connection. It is made again where it was lost. Raises OutputError."""
        if self._client is None or self._client.status != "running":
            return self._connect()
        return self._client

    def results(self, calls: Iterator[tuple[str, Callable[..., _T], tuple[Any, ...]]]) -> Iterator[tuple[str, _T]]:
        """Yields (key, result) of calls in the order in which they end. A call is `(key, function, arguments)`.

        Calls must give the same however often they are made. Raises OutputError where one cannot be made at all.
        """
        from distributed import wait

        waiting: dict[str, tuple[Callable[..., _T], tuple[Any, ...], int]] = {}
        futures: dict[str, tuple[Future[_T], Client]] = {}
        more = True
        while more or waiting:
            most = max(_FEWEST, _AHEAD * len(self._known_workers()))
            while more and len(waiting) < most:
                following = next(calls, None)
                if following is None:
                    more = False
                    break
                key, function, arguments = following
                waiting[key] = function, arguments, 0
            for key, (function, arguments, tries) in waiting.items():
                if key not in futures:
                    with suppress(OSError, RuntimeError):  # the connection was lost: it is made again below
                        client = self.client
                        its = client.submit(function, *arguments, key=f"logscrub-{key}-{tries}", pure=False)
                        futures[key] = its, client
            if not waiting:
                continue
            with suppress(TimeoutError, OSError, RuntimeError), self.client.as_current():
                asked = [future for future, client in futures.values() if client is self._client]
                wait(asked, timeout=2.0, return_when="FIRST_COMPLETED")
            for key, (future, client) in list(futures.items()):
                if future.status == "pending" and client is self._client and self._is_running():
                    continue
                del futures[key]
                function, arguments, tries = waiting[key]
                if future.status == "finished":
                    try:
                        found = future.result(timeout=_REACHED)
                        future.release()
                        del waiting[key]
                        yield key, found
                        continue
                    except Exception:  # what was there is gone with its worker
                        pass
                if tries + 1 >= _TRIES:
                    raise OutputError(
                        f"{self._on}: a shard failed {_TRIES} times; have workers this version of logscrub, and memory enough?"
                    )
                waiting[key] = function, arguments, tries + 1
                time.sleep(random.uniform(0, min(_LONGEST_WAIT, 0.05 * 2**tries)))

    def _is_running(self) -> bool:
        return self._client is not None and self._client.status == "running"

    def _known_workers(self) -> Mapping[str, Any]:
        try:
            return dict(self.client.nthreads())
        except (OSError, RuntimeError, TimeoutError):
            return {}


def _processors() -> int:
    from logscrub.engines import processors

    return processors()


@contextmanager
def cluster(on: str, key: KeySource | None, workers: int | None = None, own: bytes | None = None) -> Iterator[Run]:
    """A run on a cluster. `own`: the key for workers that this process starts. Raises UsageError where others would have none."""
    if key is not None and on != "local" and not key.file and "LOGSCRUB_KEY" not in os.environ:
        raise UsageError(f"{on}: workers need the key; give a key file that they can read, or set LOGSCRUB_KEY here and there")
    with Run(on, workers, own) as run:
        yield run


def key_for(on: str, key_file: str | Path | None, given: bytes | None) -> tuple[KeySource, bytes | None]:
    """The source of the key for workers, and the key for the environment of workers that this process starts.

    `given`: the key that this process has; without one, local workers get a random one. Raises UsageError.
    """
    if given is None:
        if on != "local":
            raise UsageError(f"{on}: workers need one and the same key; give a key file that they can read, or LOGSCRUB_KEY")
        given = new_key()
    key_id = Pseudonymizer(given).key_id
    # as this process sees it, so that a relative name means the same file
    return KeySource("" if key_file is None else str(Path(key_file).absolute()), key_id), given if key_file is None else None


# -- scrubbing -------------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Parts:
    """An input that is scrubbed in parts."""

    shards: list[Shard]
    done: dict[str, Did]


def scrub_shards(
    run: Run, settings: Settings, jobs: Sequence[tuple[Input, Path, Path | None]], part: int, done: Done | None = None
) -> Results:
    """Scrubs inputs to their places, each `(input, target, inside)`. Gives what became of each, in order.

    Raises UsageError or OutputError where an output cannot be written, or a worker cannot work.
    """
    rules = rules_digest(settings)
    outcomes = Results(len(jobs))
    inputs: dict[int, _Parts] = {}
    owner: dict[str, tuple[int, Shard]] = {}
    again: list[tuple[str, Callable[..., Did], tuple[Any, ...]]] = []
    folders = set()
    read = found = 0

    def shard_calls(number: int, shards: Sequence[Shard]) -> Iterator[tuple[str, Callable[..., Did], tuple[Any, ...]]]:
        for shard in shards:
            key = key_of(shard, settings, rules)
            owner[key] = number, shard
            yield key, scrub_shard, (settings, shard, key)

    def calls() -> Iterator[tuple[str, Callable[..., Did], tuple[Any, ...]]]:
        for number, (item, target, inside) in enumerate(jobs):
            try:
                shards = shards_of(item, target, inside, settings.input_format, part)
            except InputError:  # whoever scrubs it says what is wrong
                shards = [Shard(item, target, inside)]
            folders.add(shards[0].folder)
            inputs[number] = _Parts(shards, {})
            yield from shard_calls(number, shards)

    waiting: Iterator[tuple[str, Callable[..., Did], tuple[Any, ...]]] = calls()
    while True:
        for key, did in run.results(waiting):
            if did.wrong:
                raise did.error
            number, shard = owner.pop(key)
            parts = inputs[number]
            if not shard.is_part:  # a whole input, or one whose parts were put together
                outcomes.put(number, did if not parts.done else _together(parts, did))
                del inputs[number]
            else:
                parts.done[key] = did
                if len(parts.done) == len(parts.shards):
                    again += list(_next(run, settings, rules, number, parts, owner))
                    if number in inputs and not any(own == number for own, _ in owner.values()):
                        outcomes.put(number, _failed(parts))
                        del inputs[number]
            read, found = read + did.tally.bytes_read, found + did.tally.redactions.total()
            if done is not None:
                done(read, found)
        if not again:
            break
        waiting, again = iter(again), []
    for folder in folders:
        remove_folder(folder)
    _remove_what_killed_workers_left(jobs)
    return outcomes


def _remove_what_killed_workers_left(jobs: Iterable[tuple[Input, Path, Path | None]]) -> None:
    """Removes the temporary files beside the targets of `scrub_shards` that nobody will complete any more."""
    for folder in {target.parent for _, target, _ in jobs if objects.address_of(target) is None}:
        remove_abandoned(folder)


def _next(
    run: Run, settings: Settings, rules: str, number: int, parts: _Parts, owner: dict[str, tuple[int, Shard]]
) -> Iterator[tuple[str, Callable[..., Did], tuple[Any, ...]]]:
    """The calls that follow once all parts of an input are done: parts that do not end between records again, or the assembly."""
    keys = [key_of(shard, settings, rules) for shard in parts.shards]
    if any(parts.done[key].status == "failed" for key in keys):
        return
    shards: list[Shard] = []
    is_open = False
    for shard, key in zip(parts.shards, keys, strict=True):
        if is_open:
            shards[-1] = joined(shards[-1], shard)
        else:
            shards.append(shard)
        is_open = not parts.done[key].ends_between
    if len(shards) == len(parts.shards):
        first = replace(parts.shards[0], start=0, end=None)
        key = f"whole-{keys[0]}"
        owner[key] = number, first
        yield key, assemble, (settings, parts.shards, keys)
        return
    kept = {key_of(shard, settings, rules) for shard in shards}
    parts.done = {key: did for key, did in parts.done.items() if key in kept}
    parts.shards = shards
    for shard in shards:
        key = key_of(shard, settings, rules)
        if key not in parts.done:
            owner[key] = number, shard
            yield key, scrub_shard, (settings, shard, key)


def _together(parts: _Parts, whole: Did) -> Did:
    """The result of an input whose parts were put together."""
    tally = Tally()
    for did in parts.done.values():
        tally.add(did.tally)
    status = "withheld" if tally.withheld else "scrubbed"
    return Did(status, tally, whole.passed)


def _failed(parts: _Parts) -> Did:
    """The result of an input of which a part could not be read."""
    return next(did for did in parts.done.values() if did.status == "failed")


def scrub_files(
    inputs: str | Path | Sequence[str | Path],
    output: str | Path,
    *,
    on: str = "local",
    workers: int | None = None,
    key_file: str | Path | None = None,
    policy: str | Path | None = None,
    detectors: Folders = (),
    input_format: str = "auto",
    config: Config | str | Path | None = None,
    engine: EngineName | None = None,
    part: int = 64 << 20,
) -> dict[str, Scrubbed[None]]:
    """Scrubs files, folders, patterns and addresses into a folder, on a cluster. Gives what became of each, by its clean name.

    The names in the folder are those of `logscrub scrub`. `workers`: how many of a local cluster, without it one for each
    processor. `key_file`: a file that all workers can read; without it LOGSCRUB_KEY, here and there; without both, local workers
    get a random key. `part`: bytes of the parts in which large inputs are scrubbed. The rest is as in `logscrub.scrub_file`.

    Raises InputError where an input cannot be read to its end, when all others are done; UsageError, OutputError.
    """
    objects.forget()
    items, settings, own, runner = _asked(inputs, on, key_file, policy, detectors, input_format, config, engine)
    folder = _folder(output)
    names = _names(runner.redactor, items)
    with cluster(on, settings.key, workers, own) as run:
        did = scrub_shards(run, settings, [(i, folder / n, folder) for i, n in zip(items, names, strict=True)], part)
    _refuse_failed(items, did)
    return {name: api.scrubbed_of(None, each.tally) for name, each in zip(names, did, strict=True)}


def verify_files(
    inputs: str | Path | Sequence[str | Path],
    *,
    on: str = "local",
    workers: int | None = None,
    policy: str | Path | None = None,
    detectors: Folders = (),
    input_format: str = "auto",
    config: Config | str | Path | None = None,
    engine: EngineName | None = None,
) -> list[FileReport]:
    """Verifies files on a cluster. Returns one report per file, as `logscrub.verify_file` does, in the order of the inputs."""
    objects.forget()
    items = _items(inputs)
    settings = Settings(api.settings(config, policy, detectors), None, input_format, engine)
    settings.runner()
    with cluster(on, None, workers) as run:
        return [report for reports in verify_shards(run, settings, items) for report in reports]


def verify_shards(run: Run, settings: Settings, items: Sequence[Input], done: Done | None = None) -> list[list[FileReport]]:
    """The reports of `verify` on inputs, in order. Raises UsageError or OutputError where a worker cannot work."""
    reports: dict[int, list[FileReport]] = {}
    found = 0
    for key, told in run.results((f"verify-{n}-{_salt()}", verify_shard, (settings, item)) for n, item in enumerate(items)):
        if isinstance(told, Did):  # which a worker returns only where it cannot work
            raise told.error
        reports[int(key.split("-")[1])] = told
        found += sum(report.found for report in told)
        if done is not None:
            done(0, found)
    return [reports[n] for n in range(len(items))]


def ingest_files(
    inputs: str | Path | Sequence[str | Path],
    store: str | Path,
    *,
    on: str = "local",
    workers: int | None = None,
    key_file: str | Path | None = None,
    policy: str | Path | None = None,
    detectors: Folders = (),
    input_format: str = "auto",
    config: Config | str | Path | None = None,
    engine: EngineName | None = None,
) -> list[IngestResult]:
    """Counts files, folders, patterns and addresses into a store of metrics, on a cluster. Gives what became of each's records.

    Records count once, whoever reads them and however often; a shard that was done twice says that its records are known. Needs
    a key that stays the same. Raises InputError where an input cannot be read to its end, when all others are done; UsageError,
    OutputError.
    """
    need("ingest_files", "metrics")
    objects.forget()
    if key_file is None and "LOGSCRUB_KEY" not in os.environ:
        raise UsageError("ingest_files needs a key that stays the same in every run; give key_file or LOGSCRUB_KEY")
    items, settings, own, _ = _asked(inputs, on, key_file, policy, detectors, input_format, config, engine)
    with cluster(on, settings.key, workers, own) as run:
        done = ingest_shards(run, settings, [(item, None, None) for item in items], str(store))
    _refuse_failed(items, [did for did, _ in done])
    return [counted for _, counted in done]


def ingest_shards(
    run: Run, settings: Settings, jobs: Sequence[tuple[Input, Path | None, Path | None]], store: str, progress: Done | None = None
) -> list[tuple[Did, IngestResult]]:
    """Counts inputs, each `(input, target of the scrubbed log, inside)`, into a store. What became of each, in order."""
    from logscrub.metrics.ingest_result import IngestResult
    from logscrub.metrics.store import open_or_make

    if settings.key is not None:
        open_or_make(store, settings.key.key_id)  # once, and not by all workers at a time
    found: dict[int, tuple[Did, IngestResult]] = {}
    calls = (
        (f"ingest-{n}-{_salt()}", ingest_shard, (settings, Shard(item, target, inside), store))
        for n, (item, target, inside) in enumerate(jobs)
    )
    read = redactions = 0
    for key, (did, counted) in run.results(calls):
        if did.wrong:
            raise did.error
        found[int(key.split("-")[1])] = did, counted or IngestResult()
        read, redactions = read + did.tally.bytes_read, redactions + did.tally.redactions.total()
        if progress is not None:
            progress(read, redactions)
    return [found[n] for n in range(len(jobs))]


def scrub_bag(
    bag: Bag,
    *,
    key_file: str | Path | None = None,
    policy: str | Path | None = None,
    detectors: Folders = (),
    input_format: str = "auto",
    config: Config | str | Path | None = None,
    engine: EngineName | None = None,
) -> Bag:
    """A bag without customer data: each text is scrubbed as the only line of a log, each mapping as by `logscrub.scrub_dict`.

    The key is that of `key_file`, which all workers can read, else that of LOGSCRUB_KEY, here and there. Raises UsageError.
    """
    settings = _settings("a bag", key_file, policy, detectors, input_format, config, engine)[0]
    return bag.map_partitions(_scrub_partition, settings)


def _scrub_partition(partition: Iterable[Any], settings: Settings) -> list[Any]:
    from logscrub.dicts import scrubbed_dict
    from logscrub.values import scrubbed_values

    engine, values = settings.runner(), list(partition)
    texts = iter(scrubbed_values(engine, [value for value in values if isinstance(value, str)], settings.input_format))
    clean: list[Any] = []
    for value in values:
        if isinstance(value, str):
            clean.append(next(texts))
        elif isinstance(value, Mapping):
            clean.append(scrubbed_dict(engine, value))
        else:
            raise UsageError(f"a bag of texts or mappings is scrubbed, not one of {type(value).__name__}")
    return clean


def _refuse_failed(items: Sequence[Input], did: Sequence[Did]) -> None:
    """Raises InputError where an input could not be read to its end."""
    wrong = [
        f"{item.name}: {each.said[0]}" for item, each in zip(items, did, strict=True) if each.status in ("failed", "skipped")
    ]
    if wrong:
        more = f"; and {len(wrong) - 1:,} more" if len(wrong) > 1 else ""
        raise InputError(wrong[0] + more)


def _asked(
    inputs: str | Path | Sequence[str | Path],
    on: str,
    key_file: str | Path | None,
    policy: str | Path | None,
    detectors: Folders,
    input_format: str,
    config: Config | str | Path | None,
    engine: EngineName | None,
) -> tuple[list[Input], Settings, bytes | None, Runner]:
    settings, own, runner = _settings(on, key_file, policy, detectors, input_format, config, engine)
    return _items(inputs), settings, own, runner


def _settings(
    on: str,
    key_file: str | Path | None,
    policy: str | Path | None,
    detectors: Folders,
    input_format: str,
    config: Config | str | Path | None,
    engine: EngineName | None,
) -> tuple[Settings, bytes | None, Runner]:
    given = given_key(None if key_file is None else Path(key_file))
    key, own = key_for(on, key_file, given)
    made = api.settings(config, policy, detectors)
    runner = api.engine_of(api.build_redactor(made, given or own), engine)  # what is wrong is said before anything is handed out
    return Settings(made, key, input_format, engine), own, runner


def _items(inputs: str | Path | Sequence[str | Path]) -> list[Input]:
    arguments = [inputs] if isinstance(inputs, str | Path) else list(inputs)
    items = expand([objects.shown(each) if isinstance(each, Path) else each for each in arguments])
    if any(item.path is None for item in items):
        raise UsageError("-: standard input is not where workers are; give files")
    return [absolute(item) for item in items]


def absolute(item: Input) -> Input:
    """An input by a name that means the same where workers are."""
    return item if item.address is not None or item.path is None else replace(item, path=item.path.absolute())


def absolute_path(path: Path | None) -> Any:
    """A path by a name that means the same where workers are."""
    return path if path is None or objects.address_of(path) is not None else path.absolute()


def _folder(output: str | Path) -> Path:
    address = objects.address_of(output)
    if address is not None:
        objects.refuse(address, writes=True)
        return address.path
    return Path(output).absolute()


def _names(redactor: Any, items: Sequence[Input]) -> list[str]:
    """The names below an output folder, without customer data and all different."""
    names = [item.relative.as_posix() for item in items]
    clean = [api.clean_name(redactor, name) for name in names]
    used = {name for name, its in zip(names, clean, strict=True) if name == its}
    found = []
    for name, its in zip(names, clean, strict=True):
        if name != its:
            its = api.unused_name(name, its, used)
            used.add(its)
        found.append(its)
    return found


def _salt() -> str:
    """A random part of a name of a task: a task that is submitted again is done again, because inputs may have changed."""
    return os.urandom(4).hex()
