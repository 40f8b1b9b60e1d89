"""`sozialraum reproduce …`: published indices computed again from their publishers' inputs, and compared."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from etl.errors import EtlError
from etl.progress import steps
from etl.reproduce.register import REFERENCES, references, table_of
from etl.reproduce.register import reproduce as compare
from maps.exports.spreadsheet_text import guarded_table

__all__ = ["reproduce"]


# Where a checkout has the publishers' files beside it.
_BESIDE = Path(__file__).resolve().parents[2].parent / "shared" / "data"


def reproduce(
    name: Annotated[str | None, typer.Argument(help=f"One of: {', '.join(REFERENCES)}.")] = None,
    every: Annotated[bool, typer.Option("--all", help="All methods with a published result.")] = False,
    folder: Annotated[
        Path | None,
        typer.Option(
            "--from",
            help="Folder with the publisher's files, or with the folders of all; ../shared/data beside a checkout when"
            " left out.",
        ),
    ] = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print the table as CSV.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the table as JSON.")] = False,
) -> None:
    """Compute published indices again and show how many of their figures agree; refused when one falls short."""
    if (name is None) != every:
        raise typer.BadParameter("give the name of a method, or --all")
    if as_csv and as_json:
        raise typer.BadParameter("choose one of --csv and --json")
    if folder is None:
        if not _BESIDE.is_dir():
            raise EtlError(
                "there is no ../shared/data beside the program; name the folder of the files with --from DIR"
            )
        folder = _BESIDE
    with steps("reproduce") as progress:
        table = table_of(compare(references(name), folder, progress=progress))
    if as_csv:
        sys.stdout.write(guarded_table(table).to_csv(index=False))
    elif as_json:
        rows = table.astype(object).where(table.notna(), None).to_dict("records")
        sys.stdout.write(json.dumps(rows, ensure_ascii=False) + "\n")
    else:
        shown = table.assign(
            what=table["what_de"] + " / " + table["what_en"],
            agreeing=table["agreeing"].map("{:,}".format),
            published=table["published"].map("{:,}".format),
            largest_difference=table["largest_difference"]
            .map("{:.7f}".format)
            .where(table["largest_difference"].notna(), "–"),
            kept=table["is_kept"].map({True: "yes", False: "NO"}),
        )
        columns = ["method", "what", "published", "agreeing", "largest_difference", "kept"]
        sys.stdout.write(shown[columns].to_string(index=False) + "\n")
    broken = table[~table["is_kept"]]
    if len(broken):
        first = broken.iloc[0]
        raise EtlError(
            f"{first['method']}: {first['what_en']}: {first['agreeing']} of {first['published']} agree, "
            f"{first['promised']} are promised (and {len(broken) - 1} more); compare the files with their SOURCE.md"
        )
