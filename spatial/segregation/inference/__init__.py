"""How sure is a measure of segregation, and is it more than chance? Tests, intervals, comparisons."""

from spatial.segregation.inference.bootstrap import bootstrap, estimate_from_replicates
from spatial.segregation.inference.by_chance import ExpectedByChance, expected_under_independence
from spatial.segregation.inference.comparison import compare
from spatial.segregation.inference.jackknife import jackknife
from spatial.segregation.inference.models import Model, Null, Resampling
from spatial.segregation.inference.pairs import PairModel, Statistic
from spatial.segregation.inference.replicates import replicate_values, simulate
from spatial.segregation.inference.result import (
    BootstrapEstimate,
    ExpectedValue,
    JackknifeEstimate,
    SingleTest,
    TwoSampleTest,
)
from spatial.segregation.inference.single import (
    expected_value,
    randomisation_test,
    significance_from_replicates,
)
from spatial.segregation.inference.streams import CHUNK

__all__ = [
    "CHUNK",
    "BootstrapEstimate",
    "ExpectedByChance",
    "ExpectedValue",
    "JackknifeEstimate",
    "Model",
    "Null",
    "PairModel",
    "Resampling",
    "SingleTest",
    "Statistic",
    "TwoSampleTest",
    "bootstrap",
    "compare",
    "estimate_from_replicates",
    "expected_under_independence",
    "expected_value",
    "jackknife",
    "randomisation_test",
    "replicate_values",
    "significance_from_replicates",
    "simulate",
]
