"""What the scheduler saw in the events lately, kept for web workers, which never open the lake."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from sqlmodel import Session

from experiments.models import Observation

BOTS, EVENTS, DAYS = "bots", "events", "days"


def observe(session: Session, name: str, body: Any, as_of: datetime) -> None:
    """Keep an observation in place of the earlier one."""
    text = json.dumps(body, allow_nan=False, separators=(",", ":"), ensure_ascii=False)
    session.merge(Observation(name=name, as_of=as_of, body=text))


def observed(session: Session, name: str) -> tuple[Any, datetime] | None:
    """The newest observation of this name with its moment; `None` before there is one."""
    row = session.get(Observation, name)
    return None if row is None else (json.loads(row.body), row.as_of)
