"""`logscrub report`, `watch` and `nightly`, run as people run them."""

from __future__ import annotations

import http.server
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, Any

import pytest
from test_cli_scrub import ENVIRONMENT, PROGRAM, ROOT, lines, run

from logscrub.cli.watch import signals_held_back

sys.path.insert(0, str(ROOT / "benchmarks"))

import traffic

HOUR = ROOT / "sample_logs" / "app_logs_records.ndjson"


@pytest.fixture
def key(tmp_path: Path) -> Path:
    path = tmp_path / "logscrub.key"
    path.write_bytes(traffic.KEY)
    return path


@pytest.fixture(scope="module")
def hour(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of the sample hour, of which each test that needs one has a copy."""
    folder = tmp_path_factory.mktemp("hour")
    (folder / "logscrub.key").write_bytes(traffic.KEY)
    store = folder / "metrics"
    assert run("ingest", HOUR, "--store", store, "--key-file", folder / "logscrub.key").returncode == 0
    return store


@pytest.fixture
def kept(tmp_path: Path, key: Path, hour: Path) -> Path:
    """A store of the sample hour, beside its key."""
    return Path(shutil.copytree(hour, tmp_path / "metrics"))


@pytest.fixture(scope="module")
def weeks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of 16 days, on the last of which one customer floods the app."""
    from dataclasses import replace

    store = tmp_path_factory.mktemp("weeks") / "metrics"
    model = traffic.make(traffic.Settings(days=16, tenants=30, records_a_day=6000, kinds=(), quiet_days=14, gaps_a_month=0))
    flood = traffic.incident(model, "tenant_flood", "clear", start=15 * 24 + 10)
    assert flood is not None
    traffic.write_store(replace(model, incidents=(flood,)), str(store), parts=("actor", "count", "redaction"))
    return store


def report(store: Path, *arguments: str | Path) -> dict[str, Any]:
    path = store.parent / "report.json"
    done = run("report", "--store", store, "-o", path, *arguments)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(path.read_bytes())
    return found


# -- report ---------------------------------------------------------------------------------------------------------------


def test_the_planted_incident_of_the_samples_stands_first(kept: Path) -> None:
    told = report(kept)
    first = told["findings"][0]
    assert (first["rule"], first["severity"], first["kind"]) == ("worse_since_version", "P1", "error")
    assert first["dimensions"] == {"function": "saveRoster", "app_version": "4.207.0"}
    assert first["observed"] == 0.5 and first["expected"] == 0
    assert first["first_steps"][0].startswith("Roll back")
    assert told["history_days"] == 0 and told["coverage"][0].startswith("Still learning: day 1 of 14.")
    assert told["statements"][0]["function"] == "saveRoster"
    assert told["period"] == {"start": "2026-11-16T10:00:00Z", "end": "2026-11-17T10:00:00Z"}


def test_the_report_has_the_keys_that_are_told(kept: Path) -> None:
    told = report(kept)
    page = (ROOT / "docs" / "concepts" / "anomalies.md").read_text(encoding="utf-8")
    table = page[page.index("## Report as JSON") :]
    assert {name for name in told if f"`{name}" not in table} <= {"version"}
    assert {name for name in told["findings"][0] if f"`{name}" not in table} == set()


@pytest.fixture(scope="module")
def night_of_flood(weeks: Path) -> dict[str, Any]:
    """The report of the night of the flood."""
    return report(weeks, "--date", "2026-06-16")


def test_a_flood_is_found_and_explained_but_not_by_name(weeks: Path, night_of_flood: dict[str, Any], key: Path) -> None:
    told = night_of_flood
    floods = [f for f in told["findings"] if f["rule"] == "tenant_flood"]
    assert [f["dimensions"] for f in floods] == [{"tenant": "(withheld)"}]
    assert floods[0]["start"] == "2026-06-16T10:00:00Z" and floods[0]["tenants"] == 1
    assert "CLOUD_ID" not in json.dumps(told["findings"])
    exact = report(weeks, "--date", "2026-06-16", "--exact", "--key-file", key)
    named = next(f for f in exact["findings"] if f["rule"] == "tenant_flood")
    assert named["id"] == floods[0]["id"] and named["dimensions"]["tenant"].startswith("<CLOUD_ID:")


def test_exact_needs_the_key_of_the_store(weeks: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.key"
    other.write_text("another key, 32 characters long.")
    for extra in ((), ("--key-file", other)):
        done = run("report", "--store", weeks, "--exact", *extra)
        assert done.returncode == 2 and "needs the key of the store" in lines(done)[-1]


def test_the_exit_code_is_by_severity(kept: Path, tmp_path: Path) -> None:
    for severity, code in (("P1", 1), ("P5", 1)):
        assert run("report", "--store", kept, "-o", tmp_path / "r.json", "--exit-code", severity).returncode == code
    quiet = ("--date", "2026-11-18")
    done = run("report", "--store", kept, "-o", tmp_path / "r.json", "--exit-code", "P5", *quiet)
    assert done.returncode == 0 and lines(done)[-1].endswith("no records, so nothing to report")


def test_all_forms_are_written_whole_and_hold_no_customer_data(kept: Path, tmp_path: Path) -> None:
    for suffix, begins in ((".html", b"<!doctype html>"), (".md", b"# "), (".json", b"{")):
        path = tmp_path / f"out{suffix}"
        assert run("report", "--store", kept, "-o", path).returncode == 0
        assert path.read_bytes().lower().startswith(begins)
        done = run("verify", path)
        assert done.returncode == 0, done.stdout.decode()


def test_without_a_file_it_is_text_on_standard_output(kept: Path) -> None:
    done = run("report", "--store", kept)
    assert done.stdout.startswith(b"# 1 thing needs you tonight")
    assert "the worst is P1" in lines(done)[-1]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["-o", "report.pdf"], "end its name so"),
        (["--date", "tomorrow"], "is no time"),
        (["--date", "2026-11-17T08"], "--date is a day, without an hour"),
        (["--date", "2026-11-17", "--since", "2d"], "--date is one whole day"),
        (["--since", "2026-11-18", "--until", "2026-11-16"], "--since is not before --until"),
        (["--date", "0001-01-01"], "is not between the years"),
        (["--until", "9999-12-31"], "is no time"),
        (["--since", "99999d"], "is not between the years"),
        (["--since", "2020-01-01", "--until", "2026-11-16"], "400 days at most"),
        (["--date", "2999-01-01"], "has nothing after 2999-01-01 00:00 yet; it has records of 2026-11-17"),
    ],
)
def test_what_is_asked_wrongly_is_told_in_a_line(kept: Path, arguments: list[str], says: str) -> None:
    done = run("report", "--store", kept, *arguments)
    assert done.returncode == 2 and len(lines(done)) == 1 and says in lines(done)[0]


def test_a_dash_is_standard_output(kept: Path, tmp_path: Path) -> None:
    done = run("report", "--store", kept, "-o", "-", cwd=tmp_path)
    assert done.stdout.startswith(b"# 1 thing needs you tonight") and not (tmp_path / "-").exists()


@pytest.mark.parametrize(
    "asked", [("--date", "2026-11-18"), ("--date", "yesterday"), ("--since", "2026-11-01", "--until", "2026-11-03")]
)
def test_a_day_that_the_store_has_not_is_said_with_those_it_has(kept: Path, asked: tuple[str, ...]) -> None:
    done = run("report", "--store", kept, *asked)
    assert done.returncode == 0 and len(lines(done)) == 2
    assert lines(done)[0].endswith("has no records of that time; it has records of 2026-11-17")
    assert lines(done)[1].endswith("no records, so nothing to report")


def test_a_report_is_of_the_hours_that_were_asked_for(kept: Path) -> None:
    told = report(kept, "--since", "2026-11-17T08:30", "--until", "2026-11-17 09:10")
    assert told["period"] == {"start": "2026-11-17T08:00:00Z", "end": "2026-11-17T10:00:00Z"}


def test_a_store_that_is_missing_or_empty_is_told(tmp_path: Path, key: Path) -> None:
    done = run("report", "--store", tmp_path / "none")
    assert done.returncode == 3 and "there is no store" in lines(done)[0]
    empty = tmp_path / "empty.log"
    empty.write_text("")
    assert run("ingest", empty, "--store", tmp_path / "new", "--key-file", key).returncode == 0
    done = run("report", "--store", tmp_path / "new")
    assert done.returncode == 2 and "nothing to report" in lines(done)[0]


def test_a_clock_that_is_ahead_does_not_hide_the_night(kept: Path, key: Path, tmp_path: Path) -> None:
    """Nor is the hour that is running, or one to come, taken for one that is over."""
    from logscrub.anomalies.night import period_of
    from logscrub.metrics.store import open_store

    record = '{"timeUnixNano":"%d","severityText":"INFO","body":{"stringValue":"%d"}}\n'
    times = [datetime(2099, 1, 1, tzinfo=UTC), datetime(2026, 11, 17, 10, 5, tzinfo=UTC)]
    ahead = tmp_path / "ahead.ndjson"
    ahead.write_text("".join(record % (at.timestamp() * 1_000_000_000, n) for n, at in enumerate(times)))
    assert run("ingest", ahead, "--store", kept, "--key-file", key).returncode == 0
    store, day = open_store(str(kept)), datetime(2026, 11, 17, tzinfo=UTC)
    for now, end in ((timedelta(hours=10, minutes=20), 10), (timedelta(hours=15), 15), (timedelta(days=30), 11)):
        assert period_of(store, day + now) == (day + timedelta(hours=end - 24), day + timedelta(hours=end))
    asked = period_of(store, day + timedelta(hours=15, minutes=9), since=day, until=day + timedelta(days=1))
    assert asked == (day, day + timedelta(hours=15))


def test_mutes_of_the_configuration_are_listed(kept: Path, tmp_path: Path) -> None:
    first = report(kept)["findings"][0]
    until = (datetime.now(UTC) + timedelta(days=30)).date()
    (tmp_path / "logscrub.toml").write_text(f'[[mute]]\nid = "{first["id"]}"\nreason = "rolled back"\nuntil = {until}\n')
    path = tmp_path / "muted.json"
    assert run("report", "--store", kept, "-o", path, cwd=tmp_path).returncode == 0
    told = json.loads(path.read_bytes())
    assert [m["reason"] for m in told["muted"]] == ["rolled back"]
    assert first["id"] not in {f["id"] for f in told["findings"]}


def test_what_was_said_of_a_finding_is_kept_with_the_store_and_shown(kept: Path, tmp_path: Path) -> None:
    told = report(kept)
    first = told["findings"][0]
    of = f"{told['period']['start'][:16]}/{told['period']['end'][:16]}"
    until = (datetime.now(UTC) + timedelta(days=30)).date()
    marking = ("mark", first["id"], "--of", of, "--store")
    assert run(*marking, kept, "known", "--until", str(until), "--why", "rolled back").returncode == 0
    told = report(kept)
    assert [m["reason"] for m in told["muted"]] == ["rolled back"]
    assert first["id"] not in {f["id"] for f in told["findings"]}
    other = tmp_path / "other"
    assert run("store", "merge", kept, "--store", other).stderr.decode().endswith("1 day added, 1 verdict\n")
    assert run(*marking, other, "real", "--why", "a scope was lost").returncode == 0
    told = report(other)
    assert told["verdicts"] == [{"rule": first["rule"], "real": 1, "usual": 0, "known": 0}]
    (again,) = [f for f in told["findings"] if f["id"] == first["id"]]
    assert again["marked"].startswith("real, 20") and again["marked"].endswith(": a scope was lost")


def test_the_past_is_replayed_as_the_night_told_it(weeks: Path, night_of_flood: dict[str, Any], tmp_path: Path) -> None:
    store, night = Path(shutil.copytree(weeks, tmp_path / "store")), night_of_flood
    flood = next(f["id"] for f in night["findings"] if f["rule"] == "tenant_flood")
    of = f"{night['period']['start'][:16]}/{night['period']['end'][:16]}"
    assert run("mark", flood, "real", "--of", of, "--why", "a loop", "--store", store).returncode == 0
    path = tmp_path / "backtest.json"
    done = run("backtest", "--store", store, "--days", "1", "--budget", "3", "-o", path)
    assert done.returncode == 0 and lines(done)[-1] == "logscrub: 1 night replayed, 2026-06-16 to 2026-06-16"
    told = json.loads(path.read_bytes())
    assert told["budgets"] == [1.0, 3.0] and told["false_by_chance"] == [0.143, 0.429]
    (last,) = told["nights"]
    assert {f["id"] for f in last["findings"] if 1.0 in f["budgets"]} == {f["id"] for f in night["findings"]}
    assert [f["verdict"] for f in last["findings"] if f["id"] == flood] == ["real"]
    assert all(f["dimensions"].get("tenant", "(withheld)") == "(withheld)" for f in last["findings"])
    shown = done.stdout.decode()
    assert re.search(r"tenant_flood  +1 +1 +1 +0 +0\n", shown) and re.search(rf"2026-06-16  P\d +{flood}  real ", shown)


# -- watch ----------------------------------------------------------------------------------------------------------------


def test_a_pipe_is_watched_to_its_end() -> None:
    done = run("watch", stdin=HOUR.read_bytes())
    assert done.returncode == 0
    told = done.stdout.decode().splitlines()
    assert any(" P1 error saveRoster: more errors since version 4.207.0" in line for line in told)


def test_alerts_for_machines_are_one_json_a_line() -> None:
    done = run("watch", "--format", "json", stdin=HOUR.read_bytes())
    alerts = [json.loads(line) for line in done.stdout.splitlines()]
    assert alerts and all(alert["severity"] in ("P1", "P2", "P3", "P4", "P5") and alert["at"].endswith("Z") for alert in alerts)
    assert "worse_since_version" in {alert["rule"] for alert in alerts}


class Watched:
    """`logscrub watch` on a file, until it is ended by a signal."""

    def __init__(self, log: Path, *arguments: str, stdout: Any = subprocess.PIPE) -> None:
        self.log = log
        self.said: list[str] = []
        self.process = subprocess.Popen(
            [*PROGRAM, "watch", str(log), *arguments], stdout=stdout, stderr=subprocess.PIPE, env=ENVIRONMENT, cwd=ROOT
        )
        self._came = threading.Condition()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()
        self.wait_for("watching ")

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            with self._came:
                self.said.append(line.decode().rstrip("\n"))
                self._came.notify_all()

    def wait_for(self, words: str, times: int = 1) -> None:
        """Waits until a line with these words was said so often."""

        def is_said() -> bool:
            return sum(words in line for line in self.said) >= times

        with self._came:
            assert self._came.wait_for(is_said, 60), self.said

    def wait_until_all_is_read(self) -> None:
        """By replacing the log by empty files: where the next one is noticed, what was there before has been read."""
        for _ in range(10):
            noticed = sum("was replaced" in line for line in self.said)
            empty = self.log.with_name("empty")
            empty.touch()
            empty.rename(self.log)
            self.wait_for("was replaced", noticed + 1)

    def end(self, by: signal.Signals = signal.SIGINT) -> str:
        """Ends it by a signal. Returns the last line that was said."""
        self.process.send_signal(by)
        return self.ended()

    def ended(self) -> str:
        self.process.wait(60)
        self._reader.join()
        if self.process.stdout is not None:
            self.process.stdout.close()
        assert self.process.stderr is not None
        self.process.stderr.close()
        assert all(line.startswith("logscrub: ") for line in self.said), self.said
        return self.said[-1]


def record(n: int) -> bytes:
    return b'{"ts":"2025-11-17T09:%02d:%02d.000Z","level":"INFO","message":"Synced page %d"}\n' % (n // 60 % 60, n % 60, n)


def test_a_file_is_watched_as_it_grows(tmp_path: Path) -> None:
    log = tmp_path / "app.log"
    records = HOUR.read_bytes().splitlines(keepends=True)
    log.write_bytes(b"".join(records[:40]))
    watched = Watched(log)
    try:
        with log.open("ab") as file:
            file.write(b"".join(records[40:]))
        assert watched.process.stdout is not None
        line = watched.process.stdout.readline().decode()
        assert " error " in line or " abuse " in line
    finally:
        last = watched.end()
    assert watched.process.returncode == 130
    assert watched.said[0] == f"logscrub: watching {log}, from its beginning and as it grows; Ctrl-C ends"
    assert last.startswith(f"logscrub: watched {log}: ") and "alert" in last


def test_each_record_counts_once_however_the_file_is_rotated(tmp_path: Path) -> None:
    """Renamed while its writer goes on, copied and truncated with more written to it since, both of it twice at once."""
    log = tmp_path / "app.log"
    log.write_bytes(record(0))
    written = 1

    def write(file: IO[bytes], count: int) -> None:
        nonlocal written
        file.write(b"".join(map(record, range(written, written + count))))
        written += count

    def copy_and_truncate(name: str) -> None:
        shutil.copyfile(log, log.with_name(name))
        os.truncate(log, 0)

    watched = Watched(log)
    try:
        with log.open("ab", buffering=0) as first:
            write(first, 100)
            log.rename(tmp_path / "app.log.1")
            with log.open("ab", buffering=0) as second:
                write(second, 100)
                write(first, 100)
                watched.wait_for("was renamed to app.log.1")
                write(first, 100)
                copy_and_truncate("app.log-20251117")
                write(second, 300)
                watched.wait_for("app.log-20251117")
                write(second, 50)
                copy_and_truncate("app.log-20251118")
                write(second, 60)
                copy_and_truncate("app.log-20251119")
                write(second, 10)
                log.rename(tmp_path / "app.log-20251120")
                write(second, 10)
            log.write_bytes(b"")
            with log.open("ab", buffering=0) as third:
                write(third, 10)
            write(first, 7)
        watched.wait_for("was renamed to app.log-20251120")
        watched.wait_until_all_is_read()
    finally:
        last = watched.end(signal.SIGTERM)
    assert watched.process.returncode == 143
    assert last.startswith(f"logscrub: watched {log}: {written} records, "), watched.said
    assert "left out" not in last and not [line for line in watched.said if "may be missed" in line], watched.said


def test_a_file_that_is_not_there_yet_is_waited_for(tmp_path: Path) -> None:
    log = tmp_path / "app.log"
    watched = Watched(log)
    try:
        watched.wait_for("is not there; waiting")
        log.write_bytes(record(1) + record(2))
        watched.wait_for("is there now")
        watched.wait_until_all_is_read()
    finally:
        last = watched.end(signal.SIGHUP)
    assert watched.process.returncode == 129
    assert last == f"logscrub: watched {log}: 2 records, 0 alerts"


def test_a_watch_ends_when_nobody_reads_its_alerts_any_more(tmp_path: Path) -> None:
    log = tmp_path / "app.log"
    log.write_bytes(record(1))
    read, write = os.pipe()
    watched = Watched(log, stdout=write)
    os.close(write)
    os.close(read)
    assert watched.ended() == f"logscrub: watched {log}: 1 record, 0 alerts"
    assert watched.process.returncode == 141


def test_a_watch_says_what_it_left_out_and_withheld() -> None:
    undated = b'{"level":"INFO","message":"without a date"}\n'
    future = record(5).replace(b"2025", b"2225")
    binary = b'{"ts":"2025-11-17T09:00:00.000Z","message":"%s"}\n' % ("\ufffd\x7f" * 100).encode()
    done = run("watch", stdin=record(1) + record(1) + record(2) + undated + future + binary)
    assert done.returncode == 3
    assert lines(done) == [
        "logscrub: watching standard input, to its end",
        "logscrub: 1 record could not be scanned so far; no rule sees what they said",
        "logscrub: watched standard input: 2 records, 0 alerts; left out: 2 records without a date, 1 record known already, "
        "1 record from far in the future; 1 record could not be scanned",
    ]
    done = run("watch", stdin=undated)
    assert done.returncode == 0
    assert (
        lines(done)[-1] == "logscrub: watched standard input: 0 records with a date, 0 alerts; left out: 1 record without a date"
    )


@pytest.mark.parametrize("count", [1, 2])
def test_a_signal_waits_until_what_came_is_counted_but_not_the_second_one(count: int) -> None:
    steps: list[str] = []

    def end(number: int, _: object) -> None:
        steps.append("ended")
        raise SystemExit(128 + number)

    before = signal.signal(signal.SIGTERM, end)
    try:
        with pytest.raises(SystemExit), signals_held_back():
            for _ in range(count):
                signal.raise_signal(signal.SIGTERM)
            steps.append("counted")
    finally:
        signal.signal(signal.SIGTERM, before)
    assert steps == (["counted", "ended"] if count == 1 else ["ended"])


def test_a_store_is_watched_with_its_key_alone(kept: Path) -> None:
    done = run("watch", "--store", kept, stdin=b"")
    assert done.returncode == 2 and "the store's key alone" in lines(done)[0]


# -- nightly --------------------------------------------------------------------------------------------------------------


class Receiver(http.server.BaseHTTPRequestHandler):
    """A webhook."""

    told: list[dict[str, Any]] = []  # noqa: RUF012 - filled by the test

    def do_POST(self) -> None:
        self.told.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def webhook() -> Iterator[str]:
    Receiver.told = []
    server = http.server.HTTPServer(("127.0.0.1", 0), Receiver)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"json://127.0.0.1:{server.server_port}/hook"
    server.shutdown()
    server.server_close()


def configured(folder: Path, **more: str) -> Path:
    path = folder / "logscrub.toml"
    settings = {"inputs": '["exports"]', "store": '"metrics"', "key_file": '"logscrub.key"', "report": '"reports"', **more}
    path.write_text("[nightly]\n" + "".join(f"{name} = {value}\n" for name, value in settings.items()))
    return path


def test_a_night_ingests_reports_and_tells(tmp_path: Path, key: Path, webhook: str) -> None:
    (tmp_path / "exports").mkdir()
    (tmp_path / "exports" / "hour.ndjson").write_bytes(HOUR.read_bytes())
    config = configured(tmp_path, notify='["env:HOOK"]', keep='"4000d"')
    done = run("nightly", "--config", config, env={"HOOK": webhook})
    assert done.returncode == 0, done.stderr
    assert any("175 records new" in line for line in lines(done))
    assert sorted(path.name for path in (tmp_path / "reports").iterdir()) == [
        ".nightly.json", "2026-11-17.html", "2026-11-17.json", "2026-11-17.md", "index.html",
    ]  # fmt: skip
    assert len(Receiver.told) == 1
    message = Receiver.told[0]
    assert "saveRoster: more errors since version 4.207.0" in message["title"] + message["message"]
    assert "2026-11-17.html" in message["message"]
    again = run("nightly", "--config", config, "--exit-code", "P1", env={"HOOK": webhook})
    assert again.returncode == 1 and any("no new logs" in line for line in lines(again))


def test_a_night_that_cannot_tell_says_so_without_the_address(tmp_path: Path, key: Path) -> None:
    (tmp_path / "exports").mkdir()
    (tmp_path / "exports" / "hour.ndjson").write_bytes(HOUR.read_bytes())
    config = configured(tmp_path, notify='["json://127.0.0.1:9/secret-token"]')
    done = run("nightly", "--config", config)
    assert done.returncode == 3
    assert "nightly.notify, entry 1: the message could not be sent" in lines(done)[-1] and b"secret-token" not in done.stderr
    assert (tmp_path / "reports" / "2026-11-17.html").exists()


def test_an_input_that_is_missing_does_not_stop_the_night(tmp_path: Path, key: Path) -> None:
    (tmp_path / "exports").mkdir()
    (tmp_path / "exports" / "hour.ndjson").write_bytes(HOUR.read_bytes())
    done = run("nightly", "--config", configured(tmp_path, inputs='["exports", "gone"]'))
    assert done.returncode == 3 and any("no such file" in line for line in lines(done))
    assert (tmp_path / "reports" / "2026-11-17.md").exists()


def test_what_is_no_file_is_named_each_night_and_patterns_are_expanded(tmp_path: Path, key: Path) -> None:
    for name in ("exports/hour.ndjson", "exports/old.gz"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(HOUR.read_bytes())
    (tmp_path / "more").mkdir()
    os.mkfifo(tmp_path / "more/pipe")
    (tmp_path / "more/linked").symlink_to("../exports")
    config = configured(tmp_path, inputs='["exports/*.ndjson", "more"]')
    for says in ("1 file: 175 records new", "no new logs"):
        done = run("nightly", "--config", config)
        assert done.returncode == 3
        assert "linked: is a link to a folder" in lines(done)[0] and "pipe: is a named pipe" in lines(done)[1]
        assert any(says in line for line in lines(done)[2:])
    assert list(json.loads((tmp_path / "reports/.nightly.json").read_text())["files"]) == [str(tmp_path / "exports/hour.ndjson")]


def test_reports_stay_in_their_folder(tmp_path: Path, key: Path) -> None:
    (tmp_path / "exports").mkdir()
    (tmp_path / "exports/hour.ndjson").write_bytes(HOUR.read_bytes())
    (tmp_path / "reports").mkdir()
    (tmp_path / "victim").write_text("mine")
    (tmp_path / "reports/2026-11-17.html").symlink_to("../victim")
    for option in (["--check"], []):
        done = run("nightly", "--config", configured(tmp_path), *option)
        assert done.returncode == 3 and len(lines(done)) == 1 and "2026-11-17.html: is a link, and what goes to" in lines(done)[0]
    assert (tmp_path / "victim").read_text() == "mine" and not (tmp_path / "metrics").exists()


def test_a_night_without_any_file_says_so(tmp_path: Path, key: Path, kept: Path) -> None:
    (tmp_path / "exports").mkdir()
    done = run("nightly", "--config", configured(tmp_path))
    assert done.returncode == 0 and lines(done)[0] == "logscrub: nothing to read: no file in nightly.inputs"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "has no table [nightly]"),
        ("[nightly]\n", "nightly.inputs is missing"),
        ('[nightly]\ninputs = []\nstore = "m"\nreport = "r"\nkeep = "long"\n', "nightly.keep"),
        ('[nightly]\ninputs = []\nstore = "m"\nreport = "r"\nnotify_from = "P0"\n', "nightly.notify_from"),
        ('[[mute]]\nid = "x"\nreason = "r"\nuntil = 2026-01-01\n', "12 hex digits"),
        ("[[calendar]]\nfrom = 2026-01-02\nto = 2026-01-01\nreason = 'r'\n", "to is before from"),
        ("[report]\nfalse_alarms_a_week = 0\n", "false_alarms_a_week"),
    ],
)
def test_a_configuration_that_is_wrong_is_told_in_a_line(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "logscrub.toml"
    path.write_text(text)
    done = run("nightly", "--config", path, env={"LOGSCRUB_KEY": "a key for tests, 32 characters .."})
    assert done.returncode == 2 and len(lines(done)) == 1 and says in lines(done)[0], done.stderr
