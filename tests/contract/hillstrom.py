"""Replays a real retail experiment, 64,000 customers in three arms, through a server's HTTP interface."""

from __future__ import annotations

import argparse
import csv
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import requests

Document = dict[str, Any]
DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "hillstrom.csv"
KEY = "hillstrom-email"
ARMS = {"No E-Mail": "no-email", "Mens E-Mail": "mens", "Womens E-Mail": "womens"}
BATCH = 5_000
TIMEOUT = 120.0
COLUMNS = (
    "type", "id", "time", "unit", "experiment", "variant", "attributes", "name", "value", "currency",
)  # fmt: skip
METRICS: tuple[Document, ...] = (
    {"key": "visit", "name": "Visits", "kind": "proportion", "event": "visit", "window_hours": 336},
    {"key": "conversion", "name": "Conversion", "kind": "proportion", "event": "order", "window_hours": 336},
    {
        "key": "spend", "name": "Spend", "kind": "mean", "event": "order", "field": "value", "unit": "USD",
        "window_hours": 336,
    },
)  # fmt: skip
EXPERIMENT: Document = {
    "key": KEY,
    "name": "E-mail with men's or women's merchandise",
    "hypothesis": "If we send an e-mail, then more customers visit, because it reminds them.",
    "surface": "offer",
    "placement": "e-mail",
    "variants": [
        {"key": "no-email", "name": "No e-mail", "weight": 1 / 3, "payload": {}},
        {"key": "mens", "name": "Men's merchandise", "weight": 1 / 3, "payload": {}},
        {"key": "womens", "name": "Women's merchandise", "weight": 1 / 3, "payload": {}},
    ],
    "metrics": {"primary": ["visit"], "secondary": ["conversion", "spend"], "guardrails": []},
    "plan": {"method": "sequential", "mde": 0.05, "planned_units": 64_000},
    "segments": ["channel"],
}


@dataclass(frozen=True, slots=True)
class Customer:
    """One row of the data.

    Attributes:
        number: Place in the file, from 0.
        variant: Key of the arm as recorded.
        channel: Where the customer bought before.
        visited: Whether the site was visited within two weeks.
        ordered: Whether something was bought.
        spend: For how much, in dollars.
    """

    number: int
    variant: str
    channel: str
    visited: bool
    ordered: bool
    spend: float


def customers(path: Path = DATA) -> list[Customer]:
    """Every customer in the file."""
    with path.open(newline="") as file:
        return [
            Customer(
                number=number,
                variant=ARMS[row["segment"]],
                channel=row["channel"],
                visited=row["visit"] == "1",
                ordered=row["conversion"] == "1",
                spend=float(row["spend"]),
            )
            for number, row in enumerate(csv.DictReader(file))
        ]


def exposures(everyone: Sequence[Customer], sent: datetime) -> Iterator[Document]:
    """One exposure per customer, a tenth of a second apart from `sent` on."""
    for customer in everyone:
        yield {
            "type": "exposure",
            "id": f"hillstrom-{customer.number}",
            "time": _time(customer, sent),
            "unit": f"customer-{customer.number}",
            "experiment": KEY,
            "variant": customer.variant,
            "attributes": {"channel": customer.channel},
        }


def conversions(everyone: Sequence[Customer], sent: datetime) -> Iterator[Document]:
    """A visit a day after the e-mail, and an hour later the order."""
    for customer in everyone:
        head = {"type": "conversion", "unit": f"customer-{customer.number}"}
        if customer.visited:
            moment = _time(customer, sent + timedelta(hours=24))
            yield {**head, "id": f"hillstrom-{customer.number}-visit", "time": moment, "name": "visit"}
        if customer.ordered:
            yield {
                **head,
                "id": f"hillstrom-{customer.number}-order",
                "time": _time(customer, sent + timedelta(hours=25)),
                "name": "order",
                "value": customer.spend,
                "currency": "USD",
            }


def write_csv(path: Path, everyone: Sequence[Customer], sent: datetime) -> Path:
    """The same events as a file for `proefwerk import`."""
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        for event in exposures(everyone, sent):
            writer.writerow({**event, "attributes": json.dumps(event["attributes"])})
        writer.writerows(conversions(everyone, sent))
    return path


def define(url: str, admin_key: str) -> None:
    """Create the metrics and the experiment, and start it."""
    with _session(admin_key) as http:
        for metric in METRICS:
            _post(http, f"{url}/api/v1/metrics", metric)
        _post(http, f"{url}/api/v1/experiments", EXPERIMENT)
        _post(http, f"{url}/api/v1/experiments/{KEY}/start", None)


def send(url: str, server_key: str, everyone: Sequence[Customer], sent: datetime) -> int:
    """Report all exposures, then all conversions, in batches; how many events were new."""
    accepted = 0
    with _session(server_key) as http:
        for kind in (exposures, conversions):
            events = list(kind(everyone, sent))
            for start in range(0, len(events), BATCH):
                answer = _post(http, f"{url}/api/v1/events", {"events": events[start : start + BATCH]})
                if answer["rejected"]:
                    raise RuntimeError(f"events were rejected: {answer['rejected'][:3]}")
                accepted += answer["accepted"]
    return accepted


def analyse(url: str, admin_key: str) -> Document:
    """The report of an analysis made now."""
    with _session(admin_key) as http:
        return _post(http, f"{url}/api/v1/experiments/{KEY}/analyze", None)


def campaign_moment(now: datetime) -> datetime:
    """When the e-mails of a replay were sent: long enough ago that all windows have closed."""
    return (now - timedelta(days=20)).replace(minute=0, second=0, microsecond=0)


def main() -> None:
    """Replay against a running server and print what it found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", default="http://127.0.0.1:8000")
    parser.add_argument("--admin-key", required=True)
    parser.add_argument("--server-key", required=True)
    parser.add_argument("--file", type=Path, default=DATA)
    options = parser.parse_args()
    everyone, sent = customers(options.file), campaign_moment(datetime.now(UTC))
    define(options.url, options.admin_key)
    accepted = send(options.url, options.server_key, everyone, sent)
    print(f"{accepted:,} events accepted")
    report = analyse(options.url, options.admin_key)
    for metric in report["metrics"]:
        for arm in metric["variants"]:
            print(
                f"{metric['metric']:12}{arm['variant']:10}{arm['units']:8,}{arm['mean']:12.6f}{arm['std']:14.6f}"
            )
        for row in metric["comparisons"]:
            lower, upper = row["relative"]["lower"], row["relative"]["upper"]
            print(f"{'':12}{row['variant']:10}{row['relative']['estimate']:+.2%} [{lower}, {upper}]")
    print(report["decision"]["verdict"], report["decision"]["reasons"])


def _session(key: str) -> requests.Session:
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {key}"
    return session


def _post(http: requests.Session, url: str, body: Document | None) -> Document:
    response = http.post(url, json=body, timeout=TIMEOUT)
    if not response.ok:
        raise RuntimeError(f"{url} answered {response.status_code}: {response.text[:500]}")
    document: Document = response.json()
    return document


def _time(customer: Customer, sent: datetime) -> str:
    return (sent + customer.number * timedelta(milliseconds=100)).isoformat()


if __name__ == "__main__":
    main()
