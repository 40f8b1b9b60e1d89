"""What is lost of rates and classes when counts are withheld, on four districts by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import geopandas as gpd
import pandas as pd
from shapely.geometry import MultiPolygon, box

from etl.cities import CityProfile
from etl.confidentiality import Confidentiality
from etl.delivery import City, Delivery, Geography, Source
from etl.lost_results import lost_results
from etl.sample_city.source import SampleSource
from indicators.confidentiality import Profile
from indicators.definition import Indicator
from indicators.methods import Classes, Index, Input, Method
from indicators.methods.steps import ZScore

UNEMPLOYED = {"0": 20, "1": 2, "2": 4, "3": 6, "4": 8}  # of 20 in each district
PEOPLE = {"0": 80, "1": 20, "2": 20, "3": 20, "4": 20}

INDICATORS = (
    Indicator(id="workers", title_de="W", title_en="W", unit="persons", kind="extensive"),
    Indicator(id="jobless", title_de="J", title_en="J", unit="persons", kind="extensive"),
    Indicator(
        id="jobless_share", title_de="A", title_en="S", unit="%", kind="intensive",
        numerator="jobless", denominator="workers", direction="higher_is_more_need",
    ),
)  # fmt: skip
Z = (ZScore(),)
METHOD = Method(
    id="m",
    title_de="M",
    title_en="M",
    indices=(Index(id="i", combine="sum", inputs=(Input(id="jobless_share", transform=Z),)),),
    classes=Classes(cuts=(-1.0, 1.0), labels_de=("a", "b", "c"), labels_en=("a", "b", "c")),
)


def delivery(withheld: tuple[str, ...] = (), **profile: object) -> Delivery:
    places = [("city", "0"), *(("district", area) for area in "1234")]
    shape = MultiPolygon([box(0, 0, 1, 1)])
    areas = gpd.GeoDataFrame(
        [
            {"geography": level, "area_id": area, "parent_id": None if area == "0" else "0", "name": area}
            for level, area in places
        ],
        geometry=[shape] * 5,
        crs="EPSG:25833",
    )
    rows = []
    for level, area in places:
        for name, count in (("workers", PEOPLE[area]), ("jobless", UNEMPLOYED[area])):
            hidden = name == "jobless" and area in withheld
            rows.append(
                {
                    "geography": level, "area_id": area, "indicator_id": name, "period": "2022",
                    "reference_date": date(2022, 12, 31), "value": None if hidden else float(count),
                    "status": "suppressed" if hidden else "measured",
                }
            )  # fmt: skip
    since = {"key_length": 1, "edition": "1", "valid_from": date(2020, 1, 1)}
    levels = (
        Geography(id="city", parent=None, title_de="S", title_en="C", **since),
        Geography(id="district", parent="city", title_de="B", title_en="D", **since),
    )
    rule = Profile(id="p", title_de="P", title_en="P", **profile)
    return Delivery(
        city=City(id="sample", title_de="S", title_en="S", srid=25833),
        source=Source(id="s", title_de="S", title_en="S", publisher="P", licence="L", attribution="A"),
        geographies=levels,
        areas=areas,
        indicators=INDICATORS,
        values=pd.DataFrame(rows),
        confidentiality=Confidentiality(profile=rule),
    )


def profile() -> CityProfile:
    return CityProfile(
        source=SampleSource(), methods={"*": METHOD}, segregation=(), catalogue={}, reliable_from=0
    )


def test_a_withheld_count_takes_the_rate_and_the_class_and_moves_another_class() -> None:
    # Shares 10, 20, 30, 40: z-scores −1.34, −0.45, 0.45, 1.34, classes a, b, b, c. Without the 40 the mean is 20 and
    # the deviation 8.16: −1.22, 0, 1.22, so that the third district is in class c.
    before = delivery(minimum_count=1, minimum_denominator=0)
    after = replace(before, values=delivery(("4",)).values)
    found = lost_results(profile(), before, after)
    assert found.to_dict("index") == {
        "district": {
            "rates": 4, "rates_lost": 1, "rates_capped": 0, "classes": 4, "classes_lost": 1, "classes_moved": 1,
        }
    }  # fmt: skip


def test_nothing_withheld_is_nothing_lost_and_what_the_publisher_withheld_is_no_loss() -> None:
    whole = delivery(minimum_count=1, minimum_denominator=0)
    assert not lost_results(profile(), whole, whole).filter(regex="lost|moved|capped").any(axis=None)
    held = delivery(("4",), minimum_count=1, minimum_denominator=0)
    found = lost_results(profile(), held, held)
    assert found.loc["district"].tolist() == [3, 0, 0, 3, 0, 0]


def test_the_rules_for_rates_count_as_well() -> None:
    # Rates of fewer than 30 are not published: all four go, and with them all classes.
    before = delivery(minimum_count=1, minimum_denominator=30)
    found = lost_results(profile(), before, before)
    assert found.loc["district", ["rates", "rates_lost", "classes", "classes_lost"]].tolist() == [4, 4, 4, 4]
