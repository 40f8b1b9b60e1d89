"""Words, points and colours of the page."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

DEFAULT = "musterstadt|unemployed_share|block|2020"


@pytest.fixture(scope="session")
def first_view() -> str:
    """What the page shows at first."""
    return DEFAULT


LAYER = "/cities/musterstadt/layers/unemployed_share?geography=block&period="


@pytest.fixture(scope="session")
def layer_path() -> str:
    """Where the service has the layer of the first view, but for the period."""
    return LAYER


def _texts(page: Page, selector: str) -> list[str]:
    return [t.strip() for t in page.locator(selector).all_inner_texts()]


@pytest.fixture(scope="session")
def texts() -> Callable[..., list[str]]:
    """Return the texts of elements."""
    return _texts


def _german(value: float, decimals: int = 1) -> str:
    return f"{value:,.{decimals}f}".translate(str.maketrans({",": ".", ".": ",", "-": "−"}))


@pytest.fixture(scope="session")
def german() -> Callable[..., str]:
    """Write a number as German readers expect it."""
    return _german


def _map_point(page: Page, share_x: float, share_y: float) -> tuple[float, float]:
    box = page.locator("#map").bounding_box()
    assert box
    return box["x"] + share_x * box["width"], box["y"] + share_y * box["height"]


@pytest.fixture(scope="session")
def map_point() -> Callable[..., tuple[float, float]]:
    """Return a point of the map in pixels of the page."""
    return _map_point


def _colour_at(page: Page, share_x: float, share_y: float) -> tuple[int, int, int]:
    """Read one pixel of what is on the screen, so also of the drawn map."""
    x, y = _map_point(page, share_x, share_y)
    picture = page.screenshot(clip={"x": x, "y": y, "width": 1, "height": 1})
    data = page.evaluate(
        """async (bytes) => {
            const image = await createImageBitmap(new Blob([new Uint8Array(bytes)], {type: "image/png"}));
            const canvas = document.createElement("canvas");
            const pen = canvas.getContext("2d");
            pen.drawImage(image, 0, 0);
            return [...pen.getImageData(0, 0, 1, 1).data];
        }""",
        list(picture),
    )
    return tuple(data[:3])


@pytest.fixture(scope="session")
def colour_at() -> Callable[..., tuple[int, int, int]]:
    """Read one pixel of what is on the screen, so also of the drawn map."""
    return _colour_at
