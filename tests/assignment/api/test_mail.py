"""E-mails show the variant of who opens them, count each person once, and never break."""

from __future__ import annotations

import hashlib
import hmac
from pathlib import Path

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.test import Client, TestResponse

from assignment.api import Doors, register
from assignment.api.mail import https_address, opened_by
from assignment.engine import decide
from assignment.events import Exposure
from assignment.log import EventLog
from assignment.sink import LogSink
from assignment.snapshot import Experiment, Status, Variant, build, encode
from assignment.source import PollingSource
from tests.assignment.api.conftest import logged
from tests.assignment.examples import ADMIN_KEY, CLIENT_KEY, KEYS, SERVER_KEY, experiment, shopper
from tests.assignment.memory import Memory

VARIANTS = (
    Variant("control", "Plain", 0.5, {"link": "https://shop.example/winter"}),
    Variant(
        "sled",
        "Sled",
        0.5,
        {"image": "https://img.shop.example/sled.png", "link": "https://shop.example/sleds?utm=mail&x=é"},
    ),
)
BAD = (
    "http://shop.example/a",
    "javascript:alert(1)",
    "//evil.example",
    "https://a@evil.example/",
    "https:///x",
)


def mails() -> tuple[Experiment, ...]:
    bad = Variant("control", "Bad", 1.0, {f"bad{number}": url for number, url in enumerate(BAD)})
    return (
        experiment("winter", variants=VARIANTS),
        experiment("dutch", variants=VARIANTS, condition={"country": "NL"}),
        experiment("bad", variants=(bad,)),
        experiment("over", variants=VARIANTS, status=Status.STOPPED),
        experiment("team", variants=VARIANTS, hash_attribute="company"),
        experiment("all", role="holdout"),
        experiment("in-all", variants=VARIANTS, holdout="all"),
        experiment("kept", variants=VARIANTS, fallback_attribute="anonymousId"),
    )


@pytest.fixture
def doors(tmp_path: Path) -> Doors:
    source = PollingSource(lambda known: encode(build(mails(), KEYS)), tmp_path / "snapshot.json")
    source.refresh()
    return Doors(source, LogSink(EventLog(tmp_path / "log")), sticky=Memory())


@pytest.fixture
def client(doors: Doors) -> Client:
    app = Flask("mail")
    register(app, doors)
    return Client(app.wsgi_app)


def token(unit: str, key: str = SERVER_KEY) -> str:
    """The documented recipe."""
    secret = hashlib.sha256(key.encode()).hexdigest()
    return hmac.new(secret.encode(), f"mail:{unit}".encode(), "sha256").hexdigest()[:32]


def ask(client: Client, path: str, unit: str = "c-1", method: str = "GET", **query: str) -> TestResponse:
    headers = {"User-Agent": query.pop("agent", "Mozilla/5.0 (iPhone)")}
    parameters = {"unit": unit, "token": token(unit), **query}
    path = path.replace("KEY", CLIENT_KEY)
    return client.open(path, method=method, query_string=parameters, headers=headers)


def unit_with(doors: Doors, variant: str, key: str = "winter") -> str:
    units = (f"c-{number}" for number in range(100))
    return next(u for u in units if decide(doors.source.current(), key, shopper(u)).variant == variant)


def assert_pixel(answer: TestResponse) -> None:
    assert (answer.status_code, answer.content_type, answer.headers["Cache-Control"]) == (
        200,
        "image/gif",
        "no-store",
    )
    assert answer.data.startswith(b"GIF89a")


@pytest.mark.parametrize("name", ["winter", "winter.gif", "winter.png"])
def test_an_image_is_the_one_of_the_persons_variant(client: Client, doors: Doors, name: str) -> None:
    answer = ask(client, f"/e/KEY/{name}", unit_with(doors, "sled"))
    assert (answer.status_code, answer.location) == (302, "https://img.shop.example/sled.png")
    assert answer.headers["Cache-Control"] == "no-store"
    assert_pixel(ask(client, f"/e/KEY/{name}", unit_with(doors, "control")))


def test_a_mail_shows_what_the_person_has_got_before_under_another_id(client: Client, doors: Doors) -> None:
    visitor, account = unit_with(doors, "sled", "kept"), unit_with(doors, "control", "kept")
    ask(client, "/e/KEY/kept", visitor)
    assert ask(client, "/e/KEY/kept", account, anonymousId=visitor).location is not None
    assert ask(client, "/e/KEY/kept", account).location is not None


def test_a_link_leads_where_the_variant_says(client: Client, doors: Doors) -> None:
    answer = ask(client, "/r/KEY/winter", unit_with(doors, "sled"))
    assert (answer.status_code, answer.location) == (302, "https://shop.example/sleds?utm=mail&x=%C3%A9")
    assert ask(client, "/r/KEY/winter", unit_with(doors, "control")).location == "https://shop.example/winter"


def test_a_person_is_exposed_once_however_often_the_mail_is_opened(
    client: Client, doors: Doors, tmp_path: Path
) -> None:
    for unit in ("c-1", "c-2", "c-1", "c-1"):
        ask(client, "/e/KEY/winter.gif", unit)
        ask(client, "/r/KEY/winter", unit)
    events = logged(tmp_path)
    assert [event.unit for event in events] == ["c-1", "c-2"]
    for event in events:
        assert isinstance(event, Exposure)
        decision = decide(doors.source.current(), "winter", shopper(event.unit))
        assert (event.variant, event.version) == (decision.variant, decision.version)
    assert 'proefwerk_mail_total{outcome="exposed"} 2.0' in doors.meters.exposition().decode()
    assert 'proefwerk_mail_total{outcome="duplicate"} 6.0' in doors.meters.exposition().decode()


def test_who_fetched_is_said_and_proxies_are_no_crawlers(client: Client, tmp_path: Path) -> None:
    gmail = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"
    for unit, agent in (("c-1", gmail), ("c-2", "Mozilla/5.0"), ("c-3", "Mozilla/5.0 (iPhone)")):
        ask(client, "/e/KEY/winter.gif", unit, agent=agent)
    found = [event.attributes["opened_by"] for event in logged(tmp_path) if isinstance(event, Exposure)]
    assert found == ["proxy", "prefetch", "reader"]
    assert b'"sender"' not in b"".join(path.read_bytes() for path in (tmp_path / "log").iterdir())
    ask(client, "/e/KEY/winter.gif", "c-4", agent="Googlebot/2.1")
    assert b'"sender"' in b"".join(path.read_bytes() for path in (tmp_path / "log").iterdir())


@pytest.mark.parametrize(
    "query",
    [
        {"token": "0" * 32},
        {"token": ""},
        {"token": "é\ud800"},
        {"token": token("c-2")},
        {"token": token("c-1", CLIENT_KEY)},
        {"unit": ""},
        {"unit": "x" * 201, "token": token("x" * 201)},
    ],
)
def test_without_the_shops_token_everybody_gets_the_control_uncounted(
    client: Client, doors: Doors, tmp_path: Path, query: dict[str, str]
) -> None:
    unit = query.pop("unit", unit_with(doors, "sled"))
    query = {name: value.encode("utf-8", "surrogatepass").decode("latin-1") for name, value in query.items()}
    assert_pixel(ask(client, "/e/KEY/winter.gif", unit, **query))
    assert ask(client, "/r/KEY/winter", unit, **query).location == "https://shop.example/winter"
    assert logged(tmp_path) == []
    assert 'proefwerk_mail_total{outcome="unsigned"} 2.0' in doors.meters.exposition().decode()


@pytest.mark.parametrize(
    "path", ["KEY/nothing.gif", "KEY/", "nobody/winter.gif", f"{ADMIN_KEY}/winter", "KEY/a/b"]
)
def test_what_is_unknown_gets_an_image_all_the_same(client: Client, tmp_path: Path, path: str) -> None:
    if not path.endswith("/"):
        assert_pixel(ask(client, f"/e/{path}"))
        answer = ask(client, f"/r/{path}")
        assert (answer.status_code, answer.content_type) == (404, "text/html; charset=utf-8")
    assert logged(tmp_path) == []


def test_an_image_comes_also_while_no_rules_are_loaded_or_nothing_can_be_logged(
    doors: Doors, tmp_path: Path
) -> None:
    def nothing(known: str | None) -> None:
        return None

    empty = PollingSource(nothing, tmp_path / "none.json")
    app = Flask("empty")
    register(app, Doors(empty, doors.sink))
    assert_pixel(ask(Client(app.wsgi_app), "/e/KEY/winter.gif"))
    doors.sink.close()  # type: ignore[attr-defined]
    app = Flask("full")
    register(app, doors)
    answer = ask(Client(app.wsgi_app), "/e/KEY/winter.gif", unit_with(doors, "sled"))
    assert answer.location == "https://img.shop.example/sled.png"
    assert 'proefwerk_mail_total{outcome="not_logged"} 1.0' in doors.meters.exposition().decode()


@pytest.mark.parametrize("number", range(len(BAD)))
def test_only_https_addresses_of_the_payload_are_followed(client: Client, number: int) -> None:
    assert_pixel(ask(client, "/e/KEY/bad.gif", field=f"bad{number}"))
    assert ask(client, "/r/KEY/bad", field=f"bad{number}").status_code == 404
    assert https_address(BAD[number]) is None


@pytest.mark.parametrize(
    "value", ["https://a.example/\r\nX: 1", "https://a.example\\@b", "https://a b", 7, None, ""]
)
def test_what_is_no_plain_address_is_none(value: object) -> None:
    assert https_address(value) is None


def test_another_field_of_the_payload_may_hold_the_image(client: Client, doors: Doors) -> None:
    answer = ask(client, "/e/KEY/winter.gif", unit_with(doors, "sled"), field="link")
    assert answer.location.startswith("https://shop.example/sleds")


def test_a_preview_shows_the_variant_and_counts_nothing(client: Client, doors: Doors, tmp_path: Path) -> None:
    answer = ask(client, "/e/KEY/winter.gif", unit_with(doors, "control"), variant="sled")
    assert answer.location == "https://img.shop.example/sled.png"
    assert logged(tmp_path) == []


def test_looking_at_the_headers_alone_counts_nothing(client: Client, doors: Doors, tmp_path: Path) -> None:
    assert ask(client, "/r/KEY/winter", unit_with(doors, "sled"), method="HEAD").status_code == 302
    assert logged(tmp_path) == []


def test_who_is_outside_or_comes_after_the_end_is_not_counted(client: Client, tmp_path: Path) -> None:
    assert_pixel(ask(client, "/e/KEY/dutch.gif"))
    assert ask(client, "/r/KEY/over").location == "https://shop.example/winter"
    assert logged(tmp_path) == []
    ask(client, "/e/KEY/dutch.gif", country="NL")
    (event,) = logged(tmp_path)
    assert isinstance(event, Exposure)
    assert event.attributes["country"] == "NL"


def test_an_experiment_by_company_counts_the_company(client: Client, tmp_path: Path) -> None:
    for unit in ("c-1", "c-2"):
        ask(client, "/e/KEY/team.gif", unit, company="acme")
    assert [event.unit for event in logged(tmp_path)] == ["acme"]


def test_the_holdout_is_exposed_too(client: Client, tmp_path: Path) -> None:
    ask(client, "/e/KEY/in-all.gif")
    assert [event.experiment for event in logged(tmp_path) if isinstance(event, Exposure)] == [
        "in-all",
        "all",
    ]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.text(st.characters(exclude_characters="/", exclude_categories=["Cc"]), max_size=30),
    st.binary(max_size=60),
    st.text(max_size=20),
)
def test_whatever_is_asked_an_image_is_answered(client: Client, name: str, query: bytes, agent: str) -> None:
    environ = {
        "PATH_INFO": f"/e/{CLIENT_KEY}/w{name}".encode("utf-8", "surrogatepass").decode("latin-1"),
        "QUERY_STRING": query.decode("latin-1"),
        "HTTP_USER_AGENT": agent.encode("utf-8", "surrogatepass").decode("latin-1"),
    }
    answer = client.open("/", environ_overrides=environ)
    assert answer.status_code in (200, 302)
    if answer.status_code == 200:
        assert answer.content_type == "image/gif"


def test_user_agents_of_known_proxies() -> None:
    assert opened_by("YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html") == "proxy"
    assert opened_by("") == opened_by("Mozilla/5.0 (Macintosh) AppleWebKit/605.1.15") == "reader"
