"""The offline map: one file, no request, the same classes."""

import re
from pathlib import Path

import folium
import geopandas as gpd
import pytest
from folium.plugins import MiniMap
from playwright.sync_api import Browser
from shapely.geometry import shape

from maps.errors import LayerError, OfflineError
from maps.folium_map import folium_map, save_offline

pytestmark = pytest.mark.usefixtures("vendored")


def regions(features: list[dict]) -> gpd.GeoDataFrame:
    ids = [f["properties"]["region_id"] for f in features]
    return gpd.GeoDataFrame({"region_id": ids}, geometry=[shape(f["geometry"]) for f in features], crs=4326)


@pytest.fixture
def offline(two_cities, tmp_path: Path):
    def make(indicator: str = "unemployed_share", language="de", city=two_cities[0]) -> Path:
        drawn = folium_map(
            city.areas["block"].sample(frac=1, random_state=1), city.layer(indicator, "block", "2020"),
            regions=regions(city.proposals), zones=regions(city.zones), language=language,
        )  # fmt: skip
        return save_offline(drawn, tmp_path / f"{indicator}.html")

    return make


def opened(browser: Browser, file: Path):
    page = browser.new_page(viewport={"width": 1200, "height": 800})
    requests: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda r: requests.append(r.url))
    page.on("console", lambda m: complaints.append(m.text))
    page.on("pageerror", lambda e: complaints.append(str(e)))
    page.goto(file.as_uri())
    page.wait_for_selector("path.leaflet-interactive")
    return page, requests, complaints


@pytest.mark.browser
def test_the_file_asks_for_nothing_but_itself_and_draws_every_area(offline, browser, two_cities):
    file = offline()
    page, requests, complaints = opened(browser, file)
    assert requests == [file.as_uri()]
    assert complaints == []
    assert page.locator("path.leaflet-interactive").count() == 12
    page.close()


@pytest.mark.browser
def test_colours_and_legend_are_those_of_the_layer(offline, browser, two_cities):
    layer = two_cities[0].layer("unemployed_share", "block", "2020")
    page, _, _ = opened(browser, offline())
    fills = page.locator("path.leaflet-interactive").evaluate_all("ps => ps.map(p => p.getAttribute('fill'))")
    special = {"zero": "url(#sr-zero)", "missing": "url(#sr-missing)", "suppressed": "url(#sr-suppressed)"}
    assert fills == [
        layer.classes.colours[i] if i >= 0 else special[s]
        for i, s in zip(layer.class_index, layer.statuses, strict=True)
    ]
    rows = [t.strip() for t in page.locator(".sr-side th").all_inner_texts()]
    assert rows[: len(layer.classes)] == list(layer.classes.labels_de)
    page.close()


@pytest.mark.browser
def test_hostile_names_stay_text_in_the_tooltip(offline, browser):
    page, _, complaints = opened(browser, offline())
    seen = set()
    for i in range(4):
        page.locator("path.leaflet-interactive").nth(i).hover(force=True)
        seen.add(page.locator(".sr-tooltip bdi").inner_text())
    assert {"<script>alert(1)</script>", "\"Am Tor\" & 'Wall' <b>", "حي الزهور", "{{ 7 * 7 }}"} == seen
    assert complaints == []
    page.close()


@pytest.mark.browser
def test_counts_are_circles_of_the_right_size(offline, browser, two_cities):
    layer = two_cities[0].layer("residents", "block", "2020")
    page, _, _ = opened(browser, offline("residents", "en"))
    # Leaflet draws a circle as "M… a r,r …".
    found = page.locator("path[fill='#1a5e81']").evaluate_all("ps => ps.map(p => p.getAttribute('d'))")
    radii = [float(re.search(r"a([\d.]+),", d)[1]) for d in found]
    # Leaflet rounds radii to whole pixels.
    assert radii == pytest.approx([layer.symbols.scale * v**0.5 for v in layer.values if v], abs=0.51)
    page.close()


def test_invented_data_say_so_and_real_data_do_not(offline, two_cities):
    assert "Synthetische Daten" in offline().read_text("utf-8")
    assert "Synthetische Daten" not in offline(city=two_cities[1]).read_text("utf-8")


def test_withheld_values_are_not_in_the_file(two_cities, tmp_path):
    city = two_cities[0]
    layer = city.layer("unemployed_share", "block", "2020")
    text = save_offline(folium_map(city.areas["block"], layer), tmp_path / "map.html").read_text("utf-8")
    assert "nicht veröffentlicht (Datenschutz)" in text
    assert layer.area_ids[layer.statuses.index("suppressed")] in text


def test_a_map_with_a_base_map_from_elsewhere_is_refused_and_nothing_is_written(two_cities, tmp_path):
    city = two_cities[0]
    drawn = folium_map(city.areas["block"], city.layer("unemployed_share", "block", "2020"))
    folium.TileLayer("https://tiles.invalid/{z}/{x}/{y}.png", attr="x").add_to(drawn)
    with pytest.raises(OfflineError, match=r"tiles\.invalid"):
        save_offline(drawn, tmp_path / "map.html")
    assert list(tmp_path.iterdir()) == []


def test_a_plug_in_from_elsewhere_is_refused(two_cities, tmp_path):
    city = two_cities[0]
    drawn = folium_map(city.areas["block"], city.layer("unemployed_share", "block", "2020"))
    MiniMap(tile_layer=None).add_to(drawn)
    with pytest.raises(OfflineError, match=r"needs .* of other hosts"):
        save_offline(drawn, tmp_path / "map.html")


def test_a_saved_map_can_still_be_shown_in_a_notebook_and_a_shown_map_be_saved(two_cities, tmp_path):
    city = two_cities[0]
    drawn = folium_map(city.areas["block"], city.layer("unemployed_share", "block", "2020"))
    save_offline(drawn, tmp_path / "a.html")
    assert folium.Map.default_js[0][1] in drawn.get_root().render()
    second = save_offline(drawn, tmp_path / "b.html").read_text("utf-8")
    assert not re.search(r"""<(?:script|link|img)[^>]+(?:src|href)=["'](?:https?:)?//""", second)


def test_a_name_is_never_run_as_a_template(two_cities, tmp_path):
    # folium reads its finished scripts as a template again; without escaping this would be 49, or any Python.
    city = two_cities[0]
    layer = city.layer("unemployed_share", "block", "2020")
    text = save_offline(folium_map(city.areas["block"], layer), tmp_path / "map.html").read_text("utf-8")
    assert "&#123;&#123; 7 * 7 &#125;&#125;" in text.replace("\\u0026", "&")
    assert "\\u003cscript\\u003e" not in text


def test_geometries_in_another_crs_or_of_other_areas_are_refused(two_cities):
    city = two_cities[0]
    layer = city.layer("unemployed_share", "block", "2020")
    with pytest.raises(LayerError, match=r"areas are not in WGS 84 .*25833"):
        folium_map(city.areas["block"].to_crs(25833), layer)
    with pytest.raises(LayerError, match="not about the same areas"):
        folium_map(city.areas["block"].iloc[1:], layer)
