"""Live updates of the whole product: what official clients and bare connections get from it."""

from __future__ import annotations

import json
import os
import re
import resource
import select
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest
import requests

from experiments.auth import Actor, Role
from experiments.db import Database
from experiments.service.keys import create_key, revoke_key
from experiments.settings import Settings
from tests.benchmarks.assignment import define
from tests.benchmarks.load import descendants, drive
from tests.benchmarks.peers import ask
from tests.serving import CLIENT_KEY, Server, serving

FOLDER = Path(__file__).parent / "javascript"
END_OF_EVENT = b"\n\n\r\n"
LAST_CHUNK = b"0\r\n\r\n"
METRIC = {"key": "orders", "name": "Orders", "kind": "count", "event": "order"}
RULE = {
    "key": "bar",
    "name": "Bar",
    "variants": [
        {"key": "control", "weight": 1, "payload": {"shown": "no"}},
        {"key": "treatment", "weight": 0, "payload": {"shown": "yes"}},
    ],
    "metrics": {"primary": ["orders"]},
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("streams")) as server:
        post(server, "metrics", METRIC)
        yield server


def post(server: Server, path: str, document: object = None) -> requests.Response:
    answer = requests.post(f"{server.url}/api/v1/{path}", json=document, headers=server.headers(), timeout=30)
    assert answer.ok, answer.text
    return answer


def start(server: Server, key: str) -> None:
    post(server, "experiments", RULE | {"key": key})
    post(server, f"experiments/{key}/start")


Listen = Callable[..., socket.socket]


@pytest.fixture
def listen() -> Iterator[Listen]:
    """Opens a stream on a connection of its own, closed at the end of the test."""
    with ExitStack() as closing:

        def connect(server: Server, key: str = CLIENT_KEY, version: str = "1.1") -> socket.socket:
            port = int(server.url.rsplit(":", 1)[1])
            connection = closing.enter_context(socket.create_connection(("127.0.0.1", port), timeout=10))
            connection.sendall(f"GET /sub/{key} HTTP/{version}\r\nHost: shop\r\n\r\n".encode())
            return connection

        yield connect


def read_until(connection: socket.socket, mark: bytes) -> bytes:
    """Everything up to the mark, or to the end of the connection."""
    received = b""
    while mark not in received:
        piece = connection.recv(65_536)
        if not piece:
            break
        received += piece
    return received


def dechunked(body: bytes) -> bytes:
    """The content of whole chunks (RFC 9112, section 7.1)."""
    content = b""
    while body:
        size, _, body = body.partition(b"\r\n")
        length = int(size, 16)
        assert body[length : length + 2] == b"\r\n"
        content, body = content + body[:length], body[length + 2 :]
    return content


def test_a_bare_connection_gets_whole_chunks_with_whole_events(server: Server, listen: Listen) -> None:
    connection = listen(server)
    head, _, body = read_until(connection, END_OF_EVENT).partition(b"\r\n\r\n")
    status, *lines = head.decode().split("\r\n")
    headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
    assert status == "HTTP/1.1 200 OK"
    assert headers["content-type"] == "text/event-stream"
    assert headers["transfer-encoding"] == "chunked"
    assert headers["cache-control"] == "no-cache"
    assert headers["access-control-allow-origin"] == "*"
    assert "content-length" not in headers
    event = dechunked(body).decode()
    fields = re.fullmatch(r"retry: 10000\nid: (\w+)\nevent: features\ndata: (.*)\n\n", event)
    assert fields, event
    loaded = requests.get(f"{server.url}/api/features/{CLIENT_KEY}", timeout=10)
    assert fields[2] == loaded.text
    assert f'"{fields[1]}"' == loaded.headers["ETag"]


def test_an_old_client_is_sent_events_without_chunks(server: Server, listen: Listen) -> None:
    connection = listen(server, version="1.0")
    answer = read_until(connection, b"}\n\n")
    assert b"transfer-encoding" not in answer.lower()
    assert answer.partition(b"\r\n\r\n")[2].startswith(b"retry: 10000\n")


@pytest.mark.parametrize("script", ["stream.cjs", "refetch.cjs"])
def test_the_official_javascript_clients_have_a_change_within_a_second(server: Server, script: str) -> None:
    node = shutil.which("node") or ""
    if not node or not (FOLDER / "node_modules").is_dir():
        sentence = (
            "the JavaScript client is missing: run `npm ci` with Node 20.18 in tests/contract/javascript"
        )
        pytest.fail(sentence) if os.environ.get("CI") else pytest.skip(sentence)
    key = f"followed-by-{Path(script).stem}"
    start(server, key)
    command = [node, "--no-warnings", "--experimental-eventsource", script, server.url, CLIENT_KEY, key]
    with subprocess.Popen(command, cwd=FOLDER, stdout=subprocess.PIPE) as client:
        assert client.stdout
        try:
            assert json.loads(client.stdout.readline()) == {"shown": "no"}
            time.sleep(0.5)  # its stream is opened beside the first load
            post(server, f"experiments/{key}/stop", {"decision": "ship", "variant": "treatment"})
            changed = time.monotonic()
            value: object = None
            while value != {"shown": "yes"}:
                left = changed + 1.0 - time.monotonic()
                assert select.select([client.stdout], [], [], max(0.0, left))[0], "no change within a second"
                value = json.loads(client.stdout.readline())
        finally:
            client.kill()


def test_a_revoked_key_is_let_go_within_seconds_and_refused_from_then_on(
    server: Server, listen: Listen
) -> None:
    actor = Actor("system", "test", Role.ADMIN)
    database = Database(Settings.from_environment({"PROEFWERK_HOME": str(server.home)}).database_url)
    with database.session() as session:
        made, key = create_key(session, "client", "leaving", actor)
        ident = made.id
    while not requests.get(f"{server.url}/api/features/{key}", timeout=10).ok:
        time.sleep(0.05)
    leaving, staying = listen(server, key), listen(server)
    for connection in (leaving, staying):
        read_until(connection, END_OF_EVENT)
    with database.session() as session:
        assert ident is not None
        revoke_key(session, ident, actor)
    database.close()
    leaving.settimeout(3)
    assert read_until(leaving, LAST_CHUNK).endswith(LAST_CHUNK)
    staying.settimeout(0.5)
    with suppress(TimeoutError):
        assert LAST_CHUNK not in read_until(staying, LAST_CHUNK)
    assert requests.get(f"{server.url}/sub/{key}", timeout=10).status_code == 401


def test_a_killed_worker_comes_back_and_can_be_listened_to_again(server: Server, listen: Listen) -> None:
    connection = listen(server)
    read_until(connection, END_OF_EVENT)
    os.kill(worker_of(server), signal.SIGKILL)
    with suppress(ConnectionResetError):
        read_until(connection, LAST_CHUNK)
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with suppress(ConnectionError):
            again = listen(server)
            if b"event: features" in read_until(again, END_OF_EVENT):
                break
    else:
        pytest.fail("no stream within 30 s of the worker's death")
    metrics = requests.get(f"{server.url}/metrics", timeout=10).text
    assert "proefwerk_streams_open 1.0" in metrics, "what the dead worker had open still counts"


def worker_of(server: Server) -> int:
    """The process that answers: a child of the one that runs `web`."""
    web = [
        pid
        for pid in descendants(server.process.pid)
        if Path(f"/proc/{pid}/cmdline").read_bytes().rstrip(b"\0").endswith(b"web")
    ]
    return max(web, key=lambda pid: len(ancestors(pid)))


def ancestors(pid: int) -> list[int]:
    parent = int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])
    return [] if parent <= 1 else [parent, *ancestors(parent)]


def _listen_on(server: Server, listen: Listen, seconds: float = 10) -> None:
    """Come back again and again; whoever is answered is answered by a stream."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with suppress(ConnectionResetError):
            answer = read_until(listen(server), END_OF_EVENT)
            assert not answer or b" 200 " in answer.split(b"\r\n")[0]


def test_a_stop_ends_open_streams_in_order(tmp_path: Path, listen: Listen) -> None:
    with serving(tmp_path / "home", workers=2) as server:
        connections = [listen(server) for _ in range(20)]
        for connection in connections:
            read_until(connection, END_OF_EVENT)
        server.process.send_signal(signal.SIGTERM)
        for connection in connections:
            assert read_until(connection, LAST_CHUNK).endswith(LAST_CHUNK)
        # Nobody who comes back at once is told to stay away, which some clients take for good.
        # The other worker may hear of the stop a moment later; until then it still streams.
        with pytest.raises(ConnectionRefusedError):
            _listen_on(server, listen)
        assert server.process.wait(30) == 0


@pytest.mark.slow
def test_a_thousand_who_listen_slow_nobody_down_and_hear_of_a_change_within_a_second(
    tmp_path: Path, listen: Listen
) -> None:
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(4_096, limits[1]), limits[1]))
    with serving(tmp_path / "home") as server:
        define(server)
        port, pids = int(server.url.rsplit(":", 1)[1]), descendants(server.process.pid)
        drive(port, ask, pids, seconds=2)
        alone = [drive(port, ask, pids, seconds=3) for _ in range(3)]
        connections = [listen(server) for _ in range(1_000)]
        for connection in connections:
            read_until(connection, END_OF_EVENT)
        assert requests.get(f"{server.url}/sub/{CLIENT_KEY}", timeout=10).status_code == 503
        together = [drive(port, ask, pids, seconds=3) for _ in range(3)]
        # Keep-alives lie ready by now; what comes after them is the change.
        changed = time.monotonic()
        post(server, "experiments/experiment-1/pause")
        for connection in connections:
            read_until(connection, b"event: features")
        heard = time.monotonic() - changed
    latency = min(load.p50 for load in together) / min(load.p50 for load in alone)
    spent = min(load.cpu_microseconds for load in together) / min(load.cpu_microseconds for load in alone)
    print(f"latency x{latency:.2f}, CPU per request x{spent:.2f}, all had the change after {heard:.2f} s")
    assert latency < 1.5
    assert spent < 1.5
    assert heard < 1.0
