"""Do the checks of a manifest make sense? Rules that can be read, indicators that are there, widths and shares in range."""

from __future__ import annotations

from collections.abc import Iterator

from etl.datasets.manifest import Manifest
from etl.datasets.plausibility.identities import read_identity
from etl.geometry_checks import SLIVER
from indicators.methods.errors import suggestion
from indicators.methods.positions import Path as Place

__all__ = ["check_problems"]


def check_problems(manifest: Manifest) -> Iterator[tuple[Place, str, str, str]]:
    """Yield place, key, what is wrong and what to do."""
    checks, own = manifest.checks, {one.id for one in manifest.indicator}
    for number, one in enumerate(checks.identity):
        place: Place = ("checks", "identity", number)
        try:
            rule = read_identity(one.rule)
        except ValueError as error:
            yield (*place, "rule"), "rule", str(error), 'write it like "residents = german + non_german"'
        else:
            for name in rule.names:
                if name not in own:
                    what = f"{name!r} is not among the indicators of this manifest"
                    yield (*place, "rule"), "rule", what, suggestion(name, own)
        if one.tolerance < 0:
            yield (*place, "tolerance"), "tolerance", f"tolerance is {one.tolerance:g}", "give at least 0"
    for number, other in enumerate(checks.indicator):
        place = ("checks", "indicator", number)
        if other.id not in own:
            what = f"{other.id!r} is not among the indicators of this manifest"
            yield (*place, "id"), "id", what, suggestion(other.id, own)
        if any(other.id == earlier.id for earlier in checks.indicator[:number]):
            yield (*place, "id"), "id", f"{other.id!r} is there twice", "write its rules once"
        yield from _numbers(place, tolerance=other.tolerance, jump=other.jump, least_share=other.least_share)
    yield from _numbers(
        ("checks",), tolerance=checks.tolerance, jump=checks.jump, least_share=checks.least_share
    )
    yield from _widths(manifest)


def _widths(manifest: Manifest) -> Iterator[tuple[Place, str, str, str]]:
    for number, level in enumerate(manifest.geography):
        for name in ("sliver_width", "outline_width"):
            width = getattr(level.coverage, name)
            if width < 0:
                yield ("geography", number, "coverage", name), name, f"{name} is {width:g}", "give at least 0"
        if level.coverage.sliver_width > SLIVER:
            what = f"sliver_width is {level.coverage.sliver_width:g}, and wider overlaps than {SLIVER:g} m are refused"
            todo = f"give at most {SLIVER:g}"
            yield ("geography", number, "coverage", "sliver_width"), "sliver_width", what, todo


def _numbers(
    place: Place, *, tolerance: float | None, jump: float | None, least_share: float | None
) -> Iterator[tuple[Place, str, str, str]]:
    if tolerance is not None and tolerance < 0:
        yield (*place, "tolerance"), "tolerance", f"tolerance is {tolerance:g}", "give at least 0"
    if jump is not None and jump <= 0:
        yield (*place, "jump"), "jump", f"jump is {jump:g}", "give a number above 0, such as 10"
    if least_share is not None and not 0 <= least_share <= 1:
        yield (
            (*place, "least_share"),
            "least_share",
            f"least_share is {least_share:g}",
            "give a share from 0 to 1",
        )
