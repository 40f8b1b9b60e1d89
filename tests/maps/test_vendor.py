"""Browser libraries: only what is loaded is copied, nothing is half-copied."""

import json
from pathlib import Path

import pytest

from maps.errors import VendorError
from maps.vendor import FOLDER, LIBRARIES, copy_libraries, versions


def package(
    folder: Path, name: str, version: str, files: dict[str, str], needs: dict[str, str] | None = None
) -> None:
    place = folder / "node_modules" / name
    for path, text in {
        "package.json": json.dumps({"version": version, "dependencies": needs or {}}),
        **files,
    }.items():
        (place / path).parent.mkdir(parents=True, exist_ok=True)
        (place / path).write_text(text, "utf-8")


@pytest.fixture
def maps_folder(tmp_path: Path) -> Path:
    pinned = {"leaflet": "1.0.0", "maplibre-gl": "2.0.0"}
    (tmp_path / "package.json").write_text(json.dumps({"dependencies": pinned}), "utf-8")
    source = "let a = 1;\n//# sourceMappingURL=x.map\n"
    leaflet = {
        "dist/leaflet.js": source,
        "dist/leaflet.css": "",
        "dist/images/layers.png": "",
        "LICENSE": "BSD",
    }
    package(tmp_path, "leaflet", "1.0.0", {**leaflet, "dist/leaflet.js.map": "{}"})
    maplibre = {"dist/maplibre-gl.mjs": "", "dist/maplibre-gl-worker.mjs": "", "dist/maplibre-gl.css": ""}
    package(tmp_path, "maplibre-gl", "2.0.0", {**maplibre, "LICENSE.txt": "BSD"}, {"@some/part": "1"})
    package(tmp_path, "@some/part", "1.0.0", {"LICENSE": "ISC"})
    return tmp_path


def test_what_is_loaded_is_copied_with_all_licences_and_without_source_maps(maps_folder):
    copied = copy_libraries(maps_folder)
    assert copied["leaflet"] == maps_folder / "static" / "vendor" / "leaflet-1.0.0"
    assert (copied["leaflet"] / "leaflet.js").read_text() == "let a = 1;\n"
    assert (copied["leaflet"] / "LICENSE").read_text() == "BSD"
    assert (copied["maplibre-gl"] / "licences" / "@some-part.txt").read_text() == "ISC"
    assert not list(maps_folder.glob("static/vendor/**/*.map"))


def test_a_second_run_changes_nothing_and_a_damaged_copy_is_made_again(maps_folder):
    copied = copy_libraries(maps_folder)["leaflet"] / "leaflet.js"
    before = copied.stat().st_mtime_ns
    copy_libraries(maps_folder)
    assert copied.stat().st_mtime_ns == before
    copied.write_text("cut")
    copy_libraries(maps_folder)
    assert copied.read_text() == "let a = 1;\n"


def test_other_versions_are_removed(maps_folder):
    old = maps_folder / "static" / "vendor" / "leaflet-0.9.0"
    old.mkdir(parents=True)
    copy_libraries(maps_folder)
    assert not old.exists()


def test_a_library_that_is_not_installed_says_what_to_do(maps_folder):
    (maps_folder / "node_modules" / "leaflet" / "package.json").unlink()
    with pytest.raises(VendorError, match=r"browser library leaflet: .*run `npm ci` in the folder maps"):
        copy_libraries(maps_folder)


def test_another_version_than_the_pinned_one_is_refused(maps_folder):
    package(maps_folder, "leaflet", "1.0.1", {})
    with pytest.raises(VendorError, match=r"version 1\.0\.1 is installed, package\.json asks for 1\.0\.0"):
        copy_libraries(maps_folder)


def test_the_lock_file_has_checksums_and_no_download_addresses():
    lock = json.loads((FOLDER / "package-lock.json").read_text("utf-8"))["packages"]
    libraries = {name: entry for name, entry in lock.items() if name}
    assert libraries
    assert all("integrity" in entry and "resolved" not in entry for entry in libraries.values())
    assert lock[""]["dependencies"] == versions()
    assert all(v[0].isdigit() for v in versions().values())
    assert set(versions()) == set(LIBRARIES)
