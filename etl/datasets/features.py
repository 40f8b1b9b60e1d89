"""From features of a layer to areas with key, name and parent; what is wrong is told by feature number."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from etl.datasets.findings import LISTED, Finding, Findings
from etl.datasets.keys import KeyRule, filled, joined, tidy
from etl.datasets.layouts import Read, rows_where
from etl.datasets.manifest_parts import GeographyPart

__all__ = ["keyed_features", "require_sound"]

_SLIVER = 0.5  # [m] mean width up to which an overlap is a sliver, as in `etl.geometry_checks`


def keyed_features(
    raw: gpd.GeoDataFrame,
    level: GeographyPart,
    file: str,
    findings: Findings,
    read: Read,
    repairs: dict[str, int],
) -> gpd.GeoDataFrame | None:
    """Return the features as areas with `area_id`, `name`, and the parent's key and name where columns have them."""
    lacking = _lacking(raw, level)
    for name, used_as in lacking.items():
        known = ", ".join(str(column) for column in raw.columns if column != "geometry")
        findings.error(
            file, f"there is no attribute {name!r}; it has {known}", f"correct {used_as}", column=name
        )
    if lacking:
        return None
    raw = _kept(raw, level, file, read)
    if raw.empty:
        findings.error(file, "no feature is left after where and reject", "correct them")
        return None
    if level.area_id and not level.key:
        frame = gpd.GeoDataFrame(
            {"area_id": level.area_id}, index=raw.index, geometry=raw.geometry, crs=raw.crs
        )
        return frame.assign(name=level.area_name, number=raw.index)
    frame = _with_keys(raw, level, file, findings, read)
    if frame is None:
        return None
    return _merged(_dropped_heights(frame, level, repairs), level, file, findings, repairs)


def _lacking(raw: gpd.GeoDataFrame, level: GeographyPart) -> dict[str, str]:
    named = dict.fromkeys(level.key, "key")
    for used_as in ("name", "parent_key", "parent_name"):
        if getattr(level, used_as):
            named[getattr(level, used_as)] = used_as
    for table, wheres in (("where", [level.where]), ("reject", [one.where for one in level.reject])):
        named |= {name: table for where in wheres for name in where}
    named |= {name: "correct" for one in level.correct for name in one.where}
    return {name: used_as for name, used_as in named.items() if name not in raw.columns}


def _kept(raw: gpd.GeoDataFrame, level: GeographyPart, file: str, read: Read) -> gpd.GeoDataFrame:
    if level.where:
        asked = rows_where(raw, level.where)
        read.count(f"{file}: features that the manifest does not ask for", int((~asked).sum()))
        raw = raw[asked]
    for one in level.reject:
        out = rows_where(raw, one.where)
        read.reject(file, pd.DataFrame(raw[out].drop(columns="geometry")), one.reason, unit="feature")
        raw = raw[~out]
    return raw


def _with_keys(
    raw: gpd.GeoDataFrame, level: GeographyPart, file: str, findings: Findings, read: Read
) -> gpd.GeoDataFrame | None:
    texts = joined(pd.DataFrame(raw.drop(columns="geometry")), level.key)
    rule = KeyRule(
        pattern=level.key_pattern, prefix=level.key_prefix, length=level.key_length, zero_fill=level.zero_fill
    )
    keys = texts.map(rule.key)
    right = pd.Series(False, index=raw.index)
    for one in level.correct:
        there = rows_where(raw, one.where)
        if there.any():
            keys, right = keys.mask(there, one.key), right | there
            read.count(f"{level.id}: keys corrected by the manifest", int(there.sum()))
        else:
            findings.warning(
                file,
                f"no feature is {dict(one.where)!r}, whose key is to be corrected",
                "remove it from correct",
            )
    problems = {text: rule.problem(text) for text in texts[~right].unique()}
    bad = {text: told for text, told in problems.items() if told is not None}
    column = " and ".join(level.key)
    for todo in dict.fromkeys(told[1] for told in bad.values()):
        told = [
            (f"feature {number}", bad[text][0])
            for number, text in texts[~right].items()
            if text in bad and bad[text][1] == todo
        ]
        findings.each(file, told, todo, column=column)
    read.count(f"{level.id}: keys filled up with zeros", filled(texts, rule))
    if bad:
        return None
    names = raw[level.name].map(lambda name: tidy(str(name))) if level.name else keys
    if level.name_pattern:
        names = names.str.extract(level.name_pattern, expand=False).fillna(names)
    frame = gpd.GeoDataFrame({"area_id": keys, "name": names}, geometry=raw.geometry, crs=raw.crs)
    for used_as in ("parent_key", "parent_name"):
        if getattr(level, used_as):
            frame[used_as] = raw[getattr(level, used_as)].astype(str).str.strip()
    nameless = frame["name"].isin(("", "nan", "None"))
    findings.each(
        file,
        ((f"feature {number}", "the area has no name") for number in frame.index[nameless]),
        "name it",
        column=level.name,
    )
    return frame.assign(number=raw.index)


def _merged(
    frame: gpd.GeoDataFrame, level: GeographyPart, file: str, findings: Findings, repairs: dict[str, int]
) -> gpd.GeoDataFrame:
    into = frame["area_id"].map(dict(level.merge)) if level.merge else pd.Series(None, index=frame.index)
    parts = frame[into.notna()]
    if len(parts):
        geometry = frame.geometry.copy()
        for number, whole in into[into.notna()].items():
            target = frame.index[frame["area_id"] == whole]
            if len(target) != 1:
                findings.error(
                    file,
                    f"{frame['area_id'][number]} is to be added to {whole}, which is not there",
                    "correct merge",
                )
                continue
            geometry[target[0]] = shapely.union(geometry[target[0]], geometry[number])
        repairs[f"{level.id}: areas merged as the manifest says"] = len(parts)
        frame = frame.set_geometry(geometry)[into.isna()]
    twice = frame["area_id"].duplicated(keep=False)
    for key, rows in frame[twice].groupby("area_id"):
        numbers = ", ".join(str(number) for number in rows["number"])
        findings.error(
            file,
            f"the key {key!r} occurs {len(rows)} times",
            "give every area its own key: say correct, merge or reject",
            place=f"feature {numbers}",
            column=" and ".join(level.key),
        )
    return frame


def _dropped_heights(
    frame: gpd.GeoDataFrame, level: GeographyPart, repairs: dict[str, int]
) -> gpd.GeoDataFrame:
    high = shapely.has_z(frame.geometry.to_numpy())
    if not high.any():
        return frame
    repairs[f"{level.id}: heights of coordinates dropped"] = int(high.sum())
    return frame.set_geometry(
        gpd.GeoSeries(shapely.force_2d(frame.geometry.to_numpy()), index=frame.index, crs=frame.crs)
    )


def require_sound(
    frame: gpd.GeoDataFrame, level: GeographyPart, file: str, srid: int, findings: Findings
) -> None:
    """Add a finding for every area whose geometry is missing, empty, no polygon, invalid, doubled or overlapping."""
    shapes = frame.geometry.to_numpy()
    numbers, keys = frame["number"].to_numpy(), frame["area_id"].astype(str).to_numpy()
    missing = shapely.is_missing(shapes)
    empty = ~missing & shapely.is_empty(shapes)
    kind = shapely.get_type_id(shapes)
    polygonal = np.isin(kind, [shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON])
    other = ~missing & ~empty & ~polygonal
    invalid = ~missing & ~empty & polygonal & ~shapely.is_valid(shapes)
    reasons = np.full(len(shapes), "", dtype=object)
    reasons[invalid] = shapely.is_valid_reason(shapes[invalid])
    reasons[other] = [shape.geom_type for shape in shapes[other]]
    rules = (
        (missing, "area {} has no geometry", "deliver a polygon for it"),
        (empty, "area {} has an empty geometry", "deliver a polygon for it"),
        (other, "area {} is a {}, no polygon", "deliver polygons"),
        (
            invalid,
            "area {} has an invalid geometry: {}",
            'repair it at the source, or say repair = ["make_valid"]',
        ),
    )
    for broken, what, todo in rules:
        for at in np.flatnonzero(broken)[:LISTED]:
            findings.add(
                Finding(
                    file=file,
                    place=f"feature {numbers[at]}",
                    what=what.format(keys[at], reasons[at]),
                    todo=todo,
                    geometry=_where(shapes[at]),
                    srid=srid,
                )
            )
        if broken.sum() > LISTED:
            findings.error(file, f"{broken.sum() - LISTED} more of the same kind", todo)
    if not (missing | empty | other | invalid).any():
        _require_no_overlaps(shapes, numbers, keys, file, srid, findings)


def _require_no_overlaps(
    shapes: np.ndarray, numbers: np.ndarray, keys: np.ndarray, file: str, srid: int, findings: Findings
) -> None:
    marked = np.flatnonzero(~shapely.is_empty(shapely.coverage_invalid_edges(shapes)))
    found, other = shapely.STRtree(shapes).query(shapes[marked], predicate="intersects")
    one = marked[found]
    pairs = np.unique(np.stack([np.minimum(one, other), np.maximum(one, other)])[:, one != other], axis=1)
    common = shapely.intersection(shapes[pairs[0]], shapes[pairs[1]])
    area, length = shapely.area(common), shapely.length(common)
    wide = np.flatnonzero((area > 0) & (2 * area > _SLIVER * length))
    for at in wide[:LISTED]:
        first, second = pairs[0][at], pairs[1][at]
        what = f"areas {keys[first]} and {keys[second]} overlap by {area[at]:,.1f} m²"
        if shapes[first].equals(shapes[second]):
            what = f"areas {keys[first]} and {keys[second]} have the same geometry"
        findings.add(
            Finding(
                file=file,
                place=f"features {numbers[first]} and {numbers[second]}",
                what=what,
                todo='correct the borders at the source, or say repair = ["subtract_overlaps"]',
                geometry=common[at],
                srid=srid,
            )
        )
    if len(wide) > LISTED:
        findings.error(
            file, f"{len(wide) - LISTED} more pairs of areas overlap", "correct the borders at the source"
        )


def _where(shape: shapely.Geometry | None) -> shapely.Geometry | None:
    return None if shape is None or shape.is_empty else shape
