"""What a load takes away or out of sight is told: layers, shares near them, corrections, an edition."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import shapely
from sqlalchemy import Engine

from etl.loading import LoadReport

pytestmark = pytest.mark.db

Load = Callable[..., LoadReport]
FURTHER = ('id = "small"\n[city]', 'id = "further"\n[city]')
NEWER = ('id = "2020"\nvalid_from = 2020-01-01', 'id = "2021"\nvalid_from = 2021-01-01')


def told(report: LoadReport, check: str) -> list[str]:
    return [f"{one.severity}: {one.what}" for one in report.findings if one.check == check]


@pytest.fixture
def town(near_playground, playground_layer, playgrounds, write_playgrounds, dataset):
    """The small town with a playground and a share of people near it."""
    write_playgrounds(dataset, playgrounds(shapely.Point(500_500, 6_000_500)))
    dataset.add(playground_layer + near_playground)
    return dataset


@pytest.mark.parametrize("dry_run", [True, False])
def test_layers_and_shares_that_are_left_out_are_told_and_what_to_do(
    town, load_town: Load, playground_layer: str, near_playground: str, dry_run: bool
) -> None:
    load_town()
    town.manifest(playground_layer + near_playground, "")
    report = load_town(dry_run=dry_run)
    assert told(report, "overlays") == [
        "warning: 1 overlay of earlier loads is not in this delivery and withdrawn: playgrounds",
        "warning: the manifest does not ask for 1 share near facilities that the one before asked for,"
        " so 'compute' leaves out near_playground",
    ]
    assert "add [[overlay]] with its file again" in report.findings[0].todo
    assert report.counts["overlays_withdrawn"] == 1


def test_the_computation_says_which_share_it_leaves_out(
    database: Engine, compute, town, load_town: Load, playground_layer: str, near_playground: str
) -> None:
    load_town()
    compute(database)
    town.manifest(playground_layer + near_playground, "")
    load_town()
    assert (
        "access: left out: near_playground: the manifest that was loaded last does not ask for it any more;"
        " if it should, add [[access]] to it, then load small again"
    ) in [one.sentence() for one in compute(database)]


def test_another_data_set_leaves_the_layers_and_is_told_of_the_shares(
    town, load_town: Load, playground_layer: str, near_playground: str
) -> None:
    load_town()
    town.manifest(playground_layer + near_playground, "")
    town.manifest(*FURTHER)
    report = load_town()
    assert [one.startswith("warning: the manifest does not ask") for one in told(report, "overlays")] == [
        True
    ]
    assert report.counts["overlays_withdrawn"] == 0


def test_a_layer_that_changes_is_not_left_out(town, load_town: Load) -> None:
    load_town()
    town.manifest("metres = 1000", "metres = 300")
    assert told(load_town(), "overlays") == []


@pytest.mark.parametrize("dry_run", [True, False])
def test_an_old_delivery_that_takes_a_correction_back_is_told(
    dataset, load_town: Load, dry_run: bool
) -> None:
    load_town()
    dataset.values("1010;110", "1011;110")
    assert told(load_town(), "corrections") == []
    dataset.values("1011;110", "1010;110")
    # one Stadtteil, and the sum of the city
    assert told(load_town(dry_run=dry_run), "corrections") == [
        "warning: these are the same files as those of load 1; 2 values go back to what they were before load 2"
    ]


def test_corrections_of_several_loads_are_told_together(dataset, load_town: Load) -> None:
    load_town()
    dataset.values("1010;110", "1011;110")
    load_town()
    dataset.values("2020;310", "2021;310")
    load_town()
    dataset.values("1011;110", "1010;110")
    dataset.values("2021;310", "2020;310")
    # 01 came with load 2; 02 and the sum of the city, corrected twice, with load 3
    assert told(load_town(), "corrections") == [
        "warning: these are the same files as those of load 1; 3 values go back to what they were before load 2"
        " (brought by loads 2, 3)"
    ]


def test_files_that_were_undone_are_not_old_when_they_come_again(
    database: Engine, dataset, load_town: Load, quiet
) -> None:
    from etl.undo import undo_load

    load_town()
    dataset.values("1010;110", "1011;110")
    undo_load(database, load_town().load_id, undone_by="test", code_version="test", progress=quiet)
    report = load_town()
    assert (report.counts["values_corrected"], told(report, "corrections")) == (2, [])


@pytest.mark.parametrize("dry_run", [True, False])
def test_indicators_that_a_new_edition_puts_out_of_sight_are_a_note(
    dataset, load_town: Load, dry_run: bool
) -> None:
    load_town()
    dataset.manifest(*NEWER)
    dataset.manifest('    { indicator = "rate", column = "quote" },\n', "")
    report = load_town(dry_run=dry_run)
    assert told(report, "edition") == [
        "note: edition '2021' is shown now; 1 indicator is only in edition '2020' of sub_district: rate"
    ]
    (note,) = (one for one in report.findings if one.check == "edition")
    assert "'sozialraum crosswalk make small --from @2020 --to @2021 …'" in note.todo


def test_an_older_edition_and_one_that_is_there_already_put_nothing_out_of_sight(
    dataset, load_town: Load
) -> None:
    load_town()
    dataset.manifest(*NEWER)
    assert told(load_town(), "edition") == []
    dataset.manifest('    { indicator = "rate", column = "quote" },\n', "")
    dataset.manifest(
        'id = "2021"\nvalid_from = 2021-01-01', 'id = "2021"\nvalid_from = 2021-01-01\nvalid_to = 2022-12-31'
    )
    assert told(load_town(), "edition") == []
    dataset.manifest(
        'id = "2021"\nvalid_from = 2021-01-01\nvalid_to = 2022-12-31',
        'id = "2019"\nvalid_from = 2019-01-01\nvalid_to = 2019-12-31',
    )
    assert told(load_town(), "edition") == []
