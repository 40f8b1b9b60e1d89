"""Which segregation measures are there, and what does each need? One list for code, documents and users."""

from __future__ import annotations

import difflib

import pandas as pd

from spatial.errors import ParameterError
from spatial.segregation.aspatial import (
    corrected,
    diversity,
    evenness,
    expected,
    exposure,
    information,
    local,
    local_information,
    mixing,
    modified,
    multigroup,
    ordinal,
    rank_order,
    relative_exposure,
)
from spatial.segregation.environments import distortion, spatial_exposure, spatial_measures
from spatial.segregation.measure import Measure
from spatial.segregation.proximity import (
    absolute_clustering,
    clustering,
    distance_decay,
    group_proximity,
    proximity_pairs,
    proximity_profile,
)
from spatial.segregation.territory import (
    boundary,
    centralisation,
    concentration,
    concentration_profile,
    local_centralisation,
)

__all__ = ["MEASURES", "available", "measure"]

_MODULES = (
    evenness,
    mixing,
    corrected,
    expected,
    modified,
    exposure,
    relative_exposure,
    multigroup,
    information,
    diversity,
    concentration,
    concentration_profile,
    centralisation,
    local_centralisation,
    clustering,
    absolute_clustering,
    group_proximity,
    distance_decay,
    proximity_profile,
    proximity_pairs,
    boundary,
    spatial_measures,
    spatial_exposure,
    distortion,
    ordinal,
    rank_order,
    local,
    local_information,
)

MEASURES: tuple[Measure, ...] = tuple(entry for module in _MODULES for entry in module.MEASURES)

_BY_ID = {entry.id: entry for entry in MEASURES}


def measure(name: str) -> Measure:
    """Return a measure by its name.

    Parameters
    ----------
    name : str
        An id of `available()`.

    Returns
    -------
    Measure

    Raises
    ------
    ParameterError
        If there is no such measure; the message names the nearest one, or ours for another package's name.

    Examples
    --------
    >>> measure("dissimilarity")
    Measure(dissimilarity: two groups, needs counts only)
    """
    if not isinstance(name, str):
        raise ParameterError("name", name, "the name of a measure, one of those that available() lists")
    found = _BY_ID.get(name)
    if found is not None:
        return found
    raise ParameterError("name", name, _suggestion(name))


def _suggestion(name: str) -> str:
    for entry in MEASURES:
        for package, theirs in entry.known_as.items():
            if name in (part.strip() for part in theirs.split(",")):
                return f"{entry.id!r} (which is what {package} calls {name})"
    near = difflib.get_close_matches(name.lower(), _BY_ID, n=3, cutoff=0.5)
    return f"one of {', '.join(near)}; available() lists all" if near else "a name that available() lists"


def available() -> pd.DataFrame:
    """List all measures.

    Returns
    -------
    DataFrame, indexed by name
        `title_de`, `title_en`, `dimension`, `groups` ("two", "many", "ordered"), `gives` ("number", "per
        area", …), `needs_geometry`, `needs_graph`, `low`, `high` (NaN: no bound), `citation`, `known_as`.

    Examples
    --------
    >>> available().loc["dissimilarity", "groups"]
    'two'
    """
    rows = [
        {
            "name": entry.id,
            "title_de": entry.title_de,
            "title_en": entry.title_en,
            "dimension": entry.dimension,
            "groups": entry.groups,
            "gives": entry.gives,
            "needs_geometry": "geometry" in entry.needs,
            "needs_graph": "graph" in entry.needs,
            "low": entry.low,
            "high": entry.high,
            "citation": entry.citation,
            "known_as": "; ".join(f"{package}: {theirs}" for package, theirs in entry.known_as.items()),
        }
        for entry in MEASURES
    ]
    frame = pd.DataFrame(rows).set_index("name")
    return frame.astype({"low": float, "high": float})
