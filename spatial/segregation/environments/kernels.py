"""How much does a neighbour at a distance count in a local environment? Kernels, and how far they reach."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias, get_args

import numpy as np

from spatial.errors import ParameterError
from spatial.parameters import LONGEST, SHORTEST, require_number, require_numbers
from spatial.segregation.counts import Floats

__all__ = ["Kernel", "KernelName", "KernelShape", "kernel_weight", "make_kernel", "require_bandwidth"]

KernelName: TypeAlias = Literal[
    "box", "triangle", "epanechnikov", "biweight", "cosine", "gaussian", "exponential"
]
KernelShape: TypeAlias = KernelName | Callable[[Floats], Floats]
"""A named kernel, or a function of the distance in bandwidths that gives weights ≥ 0, above 0 at distance 0."""

_NAMES: Final = get_args(KernelName)
_INFINITE: Final = ("gaussian", "exponential")

# Where an infinite kernel ends when no cutoff is given: the weight there, as a share of the weight at 0.
_FAINTEST: Final = 1e-12

# Centroids carry float noise: who lies on the edge of a kernel to within a micrometre lies inside.
_EDGE: Final = 1e-6


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Kernel:
    """A kernel that was checked.

    `bandwidth` is its scale [m], None where every area has its own (the distance to its k-th neighbour).
    `cutoff` is the distance beyond which it is 0 [m], infinite for none. `left_out` is the share of its weight
    that the cutoff leaves out where people live evenly; NaN where that is not known (a function, no bandwidth).
    """

    shape: KernelShape
    bandwidth: float | None
    cutoff: float
    left_out: float

    def __repr__(self) -> str:
        name = self.shape if isinstance(self.shape, str) else "function"
        scale = "own bandwidths" if self.bandwidth is None else f"{self.bandwidth:g} m"
        return f"Kernel({name}, {scale}, up to {self.cutoff:g} m, leaves out {self.left_out:.1g})"

    @property
    def reach(self) -> float:
        """Distance up to which neighbours count [m]: the cutoff, and a micrometre for float noise."""
        return self.cutoff + _EDGE * min(1.0, self.cutoff)

    def jumps(self) -> bool:
        """Say whether the weight falls to 0 at the cutoff in a step."""
        if not self.bandwidth or not math.isfinite(self.cutoff):
            return False
        return bool(self.weigh(np.array([(self.cutoff / self.bandwidth) ** 2]))[0] > 1e-3)

    def weigh(self, ratio: Floats) -> Floats:
        """Turn squared distances in squared bandwidths into weights, in place where that is possible."""
        if not isinstance(self.shape, str):
            return _of_function(self.shape, np.sqrt(ratio, out=ratio))
        return _IN_PLACE[self.shape](ratio)


def kernel_weight(
    distance: Floats,
    *,
    kernel: KernelShape = "biweight",
    bandwidth: float,
    cutoff: float | None = None,
) -> Floats:
    r"""Return the weight of neighbours at the given distances.

    With :math:`z = d / h`, the distance in bandwidths: box 1, triangle :math:`1 - z`, Epanechnikov
    :math:`1 - z^2`, biweight :math:`(1 - z^2)^2`, cosine :math:`\cos(\pi z / 2)`, each 0 for :math:`z > 1`;
    Gaussian :math:`\exp(-z^2 / 2)`, exponential :math:`\exp(-z)`, without end. All are 1 at distance 0.

    Parameters
    ----------
    distance : array of float
        Distances. [m]
    kernel : str or function, default "biweight"
        A name, or a function of the distance in bandwidths.
    bandwidth : float
        Scale of the kernel. [m]
    cutoff : float, optional
        Distance beyond which the weight is 0. Default: the bandwidth; for the Gaussian and the exponential
        kernel the distance where the weight is 10⁻¹² (7.4 and 27.6 bandwidths). Infinite: none. [m]

    Returns
    -------
    array of float
        Weights of the same shape, 0 to 1 for the named kernels.

    Raises
    ------
    ParameterError
        If the kernel is unknown, or bandwidth or cutoff are no lengths.

    Examples
    --------
    >>> kernel_weight(np.array([0.0, 50.0, 100.0, 150.0]), kernel="triangle", bandwidth=100).tolist()
    [1.0, 0.5, 0.0, 0.0]
    """
    chosen = make_kernel(kernel, bandwidth=require_bandwidth(bandwidth), cutoff=cutoff)
    metres = require_numbers("distance", distance, "distances of at least 0 m", lambda metres: metres >= 0)
    inside = metres <= chosen.reach
    # A bandwidth of 0 is everybody for themselves: distance 0 counts fully, any other is out of reach.
    ratio = np.where(inside, metres, 0.0) / (bandwidth if bandwidth > 0 else 1.0)
    return np.where(inside, chosen.weigh(ratio * ratio), 0.0)


def require_bandwidth(bandwidth: float) -> float:
    """Return a bandwidth [m]; refuse what is no finite length of at least 0 m.

    Raises
    ------
    ParameterError
        If it is anything else.

    Examples
    --------
    >>> require_bandwidth(250)
    250.0
    """
    expected = "a finite length of at least 0 m; above 0, from 1 µm to 10¹² km"
    return require_number(
        "bandwidth", bandwidth, expected, lambda metres: metres == 0 or SHORTEST <= metres <= LONGEST
    )


def make_kernel(
    shape: KernelShape, *, bandwidth: float | None, cutoff: float | None = None, unbounded: float = math.inf
) -> Kernel:
    """Check a kernel and find how far it reaches.

    Parameters
    ----------
    shape : str or function
        A name, or a function of the distance in bandwidths.
    bandwidth : float, optional
        Scale [m]; None where every area has its own.
    cutoff : float, optional
        Distance beyond which the weight is 0 [m]; infinite for none.
    unbounded : float
        The cutoff where neither cutoff nor bandwidth say one. [m]

    Returns
    -------
    Kernel

    Raises
    ------
    ParameterError
        If the kernel is unknown, bandwidth or cutoff are no lengths, or a function comes without a cutoff.

    Examples
    --------
    >>> make_kernel("gaussian", bandwidth=100.0, cutoff=300.0)
    Kernel(gaussian, 100 m, up to 300 m, leaves out 0.01)
    """
    if not (callable(shape) or (isinstance(shape, str) and shape in _NAMES)):
        raise ParameterError("kernel", shape, f"one of {', '.join(_NAMES)}, or a function")
    if bandwidth is not None:
        bandwidth = require_bandwidth(bandwidth)
    if cutoff is not None:
        cutoff = require_number(
            "cutoff",
            cutoff,
            "a length of at least 0 m, infinite for no cutoff",
            lambda metres: metres >= 0,
        )
    end, left_out = unbounded if cutoff is None else cutoff, math.nan
    if bandwidth is not None:
        if callable(shape):
            if cutoff is None:
                raise ParameterError("cutoff", None, "where the weights of the given function end [m]")
        elif shape in _INFINITE:
            bandwidths = (
                -math.log(_FAINTEST) if shape == "exponential" else math.sqrt(-2 * math.log(_FAINTEST))
            )
            end = bandwidth * bandwidths if cutoff is None else end
            left_out = _left_out(shape, end / bandwidth) if bandwidth > 0 else 0.0
        else:
            left_out = 0.0 if end >= bandwidth else math.nan
            end = min(end, bandwidth)
    return Kernel(shape=shape, bandwidth=bandwidth, cutoff=end, left_out=left_out)


def _left_out(shape: KernelShape, bandwidths: float) -> float:
    """Return the share of an infinite kernel's weight over the plane that lies beyond so many bandwidths."""
    if math.isinf(bandwidths):
        return 0.0
    return math.exp(-(bandwidths**2) / 2) if shape == "gaussian" else (1 + bandwidths) * math.exp(-bandwidths)


def _box(ratio: Floats) -> Floats:
    ratio.fill(1.0)
    return ratio


def _triangle(ratio: Floats) -> Floats:
    np.sqrt(ratio, out=ratio)
    return _epanechnikov(ratio)


def _epanechnikov(ratio: Floats) -> Floats:
    np.subtract(1.0, ratio, out=ratio)
    # The micrometre beyond the edge would be negative.
    return np.maximum(ratio, 0.0, out=ratio)


def _biweight(ratio: Floats) -> Floats:
    _epanechnikov(ratio)
    return np.multiply(ratio, ratio, out=ratio)


def _cosine(ratio: Floats) -> Floats:
    np.sqrt(ratio, out=ratio)
    ratio *= math.pi / 2
    np.minimum(ratio, math.pi / 2, out=ratio)
    return np.cos(ratio, out=ratio)


def _gaussian(ratio: Floats) -> Floats:
    ratio *= -0.5
    return np.exp(ratio, out=ratio)


def _exponential(ratio: Floats) -> Floats:
    np.sqrt(ratio, out=ratio)
    np.negative(ratio, out=ratio)
    return np.exp(ratio, out=ratio)


_IN_PLACE: Final[dict[KernelName, Callable[[Floats], Floats]]] = {
    "box": _box,
    "triangle": _triangle,
    "epanechnikov": _epanechnikov,
    "biweight": _biweight,
    "cosine": _cosine,
    "gaussian": _gaussian,
    "exponential": _exponential,
}


def _of_function(function: Callable[[Floats], Floats], bandwidths: Floats) -> Floats:
    here = bandwidths == 0
    expected = "a function that gives a finite weight of at least 0 for each distance, above 0 at distance 0"
    weights = require_numbers("kernel", function(bandwidths), expected)
    if weights.shape != bandwidths.shape:
        raise ParameterError("kernel", weights.shape, f"one weight per distance, shape {bandwidths.shape}")
    if not ((weights >= 0).all() and (weights[here] > 0).all()):
        raise ParameterError("kernel", function, expected)
    return weights
