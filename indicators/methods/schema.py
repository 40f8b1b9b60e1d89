"""What a method *is*: the parts of a method file as frozen data, each refusing what contradicts itself."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from indicators.definition import Indicator
from indicators.methods.errors import FieldError, suggestion
from indicators.methods.steps import Shrinkage, Step

__all__ = [
    "Change",
    "Classes",
    "Combine",
    "Combined",
    "Dynamics",
    "Index",
    "Input",
    "Method",
    "Minimum",
    "OnCut",
    "Validity",
]

Combine = Literal["sum", "mean", "weighted_sum", "weighted_mean"]
Change = Literal["difference", "ratio", "given"]
Missing = Literal["exclude", "leave_out", "mean"]
OnCut = Literal["lower", "upper", "nearer_to_zero"]
Need = Literal["higher_is_more_need", "lower_is_more_need"]

_DEEPEST = 100
_LARGEST_WEIGHT = 1e100  # so that sums of weighted values stay numbers
_TOLERANCE = 1e-9  # of sums of weights, which are decimal fractions


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """One thing that goes into an index: an indicator, or another index of the same method.

    `direction`: what more of the indicator means; when the steps do not turn it around by themselves, the value
    is negated first. Not asked of an index, which knows its own. `missing`: areas without a value are left
    out of the whole computation ("exclude"), get the mean of the input's values ("mean") or a fixed number, or
    are computed from the other inputs ("leave_out", in means only).
    """

    id: str
    weight: float = 1.0
    direction: Need | None = None
    transform: tuple[Step, ...] = ()
    missing: Missing | float = "exclude"

    def __post_init__(self) -> None:
        """Refuse weights and fillings that are no numbers."""
        if not (math.isfinite(self.weight) and self.weight > 0):
            raise FieldError(("weight",), f"weight is {self.weight:g}; give a number above 0")
        if self.weight > _LARGEST_WEIGHT:
            raise FieldError(("weight",), f"weight is {self.weight:g}; give at most {_LARGEST_WEIGHT:g}")
        if isinstance(self.missing, float | int) and not math.isfinite(self.missing):
            raise FieldError(("missing",), "give a finite number, or exclude, leave_out or mean")
        for position, step in enumerate(self.transform):
            if isinstance(step, Shrinkage) and position:
                raise FieldError(("transform", position), "shrinkage must be the first step")


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """A quantity put together from inputs: a domain, a theme, a sum, or the result itself.

    `weights_sum`: what the weights must add up to, if that is said. `then`: steps on the combination.
    """

    id: str
    inputs: tuple[Input, ...]
    combine: Combine
    title_de: str = ""
    title_en: str = ""
    weights_sum: float | None = None
    then: tuple[Step, ...] = ()

    def __post_init__(self) -> None:
        """Refuse an index that cannot be put together as it says."""
        if not self.inputs:
            raise FieldError(("input",), f"index {self.id!r} has no input; give at least one")
        names = [one.id for one in self.inputs]
        for position, name in enumerate(names):
            if name in names[:position]:
                raise FieldError(("input", position, "id"), f"{name!r} is there twice; name each input once")
        weights = [one.weight for one in self.inputs]
        is_weighted = self.combine in ("weighted_sum", "weighted_mean")
        if not is_weighted and any(weight != 1 for weight in weights):
            position = next(number for number, weight in enumerate(weights) if weight != 1)
            raise FieldError(
                ("input", position, "weight"),
                f'a {self.combine} has no weights; write combine = "weighted_{self.combine}"',
            )
        if self.weights_sum is not None and abs(math.fsum(weights) - self.weights_sum) > _TOLERANCE:
            raise FieldError(
                ("weights_sum",),
                f"the weights of {self.id!r} add up to {math.fsum(weights):.10g}, not to {self.weights_sum:g}; "
                "correct a weight or the sum",
            )
        for position, one in enumerate(self.inputs):
            if one.missing == "leave_out" and self.combine not in ("mean", "weighted_mean"):
                raise FieldError(
                    ("input", position, "missing"),
                    f"leave_out needs a mean, not a {self.combine}: a sum of fewer inputs is another quantity",
                )
        for position, step in enumerate(self.then):
            if isinstance(step, Shrinkage):
                raise FieldError(("then", position), "shrinkage works on an indicator, not on an index")


@dataclass(frozen=True, slots=True, kw_only=True)
class Minimum:
    """Least value of an indicator (residents, a denominator) for an area to be valid."""

    indicator: str
    at_least: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Validity:
    """Which areas take part, and what the others are called.

    Every input without a filling must be known; so must `required`, which may name further indicators.
    `minimum_areas`: fewest valid areas, in each universe, for which anything is computed.
    """

    required: tuple[str, ...] = ()
    minimum: tuple[Minimum, ...] = ()
    minimum_areas: int = 2
    label_de: str = "nicht klassifiziert"
    label_en: str = "not classified"

    def __post_init__(self) -> None:
        """Refuse to standardise a single area."""
        if self.minimum_areas < 2:
            raise FieldError(
                ("minimum_areas",), f"minimum_areas is {self.minimum_areas}; at least two areas are needed"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Classes:
    """How a number becomes a class: by `cuts`, or into `groups` of equal size by rank (10: deciles).

    `on_cut`: which class a value exactly on a cut belongs to. `class_1`: whether class 1 is the least or the
    most need; the labels are in the order of the class numbers.
    """

    labels_de: tuple[str, ...]
    labels_en: tuple[str, ...]
    cuts: tuple[float, ...] = ()
    groups: int | None = None
    on_cut: OnCut = "lower"
    class_1: Literal["least_need", "most_need"] = "least_need"

    def __post_init__(self) -> None:
        """Refuse cuts out of order and labels that do not fit."""
        if bool(self.cuts) == (self.groups is not None):
            raise FieldError((), "give either cuts or groups")
        for position, cut in enumerate(self.cuts):
            if not math.isfinite(cut):
                raise FieldError(("cuts", position), f"cut {cut} is not finite; leave it out")
            if position and cut <= self.cuts[position - 1]:
                is_whole = float(self.cuts[position - 1]).is_integer()  # [0,5, 1.5] is 0, 5 and 1.5
                comma = " (a decimal point, not a comma: 0.5)" if is_whole else ""
                raise FieldError(
                    ("cuts", position),
                    f"cut {cut:g} comes after {self.cuts[position - 1]:g}; give the cuts in rising order{comma}",
                )
        if self.groups is not None and self.groups < 2:
            raise FieldError(("groups",), f"groups is {self.groups}; give at least 2")
        for name in ("labels_de", "labels_en"):
            labels = getattr(self, name)
            if len(labels) != self.count:
                raise FieldError((name,), f"{self.count} classes need {self.count} labels, not {len(labels)}")

    @property
    def count(self) -> int:
        """Number of classes."""
        return len(self.cuts) + 1 if self.groups is None else self.groups


@dataclass(frozen=True, slots=True, kw_only=True)
class Dynamics:
    """What changed over `years`, by the same machinery as the status.

    `change`: later minus earlier ("difference", of percentages: percentage points), later divided by earlier
    ("ratio"), or the indicators are changes as published ("given").
    """

    years: int
    change: Change
    indices: tuple[Index, ...]
    result: str = ""
    classes: Classes | None = None

    def __post_init__(self) -> None:
        """Put the indices in the order of their computation; refuse what cannot be computed."""
        if self.years < 1:
            raise FieldError(("years",), f"years is {self.years}; give at least 1")
        _settle(self)

    @property
    def indicators(self) -> tuple[str, ...]:
        """Ids of the indicators whose change is taken, in the order of their first use."""
        return _indicators(self.indices)


@dataclass(frozen=True, slots=True, kw_only=True)
class Combined:
    """Names of the pairs of classes: one row per status class, one column per class of the dynamics."""

    codes: tuple[tuple[str, ...], ...] = ()
    labels_de: tuple[tuple[str, ...], ...] = ()
    labels_en: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """A method of index construction, as its file says it.

    `universe`: name of the unit within which ranks, means and groups are formed (the state, for the CDC's
    index); all areas together when left out. `declared`: indicators that the file itself defines. `indices`:
    in the order of their computation. `result`: the index that is the outcome, the last one when left out.
    """

    id: str
    title_de: str
    title_en: str
    indices: tuple[Index, ...]
    source: str = ""
    edition: str = ""
    note_de: str = ""
    note_en: str = ""
    universe: str | None = None
    declared: tuple[Indicator, ...] = ()
    validity: Validity = field(default_factory=Validity)
    result: str = ""
    classes: Classes | None = None
    dynamics: Dynamics | None = None
    combined: Combined | None = None

    def __post_init__(self) -> None:
        """Put the indices in the order of their computation; refuse what cannot be computed."""
        _settle(self)
        if self.combined is None:
            return
        status = self.classes
        dynamics = self.dynamics.classes if self.dynamics else None
        if status is None or dynamics is None:
            raise FieldError(("combined",), "needs classes of the status and of the dynamics")
        for name in ("codes", "labels_de", "labels_en"):
            rows = getattr(self.combined, name)
            if rows and (len(rows) != status.count or any(len(row) != dynamics.count for row in rows)):
                raise FieldError(
                    ("combined", name),
                    f"needs {status.count} rows (status) of {dynamics.count} (dynamics), one for each pair",
                )

    def __repr__(self) -> str:
        classes = f", {self.classes.count} classes" if self.classes else ""
        dynamics = f", dynamics over {self.dynamics.years} year(s)" if self.dynamics else ""
        return (
            f"Method({self.id}: {len(self.indicators)} indicator(s), {len(self.indices)} index(es)"
            f"{classes}{dynamics})"
        )

    @property
    def indicators(self) -> tuple[str, ...]:
        """Ids of the indicators that go into the status, in the order of their first use."""
        return _indicators(self.indices)

    @property
    def columns(self) -> tuple[str, ...]:
        """Ids of everything the status needs: inputs, denominators, what validity asks for."""
        return tuple(dict.fromkeys([*self.indicators, *_denominators(self.indices), *self._asked()]))

    @property
    def dynamics_columns(self) -> tuple[str, ...]:
        """Ids of everything the dynamics need; empty without dynamics."""
        if self.dynamics is None:
            return ()
        own = [*self.dynamics.indicators, *_denominators(self.dynamics.indices)]
        return tuple(dict.fromkeys([*own, *self._asked()]))

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of the larger units that the areas must be told to belong to."""
        indices = [*self.indices, *(self.dynamics.indices if self.dynamics else ())]
        names = [step.towards for step in _shrinkages(indices)]
        return tuple(dict.fromkeys([*([self.universe] if self.universe else []), *names]))

    def pairs(self, language: Literal["de", "en"]) -> tuple[str, ...]:
        """Return the labels of the combined classes 1, 2, …; empty without combined classes."""
        if self.combined is None or self.classes is None or self.dynamics is None:
            return ()
        written = self.combined.labels_de if language == "de" else self.combined.labels_en
        if written:
            return tuple(label for row in written for label in row)
        second = self.dynamics.classes
        labels = [
            () if one is None else one.labels_de if language == "de" else one.labels_en
            for one in (self.classes, second)
        ]
        return tuple(f"{one}, {other}" for one in labels[0] for other in labels[1])

    def to_dict(self) -> dict[str, Any]:
        """Return the method as plain data, for a record of what was computed."""
        return asdict(self)

    def _asked(self) -> list[str]:
        return [*self.validity.required, *(one.indicator for one in self.validity.minimum)]


def _settle(part: Method | Dynamics) -> None:
    """Sort the indices so that each comes after its inputs, and name the result."""
    if not part.indices:
        raise FieldError(("index",), "there is no index; give at least one")
    names = [index.id for index in part.indices]
    for position, name in enumerate(names):
        if name in names[:position]:
            raise FieldError(("index", position, "id"), f"index {name!r} is there twice; name each once")
    if part.result and part.result not in names:
        raise FieldError(("result",), f"there is no index {part.result!r}; {suggestion(part.result, names)}")
    written = {index.id: position for position, index in enumerate(part.indices)}
    ordered = _ordered(part.indices, written)
    _check_directions(ordered, written)
    object.__setattr__(part, "result", part.result or names[-1])
    object.__setattr__(part, "indices", tuple(ordered))


def _ordered(indices: Sequence[Index], written: Mapping[str, int]) -> list[Index]:
    done: dict[str, Index] = {}

    def visit(index: Index, path: list[str]) -> None:
        for position, one in enumerate(index.inputs):
            if one.id not in written or one.id in done:
                continue
            if one.id in path:
                circle = " → ".join([*path[path.index(one.id) :], one.id])
                raise FieldError(
                    ("index", written[index.id], "input", position, "id"),
                    f"the definitions go round in a circle: {circle}; an index cannot be part of itself",
                )
            if len(path) > _DEEPEST:
                raise FieldError(
                    ("index", written[index.id]), f"more than {_DEEPEST} indices inside each other"
                )
            visit(indices[written[one.id]], [*path, one.id])
        done[index.id] = index

    for index in indices:
        if index.id not in done:
            visit(index, [index.id])
    return list(done.values())


def _check_directions(ordered: Sequence[Index], written: Mapping[str, int]) -> None:
    """Refuse inputs that would count against the others, and what only makes sense for an indicator."""
    turned: dict[str, bool] = {}
    for index in ordered:
        for position, one in enumerate(index.inputs):
            place: tuple[str | int, ...] = ("index", written[index.id], "input", position)
            is_index = one.id in turned
            if is_index and one.direction is not None:
                raise FieldError((*place, "direction"), f"{one.id!r} is an index and knows its own direction")
            if is_index and one.missing != "exclude":
                raise FieldError((*place, "missing"), f"{one.id!r} is an index; say it of its inputs")
            if is_index and any(isinstance(step, Shrinkage) for step in one.transform):
                raise FieldError((*place, "transform"), "shrinkage works on an indicator, not on an index")
            starts_low = turned[one.id] if is_index else one.direction == "lower_is_more_need"
            if turns(one.transform) and not starts_low:
                raise FieldError(
                    (*place, "transform"),
                    f"{one.id!r} grows with need, but its steps turn it around; leave one out, add reverse or "
                    'rank_share, or say direction = "lower_is_more_need"',
                )
        turned[index.id] = turns(index.then)


def turns(steps: Sequence[Step]) -> bool:
    """Return whether a chain of steps makes more into less."""
    return sum(step.turns for step in steps) % 2 == 1


def _indicators(indices: Sequence[Index]) -> tuple[str, ...]:
    own = {index.id for index in indices}
    return tuple(dict.fromkeys(one.id for index in indices for one in index.inputs if one.id not in own))


def _shrinkages(indices: Sequence[Index]) -> Iterator[Shrinkage]:
    for index in indices:
        for one in index.inputs:
            yield from (step for step in one.transform if isinstance(step, Shrinkage))


def _denominators(indices: Sequence[Index]) -> list[str]:
    return [step.denominator for step in _shrinkages(indices)]
