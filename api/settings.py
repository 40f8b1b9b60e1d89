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
    language: Literal["de", "en"] = "de"  # of the page, until the reader chooses
