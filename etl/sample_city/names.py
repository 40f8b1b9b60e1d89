"""Names for the areas of the sample city: made up, German, and never those of a real place in Leipzig."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from etl.sample_city.blocks import Use

__all__ = ["CITY_DE", "CITY_EN", "area_names", "block_name", "district_names"]

CITY_DE = "Musterstadt (synthetisch)"
CITY_EN = "Sample City (synthetic)"

_DISTRICTS = (
    "Stadtkern",
    "Ahornfeld",
    "Morgenrain",
    "Sonnenlehne",
    "Mühlwiesen",
    "Weidenbruch",
    "Ulmenhöhe",
    "Altufer",
    "Nordhang",
    "Heidefeld",
)
_ESTATE_DISTRICT = 6
_STEMS = (
    "Amsel",
    "Distel",
    "Drossel",
    "Eschen",
    "Finken",
    "Flachs",
    "Gersten",
    "Hafer",
    "Hasel",
    "Holunder",
    "Hopfen",
    "Klee",
    "Kranich",
    "Mohn",
    "Reiher",
    "Roggen",
    "Rotdorn",
    "Schlehen",
    "Wacholder",
    "Zeisig",
)
_TOWN_ENDINGS = ("anger", "feld", "grund", "hof", "kamp", "winkel")
_VILLAGE_ENDINGS = ("rode", "stedt", "horst", "hain", "leben")
_LANDMARKS = (
    "Anger",
    "Bahnhof",
    "Brücke",
    "Gärten",
    "Kirchplatz",
    "Marktplatz",
    "Mühle",
    "Rathaus",
    "Schulplatz",
    "Siedlung",
    "Stadtpark",
    "Wasserturm",
)
_BLOCK_USES = {
    Use.WATER: "Gewässer",
    Use.PARK: "Park",
    Use.FOREST: "Wald",
    Use.ALLOTMENT: "Kleingärten",
    Use.INDUSTRY: "Gewerbe",
    Use.PUBLIC: "Gemeinbedarf",
    Use.FIELD: "Feldflur",
}


def district_names(districts: NDArray[np.int64]) -> list[str]:
    """Return the names of districts 0 to 9."""
    return [_DISTRICTS[number] for number in districts]


def area_names(
    sub_districts: NDArray[np.int64],
    statistical: NDArray[np.int64],
    *,
    is_rural: NDArray[np.bool_],
    is_estate: NDArray[np.bool_],
    rng: np.random.Generator,
) -> tuple[list[str], list[str]]:
    """Return the names of sub-districts (each once) and statistical districts (each once)."""
    towns = _combined(_TOWN_ENDINGS, rng)
    villages = _combined(_VILLAGE_ENDINGS, rng)
    parts = iter(("Markt", "Tor", "Park", "Rand", "Anger", "Steg", "Hof", "Wall", "Born", "Kreuz"))
    names = {}
    for number, rural, estate in zip(sub_districts.tolist(), is_rural, is_estate, strict=True):
        if number < 2:
            name = ("Altstadt", "Am Promenadenkranz")[number]
        elif estate:
            name = f"{_DISTRICTS[_ESTATE_DISTRICT]}-{next(parts)}"
        else:
            name = villages.pop() if rural else towns.pop()
        names[number] = name
    statistical_names = []
    landmarks: list[str] = []
    for number in statistical.tolist():
        if number % 10 == 0:
            landmarks = [_LANDMARKS[index] for index in rng.permutation(len(_LANDMARKS))]
        statistical_names.append(f"{names[number // 10]}, {landmarks[number % 10]}")
    return list(names.values()), statistical_names


def block_name(key: str, use: int) -> str:
    """Return the name of a block; what is not lived in says what it is."""
    what = _BLOCK_USES.get(Use(use))
    return f"Block {key} ({what})" if what else f"Block {key}"


def _combined(endings: tuple[str, ...], rng: np.random.Generator) -> list[str]:
    names = [stem + ending for stem in _STEMS for ending in endings]
    return [names[index] for index in rng.permutation(len(names))]
