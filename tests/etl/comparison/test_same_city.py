"""Another town's folder does not take the place of a loaded city."""

from __future__ import annotations

from collections.abc import Callable

import geopandas as gpd
import pytest
import shapely
from sqlalchemy import Engine, text

from etl.datasets.findings import DatasetError
from etl.loading import LoadReport

pytestmark = pytest.mark.db

Load = Callable[..., LoadReport]
OTHER_NAMES = ('title_de = "Kleinstadt"', 'title_de = "Kleinau"')


def told(report: LoadReport) -> list[str]:
    return [f"{one.severity}: {one.what}" for one in report.findings if one.check == "city"]


def loads_and_title(database: Engine) -> tuple[int, str]:
    with database.connect() as connection:
        query = text("SELECT (SELECT count(*) FROM load), title_de FROM city WHERE id = 'small'")
        return tuple(connection.execute(query).one())


@pytest.mark.parametrize("dry_run", [True, False])
def test_a_town_that_lies_elsewhere_is_refused_and_nothing_is_renamed(
    database: Engine, dataset, load_town: Load, dry_run: bool
) -> None:
    load_town()
    dataset.write_areas(dataset.areas().set_geometry(dataset.areas().translate(104_000, 0)))
    dataset.manifest('id = "small"\n[city]', 'id = "kleinau"\n[city]')
    dataset.manifest(*OTHER_NAMES)
    # the four squares of 1 km end at 504 km, the others begin at 604 km
    expected = (
        "lie 100.0 km away from those of the city 'small', loaded as 'Kleinstadt'; give the city of this"
    )
    with pytest.raises(DatasetError, match=expected):
        load_town(dry_run=dry_run)
    assert loads_and_title(database) == (1, "Kleinstadt")


def test_a_town_in_another_zone_is_refused_for_where_it_lies(
    database: Engine, dataset, load_town: Load
) -> None:
    load_town()
    dataset.write_areas(dataset.areas().set_crs(25833, allow_override=True))
    dataset.manifest("srid = 25832", "srid = 25833")
    with pytest.raises(DatasetError, match=r"lie \d{3}\.\d km away from those of the city 'small'"):
        load_town()


def test_another_coordinate_system_for_the_same_areas_is_refused_with_the_stored_one(
    database: Engine, dataset, load_town: Load
) -> None:
    # in the east of zone 32, which is the west of zone 33
    dataset.write_areas(dataset.areas().set_geometry(dataset.areas().translate(240_000, -310_000)))
    load_town()
    dataset.manifest("srid = 25832", "srid = 25833")
    dataset.manifest('id = "2020"\nvalid_from = 2020-01-01', 'id = "2021"\nvalid_from = 2021-01-01')
    with pytest.raises(
        DatasetError, match=r"'small' was loaded in EPSG:25832; .* say srid = 25832 in \[city\]"
    ):
        load_town()
    assert loads_and_title(database) == (1, "Kleinstadt")


def test_a_further_data_set_of_the_city_is_loaded_without_a_word(dataset, load_town: Load) -> None:
    load_town()
    dataset.manifest('id = "small"\n[city]', 'id = "further"\n[city]')
    assert told(load_town()) == []


def test_a_city_that_grew_is_loaded(dataset, load_town: Load) -> None:
    load_town()
    keys = ["01", "02", "03", "04"]
    grown = [shapely.box(503_000 + 2000 * n, 6_000_000, 505_000 + 2000 * n, 6_001_000) for n in range(4)]
    dataset.write_areas(gpd.GeoDataFrame({"nr": keys, "name": keys}, geometry=grown, crs=25832))
    dataset.manifest('id = "2020"\nvalid_from = 2020-01-01', 'id = "2021"\nvalid_from = 2021-01-01')
    assert load_town().changed


@pytest.mark.parametrize("dry_run", [True, False])
def test_another_title_from_another_data_set_is_a_warning(dataset, load_town: Load, dry_run: bool) -> None:
    load_town()
    dataset.manifest('id = "small"\n[city]', 'id = "further"\n[city]')
    dataset.manifest(*OTHER_NAMES)
    assert told(load_town(dry_run=dry_run)) == [
        "warning: the city 'small' was loaded as 'Kleinstadt' with the data set 'small'; its title becomes 'Kleinau'"
    ]


def test_a_title_that_the_data_set_itself_corrects_is_its_own_affair(dataset, load_town: Load) -> None:
    load_town()
    dataset.manifest(*OTHER_NAMES)
    assert told(load_town()) == []


def test_after_an_undo_of_all_the_id_is_free(database: Engine, dataset, load_town: Load, quiet) -> None:
    from etl.undo import undo_load

    undo_load(database, load_town().load_id, undone_by="test", code_version="test", progress=quiet)
    dataset.write_areas(dataset.areas().set_geometry(dataset.areas().translate(104_000, 0)))
    dataset.manifest('id = "small"\n[city]', 'id = "kleinau"\n[city]')
    dataset.manifest(*OTHER_NAMES)
    assert told(load_town()) == []
