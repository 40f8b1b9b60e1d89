"""Which of the regions of a whole city become priority areas? And the bounds that no division can keep."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from spatial.errors import ParameterError
from spatial.parameters import require_number, require_whole_number
from spatial.regions.opinions.result import SecondOpinion, opinion_of
from spatial.regions.opinions.subject import Floats, Integers, Subject

__all__ = [
    "most_regions",
    "opinion_of_partition",
    "require_number_of_regions",
    "require_residents",
    "within_squares",
]


def require_residents(subject: Subject, least_residents: float) -> float:
    """Return the least residents per region; refuse what a connected piece of the city does not have.

    Parameters
    ----------
    subject : Subject
        Residents and neighbours.
    least_residents : float
        Of each region. [persons]

    Returns
    -------
    float

    Raises
    ------
    ParameterError
        If it is no number of at least 0, or a piece of the city without a border to the rest has fewer residents: the
        message names an area of it, and what would do.

    Examples
    --------
    >>> from spatial.neighbours import NeighbourGraph
    >>> from spatial.regions.opinions.subject import subject_of
    >>> ids = ["a", "b", "c", "d"]
    >>> row = NeighbourGraph(
    ...     area_id=pd.Index(ids), first=np.arange(3), second=np.arange(1, 4), border=np.full(3, 50.0))
    >>> city = subject_of(pd.Series([2.0, 1.8, 0.3, 0.0], ids), pd.Series(100, ids), row)
    >>> require_residents(city, 400)
    400.0
    """
    least = require_number(
        "least_residents",
        least_residents,
        "a finite number of persons, at least 0",
        lambda x: 0 <= x < np.inf,
    )
    piece = subject.pieces()
    residents = np.bincount(piece, subject.people) if len(piece) else np.zeros(0)
    if len(residents) and residents.min() < least:
        smallest = int(residents.argmin())
        members = np.flatnonzero(piece == smallest)
        raise ParameterError(
            "least_residents",
            least,
            f"at most {residents[smallest]:.10g}: {subject.area_id[members[0]]} is connected with no more residents "
            f"({len(members)} area(s)); link it to the rest or leave it out",
        )
    return least


def require_number_of_regions(subject: Subject, regions: int, least_residents: float) -> int:
    """Return the number of regions; refuse what no division of the city can have.

    Parameters
    ----------
    subject : Subject
        Residents and neighbours.
    regions : int
        Number of regions.
    least_residents : float
        Of each region. [persons]

    Returns
    -------
    int

    Raises
    ------
    ParameterError
        If it is below the number of connected pieces of the city, or above the number of areas, or of regions that
        there are residents for.

    Examples
    --------
    >>> from spatial.neighbours import NeighbourGraph
    >>> from spatial.regions.opinions.subject import subject_of
    >>> ids = ["a", "b", "c", "d"]
    >>> row = NeighbourGraph(
    ...     area_id=pd.Index(ids), first=np.arange(3), second=np.arange(1, 4), border=np.full(3, 50.0))
    >>> city = subject_of(pd.Series([2.0, 1.8, 0.3, 0.0], ids), pd.Series(100, ids), row)
    >>> require_number_of_regions(city, 2, 150.0)
    2
    """
    number = require_whole_number("regions", regions, "a whole number of at least 1", least=1)
    piece = subject.pieces()
    pieces = int(piece.max(initial=-1)) + 1
    if number < pieces:
        raise ParameterError(
            "regions", number, f"at least {pieces}: the city has so many pieces without a border between them"
        )
    if number > len(piece):
        raise ParameterError("regions", number, f"at most {len(piece)}, the number of areas")
    most = most_regions(subject, least_residents)
    if number > most:
        raise ParameterError(
            "regions",
            number,
            f"at most {most} with least_residents of {least_residents:.10g}: there are no residents for more",
        )
    return number


def most_regions(subject: Subject, least_residents: float) -> int:
    """Return a number of regions that no division with so many residents per region exceeds.

    Parameters
    ----------
    subject : Subject
        Residents and neighbours.
    least_residents : float
        Of each region. [persons]

    Returns
    -------
    int
        Counted in each connected piece of the city.

    Examples
    --------
    >>> from spatial.neighbours import NeighbourGraph
    >>> from spatial.regions.opinions.subject import subject_of
    >>> ids = ["a", "b", "c", "d"]
    >>> row = NeighbourGraph(
    ...     area_id=pd.Index(ids), first=np.arange(3), second=np.arange(1, 4), border=np.full(3, 50.0))
    >>> city = subject_of(pd.Series([2.0, 1.8, 0.3, 0.0], ids), pd.Series(100, ids), row)
    >>> most_regions(city, 150.0)
    2
    """
    piece = subject.pieces()
    areas = np.bincount(piece)
    if least_residents <= 0:
        return int(areas.sum())
    residents = np.bincount(piece, subject.people)
    # A sum of floats may lie below the whole number that it is.
    return int(np.minimum(areas, np.floor(residents / least_residents * (1 + 1e-12))).sum())


def within_squares(label: Integers, need: Floats) -> float:
    """Return the sum of squared differences of the need from the mean of its region [index points²].

    Parameters
    ----------
    label : array of int, shape (n_areas,)
        Number of the region of each area, all at least 0.
    need : array of float, shape (n_areas,)
        Need, NaN where it is not known. [index points]

    Returns
    -------
    float
        Areas of unknown need count for nothing.

    Examples
    --------
    >>> within_squares(np.array([0, 0, 1]), np.array([1.0, 3.0, 5.0]))
    2.0
    """
    known = ~np.isnan(need)
    number = np.bincount(label[known])
    mean = np.bincount(label[known], need[known]) / np.maximum(number, 1)
    return float(((need[known] - mean[label[known]]) ** 2).sum())


def opinion_of_partition(
    subject: Subject,
    label: Integers,
    threshold: float,
    *,
    method: str,
    parameters: Mapping[str, object],
    found: Mapping[str, float] | None = None,
    seed: int | None = None,
) -> SecondOpinion:
    """Call those regions of a division priority areas whose mean need lies above the threshold.

    Parameters
    ----------
    subject : Subject
        What was divided.
    label : array of int, shape (n_areas,)
        Number of the region of each area.
    threshold : float
        Mean need, weighted by the residents of known need, above which a region is one. [index points]
    method : str
        Name of the method.
    parameters : mapping of str to object
        Options of the method beside the threshold.
    found : mapping of str to float, optional
        What else was found out about the division.
    seed : int, optional
        What the random numbers came from.

    Returns
    -------
    SecondOpinion
        Figures `part`, the region of the division that an area lies in, and `part_need`, the mean need of that region,
        NaN where nobody of known need lives. Found: `parts`, the number of regions of the division, and
        `within_squares`, the sum of squared differences of the need from the mean of its region [index points²].

    Examples
    --------
    >>> from spatial.neighbours import NeighbourGraph
    >>> from spatial.regions.opinions.subject import subject_of
    >>> ids = ["a", "b", "c", "d"]
    >>> row = NeighbourGraph(
    ...     area_id=pd.Index(ids), first=np.arange(3), second=np.arange(1, 4), border=np.full(3, 50.0))
    >>> city = subject_of(pd.Series([2.0, 1.8, 0.3, 0.0], ids), pd.Series(100, ids), row)
    >>> halves = np.array([0, 0, 1, 1])
    >>> opinion_of_partition(city, halves, 1.0, method="halves", parameters={}).to_frame()["region_id"].tolist()
    ['1', '1', <NA>, <NA>]
    """
    known = subject.is_known
    weight = np.where(known, subject.people, 0.0)
    total = np.bincount(label, weight)
    weighted = np.bincount(label, weight * np.where(known, subject.need, 0.0))
    mean = np.full(len(total), np.nan)
    np.divide(weighted, total, out=mean, where=total > 0)
    part = subject.region_ids(label)
    figures = pd.DataFrame({"part": part, "part_need": mean[label]}, index=subject.area_id)
    region = part.where(mean[label] > threshold, pd.NA)
    squares = within_squares(label, subject.need)
    return opinion_of(
        subject,
        region,
        figures,
        method=method,
        parameters={"threshold": threshold, **parameters},
        found={"parts": int(label.max(initial=-1)) + 1, **(found or {}), "within_squares": squares},
        seed=seed,
    )
