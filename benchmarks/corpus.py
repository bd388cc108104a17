"""Writes Forge logs to measure with: any size, the same bytes for the same seed, in constant memory.

    python benchmarks/corpus.py --size 100MB --format app-logs|forge-cli --seed 1 > file

`app-logs` is one record of the App logs API a line; `forge-cli` is what `forge logs` prints, with records of several lines.
500 customers call one app; its functions write the log statements below. About 3 % of the records hold customer data
besides the site id that every App logs record has. Every value is invented: mail hosts end in `.example`, IP addresses are
those of the documentation, tokens are random.

A statement is `LEVEL message`, then optionally ` @ ` and JSON that stands in the message itself, or ` || ` and the JSON list
of further arguments of `console.log`. `$slot` is drawn anew each time: see `SLOTS`. A JSON string that is one slot takes the
slot's type; the key `$json` stands for its value, as JSON in a string.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import random
import re
import sys
import unicodedata
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

FORMATS = ("app-logs", "forge-cli")
PLANTED_SHARE = 0.03
TENANTS = 500

APP_ID = "c41d7f0a-5be2-4d3c-8a61-90e7b25f3d18"
ENVIRONMENT_ID = "e07a92c4-1f6b-4b0d-93ce-5d84a6f0b127"
START_MS = int(datetime(2026, 11, 16, tzinfo=UTC).timestamp() * 1000)
LEVELS = {"TRACE": 10, "DEBUG": 20, "INFO": 30, "WARN": 40, "ERROR": 50, "FATAL": 60}

# ---------------------------------------------------------------------------------------------------------------------
# The log statements
# ---------------------------------------------------------------------------------------------------------------------

HARMLESS = r"""
INFO Fetched $n issues in $ms ms
INFO Fetched page $k of $k, $n results
INFO GET /rest/api/3/issue/$key?fields=summary,status 200 in ${ms}ms
INFO GET /rest/api/3/search/jql 200 $ms ms
INFO PUT /rest/api/3/issue/$issue/properties/estimate 204 in ${ms}ms
INFO POST /rest/api/3/issue/bulkfetch 200 in ${ms}ms ($n issues)
INFO GET /wiki/api/v2/pages/$issue?body-format=storage 200 in $ms ms
WARN GET /wiki/rest/api/content/$issue/child/page 404 in $ms ms
DEBUG requestJira status=200 took=${ms}ms
DEBUG requestConfluence status=$status took=${ms}ms attempt=$k
DEBUG api.asApp().requestJira route resolved in $ms ms
DEBUG api.asUser().requestConfluence finished status $status
INFO Loaded $k boards, $n sprints, $n epics
INFO Synced $n issues in $ms ms
INFO Sync finished: created=$k updated=$n skipped=$n failed=0 took=${s}s
INFO Incremental sync from $ts, window $k min
INFO Full sync started, batch size 50
DEBUG Batch $k/$n written in $ms ms
DEBUG Paging startAt=$n maxResults=50 total=$n
DEBUG nextPageToken present, fetching page $k
INFO Worklogs aggregated: $n entries, $s hours
INFO Transitioned $key from 11 to 31
INFO $key moved to Done
DEBUG Changelog of $key has $n entries
DEBUG Linked $key to $key (blocks)
INFO Created subtask $key under $key
INFO Estimate of $key set to $k points
WARN Issue $key not found, skipping
WARN $key has no parent, using default hierarchy level
DEBUG Field customfield_$field mapped to storyPoints
DEBUG Custom field context $issue has $k options
INFO Indexed $n pages in $ms ms
DEBUG Macro rendered in $ms ms, $n nodes
DEBUG ADF document parsed: $n nodes, depth $k
DEBUG Converted storage format to ADF in $ms ms
DEBUG Cache hit for panel:$issue:v$k
DEBUG Cache miss for key panel:$issue:v$k
DEBUG cache hit ratio 0.$pct after $n lookups
DEBUG Cache entry expired after ${n}s, refreshing
INFO Cache warmed with $n entries in $ms ms
WARN Cache eviction: $n entries over the limit of 500
DEBUG memoized getFields, ttl=$n
DEBUG etag unchanged, 304 in $ms ms
INFO Cache cleared for function version $version
INFO Queue consumer received $n events
INFO Pushed $n events to queue sync-jobs
DEBUG queue job $uuid done in $ms ms
DEBUG Job $uuid state=IN_PROGRESS progress=0.$pct
INFO Job $uuid finished with success, $n rows
WARN Job $uuid retried, attempt $k of 5
ERROR Job $uuid gave up after 5 attempts
DEBUG Queue depth $n, in flight $k
INFO async event sync-consumer started, retryCount=$k
DEBUG InvocationError retryAfter=$n reason=FUNCTION_UPSTREAM_RATE_LIMITED
INFO Concurrency key released after $ms ms
INFO resolver getSettings invoked
INFO resolver saveSettings invoked
DEBUG resolver getBoards returned $n items in $ms ms
DEBUG Resolver payload size $bytes bytes
DEBUG Resolver getIssueContext took $ms ms
WARN Unknown resolver function key legacyPanel
INFO invoke getData -> $n rows
DEBUG bridge call view.getContext answered in $ms ms
INFO Rendering UI Kit panel, version $version
DEBUG frontend bundle $sha7 loaded in $ms ms
DEBUG storage.get settings in $ms ms
DEBUG storage.set checkpoint in $ms ms
DEBUG storage.query limit=$n cursor=null
DEBUG storage.query returned $n results, hasMore=$bool
WARN storage.set took $ms ms, above 500 ms
DEBUG kvs.transact committed $k operations
DEBUG kvs.entity('worklog').query().index('by-week') $n rows in $ms ms
ERROR Storage limit reached: value of $bytes bytes exceeds 245760
INFO Migrated $n entities to schema v$k
INFO Migration v$k already applied
DEBUG Deleted $n stale checkpoints
DEBUG sql.executeDDL CREATE TABLE IF NOT EXISTS worklog took $ms ms
DEBUG SELECT COUNT(*) FROM worklog WHERE week = $n took $ms ms
DEBUG sql migration v$k finished, $n rows affected
WARN Slow query: $ms ms, rows=$n
INFO Scheduled trigger nightly-cleanup started
INFO Scheduled trigger nightly-cleanup finished in $s s
INFO hourly-report: $n sites processed, $k skipped
INFO Next run at $ts
DEBUG Trigger interval=hour last=$ts
INFO event avi:jira:updated:issue received
INFO event avi:jira:created:comment received for $key
INFO event avi:confluence:updated:page $issue
INFO event avi:jira:deleted:issue handled in $ms ms
DEBUG Ignoring event caused by the app itself
DEBUG selfGenerated=$bool, skipping
INFO avi:forge:installed:app handled
INFO avi:forge:upgraded:app from $version to $version
INFO Lifecycle event processed in $ms ms
INFO Webhook registered, $k events
DEBUG Webhook signature verified in $ms ms
WARN Webhook delivery late by $s s
INFO webtrigger import called, $n rows in body
INFO webtrigger answered 202 in $ms ms
WARN webtrigger called with method GET, expected POST
WARN RATE_LIMITED retryAfter=$n attempt=$k
WARN 429 Too Many Requests, waiting ${n}s
WARN Retry $k of 5 in $ms ms
WARN Retrying after $s s: ETIMEDOUT
WARN Backoff $ms ms (jitter 0.$pct)
INFO Recovered after $k retries
ERROR Giving up after 5 retries, last status $status
WARN X-RateLimit-Remaining $n, X-RateLimit-Reset $ts
WARN Limits for the current installation have been exceeded
WARN Circuit breaker open after $k failures
INFO Circuit breaker half-open, probing
ERROR Task timed out after 25.00 seconds
ERROR Unauthorized; scope does not match
ERROR Request failed with status $status
ERROR FUNCTION_OUT_OF_MEMORY: used $mem MB of 512 MB
ERROR FUNCTION_TIME_OUT after 25 s in step $k
ERROR PROXY_ERR Forge platform failed to process runtime HTTP request - $status - UNKNOWN_ERROR
ERROR FUNCTION_PLATFORM_RATE_LIMITED retryAfter=$n
ERROR Unexpected token < in JSON at position $n
ERROR Invariant failed: $n parts expected, $k found
FATAL Bootstrap failed, configuration version $k unsupported
WARN Deprecated scope read:jira-work in manifest.yml:$n
WARN (node:$issue) [DEP0040] DeprecationWarning: The punycode module is deprecated
WARN punycode deprecated, see node:internal
DEBUG memory $mem MB of 512 MB, heapUsed $s MB
DEBUG Function invocation took $ms ms, memory ${mem}MB
TRACE enter loadBoard depth=$k
TRACE leave loadBoard after $ms ms
TRACE tick $n
TRACE checkpoint $k reached at $ts
TRACE span $hex16 parent $hex16 $ms ms
TRACE trace $hex32 sampled=$bool
DEBUG requestId $ulid status 204
DEBUG correlation $uuid
DEBUG build $sha7 of @forge/resolver $version loaded
DEBUG sha256 $hex64 verified
DEBUG @forge/api $version, node v22.$k.$k
INFO App version $version started, cold start $ms ms
INFO Warm start, reused after $n s
DEBUG env NODE_ENV=production region=eu-west-1
DEBUG feature flag bulk-edit=$bool
DEBUG Feature gate new-report evaluated $bool in $ms ms
DEBUG locale en-GB, timezone offset $k
INFO License active, edition standard
WARN License inactive, read only mode
INFO Report generated: $k sheets, $n rows, $bytes bytes
INFO CSV export finished in $s s, $n rows
INFO Attachment $issue stored, $bytes bytes, image/png
DEBUG Thumbnail 120x80 created in $ms ms
DEBUG Compressed $bytes to $bytes bytes (0.$pct)
DEBUG Upload part $k of $k finished
INFO Velocity computed for sprint $issue: $k points
INFO Burndown for board $k: $n days in $ms ms
DEBUG Sprint $issue closed, $n issues carried over
DEBUG Workflow scheme $issue has $k statuses
DEBUG Rule $uuid evaluated to $bool in $ms ms
INFO Automation rule fired $k times
INFO Permission check BROWSE_PROJECTS: $bool
WARN Permission ADMINISTER_PROJECTS missing, hiding settings
DEBUG Validated configuration in $ms ms, $k warnings
WARN Configuration key maxItems out of range: $n
ERROR Validation failed: estimate must be a number, got null
ERROR TypeError: Cannot read properties of undefined (reading 'fields')$stack
ERROR TypeError: Cannot read properties of null (reading 'value')$stack
ERROR Error: Request failed with status $status$stack
ERROR Error: Function invocation timed out after 25 seconds$stack
ERROR RangeError: Maximum call stack size exceeded$stack
ERROR SyntaxError: Unexpected end of JSON input$stack
ERROR FetchError: network timeout at step $k$stack
ERROR Error: connect ECONNREFUSED after $ms ms$stack
ERROR Error: socket hang up$stack
ERROR AssertionError [ERR_ASSERTION]: $n == $n$stack
ERROR ProxyRequestError: NEEDS_AUTHENTICATION_ERR$stack
WARN UnhandledPromiseRejection: Error: aborted$stack
ERROR Error: Could not load board $k$stack
ERROR RateLimitError: 429, retry after $n s$stack
ERROR sync failed at batch $k of $n: Error: Request failed with status $status$stack
INFO response @ {"ok":"$bool","count":"$n","tookMs":"$ms"}
DEBUG settings @ {"version":"$k","flags":{"bulk":"$bool","beta":"$bool"},"limit":"$n"}
INFO metrics @ {"invocation":"$uuid","ms":"$ms","mem":"$mem","cold":"$bool"}
DEBUG page @ {"startAt":"$n","maxResults":50,"total":"$n","isLast":"$bool"}
WARN retry @ {"attempt":"$k","delayMs":"$ms","status":"$status"}
DEBUG state @ {"step":"collect","done":["plan","load"],"next":null,"at":"$ts"}
DEBUG cache lookup || [{"key":"panel:$issue","hit":"$bool","ms":"$ms"}]
INFO request || [{"method":"GET","path":"/rest/api/3/issue/$key","status":"$status","ms":"$ms"}]
INFO request || [{"method":"POST","path":"/rest/api/3/search/jql","status":200,"ms":"$ms","retry":{"count":"$k","max":5}}]
DEBUG job || [{"id":"$uuid","state":"RUNNING","progress":"$n","startedAt":"$ts"}]
INFO event || ["avi:jira:updated:issue",{"issueId":"$issue","issueKey":"$key","changes":["status","priority"]}]
DEBUG issue types || [[{"id":"10001","hierarchyLevel":0},{"id":"10002","hierarchyLevel":1},{"id":"10003","subtask":true}]]
INFO batch || [["$key","$key","$key"],{"ms":"$ms"}]
WARN rate limited || [{"code":"RATE_LIMITED","retryAfter":"$n","headers":{"x-ratelimit-limit":"100","x-ratelimit-remaining":"0"}}]
ERROR invocation failed || [{"code":"FUNCTION_UPSTREAM_RATE_LIMITED","status":"$status","attempt":"$k","requestId":"$uuid"}]
DEBUG response || [{"$json":{"id":"$issue","key":"$key","fields":{"status":{"id":"$k"},"timeestimate":"$n"}}}]
DEBUG payload || [{"body":{"$json":{"issueIds":["$issue","$issue"],"options":{"dryRun":"$bool"}}},"retry":false}]
DEBUG queue push || [{"queue":"sync-jobs","events":[{"jobId":"$uuid","page":"$k"},{"jobId":"$uuid","page":"$k"}]}]
DEBUG storage || [{"op":"set","key":"checkpoint","size":"$bytes","ms":"$ms"}]
TRACE context || [{"moduleKey":"panel","extension":{"type":"jira:issuePanel","issue":{"key":"$key","id":"$issue"},"project":{"id":"$field"}}}]
INFO stats || [{"open":"$n","done":"$n","blocked":"$k","mean":"$s","p95":"$ms"}]
DEBUG timings || [{"fetch":"$ms","parse":"$k","render":"$n","total":"$ms"}]
INFO status || ["ok",{"code":200,"ms":"$ms"}]
DEBUG version || ["$version","$sha7"]
DEBUG fields || [{"storyPoints":"customfield_$field","sprint":"customfield_$field","epicLink":null}]
DEBUG schedule || [{"cron":"0 */6 * * *","next":"$ts","lastRun":{"at":"$ts","ok":"$bool"}}]
INFO migration || [{"from":"$k","to":"$k","rows":"$n","steps":[{"step":"copy","ms":"$ms"},{"step":"verify","ms":"$ms"}]}]
WARN slow || [{"resolver":"getBoards","ms":"$ms","budget":2000}]
ERROR unhandled || [{"name":"TypeError","message":"Cannot read properties of undefined (reading 'id')","stack":"TypeError$stack"}]
DEBUG ui || [{"component":"BoardPicker","props":{"size":"$k","compact":"$bool"},"renderMs":"$ms"}]
DEBUG changelog || [{"key":"$key","items":[{"field":"status","from":"$field","to":"$field"},{"field":"resolution","to":"1"}]}]
"""  # noqa: E501

PLANTED = r"""
INFO Roster updated by $name
INFO Assigned $key to $name
WARN User $email has no permission on $key
INFO Invitation sent to $email
INFO approved by $name ($email)
DEBUG accountId=$account action=vote
INFO Vote of $account counted on $key
WARN No mapping for user $account, skipping
DEBUG mention [~accountid:$account] resolved in $ms ms
DEBUG GET /rest/api/3/user?accountId=$accounturl 200 in ${ms}ms
INFO calling https://api.atlassian.com/ex/jira/$cloud/rest/api/3/search/jql
DEBUG tenant ari:cloud:jira::site/$cloud loaded
INFO GET https://$site.atlassian.net/rest/api/3/myself 401
INFO sms to $phone queued
WARN Could not reach $name at $phone
ERROR token $apitoken rejected
WARN Authorization: Bearer $jwt expired
ERROR Basic auth failed, header was Authorization: Basic $basic
WARN cookie tenant.session.token=$jwt; Path=/; Secure
DEBUG jql: reporter = "$email" AND project = $project AND updated >= -7d
DEBUG Searching with jql=assignee = "$name" AND summary ~ "$content"
ERROR Error in the JQL Query: The value '$name' does not exist for the field 'assignee'.
INFO issue $key summary "$content"
DEBUG comment on $key: "$content"
DEBUG page title="$content" space=~$hex24
INFO client $ip exceeded limit
WARN X-Forwarded-For: $ip, $ip
DEBUG client address $ipv6 in $ms ms
ERROR URL not included in the external fetch backend permissions: https://hooks.$org.example/v1/people?mail=$mailurl.
INFO Web trigger https://$uuid.hello.atlassian-dev.net/x1/$webtoken called
INFO import from https://files.$org.example/export/$issue.csv?sig=$hex64
DEBUG avatar https://secure.gravatar.com/avatar/$hex32?d=identicon
ERROR Duplicate entry '$email' for key 'member.email'$stack
ERROR Error: insert into member (name, email) values ('$sqlname', '$email') failed$stack
ERROR Error: Request failed with status 403 for user $account$stack
ERROR ENOENT: no such file or directory, open '/Users/$user/exports/$issue.csv'
WARN login failed username=$user status=401
INFO Attachment "$file" stored, $bytes bytes
DEBUG Hello $name, your report is ready
DEBUG userAgent=$agent
DEBUG user @ {"displayName":"$name","emailAddress":"$email","active":"$bool"}
DEBUG payload @ {"reporter":{"accountId":"$account","displayName":"$name"},"retry":"$k"}
INFO created @ {"key":"$key","fields":{"summary":"$content","priority":{"id":"$k"}}}
DEBUG user || [{"user":"$email","retry":"$k"}]
DEBUG context || [{"accountId":"$account","cloudId":"$cloud","siteUrl":"https://$site.atlassian.net","moduleKey":"panel"}]
DEBUG contact || ["$name",{"phone":"$phone"}]
DEBUG issue || [{"key":"$key","fields":{"summary":"$content","assignee":{"displayName":"$name","accountId":"$account"}}}]
DEBUG headers || [{"authorization":"Bearer $jwt","x-forwarded-for":"$ip","user-agent":"$agent"}]
ERROR request failed || [{"status":401,"config":{"url":"https://$site.atlassian.net/rest/api/3/field","headers":{"Authorization":"Basic $basic"}}}]
DEBUG response || [{"$json":{"accountId":"$account","emailAddress":"$email","displayName":"$name"}}]
DEBUG push || [{"body":{"$json":{"members":[{"name":"$name","mail":"$email"},{"name":"$name","mail":"$email"}]}},"queue":"sync-jobs"}]
DEBUG comment || [{"type":"mention","attrs":{"id":"$account","text":"@$name"}}]
DEBUG search || [{"jql":"reporter = \"$name\" ORDER BY created","maxResults":50}]
DEBUG watchers || [["$name","$name","$email"]]
DEBUG profile || [{"login":{"username":"$user","ip":"$ip"},"seenAt":"$ts"}]
WARN unknown member || [{"id":"ari:cloud:identity::user/$account","ms":"$ms"}]
INFO team || [{"team":{"name":"$content","lead":"$email"},"size":"$k"}]
ERROR auth || [{"apiToken":"$apitoken","status":"$status"}]
"""  # noqa: E501

FRAMES = [
    "at %s (webpack:///src/api.js:%d:%d)",
    "at %s (webpack:///src/resolvers/index.js:%d:%d)",
    "at async %s (webpack:///src/sync/batch.js:%d:%d)",
    "at async %s (webpack:///node_modules/@forge/resolver/out/index.js:%d:%d)",
    "at %s (/app/dist/bundle.cjs.js:%d:%d)",
]
CALLEES = (
    "fetchIssues loadBoard saveSettings handler Resolver.getDefinition requestJira Object.invoke runBatch wrap retry".split()
)

# ---------------------------------------------------------------------------------------------------------------------
# The customers
# ---------------------------------------------------------------------------------------------------------------------

CULTURES = [  # first names, last names; where they aren't Latin, with what the mail address has of them
    ("Jane Callum Bronwyn Oliver Grace Declan", "Harding Pritchard MacLeod Whitfield Ashworth O'Connor"),
    ("Jürgen Anneliese Lukas Käthe Matthias Ulrike", "Großmann Vogt Schäfer Lindner Böhm Krüger"),
    ("Chloé Étienne Maëlle Thierry Solène Benoît", "Lefèvre Beaumont Garnier d'Arcy Rousselle Mercier"),
    ("Mateo Lucía Íñigo Ximena Joaquín Rocío", "Fernández Quispe Núñez Aguirre Ibáñez Salcedo"),
    ("João Beatriz Thiago Inês Caetano Luísa", "Figueiredo Carvalho Assunção Moreira Teixeira Pacheco"),
    ("Søren Ingrid Freja Bjørn Åsa Håkon", "Østergaard Bjørklund Lindqvist Halvorsen Nygård Sandström"),
    ("Paweł Agnieszka Łukasz Zofia Wojciech Małgorzata", "Wójcik Kowalczyk Szymański Dąbrowska Zieliński Pawlak"),
    ("Zeynep Emre Ayşe Çağlar Gülşen Oğuz", "Yılmaz Öztürk Şahin Demirci Aydoğan Kılıç"),
    ("Nguyễn Trần Phạm Lê Hoàng Đặng", "Thảo Minh Khánh Hương Tuấn Linh"),
    ("Chukwuemeka Nomvula Akua Tendai Wanjiru Abdoulaye", "Okonkwo Dlamini Mensah Moyo Kamau Diarra"),
    ("Priya Rajesh Ananya Vikram Lakshmi Arjun", "Raghunathan Venkataraman Deshpande Mukherjee Iyer Bhattacharya"),
    ("Aroha Tāne Keoni Leilani Sione Mele", "Ngāta Parata Kahananui Fonoti Tupou Faleolo"),
    ("佐藤|sato 高橋|takahashi 伊藤|ito 渡辺|watanabe", "美咲|misaki 健一|kenichi 陽子|yoko 大輔|daisuke"),
    ("王|wang 李|li 陈|chen 赵|zhao", "秀英|xiuying 建国|jianguo 晓明|xiaoming 丽华|lihua"),
    ("김|kim 박|park 최|choi 정|jung", "민준|minjun 서연|seoyeon 지훈|jihun 하은|haeun"),
    ("Дмитрий|dmitri Ольга|olga Сергей|sergei Наталья|natalia", "Волков|volkov Кузнецов|kuznetsov Лебедев|lebedev Орлов|orlov"),
    ("Γιώργος|giorgos Ελένη|eleni Νίκος|nikos Μαρία|maria", "Παπαδόπουλος|papadopoulos Νικολάου|nikolaou Βλάχος|vlachos"),
    ("محمد|mohammed فاطمة|fatima يوسف|yousef ليلى|layla", "الحسيني|alhusseini الزهراء|alzahra حداد|haddad منصور|mansour"),
    ("אורי|uri נועה|noa איתן|eitan תמר|tamar", "לוי|levi מזרחי|mizrahi כהן|cohen פרידמן|friedman"),
    ("प्रिया|priya अर्जुन|arjun मीरा|meera विक्रम|vikram", "शर्मा|sharma वर्मा|verma गुप्ता|gupta जोशी|joshi"),
]
ORGANISATIONS = "kelpworks oakline tessellate brightwater northfell copperleaf lumenta harrowgate vantor zephyros".split()
TRADES = "logistics clinic textiles energy rail hotels foods insurance robotics print".split()
PHONES = ["+1 ({a}) 555-01{b:02d}", "+44 7700 900{a}", "+61 491 570 {a}", "+49 30 23125 {a}", "+33 6 39 98 {c:02d} {b:02d}"]
CONTENT = [
    "Reset the payroll password for finance", "Layoffs in Dublin start next week", "Medical leave request: surgery in May",
    "Customer complains about the refund for wedding rings", "Contract draft with Copperleaf, confidential",
    "My manager keeps shouting at me", "Kündigung Frau Vogt – Gespräch am Freitag", "Baja por embarazo de Lucía",
    "佐藤さんの産休と代替要員について", "Отпуск Лебедева по семейным обстоятельствам", "Entretien disciplinaire de Benoît",
    "Salary bands 2027 for the Leeds team",
]  # fmt: skip
FILES = ["payroll_march.xlsx", "CV Lindner.pdf", "offer-letter-Moyo.docx", "scan_passport_02.png", "Gehaltsliste 2026.csv"]
AGENTS = [
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:144.0) Gecko/20100101 Firefox/144.0",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
]
FUNCTIONS = [
    ("resolver", "jira:issuePanel"), ("getBoards", "core:function"), ("sync-consumer", "consumer"),
    ("on-issue-event", "trigger"), ("nightly-cleanup", "scheduledTrigger"), ("import-hook", "webtrigger"),
    ("report-macro", "macro"), ("saveSettings", "core:function"), ("admin-page", "jira:adminPage"),
]  # fmt: skip
VERSIONS = ["7.41.0", "7.41.0", "7.41.0", "7.41.0", "7.40.2", "7.42.0"]
PROJECTS = "PAY OPS WEB MOB DATA CORE PLAT INFRA".split()
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody at a customer's."""

    name: str
    email: str
    user: str
    account: str


@dataclass(frozen=True, slots=True)
class Tenant:
    """A site with the app installed."""

    cloud: str
    site: str
    organisation: str
    context: str
    license: str
    edition: str
    people: tuple[Person, ...]


@dataclass(frozen=True, slots=True)
class Record:
    """One call of `console.log`. The values of an invocation are those of all its records."""

    statement: int
    planted: bool
    level: str
    message: str
    arguments: list[Any]
    time_ms: int
    invocation: Invocation


@dataclass(slots=True)
class Invocation:
    """One run of a function for one customer."""

    id: str
    trace: str
    tenant: Tenant
    function: str
    module: str
    version: str
    left: int


@dataclass(frozen=True, slots=True)
class Statement:
    """A log statement of the app, ready to be filled."""

    level: str
    message: Fill
    arguments: Callable[[Draw], list[Any]]


Fill = Callable[["Draw"], Any]


class Draw:
    """All chance: one stream of it, and the customer that the record at hand is about."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self.random = self._random.random
        self.tenant: Tenant = None  # type: ignore[assignment]
        self.time_ms = START_MS

    def below(self, n: int) -> int:
        return int(self.random() * n)

    def pick(self, items: Any) -> Any:
        return items[int(self.random() * len(items))]

    def hexes(self, n: int) -> str:
        return f"{self._random.getrandbits(4 * n):0{n}x}"

    def uuid(self) -> str:
        h = self.hexes(32)
        return f"{h[:8]}-{h[8:12]}-4{h[13:16]}-{'89ab'[int(h[16], 16) & 3]}{h[17:20]}-{h[20:]}"

    def letters(self, n: int, alphabet: str = ALPHABET) -> str:
        return "".join(self._random.choices(alphabet, k=n))

    def spread(self, most: int) -> int:
        """A number such as logs have: small ones often, large ones seldom."""
        return int(most * self.random() ** 3) + 1

    def person(self) -> Person:
        return self.pick(self.tenant.people)


# ---------------------------------------------------------------------------------------------------------------------
# What may stand in a statement
# ---------------------------------------------------------------------------------------------------------------------


def _stack(d: Draw) -> str:
    frames = [d.pick(FRAMES) % (d.pick(CALLEES), d.below(900) + 1, d.below(80) + 1) for _ in range(3 + d.below(5))]
    return "".join(
        f"\n    {frame}" for frame in [*frames, "at process.processTicksAndRejections (node:internal/process/task_queues:105:5)"]
    )


def _account(d: Draw) -> str:
    return d.person().account


def _api_token(d: Draw) -> str:
    head = "ATATT3x" + d.letters(170, ALPHABET + "-_")
    return f"{head}={zlib.crc32(head.encode()):08X}"


def _jwt(d: Draw) -> str:
    return f"eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIi{d.letters(90, ALPHABET + '-_')}.{d.letters(43, ALPHABET + '-_')}"


def _basic(d: Draw) -> str:
    return base64.b64encode(f"{d.person().email}:{d.letters(24)}".encode()).decode()


def _phone(d: Draw) -> str:
    a, b = 200 + d.below(790), d.below(100)
    return d.pick(PHONES).format(a=a, b=b, c=a % 100)


HARMLESS_SLOTS: dict[str, Fill] = {
    "n": lambda d: d.spread(400),
    "k": lambda d: d.spread(12),
    "ms": lambda d: d.spread(4000) + 3,
    "s": lambda d: round(d.random() * 40, 1),
    "pct": lambda d: 10 + d.below(90),
    "mem": lambda d: 90 + d.below(420),
    "bytes": lambda d: d.spread(900_000),
    "status": lambda d: d.pick((200, 200, 204, 400, 403, 404, 429, 500, 502, 503)),
    "bool": lambda d: d.random() < 0.5,
    "issue": lambda d: str(10_000 + d.below(90_000)),
    "field": lambda d: str(10_000 + d.below(400)),
    "key": lambda d: f"{d.pick(PROJECTS)}-{d.spread(9000)}",
    "uuid": Draw.uuid,
    "ulid": lambda d: "01" + d.letters(24, "0123456789ABCDEFGHJKMNPQRSTVWXYZ"),
    "sha7": lambda d: d.hexes(7),
    "hex16": lambda d: d.hexes(16),
    "hex24": lambda d: d.hexes(24),
    "hex32": lambda d: d.hexes(32),
    "hex64": lambda d: d.hexes(64),
    "version": lambda d: f"{d.below(9) + 1}.{d.below(40)}.{d.below(9)}",
    "ts": lambda d: iso(d.time_ms - d.below(86_400_000)),
    "stack": _stack,
}
PLANTED_SLOTS: dict[str, Fill] = {
    "name": lambda d: d.person().name,
    "sqlname": lambda d: d.person().name.replace("'", "''"),
    "email": lambda d: d.person().email,
    "mailurl": lambda d: quote(d.person().email, safe=""),
    "user": lambda d: d.person().user,
    "account": _account,
    "accounturl": lambda d: quote(_account(d), safe=""),
    "cloud": lambda d: d.tenant.cloud,
    "site": lambda d: d.tenant.site,
    "org": lambda d: d.tenant.organisation,
    "project": lambda d: d.pick(PROJECTS),
    "phone": _phone,
    "apitoken": _api_token,
    "jwt": _jwt,
    "basic": _basic,
    "webtoken": lambda d: d.letters(40),
    "content": lambda d: d.pick(CONTENT),
    "file": lambda d: d.pick(FILES),
    "agent": lambda d: d.pick(AGENTS),
    "ip": lambda d: f"{d.pick(('192.0.2', '198.51.100', '203.0.113'))}.{d.below(254) + 1}",
    "ipv6": lambda d: f"2001:db8:{d.hexes(4)}::{d.hexes(3)}",
}
SLOTS: Mapping[str, Fill] = HARMLESS_SLOTS | PLANTED_SLOTS
_SLOT = re.compile(r"\$(?:\{(\w+)\}|(\w+))")


def _text(template: str, slots: Mapping[str, Fill]) -> Fill:
    """A function that fills the slots of a text. A text that is one slot keeps the slot's type."""
    pieces = _SLOT.split(template)  # literal, name, name, literal, …
    fills = [slots[a or b] for a, b in zip(pieces[1::3], pieces[2::3], strict=True)]
    literals = pieces[::3]
    if not fills:
        return lambda d: template
    if literals == ["", ""]:
        return fills[0]
    pattern = "%s".join(literal.replace("%", "%%") for literal in literals)
    return lambda d: pattern % tuple([_shown(fill(d)) for fill in fills])


def _shown(value: Any) -> Any:
    return ("false", "true")[value] if isinstance(value, bool) else value


def _value(template: Any, slots: Mapping[str, Fill]) -> Fill:
    """A function that fills the slots of a JSON value."""
    if isinstance(template, str):
        return _text(template, slots)
    if isinstance(template, list):
        items = [_value(item, slots) for item in template]
        return lambda d: [item(d) for item in items]
    if isinstance(template, dict):
        if list(template) == ["$json"]:
            inner = _value(template["$json"], slots)
            return lambda d: compact(inner(d))
        pairs = [(key, _value(value, slots)) for key, value in template.items()]
        return lambda d: {key: value(d) for key, value in pairs}
    return lambda d: template


def statement(line: str, slots: Mapping[str, Fill] = SLOTS) -> Statement:
    """A line such as those of `HARMLESS`, ready to be filled."""
    level, _, rest = line.partition(" ")
    assert level in LEVELS, line
    message, _, arguments = rest.partition(" || ")
    message, _, inline = message.partition(" @ ")
    text, further = _text(message, slots), _value(json.loads(arguments or "[]"), slots)
    if inline:
        value = _value(json.loads(inline), slots)
        return Statement(level, lambda d: f"{text(d)} {compact(value(d))}", further)
    return Statement(level, text, further)


def compact(value: Any) -> str:
    """JSON as JavaScript writes it."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


STATEMENTS = [statement(line) for line in (HARMLESS + PLANTED).splitlines() if line]
HARMLESS_COUNT = sum(1 for line in HARMLESS.splitlines() if line)
_WEIGHTS = {"TRACE": 1, "DEBUG": 3, "INFO": 6, "WARN": 2, "ERROR": 1, "FATAL": 1}
# Indices into STATEMENTS: harmless ones as often as their level weighs, planted ones once.
_CHOICES = {
    False: [i for i, s in enumerate(STATEMENTS[:HARMLESS_COUNT]) for _ in range(_WEIGHTS[s.level])],
    True: list(range(HARMLESS_COUNT, len(STATEMENTS))),
}

# ---------------------------------------------------------------------------------------------------------------------
# Records
# ---------------------------------------------------------------------------------------------------------------------


def tenants(d: Draw) -> list[Tenant]:
    """The customers."""
    made = []
    for number in range(TENANTS):
        organisation = f"{d.pick(ORGANISATIONS)}-{d.pick(TRADES)}"
        culture = d.pick(CULTURES)
        people = tuple(_person(d, culture if d.random() < 0.7 else d.pick(CULTURES), organisation) for _ in range(6))
        cloud, product = d.uuid(), d.pick(("jira", "jira", "confluence"))
        made.append(
            Tenant(
                cloud,
                f"{organisation}-{number}",
                organisation,
                f"ari:cloud:{product}::site/{cloud}",
                d.pick(("Active", "Active", "Active", "Trial", "Inactive")),
                d.pick(("Standard", "Standard", "Advanced")),
                people,
            )
        )
    return made


def _person(d: Draw, culture: tuple[str, str], organisation: str) -> Person:
    (first, _, first_ascii), (last, _, last_ascii) = (d.pick(names.split()).partition("|") for names in culture)
    first_ascii, last_ascii = _ascii(first_ascii or first), _ascii(last_ascii or last)
    joined = f"{first}{last}" if "\u3000" < first[0] < "\ue000" else f"{first} {last}"  # Chinese, Japanese, Korean
    local = d.pick(("{0}.{1}", "{2}{1}", "{1}_{0}")).format(first_ascii, last_ascii, first_ascii[0])
    account = d.pick(
        (
            lambda: f"712020:{d.uuid()}",
            lambda: f"557058:{d.uuid()}",
            lambda: d.pick("56") + d.hexes(23),
            lambda: f"712020:{d.hexes(24)}",
            lambda: f"qm:{d.uuid()}:{d.uuid()}",
        )
    )()
    return Person(joined, f"{local}@{organisation}.example", f"{first_ascii[0]}{last_ascii}{d.below(100)}", account)


def _ascii(name: str) -> str:
    name = name.lower().translate(str.maketrans({"ø": "o", "ł": "l", "ı": "i", "đ": "d", "ß": "ss"}))
    return re.sub(r"[^a-z]", "", unicodedata.normalize("NFKD", name))


def records(seed: int) -> Iterator[Record]:
    """Records without end, oldest first."""
    d = Draw(seed)
    customers = tenants(d)
    running = [_invocation(d, customers) for _ in range(6)]
    while True:
        place = d.below(len(running))
        invocation = running[place]
        d.tenant = invocation.tenant
        d.time_ms += d.spread(60) - 1
        planted = d.random() < PLANTED_SHARE
        number = d.pick(_CHOICES[planted])
        said = STATEMENTS[number]
        yield Record(number, planted, said.level, said.message(d), said.arguments(d), d.time_ms, invocation)
        invocation.left -= 1
        if not invocation.left:
            running[place] = _invocation(d, customers)


def _invocation(d: Draw, customers: list[Tenant]) -> Invocation:
    tenant = customers[int(len(customers) * d.random() ** 2)]  # some customers call more than others
    function, module = d.pick(FUNCTIONS)
    return Invocation(d.uuid(), d.hexes(32), tenant, function, module, d.pick(VERSIONS), d.spread(16))


# ---------------------------------------------------------------------------------------------------------------------
# Formats
# ---------------------------------------------------------------------------------------------------------------------


def app_log(record: Record) -> str:
    """A record of the App logs API, on one line."""
    call = record.invocation
    attributes = [
        ("appId", APP_ID),
        ("environmentId", ENVIRONMENT_ID),
        ("invocationId", call.id),
        ("installationContext", call.tenant.context),
        ("appVersion", call.version),
        ("functionKey", call.function),
        ("moduleType", call.module),
    ]
    if record.arguments:
        attributes.append(("arguments", compact(record.arguments)))
    attributes += [("licenseState", call.tenant.license), ("edition", call.tenant.edition)]
    shown = {
        "timeUnixNano": f"{record.time_ms}000000",
        "severityNumber": LEVELS[record.level],
        "severityText": record.level,
        "body": {"stringValue": record.message},
        "traceId": call.trace,
        "spanId": call.id.replace("-", "")[:16],
        "attributes": [{"key": key, "value": {"stringValue": value}} for key, value in attributes],
    }
    return f"{compact(shown)}\n"


def forge_cli(record: Record) -> str:
    """A record as `forge logs` prints it, on one line or more."""
    parts = [record.message, *(a if isinstance(a, str) else inspect(a) for a in record.arguments)]
    return f"{record.level:<7} {iso(record.time_ms)} {record.invocation.id} {' '.join(parts)}\n"


def iso(time_ms: int) -> str:
    """A time as JavaScript writes it."""
    seconds, ms = divmod(time_ms, 1000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{ms:03d}Z"


_BARE_KEY = re.compile(r"[A-Za-z_$][\w$]*", re.ASCII)


def inspect(value: Any, indent: int = 0, depth: int = 0) -> str:
    """`value` as Node's `util.inspect` shows it: bare keys, one line if short, cut below depth 2."""
    if isinstance(value, str):
        mark = next((mark for mark in "'\"`" if mark not in value), "'")
        escaped = value.replace("\\", "\\\\").replace("\n", "\\n")
        return mark + (escaped.replace("'", "\\'") if mark in escaped else escaped) + mark
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if not isinstance(value, dict | list):
        return str(value)
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    if not value:
        return opening + closing
    if depth > 2:
        return "[Object]" if opening == "{" else "[Array]"
    if isinstance(value, dict):
        parts = [f"{k if _BARE_KEY.fullmatch(k) else inspect(k)}: {inspect(v, indent + 2, depth + 1)}" for k, v in value.items()]
    else:
        parts = [inspect(item, indent + 2, depth + 1) for item in value]
    line = f"{opening} {', '.join(parts)} {closing}"
    if "\n" not in line and len(line) + indent <= 72:
        return line
    margin = "\n" + " " * (indent + 2)
    return f"{opening}{margin}{f',{margin}'.join(parts)}\n{' ' * indent}{closing}"


PRINTERS: dict[str, Callable[[Record], str]] = {"app-logs": app_log, "forge-cli": forge_cli}

# ---------------------------------------------------------------------------------------------------------------------
# The program
# ---------------------------------------------------------------------------------------------------------------------


def corpus(log_format: str, seed: int) -> Iterator[bytes]:
    """Printed records without end."""
    show = PRINTERS[log_format]
    return (show(record).encode() for record in records(seed))


def parse_size(text: str) -> int:
    """Bytes: `20MB`, `1.5 GB`, `4096`. Raises ValueError."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([kmg]?)b?", text.strip().lower())
    if not found:
        raise ValueError(f"no size: {text!r}; write for example 20MB or 1GB")
    return int(float(found[1]) * 1000 ** " kmg".index(found[2] or " "))


def put(lines: Iterator[bytes], size: int) -> None:
    """Writes records to standard output until a size is reached."""
    out = sys.stdout.buffer
    try:
        for line in lines:
            if size <= 0:
                break
            size -= out.write(line)
        out.flush()
    except BrokenPipeError:  # the reader has enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def main() -> None:
    parser = argparse.ArgumentParser(description="Writes Forge logs with invented values to standard output.")
    parser.add_argument("--size", type=parse_size, default="100MB", help="write whole records until this is reached")
    parser.add_argument("--format", choices=FORMATS, default="app-logs")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    put(corpus(options.format, options.seed), options.size)


if __name__ == "__main__":
    main()
