"""Ask a publisher over HTTP: an answer comes whole or not at all, within limits of time and size, from no other place."""

from __future__ import annotations

import threading
import time
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from importlib.metadata import version
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx2

from etl.datasets.services.addresses import is_same_place, web_address, with_query, without_secrets
from etl.errors import FetchError, NotPublishedError, one_line

__all__ = ["FROM_FILES", "Answer", "Limits", "Visit"]

FROM_FILES = "load from files with --from DIR"
_CHUNK = 1 << 16
_MB = 1024**2
_GONE = (404, 410)
_MOST_REDIRECTS = 5
_MOST_OF_A_REFUSAL = 1 << 16  # [bytes] read of an answer that is no success
_BUSY = (408, 425, 429)  # these and all from 500 on are worth another try
_NOT_MODIFIED = 304


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How long and how much.

    `read` [s] without a sign of life, `whole` [s] for everything that makes up one file, `most_bytes` of it, unpacked;
    `attempts` per request, with a `pause` [s] that doubles.
    """

    read: float = 30.0
    whole: float = 600.0
    most_bytes: int = 500 * _MB
    attempts: int = 3
    pause: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A whole answer in a file; of one that is no success only the beginning."""

    status: int
    headers: httpx2.Headers
    url: httpx2.URL
    path: Path
    size: int

    @property
    def address(self) -> str:
        """Where it came from, as messages tell it."""
        return without_secrets(self.url)

    @property
    def is_success(self) -> bool:
        """Whether the server gave what it was asked for."""
        return self.status == httpx2.codes.OK

    @property
    def is_not_modified(self) -> bool:
        """Whether what we have already is still right."""
        return self.status == _NOT_MODIFIED

    def content(self) -> bytes:
        """Return the bytes."""
        return self.path.read_bytes()

    def require_success(self, what: str, hint: str) -> None:
        """Raise `FetchError` unless there is an answer with something in it."""
        if not self.is_success:
            kind = NotPublishedError if self.status in _GONE else FetchError
            raise kind(f"{what} is not there (HTTP {self.status})", self.address, hint)
        if self.size == 0:
            raise FetchError(f"{what} is empty", self.address, hint)


class _Fault(Exception):  # noqa: N818  (what was at fault; never seen outside)
    """The server or the network was at fault; another try may do."""


class Visit:
    """Everything that is asked of one publisher for one file; all requests share its time and its size.

    Answers are written into `folder`. Redirects are followed on the same server only.
    """

    def __init__(
        self, folder: Path, limits: Limits, *, who: str = "the server", hint: str = FROM_FILES
    ) -> None:
        self.folder, self.limits, self.who, self.hint = folder, limits, who, hint
        self._ends = time.monotonic() + limits.whole
        self._received = 0
        self._answers = 0
        self._client = httpx2.Client(
            timeout=limits.read,
            follow_redirects=False,
            headers={"User-Agent": f"sozialraum/{version('sozialraum')}"},
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._client.close()

    def get(
        self,
        address: str,
        *,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        keep_packed: bool = False,
    ) -> Answer:
        """Return what the server answers in the end; repeated while the server or the network is at fault.

        Raises `FetchError` when that lasts, or when a limit is reached. `keep_packed`: the file is one that is packed.
        """
        url = web_address(address)
        if query:
            url = with_query(url, query)
        asked = {"Accept-Encoding": "identity" if keep_packed else "gzip", **(headers or {})}
        fault, wait = "", 0.0
        for attempt in range(self.limits.attempts):
            if attempt:
                self._pause(max(wait, self.limits.pause * 2 ** (attempt - 1)), url)
            wait = 0.0
            try:
                answer = self._once(url, asked, keep_packed)
            except _Fault as error:
                fault = str(error)
                continue
            if answer.status not in _BUSY and answer.status < httpx2.codes.INTERNAL_SERVER_ERROR:
                return answer
            fault, wait = f"HTTP {answer.status}", _asked_to_wait(answer.headers)
        raise FetchError(
            f"{self.who} cannot be reached ({fault}, {self.limits.attempts} attempts)",
            without_secrets(url),
            self.hint,
        )

    def _pause(self, seconds: float, url: httpx2.URL) -> None:
        if seconds > self._left():
            raise FetchError(
                f"{self.who} asks to come back in {seconds:.0f} s, of {self.limits.whole:g} s in all"
                f" {max(self._left(), 0):.0f} are left",
                without_secrets(url),
                f"try again later, or {self.hint}",
            )
        time.sleep(seconds)

    def _left(self) -> float:
        return self._ends - time.monotonic()

    def _once(self, url: httpx2.URL, headers: Mapping[str, str], keep_packed: bool) -> Answer:
        """Make one request beside this thread: a server that says a byte now and then could hold it for days."""
        made: list[Answer | Exception] = []
        self._answers += 1
        path = self.folder / f"answer-{self._answers:05d}"

        def work() -> None:
            try:
                made.append(self._exchange(url, headers, path, keep_packed))
            except Exception as error:  # noqa: BLE001  (raised again in the thread that waits)
                made.append(error)

        worker = threading.Thread(target=work, daemon=True)
        worker.start()
        worker.join(max(self._left(), 0.0))
        if not made:
            raise self._too_slow(url)
        if isinstance(made[0], Exception):
            raise made[0]
        return made[0]

    def _exchange(self, url: httpx2.URL, headers: Mapping[str, str], path: Path, keep_packed: bool) -> Answer:
        at = url
        for _redirect in range(_MOST_REDIRECTS + 1):
            try:
                with self._client.stream("GET", at, headers=dict(headers)) as response:
                    if response.has_redirect_location:
                        at = self._followed(at, response.headers["Location"])
                        continue
                    size = self._write(response, path, keep_packed)
                    return Answer(
                        status=response.status_code, headers=response.headers, url=at, path=path, size=size
                    )
            except httpx2.TimeoutException as error:
                raise _Fault(f"no sign of life for {self.limits.read:g} s") from error
            except (httpx2.HTTPError, httpx2.StreamError) as error:
                raise _Fault(one_line(error)) from error
        raise FetchError(
            f"more than {_MOST_REDIRECTS} redirects", without_secrets(url), "give the address of the file"
        )

    def _followed(self, at: httpx2.URL, location: str) -> httpx2.URL:
        try:
            target = at.join(location)
        except (httpx2.InvalidURL, ValueError) as error:
            raise FetchError(
                "the redirect leads nowhere", without_secrets(location), "give the address of the file"
            ) from error
        if not is_same_place(at, target):
            raise FetchError(
                f"the redirect leads to another server, {target.host or without_secrets(location)}",
                without_secrets(at),
                "if that is the right one, give its address in the manifest",
            )
        return target

    def _write(self, response: httpx2.Response, path: Path, keep_packed: bool) -> int:
        """Write the body to a file and return its size; a length that is not met is a fault."""
        announced = response.headers.get("Content-Length", "")
        if response.is_success and announced.isdigit():
            self._require_room(int(announced), response.url)
        pieces = self._pieces(response, keep_packed)
        size = 0
        with path.open("wb") as file:
            for piece in pieces:
                size += len(piece)
                if not response.is_success and size > _MOST_OF_A_REFUSAL:
                    break
                self._require_room(size, response.url)
                if self._left() <= 0:
                    raise self._too_slow(response.url)
                file.write(piece)
        if response.is_success:
            self._received += size
        return size

    def _pieces(self, response: httpx2.Response, keep_packed: bool) -> Iterator[bytes]:
        packing = response.headers.get("Content-Encoding", "identity").strip().lower()
        raw = response.iter_raw(_CHUNK)
        if packing in ("", "identity") or keep_packed:
            return raw
        if packing in ("gzip", "x-gzip"):
            return _unpacked(raw)
        raise FetchError(f"the answer is packed as {packing!r}", without_secrets(response.url), self.hint)

    def _require_room(self, size: int, url: httpx2.URL) -> None:
        if self._received + size > self.limits.most_bytes:
            raise FetchError(
                f"the answer has more than {self.limits.most_bytes / _MB:,.0f} MB",
                without_secrets(url),
                "say most_mb for this download if that is right",
            )

    def _too_slow(self, url: httpx2.URL) -> FetchError:
        return FetchError(
            f"no whole answer within {self.limits.whole:g} s",
            without_secrets(url),
            f"try again later, say most_seconds for this download, or {self.hint}",
        )


def _unpacked(raw: Iterator[bytes]) -> Iterator[bytes]:
    """Yield what packed bytes unpack to, a little at a time, so that a bomb is noticed before it goes off."""
    unpack = zlib.decompressobj(wbits=31)
    try:
        for chunk in raw:
            rest = chunk
            while rest and not unpack.eof:
                yield unpack.decompress(rest, _CHUNK)
                rest = unpack.unconsumed_tail
        yield unpack.flush()
    except zlib.error as error:
        raise _Fault(f"the packed answer is damaged ({error})") from error
    if not unpack.eof:
        raise _Fault("the packed answer is cut off")


def _asked_to_wait(headers: httpx2.Headers) -> float:
    """Return how many seconds Retry-After asks for; it may be a number or a date."""
    told = headers.get("Retry-After", "").strip()
    if told.isdigit():
        return float(told[:9])
    try:
        moment = parsedate_to_datetime(told)
    except (ValueError, TypeError, IndexError):
        return 0.0
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max((moment - datetime.now(UTC)).total_seconds(), 0.0)
