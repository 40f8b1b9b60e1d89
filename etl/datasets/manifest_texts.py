"""The texts of a manifest that people will read: none may be left to be written, and each must be such as can be shown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from etl.datasets.manifest import Manifest
from etl.datasets.odd_texts import LONGEST_NAME, LONGEST_REMARK, odd_text
from etl.datasets.schema import entries
from indicators.methods.positions import Path as Place

__all__ = ["text_problems"]

# Keys whose texts are shown, not looked for in a file, and how long they may be.
_SHOWN = {
    "id": LONGEST_NAME,
    "title_de": LONGEST_NAME,
    "title_en": LONGEST_NAME,
    "area_name": LONGEST_NAME,
    "names": LONGEST_NAME,
    "publisher": LONGEST_NAME,
    "unit": LONGEST_NAME,
    "labels_de": LONGEST_NAME,
    "labels_en": LONGEST_NAME,
    "contact": LONGEST_NAME,
    "file": LONGEST_NAME,
    "licence": LONGEST_REMARK,
    "attribution": LONGEST_REMARK,
    "url": LONGEST_REMARK,
    "caution_de": LONGEST_REMARK,
    "caution_en": LONGEST_REMARK,
    "reason": LONGEST_REMARK,
}


def text_problems(manifest: Manifest) -> Iterator[tuple[Place, str, str, str]]:
    """Yield every ? that a first manifest has for what only the city knows, what is empty, and what cannot be shown."""
    lists = ("geography", "indicator", "table", "overlay", "left_out")
    parts: list[tuple[Place, object]] = [
        (("city",), manifest.city),
        (("source",), manifest.source),
        (("edition",), manifest.edition),
        *(((name, number), one) for name in lists for number, one in enumerate(getattr(manifest, name))),
    ]
    for place, part in parts:
        needed = {one.name for one in entries(type(part)) if one.is_required}
        for name, given in vars(part).items():
            if isinstance(given, str) and given.strip() == "?":
                yield (*place, name), name, f"{name} is still ?", "write what it is instead of ?"
            if given == "" and name in needed:
                yield (*place, name), name, f"{name} is empty", "write what it is"
            for text in _texts(given) if name in _SHOWN else ():
                problem = odd_text(text, longest=_SHOWN[name])
                if problem is not None:
                    yield (
                        (*place, name),
                        name,
                        f"{name}: {problem[0]}",
                        problem[1].removesuffix(" at the source"),
                    )


def _texts(given: object) -> tuple[str, ...]:
    if isinstance(given, str):
        return (given,)
    if isinstance(given, Mapping):
        return tuple(map(str, given.values()))
    return tuple(map(str, given)) if isinstance(given, tuple) else ()
