"""Leipzig's published tables: where each is found, what its characteristics mean, and what its zeros mean."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from indicators.status import ValueStatus

__all__ = [
    "CELL_COLUMNS",
    "CITY_KEY",
    "DISTRICT_NAMES",
    "TABLES",
    "TRUNCATED",
    "Table",
    "judge_zeros",
]

CITY_KEY = "14713000"  # official municipality key (AGS)
DISTRICT_NAMES = {
    "0": "Mitte",
    "1": "Nordost",
    "2": "Ost",
    "3": "Südost",
    "4": "Süd",
    "5": "Südwest",
    "6": "West",
    "7": "Alt-West",
    "8": "Nordwest",
    "9": "Nord",
}

# One published cell, before its text is understood.
CELL_COLUMNS = ("table", "characteristic", "area_name", "period", "text")

# Rates that the files cut off to whole numbers; they are computed from the counts instead.
TRUNCATED = frozenset(
    {
        "Altenquote",
        "Anteil an Kindern",
        "Anteil an den Erwerbsfähigen",
        "Ausländeranteil",
        "Durchschnittsalter",
        "Einwohnerdichte",
        "Jugendquote",
        "Migrantenanteil",
        "Personen je Bedarfsgemeinschaft",
        "SGB-II-Quote",
        "Straftaten je Einwohner",
        "Wohnfläche je Wohnung",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One table of the statistics office.

    `category` and `rubrics` are its numbers in the portal's API; the rubric drifts over the years, so several
    are known and the table is accepted only when it has every characteristic in `identified_by`, total first.
    `zero`: what a plain 0 means when nothing shows that the figure was not published.
    `withheld_from`: first period in which a 0 in a part of the total means a withheld count.
    `partitions`: indicators, of any table, that together make up this table's total without a remainder.
    `factors`: what a figure is multiplied with to come into the indicator's unit.
    """

    id: str
    category: int
    rubrics: tuple[int, ...]
    identified_by: tuple[str, ...]
    indicators: dict[str, str]  # characteristic → indicator id
    zero: ValueStatus = ValueStatus.ZERO
    withheld_from: str | None = None
    partitions: tuple[tuple[str, ...], ...] = ()
    factors: dict[str, float] = field(default_factory=dict)
    required: bool = True

    @property
    def total(self) -> str:
        """Indicator of the table's total."""
        return self.indicators[self.identified_by[0]]


TABLES = (
    Table(
        id="einwohner-insgesamt",
        category=2,
        rubrics=(1,),
        identified_by=("Einwohner insgesamt", "Deutsche", "Ausländer", "Frauen", "Männer"),
        indicators={
            "Einwohner insgesamt": "residents",
            "Deutsche": "german",
            "Ausländer": "non_german",
            "Frauen": "women",
            "Männer": "men",
        },
        partitions=(("german", "non_german"), ("women", "men")),
    ),
    Table(
        id="migranten",
        category=2,
        rubrics=(5, 4),
        identified_by=("Migranten", "Deutsche mit Migrationshintergrund"),
        indicators={
            "Migranten": "migrants",
            "Deutsche mit Migrationshintergrund": "migrants_german",
            "EU-Ausländer": "non_german_eu",
        },
        partitions=(("migrants_german", "non_german"),),
    ),
    Table(
        id="arbeitslose-insgesamt",
        category=7,
        rubrics=(3, 2),
        identified_by=("Arbeitslose insgesamt", "nach SGB II", "nach SGB III"),
        indicators={
            "Arbeitslose insgesamt": "unemployed",
            "unter 25 Jahre": "unemployed_youth",
            "über 55 Jahre": "unemployed_55p",
            "Ausländer": "unemployed_non_german",
            "Langzeitarbeitslose": "unemployed_long_term",
            "nach SGB II": "unemployed_sgb2",
            "nach SGB III": "unemployed_sgb3",
        },
        zero=ValueStatus.UNCERTAIN,
        # Since 2018 the smallest printed count is 10 and parts that print 0 do not add up to the total.
        withheld_from="2018",
        partitions=(("unemployed_sgb2", "unemployed_sgb3"),),
    ),
    Table(
        id="bedarfsgemeinschaften",
        category=4,
        rubrics=(4, 3),
        identified_by=("Bedarfsgemeinschaften", "Personen in Bedarfsgemeinschaften", "Alleinerziehende"),
        indicators={
            "Bedarfsgemeinschaften": "sgb2_households",
            "Alleinerziehende": "sgb2_single_parents",
            "mit Kindern": "sgb2_households_with_children",
            "Personen in Bedarfsgemeinschaften": "sgb2_persons",
            "Erwerbsfähige Leistungsberechtigte": "sgb2_employable",
            "unter 15 Jahre": "sgb2_children_u15",
        },
        zero=ValueStatus.UNCERTAIN,
    ),
    Table(
        id="wohnflaeche-insgesamt",
        category=6,
        rubrics=(5, 4),
        identified_by=("Wohnungen", "Wohnfläche insgesamt"),
        indicators={"Wohnungen": "dwellings", "Wohnfläche insgesamt": "living_space"},
        factors={"living_space": 1000.0},  # printed in 1,000 m²
    ),
    Table(
        id="gesamtflaeche",
        category=1,
        rubrics=(1,),
        identified_by=("Gesamtfläche", "Verkehrsfläche", "Waldfläche"),
        indicators={
            "Wohnbaufläche": "land_residential",
            "Gebäude- und Freifläche": "land_built",
            "Industrie- und Gewerbefläche": "land_industry",
            "Verkehrsfläche": "land_traffic",
            "Erholungsfläche": "land_recreation",
            "Landwirtschaftsfläche": "land_agriculture",
            "Waldfläche": "land_forest",
            "Wasserfläche": "land_water",
        },
        zero=ValueStatus.MEASURED,  # less than a hectare, or nothing
        required=False,
    ),
    Table(
        id="haushaltseinkommen",
        category=9,
        rubrics=(1,),
        identified_by=("Haushaltseinkommen",),
        indicators={"Haushaltseinkommen": "household_income"},
        required=False,
    ),
    Table(
        id="straftaten-insgesamt",
        category=12,
        rubrics=(1,),
        identified_by=("Straftaten insgesamt", "Diebstahl"),
        indicators={
            "Straftaten insgesamt": "offences",
            "Diebstahl": "offences_theft",
            "Körperverletzung": "offences_bodily_harm",
        },
        required=False,
    ),
)


def judge_zeros(cells: pd.DataFrame, *, counted: dict[str, int]) -> pd.DataFrame:
    """Return the cells with every plain 0 called what it is; the files print 0 for signs too.

    In this order:

    1. a characteristic that is 0 in all Ortsteile of a period was not published: missing;
    2. an Ortsteil in which all characteristics of a table are 0 was not published: missing;
    3. a part of the total that is 0 in a period in which small counts are withheld: suppressed;
    4. any other 0 is what the table says (a true zero, an uncertain one, or a rounded measurement).

    Parameters
    ----------
    cells : DataFrame
        Columns table, characteristic, geography, area_id, period, value, status.
    counted : dict
        Told how many cells rules 1 to 3 changed.
    """
    plain_zero = (cells["value"] == 0) & (cells["status"] == ValueStatus.MEASURED.value)
    finest = cells["geography"] == "sub_district"
    observed = cells.assign(other=~plain_zero & cells["value"].notna())[finest]
    column = ["table", "characteristic", "period"]
    row = ["table", "area_id", "period"]
    in_column = observed.groupby(column)["other"].any().rename("column_has_figures").reset_index()
    in_row = observed.groupby(row)["other"].any().rename("row_has_figures").reset_index()
    context = (
        cells[[*column, "area_id"]].merge(in_column, on=column, how="left").merge(in_row, on=row, how="left")
    )
    empty_column = (context["column_has_figures"] == False).to_numpy() & plain_zero.to_numpy()  # noqa: E712
    empty_row = (context["row_has_figures"] == False).to_numpy() & plain_zero.to_numpy()  # noqa: E712

    by_id = {table.id: table for table in TABLES}
    totals = {(table.id, table.identified_by[0]) for table in TABLES}
    is_part = ~np.array(
        [pair in totals for pair in zip(cells["table"], cells["characteristic"], strict=True)], dtype=bool
    )
    first_withheld = cells["table"].map(
        {name: table.withheld_from or "9999" for name, table in by_id.items()}
    )
    withheld = plain_zero.to_numpy() & is_part & (cells["period"] >= first_withheld).to_numpy()

    meaning = cells["table"].map({name: table.zero.value for name, table in by_id.items()}).to_numpy()
    status = cells["status"].to_numpy(dtype=object).copy()
    status = np.where(plain_zero, meaning, status)
    status = np.where(withheld, ValueStatus.SUPPRESSED.value, status)
    status = np.where(empty_column | empty_row, ValueStatus.MISSING.value, status)
    withheld &= ~(empty_column | empty_row)
    empty_row &= ~empty_column
    for name, changed in (
        ("0 in all areas of a period taken as not published", empty_column),
        ("0 in a whole row of a table taken as not published", empty_row),
        ("0 in a period with withheld small counts taken as withheld", withheld),
    ):
        if changed.any():
            counted[name] = int(changed.sum())
    without = np.isin(status, [ValueStatus.MISSING.value, ValueStatus.SUPPRESSED.value])
    return cells.assign(status=status, value=cells["value"].mask(without))
