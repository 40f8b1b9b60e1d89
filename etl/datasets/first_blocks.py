"""The tables and indicators of a first manifest: one block for each table that speaks of areas."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from etl.datasets.odd_texts import without_odd_signs
from etl.datasets.table_sighting import (
    YEAR,
    RawTable,
    SeenColumn,
    SeenTable,
    YearColumns,
    seen_figures,
    seen_table,
    seen_thousands,
    several_rows,
    year_columns,
)
from etl.message_text import visible
from indicators.known import known_by_id

__all__ = ["Blocks", "id_of", "quoted"]

_MOST_COLUMNS = 30  # of one table; more are named in a comment
_ROWS = 2_000  # looked at
_SHOWN, _SHOWN_OF_IT = 3, 40  # rows of no known area, and characters of each, that are named
_DATED = rf"(?:\d\d?\.\d\d?\.)?{YEAR}(?:-\d\d-\d\d)?"
_SPELLED = {ord("ä"): "ae", ord("ö"): "oe", ord("ü"): "ue", ord("ß"): "ss"}


@dataclass(frozen=True, slots=True)
class _Figure:
    """One indicator that was seen: what its column is called, and whether it may be a count."""

    title: str
    is_count: bool
    decimals: int

    def with_another(self, other: _Figure) -> _Figure:
        """Return what is seen when another period of it is seen as well."""
        return _Figure(self.title, self.is_count and other.is_count, max(self.decimals, other.decimals))


class Blocks:
    """The blocks of tables, and the indicators they need; what is not used is named in `unread`."""

    def __init__(self, folder: Path, unread: list[str], *, upper_length: int) -> None:
        self.folder, self.unread, self.upper_length = folder, unread, upper_length
        self.tables: list[str] = []
        self._figures: dict[str, _Figure] = {}
        self._of_years: dict[
            tuple[str, str, str], tuple[str, set[str]]
        ] = {}  # id by table and column, and its years

    def add(
        self,
        raw: RawTable,
        level: str,
        keys: Sequence[str],
        names: Sequence[str],
        *,
        skip: Collection[str] = (),
    ) -> None:
        """Add the blocks of a table: one, or one for each group of columns that differ in their year."""
        table = seen_table(self.folder, raw, keys, names, self.unread)
        if table is None:
            return
        frame = table.frame.head(_ROWS)
        period = next(
            (
                str(one)
                for one in frame.columns
                if one != table.key and frame[one].str.fullmatch(_DATED).mean() > 0.95
            ),
            "",
        )
        group = ""
        if frame.duplicated([table.key, *([period] if period else [])]).any():
            group = several_rows(frame, table.key, {table.key, *([period] if period else [])})
            if not group:
                self._not_used(raw, "areas have several rows, and no column tells them apart")
                return
        begins = frame[table.key].str.zfill(max(map(len, keys))).str[: self.upper_length]
        others = [
            one
            for one in map(str, frame.columns)
            if one not in {table.key, period, group, *skip}
            and not (self.upper_length and (frame[one].str.zfill(self.upper_length) == begins).all())
        ]
        is_german = seen_thousands(self.folder, raw.file, frame, others)
        seen = _figures(frame, others, is_german)
        if any(one.decimal == "," for one in seen) and not any(
            one.decimal == "." for one in seen if one.thousands
        ):
            # Then no point of this table is a decimal sign; numbers that the file holds as such are read with a comma.
            table = seen_table(self.folder, raw, keys, names, self.unread, decimal=",") or table
            frame = table.frame.head(_ROWS)
            seen = _figures(frame, others, is_german=True)
        dated = [one for one in year_columns([one.name for one in seen]) if not period]
        in_years = {name for one in dated for name in one.columns}
        plain = [one for one in seen if one.name not in in_years]
        head = self._head(table, level, seen, is_german)
        before = len(self.tables)
        for one in dated:
            self.tables.append("\n".join([*head, *self._years(one, frame, group, raw.file)]))
        if plain and not (group and len(plain) > 1):
            self.tables.append("\n".join([*head, *self._plain(plain, table, period, group)]))
        elif plain:
            self._not_used(raw, f"areas have a row for each of {group!r}, and several columns with figures")
        if len(self.tables) == before and not plain:
            self._not_used(raw, "no column holds figures")

    def indicators(self) -> list[str]:
        """Return the blocks of the indicators."""
        return [_indicator_block(made, seen) for made, seen in self._figures.items()]

    def _not_used(self, raw: RawTable, why: str) -> None:
        self.unread.append(f"{raw.file}{raw.sheet and f', sheet {raw.sheet}'}: {why}")

    @staticmethod
    def _head(table: SeenTable, level: str, seen: Sequence[SeenColumn], is_german: bool) -> list[str]:
        lines = ["", "[[table]]", f"file = {quoted(table.file)}"]
        lines += [f"sheet = {quoted(table.sheet)}"] if table.sheet else []
        lines += [f'geography = "{level}"']
        lines += [f"header = [{', '.join(map(str, table.header))}]"] if table.header != (1,) else []
        lines += [f"key = {quoted(table.key)}"]
        lines += ['join = "name"'] if table.join == "name" else []
        lines += ["zero_fill = true"] if table.fill else []
        if table.ends_at:
            is_plain = table.ends_at.isprintable() and "'" not in table.ends_at
            pattern = f"'{table.ends_at}'" if is_plain else quoted(table.ends_at)
            lines.append(f"ends_at = {pattern} # the notes below")
        if table.others:
            more = " …" if len(table.others) > _SHOWN else ""
            named = visible(", ".join(text[:_SHOWN_OF_IT] for text in table.others[:_SHOWN]))
            lines.append(f'unknown_areas = "reject" # rows of no known area: {named}{more}')
        thousands = next((one.thousands for one in seen if one.thousands), "")
        if thousands == "." or any(one.decimal == "," for one in seen):
            lines.append('decimal = ","')
        lines += [f"thousands = {quoted(thousands)}{' # check' if is_german else ''}"] if thousands else []
        signs = dict.fromkeys(sign for one in seen for sign in one.signs)
        if signs:
            named = ", ".join(f'{quoted(sign)} = "?"' for sign in signs)
            lines.append(f"signs = {{ {named} }} # such as missing, suppressed, zero")
        return lines

    def _years(self, dated: YearColumns, frame: pd.DataFrame, group: str, file: str) -> list[str]:
        pattern = quoted(dated.pattern) if "'" in dated.pattern else f"'{dated.pattern}'"
        lines = ['layout = "years"', f"year_columns = {pattern}"]
        if dated.month_and_day != "12-31":
            day = dated.month_and_day or "12-31"
            lines.append(f'reference_date = "{{period}}-{day}"{"" if dated.month_and_day else " # check"}')
        return lines + self._matched(frame, list(dated.columns), group, dated.title or Path(file).stem, file)

    def _plain(self, seen: Sequence[SeenColumn], table: SeenTable, period: str, group: str) -> list[str]:
        lines = [f'layout = "{"long" if group else "wide"}"']
        if period:
            lines.append(f"period_column = {quoted(period)}")
            if not table.frame[period].str.fullmatch(YEAR).mean() > 0.95:
                lines.append(f"period_pattern = '({YEAR})'")
        else:
            lines.append(f'period = "{table.year or "2000"}" # check')
        if group:
            name = seen[0].name
            lines.append(f"value_column = {quoted(name)}")
            return lines + self._matched(table.frame, [name], group, name, table.file)
        lines.append("value = [")
        for one in seen[:_MOST_COLUMNS]:
            figure = _Figure(one.name, one.is_count, one.decimals)
            indicator = self._indicator(
                figure, table.file, of_year="" if period else table.year, sheet=table.sheet
            )
            lines.append(f"    {{ indicator = {quoted(indicator)}, column = {quoted(one.name)} }},")
        lines.append("]")
        more = [visible(one.name) for one in seen[_MOST_COLUMNS:]]
        lines += [f"# {len(more)} more columns with figures: {', '.join(more)}"] if more else []
        return lines

    def _matched(
        self, frame: pd.DataFrame, columns: list[str], group: str, title: str, file: str
    ) -> list[str]:
        """Return the indicators whose figures are in these columns: one, or one for each text of a column."""
        if not group:
            return [f"value = [{{ indicator = {quoted(self._of_columns(frame, columns, title, file))} }}]"]
        lines = [f"indicator_column = {quoted(group)}", "value = ["]
        for text, rows in frame.groupby(group, sort=False):
            indicator = self._of_columns(rows, columns, str(text), file)
            lines.append(f"    {{ indicator = {quoted(indicator)}, match = {quoted(str(text))} }},")
        return [*lines, "]"]

    def _of_columns(self, rows: pd.DataFrame, columns: Sequence[str], title: str, file: str) -> str:
        seen = _figures(rows, columns, is_german=False)
        is_count = bool(seen) and all(one.is_count for one in seen)
        return self._indicator(_Figure(title, is_count, max((one.decimals for one in seen), default=1)), file)

    def _indicator(self, figure: _Figure, file: str, *, of_year: str = "", sheet: str = "") -> str:
        """Return an id for a column, made of its name; of a second one of that name also of its file.

        The same column of another year, in a sheet or file that differs in the year only, is the same indicator.
        """
        name = figure.title
        kin = (
            (file.replace(of_year, "{year}"), sheet.replace(of_year, "{year}"), name)
            if of_year
            else ("", "", "")
        )
        earlier, years = self._of_years.get(kin, ("", {of_year}))
        if of_year not in years:
            years.add(of_year)
            self._figures[earlier] = self._figures[earlier].with_another(figure)
            return earlier
        made = id_of(name)
        if made in self._figures:
            made = id_of(f"{Path(file).name.split('.')[0]}_{name}")
        number = 2
        base = made
        while made in self._figures:
            made, number = f"{base}_{number}", number + 1
        self._figures[made] = figure
        if of_year:
            self._of_years.setdefault(kin, (made, {of_year}))
        return made


def _figures(frame: pd.DataFrame, columns: Sequence[str], is_german: bool) -> list[SeenColumn]:
    return [one for name in columns if (one := seen_figures(frame, name, thousands_first=is_german))]


def id_of(name: str) -> str:
    """Return an id made of a name."""
    plain = name.lower().translate(_SPELLED)
    plain = unicodedata.normalize("NFKD", plain).encode("ascii", "ignore").decode()
    made = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:80]
    return made if made[:1].isalpha() else f"x_{made}"


def quoted(text: str) -> str:
    """Return a text as TOML writes it; what is not seen stands as its code."""
    told = json.dumps(text, ensure_ascii=False)
    return "".join(sign if sign.isprintable() else f"\\U{ord(sign):08x}" for sign in told)


def _indicator_block(made: str, seen: _Figure) -> str:
    known = known_by_id().get(made)
    if known is not None:
        return f"\n[[indicator]]\nid = {quoted(made)} # known as {known.title_en!r} [{known.unit}]: check"
    kind = (
        'unit = "persons" # check'
        if seen.is_count
        else f'unit = "?" # such as %, years, €\nkind = "intensive"\ndecimals = {seen.decimals}'
    )
    title = quoted(without_odd_signs(seen.title))
    return f"\n[[indicator]]\nid = {quoted(made)}\ntitle_de = {title}\ntitle_en = {title}\n{kind}"
