"""England's Indices of Deprivation 2019, as published, against our computation of the overall index."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from etl.reproduce.contract import Check, Reference, compared, matched, published_table
from indicators.composite import status_index
from indicators.methods import shipped_method
from indicators.methods.larger_units import larger_units
from indicators.status import ValueStatus

__all__ = ["ENGLAND"]

_RANK = "Rank (where 1 is most deprived)"
_DOMAINS = {
    f"Income {_RANK}": "imd_income_rank",
    f"Employment {_RANK}": "imd_employment_rank",
    f"Education, Skills and Training {_RANK}": "imd_education_rank",
    f"Health Deprivation and Disability {_RANK}": "imd_health_rank",
    f"Crime {_RANK}": "imd_crime_rank",
    f"Barriers to Housing and Services {_RANK}": "imd_housing_rank",
    f"Living Environment {_RANK}": "imd_environment_rank",
}
_AREA, _DISTRICT = "LSOA code (2011)", "Local Authority District code (2019)"
_AREAS, _DISTRICTS = 32_844, 317


def _check(folder: Path) -> list[Check]:
    published = published_table(
        folder,
        "File_1_-_IMD2019_Index_of_Multiple_Deprivation.csv.gz",
        {
            _AREA: "area_id",
            _DISTRICT: "district",
            "Index of Multiple Deprivation (IMD) Rank": "rank",
            "Index of Multiple Deprivation (IMD) Decile": "decile",
        },
    ).set_index("area_id")
    domains = published_table(
        folder, "File_2_-_IoD2019_Domains_of_Deprivation.csv.gz", {_AREA: "area_id"} | _DOMAINS
    ).set_index("area_id")
    people = published_table(
        folder,
        "File_6_-_IoD2019_Population_Denominators.csv.gz",
        {_AREA: "area_id", "Total population: mid 2015 (excluding prisoners)": "residents"},
    ).set_index("area_id")
    districts = published_table(
        folder, "imd2019_lad_summaries.csv", {"ltla19_code": "district", "Score": "s", "Proportion": "p"}
    ).set_index("district")

    values = domains.reindex(published.index).apply(_numbers)
    statuses = pd.DataFrame(ValueStatus.MEASURED.value, index=values.index, columns=values.columns)
    result = status_index(values, statuses, shipped_method("england-imd-2019"))
    residents = _numbers(people["residents"]).reindex(values.index)
    summary = larger_units(result, published["district"], population=residents).reindex(districts.index)
    # The domain ranks are rounded images of the scores: 108 areas come out one or two places beside theirs.
    ranks, deciles = _numbers(published["rank"]), _numbers(published["decile"]).astype(int)
    return [
        compared("Rang", "rank", ranks, result.rank, within=0, promised=32_736, at_most=2),
        matched("Dezil", "decile", deciles, result.classes, _AREAS),
        compared(
            "Mittelwert der Bezirke",
            "average score of the districts",
            _numbers(districts["s"]),
            summary["average"],
            within=0.0006,
            promised=_DISTRICTS,
        ),
        compared(
            "Anteil im ersten Dezil je Bezirk",
            "share of a district's areas in decile 1",
            _numbers(districts["p"]),
            summary["share"],
            within=0.00005 + 1e-12,  # half a unit of the last published digit
            promised=_DISTRICTS,
        ),
    ]


def _numbers(texts: pd.Series) -> pd.Series:
    """Read numbers with commas between thousands."""
    return pd.to_numeric(texts.str.replace(",", ""), errors="coerce")


ENGLAND = (Reference(method="england-imd-2019", folder="england-imd2019", run=_check),)
