"""Licences as sources write them, and their names in the vocabulary of DCAT-AP.de."""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["Licence", "licences_of", "one_licence"]

_VOCABULARY = "http://dcat-ap.de/def/licenses/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Licence:
    """`uri` is that of the vocabulary of DCAT-AP.de, `text` what the source says, `page` where its text stands."""

    uri: str
    text: str
    page: str = ""
    is_open: bool = True


# Pattern in the words of the source (small letters, without signs), name in the vocabulary, page.
_KNOWN = (
    (r"dl de zero 2 0|datenlizenz deutschland.* zero.* 2 0", "dl-zero-de/2.0", "https://www.govdata.de/dl-de/zero-2-0"),
    (r"dl de by 2 0|datenlizenz deutschland.* namensnennung 2 0", "dl-by-de/2.0", "https://www.govdata.de/dl-de/by-2-0"),
    (r"dl de by 1 0|datenlizenz deutschland.* namensnennung 1 0", "dl-by-de/1.0", "https://www.govdata.de/dl-de/by-1-0"),
    (r"cc0|cc zero", "cc-zero", "https://creativecommons.org/publicdomain/zero/1.0/"),
    (r"cc by sa 4 0", "cc-by-sa/4.0", "https://creativecommons.org/licenses/by-sa/4.0/"),
    (r"cc by sa 3 0 de|cc by sa de 3 0", "cc-by-sa-de/3.0", "https://creativecommons.org/licenses/by-sa/3.0/de/"),
    (r"cc by 4 0", "cc-by/4.0", "https://creativecommons.org/licenses/by/4.0/"),
    (r"cc by 3 0 de|cc by de 3 0", "cc-by-de/3.0", "https://creativecommons.org/licenses/by/3.0/de/"),
    (r"odbl", "odbl", "https://opendatacommons.org/licenses/odbl/1-0/"),
    (r"odc by|odby", "odby", "https://opendatacommons.org/licenses/by/1-0/"),
    (r"pddl", "odcpddl", "https://opendatacommons.org/licenses/pddl/1-0/"),
    (r"geonutzv|geonutz", "geonutz/20130319", "https://www.gesetze-im-internet.de/geonutzv/"),
    (r"ogl uk 3 0", "other-open", "https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/"),
    (r"licence ouverte|etalab", "other-open", "https://www.etalab.gouv.fr/licence-ouverte-open-licence/"),
    (r"public domain|gemeinfrei", "other-open", ""),
    (r"mit", "other-opensource", "https://opensource.org/license/mit"),
    (r"apache 2 0", "apache", "https://www.apache.org/licenses/LICENSE-2.0"),
)  # fmt: skip


def licences_of(text: str) -> list[Licence]:
    """Return the licences that a source names, separated by semicolons; one that nobody knows counts as not open."""
    return [_licence(part.strip()) for part in text.split(";") if part.strip()]


def one_licence(texts: list[str]) -> Licence:
    """Return the one licence a catalogue may give for a file with several sources.

    The common one, or "other": open when every one of them is open, otherwise closed, which is the careful answer.
    """
    every = [one for text in texts for one in licences_of(text)]
    told = "; ".join(dict.fromkeys(one.text for one in every))
    uris = {one.uri for one in every}
    if len(uris) == 1:
        return Licence(uri=every[0].uri, text=told, page=every[0].page, is_open=every[0].is_open)
    is_open = bool(every) and all(one.is_open for one in every)
    return Licence(
        uri=_VOCABULARY + ("other-open" if is_open else "other-closed"), text=told, is_open=is_open
    )


def _licence(text: str) -> Licence:
    if text.lower().startswith((_VOCABULARY, _VOCABULARY.replace("http:", "https:"))):
        name = text.split("/def/licenses/", 1)[1]
        return Licence(
            uri=_VOCABULARY + name, text=text, is_open=name != "other-closed" and "-nc" not in name
        )
    plain = " ".join(re.sub(r"[^0-9a-z]+", " ", text.lower()).split())
    for pattern, name, page in _KNOWN:
        if re.search(rf"(?<![0-9a-z])(?:{pattern})(?![0-9a-z])", plain):
            return Licence(uri=_VOCABULARY + name, text=text, page=page)
    return Licence(uri=f"{_VOCABULARY}other-closed", text=text, is_open=False)
