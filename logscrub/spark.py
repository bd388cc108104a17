"""Scrubs and counts columns in Spark, on executors, in Arrow batches.

    import logscrub.spark

    clean = logscrub.spark.scrub_columns(frame, ["message"], key_file="/run/secrets/logscrub.key")
    logscrub.spark.ingest_column(frame, "message", "s3://bucket/metrics", key_file="/run/secrets/logscrub.key")

Each text is scanned as a log of its own, so the result does not depend on partitions and their order. The key for pseudonyms
reaches executors through their environment (LOGSCRUB_KEY) or a file that they can read, never through the plan. An executor with
another key fails the job. Executors need `logscrub[spark]` in this version.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from logscrub import api
from logscrub.api import EngineName, Folders
from logscrub.config import Config
from logscrub.errors import UsageError
from logscrub.extras import need
from logscrub.redact.keys import given_key
from logscrub.redact.pseudonyms import Pseudonymizer
from logscrub.shards import KeySource, Settings

need("logscrub.spark", "spark")

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame

    from logscrub.metrics.ingest_result import IngestResult

__all__ = ["ingest_column", "scrub_columns"]

Batches = Iterator["pa.RecordBatch"]


def scrub_columns(
    frame: DataFrame,
    columns: Sequence[str],
    *,
    key_file: str | Path | None = None,
    policy: str | Path | None = None,
    detectors: Folders = (),
    input_format: str = "auto",
    config: Config | str | Path | None = None,
    engine: EngineName | None = None,
) -> DataFrame:
    """The frame with these columns of texts scrubbed, each text as the only line of a log; its schema is the same.

    Null stays null, and what cannot be scanned is `<WITHHELD>`. The settings are those of `logscrub.scrub`. Raises UsageError for
    settings that are wrong, for a column that there is not, or that holds no texts, and where there is no key.
    """
    from pyspark.sql.types import StringType

    names = [columns] if isinstance(columns, str) else list(columns)
    for name in names:
        if name not in frame.columns:
            raise UsageError("columns: a column is named that the frame does not have")
        if not isinstance(frame.schema[name].dataType, StringType):
            raise UsageError("columns: a column is named that holds no texts; cast it to string")
    settings = _settings(key_file, policy, detectors, input_format, config, engine)
    return frame.mapInArrow(_scrubs(settings, names), frame.schema)


def ingest_column(
    frame: DataFrame,
    column: str,
    store: str,
    *,
    key_file: str | Path | None = None,
    policy: str | Path | None = None,
    detectors: Folders = (),
    input_format: str = "auto",
    config: Config | str | Path | None = None,
    engine: EngineName | None = None,
) -> IngestResult:
    """Counts the texts of a column, each a line of a log, into a store that all executors reach. Gives what became of them.

    Each partition is committed for itself, and a record counts once whoever reads it: a task that runs twice says that its
    records are known. Raises UsageError as `scrub_columns`, OutputError and InputError where the store cannot be written.
    """
    from pyspark.sql import functions
    from pyspark.sql.types import LongType, StructField, StructType

    from logscrub.metrics.ingest_result import IngestResult
    from logscrub.metrics.store import open_or_make

    need("ingest_column", "metrics")
    if column not in frame.columns:
        raise UsageError("column: the frame does not have it")
    settings = _settings(key_file, policy, detectors, input_format, config, engine)
    if settings.key is not None:
        open_or_make(store, settings.key.key_id)  # once, and not by all executors at a time
    told = StructType([StructField(name, LongType()) for name in _COUNTS])
    texts = frame.select(functions.col(column).cast("string").alias("text"))
    whole = IngestResult()
    for row in texts.mapInArrow(_counts(settings, store), told).collect():
        whole.add(IngestResult(**row.asDict()))
    return whole


_COUNTS = ("read", "new", "known", "undated", "not_understood", "without_customer", "odd_time")


def _settings(
    key_file: str | Path | None,
    policy: str | Path | None,
    detectors: Folders,
    input_format: str,
    config: Config | str | Path | None,
    engine: EngineName | None,
) -> Settings:
    key = given_key(None if key_file is None else Path(key_file))
    if key is None:
        raise UsageError(
            "executors need one and the same key; give a key file that they can read, or LOGSCRUB_KEY, here and there"
        )
    made = api.settings(config, policy, detectors)
    api.engine_of(api.build_redactor(made, key), engine)  # what is wrong is said before anything is handed out
    file = "" if key_file is None else str(Path(key_file).absolute())
    return Settings(made, KeySource(file, Pseudonymizer(key).key_id), input_format, engine)


def _scrubs(settings: Settings, names: Sequence[str]) -> Callable[[Batches], Batches]:
    """A function that scrubs the batches of a partition."""

    def scrub(batches: Batches) -> Batches:
        import pyarrow as pa

        from logscrub.values import scrubbed_values

        engine = settings.runner()
        for batch in batches:
            arrays: list[Any] = list(batch.columns)
            for place, field in enumerate(batch.schema):
                if field.name in names:
                    texts = batch.column(place).to_pylist()
                    clean = iter(scrubbed_values(engine, [text for text in texts if text is not None], settings.input_format))
                    arrays[place] = pa.array([None if text is None else next(clean) for text in texts], type=field.type)
            yield pa.RecordBatch.from_arrays(arrays, schema=batch.schema)

    return scrub


def _counts(settings: Settings, store: str) -> Callable[[Batches], Batches]:
    """A function that counts the texts of a partition, and yields one row with the result."""

    def count(batches: Batches) -> Batches:
        import pyarrow as pa

        from logscrub.metrics.ingest_result import IngestResult
        from logscrub.metrics.ingest_workers import IngestWorkers

        engine = settings.runner()
        scrubber = engine.scrubber(settings.input_format)
        with IngestWorkers(0) as workers:
            number = workers.new_input()
            workers.into(store, engine.redactor.pseudonymizer)
            stream = workers.stream(number)
            for batch in batches:
                texts = "".join(f"{text}\n" for text in batch.column(0).to_pylist() if text is not None)
                stream.feed(scrubber.feed(texts.encode("utf-8", "surrogatepass"), True))
            stream.feed(scrubber.finish())
            stream.finish()
        counted = workers.results.get(number, IngestResult())
        yield pa.RecordBatch.from_pydict({name: pa.array([getattr(counted, name)], pa.int64()) for name in _COUNTS})

    return count
