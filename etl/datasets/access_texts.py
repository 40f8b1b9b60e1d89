"""What a share of people near facilities says of itself: who is looked at, how far, from where, of which day."""

from __future__ import annotations

from collections.abc import Mapping

from etl.confidentiality import Confidentiality
from etl.datasets.manifest import Manifest
from etl.datasets.overlay_parts import AccessPart, OverlayPart
from etl.delivery import Overlay
from indicators.definition import Indicator

__all__ = ["access_text", "access_texts"]


def access_texts(
    manifest: Manifest, group: Mapping[str, Indicator], rules: Confidentiality
) -> dict[str, tuple[str, str]]:
    """Return the universe of each share in German and English, by indicator; `group`: the counts by their ids."""
    overlays = {one.id: one for one in manifest.overlay}
    told = {}
    for part in manifest.access:
        layer, whole = overlays[part.overlay], group[part.group]
        rule = rules.rules([part.group])[part.group]
        least = max(manifest.compute.reliable_from, 0.0 if rule is None else rule.minimum_denominator)
        told[part.indicator] = access_text(part, layer, whole, least)
    return told


def access_text(
    part: AccessPart, layer: OverlayPart | Overlay, group: Indicator, least: float
) -> tuple[str, str]:
    """Return the universe of one share in German and English; of fewer than `least` there is no value."""
    way_de, way_en = _ways(part)
    german = (
        f"{group.title_de}, höchstens {part.metres:g} m {way_de} entfernt: {layer.title_de}"
        f" (Stand {layer.as_of:%d.%m.%Y}; genau {part.metres:g} m zählt mit)"
    )
    english = (
        f"{group.title_en}, at most {part.metres:g} m {way_en}: {layer.title_en}"
        f" (as of {layer.as_of.isoformat()}; exactly {part.metres:g} m counts)"
    )
    if part.surface:
        german += "; als wohnten sie gleichmäßig über die Fläche verteilt"
        english += "; as if they lived evenly all over the area"
    if least:
        german += f"; ohne Wert bei weniger als {least:g}"
        english += f"; no value with fewer than {least:g}"
    return german, english


def _ways(part: AccessPart) -> tuple[str, str]:
    if part.way == "straight":
        return "in Luftlinie", "away in a straight line"
    return "entlang der Straßen", "away along streets"
