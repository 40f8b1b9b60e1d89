"""Errors of the map package: what is wrong, where, how many, what to do."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["ClassificationError", "LayerError", "MapsError", "OfflineError", "RasterError", "VendorError"]


class MapsError(Exception):
    """Base of every error raised by `maps`."""


class ClassificationError(MapsError, ValueError):
    """Values cannot be sorted into classes as asked."""


class LayerError(MapsError, ValueError):
    """The values do not make a layer: contradictory states, doubled rows, an unknown period."""

    def __init__(self, reason: str, places: Sequence[str], hint: str) -> None:
        shown = ", ".join(places[:5]) + (" …" if len(places) > 5 else "")
        super().__init__(f"{reason} ({len(places)}): {shown}; {hint}")
        self.reason, self.places, self.hint = reason, tuple(places), hint


class OfflineError(MapsError, ValueError):
    """A map would ask another host when opened."""

    def __init__(self, addresses: Sequence[str]) -> None:
        super().__init__(
            f"the map needs {len(addresses)} address(es) of other hosts: {', '.join(addresses[:5])}; "
            "leave out base maps and plug-ins that are loaded from the network"
        )
        self.addresses = tuple(addresses)


class RasterError(MapsError, ValueError):
    """Values of areas cannot be laid on a grid as asked."""

    def __init__(self, reason: str, hint: str) -> None:
        super().__init__(f"{reason}; {hint}")
        self.reason, self.hint = reason, hint


class VendorError(MapsError, FileNotFoundError):
    """A browser library is not where npm should have put it."""

    def __init__(self, library: str, missing: str) -> None:
        super().__init__(
            f"browser library {library}: {missing}; "
            "run `npm ci` in the folder maps, then `python -m maps.vendor`"
        )
        self.library, self.missing = library, missing
