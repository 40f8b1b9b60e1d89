"""Where the database is: the settings of `db`, read once by the entry point and passed down as values."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from db.errors import SettingsError

__all__ = ["DatabaseSettings", "read_settings"]

_PREFIX = "SOZIALRAUM_"
_DRIVER = "postgresql+psycopg"


class DatabaseSettings(BaseSettings):
    """Settings from the environment, each with the prefix `SOZIALRAUM_`; an empty value counts as not set."""

    model_config = SettingsConfigDict(
        env_prefix=_PREFIX, env_ignore_empty=True, extra="ignore", frozen=True, hide_input_in_errors=True
    )

    database_url: str | None = Field(
        default=None,
        repr=False,  # it may hold a password
        description="Address of an existing PostGIS, postgresql://user:password@host:5432/name; "
        "then no server is started.",
    )
    state_dir: Path = Field(
        default=Path(".sozialraum"),
        validate_default=True,
        description="Folder for all that is kept between runs; .sozialraum in the current folder by default.",
    )
    pg_bin: Path | None = Field(
        default=None,
        description="Folder of the PostgreSQL server programs; searched in the usual places by default.",
    )
    runtime_dir: Path = Field(
        default=Path("/tmp"),  # noqa: S108  (a private folder is made in it, and checked before use)
        validate_default=True,
        description="Folder in which the private folder of the server's Unix socket is made; keep it short.",
    )

    @field_validator("database_url")
    @classmethod
    def _with_driver(cls, value: str | None) -> str | None:
        """Accept the usual spellings of a PostgreSQL address and name the driver we use."""
        if value is None:
            return None
        scheme, separator, rest = value.strip().partition("://")
        if not separator or scheme not in {"postgresql", "postgres", _DRIVER}:
            raise ValueError("not a PostgreSQL address; write postgresql://user:password@host:5432/name")
        url = f"{_DRIVER}://{rest}"
        try:
            make_url(url)
        except (ArgumentError, ValueError):
            raise ValueError(
                "the address cannot be read; write postgresql://user:password@host:5432/name, "
                "with signs such as @ : / in the password written as %40 %3A %2F"
            ) from None
        return url

    @field_validator("state_dir", "pg_bin", "runtime_dir")
    @classmethod
    def _absolute(cls, value: Path | None) -> Path | None:
        """Fix the folder now, so that a later change of the current folder does not matter."""
        return None if value is None else value.expanduser().absolute()

    @property
    def postgres_folder(self) -> Path:
        """Folder of the private PostGIS."""
        return self.state_dir / "postgres"


def read_settings() -> DatabaseSettings:
    """Read the settings from the environment; a wrong one raises `SettingsError` with one line."""
    try:
        return DatabaseSettings()
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        setting = _PREFIX + "_".join(str(part) for part in first["loc"]).upper()
        raise SettingsError(setting, first["msg"].removeprefix("Value error, ")) from None
