"""Who is told of an alert: departments see what they subscribed, and each address is told once of every change."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError

from db.queries import subscriptions

pytestmark = pytest.mark.db


@pytest.mark.parametrize(
    ("filters", "areas"),
    [
        ({}, {"00", "10"}),
        ({"rule_id": "rises"}, {"00", "10"}),
        ({"geography_id": "quarter"}, {"00", "10"}),
        ({"geography_id": "district"}, set()),
        ({"geography_id": "district", "area_ids": ["1"]}, {"10"}),
        ({"geography_id": "quarter", "area_ids": ["00"]}, {"00"}),
        ({"geography_id": "city", "area_ids": ["T"]}, {"00", "10"}),
        ({"geography_id": "district", "area_ids": ["00"]}, set()),
    ],
)
def test_a_department_sees_what_it_subscribed_and_what_lies_in_its_areas(
    found, merge, read, subscribe, town: Engine, filters: dict[str, object], areas: set[str]
) -> None:
    merge(town, found("00"), found("10"))
    subscribe(town, **filters)
    assert {row["area_id"] for row in read(town, department="Jugend")} == areas


def test_two_subscriptions_of_a_department_give_each_alert_once_and_an_ended_one_gives_none(
    found,
    merge,
    read,
    subscribe,
    town: Engine,
) -> None:
    merge(town, found("00"), found("10"))
    first, second = subscribe(town), subscribe(town, rule_id="rises")
    assert len(read(town, department="Jugend")) == 2
    with town.begin() as connection:
        assert [subscriptions.unsubscribe(connection, one) for one in (first, second, first)] == [
            True,
            True,
            False,
        ]
    assert read(town, department="Jugend") == []


def test_each_subscription_with_an_address_is_told_once_of_every_change(
    secret, claim, found, merge, subscribe, waiting, town: Engine
) -> None:
    number = subscribe(town, webhook_url="https://example.org/hook")
    subscribe(town, "Schule", webhook_url="https://example.org/hook", geography_id="district")
    subscribe(town, "Sport")
    merge(town, found())
    merge(town, found())
    assert waiting(town) == [(number, 1)]
    message = claim(town)
    assert message["secret"] == secret
    with town.begin() as connection:
        subscriptions.delivered(connection, message)
    assert waiting(town) == []
    merge(town)
    assert waiting(town) == [(number, 2)]


def test_who_was_never_told_of_an_alert_is_not_told_that_it_is_withdrawn(
    found, merge, subscribe, waiting, town: Engine
) -> None:
    subscribe(town, webhook_url="https://example.org/hook")
    merge(town, found())
    merge(town)
    assert waiting(town) == []


def test_a_message_is_claimed_by_one_sender_and_comes_back_when_it_dies(
    claim, execute, found, merge, subscribe, town: Engine
) -> None:
    subscribe(town, webhook_url="https://example.org/hook")
    merge(town, found())
    first = claim(town)
    assert claim(town) is None
    execute(town, "UPDATE webhook_delivery SET next_attempt_at = next_attempt_at - interval '2 minutes'")
    again = claim(town)
    assert (again["attempts"], first["attempts"]) == (2, 1)


def test_a_change_while_a_message_is_on_its_way_is_told_afterwards(
    claim, found, merge, subscribe, waiting, town: Engine
) -> None:
    number = subscribe(town, webhook_url="https://example.org/hook")
    merge(town, found())
    message = claim(town)
    merge(town)  # withdrawn while the first message is being sent
    with town.begin() as connection:
        subscriptions.delivered(connection, message)
    assert waiting(town) == [(number, 2)]


def test_nothing_is_sent_of_values_that_are_being_checked(
    claim, execute, found, merge, subscribe, town: Engine
) -> None:
    subscribe(town, webhook_url="https://example.org/hook")
    merge(town, found())
    execute(town, "UPDATE value SET value = NULL, status = 'suppressed' WHERE indicator_id = 'jobless'")
    assert claim(town) is None


def test_a_message_that_is_put_back_was_not_tried_and_waits_for_its_lease(
    claim, found, merge, subscribe, waiting, town: Engine
) -> None:
    subscribe(town, webhook_url="https://example.org/hook")
    merge(town, found())
    message = claim(town)
    with town.begin() as connection:
        subscriptions.put_back(connection, message)
    assert claim(town) is None
    merge(town)  # nobody was told, so nobody is told that it is withdrawn
    assert waiting(town) == []


def test_of_an_address_only_the_host_is_told(subscribe, town: Engine) -> None:
    subscribe(town, webhook_url="https://example.org:8443/hook/t0ken?key=s3cret")
    with town.connect() as connection:
        (row,) = subscriptions.all_of(connection, "town")
    assert row["webhook_host"] == "example.org:8443"
    assert "t0ken" not in str(row)
    assert "s3cret" not in str(row)


@pytest.mark.parametrize(
    ("fields", "rule"),
    [
        ({"webhook_url": "ftp://example.org"}, "webhook_url_form"),
        ({"area_ids": ["00"]}, "areas_of_a_geography"),
        ({"geography_id": "quarter", "area_ids": []}, "areas_of_a_geography"),
        ({"department": " "}, "department_form"),
        ({"rule_id": "unknown"}, "fk_subscription"),
        ({"secret": "s" * 64}, "secret_with_a_webhook"),
    ],
)
def test_a_subscription_that_makes_no_sense_is_refused(
    subscribe, town: Engine, fields: dict[str, object], rule: str
) -> None:
    with pytest.raises(IntegrityError, match=rule):
        subscribe(town, **fields)
