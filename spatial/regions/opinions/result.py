"""What a second opinion hands back: the same for every method, so that they can be laid side by side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from spatial.regions.opinions.subject import Subject

__all__ = ["SecondOpinion", "opinion_of"]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class SecondOpinion:
    """Regions that another method would call priority areas, with everything needed to repeat it.

    `region` holds the region id of each area that is in a region and <NA> for all others, indexed by area_id in the
    order of the input; `need` [index points] and `population` [persons] are the inputs on the same index. `figures`
    has one row per area on that index: what the method found out about it, see the method; `found` are numbers about
    the whole. `parameters` are all options by their names, `seed` is what the random numbers came from, None where
    there are none.
    """

    region: pd.Series
    need: pd.Series
    population: pd.Series
    figures: pd.DataFrame
    method: str
    parameters: Mapping[str, object]
    found: Mapping[str, float]
    seed: int | None

    def __repr__(self) -> str:
        chosen = self.region.notna()
        options = ", ".join(f"{name} {_shown(value)}" for name, value in self.parameters.items()) or "none"
        found = ", ".join(f"{name} {_shown(value)}" for name, value in self.found.items())
        return (
            f"SecondOpinion({self.region.nunique()} regions, {int(chosen.sum())} of {len(chosen)} areas, "
            f"{self.population[chosen].sum():.0f} residents, {int(self.need.isna().sum())} areas of unknown need, "
            f"{len(self.undefined)} without a figure; {found}; {self.method}: {options}, seed {self.seed})"
        )

    @property
    def undefined(self) -> pd.Series:
        """The areas that the method can say nothing about, with the reason."""
        if "undefined" not in self.figures:
            return pd.Series([], index=self.region.index[:0], dtype="string", name="undefined")
        return self.figures["undefined"].dropna()

    def to_frame(self) -> pd.DataFrame:
        """Return one row per area: `region_id`, `is_member`, `need`, `population`, and the figures of the method."""
        shared = {
            "region_id": self.region,
            "is_member": self.region.notna(),
            "need": self.need,
            "population": self.population,
        }
        return pd.concat([pd.DataFrame(shared), self.figures], axis=1)

    def summary(self) -> pd.DataFrame:
        """Return one row per region: `areas`, `residents`, `mean_need`.

        The mean is weighted by the residents of the areas whose need is known; NaN when there are none.
        """
        is_known = self.need.notna()
        people = self.population.astype(float)
        table = pd.DataFrame(
            {
                "areas": 1,
                "residents": self.population,
                "weight": people.where(is_known, 0.0),
                "weighted": (self.need * people).where(is_known, 0.0),
            }
        )
        total = table.groupby(self.region.rename("region_id")).sum()
        total["mean_need"] = total["weighted"] / total["weight"].where(total["weight"] > 0, np.nan)
        order = np.argsort(total.index.astype(int).to_numpy(), kind="stable")
        return total[["areas", "residents", "mean_need"]].iloc[order]


def _shown(value: object) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def opinion_of(
    subject: Subject,
    region: pd.Series,
    figures: pd.DataFrame,
    *,
    method: str,
    parameters: Mapping[str, object],
    found: Mapping[str, float],
    seed: int | None = None,
) -> SecondOpinion:
    """Put a second opinion together, on the index of the input.

    Parameters
    ----------
    subject : Subject
        What was looked at.
    region : Series of str, shape (n_areas,)
        Region id per area in the order of the subject, <NA> for none.
    figures : DataFrame, shape (n_areas, n_figures)
        What the method found out, in the order of the subject.
    method : str
        Name of the method.
    parameters : mapping of str to object
        All options by their names.
    found : mapping of str to float
        Numbers about the whole.
    seed : int, optional
        What the random numbers came from.

    Returns
    -------
    SecondOpinion

    Examples
    --------
    >>> import numpy as np
    >>> from spatial.neighbours import NeighbourGraph
    >>> from spatial.regions.opinions.subject import subject_of
    >>> ids = ["a", "b", "c", "d"]
    >>> row = NeighbourGraph(
    ...     area_id=pd.Index(ids), first=np.arange(3), second=np.arange(1, 4), border=np.full(3, 50.0))
    >>> city = subject_of(pd.Series([2.0, 1.8, 0.3, 0.0], ids), pd.Series(100, ids), row)
    >>> opinion_of(
    ...     city, city.region_ids(np.array([0, 0, -1, -1])), pd.DataFrame(index=ids), method="by hand", parameters={},
    ...     found={"areas": 2})
    SecondOpinion(1 regions, 2 of 4 areas, 200 residents, 0 areas of unknown need, 0 without a figure; areas 2;
    by hand: none, seed None)
    """
    index = subject.given.index
    return SecondOpinion(
        region=region.reindex(index).rename("region_id"),
        need=subject.given["need"],
        population=subject.given["population"],
        figures=figures.set_axis(subject.area_id, axis=0).reindex(index),
        method=method,
        parameters=dict(parameters),
        found=dict(found),
        seed=seed,
    )
