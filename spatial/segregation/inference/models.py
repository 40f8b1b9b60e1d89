"""Which random tables is the observed one compared with? The null models and the bootstraps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, TypeAlias

import numpy as np

from spatial.errors import ParameterError
from spatial.parameters import require_choice
from spatial.segregation.counts import Floats, are_whole
from spatial.segregation.inference.sampling import (
    Integers,
    multinomial_deal,
    permutation_of_persons,
    shares_deal,
)

__all__ = ["Draw", "Model", "Null", "Resampling", "require_model", "sampler", "whole_persons"]

Null: TypeAlias = Literal[
    "evenness",
    "systematic",
    "person_permutation",
    "independence",
    "geographic_permutation",
    "even_permutation",
    "systematic_permutation",
]
"""What is held fixed when there is no segregation, or no pattern on the map.

evenness
    Every area keeps its residents; each of them has a group by the city's shares.
systematic
    Every group keeps its members; each of them has an area by the areas' shares of all residents.
person_permutation
    Areas keep their residents and groups their members; persons change places.
independence
    The number of persons alone is fixed; each has a group and an area, independently of each other.
geographic_permutation
    Areas keep their mix and change places on the map; uninhabited areas stay where they are.
even_permutation, systematic_permutation
    The first two, after which the areas change places on the map.
"""

Resampling: TypeAlias = Literal["bootstrap_persons", "bootstrap_areas"]
"""What is drawn anew: persons (with group and area), or whole inhabited areas, with replacement."""

Model: TypeAlias = Literal[Null, Resampling]

Draw: TypeAlias = Callable[[np.random.Generator, Floats], None]
"""(rng, out): fill `out`, shape (n_replicates, n_groups, n_areas), one replicate after the other."""

_MOVES_AREAS = ("geographic_permutation", "even_permutation", "systematic_permutation")


def require_model(model: str, choices: object, *, spatial: bool) -> None:
    """Refuse a model that is unknown, or that does not fit a measure with or without a map.

    Parameters
    ----------
    model : str
        The model asked for.
    choices : type alias
        `Null`, `Resampling` or `Model`.
    spatial : bool
        Whether the measure looks at the map.

    Raises
    ------
    ParameterError
        If the model is unknown; if areas change places for a measure that does not see it, so that every
        replicate would be the observed value; or if areas are drawn with replacement on a map.

    Examples
    --------
    >>> require_model("evenness", Null, spatial=False)
    """
    require_choice("model", model, choices)
    if model in _MOVES_AREAS and not spatial:
        raise ParameterError(
            "model",
            model,
            "another model: this measure does not look at the map, so moving areas changes nothing",
        )
    if model == "bootstrap_areas" and spatial:
        raise ParameterError(
            "model", model, "bootstrap_persons: on the map an area cannot be drawn twice, its place is taken"
        )


def sampler(model: Model, counts: Floats) -> Draw:
    """Prepare the draws of a model.

    Parameters
    ----------
    model : Model
        Null model or bootstrap.
    counts : array of float, shape (n_groups, n_areas)
        Checked counts. What the model holds fixed must be whole: the areas' residents (evenness,
        person_permutation), the groups' members (systematic, person_permutation), or the number of all
        persons (independence, bootstrap_persons). [persons]

    Returns
    -------
    Draw
        Fills replicate after replicate from one stream of random numbers: the same stream gives the same
        replicates, however many are asked for at once.

    Raises
    ------
    ParameterError
        If a number that is held fixed is not whole, or nobody lives in the city.

    Examples
    --------
    >>> out = np.empty((2, 2, 3))
    >>> sampler("evenness", np.array([[1.0, 2.0, 3.0], [4.0, 3.0, 2.0]]))(np.random.default_rng(1), out)
    >>> out.sum(axis=1).tolist()
    [[5.0, 5.0, 5.0], [5.0, 5.0, 5.0]]
    """
    residents, members = counts.sum(axis=0), counts.sum(axis=1)
    if not residents.any():
        raise ParameterError("counts", "nobody", "at least one resident")
    match model:
        case "evenness":
            draw = shares_deal(whole_persons(residents, "residents of an area"), members / members.sum())
        case "person_permutation":
            draw = permutation_of_persons(
                whole_persons(residents, "residents of an area"), whole_persons(members, "members of a group")
            )
        case "systematic":
            draw = _systematic(residents, whole_persons(members, "members of a group"))
        case "independence":
            draw = _independence(residents, members)
        case "bootstrap_persons":
            draw = _cells(counts)
        case "bootstrap_areas":
            draw = _areas(counts)
        case "geographic_permutation":
            draw = _elsewhere(None, counts)
        case "even_permutation":
            draw = _elsewhere(sampler("evenness", counts), counts)
        case "systematic_permutation":
            draw = _elsewhere(sampler("systematic", counts), counts)
    return draw


def _systematic(residents: Floats, members: Integers) -> Draw:
    deal = multinomial_deal(residents)

    def fill(rng: np.random.Generator, out: Floats) -> None:
        for replicate in out:
            for group, persons in enumerate(members):
                replicate[group] = deal(rng, int(persons))

    return fill


def _independence(residents: Floats, members: Floats) -> Draw:
    persons = int(whole_persons(members.sum(keepdims=True), "persons")[0])
    to_group, to_area = multinomial_deal(members), multinomial_deal(residents)

    def fill(rng: np.random.Generator, out: Floats) -> None:
        for replicate in out:
            for group, drawn in enumerate(to_group(rng, persons)):
                replicate[group] = to_area(rng, int(drawn))

    return fill


def _cells(counts: Floats) -> Draw:
    persons = int(whole_persons(counts.sum(keepdims=True), "persons").item())
    deal = multinomial_deal(counts.ravel())

    def fill(rng: np.random.Generator, out: Floats) -> None:
        for replicate in out:
            replicate.reshape(-1)[:] = deal(rng, persons)

    return fill


def _areas(counts: Floats) -> Draw:
    inhabited = np.ascontiguousarray(counts[:, counts.any(axis=0)])
    n_areas = inhabited.shape[1]

    def fill(rng: np.random.Generator, out: Floats) -> None:
        chosen = rng.integers(0, n_areas, size=(len(out), n_areas))
        for replicate, areas in zip(out, chosen, strict=True):
            for drawn, observed in zip(replicate, inhabited, strict=True):
                np.take(observed, areas, out=drawn[:n_areas], mode="clip")
        out[..., n_areas:] = 0.0

    return fill


def _elsewhere(draw: Draw | None, counts: Floats) -> Draw:
    """Let the areas of every draw (or, without one, the observed ones) change places."""
    n_areas = counts.shape[1]
    inhabited = np.flatnonzero(counts.any(axis=0))

    def fill(rng: np.random.Generator, out: Floats) -> None:
        source = counts if draw is None else np.empty_like(counts)
        origin = np.arange(n_areas)
        for replicate in out:
            if draw is not None:
                draw(rng, source[np.newaxis])
            origin[inhabited] = rng.permutation(inhabited)
            for moved, settled in zip(replicate, source, strict=True):
                np.take(settled, origin, out=moved, mode="clip")

    return fill


def whole_persons(numbers: Floats, what: str) -> Integers:
    """Return numbers of persons as integers.

    Parameters
    ----------
    numbers : array of float
        Numbers that are dealt out. [persons]
    what : str
        What they count, for the message.

    Returns
    -------
    array of int, of the same shape

    Raises
    ------
    ParameterError
        If a number is not whole, but for float noise.

    Examples
    --------
    >>> whole_persons(np.array([2.0, 0.1 + 0.2 + 0.7]), "residents").tolist()
    [2, 1]
    """
    apart = ~are_whole(numbers)
    if apart.any():
        raise ParameterError(
            "counts",
            f"{numbers[apart][0]:g} {what}",
            f"whole persons, which this model deals out ({int(apart.sum())} are not, or 2⁵³ and more); "
            "round the counts first",
        )
    return np.rint(numbers).astype(np.int64)
