"""DCAT-AP.de 3.0 property by property: what its table of classes demands and what its shapes check, on one catalogue.

The shapes are not run: they need another library and vocabularies from the network. Each rule of theirs that looks at
what we write stands here as a row; membership in a vocabulary is tested by the beginning of the address.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from types import SimpleNamespace

import pytest
from rdflib import DCAT, DCTERMS, FOAF, RDF, SKOS, XSD, Graph, Literal, Namespace, URIRef

from indicators.definition import Indicator
from maps.records.dcat import catalogue_graph
from maps.records.entry import Distribution, Entry, entry_of, layer_entry

DCATAP = Namespace("http://data.europa.eu/r5r/")
DCATDE = Namespace("http://dcat-ap.de/def/dcatde/")
GEODCATAP = Namespace("http://data.europa.eu/930/")
SPDX = Namespace("http://spdx.org/rdf/terms#")
VCARD = Namespace("http://www.w3.org/2006/vcard/ns#")
OWL_VERSION = URIRef("http://www.w3.org/2002/07/owl#versionInfo")
EU = "http://publications.europa.eu/resource/authority/"
DE = "http://dcat-ap.de/def/"
MOMENT = datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)
CITY = {
    "id": "town",
    "title_de": "Kleinstadt",
    "title_en": "Small town",
    "is_synthetic": False,
    "srid": 25832,
}
BOX = (9.0, 54.0, 9.5, 54.5)

MANDATORY = {
    DCAT.Catalog: (DCTERMS.title, DCTERMS.description, DCTERMS.publisher),
    DCAT.Dataset: (DCTERMS.title, DCTERMS.description, DCTERMS.publisher),
    DCAT.DataService: (DCAT.endpointURL, DCTERMS.title, DCTERMS.publisher),
    DCAT.Distribution: (DCAT.accessURL, DCTERMS.license),
    FOAF.Agent: (FOAF.name,),
    SPDX.Checksum: (SPDX.algorithm, SPDX.checksumValue),
}
RECOMMENDED = {
    DCAT.Catalog: (
        DCTERMS.issued,
        DCTERMS.modified,
        DCTERMS.language,
        FOAF.homepage,
        DCAT.themeTaxonomy,
        DCTERMS.spatial,
        DCAT.dataset,
    ),
    DCAT.Dataset: (
        DCAT.keyword,
        DCATDE.politicalGeocodingLevelURI,
        DCAT.theme,
        DCAT.contactPoint,
        DCTERMS.spatial,
        DCTERMS.temporal,
        DCAT.distribution,
    ),
    DCAT.DataService: (DCAT.endpointDescription, DCAT.servesDataset),
    DCAT.Distribution: (DCTERMS.title, DCTERMS.modified, DCTERMS["format"]),
    DCTERMS.PeriodOfTime: (DCAT.startDate, DCAT.endDate),
    DCTERMS.Location: (DCAT.bbox,),
}
# Recommended, and not written: a promise (for how long the data stay) and facts that nobody has told us.
LEFT_OUT = {
    DCAT.Catalog: (DCATAP.availability, DCTERMS.license),
    DCAT.Dataset: (DCATAP.availability,),
    DCAT.DataService: (DCATAP.availability,),
    DCAT.Distribution: (DCATAP.availability,),
    DCTERMS.Location: (DCAT.centroid,),
}
DEPRECATED = (
    DCATDE.politicalGeocodingURI,
    DCATDE.geocodingDescription,
    DCATDE.legalBasis,
    DCATDE.qualityProcessURI,
    DCATDE.originator,
    DCATDE.maintainer,
    DCTERMS.hasVersion,
    DCTERMS.isVersionOf,
    OWL_VERSION,
)
ONCE = {
    DCAT.Catalog: (
        DCTERMS.publisher,
        DCTERMS.issued,
        DCTERMS.modified,
        FOAF.homepage,
        DCTERMS.license,
        DCTERMS.rights,
        DCATAP.availability,
    ),
    DCAT.Dataset: (
        DCTERMS.publisher,
        DCTERMS.issued,
        DCTERMS.modified,
        DCTERMS.accessRights,
        DCTERMS.accrualPeriodicity,
        DCATAP.availability,
    ),
    DCAT.Distribution: (
        DCTERMS.license,
        DCTERMS["format"],
        DCAT.mediaType,
        DCAT.byteSize,
        DCTERMS.issued,
        DCTERMS.modified,
        DCTERMS.rights,
        SPDX.checksum,
    ),
    DCTERMS.PeriodOfTime: (DCAT.startDate, DCAT.endDate),
    DCTERMS.Location: (DCAT.bbox,),
    VCARD.Kind: (VCARD.fn,),
    SPDX.Checksum: (SPDX.algorithm, SPDX.checksumValue),
}
CLASSES = {
    DCTERMS.publisher: FOAF.Agent,
    GEODCATAP.originator: FOAF.Agent,
    FOAF.homepage: FOAF.Document,
    DCAT.landingPage: FOAF.Document,
    DCAT.contactPoint: VCARD.Kind,
    DCAT.dataset: DCAT.Dataset,
    DCAT.distribution: DCAT.Distribution,
    DCAT.service: DCAT.DataService,
    DCAT.accessService: DCAT.DataService,
    DCAT.servesDataset: DCAT.Dataset,
    DCTERMS.spatial: DCTERMS.Location,
    DCTERMS.temporal: DCTERMS.PeriodOfTime,
    DCTERMS.conformsTo: DCTERMS.Standard,
    DCTERMS.provenance: DCTERMS.ProvenanceStatement,
    DCTERMS.license: DCTERMS.LicenseDocument,
    DCTERMS.rights: DCTERMS.RightsStatement,
    SPDX.checksum: SPDX.Checksum,
    SPDX.algorithm: SPDX.ChecksumAlgorithm,
}
LITERALS = {
    DCTERMS.title: None,
    DCTERMS.description: None,
    DCAT.keyword: None,
    DCTERMS.identifier: None,
    FOAF.name: None,
    VCARD.fn: None,
    DCATDE.licenseAttributionByText: None,
    SKOS.prefLabel: None,
    DCTERMS.issued: XSD.dateTime,
    DCTERMS.modified: XSD.dateTime,
    DCAT.startDate: XSD.date,
    DCAT.endDate: XSD.date,
    DCAT.byteSize: XSD.nonNegativeInteger,
    SPDX.checksumValue: XSD.hexBinary,
    DCAT.bbox: URIRef("http://www.opengis.net/ont/geosparql#wktLiteral"),
}
VOCABULARIES = {
    DCTERMS.language: f"{EU}language/",
    DCTERMS.accessRights: f"{EU}access-right/",
    DCTERMS.accrualPeriodicity: f"{EU}frequency/",
    DCTERMS["format"]: f"{EU}file-type/",
    DCAT.theme: f"{EU}data-theme/",
    DCAT.themeTaxonomy: f"{EU}data-theme",
    DCAT.mediaType: "https://www.iana.org/assignments/media-types/",
    DCTERMS.license: f"{DE}licenses/",
    DCATDE.politicalGeocodingLevelURI: f"{DE}politicalGeocoding/Level/",
    DCATDE.contributorID: f"{DE}contributors/",
}


def entries(
    contact: str = "Statistikstelle, statistik@stadt.example", url: str = "https://example.org/a"
) -> list[Entry]:
    """A data set with a file and a layer of the service, and a layer beside its areas with a licence of its own."""
    file = Distribution(
        id="file-town.gpkg",
        address="town.gpkg",
        title_de="Karte",
        title_en="Map",
        file_type="GPKG",
        size=123,
        sha256="ab" * 32,
        media_type="application/geopackage+sqlite3",
    )
    source = {
        "title_de": "Atlas",
        "title_en": "Atlas",
        "publisher": "Stadt",
        "licence": "dl-de/by-2-0",
        "attribution": "Amt",
        "url": url,
    }
    whole = entry_of(
        city=CITY,
        sources=[source],
        levels=[{"title_de": "Ortsteile", "title_en": "Areas", "edition": "2020"}],
        indicators=[Indicator(id="r", title_de="E", title_en="R", unit="persons", kind="extensive")],
        periods=["2020", "2021"],
        protection=("Streng", "Strict"),
        issued=MOMENT,
        modified=MOMENT,
        first=date(2020, 12, 31),
        last=date(2021, 12, 31),
        bbox=BOX,
        contact=contact,
        distributions=(
            file,
            replace(file, id="layer", address="items", is_download=False, size=None, sha256=""),
        ),
    )
    layer = SimpleNamespace(
        kind="other",
        title_de="Parks",
        title_en="Parks",
        as_of=date(2021, 5, 1),
        publisher="Grünflächenamt",
        licence="CC BY 4.0",
        attribution="Grün",
        url="",
    )
    beside = layer_entry(
        "parks",
        layer,
        city=CITY,
        features=3,
        issued=MOMENT,
        modified=MOMENT,
        bbox=BOX,
        contact=contact,
        distributions=(replace(file, id="file-parks", licences=("CC BY 4.0",), attribution="Grün"),),
    )
    return [whole, beside]


def graph(found: list[Entry] | None = None) -> Graph:
    return catalogue_graph(
        found or entries(),
        title_de="Katalog",
        title_en="Catalogue",
        address="https://example.org/data/",
        contributor=f"{DE}contributors/stadt",
        is_service=True,
    )


@pytest.fixture(scope="module")
def made() -> Graph:
    """The catalogue of a service."""
    return graph()


def rows(table: dict[URIRef, tuple[URIRef, ...]]) -> list[tuple[URIRef, URIRef]]:
    return [(kind, one) for kind, properties in table.items() for one in properties]


@pytest.mark.parametrize(("kind", "relation"), rows(MANDATORY) + rows(RECOMMENDED))
def test_every_resource_has_what_is_mandatory_and_what_is_recommended(made, kind, relation):
    found = list(made.subjects(RDF.type, kind))
    assert found
    assert [one for one in found if not list(made.objects(one, relation))] == []


@pytest.mark.parametrize(("kind", "relation"), rows(LEFT_OUT))
def test_what_nobody_has_told_us_is_not_claimed(made, kind, relation):
    assert [one for one in made.subjects(RDF.type, kind) if list(made.objects(one, relation))] == []


@pytest.mark.parametrize(("kind", "relation"), rows(ONCE))
def test_nothing_stands_twice_that_may_stand_once(made, kind, relation):
    assert all(len(list(made.objects(one, relation))) <= 1 for one in made.subjects(RDF.type, kind))


@pytest.mark.parametrize(("relation", "kind"), CLASSES.items())
def test_every_reference_leads_to_a_resource_of_its_class(made, relation, kind):
    found = set(made.objects(None, relation))
    assert found
    assert [one for one in found if (one, RDF.type, kind) not in made] == []


@pytest.mark.parametrize(("relation", "datatype"), LITERALS.items())
def test_every_text_number_and_day_has_its_type(made, relation, datatype):
    found = list(made.objects(None, relation))
    assert found
    assert all(isinstance(one, Literal) for one in found)
    assert {one.datatype for one in found} == {datatype}


@pytest.mark.parametrize(("relation", "begins"), VOCABULARIES.items())
def test_codes_are_those_of_their_vocabulary(made, relation, begins):
    found = list(made.objects(None, relation))
    assert found
    assert [one for one in found if not str(one).startswith(begins)] == []


@pytest.mark.parametrize("relation", DEPRECATED)
def test_nothing_is_used_that_the_profile_has_given_up(made, relation):
    assert list(made.subject_objects(relation)) == []


def test_whoever_is_named_for_questions_can_be_reached():
    def ways(found: list[Entry]) -> list[list[str]]:
        told = graph(found)
        return [
            [
                str(one)
                for relation in (VCARD.hasEmail, VCARD.hasURL)
                for one in told.objects(contact, relation)
            ]
            for contact in sorted(set(told.objects(None, DCAT.contactPoint)))
        ]

    assert ways(entries()) == [["mailto:statistik@stadt.example"]] * 2
    # Without an address the page of the source is the way; the layer has none, and names nobody.
    assert ways(entries(contact="Statistikstelle")) == [["https://example.org/a"]]
    assert ways(entries(contact="", url="")) == []


def test_a_layer_beside_the_areas_is_a_data_set_of_its_own_with_its_licence(made):
    (parks,) = made.subjects(DCTERMS.identifier, Literal("town.parks"))
    (item,) = made.objects(parks, DCAT.distribution)
    assert made.value(item, DCTERMS.license) == URIRef(f"{DE}licenses/cc-by/4.0")
    assert made.value(item, DCATDE.licenseAttributionByText) == Literal("Grün", lang="de")
    rights = made.value(item, DCTERMS.rights)
    assert [str(one) for one in made.objects(rights, SKOS.prefLabel)] == ["CC BY 4.0"]
    assert made.value(made.value(parks, DCTERMS.publisher), FOAF.name) == Literal("Grünflächenamt", lang="de")
