"""Formats of lines: what each line says, by its vendor's documentation, and that no format takes the lines of another."""

from __future__ import annotations

import time
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import events, examples, scrub, scrub_fastest, scrub_pieces, verify, verify_fastest

import sample_logs
from logscrub import formats
from logscrub.api import engine_of, engines
from logscrub.formats import SHAPES
from logscrub.formats import lines as line_readers
from logscrub.formats.base import TIME_OF, Item, Record, text_unit
from logscrub.formats.lines import TextRecords
from logscrub.formats.times import duration_of, leading_level
from logscrub.metrics.records import Records
from logscrub.model import Raw
from logscrub.redact.scrub import Redactor
from logscrub.scrubbing import Scrubber, Units

ID = "8f5a1c2e-1b2c-4d3e-9f4a-5b6c7d8e9f00"
AT = "2026-11-17T09:15:38.315"
SECOND = "2026-11-17T09:15:38"
MEMORY = {"time": str(1_794_906_938_000_000_000), TIME_OF + ID: "1794906938000000000"}
"""The time of the line before, which has the year of lines without one, and of the last line of a request."""


@dataclass(frozen=True)
class Line:
    """A line, and what it says."""

    text: str
    time: str = ""
    level: str = ""
    message: str = ""
    invocation: str = ""
    function: str = ""
    duration_ms: float | None = None
    version: str = ""


EVENT = (
    "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System><Provider Name='Roster'/>"
    "<EventID Qualifiers='0'>1000</EventID><Level>2</Level><TimeCreated SystemTime='2026-11-17T09:15:38.3150000Z'/>"
    f"<Correlation ActivityID='{{{ID.upper()}}}'/></System><EventData><Data Name='Step'>7</Data>"
    "<Data>save &lt;failed&gt;</Data></EventData></Event>"
)
LINES = {
    "syslog": [
        Line(f"<131>1 {AT}Z web-1 roster 4711 ID47 - save failed", AT, "ERROR", "save failed"),
        Line(f"<131>1 {AT}Z web-1 roster 4711 ID47 - \ufeffsave failed", AT, "ERROR", "save failed"),
        Line(f"<165>1 {SECOND}.000003-07:00 192.0.2.1 roster 8710 - - %% x", "2026-11-17T16:15:38.000003", "INFO", "%% x"),
        Line("<34>1 - - - - - -", "", "FATAL", ""),
        Line(
            f'<14>1 {AT}Z web-1 roster - - [a@1 function="saveRoster" version="4.2"][b@2 note="a \\" \\] b"] ERROR save failed',
            *(AT, "ERROR", "save failed", "", "saveRoster", None, "4.2"),
        ),
        Line(f'<14>1 {AT}Z web-1 roster - - - {{"level":"warn","msg":"slow"}}', AT, "WARN", "slow"),
        Line('<14>Nov 17 09:15:38 web-1 roster: @cee: {"level":"warn","msg":"slow"}', SECOND, "WARN", "slow"),
        Line("<34>Nov 17 09:15:38 web-1 su: 'su root' failed", SECOND, "FATAL", "'su root' failed"),
        Line("<13>Nov  7 09:15:38 web-1 roster[12]: saved", "2026-11-07T09:15:38", "INFO", "saved"),
        Line("Nov 17 09:15:38 web-1 sshd(pam_unix)[230]: session opened", SECOND, "", "session opened"),
        Line("Nov 17 09:15:38 web-1 kernel: [12345.678901] usb 1-1: new", SECOND, "", "[12345.678901] usb 1-1: new"),
        Line(f"<13>{AT}Z web-1 roster[12]: saved", AT, "INFO", "saved"),
        Line(f"{AT}234+00:00 web-1 roster[4711]: ERROR save failed", f"{AT}234", "ERROR", "save failed"),
        Line(f"{SECOND}+0000 web-1 roster[4711]: save failed", SECOND, "", "save failed"),
        Line(f"{AT}Z web-1 roster[4711]: save failed", AT, "", "save failed"),
        Line(
            f'{AT}000+00:00 heroku[router]: at=error code=H12 desc="Request timeout" method=GET path="/x" '
            "service=30000ms status=503",
            *(AT, "ERROR", "GET /x 503 H12 Request timeout", "", "", 30000.0),
        ),
        Line(f"{AT}000+00:00 app[web.1]: ERROR save failed", AT, "ERROR", "save failed"),
        Line("<3>roster[4711]: save failed", "", "ERROR", "save failed"),
        Line(f'{AT}000+00:00 app[web.1]: {{"level": "error", "msg": "save failed"}}', AT, "ERROR", "save failed"),
        Line('<14>Nov 17 09:15:38 roster[1]: {"level": "error", "msg": "x"}', SECOND, "ERROR", "x"),
        Line(f"Tue {SECOND.replace('T', ' ')} UTC web-1 roster[4711]: ERROR save failed", SECOND, "ERROR", "save failed"),
        Line("1794906938.315000 web-1 roster[4711]: ERROR save failed", AT, "ERROR", "save failed"),
        Line(
            "Nov 17 09:15:38 lb haproxy[14389]: 203.0.113.7:33317 [17/Nov/2026:09:15:38.315] front back/web1 10/0/30/69/109 500 "
            '2750 - - ---- 1/1/1/1/0 0/0 {x.example} {} "GET /rosters HTTP/1.1"',
            *(AT, "ERROR", "GET /rosters 500", "", "", 109.0),
        ),
        Line(
            "Nov 17 09:15:38 lb haproxy[14389]: 203.0.113.7:33317 [17/Nov/2026:09:15:38.315] front back/<NOSRV> 0/-1/-1/-1/0 503 "
            '212 - - SC-- 1/1/0/0/0 0/0 "GET /rosters HTTP/1.1"',
            *(AT, "ERROR", "GET /rosters 503", "", "", 0.0),
        ),
    ],
    "logfmt": [
        Line(
            f'time={AT}Z level=ERROR msg="save failed" function=saveRoster request_id=8f5a duration=31.2ms',
            *(AT, "ERROR", "save failed", "8f5a", "saveRoster", 31.2),
        ),
        Line(
            f'ts={AT}Z caller=http.go:55 level=error err="no such project" took=1.2s',
            *(AT, "ERROR", "no such project", "", "http.go", 1200.0),
        ),
        Line(f'time="{SECOND}Z" level=warning msg="say \\"hi\\"\\nthere"', SECOND, "WARN", 'say "hi"\nthere'),
        Line(
            'at=info method=GET path="/" request_id=8601 fwd="203.0.113.7" dyno=web.1 connect=1ms service=18ms status=200',
            *("", "INFO", "GET / 200", "8601", "", 18.0),
        ),
        Line("level=info ts=1794906938.315 component=x msg=ready", AT, "INFO", "ready"),
        Line(f't={SECOND}+0000 lvl=eror msg="failed" logger=context duration_ms=12.5', SECOND, "ERROR", "failed", "", "", 12.5),
        Line(f'ts={AT}Z method=PUT path=/x status=502 duration=31', AT, "ERROR", "PUT /x 502"),
    ],
    "access-log": [
        Line(
            "203.0.113.7:33317 [17/Nov/2026:09:15:38.315] front back/web1 10/0/30/69/109 404 2750 - - ---- 1/1/1/1/0 0/0 "
            '"GET /rosters HTTP/1.1"',
            *(AT, "WARN", "GET /rosters 404", "", "", 109.0),
        ),
        Line(
            "203.0.113.7:33317 [17/Nov/2026:09:15:38.315] front~ back/<NOSRV> -1/-1/-1/-1/0 -1 0 - - PR-- 1/1/0/0/0 0/0 "
            '"<BADREQ>"',
            *(AT, "", "<BADREQ> -1", "", "", 0.0),
        ),
        Line(
            "203.0.113.7:33317 [17/Nov/2026:09:15:38.315] front~ back/web1 10/0/30/69/109 404 2750 - - ---- 1/1/1/1/0 0/0 "
            '"GET /rosters HTTP/1.1" 0/0000000000000000/0/0/0 roster.example/TLSv1.3/TLS_AES_256_GCM_SHA384',
            *(AT, "WARN", "GET /rosters 404", "", "", 109.0),
        ),
        Line(
            "203.0.113.7:33317 [17/Nov/2026:09:15:38.315] front~ back/web1 10/0/30/69/109 404 2750 - - ---- 1/1/1/1/0 0/0 "
            '"{x.example}" "GET /rosters?page=1',
            *(AT, "WARN", "GET /rosters?page=1 404", "", "", 109.0),
        ),
        Line(
            "203.0.113.7:33317 [17/Nov/2026:09:15:38.315] front~ back/web1 10/0/30/69/109 404 2750 - - ---- 1/1/1/1/0 0/0 "
            '"8f5a" "GET /rosters HTTP/1.1"',
            *(AT, "WARN", "GET /rosters 404", "", "", 109.0),
        ),
        Line(
            "203.0.113.7:33313 [17/Nov/2026:09:15:38.315] front back/web1 0/0/5007 212 -- 0/0/0/0/3 0/0",
            *(AT, "", "TCP connection", "", "", 5007.0),
        ),
        Line('[17/Nov/2026 09:15:38] "GET /7 HTTP/1.1" 500 2326', SECOND, "ERROR", "GET /7 500"),
        Line('Started GET "/7" for 203.0.113.7 at 2026-11-17 09:15:38 +0000', SECOND, "INFO", "GET /7"),
        Line(
            "Completed 500 Internal Server Error in 31ms (ActiveRecord: 1.0ms)",
            *("", "ERROR", "Completed 500 Internal Server Error in 31ms (ActiveRecord: 1.0ms)", "", "", 31.0),
        ),
        Line(
            '203.0.113.7 - jane [17/Nov/2026:09:15:38 +0000] "GET /rosters?page=2 HTTP/1.1" 500 2326',
            *(SECOND, "ERROR", "GET /rosters?page=2 500"),
        ),
        Line('::1 - - [17/Nov/2026:11:15:38 +0200] "GET / HTTP/1.1" 404 -', SECOND, "WARN", "GET / 404"),
        Line(
            'roster.example.com:443 2001:db8::7 - - [17/Nov/2026:09:15:38 +0000] "PUT /x HTTP/2.0" 204 0 "-" "curl/8.11.0" 0.031',
            *(SECOND, "INFO", "PUT /x 204", "", "", 31.0),
        ),
        Line(
            'x.example 203.0.113.7 - jane doe [17/Nov/2026:09:15:38 +0000] "GET /x HTTP/1.1" 200 7 "-" "a \\"b\\" c" "::1"',
            *(SECOND, "INFO", "GET /x 200"),
        ),
        Line('203.0.113.7 - - [17/Nov/2026:09:15:38 +0000] "-" 408 -', SECOND, "WARN", "- 408"),
        Line(
            '::1 - - [17/Nov/2026:09:15:38 +0000] "GET / HTTP/1.1" 200 12 "-" "x" 123 0.005 [web-80] [] 10.0.0.1:80 12 0.004',
            *(SECOND, "INFO", "GET / 200", "", "", 5.0),
        ),
        Line(
            '::1 - - [17/Nov/2026:09:15:38 +0000] "GET / HTTP/2.0" 200 12 "-" "-" 42 "web@docker" "http://10.0.0.1:80" 13ms',
            *(SECOND, "INFO", "GET / 200", "", "", 13.0),
        ),
        Line(
            '203.0.113.7 - - [17/Nov/2026:09:15:38 +0000] "GET / HTTP/1.1" 200 12 "-" "x" rt=0.250 uct="0.000"',
            *(SECOND, "INFO", "GET / 200", "", "", 250.0),
        ),
        Line(
            '203.0.113.7 - - [17/Nov/2026:09:15:38 +0000] "GET / HTTP/1.1" 200 12 "-" "x" 4711',  # Apache's %D, or bytes
            *(SECOND, "INFO", "GET / 200"),
        ),
        Line(
            '[GIN] 2026/11/17 - 09:15:38 | 500 |    31.2ms |     203.0.113.7 | GET      "/rosters"',
            *(SECOND, "ERROR", "GET /rosters 500", "", "", 31.2),
        ),
    ],
    "aws-load-balancer": [
        Line(
            f"{AT}958Z roster-lb 203.0.113.7:2817 10.0.0.1:80 0.000073 0.001048 0.000057 200 200 0 29 "
            '"GET https://roster.example.com:443/x HTTP/1.1" "curl/8.11.0" ECDHE-RSA-AES128-SHA TLSv1.2',
            *(f"{AT}958", "INFO", "GET https://roster.example.com:443/x 200", "", "", 1.178),
        ),
        Line(
            f'{AT}958Z roster-lb 203.0.113.7:2817 10.0.0.1:80 0.001 0.002 0.003 - - 82 305 "- - - " "-" - -',
            *(f"{AT}958", "", "TCP connection", "", "", 6.0),
        ),
        Line(
            f'{AT}958Z roster-lb 203.0.113.7:2817 - -1 -1 -1 503 0 0 0 "GET http://x:80/ HTTP/1.1" "curl/8.11.0" - -',
            *(f"{AT}958", "ERROR", "GET http://x:80/ 503"),
        ),
        Line(
            f"https {AT}958Z app/roster-lb/50dc6c495c0c9188 203.0.113.7:2817 10.0.0.1:80 0.000 1.048 0.000 502 - 34 366 "
            '"PUT https://x:443/7 HTTP/1.1" "Mozilla/5.0" ECDHE-RSA-AES128-GCM-SHA256 TLSv1.2 arn:aws:x "Root=1-58" '
            f'"x" "arn:aws:acm:x" 0 {AT}000Z "forward" "-" "-" "10.0.0.1:80" "-" "-" "-" TID_1',
            *(f"{AT}958", "ERROR", "PUT https://x:443/7 502", "Root=1-58", "", 1048.0),
        ),
        Line(
            f'h2 {AT}958Z app/lb/5 203.0.113.7:2817 - -1 -1 -1 460 - 34 366 "GET https://x:443/ HTTP/2.0" "x" - - arn:x "-"',
            *(f"{AT}958", "WARN", "GET https://x:443/ 460"),
        ),
        Line(
            f"tls 2.0 {SECOND} net/lb/c6e77e28c25b2234 g3d4b5e8bb8464cd 203.0.113.7:51341 10.0.0.1:443 5 2 98 246 - arn:x - a",
            *(SECOND, "INFO", "TLS connection", "", "", 5.0),
        ),
        Line(
            f"tls 2.0 {SECOND} net/lb/c6e77e28c25b2234 g3d4b5e8bb8464cd 203.0.113.7:51341 10.0.0.1:443 5 - 98 2 unknown_ca -",
            *(SECOND, "WARN", "TLS connection failed: alert unknown_ca", "", "", 5.0),
        ),
    ],
    "lambda": [
        Line(f"{AT}Z\t{ID}\tERROR\tsave failed", AT, "ERROR", "save failed", ID),
        Line(f"{AT}Z\t{ID}\tinfo\tsaved", AT, "INFO", "saved", ID),
        Line(f"{AT}Z\tundefined\tINFO\tcold start", AT, "INFO", "cold start"),
        Line(f"[ERROR]\t{AT}Z\t{ID}\tsave failed", AT, "ERROR", "save failed", ID),
        Line(f"{SECOND.replace('T', ' ')} {ID} ERROR Roster:12 - x", SECOND, "ERROR", "Roster:12 - x", ID),
        Line(f"{AT}Z {ID} Task timed out after 3.00 seconds", AT, "ERROR", "Task timed out after 3.00 seconds", ID),
        Line(f"START RequestId: {ID} Version: $LATEST", "", "INFO", f"START RequestId: {ID} Version: $LATEST", ID),
        Line(f"END RequestId: {ID}", SECOND, "INFO", f"END RequestId: {ID}", ID),
        Line(
            f"REPORT RequestId: {ID}\tDuration: 12.30 ms\tBilled Duration: 13 ms\tInit Duration: 150.10 ms\t",
            *(SECOND, "INFO", f"REPORT RequestId: {ID}\tDuration: 12.30 ms\tBilled Duration: 13 ms\tInit Duration: 150.10 ms\t"),
            *(ID, "", 12.3),
        ),
        Line("INIT_START Runtime Version: nodejs:22.v31\tRuntime Version ARN: arn:aws:x", "", "INFO",
             "INIT_START Runtime Version: nodejs:22.v31\tRuntime Version ARN: arn:aws:x"),
        Line(f"RequestId: {ID} Error: Runtime exited with error: signal: killed", "", "ERROR",
             "Error: Runtime exited with error: signal: killed", ID),
        Line(
            f"{AT}000+00:00 2026/11/17/[$LATEST]{'0f5b' * 8} REPORT RequestId: {ID}\tDuration: 12.3 ms\tBilled",
            *(AT, "INFO", f"REPORT RequestId: {ID}\tDuration: 12.3 ms\tBilled", ID, "", 12.3),
        ),
        Line(f'{AT}000+00:00 ecs/roster/0f5bd5c1d2e3 {{"level":"error","msg":"save failed"}}', AT, "ERROR", "save failed"),
    ],
    "klog": [
        Line("E1117 09:15:38.315000       1 controller.go:116] save failed", AT, "ERROR", "save failed"),
        Line('I1117 09:15:38.315000   12345 a_b.go:12] "Saved" pod="x/y"', AT, "INFO", '"Saved" pod="x/y"'),
        Line("W20261117 09:15:38.315000 12345 roster.cc:12] retrying", AT, "WARN", "retrying"),
        Line("F1117 09:15:38.315000       1 main.go:1] gone", AT, "FATAL", "gone"),
    ],
    "windows-event": [Line(EVENT, AT, "ERROR", "Roster 1000: Step=7 save <failed>", ID)],
    "text": [
        Line(f"{SECOND.replace('T', ' ')},315 - app.roster - ERROR - save failed", AT, "ERROR", "save failed"),
        Line(f"{SECOND.replace('T', ' ')},315 [MainThread] [ERROR] save failed", AT, "ERROR", "save failed"),
        Line(f"[{SECOND.replace('T', ' ')},315: ERROR/ForkPoolWorker-1] save failed", AT, "ERROR", "save failed"),
        Line(f"{AT}Z ERROR 12345 --- [nio-8080-exec-1] c.e.Roster : save failed", AT, "ERROR", "save failed"),
        Line(f"{AT.replace('T', ' ')} ERROR 12345 --- [app] [main] c.e.Roster   : save failed", AT, "ERROR", "save failed"),
        Line("09:15:38.315 [main] ERROR c.e.Roster - save failed", "", "ERROR", "c.e.Roster - save failed"),
        Line("[09:15:38 ERR] save failed", "", "ERROR", "save failed"),
        Line(f"{AT.replace('T', ' ')} +00:00 [ERR] save failed", AT, "ERROR", "save failed"),
        Line("17-Nov-2026 09:15:38.315 SEVERE [main] a.b.C save failed", AT, "ERROR", "[main] a.b.C save failed"),
        Line("Nov 17, 2026 9:15:38 AM a.b.C save", SECOND, "", "a.b.C save"),
        Line(f"E, [{AT}234 #8] ERROR -- : save failed", f"{AT}234", "ERROR", "save failed"),
        Line(f"I, [{AT}234 #8]  INFO -- roster: [{ID}] Started", f"{AT}234", "INFO", "Started", ID),
        Line("2026/11/17 09:15:38 main.go:12: save failed", SECOND, "", "main.go:12: save failed"),
        Line(f"[{AT}234+00:00] app.ERROR: save failed [] []", f"{AT}234", "ERROR", "save failed [] []"),
        Line(f"{AT}234Z 12 [ERROR] [MY-000000] [Server] x", f"{AT}234", "ERROR", "[MY-000000] [Server] x"),
        Line(f"[{SECOND},315][WARN ][o.e.B] [node] slow", AT, "WARN", "[o.e.B] [node] slow"),
        Line("[Nest] 12345  - 11/17/2026, 9:15:38 AM   ERROR [Roster] x", SECOND, "ERROR", "[Roster] x"),
        Line(f"[{SECOND}Z ERROR roster::save] save failed", SECOND, "ERROR", "save failed"),
        Line(f"{AT}Z ERROR roster::save: save failed", AT, "ERROR", "roster::save: save failed"),
        Line(f"{AT}Z ERROR roster: save failed", AT, "ERROR", "roster: save failed"),
        Line("[2026-11-17, 09:15:38 UTC] {task.py:1150} ERROR - save failed", SECOND, "ERROR", "save failed"),
        Line("[Tue Nov 17 09:15:38.315000 2026] [core:error] [pid 7:tid 4] x", AT, "ERROR", "[pid 7:tid 4] x"),
        Line("2026/11/17 09:15:38 [error] 1234#5678: *9 connect() failed", SECOND, "ERROR", "1234#5678: *9 connect() failed"),
        Line(f"{SECOND.replace('T', ' ')},315+0000 http-nio-8080-exec-5 ERROR x", AT, "ERROR", "x"),
        Line(f"{SECOND.replace('T', ' ')} Unhandled ERROR in x", SECOND, "", "Unhandled ERROR in x"),
        Line(f'{AT}Z {{"level":"error","msg":"save failed"}}', AT, "ERROR", "save failed"),
        Line(f'{AT}Z level=error msg="save failed" took=1s', AT, "ERROR", "save failed", "", "", 1000.0),
        Line("fail: Roster.Save[0]", "", "ERROR", "Roster.Save[0]"),
        Line(f"{AT}Z error save failed", AT, "ERROR", "save failed"),
        Line(f"{AT}Z  warn  save failed", AT, "WARN", "save failed"),
        Line(f"{AT}Z - error - save failed", AT, "ERROR", "save failed"),
        Line(f"{AT}Z | error | save failed", AT, "ERROR", "save failed"),
        Line(f"{AT}Z errors are rare", AT, "", "errors are rare"),
        Line(f'error: save failed {{"service":"x","timestamp":"{AT}Z"}}', AT, "ERROR",
             f'save failed {{"service":"x","timestamp":"{AT}Z"}}'),
        Line("[1794906938315] ERROR (4711): save failed", AT, "ERROR", "(4711): save failed"),
        Line("1794906938.315\terror\troster/save.go:12\tsave failed", AT, "ERROR", "roster/save.go:12\tsave failed"),
        Line("1794906938 rosters saved", "", "", "1794906938 rosters saved"),
        Line(f"1794906938315000000\t{AT}Z\tERROR save failed", AT, "ERROR", "save failed"),
        Line(f"{AT}Z app[d891234c562987] ams [error] save failed", AT, "ERROR", "save failed"),
        Line(f"{AT}Z app[d891234c562987] ams [info] WARN save failed", AT, "WARN", "save failed"),
        Line("[17-Nov-2026 09:15:38 UTC] PHP Fatal error:  Uncaught x", SECOND, "FATAL", "Uncaught x"),
        Line("[17-Nov-2026 09:15:38 UTC] PHP Parse error:  x", SECOND, "ERROR", "x"),
        Line("[17-Nov-2026 09:15:38 UTC] PHP Warning:  x", SECOND, "WARN", "x"),
        Line(f"{AT.replace('T', ' ')} UTC [4711] LOG:  x", AT, "INFO", "x"),
        Line(f"{AT.replace('T', ' ')} UTC [4711] app@roster WARNING:  x", AT, "WARN", "x"),
        Line(f"{AT.replace('T', ' ')} UTC [4711] <USERNAME>@roster WARNING:  x", AT, "WARN", "x"),
        Line("4711:M 17 Nov 2026 09:15:38.315 * Ready", AT, "", "* Ready"),
        Line("09:15:38.315Z ERROR roster: save failed", "", "ERROR", "roster: save failed"),
        Line("9:15AM ERR save failed", "", "ERROR", "save failed"),
        Line("09:15:38.315 request_id=F7a [error] save failed", "", "ERROR", "save failed"),
        Line("ERRO[0012] save failed", "", "ERROR", "[0012] save failed"),
        Line(f'{AT}Z {{app="x", pod="y"}} ERROR save failed', AT, "ERROR", "save failed"),
        Line(f'{AT}Z {{app="x"}} {{"level":"error","msg":"save failed"}}', AT, "ERROR", "save failed"),
        Line(f"web-1  | {AT}Z ERROR save failed", AT, "ERROR", "save failed"),
        Line(f'web-1  | {{"time":"{AT}Z","level":"error","msg":"save failed"}}', AT, "ERROR", "save failed"),
        Line(f"<EMAIL_ADDRESS>    | {AT}Z ERROR save failed", AT, "ERROR", "save failed"),
        Line(f"0|app  | {AT}Z ERROR save failed", AT, "ERROR", "save failed"),
        Line("web-1  | 203.0.113.7 - - [17/Nov/2026:09:15:38 +0000] \"GET /7 HTTP/1.1\" 500 7", SECOND, "ERROR", "GET /7 500"),
        Line(f"[pod/roster-7d9f-x2/app] {AT}Z ERROR save failed", AT, "ERROR", "save failed"),
        Line('[pod/roster-7d9f-x2/app] {"level":"error","msg":"save failed"}', "", "ERROR", "save failed"),
        Line(f"roster-7d9f-x2 app {AT}Z ERROR save failed", AT, "ERROR", "save failed"),
        Line(f"[0] {AT}Z ERROR save failed", AT, "ERROR", "save failed"),
        Line("[main] save failed", "", "", "[main] save failed"),
        Line("ERROR | save failed", "", "ERROR", "save failed"),
        Line(f"it failed at {AT}Z", "", "", f"it failed at {AT}Z"),
    ],
}  # fmt: skip
"""Format → lines that it knows."""
ALL = [(name, line) for name, found in LINES.items() for line in found]


def ns(written: str) -> int | None:
    """A time without a zone, UTC."""
    if not written:
        return None
    seconds, _, fraction = written.partition(".")
    return int(datetime.fromisoformat(seconds).replace(tzinfo=UTC).timestamp()) * 10**9 + int(fraction.ljust(9, "0"))


def read(data: bytes, size: int = 1 << 20) -> tuple[list[Item], Records]:
    """The records of an input that is fed in pieces."""
    records = Records()
    found = [x for start in range(0, len(data), size) for x in records.feed(data[start : start + size])]
    found += records.finish()
    assert all(isinstance(x, Record) for x in found)
    return found, records  # type: ignore[return-value]


def test_the_end_of_a_request_has_the_time_of_its_own_last_line() -> None:
    other, silent = ID.replace("8f5a", "8f5b"), ID.replace("8f5a", "8f5c")
    lines = [
        f"START RequestId: {ID} Version: 7",
        f"{AT}Z\t{ID}\tINFO\tsaved",
        f"2026-11-17T11:00:00.000Z\t{other}\tINFO\tsaved",
        f"END RequestId: {ID}",
        f"REPORT RequestId: {ID}\tDuration: 12.30 ms\tBilled Duration: 13 ms",
        f"REPORT RequestId: {silent}\tDuration: 12.30 ms\tBilled Duration: 13 ms",
    ]
    found, _ = read("".join(f"{line}\n" for line in lines).encode())
    times = [record.time_ns for record in found if isinstance(record, Record)]
    assert times == [None, ns(AT), ns("2026-11-17T11:00:00"), ns(AT), ns(AT), None]


def test_what_is_remembered_of_requests_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line_readers, "_MOST_REQUESTS", 10)
    lines = [f"{AT}Z\t{ID[:-2]}{n}\tINFO\tsaved" for n in range(10, 60)]
    records = TextRecords(SHAPES)
    for line in lines:
        list(records.unit(text_unit(line, 1, 1)))
        assert len(records._memory) <= 11
    (last,) = [*records.unit(text_unit(f"END RequestId: {ID[:-2]}59", 1, 1)), *records.finish()][1:]
    assert isinstance(last, Record) and last.time_ns == ns(AT)


# -- what lines say -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "line"), ALL, ids=lambda x: x if isinstance(x, str) else x.text[:60])
def test_a_line_says_when_how_grave_what_and_how_long(name: str, line: Line) -> None:
    record = SHAPES.of_line(line.text, MEMORY)
    assert (record.time_ns, record.level, record.message) == (ns(line.time), line.level, line.message)
    assert (record.invocation, record.function, record.version) == (line.invocation, line.function, line.version)
    assert record.duration_ms == line.duration_ms


@pytest.mark.parametrize(("name", "line"), ALL, ids=lambda x: x if isinstance(x, str) else x.text[:60])
def test_no_format_takes_the_lines_of_another(name: str, line: Line) -> None:
    takers = [f.name for f in formats.FORMATS if f.line is not None and f.line.begins(line.text, {}) is not None]
    both = {"lambda": {"forge-cli", "text"}}.get(
        name, {"text"} if name in ("syslog", "aws-load-balancer", "access-log") else set()
    )
    assert set(takers) <= {name} | both
    assert name == "text" or takers[0] == name, "the more telling one is asked first"


@pytest.mark.parametrize(("name", "line"), [x for x in ALL if not x[1].text.startswith(("REPORT", "RequestId"))], ids=str)
def test_a_format_is_recognised_by_any_of_its_lines(name: str, line: Line) -> None:
    assert formats.recognise(line.text).name == name


@pytest.mark.parametrize(
    "line",
    [
        "<p>1 error</p>",
        "<999>1 2026-11-17T09:15:38Z a b c d -",
        "<3> is a heart",
        "Nov 17 09:15:38 and then it failed",
        "level=info",
        "user=jane status=active",
        "a=1 b=2 msg=3 x",
        "GET /x HTTP/1.1 200",
        '203.0.113.7 - jane [17/Nov/2026:09:15:38 +0000] said "hi"',
        "E1117 something else",
        "I am 1117",
        "START of the import",
        "REPORT for 2026",
        "#Fields of a form",
        "# Version: 2",
        "12 <b>bold</b>",
        "Events and <Event> tags",
        "__init__ called",
    ],
)
def test_what_only_looks_like_one_is_text(line: str) -> None:
    assert formats.recognise(line).name == "text"
    assert SHAPES.of_line(line, {}).message == line or line.startswith("Nov")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1.2s", 1200.0),
        ("31ms", 31.0),
        ("850µs", 0.85),
        ("1m2.5s", 62_500.0),
        ("12.3 ms", 12.3),
        ("2h", 7.2e6),
        ("31", None),
        ("", None),
    ],
)
def test_a_duration_has_a_unit(text: str, expected: float | None) -> None:
    assert duration_of(text) == expected


def test_levels_of_serilog_and_net_are_known() -> None:
    assert [leading_level(t)[0] for t in ("[INF] x", "[WRN] x", "[FTL] x", "crit: x", "dbug: x", "failure: x", "failed: x")] == [
        "INFO", "WARN", "FATAL", "FATAL", "DEBUG", "", ""
    ]  # fmt: skip


# -- as many records as scrub counts ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [n for n in LINES if n != "text"])
def test_a_log_of_a_format_is_counted_as_it_is_scrubbed(redactor: Redactor, name: str) -> None:
    data = "".join(f"{line.text}\n" for line in LINES[name]).encode()
    out, tally = scrub(redactor, data)
    assert tally.records_read == len(LINES[name])
    for log in (data, out):
        found, records = read(log, 100)
        assert records.read == records.given == len(LINES[name])
        assert [x.level for x in found if isinstance(x, Record)] == [line.level for line in LINES[name]]
    assert verify(redactor, out).clean


SAMPLES = (
    *("access_log_combined.log", "aws_load_balancer.log", "cloudfront.log", "journald.export", "lambda_text.log", "logfmt.log"),
    *("syslog_rfc3164.log", "syslog_rfc5424.log", "windows_events.xml", "windows_events.txt"),
)


@pytest.mark.parametrize("name", SAMPLES)
def test_what_a_sample_says_is_the_same_once_it_is_scrubbed(redactor: Redactor, name: str) -> None:
    data = sample_logs.files()[name]
    raw, clean = read(data)[0], read(scrub_fastest(redactor, data)[0])[0]

    def said(items: list[Item]) -> list[tuple[object, ...]]:
        return [(x.time_ns, x.level, x.invocation, x.function, x.version, x.duration_ms) for x in items if isinstance(x, Record)]

    assert said(clean) == said(raw)
    assert sum(time is None for time, *_ in said(raw)) == (14 if name.startswith("lambda") else 0), "the platform's lines"


def test_lines_of_all_formats_may_stand_in_one_log() -> None:
    mixed = [line for _, line in ALL]
    found, records = read("".join(f"{line.text}\n" for line in mixed).encode())
    assert records.read == records.given == len(mixed)
    assert [x.level for x in found if isinstance(x, Record)] == [line.level for line in mixed]


EVENTS_AS_TEXT = (
    "".join(
        f"Event[{n}]{colon}\n  Log Name: Application\n  Source: Roster\n  Date: {AT}0000Z\n  Event ID: 1000\n  Level: {level}\n"
        "  User Name: ACME\\jvoss\n  Computer: web-1\n  Description: \nsave failed for hunter.voss@acme.example\nat once\n\n"
        for n, (level, colon) in enumerate((("Error", ""), ("Warning", ":"), ("Information", "")))
    )
).replace("\n", "\r\n")


def test_windows_events_as_text_are_records_with_their_messages(redactor: Redactor) -> None:
    data = EVENTS_AS_TEXT.encode()
    clean, tally = scrub(redactor, data)
    assert tally.formats == {"wevtutil": 1}
    assert tally.records_read == 3
    assert b"voss" not in clean
    assert clean == data.replace(b"hunter.voss@acme.example", b"<EMAIL_ADDRESS>").replace(b"ACME\\jvoss", b"<USERNAME>")
    assert scrub_pieces(redactor, [data[i : i + 1] for i in range(len(data))])[0] == clean
    other = engine_of(redactor).scrubber()
    assert other.feed(data) + other.finish() == clean
    found, records = read(clean)
    assert records.read == records.given == 3
    assert [(r.time_ns, r.level) for r in found if isinstance(r, Record)] == [
        (ns(AT), level) for level in ("ERROR", "WARN", "INFO")
    ]
    assert all("save failed for <EMAIL_ADDRESS>\nat once" in r.message for r in found if isinstance(r, Record))


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("name", ["windows_events.xml", "logfmt.log", "cloudfront.log"])
def test_utf_16_is_scrubbed_verified_and_counted(redactor: Redactor, encoding: str, name: str) -> None:
    data = sample_logs.files()[name]
    wide = data.decode().replace("\n", "\r\n").encode(encoding)
    out, tally = scrub_fastest(redactor, wide)
    assert out.decode(encoding).replace("\r\n", "\n") == scrub_fastest(redactor, data)[0].decode()
    assert verify_fastest(redactor, out).clean
    found, records = read(out)
    assert records.read == records.given == tally.records_read
    assert [x.level for x in found if isinstance(x, Record)] == [x.level for x in read(data)[0] if isinstance(x, Record)]


# -- values whose names a line does not spell -----------------------------------------------------------------------------

PLANTED = "mglockner7x"


@pytest.mark.parametrize(
    "line",
    [
        '203.0.113.7 - {} [17/Nov/2026:09:15:38 +0000] "GET / HTTP/1.1" 200 12',
        '203.0.113.7 {} - [17/Nov/2026:09:15:38 +0000] "GET / HTTP/1.1" 200 12',
        'x.example:443 ::1 - ACME\\{} [17/Nov/2026:09:15:38 +0000] "GET / HTTP/1.1" 200 12 "-" "-"',
        '203.0.113.7 - - [17/Nov/2026:09:15:38 +0000] "GET / HTTP/1.1" 200 12 "-" "App/1.0 ({}; 7)" 0.012',
        f'{AT}958Z lb 203.0.113.7:2817 10.0.0.1:80 0.1 0.1 0.1 200 200 0 29 "GET http://x:80/ HTTP/1.1" "App/1 ({{}})" - -',
        "#Fields: date time cs-username sc-status\n2026-11-17 09:15:38 {} 200",
        "#Fields: date time cs(User-Agent) sc-status\n2026-11-17\t09:15:38\tApp/1.0%20({})\t200",
        "#Fields: date time cs(Cookie) sc-status\n2026-11-17\t09:15:38\tseen={}\t200",
        "#Fields: date time cs-uri-query sc-status\n2026-11-17 09:15:38 user={}&page=2 200",
        EVENT.replace("Step", "TargetUserName").replace(">7<", ">{}<"),
        EVENT.replace("<Provider Name='Roster'/>", "<Provider Name='Roster'/><Security UserID='S-1-5-21-1-2-3-{}'/>"),
        EVENT.replace(">7<", ">user &quot;{}&quot;<"),
        "__REALTIME_TIMESTAMP=1794906938315000\nUSER_NAME={}\nMESSAGE=saved\n",
    ],
)
def test_what_a_format_says_of_a_value_goes(redactor: Redactor, line: str) -> None:
    text = line.replace("{}", PLANTED)
    out, _ = scrub(redactor, f"{text}\n".encode())
    assert PLANTED not in out.decode()
    assert verify(redactor, out).clean
    assert scrub(redactor, out)[0] == out


HEADS = [
    f"<131>1 {AT}Z {{}} roster 4711 - - x",
    f"<131>1 {AT}Z web-1 {{}} 4711 - - x",
    f"<131>1 {AT}Z web-1 roster {{}} - - x",
    f'<131>1 {AT}Z web-1 roster 1 {{}} [a@1 user="{{}}"] x',
    "<34>Nov 17 09:15:38 {} su[230]: x",
    "<34>Nov 17 09:15:38 web-1 {}[230]: x",
    "<34>{}: x",
    "Nov 17 09:15:38 {} su[230]: x",
    "Nov 17 09:15:38 web-1 {}: x",
    "Nov 17 09:15:38 web-1 su[{}]: x",
    f"{AT}Z web-1 {{}}[3]: x",
    f"{AT}+00:00 heroku[{{}}]: x",
    "E1117 09:15:38.315000 1 {}:12] x",
    f"{SECOND}+00:00 2026/11/17/{{}}[$LATEST]{'0a' * 16} x",
    f"{SECOND}+00:00 a/{{}}/b x",
    "{}=x level=info msg=x",
    "level=info {}=x msg=x",
    '{} - {} [17/Nov/2026:09:15:38 +0000] "GET / HTTP/1.1" 200 12',
    '{}:80 203.0.113.7 {} - [17/Nov/2026:09:15:38 +0000] "GET / HTTP/1.1" 200 12',
    '[GIN] 2026/11/17 - 09:15:38 | 200 | 1.2ms | {} | GET "/{}"',
    f'http {AT}958Z {{}} {{}}:2817 {{}} 0.1 1.0 0.0 502 - 34 366 "GET http://x/ HTTP/1.1" "-" x y',
    f"tls 2.0 {SECOND} net/{{}}/1 {{}} {{}}:2817 {{}} 5 2 1 2 {{}} x",
    f"invocation: {ID} {{}}\nINFO 09:15:38.315Z x",
    "#Fields: date time {} x\n2026-11-17 09:15:38 y {}",
    "#Software: {}\n#Fields: date time x\n2026-11-17 09:15:38 y",
    '#Version: 1.0\ndisplayName: "{}\n#Fields: date time x\n2026-11-17 09:15:38 y\n2026-11-17 09:15 y',
    "__CURSOR={}\n{}\n\nMESSAGE={}",
]
"""Lines of formats, with a value wherever the format is known by what stands around it."""


@pytest.mark.parametrize("of", ["auto", "text"])
@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize(
    "value",
    [
        "jane.doe@acme.example",
        "jane.doe.of.the.department.of.very.long.names@subsidiary.acme.example",
        "203.0.113.7",
        "AKIAQ7EXAMPLE3XYZ123",
        "712020:3f0b7c1e-8a51-4be1-9d7e-0f5be7a1c001",
    ],
)
def test_a_redaction_does_not_change_how_a_line_is_read(redactor: Redactor, head: str, value: str, of: str) -> None:
    data = f"{head.replace('{}', value)}\n".encode()
    out, tally = scrub(redactor, data, of)
    assert value not in out.decode()
    again, after = scrub(redactor, out, of)
    assert again == out
    assert (after.formats, after.records_read, after.records_unparsed) == (
        tally.formats,
        tally.records_read,
        tally.records_unparsed,
    )
    before, now = ([(x.time_ns, x.level, x.duration_ms) for x in read(text)[0] if isinstance(x, Record)] for text in (data, out))
    assert before == now


def test_a_finding_in_a_named_value_says_its_name(redactor: Redactor) -> None:
    report = verify(redactor, f'1.1.1.1 - {PLANTED} [17/Nov/2026:09:15:38 +0000] "GET / HTTP/1.1" 200 12\n'.encode())
    assert [(f.pointer, f.column) for f in report.findings if f.entity_type == "USERNAME"] == [("username", 11)]


def test_bytes_beside_a_status_are_no_number_of_a_person(redactor: Redactor) -> None:
    line = f'{AT}958Z lb 127.0.0.1:2817 - 0.001 1.840 0.000 200 200 840 3840 "GET http://x:80/ HTTP/1.1" "-" - -\n'
    assert scrub(redactor, line.encode())[0] == line.encode()


def test_names_of_requests_and_accounts_of_every_windows_stay(redactor: Redactor) -> None:
    request = "SOX4xwn4XV6Q4rgb7XiVGOHms_BGlTAC4KyHmureZmBNrjGdRLiNIQ=="
    text = f"#Fields: date time x-edge-request-id sc-status\n2026-11-17\t09:15:38\t{request}\t200\n"
    assert scrub(redactor, text.encode())[0] == text.encode()
    text = EVENT.replace("Step", "SubjectUserSid").replace(">7<", ">S-1-5-18<") + "\n"
    assert scrub(redactor, text.encode())[0] == text.encode()


# -- W3C ----------------------------------------------------------------------------------------------------------------

IIS = """#Software: Microsoft Internet Information Services 10.0
#Version: 1.0
#Date: 2026-11-17 09:15:38
#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) sc-status time-taken
2026-11-17 09:15:38 10.0.0.5 GET /x page=2 443 - 203.0.113.7 curl/8.11.0 500 812
"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (IIS, (ns(SECOND), "ERROR", "GET /x?page=2 500", 812.0)),
        (
            "#Version: 1.0\n#Fields: date time cs-method cs-uri-stem sc-status time-taken x-edge-request-id\n"
            "2026-11-17\t09:15:38\tGET\t/x\t404\t0.031\ta==\n",
            (ns(SECOND), "WARN", "GET /x 404", 31.0),
        ),
        (
            "#Fields: time cs-method cs-uri sc-status time-taken\n#Date: 2026-11-17 09:00:00\n09:15:38 GET /x 200 12\n",
            (ns(SECOND), "INFO", "GET /x 200", None),  # seconds or milliseconds: nobody knows
        ),
        (
            '#Fields: date time cs-method cs-uri-stem sc-status cs(User-Agent)\n2026-11-17 09:15:38 GET /x 200 "a (b; c) d"\n',
            (ns(SECOND), "INFO", "GET /x 200", None),
        ),
    ],
)
def test_w3c_columns_are_those_of_the_header(text: str, expected: tuple[object, ...]) -> None:
    (record,), records = read(text.encode(), 7)
    assert isinstance(record, Record)
    assert records.read == records.given == 1
    assert (record.time_ns, record.level, record.message, record.duration_ms) == expected


def test_a_new_header_names_other_columns_and_a_line_of_another_shape_is_text(redactor: Redactor) -> None:
    text = (
        "#Fields: date time cs-username sc-status\n2026-11-17 09:15:38 mglockner 200\n"
        "#Fields: date time sc-status cs-username\n2026-11-17 09:15:38 404 vogt\nJane Doe was here\n2026-11-17 09:15:38 500\n"
    )
    out, tally = scrub(redactor, text.encode())
    rows = out.decode().splitlines()
    assert (rows[1], rows[3]) == ("2026-11-17 09:15:38 <USERNAME> 200", "2026-11-17 09:15:38 404 <USERNAME>")
    assert (tally.records_read, tally.records_unparsed) == (4, 2)
    found, records = read(out)
    assert records.read == records.given == 4
    assert [x.level for x in found if isinstance(x, Record)] == ["INFO", "WARN", "", ""]


# -- Windows events -----------------------------------------------------------------------------------------------------

OVER_LINES = """<Event xmlns="http://schemas.microsoft.com/win/2004/08/events/event">
  <System>
    <Provider Name="Roster" />
    <EventID>1000</EventID>
    <Level>{level}</Level>
    <TimeCreated SystemTime="2026-11-17T09:15:38.315Z" />
  </System>
  <EventData>
    <Data>save failed for Anneliese Vogt &lt;a.vogt@nordlicht.example&gt;
at Roster.Save()

ERROR once more</Data>
    <Data Name="Password">hunter-22</Data>
  </EventData>
  <RenderingInfo Culture="en-US"><Message>{message}</Message></RenderingInfo>
</Event>
"""


def test_an_event_over_many_lines_is_one_record(redactor: Redactor) -> None:
    text = "".join(OVER_LINES.format(level=level, message="Saved\nnothing") for level in "12345")
    out, tally = scrub(redactor, text.encode())
    assert tally.records_read == 5
    for secret in ("Anneliese", "Vogt", "nordlicht", "hunter"):
        assert secret not in out.decode()
    found, records = read(out, 30)
    assert records.read == records.given == 5
    assert [x.level for x in found if isinstance(x, Record)] == ["FATAL", "ERROR", "WARN", "INFO", "DEBUG"]
    assert {(x.message, x.time_ns) for x in found if isinstance(x, Record)} == {("Roster 1000: Saved\nnothing", ns(AT))}


def test_events_may_stand_on_one_line_in_a_file_of_their_own(redactor: Redactor) -> None:
    text = '<?xml version="1.0" encoding="utf-8" standalone="yes"?>\r\n<Events>' + EVENT * 3 + "</Events>\r\n"
    out, tally = scrub(redactor, text.encode())
    assert out == text.encode()
    assert tally.records_read == 3
    assert len(read(out)[0]) == 3


def test_an_xml_parser_reads_what_is_left_of_events_as_it_read_them(redactor: Redactor) -> None:
    text = sample_logs.files()["windows_events.xml"] + OVER_LINES.format(level=2, message="x").encode()
    out, _ = scrub(redactor, text)

    def shape(element: ElementTree.Element) -> list[object]:
        return [element.tag, sorted(element.attrib), [shape(child) for child in element]]

    before, after = (ElementTree.fromstring(b"<Events>" + data + b"</Events>") for data in (text, out))
    assert shape(after) == shape(before)
    assert "<USERNAME>" in [data.text for data in after.iter() if data.tag.endswith("Data")]
    assert verify(redactor, out).clean


class Failing(Redactor):
    """A redactor that cannot scan what holds a word."""

    def look(self, raw: Raw, *before: Any) -> Any:
        if PLANTED in raw.text:
            raise ValueError
        return super().look(raw, *before)


@pytest.fixture
def failing(redactor: Redactor) -> Redactor:
    return Failing(redactor.engine, redactor.policy, redactor.pseudonymizer)


def test_an_event_that_cannot_be_scanned_is_withheld_and_stays_xml(failing: Redactor) -> None:
    text = EVENT.replace(">7<", f">{PLANTED}<")
    out, tally = scrub(failing, f"{text}\n{EVENT}\n".encode())
    withheld, kept = out.decode().splitlines()
    assert {x.text for x in ElementTree.fromstring(withheld).iter() if x.tag.endswith("Data")} == {None, "<WITHHELD>"}
    assert (kept, tally.records_read, tally.records_withheld) == (EVENT, 2, 1)


# -- texts that say how long they are ------------------------------------------------------------------------------------


def entries(data: bytes) -> list[dict[str, bytes]]:
    """The journal's entries, read as systemd reads them."""
    found: list[dict[str, bytes]] = [{}]
    while data:
        line, _, rest = data.partition(b"\n")
        if not line:
            found.append({})
        elif b"=" in line:
            name, _, value = line.partition(b"=")
            found[-1][name.decode()] = value
        else:
            size = int.from_bytes(rest[:8], "little")
            found[-1][line.decode()] = rest[8 : 8 + size]
            assert rest[8 + size : 9 + size] == b"\n"
            rest = rest[9 + size :]
        data = rest
    return [entry for entry in found if entry]


def journal(*messages: bytes) -> bytes:
    head = b"__CURSOR=s=739ad463348b4ceca5a9e69c95a3c93f;i=4ece7;b=6c7c6013a26343b29e964691ff25d04c;m=4fc7;t=4c50;x=d3e5\n"
    return b"".join(
        head
        + b"__REALTIME_TIMESTAMP=1794906938315000\nPRIORITY=3\nMESSAGE\n"
        + len(m).to_bytes(8, "little")
        + m
        + b"\n_PID=7\n\n"
        for m in messages
    )


def frames(*messages: str) -> bytes:
    return b"".join(f"{len(m.encode())} {m}".encode() for m in messages)


def cut_frames(data: bytes) -> list[bytes]:
    """The messages of a stream, read as RFC 6587 has it."""
    found = []
    while data := data.lstrip(b"\n"):
        size, _, rest = data.partition(b" ")
        found.append(rest[: int(size)])
        data = rest[int(size) :]
    return found


def test_a_message_over_lines_keeps_a_right_size_in_the_journal(redactor: Redactor) -> None:
    message = "save failed {\n  displayName: 'Jürgen Großmann',\n  password: 'tulip7Orange'\n}\n\n".encode()
    data = journal(message, b"ok\n" * 90, message)
    out, tally = scrub(redactor, data)
    assert tally.records_read == 3
    kept = b"save failed {\n  displayName: '<PERSON>',\n  password: '<PASSWORD>'\n}\n\n"
    assert [e["MESSAGE"] for e in entries(out)] == [kept, b"ok\n" * 90, kept]
    assert [{**e, "MESSAGE": b""} for e in entries(out)] == [{**e, "MESSAGE": b""} for e in entries(data)]
    assert verify(redactor, out).clean
    assert scrub(redactor, out)[0] == out
    found, records = read(out, 11)
    assert records.read == records.given == 3
    first = found[0]
    assert isinstance(first, Record)
    assert (first.time_ns, first.level, first.message) == (ns(AT), "ERROR", kept.decode().rstrip())


def test_a_binary_value_of_the_journal_is_withheld_and_its_entry_stays_whole(redactor: Redactor) -> None:
    data = journal(bytes(range(64)) * 3).replace(b"MESSAGE\n", b"COREDUMP\n")
    out, _ = scrub(redactor, data)
    assert [(e["COREDUMP"], e["_PID"]) for e in entries(out)] == [(b"<WITHHELD>", b"7")]


@pytest.mark.parametrize("size", [0, 3, 11, 5000, 1 << 40])
def test_a_value_that_has_not_the_size_it_says_is_scanned_as_text(redactor: Redactor, size: int) -> None:
    data = journal(b"user jane@acme.example\n").replace((23).to_bytes(8, "little"), size.to_bytes(8, "little"))
    out, _ = scrub(redactor, data)
    assert b"jane" not in out
    assert out.count(b"\n") == data.count(b"\n")
    assert verify(redactor, out).clean


def units_of(data: bytes, cuts: list[int]) -> list[Raw]:
    """What an input is cut into that arrives in pieces. Scanning begins there, so what is cut the same is scrubbed the same."""
    ends = [0, *sorted({cut % (len(data) + 1) for cut in cuts}), len(data)]
    units = Units()
    found = [unit for a, b in pairwise(ends) for unit in units.feed(data[a:b])]
    return [*found, *units.finish()[0]]


@examples(40)
@given(events, st.lists(st.integers(0, 6000), max_size=6))
def test_the_journal_is_cut_the_same_however_it_arrives(
    redactor: Redactor, told: list[sample_logs.Event], cuts: list[int]
) -> None:
    data = sample_logs.journald_export(told)
    whole, tally = scrub_fastest(redactor, data)
    assert units_of(data, cuts) == units_of(data, [])
    assert tally.records_read == len(told) == len(entries(whole)) == len(read(whole)[0])


HEAD = f"<131>1 {AT}Z web-1 roster 4711 - - "


@pytest.mark.parametrize("between", ["", "\n"])
def test_messages_behind_their_lengths_are_records_and_keep_right_lengths(redactor: Redactor, between: str) -> None:
    messages = [HEAD + "ERROR save failed for Jürgen Großmann", HEAD + "two\nlines\n  email: jane@acme.example", HEAD + "3"]
    data = between.encode().join(frames(m) for m in messages)
    out, tally = scrub(redactor, data)
    assert tally.records_read == 3
    kept = [HEAD + "ERROR save failed for <PERSON>", HEAD + "two\nlines\n  email: <EMAIL_ADDRESS>", HEAD + "3"]
    assert [m.decode() for m in cut_frames(out)] == kept
    assert verify(redactor, out).clean
    assert scrub(redactor, out)[0] == out
    found, records = read(out, 13)
    assert records.read == records.given == 3
    assert [x.message for x in found if isinstance(x, Record)] == [
        "save failed for <PERSON>",
        "two\nlines\n  email: <EMAIL_ADDRESS>",
        "3",
    ]


def test_a_message_that_has_not_the_length_it_says_spoils_no_other(redactor: Redactor) -> None:
    bad = f"9{len(HEAD)} {HEAD}mail jane@acme.example\n"
    data = frames(HEAD + "one") + bad.encode() + frames(HEAD + "two") + frames(HEAD + "three")
    out, tally = scrub(redactor, data)
    assert tally.records_read == 4
    assert b"jane" not in out
    assert out.endswith(frames(HEAD + "two") + frames(HEAD + "three"))
    assert verify(redactor, out).clean


@examples(40)
@given(events, st.sampled_from(["", "\n", " {\n more"]), st.lists(st.integers(0, 6000), max_size=6))
def test_a_stream_is_cut_the_same_however_it_arrives(
    redactor: Redactor, told: list[sample_logs.Event], end: str, cuts: list[int]
) -> None:
    data = frames(*(line + end for line in sample_logs.syslog_5424(told).decode().splitlines() if line.startswith("<")))
    whole, tally = scrub_fastest(redactor, data)
    assert units_of(data, cuts) == units_of(data, [])
    assert tally.records_read == len(cut_frames(whole)) == len(read(whole)[0])


def test_what_cannot_be_scanned_of_a_stream_is_withheld_with_its_length(failing: Redactor) -> None:
    out, tally = scrub(failing, frames(HEAD + PLANTED, HEAD + "two"))
    assert (cut_frames(out), tally.records_withheld) == ([b"<WITHHELD>", (HEAD + "two").encode()], 1)


# -- messages that a sender cut ----------------------------------------------------------------------------------------

CUT = {
    1024: "Nov 17 09:15:38 web-1 roster[{}]: ",
    2048: "<131>1 2026-11-17T09:15:38.315Z web-1 roster {} - - ",
    10_000: "2026-11-17T09:15:38.315000+00:00 app[web.{}]: ",
    16_384: "<30>Nov 17 09:15:38 web-1 0f5b7c1e8a51[{}]: ",
    890: "<134>Nov 17 09:15:38 db-1 postgres[{}]: [5-1] ",
}
"""Bytes of the greatest message of a sender, and the head of a line."""
ON_CUT = "AKIAQ7EXAMPLE3XYZ123"


def pieces(size: int, at: int, process: int = 1) -> tuple[list[str], list[str]]:
    """A message with a value `at` characters before the end of its first piece, in two lines, and what must become of them."""
    head = CUT[size].format(process)
    next_head = head.replace("[5-1]", "[5-2]")
    before = ("Grüße " + "x " * size).encode()[: size - at].decode()
    lines = [f"{head}{before}{ON_CUT[:at]}\n", f"{next_head}{ON_CUT[at:]} and more\n"]
    return lines, [f"{head}{before}<AWS_KEY>\n", f"{next_head} and more\n"]


@pytest.mark.parametrize(("size", "at"), [*((1024, at) for at in (1, 4, 10, 19)), *((size, 7) for size in CUT if size != 1024)])
def test_a_value_on_a_cut_goes(redactor: Redactor, size: int, at: int) -> None:
    (first, second), (clean_first, clean_second) = pieces(size, at)
    (other, rest), (clean_other, clean_rest) = pieces(size, at, 2)
    between = 'Nov 17 09:15:38 web-1 cron[3]: saved\n  indented\n{"a":1}\n'
    data = f"Nov 17 09:15:38 web-1 cron[3]: began\n{first}{other}{between}{second}{between}{rest}{between}".encode()
    out, tally = scrub(redactor, data)
    assert out.decode() == (
        f"Nov 17 09:15:38 web-1 cron[3]: began\n{clean_first}{clean_other}{between}{clean_second}{between}{clean_rest}{between}"
    )
    assert tally.redactions == {"AWS_KEY": 2}
    # what else holds of both engines is asked of the fastest, which makes the same of all of it, and in pieces too
    again, after = scrub_fastest(redactor, out)
    assert (again, after.records_read) == (out, tally.records_read)
    pieces_of = engine_of(redactor).scrubber()
    assert b"".join(pieces_of.feed(data[n : n + 7]) for n in range(0, len(data), 7)) + pieces_of.finish() == out
    for log, kinds in ((data, {"AWS_KEY": 2}), (out, {})):
        verifier = engine_of(redactor).verifier("test")
        verifier.feed(log)
        assert verifier.finish().kinds == kinds


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Nov 17 09:15:38 web-1 roster[1]: ", "Nov 17 09:15:38 web-1 roster[2]: "),
        ("Nov 17 09:15:38 web-1 roster[1]: ", "Nov 17 09:15:38 web-2 roster[1]: "),
        ("Nov 17 09:15:38 web-1 roster[1]: x", "Nov 17 09:15:38 web-1 roster[1]: "),
        ("Nov 17 09:15:38 ", "Nov 17 09:15:38 "),
    ],
)
def test_messages_of_other_streams_or_sizes_are_not_put_together(redactor: Redactor, first: str, second: str) -> None:
    data = f"Nov 17 09:15:38 web-1 a: b\n{first}{'x ' * 507}{ON_CUT[:10]}\n{second}{ON_CUT[10:]}\n".encode()
    assert scrub(redactor, data)[0] == data


def test_what_is_put_together_wrongly_is_scanned_as_it_stands_too(redactor: Redactor) -> None:
    head = "Nov 17 09:15:38 web-1 roster[1]: "
    data = f"{head}{'x ' * 512}\n{head}{ON_CUT} jane.doe@acme.example\n".encode()
    assert scrub(redactor, data)[0].endswith(b": <AWS_KEY> <EMAIL_ADDRESS>\n")
    data = f"{head}{'x ' * 506}{'y' * 12}\n{head}{ON_CUT} saved\n".encode()
    assert scrub(redactor, data)[0].endswith(b": <AWS_KEY> saved\n")


def test_what_a_cut_value_leaves_is_not_taken_for_its_rest_again(redactor: Redactor) -> None:
    head = "Nov 17 09:15:38 web-1 roster[1]: "
    first = f'{head}{"x " * 500}displayName: "Jane '
    first += "y" * (len(head) + 1024 - len(first))
    out, tally = scrub(redactor, f'{first}\n{head}Doe" and, more, of it\n'.encode())
    assert tally.withheld == 0
    assert "Doe" not in out.decode()
    assert verify(redactor, out).clean


def test_a_message_that_never_goes_on_is_not_waited_for_long(redactor: Redactor) -> None:
    (first, _), _ = pieces(1024, 4)
    scrubber = Scrubber(redactor)
    assert scrubber.feed(first.encode()) == b""
    line = b"Nov 17 09:15:38 web-1 cron[3]: saved\n"
    out = b"".join(scrubber.feed(line) for _ in range(255))
    assert out == first.encode() + line * 255
    assert scrubber.feed(line) == line


def test_the_fastest_engine_puts_together_what_the_plain_one_does(redactor: Redactor, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where a message goes on in the next batch, which here is much shorter than in use."""
    if "native" in engines():
        monkeypatch.setattr("logscrub.engines.native._BATCH", 1 << 11)
    line = "Nov 17 09:15:38 web-1 cron[3]: saved jane.doe@acme.example\n"
    parts = []
    for n in range(25):
        first, second = pieces(1024, 1 + n % 19, n)[0]
        parts += [line * (6 + 97 * n % 10), first, line * (n % 5), second]
    data = "".join(parts).encode()
    plain, tally = scrub(redactor, data)
    assert plain.count(b"<AWS_KEY>") == 25
    for threads in (1, 2):
        engine = engine_of(redactor, threads=threads)
        scrubber, verifier = engine.scrubber(), engine.verifier("x")
        out = b"".join(scrubber.feed(data[n : n + 3000], True) for n in range(0, len(data), 3000)) + scrubber.finish()
        verifier.feed(data)
        assert out == plain
        assert (scrubber.tally.redactions, scrubber.tally.records_read) == (tally.redactions, tally.records_read)
        assert verifier.finish().kinds == tally.redactions


# -- hostile lines ------------------------------------------------------------------------------------------------------

ACCESS = '1.1.1.1 - - [17/Nov/2026:09:15:38 +0000] "GET / HTTP/1.1" 200 12'
HOSTILE = [
    "<1>1 - - - - - [" + 'a="b" ' * 20_000,
    "<1>1 - - - - - " + "[a]" * 40_000 + "x",
    "<1>1 " + "- " * 60_000,
    "a=" * 60_000,
    'time="' + '\\"' * 60_000,
    "t=1 " * 30_000,
    'level=x msg="' * 10_000,
    "a" * 120_000 + "=1",
    "1.1.1.1 - " + "- " * 50_000 + '[17/Nov/2026:09:15:38 +0000] "',
    '1 - a [17/Nov/2026:09:15:38 +0000] "' + '\\"' * 60_000,
    ACCESS + ' "-"' * 30_000 + " x",
    ACCESS + ' "-" "x"' + " 1" * 50_000,
    "a:1" * 40_000 + '] "',
    "a." * 60_000 + ' - - [] "',
    "x x" * 40_000 + ' [x] "',
    "Nov 17 09:15:38 a " + "b:" * 60_000,
    "<34>Nov 17 09:15:38 a " + "b[c]:" * 20_000,
    "<34>" + "a[" * 60_000,
    f"{SECOND}+00:00 " + "a/" * 60_000,
    "[GIN] 2026/11/17 - 09:15:38 | 200 | 1s | " + "x| " * 40_000,
    f"{AT}9Z a b c " + "0.1 " * 30_000,
    f'{AT}9Z a b c 0.1 0.1 0.1 200 200 1 1 "' + "\\x" * 50_000,
    "tls 2.0 " + "- " * 50_000,
    "REPORT RequestId: " * 8_000,
    f"{AT}Z\t" * 5_000,
    f"{AT}Z " * 5_000,
    "[ERROR]\t" * 10_000,
    "E1117 09:15:38.315000 " * 5_000,
    "<Event>" * 20_000,
    "<Event><Data>" * 10_000,
    "<Event><Message>" * 8_000,
    "<Event " + "a='b' " * 20_000,
    "<Event>" + "<a " * 40_000,
    "<Event></System>" + "<A1>" * 30_000,
    "<Event></System>" + "<a>x" * 30_000,
    "<Event>" + "<Data Name='" * 10_000,
    f"{AT} " + "[a] " * 30_000,
    f"{AT} " + "a.b " * 30_000,
    f"{AT} " + "- " * 50_000,
    "[" * 100_000,
    "2026-11-17 " * 10_000,
    "12 <1>1 " * 15_000,
    "65536 <1>1 2026-11-17T" * 5_000,
    "9" * 100_000 + " <1>",
    "#Fields:" + " a" * 50_000,
    "#Fields: a b\n" + '"x ' * 40_000,
    "__CURSOR=" + "A\n" * 40_000,
    "__CURSOR=a\n" + "B\n\x09\0\0\0\0\0\0\0" * 8_000,
]


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: text[:24])
def test_a_hostile_line_costs_linear_time(text: str) -> None:
    began = time.process_time()
    for part in text.split("\n"):
        SHAPES.of_line(part, MEMORY)
        SHAPES.fields_of(part)
    units = Units()
    assert "".join(u.text for u in (*units.feed(text.encode()), *units.finish()[0])) == text
    read(text.encode())
    assert time.process_time() - began < 3, "100 KB take a few hundredths of a second"
