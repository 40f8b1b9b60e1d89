"""Where the browser libraries lie, and how they get there: from `node_modules` into `static/vendor`, without Node.

Run as `python -m maps.vendor` after `npm ci`. Only what the page and the offline map load is copied, with the licences
and without source maps; git ignores the result. A second run changes nothing.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from maps.errors import VendorError

__all__ = ["FOLDER", "LIBRARIES", "copy_libraries", "library_folder", "versions"]

FOLDER = Path(__file__).parent
LIBRARIES = {
    "leaflet": ("dist/leaflet.js", "dist/leaflet.css", "dist/images/*.png", "LICENSE"),
    "maplibre-gl": (
        "dist/maplibre-gl.mjs",
        "dist/maplibre-gl-worker.mjs",
        "dist/maplibre-gl.css",
        "LICENSE.txt",
    ),
}


def versions(folder: Path = FOLDER) -> dict[str, str]:
    """Return the exact version of each library, as pinned in `package.json`."""
    pinned: dict[str, str] = json.loads((folder / "package.json").read_text("utf-8"))["dependencies"]
    return pinned


def library_folder(name: str, folder: Path = FOLDER) -> Path:
    """Return where the copied library lies, or say that it is missing."""
    place = folder / "static" / "vendor" / f"{name}-{versions(folder)[name]}"
    if not place.is_dir():
        raise VendorError(name, f"{place.name} is not in static/vendor")
    return place


def copy_libraries(folder: Path = FOLDER) -> dict[str, Path]:
    """Copy what is loaded into `static/vendor/<name>-<version>/` and remove other versions; return the folders."""
    copied = {}
    for name, version in versions(folder).items():
        target = folder / "static" / "vendor" / f"{name}-{version}"
        if not _is_current(target):
            _copy(name, version, folder / "node_modules", target)
        for other in target.parent.glob(f"{name}-[0-9]*"):
            if other != target:
                shutil.rmtree(other)
        copied[name] = target
    return copied


def _is_current(target: Path) -> bool:
    """Whether every file of the last complete copy is still there."""
    listing = target / "files.json"
    if not listing.is_file():
        return False
    sizes: dict[str, int] = json.loads(listing.read_text("utf-8"))
    return all((target / f).is_file() and (target / f).stat().st_size == size for f, size in sizes.items())


def _copy(name: str, version: str, modules: Path, target: Path) -> None:
    source = modules / name
    if not (source / "package.json").is_file():
        raise VendorError(name, f"it is not in {modules}")
    installed = json.loads((source / "package.json").read_text("utf-8"))["version"]
    if installed != version:
        raise VendorError(name, f"version {installed} is installed, package.json asks for {version}")
    new = target.with_name(f".{target.name}.new")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(parents=True)
    for pattern in LIBRARIES[name]:
        found = sorted(source.glob(pattern))
        if not found:
            raise VendorError(name, f"{pattern} is not in {source}")
        for file in found:
            place = new / file.relative_to(source / "dist" if pattern.startswith("dist/") else source)
            place.parent.mkdir(exist_ok=True)
            place.write_bytes(_without_source_map(file))
    for part, licence in _licences_of_parts(modules, name):
        place = new / "licences" / f"{part.replace('/', '-')}.txt"
        place.parent.mkdir(exist_ok=True)
        shutil.copyfile(licence, place)
    sizes = {str(f.relative_to(new)): f.stat().st_size for f in sorted(new.rglob("*")) if f.is_file()}
    (new / "files.json").write_text(json.dumps(sizes, indent=1), "utf-8")
    shutil.rmtree(target, ignore_errors=True)
    new.rename(target)


def _without_source_map(file: Path) -> bytes:
    """Return the file without the line that makes developer tools ask for a map that is not there."""
    if file.suffix not in {".js", ".mjs", ".css"}:
        return file.read_bytes()
    lines = file.read_bytes().splitlines(keepends=True)
    return b"".join(
        line for line in lines if not line.startswith((b"//# sourceMapping", b"/*# sourceMapping"))
    )


def _licences_of_parts(modules: Path, name: str) -> Iterator[tuple[str, Path]]:
    """Find the licence of every library that is built into `name`, whatever the depth."""
    seen, waiting = set(), [name]
    while waiting:
        part = waiting.pop()
        manifest = modules / part / "package.json"
        if part in seen or not manifest.is_file():
            continue
        seen.add(part)
        waiting += json.loads(manifest.read_text("utf-8")).get("dependencies", {})
        licences = sorted(
            f for f in manifest.parent.iterdir() if f.name.upper().startswith(("LICENSE", "LICENCE"))
        )
        if licences and part != name:
            yield part, licences[0]


def main() -> int:
    """Copy the libraries and name them; exit status 1 with one line when npm has not been run."""
    try:
        copied = copy_libraries()
    except VendorError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stderr.write(f"browser libraries: {', '.join(p.name for p in copied.values())}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
