"""Make a sample city: its areas on all levels, its people over the years, and what may be published of them."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from etl.delivery import REJECTED_COLUMNS, Delivery
from etl.sample_city.blocks import Blocks, Use, build_blocks
from etl.sample_city.confidentiality import withhold
from etl.sample_city.counts import draw_counts
from etl.sample_city.delivery import CITY_KEY, LEVELS, delivery_from, long_values
from etl.sample_city.facilities import build_facilities
from etl.sample_city.hierarchy import Keys, build_hierarchy
from etl.sample_city.names import CITY_DE, area_names, block_name, district_names
from etl.sample_city.nested import Matrix, Nesting
from etl.sample_city.parameters import SRID, SampleCityParameters
from etl.sample_city.people import expected_rates
from etl.sample_city.plan import plan_city
from etl.sample_city.publication import Publication, publish
from etl.sample_city.streets import build_streets
from etl.source import Progress

__all__ = ["SampleCity", "SettledCity", "build_city", "generate", "generate_blocks", "settle"]

# Each part of the work has a random stream of its own, so that a change in one leaves the others as they were.
_STREAMS = ("plan", "blocks", "hierarchy", "names", "people", "counts", "publication", "facilities")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SettledCity:
    """A city with its true counts, which stay in memory: they are neither delivered nor written anywhere."""

    areas: gpd.GeoDataFrame
    layers: dict[str, gpd.GeoDataFrame]
    nesting: Nesting
    values: dict[str, Matrix]
    block_digits: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SampleCity:
    """A made city. `areas` has the columns of a delivery, all levels from the top down, each sorted by key.

    `layers`: facilities and streets by id, with `name`, `kind` and geometry.
    """

    parameters: SampleCityParameters
    areas: gpd.GeoDataFrame
    layers: dict[str, gpd.GeoDataFrame]
    block_digits: int
    publication: Publication


def generate(parameters: SampleCityParameters, progress: Progress) -> Delivery:
    """Make a sample city as a clean delivery; the same parameters give the same delivery."""
    city = build_city(parameters, progress)
    values = long_values(city.areas, city.publication, parameters.periods)
    nothing = pd.DataFrame(columns=list(REJECTED_COLUMNS))
    return delivery_from(city.areas, values, nothing, city.layers, block_digits=city.block_digits)


def build_city(parameters: SampleCityParameters, progress: Progress) -> SampleCity:
    """Make a sample city, published counts only: what is withheld leaves this function as NaN."""
    settled = settle(parameters, progress)
    progress("sample city: confidentiality", 0.8)
    hidden = withhold(settled.values, settled.nesting)
    rng = _streams(parameters.seed)["publication"]
    publication = publish(settled.values, hidden, settled.nesting, rng)
    progress("sample city: done", 1.0)
    return SampleCity(
        parameters=parameters,
        areas=settled.areas,
        layers=settled.layers,
        block_digits=settled.block_digits,
        publication=publication,
    )


def settle(parameters: SampleCityParameters, progress: Progress) -> SettledCity:
    """Lay out a city and let people live in it."""
    streams = _streams(parameters.seed)
    progress("sample city: ground", 0.0)
    plan = plan_city(parameters, streams["plan"])
    blocks = build_blocks(plan, parameters, streams["blocks"])
    progress("sample city: districts", 0.3)
    keys = build_hierarchy(plan, blocks, streams["hierarchy"])
    areas, nesting = _areas(blocks, keys, streams["names"])
    layers = _layers(blocks, keys, areas, streams["facilities"])
    progress("sample city: people", 0.6)
    rates = expected_rates(plan, blocks, parameters, streams["people"])
    drawn = draw_counts(rates, streams["counts"])
    values = {name: nesting.add_up(count[keys.order]) for name, count in drawn.items()}
    return SettledCity(
        areas=areas, layers=layers, nesting=nesting, values=values, block_digits=keys.block_digits
    )


def generate_blocks(blocks: int, seed: int, *, years: int = 1) -> gpd.GeoDataFrame:
    """Return about `blocks` blocks for benchmarks: key, keys above, use, geometry and the twenty counts of each year.

    Nothing is withheld here: benchmarks want full columns. Count columns are called "unemployed_2023".
    """
    parameters = SampleCityParameters(blocks=blocks, seed=seed, first_year=2024 - years, years=years)
    streams = _streams(seed)
    plan = plan_city(parameters, streams["plan"])
    made = build_blocks(plan, parameters, streams["blocks"])
    keys = build_hierarchy(plan, made, streams["hierarchy"])
    drawn = draw_counts(expected_rates(plan, made, parameters, streams["people"]), streams["counts"])
    statistical = _text(keys.statistical_district, 3)
    columns: dict[str, object] = {
        "area_id": _block_keys(keys),
        "statistical_district": statistical,
        "sub_district": _text(keys.sub_district, 2),
        "district": _text(keys.district, 1),
        "use": np.array([use.name.lower() for use in Use])[made.use[keys.order]],
    }
    for name, count in drawn.items():
        for position, year in enumerate(parameters.periods):
            columns[f"{name}_{year}"] = count[keys.order, position]
    return gpd.GeoDataFrame(columns, geometry=made.polygons[keys.order], crs=SRID)


def _streams(seed: int) -> dict[str, np.random.Generator]:
    children = np.random.SeedSequence(seed).spawn(len(_STREAMS))
    return {name: np.random.default_rng(child) for name, child in zip(_STREAMS, children, strict=True)}


def _areas(blocks: Blocks, keys: Keys, rng: np.random.Generator) -> tuple[gpd.GeoDataFrame, Nesting]:
    """Return the areas of all levels, and how they nest."""
    numbers = (keys.district, keys.sub_district, keys.statistical_district)
    distinct = [np.unique(level) for level in numbers]
    geometry = [blocks.polygons[keys.order]]
    members = [np.searchsorted(distinct[2], keys.statistical_district)]
    for finer, coarser in ((distinct[2], distinct[1]), (distinct[1], distinct[0])):
        members.insert(0, np.searchsorted(coarser, finer // 10))
    members.insert(0, np.zeros(len(distinct[0]), dtype=np.int64))
    for parents in reversed(members):
        geometry.insert(0, _dissolve(geometry[0], parents))
    use, size = blocks.use[keys.order], blocks.size[keys.order]
    sub_position = np.searchsorted(distinct[1], keys.sub_district)
    built = np.isin(use, (Use.OLD_TOWN, Use.INNER, Use.GARDEN, Use.FAMILY)) * size
    is_estate = (
        np.bincount(sub_position, weights=blocks.is_estate[keys.order]) > np.bincount(sub_position) / 2
    )
    is_rural = np.bincount(sub_position, weights=built) < 0.2 * np.bincount(sub_position, weights=size)
    sub_names, statistical_names = area_names(
        distinct[1], distinct[2], is_rural=is_rural, is_estate=is_estate & (distinct[1] // 10 == 6), rng=rng
    )
    block_keys = _block_keys(keys)
    texts = [
        np.array([CITY_KEY]),
        *(_text(level, width) for level, width in zip(distinct, (1, 2, 3), strict=True)),
    ]
    names = [[CITY_DE], district_names(distinct[0]), sub_names, statistical_names]
    names.append([block_name(key, kind) for key, kind in zip(block_keys.tolist(), use.tolist(), strict=True)])
    texts.append(block_keys)
    parent_keys: list[object] = [None]
    for level, parents in enumerate(members):
        parent_keys.extend(texts[level][parents].tolist())
    return (
        gpd.GeoDataFrame(
            {
                "geography": np.repeat([level.id for level in LEVELS], [len(level) for level in texts]),
                "area_id": np.concatenate([level.astype(object) for level in texts]),
                "parent_id": pd.Series(parent_keys, dtype=object),
                "name": [name for level in names for name in level],
            },
            geometry=_as_multipolygons(np.concatenate(geometry)),
            crs=SRID,
        ),
        Nesting.of(members),
    )


def _layers(
    blocks: Blocks, keys: Keys, areas: gpd.GeoDataFrame, rng: np.random.Generator
) -> dict[str, gpd.GeoDataFrame]:
    """Return facilities and streets, made of the ground alone: people are drawn later."""
    polygons, use = blocks.polygons[keys.order], blocks.use[keys.order]
    subs = areas[areas["geography"] == "sub_district"]
    names = dict(zip(subs["area_id"].astype(int), subs["name"], strict=True))
    return {
        **build_facilities(polygons, use, keys.sub_district, names, rng),
        "streets": build_streets(polygons, use, keys.statistical_district),
    }


def _dissolve(polygons: NDArray[np.object_], parents: NDArray[np.int64]) -> NDArray[np.object_]:
    """Return the unions of the children of each parent; corners stay where they are."""
    edges = np.searchsorted(parents, np.arange(int(parents[-1]) + 2))
    unions = [shapely.coverage_union_all(polygons[first:last]) for first, last in itertools.pairwise(edges)]
    return shapely.normalize(np.array(unions, dtype=object))


def _as_multipolygons(geometry: NDArray[np.object_]) -> NDArray[np.object_]:
    parts, index = shapely.get_parts(geometry, return_index=True)
    return shapely.multipolygons(parts, indices=index)


def _text(numbers: NDArray[np.int64], width: int) -> NDArray[np.str_]:
    return np.char.zfill(numbers.astype(str), width)


def _block_keys(keys: Keys) -> NDArray[np.str_]:
    return np.char.add(_text(keys.statistical_district, 3), _text(keys.number, keys.block_digits))
