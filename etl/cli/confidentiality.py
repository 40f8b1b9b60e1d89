"""`sozialraum confidentiality …`: profiles, what the public would see, and an attack on what is published."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import typer

from etl.cities import CityProfile, city_names, city_profile
from etl.cli.dataset import is_dataset, profile_to_load
from etl.cli.session import open_session
from etl.confidentiality_preview import Preview, preview_delivery, preview_file, with_profile
from etl.delivered_rates import rates_sentence
from etl.errors import EtlError
from etl.progress import steps
from etl.published_counts import read_published
from etl.raw import RawStore
from etl.settings import PipelineSettings
from indicators.confidentiality import PROFILES, Profile, profile
from maps.exports.spreadsheet_text import guarded_table

__all__ = ["app"]

app = typer.Typer(
    help="Statistical confidentiality: profiles, what the public would see, attacks on what is published.",
    no_args_is_help=True,
)

_SHOWN = 20
_NAMES = {
    "values": "values",
    "published": "published",
    "missing": "missing",
    "withheld_before": "withheld by publisher",
    "withheld_now": "withheld here",
}
_RESULTS = {
    "rates": "rates and ranks",
    "rates_lost": "lost",
    "rates_capped": "top-coded",
    "classes": "classes",
    "classes_lost": "lost ",
    "classes_moved": "other class",
}

City = Annotated[
    str, typer.Argument(help=f"One of: {', '.join(city_names())}; or a city that was loaded with a manifest.")
]
Json = Annotated[bool, typer.Option("--json", help="Print as JSON.")]
Periods = Annotated[
    list[str] | None, typer.Option("--period", help="Only this period; may be given several times.")
]


@app.command(epilog="Example: sozialraum confidentiality profiles")
def profiles(as_json: Json = False) -> None:
    """List the profiles: what is too small to be shown, and how well it must be hidden."""
    if as_json:
        _print_json([asdict(one) for one in PROFILES.values()])
        return
    for one in PROFILES.values():
        sys.stdout.write(f"{one.id:<26} {one.title_de}\n{'':<26} {one.title_en}\n{'':<26} {_rules(one)}\n")


@app.command(
    epilog="Example: sozialraum confidentiality preview counts.csv --sum residents=women+men --out public.csv"
)
def preview(
    what: Annotated[
        str,
        typer.Argument(
            metavar="CITY|FILE",
            help=f"One of: {', '.join(city_names())}; a folder with a dataset.toml, or a manifest; a city that was loaded"
            " with one; or a CSV file with area_id, parent_id, period and counts.",
        ),
    ],
    folder: Annotated[
        Path | None,
        typer.Option("--from", help="Folder with the city's files; without it the publisher is asked."),
    ] = None,
    name: Annotated[
        str | None,
        typer.Option("--profile", help="Profile to try; the city's own, or 'recommended', by default."),
    ] = None,
    sums: Annotated[
        list[str] | None, typer.Option("--sum", help="For a file: total=category+category; may be repeated.")
    ] = None,
    pairs: Annotated[
        list[str] | None, typer.Option("--part", help="For a file: part=whole; may be repeated.")
    ] = None,
    periods: Periods = None,
    out: Annotated[Path | None, typer.Option(help="Write what would be published to this CSV file.")] = None,
    as_json: Json = False,
) -> None:
    """Show what the public would see ("Was die Öffentlichkeit sähe"), and what it would miss, without publishing."""
    chosen = None if name is None else profile(name)
    path = Path(what)
    is_table = what not in city_names() and path.is_file() and path.suffix != ".toml"
    if not is_table:
        if sums or pairs:
            raise typer.BadParameter("a city declares its own sums and parts; --sum and --part are for files")
        seen = _of_city(what, folder, chosen, periods or [])
    else:
        seen = preview_file(
            path,
            chosen or profile("recommended"),
            sums=[_equation(one) for one in sums or []],
            pairs=[(part, whole) for part, (whole, *_) in map(_equation, pairs or [])],
        )
    if out is not None:
        guarded_table(seen.values).to_csv(out, index=False)
    if as_json:
        results = [] if seen.results is None else seen.results.reset_index().to_dict("records")
        _print_json({**seen.told, "levels": seen.losses.reset_index().to_dict("records"), "results": results})
        return
    sys.stdout.write(_table(seen))


@app.command(epilog="Example: sozialraum confidentiality audit leipzig")
def audit(city: City, periods: Periods = None, as_json: Json = False) -> None:
    """Attack what the database publishes of a city; exit status 1 when a withheld count can be found out."""
    with (
        open_session() as session,
        session.engine.connect() as connection,
        steps(f"audit {city}") as progress,
    ):
        profile_of_city = city_profile(city, connection)
        declared = profile_of_city.source.confidentiality
        progress("read what is published", None)
        every = read_published(connection, city, with_indices=True)
        published = every.in_periods(periods or [])
        progress("attack", None)
        exposed = published.exposed(declared)
        # A change rests on an earlier period as well.
        computed = every.computed_from_withheld(profile_of_city)
        computed = computed[computed["period"].isin(published.values["period"])]
    told = {
        "city": city,
        "profile": declared.profile.id,
        "withheld": published.withheld,
        "exposed": exposed.to_dict("records"),
        "computed_from_withheld": computed.to_dict("records"),
    }
    if as_json:
        _print_json(told)
    else:
        sys.stdout.write(
            f"{city}: {published.withheld:,} counts are withheld; {len(exposed):,} can be narrowed down, "
            f"{len(computed):,} published values are computed from withheld counts\n"
        )
        sys.stdout.writelines(_exposed_lines(exposed))
    if len(exposed) or len(computed):
        raise typer.Exit(1)


def _profile_to_preview(what: str, folder: Path | None) -> CityProfile:
    """Return the profile of a city, also of one that was loaded with a manifest, or of a data set that was not."""
    if what in city_names() or is_dataset(what):
        return profile_to_load(what, folder)
    if "." in what:
        raise EtlError(f"{what!r} is neither a city ({', '.join(city_names())}) nor a file")
    with open_session() as session, session.engine.connect() as connection:
        return city_profile(what, connection)


def _of_city(city: str, folder: Path | None, chosen: Profile | None, periods: list[str]) -> Preview:
    profile_of_city = _profile_to_preview(city, folder)
    source = profile_of_city.source
    with steps(f"preview {city}") as progress:
        files = source.fetch(RawStore(PipelineSettings().raw_dir), folder=folder, progress=progress)
        delivery = source.clean(files, progress=progress)
        if chosen is not None:
            delivery = replace(delivery, confidentiality=with_profile(delivery.confidentiality, chosen))
        if periods:
            if unknown := sorted(set(periods) - set(delivery.values["period"])):
                raise EtlError(f"{city}: no values for period {', '.join(unknown)}")
            kept = delivery.values["period"].isin(periods)
            delivery = replace(delivery, values=delivery.values[kept].reset_index(drop=True))
        progress("protect", None)
        return preview_delivery(delivery, profile_of_city)


def _equation(text: str) -> tuple[str, tuple[str, ...]]:
    name, sign, rest = text.partition("=")
    members = tuple(one.strip() for one in rest.split("+"))
    if not sign or not name.strip() or not all(members):
        raise typer.BadParameter(f"{text!r}: write total=category+category, or part=whole")
    return name.strip(), members


def _rules(one: Profile) -> str:
    shown = {
        "withhold": f"counts below {one.minimum_count} are withheld",
        "round": f"rounded to multiples of {one.base}",
        "raise": f"counts below {one.minimum_count} become {one.base}",
    }[one.treatment]
    if one.treatment == "withhold" and one.minimum_count == 1:
        shown = "no count is too small"
    rates = f"; rates of {one.minimum_denominator:g} or more" if one.minimum_denominator else ""
    top = "" if one.top_percent is None else f", none shown above {one.top_percent:g} %"
    return f"{shown}; at least {one.width + 1} values stay possible{rates}{top}"


def _table(seen: Preview) -> str:
    gone = seen.losses["withheld_before"] + seen.losses["withheld_now"]
    share = 100 * gone / seen.losses["values"].clip(lower=1)
    frame = seen.losses.rename(columns=_NAMES).rename_axis(None).assign(lost=share.map("{:.1f} %".format))
    told = seen.told
    results = "" if seen.results is None else f"{_results_table(seen.results)}\n"
    return (
        f"{frame.to_string()}\n{results}"
        f"profile {told['profile']}: {told['withheld_small']:,} too small, {told['withheld_for_others']:,} withheld for "
        f"others, at most {100 * told['gap']:.1f} % of that more than needed"
        f"{rates_sentence(told) if 'rates_unchecked' in told else ''}\n"
    )


def _results_table(results: pd.DataFrame) -> str:
    """Return what is lost of rates (and of the ranks they have) and of classes."""
    return results.rename(columns=_RESULTS).rename_axis(None).to_string()


def _exposed_lines(exposed: pd.DataFrame) -> list[str]:
    lines = [
        f"  {row.indicator_id} of {row.area_id} in {row.period}: from {row.low:g} to {row.high:g}\n"
        for row in exposed.head(_SHOWN).itertuples(index=False)
    ]
    return [*lines, "  …\n"] if len(exposed) > _SHOWN else lines


def _print_json(data: Any) -> None:
    sys.stdout.write(json.dumps(data, ensure_ascii=False, default=str) + "\n")
