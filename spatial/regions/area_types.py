"""Blue, red, green: where do several departments see a deficit, where a potential? And where do they meet: overlaps told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from spatial.alignment import align, require_unique
from spatial.errors import CountsError, ParameterError
from spatial.parameters import require_choice, require_whole_number
from spatial.regions.result import PriorityAreas

__all__ = ["SeveralNeed", "TypedAreas", "deficit_need", "typed_areas"]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class SeveralNeed:
    """A need that several disciplines have to agree on.

    `need`, `lower` and `upper` are indexed by area_id [index points]: an area lies above a threshold in at least
    `at_least` disciplines exactly when its need does. `lower` takes missing disciplines as no deficit, `upper` as the
    largest; they differ only where some are missing, and are −∞ and +∞ where nothing is known. `need` is the lower
    bound, and missing where it is −∞. `missing` counts the disciplines that an area lacks.
    """

    need: pd.Series
    lower: pd.Series
    upper: pd.Series
    missing: pd.Series
    at_least: int
    disciplines: tuple[str, ...]

    def __repr__(self) -> str:
        return (
            f"SeveralNeed(at least {self.at_least} of {len(self.disciplines)} disciplines, {len(self.need)} areas, "
            f"{int((self.missing > 0).sum())} with missing ones, {int(self.need.isna().sum())} unknown)"
        )

    def to_frame(self) -> pd.DataFrame:
        """Return one row per area: `need`, `lower`, `upper`, `missing`."""
        return pd.DataFrame(
            {"need": self.need, "lower": self.lower, "upper": self.upper, "missing": self.missing}
        )

    def summary(self) -> pd.DataFrame:
        """Return one row: areas that are certain, that missing disciplines leave open, and that are unknown."""
        unknown = self.need.isna()
        certain = (self.lower == self.upper) & ~unknown
        row = {
            "certain": int(certain.sum()),
            "open": int((~certain & ~unknown).sum()),
            "unknown": int(unknown.sum()),
        }
        return pd.DataFrame([row])


def deficit_need(
    disciplines: pd.DataFrame, *, at_least: int, direction: Mapping[str, str] | None = None
) -> SeveralNeed:
    """Make one need of several: the at_least-th largest of each area.

    Parameters
    ----------
    disciplines : DataFrame of float, shape (n_areas, n_disciplines), indexed by area_id
        One index per discipline, on one scale. [index points] Missing where it is not known.
    at_least : int
        In how many disciplines a deficit (or potential) has to lie above the threshold.
    direction : mapping of str to {"higher", "lower"}, optional
        Which side of each discipline counts; where "lower", its sign is turned. Default: "higher" for all. A
        potential (red, green) is a high value, a deficit (blue) a high need.

    Returns
    -------
    SeveralNeed
        `need` goes into `propose`. To see what missing disciplines could change, propose with `lower` and `upper`
        too (infinite ones set to missing).

    Raises
    ------
    ParameterError
        If there are fewer disciplines than have to agree, or a direction is unknown or of no discipline.
    CountsError
        If a value is infinite.

    Examples
    --------
    The first area has a deficit above 1 in two of three disciplines, the second in one and perhaps in two.

    >>> table = pd.DataFrame({"social": [1.5, 1.2], "health": [1.1, None], "schools": [0.2, 0.4]}, index=["a", "b"])
    >>> both = deficit_need(table, at_least=2)
    >>> both.need.tolist(), both.upper.tolist()
    ([1.1, 0.4], [1.1, 1.2])
    """
    require_unique(disciplines.index, "disciplines")
    number = disciplines.shape[1]
    least = require_whole_number(
        "at_least",
        at_least,
        f"a whole number from 1 to {number}, the disciplines",
        least=1,
        most=max(number, 1),
    )
    if not number:
        raise ParameterError("disciplines", disciplines, "at least one column")
    sides = dict(direction or {})
    strange = [name for name in sides if name not in disciplines.columns]
    if strange:
        raise ParameterError("direction", ", ".join(strange), f"any of {', '.join(map(str, disciplines))}")
    for name, side in sides.items():
        require_choice(f"direction of {name}", side, ("higher", "lower"))
    sign = np.array([-1.0 if sides.get(str(name)) == "lower" else 1.0 for name in disciplines.columns])
    values = disciplines.to_numpy(dtype=float, na_value=np.nan) * sign
    infinite = np.isinf(values).any(axis=1)
    if infinite.any():
        raise CountsError("index infinite", disciplines.index[infinite], "give a number, or leave it missing")
    unknown = np.isnan(values)
    bounds = [
        np.sort(np.where(unknown, other, values), axis=1)[:, number - least] for other in (-np.inf, np.inf)
    ]
    lower, upper = (pd.Series(bound, index=disciplines.index, dtype=float) for bound in bounds)
    return SeveralNeed(
        need=lower.where(np.isfinite(lower)).rename("need"),
        lower=lower.rename("lower"),
        upper=upper.rename("upper"),
        missing=pd.Series(unknown.sum(axis=1), index=disciplines.index, name="missing"),
        at_least=least,
        disciplines=tuple(str(name) for name in disciplines.columns),
    )


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class TypedAreas:
    """Priority areas of several types, which may overlap.

    `region` has one column of region ids per type, `population` [persons] the residents of the same areas; `types`
    names the types of each area, joined by "+", "" for none.
    """

    region: pd.DataFrame
    population: pd.Series
    types: pd.Series

    def __repr__(self) -> str:
        several = self.types.str.contains("+", regex=False)
        told = ", ".join(f"{int(self.region[one].notna().sum())} {one}" for one in self.region)
        return f"TypedAreas({told}; {int(several.sum())} areas of several types)"

    def to_frame(self) -> pd.DataFrame:
        """Return one row per area: the region id per type, `types`, `population`."""
        return self.region.assign(types=self.types, population=self.population)

    def summary(self) -> pd.DataFrame:
        """Return one row per combination of types that occurs: `areas` and `residents`; their sum is all in regions."""
        inside = self.types != ""
        grouped = self.population[inside].groupby(self.types[inside], sort=True)
        return pd.DataFrame({"areas": grouped.size(), "residents": grouped.sum()}).rename_axis("types")

    def overlaps(self) -> pd.DataFrame:
        """Return one row per pair of types: `areas` and `residents` in both, and `share` of the smaller one's residents."""
        names = list(self.region)
        rows = []
        for place, one in enumerate(names):
            for other in names[place + 1 :]:
                first, second = self.region[one].notna(), self.region[other].notna()
                both = float(self.population[first & second].sum())
                smaller = float(min(self.population[first].sum(), self.population[second].sum()))
                rows.append(
                    {
                        "type": one,
                        "other": other,
                        "areas": int((first & second).sum()),
                        "residents": both,
                        "share": both / smaller if smaller > 0 else np.nan,
                    }
                )
        return pd.DataFrame(rows, columns=["type", "other", "areas", "residents", "share"])


def typed_areas(proposals: Mapping[str, PriorityAreas]) -> TypedAreas:
    """Put proposals of several types together, and say where they overlap.

    Parameters
    ----------
    proposals : mapping of str to PriorityAreas
        One per type ("blue", "red", "green"), of the same areas and residents.

    Returns
    -------
    TypedAreas
        On the areas of the first, types in the order given.

    Raises
    ------
    ParameterError
        If there is none, or a type has a "+" in its name.
    AlignmentError, CountsError
        If they are of different areas, or have other residents.

    Examples
    --------
    >>> from spatial.neighbours import NeighbourGraph
    >>> from spatial.regions import propose
    >>> ids = pd.Index(["a", "b"])
    >>> pair = NeighbourGraph(area_id=ids, first=np.array([0]), second=np.array([1]), border=np.array([50.0]))
    >>> made = {name: propose(pd.Series(need, ids), pd.Series(100, ids), pair, threshold=1.0, border_price=0.2)
    ...         for name, need in {"blue": [1.5, 1.2], "red": [1.5, 0.5]}.items()}
    >>> typed_areas(made).summary()["residents"].to_dict()
    {'blue': 100, 'blue+red': 100}
    """
    if not proposals or any(not name or "+" in name for name in proposals):
        raise ParameterError("proposals", ", ".join(proposals), "at least one type, with names without +")
    first = next(iter(proposals.values()))
    names = first.region.index
    columns = {}
    for name, found in proposals.items():
        people = align(found.population, names, f"the proposal {name}")
        other = (people != first.population).to_numpy(dtype=bool)
        if other.any():
            raise CountsError(f"other residents in the proposal {name}", names[other], "use one population")
        columns[name] = align(found.region, names, f"the proposal {name}")
    region = pd.DataFrame(columns, index=names)
    inside = region.notna().to_numpy()
    types = [
        "+".join(name for name, is_in in zip(columns, row, strict=True) if is_in) for row in inside.tolist()
    ]
    return TypedAreas(
        region=region,
        population=first.population.copy(),
        types=pd.Series(types, index=names, name="types", dtype="str"),
    )
