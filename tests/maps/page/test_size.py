"""The page is quick with three thousand blocks, and small."""

import pytest

pytestmark = pytest.mark.browser


def test_dark_mode_is_drawn_and_switched_while_the_page_is_open(colour_at, site, open_page):
    seen = open_page(color_scheme="dark").open(site.url)
    assert max(colour_at(seen.page, 0.02, 0.5)) < 100
    seen.page.emulate_media(color_scheme="light")
    seen.page.wait_for_timeout(500)
    assert min(colour_at(seen.page, 0.02, 0.5)) > 200
    assert seen.complaints == []


def test_three_thousand_blocks_appear_and_change_quickly(large_site, open_page):
    seen = open_page().open(large_site.url)
    first = seen.page.evaluate("performance.getEntriesByName('sozialraum:shown')[0].startTime")
    seen.page.wait_for_timeout(1500)
    change = seen.page.evaluate(
        """async () => {
            const slider = document.querySelector("#period");
            const stage = document.querySelector("#stage");
            const start = performance.now();
            slider.value = String(Number(slider.value) - 1);
            slider.dispatchEvent(new Event("input"));
            await new Promise((resolve) => {
                new MutationObserver(() => stage.dataset.shown.endsWith("2018") && resolve())
                    .observe(stage, {attributes: true});
            });
            return performance.now() - start;
        }"""
    )
    # The goals are 1.5 s and 0.2 s on an idle machine; under the load of a test run only a breakdown is caught.
    assert first < 15_000
    assert change < 2_000


def test_script_and_style_stay_small(site, open_page):
    seen = open_page().open(site.url)
    sizes = seen.page.evaluate(
        """performance.getEntriesByType("resource").filter((r) => /\\.(js|mjs|css)(\\?|$)/.test(r.name))
            .map((r) => [r.name, r.encodedBodySize])"""
    )
    # At most 600 kB compressed; the test server compresses as the service does.
    assert sum(size for _, size in sizes) < 600_000
