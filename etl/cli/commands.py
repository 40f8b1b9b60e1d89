"""Every command by its name: what it does in a line, where its code is, and an example; nothing is imported for that."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["COMMANDS", "Command"]


@dataclass(frozen=True, slots=True)
class Command:
    """One command: where its function is, as module:name, or a group's `app`; groups have their examples themselves."""

    name: str
    where: str
    summary: str
    example: str = ""


COMMANDS = (
    Command(
        "load",
        "etl.cli.city:load",
        "Load a city's data: raw, clean, checked, then all of it or nothing.",
        "sozialraum load leipzig --from ../shared/data/leipzig-ortsteile",
    ),
    Command(
        "compute",
        "etl.cli.city:compute",
        "Compute shares, status index, segregation and a proposal of priority areas.",
        "sozialraum compute leipzig --threshold 0.8",
    ),
    Command(
        "init",
        "etl.cli.dataset:init",
        "Look at the files of a folder and write a first manifest to go on from.",
        "sozialraum init ./my-city",
    ),
    Command(
        "check",
        "etl.cli.dataset:check",
        "Check a data set without a database: everything that is wrong with it in one pass.",
        "sozialraum check data/manifests/flensburg-sozialatlas.toml --from ../shared/data/flensburg-sozialatlas",
    ),
    Command(
        "segregation",
        "etl.cli.segregation:segregation",
        "Print segregation per period, level, group and measure; what is not computed yet is computed first.",
        "sozialraum segregation leipzig --measure dissimilarity --csv",
    ),
    Command(
        "budget",
        "etl.cli.budget:budget",
        "Distribute a sum over areas by need × population, to the cent; variants side by side.",
        "sozialraum budget areas.csv --total 1000000 --need child_poverty --population children",
    ),
    Command(
        "propose",
        "etl.cli.propose:propose",
        "Propose priority areas from map files alone: the best choice, with its bound and everything to repeat it.",
        "sozialraum propose --areas blocks.gpkg --need need --population residents --out proposal.gpkg",
    ),
    Command(
        "history",
        "etl.cli.history:history",
        "Say of every value an area has or had which source, reference date, boundaries and load it comes from.",
        "sozialraum history leipzig 62 unemployed",
    ),
    Command(
        "diff",
        "etl.cli.history:diff",
        "Show which delivered values differ between the states after two loads.",
        "sozialraum diff leipzig 1 2",
    ),
    Command(
        "undo",
        "etl.cli.undo:undo",
        "Undo a load: what was before is in force again, and what the load brought is kept as superseded.",
        "sozialraum undo leipzig 2 --dry-run",
    ),
    Command(
        "export",
        "etl.cli.export:export",
        "Write what is published of a city as files, with a catalogue record, a data package and checksums.",
        "sozialraum export leipzig --format gpkg --format xlsx --out leipzig-export",
    ),
    Command(
        "catalogue",
        "etl.cli.export:catalogue",
        "Print the catalogue of all loaded data sets as DCAT-AP.de, with the addresses of the service.",
        "sozialraum catalogue --format jsonld --address https://sozialraum.example.org/",
    ),
    Command(
        "series",
        "etl.cli.series:series",
        "Show an indicator of an area in all periods on one edition of the boundaries.",
        "sozialraum series berlin-split 09041301 residents",
    ),
    Command(
        "surface",
        "etl.cli.surface:surface",
        "Smooth an indicator from published values and write it as a cloud-optimised GeoTIFF.",
        "sozialraum surface leipzig unemployed_per_resident --out unemployed.tif",
    ),
    Command(
        "reproduce",
        "etl.cli.reproduce:reproduce",
        "Compute published indices again and show how many of their figures agree; refused when one falls short.",
        "sozialraum reproduce --all --from ../shared/data",
    ),
    Command(
        "map",
        "etl.cli.offline_map:offline_map",
        "Save a map of a result as one HTML file that works offline.",
        "sozialraum map leipzig --out leipzig.html",
    ),
    Command(
        "serve", "etl.cli.serving:serve", "Serve the web map and the API.", "sozialraum serve --port 8001"
    ),
    Command(
        "run",
        "etl.cli.city:run",
        "Do everything: database, load, compute, serve.",
        "sozialraum run leipzig --from ../shared/data/leipzig-ortsteile",
    ),
    Command(
        "worker",
        "etl.cli.serving:worker",
        "Do the jobs that were asked for, and send what webhooks wait for.",
        "sozialraum worker --once",
    ),
    Command("db", "etl.cli.database:app", "The private PostGIS and the schema."),
    Command(
        "method", "etl.cli.method:app", "Methods of index construction: files that say how an index is made."
    ),
    Command(
        "indicator", "etl.cli.indicator:app", "The indicator catalogue and its pages (Indikatorenblätter)."
    ),
    Command("figure", "etl.cli.figure:app", "Draw results as figures for reports."),
    Command(
        "alert",
        "etl.cli.alert:app",
        "Early warning: rules, their trial on history, alerts, and who is told of them.",
    ),
    Command(
        "goals",
        "etl.cli.goals:app",
        "Goal metrics (Zielmaße): areas above a threshold, and the dispersion of growth.",
    ),
    Command(
        "confidentiality",
        "etl.cli.confidentiality:app",
        "Statistical confidentiality: profiles, what the public would see, attacks on what is published.",
    ),
    Command(
        "scenario",
        "etl.cli.scenario:app",
        "Parameters of a proposal under a name: kept, run, and laid side by side.",
    ),
    Command(
        "boundary",
        "etl.cli.boundary:app",
        "Maps of priority areas: draft, proposed, agreed, superseded; what a proposal found; map files.",
    ),
    Command(
        "crosswalk",
        "etl.cli.crosswalk:app",
        "Where areas of one edition or level go in another, and values brought there.",
    ),
)
