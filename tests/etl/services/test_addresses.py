"""What messages tell of an address: never a password, and no parameter that could hold a key."""

from __future__ import annotations

import httpx2
import pytest

from etl.datasets.services.addresses import without_secrets
from etl.errors import FetchError


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("https://host.example/a", "https://host.example/a"),
        ("https://host.example/a?id=geheim", "https://host.example/a?…"),
        ("https://host.example/wfs?map=geheim&COUNT=5&startindex=10", "https://host.example/wfs?COUNT=5&startindex=10&…"),
        ("https://host.example/kdvalues?kategorie_nr=7&rubrik_nr=3", "https://host.example/kdvalues?kategorie_nr=7&rubrik_nr=3"),
        ("https://me:geheim@host.example/a#geheim", "https://…@host.example/a"),
        ("https://me:ge/he?im@host.example/a", "https://…@host.example/a"),
        ("https://host.example/a#?count=geheim", "https://host.example/a"),
        ("https://me:ge#he@host.example/a?f=json;x=geheim", "https://…@host.example/a?f=json&…"),
    ],
)  # fmt: skip
def test_a_message_tells_the_place_and_which_part_was_asked_for(address: str, told: str) -> None:
    assert without_secrets(address) == told


def test_an_address_that_was_asked_is_told_like_its_text() -> None:
    assert (
        without_secrets(httpx2.URL("https://host.example/a?x=geheim&offset=3"))
        == "https://host.example/a?offset=3&…"
    )


def test_no_failure_tells_the_parameters_of_the_address(publisher, played, visit) -> None:
    asked = f"{publisher.url}/a?id=geheim1"
    told = []
    for target in ("/missing", "http://other.invalid/b?s=geheim3", "http://[?s=geheim3", None):
        if target:
            publisher.at["/a"] = played(status=302, headers={"Location": target})
        else:
            publisher.at["/a"] = played(status=503)
        with pytest.raises(FetchError) as failed:
            visit(attempts=1).get(asked, query={"n": "geheim2"}).require_success("the file", "correct url")
        told.append(str(failed.value))
    assert "/missing" in told[0]
    assert f"{publisher.url}/a?…" in told[3]
    assert "geheim" not in " ".join(told)
