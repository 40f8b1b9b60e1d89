"""Raster files to rasters: only the window over the city is read, with limits, and nothing beside the file."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

import numpy as np
import rasterio
from pyproj import CRS
from rasterio.errors import NotGeoreferencedWarning, RasterioError
from rasterio.io import DatasetReader
from rasterio.windows import Window

from etl.datasets.packed import MOST_BYTES, unpack
from etl.errors import FetchError, one_line
from etl.raw import RawFile
from spatial.rasters import MOST_CELLS, CellsError, Raster, is_nodata, raster_of

__all__ = [
    "RASTER_SUFFIXES",
    "Bounds",
    "crs_of_raster",
    "is_same_crs",
    "raw_raster",
    "read_window",
    "seen_raster",
]

Bounds = tuple[float, float, float, float]  # west, south, east, north

_DRIVERS = {".tif": "GTiff", ".tiff": "GTiff", ".asc": "AAIGrid"}
RASTER_SUFFIXES = tuple(_DRIVERS)
_AGAIN = "check that it is the right file and whole, then load again"
_TURNED = 1e-9  # turn of a grid that is none, relative to a cell [share]

# Nothing is fetched, nothing beside the file is looked at, and a block is decoded by one thread.
_GDAL = {
    "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR",
    "GDAL_PAM_ENABLED": "NO",
    "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": "{none}",
    "GDAL_NUM_THREADS": "1",
    "GDAL_CACHEMAX": 64,
}


def is_same_crs(one: CRS, other: CRS) -> bool:
    """Whether two CRS are the same, in whatever words and order of axes they are written."""
    if one.equals(other, ignore_axis_order=True):
        return True
    return one.to_epsg() is not None and one.to_epsg() == other.to_epsg()


def raw_raster(path: Path) -> dict[str, RawFile]:
    """Return a raster where it lies, with the file of its CRS where it has one, by name."""
    return {
        one.name: RawFile(name=one.name, path=one, sha256="", size=one.stat().st_size)
        for one in (path, path.with_suffix(".prj"))
        if one.is_file()
    }


def seen_raster(path: Path) -> str:
    """Say in words what can be seen of a raster, or raise `FetchError`."""
    with _opened(raw_raster(path), path.name) as dataset:
        bands = f"{dataset.count} band{'s' if dataset.count > 1 else ''}"
        crs = "CRS unknown, say crs" if dataset.crs is None else CRS.from_wkt(dataset.crs.to_wkt()).name
        nodata = "" if dataset.nodata is None else f", {dataset.nodata:g} is not known"
        return (
            f"{dataset.width:,} × {dataset.height:,} cells of {dataset.transform.a:g}, {bands} of"
            f" {dataset.dtypes[0]}, {crs}{nodata}"
        )


def crs_of_raster(files: Mapping[str, RawFile], name: str, *, band: int = 1, crs: str = "") -> CRS:
    """Return the CRS of a raster file after looking at everything but its cells, or raise `FetchError`.

    `crs` is told by the manifest and wins over nothing: a file that names another CRS is refused.
    """
    with _opened(files, name) as dataset:
        return _checked(dataset, name, band, crs)


def read_window(
    files: Mapping[str, RawFile],
    name: str,
    bounds: Bounds | None,
    *,
    band: int = 1,
    crs: str = "",
    nodata: tuple[float, ...] = (),
) -> Raster:
    """Return the cells that touch a box given in the CRS of the raster, or all; or raise `FetchError`.

    `nodata` are numbers as they stand in the file: they are looked for before its scale is applied.
    """
    with _opened(files, name) as dataset:
        found = _checked(dataset, name, band, crs)
        window = _window(dataset, name, dataset.bounds if bounds is None else bounds)
        try:
            cells = dataset.read(band, window=window, masked=True)
        except RasterioError as error:
            raise FetchError("the cells cannot be read", f"{name}: {one_line(error)}", _AGAIN) from error
        scale, offset = dataset.scales[band - 1], dataset.offsets[band - 1]
        stored = np.ma.getdata(cells)
        numbers = stored.astype(np.float64)
        numbers[np.ma.getmaskarray(cells) | is_nodata(stored, nodata)] = np.nan
        with np.errstate(over="ignore"):  # an infinite cell is told below
            numbers = numbers * scale + offset
        transform = dataset.transform
        try:
            return raster_of(
                numbers,
                left=transform.c + window.col_off * transform.a,
                top=transform.f + window.row_off * transform.e,
                cell_width=transform.a,
                cell_height=-transform.e,
                crs=found,
            )
        except CellsError as error:
            raise FetchError(error.reason, name, error.hint) from error


@contextmanager
def _opened(files: Mapping[str, RawFile], name: str) -> Iterator[DatasetReader]:
    """Open a file under its own name in a folder where nothing else lies."""
    file = files[name]
    if not name.lower().endswith((*RASTER_SUFFIXES, ".zip")):
        raise FetchError(
            "the file is no GeoTIFF and no ASCII grid",
            name,
            "export it as GeoTIFF, or describe its cells in cells",
        )
    size = file.path.stat().st_size if file.path.is_file() else 0
    if not size:
        raise FetchError("the file is missing or empty", name, "fetch the file again and load again")
    if size > MOST_BYTES:
        raise FetchError(f"the file has {size // 1024**2:,} MB", name, "cut it to the areas of the city")
    with tempfile.TemporaryDirectory(prefix="sozialraum-raster-") as folder, rasterio.Env(**_GDAL):
        target = _in_place(files, name, Path(folder))
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", NotGeoreferencedWarning)  # told below, with what to do
                dataset = rasterio.open(target, driver=_DRIVERS[target.suffix.lower()])
        except RasterioError as error:
            raise FetchError(
                "the file is no readable raster", f"{name}: {one_line(error)}", _AGAIN
            ) from error
        with dataset:
            yield dataset


def _in_place(files: Mapping[str, RawFile], name: str, folder: Path) -> Path:
    """Give a raster its own name again, a grid as text its .prj beside it; unpack an archive with one raster."""
    if name.lower().endswith(".zip"):
        found = unpack(files[name].path, name, folder)
        rasters = [one for one in found if one.suffix.lower() in RASTER_SUFFIXES]
        if len(rasters) != 1:
            what = ", ".join(one.name for one in rasters) or "none"
            raise FetchError(
                f"the archive holds {len(rasters)} rasters: {what}", name, "pack one raster per archive"
            )
        return rasters[0]
    target = folder / PurePosixPath(name).name
    target.symlink_to(files[name].path.resolve())
    beside = str(PurePosixPath(name).with_suffix(".prj"))
    if beside in files:
        target.with_suffix(".prj").symlink_to(files[beside].path.resolve())
    return target


def _checked(dataset: DatasetReader, name: str, band: int, told: str) -> CRS:
    """Return the CRS of a raster that can be read as it is."""
    if band > dataset.count:
        raise FetchError(f"there is no band {band}", f"{name} has {dataset.count}", "correct band")
    if np.dtype(dataset.dtypes[band - 1]).kind not in "iuf":
        kind = dataset.dtypes[band - 1]
        raise FetchError(f"the cells are {kind}, which are no plain numbers", name, "export real numbers")
    height, width = dataset.block_shapes[band - 1]
    together = dataset.count if dataset.profile.get("interleave") == "pixel" else 1
    if height * width * together > MOST_CELLS:
        raise FetchError(
            f"its cells are packed in blocks of {height:,} × {width:,}",
            name,
            "export it in tiles, for example with TILED=YES",
        )
    place = dataset.transform
    if place.is_identity or not np.isfinite([place.a, place.b, place.c, place.d, place.e, place.f]).all():
        raise FetchError("the raster does not say where it lies", name, "export it with its place on the map")
    if place.a <= 0 or place.e >= 0 or abs(place.b) > _TURNED * place.a or abs(place.d) > _TURNED * -place.e:
        raise FetchError("the raster is turned or upside down", name, "export it north up")
    return _crs(dataset, name, told)


def _crs(dataset: DatasetReader, name: str, told: str) -> CRS:
    claimed = CRS.from_wkt(dataset.crs.to_wkt()) if dataset.crs else None
    wanted = CRS.from_user_input(told) if told else claimed
    if wanted is None:
        raise FetchError(
            "the raster does not say its CRS",
            name,
            "say crs in the manifest, such as EPSG:25832 or EPSG:3035",
        )
    if claimed is not None and not is_same_crs(wanted, claimed):
        raise FetchError(
            f"the file claims {claimed.name}, the manifest says {told}",
            name,
            "leave crs out, or have it corrected",
        )
    return wanted


def _window(dataset: DatasetReader, name: str, bounds: Bounds) -> Window:
    """Return the cells that touch a box, a cell more on each side."""
    place = dataset.transform
    west, south, east, north = bounds
    left, right = (west - place.c) / place.a, (east - place.c) / place.a
    upper, lower = (north - place.f) / place.e, (south - place.f) / place.e
    if not np.isfinite([left, right, upper, lower]).all() or not (
        left < dataset.width and right > 0 and upper < dataset.height and lower > 0
    ):
        raise FetchError(
            "the raster does not lie where the areas are",
            f"{name}: it reaches from {place.c:.7g}, {place.f:.7g} over {dataset.width:,} × {dataset.height:,} cells",
            "check file and crs",
        )
    first, top = max(0, int(left) - 1), max(0, int(upper) - 1)
    last, bottom = min(dataset.width, int(right) + 2), min(dataset.height, int(lower) + 2)
    if (last - first) * (bottom - top) > MOST_CELLS:
        raise FetchError(
            f"{bottom - top:,} × {last - first:,} cells lie over the city, {MOST_CELLS:,} can be read",
            name,
            "export it with larger cells",
        )
    return Window(first, top, last - first, bottom - top)
