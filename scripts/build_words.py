"""Makes logscrub/data/words.txt, common English words that are not names, and logscrub/data/names.txt, names that are not words.

    pip install symspellpy==6.10.1 faker==40.54.0
    python scripts/build_words.py

Words: the 40,000 most frequent of symspellpy's frequency dictionary (MIT; from SCOWL and Google Books Ngrams, CC BY 3.0).
Names that are taken out: first and last names of Faker's best-known locales (MIT)
and of all others from rank 8,000 on, unless the word is an ordinary word first (`will`, `mark`, `may`): the 340 most
frequent words and the list ORDINARY.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from pathlib import Path

WORDS = 40_000
ORDINARY_FIRST = 340
WELL_KNOWN = ("en_US", "en_GB", "en_IN", "de_DE", "fr_FR", "es_ES", "it_IT", "nl_NL", "pl_PL", "sv_SE")
"""Locales whose names are taken out from rank 340 on; those of all others from rank 8,000 on."""
ORDINARY = """
    author april art august bank banks bell best bill bird bishop black blue bond book booth bridge bright brook brown
    burn bush butler carpenter carter case cash chance chase church clay cole cook cooper cross day dean drew early
    english farmer field fields fisher flowers ford forest foster fox francis freeman french frost gardener gay gentry
    glass gold golden good grant graves gray green grey grove hall hand hardy hart hill hills hope house hunt hunter
    ivy joy june key king knight lake lamb land lane law lee life little long love low major man march mark marsh
    mason may mercy miles mill mills moody moon moore morning north page park parks patience pat pearl pierce pike
    pine pitts pollard pond poole pope porter potter potts powers pratt price prince rain ray read reed reese rich
    rivers rob rock rose rush sage sales salt savage sharp shaw sheppard short silver singer singleton sky skinner
    small smart snow south sparks spears star steel stein stone stout street strong summer summers swift sweet temple
    terry tile tom trust tucker turner van vance vaughan walker walls walter ward warner waters weaver webb weeks
    wells west wheeler white wick wiggins wilder will wise wood woods wright yates york young chain cloud wade worker
    dawn faith melody crystal amber ruby sterling guy gene max nick ace may tab case carol christian data don duke
    earl ferry gates harmony heather holly iris jack jet kit laurel lily misty norm olive penny rod skip stormy sunny
    tanner victor violet wayne merge
""".split()
SOFTWARE = """
    api app apps async auth backend backoff bool boolean cli cloud codec config configs cron csv ctx daemon db dedup
    deps dev devops dns docker dto enum env envs epoch esm failover fallback fetch forge frontend gc github gitlab
    goto graphql grpc gzip hostname href html http https idempotent init invoker io ip jira json jwt kafka kb kernel
    kubernetes lambda latency localhost login logout lru macro mb md5 metadata middleware mime mutex namespace nginx
    node nodejs npm null nullable oauth oom orm pagination param params parser payload pid plugin poller postgres
    prefetch preflight presigned prod proxied proxy proxying pubsub queue queues rebase redis refactor regex repo
    resolver resolvers retries retry retrying retryable rollout rollback rpc runtime schema scope scopes sdk semver
    serializer serverless sha shard sharding sidecar snapshot sql ssl stacktrace stderr stdin stdout storage subnet
    substring sudo symlink sync syntax sys tcp teardown telemetry tenant throttle throttled throttling timeout
    timeouts timestamp tls tmp token tokens toml traceback tsx ttl tunnel typescript udp ui undefined unhandled unix
    uri url urls usr utf uuid ux validator variable vcpu vm webhook webhooks webtrigger workflow workflows wss xml
    yaml zod confluence bitbucket atlassian trello slack kanban scrum epic sprint changelog assignee assignees
    approver watcher watchers
""".split()


def main() -> None:
    package = Path(importlib.import_module("symspellpy").__file__ or "").parent
    counts: dict[str, int] = {}
    for line in (package / "frequency_dictionary_en_82_765.txt").read_text(encoding="utf-8-sig").splitlines():
        word, count = line.split()
        counts[word] = int(count)
    ranked = sorted(counts, key=lambda w: (-counts[w], w))
    names: set[str] = set()
    rarer: set[str] = set()
    every: set[str] = set()
    persons = importlib.import_module("faker.providers.person")
    for module in pkgutil.iter_modules(persons.__path__):
        provider = importlib.import_module(f"faker.providers.person.{module.name}").Provider
        for attribute in ("first_names", "first_names_male", "first_names_female", "last_names"):
            given = getattr(provider, attribute, ())
            listed = [n for n in (given if not isinstance(given, property) else ()) if isinstance(n, str)]
            (names if module.name in WELL_KNOWN else rarer).update(n.lower() for n in listed)
            every.update(w.casefold() for n in listed for w in re.findall(r"[^\W\d_]+", n) if len(w) > 1 and w[0] < "\u0250")
    ordinary = set(ORDINARY)
    words = {
        w
        for i, w in enumerate(ranked[:WORDS])
        if i < ORDINARY_FIRST or w in ordinary or (w not in names and (i < 8_000 or w not in rarer))
    }
    words |= set(SOFTWARE)
    folder = Path(__file__).parents[1] / "logscrub" / "data"
    head = "".join(f"# {line}\n" for line in (__doc__ or "").strip().splitlines())
    for name, listed in (("words", words), ("names", every - words)):
        (folder / f"{name}.txt").write_text(head + "\n".join(sorted(listed)) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
