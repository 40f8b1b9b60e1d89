"""An address that everybody gets to see is one of the web, and holds neither a password nor a key."""

from __future__ import annotations

import pytest

from etl.datasets.findings import DatasetError

PLACES = {
    "source": ('attribution = "Stadt"', 'attribution = "Stadt"\nurl = "{}"', "'url'"),
    "contact": ('attribution = "Stadt"', 'attribution = "Stadt"\ncontact = "Amt, {}"', "'contact'"),
    "overlay": (
        "[[table]]",
        """[[overlay]]
id = "play"
kind = "facility"
title_de = "Spielplätze"
title_en = "Playgrounds"
as_of = 2021-06-30
file = "areas.gpkg"
url = "{}"

[[table]]""",
        "'url'",
    ),
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    ("address", "what"),
    [
        ("https://amt:geheim@host.example/x", "the address has a password in it: host.example"),
        ("https://geheim@host.example/x", "the address has a password in it: host.example"),
        ("ftp://amt:geheim@host.example/x?y=geheim", "not an address of the web: ftp://…@host.example/x?…"),
        ("file:///srv/amt/x.csv", "not an address of the web: file:///srv/amt/x.csv"),
        ("https://host.example/x?y=1&Token=geheim", "the parameter 'Token' looks like a key or a password"),
        ("https://host.example/x?y=1;api%5Fkey=geheim", "the parameter 'api_key' looks like a key"),
    ],
)
def test_an_address_that_gives_something_away_is_refused(
    dataset, place: str, address: str, what: str
) -> None:
    old, new, key = PLACES[place]
    dataset.manifest(old, new.format(address))
    with pytest.raises(DatasetError) as refused:
        dataset.source()
    (told,) = [one.sentence() for one in refused.value.findings]
    assert what in told
    assert f"column {key}" in told
    assert "line " in told
    assert "geheim" not in told


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "host.example/x", "/srv/x.csv", "mailto:amt@host.example"]
)
def test_what_is_no_address_of_the_web_is_refused_as_an_address(dataset, address: str) -> None:
    dataset.manifest('attribution = "Stadt"', f'attribution = "Stadt"\nurl = "{address}"')
    with pytest.raises(DatasetError, match="not an address of the web"):
        dataset.source()


@pytest.mark.parametrize("place", PLACES)
def test_an_address_of_the_web_is_fine(dataset, place: str) -> None:
    old, new, _key = PLACES[place]
    dataset.manifest(old, new.format("https://host.example/daten?jahr=2020&thema=a"))
    assert dataset.source().city_id == "small"


def test_a_contact_may_be_a_mail_address(dataset) -> None:
    dataset.manifest('attribution = "Stadt"', 'attribution = "Stadt"\ncontact = "amt@host.example, 0341 1-0"')
    assert dataset.source().manifest.source.contact == "amt@host.example, 0341 1-0"
