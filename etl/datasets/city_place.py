"""Where does everything of a city lie? In the box of its manifest, or in the range of its CRS."""

from __future__ import annotations

from collections.abc import Mapping

from pyproj import CRS

from etl.datasets.findings import Findings
from etl.datasets.manifest import Manifest
from etl.datasets.placing import CityBox

__all__ = ["city_box", "tell_assumed"]

_MARGIN = 1.0  # [degrees] cities near the border of a zone use its CRS, too


def city_box(manifest: Manifest, *, beyond: float = 0.0) -> CityBox:
    """Return the box, widened by `beyond` degrees on every side."""
    box = manifest.city.box
    if not box:
        use = CRS.from_epsg(manifest.city.srid).area_of_use
        if use is None:
            return CityBox(west=-180.0, south=-90.0, east=180.0, north=90.0)
        box = (use.west - _MARGIN, use.south - _MARGIN, use.east + _MARGIN, use.north + _MARGIN)
    west, south, east, north = box
    return CityBox(west=west - beyond, south=south - beyond, east=east + beyond, north=north + beyond)


def tell_assumed(file: str, steps: Mapping[str, int], srid: int, findings: Findings) -> None:
    """Warn of what was assumed about coordinates that do not lie in the city as the file says; nobody asked for it."""
    for step in steps:
        if step.startswith("axes swapped (northing"):
            seen = step.removeprefix("axes swapped (northing came before easting in ").removesuffix(")")
            findings.warning(
                file,
                f"northing comes before easting ({seen}): the axes were taken the other way round",
                "nothing is to be written in the manifest; export it once more with easting first",
            )
        elif step.startswith("axes swapped"):
            findings.warning(
                file,
                "latitude comes before longitude: the axes were taken the other way round",
                'export it with longitude first, or in metres with crs = "EPSG:'
                f'{srid}" where the file names no CRS',
            )
        elif step.startswith("coordinates are "):
            findings.warning(
                file,
                f"the {step}: this was assumed because they lie in the city only so",
                f'if that is right, say crs = "EPSG:{srid}" where the file names no CRS, or have its CRS corrected',
            )
