"""`sozialraum alert …`: rules of the early warning, their trial on history, alerts, and who is told of them."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from sqlalchemy import Connection

from db.queries import alert_rules, alerts, catalogue
from etl.alert_inputs import read_rule_inputs
from etl.alert_trial import try_rule
from etl.cities import city_names, city_profile
from etl.cli import alert_answer, alert_subscription
from etl.cli.session import Session, open_session
from etl.compute import compute_alerts
from etl.errors import EtlError
from etl.progress import steps
from etl.source import Progress
from etl.webhooks import WebhookPolicy, WebhookReport, deliver_webhooks
from indicators.alerts import Outcome, Rule, read_rule, rule_names, shipped_rules
from indicators.alerts.notice import AlertState
from indicators.alerts.outcomes import OutcomeKind
from indicators.known import known_indicators
from indicators.methods.errors import suggestion

__all__ = ["app", "send_due"]

app = typer.Typer(
    help="Early warning: rules, their trial on history, alerts, and who is told of them.",
    no_args_is_help=True,
)

City = Annotated[
    str, typer.Argument(help=f"One of: {', '.join(city_names())}; or a city that was loaded with a manifest.")
]
RuleName = Annotated[str, typer.Argument(metavar="RULE", help="Id of the rule.")]
OwnFile = Annotated[Path | None, typer.Option("--file", help="TOML file with a rule of your own.")]
By = Annotated[str, typer.Option(help="Who decides this; kept with it.")]
Json = Annotated[bool, typer.Option("--json", help="Print as JSON.")]


@app.command(epilog="Example: sozialraum alert rules leipzig")
def rules(city: City, own: OwnFile = None, as_json: Json = False) -> None:
    """List the rules: those that come with the product, and those the city keeps."""
    with open_session() as session, session.engine.connect() as connection:
        city_profile(city, connection)
        stored = {row["id"]: row for row in alert_rules.all_of(connection, city)}
        known = shipped_rules() | {name: Rule.from_json(row["definition"]) for name, row in stored.items()}
        if own is not None:
            mine = _own_rule(connection, city, own)
            known |= {mine.id: mine}
        told = [
            _rule_facts(one, stored.get(name), _levels(connection, city, one))
            for name, one in sorted(known.items())
        ]
    if as_json:
        _print_json(told)
    else:
        sys.stdout.writelines(f"{_rule_line(one)}\n" for one in told)


@app.command(epilog="Example: sozialraum alert backtest leipzig unemployment-rises")
def backtest(
    city: City,
    name: Annotated[str | None, typer.Argument(metavar="RULE", help="Id of the rule.")] = None,
    own: OwnFile = None,
    geography: Annotated[
        str | None,
        typer.Option(help="Level of areas; the finest on which most areas have a value by default."),
    ] = None,
    outcome: Annotated[
        OutcomeKind,
        typer.Option(
            help="What makes an alert right: half of what was found persists, the value gets beyond --limit, "
            "or the area gets among the worst share --limit."
        ),
    ] = "persists",
    limit: Annotated[float | None, typer.Option(help="Limit of the outcome.")] = None,
    horizon: Annotated[
        int, typer.Option(min=1, help="Periods after an alert in which the outcome counts.")
    ] = 2,
    markdown: Annotated[bool, typer.Option("--markdown", help="Print the report as Markdown.")] = False,
    as_json: Json = False,
) -> None:
    """Try a rule on the city's history, print the report and keep it; only then can it be switched on."""
    if name is None and own is None:
        raise typer.BadParameter("name a rule, or give a file of your own with --file")
    event = Outcome(kind=outcome, limit=limit, horizon=horizon)
    with open_session() as session, steps(f"back-test {city}") as progress:
        with session.engine.begin() as connection:
            city_profile(city, connection)
            chosen = _rule(connection, city, name, own)
            inputs = read_rule_inputs(connection, city, chosen, geography=geography)
            progress(chosen.title_de, None)
            before = alert_rules.get(connection, city, chosen.id)
            trial = try_rule(chosen, inputs, outcome=event, markdown=markdown)
            is_on = alert_rules.put(
                connection,
                city_id=city,
                rule_id=chosen.id,
                geography_id=inputs.geography,
                definition=chosen.to_json(),
                backtest=trial.facts,
            )
        was_on = before is not None and before["is_active"]
        if was_on and not is_on:
            progress("the rule has changed and is switched off", None)
    if as_json:
        facts = {"city": city, "geography": inputs.geography, "rule": chosen.to_json(), "is_active": is_on}
        _print_json(facts | trial.facts)
    else:
        sys.stdout.write(trial.text.rstrip("\n") + "\n")


@app.command(
    "switch-on", epilog='Example: sozialraum alert switch-on leipzig unemployment-rises --by "A. Muster"'
)
def switch_on(city: City, name: RuleName, by: By) -> None:
    """Switch a rule on that was back-tested; from the next computation on it raises alerts."""
    _require_name(name, by)
    with open_session() as session, session.engine.begin() as connection:
        city_profile(city, connection)
        row = _stored(connection, city, name)
        alert_rules.switch_on(connection, city_id=city, rule_id=name, by=by.strip())
    sys.stdout.write(f"{city}: {name} is on\n")
    if row["loads_since_backtest"]:
        sys.stdout.write(
            f"its back-test is {_age(row)}; 'sozialraum alert backtest {city} {name}' tries the rule on what is there now\n"
        )


@app.command(
    "switch-off", epilog='Example: sozialraum alert switch-off leipzig unemployment-rises --by "A. Muster"'
)
def switch_off(city: City, name: RuleName, by: By) -> None:
    """Switch a rule off; it raises no new alerts, and those it has are still looked after."""
    _require_name(name, by)
    with open_session() as session, session.engine.begin() as connection:
        city_profile(city, connection)
        _stored(connection, city, name)
        was_on = alert_rules.switch_off(connection, city_id=city, rule_id=name, by=by.strip())
    sys.stdout.write(f"{city}: {name} {'is off' if was_on else 'was off already'}\n")


@app.command(epilog="Example: sozialraum alert run leipzig --period 2022")
def run(
    city: City,
    period: Annotated[
        str | None, typer.Option(help="Period to look at; the newest of each rule by default.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Evaluate the rules that are switched on; what was raised before is not raised again."""
    with open_session() as session, steps(f"early warning {city}") as progress:
        with session.engine.connect() as connection:
            profile = city_profile(city, connection)
        outcome = compute_alerts(
            session.engine,
            profile,
            requested_by=session.user,
            code_version=session.code_version,
            progress=progress,
            period=period,
        )
    if outcome is None:
        raise EtlError(
            f"{city}: no rule is switched on, and none has alerts; see 'sozialraum alert rules {city}'"
        )
    if as_json:
        _print_json({"run_id": outcome.run_id, "created": outcome.created, **outcome.summary})
    else:
        sys.stdout.write(outcome.sentence() + "\n")


@app.command("list", epilog="Example: sozialraum alert list leipzig --period 2022 --open")
def list_alerts(
    city: City,
    rule: Annotated[str | None, typer.Option(help="Only of this rule.")] = None,
    geography: Annotated[str | None, typer.Option(help="Only of this level of areas.")] = None,
    area: Annotated[str | None, typer.Option(help="Only of this area.")] = None,
    period: Annotated[str | None, typer.Option(help="Only of this period.")] = None,
    state: Annotated[AlertState | None, typer.Option(help="Only those that are in this state.")] = None,
    department: Annotated[str | None, typer.Option(help="Only what this department subscribed.")] = None,
    is_open: Annotated[bool, typer.Option("--open", help="Only what nobody acknowledged.")] = False,
    limit: Annotated[int, typer.Option(min=1, help="Most alerts to print.")] = 100,
    as_json: Json = False,
) -> None:
    """List alerts, the newest first, with who acknowledged them and why."""
    wanted = alerts.AlertFilter(
        rule=rule,
        geography=geography,
        area=area,
        period=period,
        state=state,
        department=department,
        acknowledged=False if is_open else None,
    )
    with open_session() as session, session.engine.connect() as connection:
        city_profile(city, connection)
        alerts.refuse_unknown(connection, city, wanted)
        rows = alerts.read(connection, city, wanted=wanted, limit=limit)
        notes = alerts.acknowledgements(connection, [row["id"] for row in rows])
    if as_json:
        _print_json(
            [row | {"acknowledged": [one for one in notes if one["alert_id"] == row["id"]]} for row in rows]
        )
        return
    if not rows:
        sys.stdout.write("no alerts\n")
    for row in rows:
        sys.stdout.write(_alert_lines(row, [one for one in notes if one["alert_id"] == row["id"]]))


@app.command(epilog="Example: sozialraum alert deliver")
def deliver(as_json: Json = False) -> None:
    """Send what is due to the webhooks; `sozialraum worker` does the same all the time."""
    with open_session() as session, steps("deliver") as progress:
        report = _send(session, progress)
    if as_json:
        _print_json(asdict(report))
    else:
        sys.stdout.write(report.sentence() + "\n")


app.command(
    epilog="Example: sozialraum alert subscribe Jugendamt --city leipzig --geography district --area 2"
)(alert_subscription.subscribe)
app.command(
    epilog="Example: sozialraum alert acknowledge 12 --revision 1"
    ' --by "A. Muster" --reason "Neubau bezogen, kein Handlungsbedarf"'
)(alert_answer.acknowledge)
app.command("forget-person", epilog='Example: sozialraum alert forget-person "A. Muster"')(
    alert_answer.forget_person
)
app.command(epilog="Example: sozialraum alert unsubscribe 3")(alert_subscription.unsubscribe)
app.command(epilog="Example: sozialraum alert subscriptions --city leipzig")(alert_subscription.subscriptions)


def send_due(session: Session, progress: Progress) -> str | None:
    """Send what is due and say what became of it; None when nothing was due."""
    report = _send(session, progress)
    return report.sentence() if report.arrived or report.failed or report.given_up else None


def _send(session: Session, progress: Progress) -> WebhookReport:
    policy = WebhookPolicy(private_addresses=session.webhook_private_addresses)
    return deliver_webhooks(session.engine, policy, rng=np.random.default_rng(), progress=progress)


def _require_name(name: str, by: str) -> None:
    if not by.strip():
        raise EtlError(f"who decides on {name}? give a name with --by")


def _stored(connection: Connection, city: str, name: str) -> Mapping[str, Any]:
    row = alert_rules.get(connection, city, name)
    if row is None:
        known = {one["id"] for one in alert_rules.all_of(connection, city)} | set(rule_names())
        if name in known:
            raise EtlError(
                f"{city}: rule {name!r} was not back-tested yet; run 'sozialraum alert backtest {city} {name}' first"
            )
        raise EtlError(f"{city}: there is no rule {name!r}; {suggestion(name, known)}")
    return row


def _rule(connection: Connection, city: str, name: str | None, own: Path | None) -> Rule:
    if own is not None:
        mine = _own_rule(connection, city, own)
        if name not in (None, mine.id):
            raise EtlError(f"{own}: holds rule {mine.id!r}, not {name!r}; leave the name out")
        return mine
    known = shipped_rules()
    stored = {row["id"]: row for row in alert_rules.all_of(connection, city)}
    if name in stored and name not in known:
        return Rule.from_json(stored[name]["definition"])
    if name not in known:
        raise EtlError(f"{city}: there is no rule {name!r}; {suggestion(str(name), {*known, *stored})}")
    return known[name]


def _own_rule(connection: Connection, city: str, path: Path) -> Rule:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise EtlError(f"{path}: not UTF-8 (byte {error.start}); save the file as UTF-8") from error
    mine = {one.id for one in catalogue.indicators(connection, city)}
    own = read_rule(text, file=path.name, known={*known_indicators(), *mine})
    if own.id in rule_names() and own != shipped_rules()[own.id]:
        raise EtlError(f"{path}: a rule of the product is called {own.id!r} already; give yours another id")
    return own


def _levels(connection: Connection, city: str, rule: Rule) -> Sequence[str]:
    return [row["id"] for row in alert_rules.levels_with_values(connection, city, rule.indicators)]


def _rule_facts(rule: Rule, stored: Mapping[str, Any] | None, levels: Sequence[str]) -> dict[str, Any]:
    row: Mapping[str, Any] = stored or {}
    return {
        "id": rule.id,
        "title_de": rule.title_de,
        "title_en": rule.title_en,
        "kind": rule.kind,
        "indicators": list(rule.indicators),
        "levels": list(levels),
        "geography": row.get("geography_id"),
        "version": row.get("version"),
        "backtested_at": row.get("backtested_at"),
        "backtest_days": row.get("backtest_days"),
        "loads_since_backtest": row.get("loads_since_backtest"),
        "is_active": bool(row.get("is_active")),
        "switched_on_by": row.get("switched_on_by"),
        "switched_on_at": row.get("switched_on_at"),
        "switched_off_by": row.get("switched_off_by"),
        "switched_off_at": row.get("switched_off_at"),
    }


def _rule_line(one: Mapping[str, Any]) -> str:
    if one["backtested_at"] is None:
        state = "not back-tested" if one["levels"] else "the city has no values for it"
    else:
        who = (
            f"on ({one['geography']}, {one['switched_on_by']})"
            if one["is_active"]
            else f"off ({one['geography']})"
        )
        state = f"{who}, back-test {_age(one)}"
    return f"{one['id']:<28} {state:<44} {one['title_de']} · {one['title_en']}"


def _age(row: Mapping[str, Any]) -> str:
    """Say how old a back-test is; values that were loaded later were not known to it."""
    days, loads = row["backtest_days"], row["loads_since_backtest"]
    age = f"{days} days old" if days != 1 else "1 day old"
    return f"{age}, older than {loads} load(s) that changed values" if loads else age


def _alert_lines(row: Mapping[str, Any], notes: Sequence[Mapping[str, Any]]) -> str:
    state = {
        "open": "",
        "withdrawn": f" · zurückgezogen / withdrawn ({row['withdrawal']})",
        "being_checked": " · wird neu geprüft / being checked",
    }
    lines = [
        f"{row['id']:>5}  rev. {row['revision']}  {row['period']}  {row['area_id']} {row['area_name']}  "
        f"{row['rule_de']} ({row['rule_id']}){state[row['state']]}"
    ]
    if row["text_de"]:
        lines.append(f"       {row['text_de']}")
    lines += [
        f"       {one['acknowledged_at']:%Y-%m-%d} {one['acknowledged_by']}: {one['reason']}" for one in notes
    ]
    return "\n".join(lines) + "\n"


def _print_json(data: Any) -> None:
    sys.stdout.write(json.dumps(data, ensure_ascii=False, default=str) + "\n")
