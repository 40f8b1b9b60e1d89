"""Recipes of composite indices: what a recipe must not be."""

import pytest

from indicators import METHODS, DefinitionError, Method

GOOD = {
    "id": "m",
    "title_de": "M",
    "title_en": "M",
    "indicators": ("a", "b"),
    "cuts": (0.0,),
    "labels_de": ("x", "y"),
    "labels_en": ("x", "y"),
}


def test_signs_and_weights_are_one_when_left_out():
    method = Method(**GOOD)
    assert (method.signs, method.weights, method.ddof) == ((1, 1), (1.0, 1.0), 0)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"indicators": ()}, "at least one indicator"),
        ({"indicators": ("a", "a")}, "each indicator once"),
        ({"signs": (1, 0)}, "one sign"),
        ({"signs": (1,)}, "one sign"),
        ({"weights": (1.0, -1.0)}, "one finite weight"),
        ({"weights": (1.0, float("inf"))}, "one finite weight"),
        ({"cuts": (1.0, 0.0), "labels_de": ("x", "y", "z"), "labels_en": ("x", "y", "z")}, "rising order"),
        ({"cuts": (0.0, 0.0), "labels_de": ("x", "y", "z"), "labels_en": ("x", "y", "z")}, "rising order"),
        ({"labels_en": ("x",)}, "one label per class"),
        ({"ddof": 2}, "ddof 0 or 1"),
        ({"minimum_areas": 1}, "at least two areas"),
    ],
)
def test_a_recipe_that_contradicts_itself_is_refused(change, reason):
    with pytest.raises(DefinitionError, match=reason):
        Method(**{**GOOD, **change})


def test_all_methods_have_their_own_id_and_both_languages():
    assert len({method.id for method in METHODS}) == len(METHODS)
    assert all(method.title_de and method.title_en and method.source for method in METHODS)
