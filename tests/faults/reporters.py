"""Clients that report events without end through every outage, and remember what they were promised."""

from __future__ import annotations

import http.client
import json
import random
import threading
import time
from typing import Any


class Reporters:
    """Threads that send batches; after an error most send the same batch again, as a good client does.

    Attributes:
        sent: Every id that was ever put on the wire.
        acknowledged: Every id that a 200 answered for.
        repeats: How many times a batch was sent again.
        surprises: Answers other than 200 and 503; there should be none.
    """

    def __init__(self, port: int, key: str, experiment: str, variant: str, threads: int, seed: int) -> None:
        self._port = port
        self._key = key
        self._met = {"experiment": experiment, "variant": variant}
        self._stopped = threading.Event()
        self._lock = threading.Lock()
        self.sent: set[str] = set()
        self.acknowledged: set[str] = set()
        self.repeats = 0
        self.surprises: list[str] = []
        chances = [random.Random(f"{seed}/{number}") for number in range(threads)]
        self._threads = [
            threading.Thread(target=self._report, args=numbered, daemon=True)
            for numbered in enumerate(chances)
        ]

    def start(self) -> None:
        """Begin to send."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Send no more; returns when the last answer is in."""
        self._stopped.set()
        for thread in self._threads:
            thread.join()

    def _report(self, number: int, chance: random.Random) -> None:
        count = 0
        while not self._stopped.is_set():
            ids = [f"{number}-{count + place}" for place in range(chance.randint(1, 40))]
            count += len(ids)
            with self._lock:
                self.sent.update(ids)
            body = json.dumps([self._event(key) for key in ids]).encode()
            while not self._send(body, ids):
                # Some clients give up: their events may be there or not, but never twice.
                if self._stopped.is_set() or chance.random() < 0.2:
                    break
                with self._lock:
                    self.repeats += 1
                time.sleep(0.02)

    def _event(self, key: str) -> dict[str, Any]:
        place = int(key.partition("-")[2])
        if place % 3 == 0:
            return {"type": "exposure", "id": key, "unit": key, **self._met}
        return {"type": "conversion", "id": key, "unit": key, "name": "order", "value": place}

    def _send(self, body: bytes, ids: list[str]) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=10)
        try:
            headers = {"Authorization": f"Bearer {self._key}", "Content-Type": "application/json"}
            connection.request("POST", "/api/v1/events", body, headers)
            response = connection.getresponse()
            answer = json.loads(response.read())
            if response.status != 200:
                if response.status != 503:
                    self.surprises.append(f"{response.status}: {answer}")
                return False
            if answer["rejected"] or answer["accepted"] + answer["duplicates"] != len(ids):
                self.surprises.append(str(answer))
        except (OSError, http.client.HTTPException, ValueError):
            return False
        finally:
            connection.close()
        with self._lock:
            self.acknowledged.update(ids)
        return True
