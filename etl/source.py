"""What a source is: it fetches raw files and reads them into a clean delivery."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from etl.confidentiality import Confidentiality
from etl.delivery import Delivery
from etl.raw import RawFile, RawStore

__all__ = ["Progress", "Source"]

# Called with a step's name and, when known, how much of it is done (0..1).
Progress = Callable[[str, float | None], None]


class Source(Protocol):
    """One city's way in. Both steps are plain: no database, no settings, no output but through `progress`.

    `confidentiality` is what the deliveries declare: rules, and what adds up.
    """

    city_id: str
    confidentiality: Confidentiality

    def fetch(self, store: RawStore, *, folder: Path | None, progress: Progress) -> Sequence[RawFile]:
        """Bring the raw files into the store: from `folder`, or from the publisher when it is None."""
        ...

    def clean(self, files: Sequence[RawFile], *, progress: Progress) -> Delivery:
        """Read the raw files into a clean delivery, or raise `DeliveryError` with every problem found."""
        ...
