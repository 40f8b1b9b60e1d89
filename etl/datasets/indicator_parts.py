"""What a manifest says of indicators, confidentiality and computations, as the pipeline wants it."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

from etl.confidentiality import Confidentiality
from etl.datasets.access_texts import access_texts
from etl.datasets.manifest import IndicatorPart, Manifest
from indicators.confidentiality.profiles import PROFILES, STRICT, Profile
from indicators.definition import Indicator, IndicatorDefinition
from indicators.known import known_by_id

__all__ = ["confidentiality_of", "indicators_of"]


def indicators_of(manifest: Manifest) -> tuple[Indicator, ...]:
    """Return the definitions: of known indicators as they are known, of others as the manifest says."""
    found = {one.id: _indicator(one, manifest.source.attribution) for one in manifest.indicator}
    for name, (german, english) in access_texts(manifest, found, confidentiality_of(manifest)).items():
        found[name] = replace(found[name], universe_de=german, universe_en=english, form="share")
    return tuple(found.values())


def _indicator(part: IndicatorPart, source: str) -> Indicator:
    known = known_by_id().get(part.id)
    if known is not None:
        plain = known.as_indicator() if isinstance(known, IndicatorDefinition) else known
        told: dict[str, Any] = {
            "source": part.source or source,
            "caution_de": part.caution_de,
            "caution_en": part.caution_en,
        }
        return replace(plain, **{name: text for name, text in told.items() if text})
    own = partial(
        Indicator,
        id=part.id,
        title_de=part.title_de,
        title_en=part.title_en,
        direction=part.direction,
        decimals=part.decimals,
        source=part.source or source,
        caution_de=part.caution_de,
        caution_en=part.caution_en,
    )
    if part.numerator:
        return own(
            unit="%", kind="intensive", numerator=part.numerator, denominator=part.denominator, form="share"
        )
    return own(unit=part.unit, kind=part.kind, labels_de=part.labels_de, labels_en=part.labels_en)


def confidentiality_of(manifest: Manifest) -> Confidentiality:
    """Return the rules of the manifest; without a word about them the strict ones hold for every count."""
    rules = manifest.confidentiality
    profile = PROFILES.get(rules.profile, STRICT)
    changes = {
        name: getattr(rules, name)
        for name in ("minimum_count", "minimum_denominator")
        if getattr(rules, name) is not None
    }
    if changes:
        profile = replace(profile, **changes)
    exceptions: dict[str, Profile | None] = {
        name: None if other == "none" else PROFILES[other] for name, other in rules.exceptions.items()
    }
    return Confidentiality(
        profile=profile,
        exceptions=exceptions,
        categories=tuple((one.total, one.parts) for one in rules.categories),
        parts=tuple(rules.parts.items()),
    )
