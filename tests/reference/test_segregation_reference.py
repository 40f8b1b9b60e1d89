"""Every value of the shared reference table, by our own calls: R `segregation`, `OasisR`, `seg` and published figures.

The table is `shared/reference/segregation.json`; each case carries its own tolerance and source.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from spatial.contiguity import shared_borders
from spatial.neighbours import NeighbourGraph
from spatial.segregation import compute
from spatial.segregation.aspatial.rank_order import rank_order_profile
from spatial.segregation.decomposition.change import explain_change
from spatial.segregation.decomposition.margins import fit_margins
from spatial.segregation.decomposition.nested import between_and_within
from spatial.segregation.inference import bootstrap, expected_value
from spatial.segregation.proximity.proximity_pairs import (
    mean_proximity_pairs,
    relative_clustering_pairs,
    spatial_proximity_pairs,
)

SHARED = Path(__file__).resolve().parents[2].parent / "shared"
TABLE = SHARED / "reference" / "segregation.json"
CASES = json.loads(TABLE.read_text())["cases"] if TABLE.exists() else []
SIZES = ["small", "medium", "big"]

pytestmark = pytest.mark.skipif(not CASES, reason="the shared reference table is not on this machine")


@cache
def pupils() -> pd.DataFrame:
    folder = SHARED / "data" / "segregation-schools00"
    return pd.read_csv(folder / "schools00.csv", dtype={"state": str, "district": str, "school": str})


@cache
def races(unit: str = "school") -> pd.DataFrame:
    return pupils().pivot_table("n", unit, "race", aggfunc="sum", fill_value=0)


@cache
def nesting() -> pd.DataFrame:
    return pupils()[["school", "district", "state"]].drop_duplicates().set_index("school").sort_index()


@cache
def patterns() -> pd.DataFrame:
    return pd.read_csv(SHARED / "data" / "segregation" / "morrill_patterns.csv")


@cache
def grid() -> tuple[gpd.GeoSeries, NeighbourGraph]:
    frame = patterns()
    left, bottom = frame["col"].to_numpy(), 9 - frame["row"].to_numpy()
    squares = gpd.GeoSeries(shapely.box(left, bottom, left + 1, bottom + 1), index=frame.index, crs=25833)
    return squares, shared_borders(squares, method="exact", corners=True)


@cache
def grenoble() -> tuple[gpd.GeoDataFrame, NeighbourGraph]:
    frame = gpd.read_file(SHARED / "data" / "segregation" / "grenoble_households_2011.geojson")
    return frame, shared_borders(frame, corners=True)


def surroundings(case: dict[str, Any]) -> tuple[gpd.GeoSeries | gpd.GeoDataFrame, NeighbourGraph, float]:
    """Return areas, graph and metres per unit of distance of a case on a map."""
    return (*grid(), 1.0) if case["dataset"] == "morrill_patterns" else (*grenoble(), 1000.0)


def table(case: dict[str, Any]) -> pd.DataFrame:
    """Return the counts of a case: one column per group that it names, and the rest where it names a rest."""
    params, groups = case.get("params", {}), case.get("groups")
    if case["dataset"] == "schools00":
        return races(params.get("unit", "school") if params.get("unit") != "race" else "school")
    if case["dataset"] == "inline":
        return pd.DataFrame(params["counts"])
    if case["dataset"] == "morrill_patterns":
        frame = patterns()
        if "counts" in params:  # the case of four groups
            rows = np.arange(1, len(frame) + 1)
            return pd.DataFrame({name: frame[name] + rows for name in ("A1", "B1", "D2", "E2")})
        return frame[groups]
    frame, _ = grenoble()
    sizes = pd.DataFrame(frame[SIZES])
    if groups and groups[-1] == "rest":
        return pd.DataFrame({"group": sizes[groups[0]], "rest": sizes.sum(axis=1) - sizes[groups[0]]})
    return sizes


def against_the_rest(case: dict[str, Any], one: Callable[[pd.DataFrame], Any]) -> Any:
    """Compute a two-group measure for the pair of the case, or for each "… vs rest" that it lists."""
    groups = case.get("groups", [])
    named = [group.removesuffix(" vs rest") for group in groups if group.endswith(" vs rest")]
    if not named:
        return one(table(case))
    sizes = table(case)
    values = [
        one(pd.DataFrame({"group": sizes[name], "rest": sizes.sum(axis=1) - sizes[name]})) for name in named
    ]
    return values if isinstance(case["value"], list) else values[0]


def two(name: str, **options: Any) -> Callable[[dict[str, Any]], Any]:
    return lambda case: against_the_rest(case, lambda counts: compute(name, counts, **options))


def on_map(name: str, *, distances: bool = False, **options: Any) -> Callable[[dict[str, Any]], Any]:
    def run(case: dict[str, Any]) -> Any:
        areas, graph, unit = surroundings(case)
        more = {"distance_unit": unit} if distances else {}
        return against_the_rest(
            case, lambda counts: compute(name, counts, geometry=areas, graph=graph, **more, **options)
        )

    return run


def centred(name: str) -> Callable[[dict[str, Any]], Any]:
    def run(case: dict[str, Any]) -> Any:
        areas, _ = grenoble()
        centre = areas.geometry.centroid.iloc[25]  # "the 26th unit (1-based)"
        if case["index"].endswith("_pairs"):
            counts = table(case)
            return [
                [
                    0.0
                    if one == other
                    else compute(name, counts, group=one, against=other, geometry=areas, centre=centre)
                    for other in SIZES
                ]
                for one in SIZES
            ]
        return against_the_rest(case, lambda counts: compute(name, counts, geometry=areas, centre=centre))

    return run


def environments(name: str) -> Callable[[dict[str, Any]], Any]:
    def run(case: dict[str, Any]) -> Any:
        params = case["params"]
        if params["kernel"] == "exp(-2 d)":
            cutoff = params["max_distance"]
            kernel = {"kernel": "exponential", "bandwidth": 0.5, "cutoff": cutoff or np.inf}
        else:
            kernel = {"kernel": "biweight", "bandwidth": 3.0}
        values = compute(name, table(case), geometry=grid()[0], **kernel)
        return values.to_numpy() if isinstance(values, pd.DataFrame) else values

    return run


def pairs(function: Callable[..., pd.DataFrame], diagonal: float | None) -> Callable[[dict[str, Any]], Any]:
    def run(case: dict[str, Any]) -> Any:
        values = function(table(case), geometry=grenoble()[0]).to_numpy(copy=True)
        if diagonal is not None:
            np.fill_diagonal(values, diagonal)
        return values

    return run


def entropy_index(case: dict[str, Any]) -> Any:
    groups = case.get("groups", [])
    if case["dataset"] == "schools00" or groups == SIZES:
        return compute("multigroup_information_theory", table(case))
    return two("information_theory")(case)


def mutual_information(case: dict[str, Any]) -> float:
    base = case["params"].get("log_base", np.e)
    return compute("mutual_information", table(case), log_base=base)


def dissimilarity(case: dict[str, Any]) -> Any:
    if case["dataset"] == "schools00":
        other = case["params"]["groups"][1]
        against = other if other in races().columns else None
        return compute("dissimilarity", races(), group="white", against=against)
    if case["dataset"] == "inline" or case.get("groups", [""])[-1] == "rest":
        return compute("dissimilarity", table(case))
    return two("dissimilarity")(case)


def dissimilarity_of_pairs(case: dict[str, Any]) -> Any:
    counts = table(case)
    return [
        [
            0.0 if one == other else compute("dissimilarity", counts, group=one, against=other)
            for other in SIZES
        ]
        for one in SIZES
    ]


def exposure(case: dict[str, Any]) -> Any:
    values = compute("exposure", table(case))
    if case["dataset"] == "schools00":
        return [values.loc[row["of"], row["to"]] for row in case["value"]]
    return values.to_numpy()


def isolation(case: dict[str, Any]) -> Any:
    if case["dataset"] == "schools00":
        values = compute("isolation", races())
        return [values[row["race"]] for row in case["value"]]
    return two("isolation")(case)


def entropy(case: dict[str, Any]) -> float:
    return compute("diversity_entropy", table(case))


def within(index: str) -> Callable[[dict[str, Any]], Any]:
    def run(case: dict[str, Any]) -> Any:
        parts = between_and_within(races(), nesting()[case["params"]["within"]], name=index)
        return parts.to_frame()["value"].iloc[-1]

    return run


def nested(case: dict[str, Any]) -> Any:
    values = {
        stat: between_and_within(races(), nesting()[["state", "district"]], name=index).to_frame()["value"]
        for stat, index in (("M", "mutual_information"), ("H", "multigroup_information_theory"))
    }
    order = ["state", "district", "school"]
    return [values[row["stat"]].iloc[order.index(row["between"])] for row in case["value"]]


def local_information(case: dict[str, Any]) -> Any:
    by_school = case["params"]["unit"] == "school"
    counts = races() if by_school else races().T  # the groups take the place of the areas
    values = compute("local_mutual_information", counts)
    share = counts.sum(axis=1) / counts.to_numpy().sum()
    if case["index"].endswith("_max"):
        return values.max()
    key = "school" if by_school else "race"
    return [[values[row[key]], share[row[key]]] for row in case["value"]]


def strata(case: dict[str, Any]) -> Any:
    found = {
        index: between_and_within(races(), nesting()["state"], name=index).strata[0]
        for index in ("mutual_information", "multigroup_information_theory")
    }
    m, h = found["mutual_information"], found["multigroup_information_theory"]
    return [
        [m["value"][row["state"]], m["share"][row["state"]], h["value"][row["state"]],
         h["diversity_ratio"][row["state"]]]
        for row in case["value"]
    ]  # fmt: skip


def two_tables(case: dict[str, Any]) -> tuple[pd.DataFrame, pd.DataFrame]:
    before, after = (
        pd.DataFrame(case["params"][name], index=list("abc"), columns=list("xyz"))
        for name in ("data1", "data2")
    )
    return before, after


def fitted(case: dict[str, Any]) -> Any:
    before, after = two_tables(case)
    table = fit_margins(before, after.sum(axis=1), after.sum(axis=0)).counts.to_numpy()
    return table / table.sum()


def change(method: str) -> Callable[[dict[str, Any]], Any]:
    def run(case: dict[str, Any]) -> Any:
        found = explain_change(*two_tables(case), method=method)
        named = {"M1": found.before, "M2": found.after, "diff": found.difference}
        renamed = {"unit_marginal": "area_marginal"}
        named |= {
            key: found.parts.get(renamed.get(key, key), np.nan) for key in case["value"] if key not in named
        }
        return [named[key] for key in case["value"]]

    return run


def resampled(case: dict[str, Any]) -> Any:
    names = {"M": "mutual_information", "H": "multigroup_information_theory"}
    if case["index"] == "mutual_expected_under_independence":
        found = {
            key: expected_value(name, races(), model="person_permutation", rng=1, replicates=200)
            for key, name in names.items()
        }
        return {"M": found["M"].expected, "se_M": found["M"].deviation, "H": found["H"].expected}
    boot = {key: bootstrap(name, races(), rng=1, replicates=200) for key, name in names.items()}
    values = {}
    for key, estimate in boot.items():
        values |= {
            key: estimate.estimate,
            f"se_{key}": estimate.standard_error,
            f"bias_{key}": estimate.bias,
        }
    return values


def ordinal(case: dict[str, Any]) -> Any:
    names = ["information_theory", "variation_ratio", "square_root", "absolute_difference"]
    return [compute(f"ordinal_{name}", table(case)) for name in names]


def first_areas(name: str, **options: Any) -> Callable[[dict[str, Any]], Any]:
    return lambda case: compute(name, table(case), **options).iloc[: len(case["value"])].to_numpy()


def flat(rows: list[dict[str, Any]], *keys: str) -> Any:
    return [[row[key] for key in keys] for row in rows]


EXPECTED: dict[str, Callable[[Any], Any]] = {
    "exposure_xPy": lambda value: [row["exposure"] for row in value] if isinstance(value[0], dict) else value,
    "isolation_xPx": lambda value: [row["isolation"] for row in value] if isinstance(value, list) else value,
    "mutual_information_nested": lambda value: [row["est"] for row in value],
    "local_segregation_M": lambda value: flat(value, "ls", "p"),
    "mutual_information_within_by_stratum": lambda value: flat(value, "M", "p", "H", "ent_ratio"),
    "ipf_margins_of_data2": lambda value: np.array(value) / np.sum(value),
    "mutual_difference_shapley": lambda value: list(value.values()),
    "mutual_difference_km": lambda value: list(value.values()),
    "mutual_difference_mrc": lambda value: list(value.values()),
}

CALLS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "mutual_information_M": mutual_information,
    "theil_H": entropy_index,
    "mutual_information_M_within": within("mutual_information"),
    "theil_H_within": within("multigroup_information_theory"),
    "mutual_information_nested": nested,
    "dissimilarity_D": dissimilarity,
    "segregation_IS": two("dissimilarity"),
    "dissimilarity_D_pairs": dissimilarity_of_pairs,
    "isolation_xPx": isolation,
    "exposure_xPy": exposure,
    "entropy_E": entropy,
    "gini_G": two("gini"),
    "eta_squared": two("correlation_ratio"),
    "gorard_G": two("gorard"),
    "atkinson_0.5": two("atkinson", shape=0.5),
    "atkinson_0.1": two("atkinson", shape=0.1),
    "gini_multigroup": lambda case: compute("multigroup_gini", table(case)),
    "relative_diversity_R": lambda case: compute("relative_diversity", table(case)),
    "delta": on_map("delta"),
    "absolute_concentration_ACO": on_map("absolute_concentration"),
    "absolute_centralization_ACE": centred("absolute_centralisation"),
    "relative_centralization_RCE_pairs": centred("relative_centralisation"),
    "morrill_D_adj_rook": on_map("adjacency_dissimilarity", contiguity="rook"),
    "morrill_D_adj_queen": on_map("adjacency_dissimilarity", contiguity="queen"),
    "wong_D_w": on_map("border_dissimilarity"),
    "wong_D_s_internal_perimeter": on_map("shape_dissimilarity", perimeter="internal"),
    "spatial_proximity_SP": on_map("spatial_proximity", distances=True),
    "mean_proximity_Pxx": on_map("mean_proximity", distances=True),
    "absolute_clustering_ACL_distance": on_map("absolute_clustering", distances=True),
    "absolute_clustering_ACL_contiguity": on_map("absolute_clustering_contiguity"),
    "relative_clustering_RCL": on_map("relative_clustering", distances=True),
    "distance_decay_isolation_DPxx": on_map("distance_decay_isolation", distances=True),
    "white_P": on_map("white_p", distances=True),
    "mean_proximity_Pxy": pairs(mean_proximity_pairs, None),
    "spatial_proximity_SP_pairs": pairs(spatial_proximity_pairs, 1.0),
    "relative_clustering_RCL_pairs": pairs(relative_clustering_pairs, 0.0),
    "concentration_profile_R": on_map("concentration_profile"),
    "reardon_osullivan_D": environments("spatial_dissimilarity"),
    "reardon_osullivan_H": environments("spatial_information_theory"),
    "reardon_osullivan_R": environments("spatial_relative_diversity"),
    "reardon_osullivan_exposure_P": environments("spatial_exposure"),
    "mutual_information_within_by_stratum": strata,
    "local_segregation_M": local_information,
    "local_segregation_M_max": local_information,
    "ipf_margins_of_data2": fitted,
    "mutual_difference_shapley": change("shapley"),
    "mutual_difference_km": change("karmel_maclachlan"),
    "mutual_difference_mrc": change("mora_ruiz_castillo"),
    "mutual_total_bootstrap": resampled,
    "mutual_expected_under_independence": resampled,
    "ordinal_lambda_1_to_4": ordinal,
    "location_quotient": first_areas("location_quotient"),
    "local_simpson_interaction": first_areas("local_simpson_interaction"),
    "local_entropy": first_areas("local_entropy"),
    "queen_links": lambda case: 2 * (len(grenoble()[1].border) + len(grenoble()[1].corners)),
    "rook_links": lambda case: 2 * len(grenoble()[1].border),
    "shared_border_length_m": lambda case: 2 * grenoble()[1].border.sum(),  # of both sides
}


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_agrees_with_the_reference(case: dict[str, Any]) -> None:
    index = case["index"]
    if index == "rank_order_HR_RR_SR":
        agree_by_key(rank_orders(case), case["value"], case["tolerance"])
        return
    if case.get("kind") == "monte carlo":
        agree_by_key(CALLS[index](case), case["value"], case["tolerance"])
        return
    expected = EXPECTED.get(index, lambda value: value)(case["value"])
    found = np.asarray(CALLS[index](case), dtype=float)
    np.testing.assert_allclose(found, np.asarray(expected, dtype=float), rtol=0, atol=case["tolerance"])


def agree_by_key(found: dict[str, Any], expected: dict[str, Any], tolerance: float) -> None:
    assert found.keys() == expected.keys()
    for key, value in expected.items():
        # The table says of standard errors from 200 replicates: within 15 %.
        room = {"rtol": 0.15, "atol": 0} if key.startswith("se_") else {"rtol": 0, "atol": tolerance}
        np.testing.assert_allclose(found[key], value, err_msg=key, **room)


def rank_orders(case: dict[str, Any]) -> dict[str, Any]:
    names = {"H": "information_theory", "R": "variance_ratio", "S": "square_root"}
    counts = table(case)
    order = case["params"]["polynomial_order"]
    profile = rank_order_profile(counts)
    values = {
        f"{key}r": compute(f"rank_order_{name}", counts, order=order, fit="unweighted")
        for key, name in names.items()
    }
    return values | {f"{key}p": profile[name].to_numpy() for key, name in names.items()}


def test_every_case_of_the_table_is_looked_at() -> None:
    assert len(CASES) == 252
    assert {case["index"] for case in CASES} - {"rank_order_HR_RR_SR"} <= CALLS.keys()
