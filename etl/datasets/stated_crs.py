"""Is the `srid` of the manifest right? Files that state their CRS and agree about where the city lies may deny it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from pyproj import CRS

from etl.datasets.city_place import city_box
from etl.datasets.findings import Finding, Findings
from etl.datasets.manifest import Manifest
from etl.datasets.manifest_reading import MANIFEST_NAME
from etl.datasets.maps import read_map
from etl.datasets.placing import CityBox, in_degrees
from etl.errors import FetchError
from etl.raw import RawFile

__all__ = ["tell_doubtful_srid"]

_NEAR = 0.25  # [degrees] what lies farther apart does not belong to one city
_DOUBTS = ("the coordinates are EPSG:", "wrong CRS: ")


@dataclass(frozen=True, slots=True)
class _Witness:
    """A file that states its CRS, and where its coordinates lie by that [degrees]."""

    file: str
    crs: CRS
    degrees: np.ndarray

    @property
    def name(self) -> str:
        return f"{self.file} ({':'.join(self.crs.to_authority() or (self.crs.name,))})"

    def lies_near(self, other: _Witness) -> bool:
        """Whether both may be of one city."""
        mine, its = self.degrees, other.degrees
        return bool((mine[:2] - _NEAR <= its[2:]).all() and (its[:2] - _NEAR <= mine[2:]).all())


def tell_doubtful_srid(manifest: Manifest, files: Mapping[str, RawFile], findings: Findings) -> None:
    """Tell one error about `srid` instead of those about files that agree with each other against it.

    Only where a file does not lie in the city by its own CRS, and where no box says where the city is: then `srid`
    alone says so, and one typed digit would move the map by a zone.
    """
    doubted = {one.file for one in findings.found if one.what.startswith(_DOUBTS)}
    if not doubted or manifest.city.box:
        return
    witnesses = list(_witnesses(manifest, files))
    box = city_box(manifest)
    if not witnesses or any(box.holds(one.degrees) for one in witnesses):
        return
    first = witnesses[0]
    agreeing = {one.file: one for one in witnesses if one.lies_near(first)}
    if len(agreeing) < 2 or len(agreeing) < len({one.file for one in witnesses}):
        return
    srid = manifest.city.srid
    metric = next((one.crs.to_epsg() for one in agreeing.values() if _is_metric(one.crs)), None)
    write = f"write srid = {metric} if they are right" if metric else "write the srid of the place they name"
    findings.found[:] = [
        one for one in findings.found if not (one.file in agreeing and one.what.startswith(_DOUBTS))
    ]
    findings.add(
        Finding(
            file=MANIFEST_NAME,
            column="srid",
            what=f"srid = {srid} does not fit: {' and '.join(one.name for one in agreeing.values())} agree with each "
            f"other, and by what they state they lie outside of EPSG:{srid}",
            todo=f"{write}; if srid is right, say with box where the city lies",
        )
    )


def _witnesses(manifest: Manifest, files: Mapping[str, RawFile]) -> Iterator[_Witness]:
    """Return the maps whose coordinates are possible in the CRS that they state; those without a CRS state nothing."""
    levels = [(one.file, one.layer, one.encoding) for one in manifest.geography if one.file and not one.crs]
    overlays = [(one.file, one.layer, one.encoding) for one in manifest.overlay if not one.x and not one.crs]
    for name, layer, encoding in dict.fromkeys([*levels, *overlays]):
        if name not in files:
            continue
        try:
            frame = read_map(files, name, layer=layer, encoding=encoding)
        except FetchError:
            continue  # has been told
        crs = CRS.from_user_input(frame.crs)
        use, degrees = crs.area_of_use, in_degrees(frame.total_bounds, crs)
        if use is None or not np.isfinite(degrees).all():
            continue
        if CityBox(west=use.west - 1, south=use.south - 1, east=use.east + 1, north=use.north + 1).holds(
            degrees
        ):
            yield _Witness(name, crs, degrees)


def _is_metric(crs: CRS) -> bool:
    return (
        crs.is_projected
        and crs.to_epsg() not in (None, 3857)
        and crs.axis_info[0].unit_name in ("metre", "meter")
    )
