"""The supervised platform: it comes back after a crash, and leaves nothing behind when it ends."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests

from tests.serving import ROOT, SERVER_KEY, Server, free_port, serving


def processes_of(server: Server) -> list[int]:
    """Every process that the server started, directly or not, by walking the kernel's table."""
    found = [server.process.pid]
    for pid in found:
        for task in Path(f"/proc/{pid}/task").glob("*/children"):
            found += [int(child) for child in task.read_text().split()]
    return found[1:]


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def wait_until(condition: object, seconds: float = 120.0) -> bool:
    assert callable(condition)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.1)
    return False


def answers(server: Server) -> bool:
    try:
        return requests.get(f"{server.url}/readyz", timeout=2).status_code == 200
    except requests.ConnectionError:
        return False


def test_a_killed_child_is_replaced(tmp_path: Path) -> None:
    with serving(tmp_path / "home") as server:
        for pid in processes_of(server):
            os.kill(pid, signal.SIGKILL)
        assert wait_until(lambda: answers(server))


def test_a_killed_supervisor_leaves_no_process_behind(tmp_path: Path) -> None:
    with serving(tmp_path / "home") as server:
        children = processes_of(server)
        assert len(children) >= 3
        os.kill(server.process.pid, signal.SIGKILL)
        server.process.wait()
        assert wait_until(lambda: not any(alive(pid) for pid in children))


def test_a_stop_ends_every_process_with_code_zero(tmp_path: Path) -> None:
    with serving(tmp_path / "home") as server:
        children = processes_of(server)
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(30) == 0
        assert not any(alive(pid) for pid in children)


def test_a_taken_port_is_one_sentence(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        refused = subprocess.run(
            [sys.executable, "-m", "experiments.cli", "serve", "--port", port],
            cwd=ROOT,
            env={**os.environ, "PROEFWERK_HOME": str(tmp_path)},
            capture_output=True,
            text=True,
            timeout=60,
        )
    assert refused.returncode == 1
    assert f"127.0.0.1:{port}" in refused.stderr
    assert "Traceback" not in refused.stderr


ROOM = """
import resource, sys
from experiments.cli.serve import room_for_streams
soft, hard = map(int, sys.argv[1:])
resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
print(room_for_streams(1_000), *resource.getrlimit(resource.RLIMIT_NOFILE))
"""


@pytest.mark.parametrize(
    ("limits", "room"),
    [((1_024, 4_096), "1000 2536 4096"), ((1_024, 1_024), "512 1024 1024"), ((256, 256), "0 256 256")],
)
def test_there_are_no_more_streams_than_files_may_be_open(limits: tuple[int, int], room: str) -> None:
    command = [sys.executable, "-c", ROOM, *map(str, limits)]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert said.stdout.strip() == room


GOODBYE = """
import os, signal, sys, threading
from experiments.lifetime import when_told_to_stop
said = threading.Event()
signal.signal(signal.SIGTERM, lambda *_: None)
when_told_to_stop(said.set)
os.kill(os.getpid(), signal.SIGTERM)
sys.exit(0 if said.wait(20) else 1)
"""


def test_a_process_that_is_told_to_stop_says_goodbye_first() -> None:
    assert subprocess.run([sys.executable, "-c", GOODBYE], cwd=ROOT, timeout=60).returncode == 0


def test_every_setting_may_come_from_a_file(tmp_path: Path) -> None:
    home, port = tmp_path / "home", str(free_port())
    values = {"HOST": "127.0.0.1", "PORT": port, "WORKERS": "1", "HOME": str(home)}
    for name, value in values.items():
        (tmp_path / name).write_text(f"{value}\n")
    files = {f"PROEFWERK_{name}_FILE": str(tmp_path / name) for name in values}
    with (tmp_path / "output").open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "experiments.cli", "serve"],
            cwd=ROOT,
            env={**os.environ, **files},
            stdout=output,
            stderr=output,
        )
    try:
        assert wait_until(lambda: answers(Server(f"http://127.0.0.1:{port}", home, process)), 120)
    finally:
        process.terminate()
        assert process.wait(30) == 0
    assert "starting it again" not in (tmp_path / "output").read_text()


def test_a_change_made_through_one_worker_is_known_to_all_at_the_next_request(tmp_path: Path) -> None:
    with serving(tmp_path / "home", workers=2) as server:
        headers = server.headers()
        metric = {"key": "conversion", "name": "Conversion", "kind": "proportion", "event": "order"}
        requests.post(f"{server.url}/api/v1/metrics", json=metric, headers=headers).raise_for_status()
        variants = [{"key": "control", "weight": 0.5}, {"key": "bar", "weight": 0.5}]
        document = {"key": "k", "name": "K", "variants": variants, "metrics": {"primary": ["conversion"]}}
        requests.post(f"{server.url}/api/v1/experiments", json=document, headers=headers).raise_for_status()
        requests.post(f"{server.url}/api/v1/experiments/k/start", headers=headers).raise_for_status()
        revisions = set()
        for number in range(40):
            body = {"context": {"targetingKey": f"s-{number}"}}
            answer = requests.post(
                f"{server.url}/api/v1/assign", json=body, headers=server.headers(SERVER_KEY)
            ).json()
            assert answer["assignments"]["k"]["in_experiment"]
            revisions.add(answer["revision"])
        assert len(revisions) == 1
