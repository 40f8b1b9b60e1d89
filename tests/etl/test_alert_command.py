"""`sozialraum alert`: a rule is tried, switched on, raises alerts; departments subscribe, somebody answers for them."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from typer.testing import CliRunner, Result

from db import jobs
from db.engine import connect
from etl.alert_trial import Trial
from etl.cities import city_profile
from etl.cli import alert, main
from etl.compute import compute_city
from indicators.alerts import rule_names

PAGE = Path(__file__).resolve().parents[2] / "docs" / "how-to" / "early-warning.md"
MINE = """
id = "many-jobless"
title_de = "Viele Arbeitslose"
title_en = "Many unemployed"
kind = "level"
indicators = ["unemployed_share"]
direction = "rising"
threshold = 8.0
"""


@pytest.fixture
def asked(small_city_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Run the command on a sample city that it does not change."""
    monkeypatch.setenv("SOZIALRAUM_DATABASE_URL", small_city_url)
    monkeypatch.setenv("SOZIALRAUM_STATE_DIR", str(tmp_path))
    monkeypatch.setenv("SOZIALRAUM_USER", "tester")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.toml").write_text(MINE, encoding="utf-8")

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(alert.app, list(arguments))

    return run


@pytest.fixture(scope="module")
def engine(make_database: Callable[..., str], small_city_template: str) -> Iterator[Engine]:
    """A sample city that these tests change."""
    engine = connect(make_database(template=small_city_template))
    yield engine
    engine.dispose()


@pytest.fixture
def city(engine: Engine) -> Engine:
    """The same, before anybody knew a rule."""
    statements = (
        "ALTER TABLE acknowledgement DISABLE TRIGGER USER",
        *(
            f"DELETE FROM {table}"
            for table in (
                "webhook_delivery",
                "acknowledgement",
                "alert",
                "subscription",
                "alert_rule_version",
            )
        ),
        "DELETE FROM alert_rule",
        "DELETE FROM job",
        "DELETE FROM run WHERE kind = 'alerts'",
        "ALTER TABLE acknowledgement ENABLE TRIGGER USER",
    )
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))
    return engine


@pytest.fixture
def command(asked, city: Engine, monkeypatch: pytest.MonkeyPatch):
    """Run the command on a sample city that may be changed."""
    monkeypatch.setenv("SOZIALRAUM_DATABASE_URL", city.url.render_as_string(hide_password=False))
    return asked


@pytest.fixture
def tried(command, monkeypatch: pytest.MonkeyPatch):
    """The same with a rule that was tried (by something faster than the real trial)."""
    facts = {"precision": 0.7, "confirmed": 7, "refuted": 3}
    monkeypatch.setattr(
        alert, "try_rule", lambda _rule, _inputs, **_options: Trial(facts=facts, text="Bericht")
    )
    ok(command("backtest", "sample", "--file", "mine.toml", "--geography", "statistical_district"))
    return command


@pytest.fixture
def warned(tried):
    """The same with alerts."""
    ok(tried("switch-on", "sample", "many-jobless", "--by", "A. Muster"))
    ok(tried("run", "sample"))
    return tried


def ok(done: Result) -> str:
    assert done.exit_code == 0, (done.output, done.exception)
    return done.stdout


def refused(done: Result) -> str:
    """Return the line that `main` would print."""
    assert isinstance(done.exception, Exception), done.output
    assert done.stdout == ""
    return " ".join(str(done.exception).split())


@pytest.mark.db
def test_rules_say_what_they_need_and_whether_they_are_on(warned) -> None:
    rows = {row["id"]: row for row in json.loads(ok(warned("rules", "sample", "--json")))}
    assert set(rows) == {*rule_names(), "many-jobless"}
    assert rows["many-jobless"]["is_active"] is True
    assert rows["many-jobless"]["switched_on_by"] == "A. Muster"
    assert rows["status-class"]["levels"] != []
    assert rows["benefit-level"]["levels"] == []
    lines = ok(warned("rules", "sample")).splitlines()
    mine = next(line for line in lines if line.startswith("many-jobless"))
    assert "on (statistical_district, A. Muster), back-test 0 days old " in mine
    assert "Viele Arbeitslose · Many unemployed" in mine
    assert any("the city has no values for it" in line for line in lines)


@pytest.mark.db
def test_a_rule_is_switched_on_only_after_its_trial(command, monkeypatch: pytest.MonkeyPatch) -> None:
    switch = ("switch-on", "sample", "status-class", "--by", "A. Muster")
    assert "was not back-tested yet; run 'sozialraum alert backtest sample status-class' first" in refused(
        command(*switch)
    )
    facts = {"confirmed": 0, "refuted": 0}
    monkeypatch.setattr(
        alert, "try_rule", lambda _rule, _inputs, **_options: Trial(facts=facts, text="Bericht")
    )
    assert ok(command("backtest", "sample", "status-class")) == "Bericht\n"
    assert "knows of no alert whether it was right" in refused(command(*switch))
    facts["refuted"] = 3
    assert ok(command("backtest", "sample", "status-class")) == "Bericht\n"
    assert ok(command(*switch)) == "sample: status-class is on\n"
    assert ok(command("switch-off", *switch[1:])) == "sample: status-class is off\n"
    assert ok(command("switch-off", *switch[1:])) == "sample: status-class was off already\n"


@pytest.mark.db
def test_a_back_test_ages_with_the_loads_that_change_values(tried, city: Engine) -> None:
    with city.begin() as connection:
        connection.execute(
            text("UPDATE alert_rule SET backtested_at = (SELECT max(loaded_at) FROM load) - interval '1 day'")
        )
    lines = ok(tried("rules", "sample")).splitlines()
    mine = next(line for line in lines if line.startswith("many-jobless"))
    assert re.search(
        r"off \(statistical_district\), back-test 1 day old, older than 1 load\(s\) that changed values", mine
    )
    shown = ok(tried("switch-on", "sample", "many-jobless", "--by", "A. Muster"))
    assert "many-jobless is on\n" in shown
    assert "its back-test is 1 day old, older than 1 load(s)" in shown


@pytest.mark.db
def test_the_trial_is_printed_german_first_and_kept(command, city: Engine) -> None:
    options = ("--file", "mine.toml", "--geography", "statistical_district", "--horizon", "1")
    shown = ok(command("backtest", "sample", *options))
    assert shown.startswith("Rückschau: Viele Arbeitslose\n")
    assert shown.index("Trefferquote") < shown.index("Hit rate")
    facts = json.loads(ok(command("backtest", "sample", *options, "--json")))
    assert (facts["city"], facts["geography"], facts["horizon"]) == ("sample", "statistical_district", 1)
    assert 0 <= facts["precision_low"] <= facts["precision"] <= facts["precision_high"] <= 1
    assert facts["alerts"] == facts["confirmed"] + facts["refuted"] + facts["late"] + facts["unknown"] > 0
    with city.connect() as connection:
        kept = connection.execute(text("SELECT backtest FROM alert_rule")).scalar_one()
    assert {name: kept[name] for name in ("precision", "tested", "rule")} == {
        name: facts[name] for name in ("precision", "tested", "rule")
    }
    assert "| Kennzahl | Wert |" in ok(command("backtest", "sample", *options, "--markdown"))


@pytest.mark.db
@pytest.mark.parametrize(
    ("option", "name", "said"),
    [
        (
            "--rule",
            "unemployment-rise",
            "sample has no rule 'unemployment-rise'; did you mean 'unemployment-rises'?",
        ),
        ("--geography", "distrikt", "sample has no level 'distrikt'; did you mean 'district'?"),
        ("--area", "none", "sample has no area 'none'; known: "),
    ],
)
def test_a_list_of_alerts_of_what_the_city_does_not_have_is_refused(asked, option, name, said) -> None:
    assert said in refused(asked("list", "sample", option, name))


@pytest.mark.db
def test_a_trial_that_can_test_nothing_is_not_kept(command, tmp_path: Path) -> None:
    trend = MINE.replace('"level"', '"trend_break"').replace("8.0", "0.0") + "periods = 9\n"
    (tmp_path / "mine.toml").write_text(trend, encoding="utf-8")
    assert "cannot be tested in any period" in refused(command("backtest", "sample", "--file", "mine.toml"))
    assert ok(command("list", "sample")) == "no alerts\n"
    assert "there is no rule 'many-jobless'" in refused(
        command("switch-on", "sample", "many-jobless", "--by", "A")
    )


@pytest.mark.db
def test_a_rule_that_was_changed_is_off_until_somebody_switches_it_on_again(warned, tmp_path: Path) -> None:
    ok(warned("backtest", "sample", "--file", "mine.toml", "--geography", "statistical_district"))
    assert json.loads(ok(warned("rules", "sample", "--json")))[3]["id"] == "many-jobless"
    assert '"is_active": true' in ok(warned("rules", "sample", "--json"))
    (tmp_path / "mine.toml").write_text(MINE.replace("8.0", "9.0"), encoding="utf-8")
    changed = json.loads(
        ok(
            warned(
                "backtest",
                "sample",
                "--file",
                "mine.toml",
                "--geography",
                "statistical_district",
                "--json",
            )
        )
    )
    assert (changed["is_active"], changed["rule"]["threshold"], changed["precision"]) == (False, 9.0, 0.7)


@pytest.mark.db
def test_alerts_are_raised_once_and_listed_with_what_was_found(tried) -> None:
    ok(tried("switch-on", "sample", "many-jobless", "--by", "A. Muster"))
    first = json.loads(ok(tried("run", "sample", "--json")))
    again = json.loads(ok(tried("run", "sample", "--json")))
    assert first["raised"] > 0
    assert (again["created"], again["run_id"]) == (False, first["run_id"])
    assert ok(tried("run", "sample")).startswith(
        f"alerts: nothing new, run {first['run_id']} is up to date (then: "
    )
    rows = json.loads(ok(tried("list", "sample", "--json", "--limit", "1000")))
    assert len(rows) == first["raised"]
    assert all(row["figures"]["value"] > 8 for row in rows)
    assert {row["period"] for row in rows} == {"2022"}
    shown = ok(tried("list", "sample", "--limit", "1")).splitlines()
    assert "Viele Arbeitslose (many-jobless)" in shown[0]
    assert len(shown) == 2


@pytest.mark.db
def test_computing_a_city_evaluates_the_rules_that_are_on(tried, city: Engine) -> None:
    def kinds() -> list[str]:
        outcomes = compute_city(
            city,
            city_profile("sample"),
            requested_by="test",
            code_version="test",
            progress=lambda _name, _share=None: None,
        )
        return [one.kind for one in outcomes]

    assert "alerts" not in kinds()
    ok(tried("switch-on", "sample", "many-jobless", "--by", "A. Muster"))
    assert kinds() == ["shares", "access", "status-index", "alerts", "segregation", "proposal"]


@pytest.mark.db
def test_who_saw_an_alert_says_what_follows(warned) -> None:
    number = str(json.loads(ok(warned("list", "sample", "--json", "--limit", "1")))[0]["id"])
    before = len(json.loads(ok(warned("list", "sample", "--open", "--json", "--limit", "1000"))))
    seen = ("acknowledge", number, "--revision", "1")
    assert f"alert {number} is at revision 1, not 2" in refused(
        warned("acknowledge", number, "--revision", "2", "--by", "B. Beispiel", "--reason", "x")
    )
    done = warned(*seen, "--by", "B. Beispiel", "--reason", " Neubau bezogen ")
    assert ok(done) == f"alert {number} is acknowledged\n"
    assert len(json.loads(ok(warned("list", "sample", "--open", "--json", "--limit", "1000")))) == before - 1
    assert "B. Beispiel: Neubau bezogen" in ok(warned("list", "sample", "--limit", "1"))
    assert "needs a name and a reason" in refused(warned(*seen, "--by", "B", "--reason", "  "))
    assert "there is no alert 99999" in refused(
        warned("acknowledge", "99999", "--revision", "1", "--by", "B", "--reason", "seen")
    )


@pytest.mark.db
def test_a_person_is_forgotten_by_a_word_that_says_nothing(warned) -> None:
    number = str(json.loads(ok(warned("list", "sample", "--json", "--limit", "1")))[0]["id"])
    ok(warned("acknowledge", number, "--revision", "1", "--by", "B. Beispiel", "--reason", "Neubau bezogen"))
    done = json.loads(ok(warned("forget-person", "B. Beispiel", "--json")))
    assert re.fullmatch(r"person-[0-9a-f]{8}", done["alias"])
    assert (done["acknowledgements"], done["rules"], done["subscriptions"]) == (1, 0, 0)
    listed = ok(warned("list", "sample", "--limit", "1"))
    assert f"{done['alias']}: Neubau bezogen" in listed
    assert "Beispiel" not in listed
    assert " stands in 0 acknowledgement(s), 1 rule(s), 0 subscription(s) now\n" in ok(
        warned("forget-person", "A. Muster")
    )
    assert "nobody is called 'B. Beispiel'" in refused(warned("forget-person", "B. Beispiel"))
    assert "whom to forget?" in refused(warned("forget-person", " "))


@pytest.mark.db
def test_alerts_are_listed_by_state_and_level_with_their_revision(warned) -> None:
    assert " rev. 1 " in ok(warned("list", "sample", "--state", "open", "--limit", "1"))
    assert ok(warned("list", "sample", "--state", "withdrawn")) == "no alerts\n"
    assert ok(warned("list", "sample", "--geography", "district")) == "no alerts\n"
    rows = json.loads(ok(warned("list", "sample", "--geography", "statistical_district", "--json")))
    assert rows[0]["withdrawal"] is None


@pytest.mark.db
def test_departments_subscribe_and_end_it(warned) -> None:
    told = json.loads(ok(warned("subscribe", "Jugendamt", "--city", "sample", "--json")))
    assert told["feed"] == "/cities/sample/alerts.atom?department=Jugendamt"
    assert told["secret"] is None
    assert f"already, with the number {told['id']}" in refused(
        warned("subscribe", "Jugendamt", "--city", "sample")
    )
    ok(
        warned(
            "subscribe", "Jugendamt", "--city", "sample", "--geography", "district", "--area", "3",
            "--rule", "many-jobless",
        )
    )  # fmt: skip
    rows = json.loads(ok(warned("subscriptions", "--city", "sample", "--json")))
    assert [row["area_ids"] for row in rows] == [None, ["3"]]
    assert "Jugendamt: many-jobless; district 3" in ok(warned("subscriptions"))
    assert ok(warned("unsubscribe", str(told["id"]))).endswith("is ended\n")
    assert ok(warned("unsubscribe", str(told["id"]))).endswith("had ended already\n")
    assert len(json.loads(ok(warned("subscriptions", "--json")))) == 1


@pytest.mark.db
def test_the_secret_is_shown_once_and_what_waits_is_sent(tried, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOZIALRAUM_WEBHOOK_PRIVATE_ADDRESSES", "true")
    shown = ok(tried("subscribe", "Jugendamt", "--city", "sample", "--url", "http://127.0.0.1:9/hook"))
    secret = re.search(r"shown only now: ([0-9a-f]{64})\n", shown)[1]
    ok(tried("switch-on", "sample", "many-jobless", "--by", "A. Muster"))
    raised = json.loads(ok(tried("run", "sample", "--json")))["raised"]
    listed = ok(tried("subscriptions"))
    assert f"→ 127.0.0.1:9, {raised} waiting, 0 given up" in listed
    told = listed + ok(tried("subscriptions", "--json"))
    assert secret not in told
    assert "/hook" not in told  # a path may be a secret, too
    report = json.loads(ok(tried("deliver", "--json")))  # nobody listens at port 9
    assert report == {"arrived": 0, "failed": 1, "given_up": 0, "waiting": raised}


@pytest.mark.db
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["rules", "atlantis"], "unknown city 'atlantis'"),
        (["backtest", "sample", "status-clas"], "there is no rule 'status-clas'; did you mean 'status-class'?"),
        (["backtest", "sample", "benefit-level"], "no level of areas has values of sgb2_persons_per_resident"),
        (["backtest", "sample", "other", "--file", "mine.toml"], "holds rule 'many-jobless', not 'other'"),
        (["backtest", "sample", "--file", "absent.toml"], "No such file"),
        (["backtest", "sample", "--file", "typo.toml"], "typo.toml, line 5: kind is 'levle'; did you mean 'level'?"),
        (["backtest", "sample", "--file", "shipped.toml"], "is called 'benefit-level' already"),
        (["backtest", "sample", "status-class", "--outcome", "worst"], "limit"),
        (["switch-on", "sample", "nothing", "--by", "A"], "there is no rule 'nothing'"),
        (["switch-on", "sample", "many-jobless", "--by", " "], "give a name with --by"),
        (["run", "sample"], "no rule is switched on"),
        (["subscribe", " ", "--city", "sample"], "the department needs a name"),
        (["subscribe", "A", "--city", "sample", "--rule", "status-class"], "was not back-tested yet"),
        (["subscribe", "A", "--city", "sample", "--geography", "distrikt"], "did you mean 'district'?"),
        (
            ["subscribe", "A", "--city", "sample", "--geography", "district", "--area", "33"],
            "there is no area 33",
        ),
        (["subscribe", "A", "--city", "sample", "--url", "ftp://x"], "not an address of the web"),
        (["subscribe", "A", "--city", "sample", "--url", "http://127.0.0.1/"], "is a private address"),
        (["subscribe", "A", "--city", "leipzig"], "nothing is loaded yet"),
        (["unsubscribe", "77"], "there is no subscription 77"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_with_the_reason(
    asked, tmp_path: Path, arguments: list[str], words: str
) -> None:
    (tmp_path / "typo.toml").write_text(MINE.replace('"level"', '"levle"'), encoding="utf-8")
    (tmp_path / "shipped.toml").write_text(MINE.replace("many-jobless", "benefit-level"), encoding="utf-8")
    assert words in refused(asked(*arguments))


@pytest.mark.db
@pytest.mark.parametrize(
    "arguments",
    [
        ["backtest", "sample"],
        ["subscribe", "A", "--city", "sample", "--area", "3"],
        ["switch-on", "sample", "status-class"],
        ["acknowledge", "1", "--revision", "1", "--by", "A"],
        ["acknowledge", "1", "--by", "A", "--reason", "seen"],
        ["list", "sample", "--state", "shut"],
        ["list", "sample", "--limit", "0"],
    ],
)
def test_half_a_question_is_misuse(asked, arguments: list[str]) -> None:
    assert asked(*arguments).exit_code == 2


@pytest.mark.db
def test_the_worker_also_sends(tried, city: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOZIALRAUM_WEBHOOK_PRIVATE_ADDRESSES", "true")
    ok(tried("subscribe", "Jugendamt", "--city", "sample", "--url", "http://127.0.0.1:9/hook"))
    ok(tried("switch-on", "sample", "many-jobless", "--by", "A. Muster"))
    with city.begin() as connection:
        jobs.request(connection, city_id="sample", kind="alerts", parameters={}, requested_by="planner")
    done = CliRunner().invoke(main.app, ["worker", "--once"])
    assert done.exit_code == 0, done.exception
    assert re.search(r"alerts: run \d+: .*raised [1-9]", done.stderr)
    assert re.search(r"webhooks: 0 arrived, 1 failed, 0 given up, [1-9]\d* waiting", done.stderr)
    with city.connect() as connection:
        assert connection.execute(text("SELECT max(attempts) FROM webhook_delivery")).scalar_one() == 1


def test_every_command_has_an_example() -> None:
    for one in alert.app.registered_commands:
        name = one.name or one.callback.__name__
        assert f"Example: sozialraum alert {name} " in str(one.epilog) + " ", name
        assert f"sozialraum alert {name}" in PAGE.read_text(encoding="utf-8"), name


def test_the_check_of_the_page_accepts_our_signature_and_nothing_else() -> None:
    (code,) = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(encoding="utf-8"), flags=re.M | re.S)
    names: dict[str, object] = {}
    exec(compile(code, str(PAGE), "exec"), names)
    body, timestamp = '{"text":"Süd"}'.encode(), str(int(names["time"].time()))
    digest = hmac.new(b"secret", timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    headers = {"Sozialraum-Timestamp": timestamp, "Sozialraum-Signature": f"sha256={digest}"}
    is_genuine = names["is_genuine"]
    assert is_genuine("secret", headers, body)
    assert not is_genuine("other", headers, body)
    assert not is_genuine("secret", headers, body + b" ")
    assert not is_genuine("secret", headers | {"Sozialraum-Timestamp": "1700000000"}, body)
