"""How has segregation changed, on every level and for every group, and how sure is that? One table for all of it."""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

import numpy as np
import pandas as pd

from spatial.errors import ParameterError
from spatial.neighbours import NeighbourGraph
from spatial.parameters import require_mapping, require_several, require_whole_number
from spatial.segregation.cells import Areas, Cell, Composition, cells_of
from spatial.segregation.counts import Floats
from spatial.segregation.inference import (
    CHUNK,
    estimate_from_replicates,
    significance_from_replicates,
    simulate,
)
from spatial.segregation.inference.tails import require_level
from spatial.segregation.measure import Evaluator, Measure, require_options
from spatial.segregation.places import Places
from spatial.segregation.register import measure

__all__ = ["SeriesPiece", "SeriesPlan", "plan_series", "segregation_series"]

Resampling: TypeAlias = Literal["bootstrap_persons", "person_permutation"]
Options: TypeAlias = Mapping[str, Mapping[str, Any]]

_INTERVAL: Literal["bootstrap_persons"] = "bootstrap_persons"
_INDEPENDENCE: Literal["person_permutation"] = "person_permutation"
# Counts that one piece draws at most: some tenths of a second, so that little is lost with a killed worker.
_DRAWN_AT_ONCE = 1_000_000
_PLAIN = (str, int, float, type(None))


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class SeriesPiece:
    """Replicates `first` to `last` of one cell, with everything that is needed to compute them anywhere."""

    measures: tuple[str, ...]
    options: Mapping[str, Mapping[str, Any]]
    counts: Floats
    places: Places | None
    graph: NeighbourGraph | None
    model: Resampling
    seed: tuple[int, ...]
    first: int
    last: int

    def __repr__(self) -> str:
        return f"SeriesPiece({', '.join(self.measures)}; {self.model}, replicates {self.first}-{self.last})"

    @property
    def key(self) -> str:
        """Fingerprint of everything the values depend on, but for the code."""
        digest = hashlib.sha256()
        told = [(name, sorted(self.options.get(name, {}).items())) for name in self.measures]
        digest.update(repr((told, self.model, self.seed, self.first, self.last, self.counts.shape)).encode())
        for array in (self.counts, *_arrays(self.places), *_arrays(self.graph)):
            digest.update(np.ascontiguousarray(array).tobytes())
        return digest.hexdigest()

    def values(self, workers: int | None = 1) -> Floats:
        """Return the values of all measures for these replicates, shape (n_measures, n_replicates).

        `workers` threads compute (None: as many as are useful), which changes no value.
        """
        return simulate(
            _evaluators(self.measures, self.options, self.places, self.graph),
            self.counts,
            model=self.model,
            seed=self.seed,
            first=self.first,
            last=self.last,
            spatial=self.places is not None or self.graph is not None,
            workers=workers,
        )


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class SeriesPlan:
    """What is to be computed for a table of segregation: independent `pieces`, and the way from their values to the `table`.

    The pieces can be computed in any order, anywhere, on their own; equal seeds give equal numbers.
    """

    replicates: int
    seed: int
    level: float
    options: Options = field(default_factory=dict)
    cells: tuple[Cell, ...] = field(repr=False)

    def __repr__(self) -> str:
        return f"SeriesPlan({len(self.cells)} cells, {self.replicates} replicates, seed {self.seed})"

    def pieces(self) -> Iterator[SeriesPiece]:
        """Return the pieces, in the order of the table."""
        for cell in self.cells:
            for model in (_INTERVAL, _INDEPENDENCE):
                yield from self._pieces(cell, model)

    def table(self, values: Mapping[str, Floats]) -> pd.DataFrame:
        """Put the values of all pieces, by their keys, together to the table that `segregation_series` describes."""
        rows = [row for cell in self.cells for row in self._rows(cell, values)]
        return pd.DataFrame(rows, columns=list(_TABLE)).astype(_TABLE)

    def _pieces(self, cell: Cell, model: Resampling) -> Iterator[SeriesPiece]:
        if not cell.can_be_drawn:
            return
        step = max(_DRAWN_AT_ONCE // cell.counts.counts.size // CHUNK, 1) * CHUNK
        for first in range(0, self.replicates, step):
            yield SeriesPiece(
                measures=cell.measures,
                options={name: self.options[name] for name in cell.measures if name in self.options},
                counts=cell.counts.counts,
                places=cell.places,
                graph=cell.graph,
                model=model,
                seed=(self.seed, cell.number, int(model == _INDEPENDENCE)),
                first=first,
                last=min(first + step, self.replicates),
            )

    def _rows(self, cell: Cell, values: Mapping[str, Floats]) -> Iterator[dict[str, Any]]:
        about = {
            "geography": cell.geography,
            "period": cell.period,
            "group": cell.composition.name,
            "areas": len(cell.counts.area_id),
            "areas_left_out": cell.areas_left_out,
            "residents": float(cell.counts.counts.sum()),
        }
        observed = np.full(len(cell.measures), np.nan)
        if cell.is_defined:
            evaluators = _evaluators(cell.measures, self.options, cell.places, cell.graph)
            # As a stack of one table, so that it is summed in the way of the replicates it is compared with.
            observed = np.array([evaluate(cell.counts.counts[np.newaxis])[0] for evaluate in evaluators])
        drawn = {
            model: np.concatenate([values[piece.key] for piece in self._pieces(cell, model)], axis=1)
            for model in (_INTERVAL, _INDEPENDENCE)
            if self.replicates and cell.can_be_drawn
        }
        for number, name in enumerate(cell.measures):
            row = about | {"measure": name, "dimension": measure(name).dimension, "value": observed[number]}
            if drawn and np.isfinite(observed[number]):
                row |= self._inference(name, float(observed[number]), number, cell, drawn)
            yield row

    def _inference(
        self, name: str, observed: float, number: int, cell: Cell, drawn: Mapping[Resampling, Floats]
    ) -> dict[str, float]:
        options = self.options.get(name, {})
        estimate = estimate_from_replicates(
            name,
            observed,
            drawn[_INTERVAL][number],
            model=_INTERVAL,
            seed=self.seed,
            level=self.level,
            options=options,
        )
        significance = significance_from_replicates(
            name,
            observed,
            drawn[_INDEPENDENCE][number],
            model=_INDEPENDENCE,
            seed=self.seed,
            level=self.level,
            options=options,
        )
        return {
            "corrected": estimate.estimate,
            "ci_low": estimate.ci_low,
            "ci_high": estimate.ci_high,
            "expected": significance.expected,
            "p_value": significance.p_value,
        }


_TABLE = {
    "geography": "str",
    "period": "str",
    "group": "str",
    "dimension": "str",
    "measure": "str",
    "value": "float64",
    "ci_low": "float64",
    "ci_high": "float64",
    "corrected": "float64",
    "expected": "float64",
    "p_value": "float64",
    "areas": "int64",
    "areas_left_out": "int64",
    "residents": "float64",
}


def segregation_series(
    counts: pd.DataFrame,
    compositions: Sequence[Composition],
    *,
    measures: Sequence[str] = ("dissimilarity",),
    options: Options | None = None,
    areas: Areas | None = None,
    replicates: int = 1000,
    seed: int = 0,
    level: float = 0.95,
) -> pd.DataFrame:
    """Measure segregation in every period, on every level, for every group, with intervals.

    Parameters
    ----------
    counts : DataFrame
        One row per count, with `geography` (level of areas), `period`, `area_id`, `group` and `count` [persons].
        The total is a group, too. A count that is missing or suppressed is NaN.
    compositions : sequence of Composition
        Which groups are looked at within which total.
    measures : sequence of str, default ("dissimilarity",)
        Names of `available()` that give one number for groups without an order. Those of two groups are computed
        for compositions of one group; those that carry one of them over to several groups (multigroup_…) for
        compositions of several groups; the others for both.
    options : mapping of str to mapping, optional
        Options of measures, by the measure's name.
    areas : mapping of str to Index, GeoSeries, GeoDataFrame or Places, optional
        All areas of a level; as geometry where a measure needs it. Default: the areas that `counts` names.
    replicates : int, default 1000
        Resamples for the interval, and as many for chance; 0 leaves those columns empty.
    seed : int, default 0
        Seed of all resamples; every cell of the table has its own stream, whatever else is computed.
    level : float, default 0.95
        Level of the interval.

    Returns
    -------
    DataFrame
        One row per level, period, group and measure, in the order of `geography` in `counts`, then period,
        composition and measure: `geography`, `period`, `group` (name of the composition), `dimension`
        (evenness, exposure, …), `measure`, `value`, `ci_low`, `ci_high` (of the corrected value), `corrected`
        (without the bias that small counts bring), `expected` (mean when the same people lived where they do
        by chance), `p_value` (two-sided, of that chance), `areas`, `areas_left_out` (a count is missing or
        suppressed), `residents` (the total in `areas`). NaN where the measure is undefined; without interval
        and chance where counts are not whole persons.

    Raises
    ------
    ParameterError
        If a measure is unknown, has no composition or gives more than one number; a group or total of a
        composition has no row; geometry is needed and absent; or a number or an option is out of range.
    CountsError
        If a count is given twice, infinite or negative, or groups exceed their total.

    Notes
    -----
    The table is a function of the counts that are given. An area of which one count is suppressed is left
    out with all its counts, so that nothing follows from the table that did not follow from `counts`.

    Resamples for the interval draw the persons of each area and group anew from the shares found (size of the
    city fixed); those for chance give the same persons to the same dwellings at random (residents of each area
    and size of each group fixed).

    Examples
    --------
    >>> counts = pd.DataFrame(
    ...     [("city", "2022", area, group, count) for area, group, count in
    ...      [("00", "young", 10), ("00", "all", 100), ("01", "young", 30), ("01", "all", 100)]],
    ...     columns=["geography", "period", "area_id", "group", "count"],
    ... )
    >>> table = segregation_series(counts, [Composition(name="young", groups=("young",), total="all")])
    >>> round(float(table.loc[0, "value"]), 4)
    0.3125
    """
    plan = plan_series(
        counts,
        compositions,
        measures=measures,
        options=options,
        areas=areas,
        replicates=replicates,
        seed=seed,
        level=level,
    )
    return plan.table({piece.key: piece.values(workers=None) for piece in plan.pieces()})


def plan_series(
    counts: pd.DataFrame,
    compositions: Sequence[Composition],
    *,
    measures: Sequence[str] = ("dissimilarity",),
    options: Options | None = None,
    areas: Areas | None = None,
    replicates: int = 1000,
    seed: int = 0,
    level: float = 0.95,
) -> SeriesPlan:
    """Divide a table of segregation into pieces that can be computed anywhere.

    Parameters
    ----------
    counts, compositions, measures, options, areas, replicates, seed, level
        As for `segregation_series`.

    Returns
    -------
    SeriesPlan
        With `pieces()`, each to be computed by its `values()`, and `table(values by key)`.

    Raises
    ------
    ParameterError, CountsError
        As for `segregation_series`.

    Examples
    --------
    >>> counts = pd.DataFrame(
    ...     [("city", "2022", area, group, count) for area, group, count in
    ...      [("00", "young", 10), ("00", "all", 100), ("01", "young", 30), ("01", "all", 100)]],
    ...     columns=["geography", "period", "area_id", "group", "count"],
    ... )
    >>> plan = plan_series(counts, [Composition(name="young", groups=("young",), total="all")])
    >>> [(piece.model, piece.last) for piece in plan.pieces()]
    [('bootstrap_persons', 1000), ('person_permutation', 1000)]
    """
    replicates = require_whole_number("replicates", replicates, "a whole number of at least 0")
    seed = require_whole_number("seed", seed, "a whole number of at least 0")
    level = require_level(level)
    entries = [measure(name) for name in require_several("measures", measures, "a list of measures")]
    told = {
        name: require_mapping("options", given, f"the options of {name} by their names")
        for name, given in require_mapping("options", options, "options by measures").items()
    }
    names = [entry.id for entry in entries]
    if len(set(names)) != len(names):
        raise ParameterError("measures", names, "each measure once")
    surplus = sorted(set(told) - set(names), key=str)
    if surplus:
        raise ParameterError("options", surplus, "options of measures that are computed")
    for entry in entries:
        _require_usable(entry, told.get(entry.id, {}))
    places = require_mapping("areas", areas, "the areas of each level, by its name")
    cells = tuple(cells_of(counts, compositions, entries, places))
    for name in told:
        # Prepared once here, so that a value out of its range is told before the first piece is computed.
        first = next((cell for cell in cells if name in cell.measures and cell.is_defined), None)
        if first is not None:
            _evaluators([name], told, first.places, first.graph)
    return SeriesPlan(replicates=replicates, seed=seed, level=level, options=told, cells=cells)


def _require_usable(found: Measure, options: Mapping[str, Any]) -> None:
    """Refuse measures without one number, and options that are unknown, absent, or no plain values."""
    if found.gives != "number" or found.prepare is None or found.groups == "ordered":
        raise ParameterError(
            "measures", found.id, "measures that give one number for groups without an order"
        )
    require_options(found, options, passed=f"options={{'{found.id}': {{'%s': …}}}}")
    known = set(inspect.signature(found.prepare).parameters) - {"places", "graph"}
    for option, value in options.items():
        if option not in known or not isinstance(value, _PLAIN):
            listed = ", ".join(sorted(known)) or "it has none"
            raise ParameterError(
                "options", {option: value}, f"numbers or names for an option of {found.id}: {listed}"
            )


def _evaluators(
    names: Sequence[str], options: Options, places: Places | None, graph: NeighbourGraph | None
) -> list[Evaluator]:
    found = []
    for name in names:
        entry = measure(name)
        surroundings: dict[str, Any] = {}
        if "geometry" in entry.needs:
            surroundings["places"] = places
        if "graph" in entry.needs:
            surroundings["graph"] = graph
        if entry.prepare is not None:
            found.append(entry.prepare(**surroundings, **options.get(name, {})))
    return found


def _arrays(ground: Places | NeighbourGraph | None) -> list[np.ndarray[Any, Any]]:
    if ground is None:
        return []
    if isinstance(ground, Places):
        return [ground.x, ground.y, *([] if ground.size is None else [ground.size])]
    return [ground.first, ground.second, ground.border, *([] if ground.rim is None else [ground.rim])]
