"""Catalogue entries as DCAT-AP.de (3.0): RDF for open-data portals, as Turtle and as JSON-LD.

Addresses are relative to where the catalogue file lies unless one is given, so a folder can be put anywhere. Nothing is a
blank node: the same entries make the same file.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable

from rdflib import DCAT, DCTERMS, FOAF, RDF, SKOS, XSD, Graph, Literal, Namespace, URIRef

from maps.records.entry import Distribution, Entry
from maps.records.licences import licences_of, one_licence

__all__ = ["catalogue_graph", "to_jsonld", "to_turtle"]

DCATDE = Namespace("http://dcat-ap.de/def/dcatde/")
SPDX = Namespace("http://spdx.org/rdf/terms#")
VCARD = Namespace("http://www.w3.org/2006/vcard/ns#")
GSP = Namespace("http://www.opengis.net/ont/geosparql#")
GEODCATAP = Namespace("http://data.europa.eu/930/")
_AUTHORITY = "http://publications.europa.eu/resource/authority/"
_LEVEL = "http://dcat-ap.de/def/politicalGeocoding/Level/municipality"
_MEDIA = "https://www.iana.org/assignments/media-types/"
_PREFIXES = {
    "dcat": DCAT,
    "dcatde": DCATDE,
    "dct": DCTERMS,
    "foaf": FOAF,
    "geodcatap": GEODCATAP,
    "gsp": GSP,
    "skos": SKOS,
    "spdx": SPDX,
    "vcard": VCARD,
    "xsd": XSD,
}
_PAGE = re.compile(r"https?://[^\s<>\"{}|\\^`]+")
_LETTERS = {ord("ä"): "ae", ord("ö"): "oe", ord("ü"): "ue", ord("ß"): "ss"}
_THEMES = ("SOCI", "REGI")


def catalogue_graph(
    entries: Iterable[Entry],
    *,
    title_de: str,
    title_en: str,
    address: str = "",
    publisher: str = "",
    contributor: str = "",
    is_service: bool = False,
) -> Graph:
    """Return the catalogue of some data sets.

    `address`: where the catalogue will lie, ending in /. `publisher`: who publishes the catalogue; the publishers of the
    data when empty. `contributor`: address of the id that GovData has given the deliverer (dcatde:contributorID).
    `is_service`: whether the addresses are those of the API, and not of files.
    """
    graph = Graph()
    for prefix, namespace in _PREFIXES.items():
        graph.bind(prefix, namespace)
    writer = _Writer(graph, address, contributor, is_service=is_service)
    writer.catalogue(list(entries), title_de, title_en, publisher)
    return graph


def to_turtle(graph: Graph) -> str:
    """Write a catalogue as Turtle."""
    return graph.serialize(format="turtle")


def to_jsonld(graph: Graph) -> str:
    """Write a catalogue as JSON-LD, in a stable order."""
    context = {prefix: str(namespace) for prefix, namespace in _PREFIXES.items()}
    told = json.loads(graph.serialize(format="json-ld", context=context))
    return json.dumps(_ordered(told), ensure_ascii=False, indent=1) + "\n"


class _Writer:
    """Puts entries into a graph under one address."""

    def __init__(self, graph: Graph, address: str, contributor: str, *, is_service: bool) -> None:
        self.graph = graph
        self.address = address
        self.contributor = contributor
        self.is_service = is_service

    def catalogue(self, entries: list[Entry], title_de: str, title_en: str, publisher: str) -> None:
        """Put the catalogue itself and all data sets."""
        me = self._node("catalogue")
        self._put(me, RDF.type, DCAT.Catalog)
        self._both(me, DCTERMS.title, title_de, title_en)
        self._both(
            me,
            DCTERMS.description,
            "Kleinräumige Sozialraumdaten: Indikatoren für Gebiete einer Stadt.",
            "Small-area social data: indicators for the areas of a city.",
        )
        self._put(me, DCTERMS.language, self._authority("language", "DEU"))
        self._put(me, DCAT.themeTaxonomy, URIRef(f"{_AUTHORITY}data-theme"))
        if self.address:
            self._typed(me, FOAF.homepage, URIRef(self.address), FOAF.Document)
        if entries:
            self._put(me, DCTERMS.issued, _moment(min(one.issued for one in entries)))
            self._put(me, DCTERMS.modified, _moment(max(one.modified for one in entries)))
        named = publisher or "; ".join(dict.fromkeys(name for one in entries for name in one.publishers))
        if named:
            self._put(me, DCTERMS.publisher, self._agent(named))
        for one in entries:
            self._put(me, DCAT.dataset, self._dataset(one))
            self._put(me, DCTERMS.spatial, self._node(f"{one.id}-place"))
        if self.is_service:
            offer = self._node("service")
            self._put(me, DCAT.service, offer)
            self._put(offer, RDF.type, DCAT.DataService)
            self._both(offer, DCTERMS.title, "Schnittstelle (GeoJSON)", "Interface (GeoJSON)")
            if named:
                self._put(offer, DCTERMS.publisher, self._agent(named))
            self._put(offer, DCAT.endpointURL, URIRef(self.address or "./"))
            self._put(offer, DCAT.endpointDescription, self._file("openapi.json"))
            for one in entries:
                self._put(offer, DCAT.servesDataset, self._node(one.id))

    def _dataset(self, one: Entry) -> URIRef:
        me = self._node(one.id)
        self._put(me, RDF.type, DCAT.Dataset)
        self._both(me, DCTERMS.title, one.title_de, one.title_en)
        self._both(me, DCTERMS.description, one.description_de, one.description_en)
        self._put(me, DCTERMS.identifier, Literal(one.id))
        self._put(me, DCTERMS.language, self._authority("language", "DEU"))
        self._put(me, DCTERMS.accessRights, self._authority("access-right", "PUBLIC"))
        system = URIRef(f"http://www.opengis.net/def/crs/EPSG/0/{one.srid}")
        self._typed(me, DCTERMS.conformsTo, system, DCTERMS.Standard)
        self._put(me, DCTERMS.issued, _moment(one.issued))
        self._put(me, DCTERMS.modified, _moment(one.modified))
        frequency = "ANNUAL" if one.is_yearly else "UNKNOWN"
        self._put(me, DCTERMS.accrualPeriodicity, self._authority("frequency", frequency))
        for theme in _THEMES:
            self._put(me, DCAT.theme, self._authority("data-theme", theme))
        for language, words in (("de", one.keywords_de), ("en", one.keywords_en)):
            for word in words:
                self._put(me, DCAT.keyword, Literal(word, lang=language))
        for edition in one.editions:
            self._put(me, DCTERMS.provenance, self._statement(one, edition))
        if one.publishers:
            self._put(me, DCTERMS.publisher, self._agent(one.publishers[0]))
        for name in one.publishers:
            self._put(me, GEODCATAP.originator, self._agent(name))
        for page in filter(_PAGE.fullmatch, one.pages):
            self._typed(me, DCAT.landingPage, URIRef(page), FOAF.Document)
        self._put(me, DCATDE.politicalGeocodingLevelURI, URIRef(_LEVEL))
        if self.contributor:
            self._put(me, DCATDE.contributorID, URIRef(self.contributor))
        self._place_and_time(me, one)
        self._contact(me, one)
        for item in one.distributions:
            self._put(me, DCAT.distribution, self._distribution(one, item))
        return me

    def _place_and_time(self, me: URIRef, one: Entry) -> None:
        place = self._node(f"{one.id}-place")
        self._put(me, DCTERMS.spatial, place)
        self._put(place, RDF.type, DCTERMS.Location)
        self._put(place, SKOS.prefLabel, Literal(one.place, lang="de"))
        if one.bbox is not None:
            west, south, east, north = (f"{degrees:.6f}" for degrees in one.bbox)
            corners = [(west, south), (east, south), (east, north), (west, north), (west, south)]
            ring = ", ".join(f"{x} {y}" for x, y in corners)
            self._put(place, DCAT.bbox, Literal(f"POLYGON(({ring}))", datatype=GSP.wktLiteral))
        if one.first is not None and one.last is not None:
            time = self._node(f"{one.id}-time")
            self._put(me, DCTERMS.temporal, time)
            self._put(time, RDF.type, DCTERMS.PeriodOfTime)
            self._put(time, DCAT.startDate, Literal(one.first.isoformat(), datatype=XSD.date))
            self._put(time, DCAT.endDate, Literal(one.last.isoformat(), datatype=XSD.date))

    def _contact(self, me: URIRef, one: Entry) -> None:
        """Say whom to ask, if there is a way to: an address for mail or a page, at least that of the source."""
        name = one.contact or (one.publishers[0] if one.publishers else "")
        post = re.search(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+", one.contact)
        pages = _PAGE.findall(one.contact)
        if not post and not pages:
            pages = list(filter(_PAGE.fullmatch, one.pages))
        if not name or not (post or pages):
            return
        contact = self._node(f"{one.id}-contact")
        self._put(me, DCAT.contactPoint, contact)
        for kind in (VCARD.Kind, VCARD.Organization):
            self._put(contact, RDF.type, kind)
        self._put(contact, VCARD.fn, Literal(name, lang="de"))
        if post:
            self._put(contact, VCARD.hasEmail, URIRef(f"mailto:{post.group()}"))
        if pages:
            self._put(contact, VCARD.hasURL, URIRef(pages[0]))

    def _distribution(self, one: Entry, item: Distribution) -> URIRef:
        me = self._node(item.id)
        licences = item.licences or one.licences
        licence = one_licence(list(licences))
        self._put(me, RDF.type, DCAT.Distribution)
        self._both(me, DCTERMS.title, item.title_de, item.title_en)
        self._put(me, DCAT.accessURL, self._file(item.address))
        if item.is_download:
            self._put(me, DCAT.downloadURL, self._file(item.address))
        elif self.is_service:
            self._put(me, DCAT.accessService, self._node("service"))
        self._put(me, DCAT.mediaType, URIRef(_MEDIA + item.media_type))
        self._put(me, DCTERMS["format"], self._authority("file-type", item.file_type))
        self._typed(me, DCTERMS.license, URIRef(licence.uri), DCTERMS.LicenseDocument)
        self._put(
            me, DCATDE.licenseAttributionByText, Literal(item.attribution or one.attribution, lang="de")
        )
        self._put(me, DCTERMS.issued, _moment(one.issued))
        self._put(me, DCTERMS.modified, _moment(one.modified))
        rights = self._node(f"{item.id if item.licences else one.id}-rights")
        self._put(me, DCTERMS.rights, rights)
        self._put(rights, RDF.type, DCTERMS.RightsStatement)
        self._put(rights, SKOS.prefLabel, Literal(licence.text, lang="de"))
        for page in dict.fromkeys(part.page for text in licences for part in licences_of(text) if part.page):
            self._put(rights, FOAF.page, URIRef(page))
        if item.size is not None:
            self._put(me, DCAT.byteSize, Literal(str(item.size), datatype=XSD.nonNegativeInteger))
        if item.sha256:
            checksum = self._node(f"{item.id}-checksum")
            self._put(me, SPDX.checksum, checksum)
            self._put(checksum, RDF.type, SPDX.Checksum)
            self._typed(checksum, SPDX.algorithm, SPDX.checksumAlgorithm_sha256, SPDX.ChecksumAlgorithm)
            self._put(checksum, SPDX.checksumValue, Literal(item.sha256, datatype=XSD.hexBinary))
        return me

    def _statement(self, one: Entry, edition: str) -> URIRef:
        me = self._node(f"{one.id}-{_slug(edition)}")
        self._put(me, RDF.type, DCTERMS.ProvenanceStatement)
        self._put(me, SKOS.prefLabel, Literal(edition, lang="de"))
        return me

    def _agent(self, name: str) -> URIRef:
        me = self._node(f"agent-{_slug(name)}")
        self._put(me, RDF.type, FOAF.Agent)
        self._put(me, FOAF.name, Literal(name, lang="de"))
        return me

    def _both(self, me: URIRef, relation: URIRef, german: str, english: str) -> None:
        self._put(me, relation, Literal(german, lang="de"))
        self._put(me, relation, Literal(english, lang="en"))

    def _typed(self, me: URIRef, relation: URIRef, value: URIRef, kind: URIRef) -> None:
        """Put a resource that somebody else describes, with the class that the profile asks for."""
        self._put(me, relation, value)
        self._put(value, RDF.type, kind)

    def _put(self, me: URIRef, relation: URIRef, value: URIRef | Literal) -> None:
        self.graph.add((me, relation, value))

    def _node(self, name: str) -> URIRef:
        return URIRef(f"{self.address}#{name}")

    def _file(self, name: str) -> URIRef:
        return URIRef(self.address + name)

    @staticmethod
    def _authority(table: str, code: str) -> URIRef:
        return URIRef(f"{_AUTHORITY}{table}/{code}")


def _moment(moment: object) -> Literal:
    return Literal(moment, datatype=XSD.dateTime)


def _slug(text: str) -> str:
    """Return a text as a part of an address that can be read; different texts stay different."""
    plain = text.lower().translate(_LETTERS)
    readable = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60]
    return f"{readable}-{hashlib.sha256(text.encode()).hexdigest()[:6]}"


def _ordered(value: object) -> object:
    """Sort lists of objects by what they are about, so that the same graph is the same text."""
    if isinstance(value, dict):
        return {name: _ordered(value[name]) for name in sorted(value)}
    if isinstance(value, list):
        return sorted((_ordered(one) for one in value), key=lambda one: json.dumps(one, sort_keys=True))
    return value
