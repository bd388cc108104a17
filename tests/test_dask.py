"""On a cluster of any size, what comes out is what one process makes: the same bytes, the same tables, whoever dies meanwhile."""

from __future__ import annotations

import hashlib
import json
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from conftest import KEY, ROOT
from hypothesis import given, settings
from hypothesis import strategies as st
from obstore.store import MemoryStore
from test_cli_scrub import ENVIRONMENT, PROGRAM, lines, run

import logscrub
import logscrub.dask
from logscrub import objects, shards
from logscrub.api import scrub_input
from logscrub.api import settings as settings_of
from logscrub.cli.options import key_on
from logscrub.dask import Run, key_for, scrub_shards
from logscrub.errors import InputError, OutputError, UsageError
from logscrub.pipeline import Passed
from logscrub.redact.pseudonyms import Pseudonymizer
from logscrub.scrubbing import Tally
from logscrub.shards import FOLDER, Did, KeySource, Results, Settings, Shard, assemble, key_of, parts_of, scrub_shard, shards_of
from logscrub.sources.files import Input, expand

SAMPLES = ROOT / "sample_logs"
HOUR = (SAMPLES / "app_logs_records.ndjson").read_bytes()
RULES = "rules"
WORK = Settings(settings_of(None, None, ()), KeySource("", Pseudonymizer(KEY).key_id), hashed=True)


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGSCRUB_KEY", KEY.decode())


@pytest.fixture(scope="module")
def two() -> Iterator[Run]:
    """A cluster of two workers on this machine."""
    with Run("local", 2, KEY) as started:
        yield started


def input_of(path: Path) -> Input:
    return expand([str(path)])[0]


def in_this_process(work: Settings, found: list[Shard], keys: list[str]) -> list[Any]:
    return [scrub_shard(work, shard, key) for shard, key in zip(found, keys, strict=True)]


# -- shards ----------------------------------------------------------------------------------------------------------------


def test_a_large_log_is_cut_between_records_and_comes_together_again(tmp_path: Path) -> None:
    source, out = tmp_path / "a.ndjson", tmp_path / "out"
    source.write_bytes(HOUR * 2)
    found = shards_of(input_of(source), out / "a.ndjson", out, "auto", 40_000)
    data = source.read_bytes()
    assert len(found) > 4 and [shard.start for shard in found[1:]] == [shard.end for shard in found[:-1]]
    assert all(data[shard.start - 1 : shard.start + 2] == b'\n{"' for shard in found[1:])
    assert {shard.input_format for shard in found[1:]} == {"app-logs"}
    keys = [key_of(shard, WORK, RULES) for shard in found]
    did = in_this_process(WORK, found, keys)
    assert all(each.ends_between and each.status == "scrubbed" for each in did)
    assert [each.name for each in out.iterdir()] == [FOLDER]
    whole = assemble(WORK, found, keys)
    clean = logscrub.scrub(data, key=KEY)
    assert (out / "a.ndjson").read_bytes() == clean.output
    assert sum(each.tally.records_read for each in did) == clean.records_read
    assert sum((each.tally.formats for each in did[1:]), did[0].tally.formats) == {"app-logs": 1}
    assert whole.passed is not None and whole.passed.read != whole.passed.written != ""


def test_what_is_done_again_is_done_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source, out = tmp_path / "a.log", tmp_path / "out"
    source.write_bytes(b"INFO jane@acme.example\n")
    shard = Shard(input_of(source), out / "a.log", out)
    name = key_of(shard, WORK, RULES)
    first = scrub_shard(WORK, shard, name)
    monkeypatch.setattr(shards, "_scrub_whole", lambda *_: pytest.fail("it was done before"))
    assert scrub_shard(WORK, shard, name) == first and first.tally.redactions == {"EMAIL_ADDRESS": 1}
    source.write_bytes(b"INFO kim@acme.example, again\n")
    assert key_of(shard, WORK, RULES) != name and key_of(shard, WORK, "others") != key_of(shard, WORK, RULES)
    monkeypatch.undo()
    monkeypatch.setenv("LOGSCRUB_KEY", KEY.decode())
    (out / "a.log").unlink()
    assert scrub_shard(WORK, shard, name).status == "scrubbed" and (out / "a.log").exists()
    (out / FOLDER / f"{name}.json").write_text("{torn")
    assert scrub_shard(WORK, shard, name).status == "scrubbed"


def test_results_are_what_was_put_in() -> None:
    tally = Tally(9, 7, 2, 1, 0, 500, 480, Counter(EMAIL_ADDRESS=3), Counter({"app-logs": 1}), ["it broke off"])
    digests = [hashlib.sha256(name.encode()).hexdigest() for name in "abcd"]
    with_digests = Did(
        "salvaged", tally, Passed(digests[0], digests[1], digests[2], "", [("m", digests[0], digests[3])]), ("a line",), False
    )
    results = Results(3)
    results.put(2, with_digests)
    results.put(0, Did())
    assert results[2] == results[-1] == with_digests and results[0] == Did() and len(results) == 3
    assert results[::2] == [Did(), with_digests]
    with pytest.raises(KeyError):
        results[1]
    with pytest.raises(IndexError):
        results[3]
    with pytest.raises(ValueError, match="stops the run"):
        results.put(1, Did(wrong="no disk"))


@given(
    st.lists(
        st.sampled_from(
            [
                b'{"message":"mail jane@acme.example","n":1}',
                b'{"a":[',
                b'{"b":1}',
                b"]}",
                b"plain text of kim@acme.example",
                b"-----BEGIN RSA PRIVATE KEY-----",
                b"MIIEowIBAAKCAQEAx3b5uXf0Zc9vQJmV0o5wq8r1T2k7y6d4s3a2p1o0i9u8y7t6",
                b'{"password":',
                b'"hunter2hunter2"}',
                b"    at com.acme.App(App.java:3)",
            ]
        ),
        min_size=1,
        max_size=14,
    )
)
@settings(max_examples=40)
def test_wherever_a_log_is_cut_the_bytes_are_those_of_the_whole(rows: list[bytes]) -> None:
    """Parts that do not end between records are done again together, as often as it takes."""
    data = b'{"first":true}\n' + b"\n".join(rows) + b"\n"
    engine = WORK.runner()
    places = [0, *(m.end() for m in shards._PLACE.finditer(data)), len(data)]
    bounds = [(a, b) for a, b in pairwise(places) if a < b]

    def scrubbed(start: int, end: int) -> tuple[bytes, bool]:
        scrubber = engine.scrubber("ndjson")
        out = scrubber.feed(data[start:end], True) + scrubber.feed(b"")
        between = shards._is_between(scrubber)
        return out + scrubber.finish(), between

    while True:
        done = [scrubbed(*each) for each in bounds]
        merged: list[tuple[int, int]] = []
        is_open = False
        for each, (_, between) in zip(bounds, done, strict=True):
            merged = [*merged[:-1], (merged[-1][0], each[1])] if is_open else [*merged, each]
            is_open = not between
        if merged == bounds:
            break
        bounds = merged
    scrubber = engine.scrubber("ndjson")
    assert b"".join(out for out, _ in done) == scrubber.feed(data) + scrubber.finish()


@pytest.mark.parametrize(
    "data",
    [
        b"INFO a line of text\n" * 9000,
        b"\xff\xfe" + ('{"a":1}\n' * 20_000).encode("utf-16-le"),
        b'[\n{"a":1}\n]\n',
        b"\x1f\x8b" + bytes(200_000),
        b"",
    ],
)
def test_what_cannot_be_cut_is_one_shard(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a").write_bytes(data)
    try:
        assert parts_of(input_of(tmp_path / "a"), "auto", 50_000) == ([], "")
    except InputError:
        assert data.startswith(b"\x1f\x8b")


def test_no_shard_and_no_setting_holds_the_key(tmp_path: Path) -> None:
    shard = Shard(Input(tmp_path / "a", "a", Path("a")), tmp_path / "b")
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        assert KEY not in pickle.dumps((WORK, shard, key_of(shard, WORK, RULES)), protocol)
    assert KEY.decode() not in repr((WORK, shard))


def test_another_key_stops_a_worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGSCRUB_KEY", "another key for tests, 32 bytes.")
    shards._runner.cache_clear()
    shard = Shard(Input(tmp_path / "a", "a", Path("a")), tmp_path / "b")
    did = scrub_shard(WORK, shard, "k")
    assert did.exit_code == 2 and did.wrong.startswith("a worker has another key (id ")
    monkeypatch.delenv("LOGSCRUB_KEY")
    shards._runner.cache_clear()
    assert scrub_shard(WORK, shard, "k").wrong.startswith("a worker has no key")
    with pytest.raises(UsageError, match="workers need one and the same key"):
        key_for("tcp://host:8786", None, None)
    with pytest.raises(UsageError, match="is no cluster"):
        Run("somewhere")
    assert len(key_on("local", None, None)) > 16


def test_parts_go_through_an_object_store(monkeypatch: pytest.MonkeyPatch) -> None:
    store = MemoryStore()
    monkeypatch.setattr(objects, "_store", lambda *_: store)
    store.put("in/a.ndjson", HOUR)
    item = expand(["s3://b/in/a.ndjson"])[0]
    out = Path("s3://b/out")
    found = shards_of(item, out / "a.ndjson", out, "auto", 40_000)
    keys = [key_of(shard, WORK, RULES) for shard in found]
    did = in_this_process(WORK, found, keys)
    assert len(found) > 3 and all(each.ends_between for each in did)
    assert assemble(WORK, found, keys).status == "scrubbed"
    assert objects.read_object(out / "a.ndjson") == logscrub.scrub(HOUR, key=KEY).output
    shards.remove_folder(out / FOLDER)
    assert [meta["path"] for meta in store.list("out").collect()] == ["out/a.ndjson"]


# -- a cluster -------------------------------------------------------------------------------------------------------------


def some_logs(folder: Path) -> Path:
    folder.mkdir()
    for name in ("klog.log", "forge_logs_flat.log", "aws_load_balancer.log", "pods.tar.gz"):
        (folder / name).write_bytes((SAMPLES / name).read_bytes())
    (folder / "large.ndjson").write_bytes(HOUR)
    (folder / "jane@acme.example.log").write_bytes(b"INFO mail to kim@acme.example\n")
    inside = b'{"a":1}\n' * 2000 + b'{"a":[\n' + b'{"b":"jane@acme.example"},\n' * 2000 + b"1]}\n"
    (folder / "open.ndjson").write_bytes(inside + HOUR[:40_000])
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def jobs_for(items: list[Input], out: Path) -> list[tuple[Input, Path, Path | None]]:
    names = logscrub.dask._names(WORK.runner().redactor, items)
    return [(item, out / name, out) for item, name in zip(items, names, strict=True)]


def of_one_process(source: Path, target: Path) -> dict[str, bytes]:
    redactor = WORK.runner()
    for item in expand([str(source)]):
        scrub_input(redactor, item, target / logscrub.api.clean_name(redactor.redactor, item.relative.as_posix()), inside=target)
    return contents(target)


def test_two_workers_make_what_one_process_makes(two: Run, tmp_path: Path) -> None:
    source, out = some_logs(tmp_path / "in"), tmp_path / "out"
    wanted = of_one_process(source, tmp_path / "one")
    items = expand([str(source)])
    jobs = jobs_for(items, out)
    told: list[int] = []
    did = scrub_shards(two, WORK, jobs, 40_000, lambda read, found: told.append(read))
    assert contents(out) == wanted
    assert all(each.status == "scrubbed" and each.passed is not None and each.passed.written for each in did)
    assert told == sorted(told) and sum(each.tally.records_read for each in did) > 300
    reports = [report for each in logscrub.dask.verify_shards(two, WORK, expand([str(out)])) for report in each]
    assert all(report.clean for report in reports) and sum(report.records for report in reports) > 300


def test_a_worker_that_dies_loses_and_doubles_nothing(two: Run, tmp_path: Path) -> None:
    source, out = some_logs(tmp_path / "in"), tmp_path / "out"
    for number in range(3):
        (source / f"{number}.ndjson").write_bytes(HOUR)
    wanted = of_one_process(source, tmp_path / "one")
    items = expand([str(source)])
    jobs = jobs_for(items, out)
    killed: list[str] = []

    def kill(read: int, found: int) -> None:
        if not killed and read > 100_000:
            worker = next(iter(two.client.run(os.getpid).values()))
            os.kill(worker, signal.SIGKILL)
            killed.append(worker)

    scrub_shards(two, WORK, jobs, 40_000, kill)
    assert contents(out) == wanted and len(killed) == 1


def test_a_wrong_input_does_not_stop_the_rest_and_a_wrong_output_does(two: Run, tmp_path: Path) -> None:
    source, out = tmp_path / "in", tmp_path / "out"
    source.mkdir()
    (source / "bad.log.gz").write_bytes(b"\x1f\x8b\x08" + b"jane@acme.example" * 9)
    (source / "good.log").write_bytes(b"INFO ok\n")
    jobs = [(item, out / item.relative, out) for item in expand([str(source)])]
    did = scrub_shards(two, WORK, jobs, 40_000)
    assert [each.status for each in did] == ["failed", "scrubbed"] and contents(out) == {"good.log": b"INFO ok\n"}
    assert "jane" not in "".join(did[0].said)
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OutputError, match="a part of the path is a file"):
        scrub_shards(two, WORK, [(jobs[1][0], tmp_path / "file" / "x", tmp_path / "file")], 40_000)


@pytest.mark.slow
def test_records_count_once_on_a_cluster(two: Run, tmp_path: Path) -> None:
    from logscrub.metrics import store as stores
    from logscrub.metrics.rollup import merge

    for number in range(2):
        (tmp_path / f"{number}.ndjson").write_bytes(HOUR)
    jobs = [(item, None, None) for item in expand([str(tmp_path / f"{number}.ndjson") for number in range(2)])]
    done = logscrub.dask.ingest_shards(two, WORK, jobs, str(tmp_path / "m"))
    assert sum(counted.new for _, counted in done) == 175 and sum(counted.known for _, counted in done) == 175
    did, counted = shards.ingest_shard(WORK, Shard(jobs[0][0], None), str(tmp_path / "one"))
    assert not did.wrong and counted is not None and counted.new == 175
    both = [merge([stores.read(stores.open_store(str(tmp_path / name)))]) for name in ("m", "one")]
    assert both[0].equals(both[1])


def test_bags_are_scrubbed_by_their_texts_and_mappings() -> None:
    import dask.bag

    bag = dask.bag.from_sequence(["INFO jane@acme.example", {"assignee": "Kim", "n": 1}, "ok"], npartitions=2)
    clean = logscrub.dask.scrub_bag(bag)
    assert KEY not in pickle.dumps(dict(clean.__dask_graph__()))
    assert clean.compute(scheduler="synchronous") == ["INFO <EMAIL_ADDRESS>", {"assignee": "<PERSON>", "n": 1}, "ok"]
    with pytest.raises(UsageError, match="not one of int"):
        logscrub.dask.scrub_bag(dask.bag.from_sequence([1])).compute(scheduler="synchronous")


def test_a_scheduler_that_does_not_answer_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logscrub.dask, "_REACHED", 0.5)
    with pytest.raises(OutputError, match=r"^tcp://127\.0\.0\.1:9: the scheduler cannot be reached"), Run("tcp://127.0.0.1:9"):
        pass


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 2, 4])
def test_the_command_makes_the_same_bytes_for_any_number_of_workers(tmp_path: Path, workers: int) -> None:
    source = some_logs(tmp_path / "in")
    (tmp_path / "k").write_bytes(KEY)
    wanted = run("scrub", "in", "-o", "one", "--key-file", "k", "--summary", "one.json", cwd=tmp_path)
    scheduler = subprocess.Popen(
        [sys.executable, "-m", "distributed.cli.dask_scheduler", "--port", "0", "--no-dashboard", "--scheduler-file", "s.json"],
        cwd=tmp_path, env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    started = [scheduler]
    try:
        while not (tmp_path / "s.json").exists():
            time.sleep(0.2)
        for number in range(workers):
            command = [sys.executable, "-m", "distributed.cli.dask_worker", "--scheduler-file", "s.json", "--nthreads", "1"]
            more = ["--no-dashboard", "--name", str(number), "--no-nanny", "--local-directory", str(tmp_path / "scratch")]
            started.append(
                subprocess.Popen(
                    command + more, cwd=tmp_path, env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
                )
            )
        address = json.loads((tmp_path / "s.json").read_text())["address"]
        done = run("scrub", "in", "-o", "out", "--key-file", "k", "--on", address, "--summary", "out.json", cwd=tmp_path)
        assert (wanted.returncode, done.returncode) == (0, 0), done.stderr
        assert contents(tmp_path / "out") == contents(tmp_path / "one")
        both = [json.loads((tmp_path / name).read_text()) for name in ("one.json", "out.json")]
        assert both[0] | {"time": ""} == both[1] | {"time": ""}
        verified = run("verify", "out", "--on", address, "--format", "json", cwd=tmp_path)
        assert verified.returncode == 0 and json.loads(verified.stdout)["clean"]
        counted = run(
            "ingest", "in/large.ndjson", "in/open.ndjson", "--store", "m", "--key-file", "k", "--on", address, cwd=tmp_path
        )
        assert counted.returncode == 0, lines(counted)
        assert source.exists()
    finally:
        for process in started:
            process.kill()
            process.wait()


@pytest.mark.slow
def test_a_client_that_is_killed_is_begun_again_and_makes_the_same_bytes(tmp_path: Path) -> None:
    source = some_logs(tmp_path / "in")
    for number in range(30):
        (source / f"{number}.ndjson").write_bytes(HOUR)
    (tmp_path / "k").write_bytes(KEY)
    wanted = of_one_process(source, tmp_path / "one")
    command = [*PROGRAM, "scrub", "in", "-o", "out", "--key-file", "k", "--on", "local"]
    for wait_for in (3, 12):
        process = subprocess.Popen(command, cwd=tmp_path, env=ENVIRONMENT, stderr=subprocess.DEVNULL, start_new_session=True)
        ended = threading.Timer(120, process.kill)
        ended.start()
        while process.poll() is None and len(list((tmp_path / "out").glob("*.ndjson"))) < wait_for:
            time.sleep(0.05)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        ended.cancel()
    done = run(*command[len(PROGRAM) :], cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert contents(tmp_path / "out") == wanted


@pytest.mark.slow
def test_a_scheduler_that_is_started_anew_loses_nothing(tmp_path: Path) -> None:
    import socket

    source = some_logs(tmp_path / "in")
    for number in range(20):
        (source / f"{number}.ndjson").write_bytes(HOUR)
    (tmp_path / "k").write_bytes(KEY)
    wanted = of_one_process(source, tmp_path / "one")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    address = f"tcp://127.0.0.1:{port}"
    quiet: dict[str, Any] = {"cwd": tmp_path, "env": ENVIRONMENT, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    of_scheduler = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--port", port, "--no-dashboard"]
    of_worker = [sys.executable, "-m", "distributed.cli.dask_worker", address, "--nthreads", "1", "--no-dashboard", "--no-nanny"]
    started = [subprocess.Popen(of_scheduler, **quiet), subprocess.Popen(of_worker, **quiet)]
    command = [*PROGRAM, "scrub", "in", "-o", "out", "--key-file", "k", "--on", address]
    client = subprocess.Popen(command, cwd=tmp_path, env=ENVIRONMENT, stderr=subprocess.PIPE)
    try:
        while client.poll() is None and len(list((tmp_path / "out").glob("*.ndjson"))) < 4:
            time.sleep(0.05)
        for process in started:
            process.kill()
            process.wait()
        started = [subprocess.Popen(of_scheduler, **quiet), subprocess.Popen(of_worker, **quiet)]
        said = client.communicate(timeout=240)[1]
        assert client.returncode == 0, said
    finally:
        for process in (*started, client):
            process.kill()
            process.wait()
    assert contents(tmp_path / "out") == wanted
