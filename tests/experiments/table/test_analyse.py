"""A file on its own gets the report of an experiment, with every guess told and every refusal in words."""

from __future__ import annotations

import csv
import json
import math
import random
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result
from scipy.stats import ttest_ind
from statsmodels.stats import proportion

from assignment.errors import ProefwerkError
from experiments.cli.main import cli, main
from experiments.plan import Method
from experiments.table.analyse import analyse_file
from experiments.table.roles import Options
from tests.contract.hillstrom import DATA

Document = dict[str, Any]
COLUMNS = ("customer_id", "ab_group", "first_seen", "device", "spent_before", "converted", "revenue", "items")


def people(units: int = 3_000, lift: float = 0.08, seed: int = 4) -> list[tuple[Any, ...]]:
    """Customers in two groups, of whom the second one buys more."""
    draw, rows = random.Random(seed), []
    for number in range(units):
        group, before = draw.choice("AB"), draw.lognormvariate(2, 1)
        bought = draw.random() < 0.2 + lift * (group == "B")
        revenue = round(before * draw.lognormvariate(1, 0.3), 2) if bought else 0.0
        seen = datetime(2026, 9, 1, tzinfo=UTC) + timedelta(minutes=10 * number)
        device = draw.choice(["phone", "phone", "desktop"])
        told = (f"c{number}", group, seen.isoformat(), device, round(before, 2))
        rows.append((*told, int(bought), revenue, draw.randrange(1, 4) * bought))
    return rows


def write(path: Path, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Path:
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(rows)
    return path


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("shop") / "shop.csv", COLUMNS, people())


def command(*arguments: str | Path) -> Result:
    """What the command says and how it ends; refusals stay exceptions, as `main` gets them."""
    return CliRunner().invoke(cli, ["analyze", *map(str, arguments)])


def refusal(path: Path, **asked: Any) -> str:
    with pytest.raises(ProefwerkError) as refused:
        analyse_file(path, Options(**asked))
    return refused.value.detail


def arms(rows: list[tuple[Any, ...]], column: str) -> list[np.ndarray[Any, Any]]:
    place = COLUMNS.index(column)
    return [np.array([row[place] for row in rows if row[1] == group], dtype=float) for group in "AB"]


def test_semicolons_and_decimal_commas_give_what_commas_and_points_give(shop: Path, tmp_path: Path) -> None:
    path = tmp_path / "shop.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow(COLUMNS)
        for row in people():
            dutch = [f"{each:,.2f}".translate(str.maketrans(",.", ".,")) for each in (row[4], row[6])]
            writer.writerow((*row[:4], dutch[0], row[5], dutch[1], row[7]))
    plain, found = (analyse_file(each, Options(covariates=("spent_before",))) for each in (shop, path))
    assert found["metrics"] == plain["metrics"]
    assert found["source"]["notes"][0] == "I read decimal commas in spent_before, revenue."


def test_a_plain_file_is_read_as_scipy_and_statsmodels_read_it(shop: Path) -> None:
    report = analyse_file(shop, Options())
    rows = {row["metric"]: row for row in report["metrics"]}
    assert {key: row["kind"] for key, row in rows.items()} == {
        "converted": "proportion", "revenue": "mean", "items": "count",
    }  # fmt: skip
    revenue, converted = arms(people(), "revenue"), arms(people(), "converted")
    assert [arm["mean"] for arm in rows["revenue"]["variants"]] == pytest.approx(
        [each.mean() for each in revenue], rel=1e-12
    )
    # Referees: scipy's Welch test, statsmodels' score test.
    assert rows["revenue"]["comparisons"][0]["own_p_value"] == pytest.approx(
        ttest_ind(revenue[1], revenue[0], equal_var=False).pvalue, rel=1e-9
    )
    counts = [(int(each.sum()), len(each)) for each in converted]
    expected = proportion.test_proportions_2indep(
        *counts[1], *counts[0], method="score", compare="diff", correction=False
    )
    assert rows["converted"]["comparisons"][0]["own_p_value"] == pytest.approx(expected.pvalue, rel=1e-6)
    assert report["decision"]["verdict"] == "ship"
    assert report["health"]["srm"]["status"] == "ok"


def test_every_guess_is_told_in_words(shop: Path) -> None:
    said = command(shop).output
    assert "I take column 'ab_group' as the variant (2 different values)." in said
    assert "I take 'A' as the control." in said
    assert "I take column 'customer_id' as the unit; each has one row." in said
    assert "I take as metrics: converted (a proportion), revenue (a mean), items (a count)." in said
    assert "I leave alone: spent_before;" in said
    assert "I take equal shares as planned" in said
    assert "say --method sequential" in said


def test_options_take_the_place_of_guesses(shop: Path) -> None:
    asked = Options(
        variant="AB_group",
        control="B",
        metrics=("revenue", "revenue/items", "items:median"),
        covariates=("spent_before",),
        caps=("revenue=99%",),
        method=Method.SEQUENTIAL,
        alpha=0.01,
        weights=(1, 1),
        date="first_seen",
        segments=("device",),
    )
    report = analyse_file(shop, asked)
    revenue, ratio, median = report["metrics"]
    assert revenue["comparisons"][0]["control"] == "b"
    assert revenue["comparisons"][0]["covariates"] == ["pre_value"]
    assert revenue["comparisons"][0]["variance_reduction"] > 0.05
    assert revenue["cap"] == pytest.approx(np.quantile(np.concatenate(arms(people(), "revenue")), 0.99))
    assert (ratio["kind"], median["kind"]) == ("ratio", "quantile")
    assert report["alpha"] == 0.01
    assert {each["value"] for each in report["segments"]} == {"phone", "desktop"}
    assert sum(each["units"] for each in report["cuts"]["dates"]) == 3_000
    assert report["health"]["pre_period"]["status"] == "ok"


def test_rows_of_one_unit_are_added_up_and_who_has_two_variants_is_left_out(tmp_path: Path) -> None:
    rows = [(f"u{number % 200}", "AB"[number % 2], 1.5) for number in range(600)] + [
        ("u0", "B", 1.0),
        ("u1", "A", 1.0),
    ]
    report = analyse_file(write(tmp_path / "t.csv", ("user", "group", "revenue"), rows), Options())
    assert [arm["units"] for arm in report["metrics"][0]["variants"]] == [99, 99]
    assert report["metrics"][0]["variants"][0]["mean"] == 4.5
    assert report["health"]["multiple_exposure"]["units"] == 2
    assert "I take column 'user' as the unit and add up the rows of each." in report["source"]["notes"]


def test_empty_cells_count_as_nothing_and_are_reported(tmp_path: Path) -> None:
    rows = [("AB"[number % 2], "" if number % 50 == 0 else number % 3) for number in range(600)] + [("", 1)]
    report = analyse_file(write(tmp_path / "t.csv", ("variant", "orders"), rows), Options())
    assert report["health"]["missing_fields"]["status"] == "warning"
    assert report["health"]["missing_fields"]["metrics"] == {"orders": 12}
    assert "1 rows without a variant are left out." in report["source"]["notes"]


def test_what_is_no_finite_number_counts_as_nothing_and_true_as_one(tmp_path: Path) -> None:
    rows = [("AB"[n % 2], "nan" if n % 60 == 0 else n % 7 + 0.5, n % 3 == 0) for n in range(600)]
    report = analyse_file(write(tmp_path / "t.csv", ("variant", "revenue", "converted"), rows), Options())
    revenue, converted = report["metrics"]
    assert report["health"]["missing_fields"]["metrics"] == {"revenue": 10}
    assert revenue["variants"][1]["mean"] == pytest.approx(np.mean([n % 7 + 0.5 for n in range(1, 600, 2)]))
    assert (converted["kind"], converted["variants"][1]["sum"]) == ("proportion", 100)


def test_shares_that_were_not_planned_so_fail_the_split(shop: Path) -> None:
    report = analyse_file(shop, Options(weights=(0.8, 0.2)))
    assert report["decision"]["verdict"] == "unhealthy"
    assert report["health"]["srm"]["status"] == "failed"


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"variant": "grp"}, "--variant: there is no column 'grp'; the file has customer_id, ab_group,"),
        (
            {"variant": "customer_id"},
            "--variant: column 'customer_id' has 3,000 different values; 2 to 20 are needed.",
        ),
        ({"control": "C"}, "--control: column 'ab_group' has no value 'C'; it has A, B."),
        ({"metrics": ("revenu",)}, "--metric: there is no column 'revenu'"),
        ({"metrics": ("device",)}, "--metric: column 'device' has '"),
        ({"metrics": ("revenue:proportion",)}, "values other than 0 and 1"),
        ({"metrics": ("revenue:sum",)}, "a kind is one of proportion, count, mean, median"),
        ({"weights": (1.0, 1.0, 1.0)}, "--weights: 3 shares for 2 variants; their order is A, B."),
        ({"weights": (-1.0, 2.0)}, "shares are not negative"),
        ({"caps": ("revenue=much",)}, "--cap: 'revenue=much': 'much' is no number."),
        ({"caps": ("converted=1",)}, "'converted' is a proportion, which has no cap"),
        ({"caps": ("profit=1",)}, "'profit=1' names no metric"),
        ({"date": "device"}, "--date: column 'device' holds no dates"),
        ({"covariates": ("device",)}, "--covariate: column 'device' has '"),
    ],
)
def test_refusals_name_the_option_the_value_and_the_rule(shop: Path, asked: Document, words: str) -> None:
    assert words in refusal(shop, **asked)


def test_files_that_say_nothing_are_refused(tmp_path: Path) -> None:
    assert "has no rows" in refusal(write(tmp_path / "empty.csv", ("variant", "x"), []))
    unclear = write(tmp_path / "unclear.csv", ("x", "y"), [(number % 3, number % 2) for number in range(30)])
    assert "no column tells by its name which variant a row is of" in refusal(unclear)
    dull = write(tmp_path / "dull.csv", ("variant", "x"), [("ab"[number % 2], 1) for number in range(30)])
    assert "no column holds numbers that vary" in refusal(dull)
    assert "does not exist" in refusal(tmp_path / "nothing.csv")
    (tmp_path / "broken.parquet").write_text("no parquet")
    assert "cannot be read" in refusal(tmp_path / "broken.parquet")


@pytest.mark.parametrize("kind", ["parquet", "ndjson"])
def test_other_kinds_of_file_give_the_same_numbers(shop: Path, tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"shop.{kind}"
    form = "parquet" if kind == "parquet" else "json"
    duckdb.sql(f"COPY (SELECT * FROM read_csv('{shop}')) TO '{path}' (FORMAT {form})")
    assert analyse_file(path, Options())["metrics"] == analyse_file(shop, Options())["metrics"]


def events(path: Path) -> Path:
    """The rows that an import takes: exposures, and orders in the hours after them."""
    draw, at = random.Random(9), datetime(2026, 9, 1, tzinfo=UTC)
    rows: list[Document] = []
    for number in range(800):
        arm, moment = draw.randrange(2), at + number * timedelta(minutes=30)
        head = {"unit": f"u{number}", "time": moment.isoformat()}
        rows.append(
            {
                **head,
                "id": f"e{number}",
                "type": "exposure",
                "experiment": "bar",
                "variant": ("control", "bar")[arm],
            }
        )
        if draw.random() < 0.2 + 0.2 * arm:
            later = (moment + timedelta(hours=1)).isoformat()
            order = {"type": "conversion", "name": "order", "value": round(draw.lognormvariate(3, 0.5), 2)}
            rows.append({**head, **order, "time": later, "id": f"o{number}"})
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_a_file_of_events_is_known_as_one(tmp_path: Path) -> None:
    report = analyse_file(events(tmp_path / "events.ndjson"), Options())
    assert report["experiment"] == "bar"
    assert [row["name"] for row in report["metrics"]] == ["order proportion", "order mean"]
    assert sum(arm["units"] for arm in report["variants"]) == 800
    assert report["decision"]["verdict"] == "ship"
    assert report["source"]["notes"][0].startswith("I take the rows as events")
    assert report["cuts"]["ages"][0]["units"] > 0
    assert "leave it out" in refusal(tmp_path / "events.ndjson", variant="variant")
    assert "there is no conversion 'sale'" in refusal(tmp_path / "events.ndjson", metrics=("sale",))


def test_the_command_prints_json_alone_and_writes_a_page(shop: Path, tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    done = command(shop, "--json", "--html", page, "--weights", "0.5,0.5")
    assert json.loads(done.stdout)["source"]["rows"] == 3_000
    assert "I take" in done.stderr
    assert "Significance report" in page.read_text()


def test_options_of_a_file_are_refused_for_an_experiment() -> None:
    done = command("free-shipping-bar", "--control", "a")
    assert done.exit_code == 2
    assert "--control is for a file" in done.output


def test_hillstroms_e_mails_are_read_from_their_file_alone() -> None:
    if not DATA.is_file():
        pytest.skip(f"the Hillstrom data are not at {DATA}")
    report = analyse_file(DATA, Options())
    assert report["source"]["rows"] == 64_000
    assert [arm["name"] for arm in report["variants"]] == ["No E-Mail", "Mens E-Mail", "Womens E-Mail"]
    visit = report["metrics"][0]
    assert [arm["sum"] for arm in visit["variants"]] == [2_262, 3_894, 3_238]
    assert (report["decision"]["verdict"], report["decision"]["variant"]) == ("ship", "mens-e-mail")


def test_what_dataframes_write_is_read_as_it_is_meant(tmp_path: Path) -> None:
    path = tmp_path / "frame.parquet"
    seen = [datetime(2026, 9, 1 + i % 9, tzinfo=UTC) for i in range(400)]
    columns: dict[str, Any] = {
        "variant": ["B" if i % 2 else "A" for i in range(400)],
        "revenue": [float(i % 7) if i % 10 else math.nan for i in range(400)],
        "seen": pa.array(seen, type=pa.timestamp("ns", tz="Europe/Amsterdam")),
        "several": [[i] for i in range(400)],
        "both": [{"a": i} for i in range(400)],
    }
    pq.write_table(pa.table(columns), path)
    report = analyse_file(path, Options(date="seen", metrics=("revenue",)))
    assert "40 for 'revenue'" in report["health"]["missing_fields"]["detail"]
    arms = report["metrics"][0]["variants"]
    expected = [sum(i % 7 for i in range(first, 400, 2) if i % 10) for first in (0, 1)]
    assert [arm["sum"] for arm in arms] == expected
    guessed = analyse_file(path, Options())["source"]["notes"]
    assert not any("several" in note or "both" in note for note in guessed if "as metrics" in note)


def test_people_read_the_variants_of_a_file_as_it_spells_them(tmp_path: Path) -> None:
    rows = [("E-Mail" if i % 2 else "No E-Mail", int(i % 2 == 1 or i % 20 == 0)) for i in range(400)]
    said = command(write(tmp_path / "mail.csv", ("variant", "converted"), rows)).output
    assert "'converted' is better with E-Mail." in said
    assert "Units: No E-Mail 200, E-Mail 200" in said
    assert "converted of E-Mail: " in said
    assert "p < 0.0001" in said


def test_a_refusal_is_told_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["proefwerk", "analyze", "nosuch.csv"])
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit):
        main()
    assert capsys.readouterr().err == "file: 'nosuch.csv' does not exist.\n"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("naam;omzet\n".encode("utf-16"), "cannot be read: "),
        ("variant,naam\nA,café\nB,x\n".encode("latin-1"), "is not utf-8 encoded."),
        (b"variant,naam\nA," + b"x" * 5_000_000 + b"\nB,y\n", "CSV Error on Line"),
    ],
    ids=["UTF-16", "Latin-1", "a huge cell"],
)
def test_a_file_that_cannot_be_read_says_why_in_a_sentence_or_two(
    tmp_path: Path, content: bytes, reason: str
) -> None:
    (tmp_path / "broken.csv").write_bytes(content)
    with pytest.raises(ProefwerkError, match=re.escape(reason)) as refused:
        analyse_file(tmp_path / "broken.csv", Options())
    assert len(refused.value.detail) < 500
    assert "CREATE" not in refused.value.detail
