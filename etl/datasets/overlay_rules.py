"""Do the overlays of a manifest make sense in themselves, and the shares of people near them? Problems by place."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pyproj import CRS
from pyproj.exceptions import CRSError

from etl.datasets.manifest import Manifest
from etl.datasets.overlay_parts import AccessPart, OverlayPart
from indicators.known import known_by_id
from indicators.methods.errors import suggestion
from indicators.methods.positions import Path as Place

__all__ = ["overlay_problems"]

Problem = tuple[Place, str, str, str]

_NAME = re.compile(r"[a-z][a-z0-9_]*")


def overlay_problems(manifest: Manifest) -> Iterator[Problem]:
    """Yield everything about overlays and access that contradicts itself: place, key, what, what to do."""
    seen: set[str] = set()
    for number, overlay in enumerate(manifest.overlay):
        place: Place = ("overlay", number)
        if overlay.id in seen:
            yield (*place, "id"), "id", f"{overlay.id!r} is there twice", "give each its own id"
        seen.add(overlay.id)
        yield from _overlay(overlay, place)
    shares: set[str] = set()
    for number, access in enumerate(manifest.access):
        place = ("access", number)
        if access.indicator in shares:
            what = f"{access.indicator!r} is there twice"
            yield (*place, "indicator"), "indicator", what, "give each share an indicator of its own"
        shares.add(access.indicator)
        yield from _indicator(manifest, access, place)
        yield from _layers(manifest, access, place)
        yield from _levels(manifest, access, place)


def _overlay(overlay: OverlayPart, place: Place) -> Iterator[Problem]:
    if not _NAME.fullmatch(overlay.id):
        yield (*place, "id"), "id", f"{overlay.id!r} is no id", "use small letters, digits and _"
    if bool(overlay.x) != bool(overlay.y):
        yield place, "x", f"overlay {overlay.id} needs both x and y", "give both columns or none"
    if "name" in overlay.properties and overlay.name != "name":
        yield (
            (*place, "properties"),
            "properties",
            f"overlay {overlay.id}: a kept property called 'name' would be taken for the name of the feature",
            'say name = "name", or leave it out of properties',
        )
    if overlay.x and not overlay.crs:
        what = f"overlay {overlay.id} does not say what its coordinates are"
        yield place, "crs", what, "give crs, such as EPSG:4326 for longitude and latitude"
    if overlay.crs:
        try:
            CRS.from_user_input(overlay.crs)
        except CRSError:
            yield (*place, "crs"), "crs", f"{overlay.crs!r} is no CRS", "write it like EPSG:25832"


def _indicator(manifest: Manifest, access: AccessPart, place: Place) -> Iterator[Problem]:
    own = {one.id: one for one in manifest.indicator}
    told = own.get(access.indicator)
    here = (*place, "indicator")
    if told is None:
        what = f"{access.indicator!r} is not among the indicators of this manifest"
        yield here, "indicator", what, f"add an [[indicator]]; {suggestion(access.indicator, own)}"
    elif access.indicator in known_by_id():
        what = f"{access.indicator!r} is known already as something else"
        yield (
            here,
            "indicator",
            what,
            f"give it an id that says the distance, such as access_walk_{access.metres:.0f}",
        )
    elif (told.kind, told.unit, told.numerator) != ("intensive", "%", ""):
        what = f"indicator {access.indicator!r} is no plain share"
        yield here, "indicator", what, 'say kind = "intensive" and unit = "%" there, and no numerator'
    if any(one.indicator == access.indicator for table in manifest.table for one in table.value):
        what = f"{access.indicator!r} is in a table and computed"
        yield here, "indicator", what, "keep one of them"
    group = own.get(access.group)
    if group is None:
        what = f"{access.group!r} is not among the indicators of this manifest"
        yield (*place, "group"), "group", what, suggestion(access.group, own)
    elif (known_by_id().get(access.group) or group).kind != "extensive":
        what = f"{access.group!r} is no count"
        yield (*place, "group"), "group", what, "name the count of the group"


def _layers(manifest: Manifest, access: AccessPart, place: Place) -> Iterator[Problem]:
    kinds = {one.id: one.kind for one in manifest.overlay}
    if access.overlay not in kinds:
        what = f"{access.overlay!r} is no overlay of this manifest"
        yield (*place, "overlay"), "overlay", what, suggestion(access.overlay, kinds)
    if access.way == "streets" and kinds.get(access.streets) != "street":
        streets = [name for name, kind in kinds.items() if kind == "street"]
        what = (
            f"{access.streets!r} is no overlay of streets" if access.streets else "nothing says which streets"
        )
        yield (
            place,
            "streets",
            what,
            f'name an overlay with kind = "street"; {suggestion(access.streets, streets)}',
        )
    if access.way == "straight" and access.streets:
        yield (
            (*place, "streets"),
            "streets",
            "a straight line needs no streets",
            'say way = "streets", or leave it out',
        )
    if not 0 < access.metres < float("inf"):
        yield (*place, "metres"), "metres", f"metres is {access.metres:g}", "give a length above 0"
    if not access.surface >= 0:
        yield (
            (*place, "surface"),
            "surface",
            f"surface is {access.surface:g}",
            "give the metres between points",
        )
    if not 0 < access.known <= 1:
        yield (*place, "known"), "known", f"known is {access.known:g}", "give a share above 0, up to 1"


def _levels(manifest: Manifest, access: AccessPart, place: Place) -> Iterator[Problem]:
    levels = [one.id for one in manifest.geography]
    for key, named in (("places", (access.places,) if access.places else ()), ("levels", access.levels)):
        for name in named:
            if name not in levels:
                what = f"{name!r} is no level of this manifest"
                yield (*place, key), key, what, suggestion(name, levels)
    if access.places in levels:
        finer = [name for name in access.levels if name in levels[levels.index(access.places) + 1 :]]
        if finer:
            what = f"{finer[0]!r} is finer than {access.places!r}, from which people start"
            yield (*place, "levels"), "levels", what, "name levels from places up"
