"""Who saw an alert, and whether the person is still named: noted for good, about the alert as it was."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError

from db.errors import RevisedAlertError, UnknownAlertError
from db.queries import alert_rules, alerts

pytestmark = pytest.mark.db


def test_an_acknowledgement_is_about_the_alert_as_it_was(
    acknowledge, found, merge, read, town: Engine
) -> None:
    merge(town, found())
    (row,) = read(town, acknowledged=False)
    acknowledge(town, row["id"], by="A. Muster", reason="Neubau bezogen")
    assert read(town, acknowledged=False) == []
    (seen,) = read(town, acknowledged=True)
    assert seen["acknowledged_at"] is not None
    merge(town)
    (changed,) = read(town)
    assert changed["acknowledged_at"] is None
    with town.connect() as connection:
        (note,) = alerts.acknowledgements(connection, [row["id"]])
    assert (note["acknowledged_by"], note["reason"], note["revision"]) == ("A. Muster", "Neubau bezogen", 1)


def test_an_acknowledgement_needs_a_name_and_a_reason_and_an_alert(
    acknowledge, found, merge, read, town: Engine
) -> None:
    merge(town, found())
    (row,) = read(town)
    for by, reason in (("A", " \n"), ("", "seen")):
        with pytest.raises(IntegrityError, match="given"):
            acknowledge(town, row["id"], by=by, reason=reason)
    with pytest.raises(UnknownAlertError, match="there is no alert 99; 'sozialraum alert list CITY'"):
        acknowledge(town, 99)


def test_what_was_revised_since_it_was_read_cannot_be_acknowledged_unseen(
    acknowledge, found, merge, read, town: Engine
) -> None:
    merge(town, found())
    (row,) = read(town)
    merge(town, found(jobless=29))
    with pytest.raises(RevisedAlertError, match="alert 1 is at revision 2, not 1"):
        acknowledge(town, row["id"], seen=row["revision"])
    acknowledge(town, row["id"], seen=2)
    assert len(read(town, acknowledged=True)) == 1


@pytest.mark.parametrize(
    "statement",
    ["UPDATE acknowledgement SET reason = 'x'", "DELETE FROM acknowledgement", "TRUNCATE acknowledgement"],
)
def test_acknowledgements_are_never_changed_or_removed(
    acknowledge, execute, found, merge, read, town: Engine, statement: str
) -> None:
    merge(town, found())
    (row,) = read(town)
    acknowledge(town, row["id"])
    with pytest.raises(IntegrityError, match="only added"):
        execute(town, statement)


def test_a_person_is_forgotten_and_what_was_noted_stays(
    acknowledge, found, merge, read, town: Engine
) -> None:
    merge(town, found())
    (row,) = read(town)
    acknowledge(town, row["id"], by="A. M. (Amt)", reason="Neubau, A. M. (Amt) war dort; nicht MA. M. (Amt)")
    acknowledge(town, row["id"], by="B", reason="mit A. M. (Amt) besprochen")
    acknowledge(town, row["id"], by="C", reason="seen")
    with town.begin() as connection:
        alert_rules.switch_on(connection, city_id="town", rule_id="rises", by="A. M. (Amt)")
        done = alerts.forget_person(connection, "A. M. (Amt)", alias="person-1")
    assert (done.acknowledgements, done.rules, done.subscriptions) == (2, 1, 0)
    with town.connect() as connection:
        notes = alerts.acknowledgements(connection, [row["id"]])
        assert alert_rules.get(connection, "town", "rises")["switched_on_by"] == "person-1"
    assert [(note["acknowledged_by"], note["reason"]) for note in notes] == [
        ("person-1", "Neubau, person-1 war dort; nicht MA. M. (Amt)"),
        ("B", "mit person-1 besprochen"),
        ("C", "seen"),
    ]
    (told,) = read(town)
    assert told["acknowledged_at"] is not None


@pytest.mark.parametrize(
    "change",
    [
        "reason = 'x'",
        "acknowledged_by = 'person-1', reason = 'x'",
        "revision = 2",
        "acknowledged_by = 'somebody'",
    ],
)
def test_forgetting_a_person_changes_nothing_else(
    acknowledge, execute, found, merge, read, town: Engine, change: str
) -> None:
    merge(town, found())
    (row,) = read(town)
    acknowledge(town, row["id"], by="A. Muster")
    with pytest.raises(IntegrityError, match="only added"):
        execute(
            town,
            "SELECT set_config('sozialraum.forgotten_name', 'A. Muster', true),"
            " set_config('sozialraum.forgotten_alias', 'person-1', true);"
            f"UPDATE acknowledgement SET {change}",
        )
