"""The server within: whole requests, bounds of time and size, and clients that stall, drip, or never read."""

from __future__ import annotations

import logging
import socket
import time
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from core.server.bounds import Bounds
from core.server.threads import ServingThreads
from tests.server import until

if TYPE_CHECKING:
    from collections.abc import Iterator

THREADS = 2
QUICK = replace(
    Bounds(), head_seconds=1.0, body_seconds=1.0, idle_seconds=30.0, unread_seconds=1.0, body_bytes=100_000
)
STALLED = b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5000\r\n\r\nhalf of it"
GET = b"GET /echo?a=%20b HTTP/1.1\r\nHost: a\r\n\r\n"


def application(environ, start_response):
    """Answers with the request's body, or with as many bytes as the path says."""
    seen.append(environ)
    body = environ["wsgi.input"].read()
    kind, _, number = environ["PATH_INFO"].strip("/").partition("/")
    if kind == "large":
        body = b"x" * int(number)
    if kind == "fails":
        raise ValueError
    if kind == "injects":
        start_response("200 OK", [("Location", "/\r\nSet-Cookie: a=b")])
        return [b""]
    start_response("204 No Content" if kind == "empty" else "200 OK", [("Content-Type", "text/plain")])
    return [body]


seen: list[dict] = []


@contextmanager
def serving(bounds: Bounds = QUICK) -> Iterator[ServingThreads]:
    seen.clear()
    with socket.create_server(("127.0.0.1", 0), backlog=1024) as listener:
        server = ServingThreads(application, listener, threads=THREADS, bounds=bounds)
        server.port = listener.getsockname()[1]
        server.start()
        try:
            yield server
        finally:
            server.stop(2)


@pytest.fixture
def server() -> Iterator[ServingThreads]:
    with serving() as running:
        yield running


def connect(server: ServingThreads, *sent: bytes) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", server.port), timeout=10)
    for part in sent:
        connection.sendall(part)
    return connection


def everything(connection: socket.socket) -> bytes:
    """All that comes until the server closes the connection."""
    data = b""
    with connection:
        while chunk := connection.recv(65536):
            data += chunk
    return data


def ask(server: ServingThreads, request: bytes) -> bytes:
    """The answer to a request after which the connection is closed."""
    head, _, rest = request.partition(b"\r\n\r\n")
    return everything(connect(server, head + b"\r\nConnection: close\r\n\r\n" + rest))


def test_a_request_reaches_the_application_as_it_was_sent(server):
    answer = ask(
        server,
        b"POST /echo/%E6%B3%95%0A?q=%FF HTTP/1.1\r\nHost: example.cn:81\r\nContent-Type: text/plain\r\n"
        b"Cookie: a=1\r\nCookie: b=2\r\nX-Twice: 1\r\nX-Twice: 2\r\nX_Twice: 3\r\nContent-Length: 4\r\n\r\nbody",
    )
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert answer.endswith(b"\r\n\r\nbody")
    assert b"\r\nContent-Length: 4\r\n" in answer
    [environ] = seen
    assert environ["PATH_INFO"] == "/echo/法\n".encode().decode("latin-1")
    assert environ["QUERY_STRING"] == "q=%FF"
    assert (environ["HTTP_COOKIE"], environ["HTTP_X_TWICE"]) == ("a=1; b=2", "1,2")
    assert (environ["HTTP_HOST"], environ["CONTENT_TYPE"], environ["CONTENT_LENGTH"]) == (
        "example.cn:81",
        "text/plain",
        "4",
    )
    assert environ["REMOTE_ADDR"] == "127.0.0.1"


def test_a_connection_carries_requests_one_after_the_other_and_several_at_once(server):
    with connect(server, GET) as connection:
        assert connection.recv(4096).startswith(b"HTTP/1.1 200")
        connection.sendall(GET * 3 + STALLED[:20])
        until(lambda: len(seen) == 4)
        connection.sendall(STALLED[20:] + b"." * (5000 - len("half of it")))
        until(lambda: len(seen) == 5)
    assert seen[-1]["CONTENT_LENGTH"] == "5000"


def test_a_body_in_chunks_and_one_that_waits_to_be_asked_for(server):
    chunked = b"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
    assert ask(server, chunked).endswith(b"\r\n\r\nabcde")
    waiting = b"POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"
    with connect(server, waiting) as connection:
        assert connection.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(b"ok")
        assert connection.recv(4096).endswith(b"\r\n\r\nok")


def test_what_follows_a_body_in_chunks_is_no_header(server):
    ask(
        server,
        b"POST /echo HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 10.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"1\r\na\r\n0\r\nX-Forwarded-For: 6.6.6.6\r\nHost: evil\r\n\r\n",
    )
    assert (seen[0]["HTTP_X_FORWARDED_FOR"], seen[0]["HTTP_HOST"]) == ("10.0.0.1", "a")


def test_answers_without_a_body(server):
    head = ask(server, b"HEAD /large/70 HTTP/1.1\r\nHost: a\r\n\r\n")
    assert b"Content-Length: 70\r\n" in head
    assert head.endswith(b"\r\n\r\n")
    assert b"Content-Length" not in ask(server, b"GET /empty HTTP/1.1\r\nHost: a\r\n\r\n")


def test_an_old_client_is_answered_and_the_connection_closed(server):
    answer = everything(connect(server, b"GET /echo HTTP/1.0\r\n\r\n"))
    assert answer.startswith(b"HTTP/1.1 200")
    assert b"Connection: close" in answer


def test_an_absolute_address_names_the_host(server):
    ask(server, b"GET http://right.cn/echo HTTP/1.1\r\nHost: wrong.cn\r\n\r\n")
    assert (seen[0]["PATH_INFO"], seen[0]["HTTP_HOST"]) == ("/echo", "right.cn")


def test_another_protocol_is_not_spoken(server):
    answer = everything(
        connect(server, b"GET /echo HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n")
    )
    assert answer.startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"GET /echo HTTP/1.1\r\n\r\n", 400),
        (b"GET /echo HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
        (b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", 400),
        (
            b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            400,
        ),
        (b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999999\r\n\r\n", 400),
        (b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", 400),
        (b"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501),
        (b"POST /echo HTTP/1.1\r\nHost: a\r\nExpect: magic\r\nContent-Length: 1\r\n\r\na", 417),
        (b"GET /" + b"a" * 40_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", 431),
        (b"GET /echo HTTP/1.1\r\nHost: a\r\n" + b"A: b\r\n" * 8_000, 431),
    ],
)
def test_what_is_no_request_is_refused_and_reaches_nobody(server, request_, status):
    answer = everything(connect(server, request_))
    assert answer.startswith(b"HTTP/1.1 %d " % status)
    assert answer.count(b"HTTP/1.1 ") == 1
    assert seen == []


def test_requests_behind_a_refused_one_are_not_looked_at(server):
    answer = everything(connect(server, GET + b"GET /echo HTTP/1.1\r\n\r\n" + GET))
    assert answer.count(b"HTTP/1.1 200") == 1
    assert answer.count(b"HTTP/1.1 400") == 1
    assert len(seen) == 1


def test_stalled_uploads_hold_no_thread_and_are_dropped(server):
    stalled = [connect(server, STALLED) for _ in range(200)]
    began = time.monotonic()
    assert ask(server, GET).startswith(b"HTTP/1.1 200")
    assert time.monotonic() - began < 1
    for connection in stalled:
        assert everything(connection).startswith(b"HTTP/1.1 408")
    until(lambda: not server._connections)
    assert server._held.count == 0
    assert len(seen) == 1


@pytest.mark.parametrize("sent", [b"GET /echo HT", STALLED], ids=["headers", "body"])
def test_one_byte_at_a_time_holds_no_thread_and_is_dropped(server, sent):
    dripping = [connect(server, sent) for _ in range(THREADS * 2)]
    began = time.monotonic()
    with pytest.raises(OSError):  # noqa: PT011  broken pipe or reset, as the system sees it
        while time.monotonic() - began < 15:
            for connection in dripping:
                connection.sendall(b"A")
            assert ask(server, GET).startswith(b"HTTP/1.1 200")
            time.sleep(0.1)
    assert time.monotonic() - began < 10
    for connection in dripping:
        connection.close()


def test_a_slow_upload_that_goes_on_is_taken():
    bounds = replace(QUICK, body_seconds=0.5, slowest=5_000)
    with (
        serving(bounds) as server,
        connect(server, b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 10000\r\n\r\n") as connection,
    ):
        for _ in range(10):
            connection.sendall(b"y" * 1000)
            time.sleep(0.1)
        until(lambda: seen)
    assert seen[0]["CONTENT_LENGTH"] == "10000"


def test_clients_that_never_read_hold_no_thread_and_are_dropped(server):
    request = b"GET /large/9000000 HTTP/1.1\r\nHost: a\r\n\r\n"
    unread = [connect(server, request) for _ in range(THREADS * 2)]
    until(lambda: len(seen) == THREADS * 2)
    assert ask(server, GET).startswith(b"HTTP/1.1 200")
    until(lambda: not server._connections)
    assert server._held.count == 0
    for connection in unread:
        connection.close()


def test_a_large_answer_arrives_whole_at_a_slow_reader(server):
    with connect(
        server, b"GET /large/9000000 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    ) as connection:
        until(lambda: seen)
        assert len(everything(connection).partition(b"\r\n\r\n")[2]) == 9_000_000


def test_what_is_held_for_all_is_bounded_and_small_bodies_are_taken_beyond_it():
    bounds = replace(QUICK, held_bytes=150_000, body_seconds=30.0)
    large = b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 90000\r\n\r\n" + b"z" * 80_000
    with serving(bounds) as server:
        first = connect(server, large)
        until(lambda: server._held.count == 90_000)
        assert everything(connect(server, large)).startswith(b"HTTP/1.1 503")
        assert ask(server, STALLED + b"." * 4990).endswith(b".")
        first.sendall(b"z" * 10_000)
        assert first.recv(100).startswith(b"HTTP/1.1 200")
        until(lambda: server._held.count == 0)
        first.close()


def test_a_body_beyond_the_bound_is_left_to_the_application_to_refuse(server):
    answer = everything(
        connect(server, b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 100001\r\n\r\n" + b"q" * 50)
    )
    assert answer.startswith(b"HTTP/1.1 200")
    assert seen[0]["CONTENT_LENGTH"] == "100001"
    assert seen[0]["wsgi.input"].read() == b""
    chunk = b"10000\r\n" + b"q" * 0x10000 + b"\r\n"
    chunked = b"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk * 2
    assert everything(connect(server, chunked)).startswith(b"HTTP/1.1 413")
    until(lambda: server._held.count == 0)


@pytest.mark.parametrize("path", ["fails", "injects"])
def test_a_failing_application_answers_500_and_the_server_lives(server, caplog, path):
    with caplog.at_level(logging.CRITICAL, logger="core.server.gateway"):
        answer = ask(server, f"GET /{path} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
    assert answer.startswith(b"HTTP/1.1 500 ")
    assert b"Set-Cookie" not in answer
    assert ask(server, GET).startswith(b"HTTP/1.1 200")


def test_no_more_connections_than_may_be_and_the_longest_idle_make_room():
    with serving(replace(QUICK, connections=8, head_seconds=30.0)) as server:
        first = connect(server, GET)
        first.recv(4096)
        until(lambda: all(connection.is_idle for connection in server._connections.values()))
        others = [connect(server) for _ in range(6)]
        assert everything(first) == b""
        for connection in others:
            connection.close()
        assert ask(server, GET).startswith(b"HTTP/1.1 200")


def test_an_upload_as_large_as_may_be_arrives_whole_beside_a_save():
    size = Bounds().body_bytes
    with serving(Bounds()) as server:
        head = b"POST /echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % size
        upload = connect(server, head, b"u" * (size - 1))
        assert ask(server, STALLED + b"." * 4990).startswith(b"HTTP/1.1 200")
        upload.sendall(b"u")
        assert len(everything(upload).partition(b"\r\n\r\n")[2]) == size
        assert server._held.count == 0
