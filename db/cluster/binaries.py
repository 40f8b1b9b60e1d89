"""Where the PostgreSQL server programs are, which version they are, and whether PostGIS belongs to them."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from db.errors import BinariesNotFoundError, ClusterVersionError, PostgisMissingError, PostgisTooOldError

__all__ = ["MINIMUM_POSTGIS", "Binaries", "Run", "candidate_folders", "find_binaries", "quiet"]

# Runs a program and returns what it wrote to standard output; "" when it cannot be run or fails.
Run = Callable[[Sequence[str]], str]

MINIMUM_POSTGIS = "3.3"

# Folders that hold one PostgreSQL version each; `*` is the version, the newest is tried first.
_VERSIONED = (
    "usr/lib/postgresql/*/bin",  # Debian, Ubuntu
    "usr/pgsql-*/bin",  # packages of the PostgreSQL project for Red Hat and relatives
    "opt/homebrew/opt/postgresql@*/bin",  # Homebrew on Apple silicon
    "usr/local/opt/postgresql@*/bin",  # Homebrew on Intel
)
_PLAIN = ("opt/homebrew/bin",)
_LAST_VERSIONED = ("Applications/Postgres.app/Contents/Versions/*/bin",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Binaries:
    """One installed PostgreSQL server; `postgis` is the version its extension files offer, if any."""

    folder: Path
    version: str
    postgis: str | None

    @property
    def major(self) -> str:
        """The version that decides whether a cluster can be read: "15" of "15.18"."""
        return _major(self.version)

    @property
    def initdb(self) -> Path:
        """The program that makes a cluster."""
        return self.folder / "initdb"

    @property
    def postgres(self) -> Path:
        """The server itself."""
        return self.folder / "postgres"


def quiet(run: Callable[[Sequence[str]], subprocess.CompletedProcess[str]]) -> Run:
    """Turn a runner of programs into one that answers "" when the program cannot be run or fails."""

    def answer(command: Sequence[str]) -> str:
        try:
            done = run(command)
        except (OSError, subprocess.SubprocessError):
            return ""
        return done.stdout if done.returncode == 0 else ""

    return answer


def find_binaries(
    run: Run,
    *,
    pg_bin: Path | None = None,
    cluster: tuple[Path, str] | None = None,
    root: Path = Path("/"),
    search_path: str | None = None,
) -> Binaries:
    """Find server programs of one version together with PostGIS.

    `pg_bin` is the only place looked at when given. `cluster` is an existing cluster's folder and major
    version: then only that version will do. `run` starts a program as the account that will run the server,
    so programs that this account cannot reach do not count. `root` and `search_path` (like PATH) are other
    places to search, for tests.
    """
    others: list[Binaries] = []
    unusable: list[Binaries] = []
    folders = [pg_bin] if pg_bin else candidate_folders(run, root=root, search_path=search_path)
    for folder in folders:
        found = _probe(folder, run, root)
        if found is None:
            continue
        if cluster is not None and found.major != cluster[1]:
            others.append(found)
        elif found.postgis is None or _number(found.postgis) < _number(MINIMUM_POSTGIS):
            unusable.append(found)
        else:
            return found
    if unusable:
        raise _unusable(unusable[0])
    if others and cluster is not None:
        installed = " and ".join(sorted({f"{found.version} ({found.folder})" for found in others}))
        raise ClusterVersionError(cluster[0], cluster[1], installed)
    if pg_bin:
        raise BinariesNotFoundError(f"no usable initdb and postgres in {pg_bin} (SOZIALRAUM_PG_BIN)")
    raise BinariesNotFoundError("no PostgreSQL server found on this machine")


def candidate_folders(run: Run, *, root: Path = Path("/"), search_path: str | None = None) -> Iterator[Path]:
    """Yield the folders that may hold the server programs, the likeliest first, none twice."""
    seen: set[Path] = set()
    for folder in _all_folders(run, root, search_path):
        key = folder.resolve()
        if key not in seen:
            seen.add(key)
            yield folder


def _all_folders(run: Run, root: Path, search_path: str | None) -> Iterator[Path]:
    if (pg_config := shutil.which("pg_config", path=search_path)) and (
        answer := run([pg_config, "--bindir"]).strip()
    ):
        yield Path(answer)
    for pattern in _VERSIONED:
        yield from _newest_first(root, pattern)
    yield from (root / place for place in _PLAIN)
    for pattern in _LAST_VERSIONED:
        yield from _newest_first(root, pattern)
    if postgres := shutil.which("postgres", path=search_path):
        yield Path(postgres).resolve().parent
        yield Path(postgres).parent


def _newest_first(root: Path, pattern: str) -> list[Path]:
    depth = next(number for number, part in enumerate(Path(pattern).parts) if "*" in part)
    base = len(root.parts)
    return sorted(root.glob(pattern), key=lambda folder: _number(folder.parts[base + depth]), reverse=True)


def _probe(folder: Path, run: Run, root: Path) -> Binaries | None:
    if not all((folder / program).is_file() for program in ("initdb", "postgres")):
        return None
    answer = re.search(r"\(PostgreSQL\) (\d+\S*)", run([str(folder / "postgres"), "--version"]))
    if answer is None:
        return None
    version = answer[1]
    return Binaries(folder=folder, version=version, postgis=_postgis(folder, _major(version), run, root))


def _postgis(folder: Path, major: str, run: Run, root: Path) -> str | None:
    """Read the offered version from the extension's control file, wherever this installation keeps it."""
    told = run([str(folder / "pg_config"), "--sharedir"]).strip() if (folder / "pg_config").is_file() else ""
    share = folder.parent / "share"
    places = [Path(told)] if told else []
    places += [
        root / "usr/share/postgresql" / major,
        share / f"postgresql@{major}",
        share / "postgresql",
        share,
    ]
    for place in places:
        try:
            control = (place / "extension" / "postgis.control").read_text(encoding="utf-8")
        except OSError:
            continue
        if version := re.search(r"^\s*default_version\s*=\s*'([^']+)'", control, re.MULTILINE):
            return version[1]
    return None


def _unusable(found: Binaries) -> PostgisMissingError | PostgisTooOldError:
    where = f"PostgreSQL {found.version} in {found.folder}"
    own = "or set SOZIALRAUM_DATABASE_URL to a server that has PostGIS"
    if found.postgis is None:
        package = f"apt-get install postgresql-{found.major}-postgis-3"
        todo = f"install it (Debian/Ubuntu: {package}; macOS: brew install postgis), {own}"
        return PostgisMissingError(where, todo)
    return PostgisTooOldError(where, found.postgis, MINIMUM_POSTGIS, f"install a newer PostGIS, {own}")


def _major(version: str) -> str:
    return version[: len(version) - len(version.lstrip("0123456789"))]


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version))
