"""Errors of the database layer: what is wrong, where, and what to do, in one line and without a password."""

from __future__ import annotations

from pathlib import Path

__all__ = [
    "AccountError",
    "BinariesNotFoundError",
    "BusyError",
    "ClusterVersionError",
    "ConflictingEditionError",
    "ConnectError",
    "DatabaseError",
    "FolderError",
    "MapStateError",
    "NewerSchemaError",
    "NotBacktestedError",
    "NotPostgresError",
    "OverlappingEditionError",
    "PostgisMissingError",
    "PostgisTooOldError",
    "RevisedAlertError",
    "ScenarioNameError",
    "ServerStartError",
    "ServerStopError",
    "SettingsError",
    "UnknownAlertError",
    "UnknownCrosswalkError",
    "UnknownLoadError",
    "UnknownMapError",
    "UnknownProposalError",
    "UnknownScenarioError",
    "UnknownValuesError",
    "UnprovenRuleError",
]

_LISTED_BY = {"alert": "list CITY", "subscription": "subscriptions"}
_OWN_SERVER = "or set SOZIALRAUM_DATABASE_URL to a server that has PostGIS"


class DatabaseError(Exception):
    """Base of every error raised by `db`."""


class SettingsError(DatabaseError, ValueError):
    """A setting has a value we cannot use."""

    def __init__(self, setting: str, reason: str) -> None:
        super().__init__(f"{setting}: {reason}")
        self.setting, self.reason = setting, reason


class AccountError(DatabaseError, LookupError):
    """There is no operating-system account that may run the server."""


class BinariesNotFoundError(DatabaseError, LookupError):
    """No PostgreSQL server programs were found, or none that can be used."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"{reason}; install PostgreSQL with PostGIS (Debian/Ubuntu: apt-get install postgresql "
            f"postgresql-postgis; macOS: brew install postgis), {_OWN_SERVER}"
        )
        self.reason = reason


class PostgisMissingError(DatabaseError, LookupError):
    """PostgreSQL is there, its PostGIS extension is not."""

    def __init__(self, where: str, todo: str) -> None:
        super().__init__(f"{where} has no PostGIS extension; {todo}")
        self.where, self.todo = where, todo


class PostgisTooOldError(DatabaseError, RuntimeError):
    """PostGIS is there, but older than what we need."""

    def __init__(self, where: str, version: str, needed: str, todo: str) -> None:
        super().__init__(f"{where} has PostGIS {version}, at least {needed} is needed; {todo}")
        self.where, self.version, self.needed, self.todo = where, version, needed, todo


class FolderError(DatabaseError, OSError):
    """A folder or file of the cluster cannot be used as it is."""

    def __init__(self, folder: Path, reason: str, todo: str) -> None:
        super().__init__(f"{folder}: {reason}; {todo}")
        self.folder, self.reason, self.todo = folder, reason, todo


class ClusterVersionError(DatabaseError, RuntimeError):
    """The cluster was made by another major version than the programs that are installed."""

    def __init__(self, data: Path, made_by: str, installed: str) -> None:
        super().__init__(
            f"the cluster in {data} was made by PostgreSQL {made_by}, installed is {installed}; "
            f"install PostgreSQL {made_by} with PostGIS again, "
            "or delete the cluster with all its data: sozialraum db reset"
        )
        self.data, self.made_by, self.installed = data, made_by, installed


class ServerStartError(DatabaseError, RuntimeError):
    """The server programs ran and gave up."""

    def __init__(self, step: str, reason: str, todo: str) -> None:
        super().__init__(f"{step}: {reason}; {todo}")
        self.step, self.reason, self.todo = step, reason, todo


class ServerStopError(DatabaseError, TimeoutError):
    """The server did not end although it was told to."""


class BusyError(DatabaseError, TimeoutError):
    """Somebody else holds the cluster for longer than we wait."""


class ConnectError(DatabaseError, ConnectionError):
    """The server cannot be reached, or does not let us in."""


class NotPostgresError(DatabaseError, ConnectionError):
    """Something answers, but it is not PostgreSQL."""


class ConflictingEditionError(DatabaseError, ValueError):
    """A delivery has other areas than the loaded edition of the same boundaries."""

    def __init__(self, geography: str, edition: str, areas: list[str]) -> None:
        shown = ", ".join(areas[:5]) + (" …" if len(areas) > 5 else "")
        super().__init__(
            f"{geography}: edition {edition!r} is already loaded with other areas, {len(areas)} differ: {shown}; "
            "give the new boundaries an edition of their own"
        )
        self.geography, self.edition, self.areas = geography, edition, areas


class UnknownValuesError(DatabaseError, LookupError):
    """There are no values of the indicator and period that were asked for."""


class UnknownAlertError(DatabaseError, LookupError):
    """There is no alert or subscription of this number."""

    def __init__(self, kind: str, number: int) -> None:
        super().__init__(f"there is no {kind} {number}; 'sozialraum alert {_LISTED_BY[kind]}' lists them")
        self.kind, self.number = kind, number


class RevisedAlertError(DatabaseError, ValueError):
    """An alert was to be acknowledged that says something else by now."""

    def __init__(self, alert: int, *, seen: int, revision: int) -> None:
        super().__init__(
            f"alert {alert} is at revision {revision}, not {seen}: it says something else by now, or never was; "
            f"read it again with 'sozialraum alert list CITY' and acknowledge with --revision {revision}"
        )
        self.alert, self.seen, self.revision = alert, seen, revision


class UnprovenRuleError(DatabaseError, ValueError):
    """A rule was to be switched on whose back-test knows of no alert whether it was right."""

    def __init__(self, city: str, rule: str) -> None:
        super().__init__(
            f"the back-test of rule {rule!r} on {city} knows of no alert whether it was right, so there is no hit rate; "
            "try it on a longer history or a finer level, with a shorter --horizon, or with another --outcome"
        )
        self.city, self.rule = city, rule


class NotBacktestedError(DatabaseError, ValueError):
    """A rule was to be switched on that was never tried on the city's history."""

    def __init__(self, city: str, rule: str) -> None:
        super().__init__(
            f"rule {rule!r} was not back-tested on {city}; run 'sozialraum alert backtest {city} {rule}' first"
        )
        self.city, self.rule = city, rule


class OverlappingEditionError(DatabaseError, ValueError):
    """Two editions of the same boundaries claim the same days."""

    def __init__(self, geography: str, edition: str, other: str) -> None:
        super().__init__(
            f"{geography}: edition {edition!r} overlaps in time with the loaded edition {other!r}; "
            "correct valid_from and valid_to of the delivery"
        )
        self.geography, self.edition, self.other = geography, edition, other


class NewerSchemaError(DatabaseError, RuntimeError):
    """The database was brought to its version by a newer program than this one."""

    def __init__(self, revision: str) -> None:
        super().__init__(
            f"the database has schema version {revision}, which this program does not know; "
            "use the newer program that made it, or another database"
        )
        self.revision = revision


class UnknownProposalError(DatabaseError, LookupError):
    """There is no proposal of that number or scenario, or none with what is known of its areas."""

    def __init__(self, city: str, *, run_id: int | None = None, scenario: str | None = None) -> None:
        if scenario is not None:
            what = f"scenario {scenario!r} of {city} has no proposal yet; run 'sozialraum scenario run {city} {scenario}'"
        elif run_id is not None:
            what = f"{city} has no proposal under run {run_id}; leave the number out for the newest"
        else:
            what = f"{city} has no proposal yet; run 'sozialraum compute {city}'"
        super().__init__(what)
        self.city, self.run_id, self.scenario = city, run_id, scenario


class ScenarioNameError(DatabaseError, ValueError):
    """A scenario cannot have this name."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"scenario {name!r}: {reason}")
        self.name, self.reason = name, reason


class UnknownScenarioError(DatabaseError, LookupError):
    """A city has no scenario of this name."""

    def __init__(self, city: str, name: str, known: list[str]) -> None:
        there = ", ".join(known) or "none"
        super().__init__(f"{city} has no scenario {name!r}; scenarios: {there}")
        self.city, self.name, self.known = city, name, known


class UnknownMapError(DatabaseError, LookupError):
    """There is no map of this number."""

    def __init__(self, number: int, city: str = "CITY") -> None:
        super().__init__(
            f"there is no map of priority areas {number}; 'sozialraum boundary list {city}' lists them"
        )
        self.number, self.city = number, city


class MapStateError(DatabaseError, ValueError):
    """A map cannot become what was asked for."""

    def __init__(self, number: int, status: str, wanted: str, possible: list[str]) -> None:
        todo = f"; it can become: {', '.join(possible)}" if possible else ""
        super().__init__(f"map {number} is {status}, which does not become {wanted}{todo}")
        self.number, self.status, self.wanted, self.possible = number, status, wanted, possible


class UnknownLoadError(DatabaseError, LookupError):
    """A city has no two loads of these numbers, the older one first."""

    def __init__(self, city: str, older: int, newer: int, known: list[int]) -> None:
        there = ", ".join(map(str, known[:10])) or "none"
        super().__init__(
            f"{city} has no loads {older} and after it {newer}; loads, the newest first: {there}"
        )
        self.city, self.older, self.newer, self.known = city, older, newer, known


class UnknownCrosswalkError(DatabaseError, LookupError):
    """A city has no crosswalk of this number."""

    def __init__(self, city: str, number: int, known: list[int]) -> None:
        there = ", ".join(map(str, known[-10:])) or "none"
        super().__init__(
            f"{city} has no crosswalk {number}; crosswalks: {there}; 'sozialraum crosswalk list {city}' lists them"
        )
        self.city, self.number, self.known = city, number, known
