"""Catalogue records: licences by name, DCAT-AP.de that reads back, data packages that describe the files."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from rdflib import DCAT, DCTERMS, FOAF, RDF, XSD, Graph, Literal, Namespace, URIRef
from rdflib.compare import isomorphic

from indicators.definition import Indicator
from maps.exports.csv_files import GERMAN, ISO
from maps.exports.fields import TABLES
from maps.exports.formats import FORMATS, WrittenFile
from maps.records.datapackage import datapackage, to_json
from maps.records.dcat import catalogue_graph, to_jsonld, to_turtle
from maps.records.entry import Distribution, Entry, entry_of
from maps.records.licences import licences_of, one_licence

DCATDE = Namespace("http://dcat-ap.de/def/dcatde/")
SPDX = Namespace("http://spdx.org/rdf/terms#")
VCARD = Namespace("http://www.w3.org/2006/vcard/ns#")
# The reader of JSON-LD in rdflib uses a class of its own that it calls deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated:DeprecationWarning")
VOCABULARY = "http://dcat-ap.de/def/licenses/"
MOMENT = datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)


def entry(**changes: Any) -> Entry:
    facts: dict[str, Any] = {
        "city": {"id": "town", "title_de": "Kleinstadt", "title_en": "Small town", "is_synthetic": False, "srid": 25832},
        "sources": [
            {
                "title_de": "Atlas „A“", "title_en": "Atlas", "publisher": "Stadt <Amt>", "licence": "dl-de/by-2-0",
                "attribution": "Stadt, Amt", "url": "https://example.org/atlas",
            }
        ],
        "levels": [{"title_de": "Ortsteile", "title_en": "Sub-districts", "edition": "2020"}],
        "indicators": [Indicator(id="r", title_de="Einwohner", title_en="Residents", unit="persons", kind="extensive")],
        "periods": ["2020", "2021"],
        "protection": ("Streng", "Strict"),
        "issued": MOMENT,
        "modified": MOMENT,
        "first": date(2020, 12, 31),
        "last": date(2021, 12, 31),
        "bbox": (9.0, 54.0, 9.5, 54.5),
        "contact": "Statistikstelle, statistik@stadt.example",
        "distributions": (
            Distribution(
                id="file-town.gpkg", address="town.gpkg", title_de="Karte", title_en="Map",
                media_type="application/geopackage+sqlite3", file_type="GPKG", size=123, sha256="ab" * 32,
            ),
        ),
    }  # fmt: skip
    return entry_of(**(facts | changes))


def graph(*entries: Entry, **options: Any) -> Graph:
    return catalogue_graph(entries or [entry()], title_de="Katalog", title_en="Catalogue", **options)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("dl-de/by-2-0", "dl-by-de/2.0"),
        ("Datenlizenz Deutschland – Namensnennung – 2.0", "dl-by-de/2.0"),
        ("Datenlizenz Deutschland – Namensnennung – Version 2.0 (dl-de/by-2-0)", "dl-by-de/2.0"),
        ("dl-de/zero-2-0", "dl-zero-de/2.0"),
        ("Datenlizenz Deutschland – Zero – Version 2.0", "dl-zero-de/2.0"),
        ("CC0-1.0", "cc-zero"),
        ("CC BY 4.0", "cc-by/4.0"),
        ("CC-BY-SA-4.0", "cc-by-sa/4.0"),
        ("CC BY 3.0 DE", "cc-by-de/3.0"),
        ("OGL-UK-3.0", "other-open"),
        ("Licence Ouverte / Etalab 2.0", "other-open"),
        ("MIT", "other-opensource"),
        ("http://dcat-ap.de/def/licenses/cc-by/4.0", "cc-by/4.0"),
        ("CC BY-NC 4.0", "other-closed"),
        ("CC BY 4.0 (nur für die Stadtverwaltung: nein, NC)", "cc-by/4.0"),
        ("alle Rechte vorbehalten", "other-closed"),
        ("dl-de/by-nc-1-0", "other-closed"),
        ("limited permit", "other-closed"),
    ],
)
def test_licences_are_known_by_what_sources_call_them(text: str, name: str) -> None:
    (found,) = licences_of(text)
    assert (found.uri, found.text) == (VOCABULARY + name, text)
    assert found.is_open == (name != "other-closed")


def test_several_licences_make_one_that_is_not_more_open_than_any_of_them() -> None:
    assert (
        one_licence(["dl-de/by-2-0", "Datenlizenz Deutschland – Namensnennung – 2.0"]).uri
        == VOCABULARY + "dl-by-de/2.0"
    )
    mixed = one_licence(["CC BY 3.0 DE; dl-de/by-2-0"])
    assert (mixed.uri, mixed.text) == (VOCABULARY + "other-open", "CC BY 3.0 DE; dl-de/by-2-0")
    assert one_licence(["dl-de/by-2-0", "alle Rechte vorbehalten"]).uri == VOCABULARY + "other-closed"
    assert one_licence([]).uri == VOCABULARY + "other-closed"


def test_a_data_set_has_what_dcat_ap_de_demands() -> None:
    made = graph()
    (dataset,) = made.subjects(RDF.type, DCAT.Dataset)
    (catalogue,) = made.subjects(RDF.type, DCAT.Catalog)
    (item,) = made.objects(dataset, DCAT.distribution)
    assert {one.language for one in made.objects(dataset, DCTERMS.title)} == {"de", "en"}
    for required in (DCTERMS.title, DCTERMS.description, DCTERMS.publisher, DCAT.dataset):
        assert list(made.objects(catalogue, required)), required
    for required in (
        DCTERMS.description, DCTERMS.publisher, DCTERMS.identifier, DCAT.theme, DCAT.contactPoint, DCTERMS.spatial,
        DCTERMS.temporal, DCTERMS.modified, DCAT.keyword, DCATDE.politicalGeocodingLevelURI, DCTERMS.accrualPeriodicity,
    ):  # fmt: skip
        assert list(made.objects(dataset, required)), required
    publisher = made.value(dataset, DCTERMS.publisher)
    assert made.value(publisher, FOAF.name) == Literal("Stadt <Amt>", lang="de")
    assert made.value(item, DCTERMS.license) == URIRef(VOCABULARY + "dl-by-de/2.0")
    assert made.value(item, DCATDE.licenseAttributionByText) == Literal("Stadt, Amt", lang="de")
    assert made.value(item, DCAT.accessURL) == made.value(item, DCAT.downloadURL) == URIRef("town.gpkg")
    assert str(made.value(item, DCTERMS["format"])).endswith("/file-type/GPKG")
    assert made.value(made.value(item, SPDX.checksum), SPDX.checksumValue).toPython() == bytes.fromhex(
        "ab" * 32
    )
    time = made.value(dataset, DCTERMS.temporal)
    assert made.value(time, DCAT.endDate) == Literal("2021-12-31", datatype=XSD.date)
    assert made.value(made.value(dataset, DCAT.contactPoint), VCARD.hasEmail) == URIRef(
        "mailto:statistik@stadt.example"
    )
    assert "9.500000 54.000000" in str(made.value(made.value(dataset, DCTERMS.spatial), DCAT.bbox))


def test_each_distribution_has_one_licence_one_format_and_one_address() -> None:
    said = {"title_de": "A", "title_en": "A", "attribution": "P", "url": ""}
    licences = ("CC BY 3.0 DE", "dl-de/by-2-0")
    made = graph(entry(sources=[said | {"publisher": one, "licence": one} for one in licences]))
    for item in made.subjects(RDF.type, DCAT.Distribution):
        for relation in (DCTERMS.license, DCTERMS["format"], DCAT.mediaType, DCAT.accessURL):
            assert len(list(made.objects(item, relation))) == 1, relation
        assert made.value(item, DCTERMS.license) == URIRef(VOCABULARY + "other-open")
        pages = set(map(str, made.objects(made.value(item, DCTERMS.rights), FOAF.page)))
        assert pages == {
            "https://creativecommons.org/licenses/by/3.0/de/",
            "https://www.govdata.de/dl-de/by-2-0",
        }


def test_turtle_and_json_ld_say_the_same_and_come_out_the_same_every_time() -> None:
    made = graph(address="https://example.org/data/", contributor="http://dcat-ap.de/def/contributors/stadt")
    turtle, jsonld = to_turtle(made), to_jsonld(made)
    assert isomorphic(
        Graph().parse(data=turtle, format="turtle"), Graph().parse(data=jsonld, format="json-ld")
    )
    again = graph(address="https://example.org/data/", contributor="http://dcat-ap.de/def/contributors/stadt")
    assert (to_turtle(again), to_jsonld(again)) == (turtle, jsonld)
    assert "_:" not in turtle
    assert "<https://example.org/data/town.gpkg>" in turtle
    assert json.loads(jsonld)["@context"]["dcatde"] == "http://dcat-ap.de/def/dcatde/"


def test_addresses_without_a_place_follow_the_file() -> None:
    read = Graph().parse(
        data=to_turtle(graph()), format="turtle", publicID="https://host.example/folder/catalogue.ttl"
    )
    assert set(read.objects(None, DCAT.downloadURL)) == {URIRef("https://host.example/folder/town.gpkg")}
    other = Graph().parse(
        data=to_jsonld(graph()), format="json-ld", publicID="https://host.example/folder/catalogue.jsonld"
    )
    assert set(other.objects(None, DCAT.downloadURL)) == {URIRef("https://host.example/folder/town.gpkg")}


def test_a_service_offers_its_data_sets_and_is_described() -> None:
    served = replace(entry().distributions[0], address="collections/town.block/items", is_download=False)
    made = graph(entry(distributions=(served,)), address="https://example.org/", is_service=True)
    (service,) = made.subjects(RDF.type, DCAT.DataService)
    assert made.value(service, DCAT.endpointDescription) == URIRef("https://example.org/openapi.json")
    assert list(made.objects(service, DCAT.servesDataset)) == list(made.subjects(RDF.type, DCAT.Dataset))
    assert list(made.objects(None, DCAT.downloadURL)) == []
    assert set(made.objects(None, DCAT.accessService)) == {service}


def test_addresses_of_sources_that_are_none_are_left_out_and_signs_do_no_harm() -> None:
    source = {
        "title_de": 'A "\\',
        "title_en": "A\n<b>",
        "publisher": "P\u0000>",
        "licence": "x",
        "attribution": "a",
        "url": "",
    }
    for url in ("javascript:alert(1)", "https://x.example/a b", 'https://x.example/">', "www.x.example"):
        made = graph(entry(sources=[source | {"url": url}], contact="<mailto:x> http://[::1"))
        assert list(made.objects(None, DCAT.landingPage)) == []
        assert len(Graph().parse(data=to_jsonld(made), format="json-ld")) == len(made)
        assert len(Graph().parse(data=to_turtle(made), format="turtle")) == len(made)


def test_a_package_describes_text_tables_column_by_column() -> None:
    files = [
        WrittenFile(name=f"town-{table.named(dialect.language)}.csv", format=name, title_de="T", title_en="T", table=table,
                    dialect=dialect)
        for name, dialect in (("csv", ISO), ("csv-de", GERMAN))
        for table in TABLES.values()
    ]  # fmt: skip
    files.append(WrittenFile(name="town.gpkg", format="gpkg", title_de="Karte", title_en="Map"))
    sizes = {one.name: 10 for one in files}
    package = json.loads(
        to_json(datapackage(entry(), files, sizes=sizes, checksums=dict.fromkeys(sizes, "ab" * 32)))
    )
    resources = {one["path"]: one for one in package["resources"]}
    assert set(resources) == set(sizes)
    berlin = datetime(2024, 5, 6, 9, 8, 9, tzinfo=timezone(timedelta(hours=2)))
    local = datapackage(entry(modified=berlin), files, sizes=sizes, checksums=dict.fromkeys(sizes, "ab" * 32))
    assert local["created"] == package["created"] == "2024-05-06T07:08:09Z"
    assert package["licenses"] == [
        {"name": "dl-by-de-2.0", "path": "https://www.govdata.de/dl-de/by-2-0", "title": "dl-de/by-2-0"}
    ]
    values, werte = resources["town-values.csv"], resources["town-werte.csv"]
    assert (values["dialect"]["delimiter"], werte["dialect"]["delimiter"]) == (",", ";")
    fields = {one["name"]: one for one in values["schema"]["fields"]}
    assert fields["value"]["decimalChar"] == "."
    assert {one["name"]: one for one in werte["schema"]["fields"]}["Wert"]["decimalChar"] == ","
    assert fields["area_id"]["type"] == "string"
    assert {"suppressed", "missing", "zero"} <= set(fields["status"]["constraints"]["enum"])
    assert values["schema"]["missingValues"] == [""]
    names = {one["name"] for one in package["resources"]}
    for resource in resources.values():
        if "schema" not in resource:
            continue
        columns = [one["name"] for one in resource["schema"]["fields"]]
        assert set(resource["schema"]["primaryKey"]) <= set(columns)
        for reference in resource["schema"].get("foreignKeys", []):
            assert set(reference["fields"]) <= set(columns)
            assert reference["reference"]["resource"] in names
            other = next(
                one for one in package["resources"] if one["name"] == reference["reference"]["resource"]
            )
            assert set(reference["reference"]["fields"]) <= {one["name"] for one in other["schema"]["fields"]}
    assert "schema" not in resources["town.gpkg"]


def test_media_types_are_those_of_the_registry() -> None:
    assert {one.media_type for one in FORMATS.values()} == {
        "application/geopackage+sqlite3",
        "application/vnd.apache.parquet",
        "text/csv",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    }


@pytest.mark.parametrize(
    ("periods", "told"),
    [
        (["2019", "2020", "2021"], "ANNUAL"),
        (["2013", "2017", "2019"], "UNKNOWN"),
        (["2020"], "UNKNOWN"),
        (["2020", "2020-Q2"], "UNKNOWN"),
        ([], "UNKNOWN"),
    ],
)
def test_data_are_called_yearly_only_when_they_come_every_year(periods: list[str], told: str) -> None:
    made = graph(entry(periods=periods))
    frequencies = [str(one).rsplit("/", 1)[-1] for one in made.objects(None, DCTERMS.accrualPeriodicity)]
    assert frequencies == [told]


def test_every_publisher_keeps_the_own_address() -> None:
    source = {"title_de": "T", "title_en": "T", "licence": "dl-de/by-2-0", "attribution": "a"}
    made = entry(
        sources=[
            source | {"publisher": "Amt A", "url": ""},
            source | {"publisher": "Amt B", "url": "https://b.example/"},
        ]
    )
    package = datapackage(made, [], sizes={}, checksums={})
    assert package["sources"] == [{"title": "Amt A"}, {"title": "Amt B", "path": "https://b.example/"}]
