"""Object stores on this machine for tests: an S3-compatible server, and something in front of it that fails as networks do."""

from __future__ import annotations

import http.client
import http.server
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import urlsplit

QUIET = subprocess.DEVNULL


@contextmanager
def s3_server(bucket: str) -> Iterator[dict[str, str]]:
    """An S3-compatible server with a bucket; gives what the environment must say."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "moto.server", "-p", str(port)]
    server = subprocess.Popen(command, stdout=QUIET, stderr=QUIET)
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(200):
            with suppress(OSError):
                urllib.request.urlopen(urllib.request.Request(f"{address}/{bucket}", method="PUT"), timeout=5).close()
                break
            time.sleep(0.1)
        yield {
            "AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "EXAMPLE", "AWS_REGION": "us-east-1", "AWS_ENDPOINT_URL": address,
            "AWS_ALLOW_HTTP": "true",
        }  # fmt: skip
    finally:
        server.kill()
        server.wait()


Fault = Callable[[int, str, str], str]
"""For the number of a request, its method and its path: "" for an answer as it should be, "500", "503", "cut", "slow", "gone"."""


class _Faulty(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def _pass_on(self) -> None:
        server: Any = self.server
        with server.lock:
            server.requests.append((self.command, self.path, self.headers.get("Range", "")))
            fault = server.fault(len(server.requests), self.command, self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if fault == "gone":
            self.close_connection = True
            return
        if fault == "slow":
            time.sleep(0.05)
        if fault in ("500", "503"):
            code = "InternalError" if fault == "500" else "SlowDown"
            return self._answer(int(fault), {}, f"<Error><Code>{code}</Code><Message>later</Message></Error>".encode())
        to = http.client.HTTPConnection(server.behind, timeout=30)
        to.request(self.command, self.path, body, dict(self.headers))
        answer = to.getresponse()
        data = answer.read()
        server.sent += len(data)
        headers = {k: v for k, v in answer.getheaders() if k.lower() not in ("content-length", "transfer-encoding", "connection")}
        if self.command == "HEAD":
            headers["Content-Length"] = answer.getheader("Content-Length") or "0"
        self._answer(answer.status, headers, data, cut=fault == "cut" and len(data) > 1)
        to.close()

    def _answer(self, status: int, headers: Mapping[str, str], data: bytes, *, cut: bool = False) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if "Content-Length" not in headers:
            self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data[: len(data) // 2] if cut else data)
        self.close_connection = self.close_connection or cut

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = _pass_on

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def faulty(environment: Mapping[str, str], fault: Fault) -> Iterator[Any]:
    """Something in front of a server that fails as it is told. Gives it: `environment`, `requests`, `sent` (bytes of bodies)."""
    server: Any = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Faulty)
    server.daemon_threads = True
    server.lock, server.requests, server.sent, server.fault = threading.Lock(), [], 0, fault
    server.behind = urlsplit(environment["AWS_ENDPOINT_URL"]).netloc
    server.environment = {**environment, "AWS_ENDPOINT_URL": f"http://127.0.0.1:{server.server_port}"}
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
