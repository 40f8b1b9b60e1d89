"""Settings of the service, read once by its entry point."""

from __future__ import annotations

from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

__all__ = ["ServiceSettings"]


class ServiceSettings(BaseSettings):
    """Environment variables with the prefix `SOZIALRAUM_`."""

    model_config = SettingsConfigDict(env_prefix="SOZIALRAUM_", env_ignore_empty=True, extra="ignore")

    database_url: str
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=1, le=65535)
    # Who names the entries of feeds (RFC 4151); must not change once somebody reads them.
    feed_authority: str = Field(
        default="sozialraum.invalid",
        pattern=r"^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$",
    )
    language: Literal["de", "en"] = "de"  # of the page, until the reader chooses
