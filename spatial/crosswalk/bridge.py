"""How did an indicator develop over a change of boundaries? A series on one edition of areas, with the break shown."""

from __future__ import annotations

import itertools
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from spatial.alignment import align
from spatial.crosswalk.conversion import extensive, intensive
from spatial.crosswalk.converted import Converted
from spatial.crosswalk.errors import CrosswalkError
from spatial.crosswalk.result import Crosswalk
from spatial.crosswalk.statuses import STATUSES, checked_values
from spatial.errors import CountsError, ParameterError
from spatial.parameters import require_choice, require_mapping

__all__ = ["BridgedSeries", "bridge", "edition_breaks"]

Kind = Literal["extensive", "intensive"]

_NEEDED = ("area_id", "period", "edition", "value")
_BREAK_COLUMNS = (
    "period",
    "edition_before",
    "edition_after",
    "areas_changed",
    "changed_share",
    "areas_estimated",
    "estimated_share",
    "worst_grade",
    "without_value",
)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class BridgedSeries:
    """One indicator over all periods on one edition of areas.

    `values` has one row per period and area, sorted: `area_id`, `period`, `value`, `status`, `edition` that the value
    was counted in, `is_converted`, and for converted values `grade`, `derivation`, `known`, `estimated`;
    `denominator` of a rate. `breaks` has one row per change of edition between two periods that follow each other:
    `period`, the first after the change, `edition_before`, `edition_after`, `areas_changed` (targets that are not
    copies of one source in either of the two), `changed_share` of the residents who live there, `areas_estimated`
    and `estimated_share` of those with a grade below A, `worst_grade`, `without_value`.
    """

    values: pd.DataFrame
    breaks: pd.DataFrame
    edition: str
    kind: Kind
    measure: str
    crosswalks: Mapping[str, Crosswalk]

    def __repr__(self) -> str:
        converted = int(self.values["is_converted"].sum())
        return (
            f"BridgedSeries({self.values['area_id'].nunique()} areas of edition {self.edition}, "
            f"{self.values['period'].nunique()} periods, {len(self.breaks)} break(s), {converted} of "
            f"{len(self.values)} values converted)"
        )

    def to_frame(self) -> pd.DataFrame:
        """Return one row per period and area."""
        return self.values

    def summary(self) -> pd.DataFrame:
        """Return one row per break."""
        return self.breaks


def bridge(
    series: pd.DataFrame,
    crosswalks: Mapping[str, Crosswalk],
    *,
    edition: str,
    kind: Kind,
    residents: pd.Series | None = None,
    missing_up_to: float = 0.01,
) -> BridgedSeries:
    """Bring a series over changes of boundaries to one edition.

    Parameters
    ----------
    series : DataFrame
        One row per area and period of one indicator: `area_id`, `period`, `edition` of the boundaries, `value`; for
        rates `denominator`; optionally `status` and `denominator_status`. All areas of the edition in each period.
    crosswalks : mapping of str to Crosswalk
        From each other edition, by its name, to the wanted one.
    edition : str
        The wanted edition, the newest or any other.
    kind : {"extensive", "intensive"}
        Whether values add up, or are rates of their denominator.
    residents : Series of int or float, indexed by area_id of the wanted edition, optional
        Weights of the areas in `breaks`. [persons] Default: every area counts alike.
    missing_up_to : float
        As in `extensive`. [share, 0–1)

    Returns
    -------
    BridgedSeries
        Values that were counted in the wanted edition are as they were; all others are marked as converted.

    Raises
    ------
    CrosswalkError
        If a crosswalk is lacking or leads to other areas, a period is in two editions, or an area is there twice.
    AlignmentError, CountsError, ParameterError
        As `extensive` and `intensive`; also if a column is lacking.

    Examples
    --------
    >>> from spatial.crosswalk.key_table import by_key
    >>> series = pd.DataFrame({"period": ["2018", "2019", "2019"], "edition": ["old", "new", "new"],
    ...                        "area_id": ["1", "1a", "1b"], "value": [100, 70, 35]})
    >>> table = pd.DataFrame({"from_area": ["1", "1"], "to_area": ["1a", "1b"], "weight": [70, 35]})
    >>> bridged = bridge(series, {"old": by_key(table, basis="population")}, edition="new", kind="extensive")
    >>> bridged.values["value"].round(1).tolist()
    [66.7, 33.3, 70.0, 35.0]
    >>> bridged.breaks[["period", "areas_changed", "worst_grade"]].to_numpy().tolist()
    [['2019', 2, 'C']]
    """
    require_choice("kind", kind, Kind)
    table = _checked(series, kind)
    ways = require_mapping("crosswalks", crosswalks, "a mapping from the name of an edition to its crosswalk")
    of_period = _editions(table)
    needed = set(of_period.values()) - {edition}
    if lacking := sorted(needed - set(ways)):
        raise CrosswalkError(
            "series: no crosswalk from editions", lacking, f"give one from each of them to {edition!r}"
        )
    target = _target(table, {name: ways[name] for name in sorted(needed)}, edition)
    weight = _weights(residents, target)
    pieces: list[pd.DataFrame] = []
    for period, name in of_period.items():
        rows = table[table["period"] == period].set_index("area_id")
        one = (
            _as_counted(rows, target, kind)
            if name == edition
            else _convert(rows, ways[name], kind, missing_up_to).to_frame().reindex(target)
        )
        piece = one.rename_axis("area_id").reset_index().assign(edition=name)
        pieces.append(piece)
    values = pd.concat(pieces, ignore_index=True)
    values["period"] = pd.Index(list(of_period)).repeat(len(target))
    first = ["area_id", "period", "value", "status", "edition", "is_converted", "grade", "derivation"]
    values = values[[*first, *(name for name in values.columns if name not in first)]]
    return BridgedSeries(
        values=values,
        breaks=_breaks(values, of_period, weight),
        edition=edition,
        kind=kind,
        measure="areas" if residents is None else "residents",
        crosswalks=dict(ways),
    )


def edition_breaks(values: pd.DataFrame, *, residents: pd.Series | None = None) -> pd.DataFrame:
    """Say where a series that is on one edition of areas goes over a change of boundaries, and whom that concerns.

    Parameters
    ----------
    values : DataFrame
        One row per period and area, all areas in every period: `area_id`, `period`, `edition` that the value was
        counted in, `value`, `is_converted`, `grade` and `derivation`, as in `BridgedSeries.values`.
    residents : Series of int or float, indexed by area_id, optional
        Weights of the areas. [persons] Default: every area counts alike.

    Returns
    -------
    DataFrame
        One row per change of edition between two periods that follow each other, as `BridgedSeries.breaks`. Empty
        where the edition never changes.

    Raises
    ------
    CrosswalkError
        If a period is in two editions.
    AlignmentError, CountsError
        If the residents are not those of the areas, or missing, negative or infinite.

    Examples
    --------
    >>> values = pd.DataFrame({"period": ["2018", "2019"], "area_id": "1a", "edition": ["old", "new"],
    ...                        "value": [66.7, 70.0], "is_converted": [True, False], "grade": ["C", None],
    ...                        "derivation": ["part", None]})
    >>> edition_breaks(values)[["period", "areas_changed", "worst_grade"]].to_numpy().tolist()
    [['2019', 1, 'C']]
    """
    index = pd.Index(values["area_id"].unique(), name="area_id")
    return _breaks(values, _editions(values), _weights(residents, index))


def _checked(series: pd.DataFrame, kind: str) -> pd.DataFrame:
    needed = [*_NEEDED, "denominator"] if kind == "intensive" else list(_NEEDED)
    if not isinstance(series, pd.DataFrame) or not set(needed) <= set(series.columns):
        found = ", ".join(map(str, series.columns)) if isinstance(series, pd.DataFrame) else series
        raise ParameterError("series", found, f"a DataFrame with columns {', '.join(needed)}")
    keys = ["area_id", "period", "edition"]
    absent = series[keys].isna().any(axis=1)
    if absent.any():
        raise CrosswalkError(
            "series: area_id, period or edition missing in the rows", series.index[absent], "fill them in"
        )
    doubled = series.duplicated(["area_id", "period"])
    if doubled.any():
        named = [f"{area} in {period}" for area, period in series.loc[doubled, keys[:2]].to_numpy()]
        raise CrosswalkError(
            "series: an area is in a period more than once", named, "keep one row per area and period"
        )
    return series.assign(edition=series["edition"].map(str))


def _editions(table: pd.DataFrame) -> dict[Hashable, str]:
    """Return the edition of each period, in the order of the periods."""
    pairs = table[["period", "edition"]].drop_duplicates()
    mixed = pairs["period"][pairs["period"].duplicated()].unique()
    if len(mixed):
        raise CrosswalkError(
            "series: periods in more than one edition", mixed, "give every period in one edition of the areas"
        )
    try:
        ordered = pairs.sort_values("period")
    except TypeError as error:
        kinds = ", ".join(sorted({type(one).__name__ for one in pairs["period"]}))
        raise ParameterError("period", kinds, "one kind of value that can be put in order") from error
    return dict(zip(ordered["period"], ordered["edition"], strict=True))


def _target(table: pd.DataFrame, ways: Mapping[str, Crosswalk], edition: str) -> pd.Index:
    """Return the areas of the wanted edition, on which all ways and counts agree."""
    counted = table[table["edition"] == edition]
    candidates = {f"the crosswalk from {name!r}": way.target for name, way in ways.items()}
    for period, rows in counted.groupby("period", sort=True):
        candidates[f"the values of {period}"] = pd.Index(rows["area_id"])
    named, target = next(iter(candidates.items()))
    for name, other in candidates.items():
        differ = sorted(target.symmetric_difference(other, sort=False), key=str)
        if differ:
            raise CrosswalkError(
                f"edition {edition!r}: {named} and {name} do not have the same areas",
                differ,
                "give a value, or a row that says missing, for every area, and crosswalks to the same edition",
            )
    return target.rename("area_id")


def _weights(residents: pd.Series | None, target: pd.Index) -> pd.Series:
    if residents is None:
        return pd.Series(1.0, index=target)
    persons = align(residents, target, "residents").astype(float)
    wrong = ~((persons >= 0) & (persons < np.inf))
    if wrong.any():
        raise CountsError(
            "residents missing, negative or infinite", target[wrong], "give 0 where nobody lives"
        )
    return persons


def _convert(rows: pd.DataFrame, way: Crosswalk, kind: str, missing_up_to: float) -> Converted:
    status = rows.get("status")
    if kind == "extensive":
        return extensive(rows["value"], way, status=status, missing_up_to=missing_up_to)
    return intensive(
        rows["value"],
        rows["denominator"],
        way,
        status=status,
        denominator_status=rows.get("denominator_status"),
        missing_up_to=missing_up_to,
    )


def _as_counted(rows: pd.DataFrame, target: pd.Index, kind: str) -> pd.DataFrame:
    numbers, codes = checked_values(rows["value"], rows.get("status"), target, "values")
    columns: dict[str, object] = {
        "value": numbers,
        "status": np.array(STATUSES, dtype=object)[codes],
        "is_converted": False,
        "grade": None,
        "derivation": None,
        "known": np.nan,
        "estimated": np.nan,
    }
    if kind == "intensive":
        columns["denominator"] = align(rows["denominator"], target, "denominator").to_numpy(dtype=float)
    return pd.DataFrame(columns, index=target)


def _breaks(values: pd.DataFrame, of_period: Mapping[Hashable, str], weight: pd.Series) -> pd.DataFrame:
    rows = []
    periods = list(of_period)
    for before, after in itertools.pairwise(periods):
        if of_period[before] == of_period[after]:
            continue
        beside = values[values["period"].isin([before, after]) & values["is_converted"]]
        changed = beside.loc[beside["derivation"] != "copy", "area_id"].unique()
        estimated = beside.loc[beside["grade"].isin(["B", "C", "D"]), "area_id"].unique()
        total = float(weight.sum())
        rows.append(
            {
                "period": after,
                "edition_before": of_period[before],
                "edition_after": of_period[after],
                "areas_changed": len(changed),
                "changed_share": float(weight[changed].sum()) / total if total > 0 else np.nan,
                "areas_estimated": len(estimated),
                "estimated_share": float(weight[estimated].sum()) / total if total > 0 else np.nan,
                "worst_grade": beside["grade"].dropna().max() if beside["grade"].notna().any() else None,
                "without_value": int(beside["value"].isna().sum()),
            }
        )
    return pd.DataFrame(rows, columns=list(_BREAK_COLUMNS))
