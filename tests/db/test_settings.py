"""The settings of the database layer: what the environment may say, and how wrong words are refused."""

from pathlib import Path

import pytest

from db.errors import SettingsError
from db.settings import DatabaseSettings, read_settings


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch):
    for name in DatabaseSettings.model_fields:
        monkeypatch.delenv(f"SOZIALRAUM_{name.upper()}", raising=False)


def test_nothing_needs_to_be_set(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    settings = read_settings()
    assert settings.database_url is None
    assert settings.state_dir == tmp_path / ".sozialraum"
    assert settings.postgres_folder == tmp_path / ".sozialraum" / "postgres"
    assert settings.pg_bin is None
    assert settings.runtime_dir == Path("/tmp")


def test_an_empty_variable_counts_as_not_set(monkeypatch):
    monkeypatch.setenv("SOZIALRAUM_DATABASE_URL", "")
    assert read_settings().database_url is None


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("postgresql://u:p@host:5433/city", "postgresql+psycopg://u:p@host:5433/city"),
        ("postgres://host/city", "postgresql+psycopg://host/city"),
        ("postgresql+psycopg://host/city", "postgresql+psycopg://host/city"),
        (
            "postgresql://u:p%40ss@host/city?sslmode=require",
            "postgresql+psycopg://u:p%40ss@host/city?sslmode=require",
        ),
        ("postgresql:///city?host=/run/postgresql", "postgresql+psycopg:///city?host=/run/postgresql"),
    ],
)
def test_every_usual_spelling_of_an_address_gets_our_driver(monkeypatch, written, read):
    monkeypatch.setenv("SOZIALRAUM_DATABASE_URL", written)
    assert read_settings().database_url == read


@pytest.mark.parametrize(
    "written",
    [
        "mysql://u:geheim@host/city",
        "postgresql+psycopg2://u:geheim@host/city",
        "geheim",
        "postgresql://u:geheim@host:port/city",
    ],
)
def test_another_address_is_refused_in_one_line_without_its_password(monkeypatch, written):
    monkeypatch.setenv("SOZIALRAUM_DATABASE_URL", written)
    with pytest.raises(
        SettingsError, match=r"^SOZIALRAUM_DATABASE_URL: .*postgresql://user:password@host"
    ) as refused:
        read_settings()
    assert "geheim" not in str(refused.value)
    assert "\n" not in str(refused.value)


def test_the_password_is_not_shown_when_settings_are_printed(monkeypatch):
    monkeypatch.setenv("SOZIALRAUM_DATABASE_URL", "postgresql://u:geheim@host/city")
    assert "geheim" not in repr(read_settings())


def test_a_relative_folder_is_fixed_when_the_settings_are_read(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SOZIALRAUM_STATE_DIR", "kept here")
    settings = read_settings()
    monkeypatch.chdir("/")
    assert settings.state_dir == tmp_path / "kept here"
