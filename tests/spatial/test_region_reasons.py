"""One region told fairly: why here, who lives here, strengths as well as needs."""

import numpy as np
import pandas as pd
import pytest

from spatial import AlignmentError, NeighbourGraph, ParameterError, propose
from spatial.regions import FixedAreas
from spatial.regions.reasons.region_reasons import explain_region, region_sentences


def proposal(need=(1.5, 0.9, 1.5, -0.9), people=100, **options):
    ids = pd.Index([f"{i:02d}" for i in range(len(need))])
    graph = NeighbourGraph(
        area_id=ids,
        first=np.arange(len(need) - 1),
        second=np.arange(1, len(need)),
        border=np.full(len(need) - 1, 50.0),
    )
    need, people = pd.Series(need, ids, dtype=float), pd.Series(people, ids)
    return propose(need, people, graph, threshold=1.0, border_price=0.2, **options)


def profile():
    return pd.DataFrame(
        [
            ["Unemployment", "%", 12.0, 6.0, 4.0, "need"],
            ["Children", "%", 20.0, 15.0, 5.0, "neutral"],
            ["Clubs", "per 1,000", 4.0, 2.0, 2.0, "strength"],
            ["Poverty in old age", "%", 3.0, 6.0, 3.0, "need"],
            ["Rent", "€/m²", 7.0, 7.1, 1.0, "need"],
            ["Health", "%", np.nan, 7.1, 1.0, "need"],
        ],
        columns=["title", "unit", "region", "city", "spread", "meaning"],
    )


def test_size_and_need_of_a_region():
    # Mean need (1.5 + 0.9 + 1.5) / 3 = 1.3 here, (3.9 − 0.9) / 4 = 0.75 in the city.
    why = explain_region(proposal(), "1")
    assert (why.areas, why.residents, why.share_of_residents) == (3, 300, 0.75)
    assert (why.mean_need, why.city_need) == pytest.approx((1.3, 0.75))
    assert (why.areas_below, why.residents_below, why.most_need) == (1, 100, ("00", "02", "01"))
    assert why.border_length == 50
    assert why.summary().loc["1", "areas"] == 3


def test_a_need_far_below_the_city_is_a_strength():
    why = explain_region(proposal(), "1", profile=profile())
    expected = ["need", "neutral", "strength", "strength", "like the city", "unknown"]
    assert why.to_frame()["standing"].tolist() == expected


def test_sentences_put_strengths_before_needs_and_leave_out_what_is_like_the_city():
    said = region_sentences(explain_region(proposal(), "1", profile=profile()), "de", name="Nord")
    assert said == [
        "Schwerpunktraum Nord: Hier leben 300 Menschen in 3 Blöcken, das sind 75 % der Stadt.",
        "Der Bedarf beträgt hier im Mittel 1,30 Punkte, in der ganzen Stadt 0,75; der Grenzwert ist 1,00.",
        "Am höchsten ist er in 00, 02, 01.",
        "1 Block ohne erhöhten Bedarf, mit 100 Menschen, gehört dazu, weil die Grenze dadurch einfacher wird.",
        "Wer hier lebt, zeigen diese Werte: Children 20,0 % (Stadt: 15,0).",
        "Stärken zeigen diese Werte: Clubs 4,0 per 1,000 (Stadt: 2,0); Poverty in old age 3,0 % (Stadt: 6,0).",
        "Wo mehr Unterstützung als anderswo gebraucht wird, zeigen diese Werte: Unemployment 12,0 % (Stadt: 6,0).",
    ]


def test_a_locked_region_says_why_and_an_unknown_need_is_no_need():
    fixed = FixedAreas(locked=pd.Series({"03": "Old"}), reason=pd.Series({"Old": "until 2030"}))
    why = explain_region(proposal((1.5, 0.9, 1.5, np.nan), fixed=fixed), "Old")
    assert (why.reason, why.areas_unknown, why.areas_below) == ("until 2030", 1, 0)
    assert region_sentences(why, "en")[1] == "Its outline was decided and not computed. Reason: until 2030."
    assert len(region_sentences(why, "en")) == 2


def test_foreign_regions_and_profiles_are_refused():
    with pytest.raises(AlignmentError, match="9"):
        explain_region(proposal(), "9")
    with pytest.raises(ParameterError, match="the columns title"):
        explain_region(proposal(), "1", profile=profile().drop(columns="unit"))
    with pytest.raises(ParameterError, match="meaning"):
        explain_region(proposal(), "1", profile=profile().assign(meaning="bad"))
