"""May a message be sent to this address? Only over HTTP, and never to a machine that only we can reach."""

from __future__ import annotations

import ipaddress
import re
import socket
from dataclasses import dataclass

import httpx2

from etl.errors import EtlError

__all__ = ["AddressError", "Target", "check_url", "resolve"]

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_MOST_ADDRESSES = 3
_LONGEST = 2000
_LAST_PORT = 65535
_HOST = re.compile(r"[a-z]*://(?:[^/?#@]*@)?([^/?#\s]+)", re.IGNORECASE)


class AddressError(EtlError, ValueError):
    """A webhook's address cannot be used. Only the host is told: path and query may hold a secret."""

    def __init__(self, url: str, reason: str, todo: str) -> None:
        found = _HOST.match(url)
        host = found[1][:100] if found else "(no host)"
        super().__init__(f"webhook {host}: {reason}; {todo}")
        self.host, self.reason, self.todo = host, reason, todo


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where to connect (checked numbers of machines) and what to ask for there.

    Connecting by number, not by name, means that the name cannot lead elsewhere after it was checked.
    """

    url: httpx2.URL
    addresses: tuple[str, ...]

    @property
    def host_header(self) -> str:
        """Name and port as the receiver knows them."""
        return self.url.netloc.decode("ascii")


def check_url(text: str) -> httpx2.URL:
    """Return the address when its form can be used; whether it may be reached is seen when it is."""
    try:
        url = httpx2.URL(text)
    except httpx2.InvalidURL as error:
        raise AddressError(text, "cannot be read", "write https://host/path") from error
    reasons = {
        "not an address of the web": url.scheme not in ("http", "https") or not url.host,
        "has a password in it": bool(url.userinfo),
        "too long, or with blanks in it": len(text) > _LONGEST
        or any(ord(sign) <= 32 or ord(sign) == 127 for sign in text),
        "no such port": url.port is not None and not 0 < url.port <= _LAST_PORT,
    }
    for reason, is_so in reasons.items():
        if is_so:
            raise AddressError(
                text, reason, "write https://host/path; messages are signed, no password is needed"
            )
    return url


def resolve(url: httpx2.URL, *, private_addresses: bool) -> Target:
    """Look the name up; refuse it when any of its numbers is private, local or otherwise not public."""
    port = url.port or {"http": 80, "https": 443}[url.scheme]
    try:
        found = socket.getaddrinfo(url.host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise AddressError(str(url), f"unknown host ({error})", "check the name") from error
    numbers = list(dict.fromkeys(str(row[4][0]).partition("%")[0] for row in found))
    refused = [number for number in numbers if not is_public(ipaddress.ip_address(number))]
    if refused and not private_addresses:
        raise AddressError(
            str(url),
            f"{refused[0]} is a private address",
            "set SOZIALRAUM_WEBHOOK_PRIVATE_ADDRESSES=true if messages may go to machines inside",
        )
    return Target(url=url, addresses=tuple(numbers[:_MOST_ADDRESSES]))


def is_public(address: _Address) -> bool:
    """Whether a number is one of the open internet, also when it is wrapped into another one."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if inner is None and address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
        if address.teredo is not None or address.is_site_local:
            return False
    return address.is_global and not address.is_multicast and not address.is_reserved
