"""A storefront in Python: evaluates every flag for some shoppers, thrice, and reports an order of each.

Usage: python exposing.py URL KEY FLAGS UNITS
"""

from __future__ import annotations

import sys

from openfeature import api
from openfeature.evaluation_context import EvaluationContext
from openfeature.track import TrackingEventDetails
from proefwerk_openfeature import ProefwerkProvider


def main(url: str, key: str, flags: str, units: str) -> None:
    provider = ProefwerkProvider(url, key)
    api.set_provider(provider)
    client = api.get_client()
    for number in range(int(units)):
        shopper = EvaluationContext(f"s-é-{number}", {"country": "NL", "visits": 3, "company": number % 4})
        for flag in flags.split(",") * 3:
            client.get_object_value(flag, {}, shopper)
        client.track("order", shopper, TrackingEventDetails(number + 0.5, {"id": f"order-{number}"}))
    print("waiting", flush=True)
    sys.stdin.readline()
    api.shutdown()


if __name__ == "__main__":
    main(*sys.argv[1:])
