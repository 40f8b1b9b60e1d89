"""From features of a layer to areas with key, name and parent; what is wrong is told by feature number."""

from __future__ import annotations

import re

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from etl.datasets.coverage import tell_coverage
from etl.datasets.findings import LISTED, Finding, Findings
from etl.datasets.keys import KeyRule, filled, joined, tidy
from etl.datasets.layouts import Read, rows_where
from etl.datasets.manifest_parts import GeographyPart
from etl.datasets.odd_texts import tell_odd_texts
from etl.datasets.patterns import cut_out

__all__ = ["keyed_features", "require_sound", "tell_lacking_attributes"]

_AT = re.compile(r"\[(\S+) (\S+?)\]")  # where GEOS finds a geometry invalid


def keyed_features(
    raw: gpd.GeoDataFrame,
    level: GeographyPart,
    file: str,
    findings: Findings,
    read: Read,
    repairs: dict[str, int],
) -> gpd.GeoDataFrame | None:
    """Return the features as areas with `area_id`, `name`, and the parent's key and name where columns have them."""
    if tell_lacking_attributes(raw, level, file, findings):
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


def tell_lacking_attributes(
    raw: gpd.GeoDataFrame, level: GeographyPart, file: str, findings: Findings
) -> bool:
    """Add an error for every attribute a manifest names for a level that is not there; return whether there is one."""
    lacking = _lacking(raw, level)
    known = ", ".join(str(column) for column in raw.columns if column != "geometry")
    for name, used_as in lacking.items():
        findings.error(
            file, f"there is no attribute {name!r}; it has {known}", f"correct {used_as}", column=name
        )
    return bool(lacking)


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
        names = cut_out(names, level.name_pattern).fillna(names)
    frame = gpd.GeoDataFrame({"area_id": keys, "name": names}, geometry=raw.geometry, crs=raw.crs)
    for used_as in ("parent_key", "parent_name"):
        if getattr(level, used_as):
            frame[used_as] = raw[getattr(level, used_as)].astype(str).str.strip()
    shown = {level.name: frame["name"]} | {one: raw[one].astype(str) for one in (level.parent_name,) if one}
    for column_of, texts in ({" and ".join(level.key): keys} | shown).items():
        told_at = ((f"feature {number}", text) for number, text in texts.items())
        tell_odd_texts(file, told_at, findings, column=column_of)
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
    """Add a finding for every area whose geometry is missing, empty, no polygon or invalid, or does not fit the others."""
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
                    check="geometry",
                    geometry=_where(shapes[at], str(reasons[at])),
                    srid=srid,
                )
            )
        if broken.sum() > LISTED:
            findings.error(file, f"{broken.sum() - LISTED} more of the same kind", todo)
    usable = polygonal & ~missing & ~empty
    if usable.any():
        # What make_valid makes of an invalid area is only looked at, so that everything is told in one pass.
        mended = shapes.copy()
        mended[invalid] = [_polygons(one) for one in shapely.make_valid(shapes[invalid])]
        seen = frame[usable].set_geometry(
            gpd.GeoSeries(mended[usable], index=frame.index[usable], crs=frame.crs)
        )
        there = ~shapely.is_empty(seen.geometry.to_numpy())
        is_whole = bool(usable.all() and there.all())
        tell_coverage(seen[there], level, file, srid, findings, is_whole=is_whole)


def _polygons(shape: shapely.Geometry) -> shapely.Geometry:
    """Return the polygons of what `make_valid` made; lines and points that fell off are no area."""
    if shape.geom_type in ("Polygon", "MultiPolygon"):
        return shape
    parts = shapely.get_parts(shapely.get_parts([shape]))
    return shapely.union_all(parts[shapely.get_type_id(parts) == shapely.GeometryType.POLYGON])


def _where(shape: shapely.Geometry | None, reason: str) -> shapely.Geometry | None:
    """Return the point that makes a shape invalid, or the shape where no point is told."""
    if shape is None or shape.is_empty:
        return None
    found = _AT.search(reason)
    return shapely.Point(float(found[1]), float(found[2])) if found else shape
