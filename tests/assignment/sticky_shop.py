"""A server whose rules and memory a test holds, asked through each of its doors."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flask import Flask
from werkzeug.test import Client

from assignment.api import Doors, HotDoor, register
from assignment.log import EventLog
from assignment.sink import LogSink
from assignment.snapshot import Experiment, build, encode
from assignment.source import PollingSource
from tests.assignment.examples import CLIENT_KEY, KEYS, experiment
from tests.assignment.memory import Memory

STICKY = experiment("bar", fallback_attribute="anonymousId", version=2, seed="bar:2")
DOORS = ("native", "named", "one_flag", "all_flags", "remote")
"""Names of the methods of `Shop` that ask a door for a variant."""


@dataclass(slots=True)
class Shop:
    """A server whose rules and memory the test holds."""

    folder: Path
    experiments: tuple[Experiment, ...] = (STICKY, experiment("plain"))
    memory: Memory = field(default_factory=Memory)
    doors: Doors = field(init=False)
    client: Client = field(init=False)

    def open(self) -> None:
        source = PollingSource(lambda known: encode(build(self.experiments, KEYS)), self.folder / "s.json")
        source.refresh()
        self.doors = Doors(source, LogSink(EventLog(self.folder / "log")), sticky=self.memory)
        app = Flask("doors")
        register(app, self.doors)
        self.client = Client(HotDoor(app.wsgi_app, self.doors))

    def publish(self, *experiments: Experiment) -> None:
        self.experiments = experiments
        self.doors.source.catch_up()
        self.doors.source.refresh()  # type: ignore[attr-defined]

    def post(self, path: str, document: dict[str, Any], **headers: str) -> Any:
        given = {
            "X-API-Key": CLIENT_KEY,
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        answer = self.client.post(path, json=document, headers=given)
        assert answer.status_code == 200, answer.text
        return answer.json

    def native(self, unit: str, key: str = "bar", **attributes: Any) -> str:
        document = {"context": {"targetingKey": unit, **attributes}}
        return str(self.post("/api/v1/assign", document)["assignments"][key]["variant"])

    def named(self, unit: str, key: str = "bar", **attributes: Any) -> str:
        document = {"context": {"targetingKey": unit, **attributes}, "experiments": [key], "expose": True}
        return str(self.post("/api/v1/assign", document)["assignments"][key]["variant"])

    def one_flag(self, unit: str, key: str = "bar", **attributes: Any) -> str:
        document = {"context": {"targetingKey": unit, **attributes}}
        return str(self.post(f"/ofrep/v1/evaluate/flags/{key}", document)["variant"])

    def all_flags(self, unit: str, key: str = "bar", **attributes: Any) -> str:
        document = {"context": {"targetingKey": unit, **attributes}}
        flags = self.post("/ofrep/v1/evaluate/flags", document)["flags"]
        return next(str(flag["variant"]) for flag in flags if flag["key"] == key)

    def remote(self, unit: str, key: str = "bar", **attributes: Any) -> str:
        document = {"attributes": {"id": unit, **attributes}}
        feature = self.post(f"/api/eval/{CLIENT_KEY}", document)["features"][key]
        rules = feature.get("rules")
        return str((rules[0]["force"] if rules else feature["defaultValue"])["variant"])

    def features(self) -> dict[str, Any]:
        """The payload that local SDKs load."""
        answer = self.client.get(f"/api/features/{CLIENT_KEY}").json
        assert answer is not None
        found: dict[str, Any] = answer["features"]
        return found
