"""Ramps can be told apart by everybody, also in grey and with a colour vision deficiency."""

import itertools

import numpy as np
import pytest

from maps.errors import ClassificationError
from maps.palettes import PATTERNS, STATES, diverging, sequential

# Complete dichromacy after Machado, Oliveira and Fernandes (2009), doi:10.1109/TVCG.2009.113, for linear RGB.
DEFICIENCIES = {
    "none": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritanopia": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}


def lab(colour: str, deficiency: str = "none") -> np.ndarray:
    rgb = np.array(list(bytes.fromhex(colour[1:]))) / 255
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    linear = np.clip(DEFICIENCIES[deficiency] @ linear, 0, 1)
    to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    xyz = to_xyz @ linear / np.array([0.95047, 1.0, 1.08883])
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("k", range(1, 10))
def test_a_sequential_ramp_gets_darker_with_every_step(k):
    lightness = [lab(c)[0] for c in sequential(k)]
    # Seven classes are the most that is offered; 8 units of lightness between neighbours are told apart in print.
    assert all(a - b > (8 if k <= 7 else 0) for a, b in itertools.pairwise(lightness))


@pytest.mark.parametrize("deficiency", DEFICIENCIES)
@pytest.mark.parametrize("ramp", [sequential(5), sequential(7), diverging(3, 3), diverging(4, 2)])
def test_neighbouring_classes_differ_under_every_colour_vision_deficiency(ramp, deficiency):
    # A difference of 8 in CIELAB is well above what is just noticeable (about 2.3).
    colours = [lab(c, deficiency) for c in ramp]
    assert all(np.linalg.norm(a - b) > 8 for a, b in itertools.pairwise(colours))


@pytest.mark.parametrize("deficiency", DEFICIENCIES)
def test_both_ends_of_a_diverging_ramp_differ_although_they_are_equally_dark(deficiency):
    ramp = diverging(3, 3)
    assert np.linalg.norm(lab(ramp[0], deficiency) - lab(ramp[-1], deficiency)) > 20


def test_a_reversed_ramp_changes_sides_only():
    assert sequential(5, is_reversed=True) == sequential(5)[::-1]
    assert diverging(2, 3, is_reversed=True) == diverging(3, 2)[::-1]


def test_states_without_a_place_on_the_scale_differ_by_pattern_and_not_only_by_colour():
    patterns = [style.pattern for style in STATES.values()]
    assert len(set(patterns)) == len(patterns)
    assert set(patterns) <= set(PATTERNS)


def test_a_ramp_without_colours_is_refused():
    with pytest.raises(ClassificationError, match="at least one colour"):
        sequential(0)
    with pytest.raises(ClassificationError, match="one side at least"):
        diverging(0, 0)
