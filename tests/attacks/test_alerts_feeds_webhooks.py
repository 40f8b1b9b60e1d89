"""Alerts, feeds and messages over two loads: what they say, and what they said, gives no withheld count away.

The second load withholds a district that had an alert, and corrects two others. The attacker keeps everything that he was
ever given, reads figures and texts, and knows which sums there are.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from xml.etree import ElementTree

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from fastapi.testclient import TestClient
from shapely.geometry import MultiPolygon, box
from sqlalchemy import Engine

from api.app import create_app
from api.settings import ServiceSettings
from db.engine import connect
from db.queries import alert_rules, subscriptions
from etl import compute, webhooks
from etl.cities import city_profile
from etl.confidentiality import Confidentiality
from etl.delivery import City, Delivery, Geography, Source
from etl.jobs import shares
from etl.jobs.contract import Context
from etl.loading import load
from etl.raw import RawFile
from indicators.alerts import Rule
from indicators.definition import Indicator

AREAS = [f"{number:02d}" for number in range(30)]
YEARS = [str(year) for year in range(2014, 2023)]
PEOPLE = 600  # so few that a share of one decimal gives the count exactly
ALWAYS_WITHHELD = (("03", "2022"), ("04", "2022"), ("20", "2021"), ("21", "2021"))
LATER_WITHHELD = (("20", "2022"), ("21", "2022"))  # 20 had an alert
WIDTH = 2  # a withheld count is found out when not more than two whole numbers remain
ATOM = "{http://www.w3.org/2005/Atom}"
RULES = tuple(
    Rule(
        id=kind.replace("_", "-"),
        title_de=kind,
        title_en=kind,
        kind=kind,
        indicators=("jobless_share",),
        direction="rising",
        **facts,
    )
    for kind, facts in {
        "level": {"threshold": 16.0},
        "change": {},
        "change_against_city": {},
        "trend_break": {"periods": 5},
        "class_change": {"cuts": (16.0,)},
        "rank_jump": {"threshold": 1.0},
    }.items()
)
COUNTS = tuple(
    Indicator(id=name, title_de=name, title_en=name, unit="persons", kind="extensive")
    for name in ("people", "jobless")
)
SHARE = Indicator(
    id="jobless_share",
    title_de="Anteil",
    title_en="Share",
    unit="%",
    kind="intensive",
    numerator="jobless",
    denominator="people",
    decimals=1,
)
PROFILE = replace(
    city_profile("sample"),
    source=SimpleNamespace(city_id="town", confidentiality=Confidentiality()),
    segregation=(),
)


def quiet(_name: str, _share: float | None = None) -> None:
    """Progress nobody looks at."""


def delivery(*, is_second: bool) -> Delivery:
    """A tenth of everybody out of work by chance; in 2022 many more in 07, 12 and 20."""
    rng = np.random.default_rng(11)
    jobless = pd.DataFrame(rng.binomial(PEOPLE, 0.1, (len(AREAS), len(YEARS))), index=AREAS, columns=YEARS)
    jobless.loc[["07", "12", "20"], "2022"] = jobless.loc[["07", "12", "20"], "2021"] + [90, 93, 97]
    if is_second:
        jobless.loc[["07", "25"], "2022"] += [-3, 11]
    long = jobless.rename_axis("area_id").reset_index().melt("area_id", var_name="period", value_name="value")
    rows = pd.concat([long.assign(indicator_id="jobless"), long.assign(indicator_id="people", value=PEOPLE)])
    sums = rows.groupby(["indicator_id", "period"], as_index=False)["value"].sum()
    rows = pd.concat(
        [rows.assign(geography="district"), sums.assign(geography="city", area_id="T")], ignore_index=True
    )
    rows = rows.assign(status="measured", value=rows["value"].astype(float))
    rows["reference_date"] = rows["period"].map(lambda year: date(int(year), 12, 31))
    for area, period in (*ALWAYS_WITHHELD, *(LATER_WITHHELD if is_second else ())):
        at = (rows["area_id"] == area) & (rows["period"] == period) & (rows["indicator_id"] == "jobless")
        rows.loc[at, ["value", "status"]] = [np.nan, "suppressed"]
    boxes = [MultiPolygon([box(10 * i, 0, 10 * i + 10, 10)]) for i in range(len(AREAS))]
    areas = gpd.GeoDataFrame(
        {
            "geography": ["city"] + ["district"] * len(AREAS),
            "area_id": ["T", *AREAS],
            "parent_id": [None] + ["T"] * len(AREAS),
            "name": ["Ort", *(f"Bezirk {area}" for area in AREAS)],
        },
        geometry=[MultiPolygon([box(0, 0, 10 * len(AREAS), 10)]), *boxes],
        crs="EPSG:25833",
    )
    level = {"edition": "2014", "valid_from": date(2014, 1, 1)}
    return Delivery(
        city=City(id="town", title_de="Ort", title_en="Town", srid=25833),
        source=Source(id="town", title_de="Q", title_en="S", publisher="p", licence="CC0-1.0", attribution="a"),
        geographies=(
            Geography(id="city", parent=None, title_de="Stadt", title_en="City", key_length=1, **level),
            Geography(id="district", parent="city", title_de="B", title_en="D", key_length=2, **level),
        ),
        areas=areas,
        indicators=(*COUNTS, SHARE),
        values=rows,
        rejected=pd.DataFrame(columns=["file", "place", "reason", "content"]),
        repairs={},
    )  # fmt: skip


@dataclass
class Given:
    """What everybody has at one time: counts with their states, alerts, feeds, and messages that have come since."""

    values: dict[tuple[str, str, str, str], float] = field(default_factory=dict)
    statuses: dict[tuple[str, str, str, str], str] = field(default_factory=dict)
    alerts: list[dict] = field(default_factory=list)
    feeds: list[str] = field(default_factory=list)
    messages: list[dict] = field(default_factory=list)

    def withheld(self) -> set[tuple[str, str, str, str]]:
        return {cell for cell, status in self.statuses.items() if status == "suppressed"}


def ask(engine: Engine, messages: list[dict]) -> Given:
    """Ask the service for everything there is."""
    given = Given(messages=list(messages))
    messages.clear()
    settings = ServiceSettings(database_url=engine.url.render_as_string(hide_password=False))
    with TestClient(create_app(settings)) as client:
        for one in client.get("/cities/town/indicators").json()["indicators"]:
            if one["id"] not in ("people", "jobless"):
                continue
            for geography, periods in one["availability"].items():
                for period in periods:
                    body = client.get(
                        f"/cities/town/layers/{one['id']}", params={"geography": geography, "period": period}
                    ).json()
                    for area, value, status in zip(
                        body["area_ids"], body["values"], body["statuses"], strict=True
                    ):
                        cell = (geography, area, one["id"], period)
                        given.statuses[cell] = status
                        if value is not None:
                            given.values[cell] = value
        given.alerts = client.get("/cities/town/alerts", params={"limit": 1000}).json()["alerts"]
        given.feeds = [
            client.get(f"/cities/town/alerts.{form}", params={"lang": language}).text
            for form in ("atom", "json")
            for language in ("de", "en")
        ]
    return given


@pytest.fixture(scope="module")
def given(make_database: Callable[..., str]) -> Iterator[dict[str, Given]]:
    """What everybody was given after the first load, between the second and its computation, and after that."""
    engine, inbox, patched = connect(make_database()), [], pytest.MonkeyPatch()

    def receive(claimed, alert, _policy, *, timestamp):
        inbox.append(
            webhooks.message_of(
                alert, department=claimed["department"], is_first=claimed["told_revision"] is None
            )
        )

    def put(*, is_second: bool) -> None:
        file = RawFile(name="v.csv", path=Path("v.csv"), sha256="ab"[is_second] * 64, size=1)
        load(engine, delivery(is_second=is_second), [file], loaded_by="t", code_version="1", progress=quiet)

    def evaluate() -> None:
        options = {"requested_by": "t", "code_version": "1", "progress": quiet}
        with engine.begin() as connection:
            shares.run(Context(connection=connection, profile=PROFILE, **options))
        compute.compute_alerts(engine, PROFILE, **options)

    def send() -> None:
        webhooks.deliver_webhooks(
            engine, webhooks.WebhookPolicy(), rng=np.random.default_rng(1), progress=quiet
        )

    patched.setattr(webhooks, "_send", receive)
    put(is_second=False)
    with engine.begin() as connection:
        for rule in RULES:
            key = {"city_id": "town", "rule_id": rule.id}
            facts = {"definition": rule.to_json(), "backtest": {"confirmed": 1}}
            alert_rules.put(connection, **key, geography_id="district", **facts)
            alert_rules.switch_on(connection, **key, by="A. Muster")
        for department in ("prompt", "late"):
            subscriptions.subscribe(
                connection, city_id="town", department=department, webhook_url="https://example.org/",
                secret="s" * 32, created_by="t",
            )  # fmt: skip
    evaluate()
    stages = {"first": ask(engine, inbox)}
    with engine.begin() as connection:  # one department's messages wait until the second load is there
        connection.exec_driver_sql(
            "UPDATE webhook_delivery SET next_attempt_at = now() + interval '1 day' WHERE subscription_id = 2"
        )
    send()
    stages["first"].messages = [*inbox]
    inbox.clear()
    put(is_second=True)
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE webhook_delivery SET next_attempt_at = now() WHERE next_attempt_at IS NOT NULL"
        )
    send()
    stages["between"] = ask(engine, inbox)
    evaluate()
    send()
    stages["second"] = ask(engine, inbox)
    yield stages
    patched.undo()
    engine.dispose()


def figures(given: Given) -> list[dict]:
    """Return all alerts and messages that have figures, in one form."""
    told = [*given.alerts, *given.messages]
    return [
        {
            "rule": one["rule"]["id"],
            "area": one["area"]["id"],
            "period": one["period"],
            "text": one["text"]["en"],
            **one["figures"],
        }
        for one in told
        if one["figures"] is not None
    ]


def write_sums(paper, *, mark: str = "") -> None:
    """Write down that the districts make the city."""
    for name in ("people", "jobless"):
        for year in YEARS:
            members = {(f"district{mark}", area, name, year): 1.0 for area in AREAS}
            paper.add(members | {(f"city{mark}", "T", name, year): -1.0}, 0.0, 0.0)


def write_alerts(paper, told: list[dict], *, mark: str = "") -> None:
    """Write down what alerts say: the share now and before, and how the rest of the city has changed."""
    slack = 0.05 + 1e-9  # one decimal
    for one in told:
        cell = (f"district{mark}", one["area"], "jobless", one["period"])
        low, high = ((one["value"] + way * slack) * PEOPLE / 100 for way in (-1, 1))
        paper.add({cell: 1.0}, low, high)
        before = re.search(r"from ([\d.]+)% \((\d{4})\) to", one["text"])
        if before is None:
            continue
        share, year = float(before[1]), before[2]
        earlier = (*cell[:3], year)
        paper.add({earlier: 1.0}, (share - slack) * PEOPLE / 100, (share + slack) * PEOPLE / 100)
        if one["rule"] != "change-against-city":
            continue
        rest = PEOPLE * (len(AREAS) - 1) / 100
        whole = (f"city{mark}", "T", "jobless")
        change = one["compared_with"] - share
        paper.add(
            {(*whole, one["period"]): 1.0, cell: -1.0, (*whole, year): -1.0, earlier: 1.0},
            (change - 2 * slack) * rest,
            (change + 2 * slack) * rest,
        )


def public(values, statuses):
    """Return what the paper asks for."""
    unknown = {cell for cell, status in statuses.items() if status in ("suppressed", "missing")}
    return SimpleNamespace(values=values, statuses=statuses, unknown=lambda: unknown)


@pytest.mark.parametrize("stage", ["first", "second"])
def test_what_alerts_and_messages_say_gives_no_withheld_count(given, equations, stage):
    now = given[stage]
    assert {one["rule"] for one in figures(now)} >= {"level", "change", "change-against-city", "rank-jump"}
    paper = equations(public(now.values, now.statuses))
    write_sums(paper)
    write_alerts(paper, figures(now))
    assert len(now.withheld()) >= len(ALWAYS_WITHHELD)
    assert paper.narrowed(WIDTH) == {}


def test_figures_that_stayed_after_the_second_load_would_give_a_withheld_count(given, equations):
    now = given["second"]
    paper = equations(public(now.values, now.statuses))
    write_sums(paper)
    write_alerts(paper, figures(given["first"]))
    cell = ("district", "20", "jobless", "2022")
    assert cell in now.withheld()
    truth = given["first"].values[cell]
    assert paper.narrowed(WIDTH)[cell] == (truth, truth)


def test_between_a_load_and_its_computation_nothing_has_figures(given):
    now = given["between"]
    states = {(one["area"]["id"], one["state"]) for one in now.alerts}
    assert states >= {("07", "withdrawn"), ("12", "being_checked"), ("20", "withdrawn")}
    assert "open" not in {state for _area, state in states}
    assert figures(now) == []
    assert all(one["event"] == "alert.withdrawn" for one in now.messages)
    assert {one["department"] for one in now.messages} == {
        "prompt"
    }  # who was told nothing needs no withdrawal
    for feed in now.feeds:
        assert not re.search(
            r"\d[.,]\d", re.sub(r"\d{4}-\d\d-\d\dT[\d:]+Z|version/1\.1|version='1\.0'", "", feed)
        )


def test_who_is_told_late_is_told_what_holds_now(given):
    late = [one for one in given["second"].messages if one["department"] == "late"]
    assert late
    assert "20" not in {one["area"]["id"] for one in late}
    told_now = {one["number"]: one["figures"] for one in given["second"].alerts}
    assert all(one["figures"] == told_now[one["number"]] for one in late)


def test_everything_ever_given_leaves_open_what_was_withheld_both_times(given, equations):
    first, second = given["first"], given["second"]
    hidden = first.withheld() & second.withheld()
    assert {(area, year) for _level, area, _name, year in hidden} >= set(ALWAYS_WITHHELD)

    def earlier(cell):
        return (f"{cell[0]}@1", *cell[1:])

    values = second.values | {earlier(cell): value for cell, value in first.values.items()}
    statuses = second.statuses | {earlier(cell): status for cell, status in first.statuses.items()}
    paper = equations(public(values, statuses))
    write_sums(paper)
    write_sums(paper, mark="@1")
    write_alerts(paper, [*figures(second), *figures(given["between"])])
    write_alerts(paper, figures(first), mark="@1")
    for cell in hidden:  # nothing was corrected there, and the attacker believes it
        paper.add({cell: 1.0, earlier(cell): -1.0}, 0.0, 0.0)
    found = paper.narrowed(WIDTH)
    assert not {cell for cell in found if (cell[0].removesuffix("@1"), *cell[1:]) in hidden}


@pytest.mark.parametrize("stage", ["first", "between", "second"])
def test_feeds_say_what_the_list_says_and_nothing_else(given, stage):
    now = given[stage]
    for feed, (form, language) in zip(
        now.feeds, [("atom", "de"), ("atom", "en"), ("json", "de"), ("json", "en")], strict=True
    ):
        if form == "json":
            entries = [(item["title"], item["content_text"]) for item in json.loads(feed)["items"]]
        else:
            entries = [
                (entry.find(f"{ATOM}title").text, entry.find(f"{ATOM}content").text)
                for entry in ElementTree.fromstring(feed).findall(f"{ATOM}entry")
            ]
        assert sorted(entries) == sorted(
            (one["title"][language], one["text"][language]) for one in now.alerts
        )
