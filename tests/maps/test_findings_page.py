"""The validation report in a browser: complete without a network, wide and narrow, numbers lead to their findings."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from maps.validation.page import FindingsPage, Told, render_findings

pytestmark = pytest.mark.browser


@pytest.fixture
def report(tmp_path: Path) -> Path:
    """Write a report with three findings, two of them on the map."""
    areas = gpd.GeoDataFrame(
        {"area_id": ["01", "02"]},
        geometry=[shapely.box(0, 0, 1000, 1000), shapely.box(1000, 0, 2000, 1000)],
        crs=25833,
    )
    places = [shapely.box(990, 400, 1010, 500), shapely.Point(300, 300), None]
    findings = [
        Told(
            number=number,
            severity=severity,
            check=check,
            file="areas.gpkg" if check == "overlap" else "values_with_a_rather_long_name_2019_to_2023.csv",
            place=f"Zeile {number}",
            what_de=f"Befund {number} <script>document.title = 'x'</script>",
            what_en=f"finding {number}",
            todo_de="berichtigen",
            todo_en="correct it",
            geometry=shape,
        )
        for number, severity, check, shape in zip(
            (1, 2, 3), ("error", "warning", "note"), ("overlap", "jump", ""), places, strict=True
        )
    ]
    page = FindingsPage(
        title_de="Atlas", title_en="Atlas", is_ready=False, facts=[], findings=findings, areas=areas
    )
    path = tmp_path / "report.html"
    path.write_text(render_findings(page), encoding="utf-8")
    return path


@pytest.mark.parametrize("width", [1280, 390])
def test_the_report_needs_nothing_else_and_fits_the_screen(browser, report: Path, width: int) -> None:
    page = browser.new_page(viewport={"width": width, "height": 900})
    asked: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.goto(report.as_uri())
    assert asked == [report.as_uri()]
    assert said == []
    assert page.title() == "Prüfbericht · Atlas"
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.close()


def test_a_number_on_the_map_leads_to_its_finding_also_by_keyboard(browser, report: Path) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 600})
    page.goto(report.as_uri())
    page.locator('svg a[href="#f2"]').click()
    assert page.url.endswith("#f2")
    assert page.locator("#f2").is_visible()
    page.locator('svg a[href="#f1"]').focus()
    page.keyboard.press("Enter")
    assert page.url.endswith("#f1")
    page.close()
