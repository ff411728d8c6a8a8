"""The page's other end: Python's own HTTP server, for one study.

It serves the page's own files, pictures by opaque names, and two calls; no path on the disk is ever made of what is asked
for. Bound to this machine alone unless told otherwise, and then nothing is answered without the token of the address that it
prints. The Host header is checked in either case, so that no foreign page can speak to it under a name of its own (DNS
rebinding), and a call must be JSON of the same origin, so that none can speak for the browser.
"""

from __future__ import annotations

import ipaddress
import json
import logging
import re
import secrets
import socket
from http.cookies import CookieError, SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from socketserver import TCPServer
from typing import Any
from urllib.parse import SplitResult, parse_qs, urlsplit

from equipoise.errors import EquipoiseError, SettingError
from equipoise.judge.session import RefusedError, Study

log = logging.getLogger("equipoise")

POLICY = (
    "default-src 'none'; img-src 'self' data:; style-src 'self'; script-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
PARTS = {
    "/": ("judge/static/judge.html", "text/html; charset=utf-8"),
    "/page.css": ("pages/static/page.css", "text/css; charset=utf-8"),
    "/judge.css": ("judge/static/judge.css", "text/css; charset=utf-8"),
    "/judge.js": ("judge/static/judge.js", "text/javascript; charset=utf-8"),
}
PICTURE = re.compile(r"/item/([0-9a-f]{16})\.png")
MOST = 10_000  # bytes of a call
PATIENCE = 30.0  # seconds for a request to arrive
JSON = "application/json"


class Server(ThreadingHTTPServer):
    """A study under an address. `token` is None where only this machine can reach it."""

    daemon_threads = True

    def __init__(self, study: Study, host: str = "127.0.0.1", port: int = 0) -> None:
        self.study, self.host = study, host
        self.token = None if is_loopback(host) else secrets.token_urlsafe(18)
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.parts = {at: (files("equipoise").joinpath(file).read_bytes(), kind) for at, (file, kind) in PARTS.items()}
        try:
            super().__init__((host, port), Handler)
        except (OSError, OverflowError) as error:
            problem = getattr(error, "strerror", None) or str(error)
            raise SettingError(
                "host", f"{host} port {port} can't be served ({problem}); try another --host or --port"
            ) from None

    def server_bind(self) -> None:
        """Bind, without the base class's look-up of this machine's name, which can take seconds."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = self.host, self.server_address[1]

    @property
    def cookie(self) -> str:
        """The name of the cookie that holds the token; a browser keeps those of all ports together."""
        return f"equipoise-judge-{self.server_port}"

    @property
    def url(self) -> str:
        """What to open; with the token where one is needed."""
        name = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{name}:{self.server_port}/" + (f"?token={self.token}" if self.token else "")

    def is_ours(self, host: str) -> bool:
        """Whether a Host header names this server: this machine alone, or, where others can reach it, any bare address, the
        machine's own name and the name it was told. A name that somebody else's page was loaded from is none of these.
        """
        name = (split(f"//{host}").hostname or "") if not re.search(r"[\s/@\\]", host) else ""
        if self.token is None:
            return is_loopback(name)
        return is_address(name) or name in {"localhost", self.host.lower(), socket.gethostname().lower()}


def split(url: str) -> SplitResult:
    """The parts of a URL; all empty where it is none."""
    try:
        return urlsplit(url)
    except ValueError:
        return SplitResult("", "", "", "", "")


def is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def is_loopback(name: str) -> bool:
    return name == "localhost" or (is_address(name) and ipaddress.ip_address(name).is_loopback)


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    server: Server
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "equipoise", ""
    timeout = PATIENCE

    def do_GET(self) -> None:
        self.answered(self.get)

    def do_HEAD(self) -> None:
        self.answered(self.get)

    def do_POST(self) -> None:
        self.answered(self.post)

    def answered(self, call: Any) -> None:
        """Run a call; whatever goes wrong is a reply."""
        try:
            self.check_host()
            call()
        except RefusedError as error:
            self.refuse(error.status, str(error))
        except EquipoiseError as error:  # the disk is full
            self.refuse(503, str(error))
        except (ConnectionError, TimeoutError):
            self.close_connection = True
        except Exception:
            log.exception("the judge's server failed")
            self.refuse(500, "the server failed; its window says how")

    def get(self) -> None:
        parts = split(self.path)
        if self.server.token is not None and self.enters(parts.query):
            cookie = f"{self.server.cookie}={self.server.token}; Path=/; HttpOnly; SameSite=Lax"
            return self.reply(303, b"", "text/plain", {"Location": "/", "Set-Cookie": cookie})
        self.check_token()
        picture = PICTURE.fullmatch(parts.path)
        if picture is not None:
            return self.reply(200, self.server.study.picture(picture[1]), "image/png")
        if parts.path == "/api/about":
            return self.say(200, self.server.study.about())
        if parts.path not in self.server.parts:
            raise RefusedError(404, "there is nothing here")
        content, kind = self.server.parts[parts.path]
        return self.reply(200, content, kind)

    def post(self) -> None:
        given = self.received()  # also of who is refused below: what stays unread would be the next request
        self.check_token()
        path = split(self.path).path
        if path == "/api/join":
            self.say(200, self.server.study.join(given.get("token")))
        elif path == "/api/answer":
            self.say(200, self.server.study.answer(given.get("token"), given))
        else:
            raise RefusedError(404, "there is nothing here")

    # ------------------------------------------------------------------------------------------------- who may ask

    def check_host(self) -> None:
        hosts = self.headers.get_all("Host") or []
        if len(hosts) != 1 or not self.server.is_ours(hosts[0]):
            self.close_connection = True
            raise RefusedError(403, "this server answers to its own address only")

    def enters(self, query: str) -> bool:
        """Whether the address holds the token."""
        return any(self.is_token(given) for given in parse_qs(query).get("token", []))

    def check_token(self) -> None:
        if self.server.token is None:
            return
        try:
            cookie = SimpleCookie(self.headers.get("Cookie", "")).get(self.server.cookie)
        except CookieError:
            cookie = None
        if cookie is None or not self.is_token(cookie.value):
            raise RefusedError(403, "open the address with the token that the server's window shows")

    def is_token(self, given: str) -> bool:
        return secrets.compare_digest(given.encode(), (self.server.token or "").encode())

    def received(self) -> dict[str, Any]:
        """The JSON object of a call. RefusedError for anything else, which ends the connection: some of it may be unread."""
        length = self.headers.get("Content-Length", "")
        origin = self.headers.get("Origin")
        self.close_connection, keep = True, self.close_connection
        if not length.isascii() or not length.isdigit() or self.headers.get("Transfer-Encoding"):
            raise RefusedError(411, "a call says how long it is")
        if int(length) > MOST:
            raise RefusedError(413, f"a call has {MOST} bytes at most")
        if self.headers.get_content_type() != JSON:
            raise RefusedError(415, "a call is JSON")
        if origin is not None and split(origin).netloc != self.headers["Host"]:
            raise RefusedError(403, "this server answers to its own page only")
        try:
            found = json.loads(self.rfile.read(int(length)))
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict):
            raise RefusedError(400, "a call is a JSON object")
        self.close_connection = keep
        return found

    # ------------------------------------------------------------------------------------------------- what is said

    def say(self, status: int, value: dict[str, Any]) -> None:
        self.reply(status, json.dumps(value).encode(), JSON)

    def refuse(self, status: int, problem: str) -> None:
        self.say(status, {"error": problem})

    def reply(self, status: int, content: bytes, kind: str, more: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {**HEADERS, "Content-Type": kind, "Content-Length": str(len(content)), **(more or {})}.items():
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """What the base class refuses by itself (a method that is not there, a line that is no request)."""
        self.close_connection = True
        self.requestline, self.command = getattr(self, "requestline", ""), getattr(self, "command", None) or "GET"
        self.request_version = getattr(self, "request_version", "HTTP/1.1")
        self.refuse(code, message or "can't be done")

    def log_message(self, *_: Any) -> None:
        """Nothing: the window belongs to whoever started the server."""
