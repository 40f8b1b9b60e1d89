"""Kernels: weights by hand, how far they reach, and what is refused."""

import math

import numpy as np
import pytest

from spatial import ParameterError
from spatial.segregation.environments.kernels import kernel_weight, make_kernel

AT = np.array([0.0, 50.0, 100.0, 150.0])


@pytest.mark.parametrize(
    ("kernel", "weights"),
    [
        ("box", [1, 1, 1, 0]),
        ("triangle", [1, 0.5, 0, 0]),  # 1 - z
        ("epanechnikov", [1, 0.75, 0, 0]),  # 1 - z²
        ("biweight", [1, 0.5625, 0, 0]),  # (1 - 1/4)²
        ("cosine", [1, math.sqrt(0.5), 0, 0]),  # cos 45°
        ("gaussian", [1, math.exp(-1 / 8), math.exp(-1 / 2), math.exp(-9 / 8)]),
        ("exponential", [1, math.exp(-1 / 2), math.exp(-1), math.exp(-3 / 2)]),
    ],
)
def test_weights_at_half_one_and_one_and_a_half_bandwidths(kernel, weights):
    assert kernel_weight(AT, kernel=kernel, bandwidth=100) == pytest.approx(weights, abs=1e-15)


def test_distances_are_not_changed():
    before = AT.copy()
    kernel_weight(AT, kernel="triangle", bandwidth=100)
    np.testing.assert_array_equal(AT, before)


def test_the_cutoff_ends_a_kernel_early_and_includes_its_edge():
    assert kernel_weight(AT, kernel="gaussian", bandwidth=100, cutoff=100)[2:].tolist() == [math.exp(-0.5), 0]
    assert kernel_weight(AT, kernel="triangle", bandwidth=400, cutoff=50).tolist() == [1, 0.875, 0, 0]


def test_who_stands_on_the_edge_up_to_float_noise_is_inside():
    noisy = np.array([100 - 1e-9, 100 + 1e-9, 100 + 1e-5])
    assert kernel_weight(noisy, kernel="box", bandwidth=100).tolist() == [1, 1, 0]


def test_a_bandwidth_of_zero_leaves_distance_zero_only():
    for kernel in ("box", "biweight", "gaussian"):
        assert kernel_weight(AT, kernel=kernel, bandwidth=0).tolist() == [1, 0, 0, 0]


@pytest.mark.parametrize(("kernel", "bandwidths"), [("gaussian", 7.434), ("exponential", 27.631)])
def test_kernels_without_end_are_followed_until_a_trillionth_is_left(kernel, bandwidths):
    found = make_kernel(kernel, bandwidth=10.0)
    assert found.cutoff == pytest.approx(10 * bandwidths, abs=0.01)
    assert kernel_weight(np.array([found.cutoff]), kernel=kernel, bandwidth=10.0) == pytest.approx(1e-12)


@pytest.mark.parametrize("kernel", ["gaussian", "exponential"])
def test_what_a_cutoff_leaves_out_is_the_weight_beyond_it_over_the_plane(kernel):
    # ∫ K(z) z dz in rings, beyond two bandwidths and altogether.
    z = np.linspace(0, 60, 600_001)
    rings = kernel_weight(z, kernel=kernel, bandwidth=1.0, cutoff=math.inf) * z
    share = np.trapezoid(rings[z >= 2], z[z >= 2]) / np.trapezoid(rings, z)
    assert make_kernel(kernel, bandwidth=1.0, cutoff=2.0).left_out == pytest.approx(share, rel=1e-4)


def test_no_cutoff_at_all_leaves_nothing_out():
    found = make_kernel("exponential", bandwidth=100.0, cutoff=math.inf)
    assert (found.left_out, found.reach) == (0, math.inf)


def test_only_kernels_that_end_in_a_step_jump():
    assert make_kernel("box", bandwidth=100.0).jumps()
    assert make_kernel("exponential", bandwidth=100.0, cutoff=200.0).jumps()
    assert not make_kernel("biweight", bandwidth=100.0).jumps()
    assert not make_kernel("exponential", bandwidth=100.0).jumps()


def test_a_function_of_the_distance_in_bandwidths_can_be_given():
    weights = kernel_weight(AT, kernel=lambda z: 1 / (1 + z), bandwidth=50, cutoff=100)
    assert weights.tolist() == [1, 1 / 2, 1 / 3, 0]


@pytest.mark.parametrize("bandwidth", [-1, math.inf, math.nan, "far", True])
def test_a_bandwidth_must_be_a_finite_length(bandwidth):
    with pytest.raises(ParameterError, match="bandwidth"):
        make_kernel("box", bandwidth=bandwidth)


@pytest.mark.parametrize("cutoff", [-1, math.nan, "far"])
def test_a_cutoff_must_be_a_length(cutoff):
    with pytest.raises(ParameterError, match="cutoff"):
        make_kernel("gaussian", bandwidth=100, cutoff=cutoff)


def test_an_unknown_kernel_is_refused_with_the_names():
    with pytest.raises(ParameterError, match=r"biweight.*or a function"):
        make_kernel("tricube", bandwidth=100)


def test_a_function_must_say_where_it_ends():
    with pytest.raises(ParameterError, match="cutoff"):
        make_kernel(lambda z: z, bandwidth=100)


@pytest.mark.parametrize(
    "function",
    [lambda z: -z, lambda z: z, lambda z: z * np.nan, lambda z: 1.0],
    ids=["negative", "0 at distance 0", "not a number", "one weight for all distances"],
)
def test_a_function_that_gives_no_weights_is_refused(function):
    with pytest.raises(ParameterError, match=r"kernel is .* weight of at least 0 for each distance"):
        kernel_weight(AT, kernel=function, bandwidth=100, cutoff=500)


def test_a_function_that_gives_another_shape_is_refused():
    with pytest.raises(ParameterError, match="one weight per distance"):
        kernel_weight(AT, kernel=lambda z: z[:1], bandwidth=100, cutoff=500)
