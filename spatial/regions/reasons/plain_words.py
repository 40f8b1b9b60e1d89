"""The words for numbers and limits, in German and English."""

from __future__ import annotations

from typing import Literal, TypeAlias

from spatial.regions.limits import RegionLimits

__all__ = ["LIMIT_WORDS", "Language", "in_words", "limit_sentence"]

Language: TypeAlias = Literal["de", "en"]

LIMIT_WORDS = {
    "least_residents": (
        "mindestens {} Menschen je Schwerpunktraum",
        "at least {} people in each priority area",
    ),
    "most_residents": (
        "höchstens {} Menschen je Schwerpunktraum",
        "at most {} people in each priority area",
    ),
    "most_share": (
        "höchstens {} % aller Menschen der Stadt in Schwerpunkträumen",
        "at most {} % of the city's people in priority areas",
    ),
    "most_regions": ("höchstens {} Schwerpunkträume", "at most {} priority areas"),
}
"""What each limit says, in German and English; {} is its value."""

# Where a limit is 1, one person or area is spoken of.
_OF_ONE = {
    "Menschen": "Mensch",
    "people": "person",
    "Schwerpunkträume": "Schwerpunktraum",
    "areas": "area",
}


def in_words(value: float, language: Language, *, decimals: int = 0, signed: bool = False) -> str:
    """Write a number as it is written in a language.

    Examples
    --------
    >>> in_words(1234.5, "de", decimals=1), in_words(1234.5, "en", decimals=1), in_words(-0.2, "de", decimals=1)
    ('1.234,5', '1,234.5', '−0,2')
    """
    rounded = round(value, decimals) + 0.0
    text = f"{rounded:{'+' if signed else ''},.{decimals}f}".replace("-", "−")
    return text.translate(str.maketrans(",.", ".,")) if language == "de" else text


def limit_sentence(name: str, limits: RegionLimits, language: Language) -> str:
    """Say a limit in words.

    Examples
    --------
    >>> limit_sentence("most_share", RegionLimits(most_share=0.2), "en")
    "at most 20 % of the city's people in priority areas"
    """
    value = getattr(limits, name)
    amount = 100 * value if name == "most_share" else value
    decimals = 0 if float(amount).is_integer() or name != "most_share" else 1
    said = LIMIT_WORDS[name][language == "en"].format(in_words(amount, language, decimals=decimals))
    if name == "most_share" or amount != 1:
        return said
    # Only what is counted, the first of these words, is one.
    word = next(one for one in said.split() if one in _OF_ONE)
    return said.replace(word, _OF_ONE[word], 1)
