"""Who lives in the sample city: how many people each block holds, and which shares of them, year by year.

Rates come from the kind of housing, the named places of the plan, smooth surfaces over the city and what happened in
the years: growth, a gentrifying inner west and east, an ageing estate, refugees in 2015 and 2022, the labour market.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from etl.sample_city.blocks import UNINHABITED, Blocks, Use
from etl.sample_city.parameters import SampleCityParameters
from etl.sample_city.plan import CityPlan, SmoothField

__all__ = ["Rates", "expected_rates"]

Grid = NDArray[np.float64]  # shape (n_blocks, n_years)

_RESIDENTS_PER_BLOCK = 200  # on average over all blocks, those without residents included
_LARGEST = 1900.0  # residents of one block
_FARMS = 0.18  # share of field blocks in which somebody lives

# By use, in the order of `Use`: residents per hectare, persons per household, m² per dwelling, and the shares of
# under-18s, over-64s and residents with migration background at the beginning and the end of the years.
_DENSITY = np.array([0, 0, 0, 0, 0, 0, 0.3, 75, 170, 115, 85, 42, 30, 150])
_HOUSEHOLD = np.array([2, 2, 2, 2, 2, 2, 2.5, 1.6, 1.72, 1.85, 1.85, 2.3, 2.4, 1.9])
_DWELLING = np.array([80, 80, 80, 80, 80, 80, 115, 68, 66, 58, 62, 98, 108, 76])
_SHARES = {
    # use: (under 18 first, last), (65+ first, last), (migration background first, last)
    Use.FIELD: ((0.15, 0.16), (0.22, 0.26), (0.02, 0.03)),
    Use.OLD_TOWN: ((0.09, 0.12), (0.16, 0.14), (0.16, 0.27)),
    Use.INNER: ((0.145, 0.19), (0.13, 0.105), (0.12, 0.21)),
    Use.ESTATE: ((0.14, 0.19), (0.31, 0.26), (0.12, 0.27)),
    Use.GARDEN: ((0.125, 0.15), (0.29, 0.26), (0.07, 0.13)),
    Use.FAMILY: ((0.16, 0.165), (0.23, 0.265), (0.03, 0.06)),
    Use.VILLAGE: ((0.165, 0.165), (0.20, 0.26), (0.02, 0.04)),
    Use.DEVELOPMENT: ((0.22, 0.21), (0.05, 0.07), (0.14, 0.19)),
}
_NOBODY = ((0.0, 0.0),) * 3
# Logit of the unemployed among those aged 15 to under 65, by use, in a year of average labour market.
_NEED = {
    Use.FIELD: -3.4,
    Use.OLD_TOWN: -2.9,
    Use.INNER: -2.75,
    Use.ESTATE: -1.75,
    Use.GARDEN: -2.7,
    Use.FAMILY: -3.35,
    Use.VILLAGE: -3.45,
    Use.DEVELOPMENT: -3.1,
}
_YEARS = (2012, 2013, 2014, 2015, 2016, 2017, 2018, 2019, 2020, 2021, 2022, 2023)
_LABOUR_MARKET = (0.42, 0.36, 0.30, 0.22, 0.14, 0.03, -0.10, -0.18, 0.05, -0.02, -0.08, 0.00)
_CITY_GROWTH = (0.0, 0.10, 0.22, 0.36, 0.50, 0.60, 0.68, 0.75, 0.79, 0.83, 0.94, 1.0)
_ARRIVALS = (0.0, 0.06, 0.14, 0.32, 0.50, 0.58, 0.64, 0.70, 0.73, 0.76, 0.93, 1.0)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rates:
    """Expected residents and shares (0–1) per block and year, shape (n_blocks, n_years).

    `household_size` [persons] and `dwelling_size` [m²] are per block.
    """

    residents: Grid
    under_18: Grid
    over_64: Grid
    migration: Grid
    unemployed: Grid
    child_poverty: Grid
    old_age_poverty: Grid
    single_parents: Grid
    singles: Grid
    household_size: NDArray[np.float64]
    dwelling_size: NDArray[np.float64]


def expected_rates(
    plan: CityPlan, blocks: Blocks, parameters: SampleCityParameters, rng: np.random.Generator
) -> Rates:
    """Return what is to be expected in each block and year, before chance decides about single people."""
    years = np.array(parameters.periods, dtype=float)
    growth, arrivals = np.interp(years, _YEARS, _CITY_GROWTH), np.interp(years, _YEARS, _ARRIVALS)
    labour = np.interp(years, _YEARS, _LABOUR_MARKET)
    u, use = plan.in_radii(blocks.middle), blocks.use
    east, pocket = plan.east.near(u), plan.pocket.near(u)
    west, young = plan.creative_west.near(u), plan.young_estate.near(u)
    south, villas = plan.student_south.near(u), plan.villa_quarter.near(u)
    street = _near_street(plan, blocks)
    broad = SmoothField(rng, 0.10 * plan.radius)(blocks.middle)
    fine = SmoothField(rng, 0.035 * plan.radius)(blocks.middle)
    drift = SmoothField(rng, 0.09 * plan.radius)(blocks.middle)
    own = rng.normal(size=(4, len(blocks)))

    def over_years(group: int) -> Grid:
        shares = np.array([_SHARES.get(kind, _NOBODY)[group] for kind in Use])[use]
        return np.outer(shares[:, 0], 1 - growth) + np.outer(shares[:, 1], growth)

    need = np.array([_NEED.get(kind, -3.0) for kind in Use])[use]
    need = need + 0.20 * broad + 0.16 * fine + 0.22 * own[0]
    need += 1.15 * east * (1 - pocket) - 1.1 * pocket + 0.3 * young + 0.75 * street
    need += 0.25 * west - 0.55 * villas - 0.2 * south
    slope = 0.12 * drift - 0.45 * east * (1 - pocket) - 0.75 * west - 0.25 * south + 0.50 * young
    slope += np.where(use == Use.ESTATE, 0.18, 0.0)
    logit = need[:, None] + np.outer(slope, growth) + labour + 0.05 * _wander(rng, len(blocks), len(years))
    relative = logit - labour

    migration = over_years(2) * np.exp(0.20 * fine + 0.18 * own[1])[:, None]
    migration *= 1 + np.outer(
        2.1 * east * (1 - 0.6 * pocket) + 0.9 * street + 0.5 * young, np.ones(len(years))
    )
    migration *= 1 + np.outer(np.where(use == Use.ESTATE, 0.25, 0.0) + 0.15 * east, arrivals)
    young_mix = np.exp(0.10 * fine + 0.10 * own[2] + 0.16 * east + 0.10 * south)[:, None]
    old_mix = 0.16 * broad - 0.10 * own[2] - 0.35 * east - 0.3 * south
    return Rates(
        residents=_residents(plan, blocks, growth, own[3], rng),
        under_18=np.clip(over_years(0) * young_mix, 0.0, 0.32),
        over_64=np.clip(over_years(1) * np.exp(old_mix)[:, None], 0.0, 0.55),
        migration=np.clip(migration, 0.005, 0.72),
        unemployed=_expit(logit),
        child_poverty=_expit(1.35 * relative + 2.3 + 0.6 * labour - 0.15 * growth),
        old_age_poverty=_expit(1.2 * relative + 0.25 + 0.25 * growth),
        single_parents=_expit(0.45 * relative + 0.35 - 0.1 * growth),
        singles=np.clip(1.12 - 0.30 * _HOUSEHOLD[use], 0.2, 0.7)[:, None] * np.ones(len(years)),
        household_size=_HOUSEHOLD[use] * np.exp(0.04 * own[2]),
        dwelling_size=_DWELLING[use] * np.exp(0.07 * own[3] - 0.05 * broad),
    )


def _residents(
    plan: CityPlan,
    blocks: Blocks,
    growth: NDArray[np.float64],
    own: NDArray[np.float64],
    rng: np.random.Generator,
) -> Grid:
    """Return expected residents; the sum over the city in the last year is set, the growth depends on the place."""
    u, use = plan.in_radii(blocks.middle), blocks.use
    east, west, young = plan.east.near(u), plan.creative_west.near(u), plan.young_estate.near(u)
    full = _DENSITY[use] * blocks.size / 1e4 * np.exp(0.22 * own)
    full[np.isin(use, UNINHABITED)] = 0.0
    full[(use == Use.FIELD) & (rng.uniform(size=len(use)) >= _FARMS)] = 0.0
    full *= _RESIDENTS_PER_BLOCK * len(blocks) / full.sum()
    full = np.where(full > 0, np.clip(full, 4.0, _LARGEST), 0.0)
    rise = np.array([0, 0, 0, 0, 0, 0, 0.0, 0.22, 0.24, 0.02, 0.07, 0.12, 0.10, 0.0])[use]
    rise = rise + 0.22 * east + 0.12 * west + 0.10 * young
    level = 1 - np.outer(rise / (1 + rise), 1 - growth)
    # The estate shrinks before the refugees come; disused sites are built on one after the other.
    level -= np.outer((use == Use.ESTATE) * 0.05, np.clip(4 * growth * (1 - growth), 0, 1))
    begins = rng.uniform(0.35, 0.9, len(use))
    site = use == Use.DEVELOPMENT
    level[site] = np.clip((growth[None, :] - begins[site, None]) / 0.25, 0, 1)
    residents = full[:, None] * level * np.exp(0.025 * _wander(rng, len(use), len(growth)))
    return np.where(residents > 0, np.maximum(residents, 4.0), 0.0)


def _near_street(plan: CityPlan, blocks: Blocks) -> NDArray[np.float64]:
    """Return 1 along the high street, falling to 0 within some 300 m."""
    distance = np.full(len(blocks), np.inf)
    for point in plan.street[40::8]:
        np.minimum(distance, np.hypot(*(blocks.middle - point).T), out=distance)
    return np.exp(-((distance / 190.0) ** 2))


def _wander(rng: np.random.Generator, rows: int, years: int) -> Grid:
    """Return noise that is alike from one year to the next, with standard deviation 1."""
    noise = rng.normal(size=(rows, years))
    for year in range(1, years):
        noise[:, year] = 0.85 * noise[:, year - 1] + np.sqrt(1 - 0.85**2) * noise[:, year]
    return noise


def _expit(logit: Grid) -> Grid:
    return 1.0 / (1.0 + np.exp(-logit))
