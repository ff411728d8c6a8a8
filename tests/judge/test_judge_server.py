"""Who is answered and who is not, over real connections."""

import http.client
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from studies import kept

from equipoise.errors import SettingError
from equipoise.judge import plan as plans
from equipoise.judge.answers import Answers
from equipoise.judge.server import PARTS, Server, is_loopback
from equipoise.judge.session import Study

ANSWER = {"trial": 0, "key": "left", "rt_ms": 500, "shown_ms": 500, "blurs": 0, "reloaded": False}


@contextmanager
def serving(folder: Path, host: str = "127.0.0.1") -> Iterator[Server]:
    kept(folder, n=8, raters=1)
    plan, pixels = plans.read(folder)
    server = Server(Study(plan, pixels, Answers(folder, plan)), host)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("study")) as found:
        yield found


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("study"), "0.0.0.0") as found:
        yield found


Reply = tuple[int, dict[str, str], bytes]


def ask(server: Server, method: str, path: str, body: Any = None, **headers: str) -> Reply:
    """A reply; `headers` in Python's spelling, Host among them; a body that is no text or bytes is sent as JSON."""
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=5)
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    if body is not None and not isinstance(body, str | bytes):
        body, sent = json.dumps(body), {"Content-Type": "application/json", **sent}
    connection.request(method, path, body, sent)
    reply = connection.getresponse()
    found = reply.status, dict(reply.getheaders()), reply.read()
    connection.close()
    return found


def raw(server: Server, request: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", server.server_port), timeout=5) as connection:
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(65536), b""))


# ---------------------------------------------------------------------------------------------------- what is served


def test_the_page_and_its_parts_and_nothing_from_elsewhere(server: Server) -> None:
    for path in PARTS:
        status, headers, content = ask(server, "GET", path)
        assert status == 200 and content
        assert "default-src 'none'" in headers["Content-Security-Policy"] and headers["X-Content-Type-Options"] == "nosniff"
        assert b"http://" not in content and b"https://" not in content, "nothing is fetched from elsewhere"
    assert ask(server, "HEAD", "/")[2] == b""


def test_a_picture_by_its_name(server: Server) -> None:
    names = [item.id for item in server.study.plan.items]
    replies = [ask(server, "GET", f"/item/{name}.png") for name in names]
    assert {status for status, *_ in replies} == {200}
    assert all(headers["Content-Type"] == "image/png" and content.startswith(b"\x89PNG") for _, headers, content in replies)
    said = [{k: v for k, v in headers.items() if k != "Date"} for _, headers, _ in replies]
    assert all(one == said[0] for one in said), "no header differs, the length included"


@pytest.mark.parametrize(
    "path",
    ["/plan.json", "/item/../plan.json", "/../plan.json", "/item/..%2fplan.json", "/item/%2e%2e/plan.json", "//plan.json",
     "/items.npy", "/answers.jsonl", "/judge.css/../../plan.py", "/item/", "/item/0000000000000000.png", "/static/judge.html",
     "/item/..\\plan.json", "/etc/passwd", "/judge.html", "/api/answer", "/item/" + "a" * 5000 + ".png"],
)  # fmt: skip
def test_nothing_else_is_served(server: Server, path: str) -> None:
    status, headers, content = ask(server, "GET", path)
    assert status == 404 and "error" in json.loads(content) and "Content-Security-Policy" in headers


def test_a_session_over_the_wire(server: Server) -> None:
    status, _, content = ask(server, "POST", "/api/join", {"token": None})
    token = json.loads(content)["token"]
    assert status == 200
    status, _, content = ask(server, "POST", "/api/answer", {"token": token, **ANSWER})
    assert status == 200 and json.loads(content)["done"] == 1
    assert ask(server, "POST", "/api/answer", {"token": token, **ANSWER, "trial": 5})[0] == 409
    assert ask(server, "POST", "/api/answer", {"token": "nobody", **ANSWER})[0] == 404
    assert ask(server, "POST", "/api/answer", {"token": token})[0] == 400
    assert ask(server, "POST", "/api/other", {"token": token})[0] == 404
    assert json.loads(ask(server, "GET", "/api/about")[2])["study"] == server.study.plan.digest


# ------------------------------------------------------------------------------------------------------- who may ask


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "192.168.0.7", "",
                                  "localhost@evil", "evil\\localhost", "[::1", "[]"])  # fmt: skip
def test_a_foreign_name_is_refused(server: Server, host: str) -> None:
    """Another page's name that leads here (DNS rebinding) is not this server's."""
    assert ask(server, "GET", "/", Host=host)[0] == 403
    assert ask(server, "POST", "/api/join", {"token": None}, Host=host)[0] == 403


@pytest.mark.parametrize("host", ["localhost", "localhost:9999", "127.0.0.1", "127.9.9.9:80", "[::1]:80", "LOCALHOST"])
def test_this_machines_names_are_served_also_through_a_tunnel(server: Server, host: str) -> None:
    assert ask(server, "GET", "/", Host=host)[0] == 200


def test_two_hosts_or_none_are_refused(server: Server) -> None:
    for hosts in (b"", b"Host: localhost\r\nHost: evil.example\r\n"):
        assert b" 403 " in raw(server, b"GET / HTTP/1.1\r\n" + hosts + b"Connection: close\r\n\r\n").split(b"\r\n")[0]


def test_another_page_can_not_speak_for_the_browser(server: Server) -> None:
    """What a form or a script of another origin can send without asking is no JSON, or says where it is from."""
    body = json.dumps({"token": None})
    assert ask(server, "POST", "/api/join", body, Content_Type="text/plain")[0] == 415
    assert ask(server, "POST", "/api/join", body, Content_Type="application/x-www-form-urlencoded")[0] == 415
    for origin in ("http://evil.example", "null", "http://[", f"http://localhost:{server.server_port + 1}"):
        assert ask(server, "POST", "/api/join", {"token": None}, Origin=origin)[0] == 403
    own = f"127.0.0.1:{server.server_port}"
    assert ask(server, "POST", "/api/join", {"token": None}, Host=own, Origin=f"http://{own}")[0] == 200
    assert "Access-Control-Allow-Origin" not in ask(server, "POST", "/api/join", {"token": None})[1]


def test_what_is_no_call(server: Server) -> None:
    asked = {"Content_Type": "application/json"}
    for body in ("", "{", "[]", "1", "[" * 9000, b"\xff\xfe"):
        assert ask(server, "POST", "/api/join", body, **asked)[0] == 400
    assert ask(server, "POST", "/api/join", " " * 10_001, **asked)[0] == 413
    assert ask(server, "POST", "/api/join", "{}", Content_Length="two", **asked)[0] == 411
    assert ask(server, "DELETE", "/")[0] == 501
    status, headers, _ = ask(server, "OPTIONS", "/api/join")
    assert status == 501 and "Content-Security-Policy" in headers
    assert raw(server, b"nonsense\r\n\r\n").count(b"error") <= 2
    assert ask(server, "GET", "/")[0] == 200, "and it lives"


def test_an_unread_body_is_not_the_next_request(server: Server) -> None:
    smuggled = b"GET /api/about HTTP/1.1\r\nHost: localhost\r\n\r\n"
    head = b"POST /api/join HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n" % len(
        smuggled
    )
    assert raw(server, head + smuggled).count(b"HTTP/1.1 ") == 1


# --------------------------------------------------------------------------------------------------------- the token


def test_only_this_machine_does_without_a_token(server: Server, guarded: Server) -> None:
    assert server.token is None and "token" not in server.url
    assert guarded.token is not None and guarded.url.endswith(f"?token={guarded.token}")
    assert [is_loopback(name) for name in ("127.0.0.1", "::1", "localhost", "0.0.0.0", "10.0.0.1", "example.org")] == [
        True
    ] * 3 + [False] * 3


def test_without_the_token_nothing_is_said(guarded: Server) -> None:
    name = guarded.study.plan.items[0].id
    for path in (*PARTS, f"/item/{name}.png", "/api/about", "/?token=wrong", "/?token="):
        status, _, content = ask(guarded, "GET", path)
        assert status == 403 and content.startswith(b'{"error"')
    assert ask(guarded, "POST", "/api/join", {"token": None})[0] == 403
    for cookie in ("", "x", f"{guarded.cookie}=wrong", f"{guarded.cookie}=", "=;=", '"'):
        assert ask(guarded, "GET", "/", Cookie=cookie)[0] == 403


def test_the_address_with_the_token_opens_the_page(guarded: Server) -> None:
    status, headers, _ = ask(guarded, "GET", f"/?token={guarded.token}")
    cookie = headers["Set-Cookie"]
    assert status == 303 and headers["Location"] == "/" and "HttpOnly" in cookie and "SameSite=Lax" in cookie
    cookie = cookie.partition(";")[0]
    for path in PARTS:
        assert ask(guarded, "GET", path, Cookie=cookie)[0] == 200
    assert ask(guarded, "POST", "/api/join", {"token": None}, Cookie=cookie)[0] == 200
    assert ask(guarded, "GET", "/", Cookie=cookie, Host="192.168.0.7:80")[0] == 200
    assert ask(guarded, "GET", "/", Cookie=cookie, Host="evil.example")[0] == 403


def test_an_address_that_can_not_be_served_is_said(server: Server) -> None:
    for host, port in (("127.0.0.1", server.server_port), ("203.0.113.1", 0), ("no such host", 0), ("127.0.0.1", 70000)):
        with pytest.raises(SettingError, match="try another --host or --port"):
            Server(server.study, host, port)
