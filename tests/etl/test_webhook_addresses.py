"""Where messages may go: looked up once, and never to this house by another spelling; when they are tried again."""

from __future__ import annotations

import ipaddress
import socket

import httpx2
import numpy as np
import pytest

from etl import webhooks
from etl.webhook_address import AddressError, check_url, is_public, resolve
from etl.webhooks import WebhookPolicy, signature, wait_before


def test_the_name_is_looked_up_once_and_connected_to_by_number(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_up = []

    def lookup(host: str, port: int, **_options: object) -> list[tuple[object, ...]]:
        looked_up.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("93.184.216.34", port))]

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    target = resolve(check_url("https://hook.example.org/a?b=c"), private_addresses=False)
    assert looked_up == ["hook.example.org"]
    sent: list[httpx2.Request] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        sent.append(request)
        return httpx2.Response(204)

    with httpx2.Client(transport=httpx2.MockTransport(answer)) as client:
        assert webhooks._post(client, target, {"A": "b"}, b"{}") is None
    (request,) = sent
    assert str(request.url) == "https://93.184.216.34/a?b=c"
    assert request.headers["host"] == "hook.example.org"
    assert request.extensions["sni_hostname"] == "hook.example.org"  # the certificate is that of the name


def test_one_private_number_among_public_ones_is_enough_to_refuse(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [(socket.AF_INET, 1, 6, "", (number, 80)) for number in ("93.184.216.34", "10.0.0.5")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_a, **_o: rows)
    with pytest.raises(AddressError, match=r"10\.0\.0\.5 is a private address"):
        resolve(check_url("http://hook.example.org/"), private_addresses=False)


@pytest.mark.parametrize(
    "number",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",
        "224.0.0.1", "240.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fc00::1", "ff02::1",
        "::ffff:127.0.0.1", "::ffff:10.0.0.1", "2002:7f00:1::", "64:ff9b::7f00:1", "2001:db8::1", "fec0::1",
    ],
)  # fmt: skip
def test_private_local_and_wrapped_numbers_are_not_public(number: str) -> None:
    assert not is_public(ipaddress.ip_address(number))


@pytest.mark.parametrize(
    "number", ["93.184.216.34", "8.8.8.8", "2606:2800:220:1::1", "::ffff:8.8.8.8", "64:ff9b::808:808"]
)
def test_numbers_of_the_open_internet_are_public(number: str) -> None:
    assert is_public(ipaddress.ip_address(number))


@pytest.mark.parametrize("host", ["localhost", "127.1", "2130706433", "0x7f.1", "[::1]"])
def test_other_spellings_of_this_machine_are_seen_through(host: str) -> None:
    with pytest.raises(AddressError, match=r"private address|unknown host"):
        resolve(check_url(f"http://{host}/"), private_addresses=False)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("ftp://example.org/", "not an address of the web"),
        ("file:///etc/passwd", "not an address of the web"),
        ("example.org", "not an address of the web"),
        ("", "not an address of the web"),
        ("http:///path", "not an address of the web"),
        ("https://user:secret@example.org/", "has a password in it"),
        ("https://example.org/a b", "blanks"),
        ("https://example.org/" + "a" * 3000, "too long"),
        ("http://example.org:99999/", "webhook"),
        ("http://exa\nmple.org/", "webhook"),
    ],
)
def test_an_address_of_another_form_is_refused(url: str, reason: str) -> None:
    with pytest.raises(AddressError, match=reason) as refused:
        check_url(url)
    assert "secret" not in str(refused.value)


def test_the_wait_doubles_up_to_its_limit_and_varies_by_half() -> None:
    policy = WebhookPolicy(first_wait=60, longest_wait=1000, attempts=9)
    rng = np.random.default_rng(1)
    for attempt, base in enumerate((60, 120, 240, 480, 960, 1000, 1000, 1000), start=1):
        waits = [wait_before(attempt, policy, rng) for _ in range(50)]
        assert all(0.5 * base <= one <= 1.5 * base for one in waits)
        assert len(set(waits)) > 40
    assert wait_before(9, policy, rng) is None


def test_the_signature_depends_on_secret_time_and_body() -> None:
    signed = {
        signature(*given)
        for given in (
            ("a", "1", b"x"),
            ("b", "1", b"x"),
            ("a", "2", b"x"),
            ("a", "1", b"y"),
            ("a", "1", b"x"),
        )
    }
    assert len(signed) == 4
