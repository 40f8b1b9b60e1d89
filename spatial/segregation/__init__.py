"""Segregation measures: how groups are spread over a city, by themselves and on the map."""

from spatial.segregation.aspatial.bounds import Bounds, bounds
from spatial.segregation.aspatial.corrected import (
    bias_corrected_dissimilarity,
    density_corrected_dissimilarity,
)
from spatial.segregation.aspatial.diversity import (
    diversity_entropy,
    simpson_concentration,
    simpson_interaction,
)
from spatial.segregation.aspatial.evenness import dissimilarity, gini, gorard, min_max
from spatial.segregation.aspatial.expected import expected_dissimilarity
from spatial.segregation.aspatial.exposure import exposure, interaction, isolation
from spatial.segregation.aspatial.information import (
    divergence,
    multigroup_information_theory,
    mutual_information,
)
from spatial.segregation.aspatial.local import (
    local_dissimilarity,
    local_entropy,
    local_exposure,
    local_simpson_concentration,
    local_simpson_interaction,
    location_quotient,
)
from spatial.segregation.aspatial.local_information import (
    local_divergence,
    local_information_theory,
    local_mutual_information,
)
from spatial.segregation.aspatial.mixing import atkinson, information_theory
from spatial.segregation.aspatial.modified import modified_dissimilarity, modified_gini, modified_isolation
from spatial.segregation.aspatial.multigroup import (
    multigroup_dissimilarity,
    multigroup_gini,
    multigroup_normalised_exposure,
    relative_diversity,
    several,
    squared_coefficient_of_variation,
)
from spatial.segregation.aspatial.ordinal import (
    ordinal_absolute_difference,
    ordinal_information_theory,
    ordinal_square_root,
    ordinal_variation_ratio,
)
from spatial.segregation.aspatial.rank_order import (
    rank_order_curve,
    rank_order_information_theory,
    rank_order_profile,
    rank_order_square_root,
    rank_order_variance_ratio,
)
from spatial.segregation.aspatial.relative_exposure import correlation_ratio, normalised_exposure
from spatial.segregation.cells import Composition
from spatial.segregation.compute import compute, group_and_total
from spatial.segregation.decomposition.change import SegregationChange, explain_change
from spatial.segregation.decomposition.contributions import (
    Contributions,
    contributions_of_areas,
    contributions_of_groups,
)
from spatial.segregation.decomposition.counterfactual import SpaceAndComposition, space_and_composition
from spatial.segregation.decomposition.margins import FittedTable, fit_margins
from spatial.segregation.decomposition.merging import MergeSequence, merge_areas, merged_areas
from spatial.segregation.decomposition.nested import (
    NestedDecomposition,
    between_and_within,
    between_and_within_groups,
)
from spatial.segregation.decomposition.surface import SurfaceDecomposition, surface_decomposition
from spatial.segregation.environments.distortion import global_distortion, local_distortion
from spatial.segregation.environments.divergence_profile import divergence_profiles
from spatial.segregation.environments.kernels import kernel_weight
from spatial.segregation.environments.multiscalar import MultiscalarProfile, multiscalar_profile
from spatial.segregation.environments.spatial_exposure import spatial_exposure, spatial_isolation
from spatial.segregation.environments.spatial_measures import (
    spatial_dissimilarity,
    spatial_gini,
    spatial_information_theory,
    spatial_relative_diversity,
)
from spatial.segregation.environments.street_network import StreetNetwork
from spatial.segregation.environments.surroundings import local_environments
from spatial.segregation.inference import (
    BootstrapEstimate,
    ExpectedByChance,
    ExpectedValue,
    JackknifeEstimate,
    SingleTest,
    TwoSampleTest,
    bootstrap,
    compare,
    estimate_from_replicates,
    expected_under_independence,
    expected_value,
    jackknife,
    randomisation_test,
    replicate_values,
    significance_from_replicates,
)
from spatial.segregation.measure import Measure
from spatial.segregation.places import Places
from spatial.segregation.proximity.absolute_clustering import (
    absolute_clustering,
    absolute_clustering_contiguity,
)
from spatial.segregation.proximity.clustering import mean_proximity, relative_clustering, spatial_proximity
from spatial.segregation.proximity.distance_decay import (
    distance_decay_exposure,
    distance_decay_interaction,
    distance_decay_isolation,
)
from spatial.segregation.proximity.group_proximity import multigroup_spatial_proximity, white_p
from spatial.segregation.proximity.proximity_pairs import (
    mean_proximity_pairs,
    relative_clustering_pairs,
    spatial_proximity_pairs,
)
from spatial.segregation.proximity.proximity_profile import proximity_curve, spatial_proximity_profile
from spatial.segregation.register import available, measure
from spatial.segregation.series import segregation_series
from spatial.segregation.territory.boundary import (
    adjacency_dissimilarity,
    border_dissimilarity,
    shape_dissimilarity,
)
from spatial.segregation.territory.centralisation import absolute_centralisation, relative_centralisation
from spatial.segregation.territory.concentration import absolute_concentration, delta, relative_concentration
from spatial.segregation.territory.concentration_profile import concentration_curve, concentration_profile
from spatial.segregation.territory.local_centralisation import local_relative_centralisation

__all__ = [
    "BootstrapEstimate",
    "Bounds",
    "Composition",
    "Contributions",
    "ExpectedByChance",
    "ExpectedValue",
    "FittedTable",
    "JackknifeEstimate",
    "Measure",
    "MergeSequence",
    "MultiscalarProfile",
    "NestedDecomposition",
    "Places",
    "SegregationChange",
    "SingleTest",
    "SpaceAndComposition",
    "StreetNetwork",
    "SurfaceDecomposition",
    "TwoSampleTest",
    "absolute_centralisation",
    "absolute_clustering",
    "absolute_clustering_contiguity",
    "absolute_concentration",
    "adjacency_dissimilarity",
    "atkinson",
    "available",
    "between_and_within",
    "between_and_within_groups",
    "bias_corrected_dissimilarity",
    "bootstrap",
    "border_dissimilarity",
    "bounds",
    "compare",
    "compute",
    "concentration_curve",
    "concentration_profile",
    "contributions_of_areas",
    "contributions_of_groups",
    "correlation_ratio",
    "delta",
    "density_corrected_dissimilarity",
    "dissimilarity",
    "distance_decay_exposure",
    "distance_decay_interaction",
    "distance_decay_isolation",
    "divergence",
    "divergence_profiles",
    "diversity_entropy",
    "estimate_from_replicates",
    "expected_dissimilarity",
    "expected_under_independence",
    "expected_value",
    "explain_change",
    "exposure",
    "fit_margins",
    "gini",
    "global_distortion",
    "gorard",
    "group_and_total",
    "information_theory",
    "interaction",
    "isolation",
    "jackknife",
    "kernel_weight",
    "local_dissimilarity",
    "local_distortion",
    "local_divergence",
    "local_entropy",
    "local_environments",
    "local_exposure",
    "local_information_theory",
    "local_mutual_information",
    "local_relative_centralisation",
    "local_simpson_concentration",
    "local_simpson_interaction",
    "location_quotient",
    "mean_proximity",
    "mean_proximity_pairs",
    "measure",
    "merge_areas",
    "merged_areas",
    "min_max",
    "modified_dissimilarity",
    "modified_gini",
    "modified_isolation",
    "multigroup_dissimilarity",
    "multigroup_gini",
    "multigroup_information_theory",
    "multigroup_normalised_exposure",
    "multigroup_spatial_proximity",
    "multiscalar_profile",
    "mutual_information",
    "normalised_exposure",
    "ordinal_absolute_difference",
    "ordinal_information_theory",
    "ordinal_square_root",
    "ordinal_variation_ratio",
    "proximity_curve",
    "randomisation_test",
    "rank_order_curve",
    "rank_order_information_theory",
    "rank_order_profile",
    "rank_order_square_root",
    "rank_order_variance_ratio",
    "relative_centralisation",
    "relative_clustering",
    "relative_clustering_pairs",
    "relative_concentration",
    "relative_diversity",
    "replicate_values",
    "segregation_series",
    "several",
    "shape_dissimilarity",
    "significance_from_replicates",
    "simpson_concentration",
    "simpson_interaction",
    "space_and_composition",
    "spatial_dissimilarity",
    "spatial_exposure",
    "spatial_gini",
    "spatial_information_theory",
    "spatial_isolation",
    "spatial_proximity",
    "spatial_proximity_pairs",
    "spatial_proximity_profile",
    "spatial_relative_diversity",
    "squared_coefficient_of_variation",
    "surface_decomposition",
    "white_p",
]
