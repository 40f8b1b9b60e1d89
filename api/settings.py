"""Settings of the service, read once by its entry point."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

__all__ = ["ServiceSettings"]


class ServiceSettings(BaseSettings):
    """Environment variables with the prefix `SOZIALRAUM_`."""

    model_config = SettingsConfigDict(env_prefix="SOZIALRAUM_", env_ignore_empty=True, extra="ignore")

    database_url: str
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=1, le=65535)
    # Where readers reach the service, behind a proxy too; links and feeds begin with it.
    public_url: str | None = Field(default=None, pattern=r"^https?://[^\s/?#@]+(/[^\s?#]*)?$")
    # Who names the entries of feeds, and when he had the name (RFC 4151); must not change once somebody reads them.
    feed_authority: str | None = Field(
        default=None,
        pattern=r"^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+(,\d{4}(-\d{2}(-\d{2})?)?)?$",
    )
    language: Literal["de", "en"] = "de"  # of the page, until the reader chooses

    @field_validator("public_url")
    @classmethod
    def _with_a_slash(cls, address: str | None) -> str | None:
        return address if address is None or address.endswith("/") else f"{address}/"
